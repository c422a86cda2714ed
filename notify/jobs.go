package notify

import (
	"context"
	"errors"
	"time"

	"polder/internal/db"
	"polder/internal/jobs"
	"polder/internal/mail"
)

// The jobs. Each is harmless when it runs twice; the periodic ones catch what a lost wake-up missed.
type (
	resumeArgs    struct{}
	composeArgs   struct{}
	deliverArgs   struct{}
	confirmArgs   struct{ Series int64 }
	rematchArgs   struct{ Version, Report int64 } // of one report alone, by its number; 0: of all
	readdressArgs struct{}
	expireArgs    struct{}
	retainArgs    struct{}
	trendArgs     struct{}
)

func (resumeArgs) Kind() string    { return "notify.resume" }
func (composeArgs) Kind() string   { return "notify.compose" }
func (deliverArgs) Kind() string   { return "notify.deliver" }
func (confirmArgs) Kind() string   { return "notify.confirm" }
func (rematchArgs) Kind() string   { return "notify.rematch" }
func (readdressArgs) Kind() string { return "notify.readdress" }
func (expireArgs) Kind() string    { return "notify.expire" }
func (retainArgs) Kind() string    { return "notify.retain" }
func (trendArgs) Kind() string     { return "notify.trend" }

// Register puts the jobs on the queue; post is where mails are handed over.
func (n *Notify) Register(post *mail.Post) {
	every := func(d time.Duration) jobs.Options { return jobs.Options{Every: d, Unique: true, OnDrain: true} }
	jobs.Register(n.queue, every(5*time.Minute), func(ctx context.Context, _ resumeArgs) error { return n.Resume(ctx) })
	jobs.Register(n.queue, every(time.Minute), func(ctx context.Context, _ composeArgs) error {
		_, err := n.Compose(ctx)
		return err
	})
	jobs.Register(n.queue, every(time.Minute), func(ctx context.Context, _ deliverArgs) error {
		_, err := n.Deliver(ctx, post)
		if errors.Is(err, ErrUnreachable) { // the next round tries again within a minute; a failed job would wait longer and longer
			n.log.Warn("mails wait", "why", err)
			return nil
		}
		return err
	})
	jobs.Register(n.queue, jobs.Options{Unique: true}, func(ctx context.Context, a confirmArgs) error {
		_, err := n.Confirm(ctx, a.Series)
		return err
	})
	jobs.Register(n.queue, jobs.Options{Unique: true}, func(ctx context.Context, a rematchArgs) error {
		_, err := n.rematch(ctx, a.Version, a.Report)
		return err
	})
	jobs.Register(n.queue, every(time.Hour), func(ctx context.Context, _ readdressArgs) error {
		_, err := n.Readdress(ctx)
		return err
	})
	jobs.Register(n.queue, every(time.Hour), func(ctx context.Context, _ trendArgs) error {
		_, err := n.Trend(ctx)
		return err
	})
	daily := every(24 * time.Hour) // on a drain too, as some installations only drain; the verb sees to the day
	jobs.Register(n.queue, daily, func(ctx context.Context, _ expireArgs) error {
		return n.daily(ctx, "expire", func() error { _, err := n.Expire(ctx); return err })
	})
	jobs.Register(n.queue, daily, func(ctx context.Context, _ retainArgs) error {
		return n.daily(ctx, "retain", func() error { _, err := n.Retain(ctx); return err })
	})
}

// daily runs fn unless it ran to its end in the last 20 hours.
func (n *Notify) daily(ctx context.Context, what string, fn func() error) error {
	var last time.Time
	err := n.db.Read(ctx, func(tx *db.Tx) (err error) { last, err = lastUpkeep(ctx, tx, what); return err })
	if err != nil || n.now().Sub(last) < 20*time.Hour && !last.After(n.now()) {
		return err
	}
	if err := fn(); err != nil {
		return err
	}
	return n.db.Write(ctx, func(tx *db.Tx) error { return noteUpkeep(ctx, tx, what, n.now()) })
}
