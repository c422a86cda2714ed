package collect

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"polder/internal/db"
	"polder/notify"
)

const pushColumns = `id, account_id, token_id, name, source_key, type, mapping, sha256, size, state, summary, problem, received_at, ended_at`

func insertPush(ctx context.Context, tx *db.Tx, p Push) error {
	_, err := tx.Exec(ctx, `INSERT INTO collect_push (`+pushColumns+`) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)`,
		p.ID, p.Account, p.Token, p.Name, p.Source, p.Type, p.Mapping, p.SHA256, p.Size, p.State, summaryText(p.Summary), p.Problem, db.At(p.ReceivedAt), db.At(p.EndedAt))
	return err
}

func pushByID(ctx context.Context, tx *db.Tx, id db.ID) (p Push, err error) {
	var summary string
	var received, ended db.Time
	err = tx.One(ctx, `SELECT `+pushColumns+` FROM collect_push WHERE id = ?1`, []any{id}, &p.ID, &p.Account, &p.Token, &p.Name, &p.Source, &p.Type, &p.Mapping,
		&p.SHA256, &p.Size, &p.State, &summary, &p.Problem, &received, &ended)
	p.ReceivedAt, p.EndedAt = received.Time, ended.Time
	if err == nil && summary != "" {
		p.Summary = &notify.Summary{}
		if err = json.Unmarshal([]byte(summary), p.Summary); err != nil {
			err = fmt.Errorf("read the summary of push %s: %w", id, err)
		}
	}
	return p, err
}

func endPush(ctx context.Context, tx *db.Tx, p Push) error {
	_, err := tx.Exec(ctx, `UPDATE collect_push SET state = ?2, summary = ?3, problem = ?4, ended_at = ?5 WHERE id = ?1`, p.ID, p.State, summaryText(p.Summary), p.Problem, db.At(p.EndedAt))
	return err
}

func countWaiting(ctx context.Context, tx *db.Tx, account db.ID) (n int, err error) {
	err = tx.One(ctx, `SELECT count(*) FROM collect_push WHERE account_id = ?1 AND state = 'waiting'`, []any{account}, &n)
	return n, err
}

// dropPushes forgets what was pushed before the moment given, and is not waiting.
func dropPushes(ctx context.Context, tx *db.Tx, before time.Time) error {
	_, err := tx.Exec(ctx, `DELETE FROM collect_push WHERE id IN (SELECT id FROM collect_push WHERE received_at < ?1 AND state <> 'waiting' ORDER BY received_at LIMIT 20000)`, db.At(before))
	return err
}
