package signin

import (
	"context"
	"strings"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
)

const tokenColumns = `id, name, account_id, organisation_id, scopes, made_by, made_at, ends_at, used_at, revoked_at`

func scanToken(scan func(...any) error) (t Token, err error) {
	var scopes string
	var made, ends, used, revoked db.Time
	err = scan(&t.ID, &t.Name, &t.Account, &t.Organisation, &scopes, &t.MadeBy, &made, &ends, &used, &revoked)
	t.Scopes, t.MadeAt, t.EndsAt, t.UsedAt, t.RevokedAt = strings.Fields(scopes), made.Time, ends.Time, used.Time, revoked.Time
	return t, err
}

func insertToken(ctx context.Context, tx *db.Tx, t Token, hash []byte) error {
	_, err := tx.Exec(ctx, `INSERT INTO signin_token (id, hash, name, account_id, organisation_id, scopes, made_by, made_at, ends_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)`,
		t.ID, hash, t.Name, t.Account, t.Organisation, strings.Join(t.Scopes, " "), t.MadeBy, db.At(t.MadeAt), db.At(t.EndsAt))
	return err
}

// ofOwner is the condition that a token is of the account ?1, or when that is absent of the
// organisation ?2; never of both or none.
const ofOwner = `(account_id = ?1 OR organisation_id = ?2)`

func tokensOf(ctx context.Context, tx *db.Tx, account, organisation db.ID, limit int) (list []Token, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		t, err := scanToken(scan)
		list = append(list, t)
		return err
	}, `SELECT `+tokenColumns+` FROM signin_token WHERE `+ofOwner+` ORDER BY made_at DESC, id DESC LIMIT ?3`, account, organisation, limit)
	return list, err
}

// tokenOf returns one token of its owner; db.ErrNoRows for another's.
func tokenOf(ctx context.Context, tx *db.Tx, account, organisation, token db.ID) (t Token, err error) {
	err = db.ErrNoRows
	each := tx.Each(ctx, func(scan func(...any) error) error {
		t, err = scanToken(scan)
		return err
	}, `SELECT `+tokenColumns+` FROM signin_token WHERE `+ofOwner+` AND id = ?3`, account, organisation, token)
	if each != nil {
		return t, each
	}
	return t, err
}

func countTokens(ctx context.Context, tx *db.Tx, account, organisation db.ID, now time.Time) (n int, err error) {
	err = tx.One(ctx, `SELECT count(*) FROM signin_token WHERE `+ofOwner+` AND revoked_at IS NULL AND ends_at > ?3`,
		[]any{account, organisation, db.At(now)}, &n)
	return n, err
}

// actorOfToken returns who a working token is of; db.ErrNoRows when none.
func actorOfToken(ctx context.Context, tx *db.Tx, hash []byte, now time.Time) (a actor.Actor, t Token, err error) {
	var staff int64
	var scopes string
	var used db.Time
	err = tx.One(ctx, `SELECT t.id, t.organisation_id, t.scopes, t.used_at, a.id, COALESCE(a.name, ''), COALESCE(a.mail, ''),
			COALESCE(a.language, ''), COALESCE(a.staff, 0)
		FROM signin_token t LEFT JOIN signin_account a ON a.id = t.account_id
		WHERE t.hash = ?1 AND t.revoked_at IS NULL AND t.ends_at > ?2 AND (t.account_id IS NULL OR a.state = 'active')`, []any{hash, db.At(now)},
		&a.Token, &a.Bound, &scopes, &used, &a.Account, &a.Name, &a.Mail, &a.Language, &staff)
	a.Staff = actor.Roles(staff)
	t.Scopes, t.UsedAt = strings.Fields(scopes), used.Time
	return a, t, err
}

func touchToken(ctx context.Context, tx *db.Tx, token db.ID, hour time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE signin_token SET used_at = ?2 WHERE id = ?1 AND (used_at IS NULL OR used_at < ?2)`, token, db.At(hour))
	return err
}

func revokeToken(ctx context.Context, tx *db.Tx, token db.ID, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE signin_token SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL`, token, db.At(now))
	return err
}

// revokeTokens ends all tokens of an owner that still work.
func revokeTokens(ctx context.Context, tx *db.Tx, account, organisation db.ID, now time.Time) (int64, error) {
	return tx.Exec(ctx, `UPDATE signin_token SET revoked_at = ?3 WHERE `+ofOwner+` AND revoked_at IS NULL`, account, organisation, db.At(now))
}

// revokeTokensOf ends all tokens of an organisation that an account made.
func revokeTokensOf(ctx context.Context, tx *db.Tx, organisation, maker db.ID, now time.Time) (int64, error) {
	return tx.Exec(ctx, `UPDATE signin_token SET revoked_at = ?3 WHERE organisation_id = ?1 AND made_by = ?2 AND revoked_at IS NULL`, organisation, maker, db.At(now))
}

// revokeTokensBy ends all tokens of organisations that an account made.
func revokeTokensBy(ctx context.Context, tx *db.Tx, maker db.ID, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE signin_token SET revoked_at = ?2 WHERE made_by = ?1 AND account_id IS NULL AND revoked_at IS NULL`, maker, db.At(now))
	return err
}

// dropEndedTokens takes those away that stopped working so long ago; the record keeps that they were.
func dropEndedTokens(ctx context.Context, tx *db.Tx, before time.Time) error {
	_, err := tx.Exec(ctx, `DELETE FROM signin_token WHERE ends_at < ?1 OR revoked_at < ?1`, db.At(before))
	return err
}

// dropTokens takes the tokens of a forgotten person away: their names may say who that was.
func dropTokens(ctx context.Context, tx *db.Tx, account db.ID) error {
	_, err := tx.Exec(ctx, `DELETE FROM signin_token WHERE account_id = ?1`, account)
	return err
}
