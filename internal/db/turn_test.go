package db_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"polder/internal/db"
	"polder/internal/kit"
)

// Two openings of one SQLite file behave as two processes do. While one writes without a pause, the
// other must get its turn between two of the first one's transactions.
func TestWritersOfTwoProcessesTakeTurns(t *testing.T) {
	a := kit.SQLite(t, nil)
	b := kit.Again(t, a)
	ctx, stop := context.WithCancel(kit.Context(t, time.Minute))
	held, ended := make(chan struct{}, 1), make(chan int, 1)
	go func() {
		n := 0
		for ctx.Err() == nil {
			err := a.Write(ctx, func(tx *db.Tx) error {
				n++
				select {
				case held <- struct{}{}:
				default:
				}
				<-time.After(30 * time.Millisecond)
				return nil
			})
			if err != nil && ctx.Err() == nil {
				t.Error(err)
			}
		}
		ended <- n
	}()
	<-held
	const turns = 10
	for range turns {
		if err := b.Write(ctx, func(tx *db.Tx) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	if n := <-ended; n > 3*turns {
		t.Errorf("the busy writer wrote %d times while the other had %d turns", n, turns)
	}
}

func TestWaitingForATurnEndsWithTheContext(t *testing.T) {
	a := kit.SQLite(t, nil)
	b := kit.Again(t, a)
	err := a.Write(t.Context(), func(tx *db.Tx) error {
		ctx := kit.Context(t, 20*time.Millisecond)
		err := b.Write(ctx, func(tx *db.Tx) error { return nil })
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting ended with %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Write(t.Context(), func(tx *db.Tx) error { return nil }); err != nil {
		t.Errorf("after giving up once: %v", err)
	}
}

func benchmarkEmptyWrite(b *testing.B, d *db.DB) {
	for b.Loop() {
		if err := d.Write(b.Context(), func(tx *db.Tx) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEmptyWriteSQLite(b *testing.B) { benchmarkEmptyWrite(b, kit.SQLite(b, nil)) }
