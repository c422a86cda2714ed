package signin

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/mail"
)

// State is how an account stands.
type State string

// The states. A forgotten account is an id without a person.
const (
	Active    State = "active"
	Disabled  State = "disabled"
	Forgotten State = "forgotten"
)

// Account is one person.
type Account struct {
	ID        db.ID
	Mail      string
	Name      string
	Language  string // "" when not chosen
	Staff     actor.Roles
	State     State
	Handle    []byte // what authenticators know the person by
	CreatedAt time.Time
	SeenAt    time.Time
}

// MailAddress checks a mail address and returns the one form in which accounts are known: lower
// case, with the domain as A-labels. The error is an Invalid fault.
func MailAddress(s string) (string, error) {
	s, err := mail.Bare(strings.TrimSpace(s))
	return strings.ToLower(s), fault.Wrap(fault.Invalid, err, "signin.wrong.mail")
}

// PersonName checks how a person wants to be called.
func PersonName(s string) (string, error) {
	s = strings.Join(strings.Fields(s), " ")
	if s == "" || !utf8.ValidString(s) || utf8.RuneCountInString(s) > 100 || strings.ContainsFunc(s, unsayable) {
		return "", fault.New(fault.Invalid, "signin.wrong.name")
	}
	return s, nil
}

// unsayable are characters that a name must not hold: what cannot be seen, or turns text around. The
// non-joiner is a letter's neighbour in Persian names.
func unsayable(r rune) bool {
	return r != '\u200c' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r))
}

// add makes an account in the caller's transaction. The address must have been proven.
func (s *Signin) add(ctx context.Context, tx *db.Tx, mail, name, language string, staff actor.Roles) (Account, error) {
	a := Account{ID: db.NewID(), Mail: mail, Name: name, Language: language, Staff: staff, State: Active, Handle: newHandle(), CreatedAt: s.now()}
	return a, insertAccount(ctx, tx, a)
}

// newHandle is what authenticators know a person by: chance, and nothing of the person.
func newHandle() []byte {
	b := make([]byte, 32)
	rand.Read(b)
	return b
}

// Accounts returns the people of the ids in the caller's transaction, at most a few hundred at a
// time. Those that are forgotten are absent.
func Accounts(ctx context.Context, tx *db.Tx, ids []db.ID) (map[db.ID]Account, error) {
	return accountsByID(ctx, tx, ids)
}

// ByMail returns the active account of a mail address as MailAddress gives it, in the caller's
// transaction; found is false when there is none.
func ByMail(ctx context.Context, tx *db.Tx, mail string) (a Account, found bool, err error) {
	a, err = accountByMail(ctx, tx, mail)
	if errors.Is(err, db.ErrNoRows) {
		return a, false, nil
	}
	return a, err == nil && a.State == Active, err
}
