// Package notify takes a finding to a warning that was read and solved.
//
// The way of the data: a source sends a report (the raw file is kept), whose lines are findings. A
// finding is matched to organisations by the register of assets; each match is an exposure of that
// organisation, seen once or again. New and reopened exposures become due, by severity and by what
// the organisation wants; Compose makes one notification of all that is due for one organisation,
// Deliver hands it to the mail server, and the link in it takes feedback without an account.
// Absence from two fresh reports confirms that an exposure is solved.
//
// Findings that concern nobody are counted, not stored: the raw report is their store for as long
// as it is kept, and is read again when somebody registers an asset (Rematch).
//
// Every step can be killed at any moment and started again. A report is read in batches, each one
// transaction that also notes how far it came; one report is read at a time in the whole
// installation. A notification is a row before it is a mail, and the row says what became of it.
//
// It owns the tables notify_*. It subscribes to footprint.Changed.
package notify

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"time"

	"polder/footprint"
	"polder/internal/db"
	"polder/internal/i18n"
	"polder/internal/jobs"
	"polder/internal/outbox"
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
	return db.Schema{Name: "notify", FS: sub}
}

// Settings is what notify needs to know of the installation.
type Settings struct {
	BaseURL       string // without a slash at the end
	Centre        string // its name
	Phone         string // may be ""
	Desk          string // mail address for requests for help; may be ""
	From, ReplyTo string
	Gather        time.Duration
	SendHour      int
	Location      *time.Location
	Key           []byte // 32 bytes that links are made with
	LinkValid     time.Duration
	KeepRaw       time.Duration
	KeepRejected  time.Duration
	KeepExposures time.Duration
	ExpireAfter   time.Duration
	Breaker       int64 // how many organisations one report may warn before a second analyst looked; 0: any number
}

// Notify answers for reports, exposures and notifications.
type Notify struct {
	db        *db.DB
	footprint *footprint.Footprint
	queue     *jobs.Queue
	catalog   *i18n.Catalog
	now       func() time.Time
	log       *slog.Logger
	set       Settings

	texts      *textCache
	letters    *outbox.Outbox
	colleagues func(ctx context.Context, tx *db.Tx, ids []db.ID) (map[db.ID]Colleague, error)
	stranger   func(ctx context.Context, tx *db.Tx, notification db.ID, recipient string) (bool, string, error)
}

// New makes a Notify on a migrated database, subscribes it to the register of assets and registers
// its jobs on the queue.
func New(d *db.DB, f *footprint.Footprint, q *jobs.Queue, catalog *i18n.Catalog, now func() time.Time, log *slog.Logger, set Settings) *Notify {
	n := &Notify{db: d, footprint: f, queue: q, catalog: catalog, now: now, log: log, set: set, texts: &textCache{}}
	f.OnChange(func(ctx context.Context, tx *db.Tx, e footprint.Changed) error {
		if e.Proven == 0 {
			return nil
		}
		return q.Insert(ctx, tx, rematchArgs{Version: e.Version}, time.Time{})
	})
	return n
}

// rawPath returns where a report's raw file lies, by its hash, under the data folder.
func (n *Notify) rawPath(sha []byte) string {
	h := fmt.Sprintf("%x", sha)
	return filepath.Join(n.db.Dir(), "reports", h[:2], h)
}
