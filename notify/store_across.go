package notify

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"polder/internal/db"
	"polder/notify/feeds"
)

// planAnew has PostgreSQL plan each question of this transaction for its own values. From the sixth time on it may
// take one plan for all values, and of a question of many parts about organisations of very different size that one
// can take a thousand times as long.
func planAnew(ctx context.Context, tx *db.Tx) error {
	if !tx.Postgres() {
		return nil
	}
	_, err := tx.Exec(ctx, `SET LOCAL plan_cache_mode = force_custom_plan`)
	return err
}

// eachOpen calls fn with queries that read what is open in some organisations at a time, of one severity
// unless that is 0, by the index of each: columns of exposures, and what rest says of an organisation.
func (s sights) eachOpen(columns string, severity feeds.Severity, rest func(organisation db.ID, c *conditions) string, fn func(union string, args []any) error) error {
	var args []any
	var queries []string
	all := slices.Concat(s.whole, s.part)
	for i, id := range all {
		v, c := s.of[id], &conditions{args: args, counting: true}
		c.add(`organisation_id = ?`, id)
		if c.parts = append(c.parts, `state IN (`+quoteStates(openStates)+`)`); severity != 0 {
			c.add(`severity = ?`, int64(severity))
		}
		if !v.every {
			c.cover(id, v.only, false)
		}
		tail := rest(id, c)
		queries = append(queries, `SELECT * FROM (SELECT `+columns+` FROM notify_exposure `+c.String()+tail+`) AS p`)
		if args = c.args; i < len(all)-1 && len(queries) < acrossParts && len(args) < mostValues {
			continue
		}
		if err := fn(strings.Join(queries, ` UNION ALL `), args); err != nil {
			return err
		}
		args, queries = nil, nil
	}
	return nil
}

// worstAcross returns the places of at most limit open exposures of the organisations, the worst first
// and of those the newest, behind the one given. Of each severity it reads the index of each
// organisation, and goes on to the next while there are too few.
func worstAcross(ctx context.Context, tx *db.Tx, s sights, severity feeds.Severity, after *AcrossMark, limit int) (list []AcrossMark, err error) {
	from, to := feeds.Critical, feeds.Info
	if severity != 0 {
		from, to = severity, severity
	}
	for sev := from; sev >= to && len(list) < limit; sev-- {
		if after != nil && int64(sev) > after.Severity {
			continue
		}
		var found []AcrossMark
		err := s.eachOpen(`organisation_id, first_seen, fingerprint`, sev, func(organisation db.ID, c *conditions) string {
			if after != nil && int64(sev) == after.Severity {
				than := `<`
				if slices.Compare(organisation[:], after.Organisation[:]) < 0 {
					than = `<=` // of the same the organisations count down
				}
				c.args = append(c.args, after.At, after.Print[:])
				c.parts = append(c.parts, `(first_seen, fingerprint) `+than+` (?`+itoa(len(c.args)-1)+`, ?`+itoa(len(c.args))+`)`)
			}
			return ` ORDER BY first_seen DESC, fingerprint DESC LIMIT ` + itoa(limit)
		}, func(union string, args []any) error {
			return tx.Each(ctx, func(scan func(...any) error) error {
				m := AcrossMark{Mark: Mark{Severity: int64(sev)}}
				var print []byte
				err := scan(&m.Organisation, &m.At, &print)
				copy(m.Print[:], print)
				found = append(found, m)
				return err
			}, `SELECT organisation_id, first_seen, fingerprint FROM (`+union+`) AS u ORDER BY first_seen DESC, fingerprint DESC, organisation_id DESC LIMIT `+itoa(limit), args...)
		})
		if err != nil {
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
	err := s.eachOpen(`severity`, 0, func(db.ID, *conditions) string { return ` LIMIT ` + itoa(mostOpen) }, func(union string, args []any) error {
		return tx.Each(ctx, func(scan func(...any) error) error {
			var severity, n int64
			err := scan(&severity, &n)
			open[feeds.Severity(severity)] = min(open[feeds.Severity(severity)]+int(n), mostCounted+1)
			return err
		}, `SELECT severity, count(*) FROM (`+union+`) AS u GROUP BY severity`, args...)
	})
	return open, err
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
