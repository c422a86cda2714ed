package footprint

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/kit"
)

func TestDomainProof(t *testing.T) {
	kit.Each(t, allSchemas(), func(t *testing.T, d *db.DB) {
		h := newHome(t, d)
		h.organisation("a")
		c := h.register("a", Domain, "Bakker.example.", Owner)
		if c.Value != "bakker.example" || c.State != Pending {
			t.Fatalf("%+v", c)
		}
		look := func() Claim {
			t.Helper()
			if err := h.f.Look(h.as("a"), h.orgs["a"], c.ID); err != nil {
				t.Fatal(err)
			}
			h.run()
			return h.claim(c.ID)
		}
		if got := look(); got.State != Pending || got.Outcome != "footprint.outcome.not_there_domain" || got.Asked != "" {
			t.Fatalf("nothing is there: %+v", got)
		}
		h.out.set(func() { h.out.txt["_polder-challenge.bakker.example."] = []string{"polder-proof=wrong"} })
		if got := look(); got.State != Pending {
			t.Fatalf("a wrong text proves: %+v", got)
		}
		if len(h.reaches("", 0, "www.bakker.example")) != 0 {
			t.Error("an asset that is not proven is matched")
		}
		h.out.set(func() { h.out.broken["_polder-challenge.bakker.example."] = true })
		if got := look(); got.Outcome != "footprint.outcome.no_answer" {
			t.Fatalf("a resolver that fails says that nothing is there: %+v", got)
		}
		h.out.set(func() { h.out.broken["_polder-challenge.bakker.example."] = false })
		h.showTXT(c)
		got := look()
		if got.State != Active || got.Method != ByDNS || !got.ExpiresAt.Equal(h.clock.Now().Add(Year)) || !got.CheckAt.Equal(h.clock.Now().Add(Recheck)) {
			t.Fatalf("%+v", got)
		}
		if who := h.reaches("", 0, "kassa.bakker.example"); !slices.Equal(who, []string{"a"}) {
			t.Errorf("a name below the domain reaches %v", who)
		}
		if last := h.changes[len(h.changes)-1]; last.Proven != 1 {
			t.Errorf("published %+v", last)
		}
		if h.mailsTo("a@mail.example", "Wij bewaken nu bakker.example") != 1 {
			t.Error("nobody was told")
		}
		before := len(h.changes)
		if err := h.f.Drop(h.as("a"), h.orgs["a"], c.ID); err != nil {
			t.Fatal(err)
		}
		if who := h.reaches("", 0, "kassa.bakker.example"); len(who) != 0 || len(h.changes) != before+1 {
			t.Errorf("a withdrawn domain reaches %v", who)
		}
		// Made again it needs a new text.
		again := h.register("a", Domain, "bakker.example", Owner)
		if again.ID != c.ID || h.f.proving.proof(again) == h.f.proving.proof(c) && !again.RegisteredAt.Equal(c.RegisteredAt) {
			t.Errorf("%+v", again)
		}
	})
}

func TestFileProofAndSubdomains(t *testing.T) {
	kit.Each(t, allSchemas(), func(t *testing.T, d *db.DB) {
		h := newHome(t, d)
		h.organisation("a")
		c := h.register("a", Domain, "smid.example", Owner)
		h.out.set(func() {
			h.out.a["www.smid.example."] = []string{"192.0.2.7", "127.0.0.1"}
			h.out.a["smid.example."] = []string{"127.0.0.1"}
			h.out.files["smid.example"+ProofFile] = "\ufeff# from our supplier\r\n" + h.f.proving.proof(c) + "\r\n"
		})
		if err := h.f.Look(h.as("a-security-contact"), h.orgs["a"], c.ID); err != nil {
			t.Fatal(err)
		}
		h.run()
		if got := h.claim(c.ID); got.State != Active || got.Method != ByFile || got.Evidence != "https://smid.example"+ProofFile || got.Leads != "192.0.2.7" {
			t.Fatalf("%+v", got)
		}
		for _, suffix := range []string{"nl", "co.uk", "github.io"} {
			if _, err := h.f.Register(h.as("a"), h.orgs["a"], Entry{Domain, suffix, Owner}); fault.KindOf(err) != fault.Invalid {
				t.Errorf("a public suffix, %s: %v", suffix, err)
			}
		}
	})
}

// Three failed looks over a week end a proof, with a notice after the first; a resolver that fails does not.
func TestRecheck(t *testing.T) {
	kit.Each(t, allSchemas(), func(t *testing.T, d *db.DB) {
		h := newHome(t, d)
		h.organisation("a")
		c := h.domain("a", "bakker.example")
		name := ChallengeLabel + "bakker.example."
		recheck := func() Claim {
			t.Helper()
			if err := h.f.recheck(t.Context(), recheckArgs{}); err != nil {
				t.Fatal(err)
			}
			h.run()
			return h.claim(c.ID)
		}
		h.clock.Advance(Recheck + time.Hour)
		if got := recheck(); got.State != Active || !got.CheckedAt.Equal(h.clock.Now()) {
			t.Fatalf("%+v", got)
		}
		h.clock.Advance(Recheck + time.Hour)
		h.out.set(func() { h.out.broken[name] = true })
		if got := recheck(); got.State != Active || got.Failures != 0 {
			t.Fatalf("our own network counts as a failure: %+v", got)
		}
		h.out.set(func() { delete(h.out.broken, name); delete(h.out.txt, name) })
		h.clock.Advance(25 * time.Hour)
		if got := recheck(); got.State != Active || got.Failures != 1 || h.mailsTo("a@mail.example", "vinden het bewijs voor") != 1 {
			t.Fatalf("%+v", got)
		}
		h.clock.Advance(85 * time.Hour)
		if got := recheck(); got.State != Active || got.Failures != 2 {
			t.Fatalf("%+v", got)
		}
		if len(h.reaches("", 0, "bakker.example")) != 1 {
			t.Error("it stopped early")
		}
		h.clock.Advance(85 * time.Hour)
		if got := recheck(); got.State != Unproven || h.mailsTo("a@mail.example", "waarschuwen niet meer over") != 1 {
			t.Fatalf("%+v", got)
		}
		if len(h.reaches("", 0, "bakker.example")) != 0 {
			t.Error("an asset without proof is matched")
		}
		h.showTXT(c)
		if err := h.f.Look(h.as("a"), h.orgs["a"], c.ID); err != nil {
			t.Fatal(err)
		}
		h.run()
		if got := h.claim(c.ID); got.State != Active || got.Failures != 0 {
			t.Fatalf("%+v", got)
		}
	})
}

func TestExpiryRemindersAndConfirmation(t *testing.T) {
	kit.Each(t, allSchemas(), func(t *testing.T, d *db.DB) {
		h := newHome(t, d)
		h.organisation("a")
		c := h.prefix("a", "192.0.2.0/28", Owner)
		end := func() Claim {
			t.Helper()
			for range 2 { // twice is as once
				if err := h.f.end(t.Context(), endArgs{}); err != nil {
					t.Fatal(err)
				}
			}
			h.run()
			return h.claim(c.ID)
		}
		h.clock.Advance(Year - 31*24*time.Hour)
		if end(); h.mailsTo("a@mail.example", "nog van jullie?") != 0 {
			t.Error("reminded too early")
		}
		h.clock.Advance(2 * 24 * time.Hour)
		if got := end(); got.State != Active || h.mailsTo("a@mail.example", "Is 192.0.2.0/28 nog van jullie?") != 1 {
			t.Fatalf("%+v", got)
		}
		h.clock.Advance(23 * 24 * time.Hour)
		if got := end(); got.State != Active || h.mailsTo("a@mail.example", "Nog een week: is 192.0.2.0/28") != 1 {
			t.Fatalf("%+v", got)
		}
		if err := h.f.Confirm(h.as("a-member"), h.orgs["a"], c.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a member confirms: %v", err)
		}
		if err := h.f.Confirm(h.as("a"), h.orgs["a"], c.ID); err != nil {
			t.Fatal(err)
		}
		if got := end(); got.State != Active || !got.ExpiresAt.Equal(h.clock.Now().Add(Year)) || got.Reminded != 0 {
			t.Fatalf("%+v", got)
		}
		h.clock.Advance(Year + time.Hour)
		if got := end(); got.State != Expired || len(h.reaches("192.0.2.3", 0, "")) != 0 {
			t.Fatalf("%+v", got)
		}
		if err := h.f.Confirm(h.as("a"), h.orgs["a"], c.ID); err != nil {
			t.Fatal(err)
		}
		if got := h.claim(c.ID); got.State != Pending || got.Method != "" || len(h.reaches("192.0.2.3", 0, "")) != 0 {
			t.Fatalf("an expired asset counts without a new proof: %+v", got)
		}
	})
}

func TestCodeOfTheNetworksContact(t *testing.T) {
	kit.Each(t, allSchemas(), func(t *testing.T, d *db.DB) {
		h := newHome(t, d)
		h.organisation("a")
		o := h.orgs["a"]
		c := h.register("a", Prefix, "192.0.2.0/28", Owner)
		h.network("192.0.2.0/28", "192.0.2.0", "192.0.2.15", "abuse@net.example")
		if err := h.f.EnterCode(h.as("a"), o, c.ID, "AAAA-AAAA-AAAA"); fault.KindOf(err) != fault.Gone {
			t.Errorf("a code without a mail: %v", err)
		}
		if err := h.f.AskCode(h.as("a"), o, c.ID); err != nil {
			t.Fatal(err)
		}
		h.run()
		code, token := h.codeFor("abuse@net.example")
		if len(code) != 14 || len(token) != 43 {
			t.Fatalf("code %q, token %q", code, token)
		}
		for _, m := range h.box.Mails() {
			for _, want := range []string{"Bedrijf a", "192.0.2.0/28", "EXAMPLE-NET", "RDAP"} {
				if !strings.Contains(m.Text, want) {
					t.Errorf("the mail lacks %q:\n%s", want, m.Text)
				}
			}
		}
		for range mostTries {
			mustFail(t, h.f.EnterCode(h.as("a"), o, c.ID, "BBBB-BBBB-BBBB"), "code_wrong")
		}
		mustFail(t, h.f.EnterCode(h.as("a"), o, c.ID, code), "code_tries")
		// Another code, of no use after a week.
		if err := h.f.AskCode(h.as("a"), o, c.ID); err != nil {
			t.Fatal(err)
		}
		h.run()
		if n := h.out.count("rdap.test/ip/192.0.2.0/28"); n != 1 {
			t.Errorf("RDAP was asked %d times; its answer counts for a day", n)
		}
		code, _ = h.codeFor("abuse@net.example")
		h.clock.Advance(codeFor)
		mustFail(t, h.f.EnterCode(h.as("a"), o, c.ID, code), "code_gone")
		if err := h.f.AskCode(h.as("a"), o, c.ID); err != nil {
			t.Fatal(err)
		}
		h.run()
		code, _ = h.codeFor("abuse@net.example")
		if err := h.f.EnterCode(h.as("a"), o, c.ID, code); err != nil {
			t.Fatal(err)
		}
		if got := h.claim(c.ID); got.State != Active || got.Method != ByRDAP || !slices.Equal(h.reaches("192.0.2.3", 0, ""), []string{"a"}) {
			t.Fatalf("%+v", got)
		}
		// A fourth within the month is refused.
		if err := h.f.Drop(h.as("a"), o, c.ID); err != nil {
			t.Fatal(err)
		}
		h.register("a", Prefix, "192.0.2.0/28", Owner)
		mustFail(t, h.f.EnterCode(h.as("a"), o, c.ID, code), "code_gone")
		mustFail(t, h.f.AskCode(h.as("a"), o, c.ID), "error.codes")
	})
}

func TestCodeGoesToExactlyThatNetwork(t *testing.T) {
	kit.Each(t, allSchemas(), func(t *testing.T, d *db.DB) {
		h := newHome(t, d)
		h.organisation("a")
		o := h.orgs["a"]
		h.network("192.0.2.0/28", "192.0.2.0", "192.0.2.255", "abuse@net.example")          // a larger one
		h.network("198.51.100.0/24", "198.51.100.0", "198.51.100.127", "abuse@net.example") // a smaller one
		h.network("203.0.113.0/24", "203.0.113.0", "203.0.113.255", "not an address")
		h.autnum(64500, 64500, 64510, "noc@net.example")
		h.autnum(64501, 64501, 64501, "noc@net.example")
		for value, outcome := range map[string]string{"192.0.2.0/28": "inside", "198.51.100.0/24": "inside", "203.0.113.0/24": "no_contact", "198.51.100.0/28": "no_network", "AS64500": "inside", "8.8.4.0/24": "no_network"} {
			kind := Prefix
			if strings.HasPrefix(value, "AS") {
				kind = ASN
			}
			c := h.register("a", kind, value, Owner)
			if err := h.f.AskCode(h.as("a"), o, c.ID); err != nil {
				t.Fatal(err)
			}
			h.run()
			if got := h.claim(c.ID); got.Outcome != "footprint.outcome."+outcome || got.State != Pending {
				t.Errorf("%s: %+v", value, got)
			}
		}
		if n := len(h.box.Mails()); n != 0 {
			t.Errorf("%d mails", n)
		}
		c := h.register("a", ASN, "AS64501", Owner)
		h.proveByCode("a", c, "noc@net.example")
		if got := h.claim(c.ID); got.State != Active || !slices.Equal(h.reaches("203.0.113.9", 64501, ""), []string{"a"}) {
			t.Fatalf("%+v", got)
		}
		for _, list := range []string{"ipv4", "asn"} {
			if n := h.out.count("data.iana.test/rdap/" + list + ".json"); n != 1 {
				t.Errorf("the list of servers for %s was fetched %d times", list, n)
			}
		}
		wide := h.register("a", Prefix, "198.0.0.0/15", Owner)
		mustFail(t, h.f.AskCode(h.as("a"), o, wide.ID), "error.wide")
		// No mail to strangers for an organisation that staff do not know, nor many to one address.
		for i := range 7 {
			value := fmt.Sprintf("203.0.112.%d/32", i)
			h.network(value, value[:len(value)-3], value[:len(value)-3], "busy@net.example")
			c := h.register("a", Prefix, value, Owner)
			if err := h.f.AskCode(h.as("a"), o, c.ID); err != nil {
				t.Fatal(err)
			}
			h.run()
		}
		if n := h.mailsTo("busy@net.example", "203.0.112"); n != mostPerPerson {
			t.Errorf("%d mails to one address in a day", n)
		}
		h.sql(`UPDATE directory_organisation SET state = 'requested' WHERE id = ?1`, o)
		late := h.register("a", Prefix, "203.0.112.77", Owner)
		mustFail(t, h.f.AskCode(h.as("a"), o, late.ID), "error.not_accepted")
	})
}

func TestObjection(t *testing.T) {
	kit.Each(t, allSchemas(), func(t *testing.T, d *db.DB) {
		h := newHome(t, d)
		h.organisation("a")
		c := h.prefix("a", "192.0.2.0/28", Owner)
		_, token := h.codeFor("abuse-a@net.example")
		o, err := h.f.ObjectionBy(t.Context(), token)
		if err != nil || o.Name != "Bedrijf a" || o.Value != "192.0.2.0/28" || o.Done || h.claim(c.ID).State != Active {
			t.Fatalf("%+v, %v", o, err)
		}
		if err := h.f.Object(t.Context(), "A"+token[1:]); fault.KindOf(err) != fault.NotFound && token[0] != 'A' {
			t.Errorf("another token: %v", err)
		}
		for range 2 {
			if err := h.f.Object(t.Context(), token); err != nil {
				t.Fatal(err)
			}
		}
		h.run()
		if got := h.claim(c.ID); got.State != Refused || len(h.reaches("192.0.2.3", 0, "")) != 0 {
			t.Fatalf("%+v", got)
		}
		if h.mailsTo("desk@polder.example", "Bezwaar tegen 192.0.2.0/28") != 1 || h.mailsTo("a@mail.example", "Bezwaar") != 1 {
			t.Error("nobody was told, or twice")
		}
		if _, err := h.f.Register(h.as("a"), h.orgs["a"], Entry{Prefix, "192.0.2.0/28", Owner}); fault.KindOf(err) != fault.Conflict {
			t.Errorf("what was refused can be registered again: %v", err)
		}
		h.clock.Advance(objectFor + time.Hour)
		if _, err := h.f.ObjectionBy(t.Context(), token); fault.KindOf(err) != fault.NotFound {
			t.Errorf("an old link: %v", err)
		}
	})
}

func TestRouteFromAProvenDomain(t *testing.T) {
	kit.Each(t, allSchemas(), func(t *testing.T, d *db.DB) {
		h := newHome(t, d)
		h.organisation("a")
		h.organisation("b")
		o := h.orgs["a"]
		h.domain("a", "bakker.example")
		c := h.register("a", Prefix, "192.0.2.7", Owner)
		mustFail(t, h.f.Route(h.as("a"), o, c.ID, "www.smid.example"), "route_domain")
		look := func() Claim {
			t.Helper()
			if err := h.f.Route(h.as("a"), o, c.ID, "www.bakker.example"); err != nil {
				t.Fatal(err)
			}
			h.run()
			return h.claim(c.ID)
		}
		h.out.set(func() { h.out.a["www.bakker.example."] = []string{"10.0.0.1"} })
		if got := look(); got.State != Pending || got.Outcome != "footprint.outcome.forbidden" {
			t.Fatalf("an inner address is asked: %+v", got)
		}
		h.out.set(func() {
			h.out.a["www.bakker.example."] = []string{"127.0.0.1"}
			h.out.files["www.bakker.example"+ProofFile] = h.f.proving.proof(c)
		})
		if got := look(); got.Outcome != "footprint.outcome.not_there_route" {
			t.Fatalf("a name that leads elsewhere: %+v", got)
		}
		// A name can point at anybody's address; the server there must know the text.
		h.out.set(func() {
			h.out.a["www.bakker.example."] = []string{"192.0.2.7"}
			delete(h.out.files, "www.bakker.example"+ProofFile)
		})
		if got := look(); got.Outcome != "footprint.outcome.not_there_route" {
			t.Fatalf("an address of which the server knows nothing: %+v", got)
		}
		h.out.set(func() { h.out.files["www.bakker.example"+ProofFile] = h.f.proving.proof(c) })
		got := look()
		if got.State != Active || got.Method != ByRoute || !slices.Equal(h.reaches("192.0.2.7", 0, ""), []string{"a"}) {
			t.Fatalf("%+v", got)
		}
		// Without the domain the route ends within a week, with a notice.
		list := h.f.Index().Name(nil, "bakker.example")
		if err := h.f.Drop(h.as("a"), o, list[0].Asset); err != nil {
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
		wide := h.register("a", Prefix, "192.0.2.0/28", Owner)
		mustFail(t, h.f.Route(h.as("a"), o, wide.ID, "www.bakker.example"), "error.single")
		// A name of somebody else's domain, or one that is not proven, is no route.
		b := h.register("b", Prefix, "192.0.2.7", Owner)
		mustFail(t, h.f.Route(h.as("b"), h.orgs["b"], b.ID, "www.bakker.example"), "route_domain")
	})
}

func TestStaffDecide(t *testing.T) {
	kit.Each(t, allSchemas(), func(t *testing.T, d *db.DB) {
		h := newHome(t, d)
		h.organisation("a")
		h.staff("analyst", actor.Analyst)
		h.staff("administrator", actor.Administrator|actor.Auditor|actor.Editor|actor.Moderator|actor.CaseHandler)
		c := h.register("a", Prefix, "198.18.0.0/15"[:0]+"203.0.0.0/15", Owner)
		if err := h.f.Plead(h.as("a"), h.orgs["a"], c.ID, "Contract met provider, zie bijlage"); err != nil {
			t.Fatal(err)
		}
		h.run()
		if h.mailsTo("desk@polder.example", "Hulp gevraagd bij 203.0.0.0/15") != 1 {
			t.Error("staff were not told")
		}
		yes := Decision{Answer: "accept", Evidence: "contract seen", Reason: "clear"}
		for _, who := range []string{"a", "administrator"} {
			if err := h.f.Decide(h.as(who), c.ID, yes); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s decides: %v", who, err)
			}
		}
		mustFail(t, h.f.Decide(h.as("analyst"), c.ID, Decision{Answer: "accept", Reason: "x"}), "evidence")
		mustFail(t, h.f.Decide(h.as("analyst"), c.ID, Decision{Answer: "accept", Evidence: "x"}), "reason")
		own := h.people["a"]
		own.Staff = actor.Analyst
		h.people["both"] = own
		if err := h.f.Decide(h.as("both"), c.ID, yes); fault.KindOf(err) != fault.Denied {
			t.Errorf("somebody decides for the own organisation: %v", err)
		}
		if err := h.f.Decide(h.as("analyst"), c.ID, yes); err != nil {
			t.Fatal(err)
		}
		got := h.claim(c.ID)
		if got.State != Active || got.Method != ByDecision || got.Evidence != "contract seen" || got.DecidedBy != h.people["analyst"].Account || !slices.Equal(h.reaches("203.0.3.4", 0, ""), []string{"a"}) {
			t.Fatalf("%+v", got)
		}
		if err := h.f.Decide(h.as("analyst"), c.ID, Decision{Answer: "refuse", Reason: "mistake"}); err != nil {
			t.Fatal(err)
		}
		if got := h.claim(c.ID); got.State != Refused || len(h.reaches("203.0.3.4", 0, "")) != 0 {
			t.Fatalf("%+v", got)
		}
		if err := h.f.Decide(h.as("analyst"), c.ID, Decision{Answer: "reopen", Reason: "again"}); err != nil {
			t.Fatal(err)
		}
	})
}

// Nothing warns before staff accept the organisation, and nothing after it is closed.
func TestAcceptanceAndClosing(t *testing.T) {
	kit.Each(t, allSchemas(), func(t *testing.T, d *db.DB) {
		h := newHome(t, d)
		a := h.organisation("a")
		h.organisation("b")
		h.sql(`UPDATE directory_organisation SET state = 'requested' WHERE id = ?1`, a)
		c := h.domain("a", "bakker.example")
		product := h.register("a", Product, "Fortinet | FortiOS | < 7", Owner)
		if c.State != Shown || product.State != Shown || len(h.reaches("", 0, "bakker.example")) != 0 {
			t.Fatalf("%+v", c)
		}
		sub := h.register("a", Domain, "shop.smid.example", Owner)
		h.showTXT(sub)
		if err := h.f.Look(h.as("a"), a, sub.ID); err != nil {
			t.Fatal(err)
		}
		h.run()
		h.domain("b", "smid.example")
		h.sql(`UPDATE directory_organisation SET state = 'accepted' WHERE id = ?1`, a)
		if err := h.db.Write(t.Context(), func(tx *db.Tx) error { return h.f.ActivateOf(t.Context(), tx, a) }); err != nil {
			t.Fatal(err)
		}
		if err := h.f.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		if h.claim(c.ID).State != Active || h.claim(product.ID).State != Active || len(h.reaches("", 0, "bakker.example")) != 1 {
			t.Errorf("%+v", h.claim(c.ID))
		}
		if got := h.claim(sub.ID); got.State != Contested || !slices.Equal(h.reaches("", 0, "shop.smid.example"), []string{"b"}) {
			t.Errorf("what b has meanwhile was taken: %+v", got)
		}
		if _, err := h.f.Import(t.Context(), strings.NewReader("organisation_reference,kind,value,role\na,prefix,192.0.2.0/24,owner\n")); err != nil {
			t.Fatal(err)
		}
		if err := h.db.Write(t.Context(), func(tx *db.Tx) error { return h.f.WithdrawOf(t.Context(), tx, a) }); err != nil {
			t.Fatal(err)
		}
		if err := h.f.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(h.reaches("192.0.2.1", 0, "bakker.example")) != 0 || h.claim(c.ID).State != Withdrawn {
			t.Error("a closed organisation is warned")
		}
	})
}

// What an operator imports becomes active, keeps the id of the claim, and shows on the same pages.
func TestImportsAndClaims(t *testing.T) {
	kit.Each(t, allSchemas(), func(t *testing.T, d *db.DB) {
		h := newHome(t, d)
		a := h.organisation("a")
		c := h.register("a", Domain, "bakker.example", Owner)
		file := "organisation_reference,kind,value,role\na,domain,bakker.example,owner\na,prefix,192.0.2.0/24,owner\n"
		if _, err := h.f.Import(t.Context(), strings.NewReader(file)); err != nil {
			t.Fatal(err)
		}
		if got := h.claim(c.ID); got.State != Active || got.Method != ByOperatorsImport || len(h.reaches("", 0, "bakker.example")) != 1 {
			t.Fatalf("%+v", got)
		}
		var list []Claim
		if err := h.db.Read(t.Context(), func(tx *db.Tx) (err error) {
			list, _, err = listClaims(t.Context(), tx, a, Filter{Every: true}, 0, 10)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if len(list) != 2 || list[0].Value != "bakker.example" || list[1].Value != "192.0.2.0/24" || list[1].Method != ByOperatorsImport {
			t.Fatalf("%+v", list)
		}
		if _, err := h.f.Register(h.as("a"), a, Entry{Prefix, "192.0.2.0/24", Owner}); fault.KindOf(err) != fault.Conflict {
			t.Errorf("registered twice: %v", err)
		}
		if err := h.f.Drop(h.as("a"), a, list[1].ID); err != nil {
			t.Fatal(err)
		}
		if got := h.claim(list[1].ID); got.State != Withdrawn || len(h.reaches("192.0.2.1", 0, "")) != 0 {
			t.Fatalf("%+v", got)
		}
		again := h.register("a", Prefix, "192.0.2.0/24", Owner)
		if again.ID != list[1].ID || again.State != Pending {
			t.Errorf("%+v", again)
		}
		if _, err := h.f.Import(t.Context(), strings.NewReader(file)); err != nil {
			t.Fatal(err)
		}
		if got := h.claim(again.ID); got.State != Active {
			t.Errorf("%+v", got)
		}
		if _, err := h.f.Withdraw(t.Context(), strings.NewReader(file)); err != nil {
			t.Fatal(err)
		}
		if got := h.claim(c.ID); got.State != Withdrawn || len(h.reaches("192.0.2.1", 0, "bakker.example")) != 0 {
			t.Errorf("%+v", got)
		}
	})
}

func TestWhoClosesACorrection(t *testing.T) {
	kit.Each(t, allSchemas(), func(t *testing.T, d *db.DB) {
		h := newHome(t, d)
		a := h.organisation("a")
		h.staff("analyst", actor.Adviser)
		c := h.domain("a", "bakker.example")
		correct := func() (id db.ID) {
			t.Helper()
			if err := h.db.Write(t.Context(), func(tx *db.Tx) error { return Correct(t.Context(), tx, c.ID, a, "not ours", h.clock.Now()) }); err != nil {
				t.Fatal(err)
			}
			list, err := h.f.Corrections(t.Context(), 10)
			if err != nil || len(list) != 1 {
				t.Fatal(list, err)
			}
			return list[0].ID
		}
		correct()
		if err := h.f.Ours(h.as("a"), a, c.ID); err != nil {
			t.Fatal(err)
		}
		if list, _ := h.f.Corrections(t.Context(), 10); len(list) != 0 || h.claim(c.ID).State != Active {
			t.Errorf("%+v", list)
		}
		id := correct()
		if err := h.f.CloseCorrection(h.as("a"), id, true, "x"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("the organisation closes as staff: %v", err)
		}
		if err := h.f.CloseCorrection(h.as("analyst"), id, false, "it is"); err != nil {
			t.Fatal(err)
		}
		id = correct()
		if err := h.f.CloseCorrection(h.as("analyst"), id, true, "it is not"); err != nil {
			t.Fatal(err)
		}
		if got := h.claim(c.ID); got.State != Refused || len(h.reaches("", 0, "bakker.example")) != 0 {
			t.Errorf("%+v", got)
		}
	})
}

// Two organisations prove the same at the same moment: one has it, the other waits for staff.
func TestTwoAtOnce(t *testing.T) {
	kit.Each(t, allSchemas(), func(t *testing.T, d *db.DB) {
		h := newHome(t, d)
		h.organisation("a")
		h.organisation("b")
		for round := range 5 {
			name := fmt.Sprintf("samen%d.example", round)
			var claims []Claim
			done := make(chan error, 2)
			for _, who := range []string{"a", "b"} {
				claims = append(claims, h.register(who, Domain, name, Owner))
			}
			for _, c := range claims {
				go func() {
					done <- h.f.commit(t.Context(), func(tx *db.Tx) error {
						c, err := lockClaim(t.Context(), tx, db.ID{}, c.ID)
						if err != nil {
							return err
						}
						c.Method, c.ProvenAt, c.ExpiresAt = ByDNS, h.clock.Now(), h.clock.Now().Add(Year)
						return h.f.settle(t.Context(), tx, &c, ByCheck)
					})
				}()
			}
			if err := errors.Join(<-done, <-done); err != nil {
				t.Fatal(err)
			}
			states := []State{h.claim(claims[0].ID).State, h.claim(claims[1].ID).State}
			slices.Sort(states)
			if !slices.Equal(states, []State{Active, Contested}) {
				t.Errorf("%v", states)
			}
		}
	})
}
