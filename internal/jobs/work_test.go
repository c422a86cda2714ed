package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"polder/internal/db"
	"polder/internal/jobs"
	"polder/internal/kit"
)

// work starts Work and returns what stops it and waits for its end.
func (b bench) work() (stop func()) {
	ctx, cancel := context.WithCancel(b.ctx)
	ended := make(chan error, 1)
	go func() { ended <- b.Work(ctx) }()
	return func() {
		b.Helper()
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				b.Error(err)
			}
		case <-b.ctx.Done():
			b.Fatal("Work does not end")
		}
	}
}

func (b bench) receive(from <-chan string) string {
	b.Helper()
	select {
	case s := <-from:
		return s
	case <-b.ctx.Done():
		b.Fatal("nothing came")
		return ""
	}
}

func TestWorkEndsWithItsContextAndLetsJobsFinish(t *testing.T) {
	each(t, func(b bench) {
		began, let := make(chan string, 1), make(chan string)
		var finished atomic.Bool
		jobs.Register(b.Queue, jobs.Options{}, func(ctx context.Context, n note) error {
			began <- n.Text
			<-let
			finished.Store(ctx.Err() == nil)
			return nil
		})
		b.insert(note{"a"}, time.Time{})
		stop := b.work()
		b.receive(began)
		b.insert(note{"b"}, time.Time{})
		go func() { let <- "" }()
		stop()
		if !finished.Load() {
			t.Error("Work did not wait for the job that ran, or its context had ended")
		}
		if len(began) == 0 { // else b was started before the end, which is fine too
			b.depth("note", jobs.Counts{Waiting: 1})
		}
	})
}

func TestJobsThatOutliveTheGraceAreStoppedAndRunAgain(t *testing.T) {
	each(t, func(b bench) {
		b.Grace = 10 * time.Millisecond
		began := make(chan string, 1)
		jobs.Register(b.Queue, jobs.Options{MaxAttempts: 1}, func(ctx context.Context, n note) error {
			began <- n.Text
			<-ctx.Done()
			return ctx.Err()
		})
		b.insert(note{"a"}, time.Time{})
		for range 2 { // the attempt that was stopped is not counted
			stop := b.work()
			b.receive(began)
			stop()
			b.depth("note", jobs.Counts{Waiting: 1})
		}
	})
}

func TestPeriodicJobsRunAtTheStartAndThenInOneProcessEachTime(t *testing.T) {
	each(t, func(b bench) {
		ran := make(chan string, 10)
		second := on(b.T, kit.Again(b.T, b.d), b.clock)
		for _, q := range []bench{b, second} {
			jobs.Register(q.Queue, jobs.Options{Every: time.Hour}, func(context.Context, note) error { ran <- "tick"; return nil })
			jobs.Register(q.Queue, jobs.Options{}, func(_ context.Context, o other) error { ran <- fmt.Sprint(o.N); return nil })
		}
		stop := b.work()
		b.receive(ran)
		stopSecond := second.work()
		b.receive(ran) // each process that starts asks for one
		for i := range 3 {
			b.clock.Advance(time.Hour)
			if got := b.receive(ran); got != "tick" {
				t.Fatalf("ran %q", got)
			}
			// What was queued after the tick has run, so a second tick would have come by now.
			b.insert(other{i}, b.clock.Now())
			if got := b.receive(ran); got != fmt.Sprint(i) {
				t.Fatalf("ran %q after tick %d", got, i)
			}
		}
		stop()
		stopSecond()
		if len(ran) > 0 {
			t.Errorf("and then %q", <-ran)
		}
	})
}

// A clock that ran ahead, and was put right, must not hold up the periodic jobs until it is as late
// as it once seemed to be.
func TestPeriodicJobsOutliveAClockThatRanAhead(t *testing.T) {
	each(t, func(b bench) {
		ran := make(chan string, 10)
		jobs.Register(b.Queue, jobs.Options{Every: time.Minute}, func(context.Context, note) error { ran <- "minute"; return nil })
		jobs.Register(b.Queue, jobs.Options{Every: 24 * time.Hour}, func(context.Context, other) error { ran <- "day"; return nil })
		stop := b.work()
		both := func() {
			b.Helper()
			if x, y := b.receive(ran), b.receive(ran); x == y {
				b.Fatalf("%s ran twice", x)
			}
		}
		both()
		b.clock.Advance(365 * 24 * time.Hour)
		both()
		b.clock.Advance(-365 * 24 * time.Hour)
		both() // at once: their time lies further ahead than it can
		b.clock.Advance(time.Minute)
		if got := b.receive(ran); got != "minute" {
			t.Errorf("a minute later %s ran", got)
		}
		stop()
		if len(ran) > 0 {
			t.Errorf("and then %q", <-ran)
		}
	})
}

// Nor must it hold up a unique job that failed meanwhile.
func TestAnotherAttemptOutlivesAClockThatRanAhead(t *testing.T) {
	each(t, func(b bench) {
		const year = 365 * 24 * time.Hour
		real, ran := b.clock.Now(), 0
		jobs.Register(b.Queue, jobs.Options{Unique: true}, func(context.Context, note) error {
			if b.clock.Now().Sub(real) >= year {
				return errors.New("not yet")
			}
			ran++
			return nil
		})
		b.clock.Advance(year)
		b.insert(note{"a"}, time.Time{})
		if err := b.Drain(b.ctx); err == nil {
			t.Fatal("it did not fail")
		}
		b.clock.Advance(-year)
		b.insert(note{"a"}, time.Time{})
		b.drain()
		if ran != 1 {
			t.Errorf("it ran %d times", ran)
		}
		b.depth("note", jobs.Counts{})
	})
}

func TestALiveProcessKeepsItsJobs(t *testing.T) {
	each(t, func(b bench) {
		began, let := make(chan string, 2), make(chan string)
		run := func(_ context.Context, n note) error { began <- n.Text; <-let; return nil }
		second := on(b.T, kit.Again(b.T, b.d), b.clock)
		jobs.Register(b.Queue, jobs.Options{}, run)
		jobs.Register(second.Queue, jobs.Options{}, run)
		b.insert(note{"a"}, time.Time{})
		stop := b.work()
		b.receive(began)
		second.drain() // must neither run nor wait for it
		b.depth("note", jobs.Counts{Running: 1})
		close(let)
		stop()
		if len(began) > 0 {
			t.Error("it ran a second time")
		}
	})
}

// A restarted PostgreSQL takes all slots away: their jobs end, for another process may have them by
// now, and the work goes on.
func TestWorkGoesOnAfterItsSlotIsLost(t *testing.T) {
	b := on(t, kit.Postgres(t, []db.Schema{jobs.Schema()}), &kit.Clock{})
	b.Grace = time.Hour
	began, ran := make(chan string, 10), make(chan string, 10)
	jobs.Register(b.Queue, jobs.Options{MaxAttempts: 1}, func(ctx context.Context, n note) error {
		began <- n.Text
		if len(began) > 1 { // the second time
			ran <- n.Text
			return nil
		}
		<-ctx.Done()
		return ctx.Err()
	})
	b.insert(note{"a"}, time.Time{})
	stop := b.work()
	for len(began) == 0 {
		select {
		case <-time.After(time.Millisecond):
		case <-b.ctx.Done():
			t.Fatal("it did not begin")
		}
	}
	if _, err := b.d.Pool().Exec(b.ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid()`); err != nil {
		t.Fatal(err)
	}
	b.receive(ran)
	stop()
	b.depth("note", jobs.Counts{})
}

// TestMain lets the test binary be the process that is killed.
func TestMain(m *testing.M) {
	if address := os.Getenv("JOBS_TEST_ADDRESS"); address != "" {
		hang(address, os.Getenv("JOBS_TEST_DIR"))
	}
	os.Exit(m.Run())
}

func hang(address, dir string) {
	ctx := context.Background()
	d, err := db.Open(ctx, address, dir)
	if err == nil {
		q := jobs.New(d, slog.New(slog.DiscardHandler))
		q.Now = new(kit.Clock).Now
		jobs.Register(q, jobs.Options{Unique: true, MaxAttempts: 1}, func(_ context.Context, n note) error {
			if err := os.WriteFile(filepath.Join(dir, "began-"+n.Text), nil, 0o600); err != nil {
				return err
			}
			select {}
		})
		err = q.Work(ctx)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func TestJobsOfAKilledProcessRunAtOnce(t *testing.T) {
	each(t, func(b bench) {
		var r record
		b.AtOnce = 1
		jobs.Register(b.Queue, jobs.Options{Unique: true, MaxAttempts: 1}, r.run)
		b.insert(note{"a"}, b.clock.Now().Add(-time.Second))
		b.insert(note{"b"}, time.Time{})
		for range 3 { // being killed is not counted as an attempt, of which there is only one
			child := exec.Command(os.Args[0])
			child.Env = append(os.Environ(), "JOBS_TEST_ADDRESS="+kit.Address(b.d), "JOBS_TEST_DIR="+b.d.Dir())
			child.Stderr = os.Stderr
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			b.await("began-a", "began-b")
			b.insert(note{"a"}, time.Time{}) // one waits while one runs: they become one
			b.depth("note", jobs.Counts{Waiting: 1, Running: 2})
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			child.Wait()
		}
		began := time.Now()
		b.drain()
		if took := time.Since(began); took > time.Second {
			t.Errorf("it took %v to take up the orphans", took)
		}
		r.want(b, "a", "b")
		b.depth("note", jobs.Counts{})
	})
}

// await waits until the files are in the data folder, and removes them.
func (b bench) await(names ...string) {
	b.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for _, name := range names {
		for os.Remove(filepath.Join(b.d.Dir(), name)) != nil {
			select {
			case <-tick.C:
			case <-b.ctx.Done():
				b.Fatalf("%s did not come", name)
			}
		}
	}
}

// Jobs must go on while another process writes one long transaction after another.
func TestJobsRunWhileAnotherProcessWritesWithoutAPause(t *testing.T) {
	each(t, func(b bench) {
		ran := make(chan string, 100)
		jobs.Register(b.Queue, jobs.Options{}, func(_ context.Context, n note) error { ran <- n.Text; return nil })
		busy := kit.Again(b.T, b.d)
		ctx, cancel := context.WithCancel(b.ctx)
		ended := make(chan int)
		go func() {
			n := 0
			for ctx.Err() == nil {
				n++
				err := busy.Write(ctx, func(tx *db.Tx) error { <-time.After(50 * time.Millisecond); return nil })
				if err != nil && ctx.Err() == nil {
					t.Error(err)
				}
			}
			ended <- n
		}()
		const n = 10
		for range n {
			b.insert(note{"a"}, time.Time{})
		}
		stop := b.work()
		for range n {
			b.receive(ran)
		}
		stop()
		cancel()
		if wrote := <-ended; wrote > 10*n {
			t.Errorf("the other process wrote %d times before %d jobs had run", wrote, n)
		}
	})
}
