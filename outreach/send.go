package outreach

import (
	"context"
	"errors"
	"fmt"
	"time"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/seal"
)

// Send queues a letter to each approved contact of a sweep. It asks for a factor that was shown just
// now, since many letters go to people who did not ask for them.
func (o *Outreach) Send(ctx context.Context, sweep db.ID) error {
	if err := analyst(ctx); err != nil {
		return err
	}
	if !actor.From(ctx).Recent(o.now()) {
		return fault.New(fault.Denied, "outreach.error.fresh")
	}
	return o.db.Write(ctx, func(tx *db.Tx) error {
		s, err := lockSweep(ctx, tx, sweep)
		if errors.Is(err, db.ErrNoRows) {
			return hidden()
		}
		if err != nil {
			return err
		}
		if s.State != "ready" && s.State != "sending" {
			return fault.New(fault.Conflict, "outreach.error.not_ready")
		}
		counts, _, err := countsOf(ctx, tx, sweep)
		if err != nil {
			return err
		}
		if counts["approved"] == 0 {
			return fault.New(fault.Conflict, "outreach.error.none_approved")
		}
		if err := moveSweep(ctx, tx, sweep, "sending", o.now()); err != nil {
			return err
		}
		if err := audit.Append(ctx, tx, audit.Event{At: o.now(), Action: audit.Decide, Object: "sweep " + sweep.String(), Detail: fmt.Sprintf("send to %d", counts["approved"])}); err != nil {
			return err
		}
		return o.queue.Insert(ctx, tx, sendArgs{sweep}, time.Time{})
	})
}

// sendAll queues the letters, each in a transaction that also notes that it was: killed, it goes on with
// the others.
func (o *Outreach) sendAll(ctx context.Context, a sendArgs) error {
	if err := o.footprint.Load(ctx); err != nil {
		return err
	}
	for {
		var next []db.ID
		err := o.db.Read(ctx, func(tx *db.Tx) (err error) { next, err = approvedIn(ctx, tx, a.Sweep, 50); return err })
		if err != nil {
			return err
		}
		if len(next) == 0 {
			return o.db.Write(ctx, func(tx *db.Tx) error { return moveSweep(ctx, tx, a.Sweep, "ready", o.now()) })
		}
		for _, id := range next {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err := o.db.Write(ctx, func(tx *db.Tx) error { return o.sendOne(ctx, tx, a.Sweep, id) }); err != nil {
				return fmt.Errorf("write to stranger %s: %w", id, err)
			}
		}
	}
}

// sendOne queues the letter to one contact, if it is still to be sent: who was registered or told
// meanwhile, or wants no letters, gets none.
func (o *Outreach) sendOne(ctx context.Context, tx *db.Tx, sweep, id db.ID) error {
	c, err := lockContact(ctx, tx, sweep, id)
	if err != nil || c.State != "approved" {
		return err
	}
	if out, err := o.optedOut(ctx, tx, c.Address); err != nil {
		return err
	} else if out {
		c.State, c.Reason = "refused", ""
		return saveContact(ctx, tx, c, o.now())
	}
	subjects, err := subjectsOf(ctx, tx, id, mostSubjects)
	if err != nil {
		return err
	}
	kept, err := o.stillStrangers(ctx, tx, subjects)
	if err != nil {
		return err
	}
	if len(kept) == 0 {
		c.State, c.Reason = "skipped", "outreach.reason.nothing_left"
		return saveContact(ctx, tx, c, o.now())
	}
	notification, reference, err := o.notify.QueueStranger(ctx, tx, o.letter(c, kept))
	if err != nil {
		return err
	}
	c.State, c.Reason = "queued", reference
	if err := saveContact(ctx, tx, c, o.now()); err != nil {
		return err
	}
	if err := insertLetter(ctx, tx, notification, id, seal.Hash(o.notify.StrangerToken(notification)), o.hash("address", c.Address), o.now()); err != nil {
		return err
	}
	if err := noteTold(ctx, tx, notification, kept, o.now()); err != nil {
		return err
	}
	return audit.Append(ctx, tx, audit.Event{At: o.now(), Action: audit.Send, Object: "notification " + notification.String(), Detail: "to a stranger, queued: " + reference})
}

// stillStrangers leaves out what is registered by now, and what somebody was told of lately.
func (o *Outreach) stillStrangers(ctx context.Context, tx *db.Tx, subjects []Subject) (kept []Subject, err error) {
	pointers := make([]*Subject, len(subjects))
	for i := range subjects {
		pointers[i] = &subjects[i]
	}
	told, err := toldSince(ctx, tx, pointers, o.now().Add(-againAfter))
	if err != nil {
		return nil, err
	}
	for _, s := range pointers {
		state := ""
		if o.registered(s) {
			state = "registered"
		} else if s.without(told[s.Kind+" "+s.Value]); len(s.Evidence) == 0 {
			state = "told"
		}
		if state == "" {
			kept = append(kept, *s)
			continue
		}
		if err := leave(ctx, tx, s.ID, state); err != nil {
			return nil, err
		}
	}
	return kept, nil
}

// fit is asked by notify just before a letter goes.
func (o *Outreach) fit(ctx context.Context, tx *db.Tx, notification db.ID, recipient string) (fit bool, why string, err error) {
	contact, address, err := letterOf(ctx, tx, notification)
	if errors.Is(err, db.ErrNoRows) {
		return false, "it is no letter of ours", nil
	}
	if err != nil {
		return false, "", err
	}
	if string(address) != string(o.hash("address", recipient)) {
		return false, "the recipient is another than was reviewed", nil
	}
	out, err := o.optedOut(ctx, tx, recipient)
	if err != nil {
		return false, "", err
	}
	subjects, err := subjectsOf(ctx, tx, contact, mostSubjects)
	if err != nil {
		return false, "", err
	}
	state := ""
	switch {
	case out:
		state, why = "refused", "the recipient wants no letters"
	default:
		for i := range subjects {
			if !o.registered(&subjects[i]) {
				continue
			}
			// The letter tells of it, so it cannot go; the rest is reviewed again.
			state, why = "open", "what it is about is registered by now"
			if err := leave(ctx, tx, subjects[i].ID, "registered"); err != nil {
				return false, "", err
			}
		}
	}
	if state == "" {
		return true, "", nil
	}
	if err := forgetTold(ctx, tx, notification); err != nil {
		return false, "", err
	}
	if err := withdrawn(ctx, tx, contact, state, o.now()); err != nil {
		return false, "", err
	}
	return false, why, recount(ctx, tx, contact, o.now())
}
