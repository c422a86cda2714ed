package directory

import (
	"context"
	"fmt"
	"time"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
)

// Own returns the organisation to one of its own people, or to one who acts for it.
func (d *Directory) Own(ctx context.Context, organisation db.ID) (o Organisation, err error) {
	err = d.db.Read(ctx, func(tx *db.Tx) error {
		if _, err := May(ctx, tx, organisation, actor.Anybody, false, d.now()); err != nil {
			return err
		}
		o, err = organisationByID(ctx, tx, organisation)
		return err
	})
	return o, err
}

// Change writes what an owner says of the organisation. Its name and number are what others know an
// accepted one by: those go to staff as a wish, and asked is true.
func (d *Directory) Change(ctx context.Context, organisation db.ID, r Registration) (asked bool, err error) {
	now := d.now()
	err = d.as(ctx, organisation, actor.Owner, func(tx *db.Tx, o Organisation) error {
		r, err := r.check(now, o)
		if err != nil {
			return err
		}
		had := o
		o.Sector, o.Province, o.Language, o.Domain = r.Sector, r.Area, r.Language, r.Domain
		if r.Size != sizeOf(o.Employees) {
			o.Employees = employees(r.Size) // an exact number of the operator's stays while its class does
		}
		if o.State != Accepted {
			o.Name, o.RegistrationNumber, o.Scheme = r.Name, r.Number, r.Scheme
		} else {
			o.WishedName, o.WishedNumber = "", ""
			if r.Name != o.Name {
				o.WishedName = r.Name
			}
			if r.Number != o.RegistrationNumber && r.Number != "" {
				o.WishedNumber = r.Number
			}
			asked = o.WishedName != "" || o.WishedNumber != ""
			switch {
			case asked && o.WaitsAt.IsZero():
				o.WaitsAt = now
			case !asked:
				o.WaitsAt = time.Time{}
			}
		}
		if o == had {
			return nil
		}
		if err := saveOrganisation(ctx, tx, o, now); err != nil {
			return err
		}
		if err := d.record(ctx, tx, audit.Change, o.ID, "details, asks staff: %v", asked); err != nil {
			return err
		}
		if asked && (o.WishedName != had.WishedName || o.WishedNumber != had.WishedNumber) {
			return d.tellDesk(ctx, tx, o)
		}
		return nil
	})
	return asked, err
}

// DecideChange grants the wish for another name or number as they saw it, or does not, with a reason.
// Staff only.
func (d *Directory) DecideChange(ctx context.Context, organisation db.ID, grant bool, text, seen string) error {
	text, err := said(text, !grant)
	if err != nil {
		return err
	}
	now := d.now()
	return d.db.Write(ctx, func(tx *db.Tx) error {
		if err := lock(ctx, tx, organisation); err != nil {
			return err
		}
		if err := d.adviser(ctx, tx, organisation); err != nil {
			return err
		}
		o, err := organisationByID(ctx, tx, organisation)
		if err != nil {
			return err
		}
		if o.State != Accepted || o.WishedName == "" && o.WishedNumber == "" {
			return fault.New(fault.Conflict, "web.error.conflict.text")
		}
		if err := same(o, seen, "reason"); err != nil {
			return err
		}
		kind := "unchanged"
		if grant {
			kind = "changed"
			if o.WishedName != "" {
				o.Name = o.WishedName
			}
			if o.WishedNumber != "" {
				o.RegistrationNumber, o.Scheme, o.RegisterName = o.WishedNumber, "kvk", ""
			}
		}
		o.WishedName, o.WishedNumber, o.WaitsAt = "", "", time.Time{}
		if err := saveOrganisation(ctx, tx, o, now); err != nil {
			return err
		}
		if err := insertNote(ctx, tx, Note{ID: db.NewID(), Organisation: o.ID, Kind: kind, Text: text, Account: actor.From(ctx).Account, At: now}); err != nil {
			return err
		}
		if err := d.record(ctx, tx, audit.Decide, o.ID, "name or number: %s", kind); err != nil {
			return err
		}
		owners, err := d.owners(ctx, tx, o.ID)
		if err != nil {
			return err
		}
		return d.writeAll(ctx, tx, owners, letter{about: o, name: kind, link: "/o/" + o.ID.String(), values: []any{"Text", text}})
	})
}

// Close ends an organisation for good: warnings stop, mandates end, people, contacts, invitations
// and what was said go at once. Name and number stay until the term that the record needs, and then
// go too. The owners and the verified contacts are told.
func (d *Directory) Close(ctx context.Context, organisation db.ID) error {
	if err := d.fresh(ctx); err != nil {
		return err
	}
	now := d.now()
	return d.as(ctx, organisation, actor.Owner, func(tx *db.Tx, o Organisation) error {
		if err := move(o.State, Closed, byOwner); err != nil {
			return err
		}
		owners, err := d.owners(ctx, tx, o.ID)
		if err != nil {
			return err
		}
		if err := d.writeAll(ctx, tx, owners, letter{about: o, name: "closed"}); err != nil {
			return err
		}
		contacts, err := contactsOf(ctx, tx, o.ID)
		if err != nil {
			return err
		}
		if err := d.notice(ctx, tx, o, contacts, db.ID{}, "closed", ""); err != nil {
			return err
		}
		if err := publish(ctx, tx, d.onClosed, o.ID); err != nil {
			return err
		}
		if err := endMandates(ctx, tx, o.ID, actor.From(ctx).Account, now); err != nil {
			return err
		}
		if err := clearOrganisation(ctx, tx, o.ID); err != nil {
			return err
		}
		o.State, o.ClosedAt, o.WaitsAt, o.Domain, o.WishedName, o.WishedNumber = Closed, now, time.Time{}, "", "", ""
		if err := saveOrganisation(ctx, tx, o, now); err != nil {
			return err
		}
		if err := setErase(ctx, tx, o.ID, now.Add(d.house.Settings.KeepClosed)); err != nil {
			return err
		}
		return d.record(ctx, tx, audit.Delete, o.ID, "closed by its owner")
	})
}

type upkeepArgs struct{}

// Kind names the job.
func (upkeepArgs) Kind() string { return "directory.upkeep" }

// upkeep tells of mandates that end soon, and takes away what is past its term: name and number of
// closed organisations, invitations that nobody used, and counts of tries.
func (d *Directory) upkeep(ctx context.Context, _ upkeepArgs) error {
	now := d.now()
	const batch = 100
	for due := batch; due == batch; {
		var err error
		if due, err = d.remind(ctx, batch); err != nil {
			return fmt.Errorf("remind of mandates: %w", err)
		}
	}
	for {
		var n int64
		err := d.db.Write(ctx, func(tx *db.Tx) (err error) {
			if n, err = eraseClosed(ctx, tx, now, 500); err != nil || n == 0 {
				return err
			}
			return audit.Append(ctx, tx, audit.Event{At: now, Actor: "polder", Action: audit.Delete, Object: "organisations",
				Detail: "names and numbers of closed ones past their term"})
		})
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}
	return d.db.Write(ctx, func(tx *db.Tx) error { return sweep(ctx, tx, now) })
}
