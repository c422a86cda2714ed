package signin

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/seal"
)

// What somebody goes to a provider for.
const (
	forSignIn  = "sign-in"
	forConfirm = "confirm" // a step up: the same person, there and then
	forLink    = "link"    // to sign in that way from now on
)

const (
	visitLasts = 10 * time.Minute
	mostVisits = 20000 // under way at a time, so that nobody fills the database
	skew       = time.Minute
)

// visit is somebody who went to a provider and has not come back.
type visit struct {
	Provider, Purpose string
	Session           db.ID // for confirm and link
	Nonce, Verifier   string
	Back              string
	Begun             time.Time
}

// beginVisit keeps a visit, and returns what goes into the address and what into the browser's
// cookie. Only both together bring it back.
func (s *Signin) beginVisit(ctx context.Context, v visit) (state, cookie string, err error) {
	state, cookie = seal.Token(), seal.Token()
	b, err := json.Marshal([2]string{v.Nonce, v.Verifier})
	if err != nil {
		return "", "", err
	}
	hash := seal.Hash(state)
	return state, cookie, s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := dropVisits(ctx, tx, s.now())
		if err != nil {
			return err
		}
		if n >= mostVisits {
			return fault.New(fault.TooMany, "web.error.too_many.text")
		}
		return insertVisit(ctx, tx, v, hash, seal.Hash(cookie), s.box("visit").Seal(b, hash), s.now().Add(visitLasts))
	})
}

// takeVisit gives a visit once; afterwards it is gone.
func (s *Signin) takeVisit(ctx context.Context, provider, state, cookie string) (v visit, err error) {
	if len(state) != 43 || len(cookie) != 43 {
		return v, refused("stale", errors.New("no state or no cookie"))
	}
	var sealed []byte
	hash := seal.Hash(state)
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		v, sealed, err = takeVisit(ctx, tx, provider, hash, seal.Hash(cookie), s.now())
		return err
	})
	if errors.Is(err, db.ErrNoRows) {
		return v, refused("stale", errors.New("the state is not known here: used, too old, of another browser or another provider"))
	}
	if err != nil {
		return v, err
	}
	b, err := s.box("visit").Open(sealed, hash)
	if err != nil {
		return v, err
	}
	var secret [2]string
	err = json.Unmarshal(b, &secret)
	v.Nonce, v.Verifier = secret[0], secret[1]
	return v, err
}

// Refusal is why somebody who came back from a provider is not let in. Its texts are
// signin.oidc.refused.REASON.text and .action; the cause is for the log and names no secret.
type Refusal struct {
	Reason string
	Cause  error
}

func (r *Refusal) Error() string { return r.Reason + ": " + r.Cause.Error() }

func refused(reason string, cause error) error { return &Refusal{reason, cause} }

// claims are what we read of an ID token whose signature, issuer, audience and end were checked.
type claims struct {
	Issuer, Subject, Nonce, Level, Party string
	Audience                             []string
	AuthTime                             time.Time // zero: not said
	Mail, Name                           string
	MailVerified                         bool
	Number                               string
}

// readClaims reads the claims of a token that was verified.
func readClaims(raw []byte, p Provider) (c claims, err error) {
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		return c, err
	}
	text := func(name string) string { v, _ := m[name].(string); return v }
	c = claims{Issuer: text("iss"), Subject: text("sub"), Nonce: text("nonce"), Level: text("acr"), Party: text("azp"), Mail: text("email"), Name: text("name")}
	switch aud := m["aud"].(type) {
	case string:
		c.Audience = []string{aud}
	case []any:
		for _, a := range aud {
			one, _ := a.(string)
			c.Audience = append(c.Audience, one)
		}
	}
	if at, ok := m["auth_time"].(float64); ok && at > 0 && at < 1<<40 {
		c.AuthTime = time.Unix(int64(at), 0)
	}
	switch v := m["email_verified"].(type) {
	case bool:
		c.MailVerified = v
	case string: // some providers write it so
		c.MailVerified, _ = strconv.ParseBool(v)
	}
	if p.Number != "" {
		c.Number = numberOf(text(p.Number))
	}
	return c, nil
}

// numberOf keeps a registration number that can be one, and nothing else.
func numberOf(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 32 || strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r == '-' || r == '.')
	}) {
		return ""
	}
	return s
}

// check holds what the provider says against what was asked: for this visit, for us, at a level that
// stands for two factors, and not too long ago.
func (c claims) check(p Provider, v visit, now time.Time) error {
	mismatch := func(format string, a ...any) error { return refused("mismatch", fmt.Errorf(format, a...)) }
	switch {
	case c.Issuer != p.Issuer:
		return mismatch("the token is of another issuer")
	case c.Subject == "" || len(c.Subject) > 255:
		return mismatch("the token has no usable subject")
	case v.Nonce == "" || subtle.ConstantTimeCompare([]byte(c.Nonce), []byte(v.Nonce)) != 1:
		return mismatch("the token has another nonce")
	case !slices.Contains(c.Audience, p.ClientID):
		return mismatch("the token is for somebody else")
	case c.Party != "" && c.Party != p.ClientID, c.Party == "" && len(c.Audience) > 1:
		return mismatch("the token was given to another party")
	case !slices.Contains(p.Levels, c.Level):
		return refused("level", fmt.Errorf("the level is %.100q", c.Level))
	case c.AuthTime.IsZero():
		return refused("old", errors.New("the provider did not say when the person signed in"))
	case c.AuthTime.After(now.Add(skew)):
		return mismatch("the person signed in in the future")
	case c.AuthTime.Before(now.Add(-p.MaxAge - skew)):
		return refused("old", fmt.Errorf("the person signed in %s ago", now.Sub(c.AuthTime).Round(time.Second)))
	case v.Purpose != forSignIn && c.AuthTime.Before(v.Begun.Add(-skew)):
		return refused("old", errors.New("the person did not sign in anew"))
	}
	return nil
}

// came is what becomes of somebody who came back: a session with its token, or nothing but a page.
type came struct {
	token string // for the cookie; "" when the session stays as it is
	back  string
}

// arrive lets somebody in whom the provider vouches for, by issuer and subject and by nothing else.
func (s *Signin) arrive(ctx context.Context, p Provider, v visit, c claims, browser, language string) (to came, err error) {
	if err := c.check(p, v, s.now()); err != nil {
		return to, err
	}
	to.back = v.Back
	who := actor.From(ctx)
	if v.Purpose != forSignIn && (who.Session.IsZero() || who.Session != v.Session) {
		return to, refused("stale", errors.New("the session that asked is not there any more"))
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		known, err := identityBy(ctx, tx, c.Issuer, c.Subject)
		found := !errors.Is(err, db.ErrNoRows)
		if err != nil && found {
			return err
		}
		switch v.Purpose {
		case forLink:
			return s.link(ctx, tx, who, p, v, known, found, c)
		case forConfirm:
			if !found || known.Account != who.Account {
				return refused("other", errors.New("the identity is not linked to this account"))
			}
			if err := touchIdentity(ctx, tx, known.ID, c.Number, s.now()); err != nil {
				return err
			}
			to.token, err = s.Refresh(ctx, tx, who.Session)
			return err
		}
		if !found {
			if known, err = s.welcome(ctx, tx, p, c, language); err != nil {
				return err
			}
		}
		a, err := accountByID(ctx, tx, known.Account)
		if err != nil {
			return err
		}
		if a.State != Active {
			return refused("disabled", errors.New("the account is "+string(a.State)))
		}
		if err := touchIdentity(ctx, tx, known.ID, c.Number, s.now()); err != nil {
			return err
		}
		if !who.Session.IsZero() { // who was signed in in this browser is not any more
			if _, err := endSessions(ctx, tx, who.Account, who.Session, db.ID{}); err != nil {
				return err
			}
		}
		if to.token, err = s.Begin(ctx, tx, known.Account, "oidc", browser); err != nil {
			return err
		}
		// What counts as fresh is when the person showed a factor to the provider, not when we heard of it.
		return freshenSession(ctx, tx, seal.Hash(to.token), c.AuthTime)
	})
	return to, err
}

// welcome makes an account for whom the provider says is somebody new. A mail address that is known
// here already belongs to an account that this person may or may not be of: it is never handed over.
func (s *Signin) welcome(ctx context.Context, tx *db.Tx, p Provider, c claims, language string) (x Identity, err error) {
	if !p.Create {
		return x, refused("unknown", errors.New("nobody is linked to this identity"))
	}
	mail, err := MailAddress(c.Mail)
	if err != nil || !c.MailVerified && !p.Vouched {
		return x, refused("no_mail", errors.New("the provider vouches for no mail address"))
	}
	_, err = accountByMail(ctx, tx, mail)
	if err == nil {
		return x, refused("mail_taken", errors.New("the mail address is of an account"))
	}
	if !errors.Is(err, db.ErrNoRows) {
		return x, err
	}
	name, err := PersonName(c.Name)
	if err != nil {
		name, _, _ = strings.Cut(mail, "@")
		if name, err = PersonName(name); err != nil {
			return x, err
		}
	}
	a, err := s.add(ctx, tx, mail, name, language, 0)
	if err != nil {
		return x, err
	}
	x = Identity{ID: db.NewID(), Account: a.ID, Issuer: c.Issuer, Subject: c.Subject, Number: c.Number, Made: true, LinkedAt: s.now(), SeenAt: s.now()}
	if err := insertIdentity(ctx, tx, x); err != nil {
		return x, err
	}
	return x, audit.Append(ctx, tx, audit.Event{At: s.now(), Actor: "account:" + a.ID.String(), Action: audit.Factor, Object: "account " + a.ID.String(), Detail: "made by provider " + p.Key})
}
