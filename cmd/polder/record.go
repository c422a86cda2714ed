package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"polder/internal/audit"
	"polder/internal/config"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/jobs"
)

// headsFile is where the heads of the record's days are written down, in the data folder: outside of
// the database. Only a copy of it on another machine is out of reach of whoever owns this one.
const headsFile = "record-heads.txt"

// headsAtOnce is how many heads can be missing from the file because a process was stopped.
const headsAtOnce = 2

type (
	linkArgs   struct{}
	verifyArgs struct{}
)

// Kind names the job.
func (linkArgs) Kind() string { return "record.link" }

// Kind names the job.
func (verifyArgs) Kind() string { return "record.verify" }

// recordJobs chains the record every minute, and walks it when an auditor asks and once a week.
func (a *app) recordJobs() {
	jobs.Register(a.queue, jobs.Options{Every: time.Minute, Unique: true, OnDrain: true}, func(ctx context.Context, _ linkArgs) error { return a.linkRecord(ctx) })
	jobs.Register(a.queue, jobs.Options{Unique: true}, func(ctx context.Context, _ verifyArgs) error {
		_, err := a.verifyRecord(ctx, nil, nil)
		return err
	})
}

const verifyEvery = 7 * 24 * time.Hour

// linkRecord chains what waits, writes down the heads that are not yet in the file, and raises the
// alarm about entries of a day that was closed.
func (a *app) linkRecord(ctx context.Context) error {
	done, err := audit.Link(ctx, a.db, a.now())
	if err != nil {
		return err
	}
	for _, e := range done.Late {
		a.log.Warn("an entry came into the record after its day was closed", "entry", e.ID, "at", e.At, "actor", e.Actor, "action", e.Action)
	}
	if err := a.writeHeads(ctx); err != nil {
		return fmt.Errorf("write down the heads of the record: %w", err)
	}
	return a.db.Write(ctx, func(tx *db.Tx) error {
		last, ever, err := audit.LastVerification(ctx, tx)
		if err != nil || ever && a.now().Sub(last.At) < verifyEvery || !ever && done.Head == nil {
			return err
		}
		return a.queue.Insert(ctx, tx, verifyArgs{}, time.Time{})
	})
}

// writeHeads adds to the file what the database has after the last line of the file.
func (a *app) writeHeads(ctx context.Context) error {
	var heads []audit.Head
	err := a.db.Read(ctx, func(tx *db.Tx) (err error) { heads, err = audit.Heads(ctx, tx, 400); return err })
	if err != nil || len(heads) == 0 {
		return err
	}
	kept, err := a.keptHeads()
	if err != nil {
		return err
	}
	last := int64(-1)
	if len(kept) > 0 {
		last = kept[len(kept)-1].Day
	}
	if heads[0].Day <= last {
		return nil
	}
	file, err := os.OpenFile(filepath.Join(a.db.Dir(), headsFile), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	// A line comes every day. When more are missing somebody took them away, or the file is of another
	// installation: they are written again, from what the database says now, and the record has that.
	missing := 0
	for _, h := range heads {
		if h.Day > last {
			missing++
		}
	}
	if missing > headsAtOnce {
		a.log.Error("heads of the record were not in their file any more; they are written again as the database has them, so compare with a copy that was kept elsewhere", "missing", missing)
		err := a.db.Write(ctx, func(tx *db.Tx) error {
			return audit.Append(ctx, tx, audit.Event{At: a.now(), Actor: "polder", Action: audit.Change, Object: "record", Detail: fmt.Sprintf("%d heads were not in their file and are written again", missing)})
		})
		if err != nil {
			return errors.Join(err, file.Close())
		}
	}
	out := bufio.NewWriter(file)
	for i := len(heads) - 1; i >= 0; i-- {
		if h := heads[i]; h.Day > last {
			fmt.Fprintln(out, h)
			a.log.Info("a day of the record is closed", "day", h.Date().Format(time.DateOnly), "entries", h.Seq, "hash", fmt.Sprintf("%x", h.Hash))
		}
	}
	return errors.Join(out.Flush(), file.Sync(), file.Close())
}

func (a *app) keptHeads() ([]audit.Head, error) {
	return readHeads(filepath.Join(a.db.Dir(), headsFile), true)
}

func readHeads(path string, mayMiss bool) ([]audit.Head, error) {
	file, err := os.Open(path)
	if mayMiss && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the file of heads cannot be opened; check its path and rights")
	}
	defer file.Close()
	list, err := audit.ReadHeads(file)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the file of heads cannot be read: "+path)
	}
	return list, nil
}

// verifyRecord walks the whole record, and notes what came of it.
func (a *app) verifyRecord(ctx context.Context, more []audit.Head, progress func(int64)) (audit.Verification, error) {
	kept, err := a.keptHeads()
	if err != nil {
		return audit.Verification{}, err
	}
	v, err := audit.Verify(ctx, a.db, a.now(), append(kept, more...), progress)
	if err != nil {
		return v, err
	}
	if !v.OK() {
		a.log.Error("the record is not whole", "what", v.Wrong, "link", v.Seq, "detail", v.Detail)
	}
	return v, a.db.Write(ctx, func(tx *db.Tx) error { return audit.Note(ctx, tx, v) })
}

type recordCommand struct {
	Verify recordVerify `cmd:"" help:"Walk the whole record and say what was changed, removed or put in first; exit code 1 when anything was."`
	Heads  recordHeads  `cmd:"" help:"Print the head of each day, to keep on another machine."`
}

type recordVerify struct {
	Heads []string `help:"A file of heads that was kept elsewhere, to compare with; the one in the data folder is compared in any case." placeholder:"FILE" type:"path"`
}

// Run verifies the record.
func (c *recordVerify) Run(ctx context.Context, set *config.Settings, s streams) error {
	return with(ctx, set, s, func(a *app) error {
		var more []audit.Head
		for _, path := range c.Heads {
			list, err := readHeads(path, false)
			if err != nil {
				return err
			}
			more = append(more, list...)
		}
		if err := a.linkRecord(ctx); err != nil {
			return err
		}
		v, err := a.verifyRecord(ctx, more, nil)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "%d entries walked, %d wait to be chained, %d heads compared\n", v.Entries, v.Waiting, v.Heads)
		if v.Late > 0 {
			fmt.Fprintf(s.out, "%d entries came after their day was closed\n", v.Late)
		}
		if v.OK() {
			_, err = fmt.Fprintln(s.out, "the record is whole")
			return err
		}
		return errors.New(wrongText(v))
	})
}

// wrongText says in one English sentence what is the matter.
func wrongText(v audit.Verification) string {
	what := map[audit.Wrong]string{
		audit.Altered: "was changed", audit.Removed: "was removed", audit.PutIn: "was put in",
		audit.HeadWrong: "is a head that the chain did not give", audit.HeadKept: "is a head that was kept elsewhere, and the chain does not give it",
	}[v.Wrong]
	text := fmt.Sprintf("the record is not whole: %s %s", v.Detail, what)
	if v.Seq > 0 {
		text += fmt.Sprintf(" (link %d)", v.Seq)
	}
	return text
}

type recordHeads struct{}

// Run prints the heads, the oldest first.
func (recordHeads) Run(ctx context.Context, set *config.Settings, s streams) error {
	return with(ctx, set, s, func(a *app) error {
		var heads []audit.Head
		err := a.db.Read(ctx, func(tx *db.Tx) (err error) { heads, err = audit.Heads(ctx, tx, 1_000_000); return err })
		for i := len(heads) - 1; i >= 0 && err == nil; i-- {
			_, err = fmt.Fprintln(s.out, heads[i])
		}
		return err
	})
}
