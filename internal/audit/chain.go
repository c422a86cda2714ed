package audit

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"time"

	"polder/internal/db"
)

// The chain makes it show when an entry is changed, removed or put in. Entries are chained after they
// are there, by Link, in the order in which they are found: adding one locks nothing and waits for
// nobody, and one whose transaction ends late is chained when it is found. Each link is the SHA-256 of
// the link before it, its number and the entry in canonical form. When a day is over its head, the last
// link, is written down outside of the database too: whoever makes the chain anew cannot change that.

// linkBatch is how many entries one transaction chains.
const linkBatch = 2000

// closesAfter is how long after its end a day is closed: entries of transactions that still ran at
// midnight have come by then.
const closesAfter = 30 * time.Minute

// genesis is what the first link follows.
var genesis = make([]byte, sha256.Size)

// Head is where the chain stood when a day was closed.
type Head struct {
	Day  int64 // since 1970, UTC
	Seq  int64 // number of the last link
	Hash []byte
	Made time.Time
}

// Date is the head's day.
func (h Head) Date() time.Time { return time.Unix(h.Day*86400, 0).UTC() }

// end is the moment at which the head's day is over.
func (h Head) end() time.Time { return time.Unix((h.Day+1)*86400, 0).UTC() }

// String is one line of the file of heads: "2026-11-24 1042 9f86d0...".
func (h Head) String() string {
	return fmt.Sprintf("%s %d %x", h.Date().Format(time.DateOnly), h.Seq, h.Hash)
}

// Linked is what one round of chaining did.
type Linked struct {
	Entries int64
	Late    []Event // at most some: entries of a day that was closed before they came
	Head    *Head   // of a day that was closed now
}

// mostLate is how many late entries a round tells of.
const mostLate = 20

// Link chains all entries that wait, and closes the latest day that is over. One process chains at a
// time; when another does, Link does nothing. A process that dies loses nothing.
func Link(ctx context.Context, d *db.DB, now time.Time) (done Linked, err error) {
	err = d.TryExclusive(ctx, "record", func(ctx context.Context) error {
		for {
			var n int64
			err := d.Write(ctx, func(tx *db.Tx) (err error) {
				n, err = linkSome(ctx, tx, &done)
				return err
			})
			if err != nil {
				return fmt.Errorf("chain the record: %w", err)
			}
			done.Entries += n
			if n < linkBatch {
				break
			}
		}
		return d.Write(ctx, func(tx *db.Tx) (err error) {
			done.Head, err = closeDay(ctx, tx, now)
			return err
		})
	})
	if errors.Is(err, db.ErrBusy) {
		return Linked{}, nil
	}
	return done, err
}

func linkSome(ctx context.Context, tx *db.Tx, done *Linked) (int64, error) {
	seq, last, err := lastLink(ctx, tx)
	if err != nil {
		return 0, err
	}
	closed, err := lastHead(ctx, tx)
	if err != nil {
		return 0, err
	}
	var links [][]any
	err = tx.Each(ctx, func(scan func(...any) error) error {
		e, err := scanEvent(scan)
		if err != nil {
			return err
		}
		seq++
		last = follow(last, seq, e)
		links = append(links, []any{seq, e.ID[:], last})
		if closed.Seq > 0 && e.At.Before(closed.end()) && len(done.Late) < mostLate {
			done.Late = append(done.Late, e)
		}
		return nil
	}, `SELECT `+eventColumns+` FROM (SELECT event_id FROM audit_pending ORDER BY event_id LIMIT ?1) AS p
		JOIN audit_event ON id = p.event_id ORDER BY id`, linkBatch)
	if err != nil || len(links) == 0 {
		return 0, err
	}
	if err := tx.Bulk(ctx, "audit_link", []string{"seq", "event_id", "hash"}, links); err != nil {
		return 0, err
	}
	// Those that were just linked, by the range of their numbers.
	_, err = tx.Exec(ctx, `DELETE FROM audit_pending WHERE event_id IN (SELECT event_id FROM audit_link WHERE seq > ?1)`, seq-int64(len(links)))
	return int64(len(links)), err
}

// closeDay makes the head of yesterday, unless it is there, or yesterday is not over for long enough,
// or there is nothing to close.
func closeDay(ctx context.Context, tx *db.Tx, now time.Time) (*Head, error) {
	seq, last, err := lastLink(ctx, tx)
	if err != nil || seq == 0 {
		return nil, err
	}
	h := Head{Day: floorDay(now.Add(-closesAfter)) - 1, Seq: seq, Hash: last, Made: now}
	before, err := lastHead(ctx, tx)
	if err != nil || before.Seq > 0 && before.Day >= h.Day {
		return nil, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO audit_head (day, seq, hash, made_at) VALUES (?1, ?2, ?3, ?4)`, h.Day, h.Seq, h.Hash, db.At(now))
	return &h, err
}

func floorDay(t time.Time) int64 { return int64(t.UTC().Sub(time.Unix(0, 0)) / (24 * time.Hour)) }

func lastLink(ctx context.Context, tx *db.Tx) (seq int64, last []byte, err error) {
	err = tx.One(ctx, `SELECT seq, hash FROM audit_link ORDER BY seq DESC LIMIT 1`, nil, &seq, &last)
	if errors.Is(err, db.ErrNoRows) {
		return 0, genesis, nil
	}
	return seq, last, err
}

func lastHead(ctx context.Context, tx *db.Tx) (Head, error) {
	list, err := Heads(ctx, tx, 1)
	if err != nil || len(list) == 0 {
		return Head{}, err
	}
	return list[0], nil
}

// Heads returns the latest heads, the last day first.
func Heads(ctx context.Context, tx *db.Tx, limit int) (list []Head, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var h Head
		var made db.Time
		err := scan(&h.Day, &h.Seq, &h.Hash, &made)
		h.Made = made.Time
		list = append(list, h)
		return err
	}, `SELECT day, seq, hash, made_at FROM audit_head ORDER BY day DESC LIMIT ?1`, limit)
	return list, err
}

// follow is the link that comes after prev: SHA-256 of prev, its number and the entry, each part of
// which has its length in front, so that no two entries are written alike.
func follow(prev []byte, seq int64, e Event) []byte {
	h := sha256.New()
	h.Write(prev)
	put64(h, seq)
	h.Write(e.ID[:])
	put64(h, e.At.UnixMicro())
	h.Write(e.Organisation[:])
	for _, s := range []string{e.Actor, string(e.Action), e.Object, e.Detail} {
		put64(h, int64(len(s)))
		h.Write([]byte(s))
	}
	return h.Sum(nil)
}

func put64(h hash.Hash, n int64) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	h.Write(b[:])
}
