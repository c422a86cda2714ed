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

// wayIn is what is kept between the password and the code of the app.
type wayIn struct{ To string }

// wrongPair is the one answer to a mail address and a secret that do not belong together, whichever
// of them is wrong, and to an account that may not sign in.
func wrongPair() error { return fault.New(fault.Invalid, "signin.wrong.pair") }

// EnterPassword checks a password, and returns the token of the ceremony in which the code of the
// app follows. It opens nothing by itself.
func (s *Signin) EnterPassword(ctx context.Context, network, address, password, to string) (way string, err error) {
	if err := s.admit(ctx, "password", network); err != nil {
		return "", err
	}
	address, err = MailAddress(address)
	if err != nil || len(password) > 4*longestPassword || password == "" {
		return "", wrongPair()
	}
	if err := s.strike(ctx, "password", address); err != nil {
		return "", err
	}
	a, hash := Account{}, ""
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		a, err = accountByMail(ctx, tx, address)
		if err != nil && !errors.Is(err, db.ErrNoRows) {
			return err
		}
		hash, err = passwordOf(ctx, tx, a.ID)
		return err
	})
	if err != nil {
		return "", err
	}
	right, stale, err := s.checkPassword(ctx, password, hash)
	if err != nil {
		return "", err
	}
	if !right || a.State != Active {
		return "", wrongPair()
	}
	fresh := ""
	if stale {
		if fresh, err = s.hashPassword(ctx, password); err != nil {
			return "", err
		}
	}
	way = seal.Token()
	return way, s.db.Write(ctx, func(tx *db.Tx) error {
		if fresh != "" {
			if err := putPassword(ctx, tx, a.ID, fresh, s.now()); err != nil {
				return err
			}
		}
		if err := s.settle(ctx, tx, "password", address); err != nil {
			return err
		}
		return s.hold(ctx, tx, browserOwner(way), halfway, a.ID, wayIn{to}, "")
	})
}

// EnterCode checks the code of the app after the password, and begins a session.
func (s *Signin) EnterCode(ctx context.Context, network, way, code, browser string) (session, to string, err error) {
	if err := s.admit(ctx, "code", network); err != nil {
		return "", "", err
	}
	owner := browserOwner(way)
	var in wayIn
	var account db.ID
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if account, err = s.held(ctx, tx, owner, halfway, &in); err != nil {
			return err
		}
		_, err = s.tryCode(ctx, tx, owner, halfway, "") // counts
		return err
	})
	if err != nil {
		return "", "", err
	}
	if err := s.strike(ctx, "code", account.String()); err != nil {
		return "", "", err
	}
	right := false
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		a, err := accountByID(ctx, tx, account)
		if err != nil {
			return err
		}
		if right, err = s.acceptCode(ctx, tx, account, seal.Digits(code)); err != nil {
			return err
		}
		if right = right && a.State == Active; !right {
			return errors.Join(s.refused(ctx, tx, account, "code of the app"), s.guessed(ctx, tx, a))
		}
		if n, err := dropCeremony(ctx, tx, owner, halfway); err != nil || n != 1 {
			return errors.Join(err, over())
		}
		if err := s.settle(ctx, tx, "code", account.String()); err != nil {
			return err
		}
		session, err = s.Begin(ctx, tx, account, "password", browser)
		return err
	})
	if err == nil && !right {
		err = fault.New(fault.Invalid, "signin.wrong.app_code")
	}
	return session, in.To, err
}

// refused records that somebody who had one factor failed at the other.
func (s *Signin) refused(ctx context.Context, tx *db.Tx, account db.ID, what string) error {
	return audit.Append(ctx, tx, audit.Event{At: s.now(), Actor: "somebody", Action: audit.SignIn, Object: "account " + account.String(), Detail: "refused: " + what})
}

// guessed tells the person, once a day, when somebody who has the password keeps failing at the code.
func (s *Signin) guessed(ctx context.Context, tx *db.Tx, a Account) error {
	today := s.now().Truncate(24 * time.Hour)
	n, err := countOne(ctx, tx, s.throttleKey("wrong codes of "+a.ID.String()+" on "+today.Format(time.DateOnly)), today.Add(24*time.Hour))
	if err != nil || n != mostTries || a.State != Active {
		return err
	}
	return s.tell(ctx, tx, a, "guessed")
}

// AskPasskey begins a sign-in by passkey in a browser, and returns the token of the ceremony and what
// goes to the browser. Nothing that went wrong with passwords stands in its way.
func (s *Signin) AskPasskey(ctx context.Context, network string) (way string, options any, err error) {
	if err := s.admit(ctx, "passkey", network); err != nil {
		return "", nil, err
	}
	way = seal.Token()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		options, err = s.challengePasskey(ctx, tx, browserOwner(way), db.ID{})
		return err
	})
	return way, options, err
}

// EnterPasskey checks the passkey and begins a session. A passkey that was unlocked by its person is
// both factors.
func (s *Signin) EnterPasskey(ctx context.Context, way string, answer []byte, browser string) (session string, err error) {
	if way == "" {
		return "", over()
	}
	a, shown, err := s.shownPasskey(ctx, browserOwner(way), answer)
	if err != nil {
		return "", err
	}
	copied := false
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if copied, err = s.notePasskey(ctx, tx, a, shown); err != nil || copied {
			return err
		}
		session, err = s.Begin(ctx, tx, a.ID, "passkey", browser)
		return err
	})
	if err == nil && copied {
		err = badPasskey(errors.New("the counter went back"))
	}
	return session, err
}

// EnterRecovery uses up a recovery code of an account and begins a session. It says how many are left.
func (s *Signin) EnterRecovery(ctx context.Context, network, address, code, browser string) (session string, left int, err error) {
	if err := s.admit(ctx, "recovery", network); err != nil {
		return "", 0, err
	}
	address, err = MailAddress(address)
	if err != nil || len(code) > 100 {
		return "", 0, wrongPair()
	}
	if err := s.strike(ctx, "recovery", address); err != nil {
		return "", 0, err
	}
	right := false
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		a, err := accountByMail(ctx, tx, address)
		if err != nil && !errors.Is(err, db.ErrNoRows) {
			return err
		}
		if a.State != Active {
			a.ID = db.ID{} // of nobody: the look-up is the same, and finds nothing
		}
		if right, left, err = useRecovery(ctx, tx, a.ID, code, s.now()); err != nil || !right {
			return err
		}
		if err := s.settle(ctx, tx, "recovery", address); err != nil {
			return err
		}
		if session, err = s.Begin(ctx, tx, a.ID, "recovery", browser); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, a, "recovery_used", "Left", left); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Event{At: s.now(), Actor: actor.Actor{Account: a.ID}.String(), Action: audit.Factor, Object: "account " + a.ID.String(), Detail: "recovery code used"})
	})
	if err == nil && !right {
		err = wrongPair()
	}
	return session, left, err
}

// AskConfirm asks the signed-in person for one of its passkeys.
func (s *Signin) AskConfirm(ctx context.Context) (options any, err error) {
	who := actor.From(ctx)
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		options, err = s.challengePasskey(ctx, tx, sessionOwner(who.Session), who.Account)
		return err
	})
	return options, err
}

// ConfirmPasskey makes the session fresh by a passkey of the person, and gives it a new token.
func (s *Signin) ConfirmPasskey(ctx context.Context, answer []byte) (session string, err error) {
	who := actor.From(ctx)
	a, shown, err := s.shownPasskey(ctx, sessionOwner(who.Session), answer)
	if err != nil {
		return "", err
	}
	copied := false
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if a.ID != who.Account {
			return badPasskey(errors.New("the passkey is of somebody else"))
		}
		if copied, err = s.notePasskey(ctx, tx, a, shown); err != nil || copied {
			return err
		}
		session, err = s.Refresh(ctx, tx, who.Session)
		return err
	})
	if err == nil && copied {
		err = badPasskey(errors.New("the counter went back"))
	}
	return session, err
}

// ConfirmCode makes the session fresh by a code of the person's app, and gives it a new token.
func (s *Signin) ConfirmCode(ctx context.Context, network, code string) (session string, err error) {
	who := actor.From(ctx)
	if err := s.admit(ctx, "code", network); err != nil {
		return "", err
	}
	if err := s.strike(ctx, "code", who.Account.String()); err != nil {
		return "", err
	}
	right := false
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if right, err = s.acceptCode(ctx, tx, who.Account, seal.Digits(code)); err != nil {
			return err
		}
		if !right {
			return s.refused(ctx, tx, who.Account, "code of the app, at confirming")
		}
		if err := s.settle(ctx, tx, "code", who.Account.String()); err != nil {
			return err
		}
		session, err = s.Refresh(ctx, tx, who.Session)
		return err
	})
	if err == nil && !right {
		err = fault.New(fault.Invalid, "signin.wrong.app_code")
	}
	return session, err
}
