package feeds

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestIntelMQ(t *testing.T) {
	for _, c := range []struct{ event, want string }{
		{`{"source.ip":"192.0.2.1","source.port":3389,"source.asn":64496,"classification.type":"vulnerable-system","classification.identifier":"scan-rdp",
			"time.source":"2026-01-02T03:04:05+00:00","protocol.transport":"tcp","source.reverse_dns":"a.example.com","product.vulnerabilities":"CVE-2024-2222;CVE-2024-1111",
			"event_hash":"abc","raw":"AAAA","feed.name":"x","extra.tag":"a","severity":"low","product.vendor":"Acme","product.name":"Gate","product.version":"2"}`,
			"scan_rdp vulnerable-system low 192.0.2.1 3389 64496 tcp [{hostname a.example.com}] [CVE-2024-1111 CVE-2024-2222] abc Acme Gate/2 [{feed.name x} {tag a}] 2026-01-02T03:04:05Z"},
		{`{"source":{"ip":"2001:db8::1","geolocation":{"cc":"NL"}},"classification":{"type":"vulnerable service","identifier":"open-rdp"},"extra":{"a":{"b":[1,"x"],"c":[{}]},"tag":"cve-2024-1234"},"time":{"observation":"2026-01-02T03:04:05Z"}}`,
			"scan6_rdp vulnerable-system high 2001:db8::1 0 0  [] [CVE-2024-1234]  / [{a.b 1;x} {a.c [{}]} {source.geolocation.cc NL} {tag cve-2024-1234}] 2026-01-02T03:04:05Z"},
		{`{"source.fqdn":"www.example.com","source.url":"http://shop.example.org/x","classification.type":"blacklist","extra":"{\"n\": 7, \"ok\": true}","output":"\"x\""}`,
			"blacklist other unknown invalid IP 0 0  [{domain www.example.com} {url_host shop.example.org}] []  / [{classification.type blacklist} {n 7} {ok true} {output \"x\"}] 0001-01-01T00:00:00Z"},
		{`{"source.account":"jan@example.com","classification.type":"unauthorized-use-of-resources","extra.severity":"critical"}`,
			"unauthorised-use-of-resources unauthorised-use-of-resources critical invalid IP 0 0  [{mail_domain example.com}] []  / [] 0001-01-01T00:00:00Z"},
		{`{"source.ip":"192.0.2.1","source.port":51234,"feed.code":"event4_sinkhole"}`,
			"event4_sinkhole infected-system critical 192.0.2.1 0 0  [] []  / [{source.port 51234}] 0001-01-01T00:00:00Z"},
		{`{"source.ip":"2001:db8::1","source.port":443,"classification.type":"system-compromise","classification.identifier":"exchange-server-webshell"}`,
			"scan6_exchange system-compromise critical 2001:db8::1 443 0  [] []  / [] 0001-01-01T00:00:00Z"},
		{`{"source.ip":"192.0.2.1","source.port":51234,"classification.type":"c&c"}`,
			"c2-server c2-server unknown 192.0.2.1 51234 0  [] []  / [] 0001-01-01T00:00:00Z"},
		{`{"source.ip":"192.0.2.1","source.port":51234,"classification.type":"scanner","event_description.text":"a\nb\u0000c"}`,
			"scanner scanner unknown 192.0.2.1 0 0  [] []  / [{source.port 51234}] 0001-01-01T00:00:00Z"},
	} {
		line := strings.Join(strings.Fields(c.event), " ") + "\n"
		g := readAll(t, line, "events.jsonl", Options{})
		if len(g.findings) != 1 {
			t.Errorf("%s: %s", c.event, g.reasons())
			continue
		}
		f := g.findings[0]
		got := fmt.Sprint(f.Type, " ", f.Class, " ", f.Severity, " ", f.Addr, " ", f.Port, " ", f.ASN, " ", f.Transport, " ", f.Names, " ", f.Vulnerabilities, " ", f.SourceID, " ", f.Product, "/", f.Version, " ", f.Extra, " ", f.Observed.Format(time.RFC3339))
		if got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.event, got, c.want)
		}
	}
}

func TestIntelMQRejects(t *testing.T) {
	good := `{"source.ip":"192.0.2.1","classification.type":"spam"}` + "\n"
	for bad, want := range map[string]string{
		`{"source.ip":`:                  "not JSON",
		`x`:                              "not a JSON object",
		`[]`:                             "not a JSON object",
		`{"source.ip":"192.0.2.1"}`:      "no classification.type",
		`{"classification.type":"spam"}`: "neither an address nor a name",
		`{"classification.type":"x"}`:    "RSIT",
		`{"source.ip":"192.0.2.1"} {}`:   "more than one",
		`{"source.fqdn":"a\r\nb.example","classification.type":"spam"}`:                      "control character",
		`{"source.fqdn":"a\u0000b.example","classification.type":"spam"}`:                    "control character",
		`{"source.fqdn":"a\ud800b.example","classification.type":"spam"}`:                    "UTF-8",
		"{\"source.fqdn\":\"a\xffb.example\",\"classification.type\":\"spam\"}":              "UTF-8",
		`{"source.ip":"192.0.2.1","source":{"ip":"192.0.2.2"},"classification.type":"spam"}`: "twice",
		`{"source.ip":3232235777,"classification.type":"spam"}`:                              "not an IP address",
		`{"a":` + strings.Repeat(`{"a":`, 20000) + "1" + strings.Repeat("}", 20001):          "not JSON",
	} {
		g := readAll(t, good+bad+"\n\n"+good, "x.json", Options{})
		if len(g.findings) != 2 || len(g.rejects) != 1 || g.rejects[0].Line != 2 || !strings.Contains(g.rejects[0].Reason, want) || g.findings[1].Line != 4 {
			t.Errorf("%.80s: %d findings, %.300s, want %s", bad, len(g.findings), g.reasons(), want)
		}
	}
}

// A finding that goes out as an IntelMQ event comes back as it was, from every
// report type.
func TestIntelMQRoundTrip(t *testing.T) {
	header := "timestamp,ip,src_ip,dst_ip,http_referer_ip,http_referer,port,src_port,dst_port,asn,src_asn,protocol,hostname,src_hostname,http_host,url,email,website,request,tag,infection,family,event_id,detail,device_vendor,device_model,device_version,Odd Column,severity"
	line := "2026-01-02 03:04:05.25,192.0.2.1,192.0.2.2,192.0.2.3,192.0.2.4,http://ref.example.com/,443,1,2,64496,64497,tcp,a.example.com,b.example.com,c.example.com,http://d.example.com/x,jan@example.org,www.example.net,q.example.com,web;cve-2024-1234,mirai,gafgyt,77,free text,Acme,Gate,1.2,odd,low"
	for _, info := range Types() {
		if strings.Contains(info.Name, "6") {
			line = strings.ReplaceAll(line, "192.0.2.", "2001:db8::")
		}
		first := one(t, info.Name+".csv", header, line)
		text, err := json.Marshal(first.IntelMQ())
		if err != nil {
			t.Fatal(err)
		}
		g := readAll(t, string(text)+"\n", "x.jsonl", Options{})
		if len(g.findings) != 1 {
			t.Fatalf("%s: %s: %s", info.Name, g.reasons(), text)
		}
		second := g.findings[0]
		second.Line = first.Line
		for _, f := range []*Finding{&first, &second} {
			for i := range f.Extra {
				f.Extra[i].Key = extraKey(f.Extra[i].Key)
			}
			slices.SortFunc(f.Extra, func(a, b Field) int { return strings.Compare(a.Key, b.Key) })
			slices.SortFunc(f.Names, func(a, b Name) int { return int(a.Kind) - int(b.Kind) })
		}
		if fmt.Sprintf("%+v", first) != fmt.Sprintf("%+v", second) {
			t.Errorf("%s:\n out %+v\nback %+v", info.Name, first, second)
		}
		third, _ := json.Marshal(second.IntelMQ())
		if !bytes.Equal(text, third) {
			t.Errorf("%s: \n%s\n%s", info.Name, text, third)
		}
	}
}

func TestIntelMQExport(t *testing.T) {
	f := one(t, "scan_rdp.csv", "timestamp,ip,port,asn,hostname,Weird Köy,weird k_y", "2026-01-02 03:04:05,192.0.2.1,3389,64496,A.Example.com.,x,y")
	e := f.IntelMQ()
	for key, want := range map[string]any{
		"time.source": "2026-01-02T03:04:05+00:00", "source.ip": "192.0.2.1", "source.port": 3389, "source.asn": int64(64496),
		"source.reverse_dns": "a.example.com", "classification.taxonomy": "vulnerable", "classification.type": "vulnerable-system",
		"classification.identifier": "open-rdp", "feed.code": "scan_rdp", "severity": "high",
		"extra.weird_k_y": "x", "extra.weird_k_y_2": "y",
	} {
		if e[key] != want {
			t.Errorf("%s: %v (%T), want %v", key, e[key], e[key], want)
		}
		delete(e, key)
	}
	if len(e) != 0 {
		t.Errorf("beside: %v", e)
	}
	f.Class = "unauthorised-use-of-resources"
	if got := f.IntelMQ()["classification.type"]; got != "unauthorized-use-of-resources" {
		t.Errorf("IntelMQ spells it with z: %v", got)
	}
	for _, beside := range []string{"blacklist", "tor"} { // of IntelMQ alone, and its own again
		f.Type, f.Class = beside, "other"
		e := f.IntelMQ()
		text, _ := json.Marshal(e)
		back := readAll(t, string(text)+"\n", "x.jsonl", Options{}).findings
		if e["classification.type"] != beside || e["feed.code"] != nil || len(back) != 1 || back[0].Class != "other" {
			t.Errorf("%s: %s, back %+v", beside, text, back)
		}
	}
}

// A column may be called like a key of IntelMQ: it stays what it was.
func TestIntelMQExportOfOddColumns(t *testing.T) {
	f := one(t, "compromised_account.csv", "email,source.ip,raw,classification.type,source.fqdn,severity",
		"jan@example.com,192.0.2.66,x,phishing,evil.example,huge")
	text, _ := json.Marshal(f.IntelMQ())
	back := readAll(t, string(text), "x.jsonl", Options{}).findings[0]
	if back.Addr.IsValid() || back.Class != "data-leak" || fmt.Sprint(back.Names) != "[{mail_domain example.com}]" || len(back.Extra) != 5 {
		t.Errorf("%+v of %s", back, text)
	}
}
