package directory

import (
	"context"

	"polder/internal/db"
)

// boundTo returns the name and state of the organisation that a token is of; db.ErrNoRows when it is
// closed or not there.
func boundTo(ctx context.Context, tx *db.Tx, organisation db.ID) (name, state string, err error) {
	err = tx.One(ctx, `SELECT name, state FROM directory_organisation WHERE id = ?1 AND state <> 'closed'`, []any{organisation}, &name, &state)
	return name, state, err
}
