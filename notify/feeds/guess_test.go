package feeds

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

func look(t testing.TB, name, text string) Guess {
	t.Helper()
	g, err := Look(strings.NewReader(text), int64(len(text)), name, 8<<20)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return g
}

func utf16le(s string, mark bool) string {
	var b bytes.Buffer
	if mark {
		b.WriteString("\xff\xfe")
	}
	for _, u := range utf16.Encode([]rune(s)) {
		b.WriteByte(byte(u))
		b.WriteByte(byte(u >> 8))
	}
	return b.String()
}

func keysOf(g Guess) string {
	var keys []string
	for _, c := range g.Columns {
		keys = append(keys, c.Key)
	}
	return strings.Join(keys, ",")
}

func TestLook(t *testing.T) {
	police := "IP-adres;Poort;Gezien op;Omschrijving\r\n192.0.2.7;3389;24-11-2026 10:00;café aan zee\r\n192.0.2.8;443;24-11-2026 11:00;x\r\n"
	latin := strings.ReplaceAll(police, "é", "\xe9")
	for _, c := range []struct{ name, text, delimiter, encoding, keys string }{
		{"police.csv", police, ";", "utf-8", "source.ip,source.port,time.source,event_description.text"},
		{"bom.csv", "\ufeff" + police, ";", "utf-8", "source.ip,source.port,time.source,event_description.text"},
		{"latin.csv", latin, ";", "windows-1252", "source.ip,source.port,time.source,event_description.text"},
		{"utf16.csv", utf16le(police, true), ";", "utf-16", "source.ip,source.port,time.source,event_description.text"},
		{"utf16-bare.csv", utf16le(police, false), ";", "utf-16", "source.ip,source.port,time.source,event_description.text"},
		{"excel.csv", "sep=;\r\n" + police, ";", "utf-8", "source.ip,source.port,time.source,event_description.text"},
		{"tabs.tsv", "host\tcve\tseverity\nvpn.example.nl\tCVE-2024-1234\thigh\n192.0.2.1:8443\tCVE-2024-1,CVE-2024-12345\tlow\n", "tab", "utf-8", "host,product.vulnerabilities,severity"},
		{"pipes.txt", "email|domain\njan@example.nl|example.nl\n", "|", "utf-8", "source.account,source.fqdn"},
		{"addresses.txt", "192.0.2.7\n192.0.2.8\n2001:db8::1\n", "tab", "utf-8", "source.ip"},
		{"mixed.txt", "192.0.2.7\nwww.example.nl\nhttps://x.example/login\n[2001:db8::1]:443\n", "tab", "utf-8", "host"},
		{"names.csv", "naam,waarde\nonbekend,192.0.2.1\niets anders,192.0.2.2\n", ",", "utf-8", ",source.ip"},
		{"lies.csv", "ip,domain\nwww.example.nl,192.0.2.1\na.example.nl,192.0.2.2\n", ",", "utf-8", "source.fqdn,source.ip"},
		{"intelmq.csv", "source.ip,time.source,classification.type,extra.foo\n192.0.2.1,2026-11-24T10:00:00+00:00,vulnerable-system,1\n", ",", "utf-8", "source.ip,time.source,classification.type,"},
		{"quoted.csv", "\"ip\",\"remark\"\n\"192.0.2.1\",\"a, b\"\n\"192.0.2.2\",\"c \"\"d\"\"\"\n", ",", "utf-8", "source.ip,event_description.text"},
		{"2026-11-24-police.csv", "as,ip,omschrijving\nAS64500,192.0.2.1,x y\n", ",", "utf-8", "source.asn,source.ip,event_description.text"},
	} {
		g := look(t, c.name, c.text)
		if g.Delimiter != c.delimiter || g.Encoding != c.encoding || keysOf(g) != c.keys || g.Format != FormatMapped {
			t.Errorf("%s: %s %s %s %s, want %s %s %s", c.name, g.Format, g.Delimiter, g.Encoding, keysOf(g), c.delimiter, c.encoding, c.keys)
		}
		if plain := c.name == "addresses.txt" || c.name == "mixed.txt"; g.Header == plain {
			t.Errorf("%s: header %v", c.name, g.Header)
		}
		if strings.Contains(c.keys, "source.ip") || strings.Contains(c.keys, "host") { // what is guessed can be read at once
			read := asGuessed(t, g, c.name, c.text)
			if len(read.findings) == 0 || len(read.rejects) > 0 && c.name != "tabs.tsv" {
				t.Errorf("%s: %d findings, %s", c.name, len(read.findings), read.reasons())
			}
		}
	}
	if g := look(t, "2026-11-24-scan_rdp-x-nl.csv", "timestamp,ip,port,hostname,tag,asn\n2026-11-24 01:02:03,192.0.2.1,3389,,rdp,64500\n"); g.Format != FormatShadowserver || g.Type != "scan_rdp" {
		t.Errorf("%+v", g)
	}
	if g := look(t, "events.jsonl", `{"source.ip":"192.0.2.1","classification.type":"spam"}`+"\n"); g.Format != FormatIntelMQ || g.Lines != 1 {
		t.Errorf("%+v", g)
	}
	if g := look(t, "american.csv", "ip,seen\n192.0.2.1,11/24/2026 10:00\n"); g.TimeForm != "MM/DD/YYYY hh:mm" {
		t.Errorf("%+v", g)
	}
	if g := look(t, "unix.csv", "ip,timestamp\n192.0.2.1,1764000000\n"); g.TimeForm != "unix" {
		t.Errorf("%+v", g)
	}
}

// asGuessed reads a file by the mapping that was guessed, with a class that fits anything.
func asGuessed(t testing.TB, g Guess, name, text string) got {
	t.Helper()
	m := MappingText{Source: "test", Delimiter: g.Delimiter, Encoding: g.Encoding, Headless: !g.Header, Class: "other", TimeForm: g.TimeForm,
		Observed: time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)}
	for _, c := range g.Columns {
		m.Columns = append(m.Columns, ColumnKey{c.Name, c.Key})
	}
	yaml, err := m.YAML()
	if err != nil {
		t.Fatal(err)
	}
	mapping, err := ParseMapping(bytes.NewReader(yaml))
	if err != nil {
		t.Fatalf("%v in\n%s", err, yaml)
	}
	return readAll(t, text, name, Options{Mapping: mapping})
}

func TestLookAtHostileFiles(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 300 {
		if _, err := z.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"one line of 7 MB": strings.Repeat("a", 7<<20), "10,000 columns": strings.Repeat("a,", 10_000) + "\n", "nothing": "", "blanks": " \n\n", "NULs": strings.Repeat("\x00", 1000),
		"bomb": bomb.String(), "Excel": "PK\x03\x04xl/workbook.xml", "too large": strings.Repeat("192.0.2.1\n", 1<<20), "HTML": "<html>",
		"a quote": "\"" + strings.Repeat("x\n", 100_000),
	} {
		g, err := Look(strings.NewReader(text), int64(len(text)), "list.csv", 8<<20)
		if err == nil && name != "a quote" && name != "one line of 7 MB" {
			t.Errorf("%s is taken: %+v", name, g)
		}
		if err != nil && (!wellFormed(err.Error()) || len(err.Error()) > 400) {
			t.Errorf("%s: %q", name, err)
		}
	}
	g := look(t, "list.csv", "ip;=cmd|' /C calc'!A0;<script>alert(1)</script>;na\u202eam\n192.0.2.1;=1+1;\u202e\u2066x;y\n")
	if len(g.Columns) != 4 || g.Columns[0].Key != "source.ip" {
		t.Errorf("%+v", g)
	}
}

func TestOneColumnMayHoldAnything(t *testing.T) {
	m := mapping(t, "source: x\nclass: other\nheader: false\ndelimiter: tab\nobserved: 2026-11-25T10:00:00Z\ncolumns: {column_1: host}\n")
	g := readAll(t, "192.0.2.7\n198.51.100.7:8443\n[2001:db8::1]:25\nwww.example.nl\nhttps://shop.example.nl:444/x\n10.0.0.0/8\n192.0.2.9/32\na.example.nl:8080\nmail.example.nl/owa\n", "x.txt", Options{Mapping: m})
	var lines []string
	for _, f := range g.findings {
		s := fmt.Sprintf("%d", f.Line)
		if f.Addr.IsValid() {
			s += " " + f.Addr.String()
		}
		for _, n := range f.Names {
			s += " " + n.Value
		}
		if f.Port != 0 {
			s += fmt.Sprintf(" port %d", f.Port)
		}
		if !f.Observed.Equal(time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)) {
			t.Errorf("line %d observed %v", f.Line, f.Observed)
		}
		lines = append(lines, s)
	}
	want := "1 192.0.2.7;2 198.51.100.7 port 8443;3 2001:db8::1 port 25;4 www.example.nl;5 shop.example.nl;7 192.0.2.9;8 a.example.nl;9 mail.example.nl"
	if got := strings.Join(lines, ";"); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if len(g.rejects) != 1 || g.rejects[0].Line != 6 {
		t.Errorf("rejects %s", g.reasons())
	}
}

// Whatever the file: no panic, clean words, few columns; and what is guessed is a mapping, or says why not.
func FuzzLook(f *testing.F) {
	f.Add("IP-adres;Poort\n192.0.2.7;3389\n", "x.csv")
	f.Add("sep=|\na|b\n\"1|2\n", "2026-01-02-scan_rdp-x.csv")
	f.Add(utf16le("ip\tb\n192.0.2.1\tx\n", true), "x.tsv")
	f.Add("\xff\xfe\x00", "x.txt")
	f.Add("192.0.2.1\nexample.nl\n\x00\n", "x.txt")
	f.Add(string(gz(small)), "x.csv.gz")
	f.Fuzz(func(t *testing.T, text, name string) {
		g, err := Look(strings.NewReader(text), int64(len(text)), name, 1<<20)
		if err != nil {
			if !wellFormed(err.Error()) {
				t.Fatalf("%q", err)
			}
			return
		}
		if len(g.Columns) > MostColumns {
			t.Fatalf("%d columns", len(g.Columns))
		}
		m := MappingText{Source: "x", Delimiter: g.Delimiter, Encoding: g.Encoding, Headless: !g.Header, Class: "other", TimeForm: g.TimeForm}
		for _, c := range g.Columns {
			for _, v := range append(c.Values, c.Name) {
				if !wellFormed(v) || len(v) > 256 {
					t.Fatalf("%q", v)
				}
			}
			m.Columns = append(m.Columns, ColumnKey{c.Name, c.Key})
		}
		yaml, err := m.YAML()
		if err != nil {
			t.Fatal(err)
		}
		if mapping, err := ParseMapping(bytes.NewReader(yaml)); err == nil {
			bothWays(t, text, name, Options{Mapping: mapping})
		}
	})
}
