// Package signin finds out who is asking: people by a passkey, by a password with a code from an
// app, or by the single sign-on of an OIDC provider; programs by an API token.
//
// An account is one person, known by one mail address. Two factors are needed from the first time.
// A session is an opaque token in a cookie, of which only the hash is kept; it ends when idle, at
// its limit, when the person ends it, and when the account is disabled or its role changes. What a
// person is to an organisation is not known here (directory). docs/security.md has the model.
//
// Tables: signin_*. When a person is forgotten, those who subscribed by OnForget are told in the
// same transaction; what others keep of a person comes into its export by OnExport.
package signin

import (
	"context"
	"embed"
	"io/fs"
	"log/slog"
	"net/netip"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"polder/internal/db"
	"polder/internal/i18n"
	"polder/internal/outbox"
	"polder/internal/seal"
)

//go:embed migrations/*.sql
var migrations embed.FS

//go:embed locales/*.yaml
var locales embed.FS

// Schema is the tables of accounts, factors, sessions and tokens.
func Schema() db.Schema {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return db.Schema{Name: "signin", FS: sub}
}

// Locales are the messages of the pages and mails.
func Locales() fs.FS { return locales }

// Settings are what an operator decides.
type Settings struct {
	BaseURL string         // where people reach the site; its host is what passkeys are bound to
	Centre  string         // name of the centre, as authenticators show it
	Key     []byte         // the centre's key, 32 bytes
	Idle    time.Duration  // a session that is not used ends after this
	Longest time.Duration  // and every session after this
	Proxies []netip.Prefix // whose X-Forwarded-For is believed, when counting attempts by network

	Providers []Provider // of single sign-on
}

// Signin answers for accounts and for who is asking.
type Signin struct {
	db       *db.DB
	outbox   *outbox.Outbox
	catalog  *i18n.Catalog
	now      func() time.Time
	appClock func() time.Time // of the apps that make codes
	log      *slog.Logger
	set      Settings
	secure   bool   // the site is on https
	cookie   string // of the session
	way      string // the cookie of a ceremony

	party  *webauthn.WebAuthn
	cost   cost          // of a password
	turns  chan struct{} // who may hash a password at this moment
	hashed atomic.Int64  // passwords hashed, for the test that unknown people cost the same

	onForget []func(ctx context.Context, tx *db.Tx, account db.ID) error
	onExport []export
	ways     []func(ctx context.Context, tx *db.Tx, account db.ID) (int, error) // to sign in, besides providers

	issuers issuers
}

type export struct {
	name string
	fn   func(ctx context.Context, tx *db.Tx, account db.ID) (any, error)
}

// New makes a Signin on a migrated database.
func New(d *db.DB, out *outbox.Outbox, catalog *i18n.Catalog, now func() time.Time, log *slog.Logger, set Settings) *Signin {
	s := &Signin{db: d, outbox: out, catalog: catalog, now: now, appClock: now, log: log, set: set, cookie: "polder_session", way: "polder_way"}
	if u, err := url.Parse(set.BaseURL); err == nil && u.Scheme == "https" {
		s.secure, s.cookie, s.way = true, "__Host-polder_session", "__Host-polder_way"
	}
	s.cost, s.turns = usualCost, make(chan struct{}, hashesAtOnce)
	var err error
	if s.party, err = relyingParty(set.BaseURL, set.Centre); err != nil {
		panic(err) // settings are checked at start
	}
	s.ways = append(s.ways, func(ctx context.Context, tx *db.Tx, account db.ID) (int, error) {
		f, err := factorsOf(ctx, tx, account)
		return f.Ways(), err
	})
	s.OnForget(s.forgetPrograms)
	s.OnExport("programs", s.exportPrograms)
	return s
}

// OnForget subscribes to people being forgotten: the function runs in that transaction, and takes
// what it keeps of the person away. Its error, made with fault, keeps the person.
func (s *Signin) OnForget(fn func(ctx context.Context, tx *db.Tx, account db.ID) error) {
	s.onForget = append(s.onForget, fn)
}

// OnExport adds what another domain keeps of a person to the person's export, under a name.
func (s *Signin) OnExport(name string, fn func(ctx context.Context, tx *db.Tx, account db.ID) (any, error)) {
	s.onExport = append(s.onExport, export{name, fn})
}

// box is where secrets of one purpose are sealed.
func (s *Signin) box(purpose string) seal.Box { return seal.New(s.set.Key, "signin "+purpose) }
