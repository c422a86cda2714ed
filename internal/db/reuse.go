package db

import (
	"context"
	"database/sql/driver"
)

// mostKept is how many statements a reading connection keeps ready. Those of the code are some
// hundreds; beyond that are lists of a length of their own, which come once.
const mostKept = 500

// reusing makes connections that keep their queries ready: SQLite reads the text of each anew
// otherwise, which is half the work of a page. A transaction asks one thing at a time, as PostgreSQL
// allows no more, so a statement is never used while it is still answering.
type reusing struct{ driver.Connector }

// Connect makes one connection.
func (r reusing) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := r.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &reusingConn{sqliteConn: c.(sqliteConn), ready: map[string]driver.Stmt{}}, nil
}

// sqliteConn is what the driver's connections can do.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.Pinger
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
}

type reusingConn struct {
	sqliteConn
	ready map[string]driver.Stmt
}

// QueryContext runs a query that is ready, or makes it so.
func (c *reusingConn) QueryContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Rows, error) {
	s, ok := c.ready[q]
	if !ok {
		if len(c.ready) >= mostKept {
			return c.sqliteConn.QueryContext(ctx, q, args)
		}
		var err error
		if s, err = c.PrepareContext(ctx, q); err != nil {
			return nil, err
		}
		c.ready[q] = s
	}
	return s.(driver.StmtQueryContext).QueryContext(ctx, args)
}

// Close gives everything back.
func (c *reusingConn) Close() error {
	for _, s := range c.ready {
		s.Close() // what is wrong with the connection shows when it is closed
	}
	return c.sqliteConn.Close()
}
