package directory

import (
	"fmt"
	"net/url"
	"regexp"
	"testing"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/kit"
)

// Nobody makes us mail a stranger again and again: an address gets so many letters in a day that it did
// not ask for, whichever organisations they are about, and one person causes so many of them.
func TestStrangersAreNotFlooded(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.person("mallory")
		var mine []db.ID
		for i := range 4 {
			x := registration(fmt.Sprintf("Gratis %d", i), "")
			x.Scheme = "none"
			done, err := w.dir.Register(w.as("mallory"), x)
			if err != nil {
				t.Fatal(err)
			}
			mine = append(mine, done.Organisation)
		}
		for _, o := range mine {
			for range 20 {
				_ = w.dir.Invite(w.as("mallory"), o, "victim@mail.example", actor.Member)
			}
			_ = w.dir.AddContact(w.as("mallory"), o, "warnings", "victim@mail.example")
			list, err := w.dir.Contacts(w.as("mallory"), o)
			if err != nil {
				t.Fatal(err)
			}
			for range 19 {
				for _, c := range list {
					_ = w.dir.SendCode(w.as("mallory"), o, c.ID)
				}
			}
		}
		if n := len(w.mails("victim@mail.example")); n > mostUnasked {
			t.Errorf("%d letters to one stranger", n)
		}
		for i := range 200 {
			_ = w.dir.Invite(w.as("mallory"), mine[i%4], fmt.Sprintf("stranger%d@mail.example", i), actor.Member)
		}
		n := 0
		for i := range 200 {
			n += len(w.mails(fmt.Sprintf("stranger%d@mail.example", i)))
		}
		if n > mostNewcomer {
			t.Errorf("%d letters to strangers by one person in a day", n)
		}
	})
}

// What staff refused mails nobody in its name: the link would not work either.
func TestARefusedOrganisationInvitesNobody(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.person("mallory")
		w.person("adviser", actor.Adviser)
		done, err := w.dir.Register(w.as("mallory"), registration("Bakkerij", "12345678"))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.dir.Decide(w.as("adviser"), done.Organisation, Refused, "spam", ""); err != nil {
			t.Fatal(err)
		}
		if err := w.dir.Invite(w.as("mallory"), done.Organisation, "victim@mail.example", actor.Member); fault.KindOf(err) != fault.Conflict {
			t.Errorf("invites: %v", err)
		}
		if err := w.dir.AddContact(w.as("mallory"), done.Organisation, "warnings", "victim@mail.example"); fault.KindOf(err) != fault.Conflict {
			t.Errorf("mails a code: %v", err)
		}
		if n := len(w.mails("victim@mail.example")); n != 0 {
			t.Errorf("%d letters", n)
		}
	})
}

var seenField = regexp.MustCompile(`name="seen" value="([^"]+)"`)

// What staff decide on is what stood on their page: a name that was changed while they looked is not
// accepted by that, and no wish is granted that came in the place of another.
func TestStaffDecideOnWhatTheySaw(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.person("mallory")
		w.person("adviser", actor.Adviser)
		mine := registration("Bakkerij Jansen", "12345678")
		done, err := w.dir.Register(w.as("mallory"), mine)
		if err != nil {
			t.Fatal(err)
		}
		file := "/desk/organisations/" + done.Organisation.String()
		decide := func(path, decision string, form url.Values) {
			t.Helper()
			form.Set("decision", decision)
			form.Set("text", "")
			form.Set("reason", "")
			if a := w.ask("adviser", "POST", file+path, form); a.Code != 200 && a.Code != 303 && a.Code != 422 {
				t.Fatalf("%d %s", a.Code, a.Body)
			}
		}
		see := func() url.Values {
			t.Helper()
			form := url.Values{}
			if m := seenField.FindStringSubmatch(w.ask("adviser", "GET", file, nil).Body.String()); m != nil {
				form.Set("seen", m[1])
			}
			return form
		}
		now := func() (o Organisation) {
			t.Helper()
			w.write(func(tx *db.Tx) (err error) { o, err = organisationByID(w.ctx, tx, done.Organisation); return err })
			return o
		}
		seen := see()
		mine.Name = "De Nederlandsche Bank"
		if _, err := w.dir.Change(w.as("mallory"), done.Organisation, mine); err != nil {
			t.Fatal(err)
		}
		decide("/decide", "accept", seen)
		if o := now(); o.State == Accepted {
			t.Fatalf("%q is accepted, which nobody looked at", o.Name)
		}
		decide("/decide", "accept", see())
		if o := now(); o.State != Accepted {
			t.Fatalf("%+v", o)
		}
		mine.Name = "Bakkerij Jansen en zoon"
		if _, err := w.dir.Change(w.as("mallory"), done.Organisation, mine); err != nil {
			t.Fatal(err)
		}
		seen = see()
		mine.Name = "Belastingdienst"
		if _, err := w.dir.Change(w.as("mallory"), done.Organisation, mine); err != nil {
			t.Fatal(err)
		}
		decide("/change", "grant", seen)
		if o := now(); o.Name == "Belastingdienst" {
			t.Fatalf("%q is granted, which nobody looked at", o.Name)
		}
		decide("/change", "grant", see())
		if o := now(); o.Name != "Belastingdienst" {
			t.Fatalf("%+v", o)
		}
	})
}

// Whoever is no keeper of an organisation any more has no way left to what it knows: the secret of a token
// that the person made goes with the place.
func TestTokensGoWithThePlaceOfTheirMaker(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		for _, name := range []string{"anna", "bert", "cees", "dirk"} {
			w.person(name)
		}
		o := w.organisation("anna", "Bakkerij", "12345678")
		w.member(o, "bert", actor.SecurityContact)
		w.member(o, "cees", actor.Owner)
		w.member(o, "dirk", actor.SecurityContact)
		token := func(name string) string {
			t.Helper()
			_, secret, err := w.dir.MakeToken(w.as(name), w.signin, o, "x", []string{"assets:read"}, 24*time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			return secret
		}
		works := func(secret string) bool {
			t.Helper()
			a, err := w.signin.BySecret(w.ctx, secret)
			if err != nil {
				t.Fatal(err)
			}
			return a.Known()
		}
		annas, berts, ceess, dirks := token("anna"), token("bert"), token("cees"), token("dirk")
		if err := w.dir.Remove(w.as("anna"), o, w.accounts["bert"]); err != nil {
			t.Fatal(err)
		}
		if err := w.dir.SetPlace(w.as("anna"), o, w.accounts["cees"], actor.Member); err != nil {
			t.Fatal(err)
		}
		w.write(func(tx *db.Tx) error { return w.dir.forget(w.ctx, tx, w.accounts["dirk"]) })
		if works(berts) || works(ceess) || works(dirks) {
			t.Errorf("removed %v, member %v, forgotten %v", works(berts), works(ceess), works(dirks))
		}
		if !works(annas) {
			t.Error("another's token ended too")
		}
	})
}
