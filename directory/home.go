package directory

import (
	"context"
	"slices"
	"time"

	"polder/internal/actor"
	"polder/internal/chart"
	"polder/internal/db"
	"polder/internal/i18n"
	"polder/internal/web"
)

// Line is one thing on the home of an organisation that is to be done next, or that was done.
type Line struct {
	Key    string // message: what, in a short sentence
	Count  int    // of which the message has a plural form; 0: it has none
	Values []any  // of its placeholders
	Path   string // of the page where it is done
	Done   bool
	Urgent int // what is to be done stands in this order, the highest first: 100 for what cannot wait a day
}

// Standing is how it stands with what an organisation lets us watch, in the reader's language.
type Standing struct {
	Open       []Open      // what was found and is not solved, the worst first
	Empty      *web.Empty  // said when there is nothing
	Do, DoPath string      // what to do next then, and where
	Trend      chart.Chart // may be empty
	Lines      []string    // what else is good to know
}

// Open is how much of one severity is open.
type Open struct{ Severity, Count, Path string }

// OnStanding says who tells how it stands with an organisation: fn is asked in the transaction that
// shows its home, and says only what that place may see.
func (d *Directory) OnStanding(fn func(ctx context.Context, tx *db.Tx, in actor.In) (func(say *i18n.Printer) Standing, error)) {
	d.onStanding = fn
}

// OnHome adds lines to the home of an organisation, below those of the directory itself: fn is asked
// in the transaction that shows it, and says only what that place may see.
func (d *Directory) OnHome(fn func(ctx context.Context, tx *db.Tx, in actor.In) ([]Line, error)) {
	d.onHome = append(d.onHome, fn)
}

// Home is what the home of an organisation shows.
type Home struct {
	In           actor.In
	Organisation Organisation
	Lines        []Line
	Notes        []Note                           // to its own people, the latest first
	Joins        int                              // people who ask to be invited; to owners
	Standing     func(say *i18n.Printer) Standing // nil: nobody tells
}

// Home returns the home of an organisation, to everybody who is something to it.
func (d *Directory) Home(ctx context.Context, organisation db.ID) (h Home, err error) {
	now := d.now()
	err = d.db.Read(ctx, func(tx *db.Tx) error {
		if h.In, err = May(ctx, tx, organisation, actor.Anybody, false, now); err != nil {
			return err
		}
		if h.Organisation, err = organisationByID(ctx, tx, organisation); err != nil {
			return err
		}
		if h.In.Place&actor.Inside != 0 {
			if err := d.ownLines(ctx, tx, &h); err != nil {
				return err
			}
		} else {
			h.Organisation = Organisation{ID: h.Organisation.ID, Name: h.Organisation.Name, Reference: h.Organisation.Reference, State: h.Organisation.State}
		}
		for _, fn := range d.onHome {
			more, err := fn(ctx, tx, h.In)
			if err != nil {
				return err
			}
			h.Lines = append(h.Lines, more...)
		}
		if d.onStanding != nil {
			h.Standing, err = d.onStanding(ctx, tx, h.In)
		}
		return err
	})
	return h, err
}

func (d *Directory) ownLines(ctx context.Context, tx *db.Tx, h *Home) error {
	id := h.Organisation.ID
	base := "/o/" + id.String()
	contacts, err := contactsOf(ctx, tx, id)
	if err != nil {
		return err
	}
	verified := slices.ContainsFunc(contacts, func(c Contact) bool { return c.Main && c.Purpose == "warnings" })
	contact := Line{Key: "directory.home.contact", Path: base + "/contacts", Done: verified, Urgent: 90}
	switch {
	case verified:
		contact.Key = "directory.home.contact_done"
	case len(contacts) > 0:
		contact.Key = "directory.home.contact_code"
	}
	n, err := countOwners(ctx, tx, id)
	if err != nil {
		return err
	}
	owner := Line{Key: "directory.home.owner", Path: base + "/people", Done: n > 1, Urgent: 20}
	if n > 1 {
		owner.Key, owner.Values = "directory.home.owner_done", []any{"Owners", n}
	}
	h.Lines = append(h.Lines, contact)
	if h.In.Place == actor.Owner || n > 1 { // nobody else can invite one
		h.Lines = append(h.Lines, owner)
	}
	if h.In.Place == actor.Owner && h.In.Accepted {
		joins, err := openJoins(ctx, tx, id, 100)
		if err != nil {
			return err
		}
		h.Joins = len(joins)
		ending, err := endingMandates(ctx, tx, id, d.now())
		if err != nil {
			return err
		}
		if ending > 0 {
			h.Lines = append(h.Lines, Line{Key: "directory.home.ending", Count: ending, Path: base + "/mandates", Urgent: 50})
		}
	}
	h.Notes, err = notesOf(ctx, tx, id, 50)
	return err
}

// Mine is one organisation that the actor belongs to or acts for.
type Mine struct {
	ID, Mandate     db.ID
	Name, Reference string
	State           State
	Place           actor.Place
	Behalf          string // for a delegate: by which organisation
	Acting          bool
	EndsAt          time.Time // for a delegate
}

// Cursor is where a list goes on: after this name and id.
type Cursor struct {
	Name string
	ID   db.ID
}

// Organisations returns those that the actor belongs to and acts for whose name begins with q, in
// the order of their names, after the cursor, and whether there are more.
func (d *Directory) Organisations(ctx context.Context, q string, after Cursor, limit int) (list []Mine, more bool, err error) {
	a := actor.From(ctx)
	if a.Account.IsZero() {
		return nil, false, hidden()
	}
	err = d.db.Read(ctx, func(tx *db.Tx) error {
		list, err = mineOf(ctx, tx, a.Account, q, after, d.now(), limit+1)
		return err
	})
	if len(list) > limit {
		list, more = list[:limit], true
	}
	return list, more, err
}
