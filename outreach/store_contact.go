package outreach

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"polder/internal/db"
)

const subjectColumns = `id, sweep_id, kind, value, findings, severity, evidence, state, candidates, contact_id, confidence, chosen`

func scanSubject(scan func(...any) error) (s Subject, err error) {
	var evidence, candidates string
	if err := scan(&s.ID, &s.Sweep, &s.Kind, &s.Value, &s.Findings, &s.Severity, &evidence, &s.State, &candidates, &s.Contact, &s.Confidence, &s.Chosen); err != nil {
		return s, err
	}
	if err := json.Unmarshal([]byte(evidence), &s.Evidence); err != nil {
		return s, err
	}
	return s, json.Unmarshal([]byte(candidates), &s.Candidates)
}

func subjects(ctx context.Context, tx *db.Tx, where string, args ...any) (list []Subject, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		s, err := scanSubject(scan)
		list = append(list, s)
		return err
	}, `SELECT `+subjectColumns+` FROM outreach_subject `+where, args...)
	return list, err
}

func subjectByID(ctx context.Context, tx *db.Tx, id db.ID) (Subject, error) {
	return scanSubject(func(dest ...any) error {
		return tx.One(ctx, `SELECT `+subjectColumns+` FROM outreach_subject WHERE id = ?1`, []any{id}, dest...)
	})
}

// subjectsOf are those of a contact, the most severe first.
func subjectsOf(ctx context.Context, tx *db.Tx, contact db.ID, limit int) ([]Subject, error) {
	return subjects(ctx, tx, `WHERE contact_id = ?1 ORDER BY severity DESC, id LIMIT ?2`, contact, limit)
}

func subjectsIn(ctx context.Context, tx *db.Tx, sweep db.ID, state string, after *Mark, limit int) ([]Subject, error) {
	if after == nil {
		return subjects(ctx, tx, `WHERE sweep_id = ?1 AND state = ?2 ORDER BY severity DESC, id DESC LIMIT ?3`, sweep, state, limit)
	}
	return subjects(ctx, tx, `WHERE sweep_id = ?1 AND state = ?2 AND (severity, id) < (?4, ?5) ORDER BY severity DESC, id DESC LIMIT ?3`, sweep, state, limit, after.Severity, after.ID)
}

func insertSubjects(ctx context.Context, tx *db.Tx, sweep db.ID, list []*Subject) error {
	rows := make([][]any, 0, len(list))
	for _, s := range list {
		b, err := json.Marshal(s.Evidence)
		if err != nil {
			return err
		}
		rows = append(rows, []any{s.ID[:], sweep[:], s.Kind, s.Value, int64(s.Findings), int64(s.Severity), string(b), s.State, "[]", nil, int64(0), ""})
	}
	return tx.Bulk(ctx, "outreach_subject", strings.Split(subjectColumns, ", "), rows)
}

// lockWaiting tells whether a subject still waits to be looked up, and keeps others from ending that.
func lockWaiting(ctx context.Context, tx *db.Tx, id db.ID) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE outreach_subject SET state = state WHERE id = ?1 AND state = 'waiting'`, id)
	return n == 1, err
}

func lockSubject(ctx context.Context, tx *db.Tx, sweep, id db.ID) (s Subject, err error) {
	if _, err := tx.Exec(ctx, `UPDATE outreach_subject SET state = state WHERE id = ?1 AND sweep_id = ?2`, id, sweep); err != nil {
		return s, err
	}
	if s, err = subjectByID(ctx, tx, id); err == nil && s.Sweep != sweep {
		err = db.ErrNoRows
	}
	return s, err
}

func saveSubject(ctx context.Context, tx *db.Tx, s Subject) error {
	if s.Candidates == nil {
		s.Candidates = []Candidate{}
	}
	b, err := json.Marshal(s.Candidates)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE outreach_subject SET state = ?2, candidates = ?3, contact_id = ?4, confidence = ?5, chosen = ?6 WHERE id = ?1`,
		s.ID, s.State, string(b), s.Contact, int64(s.Confidence), s.Chosen)
	return err
}

// leave takes a subject away from its contact.
func leave(ctx context.Context, tx *db.Tx, id db.ID, state string) error {
	_, err := tx.Exec(ctx, `UPDATE outreach_subject SET state = ?2, contact_id = NULL WHERE id = ?1`, id, state)
	return err
}

const contactColumns = `id, sweep_id, address, language, confidence, state, reason, subjects, findings, severity`

func contacts(ctx context.Context, tx *db.Tx, where string, args ...any) (list []Contact, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var c Contact
		err := scan(&c.ID, &c.Sweep, &c.Address, &c.Language, &c.Confidence, &c.State, &c.Reason, &c.Subjects, &c.Findings, &c.Severity)
		list = append(list, c)
		return err
	}, `SELECT `+contactColumns+` FROM outreach_contact `+where, args...)
	return list, err
}

func contactByID(ctx context.Context, tx *db.Tx, sweep, id db.ID) (Contact, error) {
	list, err := contacts(ctx, tx, `WHERE id = ?1 AND sweep_id = ?2`, id, sweep)
	if err == nil && len(list) == 0 {
		err = db.ErrNoRows
	}
	if err != nil {
		return Contact{}, err
	}
	return list[0], nil
}

func lockContact(ctx context.Context, tx *db.Tx, sweep, id db.ID) (Contact, error) {
	if _, err := tx.Exec(ctx, `UPDATE outreach_contact SET state = state WHERE id = ?1`, id); err != nil {
		return Contact{}, err
	}
	return contactByID(ctx, tx, sweep, id)
}

func contactsIn(ctx context.Context, tx *db.Tx, sweep db.ID, state string, after *Mark, limit int) ([]Contact, error) {
	const order = ` ORDER BY severity DESC, findings DESC, id DESC LIMIT ?3`
	if after == nil {
		return contacts(ctx, tx, `WHERE sweep_id = ?1 AND state = ?2 AND (subjects > 0 OR state = 'queued')`+order, sweep, state, limit)
	}
	return contacts(ctx, tx, `WHERE sweep_id = ?1 AND state = ?2 AND (subjects > 0 OR state = 'queued') AND (severity, findings, id) < (?4, ?5, ?6)`+order,
		sweep, state, limit, after.Severity, after.Findings, after.ID)
}

// ensureContact finds or makes the contact of an address. One that was approved is to be reviewed again,
// as its letter gets longer.
func ensureContact(ctx context.Context, tx *db.Tx, sweep db.ID, address, language string, now time.Time) (id db.ID, err error) {
	err = tx.One(ctx, `INSERT INTO outreach_contact (`+contactColumns+`, changed_at) VALUES (?1, ?2, ?3, ?4, 0, 'open', '', 0, 0, 0, ?5)
		ON CONFLICT (sweep_id, address) DO UPDATE SET state = CASE WHEN outreach_contact.state = 'approved' THEN 'open' ELSE outreach_contact.state END
		RETURNING id`, []any{db.NewID(), sweep, address, language, db.At(now)}, &id)
	return id, err
}

func saveContact(ctx context.Context, tx *db.Tx, c Contact, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE outreach_contact SET language = ?2, state = ?3, reason = ?4, changed_at = ?5 WHERE id = ?1`, c.ID, c.Language, c.State, c.Reason, db.At(now))
	return err
}

// recount brings the numbers of a contact in step with its subjects.
func recount(ctx context.Context, tx *db.Tx, id db.ID, now time.Time) error {
	var n, findings, severity, confidence int64
	err := tx.One(ctx, `SELECT count(*), CAST(COALESCE(sum(findings), 0) AS BIGINT), COALESCE(max(severity), 0), COALESCE(min(confidence), 0) FROM outreach_subject WHERE contact_id = ?1`,
		[]any{id}, &n, &findings, &severity, &confidence)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE outreach_contact SET subjects = ?2, findings = ?3, severity = ?4, confidence = ?5, changed_at = ?6 WHERE id = ?1`,
		id, n, findings, severity, confidence, db.At(now))
	return err
}

func approveSure(ctx context.Context, tx *db.Tx, sweep db.ID, now time.Time) (int64, error) {
	return tx.Exec(ctx, `UPDATE outreach_contact SET state = 'approved', changed_at = ?2 WHERE sweep_id = ?1 AND state = 'open' AND confidence >= 3 AND subjects > 0`, sweep, db.At(now))
}

func approvedIn(ctx context.Context, tx *db.Tx, sweep db.ID, limit int) (list []db.ID, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var id db.ID
		err := scan(&id)
		list = append(list, id)
		return err
	}, `SELECT id FROM outreach_contact WHERE sweep_id = ?1 AND state = 'approved' ORDER BY severity DESC, id LIMIT ?2`, sweep, limit)
	return list, err
}

// withdrawn puts back a contact whose letter did not go.
func withdrawn(ctx context.Context, tx *db.Tx, id db.ID, state string, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE outreach_contact SET state = ?2, reason = '', changed_at = ?3 WHERE id = ?1 AND state = 'queued'`, id, state, db.At(now))
	return err
}

func insertLetter(ctx context.Context, tx *db.Tx, notification, contact db.ID, token, address []byte, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO outreach_letter (notification_id, contact_id, token_hash, address_hash, queued_at) VALUES (?1, ?2, ?3, ?4, ?5)`,
		notification, contact, token, address, db.At(now))
	return err
}

func letterOf(ctx context.Context, tx *db.Tx, notification db.ID) (contact db.ID, address []byte, err error) {
	err = tx.One(ctx, `SELECT contact_id, address_hash FROM outreach_letter WHERE notification_id = ?1`, []any{notification}, &contact, &address)
	return contact, address, err
}

func letterByToken(ctx context.Context, tx *db.Tx, token []byte) (notification db.ID, address []byte, err error) {
	err = tx.One(ctx, `SELECT notification_id, address_hash FROM outreach_letter WHERE token_hash = ?1`, []any{token}, &notification, &address)
	return notification, address, err
}

// toldSince returns for each subject, by kind and value, the types that somebody was told of since.
func toldSince(ctx context.Context, tx *db.Tx, list []*Subject, since time.Time) (map[string]map[string]bool, error) {
	told := map[string]map[string]bool{}
	for start := 0; start < len(list); start += 200 {
		args := []any{db.At(since)}
		var in []string
		for _, s := range list[start:min(start+200, len(list))] {
			args = append(args, s.Kind, s.Value)
			in = append(in, "(?"+strconv.Itoa(len(args)-1)+", ?"+strconv.Itoa(len(args))+")")
		}
		err := tx.Each(ctx, func(scan func(...any) error) error {
			var kind, value, t string
			if err := scan(&kind, &value, &t); err != nil {
				return err
			}
			if told[kind+" "+value] == nil {
				told[kind+" "+value] = map[string]bool{}
			}
			told[kind+" "+value][t] = true
			return nil
		}, `SELECT kind, value, type FROM outreach_told WHERE told_at > ?1 AND (kind, value) IN (VALUES `+strings.Join(in, ", ")+`)`, args...)
		if err != nil {
			return nil, err
		}
	}
	return told, nil
}

func noteTold(ctx context.Context, tx *db.Tx, notification db.ID, list []Subject, now time.Time) error {
	for _, s := range list {
		for _, t := range s.types() {
			if _, err := tx.Exec(ctx, `INSERT INTO outreach_told (kind, value, type, notification_id, told_at) VALUES (?1, ?2, ?3, ?4, ?5)
				ON CONFLICT (kind, value, type) DO UPDATE SET notification_id = excluded.notification_id, told_at = excluded.told_at`, s.Kind, s.Value, t, notification, db.At(now)); err != nil {
				return err
			}
		}
	}
	return nil
}

func forgetTold(ctx context.Context, tx *db.Tx, notification db.ID) error {
	_, err := tx.Exec(ctx, `DELETE FROM outreach_told WHERE notification_id = ?1`, notification)
	return err
}

func anyOptOut(ctx context.Context, tx *db.Tx, hashes [][]byte) (bool, error) {
	var in []string
	var args []any
	for _, h := range hashes {
		args = append(args, h)
		in = append(in, "?"+strconv.Itoa(len(args)))
	}
	var n int
	err := tx.One(ctx, `SELECT count(*) FROM outreach_opt_out WHERE hash IN (`+strings.Join(in, ", ")+`)`, args, &n)
	return n > 0, err
}

func insertOptOut(ctx context.Context, tx *db.Tx, hash []byte, o OptOut) (fresh bool, err error) {
	n, err := tx.Exec(ctx, `INSERT INTO outreach_opt_out (hash, kind, how, reason, at) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (hash) DO NOTHING`,
		hash, o.Kind, o.How, o.Reason, db.At(o.At))
	return n == 1, err
}

func latestOptOuts(ctx context.Context, tx *db.Tx, limit int) (list []OptOut, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var o OptOut
		var at db.Time
		err := scan(&o.Kind, &o.How, &o.Reason, &at)
		o.At = at.Time
		list = append(list, o)
		return err
	}, `SELECT kind, how, reason, at FROM outreach_opt_out ORDER BY at DESC LIMIT ?1`, limit)
	return list, err
}
