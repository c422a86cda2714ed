// Package collect is how reports come to us: sources that are asked on a schedule, files that are
// pushed, lists by hand.
//
// A source is asked when its next_at has come (Pull): by one process at a time, in one job of its
// own. What it gives is streamed to notify.Ingest, which keeps the file and knows by its hash whether
// it was here before; so a run that was killed is harmless to run again. Each run is a row that says
// what came of it. A pushed file is first kept whole (Push), then read by a job, and whoever pushed it
// asks after it. What should have come and did not raises an alarm (Watch), whichever way it comes.
//
// What a source asks for by way of secrets lies sealed in its row, is opened for the length of one
// run, and is never shown again.
//
// It owns the tables collect_*.
package collect

import (
	"embed"
	"io/fs"
	"log/slog"
	"time"

	"polder/internal/db"
	"polder/internal/fetch"
	"polder/internal/i18n"
	"polder/internal/jobs"
	"polder/internal/outbox"
	"polder/internal/seal"
	"polder/internal/web"
	"polder/notify"
)

//go:embed migrations/*.sql
var migrations embed.FS

//go:embed locales/*.yaml
var locales embed.FS

//go:embed templates/*.html
var templates embed.FS

// Locales holds the domain's messages, for the catalogue.
func Locales() fs.FS { return locales }

// Schema is the domain's tables.
func Schema() db.Schema {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return db.Schema{Name: "collect", FS: sub}
}

// Settings is what collect needs to know of the installation.
type Settings struct {
	BaseURL  string // without a slash at the end
	Centre   string // its name
	Desk     string // bare mail address of the desk; may be ""
	Location *time.Location
	Key      []byte // the centre's key, 32 bytes
	// Folders lie on this machine and may be read as maildirs, besides mail in the data folder.
	Folders   []string
	MaxReport int64 // bytes of one report; 8 GiB when zero
}

// House is what collect stands on.
type House struct {
	Notify  *notify.Notify
	Outbox  *outbox.Outbox
	Queue   *jobs.Queue
	Catalog *i18n.Catalog
	Client  *fetch.Client // asks the machines of others
	Log     *slog.Logger
	Settings
}

// Collect answers for how reports come to us.
type Collect struct {
	db      *db.DB
	notify  *notify.Notify
	outbox  *outbox.Outbox
	queue   *jobs.Queue
	catalog *i18n.Catalog
	client  *fetch.Client
	now     func() time.Time
	log     *slog.Logger
	set     Settings
	box     seal.Box // of the secrets of sources
}

// New makes a Collect on a migrated database and registers its jobs on the queue.
func New(d *db.DB, now func() time.Time, h House) *Collect {
	c := &Collect{
		db: d, notify: h.Notify, outbox: h.Outbox, queue: h.Queue, catalog: h.Catalog, client: h.Client,
		now: now, log: h.Log, set: h.Settings, box: seal.New(h.Key, "collect source"),
	}
	if c.set.MaxReport <= 0 {
		c.set.MaxReport = MaxReport
	}
	c.register()
	c.listJobs()
	return c
}

// pages are the pages of collect on one site.
type pages struct {
	c         *Collect
	site      *web.Site
	templates *web.Templates
}

// Routes puts the pages of the desk on the site.
func (c *Collect) Routes(site *web.Site) {
	t, err := web.ParseTemplates(templates, "templates/*.html")
	if err != nil {
		panic(err) // the templates are embedded
	}
	p := &pages{c: c, site: site, templates: t}
	p.sourceRoutes()
	c.listRoutes(site)
}
