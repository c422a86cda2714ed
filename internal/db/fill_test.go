package db_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/fstest"

	"polder/internal/db"
	"polder/internal/kit"
)

// While tables are filled nothing is paid for each row; afterwards everything is there again.
func TestFill(t *testing.T) {
	schema := db.Schema{Name: "x", FS: fstest.MapFS{
		"0001_x.sqlite.sql": {Data: []byte("-- +goose Up\nCREATE TABLE x_a (id BIGINT NOT NULL PRIMARY KEY, n BIGINT NOT NULL UNIQUE);\nCREATE TABLE x_b (a BIGINT NOT NULL REFERENCES x_a (id));\nCREATE TABLE x_c (n BIGINT NOT NULL);\n" +
			"CREATE INDEX x_b_a ON x_b (a) WHERE a > 0;\n-- +goose StatementBegin\nCREATE TRIGGER x_b_in AFTER INSERT ON x_b BEGIN INSERT INTO x_c (n) VALUES (1); END;\n-- +goose StatementEnd\n")},
		"0001_x.postgres.sql": {Data: []byte("-- +goose Up\nCREATE TABLE x_a (id BIGINT NOT NULL PRIMARY KEY, n BIGINT NOT NULL UNIQUE);\nCREATE TABLE x_b (a BIGINT NOT NULL REFERENCES x_a (id));\nCREATE TABLE x_c (n BIGINT NOT NULL);\n" +
			"CREATE INDEX x_b_a ON x_b (a) WHERE a > 0;\n-- +goose StatementBegin\nCREATE FUNCTION x_count() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO x_c (n) VALUES (1); RETURN NULL; END $$;\n-- +goose StatementEnd\n" +
			"CREATE TRIGGER x_b_in AFTER INSERT ON x_b FOR EACH ROW EXECUTE FUNCTION x_count();\n")},
	}}
	kit.Each(t, []db.Schema{schema}, func(t *testing.T, d *db.DB) {
		add := func(q string) error {
			return d.Write(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(t.Context(), q); return err })
		}
		count := func(q string) (n int) {
			t.Helper()
			if err := d.Read(t.Context(), func(tx *db.Tx) error { return tx.One(t.Context(), q, nil, &n) }); err != nil {
				t.Fatal(err)
			}
			return n
		}
		index := `SELECT count(*) FROM sqlite_master WHERE name = 'x_b_a'`
		if d.Postgres() {
			index = `SELECT count(*) FROM pg_class WHERE relname = 'x_b_a'`
		}
		err := d.Fill(t.Context(), []string{"x_a", "x_b"}, func(context.Context) error {
			if n := count(index); n != 0 {
				t.Errorf("the index is still there")
			}
			// By reference to what comes later.
			return errors.Join(add(`INSERT INTO x_b (a) VALUES (1), (2)`), add(`INSERT INTO x_a (id, n) VALUES (1, 1), (2, 2)`))
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := []int{count(index), count(`SELECT count(*) FROM x_c`)}; !slices.Equal(got, []int{1, 0}) {
			t.Errorf("indexes, and rows by the trigger: %v", got)
		}
		if err := add(`INSERT INTO x_b (a) VALUES (9)`); err == nil {
			t.Error("refers to nothing")
		}
		if err := add(`INSERT INTO x_b (a) VALUES (2)`); err != nil || count(`SELECT count(*) FROM x_c`) != 1 {
			t.Errorf("the trigger is not there again: %v", err)
		}
		if err := d.Fill(t.Context(), []string{"x_a"}, func(context.Context) error { return nil }); err == nil {
			t.Error("filled what is not empty")
		}
	})
}
