package notify

import (
	"context"
	"strings"
	"time"

	"polder/internal/db"
	"polder/notify/feeds"
)

// reportsLike returns reports that fit, the newest first: by number, and by day when a period is asked
// for, so that an index gives the order either way.
func reportsLike(ctx context.Context, tx *db.Tx, s ReportSearch, limit int) ([]*Report, error) {
	var where []string
	var args []any
	arg := func(v any) string {
		args = append(args, v)
		return "?" + itoa(len(args))
	}
	source, kind := "source_key", "type"
	if s.Only != "" { // few reports are so: their own index is the way, and no other
		source, kind = "(source_key || '')", "(type || '')"
	}
	if s.Source != "" {
		where = append(where, source+" = "+arg(s.Source))
	}
	if s.Type != "" {
		where = append(where, kind+" = "+arg(s.Type))
	}
	switch s.Only {
	case "drift":
		where = append(where, "drifts > 0")
	case "rejected":
		where = append(where, "rejected > 0")
	case "broken":
		where = append(where, "state = 'broken'")
	}
	order := " ORDER BY seq DESC LIMIT "
	if s.Until != 0 {
		where = append(where, "day BETWEEN "+arg(s.From)+" AND "+arg(s.Until))
		order = " ORDER BY day DESC, seq DESC LIMIT "
		if s.After != nil {
			day := arg(s.After.Day)
			where = append(where, "day <= "+day+" AND (day < "+day+" OR seq < "+arg(s.After.Seq)+")")
		}
	} else if s.After != nil {
		where = append(where, "seq < "+arg(s.After.Seq))
	}
	q := ""
	if len(where) > 0 {
		q = "WHERE " + strings.Join(where, " AND ")
	}
	q += order + arg(limit)
	return reports(ctx, tx, q, args...)
}

// seriesNames returns the sources that sent something, and the types of one of them or of all.
func seriesNames(ctx context.Context, tx *db.Tx, source string) (sources, types []string, err error) {
	read := func(into *[]string, q string, args ...any) {
		if err != nil {
			return
		}
		err = tx.Each(ctx, func(scan func(...any) error) error {
			var s string
			err := scan(&s)
			*into = append(*into, s)
			return err
		}, q, args...)
	}
	read(&sources, `SELECT key FROM notify_source ORDER BY key LIMIT 1000`)
	if source == "" {
		read(&types, `SELECT DISTINCT type FROM notify_series WHERE type <> '' ORDER BY type LIMIT 1000`)
	} else {
		read(&types, `SELECT DISTINCT type FROM notify_series WHERE source_key = ?1 AND type <> '' ORDER BY type LIMIT 1000`, source)
	}
	return sources, types, err
}

func reportDays(ctx context.Context, tx *db.Tx, source string, from, until int64) (list []ReportDay, err error) {
	name, where, args := "source_key", "", []any{from, until}
	if source != "" {
		name, where, args = "type", " AND source_key = ?3", append(args, source)
	}
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var d ReportDay
		var broken, drift int64
		err := scan(&d.Name, &d.Day, &d.Reports, &d.Rows, &d.Rejected, &broken, &drift)
		d.Broken, d.Drift = broken > 0, drift > 0
		list = append(list, d)
		return err
	}, `SELECT `+name+`, day, count(*), CAST(sum(rows_read) AS BIGINT), CAST(sum(rejected) AS BIGINT),
		CAST(sum(CASE WHEN state = 'broken' THEN 1 ELSE 0 END) AS BIGINT), CAST(sum(drifts) AS BIGINT)
		FROM notify_report WHERE day BETWEEN ?1 AND ?2`+where+` GROUP BY `+name+`, day ORDER BY `+name+`, day LIMIT 40000`, args...)
	return list, err
}

func sourceName(ctx context.Context, tx *db.Tx, key string) (name string, err error) {
	err = tx.One(ctx, `SELECT name FROM notify_source WHERE key = ?1`, []any{key}, &name)
	return name, err
}

// noteCauses keeps which reports the exposures of a message were last seen in, as they are now.
func noteCauses(ctx context.Context, tx *db.Tx, notification db.ID) error {
	_, err := tx.Exec(ctx, `INSERT INTO notify_cause (report, notification_id) SELECT DISTINCT e.last_report, i.notification_id
		FROM notify_item i JOIN notify_exposure e ON e.organisation_id = i.organisation_id AND e.fingerprint = i.fingerprint
		WHERE i.notification_id = ?1`, notification[:])
	return err
}

// countTold counts the organisations that messages from a report went to, up to a bound.
func countTold(ctx context.Context, tx *db.Tx, seq int64, most int) (count int, err error) {
	err = tx.One(ctx, `SELECT count(*) FROM (SELECT DISTINCT n.organisation_id FROM notify_cause c JOIN notify_notification n ON n.id = c.notification_id
		WHERE c.report = ?1 LIMIT ?2) AS warned`, []any{seq, most}, &count)
	return count, err
}

func causedBy(ctx context.Context, tx *db.Tx, seq int64, limit int) (list []Caused, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var c Caused
		var at db.Time
		var severity int64
		err := scan(&c.ID, &c.Reference, &c.Organisation, &c.Kind, &c.Subject, &severity, &at)
		c.Severity, c.CreatedAt = feeds.Severity(severity), at.Time
		list = append(list, c)
		return err
	}, `SELECT n.id, n.reference, n.organisation_id, n.kind, n.subject, n.severity, n.created_at FROM notify_cause c
		JOIN notify_notification n ON n.id = c.notification_id WHERE c.report = ?1 ORDER BY c.notification_id DESC LIMIT ?2`, seq, limit)
	return list, err
}

// countBroken counts the reports that broke off since a moment, among the latest that did.
func countBroken(ctx context.Context, tx *db.Tx, since time.Time, most int) (n int, err error) {
	err = tx.One(ctx, `SELECT count(*) FROM (SELECT received_at FROM notify_report WHERE state = 'broken' ORDER BY seq DESC LIMIT ?1) AS latest WHERE received_at >= ?2`,
		[]any{most, db.At(since)}, &n)
	return n, err
}
