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

// nextDue is the first moment behind the one given at which anything is due for an organisation, up to
// another; zero: nothing is.
func nextDue(ctx context.Context, tx *db.Tx, organisation db.ID, after, until time.Time) (time.Time, error) {
	var at db.Time
	from := int64(0)
	if !after.IsZero() {
		from = db.Micros(after)
	}
	err := tx.One(ctx, `SELECT min(due_at) FROM notify_exposure WHERE organisation_id = ?1 AND due_at > ?2 AND due_at <= ?3`,
		[]any{organisation[:], from, db.Micros(until)}, &at)
	return at.Time, err
}

// causedMails returns each mail that a report led to, copies included, as each of them reads.
func causedMails(ctx context.Context, tx *db.Tx, seq int64) (list []Sent, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var s Sent
		var created db.Time
		err := scan(&s.ID, &s.Reference, &s.Organisation, &s.Kind, &s.Severity, &s.Exposures, &created, &s.Recipient, &s.Language, &s.Subject, &s.Text)
		s.CreatedAt = created.Time
		list = append(list, s)
		return err
	}, `SELECT n.id, n.reference, n.organisation_id, n.kind, n.severity, n.exposures, n.created_at, d.recipient,
		COALESCE(c.language, n.language), COALESCE(c.subject, n.subject), COALESCE(c.body_text, n.body_text)
		FROM notify_notification n JOIN notify_delivery d ON d.notification_id = n.id LEFT JOIN notify_copy c ON c.delivery_id = d.id
		WHERE n.id IN (SELECT notification_id FROM notify_cause WHERE report = ?1) ORDER BY n.created_at, n.id, d.id`, seq)
	return list, err
}

// seriesHeld tells whether the circuit breaker keeps back what a report brings.
func seriesHeld(ctx context.Context, tx *db.Tx, r *Report) (bool, error) {
	list, err := holds(ctx, tx, `scope = 'report' AND released_at IS NULL AND series_id = ?1 AND seq <= ?2`, r.Series, r.Seq)
	return len(list) > 0, err
}

// letSeriesGo ends what the circuit breaker keeps back of a report's series: in a rehearsal alone.
func letSeriesGo(ctx context.Context, tx *db.Tx, r *Report, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE notify_hold SET released_at = ?2 WHERE scope = 'report' AND released_at IS NULL AND series_id = ?1`, r.Series, db.At(now))
	return err
}

// keptBackOf counts what a report showed at an organisation that is due and held.
func keptBackOf(ctx context.Context, tx *db.Tx, organisation db.ID, seq int64) (count int64, err error) {
	err = tx.One(ctx, `SELECT CAST(COALESCE(sum(CASE WHEN true`+notHeld+` THEN 0 ELSE 1 END), 0) AS BIGINT)
		FROM notify_exposure WHERE organisation_id = ?1 AND last_report = ?2 AND due_at IS NOT NULL`, []any{organisation[:], seq}, &count)
	return count, err
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
