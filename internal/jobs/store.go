package jobs

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"polder/internal/db"
)

type job struct {
	id, kind string
	args     []byte
	same     *string // nil when not unique
	attempt  int
	most     int
	deaths   int
	runAt    time.Time
}

// put adds a waiting job, or moves the one that waits already for the same. The time of another
// attempt stands, unless it lies so far ahead that a clock that was wrong must have set it.
func put(ctx context.Context, tx *db.Tx, j job, now time.Time) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO jobs_job (id, kind, args, same, state, attempt, most_attempts, deaths, run_at, created_at, changed_at)
		VALUES (?1, ?2, ?3, ?4, 'waiting', ?5, ?6, ?7, ?8, ?9, ?9)
		ON CONFLICT (kind, same) WHERE state = 'waiting' AND same IS NOT NULL DO UPDATE SET run_at =
			CASE WHEN (jobs_job.attempt = 0 OR jobs_job.run_at > ?10) AND excluded.run_at < jobs_job.run_at
			THEN excluded.run_at ELSE jobs_job.run_at END`,
		j.id, j.kind, string(j.args), j.same, int64(j.attempt), int64(j.most), int64(j.deaths),
		db.Micros(j.runAt), db.Micros(now), db.Micros(now.Add(longestBackoff)))
	return err
}

// due selects the jobs of the kinds that may start at ?1. Names of kinds are safe to write out: see
// Register.
func due(kinds []string) string {
	names := make([]string, len(kinds))
	for i, name := range kinds {
		names[i] = "'" + name + "'"
	}
	return `SELECT j.id FROM jobs_job j
		WHERE j.state = 'waiting' AND j.run_at <= ?1 AND j.kind IN (` + strings.Join(names, ", ") + `)
			AND (j.same IS NULL OR NOT EXISTS (
				SELECT 1 FROM jobs_job r WHERE r.state = 'running' AND r.kind = j.kind AND r.same = j.same))
		ORDER BY j.run_at, j.id LIMIT ?2`
}

const claimed = ` RETURNING jobs_job.id, jobs_job.kind, jobs_job.args, jobs_job.same, jobs_job.attempt,
	jobs_job.most_attempts, jobs_job.deaths, jobs_job.run_at`

// anyDue tells whether claim would find something; it does not wait for a writer.
func (q *Queue) anyDue(ctx context.Context, kinds []string) (found bool, err error) {
	err = q.db.Read(ctx, func(tx *db.Tx) error {
		return tx.Each(ctx, func(func(...any) error) error { found = true; return nil }, due(kinds), db.Micros(q.Now()), int64(1))
	})
	return found, err
}

// claim makes at most n due jobs of the kinds run under the worker's name, the one due longest first.
func (q *Queue) claim(ctx context.Context, worker string, kinds []string, n int) (jobs []job, err error) {
	err = q.db.Write(ctx, func(tx *db.Tx) error {
		const set = ` SET state = 'running', attempt = attempt + 1, worker = ?3, changed_at = ?1`
		statement := `UPDATE jobs_job` + set + ` WHERE id IN (` + due(kinds) + `)` + claimed
		if tx.Postgres() {
			statement = `WITH due AS (` + due(kinds) + ` FOR UPDATE OF j SKIP LOCKED)
				UPDATE jobs_job` + set + ` FROM due WHERE jobs_job.id = due.id` + claimed
		}
		jobs, err = scanJobs(ctx, tx, statement, db.Micros(q.Now()), int64(n), worker)
		return err
	})
	slices.SortFunc(jobs, func(a, b job) int {
		return cmp.Or(a.runAt.Compare(b.runAt), strings.Compare(a.id, b.id))
	})
	return jobs, err
}

func scanJobs(ctx context.Context, tx *db.Tx, statement string, args ...any) (jobs []job, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var j job
		var at db.Time
		var text string
		if err := scan(&j.id, &j.kind, &text, &j.same, &j.attempt, &j.most, &j.deaths, &at); err != nil {
			return err
		}
		j.args, j.runAt = []byte(text), at.Time
		jobs = append(jobs, j)
		return nil
	}, statement, args...)
	return jobs, err
}

// finish deletes a job that this worker ran. It tells false when the job is no longer the worker's.
func finish(ctx context.Context, tx *db.Tx, worker string, j job) (bool, error) {
	n, err := tx.Exec(ctx, `DELETE FROM jobs_job WHERE id = ?1 AND worker = ?2 AND state = 'running'`, j.id, worker)
	return n == 1, err
}

// fail keeps a job that will not be tried again, for people to look at.
func fail(ctx context.Context, tx *db.Tx, worker string, j job, why string, now time.Time) (bool, error) {
	n, err := tx.Exec(ctx, `
		UPDATE jobs_job SET state = 'failed', deaths = ?3, error = ?4, changed_at = ?5, worker = NULL
		WHERE id = ?1 AND worker = ?2 AND state = 'running'`, j.id, worker, int64(j.deaths), why, db.Micros(now))
	return n == 1, err
}

// again makes a job wait until j.runAt, unless another one waits for the same.
func again(ctx context.Context, tx *db.Tx, worker string, j job, why string, now time.Time) (bool, error) {
	mine, err := finish(ctx, tx, worker, j)
	if err != nil || !mine {
		return mine, err
	}
	if err := put(ctx, tx, j, now); err != nil {
		return true, err
	}
	_, err = tx.Exec(ctx, `UPDATE jobs_job SET error = ?2 WHERE id = ?1`, j.id, why)
	return true, err
}

// workers lists who has running jobs.
func (q *Queue) workers(ctx context.Context) (names []string, err error) {
	err = q.db.Read(ctx, func(tx *db.Tx) error {
		return tx.Each(ctx, func(scan func(...any) error) error {
			var name string
			if err := scan(&name); err != nil {
				return err
			}
			names = append(names, name)
			return nil
		}, `SELECT DISTINCT worker FROM jobs_job WHERE state = 'running'`)
	})
	return names, err
}

// running lists the jobs of a worker.
func running(ctx context.Context, tx *db.Tx, worker string) ([]job, error) {
	return scanJobs(ctx, tx, `
		SELECT id, kind, args, same, attempt, most_attempts, deaths, run_at
		FROM jobs_job WHERE state = 'running' AND worker = ?1 ORDER BY run_at, id`, worker)
}

// plan sets when a kind is queued next, whatever stands there.
func plan(ctx context.Context, tx *db.Tx, kind string, next time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO jobs_schedule (kind, next_at) VALUES (?1, ?2)
		ON CONFLICT (kind) DO UPDATE SET next_at = excluded.next_at`, kind, db.Micros(next))
	return err
}

// advance sets when a kind is queued next to one period from now, if its time has come. It has too
// when it lies more than one period ahead: then it was set by a clock that was wrong, and waiting for
// it could take years.
func advance(ctx context.Context, tx *db.Tx, kind string, every time.Duration, now time.Time) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE jobs_schedule SET next_at = ?2 WHERE kind = ?1 AND (next_at <= ?3 OR next_at > ?2)`,
		kind, db.Micros(now.Add(every)), db.Micros(now))
	return n == 1, err
}

// overdue lists the kinds whose time may have come: advance tells for each.
func (q *Queue) overdue(ctx context.Context) (kinds []string, err error) {
	var longest time.Duration
	for _, k := range q.kinds {
		longest = max(longest, k.Every)
	}
	now := q.Now()
	err = q.db.Read(ctx, func(tx *db.Tx) error {
		return tx.Each(ctx, func(scan func(...any) error) error {
			var kind string
			if err := scan(&kind); err != nil {
				return err
			}
			kinds = append(kinds, kind)
			return nil
		}, `SELECT kind FROM jobs_schedule WHERE next_at <= ?1 OR next_at > ?2 ORDER BY kind`,
			db.Micros(now), db.Micros(now.Add(longest)))
	})
	return kinds, err
}

// forget deletes failed jobs that nobody has looked at for long.
func forget(ctx context.Context, tx *db.Tx, before time.Time) error {
	_, err := tx.Exec(ctx, `DELETE FROM jobs_job WHERE state = 'failed' AND changed_at < ?1`, db.Micros(before))
	return err
}

func depth(ctx context.Context, tx *db.Tx) (map[string]Counts, error) {
	all := map[string]Counts{}
	err := tx.Each(ctx, func(scan func(...any) error) error {
		var kind, state string
		var n, tried int64
		if err := scan(&kind, &state, &n, &tried); err != nil {
			return err
		}
		c := all[kind]
		switch state {
		case "waiting":
			c.Waiting, c.Retrying = n, tried
		case "running":
			c.Running = n
		case "failed":
			c.Failed = n
		}
		all[kind] = c
		return nil
	}, `SELECT kind, state, count(*), sum(CASE WHEN attempt > 0 THEN 1 ELSE 0 END) FROM jobs_job GROUP BY kind, state`)
	return all, err
}
