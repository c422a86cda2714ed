package directory

import (
	"context"
	"time"

	"polder/internal/db"
)

// clearOrganisation takes away who belongs to the organisation and how it is reached.
func clearOrganisation(ctx context.Context, tx *db.Tx, organisation db.ID) error {
	for _, q := range []string{
		`DELETE FROM directory_member WHERE organisation_id = ?1`,
		`DELETE FROM directory_contact WHERE organisation_id = ?1`,
		`DELETE FROM directory_invitation WHERE organisation_id = ?1`,
		`DELETE FROM directory_join WHERE organisation_id = ?1`,
		`DELETE FROM directory_note WHERE organisation_id = ?1`,
	} {
		if _, err := tx.Exec(ctx, q, organisation); err != nil {
			return err
		}
	}
	return nil
}

func setErase(ctx context.Context, tx *db.Tx, organisation db.ID, at time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE directory_organisation SET erase_at = ?2 WHERE id = ?1`, organisation, db.At(at))
	return err
}

// eraseClosed takes name and number of closed organisations whose term is over; sector, size and
// place stay for the statistics.
func eraseClosed(ctx context.Context, tx *db.Tx, now time.Time, limit int) (int64, error) {
	return tx.Exec(ctx, `UPDATE directory_organisation SET name = '', registration_number = '', register_name = '', domain = '', erase_at = NULL, changed_at = ?1
		WHERE id IN (SELECT id FROM directory_organisation WHERE erase_at <= ?1 AND state = 'closed' ORDER BY erase_at LIMIT ?2)`, db.At(now), limit)
}

// sweep takes away invitations that ended a month ago and counts of days gone by.
func sweep(ctx context.Context, tx *db.Tx, now time.Time) error {
	if _, err := tx.Exec(ctx, `DELETE FROM directory_invitation WHERE ends_at < ?1`, db.At(now.AddDate(0, -1, 0))); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM directory_tally WHERE day < ?1`, now.Unix()/86400-2)
	return err
}
