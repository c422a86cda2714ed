package directory

import (
	"context"
	"time"

	"polder/internal/db"
)

// contactsOf returns all contacts, the one that is there longest first.
func contactsOf(ctx context.Context, tx *db.Tx, organisation db.ID) (list []Contact, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		c := Contact{Organisation: organisation}
		var main int
		var by db.ID
		var created, verified, until db.Time
		err := scan(&c.ID, &c.Purpose, &c.Email, &main, &created, &verified, &by, &until, &c.Tries)
		c.Main, c.CreatedAt, c.VerifiedAt, c.CodeUntil = main == 1, created.Time, verified.Time, until.Time
		c.ByOperator = c.ID == organisation
		list = append(list, c)
		return err
	}, `SELECT id, purpose, email, main, created_at, verified_at, verified_by, code_until, code_tries FROM directory_contact
		WHERE organisation_id = ?1 ORDER BY created_at, id`, organisation)
	return list, err
}

func insertContact(ctx context.Context, tx *db.Tx, c Contact, by db.ID) error {
	_, err := tx.Exec(ctx, `INSERT INTO directory_contact (id, organisation_id, purpose, email, main, created_at, created_by, code_tries)
		VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6, 0)`, c.ID, c.Organisation, c.Purpose, c.Email, db.At(c.CreatedAt), by)
	return err
}

func setCode(ctx context.Context, tx *db.Tx, contact db.ID, hash []byte, until time.Time, tries int) error {
	_, err := tx.Exec(ctx, `UPDATE directory_contact SET code_hash = ?2, code_until = ?3, code_tries = ?4 WHERE id = ?1`, contact, hash, db.At(until), tries)
	return err
}

// takeTry uses one try of the code and returns its hash; db.ErrNoRows when there is none to try.
func takeTry(ctx context.Context, tx *db.Tx, contact db.ID, now time.Time) (hash []byte, err error) {
	n, err := tx.Exec(ctx, `UPDATE directory_contact SET code_tries = code_tries - 1 WHERE id = ?1 AND code_hash IS NOT NULL AND code_tries > 0 AND code_until > ?2`,
		contact, db.At(now))
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, db.ErrNoRows
	}
	err = tx.One(ctx, `SELECT code_hash FROM directory_contact WHERE id = ?1`, []any{contact}, &hash)
	return hash, err
}

func verifyContact(ctx context.Context, tx *db.Tx, contact, by db.ID, main bool, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE directory_contact SET verified_at = ?2, verified_by = ?3, main = ?4, code_hash = NULL, code_until = NULL, code_tries = 0 WHERE id = ?1`,
		contact, db.At(now), by, bit(main))
	return err
}

func setMain(ctx context.Context, tx *db.Tx, organisation db.ID, purpose string, contact db.ID) error {
	if _, err := tx.Exec(ctx, `UPDATE directory_contact SET main = 0 WHERE organisation_id = ?1 AND purpose = ?2 AND main = 1`, organisation, purpose); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE directory_contact SET main = 1 WHERE organisation_id = ?1 AND id = ?2 AND verified_at IS NOT NULL`, organisation, contact)
	return err
}

func deleteContact(ctx context.Context, tx *db.Tx, organisation, contact db.ID) error {
	_, err := tx.Exec(ctx, `DELETE FROM directory_contact WHERE organisation_id = ?1 AND id = ?2`, organisation, contact)
	return err
}
