package db

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Fill runs fn, which fills tables that are still empty, with what is paid for each row taken off
// them: indexes, but for keys, references to other tables, and triggers. They are made again at the
// end, in one go, and PostgreSQL is told how much there is. It is for data that are made up: when it is
// cut short, the database is of no use any more. What triggers would have written, fn writes.
func (d *DB) Fill(ctx context.Context, tables []string, fn func(ctx context.Context) error) error {
	for _, t := range tables {
		err := d.Read(ctx, func(tx *Tx) error {
			var one int
			return tx.One(ctx, `SELECT 1 FROM `+quoted(t)+` LIMIT 1`, nil, &one)
		})
		if err == nil {
			return fmt.Errorf("fill %s: it is not empty", t)
		}
		if !errors.Is(err, ErrNoRows) {
			return fmt.Errorf("fill %s: %w", t, err)
		}
	}
	off, on, err := d.burdens(ctx, tables)
	if err != nil {
		return fmt.Errorf("fill tables: %w", err)
	}
	if err := d.outside(ctx, off); err != nil {
		return fmt.Errorf("fill tables: %w", err)
	}
	if err := fn(ctx); err != nil {
		return err
	}
	if err := d.outside(ctx, on); err != nil {
		return fmt.Errorf("fill tables: %w", err)
	}
	return nil
}

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }

// burdens returns the statements that take off what slows down filling, and those that make it again.
func (d *DB) burdens(ctx context.Context, tables []string) (off, on []string, err error) {
	list := "'" + strings.Join(tables, "', '") + "'"
	q := `SELECT 'DROP ' || type || ' "' || name || '"', sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL AND tbl_name IN (` + list + `) ORDER BY type, name`
	if d.pool != nil {
		q = `SELECT 'ALTER TABLE ' || conrelid::regclass || ' DROP CONSTRAINT ' || quote_ident(conname), 'ALTER TABLE ' || conrelid::regclass || ' ADD CONSTRAINT ' || quote_ident(conname) || ' ' || pg_get_constraintdef(oid)
				FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text IN (` + list + `)
			UNION ALL SELECT 'DROP INDEX ' || indexrelid::regclass, pg_get_indexdef(indexrelid)
				FROM pg_index i WHERE indrelid::regclass::text IN (` + list + `) AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)
			UNION ALL SELECT 'ALTER TABLE ' || t || ' DISABLE TRIGGER USER', 'ALTER TABLE ' || t || ' ENABLE TRIGGER USER' FROM unnest(ARRAY[` + list + `]) AS t`
	}
	err = d.Read(ctx, func(tx *Tx) error {
		return tx.Each(ctx, func(scan func(...any) error) error {
			var without, with string
			err := scan(&without, &with)
			off, on = append(off, without), append(on, with)
			return err
		}, q)
	})
	if d.pool == nil {
		return append(off, "PRAGMA foreign_keys = 0"), append(on, "PRAGMA foreign_keys = 1"), err
	}
	on = append(append([]string{"SET maintenance_work_mem = '512MB'"}, on...), "RESET maintenance_work_mem")
	for _, t := range tables {
		on = append(on, "VACUUM ANALYZE "+quoted(t))
	}
	return off, on, err
}

// outside runs statements one by one, each in no transaction.
func (d *DB) outside(ctx context.Context, statements []string) error {
	run := func(q string) (err error) { _, err = d.write.ExecContext(ctx, q); return err }
	if d.pool != nil {
		conn, err := d.pool.Acquire(ctx)
		if err != nil {
			return err
		}
		defer conn.Release()
		run = func(q string) (err error) { _, err = conn.Exec(ctx, q); return err }
	}
	for _, q := range statements {
		if err := run(q); err != nil {
			return fmt.Errorf("%s: %w", q, err)
		}
	}
	return nil
}
