package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"polder/internal/db"
)

// The table notify_exposure_asset says which exposures were matched by an asset. It holds what their
// reasons hold: written with them, and removed with them.

// stageAssets fills the temporary table that pairs of exposure and asset are written or removed by.
func stageAssets(ctx context.Context, tx *db.Tx, pairs [][]any) error {
	if _, err := tx.Exec(ctx, `CREATE TEMP TABLE IF NOT EXISTS notify_stage_asset (organisation_id BYTEA, asset_id BYTEA, fingerprint BYTEA)`); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM notify_stage_asset`); err != nil {
		return err
	}
	if err := tx.Bulk(ctx, "notify_stage_asset", []string{"organisation_id", "asset_id", "fingerprint"}, pairs); err != nil {
		return err
	}
	return tx.Analyze(ctx, "notify_stage_asset")
}

func putAssets(ctx context.Context, tx *db.Tx, pairs [][]any) error {
	if len(pairs) == 0 {
		return nil
	}
	if err := stageAssets(ctx, tx, pairs); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO notify_exposure_asset (organisation_id, asset_id, fingerprint)
		SELECT organisation_id, asset_id, fingerprint FROM notify_stage_asset WHERE true ON CONFLICT DO NOTHING`)
	return err
}

func dropAssets(ctx context.Context, tx *db.Tx, pairs [][]any) error {
	if len(pairs) == 0 {
		return nil
	}
	if err := stageAssets(ctx, tx, pairs); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM notify_exposure_asset WHERE (organisation_id, asset_id, fingerprint) IN (
		SELECT organisation_id, asset_id, fingerprint FROM notify_stage_asset)`)
	return err
}

// pairsOf returns an exposure with each of the assets.
func pairsOf(k rowKey, assets []db.ID) (pairs [][]any) {
	for _, a := range assets {
		pairs = append(pairs, []any{k.organisation[:], a[:], k.fingerprint[:]})
	}
	return pairs
}

// assetsIn returns the assets that reasons name, as the database has them, each once.
func assetsIn(reasons string) (list []db.ID, err error) {
	var e Exposure
	if err := json.Unmarshal([]byte(reasons), &e.Reasons); err != nil {
		return nil, fmt.Errorf("the reasons of an exposure: %w", err)
	}
	return e.assets(), nil
}

// stagedKnown counts the staged sightings of exposures that are there already, and those of them
// whose reasons are other ones now.
func stagedKnown(ctx context.Context, tx *db.Tx) (known, moved int, err error) {
	err = tx.One(ctx, `SELECT count(*), count(CASE WHEN e.reasons <> s.reasons THEN 1 END) FROM notify_stage s
		JOIN notify_exposure e ON e.organisation_id = s.organisation_id AND e.fingerprint = s.fingerprint`, nil, &known, &moved)
	return known, moved, err
}

// stagedMoved returns the reasons of exposures that are staged with other ones.
func stagedMoved(ctx context.Context, tx *db.Tx) (map[rowKey]string, error) {
	m := map[rowKey]string{}
	err := tx.Each(ctx, func(scan func(...any) error) error {
		var k rowKey
		var print []byte
		var reasons string
		err := scan(&k.organisation, &print, &reasons)
		copy(k.fingerprint[:], print)
		m[k] = reasons
		return err
	}, `SELECT e.organisation_id, e.fingerprint, e.reasons FROM notify_stage s
		JOIN notify_exposure e ON e.organisation_id = s.organisation_id AND e.fingerprint = s.fingerprint WHERE e.reasons <> s.reasons`)
	return m, err
}

// followAssets writes which assets the staged sightings were matched by, once they are exposures.
// before are the reasons of those that had other ones.
func followAssets(ctx context.Context, tx *db.Tx, rows map[rowKey]*row, before map[rowKey]string) error {
	kept := map[rowKey]string{} // an older report changes no reasons
	var err error
	if len(before) > 0 {
		if kept, err = stagedMoved(ctx, tx); err != nil {
			return err
		}
	}
	var gone [][]any
	for k, reasons := range before {
		if _, same := kept[k]; same {
			continue
		}
		had, err := assetsIn(reasons)
		if err != nil {
			return err
		}
		now := rows[k].assets
		gone = append(gone, pairsOf(k, slices.DeleteFunc(had, func(a db.ID) bool { return slices.Contains(now, a) }))...)
	}
	if err := dropAssets(ctx, tx, gone); err != nil {
		return err
	}
	first := 0 // of each exposure's assets that is still to be written
	if len(kept) == 0 {
		first = 1
		if _, err := tx.Exec(ctx, `INSERT INTO notify_exposure_asset (organisation_id, asset_id, fingerprint)
			SELECT organisation_id, asset_id, fingerprint FROM notify_stage WHERE true ON CONFLICT DO NOTHING`); err != nil {
			return err
		}
	}
	var pairs [][]any
	for k, r := range rows {
		if _, same := kept[k]; !same {
			pairs = append(pairs, pairsOf(k, r.assets[first:])...)
		}
	}
	return putAssets(ctx, tx, pairs)
}

// few is up to how many exposures of some assets are looked up one by one; more are passed by in the
// order of the list, as then each page soon has enough of them.
const few = 2000

// areFew tells whether assets of an organisation matched no more than few exposures.
func areFew(ctx context.Context, tx *db.Tx, organisation db.ID, assets []db.ID) (bool, error) {
	n := 0
	for part := range slices.Chunk(assets, mostChosen) {
		args := []any{organisation, few + 1}
		var found int
		err := tx.One(ctx, `SELECT count(*) FROM (SELECT 1 FROM notify_exposure_asset WHERE organisation_id = ?1 AND asset_id IN (`+idsOf(part, &args)+`) LIMIT ?2) AS c`, args, &found)
		if err != nil {
			return false, err
		}
		if n += found; n > few {
			return false, nil
		}
	}
	return true, nil
}

// mostChosen is how many assets one condition names.
const mostChosen = 500

// idsOf returns a list of parameters for the ids, numbered behind those before.
func idsOf(list []db.ID, args *[]any) string {
	places := make([]string, len(list))
	for i, id := range list {
		*args = append(*args, id[:])
		places[i] = "?" + itoa(len(*args))
	}
	return strings.Join(places, ", ")
}

// mostMatched is more than assets that a mandate names will ever match in one organisation.
const mostMatched = 10_000_000

// cover keeps to what was matched by one of the assets. What is counted is held against all that they
// matched, read once; a page, which soon has enough, looks up each of its rows. OFFSET keeps PostgreSQL from turning the
// question, which an index answers, into a reading of all that the assets matched.
func (c *conditions) cover(organisation db.ID, assets []db.ID, isFew bool) {
	var groups []string
	for part := range slices.Chunk(assets, mostChosen) {
		c.args = append(c.args, organisation)
		where := `a.organisation_id = ?` + itoa(len(c.args)) + ` AND a.asset_id IN (` + idsOf(part, &c.args) + `)`
		if isFew {
			groups = append(groups, `fingerprint IN (SELECT a.fingerprint FROM notify_exposure_asset a WHERE `+where+` LIMIT `+itoa(few+1)+`)`)
		} else if c.counting {
			groups = append(groups, `fingerprint IN (SELECT a.fingerprint FROM notify_exposure_asset a WHERE `+where+` LIMIT `+itoa(mostMatched)+`)`)
		} else {
			groups = append(groups, `EXISTS (SELECT 1 FROM notify_exposure_asset a WHERE `+where+` AND a.fingerprint = notify_exposure.fingerprint LIMIT 1 OFFSET 0)`)
		}
	}
	if len(groups) == 0 {
		groups = []string{`1 = 0`}
	}
	c.parts = append(c.parts, `(`+strings.Join(groups, ` OR `)+`)`)
}

// deleteExposures removes at most limit exposures that were last seen before the moment given, and
// by what they were matched.
func deleteExposures(ctx context.Context, tx *db.Tx, before int64, limit int) (int64, error) {
	var pairs, keys [][]any
	err := tx.Each(ctx, func(scan func(...any) error) error {
		var k rowKey
		var print []byte
		var reasons string
		if err := scan(&k.organisation, &print, &reasons); err != nil {
			return err
		}
		copy(k.fingerprint[:], print)
		assets, err := assetsIn(reasons)
		pairs = append(pairs, pairsOf(k, assets)...)
		keys = append(keys, pairsOf(k, []db.ID{{}})...)
		return err
	}, `SELECT organisation_id, fingerprint, reasons FROM notify_exposure WHERE last_seen < ?1 LIMIT ?2`, before, limit)
	if err != nil || len(keys) == 0 {
		return 0, err
	}
	if err := dropAssets(ctx, tx, pairs); err != nil {
		return 0, err
	}
	if err := stageAssets(ctx, tx, keys); err != nil {
		return 0, err
	}
	return tx.Exec(ctx, `DELETE FROM notify_exposure WHERE (organisation_id, fingerprint) IN (SELECT organisation_id, fingerprint FROM notify_stage_asset)`)
}
