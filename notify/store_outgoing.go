package notify

import (
	"context"
	"errors"
	"strings"
	"time"

	"polder/internal/db"
)

// countDeliveries counts each list of what goes out, each as far as most.
func countDeliveries(ctx context.Context, tx *db.Tx, most int) (map[Delivery]int, error) {
	count := map[Delivery]int{}
	for _, s := range deliveries {
		n := 0
		if err := tx.One(ctx, `SELECT count(*) FROM (SELECT 1 FROM notify_delivery WHERE state = ?1 LIMIT ?2) AS part`, []any{string(s), most}, &n); err != nil {
			return nil, err
		}
		count[s] = n
	}
	n := 0
	err := tx.One(ctx, `SELECT count(*) FROM (SELECT 1 FROM notify_exposure WHERE due_at IS NOT NULL LIMIT ?1) AS part`, []any{most}, &n)
	count[Planned] = n
	return count, err
}

func countHeld(ctx context.Context, tx *db.Tx, hold db.ID, most int) (n int, err error) {
	err = tx.One(ctx, `SELECT count(*) FROM (SELECT 1 FROM notify_delivery WHERE hold_id = ?1 AND state = 'held' LIMIT ?2) AS part`, []any{hold, most}, &n)
	return n, err
}

// topics returns the sources and types that there are reports of.
func topics(ctx context.Context, tx *db.Tx) (sources, types []string, err error) {
	into := func(list *[]string) func(scan func(...any) error) error {
		return func(scan func(...any) error) error {
			var s string
			err := scan(&s)
			*list = append(*list, s)
			return err
		}
	}
	if err = tx.Each(ctx, into(&sources), `SELECT key FROM notify_source ORDER BY key LIMIT 500`); err != nil {
		return nil, nil, err
	}
	err = tx.Each(ctx, into(&types), `SELECT DISTINCT type FROM notify_series WHERE type <> '' ORDER BY type LIMIT 1000`)
	return sources, types, err
}

// outgoing returns deliveries in a state, the latest written first. many says that there are too many in
// that state to look through: a search by source or type then goes by what messages are about, which
// finds enough of them soon.
func outgoing(ctx context.Context, tx *db.Tx, s OutSearch, about db.ID, many bool, limit int) (list []OutRow, err error) {
	var where strings.Builder
	var args []any
	arg := func(v any) string { args = append(args, v); return "?" + itoa(len(args)) }
	from := `notify_delivery d JOIN notify_notification n ON n.id = d.notification_id`
	key := "d.notification_id"
	where.WriteString(`WHERE d.state = ` + arg(string(s.List)))
	topic := ""
	if s.Type != "" {
		topic += ` AND t.type = ` + arg(s.Type)
	}
	if s.Source != "" {
		topic += ` AND t.source_key = ` + arg(s.Source)
	}
	switch {
	case !about.IsZero():
		// By the organisation's messages, of which there are few; see CROSS JOIN below.
		from, key = `notify_notification n CROSS JOIN notify_delivery d`, "n.id"
		where.WriteString(` AND d.notification_id = n.id AND n.organisation_id = ` + arg(about))
		fallthrough
	case topic != "" && !many:
		if topic != "" {
			where.WriteString(` AND EXISTS (SELECT 1 FROM notify_topic t WHERE t.notification_id = d.notification_id` + topic + `)`)
		}
	case topic != "":
		// CROSS JOIN keeps SQLite to this order; PostgreSQL chooses by itself.
		from = `notify_topic t CROSS JOIN notify_delivery d CROSS JOIN notify_notification n`
		where.WriteString(topic + ` AND d.notification_id = t.notification_id AND n.id = d.notification_id`)
		key = "t.notification_id"
	}
	if s.After != nil {
		where.WriteString(` AND ` + key + ` <= ` + arg(s.After.One) + ` AND (` + key + ` < ` + arg(s.After.One) + ` OR d.id < ` + arg(s.After.Then) + `)`)
	}
	if !s.From.IsZero() {
		where.WriteString(` AND ` + key + ` >= ` + arg(idAt(s.From)))
	}
	if !s.Until.IsZero() {
		where.WriteString(` AND ` + key + ` < ` + arg(idAt(s.Until)))
	}
	seen := map[db.ID]bool{} // a message of two sources stands twice among what messages are about
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var r OutRow
		var created, sent, next db.Time
		err := scan(&r.ID, &r.Delivery, &r.Organisation, &r.Reference, &r.Kind, &r.Severity, &r.Subject, &r.Exposures, &created, &r.Recipient, &r.State, &r.Attempts, &sent, &next, &r.Reply)
		r.CreatedAt, r.SentAt, r.NextAt = created.Time, sent.Time, next.Time
		r.To.ID = r.Organisation
		if err == nil && !seen[r.Delivery] && len(list) < limit {
			seen[r.Delivery] = true
			list = append(list, r)
		}
		return err
	}, `SELECT n.id, d.id, n.organisation_id, n.reference, n.kind, n.severity, n.subject, n.exposures, n.created_at, d.recipient, d.state, d.attempts, d.sent_at, d.next_at, d.reply
		FROM `+from+` `+where.String()+` ORDER BY `+key+` DESC, d.id DESC LIMIT `+arg(4*limit), args...)
	return list, err
}

// duePlan is one exposure that is due at some moment.
type duePlan struct {
	at           time.Time
	organisation db.ID
	severity     int64
	kind, source string
	held         bool
}

func duePlanned(ctx context.Context, tx *db.Tx, s OutSearch, about db.ID, limit int, fn func(duePlan) error) error {
	var args []any
	arg := func(v any) string { args = append(args, v); return "?" + itoa(len(args)) }
	where := `due_at IS NOT NULL`
	if !about.IsZero() {
		where += ` AND organisation_id = ` + arg(about)
	}
	if !s.From.IsZero() {
		where += ` AND due_at >= ` + arg(db.Micros(s.From))
	}
	if !s.Until.IsZero() {
		where += ` AND due_at < ` + arg(db.Micros(s.Until))
	}
	if s.After != nil {
		where += ` AND (due_at, organisation_id) > (` + arg(s.After.At) + `, ` + arg(s.After.One) + `)`
	}
	sources := map[int64]string{}
	err := tx.Each(ctx, func(scan func(...any) error) error {
		var id int64
		var key string
		err := scan(&id, &key)
		sources[id] = key
		return err
	}, `SELECT id, source_key FROM notify_series`)
	if err != nil {
		return err
	}
	return tx.Each(ctx, func(scan func(...any) error) error {
		var d duePlan
		var at db.Time
		var series, held int64
		if err := scan(&at, &d.organisation, &d.severity, &d.kind, &series, &held); err != nil {
			return err
		}
		d.at, d.source, d.held = at.Time, sources[series], held == 1
		return fn(d)
	}, `SELECT due_at, organisation_id, severity, type, series_id, CASE WHEN true`+notHeld+` THEN 0 ELSE 1 END
		FROM notify_exposure WHERE `+where+` ORDER BY due_at, organisation_id LIMIT `+arg(limit), args...)
}

// eachDelivery calls fn for each delivery of a notification, the first first.
func eachDelivery(ctx context.Context, tx *db.Tx, notification db.ID, fn func(Sent)) error {
	return eachNotification(ctx, tx, func(s Sent) error { fn(s); return nil }, `WHERE n.id = ?1 ORDER BY d.id`, notification)
}

func bodyOf(ctx context.Context, tx *db.Tx, notification db.ID) (text string, err error) {
	err = tx.One(ctx, `SELECT body_text FROM notify_notification WHERE id = ?1`, []any{notification}, &text)
	if errors.Is(err, db.ErrNoRows) {
		err = hidden()
	}
	return text, err
}

func workingLinks(ctx context.Context, tx *db.Tx, notification db.ID, now time.Time) (n int, err error) {
	err = tx.One(ctx, `SELECT count(*) FROM notify_link WHERE notification_id = ?1 AND revoked_at IS NULL AND expires_at > ?2`, []any{notification, db.At(now)}, &n)
	return n, err
}
