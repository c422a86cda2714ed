package notify

import (
	"context"

	"polder/internal/db"
)

func eachWarningWhole(ctx context.Context, tx *db.Tx, organisation db.ID, fn func(exportedWarning) error) error {
	return tx.Each(ctx, func(scan func(...any) error) error {
		var w exportedWarning
		var created, sent db.Time
		if err := scan(&w.Reference, &w.Kind, &created, &sent, &w.Recipient, &w.State, &w.Subject, &w.Text); err != nil {
			return err
		}
		w.CreatedAt, w.SentAt = created.Time, sent.Time
		return fn(w)
	}, `SELECT n.reference, n.kind, n.created_at, d.sent_at, d.recipient, d.state, n.subject, n.body_text
		FROM notify_notification n JOIN notify_delivery d ON d.notification_id = n.id
		WHERE n.organisation_id = ?1`+toOrganisation+` ORDER BY n.created_at, n.id`, organisation)
}

func eachExposureOf(ctx context.Context, tx *db.Tx, organisation db.ID, fn func(Exposure) error) error {
	return eachExposure(ctx, tx, fn, `WHERE organisation_id = ?1 ORDER BY fingerprint`, organisation)
}

// eachAnswer calls fn with the answers whose column, "organisation_id" or "account_id", is the id.
func eachAnswer(ctx context.Context, tx *db.Tx, column string, id db.ID, fn func(exportedAnswer) error) error {
	return tx.Each(ctx, func(scan func(...any) error) error {
		var a exportedAnswer
		var at db.Time
		if err := scan(&at, &a.By, &a.Answer, &a.Note, &a.Exposures); err != nil {
			return err
		}
		a.At = at.Time
		return fn(a)
	}, `SELECT given_at, holder, answer, note, exposures FROM notify_feedback WHERE `+column+` = ?1 ORDER BY given_at, id`, id)
}
