package directory

import (
	"context"

	"polder/internal/db"
)

// IsAccepted tells whether staff accepted the organisation's registration and it is not closed, in the
// caller's transaction. One that does not exist is not accepted.
func IsAccepted(ctx context.Context, tx *db.Tx, organisation db.ID) (bool, error) {
	return isAccepted(ctx, tx, organisation)
}

// Covered returns what a mandate is about, in the caller's transaction: every asset, or those of the
// ids. The zero mandate is that of the organisation's own people, and covers all.
func Covered(ctx context.Context, tx *db.Tx, mandate db.ID) (every bool, assets []db.ID, err error) {
	if mandate.IsZero() {
		return true, nil, nil
	}
	return mandateAssets(ctx, tx, mandate)
}
