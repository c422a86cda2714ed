package directory

import (
	"fmt"
	"testing"

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
		if err := w.dir.Decide(w.as("adviser"), done.Organisation, Refused, "spam"); err != nil {
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
