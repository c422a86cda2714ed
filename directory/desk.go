package directory

import (
	"context"
	"strings"
	"time"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/signin"
)

// Shelf is one of the lists that staff see.
type Shelf string

// The lists.
const (
	Waiting Shelf = "waiting" // staff have something to decide
	Pending Shelf = "asked"   // the organisation is to answer
	All     Shelf = "all"
)

// Found is one page of a list of organisations for staff.
type Found struct {
	List  []Organisation
	Next  Cursor // of the next page; its zero value: there is none
	Exact bool   // found by reference, number or domain
}

// Queue returns a page of what waits for staff, or for an answer: what waits longest first. The
// cursor's Name is not used.
func (d *Directory) Queue(ctx context.Context, shelf Shelf, after db.ID, limit int) (f Found, err error) {
	err = d.desk(ctx, func(tx *db.Tx) error {
		f.List, err = queueOf(ctx, tx, shelf, after, limit+1)
		return err
	})
	f.cut(limit)
	return f, err
}

// mostCounted is how far the desk counts what waits.
const mostCounted = 100

// DeskLines says how many registrations wait for an adviser.
func (d *Directory) DeskLines(ctx context.Context, tx *db.Tx) ([]Line, error) {
	if a := actor.From(ctx); a.Account.IsZero() || !a.Staff.Any(actor.Adviser) {
		return nil, nil
	}
	list, err := queueOf(ctx, tx, Waiting, db.ID{}, mostCounted)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return []Line{{Key: "directory.desk.line", Count: len(list), Path: "/desk/organisations"}}, nil
}

// Search returns organisations by exact reference, number or domain, and else those whose name
// begins with what is asked, after the cursor.
func (d *Directory) Search(ctx context.Context, q string, after Cursor, limit int) (f Found, err error) {
	q = strings.Join(strings.Fields(q), " ")
	if len(q) > 400 {
		return f, wrong("q", "directory.wrong.search")
	}
	err = d.desk(ctx, func(tx *db.Tx) error {
		if q != "" && after == (Cursor{}) {
			num, err := number("kvk", q)
			if err != nil {
				num = ""
			}
			dom, err := domain(q)
			if err != nil {
				dom = ""
			}
			if f.List, err = exactly(ctx, tx, q, num, dom, limit); err != nil {
				return err
			}
		}
		if f.Exact = len(f.List) > 0; f.Exact {
			return nil
		}
		f.List, err = beginning(ctx, tx, q, after, limit+1)
		return err
	})
	f.cut(limit)
	return f, err
}

func (f *Found) cut(limit int) {
	if len(f.List) > limit {
		f.List = f.List[:limit]
		last := f.List[limit-1]
		f.Next = Cursor{last.Name, last.ID}
	}
}

// desk is a transaction of an adviser.
func (d *Directory) desk(ctx context.Context, fn func(tx *db.Tx) error) error {
	if a := actor.From(ctx); a.Account.IsZero() || !a.Staff.Any(actor.Adviser) {
		return hidden()
	}
	return d.db.Read(ctx, fn)
}

// File is all that staff see of one organisation: who it says it is, and what was said. What it asks
// us to watch, what it is told and who acts for it are not in it.
type File struct {
	Organisation Organisation
	Owners       []Person
	Members      int
	Alike        []Organisation // with the same number or domain
	Notes        []Note
	Names        map[db.ID]string // of who wrote the notes
	Joins        []Join
	Lines        []Line
	Mine         bool // the reader belongs to it, and may not decide
}

// OnFile adds lines to the file of an organisation: fn is asked in the transaction that opens it for an adviser.
func (d *Directory) OnFile(fn func(ctx context.Context, tx *db.Tx, organisation db.ID) ([]Line, error)) {
	d.onFile = fn
}

// File opens the file of an organisation for staff; the record has who did.
func (d *Directory) File(ctx context.Context, organisation db.ID) (f File, err error) {
	a := actor.From(ctx)
	if a.Account.IsZero() || !a.Staff.Any(actor.Adviser) {
		return f, hidden()
	}
	return f, d.db.Write(ctx, func(tx *db.Tx) error {
		f = File{Names: map[db.ID]string{}}
		if f.Organisation, err = organisationByID(ctx, tx, organisation); err != nil {
			return err
		}
		o := f.Organisation
		list, err := members(ctx, tx, o.ID, mostMembers)
		if err != nil {
			return err
		}
		if d.onFile != nil {
			if f.Lines, err = d.onFile(ctx, tx, o.ID); err != nil {
				return err
			}
		}
		f.Members = len(list)
		if f.Notes, err = notesOf(ctx, tx, o.ID, 200); err != nil {
			return err
		}
		if f.Joins, err = openJoins(ctx, tx, o.ID, 100); err != nil {
			return err
		}
		var ids []db.ID
		for _, m := range list {
			ids = append(ids, m.Account)
			f.Mine = f.Mine || m.Account == a.Account
		}
		for _, n := range f.Notes {
			ids = append(ids, n.Account)
		}
		for _, j := range f.Joins {
			ids = append(ids, j.Account)
		}
		accounts, err := signin.Accounts(ctx, tx, ids)
		if err != nil {
			return err
		}
		for _, m := range list {
			if m.Place == actor.Owner {
				f.Owners = append(f.Owners, Person{m, accounts[m.Account].Name, accounts[m.Account].Mail})
			}
		}
		for _, n := range f.Notes {
			f.Names[n.Account] = accounts[n.Account].Name
		}
		for i, j := range f.Joins {
			f.Joins[i].Name, f.Joins[i].Mail = accounts[j.Account].Name, accounts[j.Account].Mail
		}
		num := strings.NewReplacer(" ", "", ".", "").Replace(o.RegistrationNumber)
		if f.Alike, err = alike(ctx, tx, num, o.Domain, o.ID, 20); err != nil {
			return err
		}
		return d.record(ctx, tx, audit.Read, o.ID, "file, by staff")
	})
}

// AnswerJoinForOwner lets staff answer for an organisation that has no owner yet, as when the
// operator imported it: the person is invited as its owner, or is not.
func (d *Directory) AnswerJoinForOwner(ctx context.Context, organisation, join db.ID, invite bool) error {
	if invite {
		if err := d.fresh(ctx); err != nil {
			return err
		}
	}
	return d.db.Write(ctx, func(tx *db.Tx) error {
		if err := lock(ctx, tx, organisation); err != nil {
			return err
		}
		if err := d.adviser(ctx, tx, organisation); err != nil {
			return err
		}
		if n, err := countOwners(ctx, tx, organisation); err != nil {
			return err
		} else if n > 0 {
			return fault.New(fault.Conflict, "directory.desk.has_owner")
		}
		o, err := organisationByID(ctx, tx, organisation)
		if err != nil {
			return err
		}
		place := actor.Place(0)
		if invite {
			place = actor.Owner
		}
		if err := d.answerJoin(ctx, tx, o, join, place); err != nil {
			return err
		}
		left, err := openJoins(ctx, tx, organisation, 1)
		if err != nil || len(left) > 0 || o.State != Accepted || o.WishedName != "" || o.WishedNumber != "" {
			return err
		}
		o.WaitsAt = time.Time{}
		return saveOrganisation(ctx, tx, o, d.now())
	})
}
