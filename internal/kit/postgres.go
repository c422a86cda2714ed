package kit

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/fnv"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"

	"polder/internal/db"
)

// postgres is the server that tests make their databases on. Databases are called
// polder_test_PROCESS_NUMBER; the process holds an advisory lock on its own name while it lives, so
// that a later run can tell what was left behind by a killed one, and drops it.
type postgres struct {
	base    url.URL
	process string
	made    atomic.Int64

	mu   sync.Mutex // one statement at a time on conn
	conn *pgx.Conn

	templates templates[string]
}

var server = sync.OnceValues(func() (*postgres, error) {
	ctx := context.Background()
	base, err := url.Parse(os.Getenv("POLDER_TEST_POSTGRES"))
	if err != nil {
		return nil, errors.New("POLDER_TEST_POSTGRES is not a postgres:// address")
	}
	conn, err := pgx.Connect(ctx, base.String())
	if err != nil {
		return nil, fmt.Errorf("reach the PostgreSQL of POLDER_TEST_POSTGRES: %w", err)
	}
	s := &postgres{base: *base, process: strings.ToLower(rand.Text()[:10]), conn: conn}
	if err := s.exec(ctx, "SELECT pg_advisory_lock($1)", lockKey(s.process)); err != nil {
		return nil, err
	}
	return s, s.sweep(ctx)
})

func lockKey(process string) int64 {
	h := fnv.New64a()
	h.Write([]byte("polder_test_" + process))
	return int64(h.Sum64())
}

// sweep drops the databases of processes that are gone.
func (s *postgres) sweep(ctx context.Context) error {
	rows, err := s.conn.Query(ctx, `SELECT datname FROM pg_database WHERE datname LIKE 'polder\_test\_%'`)
	if err != nil {
		return fmt.Errorf("list the databases: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("list the databases: %w", err)
	}
	for _, name := range names {
		process, _, _ := strings.Cut(strings.TrimPrefix(name, "polder_test_"), "_")
		if process == s.process {
			continue
		}
		key := lockKey(process)
		var gone bool
		if err := s.conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", key).Scan(&gone); err != nil {
			return fmt.Errorf("ask whether %s is in use: %w", name, err)
		}
		if gone {
			err := errors.Join(s.drop(ctx, name), s.exec(ctx, "SELECT pg_advisory_unlock($1)", key))
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *postgres) exec(ctx context.Context, q string, args ...any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.conn.Exec(ctx, q, args...); err != nil {
		return fmt.Errorf("%s: %w", q, err)
	}
	return nil
}

// address is the base address with another database in it.
func (s *postgres) address(name string) string {
	u := s.base
	u.Path = "/" + name
	return u.String()
}

func (s *postgres) create(ctx context.Context, template string) (string, error) {
	name := fmt.Sprintf("polder_test_%s_%d", s.process, s.made.Add(1))
	return name, s.exec(ctx, "CREATE DATABASE "+name+" TEMPLATE "+template)
}

func (s *postgres) drop(ctx context.Context, name string) error {
	return s.exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
}

func (s *postgres) template(ctx context.Context, schemas []db.Schema, prepare []Prepare) (string, error) {
	return s.templates.get(schemas, prepare, func() (string, error) {
		name, err := s.create(ctx, "template0")
		if err != nil {
			return "", err
		}
		dir, err := os.MkdirTemp("", "polder-template-*")
		if err != nil {
			return "", err
		}
		defer os.RemoveAll(dir)
		d, err := db.Open(ctx, s.address(name), dir)
		if err != nil {
			return "", err
		}
		return name, errors.Join(build(ctx, d, schemas, prepare), d.Close())
	})
}
