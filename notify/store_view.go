package notify

import (
	"context"
	"time"

	"polder/internal/db"
)

func viewsOf(ctx context.Context, tx *db.Tx, account, organisation db.ID) (list []View, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var v View
		err := scan(&v.ID, &v.Name, &v.Query)
		list = append(list, v)
		return err
	}, `SELECT id, name, query FROM notify_view WHERE account_id = ?1 AND organisation_id = ?2 ORDER BY id LIMIT ?3`, account, organisation, mostViews)
	return list, err
}

func insertView(ctx context.Context, tx *db.Tx, account, organisation db.ID, v View, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO notify_view (id, account_id, organisation_id, name, query, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)`,
		v.ID, account, organisation, v.Name, v.Query, db.At(now))
	return err
}

func deleteView(ctx context.Context, tx *db.Tx, account, organisation, view db.ID) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM notify_view WHERE id = ?3 AND account_id = ?1 AND organisation_id = ?2`, account, organisation, view)
}

func deleteViewNamed(ctx context.Context, tx *db.Tx, account, organisation db.ID, name string) error {
	_, err := tx.Exec(ctx, `DELETE FROM notify_view WHERE account_id = ?1 AND organisation_id = ?2 AND name = ?3`, account, organisation, name)
	return err
}
