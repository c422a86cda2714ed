package directory

import (
	"context"
	"strconv"
	"strings"
	"time"

	"polder/internal/db"
)

// actingHolders returns the organisations that may act for one now.
func actingHolders(ctx context.Context, tx *db.Tx, organisation db.ID, now time.Time, limit int) (list []Helper, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		h := Helper{Holder: true}
		err := scan(&h.ID, &h.Name)
		list = append(list, h)
		return err
	}, `SELECT h.id, h.name FROM directory_mandate g JOIN directory_organisation h ON h.id = g.holder_id AND h.state = 'accepted'
		WHERE g.organisation_id = ?1 AND g.withdrawn_at IS NULL AND g.ends_at > ?2 AND g.acting = 1 ORDER BY h.name, h.id LIMIT ?3`, organisation, db.At(now), limit)
	return list, err
}

func holderOf(ctx context.Context, tx *db.Tx, mandate db.ID) (id db.ID, err error) {
	err = tx.One(ctx, `SELECT holder_id FROM directory_mandate WHERE id = ?1`, []any{mandate}, &id)
	return id, err
}

func coveredBy(ctx context.Context, tx *db.Tx, mandates []db.ID, part map[db.ID][]db.ID) error {
	args, places := make([]any, len(mandates)), make([]string, len(mandates))
	for i, id := range mandates {
		args[i], places[i] = id, "?"+strconv.Itoa(i+1)
	}
	return tx.Each(ctx, func(scan func(...any) error) error {
		var mandate, asset db.ID
		err := scan(&mandate, &asset)
		if part[mandate] == nil {
			part[mandate] = []db.ID{}
		}
		if !asset.IsZero() {
			part[mandate] = append(part[mandate], asset)
		}
		return err
	}, `SELECT g.id, a.asset_id FROM directory_mandate g LEFT JOIN directory_mandate_asset a ON a.mandate_id = g.id
		WHERE g.id IN (`+strings.Join(places, ", ")+`) AND g.every_asset = 0`, args...)
}
