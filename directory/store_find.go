package directory

import (
	"context"
	"strings"

	"polder/internal/db"
)

// withWords returns at most limit organisations whose name holds words that begin with those given.
// The plan of PostgreSQL must not be a reading of all names that hopes to end soon: so what its index
// finds is a question of its own.
func withWords(ctx context.Context, tx *db.Tx, words []string, limit int) ([]Organisation, error) {
	if len(words) == 0 {
		return nil, nil
	}
	q, asked := `SELECT n.organisation_id FROM directory_words w JOIN directory_number n ON n.number = w.rowid WHERE w.name MATCH ?1 LIMIT ?2`, `"`+strings.Join(words, `"* "`)+`"*`
	if tx.Postgres() {
		q = `WITH found AS MATERIALIZED (SELECT id FROM directory_organisation
			WHERE to_tsvector('simple', translate(name, '.-/@&_', '      ')) @@ to_tsquery('simple', ?1)) SELECT id FROM found LIMIT ?2`
		asked = strings.Join(words, `:* & `) + `:*`
	}
	var ids []db.ID
	if err := tx.Each(ctx, func(scan func(...any) error) error {
		var id db.ID
		err := scan(&id)
		ids = append(ids, id)
		return err
	}, q, asked, limit); err != nil {
		return nil, err
	}
	found, err := byIDs(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	list := make([]Organisation, 0, len(ids))
	for _, id := range ids {
		list = append(list, found[id])
	}
	return list, nil
}
