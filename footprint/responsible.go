package footprint

import (
	"context"
	"net/netip"
)

// Responsible is whom the public registers name for a range or a domain.
type Responsible struct {
	Label      string     // the network or domain in a few words, as the register has it
	Country    string     // of a range: two letters, or ""
	Start, End netip.Addr // of a range: what the answer is about
	Abuse      []string   // mail addresses, checked, in the order of the register
	Technical  []string
	Registrant []string // of a domain
}

// Contains tells whether the answer is about all of a range.
func (r Responsible) Contains(p netip.Prefix) bool {
	return r.Start.IsValid() && r.Start.Compare(p.Masked().Addr()) <= 0 && lastOf(p.Masked()).Compare(r.End) <= 0
}

// Ask returns whom RDAP names for a range (the smallest network around all of it) or a registrable
// domain, from an answer of the last day or anew: one question a second in the long run, whoever
// asks. It is fetch.ErrNotThere when the registers know none.
func (f *Footprint) Ask(ctx context.Context, kind Kind, value string) (r Responsible, err error) {
	n, err := f.network(ctx, Claim{Kind: kind, Value: value})
	if err != nil {
		return r, err
	}
	r = Responsible{Label: n.label(), Country: n.Country, Start: n.Start, End: n.End, Abuse: n.Abuse, Technical: n.Technical, Registrant: n.Registrant}
	if kind == Domain {
		r.Label = n.Name
	}
	return r, nil
}
