// Package insight reads across the house, and nobody depends on it. Its first room is the desk's page
// on quality: what came of what each source reported, how good source and information are, who is
// covered, and whose networks show up that nobody is warned for.
//
// It reads nothing but the views that domains publish for it (notify_kpi_..., footprint_kpi_...,
// directory_kpi_...), all of which are counted by day already. It owns the tables insight_*.
package insight

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"time"

	"polder/internal/db"
	"polder/internal/jobs"
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
	return db.Schema{Name: "insight", FS: sub}
}

// Insight answers for figures.
type Insight struct {
	db  *db.DB
	now func() time.Time

	years memo
}

// New makes an Insight on a migrated database.
func New(d *db.DB, now func() time.Time) *Insight { return &Insight{db: d, now: now} }

type coverageArgs struct{}

// Kind names the job.
func (coverageArgs) Kind() string { return "insight.coverage" }

// Jobs puts the measuring of coverage on the queue.
func (i *Insight) Jobs(q *jobs.Queue) {
	jobs.Register(q, jobs.Options{Every: time.Hour, Unique: true, OnDrain: true}, func(ctx context.Context, _ coverageArgs) error { return i.MeasureCoverage(ctx) })
}

// MeasureCoverage counts, for today, the organisations that are served and those of them that have
// proven assets.
func (i *Insight) MeasureCoverage(ctx context.Context) error {
	now := i.now()
	err := i.db.Write(ctx, func(tx *db.Tx) error { return measureCoverage(ctx, tx, now.Unix()/86400, now) })
	if err != nil {
		return fmt.Errorf("measure coverage: %w", err)
	}
	return nil
}
