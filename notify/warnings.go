package notify

import (
	"context"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/mail"
)

// Warnings is a piece of the messages that an organisation got, the latest first.
type Warnings struct {
	In    actor.In
	Whole bool // false: the actor's mandate covers a part of the assets, and a message may be about others
	List  []Sent
	More  bool
}

// Warnings returns the messages to an organisation from before the one given, or the latest when it
// is zero, and records that they were read. Whoever may see a part of the assets gets none: one
// message is about many.
func (n *Notify) Warnings(ctx context.Context, organisation, before db.ID, limit int) (w Warnings, err error) {
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		v, err := n.sightOf(ctx, tx, organisation, actor.Anybody, false)
		if err != nil {
			return err
		}
		if w.In, w.Whole = v.in, v.every; !v.every {
			return nil
		}
		at := endOfTime
		if !before.IsZero() {
			found, _, err := warningByID(ctx, tx, organisation, before)
			if err != nil {
				return err
			}
			if len(found) == 0 {
				return hidden()
			}
			at = db.Micros(found[0].CreatedAt)
		}
		if w.List, err = warningsOf(ctx, tx, organisation, at, before, limit+1); len(w.List) > limit {
			w.List, w.More = w.List[:limit], true
		}
		return err
	})
	if err != nil || !w.Whole {
		return w, err
	}
	return w, n.recordRead(ctx, organisation, "notifications", "")
}

// Warning returns one message to an organisation as it was sent, but for the secret link: whoever
// reads it here is signed in, and is led to the exposures.
func (n *Notify) Warning(ctx context.Context, organisation, id db.ID) (s Sent, err error) {
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		v, err := n.sightOf(ctx, tx, organisation, actor.Anybody, false)
		if err != nil {
			return err
		}
		if !v.every {
			return hidden()
		}
		found, text, err := warningByID(ctx, tx, organisation, id)
		if err != nil {
			return err
		}
		if len(found) == 0 || !readable(found[0].State) {
			return hidden()
		}
		s = found[0]
		s.Text = mail.Fill(text, n.set.BaseURL+"/o/"+organisation.String()+"/exposures")
		s.Copies, err = copiesOf(ctx, tx, id)
		return err
	})
	if err != nil {
		return Sent{}, err
	}
	return s, n.recordRead(ctx, organisation, "notification "+id.String(), s.Reference)
}

// readable tells whether a message can be read here: one that waits to be sent is held against the
// register once more before it goes, and may never go.
func readable(d Delivery) bool { return d == Delivered || d == Bounced || d == Failed }
