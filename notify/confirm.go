package notify

import (
	"context"
	"fmt"
	"strings"
	"time"

	"polder/internal/audit"
	"polder/internal/db"
	"polder/notify/feeds"
)

// step is how many rows one transaction of background work changes at most.
const step = 5000

// Confirm marks as solved, and confirmed, the exposures of a series that were absent from its two
// latest fresh reports, of two different days, and makes closing messages due to those who were
// told. A report that is older than the exposure's last sighting says nothing about it.
func (n *Notify) Confirm(ctx context.Context, series int64) (confirmed int64, err error) {
	var since absence
	err = n.db.Read(ctx, func(tx *db.Tx) (err error) {
		since, err = latestFresh(ctx, tx, series)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("look up the latest reports of a series: %w", err)
	}
	if since.days < 2 || !closesByAbsence(since.format, since.kind, since.class, since.regular()) {
		return 0, nil
	}
	due := n.now().Add(n.set.Gather) // the reports of one morning give one closing message
	for {
		var done int64
		err := n.change(ctx, func(tx *db.Tx) (err error) {
			done, err = confirmAbsent(ctx, tx, series, since, db.Micros(n.now()), db.Micros(due), step)
			return err
		})
		if err != nil {
			return confirmed, fmt.Errorf("confirm what is solved: %w", err)
		}
		confirmed += done
		if done == 0 {
			break
		}
	}
	if confirmed == 0 {
		return 0, nil
	}
	return confirmed, n.db.Write(ctx, func(tx *db.Tx) error { return n.queue.Insert(ctx, tx, composeArgs{}, due) })
}

// absence is what the latest fresh reports of a series say by not showing something.
type absence struct {
	days                int   // of how many different days there are fresh reports: 0, 1 or 2
	seq                 int64 // the first number of the reports of those two days
	observed            int64 // the latest moment that the earlier of the two days speaks of
	format, kind, class string
	mapping             string // of the latest report
}

// regular tells whether the mapping of the reports says that they come again and again, and whole.
func (a absence) regular() bool {
	if a.mapping == "" {
		return false
	}
	m, err := feeds.ParseMapping(strings.NewReader(a.mapping))
	return err == nil && m.Regular
}

// Expire ends the exposures that were not seen for the time set: those of streams of events, from
// which absence proves nothing, and those whose reports stopped coming.
func (n *Notify) Expire(ctx context.Context) (expired int64, err error) {
	for {
		var done int64
		err := n.change(ctx, func(tx *db.Tx) (err error) {
			done, err = expireUnseen(ctx, tx, db.Micros(n.now().Add(-n.set.ExpireAfter)), db.Micros(n.now()), step)
			return err
		})
		if err != nil {
			return expired, fmt.Errorf("expire what is not seen any more: %w", err)
		}
		expired += done
		if done < step {
			return expired, nil
		}
	}
}

// Kept counts what the end of its term removed.
type Kept struct {
	RawReports, RejectedLines, Exposures, Notifications, Answers, Links int64
}

// Retain removes what has passed the end of its term, in batches: raw reports, rejected lines,
// exposures and the notifications about them. What was done is recorded.
func (n *Notify) Retain(ctx context.Context) (k Kept, err error) {
	now := n.now()
	if k.RawReports, err = n.dropRaw(ctx, now); err != nil {
		return k, err
	}
	parts := []struct {
		count  *int64
		what   string
		delete func(ctx context.Context, tx *db.Tx, before int64, most int) (int64, error)
		before time.Time
	}{
		{&k.RejectedLines, "rejected lines", deleteRejected, now.Add(-n.set.KeepRejected)},
		{&k.Notifications, "notifications", deleteNotifications, now.Add(-n.set.KeepExposures)},
		{&k.Answers, "answers", deleteAnswers, now.Add(-n.set.KeepExposures)}, // those by a link went with its notification
		{&k.Links, "links for suppliers", deleteLinks, now.Add(-n.set.KeepExposures)},
		{&k.Exposures, "exposures", deleteExposures, now.Add(-n.set.KeepExposures)},
	}
	for _, p := range parts {
		for {
			var done int64
			err := n.change(ctx, func(tx *db.Tx) (err error) {
				if done, err = p.delete(ctx, tx, db.Micros(p.before), step); err != nil || done == 0 {
					return err
				}
				return audit.Append(ctx, tx, audit.Event{At: now, Actor: "polder", Action: audit.Delete, Object: p.what,
					Detail: fmt.Sprintf("%d from before %s", done, p.before.Format(time.DateOnly))})
			})
			if err != nil {
				return k, fmt.Errorf("remove %s at the end of their term: %w", p.what, err)
			}
			*p.count += done
			if done == 0 {
				break
			}
		}
	}
	today := now.Unix() / 86400
	err = n.db.Write(ctx, func(tx *db.Tx) error { return trimUnmatched(ctx, tx, today-int64(keepNetworks/(24*time.Hour)), today) })
	if err != nil {
		return k, fmt.Errorf("forget networks at the end of their term: %w", err)
	}
	return k, nil
}
