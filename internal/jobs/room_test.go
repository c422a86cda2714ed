package jobs

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"polder/internal/db"
	"polder/internal/kit"
)

type slowArgs struct{ N int }

func (slowArgs) Kind() string { return "slow" }

type quickArgs struct{}

func (quickArgs) Kind() string { return "quick" }

// A kind that waits for machines of others, as many of them as somebody likes, keeps no other kind
// waiting: letters and warnings go on.
func TestKindLeavesRoomForOthers(t *testing.T) {
	kit.Each(t, []db.Schema{Schema()}, func(t *testing.T, d *db.DB) {
		q := New(d, kit.Log(t))
		var running, most atomic.Int32
		free, quick, entered := make(chan struct{}), make(chan struct{}), make(chan struct{}, 40)
		Register(q, Options{AtOnce: 3}, func(ctx context.Context, _ slowArgs) error {
			n := running.Add(1)
			for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
			}
			entered <- struct{}{}
			select {
			case <-free:
			case <-ctx.Done():
			}
			running.Add(-1)
			return nil
		})
		Register(q, Options{}, func(context.Context, quickArgs) error { close(quick); return nil })
		if err := d.Write(t.Context(), func(tx *db.Tx) error {
			for n := range 40 {
				if err := q.Insert(t.Context(), tx, slowArgs{n}, q.Now().Add(-time.Hour)); err != nil {
					return err
				}
			}
			return q.Insert(t.Context(), tx, quickArgs{}, time.Time{})
		}); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- q.Drain(t.Context()) }()
		for _, c := range []chan struct{}{quick, entered, entered, entered} {
			select {
			case <-c:
			case <-time.After(20 * time.Second):
				t.Error("the quick job waits for the slow ones, or those for nothing")
			}
		}
		close(free)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if n := most.Load(); n != 3 {
			t.Errorf("%d slow jobs at once, want 3", n)
		}
	})
}
