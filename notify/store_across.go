package notify

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"polder/internal/db"
	"polder/notify/feeds"
)

// eachPart calls fn with the conditions that keep to what mandates for some assets cover, of some
// organisations at a time: over notify_exposure_asset a and the exposures e.
func (s sights) eachPart(args []any, fn func(from string, args []any) error) error {
	for part := range slices.Chunk(s.part, acrossParts) {
		own := slices.Clone(args)
		var groups []string
		for _, id := range part {
			if only := s.of[id].only; len(only) > 0 {
				own = append(own, id)
				groups = append(groups, `a.organisation_id = ?`+itoa(len(own))+` AND a.asset_id IN (`+idsOf(only[:min(len(only), mostChosen)], &own)+`)`)
			}
		}
		if len(groups) == 0 {
			continue
		}
		err := fn(`(SELECT DISTINCT a.organisation_id, a.fingerprint FROM notify_exposure_asset a WHERE `+strings.Join(groups, ` OR `)+`) AS c
			JOIN notify_exposure e ON e.organisation_id = c.organisation_id AND e.fingerprint = c.fingerprint`, own)
		if err != nil {
			return err
		}
	}
	return nil
}

// worstAcross returns the places of at most limit open exposures of the organisations, the worst first
// and of those the newest, behind the one given. Of each severity it reads the index of the
// organisations, and goes on to the next while there are too few.
func worstAcross(ctx context.Context, tx *db.Tx, s sights, severity feeds.Severity, after *AcrossMark, limit int) (list []AcrossMark, err error) {
	from, to := feeds.Critical, feeds.Info
	if severity != 0 {
		from, to = severity, severity
	}
	for sev := from; sev >= to && len(list) < limit; sev-- {
		if after != nil && int64(sev) > after.Severity {
			continue
		}
		args := []any{int64(sev), limit}
		where := ` e.severity = ?1 AND e.state IN (` + quoteStates(openStates) + `)`
		if after != nil && int64(sev) == after.Severity {
			args = append(args, after.At, after.Print[:], after.Organisation[:])
			where += ` AND (e.first_seen, e.fingerprint, e.organisation_id) < (?3, ?4, ?5)`
		}
		var found []AcrossMark
		read := func(from string, args []any) error {
			return tx.Each(ctx, func(scan func(...any) error) error {
				m := AcrossMark{Mark: Mark{Severity: int64(sev)}}
				var print []byte
				err := scan(&m.Organisation, &m.At, &print)
				copy(m.Print[:], print)
				found = append(found, m)
				return err
			}, `SELECT e.organisation_id, e.first_seen, e.fingerprint FROM `+from+where+`
				ORDER BY e.first_seen DESC, e.fingerprint DESC, e.organisation_id DESC LIMIT ?2`, args...)
		}
		if len(s.whole) > 0 {
			own := slices.Clone(args)
			if err := read(`notify_exposure e WHERE e.organisation_id IN (`+idsOf(s.whole, &own)+`) AND`, own); err != nil {
				return nil, err
			}
		}
		if err := s.eachPart(args, func(from string, own []any) error { return read(from+` WHERE`, own) }); err != nil {
			return nil, err
		}
		slices.SortFunc(found, func(a, b AcrossMark) int {
			return cmp.Or(cmp.Compare(b.At, a.At), slices.Compare(b.Print[:], a.Print[:]), slices.Compare(b.Organisation[:], a.Organisation[:]))
		})
		list = append(list, found[:min(len(found), limit-len(list))]...)
	}
	return list, nil
}

// countAcross counts what is open in the organisations by severity, each up to one more than
// mostCounted.
func countAcross(ctx context.Context, tx *db.Tx, s sights) (map[feeds.Severity]int, error) {
	open := map[feeds.Severity]int{}
	for sev := feeds.Info; sev <= feeds.Critical; sev++ {
		args := []any{int64(sev), mostCounted + 1}
		count := func(from string, own []any) error {
			var n int
			err := tx.One(ctx, `SELECT count(*) FROM (SELECT 1 FROM `+from+` e.severity = ?1 AND e.state IN (`+quoteStates(openStates)+`) LIMIT ?2) AS n`, own, &n)
			open[sev] = min(open[sev]+n, mostCounted+1)
			return err
		}
		if len(s.whole) > 0 {
			own := slices.Clone(args)
			if err := count(`notify_exposure e WHERE e.organisation_id IN (`+idsOf(s.whole, &own)+`) AND`, own); err != nil {
				return nil, err
			}
		}
		if err := s.eachPart(args, func(from string, own []any) error { return count(from+` WHERE`, own) }); err != nil {
			return nil, err
		}
		if open[sev] == 0 {
			delete(open, sev)
		}
	}
	return open, nil
}

// exposuresByKey returns the exposures at the places of a list.
func exposuresByKey(ctx context.Context, tx *db.Tx, keys []AcrossMark) (map[rowKey]Exposure, error) {
	m := map[rowKey]Exposure{}
	if len(keys) == 0 {
		return m, nil
	}
	var args []any
	var parts []string
	for _, k := range keys {
		args = append(args, k.Organisation, k.Print[:])
		parts = append(parts, `organisation_id = ?`+itoa(len(args)-1)+` AND fingerprint = ?`+itoa(len(args)))
	}
	err := eachExposure(ctx, tx, func(e Exposure) error { m[rowKey{e.Organisation, e.Fingerprint}] = e; return nil }, `WHERE `+strings.Join(parts, ` OR `), args...)
	return m, err
}
