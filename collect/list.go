package collect

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/notify/feeds"
)

// A list by hand goes through these steps: the file is kept and looked at (TakeList); an analyst says what
// its columns mean (ChangeList), sees its first lines (PreviewList), has it rehearsed (RehearseList), and
// lets it go (SendList) or keeps what was said of it for the next one (KeepList). Each step is a row, so
// nothing that was typed is lost, and any analyst can go on with it.

const (
	readsLists = actor.Analyst

	// MostList is how large a list may be, in bytes, and mostUnpacked what it may unpack to.
	MostList     = 32 << 20
	mostUnpacked = 256 << 20

	keepLists     = 14 * 24 * time.Hour // after the last change
	mostLists     = 50                  // that the page shows
	mostPreviewed = 20
)

// List is a list by hand.
type List struct {
	ID          db.ID
	Name        string
	Size        int64
	SHA256      []byte
	Guess       feeds.Guess
	Choices     Choices
	Version     int64
	State       string // draft, rehearsed, sending, sent, failed
	Summary     *Summary
	Hash        string
	RehearsedAt time.Time
	Difference  *Difference
	Report      db.ID
	Problem     string
	Account     db.ID
	Creator     string // name of who read it in
	CreatedAt   time.Time
	ChangedAt   time.Time
}

// Choices are what an analyst says of a list.
type Choices struct {
	Source, Type, Class, Severity, TLP, Licence string
	Observed                                    time.Time
	TimeForm, Zone                              string
	Encoding, Delimiter                         string
	Header                                      bool
	Keys                                        []string // of each column; "" for what is only kept
}

func mayList(ctx context.Context) (actor.Actor, error) {
	a := actor.From(ctx)
	if a.Account.IsZero() || !a.Staff.Any(readsLists) {
		return a, fault.Hidden()
	}
	return a, nil
}

func (c *Collect) listFile(id db.ID) string { return filepath.Join(c.db.Dir(), "lists", id.String()) }

// TakeList keeps a file or a text that was pasted, and guesses what it is. A list of the same columns as
// one that was kept gets what was said of that one.
func (c *Collect) TakeList(ctx context.Context, name string, src io.Reader) (db.ID, error) {
	a, err := mayList(ctx)
	if err != nil {
		return db.ID{}, err
	}
	l := List{ID: db.NewID(), Name: listName(name), Account: a.Account, CreatedAt: c.now(), ChangedAt: c.now(), Version: 1, State: "draft"}
	path := c.listFile(l.ID)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return db.ID{}, fmt.Errorf("make the folder for lists: %w", err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return db.ID{}, fmt.Errorf("keep the list: %w", err)
	}
	kept := false
	defer func() {
		file.Close()
		if !kept {
			os.Remove(path)
		}
	}()
	sum := sha256.New()
	if l.Size, err = io.Copy(io.MultiWriter(file, sum), io.LimitReader(src, MostList+1)); err != nil {
		return db.ID{}, fmt.Errorf("keep the list: %w", err)
	}
	if l.Size > MostList {
		return db.ID{}, fault.New(fault.Invalid, "collect.list.wrong.large", "Most", MostList>>20)
	}
	if l.Size == 0 {
		return db.ID{}, fault.New(fault.Invalid, "collect.list.wrong.empty")
	}
	if err := file.Sync(); err != nil {
		return db.ID{}, fmt.Errorf("keep the list: %w", err)
	}
	l.SHA256 = sum.Sum(nil)
	if l.Guess, err = feeds.Look(file, l.Size, l.Name, mostUnpacked); err != nil {
		return db.ID{}, cannotRead(err)
	}
	l.Choices = c.choicesOf(l.Guess)
	err = c.db.Write(ctx, func(tx *db.Tx) error {
		before, found, err := keptFor(ctx, tx, columnsHash(l.Guess))
		if err != nil {
			return err
		}
		if found && len(before.Keys) == len(l.Choices.Keys) {
			observed := l.Choices.Observed
			l.Choices = before
			l.Choices.Observed = observed
		}
		if err := insertList(ctx, tx, &l); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Event{At: c.now(), Action: audit.Import, Object: "list " + l.ID.String(), Detail: fmt.Sprintf("%s, %d bytes, SHA-256 %x", l.Name, l.Size, l.SHA256)})
	})
	if err != nil {
		return db.ID{}, fmt.Errorf("take in a list: %w", err)
	}
	kept = true
	return l.ID, nil
}

// cannotRead gives the reason of a pure parser to whoever can mend the file.
func cannotRead(err error) error {
	return fault.Wrap(fault.Invalid, err, "collect.list.wrong.file", "Why", err.Error())
}

// choicesOf is what a guess leads to before anybody said otherwise.
func (c *Collect) choicesOf(g feeds.Guess) Choices {
	h := Choices{TLP: "amber", Encoding: g.Encoding, Delimiter: g.Delimiter, Header: g.Header, TimeForm: g.TimeForm, Zone: c.zone().String(), Observed: c.now().UTC().Truncate(time.Minute)}
	for _, col := range g.Columns {
		h.Keys = append(h.Keys, col.Key)
	}
	if g.Format != feeds.FormatMapped {
		h.Source, h.TLP, h.Type = g.Format, "", g.Type
	}
	return h
}

func (c *Collect) zone() *time.Location {
	if c.set.Location == nil {
		return time.UTC
	}
	return c.set.Location
}

// columnsHash tells files of the same columns by; a file without a header has none.
func columnsHash(g feeds.Guess) []byte {
	if !g.Header || g.Format != feeds.FormatMapped {
		return []byte("none")
	}
	h := sha256.New()
	for _, col := range g.Columns {
		fmt.Fprintf(h, "%q\n", strings.ToLower(col.Name))
	}
	return h.Sum(nil)
}

// listName makes a file's name one line of ordinary characters without folders.
func listName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0xfffd || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r >= 0x80 && r < 0xa0 {
			return -1
		}
		return r
	}, name))
	if runes := []rune(name); len(runes) > 120 {
		name = string(runes[len(runes)-120:])
	}
	if name == "" {
		name = "lijst.csv"
	}
	return name
}

// Lists returns the lists of the last weeks, the latest change first, and what was kept of earlier ones.
func (c *Collect) Lists(ctx context.Context) (lists []List, kept []Kept, err error) {
	if _, err := mayList(ctx); err != nil {
		return nil, nil, err
	}
	err = c.db.Read(ctx, func(tx *db.Tx) error {
		if lists, err = latestLists(ctx, tx, mostLists); err != nil {
			return err
		}
		kept, err = keptLists(ctx, tx, 200)
		return err
	})
	return lists, kept, err
}

// List returns one of them.
func (c *Collect) List(ctx context.Context, id db.ID) (l List, err error) {
	if _, err := mayList(ctx); err != nil {
		return l, err
	}
	err = c.db.Read(ctx, func(tx *db.Tx) error {
		l, err = listByID(ctx, tx, id)
		return err
	})
	return l, err
}

// ErrOther says that somebody saved other choices meanwhile.
var ErrOther = fault.New(fault.Conflict, "collect.list.wrong.elsewhere")

// ChangeList saves what an analyst says of a list, when nobody saved anything else since the version that
// the analyst saw. When the file is to be cut otherwise, its columns are guessed anew.
func (c *Collect) ChangeList(ctx context.Context, id db.ID, version int64, to Choices) (l List, err error) {
	if l, err = c.List(ctx, id); err != nil {
		return l, err
	}
	if l.State == "sending" || l.State == "sent" {
		return l, fault.New(fault.Conflict, "collect.list.wrong.gone")
	}
	if l.Version != version {
		return l, ErrOther
	}
	if l.Guess.Format == feeds.FormatMapped && (to.Encoding != l.Choices.Encoding || to.Delimiter != l.Choices.Delimiter || to.Header != l.Choices.Header) {
		header := "no"
		if to.Header {
			header = "yes"
		}
		err := c.withFile(l.ID, func(f *os.File, size int64) (err error) {
			l.Guess, err = feeds.LookAs(f, size, l.Name, mostUnpacked, feeds.As{Encoding: to.Encoding, Delimiter: to.Delimiter, Header: header})
			return err
		})
		if err != nil {
			return l, cannotRead(err)
		}
		if fresh := c.choicesOf(l.Guess).Keys; len(fresh) != len(to.Keys) || to.Header != l.Choices.Header {
			to.Keys = fresh
		}
	}
	for len(to.Keys) < len(l.Guess.Columns) {
		to.Keys = append(to.Keys, "")
	}
	to.Keys = to.Keys[:len(l.Guess.Columns)]
	l.Choices, l.ChangedAt = to, c.now()
	err = c.db.Write(ctx, func(tx *db.Tx) error {
		saved, err := saveChoices(ctx, tx, &l, version)
		if err == nil && !saved {
			err = ErrOther
		}
		return err
	})
	l.Version++
	l.State, l.Hash, l.Summary, l.Difference = "draft", "", nil, nil
	return l, err
}

func (c *Collect) withFile(id db.ID, fn func(f *os.File, size int64) error) error {
	f, err := os.Open(c.listFile(id))
	if errors.Is(err, os.ErrNotExist) {
		return fault.Wrap(fault.Gone, err, "collect.list.wrong.deleted")
	}
	if err != nil {
		return fmt.Errorf("open a list: %w", err)
	}
	defer f.Close()
	s, err := f.Stat()
	if err != nil {
		return fmt.Errorf("open a list: %w", err)
	}
	return fn(f, s.Size())
}

// mapping writes the choices for the reader of reports; nil for a format that needs none.
func (l *List) mapping() ([]byte, error) {
	if l.Guess.Format != feeds.FormatMapped {
		return nil, nil
	}
	h := l.Choices
	if err := l.lacks(); err != nil {
		return nil, err
	}
	m := feeds.MappingText{Source: h.Source, Delimiter: h.Delimiter, Encoding: h.Encoding, Headless: !h.Header, Type: h.Type, Class: h.Class, Severity: h.Severity,
		TLP: h.TLP, Licence: h.Licence, TimeForm: h.TimeForm, Zone: h.Zone, Observed: h.Observed}
	for i, col := range l.Guess.Columns {
		if i < len(h.Keys) && h.Keys[i] != "" {
			m.Columns = append(m.Columns, feeds.ColumnKey{Column: col.Name, Key: h.Keys[i]})
		}
	}
	text, err := m.YAML()
	if err != nil {
		return nil, err
	}
	if _, err := feeds.ParseMapping(bytes.NewReader(text)); err != nil {
		return nil, cannotRead(err)
	}
	return text, nil
}

// victims are the keys of columns that tell whose a line is.
var victims = []string{"source.ip", "host", "source.fqdn", "source.reverse_dns", "source.url", "source.account"}

// lacks says in plain words what the two things are that every list needs.
func (l *List) lacks() error {
	h := l.Choices
	if !slices.ContainsFunc(h.Keys, func(k string) bool { return slices.Contains(victims, k) }) {
		return fault.New(fault.Invalid, "collect.list.wrong.victim")
	}
	if _, known := feeds.LookupType(h.Type); known || h.Class != "" || slices.Contains(h.Keys, "classification.type") {
		return nil
	}
	return fault.New(fault.Invalid, "collect.list.wrong.class")
}

// typeAsked is the type for the reader of reports, when no mapping tells it.
func (l *List) typeAsked() string {
	if l.Guess.Format == feeds.FormatShadowserver {
		return l.Choices.Type
	}
	return ""
}

// Preview is what the first lines of a list are read as.
type Preview struct {
	Findings []feeds.Finding
	Rejects  []feeds.Reject
	Wrong    error // why it cannot be read at all; may be nil
}

// PreviewList reads the first lines by what was chosen.
func (c *Collect) PreviewList(ctx context.Context, l *List) (p Preview, err error) {
	if _, err := mayList(ctx); err != nil {
		return p, err
	}
	text, err := l.mapping()
	if err != nil {
		p.Wrong = err
		return p, nil
	}
	o := feeds.Options{Type: l.typeAsked(), Now: c.now(), MaxBytes: mostUnpacked}
	if text != nil {
		if o.Mapping, err = feeds.ParseMapping(bytes.NewReader(text)); err != nil {
			return p, err
		}
	}
	err = c.withFile(l.ID, func(f *os.File, size int64) error {
		feed, err := feeds.Open(f, size, l.Name, o)
		if err != nil {
			p.Wrong = cannotRead(err)
			return nil
		}
		for len(p.Findings)+len(p.Rejects) < mostPreviewed {
			var x feeds.Finding
			err := feed.Next(&x)
			var reject *feeds.Reject
			switch {
			case errors.As(err, &reject):
				p.Rejects = append(p.Rejects, *reject)
			case errors.Is(err, io.EOF):
				return nil
			case err != nil:
				p.Wrong = cannotRead(err)
				return nil
			default:
				p.Findings = append(p.Findings, x)
			}
		}
		return nil
	})
	return p, err
}

// DropList deletes a list that was not sent.
func (c *Collect) DropList(ctx context.Context, id db.ID) error {
	l, err := c.List(ctx, id)
	if err != nil {
		return err
	}
	if l.State == "sending" {
		return fault.New(fault.Conflict, "collect.list.wrong.gone")
	}
	err = c.db.Write(ctx, func(tx *db.Tx) error {
		if err := deleteList(ctx, tx, id); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Event{At: c.now(), Action: audit.Delete, Object: "list " + id.String(), Detail: l.Name})
	})
	if err != nil {
		return err
	}
	return removeFile(c.listFile(id))
}

func removeFile(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("delete a list: %w", err)
	}
	return nil
}

// asJSON writes a value of our own that cannot fail to be written.
func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}
