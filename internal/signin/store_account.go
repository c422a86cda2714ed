package signin

import (
	"context"
	"strconv"
	"strings"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
)

const accountColumns = `id, mail, name, language, staff, state, handle, created_at, seen_at`

func scanAccount(scan func(...any) error) (a Account, err error) {
	var staff int64
	var created, seen db.Time
	err = scan(&a.ID, &a.Mail, &a.Name, &a.Language, &staff, &a.State, &a.Handle, &created, &seen)
	a.Staff, a.CreatedAt, a.SeenAt = actor.Roles(staff), created.Time, seen.Time
	return a, err
}

func insertAccount(ctx context.Context, tx *db.Tx, a Account) error {
	_, err := tx.Exec(ctx, `INSERT INTO signin_account (id, mail, name, language, staff, state, handle, created_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)`, a.ID, a.Mail, a.Name, a.Language, int64(a.Staff), string(a.State), a.Handle, db.At(a.CreatedAt))
	return err
}

func accountByMail(ctx context.Context, tx *db.Tx, mail string) (a Account, err error) {
	return one(ctx, tx, `mail = ?1 AND mail <> ''`, mail)
}

func accountByID(ctx context.Context, tx *db.Tx, id db.ID) (Account, error) {
	return one(ctx, tx, `id = ?1`, id)
}

// one returns the account that the condition finds; db.ErrNoRows when none.
func one(ctx context.Context, tx *db.Tx, where string, arg any) (a Account, err error) {
	err = db.ErrNoRows
	each := tx.Each(ctx, func(scan func(...any) error) error {
		a, err = scanAccount(scan)
		return err
	}, `SELECT `+accountColumns+` FROM signin_account WHERE `+where, arg)
	if each != nil {
		return a, each
	}
	return a, err
}

func accountsByID(ctx context.Context, tx *db.Tx, ids []db.ID) (map[db.ID]Account, error) {
	found := make(map[db.ID]Account, len(ids))
	for len(ids) > 0 {
		n := min(500, len(ids))
		args, places := make([]any, n), make([]string, n)
		for i, id := range ids[:n] {
			args[i], places[i] = id[:], "?"+strconv.Itoa(i+1)
		}
		ids = ids[n:]
		err := tx.Each(ctx, func(scan func(...any) error) error {
			a, err := scanAccount(scan)
			found[a.ID] = a
			return err
		}, `SELECT `+accountColumns+` FROM signin_account WHERE state <> 'forgotten' AND id IN (`+strings.Join(places, ", ")+`)`, args...)
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

func setStaff(ctx context.Context, tx *db.Tx, account db.ID, roles actor.Roles) (int64, error) {
	return tx.Exec(ctx, `UPDATE signin_account SET staff = ?2 WHERE id = ?1 AND state <> 'forgotten'`, account, int64(roles))
}

func noteSeen(ctx context.Context, tx *db.Tx, account db.ID, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE signin_account SET seen_at = ?2 WHERE id = ?1`, account, db.At(now))
	return err
}
