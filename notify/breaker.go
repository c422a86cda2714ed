package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"polder/internal/db"
	"polder/internal/outbox"
)

// The circuit breaker compares a report with the ones before it of the same series.
const (
	usualOf    = 10 // reports before it whose middle number is what is usual
	usualLeast = 3  // with fewer than this nobody can say what is usual
	usualTimes = 10 // how many times the usual number is too many
	usualFloor = 20 // fewer organisations than this are never too many
)

// mostWarned tells how many organisations a report may warn before somebody has to look at it first.
// most is the number of the settings, and before what the reports before it warned.
func mostWarned(most int64, before []int64) int64 {
	if len(before) < usualLeast {
		return most
	}
	before = slices.Sorted(slices.Values(before))
	return min(most, max(usualTimes*before[len(before)/2], usualFloor))
}

// watch counts whom a report would warn that were not told of this before, in the transaction that
// makes the exposures; as soon as they are too many, it holds what the series brings from this report
// on. So nothing can be composed between the one and the other.
func (n *Notify) watch(ctx context.Context, tx *db.Tx, r *Report) error {
	if n.set.Breaker == 0 || r.held {
		return nil
	}
	if err := noteWarned(ctx, tx, r.Seq); err != nil {
		return fmt.Errorf("count whom the report would warn: %w", err)
	}
	if r.most == 0 {
		before, err := warnedBefore(ctx, tx, r, usualOf)
		if err != nil {
			return fmt.Errorf("look up what is usual: %w", err)
		}
		r.most = mostWarned(n.set.Breaker, before)
	}
	count, err := countWarned(ctx, tx, r.Seq, r.most+1)
	if err != nil || count <= r.most {
		return err
	}
	h := &Hold{ID: db.NewID(), Scope: OfReport, Subject: strconv.FormatInt(r.Series, 10), Series: r.Series, Seq: r.Seq, Warned: count, Most: r.most,
		HeldAt: n.now(), HeldBy: "polder", Reason: cut(r.Name, mostReason)}
	// A person who offered the report is the first of the two who let it go.
	by, err := offeredBy(ctx, tx, r.Seq)
	if err != nil {
		return err
	}
	if _, ok := accountOf(by); ok {
		h.FirstBy, h.FirstAt = by, r.ReceivedAt
	}
	err = n.hold(ctx, tx, h)
	if r.held = true; errors.Is(err, errHeldAlready) {
		return nil // by a report before it: the series waits
	}
	if err != nil {
		return err
	}
	if r.rehearsed {
		return nil // nobody is to be alarmed by what was only tried
	}
	n.log.Warn("a report would warn more organisations than it may; it waits for an analyst", "report", r.Name, "series", r.Series, "most", r.most)
	return n.alarm(ctx, tx, r, h)
}

// watched closes the count when the report is complete.
func (n *Notify) watched(ctx context.Context, tx *db.Tx, r *Report) error {
	if n.set.Breaker == 0 {
		return nil
	}
	return closeWarned(ctx, tx, r.ID, r.Seq)
}

// Letters tells notify by what way the desk hears of alarms.
func (n *Notify) Letters(o *outbox.Outbox) { n.letters = o }

// alarm writes to the desk that a report waits.
func (n *Notify) alarm(ctx context.Context, tx *db.Tx, r *Report, h *Hold) error {
	if n.letters == nil || n.set.Desk == "" {
		return nil
	}
	p := n.catalog.For("nl").In(n.set.Location)
	to := n.set.Desk
	if _, bare, ok := strings.Cut(to, "<"); ok {
		to = strings.TrimSuffix(strings.TrimSpace(bare), ">")
	}
	l := outbox.Letter{To: to, Printer: p, Purpose: "alarm"}
	l.Subject = p.T("notify.alarm.subject", "Source", r.Source)
	l.Say(p.T("notify.alarm.text", "Report", defuse(r.Name), "Source", r.Source, "Most", p.Number(h.Most)))
	l.Say(p.T("notify.alarm.next"))
	l.Link(n.set.BaseURL + "/desk/outgoing")
	return n.letters.Send(ctx, tx, l)
}
