package directory

import (
	"context"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/signin"
)

// Tokens are kept by signin, which does not know organisations. Who may make and revoke those of an
// organisation is found out here, in the transaction that does it.

// MakeToken makes a token of an organisation. Its owners and security contacts may, those of an
// accepted one alone, and none gives a token more than is theirs.
func (d *Directory) MakeToken(ctx context.Context, people *signin.Signin, organisation db.ID, name string, scopes []string, lasts time.Duration) (t signin.Token, secret string, err error) {
	err = d.db.Write(ctx, func(tx *db.Tx) error {
		in, err := May(ctx, tx, organisation, actor.Keepers, true, d.now())
		if err != nil {
			return err
		}
		if !in.Accepted {
			return hidden()
		}
		t, secret, err = people.MakeToken(ctx, tx, signin.NewToken{Name: name, Organisation: organisation, Scopes: scopes, Lasts: lasts}, signin.ScopesOfPlace(in.Place))
		return err
	})
	return t, secret, err
}

// Tokens returns the tokens of an organisation, with the scopes that the actor may give to a new one.
func (d *Directory) Tokens(ctx context.Context, organisation db.ID) (list []signin.Token, may []signin.Scope, err error) {
	err = d.db.Read(ctx, func(tx *db.Tx) error {
		in, err := May(ctx, tx, organisation, actor.Keepers, false, d.now())
		if err != nil {
			return err
		}
		if in.Accepted {
			may = signin.ScopesOfPlace(in.Place)
		}
		list, err = signin.Tokens(ctx, tx, db.ID{}, organisation)
		return err
	})
	return list, may, err
}

// RevokeToken ends a token of an organisation.
func (d *Directory) RevokeToken(ctx context.Context, people *signin.Signin, organisation, token db.ID) error {
	return d.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := May(ctx, tx, organisation, actor.Keepers, true, d.now()); err != nil {
			return err
		}
		return people.RevokeToken(ctx, tx, db.ID{}, organisation, token)
	})
}
