package signin

import (
	"context"
	"slices"
	"strconv"
	"time"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/seal"
)

// Factors are what an account can sign in with.
type Factors struct {
	Passkeys   []Passkey
	PasswordAt time.Time // when the password was set; zero: there is none
	AppAt      time.Time // when its app was
	Codes      int       // recovery codes left
	Linked     int       // providers of single sign-on
}

// Last tells whether there is one way in only, which cannot be taken away.
func (f Factors) Last() bool { return f.Ways()+f.Linked <= 1 }

// Ways is how many ways in of our own there are; recovery codes are none.
func (f Factors) Ways() int {
	n := len(f.Passkeys)
	if !f.PasswordAt.IsZero() {
		n++
	}
	return n
}

// Few tells whether it is time for new recovery codes.
func (f Factors) Few() bool { return f.Codes <= fewCodes && f.Ways() > 0 }

// Nudge tells whether the person had better add a second passkey.
func (f Factors) Nudge() bool { return len(f.Passkeys) == 1 && f.PasswordAt.IsZero() }

// FactorsOf returns the factors of the signed-in person.
func (s *Signin) FactorsOf(ctx context.Context) (f Factors, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		f, err = factorsOf(ctx, tx, actor.From(ctx).Account)
		return err
	})
	return f, err
}

// fresh returns the signed-in person of the context, who has shown a factor a moment ago. The routes
// ask the same; a verb does not trust them.
func (s *Signin) fresh(ctx context.Context) (actor.Actor, error) {
	who := actor.From(ctx)
	if who.Account.IsZero() || who.Session.IsZero() {
		return who, fault.Hidden()
	}
	if !who.Recent(s.now()) {
		return who, fault.New(fault.Denied, "signin.wrong.stale")
	}
	return who, nil
}

// AddPasskey asks for another passkey of the signed-in person.
func (s *Signin) AddPasskey(ctx context.Context) (options any, err error) {
	who, err := s.fresh(ctx)
	if err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		h, err := holderOf(ctx, tx, who.Account)
		if err != nil {
			return err
		}
		options, err = s.askPasskey(ctx, tx, sessionOwner(who.Session), who.Account, h)
		return err
	})
	return options, err
}

// AddedPasskey keeps the passkey that the browser made. codes tells that recovery codes came with it,
// as with every first way in of our own.
func (s *Signin) AddedPasskey(ctx context.Context, answer []byte, name string) (codes bool, err error) {
	who, err := s.fresh(ctx)
	if err != nil {
		return false, err
	}
	var h holder
	if err := s.db.Read(ctx, func(tx *db.Tx) error {
		h, err = holderOf(ctx, tx, who.Account)
		return err
	}); err != nil {
		return false, err
	}
	made, err := s.madePasskey(ctx, sessionOwner(who.Session), h, answer)
	if err != nil {
		return false, err
	}
	err = s.change(ctx, who, "passkey_added", "", func(tx *db.Tx, f Factors) error {
		if len(f.Passkeys) >= mostPasskeys {
			return fault.New(fault.Invalid, "signin.wrong.passkeys", "Most", mostPasskeys)
		}
		if codes, err = s.firstCodes(ctx, tx, who, f); err != nil {
			return err
		}
		return s.keepPasskey(ctx, tx, who.Account, apart(name, f.Passkeys), made)
	})
	return codes, err
}

// firstCodes gives a person who had a provider of single sign-on only the recovery codes that belong
// to a first way in of our own.
func (s *Signin) firstCodes(ctx context.Context, tx *db.Tx, who actor.Actor, f Factors) (bool, error) {
	if f.Ways() > 0 || f.Codes > 0 {
		return false, nil
	}
	list, err := newRecoveryCodes(ctx, tx, who.Account, s.now())
	if err != nil {
		return false, err
	}
	return true, s.hold(ctx, tx, sessionOwner(who.Session), showing, who.Account, saved{list, "/account/sign-in"}, "")
}

// apart is a name that no other passkey of the person has.
func apart(name string, list []Passkey) string {
	for n, try := 2, name; ; n++ {
		if !slices.ContainsFunc(list, func(p Passkey) bool { return p.Name == try }) {
			return try
		}
		try = name + " " + strconv.Itoa(n)
	}
}

// change changes the factors of a person in one transaction: locked, recorded and told.
func (s *Signin) change(ctx context.Context, who actor.Actor, told, recorded string, fn func(tx *db.Tx, f Factors) error) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := lockAccount(ctx, tx, who.Account); err != nil { // or two at once take the last two away
			return err
		}
		a, err := accountByID(ctx, tx, who.Account)
		if err != nil {
			return err
		}
		f, err := factorsOf(ctx, tx, who.Account)
		if err != nil {
			return err
		}
		if err := fn(tx, f); err != nil {
			return err
		}
		if recorded != "" {
			if err := audit.Append(ctx, tx, audit.Event{At: s.now(), Action: audit.Factor, Object: "account " + who.Account.String(), Detail: recorded}); err != nil {
				return err
			}
		}
		return s.tell(ctx, tx, a, told)
	})
}

// RenamePasskey gives a passkey of the signed-in person another name.
func (s *Signin) RenamePasskey(ctx context.Context, id, name string) error {
	name, err := passkeyName(name)
	if err != nil {
		return err
	}
	return s.passkey(ctx, id, func(tx *db.Tx, account, key db.ID) (int64, error) { return renamePasskey(ctx, tx, account, key, name) })
}

// passkey does something to one passkey of the signed-in person; of another it is not found.
func (s *Signin) passkey(ctx context.Context, id string, fn func(tx *db.Tx, account, key db.ID) (int64, error)) error {
	who, err := s.fresh(ctx)
	if err != nil {
		return err
	}
	key, err := db.ParseID(id)
	if err != nil {
		return fault.Hidden()
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := fn(tx, who.Account, key)
		if err == nil && n == 0 {
			return fault.Hidden()
		}
		return err
	})
}

func lastWay() error { return fault.New(fault.Invalid, "signin.wrong.last_way") }

// RemovePasskey takes a passkey of the signed-in person away, but never the last way in.
func (s *Signin) RemovePasskey(ctx context.Context, id string) error {
	who, err := s.fresh(ctx)
	if err != nil {
		return err
	}
	key, err := db.ParseID(id)
	if err != nil {
		return fault.Hidden()
	}
	return s.change(ctx, who, "passkey_removed", "passkey removed", func(tx *db.Tx, f Factors) error {
		n, err := dropPasskey(ctx, tx, who.Account, key)
		switch {
		case err != nil:
			return err
		case n == 0:
			return fault.Hidden()
		case f.Last():
			return lastWay() // and nothing was taken away
		}
		return nil
	})
}

// RemovePassword takes password and app away, but never the last way in.
func (s *Signin) RemovePassword(ctx context.Context) error {
	who, err := s.fresh(ctx)
	if err != nil {
		return err
	}
	return s.change(ctx, who, "password_removed", "password and app removed", func(tx *db.Tx, f Factors) error {
		if f.PasswordAt.IsZero() {
			return fault.Hidden()
		}
		if f.Last() {
			return lastWay()
		}
		_, err := dropPassword(ctx, tx, who.Account)
		return err
	})
}

// setting is a password and an app that are being set up; Password is "" when only the app is.
type setting struct {
	Password string
	Secret   []byte
}

// SetPassword chooses a password. With an app it counts from now on; without one, more tells that the
// app comes next.
func (s *Signin) SetPassword(ctx context.Context, password string) (more bool, err error) {
	who, err := s.fresh(ctx)
	if err != nil {
		return false, err
	}
	if password, err = PasswordOf(password, who.Name, who.Mail, s.set.Centre); err != nil {
		return false, err
	}
	hash, err := s.hashNew(ctx, who.Account.String(), password)
	if err != nil {
		return false, err
	}
	f, err := s.FactorsOf(ctx)
	if err != nil {
		return false, err
	}
	if f.AppAt.IsZero() {
		return true, s.db.Write(ctx, func(tx *db.Tx) error {
			return s.hold(ctx, tx, sessionOwner(who.Session), settingApp, who.Account, setting{hash, newSecret()}, "")
		})
	}
	return false, s.change(ctx, who, "password_set", "password changed", func(tx *db.Tx, _ Factors) error {
		return putPassword(ctx, tx, who.Account, hash, s.now())
	})
}

// NewApp begins to replace the app of a person who has a password.
func (s *Signin) NewApp(ctx context.Context) error {
	who, err := s.fresh(ctx)
	if err != nil {
		return err
	}
	f, err := s.FactorsOf(ctx)
	if err != nil {
		return err
	}
	if f.PasswordAt.IsZero() {
		return fault.Hidden()
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		return s.hold(ctx, tx, sessionOwner(who.Session), settingApp, who.Account, setting{"", newSecret()}, "")
	})
}

// app returns what the signed-in person is setting up.
func (s *Signin) settingOf(ctx context.Context) (x setting, err error) {
	who, err := s.fresh(ctx)
	if err != nil {
		return x, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		_, err = s.held(ctx, tx, sessionOwner(who.Session), settingApp, &x)
		return err
	})
	return x, err
}

// SetApp ends the setting up, once a code of the new app is right. codes
// is as for AddedPasskey.
func (s *Signin) SetApp(ctx context.Context, code string) (codes bool, err error) {
	who, err := s.fresh(ctx)
	if err != nil {
		return false, err
	}
	owner := sessionOwner(who.Session)
	var x setting
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err = s.held(ctx, tx, owner, settingApp, &x); err != nil {
			return err
		}
		_, err = s.tryCode(ctx, tx, owner, settingApp, "") // counts
		return err
	})
	if err != nil {
		return false, err
	}
	step, right := stepOf(x.Secret, seal.Digits(code), s.appClock())
	if !right {
		return false, fault.New(fault.Invalid, "signin.wrong.app_code")
	}
	err = s.change(ctx, who, "app_set", "", func(tx *db.Tx, f Factors) error {
		if n, err := dropCeremony(ctx, tx, owner, settingApp); err != nil || n != 1 {
			return over()
		}
		if codes, err = s.firstCodes(ctx, tx, who, f); err != nil {
			return err
		}
		if x.Password != "" {
			if err := putPassword(ctx, tx, who.Account, x.Password, s.now()); err != nil {
				return err
			}
		}
		return s.keepApp(ctx, tx, who.Account, x.Secret, step)
	})
	return codes, err
}

// NewCodes makes ten new recovery codes; the old ones are worth nothing from now on.
func (s *Signin) NewCodes(ctx context.Context) error {
	who, err := s.fresh(ctx)
	if err != nil {
		return err
	}
	return s.change(ctx, who, "codes_new", "recovery codes replaced", func(tx *db.Tx, _ Factors) error {
		list, err := newRecoveryCodes(ctx, tx, who.Account, s.now())
		if err != nil {
			return err
		}
		return s.hold(ctx, tx, sessionOwner(who.Session), showing, who.Account, saved{Codes: list}, "")
	})
}

// shownCodes returns the recovery codes that the person has not said to have saved.
func (s *Signin) shownCodes(ctx context.Context) (x saved, err error) {
	who, err := s.fresh(ctx) // the codes are worth as much as all factors together
	if err != nil {
		return x, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		_, err = s.held(ctx, tx, sessionOwner(who.Session), showing, &x)
		return err
	})
	return x, err
}

// SavedCodes ends the showing of recovery codes, and returns where the person was going.
func (s *Signin) SavedCodes(ctx context.Context) (to string, err error) {
	var x saved
	_, err = s.take(ctx, sessionOwner(actor.From(ctx).Session), showing, &x)
	return x.To, err
}
