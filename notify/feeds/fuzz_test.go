package feeds

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"
)

// The fuzz tests look for what drain checks: no panic, lines that count
// upwards, clean strings, proper addresses; and that the outcome does not hang
// on how the bytes arrive.

// choppyAt is a source that gives few bytes at a time.
type choppyAt struct{ s string }

func (c choppyAt) ReadAt(p []byte, off int64) (int, error) {
	return strings.NewReader(c.s).ReadAt(p[:min(len(p), 7)], off)
}

// bothWays reads a text in one piece and in many and compares. It gives what
// came out, nothing if the text cannot be opened.
func bothWays(t *testing.T, text, name string, o Options) (g got, ok bool) {
	o.MaxLine = 256
	o.MaxBytes = 1 << 20
	o.Now = time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	f, err := Open(strings.NewReader(text), int64(len(text)), name, o)
	if err != nil {
		if s := err.Error(); !wellFormed(s) {
			t.Fatalf("%q", s)
		}
		return g, false
	}
	g = drain(t, f)
	if strings.HasPrefix(text, "\x1f\x8b") || strings.HasPrefix(text, "PK") {
		return g, true
	}
	chopped, err := Open(choppyAt{text}, int64(len(text)), name, o)
	if err != nil {
		t.Fatalf("in pieces: %v", err)
	}
	h := drain(t, chopped)
	if len(h.findings) != len(g.findings) || h.reasons() != g.reasons() || g.err != nil || h.err != nil {
		t.Fatalf("in pieces: %d and %d findings, %v %v\n%s\n%s", len(g.findings), len(h.findings), g.err, h.err, g.reasons(), h.reasons())
	}
	for i, f := range g.findings {
		if f.Observed.After(o.Now.Add(24 * time.Hour)) {
			t.Fatalf("%d: from the future: %v", i, f.Observed)
		}
		if len(f.URL)+len(f.Account)+len(f.Description) > 4*o.MaxLine {
			t.Fatalf("%d: longer than its line", i)
		}
	}
	return g, true
}

func FuzzShadowserver(f *testing.F) {
	f.Add("timestamp,ip,port,hostname,tag\n2026-01-02 03:04:05,192.0.2.1,443,a.example.com,cve-2024-1234\n", "scan_http")
	f.Add("\ufefftimestamp,\"src_ip\",src_port\r\n\"2026-01-02 03:04:05\",::ffff:192.0.2.1%x,1\r\n\"\n", "event4_sinkhole")
	f.Add("email,username\njan@example.com,x\n\"a\"\"b\nc@d\",\n\x00,\xff\n", "compromised_account")
	f.Add("ip,url,http_host\n192.0.2.1,http://[::1,a:b:c\n,//x@y,\n", "compromised_website")
	f.Add("ip,ip_x\n1.2.3.4,\"Basic \\\"\\\"x\\\"\\\"\"\n", "unknown_type")
	f.Add(string(gz(small)), "scan_http")
	f.Add(string(zipped("a", small)), "scan_http")
	f.Fuzz(func(t *testing.T, text, typ string) {
		if g, ok := bothWays(t, text, "2026-01-02-x-1-a.csv", Options{Format: FormatShadowserver, Type: typ}); ok {
			for _, f := range g.findings {
				backAndForth(t, f)
			}
		}
	})
}

func FuzzMapped(f *testing.F) {
	f.Add(victims, "Case;ip;PORT;Host;Link;Seen;Problem;Level;Vendor;Model;Note;Net\nD;192.0.2.1;1;a.example;x;2-7-2026;CVE-2024-1;;;;;\n")
	f.Add("source: x\nclass: other\ncolumns: {ip: source.ip, a: source.account}\n", "ip,a\n192.0.2.1,\"x\ny@z\"\n")
	f.Add("source: x\ntime_format: unix\ncolumns: {h: source.fqdn, c: classification.type, t: time.source, k: type}\n", "h,c,t,k\na.example,spam,1,x\n")
	f.Fuzz(func(t *testing.T, rules, text string) {
		m, err := ParseMapping(strings.NewReader(rules))
		if err != nil {
			if !wellFormed(err.Error()) {
				t.Fatalf("%q", err)
			}
			return
		}
		bothWays(t, text, "x.csv", Options{Mapping: m})
	})
}

func FuzzIntelMQ(f *testing.F) {
	f.Add(`{"source.ip":"192.0.2.1","classification.type":"spam","extra":{"a":[1,{"b":null}]}}` + "\n{}\n")
	f.Add(`{"source":{"fqdn":"a.example.com"},"feed.code":"scan_rdp","extra.feed.code":"x","source.port":"7"}`)
	f.Add(`{"source.url":"http://192.0.2.1/","classification.type":"tor","extra.extra.a":"\u0000\n","extra.Ä b":1e400}`)
	f.Add(`{"source.url":"a.example","classification.type":"tor","":0,"extra":{"":1}}`)
	f.Fuzz(func(t *testing.T, text string) {
		if g, ok := bothWays(t, text, "x.jsonl", Options{Format: FormatIntelMQ}); ok {
			for _, f := range g.findings {
				backAndForth(t, f)
			}
		}
	})
}

// backAndForth checks that a finding survives the way through an IntelMQ event
// in what decides who is warned about what.
func backAndForth(t *testing.T, f Finding) {
	event, err := json.Marshal(f.IntelMQ())
	if err != nil {
		t.Fatal(err)
	}
	feed, err := Open(strings.NewReader(string(event)), int64(len(event)), "x.jsonl", Options{})
	if err != nil {
		t.Fatal(err)
	}
	var back Finding
	if err := feed.Next(&back); err != nil && err != io.EOF {
		t.Fatalf("%v: %s", err, event)
	}
	if back.Addr != f.Addr || back.Class != f.Class || !back.Observed.Equal(f.Observed) || back.ASN != f.ASN || back.URL != f.URL {
		t.Fatalf("\n out %+v\nback %+v\n%s", f, back, event)
	}
}
