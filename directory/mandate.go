package directory

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
)

// Mandate is what one organisation lets another do for it, until when.
type Mandate struct {
	ID, Organisation, Holder    db.ID
	OrganisationName            string
	OrganisationReference       string
	HolderName, HolderReference string
	Acting                      bool // false: reads only
	EveryAsset                  bool // false: only Assets
	Assets                      int  // how many, when not every
	GivenAt, EndsAt             time.Time
	WithdrawnAt                 time.Time // zero: it was not
	ByHolder                    bool      // it was laid down by the holder
}

// Open tells whether the mandate counts at a moment.
func (m Mandate) Open(now time.Time) bool { return m.WithdrawnAt.IsZero() && m.EndsAt.After(now) }

// LastDay is a moment of the last day on which it counts: it ends with that day.
func (m Mandate) LastDay() time.Time { return m.EndsAt.Add(-time.Microsecond) }

// remindBefore is how long before its end both sides are told of it.
const remindBefore = 14 * 24 * time.Hour

// remindAt is when both sides are told that it ends; zero for one so short that its end was just chosen.
func (m Mandate) remindAt() time.Time {
	at := m.EndsAt.Add(-remindBefore)
	if !at.After(m.GivenAt) {
		return time.Time{}
	}
	return at
}

// AssetLabel is one asset by the name under which people know it.
type AssetLabel struct {
	ID    db.ID
	Label string
}

// Wish is a mandate that an owner wants to give.
type Wish struct {
	Holder     string // reference, registration number or exact name
	Acting     bool
	EveryAsset bool
	Assets     []db.ID // when not every
	Ends       time.Time
}

// longestMandate is how far away its end may be, in years.
const longestMandate = 2

// mostFinds is how many organisations one person may look up for a mandate in a day.
const mostFinds = 30

// FindHolder returns the one accepted organisation that is called exactly so. There is no list to
// look through; who is not found, and who is not accepted, answer alike.
func (d *Directory) FindHolder(ctx context.Context, organisation db.ID, text string) (o Organisation, err error) {
	text = strings.Join(strings.Fields(text), " ")
	if text == "" || len(text) > 400 {
		return o, wrong("holder", "directory.wrong.holder_empty")
	}
	var failed error
	err = d.as(ctx, organisation, actor.Owner, func(tx *db.Tx, giver Organisation) error {
		if giver.State != Accepted {
			return hidden()
		}
		n, err := tally(ctx, tx, actor.From(ctx).Account, "find", d.now())
		if err != nil {
			return err
		}
		if n > mostFinds {
			failed = fault.New(fault.TooMany, "directory.limit.today")
			return nil
		}
		o, err = findHolder(ctx, tx, giver, text)
		if fault.KindOf(err) == fault.Invalid {
			failed = err // the try counts
			return nil
		}
		return err
	})
	if err == nil {
		err = failed
	}
	return o, err
}

func findHolder(ctx context.Context, tx *db.Tx, giver Organisation, text string) (Organisation, error) {
	num, err := number("kvk", text)
	if err != nil {
		num = ""
	}
	list, err := acceptedByText(ctx, tx, text, num, 3)
	if err != nil {
		return Organisation{}, err
	}
	list = slices.DeleteFunc(list, func(o Organisation) bool { return o.ID == giver.ID })
	switch len(list) {
	case 0:
		return Organisation{}, wrong("holder", "directory.wrong.holder_unknown")
	case 1:
		return list[0], nil
	}
	return Organisation{}, wrong("holder", "directory.wrong.holder_many")
}

// LabelsOf lists the assets that a mandate of the organisation may be about; nil when that cannot be
// chosen.
func (d *Directory) LabelsOf(ctx context.Context, organisation db.ID) (list []AssetLabel, err error) {
	if d.Assets == nil {
		return nil, nil
	}
	err = d.db.Read(ctx, func(tx *db.Tx) error {
		if _, err := May(ctx, tx, organisation, actor.Owner, true, d.now()); err != nil {
			return err
		}
		list, err = d.Assets(ctx, tx, organisation)
		return err
	})
	return list, err
}

// Give gives a mandate. One that the holder has already ends with it: an organisation holds one
// mandate of another at a time.
func (d *Directory) Give(ctx context.Context, organisation db.ID, w Wish) error {
	if err := d.fresh(ctx); err != nil {
		return err
	}
	now := d.now()
	if !w.Ends.After(now) || w.Ends.After(now.AddDate(longestMandate, 0, 1)) {
		return wrong("ends", "directory.wrong.ends")
	}
	if !w.EveryAsset && len(w.Assets) == 0 {
		return wrong("scope", "directory.wrong.assets_none")
	}
	holder, err := d.FindHolder(ctx, organisation, w.Holder)
	if err != nil {
		return err
	}
	return d.as(ctx, organisation, actor.Owner, func(tx *db.Tx, o Organisation) error {
		if o.State != Accepted {
			return hidden()
		}
		if holder, err = organisationByID(ctx, tx, holder.ID); err != nil {
			return err
		}
		if holder.State != Accepted {
			return wrong("holder", "directory.wrong.holder_unknown")
		}
		if !w.EveryAsset {
			if err := d.ownAssets(ctx, tx, o.ID, w.Assets); err != nil {
				return err
			}
		}
		if err := replaceMandates(ctx, tx, o.ID, holder.ID, actor.From(ctx).Account, now); err != nil {
			return err
		}
		m := Mandate{ID: db.NewID(), Organisation: o.ID, Holder: holder.ID, Acting: w.Acting, EveryAsset: w.EveryAsset, GivenAt: now, EndsAt: w.Ends}
		if err := insertMandate(ctx, tx, m, actor.From(ctx).Account, w.Assets); err != nil {
			return err
		}
		if err := d.record(ctx, tx, audit.Grant, o.ID, "mandate %s to %s, acting %v, all assets %v, until %s", m.ID, holder.ID, m.Acting, m.EveryAsset, m.EndsAt.Format(time.DateOnly)); err != nil {
			return err
		}
		return d.tellBoth(ctx, tx, o, holder, "mandate", m.LastDay())
	})
}

// ownAssets refuses assets that are not the organisation's own.
func (d *Directory) ownAssets(ctx context.Context, tx *db.Tx, organisation db.ID, chosen []db.ID) error {
	if d.Assets == nil {
		return hidden()
	}
	own, err := d.Assets(ctx, tx, organisation)
	if err != nil {
		return err
	}
	for _, id := range chosen {
		if !slices.ContainsFunc(own, func(a AssetLabel) bool { return a.ID == id }) {
			return hidden()
		}
	}
	return nil
}

// tellBoth writes to the owners of both sides of a mandate.
func (d *Directory) tellBoth(ctx context.Context, tx *db.Tx, giver, holder Organisation, name string, ends time.Time) error {
	for _, side := range []struct {
		of         Organisation
		name, path string
	}{{giver, name + "_giver", "/mandates"}, {holder, name + "_holder", "/clients"}} {
		owners, err := d.owners(ctx, tx, side.of.ID)
		if err != nil {
			return err
		}
		l := letter{about: side.of, name: side.name, link: "/o/" + side.of.ID.String() + side.path, values: []any{"Giver", giver.Name, "Holder", holder.Name, "Until", ends}}
		if err := d.writeAll(ctx, tx, owners, l); err != nil {
			return err
		}
	}
	return nil
}

// Withdraw ends a mandate that the organisation gave, at once.
func (d *Directory) Withdraw(ctx context.Context, organisation, mandate db.ID) error {
	return d.endMandate(ctx, organisation, mandate, "withdrawn")
}

// LayDown ends a mandate that the organisation holds, at once.
func (d *Directory) LayDown(ctx context.Context, holder, mandate db.ID) error {
	return d.endMandate(ctx, holder, mandate, "laid_down")
}

func (d *Directory) endMandate(ctx context.Context, side, mandate db.ID, how string) error {
	now := d.now()
	return d.as(ctx, side, actor.Owner, func(tx *db.Tx, o Organisation) error {
		m, err := mandateOf(ctx, tx, mandate, side, how == "laid_down")
		if errors.Is(err, db.ErrNoRows) {
			return hidden()
		}
		if err != nil {
			return err
		}
		n, err := withdrawMandate(ctx, tx, mandate, actor.From(ctx).Account, how == "laid_down", now)
		if err != nil || n == 0 {
			return err // it has ended already, and is told so
		}
		if err := d.record(ctx, tx, audit.Grant, m.Organisation, "mandate %s of %s %s", m.ID, m.Holder, how); err != nil {
			return err
		}
		both, err := byIDs(ctx, tx, []db.ID{m.Organisation, m.Holder})
		if err != nil {
			return err
		}
		return d.tellBoth(ctx, tx, both[m.Organisation], both[m.Holder], how, m.LastDay())
	})
}

// remind tells both sides of the mandates that end soon, and says how many were due. Run twice it
// tells once.
func (d *Directory) remind(ctx context.Context, limit int) (due int, err error) {
	now := d.now()
	err = d.db.Write(ctx, func(tx *db.Tx) error {
		list, err := mandatesToRemind(ctx, tx, now, limit)
		if err != nil {
			return err
		}
		due = len(list)
		var ids []db.ID
		for _, m := range list {
			ids = append(ids, m.Organisation, m.Holder)
		}
		sides, err := byIDs(ctx, tx, ids)
		if err != nil {
			return err
		}
		for _, m := range list {
			n, err := noteReminded(ctx, tx, m.ID)
			if err != nil {
				return err
			}
			if n == 0 || !m.Open(now) {
				continue
			}
			if err := d.tellBoth(ctx, tx, sides[m.Organisation], sides[m.Holder], "ends", m.LastDay()); err != nil {
				return err
			}
		}
		return nil
	})
	return due, err
}

// pageSize is how many rows the lists show at a time.
const pageSize = 50

// Mandates returns those that the organisation gave, open and ended, latest first, before the one
// given (zero for the first page), and whether there are more.
func (d *Directory) Mandates(ctx context.Context, organisation db.ID, before db.ID) ([]Mandate, bool, error) {
	return d.mandates(ctx, organisation, false, before)
}

// Clients returns the mandates that the organisation holds, like Mandates.
func (d *Directory) Clients(ctx context.Context, organisation db.ID, before db.ID) ([]Mandate, bool, error) {
	return d.mandates(ctx, organisation, true, before)
}

func (d *Directory) mandates(ctx context.Context, side db.ID, holder bool, before db.ID) (list []Mandate, more bool, err error) {
	now := d.now()
	err = d.db.Read(ctx, func(tx *db.Tx) error {
		if _, err := May(ctx, tx, side, actor.Inside, false, now); err != nil {
			return err
		}
		list, err = mandatesOf(ctx, tx, side, holder, before, pageSize+1)
		return err
	})
	if len(list) > pageSize {
		list, more = list[:pageSize], true
	}
	return list, more, err
}
