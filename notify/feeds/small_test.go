package feeds

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParseClass(t *testing.T) {
	for name, want := range map[string]string{
		"vulnerable-system": "vulnerable-system", "Vulnerable System": "vulnerable-system", "vulnerable_system": "vulnerable-system",
		"unauthorized-use-of-resources": "unauthorised-use-of-resources", "Unauthorized-information-access": "unauthorised-information-access",
		"blacklist": "other", "blocklist": "other", "proxy": "other", "tor": "other", "dga-domain": "other", "dga domain": "other", "malware": "other",
		"botnet drone": "infected-system", "c&c": "c2-server", "c2server": "c2-server", "ransomware": "infected-system", "backdoor": "system-compromise",
		"defacement": "unauthorised-information-modification", "leak": "data-leak", "vulnerable service": "vulnerable-system",
		"malware configuration": "malware-configuration", "ids alert": "ids-alert", "unknown": "undetermined", "": "", "nonsense": "",
	} {
		if got, ok := ParseClass(name); got != want || ok != (want != "") {
			t.Errorf("%q: %q %t", name, got, ok)
		}
	}
	classes := Classes()
	if len(classes) != 39 || len(slices.Compact(slices.Sorted(slices.Values(classes)))) != 39 {
		t.Errorf("%d RSIT types", len(classes))
	}
	for _, c := range classes {
		if got, ok := ParseClass(c); got != c || !ok || Taxonomy(c) == "" {
			t.Errorf("%s: %s", c, got)
		}
	}
	for alias, class := range classAliases {
		if Taxonomy(class) == "" {
			t.Errorf("%s means %s, which is no type", alias, class)
		}
	}
	if Taxonomy("x") != "" || Taxonomy("phishing") != "fraud" {
		t.Error("taxonomy")
	}
}

func TestSeverity(t *testing.T) {
	for s := Unknown; s <= Critical; s++ {
		if got, err := ParseSeverity(strings.ToUpper(s.String())); got != s || err != nil {
			t.Errorf("%s: %v %v", s, got, err)
		}
	}
	if _, err := ParseSeverity("huge"); err == nil || Severity(99).String() != "unknown" {
		t.Error("huge")
	}
}

func TestReadTime(t *testing.T) {
	for text, want := range map[string]string{
		"2026-01-02 03:04:05":                    "2026-01-02T03:04:05Z",
		"2026-01-02T03:04:05":                    "2026-01-02T03:04:05Z",
		"2026-01-02T03:04:05Z":                   "2026-01-02T03:04:05Z",
		"2026-01-02 03:04:05 UTC":                "2026-01-02T03:04:05Z",
		"2026-01-02T03:04:05.5+01:00":            "2026-01-02T02:04:05.5Z",
		"2026-01-02T03:04:05,123456789":          "2026-01-02T03:04:05.123456789Z",
		"2026-01-02T03:04:05.1234567891234-0130": "2026-01-02T04:34:05.123456789Z",
		"2026-01-02T03:04+01":                    "2026-01-02T02:04:00Z",
		"2026/1/2 3:04":                          "2026-01-02T03:04:00Z",
		"2026-01-02":                             "2026-01-02T00:00:00Z",
		"2024-02-29 00:00:00":                    "2024-02-29T00:00:00Z",
		"2026-02-29 00:00:00":                    "", "2026-13-01 00:00:00": "", "0000-00-00 00:00:00": "", "1969-12-31 00:00:00": "",
		"2026-01-02 24:00:00": "", "2026-01-02 03:60:00": "", "2026-01-02 03:04:0x": "", "2026-01-02 03:04:05 CET": "", "2026-01-02T": "",
		"2026-01-02 03:04:05+99:00": "", "2026-01-02 03:04:05+": "", "2026-01-02 03:04:05.": "", "20260102": "", "": "", "x": "", "2026-01/02": "", "02-01-2026": "",
	} {
		got, ok := readTime(text, time.UTC, false)
		if ok != (want != "") || ok && got.Format(time.RFC3339Nano) != want {
			t.Errorf("%q: %v %t, want %s", text, got, ok, want)
		}
	}
	zone := time.FixedZone("", 3600)
	for text, want := range map[string]string{
		"2-1-2026": "2026-01-01T23:00:00Z", "02/01/2026 13:05": "2026-01-02T12:05:00Z", "2.1.2026 13:05:06": "2026-01-02T12:05:06Z",
		"2026-01-02 03:04:05": "2026-01-02T02:04:05Z", "2026-01-02T03:04:05Z": "2026-01-02T03:04:05Z", "31-02-2026": "", "1-2-26": "",
	} {
		got, ok := readTime(text, zone, true)
		if ok != (want != "") || ok && got.Format(time.RFC3339) != want {
			t.Errorf("%q: %v %t, want %s", text, got, ok, want)
		}
	}
}

func TestURLHost(t *testing.T) {
	for _, c := range []struct {
		url, want string
		bare      bool
	}{
		{"http://www.example.com/x", "www.example.com", false}, {"https://u:p@www.example.com:8443?x#y", "www.example.com", false},
		{"http://www.example.com@evil.example/", "evil.example", false}, {`http://www.example.com\@evil.example/`, "www.example.com", false},
		{"http://[2001:db8::1]:80/", "2001:db8::1", false}, {"//www.example.com/x", "www.example.com", false},
		{"www.example.com/x", "", false}, {"www.example.com/x", "www.example.com", true}, {"/x/y.sh", "", false}, {"/x/y.sh", "", true}, {"", "", true},
	} {
		if got := urlHost(c.url, c.bare); got != c.want {
			t.Errorf("%s: %q, want %q", c.url, got, c.want)
		}
	}
}

func TestVulnerabilities(t *testing.T) {
	var a assembly
	for text, want := range map[string]string{
		"cve-2024-1234":                      "CVE-2024-1234 true",
		"rdp;CVE-2024-1234,cve-2019-0708":    "CVE-2019-0708 CVE-2024-1234 false",
		"cve-2024-123 xcve-2024-1234 CVE-24": " false",
		"cve-2024-12345678901234567890":      " false",
		"cve-2024-1234; CVE-2024-1234":       "CVE-2024-1234 true",
		"":                                   " true",
	} {
		var f Finding
		only := a.vulnerabilities(&f, text)
		got := strings.Join(f.Vulnerabilities, " ")
		if only {
			got += " true"
		} else {
			got += " false"
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	var many strings.Builder
	for i := range 100 {
		many.WriteString("cve-2024-" + string(rune('0'+i/10)) + string(rune('0'+i%10)) + "00 ")
	}
	var f Finding
	a.vulnerabilities(&f, many.String())
	if len(f.Vulnerabilities) != MaxVulnerabilities || !slices.IsSorted(f.Vulnerabilities) {
		t.Errorf("%d vulnerabilities", len(f.Vulnerabilities))
	}
}

func TestPrintable(t *testing.T) {
	for c := range 256 {
		for at := range 20 {
			b := []byte(strings.Repeat("a", 20))
			b[at] = byte(c)
			if want := c >= 0x20 && c < 0x7f; printable(b) != want {
				t.Fatalf("byte %#x at %d", c, at)
			}
		}
	}
}
