package db_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"polder/internal/db"
	"polder/internal/kit"
)

// TestAQueryIsAskedAgain: what is kept ready answers anew each time, also after it was left half
// read, was cancelled, failed, or the table changed under it; and a connection keeps no more than it should.
func TestAQueryIsAskedAgain(t *testing.T) {
	kit.Each(t, nil, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		exec := func(q string) {
			t.Helper()
			if err := d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, q); return err }); err != nil {
				t.Fatal(err)
			}
		}
		exec(`CREATE TABLE reuse_row (n BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL)`)
		exec(`INSERT INTO reuse_row (n, name) VALUES (1, 'a'), (2, 'b'), (3, 'c')`)
		const q = `SELECT name FROM reuse_row WHERE n >= ?1 ORDER BY n`
		ask := func(from int64, want string) {
			t.Helper()
			for range 8 { // on each of the connections, some more than once
				got := ""
				err := d.Read(ctx, func(tx *db.Tx) error {
					for range 2 {
						got = ""
						err := tx.Each(ctx, func(scan func(...any) error) error {
							var name string
							err := scan(&name)
							got += name
							return err
						}, q, from)
						if err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil || got != want {
					t.Fatalf("from %d: %q %v, want %q", from, got, err, want)
				}
			}
		}
		ask(1, "abc")
		ask(3, "c")
		ask(4, "")
		stop := errors.New("stop")
		if err := d.Read(ctx, func(tx *db.Tx) error {
			return tx.Each(ctx, func(func(...any) error) error { return stop }, q, int64(1))
		}); !errors.Is(err, stop) {
			t.Fatal(err)
		}
		ask(2, "bc")
		ended, cancel := context.WithCancel(ctx)
		err := d.Read(ended, func(tx *db.Tx) error {
			return tx.Each(ended, func(func(...any) error) error { cancel(); return ended.Err() }, q, int64(1))
		})
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		ask(1, "abc")
		exec(`ALTER TABLE reuse_row ADD COLUMN more TEXT NOT NULL DEFAULT ''`)
		exec(`INSERT INTO reuse_row (n, name) VALUES (4, 'd')`)
		ask(2, "bcd")
		exec(`DROP TABLE reuse_row`)
		if err := d.Read(ctx, func(tx *db.Tx) error { var s string; return tx.One(ctx, q, []any{int64(1)}, &s) }); err == nil || errors.Is(err, db.ErrNoRows) {
			t.Fatalf("a table that is gone answers: %v", err)
		}
		exec(`CREATE TABLE reuse_row (n BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL)`)
		ask(1, "")
		exec(`INSERT INTO reuse_row (n, name) VALUES (1, 'e')`)
		for i := range 1200 {
			err := d.Read(ctx, func(tx *db.Tx) error { var n int; return tx.One(ctx, fmt.Sprintf(`SELECT %d`, i), nil, &n) })
			if err != nil {
				t.Fatal(err)
			}
		}
		ask(1, "e")
	})
}
