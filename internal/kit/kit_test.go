package kit

import (
	"context"
	"testing"
	"testing/fstest"
	"time"

	"polder/internal/db"
)

func schema(sql string) []db.Schema {
	return []db.Schema{{Name: "kit", FS: fstest.MapFS{"0001_thing.sql": {Data: []byte("-- +goose Up\n" + sql)}}}}
}

func count(t *testing.T, d *db.DB, table string) (n int) {
	t.Helper()
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		return tx.One(t.Context(), "SELECT count(*) FROM "+table, nil, &n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestEachTestHasAFreshDatabase(t *testing.T) {
	things := schema("CREATE TABLE kit_thing (id BIGINT NOT NULL);")
	for range 2 {
		Each(t, things, func(t *testing.T, d *db.DB) {
			if n := count(t, d, "kit_thing"); n != 0 {
				t.Fatalf("%d rows of an earlier test", n)
			}
			err := d.Write(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(t.Context(), "INSERT INTO kit_thing (id) VALUES (?1)", 7)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if n := count(t, Again(t, d), "kit_thing"); n != 1 {
				t.Fatalf("the second opening sees %d rows, not 1", n)
			}
		})
	}
}

func TestSchemasOfOneNameAreToldApartByTheirText(t *testing.T) {
	Each(t, schema("CREATE TABLE kit_a (id BIGINT);"), func(t *testing.T, d *db.DB) { count(t, d, "kit_a") })
	Each(t, schema("CREATE TABLE kit_b (id BIGINT);"), func(t *testing.T, d *db.DB) { count(t, d, "kit_b") })
}

func TestPreparationIsPartOfTheCopy(t *testing.T) {
	runs := map[bool]int{}
	prepare := func(ctx context.Context, d *db.DB) error {
		runs[d.Postgres()]++
		return d.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, "INSERT INTO kit_c (id) VALUES (1)")
			return err
		})
	}
	for range 3 {
		Each(t, schema("CREATE TABLE kit_c (id BIGINT);"), func(t *testing.T, d *db.DB) {
			if n := count(t, d, "kit_c"); n != 1 {
				t.Errorf("%d prepared rows, not 1", n)
			}
			if runs[d.Postgres()] != 1 {
				t.Errorf("prepared %d times, not once", runs[d.Postgres()])
			}
		}, prepare)
	}
}

func TestClockMovesOnlyWhenTold(t *testing.T) {
	var c Clock
	if first := c.Now(); !first.Equal(Start) || !first.Equal(c.Now()) {
		t.Error("the clock does not stand still at Start")
	}
	if got, want := c.Advance(90*time.Minute), Start.Add(90*time.Minute); !got.Equal(want) || !c.Now().Equal(want) {
		t.Errorf("advanced to %v, not %v", got, want)
	}
	later := time.Date(2026, 3, 29, 2, 30, 0, 0, time.UTC)
	if c.Set(later); !c.Now().Equal(later) {
		t.Errorf("set to %v, not %v", c.Now(), later)
	}
}

// witness is a test that records whether it failed.
type witness struct {
	testing.TB
	failed bool
}

func (w *witness) Helper()               {}
func (w *witness) Errorf(string, ...any) { w.failed = true }

func TestGoldenTellsADifference(t *testing.T) {
	for _, c := range []struct {
		name, got string
		fails     bool
	}{
		{"same.txt", "one\ntwo\n", false},
		{"same.txt", "one\ntwo", true},
		{"same.txt", "one\nthree\n", true},
		{"absent.txt", "", true},
	} {
		w := &witness{TB: t}
		Golden(w, c.name, []byte(c.got))
		if w.failed != c.fails {
			t.Errorf("%s with %q: failed %v, want %v", c.name, c.got, w.failed, c.fails)
		}
	}
}
