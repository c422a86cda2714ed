package footprint

import (
	"net/netip"
	"slices"
	"testing"

	"polder/internal/db"
)

// What lies in a range, around it, and below a name is found, bounded, and gone when it is withdrawn; an index
// that was handed out stays as it was.
func TestInside(t *testing.T) {
	asset := func(k Kind, value string) Asset {
		return Asset{ID: db.NewID(), Organisation: db.NewID(), Kind: k, Value: value, Role: Owner}
	}
	assets := []Asset{asset(Prefix, "192.0.2.0/24"), asset(Prefix, "192.0.2.0/28"), asset(Prefix, "192.0.2.16/28"), asset(Prefix, "198.51.100.0/24"),
		asset(Domain, "korst.example"), asset(Domain, "loket.korst.example"), asset(Domain, "a.loket.korst.example"), asset(Domain, "anders.example")}
	x := NewIndex()
	for _, a := range assets {
		x.put(a, false)
	}
	values := func(hits []Hit) (list []string) {
		for _, h := range hits {
			list = append(list, h.Value())
		}
		slices.Sort(list)
		return list
	}
	check := func(what string, got []Hit, want ...string) {
		t.Helper()
		if !slices.Equal(values(got), want) {
			t.Errorf("%s: %v, want %v", what, values(got), want)
		}
	}
	check("within", x.Within(netip.MustParsePrefix("192.0.2.0/24"), 9), "192.0.2.0/24", "192.0.2.0/28", "192.0.2.16/28")
	check("around", x.Around(netip.MustParsePrefix("192.0.2.4/30"), 9), "192.0.2.0/24", "192.0.2.0/28")
	check("below", x.Below("korst.example", 9), "a.loket.korst.example", "korst.example", "loket.korst.example")
	check("below a child", x.Below("loket.korst.example", 9), "a.loket.korst.example", "loket.korst.example")
	check("nothing", x.Below("example", 9))
	if n := len(x.Within(netip.MustParsePrefix("0.0.0.0/0"), 2)) + len(x.Below("korst.example", 2)) + len(x.Around(netip.MustParsePrefix("192.0.2.4/30"), 1)); n != 5 {
		t.Errorf("%d hits, want 5", n)
	}
	gone := assets[5]
	gone.Withdrawn = true
	next := x.with([]Asset{gone, asset(Domain, "b.korst.example")}, 2)
	check("after", next.Below("korst.example", 9), "a.loket.korst.example", "b.korst.example", "korst.example")
	check("before", x.Below("korst.example", 9), "a.loket.korst.example", "korst.example", "loket.korst.example")
}
