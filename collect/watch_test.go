package collect

import (
	"context"
	"strings"
	"testing"
	"time"

	"polder/internal/db"
	"polder/notify"
)

// deliver reads a report of n lines now, as a command or a push does.
func (k *desk) deliver(source string, n int) {
	k.Helper()
	sum, err := k.notify.Ingest(k.Context(), notify.Offer{Input: strings.NewReader(report(k.clock, n)), Name: k.fileName(), Source: source, Actor: "test"})
	if err != nil || sum.AlreadySeen {
		k.Fatal(sum, err)
	}
}

// alarms are the kinds of the open alarms of a source, after a look.
func (k *desk) alarms(key string) (kinds []string) {
	k.Helper()
	if err := k.collect.Watch(k.Context()); err != nil {
		k.Fatal(err)
	}
	err := k.db.Read(k.Context(), func(tx *db.Tx) error {
		open, err := openAlarmsOf(k.Context(), tx, key)
		for _, kind := range []string{"failing", "late", "smaller"} {
			if _, ok := open[kind]; ok {
				kinds = append(kinds, kind)
			}
		}
		return err
	})
	if err != nil {
		k.Fatal(err)
	}
	return kinds
}

func (k *desk) letters(subject string) (n int) {
	k.Helper()
	if err := k.queue.Drain(k.Context()); err != nil {
		k.Fatal(err)
	}
	for _, m := range k.box.Mails() {
		if strings.Contains(m.Subject, subject) && m.EnvelopeTo[0] == "balie@polder.example" {
			n++
		}
	}
	return n
}

// A source that comes every day, by whatever way, is missed on the second day; told once; and the
// alarm ends when it comes again.
func TestLate(t *testing.T) {
	eachDesk(t, func(k *desk) {
		for range 5 {
			k.deliver("police", 4)
			if got := k.alarms("police"); got != nil {
				t.Fatalf("alarms %v while it comes", got)
			}
			k.clock.Advance(24 * time.Hour)
		}
		k.clock.Advance(11 * time.Hour)
		if got := k.alarms("police"); got != nil {
			t.Errorf("too early: %v", got)
		}
		k.clock.Advance(2 * time.Hour)
		for range 3 {
			if got := k.alarms("police"); len(got) != 1 || got[0] != "late" {
				t.Errorf("%v", got)
			}
		}
		if n := k.letters("police is te laat"); n != 1 {
			t.Errorf("%d letters", n)
		}
		for _, m := range k.box.Mails() {
			if strings.Contains(m.Subject, "te laat") && !(strings.Contains(m.Text, "De laatste melding kwam op") && strings.Contains(m.Text, "police is late")) {
				t.Errorf("the letter is not in both languages: %s", m.Text)
			}
		}
		for who, want := range map[string]int{"analyst": 1, "adviser": 0, "nobody": 0} {
			err := k.db.Read(k.Context(), func(tx *db.Tx) error {
				lines, err := k.collect.DeskLines(k.as(who), tx)
				if len(lines) != want {
					t.Errorf("%s is told %v", who, lines)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		k.clock.Advance(40 * 24 * time.Hour) // longer than what is learned from
		if got := k.alarms("police"); len(got) != 1 || got[0] != "late" {
			t.Errorf("after weeks of silence: %v", got)
		}
		k.deliver("police", 4)
		if got := k.alarms("police"); got != nil {
			t.Errorf("it came again: %v", got)
		}
		// What somebody said goes before what was learned.
		k.clock.Advance(3 * time.Hour)
		if err := k.collect.Expect(k.ctx, "police", 2); err != nil {
			t.Fatal(err)
		}
		if got := k.alarms("police"); len(got) != 1 {
			t.Errorf("said: %v", got)
		}
		if n := k.letters("police is te laat"); n != 2 {
			t.Errorf("%d letters", n)
		}
		if err := k.collect.Expect(k.ctx, "police", 0); err != nil {
			t.Fatal(err)
		}
		k.clock.Advance(240 * time.Hour)
		if got := k.alarms("police"); got != nil {
			t.Errorf("nothing expected: %v", got)
		}
		if err := k.collect.Expect(k.ctx, "police", -1); err != nil {
			t.Fatal(err)
		}
		if got := k.alarms("police"); got != nil { // one report in four weeks is no habit
			t.Errorf("to be learned again: %v", got)
		}
	})
}

// A source that rests in weekends is not late on Sunday, but is on Tuesday.
func TestWeekends(t *testing.T) {
	var list []notify.Arrival
	monday := time.Date(2026, 1, 5, 6, 0, 0, 0, time.UTC)
	for i := range 12 {
		at := monday.AddDate(0, 0, i)
		if at.Weekday() != time.Saturday && at.Weekday() != time.Sunday {
			list = append(list, notify.Arrival{At: at, Rows: 100})
		}
	}
	x := habit(list, monday, time.UTC)
	friday := monday.AddDate(0, 0, 11)
	if x.late(friday.Add(72*time.Hour)) || !x.late(friday.Add(97*time.Hour)) || x.Hours != 84 {
		t.Errorf("%+v", x)
	}
	if x := habit(list[:3], monday, time.UTC); x.Hours != 0 || x.late(monday.AddDate(1, 0, 0)) {
		t.Errorf("three days are no habit: %+v", x)
	}
}

func TestSmaller(t *testing.T) {
	eachDesk(t, func(k *desk) {
		for range 5 {
			k.deliver("feed", 90)
			k.clock.Advance(24 * time.Hour)
		}
		k.deliver("feed", 20)
		if got := k.alarms("feed"); got != nil {
			t.Errorf("before the day is over: %v", got)
		}
		k.clock.Advance(24 * time.Hour)
		if got := k.alarms("feed"); len(got) != 1 || got[0] != "smaller" {
			t.Errorf("%v", got)
		}
		if n := k.letters("feed stuurt veel minder dan anders"); n != 1 {
			t.Errorf("%d letters", n)
		}
		k.deliver("feed", 88)
		k.clock.Advance(24 * time.Hour)
		k.deliver("feed", 91)
		if got := k.alarms("feed"); got != nil {
			t.Errorf("as usual again: %v", got)
		}
	})
}

func TestFailing(t *testing.T) {
	eachDesk(t, func(k *desk) {
		id := k.add(Source{Key: "feed", Kind: HTTPS, Address: "https://feed.example/none", Every: time.Hour}, Secret{})
		for i := range 3 {
			if got := k.alarms("feed"); got != nil {
				t.Errorf("after %d failures: %v", i, got)
			}
			k.pull(id)
		}
		if got := k.alarms("feed"); len(got) != 1 || got[0] != "failing" {
			t.Errorf("%v", got)
		}
		if n := k.letters("feed lukt steeds niet"); n != 1 {
			t.Errorf("%d letters", n)
		}
		if err := k.collect.Switch(context.WithoutCancel(k.ctx), id, false); err != nil {
			t.Fatal(err)
		}
		if got := k.alarms("feed"); got != nil {
			t.Errorf("off: %v", got)
		}
	})
}
