package signin

import (
	"context"
	"errors"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
)

// Person is an account as administrators see it: who may sign in, and what for; no content.
type Person struct {
	Account
	Ways int // ways to sign in that the account has
}

// PeoplePage is how many accounts a page of the list has.
const PeoplePage = 50

// PeopleBy returns the accounts whose name or address holds the text, by address, from the one given
// on, and how many there are. Only an administrator may ask.
func (s *Signin) PeopleBy(ctx context.Context, text string, from int) (list []Person, total int, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if _, err := s.staff(ctx, tx, actor.Administrator); err != nil {
			return err
		}
		list, total, err = peopleBy(ctx, tx, text, from, PeoplePage)
		return err
	})
	return list, total, err
}

// PersonBy returns one account. Only an administrator may ask.
func (s *Signin) PersonBy(ctx context.Context, id string) (p Person, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if _, err := s.staff(ctx, tx, actor.Administrator); err != nil {
			return err
		}
		p, err = s.person(ctx, tx, id)
		return err
	})
	return p, err
}

func (s *Signin) person(ctx context.Context, tx *db.Tx, id string) (p Person, err error) {
	key, err := db.ParseID(id)
	if err != nil {
		return p, fault.Hidden()
	}
	p.Account, err = accountByID(ctx, tx, key)
	if errors.Is(err, db.ErrNoRows) || err == nil && p.State == Forgotten {
		return p, fault.Hidden()
	}
	if err != nil {
		return p, err
	}
	f, err := factorsOf(ctx, tx, key)
	p.Ways = f.Ways() + f.Linked
	return p, err
}

// SetStaff gives an account exactly these roles at the centre, and ends all its sessions. It is for
// the operator's command line; on the pages an administrator uses Appoint.
func (s *Signin) SetStaff(ctx context.Context, account db.ID, roles actor.Roles) error {
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.setStaff(ctx, tx, account, roles) })
}

func (s *Signin) setStaff(ctx context.Context, tx *db.Tx, account db.ID, roles actor.Roles) error {
	n, err := setStaff(ctx, tx, account, roles)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.Hidden()
	}
	if err := s.EndSessions(ctx, tx, account); err != nil {
		return err
	}
	return audit.Append(ctx, tx, audit.Event{At: s.now(), Action: audit.Grant, Object: "account " + account.String(), Detail: "staff: " + roles.String()})
}

// administer does something to one account, by an administrator with a fresh factor, and not to the
// administrator's own account: so there is always one left, and nobody locks itself out.
func (s *Signin) administer(ctx context.Context, id string, fn func(tx *db.Tx, p Person) error) error {
	if _, err := s.fresh(ctx); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		who, err := s.staff(ctx, tx, actor.Administrator)
		if err != nil {
			return err
		}
		p, err := s.person(ctx, tx, id)
		if err != nil {
			return err
		}
		if p.ID == who.ID {
			return fault.New(fault.Invalid, "signin.wrong.yourself")
		}
		return fn(tx, p)
	})
}

// Appoint gives an account exactly these roles, and ends its sessions.
func (s *Signin) Appoint(ctx context.Context, id string, roles actor.Roles) error {
	return s.administer(ctx, id, func(tx *db.Tx, p Person) error {
		if p.Staff == roles {
			return nil
		}
		if err := s.setStaff(ctx, tx, p.ID, roles); err != nil {
			return err
		}
		return s.tell(ctx, tx, p.Account, "roles")
	})
}

// Disable ends all sessions of an account, and lets nobody in by it until Enable.
func (s *Signin) Disable(ctx context.Context, id string) error {
	return s.administer(ctx, id, func(tx *db.Tx, p Person) error {
		if err := s.setState(ctx, tx, p.ID, Active, Disabled); err != nil {
			return err
		}
		if err := dropCeremoniesOf(ctx, tx, p.ID); err != nil {
			return err
		}
		if err := revokeTokensBy(ctx, tx, p.ID, s.now()); err != nil { // of organisations; its own do not work while it is closed
			return err
		}
		if err := s.EndSessions(ctx, tx, p.ID); err != nil {
			return err
		}
		return s.post(ctx, tx, p.Mail, p.Language, letter{name: "disabled"})
	})
}

// Enable lets a disabled account sign in again.
func (s *Signin) Enable(ctx context.Context, id string) error {
	return s.administer(ctx, id, func(tx *db.Tx, p Person) error {
		if err := s.setState(ctx, tx, p.ID, Disabled, Active); err != nil {
			return err
		}
		return s.post(ctx, tx, p.Mail, p.Language, letter{name: "enabled", path: "/sign-in"})
	})
}

func (s *Signin) setState(ctx context.Context, tx *db.Tx, account db.ID, from, to State) error {
	n, err := setState(ctx, tx, account, from, to)
	if err != nil {
		return err
	}
	if n == 0 {
		return gone()
	}
	return audit.Append(ctx, tx, audit.Event{At: s.now(), Action: audit.Grant, Object: "account " + account.String(), Detail: string(to)})
}

// EndSessionsOf ends all sessions of an account.
func (s *Signin) EndSessionsOf(ctx context.Context, id string) error {
	return s.administer(ctx, id, func(tx *db.Tx, p Person) error { return s.EndSessions(ctx, tx, p.ID) })
}

// Added is what AddPerson did.
type Added struct {
	Account Account
	Link    string // where the person sets the first way to sign in; "" when there is one
	New     bool
}

// AddPerson makes an account with roles at the centre, or adds the roles to the one of the address.
// It is for the operator's command line alone: whoever has the link becomes that person.
func (s *Signin) AddPerson(ctx context.Context, address, name, language string, roles actor.Roles) (added Added, err error) {
	typed := address
	if address, err = MailAddress(typed); err != nil {
		return added, fault.Invalidf("%q is not an address that mail can be sent to", typed)
	}
	if name, err = PersonName(name); err != nil {
		return added, fault.Invalidf("the name is empty, or longer than 100 characters")
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		a, err := accountByMail(ctx, tx, address)
		switch {
		case errors.Is(err, db.ErrNoRows):
			if a, err = s.add(ctx, tx, address, name, language, 0); err != nil {
				return err
			}
			added.New = true
		case err != nil:
			return err
		case a.State != Active:
			return fault.Invalidf("the account of %s is %s; enable it first", address, a.State)
		}
		if more := a.Staff | roles; more != a.Staff {
			if err := s.setStaff(ctx, tx, a.ID, more); err != nil {
				return err
			}
			a.Staff = more
		}
		f, err := factorsOf(ctx, tx, a.ID)
		if err != nil {
			return err
		}
		added.Account = a
		if f.Ways()+f.Linked > 0 {
			return nil
		}
		path, err := s.newLink(ctx, tx, a.ID, "invited")
		added.Link = s.set.BaseURL + path
		return err
	})
	return added, err
}

// EachPerson calls fn with every account, by address. It is for the operator's command line alone.
func (s *Signin) EachPerson(ctx context.Context, fn func(p Person) error) error {
	return s.db.Read(ctx, func(tx *db.Tx) error {
		for from := 0; ; from += PeoplePage {
			list, total, err := peopleBy(ctx, tx, "", from, PeoplePage)
			if err != nil {
				return err
			}
			for _, p := range list {
				if err := fn(p); err != nil {
					return err
				}
			}
			if from+PeoplePage >= total {
				return nil
			}
		}
	})
}
