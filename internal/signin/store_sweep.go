package signin

import (
	"context"
	"time"

	"polder/internal/db"
)

func sweepSessions(ctx context.Context, tx *db.Tx, now, idleSince time.Time, most int) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM signin_session WHERE id IN (SELECT id FROM signin_session WHERE ends_at <= ?1 OR seen_at <= ?2 LIMIT ?3)`,
		db.At(now), db.At(idleSince), most)
}

func sweepCeremonies(ctx context.Context, tx *db.Tx, now time.Time, most int) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM signin_ceremony WHERE (owner, kind) IN (SELECT owner, kind FROM signin_ceremony WHERE ends_at <= ?1 LIMIT ?2)`, db.At(now), most)
}

func sweepThrottles(ctx context.Context, tx *db.Tx, now time.Time, most int) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM signin_throttle WHERE key IN (SELECT key FROM signin_throttle WHERE ends_at <= ?1 LIMIT ?2)`, db.At(now), most)
}

func sweepLinks(ctx context.Context, tx *db.Tx, now time.Time, most int) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM signin_link WHERE hash IN (SELECT hash FROM signin_link WHERE ends_at <= ?1 LIMIT ?2)`, db.At(now), most)
}
