package directory

import (
	"polder/internal/actor"
	"polder/internal/fault"
)

// State is how an organisation's registration stands.
type State string

// The states. Only an accepted organisation is warned, gives mandates and holds them.
const (
	Requested State = "requested" // waits for staff
	Asked     State = "asked"     // waits for its answer to a question of staff
	Accepted  State = "accepted"
	Refused   State = "refused"
	Closed    State = "closed" // for good
)

// States are all of them, in the order in which they are told.
var States = []State{Requested, Asked, Accepted, Refused, Closed}

// By is who may make a move: a place in the organisation, or a role at the centre.
type By struct {
	Place actor.Place
	Staff actor.Roles
}

// String names them, as the drawing does.
func (b By) String() string {
	if b.Place != 0 {
		return b.Place.String()
	}
	return b.Staff.String()
}

var (
	byOwner   = By{Place: actor.Owner}
	byAdviser = By{Staff: actor.Adviser}
)

// Moves is the table of states: what may follow what, and who makes it so. The check, the test and
// the drawing in docs/states.md read it. An organisation begins as Requested when a person
// registers it, and as Accepted when the operator imports it.
var Moves = map[[2]State]By{
	{Requested, Asked}:    byAdviser,
	{Requested, Accepted}: byAdviser,
	{Requested, Refused}:  byAdviser,
	{Asked, Requested}:    byOwner,
	{Asked, Accepted}:     byAdviser,
	{Asked, Refused}:      byAdviser,
	{Refused, Requested}:  byOwner,
	{Refused, Accepted}:   byAdviser,
	{Requested, Closed}:   byOwner,
	{Asked, Closed}:       byOwner,
	{Accepted, Closed}:    byOwner,
	{Refused, Closed}:     byOwner,
}

// move checks one step; whose it is was checked by the caller, who says it.
func move(from, to State, by By) error {
	if who, ok := Moves[[2]State{from, to}]; !ok || who != by {
		return fault.New(fault.Conflict, "web.error.conflict.text")
	}
	return nil
}
