package jobs

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"polder/internal/db"
)

const (
	pollEvery   = 200 * time.Millisecond
	rescueEvery = 15 * time.Second
	forgetEvery = time.Hour
	keepFailed  = 30 * 24 * time.Hour
	mostDeaths  = 100 // a job that kills its process must stop some day
)

// Work runs jobs until ctx ends, then lets those that run finish within Grace. It returns an error
// only when it cannot start; later ones are logged and the work goes on. A process that loses its
// slot, as when PostgreSQL is started anew, ends its jobs at once, for another may take them over,
// and takes a slot again as soon as it can.
func (q *Queue) Work(ctx context.Context) error {
	started := false
	for pause := pollEvery; ; pause = min(2*pause, 10*time.Second) {
		err := q.withSlot(ctx, func(ctx context.Context, w *worker) error {
			if err := q.startSchedule(ctx); err != nil {
				return err
			}
			started, pause = true, pollEvery
			w.work(ctx)
			return nil
		})
		switch {
		case err == nil || !started:
			return err
		case ctx.Err() != nil:
			return nil
		}
		if pause == pollEvery { // once for each time of trouble, not once for each try
			q.log.Error("the work was interrupted; starting it again", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// Drain queues the jobs of kinds with OnDrain, runs everything that is due, and what becomes due by
// that, and returns when nothing due is left that is not running elsewhere. Jobs for later stay,
// failed ones that wait for another attempt too. The error joins the last error of each kind whose
// last attempt failed.
func (q *Queue) Drain(ctx context.Context) error {
	return q.withSlot(ctx, func(ctx context.Context, w *worker) error {
		err := q.db.Write(ctx, func(tx *db.Tx) error {
			for _, name := range q.names(func(k kind) bool { return k.OnDrain }) {
				if err := put(ctx, tx, q.scheduled(name), q.Now()); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("start to drain: %w", err)
		}
		return w.drain(ctx)
	})
}

func (q *Queue) names(which func(kind) bool) (names []string) {
	for name, k := range q.kinds {
		if which(k) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// startSchedule queues all periodic jobs now and counts their time from now.
func (q *Queue) startSchedule(ctx context.Context) error {
	err := q.db.Write(ctx, func(tx *db.Tx) error {
		for _, name := range q.names(func(k kind) bool { return k.Every > 0 }) {
			if err := plan(ctx, tx, name, q.Now().Add(q.kinds[name].Every)); err != nil {
				return err
			}
			if err := put(ctx, tx, q.scheduled(name), q.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("start the schedule: %w", err)
	}
	return nil
}

// tick queues the periodic jobs whose time has come, each in one of the working processes.
func (q *Queue) tick(ctx context.Context) error {
	kinds, err := q.overdue(ctx)
	if err != nil {
		return fmt.Errorf("read the schedule: %w", err)
	}
	for _, name := range kinds {
		k, ok := q.kinds[name]
		if !ok || k.Every == 0 {
			continue // a kind of another version of the program
		}
		err := q.db.Write(ctx, func(tx *db.Tx) error {
			mine, err := advance(ctx, tx, name, k.Every, q.Now())
			if err != nil || !mine {
				return err
			}
			return put(ctx, tx, q.scheduled(name), q.Now())
		})
		if err != nil {
			return fmt.Errorf("queue the periodic job %s: %w", name, err)
		}
	}
	return nil
}

// worker is one process at work: the holder of a slot.
type worker struct {
	q    *Queue
	slot string
	name string // slot/process: a later holder of the slot has another name
	done chan result
	// busy holds the ids of the jobs that run here.
	busy map[string]bool
	// running counts them by kind.
	running map[string]int
	// unsure is set when a claim ended in an error: it may have been committed nevertheless.
	unsure bool
}

type result struct {
	id, kind string
	err      error
}

func lockOf(slot string) string { return "jobs-worker-" + slot }

// withSlot takes the first free slot, rescues the jobs of dead processes and runs fn.
func (q *Queue) withSlot(ctx context.Context, fn func(ctx context.Context, w *worker) error) error {
	for n := 1; ; n++ {
		slot := fmt.Sprint(n)
		taken := false
		err := q.db.TryExclusive(ctx, lockOf(slot), func(ctx context.Context) error {
			taken = true
			w := &worker{q: q, slot: slot, name: slot + "/" + rand.Text(), done: make(chan result, q.AtOnce), busy: map[string]bool{}, running: map[string]int{}}
			if err := w.rescue(ctx); err != nil {
				return err
			}
			return fn(ctx, w)
		})
		if taken || !errors.Is(err, db.ErrBusy) {
			return err
		}
	}
}

// rescue makes the running jobs of dead processes wait again, due as they were.
func (w *worker) rescue(ctx context.Context) error {
	names, err := w.q.workers(ctx)
	if err != nil {
		return fmt.Errorf("look for orphaned jobs: %w", err)
	}
	for _, name := range names {
		slot, _, _ := strings.Cut(name, "/")
		release := func(ctx context.Context) error { return w.q.release(ctx, name, nil) }
		switch {
		case name == w.name:
		case slot == w.slot:
			err = release(ctx)
		default:
			err = w.q.db.TryExclusive(ctx, lockOf(slot), release)
			if errors.Is(err, db.ErrBusy) {
				err = nil // it lives, or somebody else rescues its jobs
			}
		}
		if err != nil {
			return fmt.Errorf("rescue the jobs of worker %s: %w", slot, err)
		}
	}
	return nil
}

// release makes the jobs of a worker that nobody runs wait again. It is called by the worker itself,
// or while the lock of its slot is held by somebody else.
func (q *Queue) release(ctx context.Context, dead string, alive map[string]bool) error {
	return q.db.Write(ctx, func(tx *db.Tx) error {
		orphans, err := running(ctx, tx, dead)
		if err != nil {
			return err
		}
		for _, j := range orphans {
			if alive[j.id] {
				continue
			}
			j.attempt, j.deaths = j.attempt-1, j.deaths+1
			if j.deaths >= mostDeaths {
				_, err = fail(ctx, tx, dead, j, fmt.Sprintf("its process died %d times", j.deaths), q.Now())
			} else {
				_, err = again(ctx, tx, dead, j, "its process died", q.Now())
			}
			if err != nil {
				return err
			}
			q.log.Warn("job taken up again: its process died", "kind", j.kind, "id", j.id, "deaths", j.deaths)
		}
		return nil
	})
}

// jobContext returns the context of running jobs: it outlives ctx by the grace, unless the slot was
// lost. stop ends it.
func (w *worker) jobContext(ctx context.Context) (jobs context.Context, stop func()) {
	jobs, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	unhook := context.AfterFunc(ctx, func() {
		if errors.Is(context.Cause(ctx), db.ErrLost) {
			cancel(errStopping)
			return
		}
		time.AfterFunc(w.q.Grace, func() { cancel(errStopping) })
	})
	return jobs, func() { unhook(); cancel(errStopping) }
}

var errStopping = errors.New("the process stops")

func (w *worker) work(ctx context.Context) {
	jobs, stop := w.jobContext(ctx)
	defer stop()
	var troubled bool
	pause, rescued, forgot := pollEvery, time.Now(), time.Time{}
	for ctx.Err() == nil {
		_, err := w.round(ctx, jobs, func() error {
			if time.Since(rescued) > rescueEvery {
				rescued = time.Now()
				if err := w.rescue(ctx); err != nil {
					return err
				}
			}
			if time.Since(forgot) > forgetEvery {
				forgot = time.Now()
				if err := w.q.db.Write(ctx, func(tx *db.Tx) error {
					return forget(ctx, tx, w.q.Now().Add(-keepFailed))
				}); err != nil {
					return fmt.Errorf("forget old failed jobs: %w", err)
				}
			}
			return w.q.tick(ctx)
		})
		switch {
		case err == nil:
			troubled, pause = false, pollEvery
		case ctx.Err() == nil:
			if !troubled { // once for each time of trouble, not once for each try
				w.q.log.Error("the queue cannot be read; trying again", "err", err)
			}
			troubled, pause = true, min(2*pause, 10*time.Second)
		}
		w.wait(ctx, time.After(pause))
	}
	for len(w.busy) > 0 {
		w.wait(context.WithoutCancel(ctx), nil)
	}
}

func (w *worker) drain(ctx context.Context) error {
	jobs, stop := w.jobContext(ctx)
	defer stop()
	last := map[string]error{}
	var broken error
	for broken == nil {
		var n int
		n, broken = w.round(ctx, jobs, func() error { return nil })
		if broken == nil && n == 0 && len(w.busy) == 0 {
			break
		}
		for _, r := range w.wait(ctx, time.After(pollEvery)) { // a running job may have queued others
			last[r.kind] = r.err
		}
		if ctx.Err() != nil {
			broken = ctx.Err()
		}
	}
	for len(w.busy) > 0 {
		for _, r := range w.wait(context.WithoutCancel(ctx), nil) {
			last[r.kind] = r.err
		}
	}
	all := []error{broken}
	for _, name := range w.q.names(func(kind) bool { return true }) {
		if err := last[name]; err != nil {
			all = append(all, fmt.Errorf("%s: %w", name, err))
		}
	}
	return errors.Join(all...)
}

// round does the chores and starts as many due jobs as there is room for.
func (w *worker) round(ctx, jobs context.Context, chores func() error) (started int, err error) {
	if err := chores(); err != nil {
		return 0, err
	}
	room := w.q.AtOnce - len(w.busy)
	if room == 0 || len(w.q.kinds) == 0 {
		return 0, nil
	}
	if w.unsure {
		if err := w.q.release(ctx, w.name, w.busy); err != nil {
			return 0, fmt.Errorf("give back jobs: %w", err)
		}
		w.unsure = false
	}
	// The kinds with a limit of their own come last: they wait for others, and nobody waits for them.
	free := w.q.names(func(k kind) bool { return k.AtOnce == 0 })
	n, err := w.start(ctx, jobs, free, room)
	started += n
	limited := w.q.names(func(k kind) bool { return k.AtOnce > 0 })
	theirs := max(w.q.AtOnce-spared, 1)
	for _, name := range limited {
		theirs -= w.running[name]
	}
	for _, name := range limited {
		if err != nil {
			break
		}
		n, err = w.start(ctx, jobs, []string{name}, min(room-started, theirs, w.q.kinds[name].AtOnce-w.running[name]))
		started, theirs = started+n, theirs-n
	}
	return started, err
}

// spared is how many places of the queue kinds with a limit of their own never have, all together: however
// many machines of others they wait for, letters and warnings go on.
const spared = 2

// start starts at most room due jobs of the kinds.
func (w *worker) start(ctx, jobs context.Context, kinds []string, room int) (started int, err error) {
	if room <= 0 || len(kinds) == 0 {
		return 0, nil
	}
	if due, err := w.q.anyDue(ctx, kinds); err != nil || !due {
		return 0, err
	}
	batch, err := w.q.claim(ctx, w.name, kinds, room)
	if err != nil {
		w.unsure = true
		return 0, fmt.Errorf("take jobs: %w", err)
	}
	for _, j := range batch {
		w.busy[j.id] = true
		w.running[j.kind]++
		go func() { w.done <- result{j.id, j.kind, w.run(jobs, j)} }()
	}
	return len(batch), nil
}

// wait returns when a job has ended, with all that have, or when ctx ends or it is time to poll.
func (w *worker) wait(ctx context.Context, poll <-chan time.Time) (ended []result) {
	if len(w.busy) > 0 || poll != nil {
		select {
		case r := <-w.done:
			ended = append(ended, r)
		case <-ctx.Done():
		case <-poll:
		}
	}
	for {
		select {
		case r := <-w.done:
			ended = append(ended, r)
		default:
			for _, r := range ended {
				delete(w.busy, r.id)
				w.running[r.kind]--
			}
			return ended
		}
	}
}

// run runs a job and writes down how it ended. It returns the job's error.
func (w *worker) run(ctx context.Context, j job) error {
	k := w.q.kinds[j.kind]
	err := guarded(ctx, k, j)
	stopped := err != nil && errors.Is(context.Cause(ctx), errStopping)
	now := w.q.Now()
	var settle func(ctx context.Context, tx *db.Tx) (mine bool, err error)
	switch {
	case err == nil:
		settle = func(ctx context.Context, tx *db.Tx) (bool, error) { return finish(ctx, tx, w.name, j) }
	case stopped:
		j.attempt--
		settle = func(ctx context.Context, tx *db.Tx) (bool, error) {
			return again(ctx, tx, w.name, j, errStopping.Error(), now)
		}
	case j.attempt >= j.most:
		w.q.log.Error("job failed, no attempts left", "kind", j.kind, "id", j.id, "attempt", j.attempt, "err", err)
		settle = func(ctx context.Context, tx *db.Tx) (bool, error) { return fail(ctx, tx, w.name, j, text(err), now) }
	default:
		j.runAt = now.Add(backoff(j.attempt))
		w.q.log.Error("job failed", "kind", j.kind, "id", j.id, "attempt", j.attempt, "again_at", j.runAt, "err", err)
		settle = func(ctx context.Context, tx *db.Tx) (bool, error) { return again(ctx, tx, w.name, j, text(err), now) }
	}
	w.settle(ctx, j, settle)
	return err
}

// settle insists: while this process lives, nobody else can tell how the job ended. Once the process
// must stop it tries once more and leaves the job to whoever takes up its orphans.
func (w *worker) settle(ctx context.Context, j job, write func(ctx context.Context, tx *db.Tx) (bool, error)) {
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		var mine bool
		last := ctx.Err() != nil
		patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		err := w.q.db.Write(patience, func(tx *db.Tx) (err error) {
			mine, err = write(patience, tx)
			return err
		})
		cancel()
		log := w.q.log.With(slog.String("kind", j.kind), slog.String("id", j.id))
		switch {
		case err == nil && mine:
			return
		case err == nil:
			log.Warn("job ended here after another process had taken it over")
			return
		case last:
			log.Error("the end of a job could not be written; it will run again", "err", err)
			return
		case pause == 100*time.Millisecond:
			log.Error("the end of a job could not be written; trying again", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// guarded runs the job with its timeout and turns a panic into an error.
func guarded(ctx context.Context, k kind, j job) error {
	if k.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, k.Timeout)
		defer cancel()
	}
	ended := make(chan error, 1)
	go func() { // of its own, so that even runtime.Goexit ends only the job
		err := errors.New("the job ended its goroutine")
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			}
			ended <- err
		}()
		err = k.run(ctx, j.args)
	}()
	return <-ended
}

// text cuts an error to what is worth keeping, as valid UTF-8 without NUL, which PostgreSQL refuses.
func text(err error) string {
	s := strings.ReplaceAll(err.Error(), "\x00", "")
	return strings.ToValidUTF8(s[:min(len(s), 4000)], "")
}
