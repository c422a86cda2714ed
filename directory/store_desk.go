package directory

import (
	"context"
	"errors"
	"strings"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
)

func organisationsBy(ctx context.Context, tx *db.Tx, rest string, args ...any) (list []Organisation, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		o, err := scanOrganisation(scan)
		list = append(list, o)
		return err
	}, `SELECT `+organisationColumns+organisationFrom+rest, args...)
	return list, err
}

// queueOf returns what waits, longest first, after the organisation given (zero: from the start).
func queueOf(ctx context.Context, tx *db.Tx, shelf Shelf, after db.ID, limit int) ([]Organisation, error) {
	column, where := `o.waits_at`, `o.waits_at IS NOT NULL`
	if shelf == Pending {
		column, where = `o.created_at`, `o.state = 'asked'`
	}
	if after.IsZero() {
		return organisationsBy(ctx, tx, `WHERE `+where+` ORDER BY `+column+`, o.id LIMIT ?1`, limit)
	}
	var from int64
	err := tx.One(ctx, `SELECT `+column+` FROM directory_organisation o WHERE o.id = ?1 AND `+where, []any{after}, &from)
	if errors.Is(err, db.ErrNoRows) { // it was decided meanwhile: what is left begins anew
		return queueOf(ctx, tx, shelf, db.ID{}, limit)
	}
	if err != nil {
		return nil, err
	}
	return organisationsBy(ctx, tx, `WHERE `+where+` AND `+column+` >= ?1 AND (`+column+` > ?1 OR o.id > ?2) ORDER BY `+column+`, o.id LIMIT ?3`, from, after, limit)
}

// exactly returns organisations by reference, number or domain.
func exactly(ctx context.Context, tx *db.Tx, reference, number, domain string, limit int) (list []Organisation, err error) {
	seen := map[db.ID]bool{}
	for _, q := range []struct{ where, arg string }{
		{`o.reference = ?1`, reference},
		{`o.reference = ?1`, strings.ToUpper(reference)},
		{`REPLACE(REPLACE(o.registration_number, ' ', ''), '.', '') = ?1`, number},
		{`o.domain = ?1 AND o.domain <> ''`, domain},
	} {
		if q.arg == "" {
			continue
		}
		found, err := organisationsBy(ctx, tx, `WHERE `+q.where+` ORDER BY o.id LIMIT ?2`, q.arg, limit)
		if err != nil {
			return nil, err
		}
		for _, o := range found {
			if !seen[o.ID] && len(list) < limit {
				seen[o.ID] = true
				list = append(list, o)
			}
		}
	}
	return list, nil
}

// byName gives the conditions and the order for names in the order of their bytes, which is how the
// index has them. SQLite orders so by itself; PostgreSQL by its collation unless it is asked.
func byName(tx *db.Tx) (from, below, after, order string) {
	if tx.Postgres() {
		return `LOWER(o.name) ~>=~ LOWER(?1)`, `LOWER(o.name) ~<~ ?2`, `(LOWER(o.name) ~>~ LOWER(?3) OR LOWER(o.name) = LOWER(?3) AND o.id > ?4)`, `LOWER(o.name) USING ~<~, o.id`
	}
	return `LOWER(o.name) >= LOWER(?1)`, `LOWER(o.name) < ?2`, `(LOWER(o.name) > LOWER(?3) OR LOWER(o.name) = LOWER(?3) AND o.id > ?4)`, `LOWER(o.name), o.id`
}

// beginning returns organisations whose name begins with q, after the cursor. The ids come first, by
// the index alone; what belongs to them is read for those.
func beginning(ctx context.Context, tx *db.Tx, q string, after Cursor, limit int) ([]Organisation, error) {
	from, below, past, order := byName(tx)
	end, err := lowered(ctx, tx, q)
	if err != nil {
		return nil, err
	}
	where, args := `WHERE `+from+` AND `+below+` AND `+past+` ORDER BY `+order+` LIMIT ?5`, []any{q, end + "\U0010FFFF", after.Name, after.ID, limit}
	switch {
	case after != (Cursor{}):
		args[0] = after.Name // the index begins there: what is left begins with q, or lies past the end
	default:
		where, args = `WHERE `+from+` AND `+below+` ORDER BY `+order+` LIMIT ?3`, []any{q, end + "\U0010FFFF", limit}
	}
	var ids []db.ID
	if err := tx.Each(ctx, func(scan func(...any) error) error {
		var id db.ID
		err := scan(&id)
		ids = append(ids, id)
		return err
	}, `SELECT o.id FROM directory_organisation o `+where, args...); err != nil {
		return nil, err
	}
	found, err := byIDs(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	list := make([]Organisation, len(ids))
	for i, id := range ids {
		list[i] = found[id]
	}
	return list, nil
}

// lowered is the text in the small letters of the database, which are those of its index.
func lowered(ctx context.Context, tx *db.Tx, s string) (small string, err error) {
	err = tx.One(ctx, `SELECT LOWER(CAST(?1 AS TEXT))`, []any{s}, &small)
	return small, err
}

// mineOf returns what the account belongs to and acts for, with a name that begins with q.
func mineOf(ctx context.Context, tx *db.Tx, account db.ID, q string, after Cursor, now time.Time, limit int) (list []Mine, err error) {
	from, below, past, order := byName(tx)
	end, err := lowered(ctx, tx, q)
	if err != nil {
		return nil, err
	}
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var m Mine
		var place string
		var acting int
		var ends db.Time
		err := scan(&m.ID, &m.Name, &m.Reference, &m.State, &place, &m.Mandate, &acting, &m.Behalf, &ends)
		m.Place, _ = actor.ParsePlace(place)
		m.Acting, m.EndsAt = acting == 1, ends.Time
		list = append(list, m)
		return err
	}, `SELECT o.id, o.name, o.reference, o.state, p.place, p.mandate_id, p.acting, p.behalf, p.ends_at
		FROM (
			SELECT m.organisation_id, m.place, NULL AS mandate_id, CASE WHEN m.place = 'member' THEN 0 ELSE 1 END AS acting, '' AS behalf, NULL AS ends_at
			FROM directory_member m WHERE m.account_id = ?6
			UNION ALL
			SELECT g.organisation_id, 'delegate', g.id, CASE WHEN m.place = 'member' THEN 0 ELSE g.acting END, h.name, g.ends_at
			FROM directory_member m JOIN directory_mandate g ON g.holder_id = m.organisation_id AND g.withdrawn_at IS NULL AND g.ends_at > ?7
			JOIN directory_organisation h ON h.id = g.holder_id AND h.state = 'accepted'
			WHERE m.account_id = ?6 AND NOT EXISTS (SELECT 1 FROM directory_member x WHERE x.organisation_id = g.organisation_id AND x.account_id = ?6)
		) p JOIN directory_organisation o ON o.id = p.organisation_id
		WHERE o.state <> 'closed' AND `+from+` AND `+below+` AND `+past+` ORDER BY `+order+` LIMIT ?5`,
		q, end+"\U0010FFFF", after.Name, after.ID, limit, account, db.At(now))
	return list, err
}
