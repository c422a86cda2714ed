package directory

import (
	"context"
	"time"

	"polder/internal/db"
)

const mandateColumns = `g.id, g.organisation_id, g.holder_id, o.name, o.reference, h.name, h.reference, g.acting, g.every_asset,
	(SELECT count(*) FROM directory_mandate_asset a WHERE a.mandate_id = g.id), g.given_at, g.ends_at, g.withdrawn_at, g.by_holder`

const mandateFrom = ` FROM directory_mandate g JOIN directory_organisation o ON o.id = g.organisation_id
	JOIN directory_organisation h ON h.id = g.holder_id `

func scanMandate(scan func(...any) error) (m Mandate, err error) {
	var acting, every, holder int
	var given, ends, withdrawn db.Time
	err = scan(&m.ID, &m.Organisation, &m.Holder, &m.OrganisationName, &m.OrganisationReference, &m.HolderName, &m.HolderReference,
		&acting, &every, &m.Assets, &given, &ends, &withdrawn, &holder)
	m.Acting, m.EveryAsset, m.ByHolder = acting == 1, every == 1, holder == 1
	m.GivenAt, m.EndsAt, m.WithdrawnAt = given.Time, ends.Time, withdrawn.Time
	return m, err
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

func insertMandate(ctx context.Context, tx *db.Tx, m Mandate, by db.ID, assets []db.ID) error {
	if _, err := tx.Exec(ctx, `INSERT INTO directory_mandate (id, organisation_id, holder_id, acting, every_asset, given_by, given_at, ends_at, remind_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)`, m.ID, m.Organisation, m.Holder, bit(m.Acting), bit(m.EveryAsset), by, db.At(m.GivenAt), db.At(m.EndsAt),
		db.At(m.remindAt())); err != nil {
		return err
	}
	if m.EveryAsset {
		return nil
	}
	for _, a := range assets {
		if _, err := tx.Exec(ctx, `INSERT INTO directory_mandate_asset (mandate_id, asset_id) VALUES (?1, ?2) ON CONFLICT (mandate_id, asset_id) DO NOTHING`, m.ID, a); err != nil {
			return err
		}
	}
	return nil
}

// replaceMandates ends what the holder has of the organisation.
func replaceMandates(ctx context.Context, tx *db.Tx, organisation, holder, by db.ID, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE directory_mandate SET withdrawn_at = ?4, withdrawn_by = ?3 WHERE organisation_id = ?1 AND holder_id = ?2 AND withdrawn_at IS NULL`,
		organisation, holder, by, db.At(now))
	return err
}

// endMandates ends all that the organisation gave or holds.
func endMandates(ctx context.Context, tx *db.Tx, organisation, by db.ID, now time.Time) error {
	for _, q := range []string{
		`UPDATE directory_mandate SET withdrawn_at = ?2, withdrawn_by = ?3 WHERE organisation_id = ?1 AND withdrawn_at IS NULL`,
		`UPDATE directory_mandate SET withdrawn_at = ?2, withdrawn_by = ?3, by_holder = 1 WHERE holder_id = ?1 AND withdrawn_at IS NULL`,
	} {
		if _, err := tx.Exec(ctx, q, organisation, db.At(now), by); err != nil {
			return err
		}
	}
	return nil
}

func withdrawMandate(ctx context.Context, tx *db.Tx, mandate, by db.ID, holder bool, now time.Time) (int64, error) {
	return tx.Exec(ctx, `UPDATE directory_mandate SET withdrawn_at = ?3, withdrawn_by = ?2, by_holder = ?4 WHERE id = ?1 AND withdrawn_at IS NULL AND ends_at > ?3`,
		mandate, by, db.At(now), bit(holder))
}

// sideOf is the column of who gave a mandate, or of who holds it.
func sideOf(holder bool) string {
	if holder {
		return `g.holder_id`
	}
	return `g.organisation_id`
}

// mandateOf returns a mandate that the organisation gave, or holds.
func mandateOf(ctx context.Context, tx *db.Tx, mandate, side db.ID, holder bool) (m Mandate, err error) {
	err = db.ErrNoRows
	each := tx.Each(ctx, func(scan func(...any) error) error {
		m, err = scanMandate(scan)
		return err
	}, `SELECT `+mandateColumns+mandateFrom+`WHERE g.id = ?1 AND `+sideOf(holder)+` = ?2`, mandate, side)
	if each != nil {
		err = each
	}
	return m, err
}

// mandatesOf returns the latest first, before the one given; ids are in the order of time.
func mandatesOf(ctx context.Context, tx *db.Tx, side db.ID, holder bool, before db.ID, limit int) (list []Mandate, err error) {
	if before.IsZero() {
		for i := range before {
			before[i] = 0xff
		}
	}
	err = tx.Each(ctx, func(scan func(...any) error) error {
		m, err := scanMandate(scan)
		list = append(list, m)
		return err
	}, `SELECT `+mandateColumns+mandateFrom+`WHERE `+sideOf(holder)+` = ?1 AND g.id < ?2 ORDER BY g.id DESC LIMIT ?3`, side, before, limit)
	return list, err
}

// mandatesToRemind returns those whose reminder is due, the longest due first.
func mandatesToRemind(ctx context.Context, tx *db.Tx, now time.Time, limit int) (list []Mandate, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		m, err := scanMandate(scan)
		list = append(list, m)
		return err
	}, `SELECT `+mandateColumns+mandateFrom+`WHERE g.remind_at <= ?1 ORDER BY g.remind_at, g.id LIMIT ?2`, db.At(now), limit)
	return list, err
}

// noteReminded takes the reminder of a mandate away: of two processes, one gets 1.
func noteReminded(ctx context.Context, tx *db.Tx, mandate db.ID) (int64, error) {
	return tx.Exec(ctx, `UPDATE directory_mandate SET remind_at = NULL WHERE id = ?1 AND remind_at IS NOT NULL`, mandate)
}
