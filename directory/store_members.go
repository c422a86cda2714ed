package directory

import (
	"context"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
)

// addMember gives the account a place, unless it has one; it tells whether it did.
func addMember(ctx context.Context, tx *db.Tx, organisation, account db.ID, place actor.Place, now time.Time) (bool, error) {
	n, err := tx.Exec(ctx, `INSERT INTO directory_member (organisation_id, account_id, place, since) VALUES (?1, ?2, ?3, ?4)
		ON CONFLICT (organisation_id, account_id) DO NOTHING`, organisation, account, place.String(), db.At(now))
	return n == 1, err
}

// setPlace changes the place of a member, but not that of the last owner.
func setPlace(ctx context.Context, tx *db.Tx, organisation, account db.ID, place actor.Place) (int64, error) {
	return tx.Exec(ctx, `UPDATE directory_member SET place = ?3 WHERE organisation_id = ?1 AND account_id = ?2
		AND (?3 = 'owner' OR place <> 'owner' OR (SELECT count(*) FROM directory_member o WHERE o.organisation_id = ?1 AND o.place = 'owner') > 1)`,
		organisation, account, place.String())
}

// deleteMember takes the place of a member away, but not that of the last owner.
func deleteMember(ctx context.Context, tx *db.Tx, organisation, account db.ID) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM directory_member WHERE organisation_id = ?1 AND account_id = ?2
		AND (place <> 'owner' OR (SELECT count(*) FROM directory_member o WHERE o.organisation_id = ?1 AND o.place = 'owner') > 1)`, organisation, account)
}

func members(ctx context.Context, tx *db.Tx, organisation db.ID, limit int) (list []Membership, err error) {
	return memberships(ctx, tx, `organisation_id = ?1`, organisation, limit)
}

func placesOfAccount(ctx context.Context, tx *db.Tx, account db.ID, limit int) ([]Membership, error) {
	return memberships(ctx, tx, `account_id = ?1`, account, limit)
}

func memberships(ctx context.Context, tx *db.Tx, where string, id db.ID, limit int) (list []Membership, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var m Membership
		var place string
		var since db.Time
		err := scan(&m.Organisation, &m.Account, &place, &since)
		m.Place, _ = actor.ParsePlace(place)
		m.Since = since.Time
		list = append(list, m)
		return err
	}, `SELECT organisation_id, account_id, place, since FROM directory_member WHERE `+where+` ORDER BY since, account_id LIMIT ?2`, id, limit)
	return list, err
}

func placeOfMember(ctx context.Context, tx *db.Tx, organisation, account db.ID) (actor.Place, error) {
	var place string
	err := tx.One(ctx, `SELECT place FROM directory_member WHERE organisation_id = ?1 AND account_id = ?2`, []any{organisation, account}, &place)
	p, _ := actor.ParsePlace(place)
	return p, err
}

func countOwners(ctx context.Context, tx *db.Tx, organisation db.ID) (n int, err error) {
	err = tx.One(ctx, `SELECT count(*) FROM directory_member WHERE organisation_id = ?1 AND place = 'owner'`, []any{organisation}, &n)
	return n, err
}

func insertInvitation(ctx context.Context, tx *db.Tx, i Invitation, hash []byte) error {
	// A newer invitation to the same address goes in the place of the older.
	if _, err := tx.Exec(ctx, `UPDATE directory_invitation SET withdrawn_at = ?3, mail = '' WHERE organisation_id = ?1 AND mail = ?2
		AND accepted_at IS NULL AND withdrawn_at IS NULL`, i.Organisation, i.Mail, db.At(i.InvitedAt)); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO directory_invitation (id, organisation_id, mail, place, hash, invited_by, invited_at, ends_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)`, i.ID, i.Organisation, i.Mail, i.Place.String(), hash, i.InvitedBy, db.At(i.InvitedAt), db.At(i.EndsAt))
	return err
}

// invitationByHash returns an invitation that can be accepted now, into an organisation that is open.
func invitationByHash(ctx context.Context, tx *db.Tx, hash []byte, now time.Time) (i Invitation, err error) {
	var place string
	var at, ends db.Time
	err = tx.One(ctx, `SELECT i.id, i.organisation_id, o.name, i.place, i.invited_by, i.invited_at, i.ends_at
		FROM directory_invitation i JOIN directory_organisation o ON o.id = i.organisation_id AND o.state NOT IN ('closed', 'refused')
		WHERE i.hash = ?1 AND i.accepted_at IS NULL AND i.withdrawn_at IS NULL AND i.ends_at > ?2`, []any{hash, db.At(now)},
		&i.ID, &i.Organisation, &i.Name, &place, &i.InvitedBy, &at, &ends)
	i.Place, _ = actor.ParsePlace(place)
	i.InvitedAt, i.EndsAt = at.Time, ends.Time
	return i, err
}

// useInvitation marks it as accepted; 0 when somebody was first.
func useInvitation(ctx context.Context, tx *db.Tx, id, account db.ID, now time.Time) (int64, error) {
	return tx.Exec(ctx, `UPDATE directory_invitation SET accepted_by = ?2, accepted_at = ?3, mail = ''
		WHERE id = ?1 AND accepted_at IS NULL AND withdrawn_at IS NULL AND ends_at > ?3`, id, account, db.At(now))
}

func withdrawInvitation(ctx context.Context, tx *db.Tx, organisation, invitation db.ID, now time.Time) (int64, error) {
	return tx.Exec(ctx, `UPDATE directory_invitation SET withdrawn_at = ?3, mail = '' WHERE id = ?1 AND organisation_id = ?2
		AND accepted_at IS NULL AND withdrawn_at IS NULL`, invitation, organisation, db.At(now))
}

func openInvitations(ctx context.Context, tx *db.Tx, organisation db.ID, now time.Time, limit int) (list []Invitation, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var i Invitation
		var place string
		var at, ends db.Time
		err := scan(&i.ID, &i.Mail, &place, &i.InvitedBy, &at, &ends)
		i.Organisation, i.InvitedAt, i.EndsAt = organisation, at.Time, ends.Time
		i.Place, _ = actor.ParsePlace(place)
		list = append(list, i)
		return err
	}, `SELECT id, mail, place, invited_by, invited_at, ends_at FROM directory_invitation WHERE organisation_id = ?1
		AND accepted_at IS NULL AND withdrawn_at IS NULL AND ends_at > ?2 ORDER BY invited_at, id LIMIT ?3`, organisation, db.At(now), limit)
	return list, err
}

// soleOwnerOf returns the names of the open organisations that have this account as their only owner.
func soleOwnerOf(ctx context.Context, tx *db.Tx, account db.ID) (names []string, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		names = append(names, name)
		return err
	}, `SELECT o.name FROM directory_member m JOIN directory_organisation o ON o.id = m.organisation_id AND o.state <> 'closed'
		WHERE m.account_id = ?1 AND m.place = 'owner' AND NOT EXISTS (SELECT 1 FROM directory_member x
			WHERE x.organisation_id = m.organisation_id AND x.place = 'owner' AND x.account_id <> m.account_id) ORDER BY o.name LIMIT 20`, account)
	return names, err
}

// forgetAccount takes away where the directory says who somebody is; what happened stays, without the person.
func forgetAccount(ctx context.Context, tx *db.Tx, account db.ID, mail string) error {
	for _, q := range []string{
		`DELETE FROM directory_member WHERE account_id = ?1`,
		`DELETE FROM directory_join WHERE account_id = ?1`,
		`DELETE FROM directory_tally WHERE subject = ?1`,
		`UPDATE directory_note SET account_id = NULL WHERE account_id = ?1`,
		`UPDATE directory_invitation SET invited_by = NULL WHERE invited_by = ?1`,
		`UPDATE directory_invitation SET accepted_by = NULL WHERE accepted_by = ?1`,
		`UPDATE directory_contact SET created_by = NULL WHERE created_by = ?1`,
		`UPDATE directory_contact SET verified_by = created_by WHERE verified_by = ?1`,
	} {
		if _, err := tx.Exec(ctx, q, account); err != nil {
			return err
		}
	}
	if mail == "" {
		return nil
	}
	_, err := tx.Exec(ctx, `DELETE FROM directory_invitation WHERE mail = ?1`, mail)
	return err
}
