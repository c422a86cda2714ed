package directory

import (
	"context"
	"time"

	"polder/internal/db"
)

// lock keeps everybody else from changing the organisation until the transaction ends, and tells
// whether it is there. Every verb that counts before it changes comes here first.
func lock(ctx context.Context, tx *db.Tx, organisation db.ID) error {
	n, err := tx.Exec(ctx, `UPDATE directory_organisation SET changed_at = changed_at WHERE id = ?1`, organisation)
	if err == nil && n == 0 {
		err = hidden()
	}
	return err
}

func organisationByID(ctx context.Context, tx *db.Tx, id db.ID) (Organisation, error) {
	m, err := byIDs(ctx, tx, []db.ID{id})
	if err != nil {
		return Organisation{}, err
	}
	o, ok := m[id]
	if !ok {
		return o, hidden()
	}
	return o, nil
}

func insertOrganisation(ctx context.Context, tx *db.Tx, o Organisation) error {
	_, err := tx.Exec(ctx, `INSERT INTO directory_organisation (id, reference, name, registration_number, sector, province, employees, language,
		created_at, changed_at, kind, state, scheme, domain, register_name, waits_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10, ?11, ?12, ?13, ?14, ?15)`,
		o.ID, o.Reference, o.Name, o.RegistrationNumber, o.Sector, o.Province, o.Employees, o.Language,
		db.At(o.CreatedAt), o.Kind, string(o.State), o.Scheme, o.Domain, o.RegisterName, db.At(o.WaitsAt))
	return err
}

// saveOrganisation writes what may change.
func saveOrganisation(ctx context.Context, tx *db.Tx, o Organisation, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE directory_organisation SET name = ?2, registration_number = ?3, sector = ?4, province = ?5, employees = ?6,
		language = ?7, changed_at = ?8, kind = ?9, state = ?10, scheme = ?11, domain = ?12, register_name = ?13, wished_name = ?14,
		wished_number = ?15, waits_at = ?16, closed_at = ?17 WHERE id = ?1`,
		o.ID, o.Name, o.RegistrationNumber, o.Sector, o.Province, o.Employees, o.Language, db.At(now), o.Kind, string(o.State), o.Scheme,
		o.Domain, o.RegisterName, o.WishedName, o.WishedNumber, db.At(o.WaitsAt), db.At(o.ClosedAt))
	return err
}

// alike returns the open organisations with this number or this domain, but for one, oldest first.
func alike(ctx context.Context, tx *db.Tx, number, domain string, but db.ID, limit int) ([]Organisation, error) {
	return byAny(ctx, tx, `AND o.state IN ('requested', 'asked', 'accepted') ORDER BY o.created_at, o.id`, but, limit,
		likeness{sameNumber, number}, likeness{`o.domain = ?1 AND o.domain <> ''`, domain})
}

// acceptedByText returns accepted organisations that are called exactly so: by reference, number or name.
func acceptedByText(ctx context.Context, tx *db.Tx, text, number string, limit int) ([]Organisation, error) {
	return byAny(ctx, tx, `AND o.state = 'accepted' ORDER BY o.id`, db.ID{}, limit,
		likeness{`o.reference = ?1`, text}, likeness{sameNumber, number}, likeness{`LOWER(o.name) = LOWER(?1)`, text})
}

const sameNumber = `REPLACE(REPLACE(o.registration_number, ' ', ''), '.', '') = ?1`

// likeness is one way to find organisations; each has an index of its own, which one query for all
// would not use. With an empty value it finds none.
type likeness struct{ where, value string }

// byAny returns what is found in any of the ways, each organisation once and but for one.
func byAny(ctx context.Context, tx *db.Tx, rest string, but db.ID, limit int, ways ...likeness) (list []Organisation, err error) {
	seen := map[db.ID]bool{but: true}
	for _, w := range ways {
		if w.value == "" {
			continue
		}
		err := tx.Each(ctx, func(scan func(...any) error) error {
			o, err := scanOrganisation(scan)
			if !seen[o.ID] {
				seen[o.ID] = true
				list = append(list, o)
			}
			return err
		}, `SELECT `+organisationColumns+organisationFrom+`WHERE `+w.where+` `+rest+` LIMIT ?2`, w.value, limit)
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// tally counts one more try of today and returns how many there were, this one included. The row is
// locked until the transaction ends, so the tries of one subject wait for one another.
func tally(ctx context.Context, tx *db.Tx, subject db.ID, what string, now time.Time) (n int, err error) {
	day := now.Unix() / 86400
	if _, err = tx.Exec(ctx, `INSERT INTO directory_tally (subject, what, day, times) VALUES (?1, ?2, ?3, 1)
		ON CONFLICT (subject, what, day) DO UPDATE SET times = directory_tally.times + 1`, subject, what, day); err != nil {
		return 0, err
	}
	err = tx.One(ctx, `SELECT times FROM directory_tally WHERE subject = ?1 AND what = ?2 AND day = ?3`, []any{subject, what, day}, &n)
	return n, err
}

func insertNote(ctx context.Context, tx *db.Tx, n Note) error {
	_, err := tx.Exec(ctx, `INSERT INTO directory_note (id, organisation_id, kind, text, account_id, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)`,
		n.ID, n.Organisation, n.Kind, n.Text, n.Account, db.At(n.At))
	return err
}

func notesOf(ctx context.Context, tx *db.Tx, organisation db.ID, limit int) (list []Note, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var n Note
		var at db.Time
		err := scan(&n.ID, &n.Organisation, &n.Kind, &n.Text, &n.Account, &at)
		n.At = at.Time
		list = append(list, n)
		return err
	}, `SELECT id, organisation_id, kind, text, account_id, at FROM directory_note WHERE organisation_id = ?1 ORDER BY at DESC, id DESC LIMIT ?2`, organisation, limit)
	return list, err
}

func notesBy(ctx context.Context, tx *db.Tx, account db.ID) (list []Note, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var n Note
		var at db.Time
		err := scan(&n.ID, &n.Organisation, &n.Kind, &n.Text, &n.Account, &at)
		n.At = at.Time
		list = append(list, n)
		return err
	}, `SELECT id, organisation_id, kind, text, account_id, at FROM directory_note WHERE account_id = ?1 ORDER BY at LIMIT 1000`, account)
	return list, err
}

// insertJoin notes that somebody asks to be let in, and tells whether that is new: it is not while
// the last time is open or was less than a week ago.
func insertJoin(ctx context.Context, tx *db.Tx, organisation, account db.ID, now time.Time) (bool, error) {
	n, err := tx.Exec(ctx, `INSERT INTO directory_join (id, organisation_id, account_id, asked_at) VALUES (?1, ?2, ?3, ?4)
		ON CONFLICT (organisation_id, account_id) DO UPDATE SET asked_at = excluded.asked_at, decided_at = NULL
		WHERE directory_join.decided_at IS NOT NULL AND directory_join.asked_at < ?5`,
		db.NewID(), organisation, account, db.At(now), db.At(now.AddDate(0, 0, -7)))
	return n == 1, err
}

func openJoins(ctx context.Context, tx *db.Tx, organisation db.ID, limit int) (list []Join, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var j Join
		var at db.Time
		err := scan(&j.ID, &j.Account, &at)
		j.AskedAt = at.Time
		list = append(list, j)
		return err
	}, `SELECT id, account_id, asked_at FROM directory_join WHERE organisation_id = ?1 AND decided_at IS NULL ORDER BY asked_at, id LIMIT ?2`, organisation, limit)
	return list, err
}

// decideJoin closes an open request of the organisation and returns whose it was.
func decideJoin(ctx context.Context, tx *db.Tx, organisation, join db.ID, now time.Time) (account db.ID, err error) {
	if err = tx.One(ctx, `SELECT account_id FROM directory_join WHERE id = ?1 AND organisation_id = ?2 AND decided_at IS NULL`, []any{join, organisation}, &account); err != nil {
		return account, err
	}
	n, err := tx.Exec(ctx, `UPDATE directory_join SET decided_at = ?3 WHERE id = ?1 AND organisation_id = ?2 AND decided_at IS NULL`, join, organisation, db.At(now))
	if err == nil && n == 0 {
		err = db.ErrNoRows
	}
	return account, err
}

// joinsOf returns when the account asked to be let in somewhere. Where is not told: it never learned
// which organisations were found.
func joinsOf(ctx context.Context, tx *db.Tx, account db.ID) (list []time.Time, err error) {
	list = []time.Time{}
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var at db.Time
		err := scan(&at)
		list = append(list, at.Time)
		return err
	}, `SELECT asked_at FROM directory_join WHERE account_id = ?1 ORDER BY asked_at LIMIT 1000`, account)
	return list, err
}
