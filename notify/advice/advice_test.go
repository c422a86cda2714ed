package advice

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// rsit are the types of the Reference Security Incident Taxonomy v1003.
var rsit = strings.Fields(`
	spam harmful-speech violence
	infected-system c2-server malware-distribution malware-configuration
	scanner sniffing social-engineering
	ids-alert brute-force exploit
	privileged-account-compromise unprivileged-account-compromise application-compromise system-compromise burglary
	dos ddos misconfiguration sabotage outage
	unauthorised-information-access unauthorised-information-modification data-loss data-leak
	unauthorised-use-of-resources copyright masquerade phishing
	weak-crypto ddos-amplifier potentially-unwanted-accessible information-disclosure vulnerable-system
	other undetermined
	test`)

// beside are the types that IntelMQ adds to the taxonomy.
var beside = strings.Fields(`blacklist proxy tor dga-domain malware`)

func TestLoad(t *testing.T) {
	if err := Load(); err != nil {
		t.Fatal(err)
	}
}

func TestEveryClassHasItsOwnText(t *testing.T) {
	if len(rsit) != 39 {
		t.Fatalf("%d RSIT types, the taxonomy has 39", len(rsit))
	}
	for _, class := range slices.Concat(rsit, beside) {
		if got := For("", class).Type; got != class {
			t.Errorf("class %s has the text of %q", class, got)
		}
	}
}

func TestAllIsSortedAndACopy(t *testing.T) {
	all := All()
	if !slices.IsSortedFunc(all, func(a, b Advice) int { return strings.Compare(a.Type, b.Type) }) {
		t.Error("not sorted by type")
	}
	first := all[0].Type
	all[0].Type = "scribbled"
	if got := All()[0].Type; got != first {
		t.Errorf("a caller changed the library: %q", got)
	}
}

func TestFind(t *testing.T) {
	l, err := read(fstest.MapFS{
		"scan_rdp.yaml":            good("scan_rdp"),
		"scan_mysql.yaml":          good("scan_mysql", "scan_postgres", "scan6_mssql"),
		"scan_rdp.data-leak.yaml":  good("scan_rdp.data-leak"),
		"event4_sinkhole.yaml":     good("event4_sinkhole", "event4_sinkhole_http"),
		"population_bgp.yaml":      good("population_bgp"),
		"compromised_website.yaml": good("compromised_website", "compromised_iot"),
		"device_id.yaml":           good("device_id"),
		"vulnerable-system.yaml":   good("vulnerable-system"),
		"blacklist.yaml":           good("blacklist", "blocklist"),
		"other.yaml":               good("other"),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ findingType, class, want string }{
		{"scan_rdp", "vulnerable-system", "scan_rdp"},
		{"scan_rdp", "", "scan_rdp"},
		{"scan_rdp", "data-leak", "scan_rdp.data-leak"}, // a class that the report seldom has
		{"scan6_rdp", "data-leak", "scan_rdp.data-leak"},
		{"scan6_rdp", "vulnerable-system", "scan_rdp"},
		{"scan_postgres", "vulnerable-system", "scan_mysql"},
		{"scan6_postgres", "vulnerable-system", "scan_mysql"},
		{"scan6_mssql", "vulnerable-system", "scan_mysql"},
		{"scan_mssql", "vulnerable-system", "vulnerable-system"}, // an IPv6 text does not serve IPv4
		{"event4_sinkhole", "infected-system", "event4_sinkhole"},
		{"event6_sinkhole", "infected-system", "event4_sinkhole"},
		{"event6_sinkhole_http", "infected-system", "event4_sinkhole"},
		{"event_sinkhole", "infected-system", "event4_sinkhole"},
		{"population6_bgp", "vulnerable-system", "population_bgp"},
		{"compromised_website6", "system-compromise", "compromised_website"},
		{"compromised_iot6", "system-compromise", "compromised_website"},
		{"device_id6", "undetermined", "device_id"},
		{"scan_new", "vulnerable-system", "vulnerable-system"},
		{"scan6_new", "vulnerable-system", "vulnerable-system"},
		{"blocklist", "", "blacklist"},
		{"", "blocklist", "blacklist"},
		{"vulnerable-system", "", "vulnerable-system"},
		{"scan_new", "unheard-of", "other"},
		{"scan6_", "", "other"},
		{"SCAN_RDP", "", "other"}, // types are lower case; readers make them so
		{"", "", "other"},
	} {
		if got := l.find(c.findingType, c.class).Type; got != c.want {
			t.Errorf("find(%q, %q) = %q, want %q", c.findingType, c.class, got, c.want)
		}
	}
}

func TestReadTellsFaultsAndKeepsTheRest(t *testing.T) {
	whole := string(good("x").Data)
	for _, c := range []struct{ name, data, want string }{
		{"other name", strings.Replace(whole, "type: x", "type: y", 1), "not the name of the file"},
		{"unknown key", whole + "sv: {title: hej}\n", "field sv not found"},
		{"unknown key inside", strings.Replace(whole, "  why:", "  extra: a\n  why:", 1), "field extra not found"},
		{"key twice", whole + "version: 2\n", "already defined"},
		{"no version", strings.Replace(whole, "version: 1\n", "", 1), "version is 0"},
		{"date of no day", strings.Replace(whole, "2026-11-23", "2026-02-30", 1), "date"},
		{"no English", whole[:strings.Index(whole, "en:")], "en: 0 steps"},
		{"empty field", strings.Replace(whole, "why: w", "why: ''", 1), "nl: why is empty"},
		{"six steps", strings.Replace(whole, "steps: [s]", "steps: [a, b, c, d, e, f]", 1), "6 steps"},
		{"line break", strings.Replace(whole, "what: w", `what: "a\nb"`, 1), "line break"},
		{"not a text", "[", "advice x.yaml"},
		{"nothing", "", "advice x.yaml"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, err := read(fstest.MapFS{"x.yaml": {Data: []byte(c.data)}, "other.yaml": good("other")})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error %v, want one with %q", err, c.want)
			}
			if got := l.find("x", "").Type; got != "other" {
				t.Errorf("the faulty file is in use: %q", got)
			}
		})
	}
}

func TestReadRefusesTwoTextsForOneType(t *testing.T) {
	l, err := read(fstest.MapFS{
		"a.yaml":     good("a", "c"),
		"b.yaml":     good("b", "a", "c"),
		"other.yaml": good("other"),
	})
	for _, want := range []string{`b.yaml: applies to "a"`, `b.yaml: applies to "c"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	for typ, want := range map[string]string{"a": "a", "b": "b", "c": "a"} {
		if got := l.find(typ, "").Type; got != want {
			t.Errorf("find(%q) = %q, want %q", typ, got, want)
		}
	}
}

func TestReadMissesTheFallback(t *testing.T) {
	l, err := read(fstest.MapFS{"a.yaml": good("a")})
	if err == nil || !strings.Contains(err.Error(), `no text for "other"`) {
		t.Errorf("error %v", err)
	}
	if got := l.find("b", ""); got.Type != "" || got.Text["nl"].Title != "" {
		t.Errorf("found %+v", got)
	}
}

// good is a file without faults.
func good(name string, applies ...string) *fstest.MapFile {
	const text = "  title: t\n  what: w\n  why: w\n  steps: [s]\n  supplier: s\n  effort: e\n"
	return &fstest.MapFile{Data: []byte("type: " + name + "\nversion: 1\ndate: 2026-11-23\napplies: [" +
		strings.Join(applies, ", ") + "]\nnl:\n" + text + "en:\n" + text)}
}
