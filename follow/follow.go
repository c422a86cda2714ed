// Package follow lets an organisation's own systems follow along: webhooks that post what changes, and
// feeds behind a secret address.
//
// Both give what the organisation itself may see. Whoever made one answers for it: it stops when that
// person is no longer an owner or security contact, and when the organisation closes. A webhook posts
// batches under the signature of Standard Webhooks, tries again for three days and is then switched off,
// of which the owners and security contacts hear. A feed gives titles and links, no addresses: it is read
// by programs of others.
//
// It owns the tables follow_*.
package follow

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"time"

	"polder/directory"
	"polder/footprint"
	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/fetch"
	"polder/internal/i18n"
	"polder/internal/jobs"
	"polder/internal/outbox"
	"polder/internal/seal"
	"polder/internal/signin"
	"polder/notify"
)

//go:embed migrations/*.sql
var migrations embed.FS

//go:embed locales/*.yaml
var locales embed.FS

// Locales holds the domain's messages, for the catalogue.
func Locales() fs.FS { return locales }

// Schema is the domain's tables; they refer to the directory's.
func Schema() db.Schema {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return db.Schema{Name: "follow", FS: sub}
}

// House is what follow stands on.
type House struct {
	Directory *directory.Directory
	Footprint *footprint.Footprint
	Notify    *notify.Notify
	Queue     *jobs.Queue
	Outbox    *outbox.Outbox
	Catalog   *i18n.Catalog
	Client    *fetch.Client
	Log       *slog.Logger
	BaseURL   string // without a slash at the end
	Centre    string
	Key       []byte // the centre's key, 32 bytes
}

// Follow answers for webhooks and feeds.
type Follow struct {
	db    *db.DB
	now   func() time.Time
	house House
	box   seal.Box
	ids   []byte // key of the ids in feeds
}

// New makes a Follow on a migrated database and registers its jobs.
func New(d *db.DB, now func() time.Time, house House) *Follow {
	f := &Follow{db: d, now: now, house: house, box: seal.New(house.Key, "follow webhook"), ids: seal.Subkey(house.Key, "follow feed")}
	f.jobs()
	return f
}

// Settings are an organisation's webhooks and feeds.
type Settings struct {
	In       actor.In
	Webhooks []Webhook
	Feeds    []Feed
}

// Settings returns the webhooks and feeds of an organisation to those who may change them.
func (f *Follow) Settings(ctx context.Context, organisation db.ID) (s Settings, err error) {
	err = f.db.Read(ctx, func(tx *db.Tx) error {
		if s.In, err = directory.May(ctx, tx, organisation, actor.Keepers, false, f.now()); err != nil {
			return err
		}
		if s.Webhooks, err = webhooksOf(ctx, tx, organisation); err != nil {
			return err
		}
		for i := range s.Webhooks {
			if s.Webhooks[i].Posts, err = postsOf(ctx, tx, s.Webhooks[i].ID, mostPosts); err != nil {
				return err
			}
		}
		s.Feeds, err = feedsOf(ctx, tx, organisation)
		return err
	})
	return s, err
}

// as runs fn for an owner or security contact of an accepted organisation. Where secrets are made, fresh
// asks that the person has just shown a factor.
func (f *Follow) as(ctx context.Context, organisation db.ID, fresh bool, what string, fn func(tx *db.Tx, me db.ID) error) error {
	who := actor.From(ctx)
	if fresh && !who.Recent(f.now()) {
		return fault.Hidden()
	}
	return f.db.Write(ctx, func(tx *db.Tx) error {
		in, err := directory.May(ctx, tx, organisation, actor.Keepers, true, f.now())
		if err != nil {
			return err
		}
		if !in.Accepted || who.Account.IsZero() {
			return fault.Hidden()
		}
		if err := oneByOne(ctx, tx, organisation); err != nil {
			return fmt.Errorf("wait for a turn: %w", err)
		}
		if err := fn(tx, who.Account); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Event{At: f.now(), Action: audit.Change, Object: "connections", Organisation: organisation, Detail: what})
	})
}

// answers tells whether whoever made something may still answer for it: an account that is in use, of an
// owner or security contact of an organisation that is accepted.
func (f *Follow) answers(ctx context.Context, tx *db.Tx, organisation, account db.ID) (bool, error) {
	if account.IsZero() {
		return false, nil
	}
	accepted, err := directory.IsAccepted(ctx, tx, organisation)
	if err != nil || !accepted {
		return false, err
	}
	keepers, err := f.house.Directory.Keepers(ctx, tx, organisation)
	return slices.ContainsFunc(keepers, func(a signin.Account) bool { return a.ID == account }), err
}

// EndOf takes away all of an organisation that closes, in the caller's transaction.
func (f *Follow) EndOf(ctx context.Context, tx *db.Tx, organisation db.ID) error {
	return deleteOf(ctx, tx, organisation)
}

// ForgetPerson takes an account out of what it made, in the caller's transaction: that stops.
func (f *Follow) ForgetPerson(ctx context.Context, tx *db.Tx, account db.ID) error {
	return forgetMaker(ctx, tx, account)
}

// ExportOf writes what an organisation has here, without the secrets, in the caller's transaction.
func (f *Follow) ExportOf(ctx context.Context, tx *db.Tx, organisation db.ID, write func(any) error) error {
	hooks, err := webhooksOf(ctx, tx, organisation)
	if err != nil {
		return err
	}
	for _, w := range hooks {
		if err := write(map[string]any{"kind": "webhook", "host": w.Host, "state": w.State, "made_at": w.MadeAt}); err != nil {
			return err
		}
	}
	list, err := feedsOf(ctx, tx, organisation)
	if err != nil {
		return err
	}
	for _, x := range list {
		if err := write(map[string]any{"kind": "feed", "name": x.Name, "made_at": x.MadeAt, "revoked": !x.RevokedAt.IsZero()}); err != nil {
			return err
		}
	}
	return nil
}
