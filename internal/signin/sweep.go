package signin

import (
	"context"
	"time"

	"polder/internal/db"
	"polder/internal/jobs"
)

type sweepArgs struct{}

// Kind names the job.
func (sweepArgs) Kind() string { return "signin.sweep" }

type restoreArgs struct{}

// Kind names the job.
func (restoreArgs) Kind() string { return "signin.restore" }

// Jobs registers what is done by itself: what has ended is removed, and the link of who lost
// everything is mailed when its day has passed.
func (s *Signin) Jobs(q *jobs.Queue) {
	jobs.Register(q, jobs.Options{Every: 10 * time.Minute, Timeout: 5 * time.Minute}, func(ctx context.Context, _ sweepArgs) error { return s.sweep(ctx) })
	jobs.Register(q, jobs.Options{Every: time.Minute, Timeout: time.Minute}, func(ctx context.Context, _ restoreArgs) error { return s.restore(ctx) })
}

// sweepBatch is how many rows go in one transaction, so that nobody waits long for it.
const sweepBatch = 500

// sweep removes sessions, ceremonies, counters and links that have ended. Nothing opens by them any
// more: this is tidiness and privacy.
func (s *Signin) sweep(ctx context.Context) error {
	now := s.now()
	for _, fn := range []func(tx *db.Tx) (int64, error){
		func(tx *db.Tx) (int64, error) { return sweepSessions(ctx, tx, now, sweepBatch) },
		func(tx *db.Tx) (int64, error) { return sweepCeremonies(ctx, tx, now, sweepBatch) },
		func(tx *db.Tx) (int64, error) { return sweepThrottles(ctx, tx, now, sweepBatch) },
		func(tx *db.Tx) (int64, error) { return sweepLinks(ctx, tx, now, sweepBatch) },
	} {
		for n := int64(sweepBatch); n == sweepBatch; {
			if err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
				n, err = fn(tx)
				return err
			}); err != nil {
				return err
			}
		}
	}
	return nil
}
