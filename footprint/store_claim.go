package footprint

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"polder/internal/db"
)

const claimColumns = `id, organisation_id, kind, value, role, state, method, evidence, reason, plea, via, leads, asked, outcome, registered_by, registered_at,
	proven_at, checked_at, check_at, failures, failing_since, expires_at, reminded, decided_by, decided_at, changed_at`

// An asset that the operator imported has no claim, and is shown as one that is active.
const assetAsClaim = `id, organisation_id, kind, value, role, 'active' AS state, 'operator' AS method, '' AS evidence, '' AS reason, '' AS plea, '' AS via, '' AS leads,
	'' AS asked, '' AS outcome, NULL AS registered_by, registered_at, registered_at AS proven_at, NULL AS checked_at, NULL AS check_at,
	0 AS failures, NULL AS failing_since, NULL AS expires_at, 0 AS reminded, NULL AS decided_by, NULL AS decided_at, changed_at`

func scanClaim(scan func(...any) error) (c Claim, err error) {
	var kind, role, state, method string
	var registered, proven, checked, check, failing, expires, decided, changed db.Time
	if err = scan(&c.ID, &c.Organisation, &kind, &c.Value, &role, &state, &method, &c.Evidence, &c.Reason, &c.Plea, &c.Via, &c.Leads, &c.Asked, &c.Outcome,
		&c.RegisteredBy, &registered, &proven, &checked, &check, &c.Failures, &failing, &expires, &c.Reminded, &c.DecidedBy, &decided, &changed); err != nil {
		return c, err
	}
	var knownKind, knownRole bool
	c.Kind, knownKind = ParseKind(kind)
	c.Role, knownRole = ParseRole(role)
	if !knownKind || !knownRole {
		return c, fmt.Errorf("claim %s has kind %q and role %q", c.ID, kind, role)
	}
	c.State, c.Method = State(state), Method(method)
	c.RegisteredAt, c.ProvenAt, c.CheckedAt, c.CheckAt = registered.Time, proven.Time, checked.Time, check.Time
	c.FailingSince, c.ExpiresAt, c.DecidedAt, c.ChangedAt = failing.Time, expires.Time, decided.Time, changed.Time
	return c, nil
}

func claims(ctx context.Context, tx *db.Tx, q string, args ...any) (list []Claim, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		c, err := scanClaim(scan)
		list = append(list, c)
		return err
	}, q, args...)
	return list, err
}

func oneClaim(ctx context.Context, tx *db.Tx, q string, args ...any) (c Claim, err error) {
	list, err := claims(ctx, tx, q, args...)
	if err == nil && len(list) == 0 {
		err = db.ErrNoRows
	}
	if err != nil {
		return c, err
	}
	return list[0], nil
}

// claimOf returns one claim of an organisation, or the asset of the operator as if it were one.
func claimOf(ctx context.Context, tx *db.Tx, organisation, id db.ID) (Claim, error) {
	c, err := oneClaim(ctx, tx, `SELECT `+claimColumns+` FROM footprint_claim WHERE id = ?1 AND organisation_id = ?2`, id, organisation)
	if errors.Is(err, db.ErrNoRows) {
		c, err = oneClaim(ctx, tx, `SELECT `+assetAsClaim+` FROM footprint_asset WHERE id = ?1 AND organisation_id = ?2 AND state = 'proven'`, id, organisation)
	}
	return c, err
}

func claimByID(ctx context.Context, tx *db.Tx, id db.ID) (Claim, error) {
	c, err := oneClaim(ctx, tx, `SELECT `+claimColumns+` FROM footprint_claim WHERE id = ?1`, id)
	if errors.Is(err, db.ErrNoRows) {
		c, err = oneClaim(ctx, tx, `SELECT `+assetAsClaim+` FROM footprint_asset WHERE id = ?1 AND state = 'proven'`, id)
	}
	return c, err
}

// lockRegister makes changes of claims and imports wait for each other, always by this one row first.
func lockRegister(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, `UPDATE footprint_version SET version = version WHERE id = 1`)
	return err
}

// lockClaim returns the claim as nobody else can change it until the transaction ends.
func lockClaim(ctx context.Context, tx *db.Tx, organisation, id db.ID) (Claim, error) {
	if err := lockRegister(ctx, tx); err != nil {
		return Claim{}, err
	}
	if organisation.IsZero() {
		return claimByID(ctx, tx, id)
	}
	return claimOf(ctx, tx, organisation, id)
}

// claimFor returns the organisation's claim on a value, with the id to be used when there is none
// yet: that of the asset, where the operator had it before.
func claimFor(ctx context.Context, tx *db.Tx, organisation db.ID, kind Kind, value string) (c Claim, found bool, err error) {
	c, err = oneClaim(ctx, tx, `SELECT `+claimColumns+` FROM footprint_claim WHERE organisation_id = ?1 AND kind = ?2 AND value = ?3`, organisation, kind.String(), value)
	if err == nil || !errors.Is(err, db.ErrNoRows) {
		return c, err == nil, err
	}
	c = Claim{ID: db.NewID(), Organisation: organisation, Kind: kind, Value: value}
	var state string
	err = tx.One(ctx, `SELECT id, state FROM footprint_asset WHERE organisation_id = ?1 AND kind = ?2 AND value = ?3`,
		[]any{organisation, kind.String(), value}, &c.ID, &state)
	if errors.Is(err, db.ErrNoRows) {
		return c, false, nil
	}
	if err == nil && state == "proven" {
		c, err = claimOf(ctx, tx, organisation, c.ID)
		return c, true, err
	}
	return c, false, err
}

// saveClaim writes the claim as it is.
func saveClaim(ctx context.Context, tx *db.Tx, c Claim) error {
	_, err := tx.Exec(ctx, `INSERT INTO footprint_claim (`+claimColumns+`) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,
		?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26) ON CONFLICT (id) DO UPDATE SET role = excluded.role, state = excluded.state,
		method = excluded.method, evidence = excluded.evidence, reason = excluded.reason, plea = excluded.plea, via = excluded.via, leads = excluded.leads, asked = excluded.asked,
		outcome = excluded.outcome, registered_by = excluded.registered_by, registered_at = excluded.registered_at,
		proven_at = excluded.proven_at, checked_at = excluded.checked_at, check_at = excluded.check_at, failures = excluded.failures,
		failing_since = excluded.failing_since, expires_at = excluded.expires_at, reminded = excluded.reminded,
		decided_by = excluded.decided_by, decided_at = excluded.decided_at, changed_at = excluded.changed_at`,
		c.ID, c.Organisation, c.Kind.String(), c.Value, c.Role.String(), string(c.State), string(c.Method), c.Evidence, c.Reason, c.Plea, c.Via, c.Leads,
		c.Asked, c.Outcome, c.RegisteredBy, db.At(c.RegisteredAt), db.At(c.ProvenAt), db.At(c.CheckedAt), db.At(c.CheckAt), c.Failures,
		db.At(c.FailingSince), db.At(c.ExpiresAt), c.Reminded, c.DecidedBy, db.At(c.DecidedAt), db.At(c.ChangedAt))
	return err
}

// Filter says which claims of an organisation to list.
type Filter struct {
	State State
	Kind  Kind
	Find  string  // part of the value
	Only  []db.ID // these alone, when Every is false
	Every bool
}

// filtered is the list as a table: claims, and assets of the operator without one.
func (f Filter) filtered(organisation db.ID) (from string, args []any) {
	args = []any{organisation, string(f.State), f.Kind.String(), "%" + likeEscape.Replace(strings.ToLower(f.Find)) + "%"}
	only := ""
	if !f.Every {
		only = " AND id IN (NULL"
		for i := range f.Only {
			args = append(args, f.Only[i])
			only += fmt.Sprintf(", ?%d", len(args))
		}
		only += ")"
	}
	from = `(SELECT ` + claimColumns + ` FROM footprint_claim WHERE organisation_id = ?1
		UNION ALL SELECT ` + assetAsClaim + ` FROM footprint_asset a WHERE organisation_id = ?1 AND state = 'proven'
		AND NOT EXISTS (SELECT 1 FROM footprint_claim c WHERE c.id = a.id)) AS x
		WHERE (?2 = '' AND state <> 'withdrawn' OR state = ?2) AND (?3 = '' OR kind = ?3) AND lower(value) LIKE ?4 ESCAPE '!'` + only
	return from, args
}

var likeEscape = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

func listClaims(ctx context.Context, tx *db.Tx, organisation db.ID, f Filter, offset, limit int) (list []Claim, total int, err error) {
	from, args := f.filtered(organisation)
	if err := tx.One(ctx, `SELECT count(*) FROM `+from, args, &total); err != nil {
		return nil, 0, err
	}
	n := len(args)
	list, err = claims(ctx, tx, `SELECT `+claimColumns+` FROM `+from+fmt.Sprintf(` ORDER BY CASE state WHEN 'contested' THEN 0 WHEN 'unproven' THEN 1
		WHEN 'pending' THEN 2 WHEN 'proven' THEN 3 WHEN 'expired' THEN 4 WHEN 'active' THEN 5 ELSE 6 END, kind, value, id LIMIT ?%d OFFSET ?%d`, n+1, n+2), append(args, limit, offset)...)
	return list, total, err
}

func countClaims(ctx context.Context, tx *db.Tx, organisation db.ID, f Filter) (map[State]int, error) {
	counts := map[State]int{}
	from, args := f.filtered(organisation)
	err := tx.Each(ctx, func(scan func(...any) error) error {
		var state string
		var n int
		err := scan(&state, &n)
		counts[State(state)] = n
		return err
	}, `SELECT state, count(*) FROM `+strings.Replace(from, "?2 = '' AND state <> 'withdrawn'", "?2 = ''", 1)+` GROUP BY state`, args...)
	return counts, err
}

// claimsToCheck returns claims whose proof must be looked at, the most overdue first.
func claimsToCheck(ctx context.Context, tx *db.Tx, now time.Time, limit int) ([]Claim, error) {
	return claims(ctx, tx, `SELECT `+claimColumns+` FROM footprint_claim WHERE check_at IS NOT NULL AND check_at <= ?1 ORDER BY check_at, id LIMIT ?2`, db.At(now), limit)
}

// claimsToEnd returns claims whose term ends before the moment given and that had fewer reminders.
func claimsToEnd(ctx context.Context, tx *db.Tx, before time.Time, reminded, limit int) ([]Claim, error) {
	return claims(ctx, tx, `SELECT `+claimColumns+` FROM footprint_claim WHERE expires_at IS NOT NULL AND expires_at <= ?1 AND reminded < ?2
		ORDER BY expires_at, id LIMIT ?3`, db.At(before), reminded, limit)
}

// claimsIn returns claims of an organisation in some states; all when none is given.
func claimsIn(ctx context.Context, tx *db.Tx, organisation, after db.ID, limit int, states ...State) ([]Claim, error) {
	args := []any{organisation, after[:], limit}
	where := ""
	if len(states) > 0 {
		where = " AND state IN (NULL"
		for _, s := range states {
			args = append(args, string(s))
			where += fmt.Sprintf(", ?%d", len(args))
		}
		where += ")"
	}
	return claims(ctx, tx, `SELECT `+claimColumns+` FROM footprint_claim WHERE organisation_id = ?1 AND id > ?2`+where+` ORDER BY id LIMIT ?3`, args...)
}

// mostDesk is how many claims of a list are counted and paged through; others are found by what they are.
const mostDesk = 10_000

// deskClaims returns claims of all organisations in one of deskLists, the longest waiting first, and how
// many there are, up to mostDesk; limit 0 only counts.
func deskClaims(ctx context.Context, tx *db.Tx, where string, offset, limit int) (list []Claim, total int, err error) {
	offset = min(offset, mostDesk)
	if err := tx.One(ctx, `SELECT count(*) FROM (SELECT 1 FROM footprint_claim WHERE `+where+` LIMIT ?1) AS c`, []any{mostDesk}, &total); err != nil || limit == 0 {
		return nil, total, err
	}
	list, err = claims(ctx, tx, `SELECT `+claimColumns+` FROM footprint_claim WHERE `+where+` ORDER BY changed_at, id LIMIT ?1 OFFSET ?2`, limit, offset)
	return list, total, err
}

// What staff look for, by the name of the list.
var deskLists = map[string]string{
	"contested": `state = 'contested'`,
	"asked":     `state IN ('pending', 'unproven') AND plea <> ''`,
	"waiting":   `state IN ('pending', 'unproven') AND plea = ''`,
	"refused":   `state = 'refused'`,
	"active":    `state = 'active'`,
}

// waitingOf counts what an organisation still has to prove, and all that it claims.
func waitingOf(ctx context.Context, tx *db.Tx, organisation db.ID) (waiting, all int, err error) {
	err = tx.One(ctx, `SELECT coalesce(sum(CASE WHEN state IN ('pending', 'unproven') THEN 1 ELSE 0 END), 0), count(*) FROM footprint_claim
		WHERE organisation_id = ?1 AND state <> 'withdrawn'`, []any{organisation}, &waiting, &all)
	return waiting, all, err
}

// putAsset makes the asset of an active claim proven, and takeAsset withdraws it.
func putAsset(ctx context.Context, tx *db.Tx, c Claim, now time.Time, version int64) error {
	n, err := tx.Exec(ctx, `INSERT INTO footprint_asset (id, organisation_id, kind, value, role, state, method, registered_at, changed_at, version)
		VALUES (?1, ?2, ?3, ?4, ?5, 'proven', ?6, ?7, ?7, ?8) ON CONFLICT (organisation_id, kind, value) DO UPDATE SET role = excluded.role,
		state = 'proven', method = excluded.method, registered_at = excluded.registered_at, changed_at = excluded.changed_at, version = excluded.version
		WHERE footprint_asset.id = excluded.id`, c.ID, c.Organisation, c.Kind.String(), c.Value, c.Role.String(), string(c.Method), db.At(now), version)
	if err == nil && n != 1 {
		err = fmt.Errorf("claim %s has an asset of another id", c.ID)
	}
	return err
}

func takeAsset(ctx context.Context, tx *db.Tx, id db.ID, now time.Time, version int64) (int64, error) {
	n, err := tx.Exec(ctx, `UPDATE footprint_asset SET state = 'withdrawn', changed_at = ?2, version = ?3 WHERE id = ?1 AND state = 'proven'`, id, db.At(now), version)
	if err != nil || n == 0 {
		return n, err
	}
	_, err = tx.Exec(ctx, `UPDATE footprint_correction SET state = 'closed', closed_at = ?2 WHERE asset_id = ?1 AND state = 'open'`, id, db.At(now))
	return n, err
}

// looksOf counts the claims of an organisation, but for one, that were asked to be looked at since a
// moment and were not yet.
func looksOf(ctx context.Context, tx *db.Tx, organisation, but db.ID, since time.Time) (n int, err error) {
	err = tx.One(ctx, `SELECT count(*) FROM footprint_claim WHERE organisation_id = ?1 AND asked <> '' AND id <> ?2 AND changed_at > ?3`,
		[]any{organisation, but, db.At(since)}, &n)
	return n, err
}

func anyClaims(ctx context.Context, tx *db.Tx) (bool, error) {
	var n int
	err := tx.One(ctx, `SELECT count(*) FROM (SELECT 1 FROM footprint_claim LIMIT 1) AS c`, nil, &n)
	return n > 0, err
}

// claimImported makes the claims on what an import made proven active, and of what it withdrew withdrawn.
func claimImported(ctx context.Context, tx *db.Tx, now, version int64, state State) error {
	_, err := tx.Exec(ctx, `UPDATE footprint_claim SET state = ?3, role = (SELECT a.role FROM footprint_asset a WHERE a.id = footprint_claim.id),
		method = CASE WHEN ?3 = 'active' THEN 'operator' ELSE method END, evidence = '', asked = '', outcome = '', check_at = NULL, expires_at = NULL, failures = 0, failing_since = NULL,
		proven_at = CASE WHEN ?3 = 'active' THEN ?1 ELSE proven_at END, changed_at = ?1 WHERE id IN (SELECT a.id FROM footprint_asset a WHERE a.version = ?2)`, now, version, string(state))
	return err
}

// takeAssetsOf withdraws all that an organisation still has.
func takeAssetsOf(ctx context.Context, tx *db.Tx, organisation db.ID, now time.Time, version int64) error {
	if _, err := tx.Exec(ctx, `UPDATE footprint_asset SET state = 'withdrawn', changed_at = ?2, version = ?3
		WHERE organisation_id = ?1 AND state = 'proven'`, organisation, db.At(now), version); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE footprint_correction SET state = 'closed', closed_at = ?2 WHERE organisation_id = ?1 AND state = 'open'`, organisation, db.At(now))
	return err
}

// hurryRoutes has the routes of an organisation looked at soon, as one of its domains has gone.
func hurryRoutes(ctx context.Context, tx *db.Tx, organisation db.ID, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE footprint_claim SET check_at = ?2 WHERE organisation_id = ?1 AND method = 'route' AND check_at > ?2`, organisation, db.At(now))
	return err
}

func forgetPerson(ctx context.Context, tx *db.Tx, account db.ID) error {
	_, err := tx.Exec(ctx, `UPDATE footprint_claim SET registered_by = CASE WHEN registered_by = ?1 THEN NULL ELSE registered_by END,
		decided_by = CASE WHEN decided_by = ?1 THEN NULL ELSE decided_by END WHERE registered_by = ?1 OR decided_by = ?1`, account)
	return err
}

func proofs(ctx context.Context, tx *db.Tx, organisation db.ID) (look, renew time.Time, err error) {
	var check, expires db.Time
	err = tx.One(ctx, `SELECT min(check_at), min(expires_at) FROM footprint_claim WHERE organisation_id = ?1 AND state = 'active'`,
		[]any{organisation}, &check, &expires)
	return check.Time, expires.Time, err
}
