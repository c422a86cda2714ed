package notify

import (
	"context"
	"fmt"
	"time"

	"polder/internal/audit"
	"polder/internal/db"
)

// The figures on quality are rows by day that change with the exposures, by triggers of the database:
// whatever moves an exposure, its figures move in the same transaction. insight reads them by the
// views notify_kpi_*.

// solveBounds are the upper ends of the steps in which times to solve are counted; what took longer
// than the last is one step more. The migration 0012 has them too.
var solveBounds = []time.Duration{1 * time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 16 * time.Hour, days(1), days(2), days(3), days(5), days(7),
	days(10), days(14), days(21), days(30), days(45), days(60), days(90), days(120), days(180), days(365)}

func days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }

// SolveBounds returns the upper ends of the steps in which times to solve are counted.
func SolveBounds() []time.Duration { return append([]time.Duration(nil), solveBounds...) }

// Door is by what advice was opened.
type Door string

// The doors.
const (
	ByLink    Door = "link"    // in a mail, by what seems to be a person
	ByPortal  Door = "portal"  // by somebody who is signed in
	ByMachine Door = "machine" // by what follows links in mails before a person does
)

// mostNetworks is how many networks of one type a piece of a report counts by name, and keepNetworks
// for how long.
const (
	mostNetworks = 300
	keepNetworks = 35 * 24 * time.Hour
)

// RebuildFigures counts the figures anew from all exposures. It changes nothing when they are right.
func (n *Notify) RebuildFigures(ctx context.Context) error {
	err := n.change(ctx, func(tx *db.Tx) error {
		if err := rebuildFigures(ctx, tx); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Event{At: n.now(), Action: audit.Change, Object: "figures", Detail: "counted anew"})
	})
	if err != nil {
		return fmt.Errorf("count the figures anew: %w", err)
	}
	return nil
}

// opened counts that advice of some types was opened, and not by whom. That it could not be counted
// keeps nobody from reading it.
func (n *Notify) opened(ctx context.Context, d Door, types ...string) {
	err := n.db.Write(ctx, func(tx *db.Tx) error { return countOpened(ctx, tx, n.now(), d, types) })
	if err != nil && ctx.Err() == nil {
		n.log.Warn("an opening was not counted", "why", err)
	}
}
