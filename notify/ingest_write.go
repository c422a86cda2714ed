package notify

import (
	"context"
	"fmt"
	"time"

	"polder/internal/db"
	"polder/notify/feeds"
)

// writeBatch makes a batch durable, with how far the report has come, in one transaction.
func (n *Notify) writeBatch(ctx context.Context, r *Report, b *batch) error {
	var next Report
	err := n.change(ctx, func(tx *db.Tx) (err error) {
		next, err = n.writeBatchIn(ctx, tx, r, b)
		return err
	})
	if err != nil {
		return fmt.Errorf("up to line %d: %w", max(r.LastLine, b.lastLine), err)
	}
	*r = next
	return nil
}

// writeBatchIn returns the report as it is with the batch.
func (n *Notify) writeBatchIn(ctx context.Context, tx *db.Tx, r *Report, b *batch) (Report, error) {
	next := *r
	if b.lastLine > next.LastLine {
		next.LastLine = b.lastLine
	}
	if b.observed.After(next.ObservedLast) {
		next.ObservedLast = b.observed
	}
	// The lock that keeps others from this report may have broken with its connection, and a killed
	// reader's last batch may become durable after its death: whoever finds the report further than
	// it left it must not write.
	if err := holdReport(ctx, tx, r); err != nil {
		return next, err
	}
	done, err := n.see(ctx, tx, r, b)
	if err != nil {
		return next, err
	}
	if len(b.rows) > 0 {
		if err := n.watch(ctx, tx, &next); err != nil {
			return next, err
		}
	}
	next.Counts = r.Counts
	next.Counts.add(b.counts)
	next.Counts.add(done)
	if err := addUnmatched(ctx, tx, r.Source, r.ReceivedAt.Unix()/86400, b.networks); err != nil {
		return next, err
	}
	if err := insertRejected(ctx, tx, r.ID, b.rejected); err != nil {
		return next, err
	}
	return next, progressReport(ctx, tx, &next)
}

// see turns a batch's rows into exposures of the report.
func (n *Notify) see(ctx context.Context, tx *db.Tx, r *Report, b *batch) (Counts, error) {
	if len(b.rows) == 0 {
		return Counts{}, nil
	}
	if err := stageExposures(ctx, tx, b.rows); err != nil {
		return Counts{}, fmt.Errorf("stage exposures: %w", err)
	}
	now := db.Micros(n.now())
	done, err := seeExposures(ctx, tx, b.rows, r.Seq, r.Series, now)
	if err != nil {
		return Counts{}, err
	}
	return done, touchStaged(ctx, tx, now)
}

// calendar reads what organisations want, for one report.
func (n *Notify) calendar(ctx context.Context) (*calendar, error) {
	c := n.newCalendar(nil)
	err := n.db.Read(ctx, func(tx *db.Tx) (err error) {
		c.overrides, err = preferences(ctx, tx)
		return err
	})
	return c, err
}

func (n *Notify) newCalendar(overrides map[db.ID]map[feeds.Severity]Cadence) *calendar {
	c := &calendar{gather: n.set.Gather, hour: n.set.SendHour, location: n.set.Location, overrides: overrides}
	if c.location == nil {
		c.location = time.UTC
	}
	return c
}
