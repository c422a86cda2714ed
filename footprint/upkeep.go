package footprint

import (
	"context"
	"errors"
	"fmt"
	"time"

	"polder/directory"
	"polder/internal/db"
)

type endArgs struct{}

// Kind names the job.
func (endArgs) Kind() string { return "footprint.end" }

type activateArgs struct{ Organisation, After db.ID }

// Kind names the job.
func (activateArgs) Kind() string { return "footprint.activate" }

const batch = 100

// end reminds of claims whose year is nearly over, at 30 and at 7 days, and ends those of which it is.
func (f *Footprint) end(ctx context.Context, _ endArgs) error {
	for _, step := range []struct {
		before   time.Duration
		reminded int
		do       func(ctx context.Context, tx *db.Tx, c *Claim) error
	}{
		{0, 4, f.expire},
		{7 * 24 * time.Hour, 2, func(ctx context.Context, tx *db.Tx, c *Claim) error { return f.remind(ctx, tx, c, 2) }},
		{30 * 24 * time.Hour, 1, func(ctx context.Context, tx *db.Tx, c *Claim) error { return f.remind(ctx, tx, c, 1) }},
	} {
		for {
			var due []Claim
			err := f.db.Read(ctx, func(tx *db.Tx) (err error) {
				due, err = claimsToEnd(ctx, tx, f.now().Add(step.before), step.reminded, batch)
				return err
			})
			if err != nil {
				return fmt.Errorf("look for claims that end: %w", err)
			}
			if len(due) == 0 {
				break
			}
			err = f.commit(ctx, func(tx *db.Tx) error {
				for _, was := range due {
					c, err := lockClaim(ctx, tx, db.ID{}, was.ID)
					if errors.Is(err, db.ErrNoRows) || err == nil && (!c.ExpiresAt.Equal(was.ExpiresAt) || c.Reminded != was.Reminded) {
						continue // somebody was quicker
					}
					if err != nil {
						return err
					}
					if err := step.do(ctx, tx, &c); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return fmt.Errorf("end claims: %w", err)
			}
		}
	}
	return f.db.Write(ctx, func(tx *db.Tx) error { return dropCodes(ctx, tx, f.now().Add(-objectFor-24*time.Hour)) })
}

func (f *Footprint) expire(ctx context.Context, tx *db.Tx, c *Claim) error {
	held := c.holds()
	if err := f.drop(ctx, tx, c, Expired, ByClock, "not confirmed in time"); err != nil || !held {
		return err
	}
	return f.tell(ctx, tx, *c, "ended")
}

func (f *Footprint) remind(ctx context.Context, tx *db.Tx, c *Claim, reminded int) error {
	c.Reminded = reminded
	if err := f.keep(ctx, tx, *c, fmt.Sprintf("reminder %d", reminded)); err != nil || !c.holds() {
		return err // what was never proven just ends
	}
	what := "ends_soon"
	if reminded == 2 {
		what = "ends"
	}
	return f.tell(ctx, tx, *c, what)
}

// ActivateOf makes what an organisation has proven active, once staff have accepted it; in the
// caller's transaction, and the rest in a job when there is much.
func (f *Footprint) ActivateOf(ctx context.Context, tx *db.Tx, organisation db.ID) error {
	return f.activateSome(ctx, tx, activateArgs{Organisation: organisation})
}

func (f *Footprint) activateMore(ctx context.Context, a activateArgs) error {
	return f.commit(ctx, func(tx *db.Tx) error { return f.activateSome(ctx, tx, a) })
}

func (f *Footprint) activateSome(ctx context.Context, tx *db.Tx, a activateArgs) error {
	accepted, err := directory.IsAccepted(ctx, tx, a.Organisation)
	if err != nil || !accepted {
		return err
	}
	if err := lockRegister(ctx, tx); err != nil {
		return err
	}
	list, err := claimsIn(ctx, tx, a.Organisation, a.After, batch, Shown)
	if err != nil {
		return err
	}
	for i := range list {
		if err := f.settle(ctx, tx, &list[i], ByAcceptance); err != nil {
			return err
		}
	}
	if len(list) < batch {
		return nil
	}
	a.After = list[len(list)-1].ID
	return f.proving.queue.Insert(ctx, tx, a, time.Time{})
}

// WithdrawOf withdraws all that an organisation has, in the caller's transaction: from its commit on
// it warns nobody. What an operator imported for it goes too.
func (f *Footprint) WithdrawOf(ctx context.Context, tx *db.Tx, organisation db.ID) error {
	if err := lockRegister(ctx, tx); err != nil {
		return err
	}
	now := f.now()
	for after := (db.ID{}); ; {
		list, err := claimsIn(ctx, tx, organisation, after, batch, Pending, Shown, Active, Contested, Unproven, Expired)
		if err != nil {
			return err
		}
		for i := range list {
			if err := f.drop(ctx, tx, &list[i], Withdrawn, ByClosing, "the organisation is closed"); err != nil {
				return err
			}
		}
		if len(list) < batch {
			break
		}
		after = list[len(list)-1].ID
	}
	return f.numbered(ctx, tx, func(version int64) (int64, error) { return 0, takeAssetsOf(ctx, tx, organisation, now, version) })
}
