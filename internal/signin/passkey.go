package signin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
)

const mostPasskeys = 10

// Passkey is one passkey of a person.
type Passkey struct {
	ID         db.ID
	Account    db.ID
	Name       string
	Credential webauthn.Credential
	CreatedAt  time.Time
	UsedAt     time.Time // zero: never
	WarnedAt   time.Time // when its counter last went back; zero: never
}

// holder is a person as the library asks for one.
type holder struct {
	handle     []byte
	mail, name string
	passkeys   []Passkey
}

func (h holder) WebAuthnID() []byte          { return h.handle }
func (h holder) WebAuthnName() string        { return h.mail }
func (h holder) WebAuthnDisplayName() string { return h.name }
func (h holder) WebAuthnCredentials() []webauthn.Credential {
	list := make([]webauthn.Credential, len(h.passkeys))
	for i, p := range h.passkeys {
		list[i] = p.Credential
	}
	return list
}

// relyingParty is this site to an authenticator: bound to the host of the base address, and nothing
// but a passkey that the person unlocked will do. How long a challenge lasts is the ceremony's to say.
func relyingParty(base, centre string) (*webauthn.WebAuthn, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	host := u.Hostname()
	if _, err := netip.ParseAddr(host); err == nil {
		// A site that is reached by a number has no passkeys: browsers refuse them there, the page says that it did not
		// work, and passwords do. The library wants a name all the same.
		host = "localhost"
	}
	return webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: centre, RPOrigins: []string{u.Scheme + "://" + u.Host},
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(), UserVerification: protocol.VerificationRequired,
		},
		AttestationPreference: protocol.PreferNoAttestation,
	})
}

// askPasskey begins the making of a passkey in the caller's transaction; what it returns goes to the browser.
func (s *Signin) askPasskey(ctx context.Context, tx *db.Tx, owner []byte, account db.ID, h holder) (any, error) {
	if len(h.passkeys) >= mostPasskeys {
		return nil, fault.New(fault.Invalid, "signin.wrong.passkeys", "Most", mostPasskeys)
	}
	creation, session, err := s.party.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.WebAuthnCredentials()).CredentialDescriptors()))
	if err != nil {
		return nil, err
	}
	return creation.Response, s.hold(ctx, tx, owner, newPasskey, account, session, "")
}

// madePasskey checks what the browser answered. The challenge is used up by that.
func (s *Signin) madePasskey(ctx context.Context, owner []byte, h holder, answer []byte) (*webauthn.Credential, error) {
	var session webauthn.SessionData
	if _, err := s.take(ctx, owner, newPasskey, &session); err != nil {
		return nil, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return nil, badPasskey(err)
	}
	made, err := s.party.CreateCredential(h, session, parsed)
	if err != nil {
		return nil, badPasskey(err)
	}
	return made, nil
}

// keepPasskey adds the passkey to the account in the caller's transaction.
func (s *Signin) keepPasskey(ctx context.Context, tx *db.Tx, account db.ID, name string, made *webauthn.Credential) error {
	p := Passkey{ID: db.NewID(), Account: account, Name: name, Credential: *made, CreatedAt: s.now()}
	if err := insertPasskey(ctx, tx, p); err != nil {
		return err
	}
	return audit.Append(ctx, tx, audit.Event{At: s.now(), Action: audit.Factor, Object: "account " + account.String(), Detail: "passkey added"})
}

// challengePasskey asks for any passkey, or with an account for one of its own.
func (s *Signin) challengePasskey(ctx context.Context, tx *db.Tx, owner []byte, account db.ID) (any, error) {
	if account.IsZero() {
		assertion, session, err := s.party.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
		if err != nil {
			return nil, err
		}
		return assertion.Response, s.hold(ctx, tx, owner, withPasskey, db.ID{}, session, "")
	}
	h, err := holderOf(ctx, tx, account)
	if err != nil {
		return nil, err
	}
	if len(h.passkeys) == 0 {
		return nil, fault.New(fault.Invalid, "signin.wrong.no_passkey")
	}
	assertion, session, err := s.party.BeginLogin(h, webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, err
	}
	return assertion.Response, s.hold(ctx, tx, owner, withPasskey, account, session, "")
}

func holderOf(ctx context.Context, tx *db.Tx, account db.ID) (h holder, err error) {
	a, err := accountByID(ctx, tx, account)
	if err != nil {
		return h, err
	}
	list, err := passkeysOf(ctx, tx, account)
	return holder{a.Handle, a.Mail, a.Name, list}, err
}

// shownPasskey checks what the browser answered to challengePasskey, and returns whose passkey it is
// and the passkey with its new counter. The challenge is used up by that.
func (s *Signin) shownPasskey(ctx context.Context, owner, answer []byte) (account Account, shown Passkey, err error) {
	var session webauthn.SessionData
	asked, err := s.take(ctx, owner, withPasskey, &session)
	if err != nil {
		return account, shown, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return account, shown, badPasskey(err)
	}
	var h holder
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if asked.IsZero() {
			account, err = accountByHandle(ctx, tx, parsed.Response.UserHandle)
		} else {
			account, err = accountByID(ctx, tx, asked)
		}
		if err != nil {
			return err
		}
		h, err = holderOf(ctx, tx, account.ID)
		return err
	})
	if errors.Is(err, db.ErrNoRows) || err == nil && account.State != Active {
		return account, shown, badPasskey(errors.New("the passkey is of nobody who may sign in"))
	}
	if err != nil {
		return account, shown, err
	}
	// A passkey that a password manager begins to synchronise may say so later on: noted, and allowed.
	for i, p := range h.passkeys {
		if bytes.Equal(p.Credential.ID, parsed.RawID) {
			shown = p
			h.passkeys[i].Credential.Flags.BackupEligible = parsed.Response.AuthenticatorData.Flags.HasBackupEligible()
		}
	}
	var used *webauthn.Credential
	if asked.IsZero() {
		_, used, err = s.party.ValidatePasskeyLogin(func(_, _ []byte) (webauthn.User, error) { return h, nil }, session, parsed)
	} else {
		used, err = s.party.ValidateLogin(h, session, parsed)
	}
	if err != nil {
		return account, shown, badPasskey(err)
	}
	if used.Flags.BackupEligible != shown.Credential.Flags.BackupEligible {
		s.log.Info("a passkey now says otherwise whether it can be copied by its maker", "passkey", shown.ID)
	}
	shown.Credential = *used
	return account, shown, nil
}

// notePasskey keeps the counter of a passkey that was shown, in the caller's transaction. When the
// counter went back there may be a copy: then copied is true, the caller lets nobody in, and the
// person is told once a day.
func (s *Signin) notePasskey(ctx context.Context, tx *db.Tx, a Account, p Passkey) (copied bool, err error) {
	now := s.now()
	if !p.Credential.Authenticator.CloneWarning {
		return false, usePasskey(ctx, tx, p, now)
	}
	if now.Sub(p.WarnedAt) < 24*time.Hour {
		return true, nil
	}
	if err := warnPasskey(ctx, tx, p.ID, now); err != nil {
		return true, err
	}
	if err := s.tell(ctx, tx, a, "copied", "Passkey", p.Name); err != nil {
		return true, err
	}
	return true, audit.Append(ctx, tx, audit.Event{At: now, Action: audit.SignIn, Object: "account " + a.ID.String(), Detail: "refused: the counter of passkey " + p.ID.String() + " went back"})
}

// badPasskey is the one answer to a passkey that does not do.
func badPasskey(cause error) error {
	var p *protocol.Error
	if errors.As(cause, &p) && p.DevInfo != "" {
		cause = errors.New(p.Details + ": " + p.DevInfo)
	}
	return fault.Wrap(fault.Invalid, cause, "signin.wrong.passkey")
}

// passkeyName checks what a person calls a passkey.
func passkeyName(s string) (string, error) {
	s = strings.Join(strings.Fields(s), " ")
	if s == "" || !utf8.ValidString(s) || utf8.RuneCountInString(s) > 60 || strings.ContainsFunc(s, unicode.IsControl) {
		return "", fault.New(fault.Invalid, "signin.wrong.passkey_name")
	}
	return s, nil
}

func credentialText(c webauthn.Credential) (string, error) {
	b, err := json.Marshal(c)
	return string(b), err
}
