package notify

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/kit"
	"polder/internal/mail"
	"polder/internal/outbox"
)

func TestMostWarned(t *testing.T) {
	for _, c := range []struct {
		most   int64
		before []int64
		want   int64
	}{
		{1000, nil, 1000},
		{1000, []int64{5, 5}, 1000}, // too few to say what is usual
		{1000, []int64{5, 5, 5}, 50},
		{1000, []int64{0, 0, 0}, 20},
		{1000, []int64{500, 400, 600}, 1000},
		{1000, []int64{7, 900, 6, 8, 5}, 70}, // one that was let go does not make the next ones usual
		{10, []int64{0, 0, 0}, 10},
	} {
		if got := mostWarned(c.most, c.before); got != c.want {
			t.Errorf("mostWarned(%d, %v) = %d, want %d", c.most, c.before, got, c.want)
		}
	}
}

// village has so many organisations with one address each, and a breaker.
func village(t *testing.T, d *db.DB, organisations int, most int64) *fixture {
	f := newFixture(t, d, func(s *Settings) { s.Breaker = most })
	f.notify.Letters(outbox.New(d, f.queue, f.post, f.clock.Now, kit.Log(t), outbox.Settings{Centre: "Meldpunt Polder", From: "Polder <melding@polder.example>", Key: []byte(strings.Repeat("k", 32))}))
	var names, assets []string
	for i := range organisations {
		names = append(names, fmt.Sprintf("o%02d,O%d,nl,o%02d@o.example", i, i, i))
		assets = append(assets, fmt.Sprintf("o%02d,prefix,198.51.100.%d/32,owner", i, i))
	}
	f.organisations(names...)
	f.assets(assets...)
	return f
}

func (f *fixture) scan(from, to, port int) {
	f.t.Helper()
	f.offer(f.dated("scan_rdp"), f.stamped(rdp, f.lines(from, to, port)...), Offer{})
}

func (f *fixture) lines(from, to, port int) (lines []string) {
	for i := from; i < to; i++ {
		lines = append(lines, fmt.Sprintf("NOW,high,198.51.100.%d,tcp,%d,,rdp,64500", i, port))
	}
	return lines
}

func warned(mails []mail.Mail) (n int) {
	for _, m := range mails {
		if strings.HasSuffix(m.EnvelopeTo[0], "@o.example") && strings.HasPrefix(m.Subject, "Waarschuwing") {
			n++
		}
	}
	return n
}

// A report that would warn too many waits, from the moment that it is there, until two analysts let it go.
func TestBreakerByNumber(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := village(t, d, 30, 10)
		as, staff := f.colleagues("anna", "bram", "cor")
		f.scan(0, 10, 3389)
		f.settle()
		if n := warned(f.box.Mails()); n != 10 || len(f.openHolds()) != 0 {
			t.Fatalf("%d mails, holds %v", n, f.openHolds())
		}
		f.scan(10, 30, 3389)
		f.ingest("scan_http", rdp, "NOW,high,198.51.100.29,tcp,80,,http,64500") // another report goes on
		f.settle()
		mails := f.box.Mails()
		if n := warned(mails); n != 11 {
			t.Errorf("%d mails to organisations, want 11", n)
		}
		if i := slices.IndexFunc(mails, func(m mail.Mail) bool { return m.EnvelopeTo[0] == "hulp@polder.example" }); i < 0 || !strings.Contains(strings.Join(strings.Fields(mails[i].Text), " "), "meer dan 10 organisaties") {
			t.Errorf("the desk got no alarm: %v", sentTo(mails))
		}
		holds := f.openHolds()
		if len(holds) != 1 || holds[0].Scope != OfReport || holds[0].Warned != 20 || holds[0].Most != 10 {
			t.Fatalf("holds %+v", holds)
		}
		// The next report of the series waits too, and trips nothing anew.
		f.scan(10, 30, 3390)
		f.settle()
		if n := warned(f.box.Mails()); n != 11 || len(f.openHolds()) != 1 {
			t.Errorf("%d mails, %d holds", n, len(f.openHolds()))
		}
		id := holds[0].ID
		if what := f.release(as("anna"), id); what != HalfWay {
			t.Errorf("the first alone: %s", what)
		}
		if _, err := f.notify.Release(as("anna"), id); fault.KindOf(err) != fault.Conflict {
			t.Errorf("the first twice: %v", err)
		}
		// The role of the first is withdrawn: what she said does not count any more.
		for k, c := range staff {
			if c.Name == "anna" {
				c.Roles = actor.Editor
				staff[k] = c
			}
		}
		if what := f.release(as("bram"), id); what != HalfWay {
			t.Errorf("with the word of somebody who is no analyst any more: %s", what)
		}
		if what := f.release(as("cor"), id); what != LetGo {
			t.Errorf("the second: %s", what)
		}
		f.settle()
		if n := warned(f.box.Mails()); n != 11+20 {
			t.Errorf("%d mails after it was let go, want 31", n)
		}
		if n := f.count("notify_warned", ""); n != 0 {
			t.Errorf("%d rows are left of whom it would warn", n)
		}
	})
}

// Ten times the usual; and who offered the report is the first of the two.
func TestBreakerByWhatIsUsual(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := village(t, d, 40, 1000)
		as, _ := f.colleagues("anna", "bram")
		for i := range 3 {
			f.scan(i, i+1, 3389)
			f.settle()
			f.clock.Advance(24 * time.Hour)
		}
		f.scan(3, 23, 3389) // twenty is the floor
		f.settle()
		if n := warned(f.box.Mails()); n != 23 {
			t.Fatalf("%d mails", n)
		}
		f.clock.Advance(24 * time.Hour)
		by := actor.From(as("anna")).String()
		f.reports++
		body := f.stamped(rdp, f.lines(0, 40, 3390)...)
		ctx := audit.WithActor(f.ctx, by)
		path := f.dated("scan_rdp")
		if _, err := f.notify.Ingest(ctx, Offer{Path: path, Input: strings.NewReader(body), Actor: by}); err != nil {
			t.Fatal(err)
		}
		f.settle()
		if n := warned(f.box.Mails()); n != 23 {
			t.Errorf("%d mails", n)
		}
		id := f.openHolds()[0].ID
		if _, err := f.notify.Release(as("anna"), id); fault.KindOf(err) != fault.Conflict {
			t.Errorf("who offered it let it go: %v", err)
		}
		if what := f.release(as("bram"), id); what != LetGo {
			t.Errorf("the second: %s", what)
		}
		f.settle()
		if n := warned(f.box.Mails()); n < 23+40 {
			t.Errorf("%d mails", n)
		}
	})
}
