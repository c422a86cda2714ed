package signin

import (
	"context"
	"time"

	"polder/internal/db"
)

func putCeremony(ctx context.Context, tx *db.Tx, owner []byte, kind string, account db.ID, data, code []byte, ends time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO signin_ceremony (owner, kind, account_id, data, code, tries, ends_at) VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6)
		ON CONFLICT (owner, kind) DO UPDATE SET account_id = excluded.account_id, data = excluded.data, code = excluded.code, tries = 0, ends_at = excluded.ends_at`,
		owner, kind, account, data, code, db.At(ends))
	return err
}

func ceremonyOf(ctx context.Context, tx *db.Tx, owner []byte, kind string, now time.Time) (account db.ID, data []byte, err error) {
	err = tx.One(ctx, `SELECT account_id, data FROM signin_ceremony WHERE owner = ?1 AND kind = ?2 AND ends_at > ?3`,
		[]any{owner, kind, db.At(now)}, &account, &data)
	return account, data, err
}

// tryCeremony counts an attempt in one statement, so that attempts at the same time all count;
// db.ErrNoRows when it has ended or was tried too often.
func tryCeremony(ctx context.Context, tx *db.Tx, owner []byte, kind string, now time.Time) (code []byte, err error) {
	err = tx.One(ctx, `UPDATE signin_ceremony SET tries = tries + 1 WHERE owner = ?1 AND kind = ?2 AND ends_at > ?3 AND tries < ?4 RETURNING code`,
		[]any{owner, kind, db.At(now), mostTries}, &code)
	return code, err
}

func dropCeremony(ctx context.Context, tx *db.Tx, owner []byte, kind string) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM signin_ceremony WHERE owner = ?1 AND kind = ?2`, owner, kind)
}

func dropCeremoniesOf(ctx context.Context, tx *db.Tx, account db.ID) error {
	_, err := tx.Exec(ctx, `DELETE FROM signin_ceremony WHERE account_id = ?1`, account)
	return err
}

// dropEnrolments ends what anybody began with a link of the account.
func dropEnrolments(ctx context.Context, tx *db.Tx, account db.ID) error {
	_, err := tx.Exec(ctx, `DELETE FROM signin_ceremony WHERE account_id = ?1 AND kind = ?2`, account, enrolling)
	return err
}
