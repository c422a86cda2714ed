package footprint

import (
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/kit"
)

func TestConflicts(t *testing.T) {
	kit.Each(t, allSchemas(), func(t *testing.T, d *db.DB) {
		h := newHome(t, d)
		h.organisation("a")
		h.organisation("b")
		h.staff("analyst", actor.Analyst)
		mine := h.prefix("a", "192.0.2.0/24", Owner)
		theirs := h.prefix("b", "192.0.2.128/25", Owner) // narrower: would take
		if mine.State != Active || theirs.State != Contested || !slices.Equal(h.reaches("192.0.2.200", 0, ""), []string{"a"}) {
			t.Fatalf("%+v %v", theirs, h.reaches("192.0.2.200", 0, ""))
		}
		if h.mailsTo("a@mail.example", "Een ander zegt dat 192.0.2.0/24 van hen is") != 1 || h.mailsTo("b@mail.example", "Wij kijken naar 192.0.2.128/25") != 1 || h.mailsTo("desk@polder.example", "Botsing") != 1 {
			t.Error("not all were told")
		}
		for _, m := range h.box.Mails() {
			if m.EnvelopeTo[0] == "a@mail.example" && m.EnvelopeTo[0] != "" && (slices.Contains([]string{"Bedrijf b"}, m.Subject) || containsName(m.Text, "Bedrijf b")) {
				t.Errorf("the mail names the other:\n%s", m.Text)
			}
		}
		if wider := h.prefix("b", "192.0.2.0/23", Owner); wider.State != Active || !slices.Equal(h.reaches("192.0.2.200", 0, ""), []string{"a"}) {
			t.Errorf("a wider range, which takes nothing: %+v", wider)
		}
		// Names only when both agree.
		if err := h.f.Named(h.as("a"), h.orgs["a"], theirs.ID, true); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a answers for b's claim: %v", err)
		}
		if err := h.f.Named(h.as("b"), h.orgs["b"], theirs.ID, true); err != nil {
			t.Fatal(err)
		}
		if err := h.f.Named(h.as("a"), h.orgs["a"], mine.ID, true); err != nil {
			t.Fatal(err)
		}
		if err := h.f.Decide(h.as("analyst"), theirs.ID, Decision{Answer: "instead", Evidence: "seen", Reason: "sold in March"}); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(h.reaches("192.0.2.200", 0, ""), []string{"b"}) || h.claim(mine.ID).State != Refused {
			t.Errorf("%v %+v", h.reaches("192.0.2.200", 0, ""), h.claim(mine.ID))
		}
		// A provider's copy shows findings of others, above and below.
		h.domain("a", "bakker.example")
		for _, value := range []string{"bakker.example", "shop.bakker.example"} {
			c := h.register("b", Domain, value, Provider)
			h.showTXT(c)
			if err := h.f.Look(h.as("b"), h.orgs["b"], c.ID); err != nil {
				t.Fatal(err)
			}
			h.run()
			if got := h.claim(c.ID); got.State != Contested {
				t.Errorf("provider of %s: %+v", value, got)
			}
		}
		h.domain("a", "x.y.groep.example")
		c := h.register("b", Domain, "groep.example", Provider)
		h.showTXT(c)
		if err := h.f.Look(h.as("b"), h.orgs["b"], c.ID); err != nil {
			t.Fatal(err)
		}
		h.run()
		if got := h.claim(c.ID); got.State != Contested || len(h.reaches("", 0, "a.x.y.groep.example")) != 1 {
			t.Errorf("%+v", got)
		}
		h.prefix("a", "2001:db8:0:1::/64", Owner)
		if c := h.prefix("b", "2001:db8::/40", Provider); c.State != Contested {
			t.Errorf("%+v", c)
		}
		h.autnum(64500, 64500, 64500, "noc@net.example")
		as := h.register("b", ASN, "AS64500", Provider)
		h.proveByCode("b", as, "noc@net.example")
		if got := h.claim(as.ID); got.State != Contested {
			t.Errorf("the provider of an AS number is shown what we cannot see: %+v", got)
		}
	})
}

func containsName(text, name string) bool {
	for i := 0; i+len(name) <= len(text); i++ {
		if text[i:i+len(name)] == name {
			return true
		}
	}
	return false
}

// Whatever b claims and proves, in any order, withdraws, lets go and claims again: findings of what a
// has proven go on reaching a, and a alone, until staff decide.
func TestNobodyTakesWithoutStaff(t *testing.T) {
	d := kit.SQLite(t, allSchemas())
	h := newHome(t, d)
	h.organisation("a")
	h.organisation("b")
	h.prefix("a", "192.0.2.0/24", Owner)
	h.prefix("a", "2001:db8:7::/48", Owner)
	h.domain("a", "bakker.example")
	h.autnum(64501, 64501, 64501, "abuse-a@net.example")
	h.proveByCode("a", h.register("a", ASN, "AS64501", Owner), "abuse-a@net.example")
	prefixes := []string{"192.0.2.0/24", "192.0.2.0/25", "192.0.2.7/32", "192.0.2.64/26", "192.0.2.0/23", "2001:db8:7::/48", "2001:db8:7:1::/64", "2001:db8::/32", "203.0.113.0/24"}
	domains := []string{"bakker.example", "shop.bakker.example", "a.b.bakker.example", "xbakker.example"}
	check := func(t *rapid.T) {
		for _, f := range []struct {
			address string
			asn     uint32
			name    string
		}{{"192.0.2.7", 0, ""}, {"192.0.2.200", 64501, ""}, {"2001:db8:7:1::9", 0, ""}, {"", 0, "bakker.example"}, {"", 0, "www.shop.bakker.example"}, {"", 0, "z.a.b.bakker.example"}, {"198.51.100.9", 64501, ""}} {
			if who := h.reaches(f.address, f.asn, f.name); !slices.Equal(slices.Compact(who), []string{"a"}) {
				t.Fatalf("%+v reaches %v", f, who)
			}
		}
	}
	var claimed []db.ID
	rapid.Check(t, func(t *rapid.T) {
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			role := rapid.SampledFrom([]Role{Owner, Provider}).Draw(t, "role")
			switch rapid.SampledFrom([]string{"prefix", "domain", "asn", "drop", "expire", "close"}).Draw(t, "what") {
			case "prefix":
				value := rapid.SampledFrom(prefixes).Draw(t, "value")
				if c, err := h.f.Register(h.as("b"), h.orgs["b"], Entry{Prefix, value, role}); err == nil {
					claimed = append(claimed, c.ID)
					h.forceProof(t, c, ByRDAP)
				}
			case "domain":
				if c, err := h.f.Register(h.as("b"), h.orgs["b"], Entry{Domain, rapid.SampledFrom(domains).Draw(t, "value"), role}); err == nil {
					claimed = append(claimed, c.ID)
					h.forceProof(t, c, ByDNS)
				}
			case "asn":
				if c, err := h.f.Register(h.as("b"), h.orgs["b"], Entry{ASN, "AS64501", role}); err == nil {
					claimed = append(claimed, c.ID)
					h.forceProof(t, c, ByRDAP)
				}
			case "drop":
				if len(claimed) > 0 {
					_ = h.f.Drop(h.as("b"), h.orgs["b"], rapid.SampledFrom(claimed).Draw(t, "claim"))
				}
			case "expire":
				if len(claimed) > 0 {
					id := rapid.SampledFrom(claimed).Draw(t, "claim")
					h.sql(`UPDATE footprint_claim SET expires_at = 1 WHERE id = ?1 AND expires_at IS NOT NULL`, id)
					if err := h.f.end(h.t.Context(), endArgs{}); err != nil {
						t.Fatal(err)
					}
					_ = h.f.Confirm(h.as("b"), h.orgs["b"], id)
				}
			case "close": // and accepted again
				b := h.orgs["b"]
				h.sql(`UPDATE directory_organisation SET state = 'asked' WHERE id = ?1`, b)
				for _, value := range prefixes[:3] {
					if c, err := h.f.Register(h.as("b"), b, Entry{Prefix, value, role}); err == nil {
						claimed = append(claimed, c.ID)
						h.forceProof(t, c, ByRDAP)
					}
				}
				h.sql(`UPDATE directory_organisation SET state = 'accepted' WHERE id = ?1`, b)
				if err := h.f.commit(h.t.Context(), func(tx *db.Tx) error { return h.f.ActivateOf(h.t.Context(), tx, b) }); err != nil {
					t.Fatal(err)
				}
			}
			check(t)
		}
	})
}

// forceProof settles a claim as if its proof had been found: the strongest that b can do.
func (h *home) forceProof(t *rapid.T, c Claim, m Method) {
	err := h.f.commit(h.t.Context(), func(tx *db.Tx) error {
		c, err := lockClaim(h.t.Context(), tx, db.ID{}, c.ID)
		if err != nil {
			return err
		}
		now := h.clock.Now()
		c.Method, c.ProvenAt, c.CheckedAt, c.ExpiresAt = m, now, now, now.Add(Year)
		return h.f.settle(h.t.Context(), tx, &c, ByCheck)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What lies inside a range is always found by the pattern that looks for it.
func TestBelowPatternMissesNothing(t *testing.T) {
	d := kit.SQLite(t, allSchemas())
	like := func(value, pattern string) (ok bool) {
		var n int
		if err := d.Read(t.Context(), func(tx *db.Tx) error {
			return tx.One(t.Context(), `SELECT CASE WHEN ?1 LIKE ?2 ESCAPE '!' THEN 1 ELSE 0 END`, []any{value, pattern}, &n)
		}); err != nil {
			t.Fatal(err)
		}
		return n == 1
	}
	rapid.Check(t, func(t *rapid.T) {
		raw := [16]byte{0x20, 0x01}
		for i := 2; i < 16; i++ {
			raw[i] = rapid.SampledFrom([]byte{0, 0, 0, 1, 0x0d, 0xff}).Draw(t, "byte")
		}
		a, least := netip.AddrFrom16(raw), 16
		if rapid.Bool().Draw(t, "4") {
			a, least = netip.AddrFrom4([4]byte{193, raw[3], raw[4], raw[5]}), 8
		}
		outer := netip.PrefixFrom(a, rapid.IntRange(least, a.BitLen()).Draw(t, "outer")).Masked()
		inner := netip.PrefixFrom(a, rapid.IntRange(outer.Bits(), a.BitLen()).Draw(t, "inner")).Masked()
		if _, err := ParsePrefix(outer.String()); err != nil {
			return
		}
		if pattern := belowPattern(Prefix, outer.String()); !like(inner.String(), pattern) {
			t.Fatalf("%s is not found inside %s by %s", inner, outer, pattern)
		}
	})
}

func TestStateTable(t *testing.T) {
	now := kit.Start
	every := []Cause{ByKeeper, ByCheck, ByStaff, ByContact, ByClock, ByAcceptance, ByClosing, ByOperator}
	for _, from := range States {
		for _, to := range States {
			for _, by := range every {
				c := Claim{State: from}
				err := c.move(to, by, now)
				if allowed := slices.Contains(moves[[2]State{from, to}], by); (err == nil) != allowed {
					t.Errorf("%s to %s by %s: %v", from, to, by, err)
				}
				if err != nil && (c.State != from || fault.KindOf(err) != fault.Conflict) {
					t.Errorf("%s to %s by %s: %+v, %v", from, to, by, c, err)
				}
			}
		}
	}
	// Nobody but staff or the operator takes a claim out of what staff must decide or have refused.
	for _, from := range []State{Contested, Refused} {
		for _, by := range []Cause{ByKeeper, ByCheck, ByContact, ByClock, ByAcceptance, ByClosing} {
			for _, to := range []State{Active, Shown, Pending} {
				if slices.Contains(moves[[2]State{from, to}], by) {
					t.Errorf("%s moves %s to %s", by, from, to)
				}
			}
		}
	}
}
