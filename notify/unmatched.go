package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"polder/internal/db"
	"polder/notify/feeds"
)

// Unmatched is how many findings of one source and report type concerned nobody when they came.
type Unmatched struct {
	Source, SourceName string
	Type               string // "" when each line has its own
	Reports, Findings  int64
}

// CountUnmatched counts what concerned nobody in the reports since a moment whose raw files are there,
// most first, at most 200. What its source does not let us pass on (TLP:RED) is left out.
func CountUnmatched(ctx context.Context, tx *db.Tx, since time.Time) ([]Unmatched, error) {
	return countUnmatched(ctx, tx, since)
}

// Selection chooses findings out of reports that came from Since to Until.
type Selection struct {
	From         []Unmatched // by source and type alone
	Lowest       feeds.Severity
	Since, Until time.Time
}

func (s Selection) holds(r *Report) bool {
	return !r.ReceivedAt.After(s.Until) && slices.ContainsFunc(s.From, func(u Unmatched) bool { return u.Source == r.Source && u.Type == r.Type })
}

// mostSweptReports is how many reports EachUnmatched reads at most, the oldest of the period first.
const mostSweptReports = 2000

// EachUnmatched reads the raw files of the selection again and hands over each finding that concerns
// nobody by the register of this moment. The finding is good until fn returns. Before each report it
// tells how many reports were read of how many. It stops at the first error of fn.
func (n *Notify) EachUnmatched(ctx context.Context, s Selection, progress func(done, of int) error, fn func(f *feeds.Finding, source string, seen time.Time) error) error {
	if err := n.footprint.Load(ctx); err != nil {
		return err
	}
	var chosen []*Report
	for after := int64(0); ; {
		var list []*Report
		err := n.db.Read(ctx, func(tx *db.Tx) (err error) {
			list, err = since(ctx, tx, db.Micros(s.Since), after, 200)
			return err
		})
		if err != nil {
			return fmt.Errorf("look up reports to read again: %w", err)
		}
		if len(list) == 0 || len(chosen) >= mostSweptReports {
			break
		}
		for _, r := range list {
			if after = r.Seq; s.holds(r) && r.TLP != "RED" && r.Unmatched > 0 {
				chosen = append(chosen, r)
			}
		}
	}
	chosen = chosen[:min(len(chosen), mostSweptReports)]
	for i, r := range chosen {
		if err := progress(i, len(chosen)); err != nil {
			return err
		}
		if err := n.eachUnmatchedOf(ctx, r, s.Lowest, fn); err != nil {
			return fmt.Errorf("read report %s again: %w", r.Name, err)
		}
	}
	return progress(len(chosen), len(chosen))
}

func (n *Notify) eachUnmatchedOf(ctx context.Context, r *Report, lowest feeds.Severity, fn func(f *feeds.Finding, source string, seen time.Time) error) error {
	file, err := os.Open(n.rawPath(r.SHA256))
	if errors.Is(err, fs.ErrNotExist) {
		n.log.Warn("a raw report is missing, so it cannot be read again", "report", r.Name)
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	feed, err := open(file, r.Size, r.Name, r.typeAsked(), []byte(r.Mapping), n.now())
	if err != nil {
		return err
	}
	var f feeds.Finding
	var m matcher
	index := n.footprint.Index()
	for lines := 0; ; lines++ {
		if lines%1000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		err := feed.Next(&f)
		var reject *feeds.Reject
		switch {
		case errors.As(err, &reject):
			continue
		case errors.Is(err, io.EOF), err != nil: // what broke the file off is known since it was read first
			return nil
		}
		if f.Severity == feeds.Unknown {
			f.Severity = feeds.Medium
		}
		if f.Severity < lowest || len(m.match(index, &f)) > 0 {
			continue
		}
		seen := f.Observed
		if seen.IsZero() {
			seen = r.ReceivedAt
		}
		if err := fn(&f, r.Source, seen); err != nil {
			return err
		}
	}
}

// Concerns tells whether a finding about the address or name concerns anybody by the register as this
// process knows it.
func (n *Notify) Concerns(f *feeds.Finding) bool {
	var m matcher
	return len(m.match(n.footprint.Index(), f)) > 0
}
