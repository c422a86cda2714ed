package outreach

import (
	"context"
	"encoding/json"
	"time"

	"polder/internal/db"
)

const sweepColumns = `id, started_by, chosen, lowest, since, until, state, reports, reports_done, findings, subjects, looked, more, created_at, changed_at`

func scanSweep(scan func(...any) error) (s Sweep, err error) {
	var chosen string
	var since, until, created, changed db.Time
	var more int64
	if err := scan(&s.ID, &s.By, &chosen, &s.Lowest, &since, &until, &s.State, &s.Reports, &s.ReportsDone, &s.Findings, &s.Subjects, &s.Looked, &more, &created, &changed); err != nil {
		return s, err
	}
	s.Since, s.Until, s.CreatedAt, s.ChangedAt, s.More = since.Time, until.Time, created.Time, changed.Time, more == 1
	return s, json.Unmarshal([]byte(chosen), &s.Chosen)
}

func sweepByID(ctx context.Context, tx *db.Tx, id db.ID) (s Sweep, err error) {
	return scanSweep(func(dest ...any) error {
		return tx.One(ctx, `SELECT `+sweepColumns+` FROM outreach_sweep WHERE id = ?1`, []any{id}, dest...)
	})
}

// lockSweep keeps others from changing the sweep until the transaction ends.
func lockSweep(ctx context.Context, tx *db.Tx, id db.ID) (Sweep, error) {
	if _, err := tx.Exec(ctx, `UPDATE outreach_sweep SET state = state WHERE id = ?1`, id); err != nil {
		return Sweep{}, err
	}
	return sweepByID(ctx, tx, id)
}

func latestSweeps(ctx context.Context, tx *db.Tx, limit int) (list []Sweep, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		s, err := scanSweep(scan)
		list = append(list, s)
		return err
	}, `SELECT `+sweepColumns+` FROM outreach_sweep ORDER BY created_at DESC LIMIT ?1`, limit)
	return list, err
}

// countSweeps counts those that are under way.
func countSweeps(ctx context.Context, tx *db.Tx) (n int, err error) {
	err = tx.One(ctx, `SELECT count(*) FROM outreach_sweep WHERE state IN ('reading', 'looking')`, nil, &n)
	return n, err
}

// countWaiting counts the rounds of the last 90 days that have contacts to review or to send to.
func countWaiting(ctx context.Context, tx *db.Tx) (n int, err error) {
	err = tx.One(ctx, `SELECT count(*) FROM outreach_sweep s WHERE s.state = 'ready' AND EXISTS (SELECT 1 FROM outreach_contact c
		WHERE c.sweep_id = s.id AND c.state IN ('open', 'approved') AND c.subjects > 0)`, nil, &n)
	return n, err
}

func insertSweep(ctx context.Context, tx *db.Tx, s Sweep) error {
	chosen, err := json.Marshal(s.Chosen)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO outreach_sweep (`+sweepColumns+`) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, 0, 0, 0, 0, 0, ?8, ?8)`,
		s.ID, s.By, string(chosen), int64(s.Lowest), db.At(s.Since), db.At(s.Until), s.State, db.At(s.CreatedAt))
	return err
}

func noteProgress(ctx context.Context, tx *db.Tx, id db.ID, done, of, findings, subjects int, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE outreach_sweep SET reports_done = ?2, reports = ?3, findings = ?4, subjects = ?5, changed_at = ?6 WHERE id = ?1 AND state = 'reading'`,
		id, done, of, findings, subjects, db.At(now))
	return err
}

// lockReading tells whether a sweep is still being read, and keeps others from ending that.
func lockReading(ctx context.Context, tx *db.Tx, id db.ID) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE outreach_sweep SET state = state WHERE id = ?1 AND state = 'reading'`, id)
	return n == 1, err
}

// finishReading lets the lookups begin; a sweep without any is ready.
func finishReading(ctx context.Context, tx *db.Tx, id db.ID, findings, subjects int, more bool, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE outreach_sweep SET findings = ?2, subjects = ?3, more = ?4, changed_at = ?5,
		looked = (SELECT count(*) FROM outreach_subject WHERE sweep_id = ?1 AND state <> 'waiting'),
		state = CASE WHEN EXISTS (SELECT 1 FROM outreach_subject WHERE sweep_id = ?1 AND state = 'waiting') THEN 'looking' ELSE 'ready' END WHERE id = ?1`,
		id, findings, subjects, map[bool]int64{true: 1}[more], db.At(now))
	return err
}

// noteLooked counts a lookup; after the last the sweep is ready.
func noteLooked(ctx context.Context, tx *db.Tx, id db.ID, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE outreach_sweep SET looked = looked + 1, changed_at = ?2,
		state = CASE WHEN state = 'looking' AND looked + 1 >= subjects THEN 'ready' ELSE state END WHERE id = ?1`, id, db.At(now))
	return err
}

func moveSweep(ctx context.Context, tx *db.Tx, id db.ID, state string, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE outreach_sweep SET state = ?2, changed_at = ?3 WHERE id = ?1`, id, state, db.At(now))
	return err
}

// countsOf counts what is in each list of a sweep, which has at most mostSubjects of either.
func countsOf(ctx context.Context, tx *db.Tx, id db.ID) (counts map[string]int, high int, err error) {
	counts = map[string]int{}
	add := func(scan func(...any) error) error {
		var state string
		var n int
		err := scan(&state, &n)
		counts[state] = n
		return err
	}
	err = tx.Each(ctx, add, `SELECT state, count(*) FROM outreach_contact WHERE sweep_id = ?1 AND (subjects > 0 OR state = 'queued') GROUP BY state`, id)
	if err == nil {
		err = tx.Each(ctx, add, `SELECT state, count(*) FROM outreach_subject WHERE sweep_id = ?1 AND state IN ('none', 'registered', 'told') GROUP BY state`, id)
	}
	if err == nil {
		err = tx.One(ctx, `SELECT count(*) FROM outreach_contact WHERE sweep_id = ?1 AND state = 'open' AND confidence >= 3 AND subjects > 0`, []any{id}, &high)
	}
	return counts, high, err
}

// dropOld ends sweeps, notes and letters past their terms, and sweeps that hang; it returns how many
// sweeps went.
func dropOld(ctx context.Context, tx *db.Tx, sweeps, told, letters, now time.Time) (n int64, err error) {
	hangs := db.At(now.Add(-24 * time.Hour))
	for _, q := range []struct {
		sql string
		at  db.Time
	}{
		{`UPDATE outreach_sweep SET state = 'failed' WHERE state = 'reading' AND changed_at < ?1`, hangs},
		{`UPDATE outreach_subject SET state = 'none' WHERE state = 'waiting' AND sweep_id IN (SELECT id FROM outreach_sweep WHERE state = 'looking' AND changed_at < ?1)`, hangs},
		{`UPDATE outreach_sweep SET state = 'ready' WHERE state = 'looking' AND changed_at < ?1`, hangs},
		{`DELETE FROM outreach_lookup WHERE ends_at < ?1`, db.At(now)},
		{`DELETE FROM outreach_told WHERE told_at < ?1`, db.At(told)},
		{`DELETE FROM outreach_letter WHERE queued_at < ?1`, db.At(letters)},
		{`DELETE FROM outreach_subject WHERE sweep_id IN (SELECT id FROM outreach_sweep WHERE created_at < ?1)`, db.At(sweeps)},
	} {
		if _, err := tx.Exec(ctx, q.sql, q.at); err != nil {
			return 0, err
		}
	}
	return tx.Exec(ctx, `DELETE FROM outreach_sweep WHERE created_at < ?1`, db.At(sweeps))
}

func keptAnswer(ctx context.Context, tx *db.Tx, question string, now time.Time) (answer string, err error) {
	err = tx.One(ctx, `SELECT answer FROM outreach_lookup WHERE question = ?1 AND ends_at > ?2`, []any{question, db.At(now)}, &answer)
	return answer, err
}

func keepAnswer(ctx context.Context, tx *db.Tx, question, answer string, ends time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO outreach_lookup (question, answer, ends_at) VALUES (?1, ?2, ?3)
		ON CONFLICT (question) DO UPDATE SET answer = excluded.answer, ends_at = excluded.ends_at`, question, answer, db.At(ends))
	return err
}
