package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"polder/internal/db"
	"polder/notify/advice"
)

func textSerial(ctx context.Context, tx *db.Tx) (serial int64, err error) {
	err = tx.One(ctx, `SELECT serial FROM notify_advice_serial WHERE one = 1`, nil, &serial)
	return serial, err
}

func bumpTexts(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, `UPDATE notify_advice_serial SET serial = serial + 1 WHERE one = 1`)
	return err
}

const textColumns = `v.type, v.version, v.nl, v.en, v.written_by, v.written_at, v.published_by, v.published_at`

func scanText(scan func(...any) error) (v TextVersion, err error) {
	var nl, en string
	var written, published db.Time
	if err = scan(&v.Type, &v.Version, &nl, &en, &v.WrittenBy, &written, &v.PublishedBy, &published); err != nil {
		return v, err
	}
	v.WrittenAt, v.PublishedAt, v.Texts = written.Time, published.Time, Texts{}
	for lang, body := range map[string]string{"nl": nl, "en": en} {
		var t advice.Text
		if err := json.Unmarshal([]byte(body), &t); err != nil {
			return v, fmt.Errorf("the text of %s, version %d: %w", v.Type, v.Version, err)
		}
		v.Texts[lang] = t
	}
	return v, nil
}

// usedTexts returns the centre's own texts that are used; never nil.
func usedTexts(ctx context.Context, tx *db.Tx) (map[string]advice.Advice, error) {
	own := map[string]advice.Advice{}
	err := tx.Each(ctx, func(scan func(...any) error) error {
		v, err := scanText(scan)
		if err == nil {
			own[v.Type] = advice.Advice{Type: v.Type, Version: v.Version, Date: v.PublishedAt.Format(time.DateOnly), Text: v.Texts}
		}
		return err
	}, `SELECT `+textColumns+` FROM notify_advice a JOIN notify_advice_version v ON v.type = a.type AND v.version = a.version`)
	return own, err
}

// textVersions returns the version that each type uses of the centre's own, and the one that waits.
func textVersions(ctx context.Context, tx *db.Tx) (used, waiting map[string]int, err error) {
	used, waiting = map[string]int{}, map[string]int{}
	into := func(m map[string]int) func(scan func(...any) error) error {
		return func(scan func(...any) error) error {
			var kind string
			var version int
			err := scan(&kind, &version)
			m[kind] = version
			return err
		}
	}
	if err = tx.Each(ctx, into(used), `SELECT type, version FROM notify_advice`); err != nil {
		return nil, nil, err
	}
	err = tx.Each(ctx, into(waiting), `SELECT v.type, v.version FROM notify_advice_version v JOIN (SELECT type, max(version) AS version FROM notify_advice_version GROUP BY type) AS l
		ON l.type = v.type AND l.version = v.version WHERE v.published_at IS NULL`)
	return used, waiting, err
}

func versionsOf(ctx context.Context, tx *db.Tx, kind string, limit int) (list []TextVersion, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		v, err := scanText(scan)
		list = append(list, v)
		return err
	}, `SELECT `+textColumns+` FROM notify_advice_version v WHERE v.type = ?1 ORDER BY v.version DESC LIMIT ?2`, kind, limit)
	return list, err
}

func insertText(ctx context.Context, tx *db.Tx, v TextVersion) (version int, err error) {
	nl, err1 := json.Marshal(v.Texts["nl"])
	en, err2 := json.Marshal(v.Texts["en"])
	if err := errors.Join(err1, err2); err != nil {
		return 0, err
	}
	err = tx.One(ctx, `INSERT INTO notify_advice_version (type, version, nl, en, written_by, written_at, published_by)
		SELECT ?1, COALESCE(max(version), 0) + 1, ?2, ?3, ?4, ?5, '' FROM notify_advice_version WHERE type = ?1 RETURNING version`,
		[]any{v.Type, string(nl), string(en), v.WrittenBy, db.At(v.WrittenAt)}, &version)
	return version, err
}

func useText(ctx context.Context, tx *db.Tx, kind string, version int, who string, now time.Time) error {
	if _, err := tx.Exec(ctx, `UPDATE notify_advice_version SET published_by = ?3, published_at = ?4 WHERE type = ?1 AND version = ?2`, kind, version, who, db.At(now)); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO notify_advice (type, version) VALUES (?1, ?2) ON CONFLICT (type) DO UPDATE SET version = excluded.version`, kind, version); err != nil {
		return err
	}
	return bumpTexts(ctx, tx)
}

func dropText(ctx context.Context, tx *db.Tx, kind string) (there bool, err error) {
	count, err := tx.Exec(ctx, `DELETE FROM notify_advice WHERE type = ?1`, kind)
	if err != nil || count == 0 {
		return false, err
	}
	return true, bumpTexts(ctx, tx)
}
