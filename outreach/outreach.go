// Package outreach writes to people who are in no register of ours: what was found at them has come in,
// and nobody asked us to watch it.
//
// The way of such a warning: an analyst starts a Sweep, which reads the raw reports of some days again
// for what concerns nobody and gathers it by subject (a registrable domain, or a network). For each
// subject a job looks up who answers for it: security.txt of the domain, the registers of domains and
// networks (RDAP); each address found has a source and a confidence. Subjects with the same address
// are one Contact, who gets one letter. The analyst reviews, approves or skips, and sends with a fresh
// factor. The letters go through the one queue of notify, which asks once more just before each goes.
//
// An opt-out holds for good: it is a keyed hash of the address or domain, and is looked at when a
// contact is chosen, approved, queued and sent to. Nobody is written to twice in a month about the same
// type of finding at the same subject.
//
// Everything but opt-outs ends: sweeps after 90 days, what others answered after a week.
//
// It owns the tables outreach_*.
package outreach

import (
	"context"
	"embed"
	"io/fs"
	"log/slog"
	"strings"
	"time"

	"polder/footprint"
	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/fetch"
	"polder/internal/i18n"
	"polder/internal/jobs"
	"polder/internal/seal"
	"polder/notify"
)

//go:embed migrations/*.sql
var migrations embed.FS

//go:embed locales/*.yaml
var locales embed.FS

// Locales holds the domain's messages, for the catalogue.
func Locales() fs.FS { return locales }

// Schema is the domain's tables.
func Schema() db.Schema {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return db.Schema{Name: "outreach", FS: sub}
}

// Limits and terms.
const (
	mostSubjects = 20_000              // of one sweep
	mostLines    = 50                  // of evidence that is kept of a subject, and that a letter spells out
	mostSweeps   = 3                   // that are under way at once
	againAfter   = 30 * 24 * time.Hour // until a subject's contact is told of the same type again
	keepSweeps   = 90 * 24 * time.Hour
	keepLetters  = 2 * 365 * 24 * time.Hour // for as long the link in one works
	keepFound    = 7 * 24 * time.Hour       // an answer with a contact
	keepNothing  = 24 * time.Hour           // one without
)

// Settings is what outreach needs to know of the installation.
type Settings struct {
	BaseURL string // without a slash at the end
	Centre  string // its name
	Phone   string // may be ""
	Key     []byte // the centre's key, 32 bytes
}

// Outreach answers for warnings to strangers.
type Outreach struct {
	db        *db.DB
	footprint *footprint.Footprint
	notify    *notify.Notify
	queue     *jobs.Queue
	fetch     *fetch.Client
	catalog   *i18n.Catalog
	now       func() time.Time
	log       *slog.Logger
	set       Settings
}

// House is what outreach stands on.
type House struct {
	Footprint *footprint.Footprint
	Notify    *notify.Notify
	Queue     *jobs.Queue
	Fetch     *fetch.Client
	Catalog   *i18n.Catalog
	Log       *slog.Logger
	Settings  Settings
}

// New makes an Outreach on a migrated database, registers its jobs and has notify ask it before a
// letter to a stranger goes. footprint.Prove must have been called.
func New(d *db.DB, now func() time.Time, h House) *Outreach {
	o := &Outreach{db: d, footprint: h.Footprint, notify: h.Notify, queue: h.Queue, fetch: h.Fetch, catalog: h.Catalog, now: now, log: h.Log, set: h.Settings}
	jobs.Register(h.Queue, jobs.Options{Unique: true, MaxAttempts: 5, AtOnce: 1}, o.sweep)
	jobs.Register(h.Queue, jobs.Options{Unique: true, MaxAttempts: 5, AtOnce: 4, Timeout: 10 * time.Minute}, o.look)
	jobs.Register(h.Queue, jobs.Options{Unique: true, AtOnce: 1}, o.sendAll)
	jobs.Register(h.Queue, jobs.Options{Every: 24 * time.Hour, OnDrain: true, Timeout: 10 * time.Minute}, o.retain)
	h.Notify.OnStranger(o.fit)
	return o
}

func hidden() error { return fault.Hidden() }

// analyst tells whether the actor may do this work; it answers others as if it did not exist.
func analyst(ctx context.Context) error {
	if !actor.From(ctx).Staff.Any(actor.Analyst) {
		return hidden()
	}
	return nil
}

// hash is what is kept of an address or domain.
func (o *Outreach) hash(kind, value string) []byte {
	return seal.Keyed(o.set.Key, "outreach "+kind, []byte(strings.ToLower(value)))
}
