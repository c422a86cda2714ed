package notify

import (
	"testing"
	"time"

	"polder/internal/db"
	"polder/notify/feeds"
)

// Whatever changes the exposures of an organisation touches it and no other, and the days remember how
// many were open at their end.
func TestTrend(t *testing.T) {
	eachCompany(t, func(t *testing.T, c *company) {
		bakker, smid := c.organisation("bakker").ID, c.organisation("smid").ID
		at := func(o db.ID) (at db.Time) {
			t.Helper()
			if err := c.db.Read(c.ctx, func(tx *db.Tx) error {
				return tx.One(c.ctx, `SELECT touched_at FROM notify_touched WHERE organisation_id = ?1`, []any{o}, &at)
			}); err != nil {
				t.Fatal(err)
			}
			return at
		}
		run := func() {
			t.Helper()
			if _, err := c.notify.Trend(c.ctx); err != nil {
				t.Fatal(err)
			}
		}
		of := func(o db.ID) (list []Standings) {
			t.Helper()
			if err := c.db.Read(c.ctx, func(tx *db.Tx) (err error) { list, err = c.notify.trendOf(c.ctx, tx, o, 90); return err }); err != nil {
				t.Fatal(err)
			}
			return list
		}
		run()
		first := of(bakker)
		if len(first) != 90 || first[89].Open[feeds.High] != 2 || first[89].Open[feeds.Critical] != 1 || first[88].Open != ([6]int64{}) || !first[89].Day.Before(c.clock.Now()) {
			t.Fatalf("%d days, the last %+v", len(first), first[len(first)-1])
		}
		before := at(smid)
		c.clock.Advance(2 * 24 * time.Hour)
		me := c.as("bakker")
		if _, err := me.notify.Respond(me.ctx, bakker, Feedback{Answer: IsSolved, Chosen: []Fingerprint{c.one("bakker", "192.0.2.7").Fingerprint}}); err != nil {
			t.Fatal(err)
		}
		if at(smid) != before || !at(bakker).Equal(c.clock.Now()) {
			t.Errorf("touched: smithy %v, bakery %v", at(smid), at(bakker))
		}
		solved := c.clock.Now()
		c.clock.Advance(20 * time.Hour) // past midnight: it is the day of the answer that changed
		run()
		run()
		list := of(bakker)
		for i, want := range map[int]int64{86: 2, 87: 2, 88: 1, 89: 1} {
			if list[i].Open[feeds.High] != want {
				t.Errorf("%s: %d, not %d", list[i].Day, list[i].Open[feeds.High], want)
			}
		}
		if n := c.count("notify_trend", "organisation_id = ?1", bakker); n != 2 || c.notify.dayAt(c.notify.dayOf(solved)) != list[88].Day {
			t.Errorf("%d rows", n)
		}
		if n := c.count("notify_trend", "organisation_id = ?1", smid); n != 1 {
			t.Errorf("the smithy, where nothing changed, has %d rows", n)
		}
		// Told, expired and seen again: each is a change.
		c.ingest("scan_rdp", rdp, rdpLine("198.51.100.4", ""))
		if !at(smid).Equal(c.clock.Now()) {
			t.Error("a report touched nothing")
		}
		c.clock.Advance(time.Hour)
		c.compose()
		if !at(smid).Equal(c.clock.Now()) {
			t.Error("a message touched nothing")
		}
		run()
		c.clock.Advance(100 * 24 * time.Hour)
		if _, err := c.notify.Expire(c.ctx); err != nil {
			t.Fatal(err)
		}
		run()
		if list := of(smid); list[89].Open != ([6]int64{}) || list[0].Open[feeds.High] != 2 {
			t.Errorf("%+v, %+v", list[0], list[89])
		}
		// Old days go, but for the one that the next 90 days start from.
		c.clock.Advance(2 * keepTrend)
		run()
		if n := c.count("notify_trend", "organisation_id = ?1", smid); n != 1 {
			t.Errorf("%d rows are kept", n)
		}
	})
}
