package footprint

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/publicsuffix"
	"pgregory.net/rapid"

	"polder/internal/db"
)

// naive answers the same questions as Index by looking at every asset, in the words of the rules.
type naive []Asset

func (n naive) concerned(addr netip.Addr, asn uint32, name string) (owners, providers []string) {
	widest := -1
	for _, a := range n { // the most specific range with an owner
		if p, ok := covers(a, addr); ok && a.Role == Owner {
			widest = max(widest, p.Bits())
		}
	}
	longest := -1
	for _, a := range n { // the most specific domain with an owner
		if a.Kind == Domain && a.Role == Owner && !a.Withdrawn && under(name, a.Value) {
			longest = max(longest, len(a.Value))
		}
	}
	for _, a := range n {
		p, inside := covers(a, addr)
		inNetwork := a.Kind == ASN && asn != 0 && a.Value == fmt.Sprintf("AS%d", asn)
		below := a.Kind == Domain && under(name, a.Value)
		switch {
		case a.Withdrawn:
		case a.Role == Provider && (inside || inNetwork || below):
			providers = append(providers, a.ID.String())
		case a.Role == Owner && (inside && p.Bits() == widest || inNetwork && widest < 0 || below && len(a.Value) == longest):
			owners = append(owners, a.ID.String())
		}
	}
	slices.Sort(owners)
	slices.Sort(providers)
	return owners, providers
}

func covers(a Asset, addr netip.Addr) (netip.Prefix, bool) {
	if a.Kind != Prefix || a.Withdrawn || !addr.IsValid() {
		return netip.Prefix{}, false
	}
	p := netip.MustParsePrefix(a.Value)
	return p, p.Contains(addr.Unmap())
}

func under(name, domain string) bool {
	return name != "" && (name == domain || strings.HasSuffix(name, "."+domain))
}

var (
	blocks = []string{"192.0.2.", "198.51.100.", "203.0.113.", "2001:db8::", "2001:db8:1::"}
	labels = []string{"a", "xn--bcher-kva"} // few, so that domains below one another are common
	tops   = []string{"nl", "co.uk"}
)

func drawAddr(t *rapid.T) netip.Addr {
	b := rapid.SampledFrom(blocks).Draw(t, "block")
	if strings.Contains(b, ":") {
		return netip.MustParseAddr(fmt.Sprintf("%s%x", b, rapid.IntRange(0, 63).Draw(t, "low")))
	}
	return netip.MustParseAddr(fmt.Sprintf("%s%d", b, rapid.IntRange(0, 63).Draw(t, "low")))
}

func drawName(t *rapid.T, least int) string {
	n := rapid.IntRange(least, 3).Draw(t, "labels")
	var parts []string
	for range n {
		parts = append(parts, rapid.SampledFrom(labels).Draw(t, "label"))
	}
	return strings.Join(append(parts, rapid.SampledFrom(tops).Draw(t, "top")), ".")
}

func drawAsset(t *rapid.T) Asset {
	a := Asset{ID: db.NewID(), Organisation: db.ID{byte(rapid.IntRange(1, 5).Draw(t, "organisation"))}, RegisteredAt: time.Unix(1, 0),
		Role: rapid.SampledFrom([]Role{Owner, Owner, Provider}).Draw(t, "role")}
	switch rapid.IntRange(0, 3).Draw(t, "kind") {
	case 0, 1:
		addr := drawAddr(t)
		bits := rapid.IntRange(addr.BitLen()-8, addr.BitLen()).Draw(t, "bits")
		a.Kind, a.Value = Prefix, netip.PrefixFrom(addr, bits).Masked().String()
	case 2:
		a.Kind, a.Value = ASN, fmt.Sprintf("AS%d", rapid.IntRange(64496, 64499).Draw(t, "asn"))
	default:
		a.Kind, a.Value = Domain, drawName(t, 1)
	}
	return a
}

// TestIndexAgreesWithNaive draws registers with nested ranges of both families, providers, AS
// numbers and domains below one another, changes them, and asks both.
func TestIndexAgreesWithNaive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		assets := naive(rapid.SliceOfN(rapid.Custom(drawAsset), 0, 40).Draw(t, "assets"))
		x := IndexOf(assets)
		before := x
		var was naive
		for i := range rapid.IntRange(0, 10).Draw(t, "changes") {
			was = slices.Clone(assets)
			before = x
			if len(assets) > 0 && rapid.Bool().Draw(t, "withdraw") {
				assets = slices.Clone(assets)
				at := rapid.IntRange(0, len(assets)-1).Draw(t, "which")
				assets[at].Withdrawn = !assets[at].Withdrawn
				x = x.with(assets[at:at+1], int64(i))
			} else {
				a := drawAsset(t)
				assets = append(slices.Clone(assets), a)
				x = x.with([]Asset{a}, int64(i))
			}
		}
		for range 20 {
			addr, name := drawAddr(t), drawName(t, 0)
			asn := uint32(rapid.IntRange(64495, 64499).Draw(t, "asn of the finding"))
			if rapid.IntRange(0, 3).Draw(t, "without") == 0 {
				addr = netip.Addr{}
			} else if addr.Is4() && rapid.Bool().Draw(t, "mapped") {
				addr = netip.AddrFrom16(addr.As16())
			}
			same(t, x, assets, addr, asn, name)
			if was != nil { // who kept the index from before the last change still gets the answers from before
				same(t, before, was, addr, asn, name)
			}
		}
	})
}

func same(t *rapid.T, x *Index, n naive, addr netip.Addr, asn uint32, name string) {
	wantOwners, wantProviders := n.concerned(addr, asn, name)
	var owners, providers []string
	hits := x.Address(nil, addr, asn)
	hits = x.Name(hits, dressed(name))
	for _, h := range hits {
		if h.Kind == Domain {
			if s, _ := publicsuffix.PublicSuffix(h.Domain); s == h.Domain {
				t.Fatalf("%s matched the public suffix %s", name, h.Domain)
			}
		}
		if h.Role == Owner {
			owners = append(owners, h.Asset.String())
		} else {
			providers = append(providers, h.Asset.String())
		}
	}
	slices.Sort(owners)
	slices.Sort(providers)
	if !slices.Equal(owners, wantOwners) || !slices.Equal(providers, wantProviders) {
		t.Fatalf("%s AS%d %s: owners %v, want %v; providers %v, want %v", addr, asn, name, owners, wantOwners, providers, wantProviders)
	}
}

// dressed writes a name as findings do.
func dressed(name string) string {
	switch len(name) % 4 {
	case 0:
		return strings.ToUpper(name)
	case 1:
		return name + "."
	case 2:
		return strings.ReplaceAll(name, "xn--bcher-kva", "bücher")
	}
	return name
}

func TestPublicSuffixNeverMatches(t *testing.T) {
	x := IndexOf([]Asset{{ID: db.NewID(), Kind: Domain, Value: "nl", Role: Owner}, {ID: db.NewID(), Kind: Domain, Value: "github.io", Role: Provider}})
	if hits := x.Name(nil, "example.nl"); hits != nil {
		t.Errorf("a public suffix in the register matched: %v", hits)
	}
	if hits := x.Name(nil, "someone.github.io"); hits != nil {
		t.Errorf("a private public suffix in the register matched: %v", hits)
	}
}

func TestNamesThatAreNotNames(t *testing.T) {
	x := IndexOf([]Asset{{ID: db.NewID(), Kind: Domain, Value: "example.nl", Role: Owner}})
	for name, want := range map[string]int{
		"example.nl": 1, "www.example.nl": 1, "*.example.nl": 1, "WWW.Example.NL.": 1, "_sip._tcp.example.nl": 1,
		"notexample.nl": 0, "example.nl.evil.example": 0, "example.nl..": 0, "": 0, ".": 0, "nl": 0, "example.nl/path": 0, "x@example.nl": 0,
		"evil\x00.example.nl": 0, "example.nl\r\n": 0, strings.Repeat("a", 64) + ".example.nl": 0, strings.Repeat("a.", 200) + "example.nl": 0,
	} {
		if got := len(x.Name(nil, name)); got != want {
			t.Errorf("Name(%q) gives %d, want %d", name, got, want)
		}
	}
}
