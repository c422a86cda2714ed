// Package jobs is Polder's durable queue and schedule, on the database that is already there.
//
// A job is queued in the transaction that causes it and exists if that transaction commits. It runs
// at least once: after success it is deleted, after an error it is tried again later, and when its
// process dies, however it dies, another process takes it up. So a job must be harmless when run
// twice. docs/decisions/0001-jobs.md says why this is not River.
//
// A process that works takes a numbered slot by a lock that the operating system or PostgreSQL frees
// when the process dies. Whoever then gets that lock knows that the slot's running jobs are orphans,
// and makes them wait again: no lease runs out under a long job, and nobody waits for one to.
//
// Tables: jobs_job, jobs_schedule.
package jobs

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"regexp"
	"time"

	"polder/internal/db"
)

//go:embed migrations
var files embed.FS

// Schema returns the tables of the queue.
func Schema() db.Schema {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return db.Schema{Name: "jobs", FS: sub}
}

// Migrate makes or updates the tables of the queue, for a caller that does not pass Schema on with
// the other schemas.
func Migrate(ctx context.Context, d *db.DB) error {
	_, err := d.Migrate(ctx, Schema())
	return err
}

// Args are what a job needs to know, kept as JSON. Kind names the job in the database and must be
// the same for every value, the zero value included.
type Args interface{ Kind() string }

// Options say how the jobs of one kind are run.
type Options struct {
	// Every queues a job with zero args again and again, and once when Work starts. Of all working
	// processes together one does so each time.
	Every time.Duration
	// OnDrain queues a job with zero args when Drain starts.
	OnDrain bool
	// Unique lets at most one job with the same args wait and at most one run. A job queued while
	// another runs waits for its end, so what was written before Insert is always seen by a run that
	// starts after it. Jobs queued by Every and OnDrain are unique in any case.
	Unique bool
	// Timeout ends the job's context; 0 lets it run for as long as it takes.
	Timeout time.Duration
	// MaxAttempts is how often a job is tried before it has failed; 0 means 20, which is about three
	// and a half hours. Attempts during which the process died are not counted.
	MaxAttempts int
	// AtOnce is how many jobs of the kind run at the same time in this process, so that those that wait
	// for machines of others leave room for all else; 0 is as many as the queue has room for.
	AtOnce int
}

// Queue holds the kinds of jobs and runs them. Register all kinds before the first Insert.
type Queue struct {
	// Now is the clock that says what is due; time.Now unless a test sets it before use.
	Now func() time.Time
	// AtOnce is how many jobs run at the same time in this process.
	AtOnce int
	// Grace is how long running jobs may go on after the context of Work or Drain has ended; then
	// their own contexts end.
	Grace time.Duration

	db    *db.DB
	log   *slog.Logger
	kinds map[string]kind
}

type kind struct {
	Options
	zero []byte // args of a job queued by the schedule
	run  func(ctx context.Context, args []byte) error
}

// New returns a queue without kinds.
func New(d *db.DB, log *slog.Logger) *Queue {
	return &Queue{
		Now: time.Now, AtOnce: 8, Grace: 30 * time.Second,
		db: d, log: log, kinds: map[string]kind{},
	}
}

var kindName = regexp.MustCompile(`^[a-z0-9_.-]{1,64}$`)

// Register tells how the jobs of A's kind are run. It panics when the kind is there already or its
// name is not made of a-z, 0-9, dot, dash and underscore: both are mistakes in the program.
func Register[A Args](q *Queue, o Options, run func(ctx context.Context, a A) error) {
	var zero A
	name := zero.Kind()
	if _, twice := q.kinds[name]; twice || !kindName.MatchString(name) {
		panic(fmt.Sprintf("jobs: kind %q is registered twice or badly named", name))
	}
	if o.MaxAttempts == 0 {
		o.MaxAttempts = 20
	}
	b, err := json.Marshal(zero)
	if err != nil {
		panic(fmt.Sprintf("jobs: args of %q: %v", name, err))
	}
	q.kinds[name] = kind{Options: o, zero: b, run: func(ctx context.Context, args []byte) error {
		var a A
		if err := json.Unmarshal(args, &a); err != nil {
			return fmt.Errorf("read the args: %w", err)
		}
		return run(ctx, a)
	}}
}

// Insert queues a job in the caller's transaction, to run at the given time, or now when it is zero.
// A unique job that waits already is not queued again but runs at the earlier of the two times,
// unless it waits for another attempt: that time stands. On PostgreSQL the waiting job is locked
// until the transaction ends, so queue unique jobs late in a transaction.
func (q *Queue) Insert(ctx context.Context, tx *db.Tx, a Args, at time.Time) error {
	k, ok := q.kinds[a.Kind()]
	if !ok {
		return fmt.Errorf("queue a job: the kind %q is not registered", a.Kind())
	}
	b, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("queue %s: %w", a.Kind(), err)
	}
	if at.IsZero() {
		at = q.Now()
	}
	j := job{id: db.NewID().String(), kind: a.Kind(), args: b, most: k.MaxAttempts, runAt: at}
	if k.Unique {
		j.same = sameness(b)
	}
	if err := put(ctx, tx, j, q.Now()); err != nil {
		return fmt.Errorf("queue %s: %w", a.Kind(), err)
	}
	return nil
}

// sameness is short whatever the length of the args, as it stands in an index.
func sameness(args []byte) *string {
	sum := sha256.Sum256(args)
	s := hex.EncodeToString(sum[:16])
	return &s
}

// scheduled is the job of a kind that comes from the schedule.
func (q *Queue) scheduled(name string) job {
	k := q.kinds[name]
	return job{id: db.NewID().String(), kind: name, args: k.zero, same: sameness(k.zero), most: k.MaxAttempts, runAt: q.Now()}
}

// backoff is how long a job waits after its nth attempt failed: 10 s, 20 s, 40 s, ... 15 minutes.
func backoff(attempt int) time.Duration {
	return min(5*time.Second<<min(attempt, 10), longestBackoff)
}

const longestBackoff = 15 * time.Minute

// Counts are the jobs of one kind by state. Waiting includes Retrying, which have failed before.
type Counts struct{ Waiting, Retrying, Running, Failed int64 }

// Depth returns the jobs of every kind that has any, for metrics.
func (q *Queue) Depth(ctx context.Context) (map[string]Counts, error) {
	var all map[string]Counts
	err := q.db.Read(ctx, func(tx *db.Tx) (err error) {
		all, err = depth(ctx, tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count the jobs: %w", err)
	}
	return all, nil
}
