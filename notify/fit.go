package notify

import (
	"context"
	"fmt"
	"time"

	"polder/directory"
	"polder/internal/db"
)

// fit looks at a mail right before it goes, since days may have passed in which the mail server was
// down or refused it, and a round of many takes long: it goes only while it is still to go, to the address
// of this moment, waits while there is none, and is taken back when its organisation no longer holds what
// it is about.
func (n *Notify) fit(ctx context.Context, d *dueDelivery) (keep bool, err error) {
	if err := n.footprint.Load(ctx); err != nil {
		return false, err
	}
	waits := false
	var found map[db.ID]directory.Organisation
	err = n.db.Read(ctx, func(tx *db.Tx) (err error) {
		if waits, err = isDue(ctx, tx, d.id); err != nil || !waits || d.organisation.IsZero() {
			return err
		}
		found, err = directory.Get(ctx, tx, []db.ID{d.organisation})
		return err
	})
	if err != nil {
		return false, fmt.Errorf("look up today's address: %w", err)
	}
	if !waits {
		return false, nil // held, or taken back a moment ago
	}
	if d.kind == "stranger" {
		return n.fitStranger(ctx, d)
	}
	to := found[d.organisation].Email
	if d.kind == "desk" {
		d.replyTo = to
		return true, nil
	}
	if d.mailbox.IsZero() && to == d.recipient && d.register == n.footprint.Index().Version() {
		return true, nil
	}
	err = n.change(ctx, func(tx *db.Tx) (err error) {
		if !d.mailbox.IsZero() {
			keep, err = n.fitCopy(ctx, tx, d)
			return err
		}
		keep, err = n.fitOne(ctx, tx, d, to)
		return err
	})
	return keep, err
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
