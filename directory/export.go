package directory

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/signin"
)

type exported struct {
	name string
	fn   func(ctx context.Context, tx *db.Tx, organisation db.ID, write func(any) error) error
}

// OnExport adds what another domain keeps for an organisation to its export, as a list under a name:
// fn calls write once for each thing, so that no list need be in memory as a whole.
func (d *Directory) OnExport(name string, fn func(ctx context.Context, tx *db.Tx, organisation db.ID, write func(any) error) error) {
	d.onExport = append(d.onExport, exported{name, fn})
}

// Export writes all that is kept for the organisation as JSON. The record has that it was asked for
// before the first byte goes.
func (d *Directory) Export(ctx context.Context, organisation db.ID, begin func(o Organisation) io.Writer) error {
	if err := d.fresh(ctx); err != nil {
		return err
	}
	var o Organisation
	err := d.as(ctx, organisation, actor.Owner, func(tx *db.Tx, found Organisation) error {
		o = found
		return d.record(ctx, tx, audit.Export, o.ID, "all data, by an owner")
	})
	if err != nil {
		return err
	}
	return d.db.Read(ctx, func(tx *db.Tx) error {
		if _, err := May(ctx, tx, organisation, actor.Owner, true, d.now()); err != nil {
			return err
		}
		lists := append(d.ownExport(), d.onExport...)
		return writeExport(ctx, tx, begin(o), map[string]any{"about": aboutOf(o), "made_at": d.now()}, lists, organisation)
	})
}

// writeExport writes one JSON object: the plain members, then each list, thing by thing.
func writeExport(ctx context.Context, tx *db.Tx, w io.Writer, plain map[string]any, lists []exported, organisation db.ID) error {
	out := &errWriter{w: w}
	out.text("{\n")
	for _, name := range []string{"made_at", "about"} {
		out.member(name, plain[name])
		out.text(",\n")
	}
	for i, l := range lists {
		name, _ := json.Marshal(l.name)
		out.text(string(name) + ": [")
		first := true
		err := l.fn(ctx, tx, organisation, func(v any) error {
			if !first {
				out.text(",")
			}
			first = false
			out.text("\n  ")
			out.value(v)
			return out.err
		})
		if err != nil {
			return fmt.Errorf("export %s: %w", l.name, err)
		}
		out.text("]")
		if i < len(lists)-1 {
			out.text(",")
		}
		out.text("\n")
	}
	out.text("}\n")
	return out.err
}

// errWriter keeps the first error.
type errWriter struct {
	w   io.Writer
	err error
}

func (e *errWriter) text(s string) {
	if e.err == nil {
		_, e.err = io.WriteString(e.w, s)
	}
}

func (e *errWriter) value(v any) {
	b, err := json.Marshal(v)
	if e.err == nil {
		e.err = err
	}
	e.text(string(b))
}

func (e *errWriter) member(name string, v any) {
	e.value(name)
	e.text(": ")
	e.value(v)
}

func aboutOf(o Organisation) map[string]any {
	return map[string]any{"reference": o.Reference, "name": o.Name, "registration_number": o.RegistrationNumber, "register": o.Scheme,
		"name_in_register": o.RegisterName, "kind": o.Kind, "state": o.State, "sector": o.Sector, "area": o.Province, "employees_at_least": o.Employees, "language": o.Language,
		"domain": o.Domain, "created_at": o.CreatedAt, "wished_name": o.WishedName, "wished_number": o.WishedNumber}
}

// ownExport is what the directory itself keeps.
func (d *Directory) ownExport() []exported {
	type row = map[string]any
	return []exported{
		{"people", func(ctx context.Context, tx *db.Tx, id db.ID, write func(any) error) error {
			list, err := members(ctx, tx, id, mostMembers)
			if err != nil {
				return err
			}
			ids := make([]db.ID, len(list))
			for i, m := range list {
				ids[i] = m.Account
			}
			accounts, err := signin.Accounts(ctx, tx, ids)
			if err != nil {
				return err
			}
			return each(list, func(m Membership) error {
				return write(row{"name": accounts[m.Account].Name, "mail": accounts[m.Account].Mail, "place": m.Place.String(), "since": m.Since})
			})
		}},
		{"contacts", func(ctx context.Context, tx *db.Tx, id db.ID, write func(any) error) error {
			list, err := contactsOf(ctx, tx, id)
			if err != nil {
				return err
			}
			return each(list, func(c Contact) error {
				return write(row{"purpose": c.Purpose, "email": c.Email, "main": c.Main, "created_at": c.CreatedAt, "verified_at": moment(c.VerifiedAt), "by_operator": c.ByOperator})
			})
		}},
		{"invitations", func(ctx context.Context, tx *db.Tx, id db.ID, write func(any) error) error {
			list, err := openInvitations(ctx, tx, id, d.now(), 1000)
			if err != nil {
				return err
			}
			return each(list, func(i Invitation) error {
				return write(row{"mail": i.Mail, "place": i.Place.String(), "invited_at": i.InvitedAt, "ends_at": i.EndsAt})
			})
		}},
		{"mandates_given", d.exportMandates(false)},
		{"mandates_held", d.exportMandates(true)},
		{"registration", func(ctx context.Context, tx *db.Tx, id db.ID, write func(any) error) error {
			list, err := notesOf(ctx, tx, id, 10_000)
			if err != nil {
				return err
			}
			return each(list, func(n Note) error { return write(row{"kind": n.Kind, "text": n.Text, "at": n.At}) })
		}},
	}
}

func (d *Directory) exportMandates(holder bool) func(context.Context, *db.Tx, db.ID, func(any) error) error {
	return func(ctx context.Context, tx *db.Tx, id db.ID, write func(any) error) error {
		var before db.ID
		for {
			list, err := mandatesOf(ctx, tx, id, holder, before, 500)
			if err != nil {
				return err
			}
			if err := each(list, func(m Mandate) error {
				return write(map[string]any{"from": m.OrganisationName, "to": m.HolderName, "acting": m.Acting, "all_assets": m.EveryAsset, "assets": m.Assets,
					"given_at": m.GivenAt, "ends_at": m.EndsAt, "withdrawn_at": moment(m.WithdrawnAt), "laid_down": m.ByHolder})
			}); err != nil || len(list) < 500 {
				return err
			}
			before = list[len(list)-1].ID
		}
	}
}

func each[T any](list []T, fn func(T) error) error {
	for _, v := range list {
		if err := fn(v); err != nil {
			return err
		}
	}
	return nil
}

// moment is a time for JSON; null when there is none.
func moment(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

// exportPerson is what the directory keeps of a person.
func (d *Directory) exportPerson(ctx context.Context, tx *db.Tx, account db.ID) (any, error) {
	places, err := placesOfAccount(ctx, tx, account, 10_000)
	if err != nil {
		return nil, err
	}
	ids := make([]db.ID, len(places))
	for i, m := range places {
		ids[i] = m.Organisation
	}
	names, err := byIDs(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	notes, err := notesBy(ctx, tx, account)
	if err != nil {
		return nil, err
	}
	asked, err := joinsOf(ctx, tx, account)
	if err != nil {
		return nil, err
	}
	type row = map[string]any
	mine, wrote := []row{}, []row{}
	for _, m := range places {
		mine = append(mine, row{"organisation": names[m.Organisation].Name, "reference": names[m.Organisation].Reference, "place": m.Place.String(), "since": m.Since})
	}
	for _, n := range notes {
		wrote = append(wrote, row{"kind": n.Kind, "text": n.Text, "at": n.At})
	}
	return row{"places": mine, "wrote": wrote, "asked_to_join_at": asked}, nil
}
