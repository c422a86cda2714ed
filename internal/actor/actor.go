// Package actor says who is asking: the person or program behind a request, what its rights are,
// and for which organisation it acts. It stands in the context; verbs read it there.
//
// The zero Actor is nobody and may nothing. signin finds out who is asking, directory what that
// person is to an organisation; web lets only those come to a route whom the route names, and the
// verb checks once more in its own query.
package actor

import (
	"context"
	"strings"
	"time"

	"polder/internal/db"
)

// Roles is a set of roles at the centre. None implies another.
type Roles uint16

// The roles of staff.
const (
	Administrator Roles = 1 << iota // accounts, roles and settings; no content
	Analyst                         // reports, findings, warnings, proof of assets
	Editor                          // what everyone may read
	Moderator                       // the community
	CaseHandler                     // incident reports and cases
	Adviser                         // organisations and partnerships: acceptance, help
	Auditor                         // reads the record; no content
)

// RoleNames are the names of the roles, as routes.txt, tables and the command line write them.
var RoleNames = []string{"administrator", "analyst", "editor", "moderator", "case-handler", "adviser", "auditor"}

// Names returns the names of the roles in the set.
func (r Roles) Names() (list []string) {
	for i, name := range RoleNames {
		if r&(1<<i) != 0 {
			list = append(list, name)
		}
	}
	return list
}

// String is the names, with commas.
func (r Roles) String() string { return strings.Join(r.Names(), ",") }

// Any tells whether the sets share a role.
func (r Roles) Any(of Roles) bool { return r&of != 0 }

// ParseRole reads one name.
func ParseRole(s string) (Roles, bool) {
	for i, name := range RoleNames {
		if name == s {
			return 1 << i, true
		}
	}
	return 0, false
}

// Place is a set of what somebody can be to an organisation; a person is one of them to each.
type Place uint8

// The places in an organisation. None implies another; the sets below do.
const (
	Owner           Place = 1 << iota // all, with people, mandates and the end of the organisation
	SecurityContact                   // assets, contacts and warnings
	Member                            // reads
	Delegate                          // acts for it by a mandate, as far as that goes
)

// Sets of places that routes and verbs ask for.
const (
	Inside  = Owner | SecurityContact | Member // its own people
	Keepers = Owner | SecurityContact          // those of its own who may change assets and contacts
	Anybody = Inside | Delegate
)

// PlaceNames are the names of the places, as routes.txt and tables write them.
var PlaceNames = []string{"owner", "security-contact", "member", "delegate"}

// Names returns the names of the places in the set.
func (p Place) Names() (list []string) {
	for i, name := range PlaceNames {
		if p&(1<<i) != 0 {
			list = append(list, name)
		}
	}
	return list
}

// String is the names, with commas.
func (p Place) String() string { return strings.Join(p.Names(), ",") }

// ParsePlace reads one name.
func ParsePlace(s string) (Place, bool) {
	for i, name := range PlaceNames {
		if name == s {
			return 1 << i, true
		}
	}
	return 0, false
}

// Actor is who is asking.
type Actor struct {
	Account  db.ID     // zero: nobody is signed in, or a program of an organisation asks
	Name     string    // of the person
	Mail     string    // address of the person
	Language string    // "nl" or "en"; "" when not chosen
	Staff    Roles     // at the centre
	Session  db.ID     // the person's session; zero for a token
	Fresh    time.Time // when the person last showed a factor; zero for a token

	Token  db.ID    // the API token that a program came with; zero for a person
	Scopes []string // what the token may, as named in docs; nil for a person
	Bound  db.ID    // the one organisation that the token is of; zero for a token of a staff account

	In In // the organisation in the address of this request; zero when there is none
}

// In is what somebody is to an organisation.
type In struct {
	Organisation db.ID
	Name         string
	Accepted     bool   // staff accepted its registration
	Place        Place  // exactly one; zero: nothing
	Mandate      db.ID  // for a Delegate: by which mandate
	Acting       bool   // may change things: false for a Member, and for a Delegate who may only read
	Behalf       string // for a Delegate: the name of the supplier or partnership that holds the mandate
}

// Known tells whether anybody is signed in or a valid token was shown.
func (a Actor) Known() bool { return !a.Account.IsZero() || !a.Token.IsZero() }

// Recent tells whether the person showed a factor in the last ten minutes: what a step up asks for.
func (a Actor) Recent(now time.Time) bool {
	return !a.Fresh.IsZero() && now.Sub(a.Fresh) < StepUp && !a.Fresh.After(now.Add(time.Minute))
}

// StepUp is how long a shown factor counts as fresh.
const StepUp = 10 * time.Minute

// String is how the record names the actor: by id alone, so that the record stays when the person
// is forgotten.
func (a Actor) String() string {
	switch {
	case !a.Token.IsZero():
		return "token:" + a.Token.String()
	case !a.Account.IsZero():
		return "account:" + a.Account.String()
	}
	return ""
}

type key struct{}

// With puts the actor in the context.
func With(ctx context.Context, a Actor) context.Context { return context.WithValue(ctx, key{}, a) }

// From returns who is asking; nobody when nobody said.
func From(ctx context.Context) Actor {
	a, _ := ctx.Value(key{}).(Actor)
	return a
}
