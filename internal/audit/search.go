package audit

import (
	"context"
	"time"

	"polder/internal/db"
)

const eventColumns = `id, at, actor, action, object, organisation_id, detail`

func scanEvent(scan func(...any) error) (e Event, err error) {
	var at db.Time
	err = scan(&e.ID, &at, &e.Actor, &e.Action, &e.Object, &e.Organisation, &e.Detail)
	e.At = at.Time
	return e, err
}

// Search says which entries somebody wants to see. What is empty does not count.
type Search struct {
	Actor, Object string // exactly
	Action        Action
	Organisation  db.ID
	From, Until   time.Time // Until is the first moment that is not wanted
}

// Narrow tells whether the search leaves anything out.
func (s Search) Narrow() bool { return s != Search{} }

func (s Search) fits(e Event) bool {
	return (s.Actor == "" || e.Actor == s.Actor) && (s.Object == "" || e.Object == s.Object) &&
		(s.Action == "" || e.Action == s.Action) && (s.Organisation.IsZero() || e.Organisation == s.Organisation)
}

// Mark is a place in the record, for reading on from there.
type Mark struct {
	At time.Time
	ID db.ID
}

// mostPassed is how many entries that do not fit one search passes over: then it says how far it came.
const mostPassed = 5000

// Found is a piece of the record.
type Found struct {
	Events []Event
	Next   *Mark // where to read on; nil at the end
	// Passed tells that the piece ends because many entries did not fit, and not because it is full.
	Passed bool
}

// Before returns at most limit entries that fit and come before the mark, the latest first; from the
// end when the mark is zero. It reads by one index: of the most telling thing that is asked for; the
// rest is looked at entry by entry, and bounded.
func Before(ctx context.Context, tx *db.Tx, s Search, m Mark, limit int) (f Found, err error) {
	until := s.Until
	if until.IsZero() {
		until = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if m.At.IsZero() || !m.At.Before(until) {
		m = Mark{At: until} // no id comes before the zero id
	}
	// MATERIALIZED by nothing: one comparison of the driving column, then the order of its index.
	driver, value := "", any(nil)
	switch {
	case s.Object != "":
		driver, value = "object = ?5 AND ", s.Object
	case !s.Organisation.IsZero():
		driver, value = "organisation_id = ?5 AND ", s.Organisation[:]
	case s.Actor != "":
		driver, value = "actor = ?5 AND ", s.Actor
	case s.Action != "":
		driver, value = "action = ?5 AND ", string(s.Action)
	}
	args := []any{db.Micros(m.At), m.ID[:], micros(s.From), mostPassed + limit + 1}
	if value != nil {
		args = append(args, value)
	}
	read := 0
	var last Mark
	more := false
	rows, err := tx.Query(ctx, `SELECT `+eventColumns+` FROM audit_event
		WHERE `+driver+`at <= ?1 AND (at < ?1 OR id < ?2) AND at >= ?3 ORDER BY at DESC, id DESC LIMIT ?4`, args...)
	if err != nil {
		return f, err
	}
	defer rows.Close()
	for rows.Next() {
		e, err := scanEvent(rows.Scan)
		if err != nil {
			return f, err
		}
		if len(f.Events) == limit || read == mostPassed {
			more, f.Passed = true, len(f.Events) < limit
			break
		}
		read++
		last = Mark{e.At, e.ID}
		if s.fits(e) {
			f.Events = append(f.Events, e)
		}
	}
	if more {
		f.Next = &last
	}
	return f, rows.Err()
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return db.Micros(t)
}

// Actions are all that is recorded, for a choice.
var Actions = []Action{Read, Export, Import, Send, Feedback, Change, Grant, Decide, SignIn, Factor, Revoke, Delete, Verified}
