package collect

import (
	"context"
	"errors"
	"time"

	"polder/internal/db"
)

const alarmColumns = `id, source_key, kind, since, was, is_now, raised_at, cleared_at`

func alarmsWhere(ctx context.Context, tx *db.Tx, where string, args ...any) (list []Alarm, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var a Alarm
		var since, raised, cleared db.Time
		err := scan(&a.ID, &a.Key, &a.Kind, &since, &a.Was, &a.Now, &raised, &cleared)
		a.Since, a.RaisedAt, a.ClearedAt = since.Time, raised.Time, cleared.Time
		list = append(list, a)
		return err
	}, `SELECT `+alarmColumns+` FROM collect_alarm `+where, args...)
	return list, err
}

func openAlarms(ctx context.Context, tx *db.Tx) ([]Alarm, error) {
	return alarmsWhere(ctx, tx, `WHERE cleared_at IS NULL ORDER BY source_key, kind LIMIT 200`)
}

func openAlarmsOf(ctx context.Context, tx *db.Tx, key string) (map[string]Alarm, error) {
	list, err := alarmsWhere(ctx, tx, `WHERE cleared_at IS NULL AND source_key = ?1`, key)
	m := map[string]Alarm{}
	for _, a := range list {
		m[a.Kind] = a
	}
	return m, err
}

func insertAlarm(ctx context.Context, tx *db.Tx, a Alarm) (added bool, err error) {
	n, err := tx.Exec(ctx, `INSERT INTO collect_alarm (`+alarmColumns+`) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL)
		ON CONFLICT (source_key, kind) WHERE cleared_at IS NULL DO NOTHING`, a.ID, a.Key, a.Kind, db.At(a.Since), a.Was, a.Now, db.At(a.RaisedAt))
	return n == 1, err
}

func clearAlarm(ctx context.Context, tx *db.Tx, id db.ID, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE collect_alarm SET cleared_at = ?2 WHERE id = ?1 AND cleared_at IS NULL`, id, db.At(now))
	return err
}

func expected(ctx context.Context, tx *db.Tx, key string) (hours int, set bool, err error) {
	err = tx.One(ctx, `SELECT hours FROM collect_expectation WHERE source_key = ?1`, []any{key}, &hours)
	if errors.Is(err, db.ErrNoRows) {
		return 0, false, nil
	}
	return hours, err == nil, err
}

func setExpected(ctx context.Context, tx *db.Tx, key string, hours int, now time.Time) error {
	if hours < 0 {
		_, err := tx.Exec(ctx, `DELETE FROM collect_expectation WHERE source_key = ?1`, key)
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO collect_expectation (source_key, hours, changed_at) VALUES (?1, ?2, ?3)
		ON CONFLICT (source_key) DO UPDATE SET hours = excluded.hours, changed_at = excluded.changed_at`, key, hours, db.At(now))
	return err
}
