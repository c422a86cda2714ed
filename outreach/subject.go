package outreach

import (
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"polder/footprint"
	"polder/internal/db"
	"polder/notify/feeds"
)

// The kinds of subjects.
const (
	Domain  = "domain"
	Network = "network"
)

// Line is one thing that was seen: what somebody needs to find it, and no more.
type Line struct {
	Type          string         `json:"type"`
	Class         string         `json:"class"`
	Source        string         `json:"source"`
	Severity      feeds.Severity `json:"severity"`
	Address       string         `json:"address,omitempty"`
	ASN           uint32         `json:"asn,omitempty"`
	Port          uint16         `json:"port,omitempty"`
	Name          string         `json:"name,omitempty"`
	Vulnerability string         `json:"vulnerability,omitempty"`
	Seen          time.Time      `json:"seen"`
}

func (l Line) same(o Line) bool {
	return l.Type == o.Type && l.Address == o.Address && l.Port == o.Port && l.Name == o.Name && l.Vulnerability == o.Vulnerability
}

// finding is the line as notify matches it.
func (l Line) finding() *feeds.Finding {
	f := &feeds.Finding{ASN: l.ASN}
	f.Addr, _ = netip.ParseAddr(l.Address)
	if l.Name != "" {
		f.Names = []feeds.Name{{Kind: feeds.Domain, Value: l.Name}}
	}
	return f
}

// Subject is a domain or a network with what was seen at it, and who may answer for it.
type Subject struct {
	ID, Sweep, Contact db.ID
	Kind, Value        string
	Findings           int // seen; Evidence has at most mostLines of them
	Severity           feeds.Severity
	Evidence           []Line
	State              string // waiting, found, none, registered, told
	Candidates         []Candidate
	Confidence         Confidence // of the contact that was chosen
	Chosen             string     // why it was chosen by hand
}

// subjectOf says what a finding is about: the registrable domain of the victim's name, else the network
// around its address. The reverse DNS name of an address proves nothing, as whoever has the address
// writes it. ok is false when it is about neither.
func subjectOf(f *feeds.Finding) (kind, value, name string, ok bool) {
	for _, n := range f.Names {
		if n.Kind == feeds.Hostname {
			continue
		}
		name, ok := footprint.Normal(n.Value)
		if !ok || strings.Contains(name, "_") {
			continue
		}
		if _, err := netip.ParseAddr(name); err == nil {
			continue
		}
		// An ending that no list knows, such as .lan, is nobody's.
		if suffix, icann := publicsuffix.PublicSuffix(name); !icann && !strings.Contains(suffix, ".") && !isReservedForUse(suffix) {
			continue
		}
		if at, err := publicsuffix.EffectiveTLDPlusOne(name); err == nil {
			return Domain, at, name, true
		}
	}
	a := f.Addr
	if !a.IsValid() || a.IsPrivate() || !a.IsGlobalUnicast() {
		return "", "", "", false
	}
	bits := 24
	if a.Is6() {
		bits = 48
	}
	p, err := a.Prefix(bits)
	return Network, p.String(), "", err == nil
}

// isReservedForUse lets the names through that are reserved for examples and tests: no register knows
// them, so nobody is found, and documentation and demonstrations can show something.
func isReservedForUse(suffix string) bool { return suffix == "example" || suffix == "test" }

// lineOf keeps of a finding what its owner needs. Accounts and words of others are left out: a letter
// to a stranger tells of systems.
func lineOf(f *feeds.Finding, source, name string, seen time.Time) Line {
	l := Line{Type: f.Type, Class: f.Class, Source: source, Severity: f.Severity, ASN: f.ASN, Port: f.Port, Name: name, Seen: seen.UTC().Truncate(time.Second)}
	if f.Addr.IsValid() {
		l.Address = f.Addr.String()
	}
	if len(f.Vulnerabilities) > 0 {
		l.Vulnerability = f.Vulnerabilities[0]
	}
	return l
}

// gathering is the subjects of a sweep while its reports are read.
type gathering struct {
	subjects map[string]*Subject
	order    []*Subject
	findings int
	lines    int
	more     bool
}

// mostGathered is how many lines of evidence one sweep keeps of all its subjects together.
const mostGathered = 200_000

func (g *gathering) add(f *feeds.Finding, source string, seen time.Time) {
	kind, value, name, ok := subjectOf(f)
	if !ok {
		return
	}
	key := kind + " " + value
	s := g.subjects[key]
	if s == nil {
		if len(g.order) >= mostSubjects {
			g.more = true
			return
		}
		s = &Subject{ID: db.NewID(), Kind: kind, Value: value, State: "waiting"}
		g.subjects[key] = s
		g.order = append(g.order, s)
	}
	l := lineOf(f, source, name, seen)
	for i := range s.Evidence {
		if s.Evidence[i].same(l) { // the report of another day, or another source
			if l.Seen.After(s.Evidence[i].Seen) {
				s.Evidence[i].Seen = l.Seen
			}
			return
		}
	}
	g.findings++
	s.Findings++
	s.Severity = max(s.Severity, l.Severity)
	if len(s.Evidence) < mostLines && g.lines < mostGathered {
		s.Evidence = append(s.Evidence, l)
		g.lines++
	}
}

// types are the types of finding in the evidence.
func (s *Subject) types() []string {
	var list []string
	seen := map[string]bool{}
	for _, l := range s.Evidence {
		if !seen[l.Type] {
			seen[l.Type] = true
			list = append(list, l.Type)
		}
	}
	return list
}

// without takes the lines of some types out.
func (s *Subject) without(types map[string]bool) {
	if len(types) == 0 {
		return
	}
	var kept []Line
	s.Severity = 0
	for _, l := range s.Evidence {
		if !types[l.Type] {
			kept = append(kept, l)
			s.Severity = max(s.Severity, l.Severity)
		}
	}
	s.Findings -= len(s.Evidence) - len(kept)
	if s.Evidence = kept; len(kept) == 0 {
		s.Findings = 0
	}
}
