package notify

import (
	"context"
	"fmt"
	"time"

	"polder/directory"
	"polder/internal/db"
)

// fit looks at mails just before they go, since days may have passed in which the mail server was
// down or refused them: each goes to the address of today, waits while there is none, and is taken
// back when its organisation no longer holds what it is about.
func (n *Notify) fit(ctx context.Context, due []*dueDelivery) (fit []*dueDelivery, err error) {
	var ids []db.ID
	for _, d := range due {
		if !d.organisation.IsZero() {
			ids = append(ids, d.organisation)
		}
	}
	var organisations map[db.ID]directory.Organisation
	err = n.db.Read(ctx, func(tx *db.Tx) (err error) {
		organisations, err = directory.Get(ctx, tx, ids)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look up today's addresses: %w", err)
	}
	for _, d := range due {
		if d.kind == "stranger" {
			keep, err := n.fitStranger(ctx, d)
			if err != nil {
				return nil, fmt.Errorf("look at %s before it goes: %w", d.reference, err)
			}
			if keep {
				fit = append(fit, d)
			}
			continue
		}
		to := organisations[d.organisation].Email
		if d.kind == "desk" {
			d.replyTo = to
		}
		if d.kind == "desk" || d.mailbox.IsZero() && to == d.recipient && d.register == n.footprint.Index().Version() {
			fit = append(fit, d)
			continue
		}
		keep := false
		err := n.change(ctx, func(tx *db.Tx) (err error) {
			if !d.mailbox.IsZero() {
				keep, err = n.fitCopy(ctx, tx, d)
				return err
			}
			keep, err = n.fitOne(ctx, tx, d, to)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("look at %s before it goes: %w", d.reference, err)
		}
		if keep {
			fit = append(fit, d)
		}
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
