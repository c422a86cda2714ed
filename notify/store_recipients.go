package notify

import (
	"context"
	"strings"
	"time"

	"polder/internal/db"
)

// recipientsOf returns the mailboxes that organisations chose, with their languages; of at most some
// hundred organisations.
func recipientsOf(ctx context.Context, tx *db.Tx, organisations []db.ID) (map[db.ID]map[db.ID]string, error) {
	args, places := make([]any, len(organisations)), make([]string, len(organisations))
	for i := range organisations {
		args[i], places[i] = organisations[i], "?"+itoa(i+1)
	}
	found := map[db.ID]map[db.ID]string{}
	if len(organisations) == 0 {
		return found, nil
	}
	err := tx.Each(ctx, func(scan func(...any) error) error {
		var organisation, mailbox db.ID
		var language string
		err := scan(&organisation, &mailbox, &language)
		if found[organisation] == nil {
			found[organisation] = map[db.ID]string{}
		}
		found[organisation][mailbox] = language
		return err
	}, `SELECT organisation_id, mailbox_id, language FROM notify_recipient WHERE organisation_id IN (`+strings.Join(places, ", ")+`)`, args...)
	return found, err
}

func saveRecipients(ctx context.Context, tx *db.Tx, organisation db.ID, chosen map[db.ID]string, now time.Time) error {
	if _, err := tx.Exec(ctx, `DELETE FROM notify_recipient WHERE organisation_id = ?1`, organisation); err != nil {
		return err
	}
	for mailbox, language := range chosen {
		if _, err := tx.Exec(ctx, `INSERT INTO notify_recipient (organisation_id, mailbox_id, language, changed_at) VALUES (?1, ?2, ?3, ?4)`,
			organisation, mailbox, language, db.At(now)); err != nil {
			return err
		}
	}
	return nil
}

// copyRow is what a delivery to another than the main contact says.
type copyRow struct {
	delivery, mailbox                     db.ID
	behalf, language, subject, text, html string
}

func insertCopy(ctx context.Context, tx *db.Tx, c copyRow) error {
	_, err := tx.Exec(ctx, `INSERT INTO notify_copy (delivery_id, mailbox_id, behalf, language, subject, body_text, body_html) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)`,
		c.delivery, c.mailbox, c.behalf, c.language, c.subject, c.text, c.html)
	return err
}

// isDue tells whether a delivery still waits to be made.
func isDue(ctx context.Context, tx *db.Tx, delivery db.ID) (due bool, err error) {
	var n int
	err = tx.One(ctx, `SELECT count(*) FROM notify_delivery WHERE id = ?1 AND next_at IS NOT NULL`, []any{delivery}, &n)
	return n == 1, err
}

// noCopy leaves out the deliveries to others than the main contact: a list shows each message once.
const noCopy = ` AND NOT EXISTS (SELECT 1 FROM notify_copy c WHERE c.delivery_id = d.id)`

// copiesOf returns the deliveries of a message to others than the main contact.
func copiesOf(ctx context.Context, tx *db.Tx, notification db.ID) (list []Copy, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var c Copy
		var sent db.Time
		err := scan(&c.Recipient, &c.Behalf, &c.Language, &c.State, &sent)
		c.SentAt = sent.Time
		list = append(list, c)
		return err
	}, `SELECT d.recipient, c.behalf, c.language, d.state, d.sent_at FROM notify_delivery d JOIN notify_copy c ON c.delivery_id = d.id
		WHERE d.notification_id = ?1 AND d.state <> 'withdrawn' ORDER BY d.id LIMIT 20`, notification)
	return list, err
}

// testsOf returns the test messages to an organisation since the moment given, the latest first.
func testsOf(ctx context.Context, tx *db.Tx, organisation db.ID, since time.Time, limit int) (list []Sent, err error) {
	err = eachNotification(ctx, tx, func(s Sent) error { list = append(list, s); return nil },
		`WHERE n.organisation_id = ?1 AND n.created_at > ?2 AND n.kind = 'test'`+noCopy+` ORDER BY n.created_at DESC, n.id DESC LIMIT ?3`, organisation, db.At(since), limit)
	return list, err
}
