package db_test

import (
	"testing"

	"polder/internal/db"
	"polder/internal/kit"
)

// PostgreSQL compiles no question of ours first: of one with a hundred parts that takes longer than the answer.
func TestNothingIsCompiledFirst(t *testing.T) {
	kit.Each(t, nil, func(t *testing.T, d *db.DB) {
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			if !tx.Postgres() {
				return nil
			}
			var jit string
			if err := tx.One(t.Context(), `SHOW jit`, nil, &jit); err != nil {
				return err
			}
			if jit != "off" {
				t.Errorf("jit is %s", jit)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
