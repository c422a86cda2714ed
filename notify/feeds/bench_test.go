package feeds

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"testing"
)

// rdpColumns is the header of a scan_rdp report, 32 columns.
const rdpColumns = "timestamp,severity,ip,protocol,port,hostname,tag,asn,geo,region,city,naics,hostname_source,sector," +
	"handshake,rdp_protocol,cert_length,subject_common_name,issuer_common_name,cert_issue_date,cert_expiration_date," +
	"sha1_fingerprint,cert_serial_number,ssl_version,signature_algorithm,key_algorithm,sha256_fingerprint," +
	"sha512_fingerprint,md5_fingerprint,tlsv13_support,tlsv13_cipher,jarm"

// rdpReport writes a scan_rdp report; with quotes as Shadowserver puts them
// around text or without any.
func rdpReport(lines int, quotes bool) []byte {
	var b bytes.Buffer
	b.WriteString(rdpColumns + "\n")
	q := ""
	if quotes {
		q = `"`
	}
	for i := range lines {
		fmt.Fprintf(&b, "%[1]s2026-01-02 03:%02[2]d:%02[3]d%[1]s,high,203.0.%[4]d.%[5]d,tcp,3389,%[1]shost%[6]d.example.net%[1]s,"+
			"%[1]srdp;cve-2019-0708%[1]s,64496,NL,%[1]sNoord-Holland%[1]s,Amsterdam,517311,ptr,%[1]sInformation%[1]s,%[1]sTLS 1.0%[1]s,,2048,srv%[6]d,srv%[6]d,"+
			"2025-10-01 00:00:00,2026-04-01 00:00:00,0C:11:%02[2]d:5E:5A:08,1%[6]d,2,sha256WithRSA,rsaEncryption,,,,N,,\n",
			q, i/60%60, i%60, i>>8&0xff, i&0xff, i)
	}
	return b.Bytes()
}

func BenchmarkShadowserver(b *testing.B) {
	for _, quotes := range []bool{false, true} {
		b.Run(fmt.Sprintf("quotes=%t", quotes), func(b *testing.B) { benchReport(b, rdpReport(100_000, quotes)) })
	}
	b.Run("gzip", func(b *testing.B) {
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		z.Write(rdpReport(100_000, false))
		z.Close()
		benchReport(b, packed.Bytes())
	})
}

func benchReport(b *testing.B, report []byte) {
	const lines = 100_000
	b.SetBytes(int64(len(report)))
	b.ReportAllocs()
	for b.Loop() {
		f, err := Open(bytes.NewReader(report), int64(len(report)), "2026-01-02-scan_rdp-example-asn.csv", Options{})
		if err != nil {
			b.Fatal(err)
		}
		var out Finding
		n := 0
		for ; ; n++ {
			if err := f.Next(&out); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
		if n != lines {
			b.Fatalf("%d lines", n)
		}
	}
	b.ReportMetric(float64(lines)*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}

func BenchmarkIntelMQ(b *testing.B) {
	line := `{"source.ip":"192.0.2.7","source.port":3389,"source.asn":64496,"source.reverse_dns":"a.example.net",` +
		`"time.source":"2026-01-02T03:04:05+00:00","classification.type":"vulnerable-system","classification.taxonomy":"vulnerable",` +
		`"classification.identifier":"open-rdp","protocol.transport":"tcp","severity":"high","extra.tag":"rdp","feed.name":"Accessible-RDP"}` + "\n"
	report := bytes.Repeat([]byte(line), 10_000)
	b.SetBytes(int64(len(report)))
	for b.Loop() {
		f, err := Open(bytes.NewReader(report), int64(len(report)), "events.jsonl", Options{})
		if err != nil {
			b.Fatal(err)
		}
		var out Finding
		for err = f.Next(&out); err == nil; err = f.Next(&out) {
		}
		if err != io.EOF {
			b.Fatal(err)
		}
	}
	b.ReportMetric(10_000*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}
