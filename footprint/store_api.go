package footprint

import (
	"context"

	"polder/internal/db"
)

// assetsForPrograms returns assets of one organisation that were not withdrawn, after the kind and
// value given, in the order of the index that finds them.
func assetsForPrograms(ctx context.Context, tx *db.Tx, organisation db.ID, kind, value string, limit int) (list []apiAsset, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var a apiAsset
		var since db.Time
		err := scan(&a.ID, &a.Kind, &a.Value, &a.Role, &a.State, &since)
		a.Since = since.Time
		list = append(list, a)
		return err
	}, `SELECT id, kind, value, role, state, registered_at FROM footprint_asset
		WHERE organisation_id = ?1 AND state <> 'withdrawn' AND (kind, value) > (?2, ?3) ORDER BY kind, value LIMIT ?4`, organisation, kind, value, limit)
	return list, err
}
