package notify

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"polder/internal/db"
)

// The same as the migration of the figures, from all exposures at once.
const (
	countDays = `INSERT INTO notify_day (day, source_key, type, severity, seen, told, acknowledged, solved, false_positive, not_ours, expired)
        SELECT day, source_key, type, severity, sum(seen), sum(told), sum(acknowledged), sum(solved), sum(false_positive), sum(not_ours), sum(expired) FROM (SELECT x.first_seen / 86400000000 AS day, s.source_key AS source_key, x.type AS type, x.severity AS severity, 1 AS seen, 0 AS told, 0 AS acknowledged, 0 AS solved, 0 AS false_positive, 0 AS not_ours, 0 AS expired
            FROM notify_exposure AS x JOIN notify_series s ON s.id = x.series_id
        UNION ALL SELECT x.told_at / 86400000000, s.source_key, x.type, x.severity, 0, 1, 0, 0, 0, 0, 0 FROM notify_exposure AS x JOIN notify_series s ON s.id = x.series_id
            WHERE x.told_at IS NOT NULL
        UNION ALL SELECT x.state_at / 86400000000, s.source_key, x.type, x.severity, 0, 0, CASE WHEN x.state = 'acknowledged' THEN 1 ELSE 0 END, CASE WHEN x.state = 'solved' THEN 1 ELSE 0 END, CASE WHEN x.state = 'false_positive' THEN 1 ELSE 0 END, CASE WHEN x.state = 'not_ours' THEN 1 ELSE 0 END, CASE WHEN x.state = 'expired' THEN 1 ELSE 0 END
            FROM notify_exposure AS x JOIN notify_series s ON s.id = x.series_id
            WHERE x.state IN ('acknowledged', 'solved', 'false_positive', 'not_ours', 'expired')) AS c
        WHERE true GROUP BY day, source_key, type, severity ORDER BY day, source_key, type, severity
        ON CONFLICT (day, source_key, type, severity) DO UPDATE SET seen = notify_day.seen + excluded.seen, told = notify_day.told + excluded.told, acknowledged = notify_day.acknowledged + excluded.acknowledged, solved = notify_day.solved + excluded.solved, false_positive = notify_day.false_positive + excluded.false_positive, not_ours = notify_day.not_ours + excluded.not_ours, expired = notify_day.expired + excluded.expired`
	countTimes = `INSERT INTO notify_solve_time (day, source_key, type, bucket, count)
        SELECT day, source_key, type, bucket, sum(count) FROM (SELECT x.state_at / 86400000000 AS day, s.source_key AS source_key, x.type AS type, CASE WHEN x.state_at - x.first_seen < 3600000000 THEN 0 WHEN x.state_at - x.first_seen < 7200000000 THEN 1 WHEN x.state_at - x.first_seen < 14400000000 THEN 2 WHEN x.state_at - x.first_seen < 28800000000 THEN 3 WHEN x.state_at - x.first_seen < 57600000000 THEN 4 WHEN x.state_at - x.first_seen < 86400000000 THEN 5 WHEN x.state_at - x.first_seen < 172800000000 THEN 6 WHEN x.state_at - x.first_seen < 259200000000 THEN 7 WHEN x.state_at - x.first_seen < 432000000000 THEN 8 WHEN x.state_at - x.first_seen < 604800000000 THEN 9 WHEN x.state_at - x.first_seen < 864000000000 THEN 10 WHEN x.state_at - x.first_seen < 1209600000000 THEN 11 WHEN x.state_at - x.first_seen < 1814400000000 THEN 12 WHEN x.state_at - x.first_seen < 2592000000000 THEN 13 WHEN x.state_at - x.first_seen < 3888000000000 THEN 14 WHEN x.state_at - x.first_seen < 5184000000000 THEN 15 WHEN x.state_at - x.first_seen < 7776000000000 THEN 16 WHEN x.state_at - x.first_seen < 10368000000000 THEN 17 WHEN x.state_at - x.first_seen < 15552000000000 THEN 18 WHEN x.state_at - x.first_seen < 31536000000000 THEN 19 ELSE 20 END AS bucket, 1 AS count
            FROM notify_exposure AS x JOIN notify_series s ON s.id = x.series_id WHERE x.state = 'solved') AS c WHERE true GROUP BY day, source_key, type, bucket ORDER BY day, source_key, type, bucket
        ON CONFLICT (day, source_key, type, bucket) DO UPDATE SET count = notify_solve_time.count + excluded.count`
)

func rebuildFigures(ctx context.Context, tx *db.Tx) error {
	for _, q := range []string{`DELETE FROM notify_day`, `DELETE FROM notify_solve_time`, countDays, countTimes} {
		if _, err := tx.Exec(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// countOpened counts one opening for each of the types, in one order for all.
func countOpened(ctx context.Context, tx *db.Tx, now time.Time, d Door, types []string) error {
	types = slices.Compact(slices.Sorted(slices.Values(types)))
	for _, kind := range types {
		_, err := tx.Exec(ctx, `INSERT INTO notify_opened (day, type, door, count) VALUES (?1, ?2, ?3, 1)
			ON CONFLICT (day, type, door) DO UPDATE SET count = notify_opened.count + 1`, now.Unix()/86400, kind, string(d))
		if err != nil {
			return fmt.Errorf("count an opening: %w", err)
		}
	}
	return nil
}

// addUnmatched adds what a batch found that concerns nobody, by network: the largest of each type by
// name, and the rest together.
func addUnmatched(ctx context.Context, tx *db.Tx, source string, day int64, found map[string]map[uint32]int64) error {
	for _, kind := range slices.Sorted(maps.Keys(found)) {
		var values []string
		args := []any{day, source, kind}
		for _, n := range largest(found[kind], mostNetworks) {
			args = append(args, n.asn, n.count)
			values = append(values, fmt.Sprintf("(?1, ?2, ?3, ?%d, ?%d)", len(args)-1, len(args)))
		}
		_, err := tx.Exec(ctx, `INSERT INTO notify_unmatched (day, source_key, type, asn, count) VALUES `+strings.Join(values, ", ")+`
			ON CONFLICT (day, source_key, type, asn) DO UPDATE SET count = notify_unmatched.count + excluded.count`, args...)
		if err != nil {
			return fmt.Errorf("count what concerns nobody: %w", err)
		}
	}
	return nil
}

type network struct{ asn, count int64 }

// largest returns at most n networks, the largest first, and all others as one, numbered -1.
func largest(found map[uint32]int64, n int) (list []network) {
	for asn, count := range found {
		list = append(list, network{int64(asn), count})
	}
	slices.SortFunc(list, func(a, b network) int { return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.asn, b.asn)) })
	if len(list) <= n {
		return list
	}
	rest := network{asn: -1}
	for _, x := range list[n:] {
		rest.count += x.count
	}
	return append(list[:n:n], rest)
}

// trimUnmatched forgets the networks of days before keep, and of each day and type before today all
// but the largest.
func trimUnmatched(ctx context.Context, tx *db.Tx, keep, today int64) error {
	if _, err := tx.Exec(ctx, `DELETE FROM notify_unmatched WHERE day < ?1`, keep); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM notify_unmatched WHERE (day, source_key, type, asn) IN (SELECT day, source_key, type, asn FROM
		(SELECT day, source_key, type, asn, row_number() OVER (PARTITION BY day, source_key, type ORDER BY count DESC, asn) AS place
		FROM notify_unmatched WHERE day < ?1) AS r WHERE place > 50)`, today)
	return err
}
