package feeds

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const victims = `
source: divd
delimiter: ";"
type: exposed_panel
class: vulnerable-system
severity: medium
tlp: TLP:AMBER
licence: CC-BY-4.0
timezone: Europe/Amsterdam
columns:
  IP: source.ip
  Port: source.port
  Host: source.fqdn
  Link: source.url
  Seen: time.source
  Problem: product.vulnerabilities
  Level: severity
  Case: id
  Vendor: product.vendor
  Model: product.name
  Note: extra.note
  Net: source.network
`

func mapping(t testing.TB, text string) *Mapping {
	t.Helper()
	m, err := ParseMapping(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMapped(t *testing.T) {
	m := mapping(t, victims)
	if m.Source != "divd" || m.TLP != "amber" || m.Licence != "CC-BY-4.0" {
		t.Errorf("%+v", m)
	}
	text := "Case;ip;PORT;Host;Link;Seen;Problem;Level;Vendor;Model;Note;Net;Other\r\n" +
		"DIVD-1;192.0.2.1;8443;vpn.example.com;login.example.org/x;2-7-2026 13:05;CVE-2024-1234 GHSA-1;high;Acme;Gate;a;b;c\r\n" +
		"DIVD-2;2001:db8::1;;;;1/2/2026;;;;;;;\r\n" +
		";;;;;;;;;;;;x\r\n" +
		"DIVD-4;;;www.example.com.;;nooit;;;;;;;\r\n"
	g := readAll(t, text, "2026-07-02-victims-list.csv", Options{Mapping: m})
	if g.feed.Format() != FormatMapped || g.feed.Type() != "exposed_panel" || g.feed.Series() != "victims-list" {
		t.Errorf("%s %s %s", g.feed.Format(), g.feed.Type(), g.feed.Series())
	}
	if len(g.findings) != 2 || len(g.rejects) != 2 {
		t.Fatalf("%+v %s", g.findings, g.reasons())
	}
	f := g.findings[0]
	got := fmt.Sprint(f.Type, " ", f.Class, " ", f.Severity, " ", f.Addr, " ", f.Port, f.Names, f.Vulnerabilities, f.SourceID, " ", f.Product, f.Extra, f.Observed.Format(time.RFC3339))
	want := "exposed_panel vulnerable-system high 192.0.2.1 8443 [{domain vpn.example.com} {url_host login.example.org}] [CVE-2024-1234] DIVD-1 Acme Gate" +
		" [{Problem CVE-2024-1234 GHSA-1} {note a} {source.network b} {Other c}] 2026-07-02T11:05:00Z"
	if strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(strings.ReplaceAll(want, "8443 [", "8443[")), " ") &&
		squeeze(got) != squeeze(want) {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if f := g.findings[1]; f.Severity != Medium || f.Observed.Format(time.RFC3339) != "2026-01-31T23:00:00Z" {
		t.Errorf("%+v", f)
	}
	if want := "line 4: the line has neither an address nor a name of the victim\nline 5: column Seen: \"nooit\" is not a time we can read"; g.reasons() != want {
		t.Errorf("%s", g.reasons())
	}
}

func squeeze(s string) string { return strings.ReplaceAll(s, " ", "") }

func TestMappedClassAndType(t *testing.T) {
	m := mapping(t, "source: x\ncolumns: {ip: source.ip, what: classification.type, kind: type}\n")
	g := readAll(t, "ip,what,kind\n192.0.2.1,Data Leak,\n192.0.2.2,leak,Stolen-Account\n192.0.2.3,nonsense,\n192.0.2.4,,x\n192.0.2.5,tor,scan_rdp\n192.0.2.6,other,a b\n", "x.csv", Options{Mapping: m})
	var got []string
	for _, f := range g.findings {
		got = append(got, f.Type+"/"+f.Class+"/"+f.Severity.String())
	}
	if s := strings.Join(got, " "); s != "data-leak/data-leak/unknown stolen_account/data-leak/unknown scan_rdp/other/high" {
		t.Error(s)
	}
	if want := "line 4: column what: \"nonsense\" is not a type of the RSIT taxonomy\n" +
		"line 5: the line has no class and the mapping has none for all lines\nline 7: column kind: \"a b\" is not a report type such as scan_rdp"; g.reasons() != want {
		t.Error(g.reasons())
	}
	if g.feed.Type() != "" {
		t.Error(g.feed.Type())
	}
	if g := readAll(t, "ip,what,kind\n192.0.2.1,other,a\n", "x.csv", Options{Mapping: m, Type: "scan_rdp"}); g.feed.Type() != "scan_rdp" || g.findings[0].Type != "scan_rdp" {
		t.Errorf("the given type goes first: %+v", g.findings)
	}
	m = mapping(t, "source: x\ntype: scan_rdp\ncolumns: {ip: source.ip}\n")
	if f := readAll(t, "ip\n192.0.2.1\n", "x.csv", Options{Mapping: m}).findings[0]; f.Class != "vulnerable-system" || f.Severity != High {
		t.Errorf("a type we know brings its class: %+v", f)
	}
	m = mapping(t, "source: x\nclass: data-leak\ndelimiter: tab\ncolumns: {mail: source.account}\n")
	if f := readAll(t, "mail\tx\njan@example.com\ty\n", "x.csv", Options{Mapping: m}).findings[0]; f.Type != "data-leak" || fmt.Sprint(f.Names) != "[{mail_domain example.com}]" {
		t.Errorf("%+v", f)
	}
}

func TestMappedTime(t *testing.T) {
	for format, c := range map[string][2]string{
		"unix":                   {"1767323045", "2026-01-02T03:04:05Z"},
		"MM/DD/YYYY hh:mm":       {"01/02/2026 03:04", "2026-01-02T03:04:00Z"},
		"YYYYMMDDhhmmss":         {"20260102030405", "2026-01-02T03:04:05Z"},
		"YYYY-MM-DD hh:mm:ss ZZ": {"2026-01-02 03:04:05 +01:00", "2026-01-02T02:04:05Z"},
	} {
		m := mapping(t, "source: x\nclass: other\ntime_format: \""+format+"\"\ncolumns: {ip: source.ip, t: time.source}\n")
		g := readAll(t, "ip,t\n192.0.2.1,"+c[0]+"\n192.0.2.1,x\n", "x.csv", Options{Mapping: m})
		if len(g.findings) != 1 || g.findings[0].Observed.Format(time.RFC3339) != c[1] || len(g.rejects) != 1 {
			t.Errorf("%s: %+v %s", format, g.findings, g.reasons())
		}
	}
}

func TestMappingRefuses(t *testing.T) {
	good := "source: x\nclass: other\n"
	for text, want := range map[string]string{
		"":                                    "no keys",
		"- a":                                 "no keys",
		"source: [":                           "not YAML",
		"source: x\nclass: other\n":           "names no victim",
		good + "format: xlsx":                 "csv",
		good + "delimiter: ab":                "one character",
		good + `delimiter: '"'`:               "one character",
		good + "severity: huge":               "not a severity",
		good + "tlp: purple":                  "not a TLP",
		good + "timezone: Mars/Base":          "not a time zone",
		good + "time_format: 02-01":           "lacks YYYY",
		good + "type: a b":                    "not a type",
		"source: x\nclass: bad":               "RSIT",
		good + "columns: ip":                  "takes lines",
		good + "columns: {ip: [a]}":           "takes one key",
		good + "columns: {ip: source.adress}": "not a canonical key",
		good + "columns: {ip: extra.}":        "not a canonical key",
		good + "columns: {a: source.ip, b: source.ip}": "both mean",
		good + "columns: {a: source.ip, A: extra.a}":   "twice",
		good + "regular: yes":                          "true or false",
		good + "regular:":                              "true or false",
		good + "licence: {a: b}":                       "one value",
		good + "x: &a [*a,*a]\n":                       "",
		"source: \"a\\nb\"":                            "control character",
		"# " + strings.Repeat("x", maxMapping):         "larger",
	} {
		if _, err := ParseMapping(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
	}
	m := mapping(t, good+"columns: {ip: source.ip, gone: extra.a}\n")
	if _, err := Open(strings.NewReader("ip,x\n"), 5, "x.csv", Options{Mapping: m}); err == nil || !strings.Contains(err.Error(), `"gone"`) || !strings.Contains(err.Error(), "line 3 of the mapping") {
		t.Error(err)
	}
	if _, err := Open(strings.NewReader("ip,gone,IP\n"), 11, "x.csv", Options{Mapping: m}); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Error(err)
	}
}

func TestMappingRegular(t *testing.T) {
	for text, want := range map[string]bool{"": false, "regular: false\n": false, "regular: true\n": true} {
		if m := mapping(t, "class: other\n"+text+"columns: {ip: source.ip}\n"); m.Regular != want {
			t.Errorf("%q: %t", text, m.Regular)
		}
	}
	if m := mapping(t, "ip: source.ip\nregular: extra.regular\n"); m.Regular {
		t.Error("a column of that name says nothing about the list")
	}
}

// A mapping of nothing but columns will do, when the offer tells the type.
func TestMappingOfColumnsAlone(t *testing.T) {
	m := mapping(t, "ip: source.ip\nseen: time.source\nhost: source.fqdn\nseverity: severity\n")
	const file = "ip,seen,host,severity\n192.0.2.1,2026-01-02 03:04:05,www.example.com,high\n"
	f := readAll(t, file, "x.csv", Options{Mapping: m, Type: "scan_rdp"}).findings[0]
	if f.Type != "scan_rdp" || f.Class != "vulnerable-system" || f.Severity != High || f.Addr.String() != "192.0.2.1" || len(f.Names) != 1 {
		t.Errorf("%+v", f)
	}
	if f := readAll(t, file, "x.csv", Options{Mapping: m, Type: "phishing"}).findings[0]; f.Class != "phishing" {
		t.Errorf("an RSIT type is its own class: %+v", f)
	}
	for _, typ := range []string{"", "stolen_keys"} {
		_, err := Open(strings.NewReader(file), int64(len(file)), "x.csv", Options{Mapping: m, Type: typ})
		if err == nil || !strings.Contains(err.Error(), "does not tell the class") {
			t.Errorf("type %q: %v", typ, err)
		}
	}
}
