package signin

import (
	"context"
	"time"

	"polder/internal/db"
)

// sweepSessions goes by the end that each has from its beginning. By when it was last used there is no
// index on purpose: that would make noting it, once a minute for everybody, dearer.
func sweepSessions(ctx context.Context, tx *db.Tx, now time.Time, most int) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM signin_session WHERE id IN (SELECT id FROM signin_session WHERE ends_at <= ?1 LIMIT ?2)`, db.At(now), most)
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
