package footprint

import (
	"net/netip"
	"slices"
	"strings"
)

// Within returns what is held inside a range, the range itself too, at most so many.
func (x *Index) Within(p netip.Prefix, most int) (hits []Hit) {
	for at, holders := range x.prefixes.Subnets(p.Masked()) {
		for _, h := range holders {
			if len(hits) >= most {
				return hits
			}
			hits = append(hits, Hit{Holding: h, Kind: Prefix, Prefix: at})
		}
	}
	return hits
}

// Around returns what is held of ranges that a range lies in, the range itself too, at most so many.
func (x *Index) Around(p netip.Prefix, most int) (hits []Hit) {
	for at, holders := range x.prefixes.Supernets(p.Masked()) {
		for _, h := range holders {
			if len(hits) >= most {
				return hits
			}
			hits = append(hits, Hit{Holding: h, Kind: Prefix, Prefix: at})
		}
	}
	return hits
}

// Below returns what is held of a name, in normal form, and of names below it, at most so many.
func (x *Index) Below(name string, most int) (hits []Hit) {
	for _, at := range append([]string{name}, x.below.get(name)...) {
		for _, h := range x.domains.get(at) {
			if len(hits) >= most {
				return hits
			}
			hits = append(hits, Hit{Holding: h, Kind: Domain, Domain: at, Name: at})
		}
	}
	return hits
}

// putBelow notes at each name above a domain that it is held, or that it is no more. Most domains have only
// a public suffix above them, which nobody looks for.
func (x *Index) putBelow(domain string, held, persist bool) {
	for _, at, _ := strings.Cut(domain, "."); strings.Contains(at, ".") && !isPublicSuffix(at); _, at, _ = strings.Cut(at, ".") {
		list := x.below.get(at)
		switch {
		case !held:
			list = slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == domain })
		case persist:
			list = append(slices.Clip(list), domain) // others may read the old one
		default:
			list = append(list, domain)
		}
		x.below = x.below.put(at, list, len(list) == 0, persist)
	}
}
