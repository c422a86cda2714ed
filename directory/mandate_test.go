package directory

import (
	"context"
	"testing"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/kit"
)

// TestMay holds what everybody may be to an organisation against what In and May say, on both
// databases: own people, delegates, and all the ways in which a mandate ends.
func TestMay(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		for _, name := range []string{"anna", "lezer", "leo", "monteur", "stagiair", "vreemde"} {
			w.person(name)
		}
		client := w.organisation("anna", "Bakkerij", "12345678")
		supplier := w.organisation("leo", "Leverancier", "87654321")
		w.member(client, "lezer", actor.Member)
		w.member(supplier, "monteur", actor.SecurityContact)
		w.member(supplier, "stagiair", actor.Member)

		type place struct {
			place  actor.Place
			acting bool
		}
		is := func(step string, want map[string]place) {
			t.Helper()
			for name := range w.accounts {
				ctx, id := w.as(name), client
				var in actor.In
				err := d.Read(ctx, func(tx *db.Tx) (err error) {
					in, err = May(ctx, tx, id, actor.Anybody, false, w.clock.Now())
					return err
				})
				expected, there := want[name]
				if !there {
					if fault.KindOf(err) != fault.NotFound || in != (actor.In{}) {
						t.Errorf("%s: %s is %+v, %v", step, name, in, err)
					}
				} else if err != nil || in.Place != expected.place || in.Acting != expected.acting || in.Organisation != client || in.Name != "Bakkerij" {
					t.Errorf("%s: %s is %+v, %v; want %+v", step, name, in, err, expected)
				}
				// In says the same, with the same error for what is hidden and for what is not there.
				who, err := w.dir.In(ctx, actor.From(ctx), id.String())
				if there && (err != nil || who.In.Place != expected.place) || !there && fault.KindOf(err) != fault.NotFound {
					t.Errorf("%s: In says of %s: %+v, %v", step, name, who.In, err)
				}
				// Acting is asked of the database too.
				err = d.Read(ctx, func(tx *db.Tx) error {
					_, err := May(ctx, tx, id, actor.Anybody, true, w.clock.Now())
					return err
				})
				if (err == nil) != (there && expected.acting) {
					t.Errorf("%s: %s may act: %v", step, name, err)
				}
			}
		}
		own := map[string]place{"anna": {actor.Owner, true}, "lezer": {actor.Member, false}}
		with := func(more map[string]place) map[string]place {
			all := map[string]place{}
			for _, m := range []map[string]place{own, more} {
				for k, v := range m {
					all[k] = v
				}
			}
			return all
		}
		acting := with(map[string]place{"leo": {actor.Delegate, true}, "monteur": {actor.Delegate, true}, "stagiair": {actor.Delegate, false}})
		reading := with(map[string]place{"leo": {actor.Delegate, false}, "monteur": {actor.Delegate, false}, "stagiair": {actor.Delegate, false}})

		is("before", own)
		m := w.mandate("anna", client, supplier, true)
		is("acting", acting)
		m2 := w.mandate("anna", client, supplier, false)
		if m == m2 {
			t.Fatal("the same mandate")
		}
		is("replaced by one that reads", reading)
		// Who belongs to both is there by the own place, also when that is the lesser.
		w.member(client, "leo", actor.Member)
		m3 := w.mandate("anna", client, supplier, true)
		both := with(map[string]place{"leo": {actor.Member, false}, "monteur": {actor.Delegate, true}, "stagiair": {actor.Delegate, false}})
		is("a member of both", both)
		if err := w.dir.Remove(w.as("anna"), client, w.accounts["leo"]); err != nil {
			t.Fatal(err)
		}
		w.signIn("leo")
		is("not any more", acting)

		// The mandate is one way: the client is nothing to the supplier.
		if _, err := w.dir.Home(w.as("anna"), supplier); fault.KindOf(err) != fault.NotFound {
			t.Errorf("the client sees the supplier: %v", err)
		}
		if err := w.dir.Withdraw(w.as("leo"), supplier, m3); fault.KindOf(err) != fault.NotFound {
			t.Errorf("the holder withdraws as if it had given: %v", err)
		}
		if err := w.dir.LayDown(w.as("monteur"), supplier, m3); fault.KindOf(err) != fault.NotFound {
			t.Errorf("not an owner lays it down: %v", err)
		}
		if err := w.dir.Withdraw(w.as("anna"), client, m3); err != nil {
			t.Fatal(err)
		}
		is("withdrawn", own)
		m4 := w.mandate("anna", client, supplier, true)
		if err := w.dir.LayDown(w.as("leo"), supplier, m4); err != nil {
			t.Fatal(err)
		}
		is("laid down", own)
		for _, side := range []struct {
			name string
			id   db.ID
			fn   func(context.Context, db.ID, db.ID) ([]Mandate, bool, error)
		}{{"anna", client, w.dir.Mandates}, {"leo", supplier, w.dir.Clients}} {
			list, more, err := side.fn(w.as(side.name), side.id, db.ID{})
			if err != nil || more || len(list) != 4 || !list[0].ByHolder || list[1].ByHolder || list[0].Open(w.clock.Now()) {
				t.Errorf("%s sees %+v, %v", side.name, list, err)
			}
		}

		// It ends by itself at its moment, to the microsecond.
		w.mandate("anna", client, supplier, true)
		end := w.clock.Now().AddDate(1, 0, 0)
		w.clock.Set(end.Add(-time.Microsecond))
		for name := range w.accounts {
			w.signIn(name)
		}
		is("just before its end", acting)
		w.clock.Set(end)
		is("at its end", own)

		w.mandate("anna", client, supplier, true)
		is("given anew", acting)
		if err := w.dir.Close(w.as("leo"), supplier); err != nil {
			t.Fatal(err)
		}
		is("the holder closed", own)
		supplier = w.organisation("leo", "Leverancier", "87654321")
		w.mandate("anna", client, supplier, true)
		if err := w.dir.Close(w.as("anna"), client); err != nil {
			t.Fatal(err)
		}
		is("the client closed", nil)
	})
}

// Only accepted organisations give and hold mandates, only assets of the giver's own are in them,
// and never for longer than two years.
func TestGiving(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		for _, name := range []string{"anna", "leo", "nora"} {
			w.person(name)
		}
		client := w.organisation("anna", "Bakkerij", "12345678")
		supplier := w.organisation("leo", "Leverancier", "87654321")
		waiting, err := w.dir.Register(w.as("nora"), registration("Nieuw", "11111111"))
		if err != nil {
			t.Fatal(err)
		}
		own, foreign := db.NewID(), db.NewID()
		w.dir.Assets = func(_ context.Context, _ *db.Tx, o db.ID) ([]AssetLabel, error) {
			if o == client {
				return []AssetLabel{{own, "korst.example"}}, nil
			}
			return []AssetLabel{{foreign, "vonk.example"}}, nil
		}
		year := w.clock.Now().AddDate(1, 0, 0)
		for name, c := range map[string]struct {
			as   string
			from db.ID
			wish Wish
			kind fault.Kind
		}{
			"to nobody":           {"anna", client, Wish{Holder: "Niemand", EveryAsset: true, Ends: year}, fault.Invalid},
			"to itself":           {"anna", client, Wish{Holder: "Bakkerij", EveryAsset: true, Ends: year}, fault.Invalid},
			"to one that waits":   {"anna", client, Wish{Holder: "11111111", EveryAsset: true, Ends: year}, fault.Invalid},
			"by a part of a name": {"anna", client, Wish{Holder: "Lever", EveryAsset: true, Ends: year}, fault.Invalid},
			"by a pattern":        {"anna", client, Wish{Holder: "%", EveryAsset: true, Ends: year}, fault.Invalid},
			"in the past":         {"anna", client, Wish{Holder: "Leverancier", EveryAsset: true, Ends: w.clock.Now()}, fault.Invalid},
			"for too long":        {"anna", client, Wish{Holder: "Leverancier", EveryAsset: true, Ends: w.clock.Now().AddDate(2, 0, 2)}, fault.Invalid},
			"about nothing":       {"anna", client, Wish{Holder: "Leverancier", Ends: year}, fault.Invalid},
			"about another's":     {"anna", client, Wish{Holder: "Leverancier", Assets: []db.ID{own, foreign}, Ends: year}, fault.NotFound},
			"by one that waits":   {"nora", waiting.Organisation, Wish{Holder: "Leverancier", EveryAsset: true, Ends: year}, fault.NotFound},
			"for another":         {"leo", client, Wish{Holder: "Leverancier", EveryAsset: true, Ends: year}, fault.NotFound},
		} {
			if err := w.dir.Give(w.as(c.as), c.from, c.wish); fault.KindOf(err) != c.kind {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := w.dir.Give(w.as("anna"), client, Wish{Holder: "leverancier", Assets: []db.ID{own, own}, Ends: year}); err != nil {
			t.Fatal(err)
		}
		list, _, err := w.dir.Clients(w.as("leo"), supplier, db.ID{})
		if err != nil || len(list) != 1 || list[0].Assets != 1 || list[0].EveryAsset {
			t.Fatalf("%+v, %v", list, err)
		}
		for asset, want := range map[db.ID]bool{own: true, foreign: false} {
			var got bool
			w.write(func(tx *db.Tx) (err error) { got, err = Covers(w.ctx, tx, list[0].ID, asset); return err })
			if got != want {
				t.Errorf("covers %s: %v", asset, got)
			}
		}
		for _, to := range []string{"anna@people.example", "leo@people.example"} {
			if !w.told(to, "/o/") {
				t.Errorf("%s is not told", to)
			}
		}
		w.clock.Advance(11 * time.Minute)
		if err := w.dir.Give(w.as("anna"), client, Wish{Holder: "Leverancier", EveryAsset: true, Ends: year}); fault.KindOf(err) != fault.Denied {
			t.Errorf("without a fresh factor: %v", err)
		}
	})
}

// TestAMandateThatEndsIsAnnounced: both sides are told once, two weeks before, of a mandate that
// still counts and that was not given for shorter than that.
func TestAMandateThatEndsIsAnnounced(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		for _, name := range []string{"anna", "bram", "cato", "leo"} {
			w.person(name)
		}
		w.organisation("leo", "Leverancier", "87654321")
		give := func(owner, name, number string, days int) db.ID {
			t.Helper()
			o := w.organisation(owner, name, number)
			if err := w.dir.Give(w.as(owner), o, Wish{Holder: "Leverancier", EveryAsset: true, Ends: w.clock.Now().AddDate(0, 0, days)}); err != nil {
				t.Fatal(err)
			}
			return o
		}
		give("anna", "Bakkerij", "12345678", 100)
		give("bram", "Smederij", "23456789", 10)
		bakery := give("cato", "Molen", "34567890", 100)
		list, _, err := w.dir.Mandates(w.as("cato"), bakery, db.ID{})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.dir.Withdraw(w.as("cato"), bakery, list[0].ID); err != nil {
			t.Fatal(err)
		}
		announced := func(when string, want int) {
			t.Helper()
			for range 2 { // twice is as once
				if err := w.dir.upkeep(t.Context(), upkeepArgs{}); err != nil {
					t.Fatal(err)
				}
			}
			for to, subject := range map[string]string{"anna": "De machtiging van Leverancier loopt af", "bram": "De machtiging van Leverancier loopt af",
				"cato": "De machtiging van Leverancier loopt af", "leo": "Jullie machtiging van Bakkerij loopt af"} {
				n, expected := 0, want
				if to == "bram" || to == "cato" {
					expected = 0
				}
				for _, m := range w.mails(to + "@people.example") {
					if m.Subject == subject {
						n++
					}
				}
				if n != expected {
					t.Errorf("%s: %s was told %d times, want %d", when, to, n, expected)
				}
			}
		}
		announced("at once", 0)
		w.clock.Advance(86*24*time.Hour - time.Minute)
		announced("a minute before", 0)
		w.clock.Advance(time.Minute)
		announced("two weeks before its end", 1)
		w.clock.Advance(20 * 24 * time.Hour)
		announced("after its end", 1)
	})
}
