// Package directory knows whom we serve: organisations, the people in them, who acts for whom by a
// mandate, and where their mail goes.
//
// An organisation is imported by the operator, by a reference of the operator's own, or registers
// itself and waits until staff accept it; docs/states.md draws its states. Its people are accounts
// of signin with a place in it, one owner at least. A mandate lets a supplier or partnership act for
// it. A contact is a mailbox, not a person, and gets nothing until it is verified. It owns the tables
// directory_*, and publishes in the transaction that causes them: OnAccepted, OnClosed. Nothing here
// knows what an organisation asks us to watch (footprint) or what we tell it (notify); they add to
// its pages and its export by OnHome, OnExport and Assets.
package directory

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/i18n"
	"polder/internal/jobs"
	"polder/internal/kvk"
	"polder/internal/outbox"
	"polder/internal/signin"
)

//go:embed locales/*.yaml
var locales embed.FS

// Locales are the messages of the pages and mails.
func Locales() fs.FS { return locales }

//go:embed migrations/*.sql
var migrations embed.FS

// Schema is the domain's tables.
func Schema() db.Schema {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return db.Schema{Name: "directory", FS: sub}
}

// Settings are what an operator decides.
type Settings struct {
	BaseURL    string        // where people reach the site
	Centre     string        // name of the centre
	Desk       string        // mail address that is told what waits; "" for nobody
	Key        []byte        // the centre's key, 32 bytes
	KeepClosed time.Duration // how long name and number of a closed organisation are kept; 5 years when zero
}

// House is what the directory needs besides its database to let organisations manage themselves.
type House struct {
	Signin   *signin.Signin
	Outbox   *outbox.Outbox
	Queue    *jobs.Queue
	Catalog  *i18n.Catalog
	Log      *slog.Logger
	Register *kvk.Client // the trade register; nil: numbers are checked by their form alone
	Settings Settings
}

// Directory answers for the register of organisations.
type Directory struct {
	db    *db.DB
	now   func() time.Time
	house House

	// Assets lists what an organisation asks us to watch, for choosing what a mandate is about. nil:
	// a mandate is about all of it. Set it before the pages are served.
	Assets func(ctx context.Context, tx *db.Tx, organisation db.ID) ([]AssetLabel, error)

	onAccepted, onClosed []func(ctx context.Context, tx *db.Tx, organisation db.ID) error
	onFile               func(ctx context.Context, tx *db.Tx, organisation db.ID) ([]Line, error)
	onHome               []func(ctx context.Context, tx *db.Tx, in actor.In) ([]Line, error)
	onStanding           func(ctx context.Context, tx *db.Tx, in actor.In) (func(say *i18n.Printer) Standing, error)
	onExport             []exported
}

// New makes a Directory on a migrated database; now tells the time. Without a House it imports and
// answers, and has no pages.
func New(d *db.DB, now func() time.Time, house ...House) *Directory {
	x := &Directory{db: d, now: now}
	if len(house) == 0 {
		return x
	}
	x.house = house[0]
	if x.house.Settings.KeepClosed == 0 {
		x.house.Settings.KeepClosed = 5 * 365 * 24 * time.Hour
	}
	x.house.Signin.OnForget(x.forget)
	x.house.Signin.OnExport("organisations", x.exportPerson)
	jobs.Register(x.house.Queue, jobs.Options{Every: 24 * time.Hour, OnDrain: true, Unique: true, Timeout: 10 * time.Minute}, x.upkeep)
	return x
}

// OnAccepted subscribes to organisations being accepted by staff: the function runs in that
// transaction. An import accepts without it.
func (d *Directory) OnAccepted(fn func(ctx context.Context, tx *db.Tx, organisation db.ID) error) {
	d.onAccepted = append(d.onAccepted, fn)
}

// OnClosed subscribes to organisations that end: what others keep for them ends in that transaction.
func (d *Directory) OnClosed(fn func(ctx context.Context, tx *db.Tx, organisation db.ID) error) {
	d.onClosed = append(d.onClosed, fn)
}

func publish(ctx context.Context, tx *db.Tx, to []func(context.Context, *db.Tx, db.ID) error, organisation db.ID) error {
	for _, fn := range to {
		if err := fn(ctx, tx, organisation); err != nil {
			return fmt.Errorf("tell of organisation %s: %w", organisation, err)
		}
	}
	return nil
}

// ByReference returns the organisation with the operator's reference, or a NotFound fault.
func (d *Directory) ByReference(ctx context.Context, reference string) (o Organisation, err error) {
	err = d.db.Read(ctx, func(tx *db.Tx) error {
		o, err = byReference(ctx, tx, reference)
		return err
	})
	if errors.Is(err, db.ErrNoRows) {
		return o, fault.New(fault.NotFound, fmt.Sprintf("there is no organisation with reference %q", reference))
	}
	return o, err
}

// Get returns organisations by id in the caller's transaction, for at most a few thousand ids at a
// time; ids that do not exist are absent from the map.
func Get(ctx context.Context, tx *db.Tx, ids []db.ID) (map[db.ID]Organisation, error) {
	return byIDs(ctx, tx, ids)
}

// IDs returns reference -> id of the references given that exist, in the caller's transaction.
func IDs(ctx context.Context, tx *db.Tx, references []string) (map[string]db.ID, error) {
	return idsByReference(ctx, tx, references)
}

// Count returns how many organisations there are.
func (d *Directory) Count(ctx context.Context) (n int, err error) {
	err = d.db.Read(ctx, func(tx *db.Tx) error { n, err = count(ctx, tx); return err })
	return n, err
}

// List returns organisations in the order of their references, at most limit, after the reference
// given ("" for the first page).
func (d *Directory) List(ctx context.Context, after string, limit int) (list []Organisation, err error) {
	err = d.db.Read(ctx, func(tx *db.Tx) error { list, err = page(ctx, tx, after, limit); return err })
	return list, err
}
