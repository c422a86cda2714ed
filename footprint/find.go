package footprint

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"polder/internal/actor"
	"polder/internal/db"
)

// FoundAsset is an asset or a claim as staff find it.
type FoundAsset struct {
	ID, Organisation db.ID
	Kind             Kind
	Value            string
	State            State // Active for what the operator imported
	Claimed          bool  // it has a page of its own, among the claims
}

// Find returns at most limit assets, in the caller's transaction, to staff: those that hold the address;
// and those that are what is asked, lie around it, or inside and below it.
func (f *Footprint) Find(ctx context.Context, tx *db.Tx, q string, limit int) (list []FoundAsset, err error) {
	if a := actor.From(ctx); a.Account.IsZero() || !a.Staff.Any(actor.Analyst|actor.Adviser) {
		return nil, hidden()
	}
	q = strings.TrimSpace(q)
	if addr, err := netip.ParseAddr(q); err == nil {
		values := make([]string, 0, 129)
		for bits := addr.BitLen(); bits >= 0; bits-- {
			if p, err := addr.Unmap().Prefix(min(bits, addr.Unmap().BitLen())); err == nil && (len(values) == 0 || values[len(values)-1] != p.String()) {
				values = append(values, p.String())
			}
		}
		return findAssets(ctx, tx, Prefix, values, limit)
	}
	if p, err := netip.ParsePrefix(q); err == nil {
		p = p.Masked()
		return findAssets(ctx, tx, Prefix, f.values(p.String(), append(f.Index().Around(p, limit), f.Index().Within(p, limit)...)), limit)
	}
	if n, err := ParseASN(q); err == nil {
		return findAssets(ctx, tx, ASN, []string{asnString(n)}, limit)
	}
	if name, ok := Normal(strings.ToLower(q)); ok && strings.Contains(name, ".") {
		values := f.values(name, f.Index().Below(name, limit))
		for _, name, _ = strings.Cut(name, "."); strings.Contains(name, "."); _, name, _ = strings.Cut(name, ".") {
			values = append(values, name)
		}
		return findAssets(ctx, tx, Domain, values, limit)
	}
	return nil, nil
}

// values are what is asked for and the assets of hits, each once.
func (*Footprint) values(asked string, hits []Hit) []string {
	list := []string{asked}
	for _, h := range hits {
		if !slices.Contains(list, h.Value()) {
			list = append(list, h.Value())
		}
	}
	return list
}
