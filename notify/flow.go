package notify

import (
	"context"
	"errors"
	"os"
	"time"

	"polder/internal/db"
	"polder/internal/fault"
)

// Arrival is one report as it came in.
type Arrival struct {
	At   time.Time
	Rows int64
}

// Arrivals returns when a source's complete reports came in, and how large they were, from the day of
// the moment given on, the oldest first; the latest 20,000 at most.
func (n *Notify) Arrivals(ctx context.Context, tx *db.Tx, source string, since time.Time) ([]Arrival, error) {
	return arrivals(ctx, tx, source, since.Unix()/86400)
}

// SourcesKnown returns the sources that sent anything, by key; at most 1,000.
func (n *Notify) SourcesKnown(ctx context.Context, tx *db.Tx) ([]Source, error) {
	return sourcesKnown(ctx, tx)
}

// Known returns what came of the report with this hash when it was read; nil when it was not, or not
// to its end yet.
func (n *Notify) Known(ctx context.Context, sha []byte) (sum *Summary, err error) {
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		r, err := reportByHash(ctx, tx, sha)
		if errors.Is(err, db.ErrNoRows) || err == nil && r.State == "reading" {
			return nil
		}
		if err == nil {
			sum = summarise(r, r.Counts, 0)
			sum.AlreadySeen = true
		}
		return err
	})
	return sum, err
}

// Readable tells whether a file can be read as a report, as far as its beginning shows. Its error is
// Invalid and says what to do.
func (n *Notify) Readable(file *os.File, size int64, o Offer) error {
	feed, err := open(file, size, cleanName(o.Name), o.Type, o.Mapping, n.now())
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "the report cannot be read")
	}
	_, err = sourceOf(o, feed)
	return err
}
