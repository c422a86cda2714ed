package notify

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"polder/footprint"
	"polder/internal/db"
	"polder/notify/feeds"
)

// change runs fn in a transaction that may change many exposures. Such transactions take turns, as
// all writers do on SQLite: on PostgreSQL two that met the same rows in different orders would come
// to a deadlock, and one that reads what is due could miss what another is just about to commit.
func (n *Notify) change(ctx context.Context, fn func(tx *db.Tx) error) error {
	return n.db.Write(ctx, func(tx *db.Tx) error {
		if tx.Postgres() {
			if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('polder/notify_exposure', 0))`); err != nil {
				return fmt.Errorf("wait for a turn: %w", err)
			}
		}
		return fn(tx)
	})
}

var stageColumns = []string{"organisation_id", "fingerprint", "type", "class", "severity", "address", "port", "name", "vulnerability",
	"role", "reasons", "evidence", "first_seen", "last_seen", "due_at", "by_name", "asset_id"}

// stageExposures fills the temporary table that the statements of a batch work from.
func stageExposures(ctx context.Context, tx *db.Tx, rows map[rowKey]*row) error {
	if _, err := tx.Exec(ctx, `CREATE TEMP TABLE IF NOT EXISTS notify_stage (organisation_id BYTEA, fingerprint BYTEA, type TEXT, class TEXT,
		severity BIGINT, address TEXT, port BIGINT, name TEXT, vulnerability TEXT, role TEXT, reasons TEXT, evidence TEXT,
		first_seen BIGINT, last_seen BIGINT, due_at BIGINT, by_name BYTEA, asset_id BYTEA)`); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM notify_stage`); err != nil {
		return err
	}
	values := make([][]any, 0, len(rows))
	flat := make([]any, 0, len(rows)*len(stageColumns))
	for _, k := range inOrder(rows) {
		r := rows[k]
		var due, byName any
		if !r.due.IsZero() {
			due = db.Micros(r.due)
		}
		if r.byName != (Fingerprint{}) {
			byName = r.byName[:]
		}
		at := len(flat)
		flat = append(flat, k.organisation[:], k.fingerprint[:], r.kind, r.class, int64(r.severity), r.address, int64(r.port), r.name, r.vulnerability,
			r.role, r.reasons, r.evidence, db.Micros(r.first), db.Micros(r.last), due, byName, r.assets[0][:])
		values = append(values, flat[at:len(flat):len(flat)])
	}
	if err := tx.Bulk(ctx, "notify_stage", stageColumns, values); err != nil {
		return err
	}
	return tx.Analyze(ctx, "notify_stage")
}

// inOrder returns the keys of rows as the tables have them, so that neighbours are written together.
func inOrder(rows map[rowKey]*row) []rowKey {
	return slices.SortedFunc(maps.Keys(rows), func(a, b rowKey) int {
		return cmp.Or(bytes.Compare(a.organisation[:], b.organisation[:]), bytes.Compare(a.fingerprint[:], b.fingerprint[:]))
	})
}

func anyByName(rows map[rowKey]*row) bool {
	for _, r := range rows {
		if r.byName != (Fingerprint{}) {
			return true
		}
	}
	return false
}

// The statements that turn staged sightings into exposures, in this order. Each report counts once
// for an exposure, by its number: a line that comes twice, or a batch that is done again, changes
// no count. ?1 is the report's number, ?2 its series, ?3 now.
var (
	reopenExposures = `UPDATE notify_exposure AS e SET state = 'reopened', state_at = ?3, confirmed = 0,
		severity = s.severity, role = s.role, reasons = s.reasons, evidence = s.evidence, address = s.address, name = s.name, series_id = ?2,
		last_seen = s.last_seen, count = CASE WHEN e.last_report < ?1 THEN e.count + 1 ELSE e.count END, last_report = ?1,
		remind_at = NULL, reminders = 0, due_at = s.due_at
		FROM notify_stage s WHERE e.organisation_id = s.organisation_id AND e.fingerprint = s.fingerprint
		AND e.state IN (` + quoteStates(from(StateReopened, ByReport)) + `) AND s.last_seen > e.reopens_after
		AND (e.last_report < ?1 OR e.last_report = ?1 AND s.last_seen > e.last_seen)`

	seeExposuresAgain = `UPDATE notify_exposure AS e SET
		first_seen = CASE WHEN s.first_seen < e.first_seen THEN s.first_seen ELSE e.first_seen END,
		last_seen = CASE WHEN s.last_seen > e.last_seen THEN s.last_seen ELSE e.last_seen END,
		evidence = CASE WHEN s.last_seen > e.last_seen THEN s.evidence ELSE e.evidence END,
		count = e.count + 1, last_report = ?1, series_id = ?2, role = s.role, reasons = s.reasons,
		severity = CASE WHEN e.state IN ('open', 'acknowledged') AND e.severity > s.severity THEN e.severity ELSE s.severity END,
		address = s.address, name = CASE WHEN s.name = '' THEN e.name ELSE s.name END,
		due_at = CASE
			WHEN e.state IN ('new', 'reopened') AND (e.due_at IS NULL OR s.due_at < e.due_at) THEN s.due_at
			WHEN e.state IN ('open', 'acknowledged') AND s.severity > e.severity AND s.severity >= 4 AND (e.due_at IS NULL OR s.due_at < e.due_at) THEN s.due_at
			WHEN e.state IN ('open', 'acknowledged') AND s.last_seen > e.last_seen AND e.due_at IS NULL THEN e.remind_at
			ELSE e.due_at END
		FROM notify_stage s WHERE e.organisation_id = s.organisation_id AND e.fingerprint = s.fingerprint AND e.last_report < ?1`

	// A line of this very report again, or a report read again for a new asset: only the span grows, with
	// what the source said at its end.
	stretchExposures = `UPDATE notify_exposure AS e SET
		first_seen = CASE WHEN s.first_seen < e.first_seen THEN s.first_seen ELSE e.first_seen END,
		last_seen = CASE WHEN s.last_seen > e.last_seen THEN s.last_seen ELSE e.last_seen END,
		evidence = CASE WHEN s.last_seen > e.last_seen THEN s.evidence ELSE e.evidence END
		FROM notify_stage s WHERE e.organisation_id = s.organisation_id AND e.fingerprint = s.fingerprint
		AND (s.first_seen < e.first_seen OR s.last_seen > e.last_seen)`

	// What was known by its name alone is known by its address from now on: one exposure, not two.
	mergeExposures = `UPDATE notify_exposure AS e SET state = 'expired', state_at = ?1, reopens_after = s.last_seen, due_at = NULL, remind_at = NULL
		FROM notify_stage s WHERE s.by_name IS NOT NULL AND e.organisation_id = s.organisation_id AND e.fingerprint = s.by_name
		AND e.state IN (` + quoteStates(from(StateExpired, ByRegister)) + `)`

	insertExposures = `INSERT INTO notify_exposure (organisation_id, fingerprint, type, class, severity, address, port, name, vulnerability,
		role, reasons, evidence, series_id, first_seen, last_seen, count, first_report, last_report, state, state_at,
		reopens_after, confirmed, reminders, due_at)
		SELECT s.organisation_id, s.fingerprint, s.type, s.class, s.severity, s.address, s.port, s.name, s.vulnerability,
		s.role, s.reasons, s.evidence, ?2, s.first_seen, s.last_seen, 1, ?1, ?1, 'new', ?3, 0, 0, 0, s.due_at
		FROM notify_stage s WHERE true ON CONFLICT (organisation_id, fingerprint) DO NOTHING`
)

// seeExposures turns the staged sightings into exposures and counts what they did.
func seeExposures(ctx context.Context, tx *db.Tx, rows map[rowKey]*row, seq, series, now int64) (c Counts, err error) {
	known, moved, err := stagedKnown(ctx, tx)
	if err != nil {
		return c, fmt.Errorf("look up exposures: %w", err)
	}
	var before map[rowKey]string
	if moved > 0 {
		if before, err = stagedMoved(ctx, tx); err != nil {
			return c, fmt.Errorf("look up reasons: %w", err)
		}
	}
	if known > 0 {
		if c, err = seeKnown(ctx, tx, seq, series, now); err != nil {
			return c, err
		}
	}
	if anyByName(rows) {
		if _, err = tx.Exec(ctx, mergeExposures, now); err != nil {
			return c, fmt.Errorf("merge exposures: %w", err)
		}
	}
	if known < len(rows) {
		if c.ExposuresNew, err = tx.Exec(ctx, insertExposures, seq, series, now); err != nil {
			return c, fmt.Errorf("make exposures: %w", err)
		}
	}
	if known < len(rows) || moved > 0 {
		if err := followAssets(ctx, tx, rows, before); err != nil {
			return c, fmt.Errorf("note the assets of exposures: %w", err)
		}
	}
	return c, nil
}

// seeKnown renews the exposures that are there already.
func seeKnown(ctx context.Context, tx *db.Tx, seq, series, now int64) (c Counts, err error) {
	if c.ExposuresReopened, err = tx.Exec(ctx, reopenExposures, seq, series, now); err != nil {
		return c, fmt.Errorf("reopen exposures: %w", err)
	}
	if c.ExposuresAgain, err = tx.Exec(ctx, seeExposuresAgain, seq, series); err != nil {
		return c, fmt.Errorf("see exposures again: %w", err)
	}
	if _, err = tx.Exec(ctx, stretchExposures); err != nil {
		return c, fmt.Errorf("stretch exposures: %w", err)
	}
	return c, nil
}

const exposureColumns = `organisation_id, fingerprint, type, class, severity, address, port, name, vulnerability, role, reasons, evidence,
	first_seen, last_seen, count, state, state_at, confirmed, told_at, reminders, series_id, last_report, assignee, COALESCE(deadline, 0)`

func scanExposure(scan func(...any) error) (e Exposure, err error) {
	var print []byte
	var severity, confirmed int64
	var role, reasons, said, state string
	var first, last, stateAt, told db.Time
	err = scan(&e.Organisation, &print, &e.Type, &e.Class, &severity, &e.Address, &e.Port, &e.Name, &e.Vulnerability, &role, &reasons, &said,
		&first, &last, &e.Count, &state, &stateAt, &confirmed, &told, &e.Reminders, &e.Series, &e.LastReport, &e.Assignee, &e.Deadline)
	if err != nil {
		return e, err
	}
	copy(e.Fingerprint[:], print)
	e.Severity, e.Confirmed, e.State = feeds.Severity(severity), confirmed == 1, State(state)
	e.Role, _ = footprint.ParseRole(role)
	e.FirstSeen, e.LastSeen, e.StateAt, e.ToldAt = first.Time, last.Time, stateAt.Time, told.Time
	if err := json.Unmarshal([]byte(reasons), &e.Reasons); err != nil {
		return e, fmt.Errorf("the reasons of an exposure: %w", err)
	}
	if err := json.Unmarshal([]byte(said), &e.Evidence); err != nil {
		return e, fmt.Errorf("the evidence of an exposure: %w", err)
	}
	return e, nil
}

func eachExposure(ctx context.Context, tx *db.Tx, fn func(Exposure) error, where string, args ...any) error {
	return tx.Each(ctx, func(scan func(...any) error) error {
		e, err := scanExposure(scan)
		if err != nil {
			return err
		}
		return fn(e)
	}, `SELECT `+exposureColumns+` FROM notify_exposure `+where, args...)
}

// eachNotOurs calls fn for what at most some hundred organisations said is not their own.
func eachNotOurs(ctx context.Context, tx *db.Tx, organisations []db.ID, fn func(Exposure) error) error {
	args, places := make([]any, len(organisations)), make([]string, len(organisations))
	for i, id := range organisations {
		args[i], places[i] = id[:], "?"+strconv.Itoa(i+1)
	}
	return eachExposure(ctx, tx, fn, `WHERE organisation_id IN (`+strings.Join(places, ", ")+`) AND state IN (`+quoteStates([]State{StateNotOurs})+`)`, args...)
}

func expireNotOurs(ctx context.Context, tx *db.Tx, e Exposure, now time.Time) error {
	_, err := touching(ctx, tx, db.Micros(now), `UPDATE notify_exposure SET state = 'expired', state_at = ?3, reopens_after = 0, due_at = NULL, remind_at = NULL
		WHERE organisation_id = ?1 AND fingerprint = ?2 AND state IN (`+quoteStates([]State{StateNotOurs})+`)`, e.Organisation, e.Fingerprint[:], db.At(now))
	return err
}
