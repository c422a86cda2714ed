package collect

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/mailbox"
	"polder/notify"
	"polder/notify/feeds"
)

// PushScope is what a token must have.
const PushScope = "reports:write"

// mostWaiting is how many files of one account may wait to be read, so that nobody fills the disk.
const mostWaiting = 50

// Push is a file that somebody sent.
type Push struct {
	ID         db.ID
	Account    db.ID
	Token      db.ID
	Name       string
	Source     string
	Type       string
	Mapping    string
	SHA256     []byte
	Size       int64
	State      string // "waiting", "read" or "refused"
	Summary    *notify.Summary
	Problem    string // why it was refused
	ReceivedAt time.Time
	EndedAt    time.Time
}

// pusher is who may push: a token of an analyst with the scope.
func pusher(ctx context.Context) (actor.Actor, error) {
	a := actor.From(ctx)
	if a.Token.IsZero() || a.Account.IsZero() || !a.Bound.IsZero() || !slices.Contains(a.Scopes, PushScope) || !a.Staff.Any(actor.Analyst) {
		return a, fault.Hidden()
	}
	return a, nil
}

// Take keeps what comes from input whole, and has it read by a job. A file that was read before, by
// its hash, is not kept: the answer says what came of it then. When input ends in an error, nothing
// is left of it. still asks once more, at the end of what may take hours, who is asking.
func (c *Collect) Take(ctx context.Context, p Push, input io.Reader, still func() error) (Push, error) {
	who, err := pusher(ctx)
	if err != nil {
		return p, err
	}
	p.ID, p.Account, p.Token, p.State, p.ReceivedAt = db.NewID(), who.Account, who.Token, "waiting", c.now()
	p.Name = nameOr(mailbox.FileName(p.Name))
	if err := checkPush(p); err != nil {
		return p, err
	}
	if err := c.room(ctx, who.Account); err != nil {
		return p, err
	}
	file, err := c.keep(&p, input)
	if err != nil {
		return p, err
	}
	defer func() {
		file.Close()
		if p.State != "waiting" || err != nil {
			os.Remove(file.Name())
		}
	}()
	if err = still(); err != nil {
		return p, err
	}
	if p.Summary, err = c.notify.Known(ctx, p.SHA256); err != nil {
		return p, err
	}
	if p.Summary != nil {
		p.State, p.EndedAt = "read", c.now()
	} else if err = c.notify.Readable(file, p.Size, c.offerOf(p)); err != nil {
		var f *fault.Error
		errors.As(err, &f)
		err = fault.Wrap(fault.Invalid, err, "collect.push.unreadable", "Why", causeOf(err))
		return p, err
	}
	if p.State == "waiting" {
		err = errors.Join(file.Sync(), os.Rename(file.Name(), c.pushed(p.ID)))
		if err != nil {
			return p, fmt.Errorf("keep a pushed report: %w", err)
		}
	}
	err = c.db.Write(ctx, func(tx *db.Tx) error {
		if err := insertPush(ctx, tx, p); err != nil {
			return err
		}
		if err := audit.Append(ctx, tx, audit.Event{At: c.now(), Action: audit.Import, Object: "push " + p.ID.String(), Detail: fmt.Sprintf("%s, %d bytes, SHA-256 %x", p.Name, p.Size, p.SHA256)}); err != nil {
			return err
		}
		if p.State != "waiting" {
			return nil
		}
		return c.queue.Insert(ctx, tx, readArgs{Push: p.ID.String()}, time.Time{})
	})
	if err != nil {
		os.Remove(c.pushed(p.ID))
	}
	return p, err
}

// causeOf is what a parser says of a file, which is in English.
func causeOf(err error) string {
	var f *fault.Error
	if errors.As(err, &f) && f.Cause != nil {
		return f.Cause.Error()
	}
	return err.Error()
}

func checkPush(p Push) error {
	if p.Source != "" && !keyForm.MatchString(p.Source) {
		return fault.New(fault.Invalid, "collect.wrong.key")
	}
	if p.Type != "" && !typeForm.MatchString(p.Type) {
		return fault.New(fault.Invalid, "collect.wrong.type")
	}
	if p.Mapping == "" {
		return nil
	}
	if _, err := feeds.ParseMapping(strings.NewReader(p.Mapping)); err != nil {
		return fault.Wrap(fault.Invalid, err, "collect.wrong.mapping")
	}
	return nil
}

func (c *Collect) room(ctx context.Context, account db.ID) error {
	return c.db.Read(ctx, func(tx *db.Tx) error {
		n, err := countWaiting(ctx, tx, account)
		if err == nil && n >= mostWaiting {
			err = fault.New(fault.TooMany, "collect.push.waiting", "Count", n)
		}
		return err
	})
}

// keep copies input into a file that has no place yet, and hashes it on the way.
func (c *Collect) keep(p *Push, input io.Reader) (*os.File, error) {
	if err := os.MkdirAll(c.pushed(db.ID{}), 0o700); err != nil {
		return nil, fmt.Errorf("make the folder for pushed reports: %w", err)
	}
	file, err := os.CreateTemp(c.pushed(db.ID{}), "incoming-*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("keep a pushed report: %w", err)
	}
	h := sha256.New()
	in := &inlet{src: input}
	p.Size, err = io.CopyBuffer(io.MultiWriter(file, h), in, make([]byte, 1<<20))
	p.SHA256 = h.Sum(nil)
	switch {
	case in.err != nil:
		err = in.err
	case err != nil:
		err = fmt.Errorf("keep a pushed report (is the disk full?): %w", err)
	case p.Size == 0:
		err = fault.New(fault.Invalid, "collect.push.empty")
	}
	if err != nil {
		file.Close()
		os.Remove(file.Name())
		return nil, err
	}
	return file, nil
}

// pushed is where a file lies until it is read; the folder for the zero id.
func (c *Collect) pushed(id db.ID) string {
	dir := filepath.Join(c.db.Dir(), "pushed")
	if id.IsZero() {
		return dir
	}
	return filepath.Join(dir, id.String())
}

func (c *Collect) offerOf(p Push) notify.Offer {
	o := notify.Offer{Name: p.Name, Source: p.Source, Type: p.Type, Received: p.ReceivedAt, Actor: actor.Actor{Token: p.Token}.String()}
	if p.Mapping != "" {
		o.Mapping = []byte(p.Mapping)
	}
	return o
}

// read has a pushed file read. Killed half-way, it goes on where it stopped when it runs again.
func (c *Collect) read(ctx context.Context, id db.ID) error {
	var p Push
	err := c.db.Read(ctx, func(tx *db.Tx) (err error) {
		p, err = pushByID(ctx, tx, id)
		return err
	})
	if errors.Is(err, db.ErrNoRows) || err == nil && p.State != "waiting" {
		return nil
	}
	if err != nil {
		return err
	}
	file, err := os.Open(c.pushed(id))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	switch {
	case err != nil: // it is gone: its reading was written down nowhere, but it may be known
		if p.Summary, err = c.notify.Known(ctx, p.SHA256); err != nil {
			return err
		}
		if p.State = "read"; p.Summary == nil {
			p.State, p.Problem = "refused", "the file is not there any more; send it again"
		}
	default:
		defer file.Close()
		o := c.offerOf(p)
		o.Input = file
		p.Summary, err = c.notify.Ingest(ctx, o)
		switch {
		case err == nil:
			p.State = "read"
		case fault.KindOf(err) == fault.Invalid:
			p.State, p.Problem = "refused", causeOf(err)
		default:
			return fmt.Errorf("read pushed report %s: %w", id, err)
		}
	}
	p.EndedAt = c.now()
	if err := c.db.Write(ctx, func(tx *db.Tx) error { return endPush(ctx, tx, p) }); err != nil {
		return err
	}
	if err := os.Remove(c.pushed(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.log.Warn("a pushed report that was read could not be removed", "push", id, "error", err)
	}
	return nil
}

// Pushed returns what became of a file that the same account pushed.
func (c *Collect) Pushed(ctx context.Context, id db.ID) (p Push, err error) {
	who, err := pusher(ctx)
	if err != nil {
		return p, err
	}
	err = c.db.Read(ctx, func(tx *db.Tx) error {
		p, err = pushByID(ctx, tx, id)
		if errors.Is(err, db.ErrNoRows) || err == nil && p.Account != who.Account {
			return fault.Hidden()
		}
		return err
	})
	return p, err
}

// summaryText is a summary for its column.
func summaryText(s *notify.Summary) string {
	if s == nil {
		return ""
	}
	b, err := json.Marshal(s)
	if err != nil {
		return ""
	}
	return string(b)
}

// dropPushed removes files of pushes that came to nothing: their process was killed.
func (c *Collect) dropPushed(ctx context.Context) error {
	list, err := os.ReadDir(c.pushed(db.ID{}))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look for pushed files that were left behind: %w", err)
	}
	for _, e := range list {
		info, err := e.Info()
		if err != nil || c.now().Sub(info.ModTime()) < 24*time.Hour {
			continue
		}
		if id, err := db.ParseID(e.Name()); err == nil {
			waits := false
			err := c.db.Read(ctx, func(tx *db.Tx) error {
				p, err := pushByID(ctx, tx, id)
				waits = err == nil && p.State == "waiting"
				if errors.Is(err, db.ErrNoRows) {
					return nil
				}
				return err
			})
			if err != nil || waits {
				continue
			}
		}
		if err := os.Remove(filepath.Join(c.pushed(db.ID{}), e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove a pushed file that was left behind: %w", err)
		}
	}
	return nil
}

func hexOf(b []byte) string { return fmt.Sprintf("%x", b) }
