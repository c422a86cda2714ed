package directory

import (
	"context"
	"errors"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/signin"
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

// StillMay tells what an account, which is not asking itself, may do for an organisation at this moment, in
// the caller's transaction: may is false unless the account is in use, the organisation accepted, and the
// account in one of the places, or what a mandate gives it, and may change things from there.
func StillMay(ctx context.Context, tx *db.Tx, account, organisation db.ID, places actor.Place, now time.Time) (in actor.In, may bool, err error) {
	if account.IsZero() {
		return in, false, nil
	}
	in, err = placeOf(ctx, tx, account, organisation, now)
	if errors.Is(err, db.ErrNoRows) {
		return in, false, nil
	}
	if err != nil || !in.Accepted || in.Place&places == 0 || !in.Acting {
		return in, false, err
	}
	found, err := signin.Accounts(ctx, tx, []db.ID{account})
	return in, err == nil && found[account].State == signin.Active, err
}
