package signin

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/seal"
)

// Token is what a program comes with, without its secret.
type Token struct {
	ID           db.ID
	Name         string
	Account      db.ID // of a person at the centre; or
	Organisation db.ID // of an organisation
	Scopes       []string
	MadeBy       db.ID
	MadeAt       time.Time
	EndsAt       time.Time
	UsedAt       time.Time // to the hour; zero: never
	RevokedAt    time.Time
}

// Works tells whether the token is neither past its end nor revoked.
func (t Token) Works(now time.Time) bool { return t.RevokedAt.IsZero() && now.Before(t.EndsAt) }

// How long tokens may last, and how many of them work at a time for one owner.
const (
	LongestToken = 366 * 24 * time.Hour
	mostTokens   = 20
)

// A secret is "polder_", 52 letters of chance (260 bits) and 7 that follow from what precedes, so
// that programs that look for leaked secrets know one when they see it:
// polder_[A-Z2-7]{59}
const (
	secretPrefix = "polder_"
	secretChance = 52
	secretLength = len(secretPrefix) + secretChance + 7
)

var letters = base32.StdEncoding.WithPadding(base32.NoPadding)

func newTokenSecret() string {
	s := secretPrefix + rand.Text() + rand.Text()
	return s + checkLetters(s)
}

func checkLetters(s string) string {
	return letters.EncodeToString(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(s))))
}

// isSecret tells whether this can be a token at all, without asking the database.
func isSecret(s string) bool {
	if len(s) != secretLength || !strings.HasPrefix(s, secretPrefix) {
		return false
	}
	at := len(secretPrefix) + secretChance
	return checkLetters(s[:at]) == s[at:]
}

// NewToken is what a maker asks for. Exactly one of Account and Organisation is set.
type NewToken struct {
	Name         string
	Account      db.ID
	Organisation db.ID
	Scopes       []string
	Lasts        time.Duration
}

// MakeToken makes a token in the caller's transaction and returns its secret, which is kept nowhere.
// The person of the context makes it, with a fresh factor, and can give no scope that is not among
// may: the caller has just found out, in this transaction, what that person may.
func (s *Signin) MakeToken(ctx context.Context, tx *db.Tx, n NewToken, may []Scope) (t Token, secret string, err error) {
	who, now := actor.From(ctx), s.now()
	if who.Account.IsZero() || !who.Token.IsZero() || n.Account.IsZero() == n.Organisation.IsZero() || !who.Recent(now) {
		return t, "", fault.New(fault.Denied, "web.error.denied.text")
	}
	name := strings.Join(strings.Fields(n.Name), " ")
	if name == "" || !utf8.ValidString(name) || utf8.RuneCountInString(name) > 100 || strings.ContainsFunc(name, unicode.IsControl) {
		return t, "", fault.New(fault.Invalid, "signin.token.wrong.name")
	}
	if len(n.Scopes) == 0 {
		return t, "", fault.New(fault.Invalid, "signin.token.wrong.scopes")
	}
	if !within(n.Scopes, may) {
		return t, "", fault.New(fault.Denied, "signin.token.wrong.more")
	}
	if n.Lasts < time.Hour || n.Lasts > LongestToken {
		return t, "", fault.New(fault.Invalid, "signin.token.wrong.lasts")
	}
	if err := dropEndedTokens(ctx, tx, now.Add(-LongestToken)); err != nil {
		return t, "", err
	}
	working, err := countTokens(ctx, tx, n.Account, n.Organisation, now)
	if err != nil {
		return t, "", err
	}
	if working >= mostTokens {
		return t, "", fault.New(fault.Conflict, "signin.token.wrong.full", "Most", mostTokens)
	}
	scopes := slices.Compact(slices.Sorted(slices.Values(n.Scopes)))
	t = Token{ID: db.NewID(), Name: name, Account: n.Account, Organisation: n.Organisation, Scopes: scopes, MadeBy: who.Account, MadeAt: now, EndsAt: now.Add(n.Lasts)}
	secret = newTokenSecret()
	if err := insertToken(ctx, tx, t, seal.Hash(secret)); err != nil {
		return t, "", err
	}
	return t, secret, audit.Append(ctx, tx, audit.Event{At: now, Action: audit.Grant, Object: "token " + t.ID.String(), Organisation: n.Organisation,
		Detail: "made: " + strings.Join(scopes, " ") + ", until " + t.EndsAt.UTC().Format(time.DateOnly)})
}

// Tokens returns the tokens of an account or of an organisation, one of which is zero, in the
// caller's transaction: the latest first, also those that work no more.
func Tokens(ctx context.Context, tx *db.Tx, account, organisation db.ID) ([]Token, error) {
	return tokensOf(ctx, tx, account, organisation, 200)
}

// RevokeToken ends one token of an account or of an organisation in the caller's transaction: from
// the commit on it is worth nothing. Another's is not found.
func (s *Signin) RevokeToken(ctx context.Context, tx *db.Tx, account, organisation, token db.ID) error {
	t, err := tokenOf(ctx, tx, account, organisation, token)
	if errors.Is(err, db.ErrNoRows) {
		return fault.Hidden()
	}
	if err != nil || !t.RevokedAt.IsZero() {
		return err
	}
	if err := revokeToken(ctx, tx, token, s.now()); err != nil {
		return err
	}
	return audit.Append(ctx, tx, audit.Event{At: s.now(), Action: audit.Grant, Object: "token " + token.String(), Organisation: organisation, Detail: "revoked"})
}

// EndTokens ends all tokens of an organisation in the caller's transaction, as when it is closed.
func (s *Signin) EndTokens(ctx context.Context, tx *db.Tx, organisation db.ID) error {
	return s.endTokens(ctx, tx, db.ID{}, organisation)
}

// EndTokensOf ends the tokens of an organisation that an account made, in the caller's transaction: it
// knows their secrets, and may not do any more what it gave them.
func (s *Signin) EndTokensOf(ctx context.Context, tx *db.Tx, organisation, maker db.ID) error {
	n, err := revokeTokensOf(ctx, tx, organisation, maker, s.now())
	if err != nil || n == 0 {
		return err
	}
	return audit.Append(ctx, tx, audit.Event{At: s.now(), Action: audit.Grant, Object: "organisation " + organisation.String(), Organisation: organisation,
		Detail: "tokens made by account:" + maker.String() + " revoked"})
}

func (s *Signin) endTokens(ctx context.Context, tx *db.Tx, account, organisation db.ID) error {
	n, err := revokeTokens(ctx, tx, account, organisation, s.now())
	if err != nil || n == 0 {
		return err
	}
	object := "account " + account.String()
	if account.IsZero() {
		object = "organisation " + organisation.String()
	}
	return audit.Append(ctx, tx, audit.Event{At: s.now(), Action: audit.Grant, Object: object, Organisation: organisation, Detail: "tokens revoked"})
}

// TokenOf returns the token that the program of the context came with.
func (s *Signin) TokenOf(ctx context.Context) (t Token, err error) {
	who := actor.From(ctx)
	err = s.db.Read(ctx, func(tx *db.Tx) error { t, err = tokenOf(ctx, tx, who.Account, who.Bound, who.Token); return err })
	if errors.Is(err, db.ErrNoRows) {
		return t, fault.Hidden()
	}
	return t, err
}

// BySecret returns the program that a secret is of: one that works, of an organisation or of an
// active account at the centre. What the account may no longer give, the token has no longer.
func (s *Signin) BySecret(ctx context.Context, secret string) (a actor.Actor, err error) {
	if !isSecret(secret) {
		return a, nil
	}
	now := s.now()
	var t Token
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		a, t, err = actorOfToken(ctx, tx, seal.Hash(secret), now)
		return err
	})
	if errors.Is(err, db.ErrNoRows) {
		return actor.Actor{}, nil
	}
	if err != nil {
		return actor.Actor{}, err
	}
	a.Scopes = t.Scopes
	if !a.Account.IsZero() {
		may := ScopesOfStaff(a.Staff)
		a.Scopes = slices.DeleteFunc(t.Scopes, func(name string) bool { return !within([]string{name}, may) })
	}
	if hour := now.Truncate(time.Hour); t.UsedAt.Before(hour) {
		return a, s.db.Write(ctx, func(tx *db.Tx) error { return touchToken(ctx, tx, a.Token, hour) })
	}
	return a, nil
}

// MakeOwnToken makes a token of the person of the context, who works at the centre.
func (s *Signin) MakeOwnToken(ctx context.Context, name string, scopes []string, lasts time.Duration) (t Token, secret string, err error) {
	who := actor.From(ctx)
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		a, err := accountByID(ctx, tx, who.Account) // the roles of now, not of when the page was asked
		if err != nil {
			return err
		}
		if a.State != Active || a.Staff == 0 {
			return fault.Hidden()
		}
		t, secret, err = s.MakeToken(ctx, tx, NewToken{Name: name, Account: a.ID, Scopes: scopes, Lasts: lasts}, ScopesOfStaff(a.Staff))
		return err
	})
	return t, secret, err
}

// OwnTokens returns the tokens of the person of the context.
func (s *Signin) OwnTokens(ctx context.Context) (list []Token, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error { list, err = Tokens(ctx, tx, actor.From(ctx).Account, db.ID{}); return err })
	return list, err
}

// RevokeOwnToken ends a token of the person of the context.
func (s *Signin) RevokeOwnToken(ctx context.Context, token db.ID) error {
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.RevokeToken(ctx, tx, actor.From(ctx).Account, db.ID{}, token) })
}
