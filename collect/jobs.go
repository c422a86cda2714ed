package collect

import (
	"context"
	"errors"
	"time"

	"polder/internal/db"
	"polder/internal/jobs"
)

// The jobs. Each is harmless when it runs twice.
type (
	dueArgs  struct{}
	pullArgs struct {
		Source string
		Asked  bool // by a person, so whatever its time
	}
	readArgs  struct{ Push string }
	watchArgs struct{}
	tidyArgs  struct{}
)

func (dueArgs) Kind() string   { return "collect.due" }
func (pullArgs) Kind() string  { return "collect.pull" }
func (readArgs) Kind() string  { return "collect.read" }
func (watchArgs) Kind() string { return "collect.watch" }
func (tidyArgs) Kind() string  { return "collect.tidy" }

// longestPull is how long one source may keep us.
const longestPull = 6 * time.Hour

func (c *Collect) register() {
	jobs.Register(c.queue, jobs.Options{Every: time.Minute, Unique: true, OnDrain: true, AtOnce: 1}, func(ctx context.Context, _ dueArgs) error { return c.Due(ctx) })
	jobs.Register(c.queue, jobs.Options{Unique: true, Timeout: longestPull, AtOnce: 3, MaxAttempts: 3}, func(ctx context.Context, a pullArgs) error {
		id, err := db.ParseID(a.Source)
		if err != nil {
			return err
		}
		return c.Pull(ctx, id, a.Asked)
	})
	jobs.Register(c.queue, jobs.Options{Unique: true, AtOnce: 2}, func(ctx context.Context, a readArgs) error {
		id, err := db.ParseID(a.Push)
		if err != nil {
			return err
		}
		return c.read(ctx, id)
	})
	jobs.Register(c.queue, jobs.Options{Every: 10 * time.Minute, Unique: true, OnDrain: true}, func(ctx context.Context, _ watchArgs) error { return c.Watch(ctx) })
	jobs.Register(c.queue, jobs.Options{Every: 24 * time.Hour, Unique: true}, func(ctx context.Context, _ tidyArgs) error { return c.tidy(ctx) })
}

// Due queues a job for each source whose time has come.
func (c *Collect) Due(ctx context.Context) error {
	return c.db.Write(ctx, func(tx *db.Tx) error {
		list, err := dueSources(ctx, tx, c.now())
		if err != nil {
			return err
		}
		for _, id := range list {
			if err := c.queue.Insert(ctx, tx, pullArgs{Source: id.String()}, time.Time{}); err != nil {
				return err
			}
		}
		return nil
	})
}

// How long we remember runs, and what was had.
const (
	keepRuns = 90 * 24 * time.Hour
	keepHad  = 60 * 24 * time.Hour
)

func (c *Collect) tidy(ctx context.Context) error {
	now := c.now()
	err := c.db.Write(ctx, func(tx *db.Tx) error {
		if err := dropOld(ctx, tx, now.Add(-keepRuns), now.Add(-keepHad)); err != nil {
			return err
		}
		return dropPushes(ctx, tx, now.Add(-keepRuns))
	})
	return errors.Join(err, c.dropPushed(ctx))
}
