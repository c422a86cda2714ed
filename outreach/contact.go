package outreach

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/mail"
	"polder/notify/feeds"
)

// Contact is whom one letter of a sweep would go to, for all subjects that name that address.
type Contact struct {
	ID, Sweep  db.ID
	Address    string
	Language   string
	Confidence Confidence // the lowest of its subjects
	State      string     // open, approved, skipped, queued, refused
	Reason     string
	Subjects   int
	Findings   int
	Severity   feeds.Severity
}

// The lists of a sweep: contacts by state, and subjects that have none.
var Lists = []string{"open", "approved", "queued", "skipped", "refused", "none", "registered", "told"}

// Mark is a place in a list, the most severe first.
type Mark struct {
	Severity, Findings int64
	ID                 db.ID
}

// View is a sweep with a piece of one of its lists.
type View struct {
	Sweep    Sweep
	List     string
	Counts   map[string]int
	High     int // open contacts of high confidence
	Contacts []Contact
	Subjects []Subject
	Next     *Mark
}

// Show returns a sweep and a piece of a list.
func (o *Outreach) Show(ctx context.Context, id db.ID, list string, after *Mark, limit int) (v View, err error) {
	if err := analyst(ctx); err != nil {
		return v, err
	}
	err = o.db.Read(ctx, func(tx *db.Tx) error {
		if v.Sweep, err = sweepByID(ctx, tx, id); errors.Is(err, db.ErrNoRows) {
			return hidden()
		}
		if err != nil {
			return err
		}
		if v.Counts, v.High, err = countsOf(ctx, tx, id); err != nil {
			return err
		}
		if v.List = list; list == "" {
			v.List = "open"
			for _, l := range Lists {
				if v.Counts[l] > 0 {
					v.List = l
					break
				}
			}
		}
		switch v.List {
		case "none", "registered", "told":
			v.Subjects, err = subjectsIn(ctx, tx, id, v.List, after, limit+1)
			if len(v.Subjects) > limit {
				v.Subjects = v.Subjects[:limit]
				last := v.Subjects[limit-1]
				v.Next = &Mark{Severity: int64(last.Severity), ID: last.ID}
			}
		default:
			v.Contacts, err = contactsIn(ctx, tx, id, v.List, after, limit+1)
			if len(v.Contacts) > limit {
				v.Contacts = v.Contacts[:limit]
				last := v.Contacts[limit-1]
				v.Next = &Mark{Severity: int64(last.Severity), Findings: int64(last.Findings), ID: last.ID}
			}
		}
		return err
	})
	return v, err
}

// mostShown is how many subjects the page of a contact spells out, and its letter names.
const mostShown = 100

// Group is a contact with what its letter is about.
type Group struct {
	Contact  Contact
	Sweep    Sweep
	Subjects []Subject // at most mostShown
	OptedOut bool
	Subject  string // of the letter
	Text     string // of the letter, but for its reference and link
}

// Group returns a contact with the letter it would get.
func (o *Outreach) Group(ctx context.Context, sweep, contact db.ID) (g Group, err error) {
	if err := analyst(ctx); err != nil {
		return g, err
	}
	err = o.db.Read(ctx, func(tx *db.Tx) error {
		if g.Contact, err = contactByID(ctx, tx, sweep, contact); errors.Is(err, db.ErrNoRows) {
			return hidden()
		}
		if err != nil {
			return err
		}
		if g.Sweep, err = sweepByID(ctx, tx, sweep); err != nil {
			return err
		}
		if g.OptedOut, err = o.optedOut(ctx, tx, g.Contact.Address); err != nil {
			return err
		}
		g.Subjects, err = subjectsOf(ctx, tx, contact, mostShown)
		return err
	})
	if err == nil && len(g.Subjects) > 0 {
		g.Subject, g.Text = o.notify.PreviewStranger(o.letter(g.Contact, g.Subjects))
	}
	return g, err
}

// One returns a subject.
func (o *Outreach) One(ctx context.Context, sweep, subject db.ID) (s Subject, err error) {
	if err := analyst(ctx); err != nil {
		return s, err
	}
	err = o.db.Read(ctx, func(tx *db.Tx) error {
		if s, err = subjectByID(ctx, tx, subject); errors.Is(err, db.ErrNoRows) || err == nil && s.Sweep != sweep {
			return hidden()
		}
		return err
	})
	return s, err
}

// reviewable are the states of a contact on which somebody can still decide.
func reviewable(state string) bool {
	return state == "open" || state == "approved" || state == "skipped"
}

// Decide approves a contact, skips it, or puts it back; and sets the language of its letter.
func (o *Outreach) Decide(ctx context.Context, sweep, contact db.ID, state, language, reason string) error {
	if err := analyst(ctx); err != nil {
		return err
	}
	if !reviewable(state) || language != "nl" && language != "en" {
		return fault.New(fault.Invalid, "outreach.error.choice")
	}
	reason, err := plain(reason)
	if err != nil {
		return err
	}
	return o.db.Write(ctx, func(tx *db.Tx) error {
		c, err := lockContact(ctx, tx, sweep, contact)
		if errors.Is(err, db.ErrNoRows) {
			return hidden()
		}
		if err != nil {
			return err
		}
		if !reviewable(c.State) {
			return fault.New(fault.Conflict, "outreach.error.moved_on")
		}
		if state == "approved" {
			if out, err := o.optedOut(ctx, tx, c.Address); err != nil {
				return err
			} else if out {
				return fault.New(fault.Conflict, "outreach.error.opted_out")
			}
			if c.Subjects == 0 {
				return fault.New(fault.Conflict, "outreach.error.moved_on")
			}
		}
		c.State, c.Language, c.Reason = state, language, reason
		if err := saveContact(ctx, tx, c, o.now()); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Event{At: o.now(), Action: audit.Decide, Object: "stranger " + contact.String(), Detail: state})
	})
}

// ApproveSure approves all open contacts of high confidence.
func (o *Outreach) ApproveSure(ctx context.Context, sweep db.ID) (n int64, err error) {
	if err := analyst(ctx); err != nil {
		return 0, err
	}
	err = o.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := sweepByID(ctx, tx, sweep); errors.Is(err, db.ErrNoRows) {
			return hidden()
		} else if err != nil {
			return err
		}
		if n, err = approveSure(ctx, tx, sweep, o.now()); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Event{At: o.now(), Action: audit.Decide, Object: "sweep " + sweep.String(), Detail: fmt.Sprintf("approved all of high confidence: %d", n)})
	})
	return n, err
}

// Choose gives a subject another contact, by hand and with a reason: one of its candidates, or an
// address that the analyst knows. What was decided on the contacts that it leaves and joins is open again.
func (o *Outreach) Choose(ctx context.Context, sweep, subject db.ID, address, reason string) error {
	if err := analyst(ctx); err != nil {
		return err
	}
	reason, err := plain(reason)
	if err != nil {
		return err
	}
	bare, err := mail.Bare(strings.ToLower(strings.TrimSpace(address)))
	if err != nil || strings.ContainsAny(bare, "\"%!") {
		return fault.New(fault.Invalid, "outreach.error.address")
	}
	if reason == "" {
		return fault.New(fault.Invalid, "outreach.error.reason")
	}
	return o.db.Write(ctx, func(tx *db.Tx) error {
		s, err := lockSubject(ctx, tx, sweep, subject)
		if errors.Is(err, db.ErrNoRows) {
			return hidden()
		}
		if err != nil {
			return err
		}
		if s.State != "found" && s.State != "none" {
			return fault.New(fault.Conflict, "outreach.error.moved_on")
		}
		if out, err := o.optedOut(ctx, tx, bare); err != nil {
			return err
		} else if out {
			return fault.New(fault.Conflict, "outreach.error.opted_out")
		}
		was, language := s.Contact, "nl"
		if !was.IsZero() {
			c, err := lockContact(ctx, tx, sweep, was)
			if err != nil {
				return err
			}
			if !reviewable(c.State) {
				return fault.New(fault.Conflict, "outreach.error.moved_on")
			}
			language = c.Language
			c.State, c.Reason = "open", ""
			if err := saveContact(ctx, tx, c, o.now()); err != nil {
				return err
			}
		} else {
			language = languageOf(bare[strings.LastIndexByte(bare, '.')+1:])
		}
		if s.Contact, err = ensureContact(ctx, tx, sweep, bare, language, o.now()); err != nil {
			return err
		}
		to, err := lockContact(ctx, tx, sweep, s.Contact)
		if err != nil {
			return err
		}
		if !reviewable(to.State) { // it has had its one letter of this sweep
			return fault.New(fault.Conflict, "outreach.error.had_letter")
		}
		to.State, to.Reason = "open", ""
		if err := saveContact(ctx, tx, to, o.now()); err != nil {
			return err
		}
		s.State, s.Chosen, s.Confidence = "found", reason, Low
		for _, c := range s.Candidates {
			if c.Address == bare {
				s.Confidence = c.Confidence
			}
		}
		if err := saveSubject(ctx, tx, s); err != nil {
			return err
		}
		for _, id := range []db.ID{was, s.Contact} {
			if !id.IsZero() {
				if err := recount(ctx, tx, id, o.now()); err != nil {
					return err
				}
			}
		}
		return audit.Append(ctx, tx, audit.Event{At: o.now(), Action: audit.Decide, Object: "stranger " + s.Contact.String(), Detail: "contact chosen by hand"})
	})
}

// plain checks a reason that a person typed.
func plain(s string) (string, error) {
	s = strings.TrimSpace(s)
	if utf8.RuneCountInString(s) > 500 {
		return "", fault.New(fault.Invalid, "outreach.error.long")
	}
	return s, nil
}
