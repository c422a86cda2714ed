package footprint

import (
	"context"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"polder/directory"
	"polder/internal/db"
)

const assetColumns = `id, organisation_id, kind, value, role, state, method, registered_at, version`

// scanAsset reads assetColumns. Kind and role compare as text without a copy.
func scanAsset(scan func(...any) error) (a Asset, err error) {
	var kind, role, state, method string
	var since db.Time
	if err = scan(&a.ID, &a.Organisation, &kind, &a.Value, &role, &state, &method, &since, &a.Version); err != nil {
		return a, err
	}
	var knownKind, knownRole bool
	a.Kind, knownKind = ParseKind(kind)
	a.Role, knownRole = ParseRole(role)
	if !knownKind || !knownRole {
		return a, fmt.Errorf("asset %s has kind %q and role %q", a.ID, kind, role)
	}
	a.Withdrawn, a.Shares, a.RegisteredAt = state == "withdrawn", Method(method) == ByRoute, since.Time
	return a, nil
}

func currentVersion(ctx context.Context, tx *db.Tx) (v int64, err error) {
	err = tx.One(ctx, `SELECT version FROM footprint_version WHERE id = 1`, nil, &v)
	return v, err
}

// nextVersion takes the number of the change that this transaction makes; others wait for it.
func nextVersion(ctx context.Context, tx *db.Tx) (v int64, err error) {
	err = tx.One(ctx, `UPDATE footprint_version SET version = version + 1 WHERE id = 1 RETURNING version`, nil, &v)
	return v, err
}

func changedSince(ctx context.Context, tx *db.Tx, version int64) (n int, err error) {
	err = tx.One(ctx, `SELECT count(*) FROM (SELECT 1 FROM footprint_asset WHERE version > ?1 LIMIT ?2) AS c`, []any{version, rebuildAt + 1}, &n)
	return n, err
}

func assetsSince(ctx context.Context, tx *db.Tx, version int64) (list []Asset, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		a, err := scanAsset(scan)
		list = append(list, a)
		return err
	}, `SELECT `+assetColumns+` FROM footprint_asset WHERE version > ?1 ORDER BY version, id`, version)
	return list, err
}

// assetsOf returns at most limit proven assets of one change, after the id given.
func assetsOf(ctx context.Context, tx *db.Tx, version int64, limit int) (list []Asset, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		a, err := scanAsset(scan)
		list = append(list, a)
		return err
	}, `SELECT `+assetColumns+` FROM footprint_asset WHERE version = ?1 AND state = 'proven' ORDER BY id LIMIT ?2`, version, limit)
	return list, err
}

// eachProven reads the proven assets that findings can match, as fast as the database gives them:
// the ranges by one connection and the rest by another. fn is called by one goroutine at a time. A
// change between the two readings is no harm: it has a later version, and is read again.
func eachProven(ctx context.Context, d *db.DB, fn func(Asset)) error {
	g, ctx := errgroup.WithContext(ctx)
	found := make(chan []Asset, 8)
	for _, kinds := range []string{`kind = 'prefix'`, `kind IN ('asn', 'domain')`} {
		g.Go(func() error {
			return d.Read(ctx, func(tx *db.Tx) error { return provenOf(ctx, tx, kinds, found) })
		})
	}
	go func() { g.Wait(); close(found) }()
	for batch := range found {
		for _, a := range batch {
			fn(a)
		}
	}
	return g.Wait()
}

func provenOf(ctx context.Context, tx *db.Tx, kinds string, found chan<- []Asset) error {
	const most = 1024
	batch := make([]Asset, 0, most)
	send := func() error {
		select {
		case found <- batch:
			batch = make([]Asset, 0, most)
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	var a Asset
	var kind, role, shares, since int64
	into := []any{&a.ID, &a.Organisation, &kind, &a.Value, &role, &shares, &since}
	err := tx.Each(ctx, func(scan func(...any) error) error {
		if err := scan(into...); err != nil {
			return err
		}
		a.Kind, a.Role, a.Shares, a.RegisteredAt = Kind(kind), Role(role), shares == 1, time.UnixMicro(since)
		if batch = append(batch, a); len(batch) == most {
			return send()
		}
		return nil
	}, `SELECT id, organisation_id, CASE kind WHEN 'prefix' THEN 1 WHEN 'asn' THEN 2 ELSE 3 END, value,
		CASE role WHEN 'owner' THEN 1 ELSE 2 END, CASE method WHEN 'route' THEN 1 ELSE 0 END, registered_at FROM footprint_asset WHERE state = 'proven' AND `+kinds)
	if err != nil {
		return err
	}
	return send()
}

func countAssets(ctx context.Context, tx *db.Tx) (n int, err error) {
	err = tx.One(ctx, `SELECT count(*) FROM footprint_asset WHERE state = 'proven'`, nil, &n)
	return n, err
}

func watched(ctx context.Context, tx *db.Tx, organisation db.ID) (n int, since db.Time, err error) {
	err = tx.One(ctx, `SELECT count(*), min(registered_at) FROM footprint_asset WHERE organisation_id = ?1 AND state = 'proven' AND kind <> 'product'`,
		[]any{organisation}, &n, &since)
	return n, since, err
}

func assetsOfOrganisation(ctx context.Context, tx *db.Tx, organisation db.ID, limit int) (list []Asset, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		a, err := scanAsset(scan)
		list = append(list, a)
		return err
	}, `SELECT `+assetColumns+` FROM footprint_asset WHERE organisation_id = ?1 AND state = 'proven' ORDER BY kind, value LIMIT ?2`, organisation[:], limit)
	return list, err
}

var stageColumns = []string{"line", "id", "organisation_id", "kind", "value", "role"}

func stage(ctx context.Context, tx *db.Tx) error {
	if _, err := tx.Exec(ctx, `CREATE TEMP TABLE IF NOT EXISTS footprint_stage (line BIGINT, id BYTEA, organisation_id BYTEA,
		kind TEXT, value TEXT, role TEXT)`); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM footprint_stage`)
	return err
}

// stagedTwice adds the lines that say something else of an asset than an earlier line.
func stagedTwice(ctx context.Context, tx *db.Tx, wrong *directory.WrongLines) error {
	return tx.Each(ctx, func(scan func(...any) error) error {
		var line, first int
		var kind, value string
		err := scan(&line, &first, &kind, &value)
		wrong.Add(line, fmt.Sprintf("%s %s of this organisation is on line %d already with another role; keep one of the two", kind, value, first))
		return err
	}, `SELECT max(line), min(line), min(kind), min(value) FROM footprint_stage
		GROUP BY organisation_id, kind, value HAVING count(DISTINCT role) > 1 ORDER BY 1`)
}

// unstage turns the staged rows into proven assets. Those that are proven with the same role stay
// as they are and keep their version.
func unstage(ctx context.Context, tx *db.Tx, now, version int64) (added, changed int64, err error) {
	claimed, err := anyClaims(ctx, tx)
	if err != nil {
		return 0, 0, err
	}
	// What the organisation claims itself keeps the id of its claim.
	if claimed {
		_, err = tx.Exec(ctx, `UPDATE footprint_stage SET id = c.id FROM footprint_claim c
		WHERE c.organisation_id = footprint_stage.organisation_id AND c.kind = footprint_stage.kind AND c.value = footprint_stage.value`)
	}
	if err != nil {
		return 0, 0, err
	}
	changed, err = tx.Exec(ctx, `UPDATE footprint_asset AS a SET role = s.role, state = 'proven', method = 'operator', changed_at = ?1, version = ?2,
		registered_at = CASE WHEN a.state = 'withdrawn' THEN ?1 ELSE a.registered_at END
		FROM footprint_stage s WHERE a.organisation_id = s.organisation_id AND a.kind = s.kind AND a.value = s.value
		AND (a.role <> s.role OR a.state <> 'proven')`, now, version)
	if err != nil {
		return 0, 0, err
	}
	added, err = tx.Exec(ctx, `INSERT INTO footprint_asset (id, organisation_id, kind, value, role, state, method, registered_at, changed_at, version)
		SELECT s.id, s.organisation_id, s.kind, s.value, s.role, 'proven', 'operator', ?1, ?1, ?2 FROM footprint_stage s
		WHERE true ON CONFLICT (organisation_id, kind, value) DO NOTHING`, now, version)
	if err != nil || !claimed {
		return added, changed, err
	}
	return added, changed, claimImported(ctx, tx, now, version, Active)
}

// withdrawStaged withdraws the staged assets and closes the corrections that asked for it.
func withdrawStaged(ctx context.Context, tx *db.Tx, now, version int64) (n int64, err error) {
	n, err = tx.Exec(ctx, `UPDATE footprint_asset AS a SET state = 'withdrawn', changed_at = ?1, version = ?2 FROM footprint_stage s
		WHERE a.organisation_id = s.organisation_id AND a.kind = s.kind AND a.value = s.value AND a.state = 'proven'`, now, version)
	if err != nil {
		return 0, err
	}
	_, err = tx.Exec(ctx, `UPDATE footprint_correction SET state = 'closed', closed_at = ?1 WHERE state = 'open' AND asset_id IN (
		SELECT id FROM footprint_asset WHERE version = ?2 AND state = 'withdrawn')`, now, version)
	if err != nil {
		return 0, err
	}
	if err := claimImported(ctx, tx, now, version, Withdrawn); err != nil {
		return 0, err
	}
	// The routes that hang on a domain that goes are looked at soon.
	_, err = tx.Exec(ctx, `UPDATE footprint_claim SET check_at = ?1 WHERE method = 'route' AND check_at > ?1 AND organisation_id IN (
		SELECT organisation_id FROM footprint_asset WHERE version = ?2 AND kind = 'domain' AND state = 'withdrawn')`, now, version)
	return n, err
}

func insertCorrection(ctx context.Context, tx *db.Tx, c Correction) (bool, error) {
	n, err := tx.Exec(ctx, `INSERT INTO footprint_correction (id, asset_id, organisation_id, reason, state, opened_at)
		VALUES (?1, ?2, ?3, ?4, 'open', ?5) ON CONFLICT DO NOTHING`, c.ID, c.Asset, c.Organisation, c.Reason, db.At(c.OpenedAt))
	return n == 1, err
}

func openCorrections(ctx context.Context, tx *db.Tx, limit int) (list []Correction, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var c Correction
		var opened db.Time
		err := scan(&c.ID, &c.Asset, &c.Organisation, &c.Reason, &opened, &c.Kind, &c.Value)
		c.OpenedAt = opened.Time
		list = append(list, c)
		return err
	}, `SELECT c.id, c.asset_id, c.organisation_id, c.reason, c.opened_at, a.kind, a.value
		FROM footprint_correction c JOIN footprint_asset a ON a.id = c.asset_id WHERE c.state = 'open' ORDER BY c.opened_at LIMIT ?1`, limit)
	return list, err
}

func asnString(n uint32) string {
	var b strings.Builder
	fmt.Fprintf(&b, "AS%d", n)
	return b.String()
}
