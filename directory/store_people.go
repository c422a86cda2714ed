package directory

import (
	"context"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
)

// placeOf returns what the account is to the organisation now: its own place, or else what the best
// of the mandates gives that organisations of the account hold. db.ErrNoRows when it is nothing.
// Every index that it needs begins with what is given.
func placeOf(ctx context.Context, tx *db.Tx, account, organisation db.ID, now time.Time) (in actor.In, err error) {
	err = db.ErrNoRows
	each := tx.Each(ctx, func(scan func(...any) error) error {
		var place, state string
		var acting int
		if err = scan(&in.Organisation, &in.Name, &state, &place, &in.Mandate, &acting, &in.Behalf); err != nil {
			return err
		}
		in.Accepted = state == "accepted"
		in.Place, _ = actor.ParsePlace(place)
		in.Acting = acting == 1
		return nil
	}, `SELECT o.id, o.name, o.state, p.place, p.mandate_id, p.acting, p.behalf
		FROM directory_organisation o JOIN (
			SELECT 1 AS rank, m.organisation_id, m.place, NULL AS mandate_id,
				CASE WHEN m.place = 'member' THEN 0 ELSE 1 END AS acting, '' AS behalf
			FROM directory_member m WHERE m.organisation_id = ?2 AND m.account_id = ?1
			UNION ALL
			SELECT 2, g.organisation_id, 'delegate', g.id, CASE WHEN m.place = 'member' THEN 0 ELSE g.acting END, h.name
			FROM directory_mandate g
			JOIN directory_organisation h ON h.id = g.holder_id AND h.state = 'accepted'
			JOIN directory_member m ON m.organisation_id = g.holder_id AND m.account_id = ?1
			WHERE g.organisation_id = ?2 AND g.withdrawn_at IS NULL AND g.ends_at > ?3
		) p ON p.organisation_id = o.id
		WHERE o.state <> 'closed'
		ORDER BY p.rank, p.acting DESC LIMIT 1`, account, organisation, db.At(now))
	if each != nil {
		return actor.In{}, each
	}
	return in, err
}

func mandateCovers(ctx context.Context, tx *db.Tx, mandate, asset db.ID) (bool, error) {
	var n int
	err := tx.One(ctx, `SELECT count(*) FROM directory_mandate g WHERE g.id = ?1 AND (g.every_asset = 1
		OR EXISTS (SELECT 1 FROM directory_mandate_asset a WHERE a.mandate_id = g.id AND a.asset_id = ?2))`, []any{mandate, asset}, &n)
	return n > 0, err
}
