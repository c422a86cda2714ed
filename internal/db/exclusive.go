package db

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"hash/fnv"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrBusy says that somebody else holds the lock.
var ErrBusy = errors.New("another process is doing this already")

// ErrLost is the cause of the end of fn's context, and part of the error, when the lock was lost while
// fn ran: somebody else may hold it by now.
var ErrLost = errors.New("the lock is lost, for its connection to PostgreSQL broke")

// Exclusive waits until nobody else in the installation holds name, and runs fn while holding it.
// The lock is freed when fn returns or the process dies, however it dies: it is a lock on a file in
// the data folder for SQLite, and a session's advisory lock on PostgreSQL. There it can be lost while
// fn runs, with the session: then fn's context ends, and the error holds ErrLost whatever fn returns.
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
	defer func() {
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
		defer cancel()
		conn.Close(bounded)
	}()
	if err := steady(ctx, conn); err != nil {
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
	defer func() { // at once: the end of a session frees it too, but a moment after we have gone on
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
		defer cancel()
		conn.Exec(bounded, "SELECT pg_advisory_unlock($1)", key)
	}()
	return whileAlive(ctx, conn, name, fn)
}

// goodbye is how long a server may take to confirm that the session has ended.
const goodbye = 5 * time.Second

// steady makes the connection fit to be held for long without a word. A machine that loses its power
// says no goodbye: the server notices within a minute and frees the lock, and we notice sooner that
// the server, or the way to it, is gone.
func steady(ctx context.Context, conn *pgx.Conn) error {
	wire := conn.PgConn().Conn()
	if secure, ok := wire.(*tls.Conn); ok {
		wire = secure.NetConn()
	}
	if tcp, ok := wire.(*net.TCPConn); ok {
		err := tcp.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3})
		if err != nil {
			return err
		}
	}
	// idle_session_timeout is there since PostgreSQL 14, and would take the lock from a holder that is at work.
	_, err := conn.PgConn().Exec(ctx, `SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3;
		SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'idle_session_timeout'`).ReadAll()
	return err
}

// whileAlive runs fn with a context that ends when the connection breaks.
func whileAlive(ctx context.Context, conn *pgx.Conn, name string, fn func(ctx context.Context) error) error {
	held, lose := context.WithCancelCause(ctx)
	defer lose(nil)
	listening, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			// Nothing is listened to, so nothing comes but the end.
			if _, err := conn.WaitForNotification(listening); err != nil {
				if listening.Err() == nil {
					lose(fmt.Errorf("lock %s: %w: %w", name, ErrLost, err))
				}
				return
			}
		}
	}()
	defer func() { // even when fn panics: the connection is closed after this, and is not for two at once
		stop()
		<-ended
	}()
	err := fn(held)
	if lost := context.Cause(held); errors.Is(lost, ErrLost) {
		if err == nil || errors.Is(err, context.Canceled) { // which would look as if the caller had ended it
			return lost
		}
		return errors.Join(lost, err)
	}
	return err
}
