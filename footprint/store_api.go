package footprint

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"polder/internal/db"
)

// StillHeld returns those of the assets that were not withdrawn, in their order, in the caller's
// transaction. A mandate for one that was is for nothing.
func StillHeld(ctx context.Context, tx *db.Tx, assets []db.ID) ([]db.ID, error) {
	held := map[db.ID]bool{}
	for part := range slices.Chunk(assets, 500) {
		args, places := make([]any, len(part)), make([]string, len(part))
		for i, id := range part {
			args[i], places[i] = id, "?"+strconv.Itoa(i+1)
		}
		err := tx.Each(ctx, func(scan func(...any) error) error {
			var id db.ID
			err := scan(&id)
			held[id] = true
			return err
		}, `SELECT id FROM footprint_asset WHERE id IN (`+strings.Join(places, ", ")+`) AND state <> 'withdrawn'`, args...)
		if err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(slices.Clone(assets), func(id db.ID) bool { return !held[id] }), nil
}

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
