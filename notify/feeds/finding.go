package feeds

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// Finding is one line of a report in canonical form.
//
// The slices are reused by the reader and hold good until the next call of
// Next; the strings and the address hold good for ever. No string ever holds a
// NUL, a line break or another control character, and every string is valid
// UTF-8.
type Finding struct {
	// Line is the physical line on which the record starts, as an editor
	// shows it: the header is line 1.
	Line int64
	// Observed is when the source saw it, in UTC; zero when the line does not say.
	Observed time.Time
	// Type is the report type ("scan_rdp"), else the RSIT type.
	Type string
	// Class is the RSIT v1003 type ("vulnerable-system"); Taxonomy gives its group.
	Class string
	// Severity is what the line says, else the default of the type, else Unknown.
	Severity Severity

	// Addr is the address of the victim, unmapped and without a zone; invalid
	// when the line has none. It may be private: that is for matching to judge.
	Addr netip.Addr
	// Port is the port that is exposed at Addr; 0 when there is none. The
	// passing source port of an infected system is not an exposed port.
	Port uint16
	// Transport is "tcp", "udp" and so on, in lower case; "" when not told.
	Transport string
	// ASN is the number of the network that announces Addr; 0 when not told.
	ASN uint32
	// Names are the victim's names as sent, not yet normalised.
	Names []Name
	// URL is the address of the page at the victim that the finding is about.
	URL string
	// Account is the mail address or login that leaked.
	Account string

	// Vulnerabilities are "CVE-2024-1234", upper case, sorted, unique, at
	// most MaxVulnerabilities.
	Vulnerabilities []string
	// SourceID is the source's own id of this event, "" if it has none.
	SourceID    string
	Identifier  string // the source's short name for the kind of finding
	Malware     string
	Product     string // vendor and product, as far as told
	Version     string
	Description string
	// Extra are all other columns that are not empty, in the order of the
	// columns, unknown ones included.
	Extra []Field
}

// MaxVulnerabilities is how many vulnerabilities a Finding names at most; the
// column they come from stays in Extra as it was sent.
const MaxVulnerabilities = 32

// Field is one column of the source that has no place of its own in a Finding.
type Field struct{ Key, Value string }

// Name is a name of the victim and where in the line it was found.
type Name struct {
	Kind  NameKind
	Value string
}

// NameKind tells what a Name was: matching may trust one kind more than another.
type NameKind uint8

// The kinds of names.
const (
	Hostname   NameKind = iota + 1 // reverse DNS name of the address
	Domain                         // domain or host the source names as the victim
	URLHost                        // host of a URL
	MailDomain                     // domain of a mail address
)

// String gives the kind as "hostname", "domain", "url_host" or "mail_domain".
func (k NameKind) String() string {
	switch k {
	case Hostname:
		return "hostname"
	case Domain:
		return "domain"
	case URLHost:
		return "url_host"
	case MailDomain:
		return "mail_domain"
	}
	return "unknown"
}

// Severity orders findings by harm; a higher number is worse.
type Severity uint8

// The severities.
const (
	Unknown Severity = iota
	Info
	Low
	Medium
	High
	Critical
)

var severityNames = [...]string{"unknown", "info", "low", "medium", "high", "critical"}

// String gives "unknown", "info", "low", "medium", "high" or "critical".
func (s Severity) String() string {
	if int(s) < len(severityNames) {
		return severityNames[s]
	}
	return severityNames[Unknown]
}

// ParseSeverity reads a severity in any case; "" is Unknown. It accepts
// "informational" and "none" for info and "moderate" for medium.
func ParseSeverity(s string) (Severity, error) {
	for i, name := range severityNames {
		if s == name || strings.EqualFold(s, name) {
			return Severity(i), nil
		}
	}
	switch strings.ToLower(s) {
	case "":
		return Unknown, nil
	case "informational", "information", "none":
		return Info, nil
	case "moderate":
		return Medium, nil
	}
	return Unknown, fmt.Errorf("%s is not a severity (critical, high, medium, low or info)", quote(s))
}

// Reject is a record that could not be read. It is an error of one line: the
// reader goes on with the next.
type Reject struct {
	Line   int64  // physical line on which the record starts
	Reason string // one plain English sentence without a full stop
	Raw    string // the record as it was, at most 1 KiB, valid UTF-8
}

// Error gives the line number and the reason.
func (r *Reject) Error() string { return fmt.Sprintf("line %d: %s", r.Line, r.Reason) }

// Drift is a difference between a report and what we know of its kind: nothing
// is lost by it, but somebody should look.
type Drift struct {
	Kind string `json:"kind"` // one of the Drift constants
	Name string `json:"name"` // the type or the column it is about
}

// The kinds of drift.
const (
	DriftUnknownType    = "unknown_type"
	DriftUnknownColumn  = "unknown_column"
	DriftMissingAddress = "missing_address"
)

// Get gives the value of an Extra field, "" if there is none.
func (f *Finding) Get(key string) string {
	for _, e := range f.Extra {
		if e.Key == key {
			return e.Value
		}
	}
	return ""
}
