package footprint

import (
	"hash/maphash"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/gaissmai/bart"

	"polder/internal/db"
)

// Holding is one organisation's claim on an asset, as the index keeps it. It never changes.
type Holding struct {
	Asset        db.ID
	Organisation db.ID
	Since        int64 // registered, microseconds since 1970
	Role         Role
	Shares       bool // see Asset
}

// Hit says that something in a finding lies in what an organisation holds, and why.
type Hit struct {
	*Holding
	Kind   Kind
	Prefix netip.Prefix // the asset, for Kind Prefix
	Number uint32       // the asset, for Kind ASN
	Domain string       // the asset, for Kind Domain
	Name   string       // the name that led here, normal form, for Kind Domain
}

// Value returns the asset as the register writes it.
func (h Hit) Value() string {
	switch h.Kind {
	case Prefix:
		return h.Prefix.String()
	case ASN:
		return asnString(h.Number)
	}
	return h.Domain
}

// RegisteredAt returns when the asset was registered.
func (h Hit) RegisteredAt() time.Time { return time.UnixMicro(h.Since).UTC() }

// Index answers who holds an address or a name. It is immutable: a change makes a new one that
// shares all but what changed, so readers need no lock.
//
// For an address, the owners of the most specific range win; an AS number is less specific than
// any range. Owners by a route win nothing: many share an address of a hoster, and each can show a
// route to it. Providers get a copy of everything inside what they carry. For a name, the owners of
// the most specific domain at or above it win, and all providers at or above it get a copy.
type Index struct {
	prefixes *bart.Table[[]*Holding]
	asns     shards[uint32, []*Holding]
	domains  shards[string, []*Holding]
	below    shards[string, []string] // of each name, the domains below it that are held, for who looks for them
	version  int64
	assets   int
}

// NewIndex makes an empty index.
func NewIndex() *Index {
	return &Index{prefixes: new(bart.Table[[]*Holding]), asns: newShards[uint32, []*Holding](), domains: newShards[string, []*Holding](), below: newShards[string, []string]()}
}

// Version returns the number of the last change to the register that the index knows.
func (x *Index) Version() int64 { return x.version }

// Len returns how many assets the index holds.
func (x *Index) Len() int { return x.assets }

// Address appends to hits everyone concerned by an address in an autonomous system (0: not known).
func (x *Index) Address(hits []Hit, a netip.Addr, asn uint32) []Hit {
	owned := false
	if a.IsValid() {
		a = a.Unmap().WithZone("")
		if x.prefixes.Contains(a) {
			// Most specific first: the first range that has an owner is the one whose owners win.
			for p, holders := range x.prefixes.Supernets(netip.PrefixFrom(a, a.BitLen())) {
				here := false
				for _, h := range holders {
					if h.Role == Provider || !owned {
						hits = append(hits, Hit{Holding: h, Kind: Prefix, Prefix: p})
						here = here || h.Role == Owner && !h.Shares
					}
				}
				owned = owned || here
			}
		}
	}
	if asn != 0 {
		for _, h := range x.asns.get(asn) {
			if h.Role == Provider || !owned {
				hits = append(hits, Hit{Holding: h, Kind: ASN, Number: asn})
			}
		}
	}
	return hits
}

// Name appends to hits everyone concerned by a name, as sent or in normal form.
func (x *Index) Name(hits []Hit, name string) []Hit {
	name, ok := Normal(name)
	if !ok {
		return hits
	}
	owned := false
	for at := name; at != ""; {
		here := false
		for _, h := range x.domains.get(at) {
			if h.Role == Provider || !owned {
				hits = append(hits, Hit{Holding: h, Kind: Domain, Domain: at, Name: name})
				here = here || h.Role == Owner
			}
		}
		owned = owned || here
		_, at, _ = strings.Cut(at, ".")
	}
	return hits
}

// with returns an index in which the assets are as given: proven ones are in, withdrawn ones out.
func (x *Index) with(assets []Asset, version int64) *Index {
	next := *x
	next.version = version
	for _, a := range assets {
		next.put(a, true)
	}
	return &next
}

// put takes the asset in, or out when it is withdrawn. With persist, what x shares with older
// indexes stays as it is; without, x must not have been handed out yet.
func (x *Index) put(a Asset, persist bool) {
	change := func(old []*Holding) []*Holding {
		kept := slices.DeleteFunc(slices.Clone(old), func(h *Holding) bool { return h.Asset == a.ID }) // others may read old
		if !a.Withdrawn {
			kept = append(kept, &Holding{Asset: a.ID, Organisation: a.Organisation, Since: db.Micros(a.RegisteredAt), Role: a.Role, Shares: a.Shares})
		}
		x.assets += len(kept) - len(old)
		return kept
	}
	switch a.Kind {
	case Prefix:
		p, err := ParsePrefix(a.Value)
		if err != nil {
			return // refused since it was registered: an asset that may not be there matches nobody
		}
		modify := func(old []*Holding, _ bool) ([]*Holding, bool) {
			kept := change(old)
			return kept, len(kept) == 0
		}
		if persist {
			x.prefixes = x.prefixes.ModifyPersist(p, modify)
		} else {
			x.prefixes.Modify(p, modify)
		}
	case ASN:
		if n, err := ParseASN(a.Value); err == nil {
			kept := change(x.asns.get(n))
			x.asns = x.asns.put(n, kept, len(kept) == 0, persist)
		}
	case Domain:
		if !isPublicSuffix(a.Value) {
			old := x.domains.get(a.Value)
			kept := change(old)
			x.domains = x.domains.put(a.Value, kept, len(kept) == 0, persist)
			if (len(old) == 0) != (len(kept) == 0) {
				x.putBelow(a.Value, len(kept) > 0, persist)
			}
		}
	}
}

const shardCount = 4096

var shardSeed = maphash.MakeSeed()

// shards is a map cut into many small ones, so that a changed copy costs one small map.
type shards[K comparable, V any] struct{ at []map[K]V }

func newShards[K comparable, V any]() shards[K, V] {
	return shards[K, V]{at: make([]map[K]V, shardCount)}
}

func (s shards[K, V]) get(k K) V {
	return s.at[maphash.Comparable(shardSeed, k)%shardCount][k]
}

func (s shards[K, V]) put(k K, v V, gone, persist bool) shards[K, V] {
	i := maphash.Comparable(shardSeed, k) % shardCount
	m := s.at[i]
	if persist {
		s.at = slices.Clone(s.at)
		m = maps.Clone(m)
	}
	switch {
	case gone:
		delete(m, k)
	case m == nil:
		m = map[K]V{k: v}
	default:
		m[k] = v
	}
	s.at[i] = m
	return s
}
