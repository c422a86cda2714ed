package collect

import (
	"context"

	"polder/internal/db"
	"polder/internal/fault"
)

// Remove forgets a source: how it is asked, its secret, and what came of asking it. The reports that it
// brought stay, and so does what the record says of it; nothing is expected of it any more.
func (c *Collect) Remove(ctx context.Context, id db.ID) error {
	if !allowed(ctx) {
		return fault.Hidden()
	}
	return c.db.Write(ctx, func(tx *db.Tx) error {
		s, err := lockSource(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := deleteSource(ctx, tx, id); err != nil {
			return err
		}
		alarms, err := openAlarmsOf(ctx, tx, s.Key)
		if err != nil {
			return err
		}
		for _, a := range alarms {
			if err := clearAlarm(ctx, tx, a.ID, c.now()); err != nil {
				return err
			}
		}
		if err := setExpected(ctx, tx, s.Key, 0, c.now()); err != nil {
			return err
		}
		return c.record(ctx, tx, s, "removed")
	})
}
