package signin

import (
	"context"
	"time"

	"polder/internal/db"
)

func insertLink(ctx context.Context, tx *db.Tx, hash []byte, account db.ID, purpose string, now, ends time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO signin_link (hash, account_id, purpose, created_at, ends_at) VALUES (?1, ?2, ?3, ?4, ?5)`,
		hash, account, purpose, db.At(now), db.At(ends))
	return err
}

func linkOf(ctx context.Context, tx *db.Tx, hash []byte, now time.Time) (account db.ID, err error) {
	err = tx.One(ctx, `SELECT account_id FROM signin_link WHERE hash = ?1 AND ends_at > ?2`, []any{hash, db.At(now)}, &account)
	return account, err
}

func dropLink(ctx context.Context, tx *db.Tx, hash []byte) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM signin_link WHERE hash = ?1`, hash)
}

func dropLinks(ctx context.Context, tx *db.Tx, account db.ID) error {
	_, err := tx.Exec(ctx, `DELETE FROM signin_link WHERE account_id = ?1`, account)
	return err
}

// dropFactors takes everything away that the account can sign in with.
func dropFactors(ctx context.Context, tx *db.Tx, account db.ID) error {
	if _, err := tx.Exec(ctx, `DELETE FROM signin_passkey WHERE account_id = ?1`, account); err != nil {
		return err
	}
	if _, err := dropPassword(ctx, tx, account); err != nil {
		return err
	}
	return dropRecovery(ctx, tx, account)
}

// lockAccount makes other changes of the same account wait for this transaction.
func lockAccount(ctx context.Context, tx *db.Tx, account db.ID) error {
	_, err := tx.Exec(ctx, `UPDATE signin_account SET seen_at = seen_at WHERE id = ?1`, account)
	return err
}
