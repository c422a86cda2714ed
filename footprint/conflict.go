package footprint

import (
	"context"
	"net/netip"
	"strings"

	"polder/internal/db"
)

// against returns the proven assets of other organisations that stand in a claim's way: from which
// it would take findings, or whose findings it would be shown. The claim never becomes active by
// itself while there are any. The caller holds the lock of the register's version, so that of two
// claims that are settled at once one sees the other.
//
// An owner takes from owners at or above the same value, as the most specific wins and equals
// share. A wider range, or a domain above another's, takes nothing. A provider is shown what is at,
// above and below its own. An AS number takes nothing from ranges; two owners of one share it.
func against(ctx context.Context, tx *db.Tx, c Claim) (list []Asset, err error) {
	if c.Kind == Product {
		return nil, nil
	}
	found, err := othersAt(ctx, tx, c.Organisation, c.Kind, atOrAbove(c.Kind, c.Value))
	if err != nil {
		return nil, err
	}
	if c.Role == Provider && c.Kind != ASN {
		below, err := othersLike(ctx, tx, c.Organisation, c.Kind, belowPattern(c.Kind, c.Value))
		if err != nil {
			return nil, err
		}
		found = append(found, below...)
	}
	seen := map[db.ID]bool{}
	for _, a := range found {
		if a.Role == Owner && !seen[a.ID] && overlap(c, a) {
			seen[a.ID] = true
			list = append(list, a)
		}
	}
	return list, nil
}

// staffMust tells whether staff must look at a claim although nobody stands in its way that we can
// see: what lies in an AS number cannot be seen from the register, and its provider would be shown
// all of it.
func staffMust(c Claim) bool { return c.Role == Provider && c.Kind == ASN }

func atOrAbove(kind Kind, value string) (all []string) {
	switch kind {
	case Prefix:
		p, err := ParsePrefix(value)
		if err != nil {
			return nil
		}
		for bits := p.Bits(); bits >= 0; bits-- {
			all = append(all, netip.PrefixFrom(p.Addr(), bits).Masked().String())
		}
	case Domain:
		for at := value; at != ""; _, at, _ = strings.Cut(at, ".") {
			all = append(all, at)
		}
	default:
		all = []string{value}
	}
	return all
}

// belowPattern is a pattern that everything inside a range or below a domain fits, and more.
func belowPattern(kind Kind, value string) string {
	if kind == Domain {
		return "%." + likeEscape.Replace(value)
	}
	p, err := ParsePrefix(value)
	if err != nil {
		return "!"
	}
	start := p.Addr().String()
	separator, whole := ".", min(p.Bits()/8, 3) // the last part has no separator after it
	if p.Addr().Is6() {
		separator, whole = ":", min(p.Bits()/16, 7)
	}
	pattern := ""
	for i, part := range strings.Split(start, separator) {
		if i >= whole || p.Addr().Is6() && (part == "" || part == "0") {
			break // a zero may be written as :: further on
		}
		pattern += part + separator
	}
	return pattern + "%"
}

// overlap tells whether a claim and an asset of the same kind meet.
func overlap(c Claim, a Asset) bool {
	switch c.Kind {
	case Prefix:
		p, err := ParsePrefix(c.Value)
		q, err2 := ParsePrefix(a.Value)
		if err != nil || err2 != nil || !p.Overlaps(q) {
			return false
		}
		return c.Role == Provider || q.Bits() <= p.Bits()
	case Domain:
		under := func(x, y string) bool { return x == y || strings.HasSuffix(x, "."+y) }
		return under(c.Value, a.Value) || c.Role == Provider && under(a.Value, c.Value)
	}
	return c.Value == a.Value
}
