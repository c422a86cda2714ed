package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

// Tx is a transaction on either database.
type Tx struct {
	db *DB
	s  *sql.Tx
	p  pgx.Tx
}

// Postgres tells whether this is PostgreSQL.
func (t *Tx) Postgres() bool { return t.p != nil }

// Exec runs a statement and returns the number of rows it changed.
func (t *Tx) Exec(ctx context.Context, q string, args ...any) (int64, error) {
	t.db.observed(q, args)
	if t.p != nil {
		tag, err := t.p.Exec(ctx, dollars(q), args...)
		return tag.RowsAffected(), err
	}
	res, err := t.s.ExecContext(ctx, q, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Rows is the answer to a query; close it, or read it to the end with Each.
type Rows struct {
	s *sql.Rows
	p pgx.Rows
}

// Next moves to the next row.
func (r *Rows) Next() bool {
	if r.p != nil {
		return r.p.Next()
	}
	return r.s.Next()
}

// Scan reads the row's columns.
func (r *Rows) Scan(dest ...any) error {
	if r.p != nil {
		return r.p.Scan(dest...)
	}
	return r.s.Scan(dest...)
}

// Err returns what ended the rows, if not their end.
func (r *Rows) Err() error {
	if r.p != nil {
		return r.p.Err()
	}
	return r.s.Err()
}

// Close frees the connection for the next statement.
func (r *Rows) Close() {
	if r.p != nil {
		r.p.Close()
		return
	}
	r.s.Close()
}

// Query runs a query for many rows.
func (t *Tx) Query(ctx context.Context, q string, args ...any) (*Rows, error) {
	t.db.observed(q, args)
	if t.p != nil {
		rows, err := t.p.Query(ctx, dollars(q), args...)
		return &Rows{p: rows}, err
	}
	rows, err := t.s.QueryContext(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	return &Rows{s: rows}, nil
}

// Each runs a query and calls fn once for each row; scan reads the row's columns.
func (t *Tx) Each(ctx context.Context, fn func(scan func(dest ...any) error) error, q string, args ...any) error {
	rows, err := t.Query(ctx, q, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// One runs a query for one row and scans it; ErrNoRows when there is none.
func (t *Tx) One(ctx context.Context, q string, args []any, dest ...any) error {
	t.db.observed(q, args)
	if t.p != nil {
		err := t.p.QueryRow(ctx, dollars(q), args...).Scan(dest...)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNoRows
		}
		return err
	}
	return t.s.QueryRowContext(ctx, q, args...).Scan(dest...)
}

// Bulk appends rows to a table, by COPY on PostgreSQL and by statements of many rows on SQLite.
// Every row must have a value for each column; ids as []byte, times as int64.
func (t *Tx) Bulk(ctx context.Context, table string, columns []string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	if t.p != nil {
		_, err := t.p.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromRows(rows))
		if err != nil {
			return fmt.Errorf("copy %d rows into %s: %w", len(rows), table, err)
		}
		return nil
	}
	const most = 4000 // parameters in one statement: SQLite allows 32766, and fewer is faster to bind
	per := max(1, most/len(columns))
	full := insertStatement(table, columns, per)
	args := make([]any, 0, per*len(columns))
	stmt, err := t.s.PrepareContext(ctx, full)
	if err != nil {
		return fmt.Errorf("prepare insert into %s: %w", table, err)
	}
	defer stmt.Close()
	for len(rows) > 0 {
		n := min(per, len(rows))
		args = args[:0]
		for _, r := range rows[:n] {
			args = append(args, r...)
		}
		if n == per {
			_, err = stmt.ExecContext(ctx, args...)
		} else {
			_, err = t.s.ExecContext(ctx, insertStatement(table, columns, n), args...)
		}
		if err != nil {
			return fmt.Errorf("insert %d rows into %s: %w", n, table, err)
		}
		rows = rows[n:]
	}
	return nil
}

// Many is from how many new rows on it is worth telling PostgreSQL at once, by Analyze, instead of
// waiting for its own round.
const Many = 50_000

// Analyze tells PostgreSQL how much is in a table that was just filled, so that it plans by it and
// does not read a large table to meet a small one. SQLite needs no telling.
func (t *Tx) Analyze(ctx context.Context, table string) error {
	if t.p == nil {
		return nil
	}
	_, err := t.p.Exec(ctx, "ANALYZE "+pgx.Identifier{table}.Sanitize())
	if err != nil {
		return fmt.Errorf("analyze %s: %w", table, err)
	}
	return nil
}

func insertStatement(table string, columns []string, rows int) string {
	var b strings.Builder
	b.WriteString("INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES ")
	one := "(" + strings.TrimSuffix(strings.Repeat("?,", len(columns)), ",") + ")"
	for i := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(one)
	}
	return b.String()
}

var rewritten sync.Map // SQL with ?1 -> SQL with $1; as many entries as there are statements in the code

// dollars turns ?1 into $1 and leaves everything else alone; a ? without a digit is PostgreSQL's own.
func dollars(q string) string {
	if v, ok := rewritten.Load(q); ok {
		return v.(string)
	}
	b := []byte(q)
	quoted := false
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] == '\'':
			quoted = !quoted
		case b[i] == '?' && !quoted && i+1 < len(b) && b[i+1] >= '0' && b[i+1] <= '9':
			b[i] = '$'
		}
	}
	rewritten.Store(q, string(b))
	return string(b)
}
