package signin

import (
	"context"
	"errors"
	"slices"
	"time"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/i18n"
	"polder/internal/seal"
)

// Describe sets how the signed-in person is called, and in which language we write.
func (s *Signin) Describe(ctx context.Context, name, language string) error {
	name, err := PersonName(name)
	if err != nil {
		return err
	}
	if !slices.Contains(i18n.Languages, language) {
		return fault.New(fault.Invalid, "signin.wrong.language")
	}
	who := actor.From(ctx)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := describeAccount(ctx, tx, who.Account, name, language); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Event{At: s.now(), Action: audit.Change, Object: "account " + who.Account.String(), Detail: "name and language"})
	})
}

// move is a new mail address that is being proven.
type move struct {
	Mail  string
	Known bool // somebody has it already, so no code is right
}

// AskMove mails a code to a new address of the signed-in person. An address that somebody has gets a
// mail that says so, and the answer is the same.
func (s *Signin) AskMove(ctx context.Context, network, address string) error {
	who, err := s.fresh(ctx)
	if err != nil {
		return err
	}
	if address, err = MailAddress(address); err != nil {
		return err
	}
	if address == who.Mail {
		return fault.New(fault.Invalid, "signin.wrong.same_mail")
	}
	if err := s.admit(ctx, "register", network); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := accountByMail(ctx, tx, address)
		known := err == nil
		if err != nil && !errors.Is(err, db.ErrNoRows) {
			return err
		}
		l := letter{name: "move", code: seal.Code(), until: s.now().Add(terms[moving])}
		if err := s.hold(ctx, tx, sessionOwner(who.Session), moving, who.Account, move{address, known}, l.code); err != nil {
			return err
		}
		if known {
			l = letter{name: "known", path: "/sign-in", until: l.until}
		}
		return s.mailTo(ctx, tx, address, who.Language, l)
	})
}

// moveOf returns the address that the signed-in person is proving.
func (s *Signin) moveOf(ctx context.Context) (m move, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		_, err = s.held(ctx, tx, sessionOwner(actor.From(ctx).Session), moving, &m)
		return err
	})
	return m, err
}

// Move tries the code, and gives the person the new address. The old address is told.
func (s *Signin) Move(ctx context.Context, code string) error {
	who, err := s.fresh(ctx)
	if err != nil {
		return err
	}
	owner := sessionOwner(who.Session)
	right := false
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if right, err = s.tryCode(ctx, tx, owner, moving, seal.Digits(code)); err != nil || !right {
			return err
		}
		var m move
		if _, err := s.held(ctx, tx, owner, moving, &m); err != nil {
			return err
		}
		if _, err := accountByMail(ctx, tx, m.Mail); err == nil || m.Known {
			right = false // taken meanwhile
			return nil
		}
		if _, err := dropCeremony(ctx, tx, owner, moving); err != nil {
			return err
		}
		a, err := accountByID(ctx, tx, who.Account)
		if err != nil {
			return err
		}
		if err := moveAccount(ctx, tx, a.ID, m.Mail); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, a, "moved_away"); err != nil {
			return err
		}
		a.Mail = m.Mail
		if err := s.tell(ctx, tx, a, "moved_here"); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Event{At: s.now(), Action: audit.Factor, Object: "account " + a.ID.String(), Detail: "mail address changed"})
	})
	if err == nil && !right {
		err = fault.New(fault.Invalid, "signin.wrong.code")
	}
	return err
}

// Exported is all that is kept of a person.
type Exported struct {
	At       time.Time         `json:"exported_at"`
	Account  exportedAccount   `json:"account"`
	Passkeys []exportedPasskey `json:"passkeys"`
	Password *time.Time        `json:"password_set_at"`
	App      *time.Time        `json:"app_set_at"`
	Codes    int               `json:"recovery_codes_left"`
	Sessions []exportedSession `json:"sessions"`
	Lost     []exportedLost    `json:"requests_for_new_access"`
	Others   map[string]any    `json:"elsewhere"`
}

type exportedAccount struct {
	ID        db.ID      `json:"id"`
	Mail      string     `json:"mail"`
	Name      string     `json:"name"`
	Language  string     `json:"language"`
	Roles     []string   `json:"roles_at_the_centre"`
	CreatedAt time.Time  `json:"registered_at"`
	SeenAt    *time.Time `json:"last_signed_in_at"`
}

type exportedPasskey struct {
	Name      string     `json:"name"`
	CreatedAt time.Time  `json:"added_at"`
	UsedAt    *time.Time `json:"last_used_at"`
}

type exportedSession struct {
	Method    string    `json:"by"`
	Browser   string    `json:"browser"`
	CreatedAt time.Time `json:"signed_in_at"`
	SeenAt    time.Time `json:"last_used_at"`
}

type exportedLost struct {
	State     string    `json:"state"`
	Statement string    `json:"statement"`
	AskedAt   time.Time `json:"asked_at"`
}

// Export returns all that is kept of the signed-in person, here and by those who joined by OnExport.
// Secrets are not in it: whoever has the file must not be able to sign in.
func (s *Signin) Export(ctx context.Context) (x Exported, err error) {
	who, err := s.fresh(ctx)
	if err != nil {
		return x, err
	}
	sessions, err := s.Sessions(ctx, who.Account)
	if err != nil {
		return x, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		a, err := accountByID(ctx, tx, who.Account)
		if err != nil {
			return err
		}
		f, err := factorsOf(ctx, tx, a.ID)
		if err != nil {
			return err
		}
		x = Exported{At: s.now(), Password: some(f.PasswordAt), App: some(f.AppAt), Codes: f.Codes, Others: map[string]any{},
			Account: exportedAccount{a.ID, a.Mail, a.Name, a.Language, a.Staff.Names(), a.CreatedAt, some(a.SeenAt)}}
		for _, p := range f.Passkeys {
			x.Passkeys = append(x.Passkeys, exportedPasskey{p.Name, p.CreatedAt, some(p.UsedAt)})
		}
		for _, y := range sessions {
			x.Sessions = append(x.Sessions, exportedSession{y.Method, y.Browser, y.CreatedAt, y.SeenAt})
		}
		lost, err := lostOf(ctx, tx, a.ID)
		if err != nil {
			return err
		}
		for _, l := range lost {
			x.Lost = append(x.Lost, exportedLost{string(l.State), l.Statement, l.AskedAt})
		}
		for _, e := range s.onExport {
			if x.Others[e.name], err = e.fn(ctx, tx, a.ID); err != nil {
				return err
			}
		}
		return audit.Append(ctx, tx, audit.Event{At: s.now(), Action: audit.Export, Object: "account " + a.ID.String(), Detail: "own data"})
	})
	return x, err
}

func some(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Forget takes the signed-in person out of everything: what is left is an id, for what refers to it.
// A last administrator is kept, and whoever is refused by one who joined by OnForget.
func (s *Signin) Forget(ctx context.Context) error {
	who, err := s.fresh(ctx)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := lockAccount(ctx, tx, who.Account); err != nil {
			return err
		}
		a, err := accountByID(ctx, tx, who.Account)
		if err != nil {
			return err
		}
		if a.Staff.Any(actor.Administrator) {
			n, err := otherAdministrators(ctx, tx, a.ID)
			if err != nil {
				return err
			}
			if n == 0 {
				return fault.New(fault.Conflict, "signin.wrong.last_administrator")
			}
		}
		for _, fn := range s.onForget {
			if err := fn(ctx, tx, a.ID); err != nil {
				return err
			}
		}
		if err := s.post(ctx, tx, a.Mail, a.Language, letter{name: "forgotten"}); err != nil {
			return err
		}
		if err := s.dropAllFactors(ctx, tx, a.ID); err != nil {
			return err
		}
		if err := dropLost(ctx, tx, a.ID); err != nil {
			return err
		}
		if err := forgetAccount(ctx, tx, a.ID, newHandle()); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Event{At: s.now(), Action: audit.Delete, Object: "account " + a.ID.String(), Detail: "forgotten, by its own wish"})
	})
}
