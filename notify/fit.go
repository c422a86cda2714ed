package notify

import (
	"context"
	"fmt"
	"time"

	"polder/directory"
	"polder/internal/db"
)

// fit looks at a mail just before it goes, since hours or days may have passed in which the mail server was
// slow, down or refused it: it goes to the address of today, waits while there is none, and is taken back
// when its organisation no longer holds what it is about. What ended meanwhile, as with another delivery of
// the same message, does not go.
func (n *Notify) fit(ctx context.Context, d *dueDelivery) (fit bool, err error) {
	if err := n.footprint.Load(ctx); err != nil {
		return false, err
	}
	to := ""
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		if fit, err = isDue(ctx, tx, d.id); err != nil || !fit || d.organisation.IsZero() {
			return err
		}
		organisations, err := directory.Get(ctx, tx, []db.ID{d.organisation})
		to = organisations[d.organisation].Email
		return err
	})
	switch {
	case err != nil || !fit:
	case d.kind == "stranger":
		fit, err = n.fitStranger(ctx, d)
	case d.kind == "desk":
		d.replyTo = to
	case d.mailbox.IsZero() && to == d.recipient && d.register == n.footprint.Index().Version():
	default:
		err = n.change(ctx, func(tx *db.Tx) (err error) {
			if !d.mailbox.IsZero() {
				fit, err = n.fitCopy(ctx, tx, d)
				return err
			}
			fit, err = n.fitOne(ctx, tx, d, to)
			return err
		})
	}
	if err != nil {
		return false, fmt.Errorf("look at %s before it goes: %w", d.reference, err)
	}
	return fit, nil
}

func (n *Notify) fitOne(ctx context.Context, tx *db.Tx, d *dueDelivery, to string) (keep bool, err error) {
	if to == "" {
		return false, putBehind(ctx, tx, d.id, n.now().Add(time.Hour))
	}
	var gone []Exposure
	index := n.footprint.Index()
	err = eachItem(ctx, tx, d.notification, func(e Exposure) error {
		if !stillConcerns(index, &e) {
			gone = append(gone, Exposure{Organisation: e.Organisation, Fingerprint: e.Fingerprint, Reasons: e.Reasons, ToldAt: e.ToldAt})
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	if len(gone) > 0 {
		if err := letGo(ctx, tx, d.notification, gone, db.Micros(n.now())); err != nil {
			return false, err
		}
		if err := takeBack(ctx, tx, d, db.Micros(n.now())); err != nil {
			return false, err
		}
		return false, n.queue.Insert(ctx, tx, composeArgs{}, time.Time{})
	}
	d.recipient = to
	return true, redirect(ctx, tx, d.id, to)
}

// Readdress sends what was refused for good to the address that an organisation has now, when that
// is another one; it returns how many.
func (n *Notify) Readdress(ctx context.Context) (count int, err error) {
	var failed []*dueDelivery
	err = n.db.Read(ctx, func(tx *db.Tx) (err error) {
		failed, err = refused(ctx, tx, n.now().Add(-lookBack), 500)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("look up refused mails: %w", err)
	}
	var ids []db.ID
	for _, d := range failed {
		ids = append(ids, d.organisation)
	}
	err = n.db.Write(ctx, func(tx *db.Tx) error {
		organisations, err := directory.Get(ctx, tx, ids)
		if err != nil {
			return err
		}
		for _, d := range failed {
			to := organisations[d.organisation].Email
			if to == "" || to == d.recipient {
				continue
			}
			id := db.NewID()
			if err := insertDelivery(ctx, tx, id, d.notification, to, id.String()[24:]+"."+d.messageID, n.now()); err != nil {
				return err
			}
			count++
		}
		if count == 0 {
			return nil
		}
		return n.queue.Insert(ctx, tx, deliverArgs{}, time.Time{})
	})
	return count, err
}
