package notify

import (
	"context"
	"errors"

	"polder/internal/db"
)

func deliveryByMessageID(ctx context.Context, tx *db.Tx, messageID string) (id db.ID, n Notification, err error) {
	err = tx.One(ctx, `SELECT d.id, n.id, n.reference, n.organisation_id FROM notify_delivery d JOIN notify_notification n ON n.id = d.notification_id
		WHERE d.message_id = ?1`, []any{messageID}, &id, &n.ID, &n.Reference, &n.Organisation)
	return id, n, err
}

func bounceDelivery(ctx context.Context, tx *db.Tx, id db.ID, reply string) (done bool, err error) {
	count, err := tx.Exec(ctx, `UPDATE notify_delivery SET state = 'bounced', reply = ?2 WHERE id = ?1 AND state IN (`+quoteDeliveries(deliveriesBefore(Bounced))+`)`, id, reply)
	return count == 1, err
}

// lastBounce tells where the latest message to an organisation was sent, if it came back; "" if not.
func lastBounce(ctx context.Context, tx *db.Tx, organisation db.ID) (address string, err error) {
	var state string
	err = tx.One(ctx, `SELECT d.state, d.recipient FROM (SELECT id FROM notify_notification WHERE organisation_id = ?1 AND kind <> 'desk'
			ORDER BY created_at DESC LIMIT 5) AS n CROSS JOIN notify_delivery d
		WHERE d.notification_id = n.id AND d.state IN ('sent', 'bounced', 'failed') ORDER BY d.notification_id DESC, d.id DESC LIMIT 1`, []any{organisation}, &state, &address)
	if errors.Is(err, db.ErrNoRows) || err == nil && state != string(Bounced) {
		return "", nil
	}
	return address, err
}
