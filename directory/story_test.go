package directory

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/kit"
)

// An organisation registers, is asked, answers, is accepted; what subscribes to that is told in the
// same transaction, and everybody who must know has a mail.
func TestRegistering(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.person("anna")
		w.person("advies", actor.Adviser)
		var accepted []db.ID
		w.dir.OnAccepted(func(_ context.Context, _ *db.Tx, id db.ID) error { accepted = append(accepted, id); return nil })

		x := registration("  Bakkerij   De Korst ", "12.34 56-78")
		if _, err := w.dir.Register(w.as("anna"), x); fault.KindOf(err) != fault.Invalid {
			t.Fatalf("a wrong number: %v", err)
		}
		x.Number, x.Domain = "1234 56.78", "https://www.Korst.example/winkel"
		done, err := w.dir.Register(w.as("anna"), x)
		if err != nil {
			t.Fatal(err)
		}
		o := w.state(done.Organisation)
		if o.State != Requested || o.Name != "Bakkerij De Korst" || o.RegistrationNumber != "12345678" || o.Domain != "korst.example" || o.WaitsAt.IsZero() ||
			!strings.HasPrefix(o.Reference, "ORG-") || len(o.Reference) != 10 || o.Employees != 10 {
			t.Fatalf("%+v", o)
		}
		if !w.told("desk@polder.example", "/desk/organisations/"+o.ID.String()) {
			t.Error("the desk is not told where to look")
		}
		again, err := w.dir.Register(w.as("anna"), x)
		if err != nil || !again.Again || again.Organisation != o.ID {
			t.Errorf("the same form twice: %+v, %v", again, err)
		}

		f, err := w.dir.Queue(w.as("advies"), Waiting, db.ID{}, 10)
		if err != nil || len(f.List) != 1 || f.List[0].ID != o.ID {
			t.Fatalf("queue: %+v, %v", f, err)
		}
		if err := w.dir.Decide(w.as("advies"), o.ID, Asked, " ", ""); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a question without words: %v", err)
		}
		if err := w.dir.Decide(w.as("advies"), o.ID, Asked, "Is dit de winkel?", ""); err != nil {
			t.Fatal(err)
		}
		if !w.told("anna@people.example", "Is dit de winkel?") {
			t.Error("the question did not come")
		}
		if err := w.dir.Reply(w.as("anna"), o.ID, "Ja, en de bakkerij."); err != nil {
			t.Fatal(err)
		}
		if err := w.dir.Reply(w.as("anna"), o.ID, "Nog iets."); fault.KindOf(err) != fault.Conflict {
			t.Errorf("an answer to nothing: %v", err)
		}
		if len(accepted) != 0 {
			t.Fatal("told of an acceptance that was not there")
		}
		if err := w.dir.Decide(w.as("advies"), o.ID, Accepted, "", ""); err != nil {
			t.Fatal(err)
		}
		if len(accepted) != 1 || accepted[0] != o.ID || w.state(o.ID).State != Accepted || !w.state(o.ID).WaitsAt.IsZero() {
			t.Errorf("accepted %v, %+v", accepted, w.state(o.ID))
		}
		if err := w.dir.Decide(w.as("advies"), o.ID, Refused, "Toch niet", ""); fault.KindOf(err) != fault.Conflict {
			t.Errorf("refused after acceptance: %v", err)
		}
		// Nothing of what was written is in the record.
		if r := w.record(); strings.Contains(r, "winkel") || strings.Contains(r, "anna@") || !strings.Contains(r, "accepted") {
			t.Errorf("record:\n%s", r)
		}
	})
}

// A subscriber that fails keeps the acceptance from happening.
func TestAcceptanceIsOneTransaction(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.person("anna")
		w.person("adviser", actor.Adviser)
		done, err := w.dir.Register(w.as("anna"), registration("Bakkerij", "12345678"))
		if err != nil {
			t.Fatal(err)
		}
		fails := errors.New("no")
		w.dir.OnAccepted(func(context.Context, *db.Tx, db.ID) error { return fails })
		if err := w.dir.Decide(w.as("adviser"), done.Organisation, Accepted, "", ""); !errors.Is(err, fails) {
			t.Fatalf("%v", err)
		}
		if s := w.state(done.Organisation).State; s != Requested {
			t.Errorf("it is %s", s)
		}
	})
}

// Who registers what is there is told so, and no more; the owners are asked, staff see both.
func TestDuplicates(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.person("anna")
		w.person("bram")
		there := w.organisation("anna", "Bakkerij De Korst", "12345678")
		if done, err := w.dir.Register(w.as("bram"), registration("De Korst BV", "1234 5678")); err != nil || !done.Taken || !done.Organisation.IsZero() {
			t.Fatalf("%+v, %v", done, err)
		}
		for range 2 { // asked twice is asked once
			if err := w.dir.AskIn(w.as("bram"), "kvk", "12345678", ""); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(w.mails("anna@people.example")); n != 3 { // registered, accepted, join
			t.Errorf("anna has %d mails", n)
		}
		if w.told("anna@people.example", "bram@") {
			t.Error("the address of who asks stands in the mail")
		}
		p, err := w.dir.People(w.as("anna"), there)
		if err != nil || len(p.Joins) != 1 || p.Joins[0].Mail != "bram@people.example" {
			t.Fatalf("%+v, %v", p, err)
		}
		if err := w.dir.AnswerJoin(w.as("anna"), there, p.Joins[0].ID, actor.Member); err != nil {
			t.Fatal(err)
		}
		if err := w.dir.AnswerJoin(w.as("anna"), there, p.Joins[0].ID, actor.Member); fault.KindOf(err) != fault.NotFound {
			t.Errorf("answered twice: %v", err)
		}
		token := w.invitation("bram@people.example")
		if got, err := w.dir.Accept(w.as("bram"), token); err != nil || got != there {
			t.Fatalf("%v, %v", got, err)
		}

		w.person("carla")
		x := registration("De Korst Vastgoed", "12345678")
		x.Another = true
		done, err := w.dir.Register(w.as("carla"), x)
		if err != nil || done.Organisation.IsZero() {
			t.Fatalf("another: %+v, %v", done, err)
		}
		file, err := w.dir.File(w.as("adviser"), done.Organisation)
		if err != nil || len(file.Alike) != 1 || file.Alike[0].ID != there {
			t.Errorf("staff see %+v, %v", file.Alike, err)
		}
	})
}

// An organisation that the operator imported has no people: staff let the first owner in.
func TestFirstOwnerOfAnImported(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		if _, err := w.dir.Import(w.ctx, strings.NewReader(header+"a,Smederij Vonk,12345678,C,Utrecht,12,en,info@vonk.example\n")); err != nil {
			t.Fatal(err)
		}
		o, err := w.dir.ByReference(w.ctx, "a")
		if err != nil || o.State != Accepted || o.Email != "info@vonk.example" {
			t.Fatalf("%+v, %v", o, err)
		}
		w.person("anna")
		w.person("adviser", actor.Adviser)
		if err := w.dir.AskIn(w.as("anna"), "kvk", "12345678", ""); err != nil {
			t.Fatal(err)
		}
		if err := w.dir.Decide(w.as("anna"), o.ID, Accepted, "", ""); fault.KindOf(err) != fault.NotFound {
			t.Errorf("anna decides: %v", err)
		}
		f, err := w.dir.Queue(w.as("adviser"), Waiting, db.ID{}, 10)
		if err != nil || len(f.List) != 1 {
			t.Fatalf("%+v, %v", f, err)
		}
		file, err := w.dir.File(w.as("adviser"), o.ID)
		if err != nil || len(file.Joins) != 1 {
			t.Fatalf("%+v, %v", file, err)
		}
		if err := w.dir.AnswerJoinForOwner(w.as("adviser"), o.ID, file.Joins[0].ID, true); err != nil {
			t.Fatal(err)
		}
		token := w.invitation("anna@people.example")
		if _, err := w.dir.Accept(w.as("anna"), token); err != nil {
			t.Fatal(err)
		}
		h, err := w.dir.Home(w.as("anna"), o.ID)
		if err != nil || h.In.Place != actor.Owner || !h.Lines[0].Done {
			t.Fatalf("%+v, %v", h, err)
		}
		if err := w.dir.AnswerJoinForOwner(w.as("adviser"), o.ID, file.Joins[0].ID, true); fault.KindOf(err) != fault.Conflict {
			t.Errorf("staff go on letting people in: %v", err)
		}
		// What anna has chosen, an old file of the operator does not undo.
		if err := w.dir.AddContact(w.as("anna"), o.ID, "warnings", "nieuw@vonk.example"); err != nil {
			t.Fatal(err)
		}
		list, _ := w.dir.Contacts(w.as("anna"), o.ID)
		if err := w.dir.Verify(w.as("anna"), o.ID, list[1].ID, w.code("nieuw@vonk.example")); err != nil {
			t.Fatal(err)
		}
		if err := w.dir.MakeMain(w.as("anna"), o.ID, list[1].ID); err != nil {
			t.Fatal(err)
		}
		for _, email := range []string{"info@vonk.example", "ander@vonk.example", ""} {
			if _, err := w.dir.Import(w.ctx, strings.NewReader("reference,name,notify_email\na,Smederij Vonk,"+email+"\n")); err != nil {
				t.Fatal(err)
			}
			if got := w.state(o.ID).Email; got != "nieuw@vonk.example" {
				t.Errorf("after an import of %q it is %q", email, got)
			}
		}
		if done, err := w.dir.Import(w.ctx, strings.NewReader("reference,name,notify_email\na,Smederij Vonk,nieuw@vonk.example\n")); err != nil || done.Changed != 0 {
			t.Errorf("the same address again: %+v, %v", done, err)
		}
	})
}

// Places: given with a fresh factor, changed, taken; sessions end; the last owner stays.
func TestPlaces(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.person("anna")
		w.person("bram")
		o := w.organisation("anna", "Bakkerij", "12345678")
		if err := w.dir.Leave(w.as("anna"), o); fault.KindOf(err) != fault.Conflict {
			t.Errorf("the last owner leaves: %v", err)
		}
		if err := w.dir.SetPlace(w.as("anna"), o, w.accounts["anna"], actor.Member); fault.KindOf(err) != fault.Conflict {
			t.Errorf("the last owner becomes a member: %v", err)
		}
		for _, bad := range []struct {
			mail  string
			place actor.Place
		}{{"bram", actor.Member}, {"bram@people.example", actor.Delegate}, {"bram@people.example", 0}, {"bram@people.example", actor.Owner | actor.Member}} {
			if err := w.dir.Invite(w.as("anna"), o, bad.mail, bad.place); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%+v: %v", bad, err)
			}
		}
		if err := w.dir.Invite(w.as("anna"), o, "Bram@People.example", actor.Owner); err != nil {
			t.Fatal(err)
		}
		token := w.invitation("bram@people.example")
		if strings.Contains(w.record(), token) {
			t.Error("the token stands in the record")
		}
		if _, err := w.dir.Accept(w.as("bram"), token); err != nil {
			t.Fatal(err)
		}
		if _, err := w.dir.Accept(w.as("bram"), token); fault.KindOf(err) != fault.Gone {
			t.Errorf("twice: %v", err)
		}
		// A change of place ends the sessions of that person, not of who does it.
		before := w.tokens["bram"]
		if err := w.dir.SetPlace(w.as("anna"), o, w.accounts["bram"], actor.Member); err != nil {
			t.Fatal(err)
		}
		if a, _ := w.signin.ByToken(w.ctx, before); a.Known() {
			t.Error("bram's session outlived the place")
		}
		w.as("anna")
		w.signIn("bram")
		if err := w.dir.Invite(w.as("bram"), o, "x@people.example", actor.Member); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a member invites: %v", err)
		}
		w.clock.Advance(11 * time.Minute)
		if err := w.dir.SetPlace(w.as("anna"), o, w.accounts["bram"], actor.Owner); fault.KindOf(err) != fault.Denied {
			t.Errorf("without a fresh factor: %v", err)
		}
		w.signIn("anna")
		if err := w.dir.Remove(w.as("anna"), o, w.accounts["bram"]); err != nil {
			t.Fatal(err)
		}
		w.signIn("bram")
		if _, err := w.dir.Home(w.as("bram"), o); fault.KindOf(err) != fault.NotFound {
			t.Errorf("bram still sees it: %v", err)
		}
		// Invitations end when withdrawn, and after two weeks.
		for _, end := range []func(id db.ID){
			func(id db.ID) {
				if err := w.dir.WithdrawInvitation(w.as("anna"), o, id); err != nil {
					t.Fatal(err)
				}
			},
			func(db.ID) { w.clock.Advance(15 * 24 * time.Hour); w.signIn("anna"); w.signIn("bram") },
		} {
			if err := w.dir.Invite(w.as("anna"), o, "bram@people.example", actor.Member); err != nil {
				t.Fatal(err)
			}
			token := w.invitation("bram@people.example")
			p, err := w.dir.People(w.as("anna"), o)
			if err != nil || len(p.Invitations) != 1 {
				t.Fatalf("%+v, %v", p, err)
			}
			end(p.Invitations[0].ID)
			if _, err := w.dir.Accept(w.as("bram"), token); fault.KindOf(err) != fault.Gone {
				t.Errorf("an invitation that ended: %v", err)
			}
		}
	})
}

// Two owners who leave at the same moment: one of them stays.
func TestRaceOfTwoOwnersLeaving(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.person("anna")
		w.person("bram")
		o := w.organisation("anna", "Bakkerij", "12345678")
		for round := range 8 {
			w.member(o, "anna", actor.Owner)
			w.member(o, "bram", actor.Owner)
			ways := []func() error{
				func() error { return w.dir.Leave(w.as("anna"), o) },
				func() error { return w.dir.Leave(w.as("bram"), o) },
			}
			if round%2 == 1 {
				ways[1] = func() error { return w.dir.SetPlace(w.as("bram"), o, w.accounts["bram"], actor.Member) }
			}
			var wg sync.WaitGroup
			errs := make([]error, 2)
			for i, fn := range ways {
				wg.Go(func() { errs[i] = fn() })
			}
			wg.Wait()
			var n int
			w.write(func(tx *db.Tx) (err error) { n, err = countOwners(w.ctx, tx, o); return err })
			if n != 1 || (errs[0] == nil) == (errs[1] == nil) {
				t.Fatalf("round %d: %d owners left, %v", round, n, errs)
			}
			w.write(func(tx *db.Tx) error {
				_, err := tx.Exec(w.ctx, `UPDATE directory_member SET place = 'owner' WHERE organisation_id = ?1`, o)
				return err
			})
		}
	})
}

// Two people who open the same link at the same moment: one of them comes in.
func TestRaceForOneInvitation(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		names := []string{"bram", "carla", "dirk", "els"}
		for _, name := range append([]string{"anna"}, names...) {
			w.person(name)
		}
		o := w.organisation("anna", "Bakkerij", "12345678")
		if err := w.dir.Invite(w.as("anna"), o, "team@people.example", actor.Owner); err != nil {
			t.Fatal(err)
		}
		token := w.invitation("team@people.example")
		var wg sync.WaitGroup
		errs := make([]error, len(names))
		for i, name := range names {
			ctx := w.as(name)
			wg.Go(func() { _, errs[i] = w.dir.Accept(ctx, token) })
		}
		wg.Wait()
		p, err := w.dir.People(w.as("anna"), o)
		if err != nil || len(p.Members) != 2 {
			t.Fatalf("%+v, %v, %v", p.Members, err, errs)
		}
		for _, err := range errs {
			if err != nil && fault.KindOf(err) != fault.Gone {
				t.Errorf("who was late is told: %v", err)
			}
		}
	})
}

// A contact gets nothing until its code is given, in ten minutes, with five tries.
func TestContacts(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.person("anna")
		o := w.organisation("anna", "Bakkerij", "12345678")
		add := func(email string) db.ID {
			t.Helper()
			if err := w.dir.AddContact(w.as("anna"), o, "warnings", email); err != nil {
				t.Fatal(err)
			}
			list, err := w.dir.Contacts(w.as("anna"), o)
			if err != nil {
				t.Fatal(err)
			}
			return list[len(list)-1].ID
		}
		first := add("ict@korst.example")
		if w.state(o).Email != "" {
			t.Fatal("an unverified contact is warned")
		}
		code := w.code("ict@korst.example")
		other := "000000"
		if code == other {
			other = "000001"
		}
		for range codeTries {
			if err := w.dir.Verify(w.as("anna"), o, first, other); fault.KindOf(err) != fault.Invalid {
				t.Errorf("a wrong code: %v", err)
			}
		}
		if err := w.dir.Verify(w.as("anna"), o, first, code); fault.KindOf(err) != fault.Invalid {
			t.Errorf("the right code after too many tries: %v", err)
		}
		if err := w.dir.SendCode(w.as("anna"), o, first); err != nil {
			t.Fatal(err)
		}
		newer := w.code("ict@korst.example")
		w.clock.Advance(codeValid)
		if err := w.dir.Verify(w.as("anna"), o, first, newer); fault.KindOf(err) != fault.Invalid {
			t.Errorf("the right code too late: %v", err)
		}
		w.signIn("anna")
		if err := w.dir.SendCode(w.as("anna"), o, first); err != nil {
			t.Fatal(err)
		}
		if err := w.dir.Verify(w.as("anna"), o, first, " "+w.code("ict@korst.example")[:3]+" "+w.code("ict@korst.example")[3:]); err != nil {
			t.Fatal(err)
		}
		if got := w.state(o).Email; got != "ict@korst.example" {
			t.Fatalf("warnings go to %q", got)
		}
		// A code of one contact is none of another, and no code is kept as it is.
		second := add("directie@korst.example")
		if err := w.dir.MakeMain(w.as("anna"), o, second); fault.KindOf(err) != fault.Conflict {
			t.Errorf("an unverified one becomes the main one: %v", err)
		}
		if err := w.dir.Verify(w.as("anna"), o, second, w.code("directie@korst.example")); err != nil {
			t.Fatal(err)
		}
		if w.state(o).Email != "ict@korst.example" {
			t.Error("the second took the place of the first by itself")
		}
		if !w.told("ict@korst.example", "directie@korst.example") {
			t.Error("the first is not told of the second")
		}
		w.box.Clear()
		if err := w.dir.MakeMain(w.as("anna"), o, second); err != nil || w.state(o).Email != "directie@korst.example" {
			t.Fatalf("%v, %q", err, w.state(o).Email)
		}
		if !w.told("ict@korst.example", "directie@korst.example") {
			t.Error("the old address is not told")
		}
		if err := w.dir.RemoveContact(w.as("anna"), o, second, false); err != nil || w.state(o).Email != "ict@korst.example" {
			t.Fatalf("%v, %q", err, w.state(o).Email)
		}
		if err := w.dir.RemoveContact(w.as("anna"), o, first, false); fault.KindOf(err) != fault.Conflict {
			t.Errorf("the last goes without a word: %v", err)
		}
		if err := w.dir.RemoveContact(w.as("anna"), o, first, true); err != nil || w.state(o).Email != "" {
			t.Errorf("%v, %q", err, w.state(o).Email)
		}
		if err := w.dir.AddContact(w.as("anna"), o, "warnings", "a@b.example\r\nBcc: x@y.example"); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a header in an address: %v", err)
		}
		// Nobody can be flooded with codes.
		id := add("druk@korst.example")
		var err error
		for range mostCodes + 1 {
			if err = w.dir.SendCode(w.as("anna"), o, id); err != nil {
				break
			}
		}
		if fault.KindOf(err) != fault.TooMany {
			t.Errorf("codes without end: %v", err)
		}
	})
}

// An accepted organisation asks for another name or number, and staff decide.
func TestSettings(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.person("anna")
		o := w.organisation("anna", "Bakkerij", "12345678")
		x := registration("Rijksoverheid", "87654321")
		x.Sector, x.Size, x.Area, x.Language, x.Domain = "Q", "250", "", "en", "korst.example"
		if asked, err := w.dir.Change(w.as("anna"), o, x); err != nil || !asked {
			t.Fatalf("%v, %v", asked, err)
		}
		got := w.state(o)
		if got.Name != "Bakkerij" || got.RegistrationNumber != "12345678" || got.WishedName != "Rijksoverheid" || got.Sector != "Q" || got.Employees != 250 || got.Language != "en" {
			t.Fatalf("%+v", got)
		}
		if err := w.dir.DecideChange(w.as("adviser"), o, false, "Dat zijn jullie niet.", ""); err != nil {
			t.Fatal(err)
		}
		if got = w.state(o); got.Name != "Bakkerij" || got.WishedName != "" || !got.WaitsAt.IsZero() {
			t.Errorf("%+v", got)
		}
		x.Name = "Bakkerij en Zoon"
		if _, err := w.dir.Change(w.as("anna"), o, x); err != nil {
			t.Fatal(err)
		}
		if err := w.dir.DecideChange(w.as("adviser"), o, true, "", ""); err != nil {
			t.Fatal(err)
		}
		if got = w.state(o); got.Name != "Bakkerij en Zoon" || got.RegistrationNumber != "87654321" {
			t.Errorf("%+v", got)
		}
		x.Sector = "ZZ"
		var bad Wrongs
		if _, err := w.dir.Change(w.as("anna"), o, x); !errors.As(err, &bad) || bad[0].Field != "sector" {
			t.Errorf("%v", err)
		}
	})
}

// Closing ends everything at once; what must stay goes at its term; a person can be forgotten.
func TestClosingAndForgetting(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		for _, name := range []string{"anna", "bram", "carla"} {
			w.person(name)
		}
		o := w.organisation("anna", "Bakkerij", "12345678")
		other := w.organisation("bram", "Leverancier", "87654321")
		w.member(o, "carla", actor.Member)
		w.mandate("anna", o, other, true)
		w.mandate("bram", other, o, false)
		if err := w.dir.AddContact(w.as("anna"), o, "warnings", "ict@korst.example"); err != nil {
			t.Fatal(err)
		}
		forget := func(name string) error {
			return w.db.Write(w.ctx, func(tx *db.Tx) error { return w.dir.forget(w.as(name), tx, w.accounts[name]) })
		}
		if err := forget("anna"); fault.KindOf(err) != fault.Conflict || !strings.Contains(publicOf(err), "Bakkerij") {
			t.Errorf("the only owner is forgotten: %v", err)
		}
		var out bytes.Buffer
		if err := w.dir.Export(w.as("anna"), o, func(Organisation) io.Writer { return &out }); err != nil {
			t.Fatal(err)
		}
		var file map[string]any
		if err := json.Unmarshal(out.Bytes(), &file); err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		for _, want := range []string{"Bakkerij", "12345678", "carla@people.example", "ict@korst.example", "Leverancier"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("the export lacks %s", want)
			}
		}
		if strings.Contains(out.String(), "code_hash") || len(file["mandates_given"].([]any)) != 1 || len(file["mandates_held"].([]any)) != 1 {
			t.Errorf("%s", out.String())
		}
		if err := w.dir.Export(w.as("carla"), o, func(Organisation) io.Writer { t.Error("something is written"); return io.Discard }); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a member exports: %v", err)
		}
		var closed []db.ID
		w.dir.OnClosed(func(_ context.Context, _ *db.Tx, id db.ID) error { closed = append(closed, id); return nil })
		if err := w.dir.Close(w.as("carla"), o); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a member closes: %v", err)
		}
		if err := w.dir.Close(w.as("anna"), o); err != nil {
			t.Fatal(err)
		}
		if len(closed) != 1 || closed[0] != o {
			t.Errorf("told of %v", closed)
		}
		for _, name := range []string{"anna", "bram", "carla"} {
			if _, err := w.dir.Home(w.as(name), o); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s still sees it: %v", name, err)
			}
		}
		if list, _, err := w.dir.Clients(w.as("bram"), other, db.ID{}); err != nil || len(list) != 1 || list[0].Open(w.clock.Now()) {
			t.Errorf("bram's side: %+v, %v", list, err)
		}
		if err := forget("anna"); err != nil {
			t.Errorf("anna may go now: %v", err)
		}
		// The number is free for somebody new.
		if done, err := w.dir.Register(w.as("carla"), registration("Bakkerij", "12345678")); err != nil || done.Taken {
			t.Errorf("%+v, %v", done, err)
		}
		if err := w.queue.Drain(w.ctx); err != nil {
			t.Fatal(err)
		}
		if got := w.state(o); got.Name != "Bakkerij" || got.Sector != "C" {
			t.Errorf("before its term: %+v", got)
		}
		w.clock.Advance(5*365*24*time.Hour + time.Hour)
		if err := w.queue.Drain(w.ctx); err != nil {
			t.Fatal(err)
		}
		got := w.state(o)
		if got.Name != "" || got.RegistrationNumber != "" || got.Sector != "C" || got.Province != "Utrecht" || got.Employees != 10 {
			t.Errorf("after its term: %+v", got)
		}
	})
}

// What is kept of a person comes into the person's export, and goes when it is forgotten; what it
// wrote as the organisation stays without it.
func TestForgettingAPerson(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.person("anna")
		w.person("bram")
		w.person("adviser", actor.Adviser)
		done, err := w.dir.Register(w.as("anna"), registration("Bakkerij", "12345678"))
		if err != nil {
			t.Fatal(err)
		}
		o := done.Organisation
		if err := w.dir.Decide(w.as("adviser"), o, Asked, "Wie?", ""); err != nil {
			t.Fatal(err)
		}
		if err := w.dir.Reply(w.as("anna"), o, "Wij."); err != nil {
			t.Fatal(err)
		}
		w.member(o, "bram", actor.Owner)
		var kept any
		w.write(func(tx *db.Tx) (err error) {
			kept, err = w.dir.exportPerson(w.ctx, tx, w.accounts["anna"])
			return err
		})
		b, err := json.Marshal(kept)
		if err != nil || !strings.Contains(string(b), "Bakkerij") || !strings.Contains(string(b), "Wij.") {
			t.Errorf("%s, %v", b, err)
		}
		w.write(func(tx *db.Tx) error { return w.dir.forget(w.ctx, tx, w.accounts["anna"]) })
		var notes []Note
		w.write(func(tx *db.Tx) (err error) { notes, err = notesOf(w.ctx, tx, o, 10); return err })
		if len(notes) != 2 || !notes[0].Account.IsZero() || notes[0].Text != "Wij." || notes[1].Account.IsZero() {
			t.Errorf("%+v", notes)
		}
		if !strings.Contains(w.record(), w.accounts["anna"].String()) {
			t.Error("the record lost who did what")
		}
	})
}

func publicOf(err error) string {
	_, values := fault.Public(err)
	s, _ := values["Organisations"].(string)
	return s
}
