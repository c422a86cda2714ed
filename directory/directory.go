// Package directory knows whom we serve: organisations and where their warnings go.
//
// An organisation has the operator's own reference, which makes imports idempotent, a language, and
// at most one contact for each purpose. It owns the tables directory_*. Nothing here knows what an
// organisation asks us to watch (footprint) or what we tell it (notify).
package directory

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"polder/internal/db"
	"polder/internal/fault"
)

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

// Directory answers for the register of organisations.
type Directory struct {
	db  *db.DB
	now func() time.Time
}

// New makes a Directory on a migrated database; now tells the time.
func New(d *db.DB, now func() time.Time) *Directory { return &Directory{db: d, now: now} }

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
