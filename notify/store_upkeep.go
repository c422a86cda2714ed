package notify

import (
	"context"
	"errors"
	"time"

	"polder/internal/db"
)

// latestFresh finds the two latest days of a series that have fresh reports.
func latestFresh(ctx context.Context, tx *db.Tx, series int64) (a absence, err error) {
	var days []int64
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var d int64
		err := scan(&d)
		days = append(days, d)
		return err
	}, `SELECT DISTINCT day FROM notify_report WHERE series_id = ?1 AND fresh = 1 ORDER BY day DESC LIMIT 2`, series)
	if err != nil || len(days) == 0 {
		return a, err
	}
	a.days = len(days)
	err = tx.One(ctx, `SELECT min(seq), COALESCE(min(observed_last), 0), min(format), min(type), max(mapping) FROM notify_report
		WHERE series_id = ?1 AND fresh = 1 AND day >= ?2`, []any{series, days[len(days)-1]}, &a.seq, &a.observed, &a.format, &a.kind, &a.mapping)
	if err != nil {
		return a, err
	}
	err = tx.One(ctx, `SELECT class FROM notify_exposure WHERE series_id = ?1 AND confirmed = 0
		AND state IN ('new', 'open', 'acknowledged', 'reopened', 'solved') LIMIT 1`, []any{series}, &a.class)
	if errors.Is(err, db.ErrNoRows) {
		return absence{}, nil // nothing open: nothing to confirm
	}
	return a, err
}

// confirmAbsent marks at most limit absent exposures solved and confirmed, with a closing message due
// to those who were told.
func confirmAbsent(ctx context.Context, tx *db.Tx, series int64, a absence, now, due int64, limit int) (int64, error) {
	return touching(ctx, tx, now, `UPDATE notify_exposure SET state = 'solved', confirmed = 1, state_at = CAST(?4 AS BIGINT), reopens_after = last_seen, remind_at = NULL,
		due_at = CASE WHEN told_at IS NULL THEN NULL ELSE CAST(?6 AS BIGINT) END
		WHERE (organisation_id, fingerprint) IN (SELECT organisation_id, fingerprint FROM notify_exposure
			WHERE series_id = ?1 AND confirmed = 0 AND state IN (`+quoteStates(append(from(StateSolved, ByReport), StateSolved))+`)
			AND last_report < ?2 AND last_seen <= ?3 LIMIT ?5)`, series, a.seq, a.observed, now, limit, due)
}

// expireUnseen ends at most limit exposures that were last seen before the moment given. It reads all
// exposures, once a day.
func expireUnseen(ctx context.Context, tx *db.Tx, before, now int64, limit int) (int64, error) {
	return touching(ctx, tx, now, `UPDATE notify_exposure SET state = 'expired', state_at = ?2, reopens_after = last_seen, remind_at = NULL, due_at = NULL
		WHERE (organisation_id, fingerprint) IN (SELECT e.organisation_id, e.fingerprint FROM notify_series s JOIN notify_exposure e ON e.series_id = s.id
			WHERE e.confirmed = 0 AND e.state IN (`+quoteStates(from(StateExpired, ByClock))+`) AND e.last_seen < ?1 LIMIT ?3)`, before, now, limit)
}

// rawDue returns reports whose raw file has passed its term.
func rawDue(ctx context.Context, tx *db.Tx, before int64, limit int) ([]*Report, error) {
	return reports(ctx, tx, `WHERE received_at < ?1 AND raw_deleted_at IS NULL AND state <> 'reading' ORDER BY received_at LIMIT ?2`, before, limit)
}

func markRawDeleted(ctx context.Context, tx *db.Tx, id db.ID, now int64) error {
	_, err := tx.Exec(ctx, `UPDATE notify_report SET raw_deleted_at = ?2 WHERE id = ?1`, id, now)
	return err
}

func deleteRejected(ctx context.Context, tx *db.Tx, before int64, limit int) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM notify_rejected WHERE (report_id, line) IN (SELECT j.report_id, j.line FROM notify_report r
		JOIN notify_rejected j ON j.report_id = r.id WHERE r.received_at < ?1 LIMIT ?2)`, before, limit)
}

func deleteNotifications(ctx context.Context, tx *db.Tx, before int64, limit int) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM notify_notification WHERE id IN (SELECT id FROM notify_notification WHERE created_at < ?1
		AND NOT EXISTS (SELECT 1 FROM notify_delivery d WHERE d.notification_id = notify_notification.id AND (d.next_at IS NOT NULL OR d.state = 'held'))
		ORDER BY id LIMIT ?2)`, before, limit)
}

func deleteAnswers(ctx context.Context, tx *db.Tx, before int64, limit int) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM notify_feedback WHERE id IN (SELECT id FROM notify_feedback WHERE given_at < ?1 AND notification_id IS NULL
		ORDER BY given_at LIMIT ?2)`, before, limit)
}

// reading returns the reports whose reading was cut short.
func reading(ctx context.Context, tx *db.Tx) ([]*Report, error) {
	return reports(ctx, tx, `WHERE state = 'reading' ORDER BY seq LIMIT 100`)
}

// since returns the reports received from the moment given whose raw file is there, after a number.
func since(ctx context.Context, tx *db.Tx, received, after int64, limit int) ([]*Report, error) {
	return reports(ctx, tx, `WHERE received_at >= ?1 AND seq > ?2 AND raw_deleted_at IS NULL AND state <> 'reading' ORDER BY seq LIMIT ?3`, received, after, limit)
}

// lastUpkeep returns when daily work was last done; the zero time for never.
func lastUpkeep(ctx context.Context, tx *db.Tx, what string) (time.Time, error) {
	var at db.Time
	err := tx.One(ctx, `SELECT ran_at FROM notify_upkeep WHERE what = ?1`, []any{what}, &at)
	if errors.Is(err, db.ErrNoRows) {
		return time.Time{}, nil
	}
	return at.Time, err
}

func noteUpkeep(ctx context.Context, tx *db.Tx, what string, at time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO notify_upkeep (what, ran_at) VALUES (?1, ?2) ON CONFLICT (what) DO UPDATE SET ran_at = excluded.ran_at`, what, db.At(at))
	return err
}
