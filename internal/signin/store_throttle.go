package signin

import (
	"context"
	"time"

	"polder/internal/db"
)

// countOne adds one to a counter that is forgotten at ends.
func countOne(ctx context.Context, tx *db.Tx, key []byte, ends time.Time) (n int64, err error) {
	err = tx.One(ctx, `INSERT INTO signin_throttle (key, n, until, ends_at) VALUES (?1, 1, 0, ?2)
		ON CONFLICT (key) DO UPDATE SET n = signin_throttle.n + 1 RETURNING n`, []any{key, db.At(ends)}, &n)
	return n, err
}

// strikeOne counts an attempt unless the wait of earlier ones lasts: then it is db.ErrNoRows. What
// was last counted a day ago counts no more.
func strikeOne(ctx context.Context, tx *db.Tx, key []byte, now, ends time.Time) (n int64, err error) {
	err = tx.One(ctx, `INSERT INTO signin_throttle (key, n, until, ends_at) VALUES (?1, 1, 0, ?3)
		ON CONFLICT (key) DO UPDATE SET n = CASE WHEN signin_throttle.ends_at <= ?2 THEN 1 ELSE signin_throttle.n + 1 END, ends_at = excluded.ends_at
		WHERE signin_throttle.until <= ?2 RETURNING n`, []any{key, db.At(now), db.At(ends)}, &n)
	return n, err
}

func waitUntil(ctx context.Context, tx *db.Tx, key []byte, until time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE signin_throttle SET until = ?2 WHERE key = ?1`, key, db.At(until))
	return err
}

func waitOf(ctx context.Context, tx *db.Tx, key []byte) (time.Time, error) {
	var until db.Time
	err := tx.One(ctx, `SELECT until FROM signin_throttle WHERE key = ?1`, []any{key}, &until)
	return until.Time, err
}

func dropThrottle(ctx context.Context, tx *db.Tx, key []byte) error {
	_, err := tx.Exec(ctx, `DELETE FROM signin_throttle WHERE key = ?1`, key)
	return err
}
