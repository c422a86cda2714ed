package footprint

import (
	"context"
	"fmt"
	"time"

	"polder/internal/db"
)

// othersAt returns proven assets of other organisations with one of the values.
func othersAt(ctx context.Context, tx *db.Tx, organisation db.ID, kind Kind, values []string) ([]Asset, error) {
	args := []any{organisation, kind.String()}
	in := ""
	for _, v := range values {
		args = append(args, v)
		in += fmt.Sprintf(", ?%d", len(args))
	}
	return others(ctx, tx, `organisation_id <> ?1 AND kind = ?2 AND value IN (NULL`+in+`)`, args...)
}

// othersLike returns proven assets of other organisations whose value is of the pattern.
func othersLike(ctx context.Context, tx *db.Tx, organisation db.ID, kind Kind, pattern string) ([]Asset, error) {
	return others(ctx, tx, `organisation_id <> ?1 AND kind = ?2 AND value LIKE ?3 ESCAPE '!'`, organisation, kind.String(), pattern)
}

func others(ctx context.Context, tx *db.Tx, where string, args ...any) (list []Asset, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		a, err := scanAsset(scan)
		list = append(list, a)
		return err
	}, `SELECT `+assetColumns+` FROM footprint_asset WHERE state = 'proven' AND `+where, args...)
	return list, err
}

// Conflict is one claim against one asset of another organisation.
type Conflict struct {
	ID, Claim, Asset, Claimant, Holder db.ID
	ClaimantNamed, HolderNamed         bool // agrees that the other reads its name
	OpenedAt, ClosedAt                 time.Time
	Kind, Value, Role                  string // of the asset
}

func openConflict(ctx context.Context, tx *db.Tx, c Conflict) (bool, error) {
	n, err := tx.Exec(ctx, `INSERT INTO footprint_conflict (id, claim_id, asset_id, claimant_id, holder_id, claimant_named, holder_named, opened_at)
		VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, ?6) ON CONFLICT DO NOTHING`, c.ID, c.Claim, c.Asset, c.Claimant, c.Holder, db.At(c.OpenedAt))
	return n == 1, err
}

// closeConflicts closes those that a claim is in, on either side.
func closeConflicts(ctx context.Context, tx *db.Tx, claim db.ID, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE footprint_conflict SET closed_at = ?2 WHERE (claim_id = ?1 OR asset_id = ?1) AND closed_at IS NULL`, claim, db.At(now))
	return err
}

// conflictsOf returns the open conflicts that a claim or an asset is in, as far as the organisation
// is one of the two; the zero organisation is staff.
func conflictsOf(ctx context.Context, tx *db.Tx, id, organisation db.ID) (list []Conflict, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var c Conflict
		var claimant, holder int
		var opened db.Time
		err := scan(&c.ID, &c.Claim, &c.Asset, &c.Claimant, &c.Holder, &claimant, &holder, &opened, &c.Kind, &c.Value, &c.Role)
		c.ClaimantNamed, c.HolderNamed, c.OpenedAt = claimant == 1, holder == 1, opened.Time
		list = append(list, c)
		return err
	}, `SELECT c.id, c.claim_id, c.asset_id, c.claimant_id, c.holder_id, c.claimant_named, c.holder_named, c.opened_at, a.kind, a.value, a.role
		FROM footprint_conflict c JOIN footprint_asset a ON a.id = c.asset_id WHERE c.closed_at IS NULL AND (c.claim_id = ?1 OR c.asset_id = ?1)
		AND (?2 = 1 OR c.claimant_id = ?3 OR c.holder_id = ?3) ORDER BY c.opened_at, c.id LIMIT 100`, id, boolean(organisation.IsZero()), organisation[:])
	return list, err
}

// openAgainst returns the assets that a claim has an open conflict with.
func openAgainst(ctx context.Context, tx *db.Tx, claim db.ID) (open map[db.ID]bool, err error) {
	open = map[db.ID]bool{}
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var id db.ID
		err := scan(&id)
		open[id] = true
		return err
	}, `SELECT asset_id FROM footprint_conflict WHERE claim_id = ?1 AND closed_at IS NULL`, claim)
	return open, err
}

// nameInConflicts notes whether an organisation agrees to be named in the conflicts of an asset.
func nameInConflicts(ctx context.Context, tx *db.Tx, id, organisation db.ID, named bool) (int64, error) {
	return tx.Exec(ctx, `UPDATE footprint_conflict SET claimant_named = CASE WHEN claimant_id = ?2 THEN ?3 ELSE claimant_named END,
		holder_named = CASE WHEN holder_id = ?2 THEN ?3 ELSE holder_named END
		WHERE closed_at IS NULL AND (claim_id = ?1 OR asset_id = ?1) AND (claimant_id = ?2 OR holder_id = ?2)`, id, organisation, boolean(named))
}

// conflictsAt returns which of the organisation's assets others claim too.
func conflictsAt(ctx context.Context, tx *db.Tx, organisation db.ID) (held map[db.ID]bool, err error) {
	held = map[db.ID]bool{}
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var id db.ID
		err := scan(&id)
		held[id] = true
		return err
	}, `SELECT DISTINCT asset_id FROM footprint_conflict WHERE holder_id = ?1 AND closed_at IS NULL LIMIT 1000`, organisation)
	return held, err
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// correctionsOf returns the open corrections of an organisation, by asset.
func correctionsOf(ctx context.Context, tx *db.Tx, organisation db.ID) (map[db.ID]Correction, error) {
	all := map[db.ID]Correction{}
	err := tx.Each(ctx, func(scan func(...any) error) error {
		var c Correction
		var opened db.Time
		err := scan(&c.ID, &c.Asset, &c.Organisation, &c.Reason, &opened)
		c.OpenedAt = opened.Time
		all[c.Asset] = c
		return err
	}, `SELECT id, asset_id, organisation_id, reason, opened_at FROM footprint_correction WHERE organisation_id = ?1 AND state = 'open' LIMIT 1000`, organisation)
	return all, err
}

func correctionByID(ctx context.Context, tx *db.Tx, id db.ID) (c Correction, err error) {
	var opened db.Time
	err = tx.One(ctx, `SELECT c.id, c.asset_id, a.organisation_id, c.reason, c.opened_at, a.kind, a.value FROM footprint_correction c
		JOIN footprint_asset a ON a.id = c.asset_id WHERE c.id = ?1 AND c.state = 'open'`, []any{id}, &c.ID, &c.Asset, &c.Organisation, &c.Reason, &opened, &c.Kind, &c.Value)
	c.OpenedAt = opened.Time
	return c, err
}

// closeCorrection closes the open correction of an asset.
func closeCorrection(ctx context.Context, tx *db.Tx, asset db.ID, now time.Time) (int64, error) {
	return tx.Exec(ctx, `UPDATE footprint_correction SET state = 'closed', closed_at = ?2 WHERE asset_id = ?1 AND state = 'open'`, asset, db.At(now))
}

func countCorrections(ctx context.Context, tx *db.Tx) (n int, err error) {
	err = tx.One(ctx, `SELECT count(*) FROM footprint_correction WHERE state = 'open'`, nil, &n)
	return n, err
}
