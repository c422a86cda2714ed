package signin

import (
	"context"
	"errors"
	"time"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/seal"
)

// Session is one time that a person signed in, for the person's own list.
type Session struct {
	ID        db.ID
	Account   db.ID
	Method    string // how: "passkey", "password", "recovery", "oidc", "enrolment"
	Browser   string // in a few words
	CreatedAt time.Time
	FreshAt   time.Time // when a factor was last shown
	SeenAt    time.Time // to the minute
	EndsAt    time.Time // at the latest
}

// Begin starts a session in the caller's transaction and returns the token for the cookie, which is
// nowhere else. The caller has seen both factors.
func (s *Signin) Begin(ctx context.Context, tx *db.Tx, account db.ID, method, browser string) (token string, err error) {
	now := s.now()
	token = seal.Token()
	x := Session{ID: db.NewID(), Account: account, Method: method, Browser: browser, CreatedAt: now, FreshAt: now, SeenAt: now, EndsAt: now.Add(s.set.Longest)}
	if err := insertSession(ctx, tx, x, seal.Hash(token)); err != nil {
		return "", err
	}
	if err := noteSeen(ctx, tx, account, now); err != nil {
		return "", err
	}
	if err := dropLinks(ctx, tx, account); err != nil { // whoever can sign in needs none, and another must not have one
		return "", err
	}
	if err := dropEnrolments(ctx, tx, account); err != nil { // nor what was begun with one
		return "", err
	}
	return token, audit.Append(ctx, tx, audit.Event{At: now, Actor: "account:" + account.String(), Action: audit.SignIn, Object: "session " + x.ID.String(), Detail: "begun: " + method})
}

// Refresh notes that the person showed a factor, and gives the session a new token: the old one is
// worth nothing from the commit on.
func (s *Signin) Refresh(ctx context.Context, tx *db.Tx, session db.ID) (token string, err error) {
	token = seal.Token()
	return token, refreshSession(ctx, tx, session, seal.Hash(token), s.now())
}

// ByToken returns who has the token of a session that has not ended, nobody otherwise.
func (s *Signin) ByToken(ctx context.Context, token string) (a actor.Actor, err error) {
	if len(token) != 43 {
		return a, nil
	}
	now := s.now()
	var seen time.Time
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		a, seen, err = actorOfSession(ctx, tx, seal.Hash(token), now, now.Add(-s.set.Idle))
		return err
	})
	if errors.Is(err, db.ErrNoRows) {
		return actor.Actor{}, nil
	}
	if err != nil || now.Sub(seen) < time.Minute {
		return a, err
	}
	return a, s.db.Write(ctx, func(tx *db.Tx) error { return touchSession(ctx, tx, a.Session, now) })
}

// Sessions returns the sessions of an account that have not ended, the latest first.
func (s *Signin) Sessions(ctx context.Context, account db.ID) (list []Session, err error) {
	now := s.now()
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		list, err = sessionsOf(ctx, tx, account, now, now.Add(-s.set.Idle), 100)
		return err
	})
	return list, err
}

// EndSession ends one session of the account; another's is not found, which changes nothing.
func (s *Signin) EndSession(ctx context.Context, account, session db.ID) error {
	_, err := s.endOne(ctx, account, session)
	return err
}

func (s *Signin) endOne(ctx context.Context, account, session db.ID) (found bool, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := endSessions(ctx, tx, account, session, db.ID{})
		if err != nil || n == 0 {
			return err
		}
		found = true
		return audit.Append(ctx, tx, audit.Event{At: s.now(), Action: audit.SignIn, Object: "session " + session.String(), Detail: "ended"})
	})
	return found, err
}

// EndOthers ends all sessions of the account but one.
func (s *Signin) EndOthers(ctx context.Context, account, keep db.ID) error {
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.endAll(ctx, tx, account, keep) })
}

// EndSessions ends all sessions of an account in the caller's transaction: at once, everywhere.
func (s *Signin) EndSessions(ctx context.Context, tx *db.Tx, account db.ID) error {
	return s.endAll(ctx, tx, account, db.ID{})
}

func (s *Signin) endAll(ctx context.Context, tx *db.Tx, account, keep db.ID) error {
	n, err := endSessions(ctx, tx, account, db.ID{}, keep)
	if err != nil || n == 0 {
		return err
	}
	return audit.Append(ctx, tx, audit.Event{At: s.now(), Action: audit.SignIn, Object: "account " + account.String(), Detail: "sessions ended"})
}
