package notify

import (
	"bytes"
	"context"
	"strconv"
	"strings"

	"polder/internal/db"
)

func exposuresOfVulnerability(ctx context.Context, tx *db.Tx, vulnerability string, limit int) (list []Exposure, err error) {
	err = eachExposure(ctx, tx, func(e Exposure) error { list = append(list, e); return nil },
		`WHERE vulnerability = ?1 AND vulnerability <> '' ORDER BY organisation_id LIMIT ?2`, vulnerability, limit)
	return list, err
}

// exposuresAt calls fn with exposures of an organisation whose column, "address" or "name", is one of a few
// values: which ones they are is read from the index, and they for those alone.
func exposuresAt(ctx context.Context, tx *db.Tx, organisation db.ID, column string, values []string, limit int, fn func(Exposure) error) error {
	args, places := []any{organisation, limit}, make([]string, len(values))
	for i, v := range values {
		args = append(args, v)
		places[i] = "?" + strconv.Itoa(len(args))
	}
	return eachExposure(ctx, tx, fn, `WHERE organisation_id = ?1 AND fingerprint IN (SELECT w.fingerprint FROM notify_exposure w
		WHERE w.organisation_id = ?1 AND w.`+column+` IN (`+strings.Join(places, ", ")+`) LIMIT ?2)`, args...)
}

// exposuresMatchedBy calls fn with exposures of an organisation that an asset matched.
func exposuresMatchedBy(ctx context.Context, tx *db.Tx, organisation, asset db.ID, limit int, fn func(Exposure) error) error {
	return eachExposure(ctx, tx, fn, `WHERE organisation_id = ?1 AND fingerprint IN (SELECT m.fingerprint FROM notify_exposure_asset m
		WHERE m.organisation_id = ?1 AND m.asset_id = ?2 LIMIT ?3)`, organisation, asset, limit)
}

// reportsByHash returns reports whose hash begins so.
func reportsByHash(ctx context.Context, tx *db.Tx, from []byte, limit int) ([]*Report, error) {
	to := append(bytes.Clone(from), bytes.Repeat([]byte{0xff}, 33-len(from))...)
	return reports(ctx, tx, `WHERE sha256 >= ?1 AND sha256 <= ?2 ORDER BY sha256 LIMIT ?3`, from, to, limit)
}

func reportsOfType(ctx context.Context, tx *db.Tx, kind string, limit int) ([]*Report, error) {
	return reports(ctx, tx, `WHERE series_id IN (SELECT id FROM notify_series WHERE type = ?1) AND type = ?1 ORDER BY seq DESC LIMIT ?2`, kind, limit)
}

// reportsNamed returns reports whose name begins so, in the order of bytes, as the index has them.
func reportsNamed(ctx context.Context, tx *db.Tx, name string, limit int) ([]*Report, error) {
	where := `WHERE name >= ?1 AND name < ?2 ORDER BY name DESC LIMIT ?3`
	if tx.Postgres() {
		where = `WHERE name ~>=~ ?1 AND name ~<~ ?2 ORDER BY name USING ~>~ LIMIT ?3`
	}
	return reports(ctx, tx, where, name, name+"\U0010FFFF", limit)
}
