package collect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/jobs"
	"polder/notify"
	"polder/notify/feeds"
)

// Summary is what a rehearsal said, but for the mails.
type Summary struct {
	notify.Rehearsal
	MailCount int
}

// Difference is what a rehearsal says that the one before did not.
type Difference struct {
	Added, Gone, Changed []string // "recipient: subject"
	Counts               bool     // the lines came out otherwise
}

// Any tells whether there is a difference.
func (d *Difference) Any() bool {
	return d != nil && (len(d.Added)+len(d.Gone)+len(d.Changed) > 0 || d.Counts)
}

const (
	mostMails      = 10_000 // that are kept of a rehearsal
	mostDifference = 100
	mailsPerPage   = 100
)

// Kept is what was said of a list, for the next one of the same source.
type Kept struct {
	Source    string
	Choices   Choices
	ChangedAt time.Time
}

type (
	sendListArgs   struct{ List, By string } // By is the account of who let it go
	sweepListsArgs struct{}
)

func (sendListArgs) Kind() string   { return "collect.list.send" }
func (sweepListsArgs) Kind() string { return "collect.list.sweep" }

// listJobs puts the jobs on the queue.
func (c *Collect) listJobs() {
	jobs.Register(c.queue, jobs.Options{Unique: true}, func(ctx context.Context, a sendListArgs) error { return c.readList(ctx, a.List, a.By) })
	jobs.Register(c.queue, jobs.Options{Every: 24 * time.Hour, Unique: true, OnDrain: true}, func(ctx context.Context, _ sweepListsArgs) error { return c.SweepLists(ctx) })
}

// offer is the list for the reader of reports.
func (c *Collect) offer(l *List, f *os.File) (notify.Offer, error) {
	text, err := l.mapping()
	if err != nil {
		return notify.Offer{}, err
	}
	return notify.Offer{Input: f, Name: l.Name, Source: l.Choices.Source, Type: l.typeAsked(), Mapping: text}, nil
}

// RehearseList finds out what would go out if the list were sent now.
func (c *Collect) RehearseList(ctx context.Context, id db.ID, version int64) (l List, err error) {
	if l, err = c.List(ctx, id); err != nil {
		return l, err
	}
	if l.Version != version {
		return l, ErrOther
	}
	if l.State == "sending" || l.State == "sent" {
		return l, fault.New(fault.Conflict, "collect.list.wrong.gone")
	}
	if l.Choices.Source == "" {
		return l, fault.New(fault.Invalid, "collect.list.wrong.source")
	}
	var h *notify.Rehearsal
	err = c.withFile(l.ID, func(f *os.File, _ int64) error {
		o, err := c.offer(&l, f)
		if err != nil {
			return err
		}
		h, err = c.notify.Rehearse(ctx, o)
		if fault.KindOf(err) == fault.Invalid {
			return cannotRead(whyNot(err))
		}
		return err
	})
	if err != nil {
		return l, err
	}
	s := &Summary{Rehearsal: *h, MailCount: len(h.Mails)}
	s.Mails = nil
	err = c.db.Write(ctx, func(tx *db.Tx) error {
		difference := ""
		if l.Hash != "" && l.Hash != h.Hash {
			before, err := listMails(ctx, tx, id, 0, mostMails)
			if err != nil {
				return err
			}
			l.Difference = differ(before, h.Mails)
			l.Difference.Counts = l.Summary != nil && l.Summary.Counts != h.Counts
			difference = asJSON(l.Difference)
		}
		l.State, l.Hash, l.Summary, l.RehearsedAt = "rehearsed", h.Hash, s, c.now()
		saved, err := saveRehearsal(ctx, tx, &l, difference)
		if err == nil && !saved {
			err = ErrOther
		}
		if err != nil {
			return err
		}
		return replaceMails(ctx, tx, id, h.Mails[:min(len(h.Mails), mostMails)])
	})
	return l, err
}

// whyNot is the sentence inside an error of the reader of reports.
func whyNot(err error) error {
	var f *fault.Error
	if errors.As(err, &f) && f.Cause != nil {
		return f.Cause
	}
	return err
}

// differ holds two rehearsals against each other.
func differ(before, after []notify.RehearsedMail) *Difference {
	d := &Difference{}
	key := func(m notify.RehearsedMail) string { return m.Recipient + ": " + m.Subject }
	was := map[string][]notify.RehearsedMail{}
	for _, m := range before {
		was[key(m)] = append(was[key(m)], m)
	}
	add := func(to *[]string, s string) {
		if len(*to) < mostDifference {
			*to = append(*to, s)
		}
	}
	for _, m := range after {
		k := key(m)
		old := was[k]
		if len(old) == 0 {
			add(&d.Added, k)
			continue
		}
		if i := slices.IndexFunc(old, func(o notify.RehearsedMail) bool {
			return o.Text == m.Text && o.Held == m.Held && (o.AtOnce && m.AtOnce || o.At.Equal(m.At))
		}); i >= 0 {
			was[k] = slices.Delete(old, i, i+1)
			continue
		}
		add(&d.Changed, k)
		was[k] = old[1:]
	}
	for _, m := range before {
		if k := key(m); len(was[k]) > 0 {
			add(&d.Gone, k)
			was[k] = was[k][1:]
		}
	}
	return d
}

// ListMails returns a page of the mails that the latest rehearsal wrote, behind a number; the record has
// who read them.
func (c *Collect) ListMails(ctx context.Context, id db.ID, after int64, limit int) (list []notify.RehearsedMail, err error) {
	if _, err := mayList(ctx); err != nil {
		return nil, err
	}
	err = c.db.Write(ctx, func(tx *db.Tx) error {
		if list, err = listMails(ctx, tx, id, after, limit); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Event{At: c.now(), Action: audit.Read, Object: "list " + id.String(), Detail: fmt.Sprintf("%d mails of its rehearsal", len(list))})
	})
	return list, err
}

// SendList lets a list go: to whom its rehearsal said, and word for word. It is rehearsed once more; when
// anything came out otherwise than what the analyst saw, by its hash, nothing is sent and changed is true.
func (c *Collect) SendList(ctx context.Context, id db.ID, version int64, hash string) (changed bool, err error) {
	a, err := mayList(ctx)
	if err != nil {
		return false, err
	}
	if !a.Recent(c.now()) {
		return false, fault.New(fault.Denied, "collect.list.wrong.fresh")
	}
	l, err := c.RehearseList(ctx, id, version)
	if err != nil {
		return false, err
	}
	if l.Hash != hash || hash == "" {
		return true, nil
	}
	if !l.Summary.Known.IsZero() {
		return false, fault.New(fault.Conflict, "collect.list.wrong.known")
	}
	return false, c.db.Write(ctx, func(tx *db.Tx) error {
		moved, err := moveList(ctx, tx, id, "rehearsed", "sending", version, c.now())
		if err != nil {
			return err
		}
		if !moved {
			return ErrOther
		}
		if err := audit.Append(ctx, tx, audit.Event{At: c.now(), Action: audit.Decide, Object: "list " + id.String(),
			Detail: fmt.Sprintf("sent: %s, %d mails to %d organisations", l.Name, l.Summary.MailCount, l.Summary.Organisations)}); err != nil {
			return err
		}
		return c.queue.Insert(ctx, tx, sendListArgs{List: id.String(), By: a.Account.String()}, time.Time{})
	})
}

// readList makes a report of a list that was let go; run again it goes on. It is offered by who let it go,
// whoever took it in: the circuit breaker counts that person as the first of two.
func (c *Collect) readList(ctx context.Context, text, by string) error {
	id, err := db.ParseID(text)
	if err != nil {
		return nil
	}
	var l List
	err = c.db.Read(ctx, func(tx *db.Tx) error { l, err = listByID(ctx, tx, id); return err })
	if fault.KindOf(err) == fault.NotFound || err == nil && l.State != "sending" {
		return nil
	}
	if err != nil {
		return err
	}
	var sum *notify.Summary
	err = c.withFile(id, func(f *os.File, _ int64) error {
		o, err := c.offer(&l, f)
		if err != nil {
			return err
		}
		o.Actor = "account:" + cmp.Or(by, l.Account.String())
		sum, err = c.notify.Ingest(ctx, o)
		return err
	})
	state, report, problem := "sent", db.ID{}, ""
	switch kind := fault.KindOf(err); {
	case err == nil:
		if report, err = db.ParseID(sum.Report); err != nil {
			return err
		}
		problem = sum.Problem
	case kind == fault.Invalid || kind == fault.Gone:
		state, problem = "failed", whyNot(err).Error()
	default:
		return err
	}
	if err := c.db.Write(ctx, func(tx *db.Tx) error { return endList(ctx, tx, id, state, report, problem, c.now()) }); err != nil {
		return err
	}
	if state == "sent" {
		return removeFile(c.listFile(id)) // notify keeps the raw file for as long as it keeps any
	}
	return nil
}

// KeepList keeps what was said of a list under the name of its source, in place of what was kept before.
func (c *Collect) KeepList(ctx context.Context, id db.ID, version int64) error {
	a, err := mayList(ctx)
	if err != nil {
		return err
	}
	l, err := c.List(ctx, id)
	if err != nil {
		return err
	}
	if l.Version != version {
		return ErrOther
	}
	if l.Choices.Source == "" {
		return fault.New(fault.Invalid, "collect.list.wrong.source")
	}
	if l.Guess.Format != feeds.FormatMapped {
		return fault.New(fault.Invalid, "collect.list.wrong.no_mapping")
	}
	if _, err := l.mapping(); err != nil {
		return err
	}
	return c.db.Write(ctx, func(tx *db.Tx) error {
		if err := saveKept(ctx, tx, Kept{Source: l.Choices.Source, Choices: l.Choices, ChangedAt: c.now()}, columnsHash(l.Guess), a.Account); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Event{At: c.now(), Action: audit.Change, Object: "columns of " + l.Choices.Source})
	})
}

// ForgetKept lets go of what was kept for a source.
func (c *Collect) ForgetKept(ctx context.Context, source string) error {
	if _, err := mayList(ctx); err != nil {
		return err
	}
	return c.db.Write(ctx, func(tx *db.Tx) error {
		if err := deleteKept(ctx, tx, source); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Event{At: c.now(), Action: audit.Delete, Object: "columns of " + source})
	})
}

// SweepLists deletes what nobody touched for two weeks, and files that no list has.
func (c *Collect) SweepLists(ctx context.Context) error {
	before := c.now().Add(-keepLists)
	var old []db.ID
	err := c.db.Write(ctx, func(tx *db.Tx) (err error) {
		if old, err = listsBefore(ctx, tx, before, 1000); err != nil {
			return err
		}
		for _, id := range old {
			if err := deleteList(ctx, tx, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("delete old lists: %w", err)
	}
	files, err := os.ReadDir(filepath.Join(c.db.Dir(), "lists"))
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		return fmt.Errorf("look for files of lists: %w", err)
	}
	for _, f := range files {
		id, err := db.ParseID(f.Name())
		info, ierr := f.Info()
		if err != nil || ierr != nil || info.ModTime().After(c.now().Add(-time.Hour)) {
			continue
		}
		there := true
		if err := c.db.Read(ctx, func(tx *db.Tx) error {
			_, err := listByID(ctx, tx, id)
			if fault.KindOf(err) == fault.NotFound {
				there, err = false, nil
			}
			return err
		}); err != nil {
			return err
		}
		if !there {
			if err := removeFile(c.listFile(id)); err != nil {
				return err
			}
		}
	}
	return nil
}
