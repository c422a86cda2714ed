package notify

import (
	"context"
	"time"

	"polder/internal/db"
)

func sources(ctx context.Context, tx *db.Tx) (list []SourceStatus, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var s SourceStatus
		var last db.Time
		err := scan(&s.Key, &s.Name, &s.TLP, &s.Licence, &s.Reports, &last, &s.Rows, &s.Rejected, &s.Matched, &s.Unmatched,
			&s.ExposuresNew, &s.ExposuresAgain, &s.ExposuresReopened)
		s.LastReceived = last.Time
		list = append(list, s)
		return err
	}, `SELECT s.key, s.name, s.tlp, s.licence, count(r.id), max(r.received_at), CAST(COALESCE(sum(r.rows_read), 0) AS BIGINT),
		CAST(COALESCE(sum(r.rejected), 0) AS BIGINT), CAST(COALESCE(sum(r.matched), 0) AS BIGINT), CAST(COALESCE(sum(r.unmatched), 0) AS BIGINT),
		CAST(COALESCE(sum(r.exposures_new), 0) AS BIGINT), CAST(COALESCE(sum(r.exposures_again), 0) AS BIGINT),
		CAST(COALESCE(sum(r.exposures_reopened), 0) AS BIGINT)
		FROM notify_source s LEFT JOIN notify_report r ON r.source_key = s.key
		GROUP BY s.key, s.name, s.tlp, s.licence ORDER BY s.key LIMIT 1000`)
	return list, err
}

func answers(ctx context.Context, tx *db.Tx, source string) (list []AnswerCount, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var a AnswerCount
		var answer string
		err := scan(&a.Type, &answer, &a.Count)
		a.Answer = Answer(answer)
		list = append(list, a)
		return err
	}, `SELECT type, answer, count FROM notify_tally WHERE source_key = ?1 ORDER BY type, answer LIMIT 2000`, source)
	return list, err
}

func standing(ctx context.Context, tx *db.Tx, s *Standing) error {
	err := tx.Each(ctx, func(scan func(...any) error) error {
		var state string
		var n int64
		err := scan(&state, &n)
		s.Exposures[State(state)] = n
		return err
	}, `SELECT state, count(*) FROM notify_exposure GROUP BY state`)
	if err != nil {
		return err
	}
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var state string
		var n int64
		err := scan(&state, &n)
		s.Deliveries[Delivery(state)] = n
		return err
	}, `SELECT state, count(*) FROM notify_delivery GROUP BY state`)
	if err != nil {
		return err
	}
	return tx.Each(ctx, func(scan func(...any) error) error {
		var answer string
		var n int64
		err := scan(&answer, &n)
		s.Feedback[Answer(answer)] = n
		return err
	}, `SELECT answer, CAST(sum(count) AS BIGINT) FROM notify_tally GROUP BY answer`)
}

func waiting(ctx context.Context, tx *db.Tx, m map[Delivery]int64) error {
	return tx.Each(ctx, func(scan func(...any) error) error {
		var state string
		var n int64
		err := scan(&state, &n)
		m[Delivery(state)] = n
		return err
	}, `SELECT state, count(*) FROM (SELECT state FROM notify_delivery WHERE next_at > 0 ORDER BY next_at LIMIT 1000000) AS d GROUP BY state`) // by the index of what is still to go
}

// organisationsWaiting returns organisations that something untold waits for, within the next day.
func organisationsWaiting(ctx context.Context, tx *db.Tx) (list []db.ID, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var id db.ID
		err := scan(&id)
		list = append(list, id)
		return err
	}, `SELECT DISTINCT organisation_id FROM notify_exposure WHERE due_at IS NOT NULL AND state IN ('new', 'reopened')`)
	return list, err
}

// waitingForTheirDay calls fn for each organisation with what is due later than the moment given.
func waitingForTheirDay(ctx context.Context, tx *db.Tx, after int64, fn func(organisation db.ID, n int64, next time.Time)) error {
	return tx.Each(ctx, func(scan func(...any) error) error {
		var id db.ID
		var n int64
		var at db.Time
		err := scan(&id, &n, &at)
		fn(id, n, at.Time)
		return err
	}, `SELECT organisation_id, count(*), min(due_at) FROM notify_exposure WHERE due_at > ?1 AND state IN ('new', 'reopened') GROUP BY organisation_id`, after)
}

func latestAnswers(ctx context.Context, tx *db.Tx, limit int) (list []GivenAnswer, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var g GivenAnswer
		var at db.Time
		var holder, answer string
		err := scan(&at, &g.Organisation, &g.Reference, &holder, &answer, &g.Exposures, &g.Note)
		g.At, g.Holder, g.Answer = at.Time, Holder(holder), Answer(answer)
		list = append(list, g)
		return err
	}, `SELECT f.given_at, f.organisation_id, COALESCE(n.reference, ''), f.holder, f.answer, f.exposures, f.note
		FROM notify_feedback f LEFT JOIN notify_notification n ON n.id = f.notification_id ORDER BY f.given_at DESC LIMIT ?1`, limit)
	return list, err
}

// exposuresAfter reads at most limit exposures behind a place, of one organisation or of all.
func exposuresAfter(ctx context.Context, tx *db.Tx, organisation db.ID, print []byte, one bool, limit int, fn func(Exposure) error) error {
	where := `WHERE (organisation_id, fingerprint) > (?1, ?2) ORDER BY organisation_id, fingerprint LIMIT ?3`
	if one {
		where = `WHERE organisation_id = ?1 AND fingerprint > ?2 ORDER BY fingerprint LIMIT ?3`
	}
	return eachExposure(ctx, tx, fn, where, organisation[:], print, limit)
}

func notificationsAfter(ctx context.Context, tx *db.Tx, id, delivery db.ID, limit int, fn func(Sent) error) error {
	return eachNotification(ctx, tx, fn, `WHERE n.id >= ?1 AND (n.id > ?1 OR d.id > ?2) ORDER BY n.id, d.id LIMIT ?3`, id[:], delivery[:], limit)
}

func notificationByID(ctx context.Context, tx *db.Tx, id db.ID, fn func(Sent) error) error {
	return eachNotification(ctx, tx, fn, `WHERE n.id = ?1`, id[:])
}

func notificationByReference(ctx context.Context, tx *db.Tx, reference string, fn func(Sent) error) error {
	return eachNotification(ctx, tx, fn, `WHERE n.reference = ?1`, reference)
}

func latestReports(ctx context.Context, tx *db.Tx, limit int) ([]*Report, error) {
	return reports(ctx, tx, `ORDER BY seq DESC LIMIT ?1`, limit)
}

func reportByID(ctx context.Context, tx *db.Tx, id db.ID) ([]*Report, error) {
	return reports(ctx, tx, `WHERE id = ?1`, id[:])
}
