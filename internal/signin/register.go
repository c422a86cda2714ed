package signin

import (
	"context"
	"errors"
	"strings"
	"time"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/seal"
)

// enrolment is a person without a way to sign in, on the way to the first one: somebody new who
// proves a mail address, or the holder of a link that works once.
type enrolment struct {
	Mail, Name, Language string
	To                   string
	Known                bool   // the address has an account already, so no code is right
	Proven               bool   // the code was right, or the link was
	Account              db.ID  // of a link; zero for somebody new
	Handle               []byte // of the account that is made
	Password             string // hash; "" until it was chosen
	Secret               []byte // of the app
}

func (e enrolment) holder() holder { return holder{handle: e.Handle, mail: e.Mail, name: e.Name} }

// Register begins an account: it mails a code to the address and returns the token of the ceremony
// for the browser's cookie. An address that has an account is mailed that, and the answer is the same.
// Of a browser that began before, by the token old, the earlier code is worth nothing any more.
func (s *Signin) Register(ctx context.Context, network, old, address, name, language, to string) (token string, err error) {
	if address, err = MailAddress(address); err != nil {
		return "", err
	}
	if name, err = PersonName(name); err != nil {
		return "", err
	}
	if err := s.admit(ctx, "register", network); err != nil {
		return "", err
	}
	token = seal.Token()
	return token, s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := dropCeremony(ctx, tx, browserOwner(old), enrolling); err != nil {
			return err
		}
		_, err := accountByMail(ctx, tx, address)
		known := err == nil
		if err != nil && !errors.Is(err, db.ErrNoRows) {
			return err
		}
		l := letter{name: "code", code: seal.Code(), until: s.now().Add(terms[enrolling])}
		e := enrolment{Mail: address, Name: name, Language: language, To: to, Known: known}
		if err := s.hold(ctx, tx, browserOwner(token), enrolling, db.ID{}, e, l.code); err != nil {
			return err
		}
		if known {
			l = letter{name: "known", path: "/sign-in", until: l.until}
		}
		return s.mailTo(ctx, tx, address, language, l)
	})
}

// mailTo is post to an address that somebody typed: so often in an hour, whoever asks.
func (s *Signin) mailTo(ctx context.Context, tx *db.Tx, address, language string, l letter) error {
	if err := s.within(ctx, tx, "letters to "+address, mostLetters, time.Hour); err != nil {
		return err
	}
	return s.post(ctx, tx, address, language, l)
}

// Prove tries the code that Register mailed. When it is right the ceremony goes on under a new token.
func (s *Signin) Prove(ctx context.Context, token, code string) (next string, err error) {
	owner := browserOwner(token)
	right := false
	next = seal.Token()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if right, err = s.tryCode(ctx, tx, owner, enrolling, seal.Digits(code)); err != nil {
			return err
		}
		var e enrolment
		if _, err := s.held(ctx, tx, owner, enrolling, &e); err != nil {
			return err
		}
		if right = right && !e.Known && !e.Proven; !right {
			return nil
		}
		if _, err := dropCeremony(ctx, tx, owner, enrolling); err != nil {
			return err
		}
		e.Proven, e.Handle = true, newHandle()
		return s.hold(ctx, tx, browserOwner(next), enrolling, db.ID{}, e, "")
	})
	if err == nil && !right {
		return "", fault.New(fault.Invalid, "signin.wrong.code")
	}
	return next, err
}

// enrolling returns the proven enrolment of a browser.
func (s *Signin) enrolmentOf(ctx context.Context, tx *db.Tx, token string) (e enrolment, err error) {
	if token == "" {
		return e, over()
	}
	if _, err = s.held(ctx, tx, browserOwner(token), enrolling, &e); err == nil && !e.Proven {
		err = over()
	}
	return e, err
}

// Enrolment returns the proven enrolment of a browser, for its pages.
func (s *Signin) enrolment(ctx context.Context, token string) (e enrolment, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		e, err = s.enrolmentOf(ctx, tx, token)
		return err
	})
	return e, err
}

// asked returns the address that a browser gave to be mailed a code; "" when it gave none. It says so to that browser
// alone, of an address that has an account too.
func (s *Signin) asked(ctx context.Context, token string) (address string) {
	if token == "" {
		return ""
	}
	var e enrolment
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		_, err := s.held(ctx, tx, browserOwner(token), enrolling, &e)
		return err
	})
	if err != nil {
		return "" // the page does without, and says what is wrong when the code comes
	}
	return e.Mail
}

// EnrolPasskey asks for the first passkey; what it returns goes to the browser.
func (s *Signin) EnrolPasskey(ctx context.Context, token string) (options any, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		e, err := s.enrolmentOf(ctx, tx, token)
		if err != nil {
			return err
		}
		options, err = s.askPasskey(ctx, tx, browserOwner(token), e.Account, e.holder())
		return err
	})
	return options, err
}

// EnrolledPasskey makes the account with its first passkey, and begins a session.
func (s *Signin) EnrolledPasskey(ctx context.Context, token string, answer []byte, browser, name string) (session string, err error) {
	e, err := s.enrolment(ctx, token)
	if err != nil {
		return "", err
	}
	made, err := s.madePasskey(ctx, browserOwner(token), e.holder(), answer)
	if err != nil {
		return "", err
	}
	return s.enrol(ctx, token, browser, func(tx *db.Tx, account db.ID) error { return s.keepPasskey(ctx, tx, account, name, made) })
}

// EnrolPassword chooses the password; the app for codes comes next.
func (s *Signin) EnrolPassword(ctx context.Context, token, password string) error {
	e, err := s.enrolment(ctx, token)
	if err != nil {
		return err
	}
	if password, err = PasswordOf(password, e.Name, e.Mail, s.set.Centre); err != nil {
		return err
	}
	hash, err := s.hashNew(ctx, "enrolment "+token, password)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if e, err = s.enrolmentOf(ctx, tx, token); err != nil {
			return err
		}
		e.Password, e.Secret = hash, newSecret()
		return s.hold(ctx, tx, browserOwner(token), enrolling, e.Account, e, "")
	})
}

// EnrolledApp makes the account with password and app, once a code of the app is right, and begins a
// session.
func (s *Signin) EnrolledApp(ctx context.Context, token, code, browser string) (session string, err error) {
	var e enrolment
	err = s.db.Write(ctx, func(tx *db.Tx) error { // counted, whatever comes of it
		if e, err = s.enrolmentOf(ctx, tx, token); err != nil {
			return err
		}
		_, err = s.tryCode(ctx, tx, browserOwner(token), enrolling, "")
		return err
	})
	if err != nil {
		return "", err
	}
	step, right := stepOf(e.Secret, seal.Digits(code), s.appClock())
	if e.Password == "" || !right {
		return "", fault.New(fault.Invalid, "signin.wrong.app_code")
	}
	return s.enrol(ctx, token, browser, func(tx *db.Tx, account db.ID) error {
		if err := putPassword(ctx, tx, account, e.Password, s.now()); err != nil {
			return err
		}
		return s.keepApp(ctx, tx, account, e.Secret, step)
	})
}

func (s *Signin) keepApp(ctx context.Context, tx *db.Tx, account db.ID, secret []byte, step int64) error {
	if err := putTOTP(ctx, tx, account, s.box("totp").Seal(secret, account[:]), step, s.now()); err != nil {
		return err
	}
	return audit.Append(ctx, tx, audit.Event{At: s.now(), Action: audit.Factor, Object: "account " + account.String(), Detail: "password and app set"})
}

// enrol ends the ceremony: the account is there, with its first factor, recovery codes and a session.
// Who came by a link has lost all that was there before.
func (s *Signin) enrol(ctx context.Context, token, browser string, factor func(tx *db.Tx, account db.ID) error) (session string, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		e, err := s.enrolmentOf(ctx, tx, token)
		if err != nil {
			return err
		}
		if n, err := dropCeremony(ctx, tx, browserOwner(token), enrolling); err != nil || n != 1 {
			return errors.Join(err, over())
		}
		a, err := s.accountFor(ctx, tx, e)
		if err != nil {
			return err
		}
		ctx := audit.WithActor(ctx, actor.Actor{Account: a.ID}.String())
		if err := factor(tx, a.ID); err != nil {
			return err
		}
		if session, err = s.Begin(ctx, tx, a.ID, "enrolment", browser); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, a, "enrolled"); err != nil {
			return err
		}
		return s.freshCodes(ctx, tx, a.ID, session, e.To)
	})
	return session, err
}

func (s *Signin) accountFor(ctx context.Context, tx *db.Tx, e enrolment) (a Account, err error) {
	if e.Account.IsZero() {
		if _, err := accountByMail(ctx, tx, e.Mail); err == nil {
			return a, over() // made meanwhile, in another browser
		}
		a = Account{ID: db.NewID(), Mail: e.Mail, Name: e.Name, Language: e.Language, State: Active, Handle: e.Handle, CreatedAt: s.now()}
		if err := insertAccount(ctx, tx, a); err != nil {
			return a, err
		}
		return a, audit.Append(ctx, tx, audit.Event{At: s.now(), Action: audit.Change, Object: "account " + a.ID.String(), Detail: "registered"})
	}
	if a, err = accountByID(ctx, tx, e.Account); err != nil {
		return a, err
	}
	if a.State != Active {
		return a, over()
	}
	return a, s.dropAllFactors(ctx, tx, a.ID)
}

// dropAllFactors takes away everything that opens the account.
func (s *Signin) dropAllFactors(ctx context.Context, tx *db.Tx, account db.ID) error {
	if err := dropFactors(ctx, tx, account); err != nil {
		return err
	}
	if err := s.forgetPrograms(ctx, tx, account); err != nil { // who linked a provider or made a token may be who took the account
		return err
	}
	if err := dropCeremoniesOf(ctx, tx, account); err != nil {
		return err
	}
	if err := dropLinks(ctx, tx, account); err != nil {
		return err
	}
	if err := s.EndSessions(ctx, tx, account); err != nil {
		return err
	}
	return audit.Append(ctx, tx, audit.Event{At: s.now(), Action: audit.Factor, Object: "account " + account.String(), Detail: "all taken away"})
}

// saved is what a person has on the screen after recovery codes were made.
type saved struct {
	Codes []string
	To    string
}

// All is the codes as they are copied, one on each line.
func (s saved) All() string { return strings.Join(s.Codes, "\n") }

// freshCodes makes new recovery codes and holds them for the page that shows them, in the caller's
// transaction. session is the token of the person's session.
func (s *Signin) freshCodes(ctx context.Context, tx *db.Tx, account db.ID, session, to string) error {
	list, err := newRecoveryCodes(ctx, tx, account, s.now())
	if err != nil {
		return err
	}
	who, _, err := actorOfSession(ctx, tx, seal.Hash(session), s.now(), s.now().Add(-s.set.Idle))
	if err != nil {
		return err
	}
	return s.hold(ctx, tx, sessionOwner(who.Session), showing, account, saved{list, to}, "")
}
