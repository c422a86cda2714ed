package notify

import (
	"context"

	"polder/internal/db"
)

// eachChange and eachLatest go by the index of organisation, state_at and fingerprint. eachChange passes over
// what is kept back and nobody was told of: when it is let go it changes, and comes then.
func eachChange(ctx context.Context, tx *db.Tx, organisation db.ID, after, until Moment, limit int, fn func(Exposure) error) error {
	return eachExposure(ctx, tx, fn, `WHERE organisation_id = ?1 AND (state_at, fingerprint) > (?2, ?3) AND (state_at, fingerprint) <= (?4, ?5)
		AND (due_at IS NULL OR state NOT IN ('new', 'reopened') OR (true`+notHeld+`))
		ORDER BY state_at, fingerprint LIMIT ?6`, organisation, db.At(after.At), after.Print[:], db.At(until.At), until.Print[:], limit)
}

func eachLatest(ctx context.Context, tx *db.Tx, organisation db.ID, limit int, fn func(Exposure) error) error {
	return eachExposure(ctx, tx, fn, `WHERE organisation_id = ?1 ORDER BY state_at DESC, fingerprint DESC LIMIT ?2`, organisation, limit)
}
