package directory

import (
	"context"
	"time"

	"polder/internal/db"
)

func ownMailboxes(ctx context.Context, tx *db.Tx, organisation db.ID) (list []Mailbox, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		m := Mailbox{Every: true}
		var main int
		err := scan(&m.ID, &m.Email, &main, &m.Language)
		m.Main = main == 1
		list = append(list, m)
		return err
	}, `SELECT c.id, c.email, c.main, o.language FROM directory_contact c JOIN directory_organisation o ON o.id = c.organisation_id
		WHERE c.organisation_id = ?1 AND c.purpose = 'warnings' AND c.verified_at IS NOT NULL AND o.state = 'accepted'
		ORDER BY c.main DESC, c.created_at, c.id LIMIT ?2`, organisation, mostMailboxes)
	return list, err
}

func heldMailboxes(ctx context.Context, tx *db.Tx, organisation db.ID, now time.Time, limit int) (list []Mailbox, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var m Mailbox
		var every int
		var ends db.Time
		err := scan(&m.ID, &m.Email, &m.Language, &m.Holder, &every, &ends)
		m.Every, m.Ends = every == 1, ends.Time
		list = append(list, m)
		return err
	}, `SELECT g.id, c.email, h.language, h.name, g.every_asset, g.ends_at FROM directory_mandate g
		JOIN directory_organisation o ON o.id = g.organisation_id AND o.state = 'accepted'
		JOIN directory_organisation h ON h.id = g.holder_id AND h.state = 'accepted'
		JOIN directory_contact c ON c.organisation_id = h.id AND c.purpose = 'warnings' AND c.main = 1 AND c.verified_at IS NOT NULL
		WHERE g.organisation_id = ?1 AND g.withdrawn_at IS NULL AND g.ends_at > ?2 AND g.acting = 1
		ORDER BY h.name, g.id LIMIT ?3`, organisation, db.At(now), limit)
	return list, err
}
