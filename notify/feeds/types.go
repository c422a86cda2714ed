package feeds

import (
	"cmp"
	_ "embed" // for the tables
	"fmt"
	"slices"
	"strings"
)

// Subject tells what identifies a finding of a type.
type Subject uint8

// The subjects.
const (
	ByAddress Subject = iota // an address and, mostly, a port
	ByName                   // a web site, a domain or an account; the address, if any, is shared by others
)

// String gives "address" or "name".
func (s Subject) String() string {
	if s == ByName {
		return "name"
	}
	return "address"
}

// TypeInfo is what we know of a Shadowserver report type.
type TypeInfo struct {
	Name     string   // "scan6_rdp"
	Title    string   // "Remote Desktop (RDP) reachable (IPv6)", in English
	Base     string   // the type whose advice fits: "scan_rdp"
	Class    string   // RSIT type
	Severity Severity // default of lines that carry none
	Address  string   // column of the victim's address, "" when there is none
	Subject  Subject
	// Event is true when lines tell of something that happened rather than
	// of something that is so: absence from the next report proves nothing.
	Event bool
	// Identifier is the name that IntelMQ gives to such findings
	// ("open-rdp"), "" when each line has its own.
	Identifier string
}

// The table holds the types that Shadowserver published up to March 2026, with
// titles of our own: one row per report type over IPv4; the column six names
// its twin over IPv6, which is alike in everything else.
//
//go:embed types.csv
var typesCSV string

var (
	types        []TypeInfo
	typeByName   = map[string]int{}
	byIdentifier = map[string][2]string{} // IntelMQ identifier -> type for IPv4 and IPv6
)

// The Exchange report tells of two things, each with a name of its own.
const (
	exchangeVulnerable = "vulnerable-exchange-server"
	exchangeWebshell   = "exchange-server-webshell"
)

func init() {
	r := newRecords(strings.NewReader(typesCSV), 1<<10, ',')
	if err := r.next(0); err != nil {
		panic(fmt.Sprintf("feeds: types.csv: %v", err))
	}
	for width := len(r.fields); r.next(width) == nil; {
		f := r.fields
		severity, err := ParseSeverity(f[4])
		if err != nil || Taxonomy(f[3]) == "" {
			panic(fmt.Sprintf("feeds: types.csv: line %d", r.start))
		}
		t := TypeInfo{Name: f[0], Title: f[2], Base: f[0], Class: f[3], Severity: severity,
			Address: f[5], Event: f[7] == "yes", Identifier: f[8]}
		if f[6] == "name" {
			t.Subject = ByName
		}
		types = append(types, t)
		if t.Identifier != "" {
			if _, taken := byIdentifier[t.Identifier]; !taken {
				byIdentifier[t.Identifier] = [2]string{f[0], cmp.Or(f[1], f[0])}
			}
		}
		if f[1] != "" {
			t.Name, t.Title = f[1], t.Title+" (IPv6)"
			types = append(types, t)
		}
	}
	for _, identifier := range []string{exchangeVulnerable, exchangeWebshell} {
		byIdentifier[identifier] = [2]string{"scan_exchange", "scan6_exchange"}
	}
	slices.SortFunc(types, func(a, b TypeInfo) int { return strings.Compare(a.Name, b.Name) })
	for i, t := range types {
		typeByName[t.Name] = i
		// Older schemas call event4_sinkhole event_sinkhole.
		if rest, ok := strings.CutPrefix(t.Name, "event4_"); ok {
			typeByName["event_"+rest] = i
		}
	}
}

// LookupType gives what we know of a report type. For a type that we do not
// know ok is false and the answer is a careful guess: as its twin if only that
// is known, else of no class and severity.
func LookupType(name string) (info TypeInfo, ok bool) {
	if i, ok := typeByName[name]; ok {
		return types[i], true
	}
	for _, six := range [...][2]string{{"scan6_", "scan_"}, {"population6_", "population_"}, {"event6_", "event4_"}} {
		if rest, is := strings.CutPrefix(name, six[0]); is {
			if i, known := typeByName[six[1]+rest]; known {
				info = types[i]
				info.Name, info.Title = name, info.Title+" (IPv6)"
				return info, false
			}
		}
	}
	event := strings.HasPrefix(name, "event") || strings.HasPrefix(name, "sandbox_")
	return TypeInfo{Name: name, Title: name, Base: name, Class: "undetermined", Event: event}, false
}

// Types gives all report types we know, sorted by name.
func Types() []TypeInfo { return slices.Clone(types) }

// typeOfIdentifier gives the report type whose findings IntelMQ calls so.
func typeOfIdentifier(identifier string, six bool) (string, bool) {
	pair, ok := byIdentifier[identifier]
	if six {
		return pair[1], ok
	}
	return pair[0], ok
}

// provesCVE reports whether CVEs in the tag of such a finding are about the
// victim's own system, and not about what somebody attacks from it or with it.
func provesCVE(typ string) bool {
	switch typ {
	case "malware_url", "spam_url", "blocklist":
		return false
	}
	return !strings.HasPrefix(typ, "event") && !strings.HasPrefix(typ, "sandbox_")
}
