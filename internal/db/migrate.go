package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

// Schema is one domain's tables: its name prefixes them, and its migrations lie in FS as
// NNNN_name.sql, or as NNNN_name.sqlite.sql and NNNN_name.postgres.sql where the two must differ.
type Schema struct {
	Name string
	FS   fs.FS
}

// Migrate brings the schemas up to date, in the order given, and returns the files it ran. Two
// processes that start together wait for one another.
func (d *DB) Migrate(ctx context.Context, schemas ...Schema) (ran []string, err error) {
	err = d.Exclusive(ctx, "migrate", func(ctx context.Context) error {
		conn, dialect := d.write, database.DialectSQLite3
		if d.pool != nil {
			conn, dialect = stdlib.OpenDBFromPool(d.pool), database.DialectPostgres
			defer conn.Close()
		}
		for _, s := range schemas {
			names, err := d.migrate(ctx, conn, dialect, s)
			if err != nil {
				return fmt.Errorf("migrate %s: %w", s.Name, err)
			}
			ran = append(ran, names...)
		}
		return nil
	})
	return ran, err
}

func (d *DB) migrate(ctx context.Context, conn *sql.DB, dialect database.Dialect, s Schema) ([]string, error) {
	skip := ".postgres.sql"
	if d.pool != nil {
		skip = ".sqlite.sql"
	}
	store, err := database.NewStore(dialect, s.Name+"_migration")
	if err != nil {
		return nil, err
	}
	p, err := goose.NewProvider("", conn, without{s.FS, skip}, goose.WithStore(store))
	if errors.Is(err, goose.ErrNoMigrations) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	results, err := p.Up(ctx)
	var ran []string
	for _, r := range results {
		ran = append(ran, s.Name+"/"+r.Source.Path)
	}
	return ran, err
}

// without hides the files of the other database.
type without struct {
	fs.FS
	suffix string
}

func (w without) ReadDir(name string) ([]fs.DirEntry, error) {
	all, err := fs.ReadDir(w.FS, name)
	var kept []fs.DirEntry
	for _, e := range all {
		if !strings.HasSuffix(e.Name(), w.suffix) {
			kept = append(kept, e)
		}
	}
	return kept, err
}
