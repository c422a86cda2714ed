package footprint

import (
	"context"
	"time"

	"polder/internal/db"
)

// Correction is a task for staff: an organisation says that an asset is not its own.
type Correction struct {
	ID, Asset, Organisation db.ID
	Kind, Value             string // of the asset
	Reason                  string
	OpenedAt                time.Time
}

// Correct opens a correction of an asset in the caller's transaction. When one is open already for
// the asset it changes nothing. Withdraw closes it.
func Correct(ctx context.Context, tx *db.Tx, asset, organisation db.ID, reason string, now time.Time) error {
	_, err := insertCorrection(ctx, tx, Correction{ID: db.NewID(), Asset: asset, Organisation: organisation, Reason: reason, OpenedAt: now})
	return err
}

// Corrections returns the open corrections, oldest first, at most limit.
func (f *Footprint) Corrections(ctx context.Context, limit int) (list []Correction, err error) {
	err = f.db.Read(ctx, func(tx *db.Tx) error { list, err = openCorrections(ctx, tx, limit); return err })
	return list, err
}

// Proven returns at most limit proven assets of the change with the given version, in the caller's
// transaction: what a subscriber to Changed has to look at.
func Proven(ctx context.Context, tx *db.Tx, version int64, limit int) ([]Asset, error) {
	return assetsOf(ctx, tx, version, limit)
}

// Of returns at most limit proven assets of an organisation.
func (f *Footprint) Of(ctx context.Context, organisation db.ID, limit int) (list []Asset, err error) {
	err = f.db.Read(ctx, func(tx *db.Tx) error { list, err = assetsOfOrganisation(ctx, tx, organisation, limit); return err })
	return list, err
}

// Count returns how many assets are proven.
func (f *Footprint) Count(ctx context.Context) (n int, err error) {
	err = f.db.Read(ctx, func(tx *db.Tx) error { n, err = countAssets(ctx, tx); return err })
	return n, err
}

// IndexOf makes an index of the assets given alone, for looking at old reports again.
func IndexOf(assets []Asset) *Index {
	x := NewIndex()
	for _, a := range assets {
		x.put(a, false)
	}
	return x
}
