package signin

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"polder/internal/db"
)

func accountByHandle(ctx context.Context, tx *db.Tx, handle []byte) (Account, error) {
	return one(ctx, tx, `handle = ?1`, handle)
}

func insertPasskey(ctx context.Context, tx *db.Tx, p Passkey) error {
	text, err := credentialText(p.Credential)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO signin_passkey (id, account_id, credential_id, name, credential, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)`,
		p.ID, p.Account, p.Credential.ID, p.Name, text, db.At(p.CreatedAt))
	return err
}

func passkeysOf(ctx context.Context, tx *db.Tx, account db.ID) (list []Passkey, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		p := Passkey{Account: account}
		var text string
		var created, used, warned db.Time
		if err := scan(&p.ID, &p.Name, &text, &created, &used, &warned); err != nil {
			return err
		}
		p.CreatedAt, p.UsedAt, p.WarnedAt = created.Time, used.Time, warned.Time
		list = append(list, p)
		return json.Unmarshal([]byte(text), &list[len(list)-1].Credential)
	}, `SELECT id, name, credential, created_at, used_at, warned_at FROM signin_passkey WHERE account_id = ?1 ORDER BY created_at, id`, account)
	return list, err
}

func usePasskey(ctx context.Context, tx *db.Tx, p Passkey, now time.Time) error {
	text, err := credentialText(p.Credential)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE signin_passkey SET credential = ?3, used_at = ?4 WHERE account_id = ?1 AND id = ?2`, p.Account, p.ID, text, db.At(now))
	return err
}

func warnPasskey(ctx context.Context, tx *db.Tx, id db.ID, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE signin_passkey SET warned_at = ?2 WHERE id = ?1`, id, db.At(now))
	return err
}

func renamePasskey(ctx context.Context, tx *db.Tx, account, id db.ID, name string) (int64, error) {
	return tx.Exec(ctx, `UPDATE signin_passkey SET name = ?3 WHERE account_id = ?1 AND id = ?2`, account, id, name)
}

func dropPasskey(ctx context.Context, tx *db.Tx, account, id db.ID) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM signin_passkey WHERE account_id = ?1 AND id = ?2`, account, id)
}

// passwordOf returns the hash, "" when the account has none.
func passwordOf(ctx context.Context, tx *db.Tx, account db.ID) (hash string, err error) {
	err = tx.One(ctx, `SELECT hash FROM signin_password WHERE account_id = ?1`, []any{account}, &hash)
	if errors.Is(err, db.ErrNoRows) {
		return "", nil
	}
	return hash, err
}

func putPassword(ctx context.Context, tx *db.Tx, account db.ID, hash string, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO signin_password (account_id, hash, changed_at) VALUES (?1, ?2, ?3)
		ON CONFLICT (account_id) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at`, account, hash, db.At(now))
	return err
}

func totpOf(ctx context.Context, tx *db.Tx, account db.ID) (secret []byte, err error) {
	err = tx.One(ctx, `SELECT secret FROM signin_totp WHERE account_id = ?1`, []any{account}, &secret)
	return secret, err
}

func putTOTP(ctx context.Context, tx *db.Tx, account db.ID, secret []byte, step int64, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO signin_totp (account_id, secret, step, created_at) VALUES (?1, ?2, ?3, ?4)
		ON CONFLICT (account_id) DO UPDATE SET secret = excluded.secret, step = excluded.step, created_at = excluded.created_at`, account, secret, step, db.At(now))
	return err
}

// useStep notes that the code of a step was accepted, unless that step or a later one was.
func useStep(ctx context.Context, tx *db.Tx, account db.ID, step int64) (int64, error) {
	return tx.Exec(ctx, `UPDATE signin_totp SET step = ?2 WHERE account_id = ?1 AND step < ?2`, account, step)
}

// dropPassword takes the password and the app away: the one is no way to sign in without the other.
func dropPassword(ctx context.Context, tx *db.Tx, account db.ID) (int64, error) {
	n, err := tx.Exec(ctx, `DELETE FROM signin_password WHERE account_id = ?1`, account)
	if err != nil {
		return n, err
	}
	_, err = tx.Exec(ctx, `DELETE FROM signin_totp WHERE account_id = ?1`, account)
	return n, err
}

func insertRecovery(ctx context.Context, tx *db.Tx, hash []byte, account db.ID, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO signin_recovery (hash, account_id, made_at) VALUES (?1, ?2, ?3)`, hash, account, db.At(now))
	return err
}

func takeRecovery(ctx context.Context, tx *db.Tx, hash []byte, account db.ID, now time.Time) (int64, error) {
	return tx.Exec(ctx, `UPDATE signin_recovery SET used_at = ?3 WHERE hash = ?1 AND account_id = ?2 AND used_at IS NULL`, hash, account, db.At(now))
}

func recoveryLeft(ctx context.Context, tx *db.Tx, account db.ID) (n int, err error) {
	err = tx.One(ctx, `SELECT count(*) FROM signin_recovery WHERE account_id = ?1 AND used_at IS NULL`, []any{account}, &n)
	return n, err
}

func dropRecovery(ctx context.Context, tx *db.Tx, account db.ID) error {
	_, err := tx.Exec(ctx, `DELETE FROM signin_recovery WHERE account_id = ?1`, account)
	return err
}

// factorsOf tells what an account can sign in with.
func factorsOf(ctx context.Context, tx *db.Tx, account db.ID) (f Factors, err error) {
	if f.Passkeys, err = passkeysOf(ctx, tx, account); err != nil {
		return f, err
	}
	var changed, created db.Time
	err = tx.One(ctx, `SELECT p.changed_at, t.created_at FROM signin_password p JOIN signin_totp t ON t.account_id = p.account_id WHERE p.account_id = ?1`,
		[]any{account}, &changed, &created)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return f, err
	}
	f.PasswordAt, f.AppAt = changed.Time, created.Time
	linked, err := identitiesOf(ctx, tx, account)
	if err != nil {
		return f, err
	}
	f.Linked = len(linked)
	f.Codes, err = recoveryLeft(ctx, tx, account)
	return f, err
}
