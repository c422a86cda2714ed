package notify

import (
	"context"
	"time"

	"polder/internal/db"
)

// putBehind makes a delivery due at the moment given, if it is still to be made.
func putBehind(ctx context.Context, tx *db.Tx, id db.ID, at time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE notify_delivery SET next_at = ?2 WHERE id = ?1 AND next_at IS NOT NULL`, id, db.At(at))
	return err
}

func redirect(ctx context.Context, tx *db.Tx, id db.ID, to string) error {
	_, err := tx.Exec(ctx, `UPDATE notify_delivery SET recipient = ?2 WHERE id = ?1`, id, to)
	return err
}

// takeBack ends a delivery that was not made, with the copies of the same message that were not, and
// makes what is left of its notification due again as if nobody had been told, which is so. What was
// taken back already is left alone: it may have been written anew since.
func takeBack(ctx context.Context, tx *db.Tx, d *dueDelivery, now int64) error {
	n, err := tx.Exec(ctx, `UPDATE notify_delivery SET state = 'withdrawn', next_at = NULL
		WHERE notification_id = ?1 AND state IN (`+quoteDeliveries(deliveriesBefore(Withdrawn))+`)`, d.notification)
	if err != nil || n == 0 {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE notify_link SET revoked_at = ?2 WHERE notification_id = ?1 AND revoked_at IS NULL`, d.notification, now); err != nil {
		return err
	}
	_, err = touching(ctx, tx, now, `UPDATE notify_exposure SET due_at = ?2, told_at = CASE WHEN CAST(?3 AS TEXT) = 'warning' THEN NULL ELSE told_at END
		WHERE (organisation_id, fingerprint) IN (SELECT organisation_id, fingerprint FROM notify_item WHERE notification_id = ?1)
		AND state IN ('open', 'acknowledged', 'solved')`, d.notification, now, d.kind)
	return err
}

// withdrawDelivery ends a delivery that was not made, and says why.
func withdrawDelivery(ctx context.Context, tx *db.Tx, id db.ID, why string) error {
	_, err := tx.Exec(ctx, `UPDATE notify_delivery SET state = 'withdrawn', next_at = NULL, reply = ?2
		WHERE id = ?1 AND state IN (`+quoteDeliveries(deliveriesBefore(Withdrawn))+`)`, id, why)
	return err
}

// refused returns deliveries of notifications made since the moment given that were refused for good
// and have no later attempt at another address.
func refused(ctx context.Context, tx *db.Tx, since time.Time, limit int) (list []*dueDelivery, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var d dueDelivery
		err := scan(&d.id, &d.notification, &d.organisation, &d.recipient, &d.messageID)
		list = append(list, &d)
		return err
	}, `SELECT d.id, d.notification_id, n.organisation_id, d.recipient, d.message_id
		FROM notify_delivery d JOIN notify_notification n ON n.id = d.notification_id
		WHERE d.state = 'failed' AND n.kind NOT IN ('desk', 'stranger') AND d.id > ?1
		AND NOT EXISTS (SELECT 1 FROM notify_delivery later WHERE later.notification_id = d.notification_id AND later.id > d.id
			AND NOT EXISTS (SELECT 1 FROM notify_copy c WHERE c.delivery_id = later.id))`+noCopy+`
		ORDER BY d.id DESC LIMIT ?2`, idAt(since), limit)
	return list, err
}
