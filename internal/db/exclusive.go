package db

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// ErrBusy says that somebody else holds the lock.
var ErrBusy = errors.New("another process is doing this already")

// Exclusive waits until nobody else in the installation holds name, and runs fn while holding it.
// The lock is freed when fn returns or the process dies, however it dies: it is a lock on a file in
// the data folder for SQLite, and a session's advisory lock on PostgreSQL.
func (d *DB) Exclusive(ctx context.Context, name string, fn func(ctx context.Context) error) error {
	return d.lock(ctx, name, true, fn)
}

// TryExclusive is Exclusive that returns ErrBusy at once instead of waiting.
func (d *DB) TryExclusive(ctx context.Context, name string, fn func(ctx context.Context) error) error {
	return d.lock(ctx, name, false, fn)
}

func (d *DB) lock(ctx context.Context, name string, wait bool, fn func(ctx context.Context) error) error {
	if d.pool != nil {
		return d.lockPostgres(ctx, name, wait, fn)
	}
	f, err := os.OpenFile(filepath.Join(d.dir, name+".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("open lock %s: %w", name, err)
	}
	defer f.Close() // frees the lock
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return fn(ctx)
		case !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR):
			return fmt.Errorf("lock %s: %w", name, err)
		case !wait:
			return ErrBusy
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func (d *DB) lockPostgres(ctx context.Context, name string, wait bool, fn func(ctx context.Context) error) error {
	h := fnv.New64a()
	h.Write([]byte("polder/" + name))
	key := int64(h.Sum64())
	pooled, err := d.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("lock %s: %w", name, err)
	}
	// The connection is closed rather than handed back, so that no lock can outlive its holder.
	conn := pooled.Hijack()
	defer conn.Close(context.WithoutCancel(ctx))
	// A machine that loses its power says no goodbye: the server shall notice within a minute.
	_, err = conn.PgConn().Exec(ctx, "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3").ReadAll()
	if err != nil {
		return fmt.Errorf("lock %s: %w", name, err)
	}
	if wait {
		_, err = conn.Exec(ctx, "SELECT pg_advisory_lock($1)", key)
	} else {
		var got bool
		err = conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", key).Scan(&got)
		if err == nil && !got {
			return ErrBusy
		}
	}
	if err != nil {
		return fmt.Errorf("lock %s: %w", name, err)
	}
	return fn(ctx)
}
