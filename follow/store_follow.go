package follow

import (
	"context"
	"time"

	"polder/internal/db"
	"polder/notify"
)

const webhookColumns = `id, organisation_id, host, sealed, state, made_by, made_at, cursor_at, cursor_print, batch_id, batch_at, batch_print,
	attempts, failing_since, next_at, tested_at`

func scanWebhook(scan func(...any) error) (w Webhook, err error) {
	var made, cursor, batch, failing, next, tested db.Time
	var cursorPrint, batchPrint []byte
	err = scan(&w.ID, &w.Organisation, &w.Host, &w.sealed, &w.State, &w.MadeBy, &made, &cursor, &cursorPrint, &w.batchID, &batch, &batchPrint,
		&w.attempts, &failing, &next, &tested)
	w.MadeAt, w.FailingSince, w.NextAt, w.testedAt = made.Time, failing.Time, next.Time, tested.Time
	w.cursor.At, w.batch.At = cursor.Time, batch.Time
	copy(w.cursor.Print[:], cursorPrint)
	copy(w.batch.Print[:], batchPrint)
	return w, err
}

func eachWebhook(ctx context.Context, tx *db.Tx, where string, args ...any) (list []Webhook, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		w, err := scanWebhook(scan)
		list = append(list, w)
		return err
	}, `SELECT `+webhookColumns+` FROM follow_webhook `+where, args...)
	return list, err
}

func webhooksOf(ctx context.Context, tx *db.Tx, organisation db.ID) ([]Webhook, error) {
	return eachWebhook(ctx, tx, `WHERE organisation_id = ?1 ORDER BY id LIMIT 100`, organisation)
}

func webhooksOn(ctx context.Context, tx *db.Tx, after db.ID, limit int) ([]Webhook, error) {
	return eachWebhook(ctx, tx, `WHERE state = 'on' AND id > ?1 ORDER BY id LIMIT ?2`, after[:], limit)
}

func webhookByID(ctx context.Context, tx *db.Tx, id db.ID) (Webhook, error) {
	list, err := eachWebhook(ctx, tx, `WHERE id = ?1`, id)
	if err == nil && len(list) == 0 {
		err = db.ErrNoRows
	}
	if err != nil {
		return Webhook{}, err
	}
	return list[0], nil
}

func insertWebhook(ctx context.Context, tx *db.Tx, w Webhook) error {
	_, err := tx.Exec(ctx, `INSERT INTO follow_webhook (id, organisation_id, host, sealed, state, made_by, made_at, cursor_at, cursor_print, batch_at, batch_print, attempts, next_at)
		VALUES (?1, ?2, ?3, ?4, 'on', ?5, ?6, ?7, ?8, 0, ?8, 0, ?9)`, w.ID, w.Organisation, w.Host, w.sealed, w.MadeBy, db.At(w.MadeAt), db.At(w.cursor.At),
		w.cursor.Print[:], db.At(w.NextAt))
	return err
}

func setSealed(ctx context.Context, tx *db.Tx, id db.ID, sealed []byte) error {
	_, err := tx.Exec(ctx, `UPDATE follow_webhook SET sealed = ?2 WHERE id = ?1`, id, sealed)
	return err
}

func setState(ctx context.Context, tx *db.Tx, id db.ID, state State) error {
	_, err := tx.Exec(ctx, `UPDATE follow_webhook SET state = ?2 WHERE id = ?1`, id, string(state))
	return err
}

func resumeWebhook(ctx context.Context, tx *db.Tx, id, by db.ID, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE follow_webhook SET state = 'on', made_by = ?2, attempts = 0, failing_since = NULL, next_at = ?3 WHERE id = ?1`, id, by, db.At(now))
	return err
}

func setTested(ctx context.Context, tx *db.Tx, id db.ID, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE follow_webhook SET tested_at = ?2 WHERE id = ?1`, id, db.At(now))
	return err
}

// hurry lets a webhook that fails be tried again now.
func hurry(ctx context.Context, tx *db.Tx, id db.ID, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE follow_webhook SET next_at = ?2 WHERE id = ?1 AND next_at > ?2`, id, db.At(now))
	return err
}

func setBatch(ctx context.Context, tx *db.Tx, id, batch db.ID, end notify.Moment) error {
	_, err := tx.Exec(ctx, `UPDATE follow_webhook SET batch_id = ?2, batch_at = ?3, batch_print = ?4 WHERE id = ?1`, id, batch, db.At(end.At), end.Print[:])
	return err
}

// setTaken moves the cursor behind a batch, when it is still that one.
func setTaken(ctx context.Context, tx *db.Tx, id, batch db.ID, end notify.Moment) error {
	_, err := tx.Exec(ctx, `UPDATE follow_webhook SET cursor_at = ?3, cursor_print = ?4, batch_id = NULL, attempts = 0, failing_since = NULL
		WHERE id = ?1 AND batch_id = ?2`, id, batch, db.At(end.At), end.Print[:])
	return err
}

func setFailing(ctx context.Context, tx *db.Tx, id, batch db.ID, attempts int, since, next time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE follow_webhook SET attempts = ?3, failing_since = ?4, next_at = ?5 WHERE id = ?1 AND batch_id = ?2`,
		id, batch, attempts, db.At(since), db.At(next))
	return err
}

func deleteWebhook(ctx context.Context, tx *db.Tx, id db.ID) error {
	_, err := tx.Exec(ctx, `DELETE FROM follow_webhook WHERE id = ?1`, id)
	return err
}

// insertPost keeps an attempt, and of those before it the latest. Of a webhook that was removed meanwhile
// nothing is kept.
func insertPost(ctx context.Context, tx *db.Tx, webhook db.ID, p Post) error {
	var there int
	if err := tx.One(ctx, `SELECT count(*) FROM follow_webhook WHERE id = ?1`, []any{webhook}, &there); err != nil || there == 0 {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO follow_post (id, webhook_id, message, events, at, status, problem) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)`,
		db.NewID(), webhook, p.Message, p.Events, db.At(p.At), p.Status, p.Problem)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `DELETE FROM follow_post WHERE webhook_id = ?1 AND id NOT IN (SELECT id FROM follow_post WHERE webhook_id = ?1 ORDER BY id DESC LIMIT ?2)`, webhook, mostPosts)
	return err
}

func postsOf(ctx context.Context, tx *db.Tx, webhook db.ID, limit int) (list []Post, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var p Post
		var at db.Time
		err := scan(&p.Message, &p.Events, &at, &p.Status, &p.Problem)
		p.At = at.Time
		list = append(list, p)
		return err
	}, `SELECT message, events, at, status, problem FROM follow_post WHERE webhook_id = ?1 ORDER BY id DESC LIMIT ?2`, webhook, limit)
	return list, err
}

func deleteOf(ctx context.Context, tx *db.Tx, organisation db.ID) error {
	for _, q := range []string{`DELETE FROM follow_webhook WHERE organisation_id = ?1`, `DELETE FROM follow_feed WHERE organisation_id = ?1`} {
		if _, err := tx.Exec(ctx, q, organisation); err != nil {
			return err
		}
	}
	return nil
}

func forgetMaker(ctx context.Context, tx *db.Tx, account db.ID) error {
	for _, q := range []string{`UPDATE follow_webhook SET made_by = NULL WHERE made_by = ?1`, `UPDATE follow_feed SET made_by = NULL WHERE made_by = ?1`} {
		if _, err := tx.Exec(ctx, q, account); err != nil {
			return err
		}
	}
	return nil
}

const feedColumns = `id, organisation_id, name, made_by, made_at, revoked_at, read_at, minute, reads`

func eachFeed(ctx context.Context, tx *db.Tx, where string, args ...any) (list []Feed, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var x Feed
		var made, revoked, read db.Time
		err := scan(&x.ID, &x.Organisation, &x.Name, &x.MadeBy, &made, &revoked, &read, &x.minute, &x.reads)
		x.MadeAt, x.RevokedAt, x.ReadAt = made.Time, revoked.Time, read.Time
		list = append(list, x)
		return err
	}, `SELECT `+feedColumns+` FROM follow_feed `+where, args...)
	return list, err
}

func feedsOf(ctx context.Context, tx *db.Tx, organisation db.ID) ([]Feed, error) {
	return eachFeed(ctx, tx, `WHERE organisation_id = ?1 AND revoked_at IS NULL ORDER BY id LIMIT 100`, organisation)
}

func feedByHash(ctx context.Context, tx *db.Tx, hash []byte) ([]Feed, error) {
	return eachFeed(ctx, tx, `WHERE hash = ?1 AND revoked_at IS NULL`, hash)
}

func insertFeed(ctx context.Context, tx *db.Tx, x Feed, hash []byte) error {
	_, err := tx.Exec(ctx, `INSERT INTO follow_feed (id, organisation_id, hash, name, made_by, made_at, minute, reads) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, 0)`,
		x.ID, x.Organisation, hash, x.Name, x.MadeBy, db.At(x.MadeAt))
	return err
}

func noteRead(ctx context.Context, tx *db.Tx, id db.ID, at time.Time, minute int64, reads int) error {
	_, err := tx.Exec(ctx, `UPDATE follow_feed SET read_at = ?2, minute = ?3, reads = ?4 WHERE id = ?1`, id, db.At(at), minute, reads)
	return err
}

// revokeFeed ends a feed of an organisation, and tells how many that were: 0 or 1.
func revokeFeed(ctx context.Context, tx *db.Tx, organisation, id db.ID, now time.Time) (int64, error) {
	return tx.Exec(ctx, `UPDATE follow_feed SET revoked_at = ?3 WHERE id = ?1 AND organisation_id = ?2 AND revoked_at IS NULL`, id, organisation, db.At(now))
}

// oneByOne lets those who change the connections of an organisation wait for one another, so that what was
// counted is still so when it is added to. On SQLite writers wait in any case.
func oneByOne(ctx context.Context, tx *db.Tx, organisation db.ID) error {
	if !tx.Postgres() {
		return nil
	}
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('polder/follow/' || ?1, 0))`, organisation.String())
	return err
}
