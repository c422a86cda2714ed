package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/notify/feeds"
)

// Offer is a file offered for reading.
type Offer struct {
	Path     string    // of the file; its name tells type and date where it can
	Input    io.Reader // read instead of the file at Path, which need not exist then
	Name     string    // instead of the path's own name; may be ""
	Source   string    // key; "" for the mapping's, else "shadowserver" or "intelmq" by format
	Type     string    // report type, where the name does not tell it
	Mapping  []byte    // YAML, for CSV files of any other shape; nil for none
	TLP      string    // instead of the mapping's or the source's own; "" for those
	Licence  string    // the same
	Received time.Time // zero: now
	Actor    string    // who offers it, for the record
	// Progress is called now and then with the bytes read and the size; may be nil.
	Progress func(done, size int64)
}

// batchRows is how many matched rows one transaction takes, and batchLines how many lines at most
// pass before one: what a killed process has to do again.
const (
	batchRows  = 10_000
	batchLines = 100_000
)

// Ingest reads a report: keeps the raw file, matches each line, and makes or renews exposures. It
// returns when all is durable, and Compose is queued for what became due. A report that was read
// before, by its hash, changes nothing; one whose reading was cut short goes on where it stopped.
// Reports are read one at a time: Ingest waits for another to end.
func (n *Notify) Ingest(ctx context.Context, o Offer) (*Summary, error) {
	start := n.now()
	if o.Received.IsZero() {
		o.Received = start
	}
	if o.Name == "" {
		o.Name = o.Path
	}
	o.Name = cleanName(o.Name)
	if o.Input == nil {
		file, size, err := openOffered(o.Path)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		if size > 0 { // what cannot be read is refused before it is copied
			if _, err := open(file, size, o.Name, o.Type, o.Mapping, start); err != nil {
				return nil, fault.Wrap(fault.Invalid, err, "the report cannot be read")
			}
		}
		o.Input = file
	}
	loaded := make(chan error, 1)
	go func() { loaded <- n.footprint.Load(ctx) }() // while the file is copied
	kept, err := n.keepRaw(o.Input)
	copied := n.now()
	if err = errors.Join(err, <-loaded); err != nil {
		if kept != nil {
			kept.discard()
		}
		return nil, err
	}
	defer kept.discard()
	start = start.Add(n.now().Sub(copied)) // the wait for the register is the program's start, not the report's
	feed, err := open(kept.file, kept.size, o.Name, o.Type, o.Mapping, n.now())
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the report cannot be read")
	}
	if o.Type != "" && feed.Format() == feeds.FormatIntelMQ {
		return nil, fault.Invalidf("--type does not go with IntelMQ events, each of which carries its own type; leave it out")
	}
	var sum *Summary
	err = n.db.Exclusive(ctx, "ingest", func(ctx context.Context) error {
		r, known, err := n.admit(ctx, o, kept, feed)
		if err != nil {
			return err
		}
		if r.State != "reading" {
			sum = summarise(r, Counts{Rows: r.Rows, Rejected: r.Rejected, Matched: r.Matched, Unmatched: r.Unmatched}, 0)
			sum.AlreadySeen = true
			return nil
		}
		if known { // it goes on as it began, whatever name or type it is offered with now
			if feed, err = open(kept.file, kept.size, r.Name, r.typeAsked(), []byte(r.Mapping), n.now()); err != nil {
				return fmt.Errorf("go on with report %s: %w", r.Name, err)
			}
		}
		if err := n.read(ctx, r, feed, kept.sync, o.Progress); err != nil {
			return err
		}
		sum = summarise(r, r.Counts, n.now().Sub(start))
		return nil
	})
	return sum, err
}

// openOffered opens a file that an operator named; its size is 0 when it is not known, as of a pipe.
func openOffered(path string) (*os.File, int64, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, fault.Wrap(fault.Invalid, err, "the file cannot be opened; check its path and rights")
	}
	s, err := file.Stat()
	switch {
	case err != nil || s.IsDir():
		file.Close()
		return nil, 0, fault.Invalidf("this is a folder; name the files in it")
	case !s.Mode().IsRegular():
		return file, 0, nil
	}
	return file, s.Size(), nil
}

func open(file *os.File, size int64, name, kind string, mapping []byte, now time.Time) (*feeds.Feed, error) {
	o := feeds.Options{Type: kind, Now: now}
	if len(mapping) > 0 {
		m, err := feeds.ParseMapping(strings.NewReader(string(mapping)))
		if err != nil {
			return nil, fmt.Errorf("the mapping: %w", err)
		}
		o.Mapping = m
	}
	return feeds.Open(file, size, name, o)
}

// admit finds the report by its hash, or writes its row and puts the raw file in place.
func (n *Notify) admit(ctx context.Context, o Offer, kept *rawFile, feed *feeds.Feed) (r *Report, known bool, err error) {
	source, err := sourceOf(o, feed)
	if err != nil {
		return nil, false, err
	}
	err = n.db.Write(ctx, func(tx *db.Tx) error {
		have, err := reportByHash(ctx, tx, kept.sha)
		if err == nil {
			if r, known = have, true; r.State != "reading" {
				return nil
			}
			return kept.keep(n.rawPath(kept.sha)) // after a loss of power it may not be whole
		}
		if !errors.Is(err, db.ErrNoRows) {
			return err
		}
		if err := kept.keep(n.rawPath(kept.sha)); err != nil {
			return err
		}
		if r, err = n.enter(ctx, tx, o, kept, feed, source); err != nil {
			return err
		}
		if err := setOfferedBy(ctx, tx, r.Seq, o.Actor); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Event{
			At: n.now(), Actor: o.Actor, Action: audit.Import, Object: "report " + r.ID.String(),
			Detail: fmt.Sprintf("%s, %d bytes, SHA-256 %x", o.Name, kept.size, kept.sha),
		})
	})
	if err != nil {
		return nil, false, fmt.Errorf("take in report %s: %w", o.Name, err)
	}
	return r, known, nil
}

// enter writes the row of a report that was not here before.
func (n *Notify) enter(ctx context.Context, tx *db.Tx, o Offer, kept *rawFile, feed *feeds.Feed, source Source) (r *Report, err error) {
	r = &Report{
		ID: db.NewID(), Source: source.Key, Type: feed.Type(), Format: feed.Format(), Name: o.Name, Mapping: string(o.Mapping),
		SHA256: kept.sha, Size: kept.size, TLP: source.TLP, Licence: source.Licence, ReceivedAt: o.Received, State: "reading",
		Register: n.footprint.Index().Version(),
	}
	if d := feed.ReportDate(); !d.IsZero() && d.Before(n.now().Add(24*time.Hour)) {
		r.Day = d.Unix() / 86400
	}
	if err := ensureSource(ctx, tx, source, n.now()); err != nil {
		return nil, err
	}
	if r.Series, err = ensureSeries(ctx, tx, source.Key, feed.Type(), feed.Series()); err != nil {
		return nil, err
	}
	r.Seq, err = insertReport(ctx, tx, r)
	return r, err
}

func sourceOf(o Offer, feed *feeds.Feed) (Source, error) {
	key, tlp, licence := o.Source, "", ""
	if len(o.Mapping) > 0 {
		m, err := feeds.ParseMapping(strings.NewReader(string(o.Mapping)))
		if err != nil {
			return Source{}, err
		}
		tlp, licence = m.TLP, m.Licence
		if key == "" {
			key = m.Source
		}
	}
	if key == "" {
		key = feed.Format()
	}
	if o.TLP != "" {
		tlp = o.TLP
	}
	if o.Licence != "" {
		licence = o.Licence
	}
	return newSource(key, tlp, licence)
}

// batch is what one transaction writes.
type batch struct {
	counts   Counts
	lastLine int64
	observed time.Time // the latest
	rows     map[rowKey]*row
	rejected []*feeds.Reject
	networks map[string]map[uint32]int64 // of what concerns nobody: type -> AS number -> lines
	counting map[uint32]int64            // those of the type of the line before
	counted  string                      // that type
}

// strange counts a line that concerns nobody by its network. Most reports are of one type.
func (b *batch) strange(kind string, asn uint32) {
	if b.counting == nil || b.counted != kind {
		if b.networks == nil {
			b.networks = map[string]map[uint32]int64{}
		}
		if b.networks[kind] == nil {
			b.networks[kind] = map[uint32]int64{}
		}
		b.counting, b.counted = b.networks[kind], kind
	}
	b.counting[asn]++
}

type rowKey struct {
	organisation db.ID
	fingerprint  Fingerprint
}

// row is one exposure as a report shows it.
type row struct {
	kind, class   string
	severity      feeds.Severity
	address       string
	port          uint16
	name          string
	vulnerability string
	role          string
	reasons       string
	assets        []db.ID // of the reasons, each once
	evidence      string
	first, last   time.Time
	due           time.Time
	byName        Fingerprint // of the same by its name alone, as it was known before its address was; zero: none
}

func newBatch() *batch { return &batch{rows: make(map[rowKey]*row, batchRows/2)} }

// read takes the report's lines from where it stopped last to its end. One goroutine reads and
// matches while another writes the batch before, and sync, which must have come to its end before
// the report is complete, runs beside them.
func (n *Notify) read(ctx context.Context, r *Report, feed *feeds.Feed, sync func() error, progress func(done, size int64)) error {
	plan, err := n.calendar(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	synced := make(chan error, 1)
	go func() { synced <- sync() }()
	full := make(chan *batch, 1)
	written := make(chan error, 1)
	go func() {
		var err error
		for b := range full {
			if err == nil {
				if err = n.writeBatch(ctx, r, b); err != nil {
					cancel(err)
				}
			}
		}
		written <- err
	}()
	reader := &reportReader{footprint: n.footprint, report: r, feed: feed, plan: plan, skip: r.LastLine, from: r.ReceivedAt}
	broken := reader.run(ctx, func(b *batch) {
		full <- b
		if progress != nil {
			progress(feed.Consumed(), r.Size)
		}
	})
	close(full)
	if err := errors.Join(<-written, <-synced); err != nil {
		return fmt.Errorf("read report %s: %w", r.Name, err)
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if progress != nil {
		progress(r.Size, r.Size)
	}
	return n.complete(ctx, r, feed, broken)
}

// complete closes the report: whether absence from it means something, and what is queued because
// of it.
func (n *Notify) complete(ctx context.Context, r *Report, feed *feeds.Feed, broken error) error {
	r.State, r.CompletedAt, r.Drift = "complete", n.now(), feed.Drift()
	if broken != nil {
		r.State, r.Problem = "broken", broken.Error()
	}
	if r.Day == 0 && !r.ObservedLast.IsZero() {
		r.Day = r.ObservedLast.Unix() / 86400
	}
	return n.db.Write(ctx, func(tx *db.Tx) error {
		if err := holdReport(ctx, tx, r); err != nil {
			return err
		}
		usual, err := usualRows(ctx, tx, r)
		if err != nil {
			return fmt.Errorf("compare report %s with the ones before: %w", r.Name, err)
		}
		cutOff, err := n.cutOff(ctx, tx, r)
		if err != nil {
			return fmt.Errorf("look at the end of report %s: %w", r.Name, err)
		}
		// A report that is broken or cut off, mostly unreadable or much smaller than usual says nothing by
		// absence.
		r.Fresh = broken == nil && !cutOff && r.Day != 0 && 10*r.Rejected <= r.Rows && 2*r.Rows >= usual
		if r.ExposuresNew >= db.Many {
			if err := tx.Analyze(ctx, "notify_exposure"); err != nil {
				return err
			}
		}
		if err := completeReport(ctx, tx, r); err != nil {
			return fmt.Errorf("complete report %s: %w", r.Name, err)
		}
		if err := n.watched(ctx, tx, r); err != nil {
			return fmt.Errorf("note whom report %s warns: %w", r.Name, err)
		}
		if err := n.queue.Insert(ctx, tx, confirmArgs{Series: r.Series}, time.Time{}); err != nil {
			return err
		}
		// Assets that came while the report was read were not yet known to its first lines.
		for v := max(r.Register, n.footprint.Index().Version()-mostChanges) + 1; v <= n.footprint.Index().Version(); v++ {
			if err := n.queue.Insert(ctx, tx, rematchArgs{Version: v, Report: r.Seq}, time.Time{}); err != nil {
				return err
			}
		}
		if err := n.queue.Insert(ctx, tx, trendArgs{}, time.Time{}); err != nil {
			return err
		}
		return n.queue.Insert(ctx, tx, composeArgs{}, r.ReceivedAt.Add(n.set.Gather))
	})
}

// cutOff tells whether the file seems to end in the middle of a line: its last line was rejected and
// has no end. A packed file that was cut off is broken anyway.
func (n *Notify) cutOff(ctx context.Context, tx *db.Tx, r *Report) (bool, error) {
	if rejected, err := isRejected(ctx, tx, r.ID, r.LastLine); err != nil || !rejected {
		return false, err
	}
	file, err := os.Open(n.rawPath(r.SHA256))
	if err != nil {
		return true, nil // without it, nobody can say
	}
	defer file.Close()
	var end [1]byte
	if _, err := file.ReadAt(end[:], r.Size-1); err != nil {
		return true, nil
	}
	return end[0] != '\n', nil
}

// mostChanges is how many changes of the register during one report are looked back at.
const mostChanges = 1000

// cleanName makes a report's name, which others chose and which stands in mails and lists, one line
// of ordinary characters without folders.
func cleanName(path string) string {
	return cut(cleanNote(baseName(path)), 200)
}

func baseName(path string) string {
	if i := strings.LastIndexAny(path, `/\`); i >= 0 {
		return path[i+1:]
	}
	return path
}
