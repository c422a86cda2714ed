package signin

import (
	"context"
	"errors"
	"time"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/seal"
)

// linkValid is how long a link for a first way to sign in works.
const linkValid = 24 * time.Hour

// newLink makes a link that works once, in the caller's transaction, and returns its path.
func (s *Signin) newLink(ctx context.Context, tx *db.Tx, account db.ID, purpose string) (path string, err error) {
	token := seal.Token()
	if err := dropLinks(ctx, tx, account); err != nil {
		return "", err
	}
	if err := insertLink(ctx, tx, seal.Hash(token), account, purpose, s.now(), s.now().Add(linkValid)); err != nil {
		return "", err
	}
	return "/enrol/" + token, audit.Append(ctx, tx, audit.Event{At: s.now(), Action: audit.Factor, Object: "account " + account.String(), Detail: "enrolment link made: " + purpose})
}

// LinkOf returns whose link a token is; a NotFound fault when it is of nobody.
func (s *Signin) LinkOf(ctx context.Context, network, token string) (a Account, err error) {
	if err := s.admit(ctx, "link", network); err != nil {
		return a, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		a, err = s.linkOf(ctx, tx, token)
		return err
	})
	return a, err
}

func (s *Signin) linkOf(ctx context.Context, tx *db.Tx, token string) (a Account, err error) {
	account, err := linkOf(ctx, tx, seal.Hash(token), s.now())
	if errors.Is(err, db.ErrNoRows) {
		return a, fault.New(fault.NotFound, "signin.wrong.link")
	}
	if err != nil {
		return a, err
	}
	if a, err = accountByID(ctx, tx, account); err == nil && a.State != Active {
		err = fault.New(fault.NotFound, "signin.wrong.link")
	}
	return a, err
}

// UseLink uses up a link and begins the enrolment of its person in this browser.
func (s *Signin) UseLink(ctx context.Context, network, token string) (way string, err error) {
	if err := s.admit(ctx, "link", network); err != nil {
		return "", err
	}
	way = seal.Token()
	return way, s.db.Write(ctx, func(tx *db.Tx) error {
		a, err := s.linkOf(ctx, tx, token)
		if err != nil {
			return err
		}
		if n, err := dropLink(ctx, tx, seal.Hash(token)); err != nil || n != 1 {
			return errors.Join(err, fault.New(fault.NotFound, "signin.wrong.link"))
		}
		e := enrolment{Mail: a.Mail, Name: a.Name, Language: a.Language, Proven: true, Account: a.ID, Handle: a.Handle}
		if err := s.hold(ctx, tx, browserOwner(way), enrolling, a.ID, e, ""); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Event{At: s.now(), Actor: actor.Actor{Account: a.ID}.String(), Action: audit.Factor, Object: "account " + a.ID.String(), Detail: "enrolment link used"})
	})
}
