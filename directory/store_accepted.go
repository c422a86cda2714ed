package directory

import (
	"context"
	"errors"

	"polder/internal/db"
)

func isAccepted(ctx context.Context, tx *db.Tx, organisation db.ID) (bool, error) {
	var state string
	err := tx.One(ctx, `SELECT state FROM directory_organisation WHERE id = ?1`, []any{organisation}, &state)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	return state == "accepted", err
}

func mandateAssets(ctx context.Context, tx *db.Tx, mandate db.ID) (every bool, assets []db.ID, err error) {
	var all int
	err = tx.One(ctx, `SELECT every_asset FROM directory_mandate WHERE id = ?1`, []any{mandate}, &all)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil, nil
	}
	if err != nil || all == 1 {
		return err == nil, nil, err
	}
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var id db.ID
		err := scan(&id)
		assets = append(assets, id)
		return err
	}, `SELECT asset_id FROM directory_mandate_asset WHERE mandate_id = ?1 ORDER BY asset_id`, mandate)
	return false, assets, err
}
