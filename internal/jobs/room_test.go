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

type slowArgs2 struct{ N int }

func (slowArgs2) Kind() string { return "slow2" }

type slowArgs3 struct{ N int }

func (slowArgs3) Kind() string { return "slow3" }

// Many such kinds together keep no other waiting either: some places are never theirs.
func TestManyKindsLeaveRoomForOthers(t *testing.T) {
	kit.Each(t, []db.Schema{Schema()}, func(t *testing.T, d *db.DB) {
		q := New(d, kit.Log(t))
		free, quick, entered := make(chan struct{}), make(chan struct{}), make(chan struct{}, 100)
		var running, most atomic.Int32
		wait := func(ctx context.Context) error {
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
		}
		Register(q, Options{AtOnce: 4}, func(ctx context.Context, _ slowArgs) error { return wait(ctx) })
		Register(q, Options{AtOnce: 4}, func(ctx context.Context, _ slowArgs2) error { return wait(ctx) })
		Register(q, Options{AtOnce: 4}, func(ctx context.Context, _ slowArgs3) error { return wait(ctx) })
		Register(q, Options{}, func(context.Context, quickArgs) error { close(quick); return nil })
		insert := func(list ...Args) {
			t.Helper()
			if err := d.Write(t.Context(), func(tx *db.Tx) error {
				for _, a := range list {
					if err := q.Insert(t.Context(), tx, a, q.Now().Add(-time.Hour)); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		for n := range 10 {
			insert(slowArgs{n}, slowArgs2{n}, slowArgs3{n})
		}
		done := make(chan error, 1)
		go func() { done <- q.Drain(t.Context()) }()
		for range q.AtOnce - spared { // all places that they may have are taken
			select {
			case <-entered:
			case <-time.After(20 * time.Second):
				t.Fatal("the slow jobs do not run")
			}
		}
		insert(quickArgs{})
		select {
		case <-quick:
		case <-time.After(20 * time.Second):
			t.Error("the quick job waits for the slow ones of many kinds")
		}
		close(free)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if n := int(most.Load()); n != q.AtOnce-spared {
			t.Errorf("%d slow jobs at once", n)
		}
	})
}
