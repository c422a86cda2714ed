package notify

import (
	"context"
	"time"

	"polder/internal/db"
	"polder/internal/mail"
)

const placeholder = mail.Placeholder

// lastDue is the latest moment at which something that a report showed is due for an organisation; zero:
// nothing is.
func lastDue(ctx context.Context, tx *db.Tx, organisation db.ID, seq int64) (time.Time, error) {
	var at db.Time
	err := tx.One(ctx, `SELECT max(due_at) FROM notify_exposure WHERE organisation_id = ?1 AND last_report = ?2 AND due_at IS NOT NULL`,
		[]any{organisation[:], seq}, &at)
	return at.Time, err
}

// nextDue is the first moment at which anything is due for an organisation, up to the one given.
func nextDue(ctx context.Context, tx *db.Tx, organisation db.ID, until time.Time) (time.Time, error) {
	var at db.Time
	err := tx.One(ctx, `SELECT min(due_at) FROM notify_exposure WHERE organisation_id = ?1 AND due_at <= ?2`,
		[]any{organisation[:], db.Micros(until)}, &at)
	return at.Time, err
}

// causedMails calls fn for each mail that a report led to, and returns their texts.
func causedMails(ctx context.Context, tx *db.Tx, seq int64, fn func(Sent) error) (texts map[db.ID]string, err error) {
	if err := eachNotification(ctx, tx, fn, `WHERE n.id IN (SELECT notification_id FROM notify_cause WHERE report = ?1) ORDER BY n.created_at, n.id, d.id`, seq); err != nil {
		return nil, err
	}
	texts = map[db.ID]string{}
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var id db.ID
		var text string
		err := scan(&id, &text)
		texts[id] = text
		return err
	}, `SELECT id, body_text FROM notify_notification WHERE id IN (SELECT notification_id FROM notify_cause WHERE report = ?1)`, seq)
	return texts, err
}

// whyQuiet says why an organisation hears nothing of what a report showed.
func whyQuiet(ctx context.Context, tx *db.Tx, organisation db.ID, seq int64) (why string, err error) {
	var told, answered, fresh int64
	err = tx.One(ctx, `SELECT CAST(COALESCE(sum(CASE WHEN told_at IS NOT NULL AND state NOT IN ('false_positive', 'not_ours') THEN 1 ELSE 0 END), 0) AS BIGINT),
		CAST(COALESCE(sum(CASE WHEN state IN ('false_positive', 'not_ours') THEN 1 ELSE 0 END), 0) AS BIGINT),
		CAST(COALESCE(sum(CASE WHEN state IN ('new', 'reopened') THEN 1 ELSE 0 END), 0) AS BIGINT)
		FROM notify_exposure WHERE organisation_id = ?1 AND last_report = ?2`, []any{organisation[:], seq}, &told, &answered, &fresh)
	switch {
	case err != nil:
		return "", err
	case fresh > 0:
		return "never", nil
	case answered > 0 && told == 0:
		return "answered", nil
	}
	return "known", nil
}
