package kit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"testing"

	"polder/internal/db"
)

// Prepare does what is needed to a fresh database besides the schemas, for instance jobs.Migrate.
type Prepare = func(ctx context.Context, d *db.DB) error

// Each runs fn as two subtests, "sqlite" and "postgres", each on a fresh database of its own with
// the schemas in it and prepared. Migrations and preparation run once in a process for each
// combination; every test then gets a copy, which takes milliseconds.
func Each(t *testing.T, schemas []db.Schema, fn func(t *testing.T, d *db.DB), prepare ...Prepare) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, SQLite(t, schemas, prepare...)) })
	t.Run("postgres", func(t *testing.T) { fn(t, Postgres(t, schemas, prepare...)) })
}

// SQLite returns a fresh database in a folder of the test's own.
func SQLite(t testing.TB, schemas []db.Schema, prepare ...Prepare) *db.DB {
	t.Helper()
	dir := t.TempDir()
	file, err := sqliteTemplate(t.Context(), schemas, prepare)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "polder.sqlite"), file, 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, "sqlite", dir)
}

// Postgres returns a fresh database on the server of POLDER_TEST_POSTGRES, dropped when the test
// ends. Without a server the test is skipped, or fails: see Missing.
func Postgres(t testing.TB, schemas []db.Schema, prepare ...Prepare) *db.DB {
	t.Helper()
	if os.Getenv("POLDER_TEST_POSTGRES") == "" {
		Missing(t, "POLDER_TEST_POSTGRES is not set (make test starts a PostgreSQL and sets it)")
	}
	s, err := server()
	if err != nil {
		t.Fatal(err)
	}
	template, err := s.template(t.Context(), schemas, prepare)
	if err != nil {
		t.Fatal(err)
	}
	name, err := s.create(t.Context(), template)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // runs after the cleanup in open, which closes the database
		if err := s.drop(context.Background(), name); err != nil {
			t.Error(err)
		}
	})
	return open(t, s.address(name), t.TempDir())
}

var addresses sync.Map // *db.DB -> address

func open(t testing.TB, address, dir string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), address, dir)
	if err != nil {
		t.Fatal(err)
	}
	addresses.Store(d, address)
	t.Cleanup(func() {
		addresses.Delete(d)
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// Address returns what, with d.Dir(), opens the same database by db.Open: for a second process, or
// a second connection in this one.
func Address(d *db.DB) string {
	a, ok := addresses.Load(d)
	if !ok {
		panic("kit.Address of a database that kit did not open")
	}
	return a.(string)
}

// Again opens a database of kit a second time, as another process would.
func Again(t testing.TB, d *db.DB) *db.DB {
	t.Helper()
	return open(t, Address(d), d.Dir())
}

// templates keeps one migrated database for each combination of schemas and preparation.
type templates[T any] struct {
	mu   sync.Mutex
	made map[string]T
}

func (m *templates[T]) get(schemas []db.Schema, prepare []Prepare, build func() (T, error)) (T, error) {
	var none T
	key, err := fingerprint(schemas, prepare)
	if err != nil {
		return none, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if v, ok := m.made[key]; ok {
		return v, nil
	}
	v, err := build()
	if err != nil {
		return none, err
	}
	if m.made == nil {
		m.made = map[string]T{}
	}
	m.made[key] = v
	return v, nil
}

// fingerprint tells combinations apart by the names and texts of the migrations and by the
// functions that prepare.
func fingerprint(schemas []db.Schema, prepare []Prepare) (string, error) {
	h := sha256.New()
	for _, s := range schemas {
		fmt.Fprintf(h, "schema %q\n", s.Name)
		err := fs.WalkDir(s.FS, ".", func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			b, err := fs.ReadFile(s.FS, path)
			fmt.Fprintf(h, "%q %q\n", path, b)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("read the migrations of %s: %w", s.Name, err)
		}
	}
	for _, p := range prepare {
		fmt.Fprintf(h, "prepare %x\n", reflect.ValueOf(p).Pointer())
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func build(ctx context.Context, d *db.DB, schemas []db.Schema, prepare []Prepare) error {
	if _, err := d.Migrate(ctx, schemas...); err != nil {
		return err
	}
	for _, p := range prepare {
		if err := p(ctx, d); err != nil {
			return fmt.Errorf("prepare the database: %w", err)
		}
	}
	return nil
}

var sqliteTemplates templates[[]byte]

func sqliteTemplate(ctx context.Context, schemas []db.Schema, prepare []Prepare) ([]byte, error) {
	return sqliteTemplates.get(schemas, prepare, func() (file []byte, err error) {
		dir, err := os.MkdirTemp("", "polder-template-*")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
		d, err := db.Open(ctx, "sqlite", dir)
		if err != nil {
			return nil, err
		}
		if err := errors.Join(build(ctx, d, schemas, prepare), d.Close()); err != nil {
			return nil, err
		}
		return os.ReadFile(filepath.Join(dir, "polder.sqlite")) // closing has folded the WAL into it
	})
}
