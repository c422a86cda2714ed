package directory

import (
	"context"
	"strconv"
	"strings"

	"polder/internal/db"
)

const organisationColumns = `o.id, o.reference, o.name, o.registration_number, o.sector, o.province, o.employees,
	o.language, COALESCE(c.email, ''), o.created_at, o.kind, o.state, o.scheme, o.domain, o.register_name, o.wished_name, o.wished_number,
	o.waits_at, o.closed_at`

// Nothing goes to an organisation that staff has not accepted, or that is closed.
const organisationFrom = ` FROM directory_organisation o
	LEFT JOIN directory_contact c ON c.organisation_id = o.id AND c.purpose = 'warnings' AND c.main = 1 AND o.state = 'accepted' `

func scanOrganisation(scan func(...any) error) (o Organisation, err error) {
	var created, waits, closed db.Time
	err = scan(&o.ID, &o.Reference, &o.Name, &o.RegistrationNumber, &o.Sector, &o.Province, &o.Employees, &o.Language, &o.Email, &created,
		&o.Kind, &o.State, &o.Scheme, &o.Domain, &o.RegisterName, &o.WishedName, &o.WishedNumber, &waits, &closed)
	o.CreatedAt, o.WaitsAt, o.ClosedAt = created.Time, waits.Time, closed.Time
	return o, err
}

func byReference(ctx context.Context, tx *db.Tx, reference string) (o Organisation, err error) {
	err = tx.One(ctx, `SELECT o.id`+organisationFrom+`WHERE o.reference = ?1`, []any{reference}, &o.ID)
	if err != nil {
		return o, err
	}
	m, err := byIDs(ctx, tx, []db.ID{o.ID})
	return m[o.ID], err
}

func byIDs(ctx context.Context, tx *db.Tx, ids []db.ID) (map[db.ID]Organisation, error) {
	found := make(map[db.ID]Organisation, len(ids))
	for len(ids) > 0 {
		n := min(500, len(ids))
		args := make([]any, n)
		for i, id := range ids[:n] {
			args[i] = id[:]
		}
		ids = ids[n:]
		err := tx.Each(ctx, func(scan func(...any) error) error {
			o, err := scanOrganisation(scan)
			found[o.ID] = o
			return err
		}, `SELECT `+organisationColumns+organisationFrom+`WHERE o.id IN (`+places(n)+`)`, args...)
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

func idsByReference(ctx context.Context, tx *db.Tx, references []string) (map[string]db.ID, error) {
	found := make(map[string]db.ID, len(references))
	for len(references) > 0 {
		n := min(500, len(references))
		args := make([]any, n)
		for i, r := range references[:n] {
			args[i] = r
		}
		references = references[n:]
		err := tx.Each(ctx, func(scan func(...any) error) error {
			var id db.ID
			var reference string
			err := scan(&id, &reference)
			found[reference] = id
			return err
		}, `SELECT id, reference FROM directory_organisation WHERE reference IN (`+places(n)+`)`, args...)
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

func count(ctx context.Context, tx *db.Tx) (n int, err error) {
	err = tx.One(ctx, `SELECT count(*) FROM directory_organisation`, nil, &n)
	return n, err
}

func page(ctx context.Context, tx *db.Tx, after string, limit int) (list []Organisation, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		o, err := scanOrganisation(scan)
		list = append(list, o)
		return err
	}, `SELECT `+organisationColumns+organisationFrom+`WHERE o.reference > ?1 ORDER BY o.reference LIMIT ?2`, after, limit)
	return list, err
}

// places returns "?1, ?2, ..., ?n".
func places(n int) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		if i > 1 {
			b.WriteString(", ")
		}
		b.WriteByte('?')
		b.WriteString(strconv.Itoa(i))
	}
	return b.String()
}

var stageColumns = []string{"line", "id", "reference", "name", "registration_number", "sector", "province", "employees", "language", "email"}

// stage makes the temporary table that an import fills before anything real is touched.
func stage(ctx context.Context, tx *db.Tx) error {
	if _, err := tx.Exec(ctx, `CREATE TEMP TABLE IF NOT EXISTS directory_stage (line BIGINT, id BYTEA, reference TEXT PRIMARY KEY,
		name TEXT, registration_number TEXT, sector TEXT, province TEXT, employees BIGINT, language TEXT, email TEXT)`); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM directory_stage`)
	return err
}

// unstage turns the staged rows into organisations: those that are new, and those that differ in a
// column that the file has. An organisation counts as changed when its contact does, too.
func unstage(ctx context.Context, tx *db.Tx, now int64, has []bool) (added, changed int64, err error) {
	var set, differs []string
	for i, column := range []string{"reference", "name", "registration_number", "sector", "province", "employees", "language"} {
		if i > 0 && has[i] {
			set = append(set, column+" = s."+column)
			differs = append(differs, "o."+column+" <> s."+column)
		}
	}
	contact := has[len(has)-1]
	other := ` FALSE`
	if contact {
		other = ` (s.email <> '' AND NOT EXISTS (SELECT 1 FROM directory_contact c WHERE c.organisation_id = o.id AND c.purpose = 'warnings' AND c.email = s.email))
			OR EXISTS (SELECT 1 FROM directory_contact c WHERE c.id = o.id AND c.email <> s.email)`
	}
	changed, err = tx.Exec(ctx, `UPDATE directory_organisation AS o SET `+strings.Join(set, ", ")+`, changed_at = ?1
		FROM directory_stage s WHERE s.reference = o.reference AND (`+strings.Join(differs, " OR ")+` OR`+other+`)`, now)
	if err != nil {
		return 0, 0, err
	}
	added, err = tx.Exec(ctx, `INSERT INTO directory_organisation (id, reference, name, registration_number, sector, province, employees,
		language, created_at, changed_at)
		SELECT s.id, s.reference, s.name, s.registration_number, s.sector, s.province, s.employees, s.language, ?1, ?1
		FROM directory_stage s WHERE NOT EXISTS (SELECT 1 FROM directory_organisation o WHERE o.reference = s.reference)
		ORDER BY s.line`, now)
	if err != nil || !contact {
		return added, changed, err
	}
	return added, changed, unstageContacts(ctx, tx, now)
}

// unstageContacts makes the operator's contact of each staged organisation that of the file. It
// counts as verified, and as the main one unless the organisation has chosen one itself.
func unstageContacts(ctx context.Context, tx *db.Tx, now int64) error {
	for _, q := range []string{
		`DELETE FROM directory_contact WHERE EXISTS (SELECT 1 FROM directory_stage s JOIN directory_organisation o ON o.reference = s.reference
			WHERE o.id = directory_contact.id AND s.email <> directory_contact.email)`,
		`UPDATE directory_contact SET verified_at = ?1 WHERE verified_at IS NULL AND purpose = 'warnings' AND EXISTS (SELECT 1
			FROM directory_stage s JOIN directory_organisation o ON o.reference = s.reference
			WHERE o.id = directory_contact.organisation_id AND s.email = directory_contact.email)`,
		`INSERT INTO directory_contact (id, organisation_id, purpose, email, main, created_at, verified_at, code_tries)
			SELECT o.id, o.id, 'warnings', s.email, CASE WHEN EXISTS (SELECT 1 FROM directory_contact m
				WHERE m.organisation_id = o.id AND m.purpose = 'warnings' AND m.main = 1) THEN 0 ELSE 1 END, ?1, ?1, 0 FROM directory_stage s JOIN directory_organisation o ON o.reference = s.reference
			WHERE s.email <> '' AND o.state <> 'closed' AND NOT EXISTS (SELECT 1 FROM directory_contact c
				WHERE c.organisation_id = o.id AND c.purpose = 'warnings' AND c.email = s.email)`,
		`UPDATE directory_contact SET main = 1 WHERE purpose = 'warnings' AND main = 0 AND EXISTS (SELECT 1
			FROM directory_stage s JOIN directory_organisation o ON o.reference = s.reference
			WHERE o.id = directory_contact.organisation_id AND s.email = directory_contact.email)
			AND NOT EXISTS (SELECT 1 FROM directory_contact m WHERE m.organisation_id = directory_contact.organisation_id AND m.purpose = 'warnings' AND m.main = 1)`,
	} {
		var args []any
		if strings.Contains(q, "?1") {
			args = []any{now}
		}
		if _, err := tx.Exec(ctx, q, args...); err != nil {
			return err
		}
	}
	return nil
}
