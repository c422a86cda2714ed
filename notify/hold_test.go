package notify

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/kit"
	"polder/internal/mail"
)

// colleagues are the people of the desk in a test.
type colleagues map[db.ID]Colleague

func (c colleagues) of(_ context.Context, _ *db.Tx, list []db.ID) (map[db.ID]Colleague, error) {
	found := map[db.ID]Colleague{}
	for _, id := range list {
		found[id] = c[id]
	}
	return found, nil
}

// stopped tells whether everything is stopped.
func (f *fixture) stopped() (h Hold, stopped bool) {
	f.t.Helper()
	err := f.db.Read(f.ctx, func(tx *db.Tx) (err error) { h, stopped, err = emergency(f.ctx, tx); return err })
	if err != nil {
		f.t.Fatal(err)
	}
	return h, stopped
}

// colleagues puts people at the desk, by name.
func (f *fixture) colleagues(names ...string) (as func(name string) context.Context, staff colleagues) {
	f.t.Helper()
	staff = colleagues{}
	ids := map[string]db.ID{}
	for _, name := range names {
		ids[name] = db.NewID()
		staff[ids[name]] = Colleague{Name: name, Roles: actor.Analyst}
	}
	f.notify.Colleagues(staff.of)
	return func(name string) context.Context {
		return actor.With(f.ctx, actor.Actor{Account: ids[name], Name: name, Staff: staff[ids[name]].Roles, Fresh: f.clock.Now(), Session: db.NewID()})
	}, staff
}

// hold holds something as the actor of ctx.
func (f *fixture) hold(ctx context.Context, scope Scope, subject string) db.ID {
	f.t.Helper()
	id, err := f.notify.Hold(ctx, Hold{Scope: scope, Subject: subject, Reason: "eerst kijken"})
	if err != nil {
		f.t.Fatalf("hold %s %s: %v", scope, subject, err)
	}
	return id
}

// release lets go as the actor of ctx.
func (f *fixture) release(ctx context.Context, id db.ID) Released {
	f.t.Helper()
	what, err := f.notify.Release(ctx, id)
	if err != nil {
		f.t.Fatal(err)
	}
	return what
}

// openHolds are the holds that keep something back now.
func (f *fixture) openHolds() (list []Hold) {
	f.t.Helper()
	err := f.db.Read(f.ctx, func(tx *db.Tx) (err error) { list, err = openHolds(f.ctx, tx); return err })
	if err != nil {
		f.t.Fatal(err)
	}
	return list
}

func sentTo(mails []mail.Mail) (list []string) {
	for _, m := range mails {
		list = append(list, m.EnvelopeTo[0])
	}
	slices.Sort(list)
	return list
}

// Each scope: what is due is not composed, what is written is not sent, the rest goes on, and when it is
// let go everything arrives once.
func TestWhatIsHeldIsNotSentAndNothingIsLost(t *testing.T) {
	for _, c := range []struct {
		scope   Scope
		subject string
		before  []string // who gets mail while it is held
	}{
		{OfSource, "shadowserver", []string{"b@b.example"}},
		{OfType, "scan_rdp", []string{"b@b.example", "c@c.example"}},
		{OfOne, "a", []string{"b@b.example", "c@c.example"}},
		{Everything, "", nil},
	} {
		for _, written := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%v", c.scope, written), func(t *testing.T) {
				kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
					f := newFixture(t, d)
					as, _ := f.colleagues("anna", "bram")
					f.organisations("a,A,nl,a@a.example", "b,B,nl,b@b.example", "c,C,nl,c@c.example")
					f.assets("a,prefix,192.0.2.0/28,owner", "b,prefix,192.0.2.16/28,owner", "c,prefix,192.0.2.32/28,owner")
					f.ingest("scan_rdp", rdp, rdpLine("192.0.2.1", ""))
					f.ingest("scan_http", rdp, "NOW,high,192.0.2.33,tcp,80,,http,64500")
					f.offer("lijst.csv", "ip\n192.0.2.17\n", Offer{Mapping: []byte(byHand)})
					if written {
						if n := f.compose(); n != 3 {
							t.Fatalf("%d letters", n)
						}
					}
					id := f.hold(as("anna"), c.scope, c.subject)
					f.clock.Advance(10 * time.Minute)
					f.drain()
					f.clock.Advance(time.Minute)
					f.drain()
					if got := sentTo(f.box.Mails()); !slices.Equal(got, c.before) {
						t.Errorf("while it is held, mail went to %v; want %v", got, c.before)
					}
					if n := f.count("notify_notification", ""); !written && n != len(c.before) {
						t.Errorf("%d letters were written while it was held, want %d", n, len(c.before))
					}
					f.release(as("bram"), id)
					f.drain()
					if got := sentTo(f.box.Mails()); !slices.Equal(got, []string{"a@a.example", "b@b.example", "c@c.example"}) {
						t.Errorf("after it was let go, mail went to %v", got)
					}
				})
			})
		}
	}
}

const byHand = "source: politie\nclass: vulnerable-system\nseverity: high\ncolumns:\n  ip: source.ip\n"

// Of one mail about two things one is held: what is left goes at once, and the other after.
func TestAMailOfWhichAPartIsHeldIsWrittenAnew(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		as, _ := f.colleagues("anna")
		f.organisations("a,A,nl,a@a.example")
		f.assets("a,prefix,192.0.2.0/28,owner")
		f.ingest("scan_rdp", rdp, rdpLine("192.0.2.1", ""))
		f.ingest("scan_http", rdp, "NOW,high,192.0.2.2,tcp,80,,http,64500")
		if n := f.compose(); n != 1 {
			t.Fatalf("%d letters", n)
		}
		id := f.hold(as("anna"), OfType, "scan_rdp")
		f.settle()
		mails := f.box.Mails()
		if len(mails) != 1 || !strings.Contains(mails[0].Text, "192.0.2.2") || strings.Contains(mails[0].Text, "192.0.2.1:") {
			t.Fatalf("want one mail about what is not held: %v", mails)
		}
		f.release(as("anna"), id)
		f.settle()
		mails = f.box.Mails()
		if len(mails) != 2 || !strings.Contains(mails[1].Text, "192.0.2.1:") || strings.Contains(mails[1].Text, "192.0.2.2:") {
			t.Errorf("want a second mail about what was held: %v", mails)
		}
	})
}

// The stop is pressed while mails go: what was under way arrives, and no other.
func TestStopInTheMiddleOfARound(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		as, _ := f.colleagues("anna", "bram")
		var organisations, assets, lines []string
		for i := range 30 {
			organisations = append(organisations, fmt.Sprintf("o%d,O%d,nl,o%d@o.example", i, i, i))
			assets = append(assets, fmt.Sprintf("o%d,prefix,198.51.100.%d/32,owner", i, i))
			lines = append(lines, rdpLine(fmt.Sprintf("198.51.100.%d", i), ""))
		}
		f.organisations(organisations...)
		f.assets(assets...)
		f.ingest("scan_rdp", rdp, lines...)
		f.compose()
		_, stranger := f.stranger("abuse@net.example")
		going := 0
		f.box.Trouble(func(_, to string) (none mail.Trouble) {
			if to == "" {
				return none
			}
			if going++; going == 5 {
				if err := f.notify.Stop(as("anna"), "er klopt iets niet"); err != nil {
					t.Error(err)
				}
			}
			return none
		})
		f.deliver()
		if n := f.box.Received(); n != 5 {
			t.Errorf("%d mails arrived; the stop was pressed at the fifth", n)
		}
		f.drain()
		f.clock.Advance(time.Hour)
		f.drain()
		if n := f.box.Received(); n != 5 {
			t.Errorf("%d mails arrived while all was stopped", n)
		}
		if _, err := f.notify.Verify(f.ctx, stranger); err == nil {
			t.Error("the letter to a stranger went")
		}
		id := f.openHolds()[0].ID
		if _, err := f.notify.Release(as("anna"), id); fault.KindOf(err) != fault.Conflict {
			t.Errorf("who stopped it started it again after an hour: %v", err)
		}
		f.release(as("bram"), id)
		f.drain()
		got := sentTo(f.box.Mails())
		if all := slices.Compact(slices.Clone(got)); len(all) != 31 || len(got) != 31 {
			t.Errorf("%d mails to %d; want one to each of 31", len(got), len(all))
		}
	})
}

// A request for help reaches our own desk while all is stopped.
func TestTheDeskHearsOfHelpWhileAllIsStopped(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		as, _ := f.colleagues("anna")
		f.organisations("a,A,nl,a@a.example")
		f.assets("a,prefix,192.0.2.0/28,owner")
		f.ingest("scan_rdp", rdp, rdpLine("192.0.2.1", ""))
		f.compose()
		f.deliver()
		if err := f.notify.Stop(as("anna"), "stop"); err != nil {
			t.Fatal(err)
		}
		if err := f.notify.Stop(as("anna"), "nog eens"); err != nil {
			t.Errorf("pressed twice: %v", err)
		}
		if _, err := f.notify.Answer(f.ctx, f.token("a"), Feedback{Answer: Help}); err != nil {
			t.Fatal(err)
		}
		if mails := f.deliver(); len(mails) != 2 || mails[1].EnvelopeTo[0] != "hulp@polder.example" {
			t.Errorf("mails %v", sentTo(mails))
		}
	})
}

// One message is held while its server refuses it for now, and let go.
func TestOneMessageIsHeld(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		as, _ := f.colleagues("anna")
		f.organisations("a,A,nl,a@a.example")
		f.assets("a,prefix,192.0.2.0/28,owner")
		f.ingest("scan_rdp", rdp, rdpLine("192.0.2.1", ""))
		f.compose()
		one := f.latest("a").ID
		id := f.hold(as("anna"), OfMessage, one.String())
		if s := f.latest("a").State; s != Held {
			t.Errorf("it is %s", s)
		}
		o, err := f.notify.Outgoing(as("anna"), OutSearch{List: Held}, 50)
		if err != nil || len(o.Rows) != 1 || o.Counts[Held] != 1 || len(o.Holds) != 1 || o.Holds[0].By != "anna" || o.Holds[0].Waiting != 1 {
			t.Errorf("%+v, %v", o, err)
		}
		f.deliver()
		if f.box.Received() != 0 {
			t.Error("it went")
		}
		f.release(as("anna"), id)
		f.deliver()
		if f.box.Received() != 1 || f.latest("a").State != Delivered {
			t.Error("it did not go")
		}
	})
}

// Who may not: nobody, another role, and an analyst who has not shown a factor.
func TestWhoMayHold(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		as, _ := f.colleagues("anna")
		f.organisations("a,A,nl,a@a.example")
		id := f.hold(as("anna"), OfOne, "a")
		stale := actor.From(as("anna"))
		stale.Fresh = f.clock.Now().Add(-time.Hour)
		if _, err := f.notify.Release(actor.With(f.ctx, stale), id); fault.KindOf(err) != fault.Denied {
			t.Errorf("without a factor: %v", err)
		}
		for name, ctx := range map[string]context.Context{
			"nobody":      f.ctx,
			"editor":      actor.With(f.ctx, actor.Actor{Account: db.NewID(), Staff: actor.Editor, Fresh: f.clock.Now()}),
			"owner":       actor.With(f.ctx, actor.Actor{Account: db.NewID(), Fresh: f.clock.Now(), In: actor.In{Organisation: f.organisation("a").ID, Place: actor.Owner, Acting: true}}),
			"program":     actor.With(f.ctx, actor.Actor{Token: db.NewID(), Scopes: []string{"*"}}),
			"role is out": actor.With(f.ctx, actor.Actor{Account: stale.Account, Fresh: f.clock.Now()}),
		} {
			_, err1 := f.notify.Hold(ctx, Hold{Scope: Everything, Reason: "x"})
			_, err2 := f.notify.Release(ctx, id)
			_, err3 := f.notify.Outgoing(ctx, OutSearch{List: Planned}, 50)
			_, err4 := f.notify.OutgoingMessage(ctx, db.NewID())
			for i, err := range []error{err1, err2, err3, err4, f.notify.SendAgain(ctx, db.NewID()), f.notify.Stop(ctx, "x")} {
				if fault.KindOf(err) != fault.NotFound {
					t.Errorf("%s, %d: %v", name, i, err)
				}
			}
		}
		for _, h := range []Hold{{Scope: OfSource, Subject: "none", Reason: "x"}, {Scope: OfType, Subject: "none", Reason: "x"}, {Scope: OfOne, Subject: "none", Reason: "x"},
			{Scope: OfOne, Subject: "a"}, {Scope: OfReport, Subject: "1", Reason: "x"}, {Reason: "x"}} {
			if _, err := f.notify.Hold(as("anna"), h); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%+v: %v", h, err)
			}
		}
		if _, err := f.notify.Hold(as("anna"), Hold{Scope: OfOne, Subject: "a", Reason: "x"}); fault.KindOf(err) != fault.Conflict {
			t.Errorf("twice: %v", err)
		}
	})
}
