package outreach

import (
	"context"
	"fmt"
	"slices"
	"time"

	"polder/directory"
	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/notify"
	"polder/notify/feeds"
)

// Sweep is one look at what concerned nobody.
type Sweep struct {
	ID, By               db.ID
	Chosen               []notify.Unmatched // source and type alone
	Lowest               feeds.Severity
	Since, Until         time.Time
	State                string // reading, looking, ready, sending, failed
	Reports, ReportsDone int
	Findings, Subjects   int
	Looked               int
	More                 bool
	CreatedAt, ChangedAt time.Time
}

type (
	sweepArgs struct{ Sweep db.ID }
	lookArgs  struct{ Subject db.ID }
	sendArgs  struct{ Sweep db.ID }
	retainArg struct{}
)

func (sweepArgs) Kind() string { return "outreach.sweep" }
func (lookArgs) Kind() string  { return "outreach.look" }
func (sendArgs) Kind() string  { return "outreach.send" }
func (retainArg) Kind() string { return "outreach.retain" }

// Periods are how many days back a sweep may look; raw reports are kept no longer.
var Periods = []int{1, 7, 14, 30}

// Choices are the sources and types that a sweep may look at, with how much concerned nobody.
func (o *Outreach) Choices(ctx context.Context, days int) (list []notify.Unmatched, err error) {
	if err := analyst(ctx); err != nil {
		return nil, err
	}
	err = o.db.Read(ctx, func(tx *db.Tx) error {
		list, err = notify.CountUnmatched(ctx, tx, o.now().AddDate(0, 0, -days))
		return err
	})
	return list, err
}

// Start begins a sweep over the chosen sources and types of the last days.
func (o *Outreach) Start(ctx context.Context, chosen []notify.Unmatched, lowest feeds.Severity, days int) (id db.ID, err error) {
	if err := analyst(ctx); err != nil {
		return id, err
	}
	switch {
	case len(chosen) == 0:
		return id, fault.New(fault.Invalid, "outreach.error.none_chosen")
	case lowest < feeds.Info || lowest > feeds.Critical || !slices.Contains(Periods, days) || len(chosen) > 200:
		return id, fault.New(fault.Invalid, "outreach.error.choice")
	}
	now := o.now()
	s := Sweep{ID: db.NewID(), By: actor.From(ctx).Account, Lowest: lowest, Since: now.AddDate(0, 0, -days), Until: now, State: "reading", CreatedAt: now, ChangedAt: now}
	for _, c := range chosen {
		if len(c.Source) > 40 || len(c.Type) > 100 {
			return id, fault.New(fault.Invalid, "outreach.error.choice")
		}
		s.Chosen = append(s.Chosen, notify.Unmatched{Source: c.Source, Type: c.Type})
	}
	return s.ID, o.db.Write(ctx, func(tx *db.Tx) error {
		n, err := countSweeps(ctx, tx)
		if err != nil {
			return err
		}
		if n >= mostSweeps {
			return fault.New(fault.TooMany, "outreach.error.busy")
		}
		if err := insertSweep(ctx, tx, s); err != nil {
			return err
		}
		if err := audit.Append(ctx, tx, audit.Event{At: now, Action: audit.Change, Object: "sweep " + s.ID.String(), Detail: fmt.Sprintf("started: %d choices, %d days, %s and worse", len(chosen), days, lowest)}); err != nil {
			return err
		}
		return o.queue.Insert(ctx, tx, sweepArgs{s.ID}, time.Time{})
	})
}

// sweep reads the reports. Killed, it begins again: nothing is kept before it is through.
func (o *Outreach) sweep(ctx context.Context, a sweepArgs) error {
	var s Sweep
	err := o.db.Read(ctx, func(tx *db.Tx) (err error) { s, err = sweepByID(ctx, tx, a.Sweep); return err })
	if err != nil || s.State != "reading" {
		return ignoreGone(err)
	}
	g := gathering{subjects: map[string]*Subject{}}
	err = o.notify.EachUnmatched(ctx, notify.Selection{From: s.Chosen, Lowest: s.Lowest, Since: s.Since, Until: s.Until},
		func(done, of int) error {
			return o.db.Write(ctx, func(tx *db.Tx) error { return noteProgress(ctx, tx, s.ID, done, of, g.findings, len(g.order), o.now()) })
		},
		func(f *feeds.Finding, source string, seen time.Time) error { g.add(f, source, seen); return nil })
	if err != nil {
		return fmt.Errorf("read what concerned nobody: %w", err)
	}
	return o.db.Write(ctx, func(tx *db.Tx) error {
		var kept []*Subject
		for part := range slices.Chunk(g.order, 500) {
			told, err := toldSince(ctx, tx, part, o.now().Add(-againAfter))
			if err != nil {
				return err
			}
			for _, sub := range part {
				if sub.without(told[sub.Kind+" "+sub.Value]); len(sub.Evidence) == 0 {
					sub.State = "told"
				}
				kept = append(kept, sub)
			}
		}
		slices.SortStableFunc(kept, func(a, b *Subject) int { return int(b.Severity) - int(a.Severity) })
		if again, err := lockReading(ctx, tx, s.ID); err != nil || !again {
			return err
		}
		if err := insertSubjects(ctx, tx, s.ID, kept); err != nil {
			return err
		}
		for _, sub := range kept {
			if sub.State == "waiting" {
				if err := o.queue.Insert(ctx, tx, lookArgs{sub.ID}, time.Time{}); err != nil {
					return err
				}
			}
		}
		return finishReading(ctx, tx, s.ID, g.findings, len(kept), g.more, o.now())
	})
}

func ignoreGone(err error) error {
	if err == db.ErrNoRows {
		return nil
	}
	return err
}

// Sweeps lists the latest sweeps, at most 50.
func (o *Outreach) Sweeps(ctx context.Context) (list []Sweep, err error) {
	if err := analyst(ctx); err != nil {
		return nil, err
	}
	err = o.db.Read(ctx, func(tx *db.Tx) error { list, err = latestSweeps(ctx, tx, 50); return err })
	return list, err
}

// DeskLines says which rounds wait for an analyst to review or send.
func (o *Outreach) DeskLines(ctx context.Context, tx *db.Tx) ([]directory.Line, error) {
	if analyst(ctx) != nil {
		return nil, nil
	}
	n, err := countWaiting(ctx, tx)
	if err != nil || n == 0 {
		return nil, err
	}
	return []directory.Line{{Key: "outreach.waiting", Count: n, Path: deskPath}}, nil
}

// retain ends what is past its term.
func (o *Outreach) retain(ctx context.Context, _ retainArg) error {
	now := o.now()
	return o.db.Write(ctx, func(tx *db.Tx) error {
		n, err := dropOld(ctx, tx, now.Add(-keepSweeps), now.Add(-againAfter), now.Add(-keepLetters), now)
		if err != nil || n == 0 {
			return err
		}
		return audit.Append(ctx, tx, audit.Event{At: now, Actor: "polder", Action: audit.Delete, Object: "sweeps", Detail: fmt.Sprintf("%d past their term, with their contacts", n)})
	})
}
