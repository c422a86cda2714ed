package feeds

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

// one reads a report of one line.
func one(t *testing.T, name, header, line string) Finding {
	t.Helper()
	g := readAll(t, header+"\n"+line+"\n", name, Options{})
	if len(g.findings) != 1 || g.err != nil {
		t.Fatalf("%s: %d findings, %s %v", name, len(g.findings), g.reasons(), g.err)
	}
	return g.findings[0]
}

func TestShadowserverLine(t *testing.T) {
	got := one(t, "2026-01-02-scan_rdp-12-example-asn.csv",
		"jarm,port,\"ip\",severity,timestamp,tag,asn,hostname,protocol,geo,sector,new_column",
		`,3389,192.0.2.7,,"2026-01-02 03:04:05","rdp;cve-2019-0708,CVE-2024-12345 cve-2019-0708",64496,rdp.example.com,TCP,NL,"Energy, Water",x`)
	want := Finding{
		Line: 2, Observed: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Type: "scan_rdp", Class: "vulnerable-system",
		Severity: High, Addr: netip.MustParseAddr("192.0.2.7"), Port: 3389, Transport: "tcp", ASN: 64496,
		Names: []Name{{Hostname, "rdp.example.com"}}, Vulnerabilities: []string{"CVE-2019-0708", "CVE-2024-12345"}, Identifier: "open-rdp",
		Extra: []Field{{"tag", "rdp;cve-2019-0708,CVE-2024-12345 cve-2019-0708"}, {"geo", "NL"}, {"sector", "Energy, Water"}, {"new_column", "x"}},
	}
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// The victim of a line is told by the type: who is warned hangs on it.
func TestShadowserverVictim(t *testing.T) {
	event := "timestamp,protocol,src_ip,src_port,src_asn,src_hostname,dst_ip,dst_port,dst_asn,dst_hostname,infection,family,http_referer_ip,http_referer_asn,http_referer_hostname,http_referer,tag,event_id,ip,port,http_host"
	line := "2026-01-02 03:04:05,tcp,192.0.2.1,51234,64496,src.example.com,198.51.100.1,80,64497,dst.example.net,mirai,gafgyt,203.0.113.1,64498,ref.example.org,http://www.example.org:8080/x,cve-2020-1234,77,203.0.113.99,1,sinkhole.example"
	for _, c := range []struct {
		typ, addr, names, malware string
		asn                       uint32
	}{
		{"event4_sinkhole", "192.0.2.1", "[{hostname src.example.com}]", "mirai", 64496},
		{"event6_sinkhole_http", "192.0.2.1", "[{hostname src.example.com}]", "mirai", 64496},
		{"event4_honeypot_brute_force", "192.0.2.1", "[{hostname src.example.com}]", "mirai", 64496},
		{"event4_ddos_participant", "192.0.2.1", "[{hostname src.example.com}]", "mirai", 64496},
		{"event4_honeypot_ddos_amp", "192.0.2.1", "[{hostname src.example.com}]", "mirai", 64496},
		{"event4_honeypot_ddos_target", "198.51.100.1", "[{hostname dst.example.net}]", "mirai", 64497},
		{"event4_sinkhole_http_referer", "203.0.113.1", "[{hostname ref.example.org} {url_host www.example.org}]", "mirai", 64498},
	} {
		f := one(t, c.typ+".csv", event, line)
		if f.Addr.String() != c.addr || fmt.Sprint(f.Names) != c.names || f.Port != 0 || f.ASN != c.asn ||
			f.Malware != c.malware || f.Get("family") != "gafgyt" || f.SourceID != "77" || len(f.Vulnerabilities) != 0 {
			t.Errorf("%s: %+v", c.typ, f)
		}
		if (f.Get("src_port") == "") || (f.Get("dst_port") == "") {
			t.Errorf("%s: the ports are lost: %v", c.typ, f.Extra)
		}
	}
}

func TestShadowserverNames(t *testing.T) {
	for _, c := range []struct{ typ, header, line, want string }{
		{"compromised_account", "timestamp,email,username,service,detail", ",Jan@Example.com,jan,https://portal.example.net,seen",
			"Jan@Example.com [{mail_domain Example.com}] seen [{username jan} {service https://portal.example.net}]"},
		{"compromised_account", "username,email", "piet@example.org,", "piet@example.org [{mail_domain example.org}]  []"},
		{"compromised_account", "username,email", "piet@example.org,jan@example.com", "jan@example.com [{mail_domain example.com}]  [{username piet@example.org}]"},
		{"compromised_website", "ip,http_host,hostname,url,account", "192.0.2.1,www.example.com:8080,a.example.net,http://u:p@shop.example.com:81/x?y,x@example.org",
			" [{domain www.example.com} {hostname a.example.net} {url_host shop.example.com}]  [{account x@example.org}]"},
		{"compromised_website", "ip,http_host,url", "192.0.2.1,192.0.2.1,uploads.sh/x", " []  []"},
		{"malware_url", "url,hostname,ip", "http://www.example.com/Mozi.m,www.example.com,192.0.2.1", " [{domain www.example.com}]  []"},
		{"malware_url", "url,hostname,ip", "http://[2001:db8::7]:50008/Mozi.m,,", " []  []"},
		{"ransomware_victim", "entity_name,website,ransomware", "Example BV,www.example.com/nl,lock", " [{domain www.example.com}] Example BV []"},
		{"ransomware_victim", "entity_name,website,ransomware", "Example BV,https://www.example.com/nl,lock", " [{url_host www.example.com}] Example BV []"},
		{"sandbox_dns", "request,response", "www.example.com,192.0.2.1", " [{domain www.example.com}]  [{response 192.0.2.1}]"},
		{"scan_http", "ip,hostname", "192.0.2.1,192.0.2.1", " []  []"},
	} {
		f := one(t, c.typ+".csv", c.header, c.line)
		if got := fmt.Sprintf("%s %v %s %v", f.Account, f.Names, f.Description, f.Extra); got != c.want {
			t.Errorf("%s %s\n got %s\nwant %s", c.typ, c.line, got, c.want)
		}
	}
	if f := one(t, "malware_url.csv", "url,ip", "http://[2001:db8::7]:50008/Mozi.m,"); f.Addr.String() != "2001:db8::7" {
		t.Errorf("the address in the URL is not the victim: %+v", f)
	}
}

func TestShadowserverExchange(t *testing.T) {
	for tag, want := range map[string]string{"exchange;cve-2021-26855": "vulnerable-system vulnerable-exchange-server",
		"exchange;WebShell": "system-compromise exchange-server-webshell", "": "vulnerable-system vulnerable-exchange-server"} {
		for _, typ := range []string{"scan_exchange", "scan6_exchange"} {
			f := one(t, typ+".csv", "ip,tag", "192.0.2.1,"+tag)
			if got := f.Class + " " + f.Identifier; got != want || f.Severity != Critical {
				t.Errorf("%s %q: %s %v", typ, tag, got, f.Severity)
			}
		}
	}
}

func TestShadowserverProduct(t *testing.T) {
	for line, want := range map[string]string{"Acme,X1,2.0": "Acme X1 2.0", ",X1,": "X1 ", "Acme,,": "Acme ", "Acme,ACME X1,": "ACME X1 "} {
		f := one(t, "device_id.csv", "ip,device_vendor,device_model,device_version", "192.0.2.1,"+line)
		if got := f.Product + " " + f.Version; got != want {
			t.Errorf("%s: %q", line, got)
		}
	}
}

func TestShadowserverSeverity(t *testing.T) {
	for sent, want := range map[string]Severity{"": High, "info": Info, "CRITICAL": Critical, "huge": High} {
		f := one(t, "scan_rdp.csv", "ip,severity", "192.0.2.1,"+sent)
		if f.Severity != want || (f.Get("severity") == "huge") != (sent == "huge") {
			t.Errorf("%q: %v %v", sent, f.Severity, f.Extra)
		}
	}
}

func TestShadowserverRejects(t *testing.T) {
	now := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct{ line, want string }{
		{"999.1.1.1,,,", `column ip: "999.1.1.1" is not an IP address`},
		{"192.0.2.0/24,,,", `column ip: "192.0.2.0/24" is a network, not one IP address`},
		{"010.0.2.1,,,", `column ip: "010.0.2.1" is not an IP address`},
		{"192.0.2.1,,,70000", `column port: "70000" is not a port from 0 to 65535`},
		{"192.0.2.1,yesterday,,", `column timestamp: "yesterday" is not a time we can read`},
		{"192.0.2.1,2026-02-30 00:00:00,,", `column timestamp: "2026-02-30 00:00:00" is not a time we can read`},
		{"192.0.2.1,2026-01-03 12:00:01,,", `column timestamp: "2026-01-03 12:00:01" lies in the future`},
		{",,a\x1b[2Jb.example,", `column hostname: "a\x1b[2Jb.example" holds a control character or bytes that are not UTF-8`},
		{",,\"a.example\r\nBcc: x@example.com\",", `column hostname: "a.example\r\nBcc: x@example.com" holds a control character or bytes that are not UTF-8`},
		{",,a\xff.example,", `column hostname: "a\xff.example" holds a control character or bytes that are not UTF-8`},
		{",,a\u0085b.example,", `column hostname: "a\u0085b.example" holds a control character or bytes that are not UTF-8`},
		{"192.0.2.1\xff,,,", `column ip: "192.0.2.1\xff" holds a control character or bytes that are not UTF-8`},
		{"192.0.2.1,\x00,,", "the line holds a NUL byte"},
		{",,\x00,", `column hostname: "\x00" holds a control character or bytes that are not UTF-8`},
		{"192.0.2.1,,", "the line has 3 fields where the header has 4"},
		{"192.0.2.1,,,,", "the line has 5 fields where the header has 4"},
		{"0.0.0.0,,,", "the line has neither an address nor a name of the victim"},
		{"::,,,", "the line has neither an address nor a name of the victim"},
		{",2026-01-02 03:04:05,,443", "the line has neither an address nor a name of the victim"},
		{"192.0.2.1,,\"a,", "the quote of field 3 is not closed"},
		{",," + strings.Repeat("a", 600) + ",", `column hostname: "` + strings.Repeat("a", 77) + `..." is too long for a name`},
	} {
		good := "192.0.2.%d,2026-01-02 03:04:05,www.example.com,443\n"
		text := "ip,timestamp,hostname,port\n" + fmt.Sprintf(good, 1) + c.line + "\n" + fmt.Sprintf(good, 2)
		g := readAll(t, text, "scan_http.csv", Options{Now: now})
		if len(g.findings) != 2 || g.findings[0].Addr != netip.MustParseAddr("192.0.2.1") || g.findings[1].Addr != netip.MustParseAddr("192.0.2.2") {
			t.Errorf("%q: the neighbours did not survive: %+v", c.line, g.findings)
		}
		if len(g.rejects) == 0 || g.rejects[0].Line != 3 || g.rejects[0].Reason != c.want {
			t.Errorf("%q:\n got %s\nwant line 3: %s", c.line, g.reasons(), c.want)
		}
	}
}

// A broken reverse DNS name hides no line: the address is still whose it is.
func TestShadowserverBrokenHostname(t *testing.T) {
	long := strings.Repeat("a", 600)
	for sent, want := range map[string]string{
		"a\x1b[2Jb.example":                   "a [2Jb.example",
		"\"a.example\r\nBcc: x@example.com\"": "a.example  Bcc: x@example.com",
		"a\xff.example":                       "a\uFFFD.example",
		"a\u0085b.example":                    "a b.example",
		"a\uFFFD.example":                     "a\uFFFD.example",
		"a\x00b.example":                      "a b.example",
		"\x00":                                "",
		long:                                  long,
	} {
		for header, line := range map[string]string{
			"ip,hostname,geo,port": "192.0.2.1," + sent + ",NL,443", "hostname,geo,ip,port": sent + ",NL,192.0.2.1,443",
		} {
			f := one(t, "scan_http.csv", header, line)
			if f.Addr.String() != "192.0.2.1" || f.Port != 443 || len(f.Names) != 0 || f.Get("hostname") != want || f.Get("geo") != "NL" {
				t.Errorf("%q: %+v", sent, f)
			}
		}
	}
	// What the victim's name is known by stays strict, address or none.
	for header, line := range map[string]string{
		"ip,http_host": "192.0.2.1,a\xff.example", "ip,url": "192.0.2.1,http://a\xff.example/", "ip,http_host,x": "192.0.2.1," + long + ",",
	} {
		g := readAll(t, header+"\n"+line+"\n", "compromised_website.csv", Options{})
		if len(g.findings) != 0 || len(g.rejects) != 1 {
			t.Errorf("%s: %+v", header, g.findings)
		}
	}
	// The address may stand in the URL.
	if f := one(t, "malware_url.csv", "ip,url", ",http://192.0.2.1/x"); f.Addr.String() != "192.0.2.1" {
		t.Errorf("%+v", f)
	}
}

func TestShadowserverAddresses(t *testing.T) {
	for sent, want := range map[string]string{"::ffff:192.0.2.1": "192.0.2.1", "FE80::1%eth0": "fe80::1", "2001:DB8:0::1": "2001:db8::1",
		" 192.0.2.9 ": "192.0.2.9", "192.0.2.9/32": "192.0.2.9", "10.0.0.1": "10.0.0.1", "127.0.0.1": "127.0.0.1", "224.0.0.1": "224.0.0.1"} {
		if f := one(t, "scan_http.csv", "ip", sent); f.Addr.String() != want {
			t.Errorf("%q: %v", sent, f.Addr)
		}
	}
}

func TestShadowserverFreeText(t *testing.T) {
	f := one(t, "special.csv", "ip,detail,banner,port", "192.0.2.1,\"a\nb\tc\",\"x\x1b\xffé\u009by\",")
	if f.Description != "a b c" || f.Get("banner") != "x \uFFFDé y" {
		t.Errorf("%q %q", f.Description, f.Get("banner"))
	}
}

func TestShadowserverDrift(t *testing.T) {
	for _, c := range []struct{ name, header, want, addr string }{
		{"scan_rdp.csv", "ip,port", "[]", "192.0.2.1"},
		{"scan_rdp.csv", "\ufeff\"IP\",\"Port\"", "[]", "192.0.2.1"},
		{"scan_rdp.csv", "ip,brand_new", "[{unknown_column brand_new}]", "192.0.2.1"},
		{"2026-01-02-scan_tomorrow-example-asn.csv", "src_ip,ip", "[{unknown_type scan_tomorrow}]", "443"},
		{"2026-01-02-scan_tomorrow-example-asn.csv", "src_ip,dst_ip", "[{unknown_type scan_tomorrow}]", "192.0.2.1"},
		{"2026-01-02-scan_tomorrow-example-asn.csv", "dst_ip,x", "[{unknown_type scan_tomorrow} {unknown_column x}]", "192.0.2.1"},
		{"2026-01-02-scan6_docker-example-asn.csv", "ip,port", "[{unknown_type scan6_docker}]", "192.0.2.1"},
	} {
		g := readAll(t, c.header+"\n192.0.2.1,443\n", c.name, Options{})
		if got := fmt.Sprint(g.feed.Drift()); got != c.want {
			t.Errorf("%s %s: %s", c.name, c.header, got)
		}
		if c.addr == "443" {
			if len(g.rejects) != 1 { // "ip" goes before src_ip, and 443 is none
				t.Errorf("%s %s: %+v", c.name, c.header, g.findings)
			}
		} else if len(g.findings) != 1 || g.findings[0].Addr.String() != c.addr {
			t.Errorf("%s %s: %+v %s", c.name, c.header, g.findings, g.reasons())
		}
	}
	g := readAll(t, "timestamp,src_ip,hostname\n,192.0.2.1,www.example.com\n,192.0.2.1,\n", "scan_rdp.csv", Options{})
	if len(g.findings) != 1 || g.findings[0].Addr.IsValid() || len(g.rejects) != 1 || !slices.Contains(g.feed.Drift(), Drift{DriftMissingAddress, "ip"}) {
		t.Errorf("without its address column a report falls back on names: %+v %s %v", g.findings, g.reasons(), g.feed.Drift())
	}
}

// Every report type we know is read: class, severity and victim are those of
// the table, over a header of many of the known columns.
func TestShadowserverAllTypes(t *testing.T) {
	if n := len(Types()); n != 170 {
		t.Fatalf("%d types, not 170", n)
	}
	columns := slices.Sorted(func(yield func(string) bool) {
		for name := range knownColumns {
			if !yield(name) {
				return
			}
		}
	})
	if len(columns) != 741 {
		t.Fatalf("%d columns, not 741", len(columns))
	}
	counts := map[string]int{}
	for _, info := range Types() {
		values := make([]string, len(columns))
		for i, name := range columns {
			switch {
			case name == "timestamp":
				values[i] = "2026-01-02 03:04:05"
			case name == info.Address:
				values[i] = "192.0.2.7"
			case strings.HasSuffix(name, "_ip") || name == "ip":
				values[i] = "198.51.100.1" // somebody else's
			case name == "email":
				values[i] = "jan@example.com"
			case name == "request" || name == "website" || name == "url" || name == "http_referer":
				values[i] = "https://www.example.com/"
			case strings.HasSuffix(name, "port"):
				values[i] = "443"
			}
		}
		name := "2026-01-02-" + info.Name + "-example-asn.csv"
		f := one(t, name, strings.Join(columns, ","), strings.Join(values, ","))
		if f.Type != info.Name || f.Class != info.Class || f.Severity != info.Severity || Taxonomy(f.Class) == "" {
			t.Errorf("%s: %+v", info.Name, f)
		}
		if want := (info.Address != ""); f.Addr.IsValid() != want || want && f.Addr.String() != "192.0.2.7" {
			t.Errorf("%s: address %v", info.Name, f.Addr)
		}
		if want := uint16(443); info.Address == "ip" && f.Port != want || info.Address != "ip" && f.Port != 0 {
			t.Errorf("%s: port %d", info.Name, f.Port)
		}
		if info.Subject == ByName && len(f.Names) == 0 {
			t.Errorf("%s: is by name and has none", info.Name)
		}
		base, known := LookupType(info.Base)
		if !known || base.Base != base.Name || base.Class != info.Class || info.Title == "" {
			t.Errorf("%s: base %+v", info.Name, base)
		}
		counts[info.Severity.String()]++
	}
	// As the defaults were published, and two types that have none there.
	want := map[string]int{"critical": 28, "high": 62 + 1, "medium": 42, "low": 15, "info": 21 + 1}
	if fmt.Sprint(counts) != fmt.Sprint(want) {
		t.Errorf("severities %v, want %v", counts, want)
	}
}

func TestLookupType(t *testing.T) {
	if info, ok := LookupType("event_sinkhole"); !ok || info.Name != "event4_sinkhole" || !info.Event {
		t.Errorf("%+v %t", info, ok)
	}
	if info, ok := LookupType("scan6_docker"); ok || info.Base != "scan_docker" || info.Severity != Critical {
		t.Errorf("%+v %t", info, ok)
	}
	if info, ok := LookupType("event4_tomorrow"); ok || !info.Event || info.Class != "undetermined" {
		t.Errorf("%+v %t", info, ok)
	}
}
