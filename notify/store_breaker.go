package notify

import (
	"context"

	"polder/internal/db"
)

// noteWarned notes the organisations of the batch that is staged which the report would warn of
// something new, or of something that is back.
func noteWarned(ctx context.Context, tx *db.Tx, seq int64) error {
	_, err := tx.Exec(ctx, `INSERT INTO notify_warned (seq, organisation_id)
		SELECT DISTINCT CAST(?1 AS BIGINT), s.organisation_id FROM notify_stage s
		JOIN notify_exposure e ON e.organisation_id = s.organisation_id AND e.fingerprint = s.fingerprint
		WHERE e.last_report = ?1 AND e.due_at IS NOT NULL AND (e.state = 'new' AND e.first_report = ?1 OR e.state = 'reopened')
		ON CONFLICT (seq, organisation_id) DO NOTHING`, seq)
	return err
}

func countWarned(ctx context.Context, tx *db.Tx, seq, most int64) (count int64, err error) {
	err = tx.One(ctx, `SELECT count(*) FROM (SELECT 1 FROM notify_warned WHERE seq = ?1 LIMIT ?2) AS part`, []any{seq, most}, &count)
	return count, err
}

// warnedBefore returns how many organisations each of the latest reports of the series warned.
func warnedBefore(ctx context.Context, tx *db.Tx, r *Report, limit int) (list []int64, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var n int64
		err := scan(&n)
		list = append(list, n)
		return err
	}, `SELECT warned FROM notify_report WHERE series_id = ?1 AND seq < ?2 AND state = 'complete' AND warned IS NOT NULL ORDER BY seq DESC LIMIT ?3`, r.Series, r.Seq, limit)
	return list, err
}

// closeWarned notes how many organisations a report warned; whom, only as long as it is held.
func closeWarned(ctx context.Context, tx *db.Tx, report db.ID, seq int64) error {
	if _, err := tx.Exec(ctx, `UPDATE notify_report SET warned = (SELECT count(*) FROM notify_warned WHERE seq = ?2) WHERE id = ?1`, report, seq); err != nil {
		return err
	}
	held, err := tx.Exec(ctx, `UPDATE notify_hold SET warned = (SELECT count(*) FROM notify_warned WHERE seq = ?1)
		WHERE scope = 'report' AND seq = ?1 AND released_at IS NULL`, seq)
	if err != nil || held > 0 {
		return err
	}
	return forgetWarned(ctx, tx, seq)
}

func forgetWarned(ctx context.Context, tx *db.Tx, seq int64) error {
	_, err := tx.Exec(ctx, `DELETE FROM notify_warned WHERE seq = ?1`, seq)
	return err
}

func setOfferedBy(ctx context.Context, tx *db.Tx, seq int64, who string) error {
	_, err := tx.Exec(ctx, `UPDATE notify_report SET offered_by = ?2 WHERE seq = ?1`, seq, who)
	return err
}

func offeredBy(ctx context.Context, tx *db.Tx, seq int64) (who string, err error) {
	err = tx.One(ctx, `SELECT offered_by FROM notify_report WHERE seq = ?1`, []any{seq}, &who)
	return who, err
}
