package notify

import (
	"context"
	"errors"
	"time"

	"polder/internal/db"
)

// notHeld leaves out exposures that are kept back; it stands in a query on notify_exposure without another
// name. It reads a handful of rows, once for each query but for those of reports.
const notHeld = ` AND NOT EXISTS (SELECT 1 FROM notify_hold WHERE scope = 'everything' AND released_at IS NULL)
	AND type NOT IN (SELECT subject FROM notify_hold WHERE scope = 'type' AND released_at IS NULL)
	AND organisation_id NOT IN (SELECT h.organisation_id FROM notify_hold h WHERE h.scope = 'organisation' AND h.released_at IS NULL)
	AND series_id NOT IN (SELECT s.id FROM notify_hold h JOIN notify_series s ON s.source_key = h.subject WHERE h.scope = 'source' AND h.released_at IS NULL)
	AND NOT EXISTS (SELECT 1 FROM notify_hold h WHERE h.scope = 'report' AND h.released_at IS NULL
		AND h.series_id = notify_exposure.series_id AND h.seq <= notify_exposure.last_report)`

const holdColumns = `id, scope, subject, organisation_id, COALESCE(series_id, 0), COALESCE(seq, 0), warned, most, reason, held_at, held_by, first_at, first_by, released_at, released_by`

func scanHold(scan func(...any) error) (h Hold, err error) {
	var held, first, released db.Time
	err = scan(&h.ID, &h.Scope, &h.Subject, &h.Organisation, &h.Series, &h.Seq, &h.Warned, &h.Most, &h.Reason, &held, &h.HeldBy, &first, &h.FirstBy, &released, &h.ReleasedBy)
	h.HeldAt, h.FirstAt, h.ReleasedAt = held.Time, first.Time, released.Time
	return h, err
}

func holds(ctx context.Context, tx *db.Tx, where string, args ...any) (list []Hold, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		h, err := scanHold(scan)
		list = append(list, h)
		return err
	}, `SELECT `+holdColumns+` FROM notify_hold WHERE `+where, args...)
	return list, err
}

// mostHolds is how many holds stand on a page; nobody has more, but a list ends.
const mostHolds = 1000

func openHolds(ctx context.Context, tx *db.Tx) ([]Hold, error) {
	return holds(ctx, tx, `released_at IS NULL AND scope IN ('everything', 'source', 'type', 'organisation', 'report', 'message')
		ORDER BY CASE scope WHEN 'everything' THEN 0 WHEN 'message' THEN 2 ELSE 1 END, held_at DESC, id DESC LIMIT ?1`, mostHolds)
}

// anyHold tells whether anything is kept back.
func anyHold(ctx context.Context, tx *db.Tx) (there bool, err error) {
	var one int
	err = tx.One(ctx, `SELECT 1 FROM notify_hold WHERE released_at IS NULL LIMIT 1`, nil, &one)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// holdsOn returns the holds that cover a message as a whole, the stop of everything first.
func holdsOn(ctx context.Context, tx *db.Tx, d *dueDelivery) ([]Hold, error) {
	return holds(ctx, tx, `released_at IS NULL AND (scope = 'everything' OR scope = 'organisation' AND subject = ?1 OR scope = 'message' AND subject = ?2)
		ORDER BY CASE scope WHEN 'everything' THEN 0 ELSE 1 END`, d.organisation.String(), d.notification.String())
}

func holdByID(ctx context.Context, tx *db.Tx, id db.ID) (Hold, error) {
	list, err := holds(ctx, tx, `id = ?1`, id)
	if err == nil && len(list) == 0 {
		err = db.ErrNoRows
	}
	if err != nil {
		return Hold{}, err
	}
	return list[0], nil
}

// emergency returns the stop of everything, when there is one.
func emergency(ctx context.Context, tx *db.Tx) (h Hold, stopped bool, err error) {
	list, err := holds(ctx, tx, `scope = 'everything' AND released_at IS NULL`)
	if len(list) > 0 {
		return list[0], true, err
	}
	return h, false, err
}

func isPaused(ctx context.Context, tx *db.Tx, organisation db.ID) (paused bool, err error) {
	list, err := holds(ctx, tx, `released_at IS NULL AND (scope = 'everything' OR scope = 'organisation' AND subject = ?1) LIMIT 1`, organisation.String())
	return len(list) > 0, err
}

func insertHold(ctx context.Context, tx *db.Tx, h *Hold) (made bool, err error) {
	var series, seq any
	if h.Scope == OfReport {
		series, seq = h.Series, h.Seq
	}
	count, err := tx.Exec(ctx, `INSERT INTO notify_hold (id, scope, subject, organisation_id, series_id, seq, warned, most, reason, held_at, held_by, first_by, first_at, released_by)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, '') ON CONFLICT (scope, subject) WHERE released_at IS NULL DO NOTHING`,
		h.ID, string(h.Scope), h.Subject, h.Organisation, series, seq, h.Warned, h.Most, h.Reason, db.At(h.HeldAt), h.HeldBy, h.FirstBy, db.At(h.FirstAt))
	return count == 1, err
}

func agreeFirst(ctx context.Context, tx *db.Tx, h *Hold) error {
	_, err := tx.Exec(ctx, `UPDATE notify_hold SET first_by = ?2, first_at = ?3 WHERE id = ?1`, h.ID, h.FirstBy, db.At(h.FirstAt))
	return err
}

// releaseHold ends a hold, and queues again what was held by it.
func releaseHold(ctx context.Context, tx *db.Tx, id db.ID, now time.Time, who string) error {
	if _, err := tx.Exec(ctx, `UPDATE notify_hold SET released_at = ?2, released_by = ?3 WHERE id = ?1`, id, db.At(now), who); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE notify_delivery SET state = 'queued', next_at = ?2, hold_id = NULL WHERE hold_id = ?1 AND state = 'held'`, id, db.At(now))
	return err
}

func isSubject(ctx context.Context, tx *db.Tx, s Scope, subject string) (there bool, err error) {
	q := `SELECT 1 FROM notify_source WHERE key = ?1`
	if s == OfType {
		q = `SELECT 1 FROM notify_topic WHERE type = ?1 UNION ALL SELECT 1 FROM notify_series WHERE type = ?1 UNION ALL SELECT 1 FROM notify_tally WHERE type = ?1 LIMIT 1`
	}
	var one int
	err = tx.One(ctx, q, []any{subject}, &one)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

func holdDelivery(ctx context.Context, tx *db.Tx, delivery, hold db.ID) error {
	_, err := tx.Exec(ctx, `UPDATE notify_delivery SET state = 'held', next_at = NULL, hold_id = ?2
		WHERE id = ?1 AND state IN (`+quoteDeliveries(deliveriesBefore(Held))+`)`, delivery, hold)
	return err
}

// holdMessage holds all deliveries of one message that are still to be made.
func holdMessage(ctx context.Context, tx *db.Tx, h *Hold) error {
	id, err := db.ParseID(h.Subject)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE notify_delivery SET state = 'held', next_at = NULL, hold_id = ?2
		WHERE notification_id = ?1 AND state IN (`+quoteDeliveries(deliveriesBefore(Held))+`)`, id, h.ID)
	return err
}

// coveredItems tells how many of a notification's exposures are kept back by source, type or report,
// and by which hold, of how many.
func coveredItems(ctx context.Context, tx *db.Tx, notification db.ID) (by db.ID, covered, all int, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var hold db.ID
		err := scan(&hold)
		if all++; !hold.IsZero() {
			covered++
			by = hold
		}
		return err
	}, `SELECT (SELECT h.id FROM notify_hold h WHERE h.released_at IS NULL AND (h.scope = 'type' AND h.subject = e.type
			OR h.scope = 'source' AND h.subject = s.source_key OR h.scope = 'report' AND h.series_id = e.series_id AND e.first_report >= h.seq) LIMIT 1)
		FROM notify_item i JOIN notify_exposure e ON e.organisation_id = i.organisation_id AND e.fingerprint = i.fingerprint
		JOIN notify_series s ON s.id = e.series_id WHERE i.notification_id = ?1`, notification)
	if err != nil || all > 0 {
		return by, covered, all, err
	}
	// A letter to a stranger has no exposures; its topics are all that is known of it.
	err = tx.One(ctx, `SELECT h.id, 1, 1 FROM notify_topic t JOIN notify_hold h ON h.released_at IS NULL
		AND (h.scope = 'type' AND h.subject = t.type OR h.scope = 'source' AND h.subject = t.source_key) WHERE t.notification_id = ?1 LIMIT 1`,
		[]any{notification}, &by, &covered, &all)
	if errors.Is(err, db.ErrNoRows) {
		err = nil
	}
	return by, covered, all, err
}

func insertTopicsOf(ctx context.Context, tx *db.Tx, notification db.ID, topics []Topic) error {
	for _, t := range topics {
		if _, err := tx.Exec(ctx, `INSERT INTO notify_topic (notification_id, type, source_key) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING`, notification, t.Type, t.Source); err != nil {
			return err
		}
	}
	return nil
}

// anyGone tells whether a notification was sent to anybody already: then it cannot be taken back.
func anyGone(ctx context.Context, tx *db.Tx, notification db.ID) (gone bool, err error) {
	var n int
	err = tx.One(ctx, `SELECT count(*) FROM notify_delivery WHERE notification_id = ?1 AND state IN ('sent', 'bounced')`, []any{notification}, &n)
	return n > 0, err
}

// insertTopics notes which sources and types a notification is about.
func insertTopics(ctx context.Context, tx *db.Tx, notification db.ID) error {
	_, err := tx.Exec(ctx, `INSERT INTO notify_topic (notification_id, type, source_key)
		SELECT DISTINCT i.notification_id, e.type, s.source_key FROM notify_item i
		JOIN notify_exposure e ON e.organisation_id = i.organisation_id AND e.fingerprint = i.fingerprint
		JOIN notify_series s ON s.id = e.series_id WHERE i.notification_id = ?1`, notification)
	return err
}
