package signin

import (
	"slices"
	"time"

	"polder/internal/actor"
)

// Scope is one thing that a token may do. Its text in both languages is signin.scope.NAME, with "-"
// for ":". A scope that is no longer given keeps its name: what it meant stays in the record.
type Scope struct {
	Name  string
	Since time.Time   // it means what its text says from this day on
	Place actor.Place // who of an organisation may give it to a token of the organisation
	Staff actor.Roles // who at the centre may give it to a token of their own
}

func day(year int, month time.Month, d int) time.Time {
	return time.Date(year, month, d, 0, 0, 0, 0, time.UTC)
}

// Scopes lists all of them. Each is of organisations or of staff, never of both: so a token of the
// one can never do what is the other's.
var Scopes = []Scope{
	{Name: "organisation:read", Since: day(2026, 11, 1), Place: actor.Keepers},
	{Name: "organisation:write", Since: day(2026, 11, 1), Place: actor.Owner},
	{Name: "assets:read", Since: day(2026, 11, 1), Place: actor.Keepers},
	{Name: "assets:write", Since: day(2026, 11, 1), Place: actor.Keepers},
	{Name: "exposures:read", Since: day(2026, 11, 1), Place: actor.Keepers},
	{Name: "exposures:write", Since: day(2026, 11, 1), Place: actor.Keepers},
	{Name: "reports:write", Since: day(2026, 11, 25), Staff: actor.Analyst},
	{Name: "register:read", Since: day(2026, 11, 1), Staff: actor.Analyst | actor.Adviser},
}

// Key is the id of the scope's text in the catalogue.
func (s Scope) Key() string {
	b := []byte("signin.scope." + s.Name)
	for i, c := range b {
		if c == ':' {
			b[i] = '-'
		}
	}
	return string(b)
}

// ScopesOfPlace are those that somebody of an organisation may give to its tokens.
func ScopesOfPlace(place actor.Place) (list []Scope) {
	for _, s := range Scopes {
		if s.Place&place != 0 {
			list = append(list, s)
		}
	}
	return list
}

// ScopesOfStaff are those that somebody at the centre may give to a token of their own.
func ScopesOfStaff(roles actor.Roles) (list []Scope) {
	for _, s := range Scopes {
		if s.Staff.Any(roles) {
			list = append(list, s)
		}
	}
	return list
}

// within tells whether every name is one of the scopes, and there is at least one. Names are
// compared whole: "assets:read" is not the beginning of anything.
func within(names []string, scopes []Scope) bool {
	for _, n := range names {
		if !slices.ContainsFunc(scopes, func(s Scope) bool { return s.Name == n }) {
			return false
		}
	}
	return len(names) > 0
}
