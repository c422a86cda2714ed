package notify

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"polder/internal/db"
	"polder/internal/fault"
	"polder/notify/feeds"
)

// Source is who sends reports.
type Source struct {
	Key     string // "shadowserver"
	Name    string
	TLP     string // 2.0: CLEAR, GREEN, AMBER, AMBER+STRICT, RED
	Licence string
}

// known sources, made when they are first used; any other key makes a source of its own.
var known = map[string]Source{
	"shadowserver": {Key: "shadowserver", Name: "The Shadowserver Foundation", TLP: "AMBER", Licence: "Shadowserver: for the network's owner"},
	"intelmq":      {Key: "intelmq", Name: "IntelMQ", TLP: "AMBER"},
}

var sourceKey = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,39}$`)

// newSource checks what a source is made of.
func newSource(key, tlp, licence string) (Source, error) {
	if !sourceKey.MatchString(key) {
		return Source{}, fault.Invalidf("source %q must be 1 to 40 small letters, digits, dots, dashes or underscores; name it with --source", key)
	}
	s, ok := known[key]
	if !ok {
		s = Source{Key: key, Name: key, TLP: "AMBER"}
	}
	if tlp != "" {
		t := strings.TrimPrefix(strings.ToUpper(tlp), "TLP:")
		if t == "WHITE" {
			t = "CLEAR" // TLP 1.0
		}
		switch t {
		case "CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED":
			s.TLP = t
		default:
			return s, fault.Invalidf("TLP %q is not CLEAR, GREEN, AMBER, AMBER+STRICT or RED", tlp)
		}
	}
	if licence != "" {
		s.Licence = licence
	}
	return s, nil
}

// Report is one file that a source sent.
type Report struct {
	ID         db.ID
	Seq        int64 // order of reading
	Series     int64
	Source     string
	Type       string // "" when each line has its own
	Format     string
	Name       string
	Mapping    string // YAML
	SHA256     []byte
	Size       int64
	TLP        string
	Licence    string
	ReceivedAt time.Time
	State      string // reading, complete, broken
	Problem    string // why it is broken
	LastLine   int64
	Register   int64 // version of the register of assets when its reading began
	Counts
	ObservedLast time.Time
	Day          int64 // days since 1970; 0: not known
	Fresh        bool
	CompletedAt  time.Time
	RawDeletedAt time.Time
	Drifts       int64 // how many differences from what we know of its kind
	Drift        []feeds.Drift

	most int64 // how many organisations it may warn; 0: not looked up yet
	held bool  // by the circuit breaker

	rehearsed bool // it is only tried, and taken back
}

// Counts is what came of a report's lines.
type Counts struct {
	Rows              int64 // lines but for the header, rejected ones included
	Rejected          int64
	Matched           int64 // lines that concern at least one organisation
	Unmatched         int64
	ExposuresNew      int64
	ExposuresAgain    int64
	ExposuresReopened int64
}

func (c *Counts) add(o Counts) {
	c.Rows += o.Rows
	c.Rejected += o.Rejected
	c.Matched += o.Matched
	c.Unmatched += o.Unmatched
	c.ExposuresNew += o.ExposuresNew
	c.ExposuresAgain += o.ExposuresAgain
	c.ExposuresReopened += o.ExposuresReopened
}

// Summary is what one call of Ingest did. Seconds run from the offer to the last durable exposure,
// without the loading of the register of assets at the program's start.
type Summary struct {
	Report      string  `json:"report"`
	Source      string  `json:"source"`
	Type        string  `json:"type"`
	SHA256      string  `json:"sha256"`
	AlreadySeen bool    `json:"already_seen"`
	Rows        int64   `json:"rows"`
	Rejected    int64   `json:"rejected"`
	Matched     int64   `json:"matched"`
	Unmatched   int64   `json:"unmatched"`
	New         int64   `json:"exposures_new"`
	SeenAgain   int64   `json:"exposures_seen_again"`
	Reopened    int64   `json:"exposures_reopened"`
	Seconds     float64 `json:"seconds"`
	RowsPerSec  float64 `json:"rows_per_second"`

	Drift []feeds.Drift `json:"drift,omitempty"`
	// Problem says why the report could not be read to its end; what came before it counts.
	Problem string `json:"problem,omitempty"`
}

func summarise(r *Report, c Counts, took time.Duration) *Summary {
	s := &Summary{
		Report: r.ID.String(), Source: r.Source, Type: r.Type, SHA256: fmt.Sprintf("%x", r.SHA256),
		Rows: c.Rows, Rejected: c.Rejected, Matched: c.Matched, Unmatched: c.Unmatched,
		New: c.ExposuresNew, SeenAgain: c.ExposuresAgain, Reopened: c.ExposuresReopened,
		Seconds: took.Seconds(), Drift: r.Drift, Problem: r.Problem,
	}
	if took > 0 {
		s.RowsPerSec = float64(c.Rows) / took.Seconds()
	}
	return s
}

// closesByAbsence tells whether absence from a report of the kind says that something is solved:
// true of scans that look at the same things every day, not of events, nor of lists whose mapping does
// not say that they come regularly.
func closesByAbsence(format, kind, class string, regular bool) bool {
	if kind == "" || format != feeds.FormatShadowserver && !regular {
		return false
	}
	if t, ok := feeds.LookupType(kind); ok {
		return !t.Event
	}
	return feeds.Taxonomy(class) == "vulnerable"
}
