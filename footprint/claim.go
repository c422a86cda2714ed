package footprint

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"polder/internal/db"
	"polder/internal/fault"
)

// State is where a claim stands.
type State string

// The states of a claim. Only Active warns anybody.
const (
	Pending   State = "pending"   // said, not proven
	Shown     State = "proven"    // proven; waits until staff accept the organisation
	Active    State = "active"    // proven and accepted: from now on the organisation is warned
	Contested State = "contested" // proven, but it would take from another, or show what is another's: staff decide
	Refused   State = "refused"   // staff or the network's contact said no
	Unproven  State = "unproven"  // the proof was taken away
	Expired   State = "expired"   // nobody confirmed it for a year
	Withdrawn State = "withdrawn" // by the organisation or the operator
)

// States lists them in the order of a claim's life.
var States = []State{Pending, Shown, Active, Contested, Refused, Unproven, Expired, Withdrawn}

// Cause is who or what moves a claim.
type Cause string

// The causes.
const (
	ByKeeper     Cause = "organisation" // its owner, security contact or acting delegate
	ByCheck      Cause = "check"        // a proof that was found, or not any more
	ByStaff      Cause = "staff"        // analyst or adviser, with evidence and reason
	ByContact    Cause = "contact"      // the contact of the network objects
	ByClock      Cause = "clock"        // a term ended
	ByAcceptance Cause = "acceptance"   // staff accepted the organisation
	ByClosing    Cause = "closing"      // the organisation was closed
	ByOperator   Cause = "operator"     // an import
)

// moves says who may move a claim from one state to another. What is not here cannot happen.
var moves = map[[2]State][]Cause{
	{Pending, Shown}:     {ByCheck, ByStaff, ByKeeper},             // likewise
	{Pending, Active}:    {ByCheck, ByStaff, ByKeeper, ByOperator}, // the organisation's word is enough for a product
	{Pending, Contested}: {ByCheck, ByStaff},                       // staff say yes, and only now it shows what stands in the way
	{Pending, Refused}:   {ByStaff, ByContact},
	{Pending, Expired}:   {ByClock},
	{Pending, Withdrawn}: {ByKeeper, ByClosing, ByOperator},

	{Shown, Active}:    {ByAcceptance, ByStaff, ByOperator},
	{Shown, Contested}: {ByAcceptance},
	{Shown, Refused}:   {ByStaff, ByContact},
	{Shown, Unproven}:  {ByCheck},
	{Shown, Expired}:   {ByClock},
	{Shown, Withdrawn}: {ByKeeper, ByClosing, ByOperator},

	{Active, Refused}:   {ByStaff, ByContact},
	{Active, Unproven}:  {ByCheck},
	{Active, Expired}:   {ByClock},
	{Active, Withdrawn}: {ByKeeper, ByClosing, ByOperator},

	{Contested, Shown}:     {ByStaff},
	{Contested, Active}:    {ByStaff, ByOperator},
	{Contested, Refused}:   {ByStaff, ByContact},
	{Contested, Unproven}:  {ByCheck},
	{Contested, Expired}:   {ByClock},
	{Contested, Withdrawn}: {ByKeeper, ByClosing, ByOperator},

	{Refused, Pending}: {ByStaff},
	{Refused, Active}:  {ByOperator},

	{Unproven, Shown}:     {ByCheck, ByStaff},
	{Unproven, Active}:    {ByCheck, ByStaff, ByOperator},
	{Unproven, Contested}: {ByCheck, ByStaff},
	{Unproven, Refused}:   {ByStaff, ByContact},
	{Unproven, Expired}:   {ByClock},
	{Unproven, Withdrawn}: {ByKeeper, ByClosing, ByOperator},

	{Expired, Pending}:   {ByKeeper},
	{Expired, Active}:    {ByOperator},
	{Expired, Withdrawn}: {ByKeeper, ByClosing, ByOperator},

	{Withdrawn, Pending}: {ByKeeper},
	{Withdrawn, Active}:  {ByOperator},
}

// Moves returns who may move a claim from one state to another, for the drawing of it.
func Moves() map[[2]State][]Cause { return maps.Clone(moves) }

// Method is how a claim was proven.
type Method string

// The methods.
const (
	ByOperatorsImport Method = "operator"
	ByDNS             Method = "dns"   // a TXT record
	ByFile            Method = "file"  // under /.well-known/
	ByRDAP            Method = "rdap"  // a code mailed to the contact of exactly that network
	ByRoute           Method = "route" // a name of a proven domain leads to the address, and the server there knows the proof
	ByDecision        Method = "staff" // evidence and reason of staff
	ByWord            Method = "word"  // nothing to prove: a product in use concerns nobody else
)

// Terms of a claim.
const (
	Year      = 365 * 24 * time.Hour // how long a proof counts without confirmation
	Recheck   = 30 * 24 * time.Hour  // how often what can be looked at is
	Unclaimed = 90 * 24 * time.Hour  // how long a claim waits for its proof
	graceStep = 84 * time.Hour       // between looks at a proof that has gone: three over a week
	graceLong = 7 * 24 * time.Hour   // how long it may be gone
)

// Claim is what an organisation says it has, and how it stands with the proof of that.
type Claim struct {
	ID, Organisation db.ID
	Kind             Kind
	Value            string
	Role             Role
	State            State
	Method           Method
	Evidence, Reason string
	Plea             string // what the organisation shows staff instead of a proof
	Via              string
	Leads            string // addresses that a proven domain leads to, with spaces between
	Asked, Outcome   string
	RegisteredBy     db.ID
	RegisteredAt     time.Time
	ProvenAt         time.Time
	CheckedAt        time.Time
	CheckAt          time.Time
	Failures         int
	FailingSince     time.Time
	ExpiresAt        time.Time
	Reminded         int
	DecidedBy        db.ID
	DecidedAt        time.Time
	ChangedAt        time.Time
}

// move puts the claim in another state, or says that it cannot go there any more.
func (c *Claim) move(to State, by Cause, now time.Time) error {
	if !slices.Contains(moves[[2]State{c.State, to}], by) {
		return fault.Wrap(fault.Conflict, fmt.Errorf("claim %s cannot go from %s to %s by %s", c.ID, c.State, to, by), "footprint.error.moved_on")
	}
	c.State, c.ChangedAt = to, now
	return nil
}

// again makes the claim new, for one that was withdrawn or has expired.
func (c *Claim) again(now time.Time) {
	*c = Claim{ID: c.ID, Organisation: c.Organisation, Kind: c.Kind, Value: c.Value, Role: c.Role, State: c.State,
		RegisteredBy: c.RegisteredBy, RegisteredAt: now, ExpiresAt: now.Add(Unclaimed), ChangedAt: now}
}

// waiting tells whether a proof is still to be given.
func (c *Claim) waiting() bool { return c.State == Pending || c.State == Unproven }

// holds tells whether the proof stands, so that it must be looked at again.
func (c *Claim) holds() bool { return c.State == Shown || c.State == Active || c.State == Contested }

// ProductOf is a product in the parts that an organisation gave.
type ProductOf struct{ Vendor, Name, Versions string }

const (
	productGlue = " | "
	noVendor    = "-"
)

// String is how a product stands in the register.
func (p ProductOf) String() string {
	if p.Vendor == "" && p.Versions == "" {
		return p.Name
	}
	parts := []string{p.Vendor, p.Name}
	if p.Vendor == "" {
		parts[0] = noVendor
	}
	if p.Versions != "" {
		parts = append(parts, p.Versions)
	}
	return strings.Join(parts, productGlue)
}

// Words is the product as people write it.
func (p ProductOf) Words() string {
	words := strings.TrimSpace(p.Vendor + " " + p.Name)
	if p.Versions != "" {
		words += ", " + p.Versions
	}
	return words
}

// ParseProduct reads what String wrote; free text is a name alone.
func ParseProduct(value string) ProductOf {
	part := strings.SplitN(value, productGlue, 3)
	if part[0] == noVendor && len(part) > 1 {
		part[0] = ""
	}
	switch len(part) {
	case 1:
		return ProductOf{Name: part[0]}
	case 2:
		return ProductOf{Vendor: part[0], Name: part[1]}
	}
	return ProductOf{part[0], part[1], part[2]}
}

// NewProduct checks the parts of a product; names are free.
func NewProduct(vendor, name, versions string) (p ProductOf, err error) {
	for _, f := range []struct {
		into *string
		from string
		most int
	}{{&p.Vendor, vendor, 60}, {&p.Name, name, 80}, {&p.Versions, versions, 50}} {
		v := strings.Join(strings.Fields(f.from), " ")
		if !utf8.ValidString(v) || strings.ContainsFunc(v, func(r rune) bool { return unicode.IsControl(r) || r == '|' || r == '\u2028' || r == '\u2029' }) || utf8.RuneCountInString(v) > f.most {
			return p, fault.New(fault.Invalid, "footprint.error.product")
		}
		*f.into = v
	}
	if p.Name == "" {
		return p, fault.New(fault.Invalid, "footprint.error.product_name")
	}
	return p, nil
}
