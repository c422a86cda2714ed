package collect

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"polder/internal/db"
	"polder/internal/fault"
)

const sourceColumns = `id, key, kind, address, every, hour, type, mapping, tlp, licence, ways, secret, memory, failures, next_at, created_at, changed_at`

func scanSource(scan func(...any) error) (s Source, err error) {
	var every int64
	var ways, memory string
	var next, created, changed db.Time
	if err := scan(&s.ID, &s.Key, &s.Kind, &s.Address, &every, &s.Hour, &s.Type, &s.Mapping, &s.TLP, &s.Licence, &ways, &s.Sealed, &memory, &s.Failures, &next, &created, &changed); err != nil {
		return s, err
	}
	s.Every = time.Duration(every) * time.Minute
	s.NextAt, s.CreatedAt, s.ChangedAt = next.Time, created.Time, changed.Time
	return s, errors.Join(json.Unmarshal([]byte(ways), &s.Ways), json.Unmarshal([]byte(memory), &s.Memory))
}

func sourcesWhere(ctx context.Context, tx *db.Tx, where string, args ...any) (list []Source, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		s, err := scanSource(scan)
		list = append(list, s)
		return err
	}, `SELECT `+sourceColumns+` FROM collect_source `+where, args...)
	return list, err
}

func one(list []Source, err error) (Source, error) {
	if err != nil {
		return Source{}, err
	}
	if len(list) == 0 {
		return Source{}, fault.Hidden()
	}
	return list[0], nil
}

func allSources(ctx context.Context, tx *db.Tx) ([]Source, error) {
	return sourcesWhere(ctx, tx, `ORDER BY key`)
}

func sourceByID(ctx context.Context, tx *db.Tx, id db.ID) (Source, error) {
	return one(sourcesWhere(ctx, tx, `WHERE id = ?1`, id))
}

func sourceByKey(ctx context.Context, tx *db.Tx, key string) (Source, error) {
	return one(sourcesWhere(ctx, tx, `WHERE key = ?1`, key))
}

// lockSource reads a source that this transaction changes.
func lockSource(ctx context.Context, tx *db.Tx, id db.ID) (Source, error) {
	if _, err := tx.Exec(ctx, `UPDATE collect_source SET key = key WHERE id = ?1`, id); err != nil {
		return Source{}, err
	}
	return sourceByID(ctx, tx, id)
}

func dueSources(ctx context.Context, tx *db.Tx, now time.Time) (list []db.ID, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var id db.ID
		err := scan(&id)
		list = append(list, id)
		return err
	}, `SELECT id FROM collect_source WHERE next_at <= ?1 ORDER BY next_at LIMIT 500`, db.At(now))
	return list, err
}

func countSources(ctx context.Context, tx *db.Tx) (n int, err error) {
	err = tx.One(ctx, `SELECT count(*) FROM collect_source`, nil, &n)
	return n, err
}

func insertSource(ctx context.Context, tx *db.Tx, s Source) (added bool, err error) {
	ways, memory, err := texts(s)
	if err != nil {
		return false, err
	}
	n, err := tx.Exec(ctx, `INSERT INTO collect_source (`+sourceColumns+`)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17) ON CONFLICT (key) DO NOTHING`,
		s.ID, s.Key, string(s.Kind), s.Address, int64(s.Every/time.Minute), s.Hour, s.Type, s.Mapping, s.TLP, s.Licence, ways, s.Sealed, memory, s.Failures,
		db.At(s.NextAt), db.At(s.CreatedAt), db.At(s.ChangedAt))
	return n == 1, err
}

// deleteSource deletes a source with its runs and what was had of it.
func deleteSource(ctx context.Context, tx *db.Tx, id db.ID) error {
	_, err := tx.Exec(ctx, `DELETE FROM collect_source WHERE id = ?1`, id)
	return err
}

func texts(s Source) (ways, memory string, err error) {
	w, err1 := json.Marshal(s.Ways)
	m, err2 := json.Marshal(s.Memory)
	return string(w), string(m), errors.Join(err1, err2)
}

func updateSource(ctx context.Context, tx *db.Tx, s Source) error {
	ways, memory, err := texts(s)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE collect_source SET address = ?2, every = ?3, hour = ?4, type = ?5, mapping = ?6, tlp = ?7, licence = ?8, ways = ?9,
		secret = ?10, memory = ?11, failures = ?12, next_at = ?13, changed_at = ?14 WHERE id = ?1`,
		s.ID, s.Address, int64(s.Every/time.Minute), s.Hour, s.Type, s.Mapping, s.TLP, s.Licence, ways, s.Sealed, memory, s.Failures, db.At(s.NextAt), db.At(s.ChangedAt))
	return err
}

const runColumns = `id, source_id, started_at, ended_at, outcome, bytes, reports, again, lines, rejected, report_id, reason, detail`

func runsWhere(ctx context.Context, tx *db.Tx, where string, args ...any) (list []Run, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var r Run
		var started, ended db.Time
		err := scan(&r.ID, &r.Source, &started, &ended, &r.Outcome, &r.Bytes, &r.Reports, &r.Again, &r.Lines, &r.Rejected, &r.Report, &r.Reason, &r.Detail)
		r.StartedAt, r.EndedAt = started.Time, ended.Time
		list = append(list, r)
		return err
	}, `SELECT `+runColumns+` FROM collect_run `+where, args...)
	return list, err
}

func latestRuns(ctx context.Context, tx *db.Tx, source db.ID, limit int) ([]Run, error) {
	return runsWhere(ctx, tx, `WHERE source_id = ?1 ORDER BY started_at DESC LIMIT ?2`, source, limit)
}

// lastRuns returns the last run of each source.
func lastRuns(ctx context.Context, tx *db.Tx) (map[db.ID]Run, error) {
	list, err := runsWhere(ctx, tx, `WHERE id IN (SELECT (SELECT r.id FROM collect_run r WHERE r.source_id = s.id ORDER BY r.started_at DESC LIMIT 1) FROM collect_source s)`)
	m := make(map[db.ID]Run, len(list))
	for _, r := range list {
		m[r.Source] = r
	}
	return m, err
}

// beginRun writes the row of a run, and closes those whose process was killed: whoever begins holds
// the lock of the source, so none of them is under way.
func beginRun(ctx context.Context, tx *db.Tx, r Run) error {
	if _, err := tx.Exec(ctx, `UPDATE collect_run SET outcome = 'failed', reason = ?2, ended_at = ?3 WHERE source_id = ?1 AND started_at >= ?4 AND outcome = 'running'`,
		r.Source, string(Killed), db.At(r.StartedAt), db.At(r.StartedAt.Add(-30*24*time.Hour))); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO collect_run (`+runColumns+`) VALUES (?1, ?2, ?3, NULL, 'running', 0, 0, 0, 0, 0, NULL, '', '')`, r.ID, r.Source, db.At(r.StartedAt))
	return err
}

func endRun(ctx context.Context, tx *db.Tx, r Run) error {
	_, err := tx.Exec(ctx, `UPDATE collect_run SET ended_at = ?2, outcome = ?3, bytes = ?4, reports = ?5, again = ?6, lines = ?7, rejected = ?8, report_id = ?9, reason = ?10, detail = ?11
		WHERE id = ?1`, r.ID, db.At(r.EndedAt), string(r.Outcome), r.Bytes, r.Reports, r.Again, r.Lines, r.Rejected, r.Report, string(r.Reason), r.Detail)
	return err
}

// hadOf tells which of the items were had.
func hadOf(ctx context.Context, tx *db.Tx, source db.ID, since time.Time) (map[string]bool, error) {
	had := map[string]bool{}
	err := tx.Each(ctx, func(scan func(...any) error) error {
		var item string
		err := scan(&item)
		had[item] = true
		return err
	}, `SELECT item FROM collect_had WHERE source_id = ?1 AND had_at >= ?2`, source, db.At(since))
	return had, err
}

func noteHad(ctx context.Context, tx *db.Tx, source db.ID, item string, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO collect_had (source_id, item, had_at) VALUES (?1, ?2, ?3) ON CONFLICT (source_id, item) DO NOTHING`, source, item, db.At(now))
	return err
}

// dropOld deletes runs and what was had before the moments given.
func dropOld(ctx context.Context, tx *db.Tx, runs, had time.Time) error {
	if _, err := tx.Exec(ctx, `DELETE FROM collect_had WHERE had_at < ?1`, db.At(had)); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM collect_run WHERE id IN (SELECT id FROM collect_run WHERE started_at < ?1 ORDER BY started_at LIMIT 20000)`, db.At(runs))
	return err
}
