package notify

import (
	"context"
	"strings"
	"time"

	"polder/internal/db"
	"polder/notify/feeds"
)

// touchStaged notes that something changed for the organisations of a batch.
func touchStaged(ctx context.Context, tx *db.Tx, now int64) error {
	_, err := tx.Exec(ctx, `INSERT INTO notify_touched (organisation_id, touched_at) SELECT DISTINCT organisation_id, CAST(?1 AS BIGINT) FROM notify_stage WHERE true
		ON CONFLICT (organisation_id) DO UPDATE SET touched_at = excluded.touched_at`, now)
	return err
}

// touch notes that something changed for the organisations.
func touch(ctx context.Context, tx *db.Tx, now int64, organisations ...db.ID) error {
	seen := map[db.ID]bool{}
	args := []any{now}
	var values []string
	for _, id := range organisations {
		if !seen[id] {
			seen[id] = true
			args = append(args, id)
			values = append(values, `(?`+itoa(len(args))+`, ?1)`)
		}
	}
	if len(values) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `INSERT INTO notify_touched (organisation_id, touched_at) VALUES `+strings.Join(values, ", ")+`
		ON CONFLICT (organisation_id) DO UPDATE SET touched_at = excluded.touched_at`, args...)
	return err
}

// touching runs a statement that returns the organisation of each row that it changed, touches those
// and returns how many rows it were.
func touching(ctx context.Context, tx *db.Tx, now int64, q string, args ...any) (int64, error) {
	var list []db.ID
	err := tx.Each(ctx, func(scan func(...any) error) error {
		var id db.ID
		err := scan(&id)
		list = append(list, id)
		return err
	}, q+` RETURNING organisation_id`, args...)
	if err != nil {
		return 0, err
	}
	return int64(len(list)), touch(ctx, tx, now, list...)
}

// touched is an organisation and when something last changed for it.
type touched struct {
	at           int64
	organisation db.ID
}

func touchedSince(ctx context.Context, tx *db.Tx, after touched, limit int) (list []touched, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var t touched
		err := scan(&t.at, &t.organisation)
		list = append(list, t)
		return err
	}, `SELECT touched_at, organisation_id FROM notify_touched WHERE (touched_at, organisation_id) > (?1, ?2) ORDER BY touched_at, organisation_id LIMIT ?3`,
		after.at, after.organisation[:], limit)
	return list, err
}

type trendRow struct {
	organisation db.ID
	day          int64
	open         [feeds.Critical + 1]int64
}

// openOf counts what is open of each of the organisations, by the index that holds all it needs.
func openOf(ctx context.Context, tx *db.Tx, ids []db.ID) (map[db.ID][feeds.Critical + 1]int64, error) {
	m := map[db.ID][feeds.Critical + 1]int64{}
	var args []any
	places := idsOf(ids, &args)
	err := tx.Each(ctx, func(scan func(...any) error) error {
		var id db.ID
		var severity, n int64
		if err := scan(&id, &severity, &n); err != nil {
			return err
		}
		open := m[id]
		open[severity] = n
		m[id] = open
		return nil
	}, `SELECT organisation_id, severity, count(*) FROM notify_exposure WHERE organisation_id IN (`+places+`) AND state IN (`+quoteStates(openStates)+`)
		GROUP BY organisation_id, severity`, args...)
	return m, err
}

const trendColumns = `organisation_id, day, info, low, medium, high, critical`

func eachTrend(ctx context.Context, tx *db.Tx, fn func(trendRow), where string, args ...any) error {
	return tx.Each(ctx, func(scan func(...any) error) error {
		var r trendRow
		if err := scan(&r.organisation, &r.day, &r.open[feeds.Info], &r.open[feeds.Low], &r.open[feeds.Medium], &r.open[feeds.High], &r.open[feeds.Critical]); err != nil {
			return err
		}
		fn(r)
		return nil
	}, `SELECT `+trendColumns+` FROM notify_trend AS t `+where, args...)
}

func latestTrend(ctx context.Context, tx *db.Tx, ids []db.ID) (map[db.ID][feeds.Critical + 1]int64, error) {
	m := map[db.ID][feeds.Critical + 1]int64{}
	var args []any
	places := idsOf(ids, &args)
	err := eachTrend(ctx, tx, func(r trendRow) { m[r.organisation] = r.open }, `WHERE t.organisation_id IN (`+places+`)
		AND t.day = (SELECT max(l.day) FROM notify_trend l WHERE l.organisation_id = t.organisation_id)`, args...)
	return m, err
}

// setTrend writes rows for a day; a later change on the same day takes their place.
func setTrend(ctx context.Context, tx *db.Tx, rows []trendRow) error {
	var args []any
	var values []string
	for _, r := range rows {
		var places []string
		for _, v := range []any{r.organisation, r.day, r.open[feeds.Info], r.open[feeds.Low], r.open[feeds.Medium], r.open[feeds.High], r.open[feeds.Critical]} {
			args = append(args, v)
			places = append(places, "?"+itoa(len(args)))
		}
		values = append(values, `(`+strings.Join(places, ", ")+`)`)
	}
	if len(values) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `INSERT INTO notify_trend (`+trendColumns+`) VALUES `+strings.Join(values, ", ")+` ON CONFLICT (organisation_id, day)
		DO UPDATE SET info = excluded.info, low = excluded.low, medium = excluded.medium, high = excluded.high, critical = excluded.critical`, args...)
	return err
}

// trendFrom returns the rows of an organisation from a day on, and the one before that.
func trendFrom(ctx context.Context, tx *db.Tx, organisation db.ID, first int64) (list []trendRow, err error) {
	err = eachTrend(ctx, tx, func(r trendRow) { list = append(list, r) }, `WHERE t.organisation_id = ?1
		AND t.day >= COALESCE((SELECT max(l.day) FROM notify_trend l WHERE l.organisation_id = ?1 AND l.day <= ?2), 0) ORDER BY t.day`, organisation, first)
	return list, err
}

// dropTrend removes days from before the one given that have a later one before it.
func dropTrend(ctx context.Context, tx *db.Tx, before int64, limit int) error {
	_, err := tx.Exec(ctx, `DELETE FROM notify_trend WHERE (organisation_id, day) IN (SELECT t.organisation_id, t.day FROM notify_trend t WHERE t.day < ?1
		AND EXISTS (SELECT 1 FROM notify_trend l WHERE l.organisation_id = t.organisation_id AND l.day > t.day AND l.day <= ?1) LIMIT ?2)`, before, limit)
	return err
}

// lookedAt returns how many sources sent reports that were read since the moment given, and when the
// last of them was.
func lookedAt(ctx context.Context, tx *db.Tx, since time.Time) (sources int, last time.Time, err error) {
	var at db.Time
	err = tx.One(ctx, `SELECT count(DISTINCT source_key), max(completed_at) FROM notify_report WHERE completed_at >= ?1`, []any{db.At(since)}, &sources, &at)
	return sources, at.Time, err
}
