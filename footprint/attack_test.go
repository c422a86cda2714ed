package footprint

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/kit"
)

// Staff who say yes to what an organisation pleads have seen the plea, and not who stands in the way:
// that is found out at that moment, both are told, and the earlier keeps it until staff decide on that.
func TestYesToAPleaTakesFromNobody(t *testing.T) {
	kit.Each(t, allSchemas(), func(t *testing.T, d *db.DB) {
		h := newHome(t, d)
		h.organisation("a")
		h.organisation("b")
		h.organisation("c")
		h.staff("analyst", actor.Analyst)
		mine := h.prefix("a", "192.0.2.0/24", Owner)
		yes := Decision{Answer: "accept", Evidence: "a letter", Reason: "clear"}
		c := h.register("b", Prefix, "192.0.2.128/25", Owner)
		if err := h.f.Plead(h.as("b"), h.orgs["b"], c.ID, "It is ours."); err != nil {
			t.Fatal(err)
		}
		if err := h.f.Decide(h.as("analyst"), c.ID, yes); err != nil {
			t.Fatal(err)
		}
		h.run()
		if got := h.claim(c.ID); got.State != Contested || got.Method != ByDecision || !slices.Equal(h.reaches("192.0.2.200", 0, ""), []string{"a"}) {
			t.Fatalf("%+v reaches %v", got, h.reaches("192.0.2.200", 0, ""))
		}
		if h.mailsTo("a@mail.example", "Een ander zegt dat 192.0.2.0/24 van hen is") != 1 {
			t.Error("who has it was not told")
		}
		// Whoever came in the way since staff looked is not passed over either.
		late := h.prefix("c", "192.0.2.128/26", Owner)
		if err := h.f.Decide(h.as("analyst"), c.ID, Decision{Answer: "instead", Evidence: "a letter", Reason: "sold"}); err != nil {
			t.Fatal(err)
		}
		if got := h.claim(c.ID); got.State != Active || h.claim(mine.ID).State != Refused || !slices.Equal(h.reaches("192.0.2.250", 0, ""), []string{"b"}) {
			t.Fatalf("%+v, %+v", got, h.claim(mine.ID))
		}
		// It was contested with a, whose asset is gone; with b nobody has compared it.
		if got := h.claim(late.ID); got.State != Contested {
			t.Fatalf("%+v", got)
		}
		if err := h.f.Decide(h.as("analyst"), late.ID, yes); err != nil {
			t.Fatal(err)
		}
		if got := h.claim(late.ID); got.State != Contested || !slices.Equal(h.reaches("192.0.2.130", 0, ""), []string{"b"}) {
			t.Fatalf("%+v reaches %v", got, h.reaches("192.0.2.130", 0, ""))
		}
		// Now staff have seen it, and both may have it.
		if err := h.f.Decide(h.as("analyst"), late.ID, yes); err != nil {
			t.Fatal(err)
		}
		if got := h.claim(late.ID); got.State != Active {
			t.Fatalf("%+v", got)
		}
	})
}

// A code is for the claim as it was when it was mailed: withdrawn and made anew, perhaps in another
// role, it needs another, so that its contact's objection goes on counting.
func TestCodeOfAnEarlierClaim(t *testing.T) {
	kit.Each(t, allSchemas(), func(t *testing.T, d *db.DB) {
		h := newHome(t, d)
		o := h.organisation("a")
		h.network("198.51.100.0/24", "198.51.100.0", "198.51.100.255", "abuse@net.example")
		c := h.register("a", Prefix, "198.51.100.0/24", Owner)
		if err := h.f.AskCode(h.as("a"), o, c.ID); err != nil {
			t.Fatal(err)
		}
		h.run()
		code, token := h.codeFor("abuse@net.example")
		h.clock.Advance(time.Minute)
		if err := h.f.Drop(h.as("a"), o, c.ID); err != nil {
			t.Fatal(err)
		}
		h.register("a", Prefix, "198.51.100.0/24", Provider)
		if err := h.f.EnterCode(h.as("a"), o, c.ID, code); fault.KindOf(err) != fault.Gone {
			t.Errorf("the code of an earlier claim: %v", err)
		}
		if err := h.f.Object(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		if got := h.claim(c.ID); got.State == Active {
			t.Errorf("active after its contact objected: %+v", got)
		}
	})
}

// A claim that was made anew, in another role or with another plea, while staff looked is not what they
// said yes to.
func TestStaffDecideOnTheClaimTheySaw(t *testing.T) {
	kit.Each(t, allSchemas(), func(t *testing.T, d *db.DB) {
		h := newHome(t, d)
		o := h.organisation("a")
		h.staff("analyst", actor.Analyst)
		c := h.register("a", ASN, "AS64500", Owner)
		plead := func() {
			t.Helper()
			if err := h.f.Plead(h.as("a"), o, c.ID, "We announce it."); err != nil {
				t.Fatal(err)
			}
		}
		plead()
		seen := h.claim(c.ID).Seen()
		h.clock.Advance(time.Minute)
		if err := h.f.Drop(h.as("a"), o, c.ID); err != nil {
			t.Fatal(err)
		}
		h.register("a", ASN, "AS64500", Provider) // shown everything in it
		plead()
		yes := Decision{Answer: "accept", Evidence: "a letter", Reason: "clear", Seen: seen}
		if err := h.f.Decide(h.as("analyst"), c.ID, yes); fault.KindOf(err) != fault.Conflict {
			t.Fatal(err)
		}
		if got := h.claim(c.ID); got.State != Pending {
			t.Fatalf("%+v", got)
		}
		yes.Seen = h.claim(c.ID).Seen()
		if err := h.f.Decide(h.as("analyst"), c.ID, yes); err != nil {
			t.Fatal(err)
		}
	})
}

// Many share one address of a hoster, and each can show a proof there. So a route brings warnings, and
// keeps none from whoever has the range or the AS number by its contact, also when that came later.
func TestARouteTakesFromNobody(t *testing.T) {
	kit.Each(t, allSchemas(), func(t *testing.T, d *db.DB) {
		h := newHome(t, d)
		h.organisation("hoster")
		h.organisation("tenant")
		h.autnum(64500, 64500, 64500, "abuse@net.example")
		h.proveByCode("hoster", h.register("hoster", ASN, "AS64500", Owner), "abuse@net.example")
		h.domain("tenant", "klant.example")
		c := h.register("tenant", Prefix, "192.0.2.7", Owner)
		h.out.set(func() {
			h.out.a["klant.example."] = []string{"192.0.2.7"}
			h.out.files["klant.example"+ProofFile] = h.f.proving.proof(c)
		})
		if err := h.f.Route(h.as("tenant"), h.orgs["tenant"], c.ID, "klant.example"); err != nil {
			t.Fatal(err)
		}
		h.run()
		if got := h.claim(c.ID); got.State != Active || got.Method != ByRoute {
			t.Fatalf("%+v", got)
		}
		both := func(when string) {
			t.Helper()
			who := h.reaches("192.0.2.7", 64500, "")
			slices.Sort(who)
			if !slices.Equal(who, []string{"hoster", "tenant"}) {
				t.Errorf("%s: it reaches %v", when, who)
			}
		}
		both("with the AS number")
		h.prefix("hoster", "192.0.2.0/24", Owner)
		who := h.reaches("192.0.2.7", 0, "")
		slices.Sort(who)
		if !slices.Equal(who, []string{"hoster", "tenant"}) {
			t.Errorf("with the range: it reaches %v", who)
		}
		// The same for an index that is read anew.
		x, err := build(t.Context(), d, 1)
		if err != nil {
			t.Fatal(err)
		}
		if hits := x.Address(nil, netip.MustParseAddr("192.0.2.7"), 64500); len(hits) != 2 {
			t.Errorf("%d hits after a start", len(hits))
		}
	})
}

// One organisation does not fill the queue of looks: others wait for theirs.
func TestLooksOfOneOrganisationWait(t *testing.T) {
	kit.Each(t, allSchemas(), func(t *testing.T, d *db.DB) {
		h := newHome(t, d)
		o := h.organisation("a")
		h.organisation("b")
		var all []Claim
		for i := range mostLooks + 1 {
			all = append(all, h.register("a", Domain, fmt.Sprintf("d%d.example", i), Owner))
		}
		for i, c := range all {
			if err := h.f.Look(h.as("a"), o, c.ID); (fault.KindOf(err) == fault.TooMany) != (i == mostLooks) {
				t.Fatalf("look %d: %v", i, err)
			}
		}
		if err := h.f.Look(h.as("a"), o, all[0].ID); err != nil { // again is no other
			t.Error(err)
		}
		c := h.register("b", Domain, "b.example", Owner)
		if err := h.f.Look(h.as("b"), h.orgs["b"], c.ID); err != nil {
			t.Error(err)
		}
		h.run()
		if err := h.f.Look(h.as("a"), o, all[mostLooks].ID); err != nil {
			t.Errorf("once the others were looked at: %v", err)
		}
	})
}

// What hangs on a domain that the operator takes back is looked at soon, not in a month.
func TestRoutesEndWithADomainThatTheOperatorTakesBack(t *testing.T) {
	kit.Each(t, allSchemas(), func(t *testing.T, d *db.DB) {
		h := newHome(t, d)
		o := h.organisation("a")
		h.domain("a", "bakker.example")
		c := h.register("a", Prefix, "192.0.2.7", Owner)
		h.out.set(func() {
			h.out.a["bakker.example."] = []string{"192.0.2.7"}
			h.out.files["bakker.example"+ProofFile] = h.f.proving.proof(c)
		})
		if err := h.f.Route(h.as("a"), o, c.ID, "bakker.example"); err != nil {
			t.Fatal(err)
		}
		h.run()
		if got := h.claim(c.ID); got.State != Active {
			t.Fatalf("%+v", got)
		}
		if _, err := h.f.Withdraw(t.Context(), strings.NewReader("organisation_reference,kind,value\na,domain,bakker.example\n")); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := h.f.recheck(t.Context(), recheckArgs{}); err != nil {
				t.Fatal(err)
			}
			h.clock.Advance(85 * time.Hour)
		}
		if got := h.claim(c.ID); got.State != Unproven || len(h.reaches("192.0.2.7", 0, "")) != 0 {
			t.Fatalf("%+v", got)
		}
	})
}

// A supplier whose mandate covers some assets is shown no name of another.
func TestDelegateOfSomeAssetsIsShownNoOther(t *testing.T) {
	kit.Each(t, allSchemas(), func(t *testing.T, d *db.DB) {
		h := newHome(t, d)
		h.organisation("a")
		h.organisation("b")
		h.domain("a", "geheim.example")
		c := h.register("a", Prefix, "192.0.2.7", Owner)
		h.mandate("a", "b", 1, 0, c.ID)
		site, _ := h.site("")
		w := ask(site, "b", "GET", "/o/"+h.orgs["a"].String()+"/assets/"+c.ID.String(), nil)
		if w.Code != 200 || strings.Contains(w.Body.String(), "geheim.example") {
			t.Errorf("%d, names another asset: %v", w.Code, strings.Contains(w.Body.String(), "geheim.example"))
		}
		if err := h.f.Route(h.as("b"), h.orgs["a"], c.ID, "geheim.example"); fault.KindOf(err) != fault.Invalid {
			t.Errorf("uses it all the same: %v", err)
		}
	})
}
