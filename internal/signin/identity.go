package signin

import (
	"context"
	"errors"
	"time"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/outbox"
)

// Identity is who an account is at a provider.
type Identity struct {
	ID       db.ID
	Account  db.ID
	Issuer   string
	Subject  string
	Number   string // registration number of the company, as the provider said last; never who it is
	Made     bool   // the account began with it
	LinkedAt time.Time
	SeenAt   time.Time
}

// RegistrationNumbers returns the registration numbers of the companies that the account's
// providers said, at its last visit to each, that it speaks for; in the caller's transaction. It is
// an attribute that a provider vouches for, and no proof of who the person is.
func RegistrationNumbers(ctx context.Context, tx *db.Tx, account db.ID) (numbers []string, err error) {
	list, err := identitiesOf(ctx, tx, account)
	for _, x := range list {
		if x.Number != "" {
			numbers = append(numbers, x.Number)
		}
	}
	return numbers, err
}

// Identities returns those of the person of the context.
func (s *Signin) Identities(ctx context.Context) (list []Identity, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		list, err = identitiesOf(ctx, tx, actor.From(ctx).Account)
		return err
	})
	return list, err
}

// link makes an identity one of the person who is signed in, with a fresh factor.
func (s *Signin) link(ctx context.Context, tx *db.Tx, who actor.Actor, p Provider, v visit, known Identity, found bool, c claims) error {
	if who.Fresh.IsZero() || v.Begun.Sub(who.Fresh) >= actor.StepUp { // as it was when the visit began
		return refused("stale", errors.New("the session is not fresh"))
	}
	if found && known.Account != who.Account {
		return refused("taken", errors.New("the identity is linked to another account"))
	}
	if found {
		return touchIdentity(ctx, tx, known.ID, c.Number, s.now())
	}
	x := Identity{ID: db.NewID(), Account: who.Account, Issuer: c.Issuer, Subject: c.Subject, Number: c.Number, LinkedAt: s.now(), SeenAt: s.now()}
	if err := insertIdentity(ctx, tx, x); err != nil {
		return err
	}
	if err := s.tellIdentity(ctx, tx, who.Account, p.Name, "linked"); err != nil {
		return err
	}
	return audit.Append(ctx, tx, audit.Event{At: s.now(), Action: audit.Factor, Object: "account " + who.Account.String(), Detail: "linked to provider " + p.Key})
}

// Unlink takes an identity of the person of the context away. The last way in stays.
func (s *Signin) Unlink(ctx context.Context, identity db.ID) error {
	who := actor.From(ctx)
	if who.Account.IsZero() || !who.Recent(s.now()) {
		return fault.New(fault.Denied, "web.error.denied.text")
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		list, err := identitiesOf(ctx, tx, who.Account)
		if err != nil {
			return err
		}
		var x *Identity
		for i := range list {
			if list[i].ID == identity {
				x = &list[i]
			}
		}
		if x == nil {
			return fault.Hidden()
		}
		ways := len(list) - 1
		for _, count := range s.ways {
			n, err := count(ctx, tx, who.Account)
			if err != nil {
				return err
			}
			ways += n
		}
		if ways == 0 {
			return fault.New(fault.Conflict, "signin.identity.last")
		}
		if err := dropIdentity(ctx, tx, who.Account, identity); err != nil {
			return err
		}
		if err := s.tellIdentity(ctx, tx, who.Account, s.nameOf(x.Issuer), "unlinked"); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Event{At: s.now(), Action: audit.Factor, Object: "account " + who.Account.String(), Detail: "unlinked from a provider"})
	})
}

// nameOf is how people know an issuer; the issuer itself when it is no longer in the settings.
func (s *Signin) nameOf(issuer string) map[string]string {
	for _, p := range s.set.Providers {
		if p.Issuer == issuer {
			return p.Name
		}
	}
	return map[string]string{"nl": issuer, "en": issuer}
}

// tellIdentity mails the person that a way to sign in was added or taken away.
func (s *Signin) tellIdentity(ctx context.Context, tx *db.Tx, account db.ID, name map[string]string, what string) error {
	a, err := accountByID(ctx, tx, account)
	if err != nil || a.Mail == "" {
		return err
	}
	p := s.catalog.For(a.Language)
	l := outbox.Letter{To: a.Mail, Printer: p, Purpose: "notice"}
	l.Subject = p.T("signin.identity.mail."+what+".subject", "Provider", name[p.Lang()])
	l.Say(p.T("signin.identity.mail."+what+".text", "Provider", name[p.Lang()], "When", p.DateTime(s.now())))
	l.Say(p.T("signin.identity.mail.not_you"))
	l.Link(s.set.BaseURL + "/account")
	return s.outbox.Send(ctx, tx, l)
}

// forgetPrograms takes what is kept here of a forgotten person away.
func (s *Signin) forgetPrograms(ctx context.Context, tx *db.Tx, account db.ID) error {
	if err := dropIdentities(ctx, tx, account); err != nil {
		return err
	}
	if err := revokeTokensBy(ctx, tx, account, s.now()); err != nil { // of organisations
		return err
	}
	return dropTokens(ctx, tx, account)
}

// exportPrograms is what is kept here of a person, for the person.
func (s *Signin) exportPrograms(ctx context.Context, tx *db.Tx, account db.ID) (any, error) {
	identities, err := identitiesOf(ctx, tx, account)
	if err != nil {
		return nil, err
	}
	tokens, err := Tokens(ctx, tx, account, db.ID{})
	return struct {
		Identities []Identity
		Tokens     []Token
	}{identities, tokens}, err
}
