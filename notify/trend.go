package notify

import (
	"context"
	"fmt"
	"time"

	"polder/internal/db"
	"polder/notify/feeds"
)

// Standings are the open exposures of an organisation at the end of a day, by severity.
type Standings struct {
	Day  time.Time // its beginning, by the clock of the centre
	Open [feeds.Critical + 1]int64
}

// keepTrend is how long days are kept.
const keepTrend = 400 * 24 * time.Hour

// trendBatch is how many organisations are counted in one transaction.
const trendBatch = 500

// Trend counts what is open of each organisation that was touched since it last did, and notes it for
// the day on which that was: since nothing changed later, it stood so at the end of that day.
func (n *Notify) Trend(ctx context.Context) (noted int64, err error) {
	var after touched
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		last, err := lastUpkeep(ctx, tx, "trend")
		if !last.IsZero() {
			after.at = db.Micros(last)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	for {
		var done int
		err := n.change(ctx, func(tx *db.Tx) error {
			list, err := touchedSince(ctx, tx, after, trendBatch)
			if done = len(list); err != nil || done == 0 {
				return err
			}
			changed, err := n.noteTrend(ctx, tx, list)
			if err != nil {
				return err
			}
			noted += changed
			after = list[done-1]
			// From that very moment on: more may be touched in it.
			return noteUpkeep(ctx, tx, "trend", time.UnixMicro(after.at))
		})
		if err != nil {
			return noted, fmt.Errorf("note what is open: %w", err)
		}
		if done < trendBatch {
			break
		}
	}
	return noted, n.change(ctx, func(tx *db.Tx) error { return dropTrend(ctx, tx, n.dayOf(n.now().Add(-keepTrend)), step) })
}

func (n *Notify) noteTrend(ctx context.Context, tx *db.Tx, list []touched) (int64, error) {
	ids := make([]db.ID, len(list))
	for i, t := range list {
		ids[i] = t.organisation
	}
	open, err := openOf(ctx, tx, ids)
	if err != nil {
		return 0, err
	}
	known, err := latestTrend(ctx, tx, ids)
	if err != nil {
		return 0, err
	}
	var rows []trendRow
	for _, t := range list {
		if open[t.organisation] != known[t.organisation] {
			rows = append(rows, trendRow{t.organisation, n.dayOf(time.UnixMicro(t.at)), open[t.organisation]})
		}
	}
	return int64(len(rows)), setTrend(ctx, tx, rows)
}

// dayOf is the day of a moment by the clock of the centre, in days since 1970.
func (n *Notify) dayOf(at time.Time) int64 {
	y, m, d := at.In(n.zone()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400
}

// dayAt is the beginning of a day by the clock of the centre.
func (n *Notify) dayAt(day int64) time.Time {
	y, m, d := time.Unix(day*86400, 0).UTC().Date()
	return time.Date(y, m, d, 0, 0, 0, 0, n.zone())
}

func (n *Notify) zone() *time.Location {
	if n.set.Location == nil {
		return time.UTC
	}
	return n.set.Location
}

// trendOf returns how it stood with an organisation at the end of each of the last days, today among
// them, the earliest first; nil when nothing is known of it.
func (n *Notify) trendOf(ctx context.Context, tx *db.Tx, organisation db.ID, days int) (list []Standings, err error) {
	today := n.dayOf(n.now())
	first := today - int64(days) + 1
	rows, err := trendFrom(ctx, tx, organisation, first)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	var now [feeds.Critical + 1]int64
	for day := first; day <= today; day++ {
		for len(rows) > 0 && rows[0].day <= day {
			now, rows = rows[0].open, rows[1:]
		}
		list = append(list, Standings{n.dayAt(day), now})
	}
	return list, nil
}
