package notify

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"polder/internal/db"
	"polder/internal/kit"
	"polder/notify/advice"
)

// What is kept back, who gets copies in another language, and what the centre wrote itself: a rehearsal
// knows all of it. It ends, though what is held stays due; and where the circuit breaker trips it shows what
// goes as soon as a second analyst lets it go, and says that one has to.
func TestRehearsalIsExactWithWhatIsHeld(t *testing.T) {
	for _, c := range []struct {
		name    string
		breaker int64
		holds   []Hold
		silent  bool
	}{
		{name: "nothing"},
		{name: "the breaker", breaker: 3},
		{name: "an organisation", holds: []Hold{{Scope: OfOne, Subject: "org2"}}},
		{name: "a type", holds: []Hold{{Scope: OfType, Subject: "exposed_panel"}}, silent: true},
		{name: "the source", holds: []Hold{{Scope: OfSource, Subject: "politie"}}, silent: true},
		{name: "everything", holds: []Hold{{Scope: Everything}}, silent: true},
		{name: "the breaker and an organisation", breaker: 3, holds: []Hold{{Scope: OfOne, Subject: "org2"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
				f := newFixture(t, d)
				as, _ := f.colleagues("anna", "bram")
				f.ctx = as("anna")
				dice := rand.New(rand.NewPCG(7, 9))
				f.randomWorld(dice)
				// Those without an address would be looked at again each hour for weeks.
				f.organisations("org6,Organisatie 6,nl,info@org6.example", "org13,Organisatie 13,en,info@org13.example")
				f.copies()
				f.ownText("exposed_panel")
				for _, h := range c.holds {
					h.Reason = "x"
					if _, err := f.notify.Hold(as("anna"), h); err != nil {
						t.Fatal(err)
					}
				}
				f.notify.set.Breaker = c.breaker
				var list strings.Builder
				list.WriteString("ip,port,domain,level,cve,seen\n")
				for range 60 {
					list.WriteString(f.randomLine(dice))
				}
				mapping := fmt.Sprintf(handMapping, f.clock.Now().Format(time.RFC3339))
				before := f.everything()
				ctx, cancel := context.WithTimeout(f.ctx, time.Minute) // what is held stays due, so it must not be waited for
				defer cancel()
				said, err := f.notify.Rehearse(ctx, Offer{Name: "lijst.csv", Input: strings.NewReader(list.String()), Mapping: []byte(mapping)})
				if err != nil {
					t.Fatal(err)
				}
				if after := f.everything(); after != before {
					t.Fatalf("the rehearsal left something behind:\n%s\n%s", before, after)
				}
				if said.Second != (c.breaker > 0) || (said.KeptBack > 0) != (len(c.holds) > 0) {
					t.Errorf("second %v, kept back %d", said.Second, said.KeptBack)
				}
				if n := len(said.Mails); (n == 0) != c.silent {
					t.Fatalf("%d mails were announced", n)
				}
				if n := slices.IndexFunc(said.Silent, func(s Silent) bool { return s.Why == "held" }); (n >= 0) != (len(c.holds) > 0) {
					t.Errorf("silent: %+v", said.Silent)
				}
				start := f.clock.Now()
				sum := f.offer("lijst.csv", list.String(), Offer{Mapping: []byte(mapping)})
				f.liveOn(start.Add(f.notify.set.Gather))
				if got := f.caused(sum.Report); c.breaker > 0 && len(got) > 0 {
					t.Errorf("%d mails went before a second analyst let them go", len(got))
				}
				if c.breaker > 0 {
					f.clock.Set(start.Add(f.notify.set.Gather))
					for _, h := range f.openHolds() {
						if h.Scope == OfReport {
							f.release(as("anna"), h.ID)
							f.release(as("bram"), h.ID)
						}
					}
				}
				f.liveOn(start.Add(45 * 24 * time.Hour))
				if want, got := announced(said), f.caused(sum.Report); !slices.Equal(want, got) {
					t.Errorf("announced %d, came %d", len(want), len(got))
					for i := range min(len(want), len(got)) {
						if want[i] != got[i] {
							t.Fatalf("announced, and what came:\n%s", firstDifference(want[i], got[i]))
						}
					}
				}
			})
		})
	}
}

// announced are the mails of a rehearsal as caused writes those that came.
func announced(h *Rehearsal) (list []string) {
	for _, m := range h.Mails {
		list = append(list, fmt.Sprintf("%s %s %s %s\n%s\n%s", m.Recipient, m.At.UTC().Format(time.RFC3339), m.Kind, m.Reference, m.Subject, m.Text))
	}
	slices.Sort(list)
	return list
}

// copies gives each organisation of a random world a second contact, in the other language.
func (f *fixture) copies() {
	f.t.Helper()
	for i := range 14 {
		o := f.organisation(fmt.Sprintf("org%d", i))
		second := db.NewID()
		err := f.db.Write(f.ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(f.ctx, `INSERT INTO directory_contact (id, organisation_id, purpose, email, main, created_at, verified_at, code_tries)
				VALUES (?1, ?2, 'warnings', ?3, 0, 1, 1, 0)`, second, o.ID, fmt.Sprintf("tweede@org%d.example", i))
			if err != nil {
				return err
			}
			return saveRecipients(f.ctx, tx, o.ID, map[db.ID]string{second: []string{"en", "nl"}[i%2]}, f.clock.Now())
		})
		if err != nil {
			f.t.Fatal(err)
		}
	}
}

// ownText has the centre's own text used for a type, by two people; it ends with the test.
func (f *fixture) ownText(kind string) {
	f.t.Helper()
	a := advice.For(kind, "vulnerable-system").Text
	own := Texts{}
	for lang, x := range a {
		x.Title = "Eigen tekst: " + x.Title
		own[lang] = x
	}
	err := f.db.Write(f.ctx, func(tx *db.Tx) error {
		version, err := insertText(f.ctx, tx, TextVersion{Type: kind, Texts: own, WrittenBy: "account:a", WrittenAt: f.clock.Now()})
		if err != nil {
			return err
		}
		return useText(f.ctx, tx, kind, version, "account:b", f.clock.Now())
	})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { advice.Publish(nil) })
}

// firstDifference are the first lines of two texts, and those at which they part.
func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return fmt.Sprintf("%s\n%s\nline %d:\n%s\n%s", x[0], y[0], i, x[i], y[i])
		}
	}
	return fmt.Sprintf("%s: %d and %d lines", x[0], len(x), len(y))
}
