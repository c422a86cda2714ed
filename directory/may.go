package directory

import (
	"context"
	"errors"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
)

// hidden is the answer to whoever may not see something: as if it did not exist.
func hidden() error { return fault.Hidden() }

// In returns the actor with what it is to an organisation: one of its own people, or a person of an
// organisation that holds a mandate from it. It is a NotFound fault when the actor is nothing to
// it, also when it does not exist. What it finds is true for this request; a verb that changes or
// shows something asks May in its own transaction.
func (d *Directory) In(ctx context.Context, a actor.Actor, organisation string) (actor.Actor, error) {
	id, err := db.ParseID(organisation)
	if err != nil || a.Account.IsZero() {
		return a, hidden()
	}
	err = d.db.Read(ctx, func(tx *db.Tx) error {
		a.In, err = placeOf(ctx, tx, a.Account, id, d.now())
		return err
	})
	if errors.Is(err, db.ErrNoRows) {
		return a, hidden()
	}
	return a, err
}

// May tells what the actor of the context is to the organisation at this moment, in the caller's
// transaction. It is a NotFound fault unless that is one of the places; acting asks besides that
// the actor may change things. now is the time on the caller's clock. A program with the
// organisation's own token counts as a Member, or as a SecurityContact when acting is in its scopes.
func May(ctx context.Context, tx *db.Tx, organisation db.ID, places actor.Place, acting bool, now time.Time) (actor.In, error) {
	a := actor.From(ctx)
	if !a.Token.IsZero() && a.Account.IsZero() {
		return programIn(ctx, tx, a, organisation, places)
	}
	if a.Account.IsZero() {
		return actor.In{}, hidden()
	}
	in, err := placeOf(ctx, tx, a.Account, organisation, now)
	switch {
	case errors.Is(err, db.ErrNoRows):
		return actor.In{}, hidden()
	case err != nil:
		return actor.In{}, err
	case in.Place&places == 0, acting && !in.Acting:
		return actor.In{}, hidden()
	}
	return in, nil
}

// programIn is May for a program with a token of the organisation itself. What the token may is in
// its scopes, which the route names.
func programIn(ctx context.Context, tx *db.Tx, a actor.Actor, organisation db.ID, places actor.Place) (actor.In, error) {
	if a.Bound != organisation || organisation.IsZero() {
		return actor.In{}, hidden()
	}
	name, state, err := boundTo(ctx, tx, organisation)
	switch {
	case errors.Is(err, db.ErrNoRows), err == nil && places&(actor.Member|actor.SecurityContact) == 0:
		return actor.In{}, hidden()
	case err != nil:
		return actor.In{}, err
	}
	return actor.In{Organisation: organisation, Name: name, Accepted: state == "accepted", Place: actor.SecurityContact, Acting: true}, nil
}

// Covers tells whether a mandate is about an asset, in the caller's transaction. The zero mandate
// is that of the organisation's own people, and covers all.
func Covers(ctx context.Context, tx *db.Tx, mandate, asset db.ID) (bool, error) {
	if mandate.IsZero() {
		return true, nil
	}
	return mandateCovers(ctx, tx, mandate, asset)
}
