// Package db opens Polder's database, SQLite or PostgreSQL, and gives both the same verbs.
//
// SQL is written once, with parameters as ?1, ?2 (SQLite's own numbered form); for PostgreSQL they
// become $1, $2. Ids are 16 bytes (ID), times are microseconds (Time), truth is 0 or 1. On SQLite
// one connection writes and a pool reads, in WAL mode; on PostgreSQL a pgx pool does both.
//
// A transaction is opened by the exported verb of a domain and passed on to the functions that hold
// SQL. Exclusive gives one holder at a time in the whole installation, and frees itself when the
// holding process dies.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"modernc.org/sqlite" // the SQLite driver, pure Go
)

// ErrNoRows says that a query for one row found none, in either database.
var ErrNoRows = sql.ErrNoRows

// DB is an open database.
type DB struct {
	write *sql.DB       // SQLite: exactly one connection
	read  *sql.DB       // SQLite: readers
	turns turns         // SQLite: fairness between processes that write
	pool  *pgxpool.Pool // PostgreSQL
	dir   string        // the data folder: lock files live here

	observer atomic.Pointer[func(q string, args []any)]
}

// Observe lets fn hear of every statement before it runs, or ends that when fn is nil. It is for tests
// that look at the statements themselves.
func (d *DB) Observe(fn func(q string, args []any)) {
	if fn == nil {
		d.observer.Store(nil)
		return
	}
	d.observer.Store(&fn)
}

func (d *DB) observed(q string, args []any) {
	if fn := d.observer.Load(); fn != nil {
		(*fn)(q, args)
	}
}

// Open opens the database named by address: "sqlite" (a file in dataDir) or "postgres://...".
// It makes dataDir when it is not there. It does not migrate.
func Open(ctx context.Context, address, dataDir string) (*DB, error) {
	if err := os.MkdirAll(dataDir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	switch {
	case address == "" || address == "sqlite":
		return openSQLite(filepath.Join(dataDir, "polder.sqlite"), dataDir)
	case strings.HasPrefix(address, "postgres://"), strings.HasPrefix(address, "postgresql://"):
		return openPostgres(ctx, address, dataDir)
	}
	return nil, fmt.Errorf("the database must be %q or start with %q", "sqlite", "postgres://")
}

func openSQLite(file, dir string) (*DB, error) {
	pragmas := []string{
		"journal_mode(WAL)", "busy_timeout(30000)", "synchronous(NORMAL)", "foreign_keys(1)",
		"temp_store(MEMORY)", "wal_autocheckpoint(8000)",
	}
	dsn := func(extra string) string {
		q := url.Values{"_pragma": pragmas}
		// Escaped, as the folder's name may hold #, ? or %.
		return "file:" + (&url.URL{Path: file}).EscapedPath() + "?" + q.Encode() + extra
	}
	// Made by us, so that it, and what SQLite puts beside it, is for our own user alone.
	if f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600); err == nil {
		f.Close()
	}
	w, err := sql.Open("sqlite", dsn("&_txlock=immediate&_pragma=cache_size(-65536)"))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	w.SetMaxOpenConns(1)
	w.SetMaxIdleConns(1)
	if err := w.Ping(); err != nil {
		w.Close()
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	c, err := sqlite.NewConnector(dsn("&_pragma=query_only(1)&_pragma=cache_size(-8192)"))
	if err != nil {
		w.Close()
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	r := sql.OpenDB(reusing{c})
	r.SetMaxOpenConns(max(4, runtime.NumCPU()))
	r.SetMaxIdleConns(max(4, runtime.NumCPU()))
	t, err := openTurns(dir)
	if err != nil {
		w.Close()
		r.Close()
		return nil, err
	}
	return &DB{write: w, read: r, turns: t, dir: dir}, nil
}

func openPostgres(ctx context.Context, address, dir string) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, fmt.Errorf("read the database address: %w", redact(err, address))
	}
	if cfg.MaxConns < 10 {
		cfg.MaxConns = 10
	}
	cfg.ConnConfig.RuntimeParams["application_name"] = "polder"
	cfg.ConnConfig.RuntimeParams["client_min_messages"] = "warning"
	// Our questions are answered by indexes within milliseconds; to compile one of many parts first takes seconds.
	cfg.ConnConfig.RuntimeParams["jit"] = "off"
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open PostgreSQL: %w", redact(err, address))
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		var answer *pgconn.PgError
		if errors.As(err, &answer) && answer.Code != startingUp && answer.Code != tooMany {
			return nil, fmt.Errorf("PostgreSQL refuses: %w", redact(errors.New(answer.Message), address))
		}
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, redact(err, address))
	}
	return &DB{pool: pool, dir: dir}, nil
}

// ErrUnreachable says that no PostgreSQL answers at the address, or that it has no room just now.
var ErrUnreachable = errors.New("PostgreSQL cannot be reached")

// Answers of a PostgreSQL that may take us later.
const (
	startingUp = "57P03"
	tooMany    = "53300"
)

// redact keeps the password out of what an error says, and makes it one line.
func redact(err error, address string) error {
	text := strings.Join(strings.Fields(err.Error()), " ")
	if u, perr := url.Parse(address); perr == nil && u.User != nil {
		if p, ok := u.User.Password(); ok && p != "" {
			text = strings.ReplaceAll(text, p, "***")
		}
	}
	return errors.New(text)
}

// Close closes all connections.
func (d *DB) Close() error {
	if d.pool != nil {
		d.pool.Close()
		return nil
	}
	return errors.Join(d.read.Close(), d.write.Close(), d.turns.close())
}

// Postgres tells whether this is PostgreSQL, for the few statements that must differ.
func (d *DB) Postgres() bool { return d.pool != nil }

// Pool returns the PostgreSQL pool, nil on SQLite; for tests.
func (d *DB) Pool() *pgxpool.Pool { return d.pool }

// Dir returns the data folder.
func (d *DB) Dir() string { return d.dir }

// Ping tells whether the database answers.
func (d *DB) Ping(ctx context.Context) error {
	if d.pool != nil {
		return d.pool.Ping(ctx)
	}
	return d.read.PingContext(ctx)
}

// Write runs fn in a transaction and commits when it returns nil. On SQLite writers wait for one
// another, and processes take turns; on PostgreSQL the isolation is read committed.
func (d *DB) Write(ctx context.Context, fn func(tx *Tx) error) error {
	if d.pool != nil {
		return pgx.BeginFunc(ctx, d.pool, func(p pgx.Tx) error { return fn(&Tx{db: d, p: p}) })
	}
	conn, err := d.write.Conn(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer conn.Close()
	if err := d.turns.take(ctx); err != nil {
		return err
	}
	defer d.turns.give()
	return inSQL(ctx, conn, fn, d)
}

// Read runs fn in a read-only transaction that sees one snapshot.
func (d *DB) Read(ctx context.Context, fn func(tx *Tx) error) error {
	if d.pool != nil {
		o := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
		return pgx.BeginTxFunc(ctx, d.pool, o, func(p pgx.Tx) error { return fn(&Tx{db: d, p: p}) })
	}
	return inSQL(ctx, d.read, fn, d)
}

// beginner is a pool, for readers, or the writing connection.
type beginner interface {
	BeginTx(ctx context.Context, o *sql.TxOptions) (*sql.Tx, error)
}

func inSQL(ctx context.Context, conn beginner, fn func(tx *Tx) error, d *DB) (err error) {
	s, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() {
		if p := recover(); p != nil {
			s.Rollback()
			panic(p)
		}
	}()
	t := &Tx{db: d, s: s}
	if err := fn(t); err != nil {
		return errors.Join(cancelled(ctx, err), ignoreDone(s.Rollback()))
	}
	if err := s.Commit(); err != nil {
		return fmt.Errorf("commit: %w", cancelled(ctx, err))
	}
	return nil
}

// cancelled names the end of ctx as the cause when database/sql only says that the transaction is
// over: it rolls back by itself, and which of the two is seen first is chance.
func cancelled(ctx context.Context, err error) error {
	if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil {
		return fmt.Errorf("%w (%w)", ctx.Err(), err)
	}
	return err
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}
