package notify

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"polder/footprint"
	"polder/internal/db"
	"polder/notify/feeds"
)

// State is where an exposure stands.
type State string

// The states of an exposure.
const (
	StateNew           State = "new"            // seen, its organisation not yet told
	StateOpen          State = "open"           // told
	StateAcknowledged  State = "acknowledged"   // the organisation is on it
	StateSolved        State = "solved"         // it says so, or two fresh reports do
	StateFalsePositive State = "false_positive" // it says that there is nothing the matter
	StateNotOurs       State = "not_ours"       // it says that this is not its own
	StateExpired       State = "expired"        // not seen for long, or no longer in its assets
	StateReopened      State = "reopened"       // seen again after it was solved or expired, not yet told
)

// Cause is who or what moves an exposure to another state.
type Cause string

// The causes.
const (
	ByNotification Cause = "notification" // we told the organisation
	ByReport       Cause = "report"       // a report showed it, or its absence
	ByRecipient    Cause = "recipient"    // the organisation told us
	BySupplier     Cause = "supplier"     // somebody to whom the organisation passed it on
	ByClock        Cause = "clock"        // time went by
	ByRegister     Cause = "register"     // the organisation's assets changed
)

// moves says who may move an exposure from one state to another. The check, the SQL, the test and
// the drawing in docs/states.md all read this table.
var moves = map[[2]State][]Cause{
	{StateNew, StateOpen}:                   {ByNotification},
	{StateReopened, StateOpen}:              {ByNotification},
	{StateNew, StateSolved}:                 {ByReport, ByRecipient}, // it saw the exposure on its pages before we wrote
	{StateNew, StateAcknowledged}:           {ByRecipient},
	{StateNew, StateFalsePositive}:          {ByRecipient},
	{StateNew, StateNotOurs}:                {ByRecipient},
	{StateNew, StateExpired}:                {ByClock, ByRegister},
	{StateReopened, StateSolved}:            {ByReport, ByRecipient, BySupplier},
	{StateReopened, StateAcknowledged}:      {ByRecipient, BySupplier},
	{StateReopened, StateFalsePositive}:     {ByRecipient, BySupplier},
	{StateReopened, StateNotOurs}:           {ByRecipient},
	{StateReopened, StateExpired}:           {ByClock, ByRegister},
	{StateOpen, StateAcknowledged}:          {ByRecipient, BySupplier},
	{StateOpen, StateSolved}:                {ByReport, ByRecipient, BySupplier},
	{StateOpen, StateFalsePositive}:         {ByRecipient, BySupplier},
	{StateOpen, StateNotOurs}:               {ByRecipient},
	{StateOpen, StateExpired}:               {ByClock, ByRegister},
	{StateAcknowledged, StateSolved}:        {ByReport, ByRecipient, BySupplier},
	{StateAcknowledged, StateFalsePositive}: {ByRecipient, BySupplier},
	{StateAcknowledged, StateNotOurs}:       {ByRecipient},
	{StateAcknowledged, StateExpired}:       {ByClock, ByRegister},
	{StateSolved, StateAcknowledged}:        {ByRecipient, BySupplier},
	{StateSolved, StateFalsePositive}:       {ByRecipient, BySupplier},
	{StateSolved, StateNotOurs}:             {ByRecipient},
	{StateSolved, StateReopened}:            {ByReport},
	{StateExpired, StateReopened}:           {ByReport},
	{StateFalsePositive, StateAcknowledged}: {ByRecipient, BySupplier},
	{StateFalsePositive, StateSolved}:       {ByRecipient, BySupplier},
	{StateFalsePositive, StateNotOurs}:      {ByRecipient},
	{StateNotOurs, StateAcknowledged}:       {ByRecipient},
	{StateNotOurs, StateSolved}:             {ByRecipient},
	{StateNotOurs, StateFalsePositive}:      {ByRecipient},
	{StateNotOurs, StateExpired}:            {ByRegister}, // registered again since: it may come back
}

// states lists all states in the order of a drawing.
var states = []State{StateNew, StateOpen, StateAcknowledged, StateSolved, StateFalsePositive, StateNotOurs, StateExpired, StateReopened}

// from returns the states from which the cause may move an exposure to the state given.
func from(to State, by Cause) (list []State) {
	for _, s := range states {
		for _, c := range moves[[2]State{s, to}] {
			if c == by {
				list = append(list, s)
			}
		}
	}
	return list
}

// Exposure is something of one organisation that is vulnerable, exposed or hacked: one for each
// type, address or name, port and vulnerability, however often it is reported.
type Exposure struct {
	Organisation  db.ID
	Fingerprint   Fingerprint
	Type          string // of the finding: "scan_rdp", or an RSIT type
	Class         string // RSIT v1003 type
	Severity      feeds.Severity
	Address       string // "" when it was found by name alone
	Port          int    // 0: none
	Name          string // host or domain, when known
	Vulnerability string // "CVE-2024-1234" or ""
	Role          footprint.Role
	Reasons       []Reason
	Evidence      map[string]string
	FirstSeen     time.Time
	LastSeen      time.Time
	Count         int // reports that it was seen in
	State         State
	StateAt       time.Time
	Confirmed     bool
	ToldAt        time.Time // zero: never
	Reminders     int
	Series        int64
	LastReport    int64 // number of the report that it was last seen in
	Assignee      db.ID // an account or an organisation that holds a mandate; zero: nobody
	Deadline      int64 // day since 1970 by which it is to be done; 0: none
}

// Fingerprint tells an organisation's exposures apart.
type Fingerprint [16]byte

// fingerprint makes it of what an exposure is. An address counts, unless the type is about a name
// (a web site), when the name counts too; without an address the name alone. Of accounts that
// leaked, the account counts with the name.
func fingerprint(kind, address string, port uint16, name, vulnerability string) (f Fingerprint) {
	var room [256]byte
	b := append(room[:0], kind...)
	b = append(b, 0)
	b = append(b, address...)
	b = append(b, 0)
	b = binary.BigEndian.AppendUint16(b, port)
	b = append(b, name...)
	b = append(b, 0)
	b = append(b, vulnerability...)
	sum := sha256.Sum256(b)
	copy(f[:], sum[:])
	return f
}

// Reason is why a finding concerns an organisation.
type Reason struct {
	Kind  string    `json:"kind"`  // prefix, asn or domain
	Value string    `json:"value"` // the asset
	On    string    `json:"on"`    // the address, AS number or name in the finding
	Since time.Time `json:"since"` // the asset was registered
	Role  string    `json:"role"`  // owner or provider
	Asset db.ID     `json:"asset"`
}

// assets returns the assets that the exposure was matched by, each once.
func (e Exposure) assets() (list []db.ID) {
	for _, r := range e.Reasons {
		if !r.Asset.IsZero() && !slices.Contains(list, r.Asset) {
			list = append(list, r.Asset)
		}
	}
	return list
}

// String says the reason in one English sentence, for exports.
func (r Reason) String() string {
	day := r.Since.UTC().Format("2006-01-02")
	switch r.Kind {
	case "prefix":
		return fmt.Sprintf("%s lies in %s, which you registered on %s", r.On, r.Value, day)
	case "asn":
		return fmt.Sprintf("%s is announced by %s, which you registered on %s", r.On, r.Value, day)
	}
	if r.On == r.Value {
		return fmt.Sprintf("%s is your domain, which you registered on %s", r.On, day)
	}
	return fmt.Sprintf("%s lies under %s, which you registered on %s", r.On, r.Value, day)
}

func reasonText(reasons []Reason) string {
	s := make([]string, len(reasons))
	for i, r := range reasons {
		s[i] = r.String()
	}
	return strings.Join(s, "; ")
}

// subject returns what the exposure is about in as few characters as tell it apart: "192.0.2.7:3389".
func (e Exposure) subject() string {
	s := e.Address
	if s == "" {
		s = e.Name
	}
	if e.Port != 0 {
		if strings.Contains(s, ":") {
			s = "[" + s + "]"
		}
		s = fmt.Sprintf("%s:%d", s, e.Port)
	}
	return s
}

// evidence keeps what of a finding helps its reader, bounded: the source's own words for product,
// malware, account and the like.
func evidence(f *feeds.Finding) string {
	const mostFields, mostValue = 12, 120
	m := make(map[string]string, 8)
	put := func(k, v string) {
		if v != "" && len(m) < mostFields {
			if len(v) > mostValue {
				v = strings.ToValidUTF8(v[:mostValue], "") + "…"
			}
			m[k] = v
		}
	}
	put("product", f.Product)
	put("version", f.Version)
	put("malware", f.Malware)
	put("account", f.Account)
	put("url", f.URL)
	put("identifier", f.Identifier)
	put("transport", f.Transport)
	put("source_id", f.SourceID)
	for _, x := range f.Extra {
		switch x.Key {
		case "tag", "banner", "server", "http_title", "device_vendor", "device_type", "device_model", "infection", "family", "cc_ip", "dst_ip", "src_port", "detail":
			put(x.Key, x.Value)
		}
	}
	if len(m) == 0 {
		return "{}"
	}
	b, err := json.Marshal(m)
	if err != nil {
		return "{}" // strings always marshal
	}
	return string(b)
}

// Reason says in one English sentence for each why the exposure concerns its organisation.
func (e Exposure) Reason() string { return reasonText(e.Reasons) }

// Account returns the account that leaked, "" for a provider: it is its owner's business.
func (e Exposure) Account() string {
	if e.Role == footprint.Provider {
		return ""
	}
	return e.Evidence["account"]
}

// Finding returns the exposure as its latest finding, in canonical form, for export.
func (e Exposure) Finding() feeds.Finding {
	f := feeds.Finding{Observed: e.LastSeen, Type: e.Type, Class: e.Class, Severity: e.Severity, Port: uint16(e.Port),
		Transport: e.Evidence["transport"], Account: e.Account(), URL: e.Evidence["url"], Malware: e.Evidence["malware"],
		Product: e.Evidence["product"], Version: e.Evidence["version"], Identifier: e.Evidence["identifier"], SourceID: e.Evidence["source_id"]}
	f.Addr, _ = netip.ParseAddr(e.Address)
	if e.Name != "" {
		f.Names = []feeds.Name{{Kind: feeds.Domain, Value: e.Name}}
	}
	if e.Vulnerability != "" {
		f.Vulnerabilities = []string{e.Vulnerability}
	}
	return f
}
