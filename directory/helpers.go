package directory

import (
	"cmp"
	"context"
	"slices"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/signin"
)

// Helper is who can be asked to do something for an organisation: one of its own people, or an
// organisation that may act for it.
type Helper struct {
	ID     db.ID // of an account, or of an organisation
	Name   string
	Holder bool // an organisation, by its mandate
}

// Helpers returns who can be asked to do something for an organisation, its own people first, in the
// caller's transaction. The caller has asked who may know their names.
func Helpers(ctx context.Context, tx *db.Tx, organisation db.ID, now time.Time) (list []Helper, err error) {
	own, err := members(ctx, tx, organisation, mostMembers)
	if err != nil {
		return nil, err
	}
	ids := make([]db.ID, len(own))
	for i, m := range own {
		ids[i] = m.Account
	}
	accounts, err := signin.Accounts(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	for _, m := range own {
		a := accounts[m.Account]
		list = append(list, Helper{ID: m.Account, Name: cmp.Or(a.Name, a.Mail)})
	}
	slices.SortStableFunc(list, func(a, b Helper) int { return cmp.Compare(a.Name, b.Name) })
	holders, err := actingHolders(ctx, tx, organisation, now, 200)
	return append(list, holders...), err
}

// HolderOf returns the organisation that holds a mandate, in the caller's transaction; zero for the
// zero mandate.
func HolderOf(ctx context.Context, tx *db.Tx, mandate db.ID) (db.ID, error) {
	if mandate.IsZero() {
		return db.ID{}, nil
	}
	return holderOf(ctx, tx, mandate)
}

// Places returns at most limit organisations that the actor belongs to or acts for, in the order of
// their names, each once and with the place that counts there, in the caller's transaction.
func Places(ctx context.Context, tx *db.Tx, now time.Time, limit int) (list []Mine, more bool, err error) {
	a := actor.From(ctx)
	if a.Account.IsZero() {
		return nil, false, hidden()
	}
	all, err := mineOf(ctx, tx, a.Account, "", Cursor{}, now, limit+1)
	if err != nil {
		return nil, false, err
	}
	at := map[db.ID]int{}
	for _, m := range all[:min(len(all), limit)] {
		i, known := at[m.ID]
		if !known {
			at[m.ID] = len(list)
			list = append(list, m)
		} else if m.Acting && !list[i].Acting {
			list[i] = m
		}
	}
	return list, len(all) > limit, nil
}

// CoveredBy returns for each of the mandates that is not about every asset the ids of those that it is
// about, in the caller's transaction.
func CoveredBy(ctx context.Context, tx *db.Tx, mandates []db.ID) (map[db.ID][]db.ID, error) {
	part := map[db.ID][]db.ID{}
	for chunk := range slices.Chunk(mandates, 500) {
		if err := coveredBy(ctx, tx, chunk, part); err != nil {
			return nil, err
		}
	}
	return part, nil
}

// endingMandates counts the mandates that an organisation gave which end soon.
func endingMandates(ctx context.Context, tx *db.Tx, organisation db.ID, now time.Time) (n int, err error) {
	list, err := mandatesOf(ctx, tx, organisation, false, db.ID{}, 100)
	for _, m := range list {
		if m.Open(now) && m.EndsAt.Before(now.Add(remindBefore)) {
			n++
		}
	}
	return n, err
}
