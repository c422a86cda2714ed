package signin

import (
	"context"
	"time"

	"polder/internal/db"
)

const identityColumns = `id, account_id, issuer, subject, registration_number, made_account, linked_at, seen_at`

func scanIdentity(scan func(...any) error) (x Identity, err error) {
	var made int64
	var linked, seen db.Time
	err = scan(&x.ID, &x.Account, &x.Issuer, &x.Subject, &x.Number, &made, &linked, &seen)
	x.Made, x.LinkedAt, x.SeenAt = made == 1, linked.Time, seen.Time
	return x, err
}

// identityBy finds who somebody is by issuer and subject; db.ErrNoRows when nobody.
func identityBy(ctx context.Context, tx *db.Tx, issuer, subject string) (x Identity, err error) {
	err = db.ErrNoRows
	each := tx.Each(ctx, func(scan func(...any) error) error {
		x, err = scanIdentity(scan)
		return err
	}, `SELECT `+identityColumns+` FROM signin_identity WHERE issuer = ?1 AND subject = ?2`, issuer, subject)
	if each != nil {
		return x, each
	}
	return x, err
}

func identitiesOf(ctx context.Context, tx *db.Tx, account db.ID) (list []Identity, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		x, err := scanIdentity(scan)
		list = append(list, x)
		return err
	}, `SELECT `+identityColumns+` FROM signin_identity WHERE account_id = ?1 ORDER BY linked_at, id`, account)
	return list, err
}

func insertIdentity(ctx context.Context, tx *db.Tx, x Identity) error {
	made := int64(0)
	if x.Made {
		made = 1
	}
	_, err := tx.Exec(ctx, `INSERT INTO signin_identity (id, account_id, issuer, subject, registration_number, made_account, linked_at, seen_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)`, x.ID, x.Account, x.Issuer, x.Subject, x.Number, made, db.At(x.LinkedAt), db.At(x.SeenAt))
	return err
}

func touchIdentity(ctx context.Context, tx *db.Tx, id db.ID, number string, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE signin_identity SET registration_number = ?2, seen_at = ?3 WHERE id = ?1`, id, number, db.At(now))
	return err
}

func dropIdentity(ctx context.Context, tx *db.Tx, account, identity db.ID) error {
	_, err := tx.Exec(ctx, `DELETE FROM signin_identity WHERE account_id = ?1 AND id = ?2`, account, identity)
	return err
}

func dropIdentities(ctx context.Context, tx *db.Tx, account db.ID) error {
	_, err := tx.Exec(ctx, `DELETE FROM signin_identity WHERE account_id = ?1`, account)
	return err
}

func insertVisit(ctx context.Context, tx *db.Tx, v visit, hash, cookie, secret []byte, ends time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO signin_visit (hash, cookie, provider, purpose, session_id, secret, back, begun_at, ends_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)`, hash, cookie, v.Provider, v.Purpose, v.Session, secret, v.Back, db.At(v.Begun), db.At(ends))
	return err
}

// takeVisit deletes a visit and returns it: of two that ask at the same time, one gets it.
func takeVisit(ctx context.Context, tx *db.Tx, provider string, hash, cookie []byte, now time.Time) (v visit, secret []byte, err error) {
	var begun db.Time
	err = tx.One(ctx, `DELETE FROM signin_visit WHERE hash = ?1 AND cookie = ?2 AND provider = ?3 AND ends_at > ?4
		RETURNING provider, purpose, session_id, secret, back, begun_at`, []any{hash, cookie, provider, db.At(now)},
		&v.Provider, &v.Purpose, &v.Session, &secret, &v.Back, &begun)
	v.Begun = begun.Time
	return v, secret, err
}

// dropVisits takes those away that nobody came back from, and counts the rest.
func dropVisits(ctx context.Context, tx *db.Tx, now time.Time) (n int, err error) {
	if _, err := tx.Exec(ctx, `DELETE FROM signin_visit WHERE ends_at <= ?1`, db.At(now)); err != nil {
		return 0, err
	}
	err = tx.One(ctx, `SELECT count(*) FROM signin_visit`, nil, &n)
	return n, err
}

// freshenSession sets when the person last showed a factor, to an earlier time than the session says.
func freshenSession(ctx context.Context, tx *db.Tx, hash []byte, at time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE signin_session SET fresh_at = ?2 WHERE hash = ?1 AND fresh_at > ?2`, hash, db.At(at))
	return err
}
