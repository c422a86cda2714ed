package jobs_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"polder/internal/db"
	"polder/internal/jobs"
	"polder/internal/kit"
)

type note struct {
	Text string `json:"text"`
}

func (note) Kind() string { return "note" }

type other struct{ N int }

func (other) Kind() string { return "other" }

// bench is a queue on a fresh database, with a clock that stands still.
type bench struct {
	*testing.T
	*jobs.Queue
	d     *db.DB
	clock *kit.Clock
	ctx   context.Context
}

func each(t *testing.T, fn func(b bench)) {
	t.Helper()
	kit.Each(t, []db.Schema{jobs.Schema()}, func(t *testing.T, d *db.DB) { fn(on(t, d, &kit.Clock{})) })
}

func on(t *testing.T, d *db.DB, clock *kit.Clock) bench {
	q := jobs.New(d, kit.Log(t))
	q.Now = clock.Now
	return bench{t, q, d, clock, kit.Context(t, time.Minute)}
}

func (b bench) insert(a jobs.Args, at time.Time) {
	b.Helper()
	if err := b.d.Write(b.ctx, func(tx *db.Tx) error { return b.Insert(b.ctx, tx, a, at) }); err != nil {
		b.Fatal(err)
	}
}

func (b bench) drain() {
	b.Helper()
	if err := b.Drain(b.ctx); err != nil {
		b.Fatal(err)
	}
}

func (b bench) depth(kind string, want jobs.Counts) {
	b.Helper()
	all, err := b.Depth(b.ctx)
	if err != nil {
		b.Fatal(err)
	}
	if all[kind] != want {
		b.Fatalf("depth of %s: %+v, want %+v", kind, all[kind], want)
	}
}

// record is a job that keeps what it was given.
type record struct {
	mu   sync.Mutex
	seen []string
}

func (r *record) run(_ context.Context, n note) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, n.Text)
	return nil
}

func (r *record) want(b bench, want ...string) {
	b.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if strings.Join(r.seen, " ") != strings.Join(want, " ") {
		b.Fatalf("ran %q, want %q", r.seen, want)
	}
}

func TestJobExistsOnlyWhenItsTransactionCommits(t *testing.T) {
	each(t, func(b bench) {
		var r record
		jobs.Register(b.Queue, jobs.Options{}, r.run)
		stop := errors.New("changed my mind")
		err := b.d.Write(b.ctx, func(tx *db.Tx) error {
			return errors.Join(b.Insert(b.ctx, tx, note{"never"}, time.Time{}), stop)
		})
		if !errors.Is(err, stop) {
			t.Fatal(err)
		}
		b.insert(note{"once"}, time.Time{})
		b.drain()
		b.drain()
		r.want(b, "once")
		b.depth("note", jobs.Counts{})
	})
}

func TestDrainRunsWhatIsDueInOrderAndLeavesTheRest(t *testing.T) {
	each(t, func(b bench) {
		var r record
		b.AtOnce = 1
		jobs.Register(b.Queue, jobs.Options{}, r.run)
		now := b.clock.Now()
		b.insert(note{"later"}, now.Add(time.Hour))
		b.insert(note{"second"}, now.Add(-time.Minute))
		b.insert(note{"third"}, time.Time{})
		b.insert(note{"first"}, now.Add(-time.Hour))
		began := time.Now()
		b.drain()
		if took := time.Since(began); took > time.Second {
			t.Errorf("draining three jobs took %v", took)
		}
		r.want(b, "first", "second", "third")
		b.clock.Advance(time.Hour - time.Microsecond)
		b.drain()
		r.want(b, "first", "second", "third")
		b.clock.Advance(time.Microsecond)
		b.drain()
		r.want(b, "first", "second", "third", "later")
	})
}

func TestDrainRunsWhatJobsQueueAndWhatIsMarked(t *testing.T) {
	each(t, func(b bench) {
		var r record
		jobs.Register(b.Queue, jobs.Options{}, r.run)
		jobs.Register(b.Queue, jobs.Options{OnDrain: true}, func(ctx context.Context, o other) error {
			return b.d.Write(ctx, func(tx *db.Tx) error { return b.Insert(ctx, tx, note{"by other"}, time.Time{}) })
		})
		b.drain()
		r.want(b, "by other")
		b.drain()
		r.want(b, "by other", "by other")
	})
}

func TestUniqueJobWaitsOnce(t *testing.T) {
	each(t, func(b bench) {
		var r record
		b.AtOnce = 1
		jobs.Register(b.Queue, jobs.Options{Unique: true}, r.run)
		b.insert(note{"a"}, b.clock.Now().Add(time.Hour))
		b.insert(note{"a"}, time.Time{}) // earlier: moves the one that waits
		b.insert(note{"a"}, b.clock.Now().Add(time.Minute))
		b.insert(note{"b"}, time.Time{})
		b.depth("note", jobs.Counts{Waiting: 2})
		b.drain()
		r.want(b, "a", "b")
		b.insert(note{"a"}, time.Time{}) // it ran, so it may be queued again
		b.drain()
		r.want(b, "a", "b", "a")
	})
}

func TestUniqueJobQueuedWhileOneRunsWaitsForItsEnd(t *testing.T) {
	each(t, func(b bench) {
		var runs, together atomic.Int32
		second := on(b.T, kit.Again(b.T, b.d), b.clock)
		run := func(ctx context.Context, n note) error {
			if together.Add(1) > 1 {
				t.Error("two run at the same time")
			}
			defer together.Add(-1)
			if runs.Add(1) == 1 { // queued twice while it runs: one more run must follow, not two
				b.insert(n, time.Time{})
				b.insert(n, time.Time{})
				second.drain()
				b.depth("note", jobs.Counts{Waiting: 1, Running: 1})
			}
			return nil
		}
		jobs.Register(b.Queue, jobs.Options{Unique: true}, run)
		jobs.Register(second.Queue, jobs.Options{Unique: true}, run)
		b.insert(note{"a"}, time.Time{})
		b.drain()
		if runs.Load() != 2 {
			t.Errorf("ran %d times, not twice", runs.Load())
		}
	})
}

// A unique job that waits may not start between Insert, which found it waiting, and the commit: its
// run would not see what the transaction wrote, and nothing would wake a second run.
func TestNoWakeUpIsLostBetweenInsertAndCommit(t *testing.T) {
	kitDB := kit.Postgres(t, []db.Schema{jobs.Schema()}) // on SQLite there is one writer at a time
	b := on(t, kitDB, &kit.Clock{})
	var r record
	jobs.Register(b.Queue, jobs.Options{Unique: true}, r.run)
	b.insert(note{"a"}, time.Time{})
	err := b.d.Write(b.ctx, func(tx *db.Tx) error {
		if err := b.Insert(b.ctx, tx, note{"a"}, time.Time{}); err != nil {
			return err
		}
		b.drain()
		r.want(b)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	b.drain()
	r.want(b, "a")
}

func TestFailingJobIsTriedAgainLaterAndAtLastKept(t *testing.T) {
	each(t, func(b bench) {
		var tries int
		jobs.Register(b.Queue, jobs.Options{MaxAttempts: 3, Unique: true}, func(context.Context, note) error {
			tries++
			return errors.New("the server said no")
		})
		b.insert(note{"a"}, time.Time{})
		for i, pause := range []time.Duration{0, 10 * time.Second, 20 * time.Second} {
			if i > 0 {
				b.insert(note{"a"}, time.Time{}) // does not hurry a job that waits for another attempt
				b.clock.Advance(pause - time.Microsecond)
				b.drain()
				b.clock.Advance(time.Microsecond)
			}
			if err := b.Drain(b.ctx); err == nil || err.Error() != "note: the server said no" {
				t.Fatalf("drain: %v", err)
			}
			if tries != i+1 {
				t.Fatalf("tried %d times, not %d", tries, i+1)
			}
		}
		b.depth("note", jobs.Counts{Failed: 1})
		b.clock.Advance(time.Hour)
		b.drain()
		if tries != 3 {
			t.Fatalf("a failed job was tried again")
		}
		b.insert(note{"a"}, time.Time{}) // failed is not waiting
		b.depth("note", jobs.Counts{Failed: 1, Waiting: 1})
	})
}

func TestRetryGivesWayToTheOneThatWaits(t *testing.T) {
	each(t, func(b bench) {
		var runs int
		jobs.Register(b.Queue, jobs.Options{Unique: true}, func(ctx context.Context, n note) error {
			if runs++; runs == 1 {
				b.insert(n, time.Time{})
				return errors.New("first time")
			}
			return nil
		})
		b.insert(note{"a"}, time.Time{})
		b.drain() // the second run succeeded, so no error remains
		b.depth("note", jobs.Counts{})
		if runs != 2 {
			t.Errorf("ran %d times, not twice", runs)
		}
	})
}

func TestPanicAndGoexitAreErrors(t *testing.T) {
	each(t, func(b bench) {
		jobs.Register(b.Queue, jobs.Options{}, func(context.Context, note) error { panic("oh\x00 dear") })
		jobs.Register(b.Queue, jobs.Options{}, func(context.Context, other) error { runtime.Goexit(); return nil })
		b.insert(other{}, time.Time{})
		if err := b.Drain(b.ctx); err == nil {
			t.Fatal("no error from a job that left")
		}
		b.insert(note{}, time.Time{})
		if err := b.Drain(b.ctx); err == nil || !strings.Contains(err.Error(), "dear") {
			t.Fatalf("drain: %v", err)
		}
		b.depth("note", jobs.Counts{Waiting: 1, Retrying: 1})
	})
}

func TestTimeoutEndsTheContext(t *testing.T) {
	each(t, func(b bench) {
		jobs.Register(b.Queue, jobs.Options{Timeout: 10 * time.Millisecond}, func(ctx context.Context, _ note) error {
			<-ctx.Done()
			return ctx.Err()
		})
		jobs.Register(b.Queue, jobs.Options{}, func(ctx context.Context, _ other) error {
			if _, bounded := ctx.Deadline(); bounded {
				t.Error("a job without a timeout has a deadline of its own")
			}
			return nil
		})
		b.insert(note{}, time.Time{})
		if err := b.Drain(b.ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("drain: %v", err)
		}
	})
}

func TestUnknownKindsAreLeftToThoseWhoKnowThem(t *testing.T) {
	each(t, func(b bench) {
		var r record
		jobs.Register(b.Queue, jobs.Options{}, r.run)
		b.insert(note{"a"}, time.Time{})
		newer := on(b.T, b.d, b.clock)
		jobs.Register(newer.Queue, jobs.Options{}, func(context.Context, other) error { return nil })
		newer.drain()
		b.depth("note", jobs.Counts{Waiting: 1})
		if err := b.d.Write(b.ctx, func(tx *db.Tx) error { return b.Insert(b.ctx, tx, other{}, time.Time{}) }); err == nil {
			t.Error("a kind that nobody registered was queued")
		}
		b.drain()
		r.want(b, "a")
	})
}

func TestTwoProcessesShareTheJobs(t *testing.T) {
	each(t, func(b bench) {
		var mu sync.Mutex
		ran := map[int]int{}
		count := func(_ context.Context, o other) error {
			mu.Lock()
			defer mu.Unlock()
			ran[o.N]++
			return nil
		}
		second := on(b.T, kit.Again(b.T, b.d), b.clock)
		const n = 200
		for _, q := range []bench{b, second} {
			jobs.Register(q.Queue, jobs.Options{}, count)
		}
		err := b.d.Write(b.ctx, func(tx *db.Tx) error {
			for i := range n {
				if err := b.Insert(b.ctx, tx, other{i}, time.Time{}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		var both sync.WaitGroup
		for _, q := range []bench{b, second} {
			both.Go(func() {
				if err := q.Drain(q.ctx); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		for i := range n {
			if ran[i] != 1 {
				t.Fatalf("job %d ran %d times", i, ran[i])
			}
		}
	})
}
