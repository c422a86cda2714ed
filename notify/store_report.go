package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"polder/internal/db"
	"polder/internal/fault"
	"polder/notify/feeds"
)

func ensureSource(ctx context.Context, tx *db.Tx, s Source, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO notify_source (key, name, tlp, licence, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
		ON CONFLICT (key) DO NOTHING`, s.Key, s.Name, s.TLP, s.Licence, db.At(now))
	return err
}

// ensureSeries returns the number of a series. Only one report is admitted at a time, so numbers
// are handed out without a sequence.
func ensureSeries(ctx context.Context, tx *db.Tx, source, kind, part string) (id int64, err error) {
	const find = `SELECT id FROM notify_series WHERE source_key = ?1 AND type = ?2 AND part = ?3`
	err = tx.One(ctx, find, []any{source, kind, part}, &id)
	if !errors.Is(err, db.ErrNoRows) {
		return id, err
	}
	err = tx.One(ctx, `INSERT INTO notify_series (id, source_key, type, part)
		SELECT COALESCE(max(id), 0) + 1, ?1, ?2, ?3 FROM notify_series RETURNING id`, []any{source, kind, part}, &id)
	return id, err
}

const reportColumns = `id, seq, series_id, source_key, type, format, name, mapping, sha256, size, tlp, licence, received_at, state, problem,
	last_line, rows_read, rejected, matched, unmatched, exposures_new, exposures_again, exposures_reopened,
	observed_last, COALESCE(day, 0), fresh, completed_at, raw_deleted_at, register_version, drifts`

func scanReport(scan func(...any) error) (*Report, error) {
	var r Report
	var received, observed, completed, deleted db.Time
	var fresh int64
	err := scan(&r.ID, &r.Seq, &r.Series, &r.Source, &r.Type, &r.Format, &r.Name, &r.Mapping, &r.SHA256, &r.Size, &r.TLP, &r.Licence,
		&received, &r.State, &r.Problem, &r.LastLine, &r.Rows, &r.Rejected, &r.Matched, &r.Unmatched,
		&r.ExposuresNew, &r.ExposuresAgain, &r.ExposuresReopened, &observed, &r.Day, &fresh, &completed, &deleted, &r.Register, &r.Drifts)
	r.ReceivedAt, r.ObservedLast, r.CompletedAt, r.RawDeletedAt = received.Time, observed.Time, completed.Time, deleted.Time
	r.Fresh = fresh == 1
	return &r, err
}

func reports(ctx context.Context, tx *db.Tx, where string, args ...any) (list []*Report, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		r, err := scanReport(scan)
		list = append(list, r)
		return err
	}, `SELECT `+reportColumns+` FROM notify_report `+where, args...)
	if err != nil {
		return nil, err
	}
	for _, r := range list {
		if r.Drifts == 0 {
			continue
		}
		if r.Drift, err = driftOf(ctx, tx, r.ID); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func reportByHash(ctx context.Context, tx *db.Tx, sha []byte) (*Report, error) {
	list, err := reports(ctx, tx, `WHERE sha256 = ?1`, sha)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, db.ErrNoRows
	}
	return list[0], nil
}

func driftOf(ctx context.Context, tx *db.Tx, report db.ID) (list []feeds.Drift, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var d feeds.Drift
		err := scan(&d.Kind, &d.Name)
		list = append(list, d)
		return err
	}, `SELECT kind, name FROM notify_drift WHERE report_id = ?1 ORDER BY kind, name`, report[:])
	return list, err
}

func insertReport(ctx context.Context, tx *db.Tx, r *Report) (seq int64, err error) {
	var day any
	if r.Day != 0 {
		day = r.Day
	}
	err = tx.One(ctx, `INSERT INTO notify_report (id, seq, series_id, source_key, type, format, name, mapping, sha256, size, tlp, licence,
		received_at, state, problem, last_line, rows_read, rejected, matched, unmatched, exposures_new, exposures_again,
		exposures_reopened, day, fresh, register_version)
		SELECT ?1, COALESCE(max(seq), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 'reading', '', 0, 0, 0, 0, 0, 0, 0, 0, ?13, 0, ?14
		FROM notify_report RETURNING seq`,
		[]any{r.ID, r.Series, r.Source, r.Type, r.Format, r.Name, r.Mapping, r.SHA256, r.Size, r.TLP, r.Licence, db.At(r.ReceivedAt), day, r.Register}, &seq)
	return seq, err
}

// holdReport keeps the report's row for this transaction, if it is as far as this reader left it.
func holdReport(ctx context.Context, tx *db.Tx, r *Report) error {
	changed, err := tx.Exec(ctx, `UPDATE notify_report SET last_line = last_line WHERE id = ?1 AND last_line = ?2 AND state = 'reading'`, r.ID, r.LastLine)
	if err == nil && changed != 1 {
		err = fault.New(fault.Conflict, "another process went on with this report; run the command again to see what became of it")
	}
	return err
}

// progressReport notes how far the reading came, in the transaction of what was read.
func progressReport(ctx context.Context, tx *db.Tx, r *Report) error {
	_, err := tx.Exec(ctx, `UPDATE notify_report SET last_line = ?2, rows_read = ?3, rejected = ?4, matched = ?5, unmatched = ?6,
		exposures_new = ?7, exposures_again = ?8, exposures_reopened = ?9, observed_last = ?10 WHERE id = ?1`,
		r.ID, r.LastLine, r.Rows, r.Rejected, r.Matched, r.Unmatched, r.ExposuresNew, r.ExposuresAgain, r.ExposuresReopened, db.At(r.ObservedLast))
	return err
}

// usualRows returns the rows of the largest of the three complete reports of the series before this
// one; 0: none. Of three, so that a real drop becomes usual after some days.
func usualRows(ctx context.Context, tx *db.Tx, r *Report) (rows int64, err error) {
	err = tx.One(ctx, `SELECT COALESCE(max(rows_read), 0) FROM (SELECT rows_read FROM notify_report
		WHERE series_id = ?1 AND seq < ?2 AND state = 'complete' ORDER BY seq DESC LIMIT 3) AS latest`, []any{r.Series, r.Seq}, &rows)
	return rows, err
}

func completeReport(ctx context.Context, tx *db.Tx, r *Report) error {
	fresh := 0
	if r.Fresh {
		fresh = 1
	}
	var day any
	if r.Day != 0 {
		day = r.Day
	}
	_, err := tx.Exec(ctx, `UPDATE notify_report SET state = ?2, problem = ?3, fresh = ?4, day = ?5, completed_at = ?6,
		observed_last = COALESCE(observed_last, received_at), drifts = ?7 WHERE id = ?1`,
		r.ID, r.State, r.Problem, fresh, day, db.At(r.CompletedAt), int64(len(r.Drift)))
	if err != nil {
		return err
	}
	rows := make([][]any, len(r.Drift))
	for i, d := range r.Drift {
		rows[i] = []any{r.ID[:], d.Kind, d.Name}
	}
	return tx.Bulk(ctx, "notify_drift", []string{"report_id", "kind", "name"}, rows)
}

func insertRejected(ctx context.Context, tx *db.Tx, report db.ID, list []*feeds.Reject) error {
	rows := make([][]any, len(list))
	for i, r := range list {
		rows[i] = []any{report[:], r.Line, r.Reason, r.Raw}
	}
	return tx.Bulk(ctx, "notify_rejected", []string{"report_id", "line", "reason", "raw"}, rows)
}

func isRejected(ctx context.Context, tx *db.Tx, report db.ID, line int64) (bool, error) {
	var n int
	err := tx.One(ctx, `SELECT count(*) FROM notify_rejected WHERE report_id = ?1 AND line = ?2`, []any{report[:], line}, &n)
	return n > 0, err
}

// rejectedAfter returns at most limit rejected lines of a report behind a line.
func rejectedAfter(ctx context.Context, tx *db.Tx, report db.ID, line int64, limit int) (list []feeds.Reject, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var r feeds.Reject
		err := scan(&r.Line, &r.Reason, &r.Raw)
		list = append(list, r)
		return err
	}, `SELECT line, reason, raw FROM notify_rejected WHERE report_id = ?1 AND line > ?2 ORDER BY line LIMIT ?3`, report[:], line, limit)
	return list, err
}

// preferences returns what organisations want otherwise than the defaults.
func preferences(ctx context.Context, tx *db.Tx) (map[db.ID]map[feeds.Severity]Cadence, error) {
	m := map[db.ID]map[feeds.Severity]Cadence{}
	err := tx.Each(ctx, func(scan func(...any) error) error {
		var id db.ID
		var s int64
		var c Cadence
		if err := scan(&id, &s, &c); err != nil {
			return err
		}
		if m[id] == nil {
			m[id] = map[feeds.Severity]Cadence{}
		}
		m[id][feeds.Severity(s)] = c
		return nil
	}, `SELECT organisation_id, severity, cadence FROM notify_preference`)
	return m, err
}

func setPreference(ctx context.Context, tx *db.Tx, organisation db.ID, s feeds.Severity, c Cadence, now time.Time) error {
	if c == defaults[s] {
		_, err := tx.Exec(ctx, `DELETE FROM notify_preference WHERE organisation_id = ?1 AND severity = ?2`, organisation, int64(s))
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO notify_preference (organisation_id, severity, cadence, changed_at) VALUES (?1, ?2, ?3, ?4)
		ON CONFLICT (organisation_id, severity) DO UPDATE SET cadence = excluded.cadence, changed_at = excluded.changed_at`,
		organisation, int64(s), string(c), db.At(now))
	return err
}

func quoteStates(list []State) string {
	s := ""
	for i, st := range list {
		if i > 0 {
			s += ", "
		}
		s += fmt.Sprintf("'%s'", st)
	}
	return s
}
