package directory

import (
	"context"
	"crypto/hmac"
	"errors"
	"slices"
	"strings"
	"time"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/mail"
	"polder/internal/seal"
)

// Purposes are what a contact may be for. Another purpose adds a word here and its messages
// directory.purpose.WORD.
var Purposes = []string{"warnings"}

// Contact is a mailbox of an organisation. It may be shared, and is no account. Until it is verified
// nothing goes there but its code.
type Contact struct {
	ID, Organisation db.ID
	Purpose, Email   string
	Main             bool // mail of its purpose goes here
	CreatedAt        time.Time
	VerifiedAt       time.Time // zero: not verified
	ByOperator       bool      // the operator vouched for it
	CodeUntil        time.Time // when the code that was mailed last ends; zero: none
	Tries            int       // left for that code
}

const (
	mostContacts = 10
	codeValid    = 10 * time.Minute
	codeTries    = 5
	mostCodes    = 20 // mailed for one organisation in a day
)

// Contacts returns the contacts of the organisation.
func (d *Directory) Contacts(ctx context.Context, organisation db.ID) (list []Contact, err error) {
	err = d.db.Read(ctx, func(tx *db.Tx) error {
		if _, err := May(ctx, tx, organisation, actor.Inside, false, d.now()); err != nil {
			return err
		}
		list, err = contactsOf(ctx, tx, organisation)
		return err
	})
	return list, err
}

// AddContact adds a mailbox and mails it a code.
func (d *Directory) AddContact(ctx context.Context, organisation db.ID, purpose, email string) error {
	address, err := mail.Bare(strings.TrimSpace(email))
	if err != nil {
		return wrong("email", "directory.wrong.mail")
	}
	if !slices.Contains(Purposes, purpose) {
		return wrong("purpose", "directory.wrong.choice")
	}
	return d.as(ctx, organisation, actor.Keepers, func(tx *db.Tx, o Organisation) error {
		list, err := contactsOf(ctx, tx, o.ID)
		if err != nil {
			return err
		}
		if len(list) >= mostContacts {
			return fault.New(fault.TooMany, "directory.limit.contacts")
		}
		if slices.ContainsFunc(list, func(c Contact) bool { return c.Purpose == purpose && strings.EqualFold(c.Email, address) }) {
			return wrong("email", "directory.wrong.contact_twice")
		}
		c := Contact{ID: db.NewID(), Organisation: o.ID, Purpose: purpose, Email: address, CreatedAt: d.now()}
		if err := insertContact(ctx, tx, c, actor.From(ctx).Account); err != nil {
			return err
		}
		if err := d.record(ctx, tx, audit.Change, o.ID, "contact %s added for %s", c.ID, purpose); err != nil {
			return err
		}
		return d.sendCode(ctx, tx, o, c)
	})
}

// SendCode mails another code; the one before is worth nothing from then on.
func (d *Directory) SendCode(ctx context.Context, organisation, contact db.ID) error {
	return d.withContact(ctx, organisation, contact, func(tx *db.Tx, o Organisation, c Contact, _ []Contact) error {
		if !c.VerifiedAt.IsZero() {
			return nil
		}
		return d.sendCode(ctx, tx, o, c)
	})
}

func (d *Directory) sendCode(ctx context.Context, tx *db.Tx, o Organisation, c Contact) error {
	now := d.now()
	n, err := tally(ctx, tx, o.ID, "code", now)
	if err != nil {
		return err
	}
	if n > mostCodes {
		return fault.New(fault.TooMany, "directory.limit.today")
	}
	if err := d.unasked(ctx, tx, o, c.Email); err != nil {
		return err
	}
	code := seal.Code()
	until := now.Add(codeValid)
	if err := setCode(ctx, tx, c.ID, d.codeHash(c.ID, code), until, codeTries); err != nil {
		return err
	}
	return d.write(ctx, tx, letter{to: c.Email, lang: o.Language, about: o, name: "code", until: until,
		values: []any{"Code", code[:3] + " " + code[3:], "Minutes", int(codeValid / time.Minute)}})
}

// codeHash is what is kept of a code: keyed, as all codes could be tried on a plain hash.
func (d *Directory) codeHash(contact db.ID, code string) []byte {
	return seal.Keyed(d.house.Settings.Key, "directory contact code", contact[:], []byte(code))
}

// Verify takes the code that was mailed to a contact. The first verified contact of its purpose
// becomes the main one; those that were verified before are told.
func (d *Directory) Verify(ctx context.Context, organisation, contact db.ID, code string) error {
	code = seal.Digits(code)
	now := d.now()
	var bad error
	err := d.withContact(ctx, organisation, contact, func(tx *db.Tx, o Organisation, c Contact, all []Contact) error {
		if !c.VerifiedAt.IsZero() {
			return nil
		}
		// The try counts whatever comes of it.
		hash, err := takeTry(ctx, tx, c.ID, now)
		if errors.Is(err, db.ErrNoRows) {
			bad = wrong("code-"+c.ID.String(), "directory.wrong.code_over")
			return nil
		}
		if err != nil {
			return err
		}
		if len(code) != 6 || !hmac.Equal(hash, d.codeHash(c.ID, code)) {
			bad = wrong("code-"+c.ID.String(), "directory.wrong.code")
			return nil
		}
		first := !slices.ContainsFunc(all, func(x Contact) bool { return x.Purpose == c.Purpose && x.Main })
		if err := verifyContact(ctx, tx, c.ID, actor.From(ctx).Account, first, now); err != nil {
			return err
		}
		if err := d.record(ctx, tx, audit.Change, o.ID, "contact %s verified, main: %v", c.ID, first); err != nil {
			return err
		}
		return d.notice(ctx, tx, o, all, c.ID, "contact_added", c.Email)
	})
	if err == nil {
		err = bad
	}
	return err
}

// notice tells the verified contacts, but for one, what changed beside them.
func (d *Directory) notice(ctx context.Context, tx *db.Tx, o Organisation, all []Contact, but db.ID, name, email string) error {
	for _, c := range all {
		if c.ID == but || c.VerifiedAt.IsZero() {
			continue
		}
		if err := d.write(ctx, tx, letter{to: c.Email, lang: o.Language, about: o, name: name, values: []any{"Address", email}}); err != nil {
			return err
		}
	}
	return nil
}

// MakeMain lets the mail of its purpose go to this verified contact from now on; the one that it
// went to is told.
func (d *Directory) MakeMain(ctx context.Context, organisation, contact db.ID) error {
	return d.withContact(ctx, organisation, contact, func(tx *db.Tx, o Organisation, c Contact, all []Contact) error {
		if c.Main {
			return nil
		}
		if c.VerifiedAt.IsZero() {
			return fault.New(fault.Conflict, "directory.contacts.unverified")
		}
		if err := setMain(ctx, tx, o.ID, c.Purpose, c.ID); err != nil {
			return err
		}
		if err := d.record(ctx, tx, audit.Change, o.ID, "contact %s is the main one for %s", c.ID, c.Purpose); err != nil {
			return err
		}
		return d.notice(ctx, tx, o, all, c.ID, "contact_main", c.Email)
	})
}

// LastContact tells whether no verified contact would be left for the purpose of this one.
func LastContact(all []Contact, c Contact) bool {
	return !c.VerifiedAt.IsZero() && !slices.ContainsFunc(all, func(x Contact) bool {
		return x.ID != c.ID && x.Purpose == c.Purpose && !x.VerifiedAt.IsZero()
	})
}

// RemoveContact takes a contact away; it and the others are told when it was verified. The last
// verified one of its purpose goes only when the person says that no mail need come any more. When
// it was the main one, the verified one that is there longest takes its place.
func (d *Directory) RemoveContact(ctx context.Context, organisation, contact db.ID, last bool) error {
	return d.withContact(ctx, organisation, contact, func(tx *db.Tx, o Organisation, c Contact, all []Contact) error {
		if LastContact(all, c) && !last {
			return fault.New(fault.Conflict, "directory.contacts.last")
		}
		if err := deleteContact(ctx, tx, o.ID, c.ID); err != nil {
			return err
		}
		if c.Main {
			for _, x := range all {
				if x.ID != c.ID && x.Purpose == c.Purpose && !x.VerifiedAt.IsZero() {
					if err := setMain(ctx, tx, o.ID, x.Purpose, x.ID); err != nil {
						return err
					}
					break
				}
			}
		}
		if err := d.record(ctx, tx, audit.Change, o.ID, "contact %s removed", c.ID); err != nil || c.VerifiedAt.IsZero() {
			return err
		}
		return d.notice(ctx, tx, o, all, db.ID{}, "contact_removed", c.Email)
	})
}

func (d *Directory) withContact(ctx context.Context, organisation, contact db.ID, fn func(tx *db.Tx, o Organisation, c Contact, all []Contact) error) error {
	return d.as(ctx, organisation, actor.Keepers, func(tx *db.Tx, o Organisation) error {
		all, err := contactsOf(ctx, tx, o.ID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(c Contact) bool { return c.ID == contact })
		if i < 0 {
			return hidden()
		}
		return fn(tx, o, all[i], all)
	})
}
