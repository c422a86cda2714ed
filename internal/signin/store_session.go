package signin

import (
	"context"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
)

func insertSession(ctx context.Context, tx *db.Tx, x Session, hash []byte) error {
	_, err := tx.Exec(ctx, `INSERT INTO signin_session (id, account_id, hash, method, browser, created_at, fresh_at, seen_at, ends_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)`,
		x.ID, x.Account, hash, x.Method, x.Browser, db.At(x.CreatedAt), db.At(x.FreshAt), db.At(x.SeenAt), db.At(x.EndsAt))
	return err
}

// actorOfSession returns the person of an active account whose session was used after idleSince;
// db.ErrNoRows when there is none.
func actorOfSession(ctx context.Context, tx *db.Tx, hash []byte, now, idleSince time.Time) (a actor.Actor, seen time.Time, err error) {
	var staff int64
	var fresh, at db.Time
	err = tx.One(ctx, `SELECT s.id, s.fresh_at, s.seen_at, a.id, a.name, a.mail, a.language, a.staff
		FROM signin_session s JOIN signin_account a ON a.id = s.account_id
		WHERE s.hash = ?1 AND s.ends_at > ?2 AND s.seen_at > ?3 AND a.state = 'active'`, []any{hash, db.At(now), db.At(idleSince)},
		&a.Session, &fresh, &at, &a.Account, &a.Name, &a.Mail, &a.Language, &staff)
	a.Fresh, a.Staff = fresh.Time, actor.Roles(staff)
	return a, at.Time, err
}

func touchSession(ctx context.Context, tx *db.Tx, id db.ID, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE signin_session SET seen_at = ?2 WHERE id = ?1 AND seen_at < ?2`, id, db.At(now))
	return err
}

func refreshSession(ctx context.Context, tx *db.Tx, id db.ID, hash []byte, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE signin_session SET hash = ?2, fresh_at = ?3, seen_at = ?3 WHERE id = ?1`, id, hash, db.At(now))
	return err
}

func sessionsOf(ctx context.Context, tx *db.Tx, account db.ID, now, idleSince time.Time, limit int) (list []Session, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var x Session
		var created, fresh, seen, ends db.Time
		err := scan(&x.ID, &x.Account, &x.Method, &x.Browser, &created, &fresh, &seen, &ends)
		x.CreatedAt, x.FreshAt, x.SeenAt, x.EndsAt = created.Time, fresh.Time, seen.Time, ends.Time
		list = append(list, x)
		return err
	}, `SELECT id, account_id, method, browser, created_at, fresh_at, seen_at, ends_at FROM signin_session
		WHERE account_id = ?1 AND ends_at > ?2 AND seen_at > ?3 ORDER BY seen_at DESC, id DESC LIMIT ?4`, account, db.At(now), db.At(idleSince), limit)
	return list, err
}

// endSessions ends one session of the account, or with the zero id all but keep.
func endSessions(ctx context.Context, tx *db.Tx, account, session, keep db.ID) (int64, error) {
	if !session.IsZero() {
		return tx.Exec(ctx, `DELETE FROM signin_session WHERE account_id = ?1 AND id = ?2`, account, session)
	}
	if keep.IsZero() {
		return tx.Exec(ctx, `DELETE FROM signin_session WHERE account_id = ?1`, account)
	}
	return tx.Exec(ctx, `DELETE FROM signin_session WHERE account_id = ?1 AND id <> ?2`, account, keep)
}
