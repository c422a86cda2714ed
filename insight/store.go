package insight

import (
	"context"
	"strconv"
	"time"

	"polder/internal/db"
	"polder/notify"
)

func measureCoverage(ctx context.Context, tx *db.Tx, day int64, now time.Time) error {
	if _, err := tx.Exec(ctx, `DELETE FROM insight_coverage WHERE day = ?1`, day); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO insight_coverage (day, sector, accepted, proven, measured_at)
		SELECT CAST(?1 AS BIGINT), o.sector, count(*), count(p.organisation_id), CAST(?2 AS BIGINT) FROM directory_kpi_organisation o
		LEFT JOIN (SELECT DISTINCT organisation_id FROM footprint_kpi_proven) AS p ON p.organisation_id = o.organisation_id
		GROUP BY o.sector`, day, db.Micros(now))
	return err
}

// where narrows rows by day, source and type.
func (f Filter) where(from int64) (string, []any) {
	w, args := `day >= ?1`, []any{from}
	if f.Source != "" {
		args = append(args, f.Source)
		w += ` AND source_key = ?` + strconv.Itoa(len(args))
	}
	if f.Type != "" {
		args = append(args, f.Type)
		w += ` AND type = ?` + strconv.Itoa(len(args))
	}
	return w, args
}

func sources(ctx context.Context, tx *db.Tx) (list []Source, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var s Source
		err := scan(&s.Key, &s.Name, &s.TLP)
		list = append(list, s)
		return err
	}, `SELECT key, name, tlp FROM notify_kpi_source ORDER BY key LIMIT 1000`)
	return list, err
}

// counts sums the figures by source and type, over all severities.
func counts(ctx context.Context, tx *db.Tx, f Filter, from int64) (list []TypeFigures, err error) {
	w, args := f.where(from)
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var t TypeFigures
		err := scan(&t.Source, &t.Type, &t.Seen, &t.Told, &t.Acknowledged, &t.Solved, &t.False, &t.NotOurs, &t.Expired)
		list = append(list, t)
		return err
	}, `SELECT source_key, type, CAST(sum(seen) AS BIGINT), CAST(sum(told) AS BIGINT), CAST(sum(acknowledged) AS BIGINT), CAST(sum(solved) AS BIGINT),
		CAST(sum(false_positive) AS BIGINT), CAST(sum(not_ours) AS BIGINT), CAST(sum(expired) AS BIGINT)
		FROM notify_kpi_day WHERE `+w+` GROUP BY source_key, type ORDER BY source_key, type`, args...)
	return list, err
}

func times(ctx context.Context, tx *db.Tx, f Filter, from int64, into map[[2]string]Histogram) error {
	w, args := f.where(from)
	return tx.Each(ctx, func(scan func(...any) error) error {
		var k [2]string
		var bucket, n int64
		if err := scan(&k[0], &k[1], &bucket, &n); err != nil {
			return err
		}
		if into[k] == nil {
			into[k] = make(Histogram, len(notify.SolveBounds())+1)
		}
		into[k][bucket] = n
		return nil
	}, `SELECT source_key, type, bucket, CAST(sum(count) AS BIGINT) FROM notify_kpi_solve_time WHERE `+w+` GROUP BY source_key, type, bucket`, args...)
}

func perDay(ctx context.Context, tx *db.Tx, f Filter, from int64, into map[int64]Day) error {
	w, args := f.where(from)
	return tx.Each(ctx, func(scan func(...any) error) error {
		var d Day
		err := scan(&d.Day, &d.Seen, &d.Solved, &d.False)
		into[d.Day] = d
		return err
	}, `SELECT day, CAST(sum(seen) AS BIGINT), CAST(sum(solved) AS BIGINT), CAST(sum(false_positive) AS BIGINT) FROM notify_kpi_day WHERE `+w+` GROUP BY day`, args...)
}

// openings sums what was opened by type; no source is known of it.
func openings(ctx context.Context, tx *db.Tx, kind string, from int64) (list []Opened, err error) {
	w, args := Filter{Type: kind}.where(from)
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var o Opened
		err := scan(&o.Type, &o.Link, &o.Portal, &o.Machine)
		list = append(list, o)
		return err
	}, `SELECT type, CAST(sum(CASE WHEN door = 'link' THEN count ELSE 0 END) AS BIGINT), CAST(sum(CASE WHEN door = 'portal' THEN count ELSE 0 END) AS BIGINT),
		CAST(sum(CASE WHEN door = 'machine' THEN count ELSE 0 END) AS BIGINT) FROM notify_kpi_opened WHERE `+w+` GROUP BY type ORDER BY type`, args...)
	return list, err
}

func networks(ctx context.Context, tx *db.Tx, f Filter, from int64, limit int) (list []Network, err error) {
	w, args := f.where(from)
	args = append(args, limit)
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var n Network
		err := scan(&n.ASN, &n.Count)
		list = append(list, n)
		return err
	}, `SELECT asn, CAST(sum(count) AS BIGINT) FROM notify_kpi_unmatched WHERE `+w+` AND asn > 0 GROUP BY asn ORDER BY 2 DESC, 1 LIMIT ?`+strconv.Itoa(len(args)), args...)
	return list, err
}

// coverage is the latest measurement.
func coverage(ctx context.Context, tx *db.Tx) (list []Coverage, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var c Coverage
		var at db.Time
		err := scan(&c.Sector, &c.Accepted, &c.Proven, &at)
		c.At = at.Time
		list = append(list, c)
		return err
	}, `SELECT sector, accepted, proven, measured_at FROM insight_coverage WHERE day = (SELECT max(day) FROM insight_coverage) ORDER BY accepted DESC, sector`)
	return list, err
}

// given returns the latest grade that an analyst gave to each source and type.
func given(ctx context.Context, tx *db.Tx) (map[[2]string]Grade, error) {
	all := map[[2]string]Grade{}
	err := tx.Each(ctx, func(scan func(...any) error) error {
		var k [2]string
		var g Grade
		var at db.Time
		err := scan(&k[0], &k[1], &g.Given, &g.Reason, &at)
		g.At = at.Time
		all[k] = g
		return err
	}, `SELECT g.source_key, g.type, g.grade, g.reason, g.given_at FROM insight_grade g
		JOIN (SELECT source_key, type, max(given_at) AS latest FROM insight_grade GROUP BY source_key, type) AS l
		ON l.source_key = g.source_key AND l.type = g.type AND l.latest = g.given_at ORDER BY g.given_at, g.id`)
	return all, err
}

func insertGrade(ctx context.Context, tx *db.Tx, source, kind, grade, reason string, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO insight_grade (id, source_key, type, grade, reason, given_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)`,
		db.NewID(), source, kind, grade, reason, db.At(now))
	return err
}
