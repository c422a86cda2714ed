package collect

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/signin"
	"polder/notify"
)

const listColumns = `id, name, size, sha256, guess, choices, version, state, summary, hash, rehearsed_at, difference, report_id, problem, account_id, created_at, changed_at`

func scanList(scan func(...any) error) (l List, err error) {
	var guess, choices, summary, difference string
	var rehearsed, created, changed db.Time
	if err = scan(&l.ID, &l.Name, &l.Size, &l.SHA256, &guess, &choices, &l.Version, &l.State, &summary, &l.Hash, &rehearsed, &difference, &l.Report, &l.Problem, &l.Account, &created, &changed); err != nil {
		return l, err
	}
	l.RehearsedAt, l.CreatedAt, l.ChangedAt = rehearsed.Time, created.Time, changed.Time
	err = errors.Join(json.Unmarshal([]byte(guess), &l.Guess), json.Unmarshal([]byte(choices), &l.Choices))
	if summary != "" {
		err = errors.Join(err, json.Unmarshal([]byte(summary), &l.Summary))
	}
	if difference != "" {
		err = errors.Join(err, json.Unmarshal([]byte(difference), &l.Difference))
	}
	return l, err
}

func lists(ctx context.Context, tx *db.Tx, where string, args ...any) (list []List, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		l, err := scanList(scan)
		list = append(list, l)
		return err
	}, `SELECT `+listColumns+` FROM collect_list `+where, args...)
	if err != nil || len(list) == 0 {
		return list, err
	}
	var ids []db.ID
	for _, l := range list {
		ids = append(ids, l.Account)
	}
	accounts, err := signin.Accounts(ctx, tx, ids)
	for i := range list {
		list[i].Creator = accounts[list[i].Account].Name
	}
	return list, err
}

func latestLists(ctx context.Context, tx *db.Tx, limit int) ([]List, error) {
	return lists(ctx, tx, `ORDER BY changed_at DESC LIMIT ?1`, limit)
}

// countWaitingLists counts the lists that were neither sent nor dropped, as far as most.
func countWaitingLists(ctx context.Context, tx *db.Tx, most int) (n int, err error) {
	err = tx.One(ctx, `SELECT count(*) FROM (SELECT 1 FROM collect_list WHERE state IN ('draft', 'rehearsed', 'failed') LIMIT ?1) AS waiting`, []any{most}, &n)
	return n, err
}

func listByID(ctx context.Context, tx *db.Tx, id db.ID) (List, error) {
	found, err := lists(ctx, tx, `WHERE id = ?1`, id[:])
	if err == nil && len(found) == 0 {
		err = fault.Hidden()
	}
	if err != nil {
		return List{}, err
	}
	return found[0], nil
}

func insertList(ctx context.Context, tx *db.Tx, l *List) error {
	_, err := tx.Exec(ctx, `INSERT INTO collect_list (id, name, size, sha256, guess, choices, version, state, summary, hash, difference, problem, account_id, created_at, changed_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'draft', '', '', '', '', ?8, ?9, ?10)`,
		l.ID, l.Name, l.Size, l.SHA256, asJSON(l.Guess), asJSON(l.Choices), l.Version, l.Account, db.At(l.CreatedAt), db.At(l.ChangedAt))
	return err
}

// saveChoices writes the next version; false: somebody else did.
func saveChoices(ctx context.Context, tx *db.Tx, l *List, version int64) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE collect_list SET guess = ?3, choices = ?4, version = version + 1, state = 'draft', summary = '', hash = '', rehearsed_at = NULL, difference = '', problem = '', changed_at = ?5
		WHERE id = ?1 AND version = ?2 AND state IN ('draft', 'rehearsed', 'failed')`, l.ID, version, asJSON(l.Guess), asJSON(l.Choices), db.At(l.ChangedAt))
	if err != nil || n == 0 {
		return false, err
	}
	_, err = tx.Exec(ctx, `DELETE FROM collect_list_mail WHERE list_id = ?1`, l.ID)
	return true, err
}

func saveRehearsal(ctx context.Context, tx *db.Tx, l *List, difference string) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE collect_list SET state = 'rehearsed', summary = ?3, hash = ?4, rehearsed_at = ?5, difference = ?6, problem = '', changed_at = ?5
		WHERE id = ?1 AND version = ?2 AND state IN ('draft', 'rehearsed', 'failed')`, l.ID, l.Version, asJSON(l.Summary), l.Hash, db.At(l.RehearsedAt), difference)
	return n == 1, err
}

func moveList(ctx context.Context, tx *db.Tx, id db.ID, from, to string, version int64, now time.Time) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE collect_list SET state = ?3, changed_at = ?5 WHERE id = ?1 AND state = ?2 AND version = ?4`, id, from, to, version, db.At(now))
	return n == 1, err
}

func endList(ctx context.Context, tx *db.Tx, id db.ID, state string, report db.ID, problem string, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE collect_list SET state = ?2, report_id = ?3, problem = ?4, changed_at = ?5 WHERE id = ?1 AND state = 'sending'`, id, state, report, problem, db.At(now))
	if err != nil || state != "sent" {
		return err
	}
	_, err = tx.Exec(ctx, `DELETE FROM collect_list_mail WHERE list_id = ?1`, id) // the real ones are in notify
	return err
}

func deleteList(ctx context.Context, tx *db.Tx, id db.ID) error {
	_, err := tx.Exec(ctx, `DELETE FROM collect_list WHERE id = ?1`, id)
	return err
}

func listsBefore(ctx context.Context, tx *db.Tx, before time.Time, limit int) (ids []db.ID, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var id db.ID
		err := scan(&id)
		ids = append(ids, id)
		return err
	}, `SELECT id FROM collect_list WHERE changed_at < ?1 AND state <> 'sending' ORDER BY changed_at LIMIT ?2`, db.At(before), limit)
	return ids, err
}

func replaceMails(ctx context.Context, tx *db.Tx, id db.ID, mails []notify.RehearsedMail) error {
	if _, err := tx.Exec(ctx, `DELETE FROM collect_list_mail WHERE list_id = ?1`, id); err != nil {
		return err
	}
	rows := make([][]any, len(mails))
	for i, m := range mails {
		rows[i] = []any{id[:], int64(i + 1), asJSON(m)}
	}
	return tx.Bulk(ctx, "collect_list_mail", []string{"list_id", "n", "mail"}, rows)
}

func listMails(ctx context.Context, tx *db.Tx, id db.ID, after int64, limit int) (list []notify.RehearsedMail, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var text string
		var m notify.RehearsedMail
		if err := scan(&text); err != nil {
			return err
		}
		err := json.Unmarshal([]byte(text), &m)
		list = append(list, m)
		return err
	}, `SELECT mail FROM collect_list_mail WHERE list_id = ?1 AND n > ?2 ORDER BY n LIMIT ?3`, id[:], after, limit)
	return list, err
}

func keptFor(ctx context.Context, tx *db.Tx, columns []byte) (h Choices, found bool, err error) {
	var text string
	err = tx.One(ctx, `SELECT choices FROM collect_kept WHERE columns = ?1 AND columns <> ?2 ORDER BY changed_at DESC LIMIT 1`, []any{columns, []byte("none")}, &text)
	if errors.Is(err, db.ErrNoRows) {
		return h, false, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(text), &h)
	}
	return h, err == nil, err
}

func keptLists(ctx context.Context, tx *db.Tx, limit int) (list []Kept, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var k Kept
		var text string
		var at db.Time
		if err := scan(&k.Source, &text, &at); err != nil {
			return err
		}
		k.ChangedAt = at.Time
		err := json.Unmarshal([]byte(text), &k.Choices)
		list = append(list, k)
		return err
	}, `SELECT source, choices, changed_at FROM collect_kept ORDER BY source LIMIT ?1`, limit)
	return list, err
}

func saveKept(ctx context.Context, tx *db.Tx, k Kept, columns []byte, account db.ID) error {
	_, err := tx.Exec(ctx, `INSERT INTO collect_kept (source, columns, choices, account_id, changed_at) VALUES (?1, ?2, ?3, ?4, ?5)
		ON CONFLICT (source) DO UPDATE SET columns = excluded.columns, choices = excluded.choices, account_id = excluded.account_id, changed_at = excluded.changed_at`,
		k.Source, columns, asJSON(k.Choices), account, db.At(k.ChangedAt))
	return err
}

func deleteKept(ctx context.Context, tx *db.Tx, source string) error {
	_, err := tx.Exec(ctx, `DELETE FROM collect_kept WHERE source = ?1`, source)
	return err
}
