package audit

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"polder/internal/db"
)

// Wrong is what is the matter with the record.
type Wrong string

// What may be the matter.
const (
	Whole     Wrong = ""
	Altered   Wrong = "changed" // an entry, or its link, is not what it was
	Removed   Wrong = "removed" // an entry or a link is gone
	PutIn     Wrong = "put-in"  // an entry is there that the chain does not know
	HeadWrong Wrong = "head"    // a day's head in the database is not what the chain gave
	HeadKept  Wrong = "kept"    // a head that was kept elsewhere is not what the chain gives
)

// Verification is what came of looking whether the record is whole.
type Verification struct {
	At      time.Time
	Entries int64 // that were walked
	Waiting int64 // that are not yet chained
	Heads   int64 // compared with the chain, those kept elsewhere too
	Late    int64 // entries of a day that was closed before they came
	Wrong   Wrong
	Seq     int64  // of the first link that is wrong; 0: none in particular
	Detail  string // the entry, by id and moment, or the head
}

// OK tells whether the record is whole.
func (v Verification) OK() bool { return v.Wrong == Whole }

func (v *Verification) is(w Wrong, seq int64, format string, args ...any) {
	if v.Wrong == Whole {
		v.Wrong, v.Seq, v.Detail = w, seq, fmt.Sprintf(format, args...)
	}
}

// walkBatch is how many links are read at a time.
const walkBatch = 5000

// Verify walks the whole record and says what is wrong first, if anything is: each link must follow the
// one before and its entry; each entry must have a link or wait for one; and the heads, those of the
// database and those that were kept elsewhere, must be what the chain gave. It keeps no more in memory
// than the heads, and holds no transaction for long. progress may be nil.
func Verify(ctx context.Context, d *db.DB, now time.Time, kept []Head, progress func(seq int64)) (Verification, error) {
	v := Verification{At: now}
	var own []Head
	err := d.Read(ctx, func(tx *db.Tx) (err error) {
		own, err = Heads(ctx, tx, math.MaxInt32)
		return err
	})
	if err != nil {
		return v, fmt.Errorf("read the heads: %w", err)
	}
	// Only those that are there before the walk: what is added meanwhile is for the next time.
	heads := map[int64][]Head{} // by seq
	known := map[int64]Head{}   // of the database, by day
	for _, h := range own {
		heads[h.Seq] = append(heads[h.Seq], h)
		known[h.Day] = h
	}
	compare := map[int64][]Head{}
	for _, h := range kept {
		compare[h.Seq] = append(compare[h.Seq], h)
	}
	v.Heads = int64(len(own) + len(kept))
	seq, last := int64(0), genesis
	var closed time.Time // of the latest head that was passed
	for v.OK() {
		before := seq
		err := d.Read(ctx, func(tx *db.Tx) error {
			return eachLink(ctx, tx, before, func(l link) error {
				switch {
				case !v.OK():
					return nil
				case l.seq != seq+1:
					v.is(Removed, seq+1, "link %d is missing", seq+1)
				case !l.there:
					v.is(Removed, l.seq, "entry %s", l.event)
				default:
					want := follow(last, l.seq, l.entry)
					if !bytes.Equal(want, l.hash) {
						v.is(Altered, l.seq, "entry %s of %s", l.event, l.entry.At.Format(time.RFC3339))
						return nil
					}
					seq, last = l.seq, want
					v.Entries++
					if l.entry.At.Before(closed) {
						v.Late++
					}
					for _, h := range heads[seq] {
						if h.end().After(closed) {
							closed = h.end()
						}
						if !bytes.Equal(h.Hash, last) {
							v.is(HeadWrong, seq, "%s", h)
						}
					}
					for _, h := range compare[seq] {
						if !bytes.Equal(h.Hash, last) {
							v.is(HeadKept, seq, "%s", h)
						}
					}
				}
				return nil
			})
		})
		if err != nil {
			return v, fmt.Errorf("walk the record: %w", err)
		}
		if progress != nil {
			progress(seq)
		}
		if seq == before {
			break
		}
	}
	if !v.OK() {
		return v, nil
	}
	for _, h := range own {
		if h.Seq > seq || h.Seq < 1 {
			v.is(HeadWrong, h.Seq, "%s", h)
		}
	}
	for _, h := range kept {
		if k, ok := known[h.Day]; h.Seq > seq || h.Seq < 1 || !ok || k.Seq != h.Seq {
			v.is(HeadKept, h.Seq, "%s", h)
		}
	}
	return v, d.Read(ctx, func(tx *db.Tx) error { return v.unknown(ctx, tx) })
}

// unknown looks for entries that are neither chained nor waiting. The three are counted in one
// snapshot; the entry is looked for only when they do not add up.
func (v *Verification) unknown(ctx context.Context, tx *db.Tx) error {
	var entries, links int64
	for q, n := range map[string]*int64{
		`SELECT count(*) FROM audit_event`:             &entries,
		`SELECT COALESCE(max(seq), 0) FROM audit_link`: &links,
		`SELECT count(*) FROM audit_pending`:           &v.Waiting,
	} {
		if err := tx.One(ctx, q, nil, n); err != nil {
			return fmt.Errorf("count the record: %w", err)
		}
	}
	if entries == links+v.Waiting {
		return nil
	}
	err := tx.Each(ctx, func(scan func(...any) error) error {
		e, err := scanEvent(scan)
		v.is(PutIn, 0, "entry %s of %s", e.ID, e.At.Format(time.RFC3339))
		return err
	}, `SELECT `+eventColumns+` FROM audit_event WHERE NOT EXISTS (SELECT 1 FROM audit_link l WHERE l.event_id = audit_event.id)
		AND NOT EXISTS (SELECT 1 FROM audit_pending p WHERE p.event_id = audit_event.id) ORDER BY at, id LIMIT 1`)
	v.is(Removed, 0, "%d entries are gone that waited to be chained", links+v.Waiting-entries)
	return err
}

type link struct {
	seq   int64
	hash  []byte
	event db.ID
	there bool
	entry Event
}

// eachLink calls fn for the links after seq, at most walkBatch, each with its entry.
func eachLink(ctx context.Context, tx *db.Tx, seq int64, fn func(link) error) error {
	return tx.Each(ctx, func(scan func(...any) error) error {
		var l link
		var at db.Time
		var actor, action, object, detail *string
		if err := scan(&l.seq, &l.hash, &l.event, &at, &actor, &action, &object, &l.entry.Organisation, &detail); err != nil {
			return err
		}
		if l.there = actor != nil; l.there {
			l.entry.ID, l.entry.At, l.entry.Actor, l.entry.Action, l.entry.Object, l.entry.Detail = l.event, at.Time, *actor, Action(*action), *object, *detail
		}
		return fn(l)
	}, `SELECT l.seq, l.hash, l.event_id, e.at, e.actor, e.action, e.object, e.organisation_id, e.detail
		FROM (SELECT seq, hash, event_id FROM audit_link WHERE seq > ?1 ORDER BY seq LIMIT ?2) AS l
		LEFT JOIN audit_event e ON e.id = l.event_id ORDER BY l.seq`, seq, walkBatch)
}

// ReadHeads reads heads as String writes them, one a line; empty lines and those with # are passed
// over. What is no head is an error: a file that somebody spoilt is told of.
func ReadHeads(r io.Reader) (list []Head, err error) {
	b, err := io.ReadAll(io.LimitReader(r, 16<<20))
	if err != nil {
		return nil, err
	}
	for i, line := range strings.Split(string(b), "\n") {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Fields(line)
		bad := fmt.Errorf("line %d is not a day, a number and a hash", i+1)
		if len(f) != 3 {
			return nil, bad
		}
		day, err1 := time.Parse(time.DateOnly, f[0])
		seq, err2 := strconv.ParseInt(f[1], 10, 64)
		sum, err3 := hex.DecodeString(f[2])
		if errors.Join(err1, err2, err3) != nil || len(sum) != len(genesis) {
			return nil, bad
		}
		list = append(list, Head{Day: floorDay(day), Seq: seq, Hash: sum})
	}
	return list, nil
}

// Note keeps what came of a verification, for the page, and says so in the record.
func Note(ctx context.Context, tx *db.Tx, v Verification) error {
	_, err := tx.Exec(ctx, `INSERT INTO audit_verification (id, ran_at, entries, waiting, heads, late, kind, at_seq, detail)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)`, db.NewID(), db.At(v.At), v.Entries, v.Waiting, v.Heads, v.Late, string(v.Wrong), v.Seq, v.Detail)
	if err != nil {
		return err
	}
	detail := "whole"
	if !v.OK() {
		detail = string(v.Wrong)
	}
	return Append(ctx, tx, Event{At: v.At, Action: Verified, Object: "record", Detail: fmt.Sprintf("%d entries, %s", v.Entries, detail)})
}

// LastVerification returns the latest; false when there never was one.
func LastVerification(ctx context.Context, tx *db.Tx) (v Verification, ever bool, err error) {
	var at db.Time
	err = tx.One(ctx, `SELECT ran_at, entries, waiting, heads, late, kind, at_seq, detail FROM audit_verification ORDER BY id DESC LIMIT 1`, nil,
		&at, &v.Entries, &v.Waiting, &v.Heads, &v.Late, &v.Wrong, &v.Seq, &v.Detail)
	if errors.Is(err, db.ErrNoRows) {
		return v, false, nil
	}
	v.At = at.Time
	return v, err == nil, err
}
