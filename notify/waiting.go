package notify

import (
	"context"
	"fmt"
	"time"

	"polder/directory"
	"polder/internal/audit"
	"polder/internal/db"
)

// Untold is what is known and not yet told.
type Untold struct {
	WithoutAddress []string  // references of organisations that have nowhere to be written to, at most 20
	More           int       // further such organisations
	Later          int64     // exposures of the others that wait for a daily or weekly mail
	Next           time.Time // when the first of those is due
}

// Untold looks for what waits: for an address, or for its day.
func (n *Notify) Untold(ctx context.Context) (u Untold, err error) {
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		ids, err := organisationsWaiting(ctx, tx)
		if err != nil {
			return err
		}
		found, err := directory.Get(ctx, tx, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if o := found[id]; o.Email == "" {
				if len(u.WithoutAddress) == 20 {
					u.More++
					continue
				}
				u.WithoutAddress = append(u.WithoutAddress, o.Reference)
			}
		}
		return waitingForTheirDay(ctx, tx, db.Micros(n.now().Add(n.set.Gather)), func(id db.ID, count int64, next time.Time) {
			if found[id].Email == "" {
				return // named above; it waits for an address, and not for a day
			}
			if u.Later += count; u.Next.IsZero() || next.Before(u.Next) {
				u.Next = next
			}
		})
	})
	if err != nil {
		return u, fmt.Errorf("look up what waits: %w", err)
	}
	return u, nil
}

// GivenAnswer is an answer of a recipient, for the desk.
type GivenAnswer struct {
	At           time.Time
	Organisation db.ID
	Reference    string // of the notification; "" for what was not said by a link
	Holder       Holder
	Answer       Answer
	Exposures    int
	Note         string
}

// Answers returns the latest answers, newest first, at most limit, and records that they were read.
func (n *Notify) Answers(ctx context.Context, actor string, action audit.Action, limit int) (list []GivenAnswer, err error) {
	if err := n.record(ctx, actor, action, "answers", db.ID{}); err != nil {
		return nil, err
	}
	err = n.db.Read(ctx, func(tx *db.Tx) error { list, err = latestAnswers(ctx, tx, limit); return err })
	return list, err
}
