package footprint

import (
	"context"
	"strconv"
	"strings"

	"polder/internal/db"
)

// findAssets returns at most limit assets and claims of a kind with one of the values, the first of
// the values first.
func findAssets(ctx context.Context, tx *db.Tx, kind Kind, values []string, limit int) (list []FoundAsset, err error) {
	args, places := []any{kind.String(), limit}, make([]string, len(values))
	for i, v := range values {
		args = append(args, v)
		places[i] = "?" + strconv.Itoa(len(args))
	}
	in := strings.Join(places, ", ")
	seen := map[db.ID]bool{}
	for _, q := range []string{
		`SELECT id, organisation_id, value, state, 1 FROM footprint_claim WHERE kind = ?1 AND value IN (` + in + `) ORDER BY LENGTH(value) DESC, id LIMIT ?2`,
		`SELECT id, organisation_id, value, 'active', 0 FROM footprint_asset WHERE kind = ?1 AND value IN (` + in + `) AND state = 'proven' ORDER BY LENGTH(value) DESC, id LIMIT ?2`,
	} {
		err = tx.Each(ctx, func(scan func(...any) error) error {
			a := FoundAsset{Kind: kind}
			var claimed int
			err := scan(&a.ID, &a.Organisation, &a.Value, &a.State, &claimed)
			a.Claimed = claimed == 1
			if !seen[a.ID] && len(list) < limit {
				seen[a.ID] = true
				list = append(list, a)
			}
			return err
		}, q, args...)
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}
