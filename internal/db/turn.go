package db

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// turns makes the processes that write to one SQLite file take turns.
//
// SQLite itself lets a waiting writer sleep and try again, so a process that writes one long
// transaction after another takes the lock back each time before the others have woken: measured, a
// second process came through less than once a second. Here a writer first goes through a gate and
// holds it until it has the lock, so the process that has just finished waits behind it. Both are
// locks on files: they are freed when their process dies. A process has one writing connection, so
// no two goroutines are here at once.
type turns struct{ gate, lock *os.File }

func openTurns(dir string) (t turns, err error) {
	if t.gate, err = os.OpenFile(filepath.Join(dir, "write-gate.lock"), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return t, fmt.Errorf("open the lock of writers: %w", err)
	}
	if t.lock, err = os.OpenFile(filepath.Join(dir, "write.lock"), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return t, errors.Join(fmt.Errorf("open the lock of writers: %w", err), t.gate.Close())
	}
	return t, nil
}

// take waits for this process's turn to write; give ends it.
func (t turns) take(ctx context.Context) error {
	if err := flock(ctx, t.gate); err != nil {
		return fmt.Errorf("wait to write: %w", err)
	}
	defer unlock(t.gate)
	if err := flock(ctx, t.lock); err != nil {
		return fmt.Errorf("wait to write: %w", err)
	}
	return nil
}

func (t turns) give() { unlock(t.lock) }

func (t turns) close() error { return errors.Join(t.gate.Close(), t.lock.Close()) }

// flock polls, as a blocked system call could not be given up when ctx ends.
func flock(ctx context.Context, f *os.File) error {
	for pause := 50 * time.Microsecond; ; pause = min(2*pause, time.Millisecond) {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

func unlock(f *os.File) { syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }
