package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"polder/internal/config"
	"polder/notify"
)

type workCommand struct {
	Drain bool `help:"Do all that is due and return, including what is still being gathered."`
}

// Run does the work that is due, until it is stopped or, with --drain, until nothing is left.
func (c *workCommand) Run(ctx context.Context, set *config.Settings, s streams) error {
	return with(ctx, set, s, func(a *app) error {
		if err := a.footprint.Load(ctx); err != nil {
			return err
		}
		a.warn()
		if c.Drain {
			return a.drain(ctx, s)
		}
		return a.work(ctx)
	})
}

// warn says what an operator should know before mails go out.
func (a *app) warn() {
	if why := unready(a.set); why != nil && a.post.Held == nil {
		a.log.Warn("the mail server is on this machine, so mails go out, but with addresses that nobody can open: set POLDER_BASE_URL and POLDER_MAIL_FROM")
	}
	if a.set.Desk == "" {
		a.log.Warn("POLDER_DESK_MAIL is not set: who asks for help is listed by polder answers alone")
	}
}

// work does what is due until ctx ends.
func (a *app) work(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { a.footprint.Follow(ctx); return nil })
	g.Go(func() error { a.notify.FollowTexts(ctx); return nil })
	g.Go(func() error { return a.queue.Work(ctx) })
	if err := g.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// drain does all that is due and says what was sent.
func (a *app) drain(ctx context.Context, s streams) error {
	before, err := a.notify.Standing(ctx)
	if err != nil {
		return err
	}
	failed := a.queue.Drain(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if _, err := a.notify.ComposeGathered(ctx); err != nil {
		return err
	}
	if _, err := a.notify.Deliver(ctx, a.post); err != nil {
		return err
	}
	failed = apart(failed, notify.ErrUnreachable) // what could not be delivered at first is delivered now
	if failed = errors.Join(failed, a.queue.Drain(ctx)); failed != nil {
		return partly{failed}
	}
	after, err := a.notify.Standing(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%d mails sent, %d waiting for another attempt, %d refused for good\n",
		after.Deliveries["sent"]-before.Deliveries["sent"], after.Deliveries["queued"]+after.Deliveries["deferred"], after.Deliveries["failed"]-before.Deliveries["failed"])
	if err != nil {
		return err
	}
	return a.untold(ctx, s)
}

// untold says who is not warned, and what waits for its day, so that nobody believes that all is told.
func (a *app) untold(ctx context.Context, s streams) error {
	u, err := a.notify.Untold(ctx)
	if err != nil {
		return err
	}
	if n := len(u.WithoutAddress); n > 0 {
		more := ""
		if u.More > 0 {
			more = fmt.Sprintf(" and %d more", u.More)
		}
		if _, err := fmt.Fprintf(s.out, "no notify_email, so not warned: %s%s\n", strings.Join(u.WithoutAddress, ", "), more); err != nil {
			return err
		}
	}
	if u.Later > 0 {
		what := "exposures wait"
		if u.Later == 1 {
			what = "exposure waits"
		}
		_, err = fmt.Fprintf(s.out, "%d %s for a daily or weekly mail, the first at %s\n", u.Later, what, u.Next.In(a.set.Location()).Format("2006-01-02 15:04"))
	}
	return err
}

// apart returns the joined errors without those that are the one given.
func apart(joined, one error) error {
	list, ok := joined.(interface{ Unwrap() []error })
	if !ok {
		return joined
	}
	return errors.Join(slices.DeleteFunc(slices.Clone(list.Unwrap()), func(e error) bool { return errors.Is(e, one) })...)
}

type migrateCommand struct{}

// Run brings the database up to date.
func (migrateCommand) Run(ctx context.Context, set *config.Settings, s streams) error {
	return with(ctx, set, s, func(*app) error {
		_, err := fmt.Fprintln(s.out, "the database is up to date")
		return err
	})
}

type versionCommand struct{}

// Run says which version this is.
func (versionCommand) Run(s streams) error {
	version, revision := "unreleased", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		if info.Main.Version != "" && info.Main.Version != "(devel)" {
			version = info.Main.Version
		}
		for _, v := range info.Settings {
			if v.Key == "vcs.revision" {
				revision = " (" + v.Value[:min(12, len(v.Value))] + ")"
			}
		}
	}
	_, err := fmt.Fprintf(s.out, "polder %s%s\n", version, revision)
	return err
}
