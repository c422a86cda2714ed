package audit

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"polder/internal/db"
	"polder/internal/kit"
)

func record(t *testing.T, d *db.DB, at time.Time, objects ...string) {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		for _, o := range objects {
			if err := Append(t.Context(), tx, Event{At: at, Actor: "operator:jan", Action: Read, Object: o, Organisation: db.NewID(), Detail: "1"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func chain(t *testing.T, d *db.DB, now time.Time) Linked {
	t.Helper()
	done, err := Link(t.Context(), d, now)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func verify(t *testing.T, d *db.DB, kept ...Head) Verification {
	t.Helper()
	v, err := Verify(t.Context(), d, kit.Start, kept, nil)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// byHand does what the database refuses, as somebody who owns it can: without the triggers.
func byHand(t *testing.T, d *db.DB, statements ...string) {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		var drop, again []string
		if tx.Postgres() {
			drop = []string{"SET LOCAL session_replication_role = replica"}
		} else {
			err := tx.Each(t.Context(), func(scan func(...any) error) error {
				var name, sql string
				err := scan(&name, &sql)
				drop, again = append(drop, "DROP TRIGGER "+name), append(again, sql)
				return err
			}, `SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit_%'`)
			if err != nil {
				return err
			}
		}
		for _, q := range append(append(drop, statements...), again...) {
			if n, err := tx.Exec(t.Context(), q); err != nil {
				return fmt.Errorf("%s: %w", q, err)
			} else if strings.Contains(q, "audit_") && n == 0 && !strings.Contains(q, "TRIGGER") {
				return fmt.Errorf("%s: changed nothing", q)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func schemas() []db.Schema { return []db.Schema{Schema()} }

func TestARecordThatIsWholeIsWhole(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		if v := verify(t, d); !v.OK() || v.Entries != 0 {
			t.Errorf("empty: %+v", v)
		}
		if done := chain(t, d, kit.Start); done.Head != nil || done.Entries != 0 {
			t.Errorf("an empty record was closed: %+v", done)
		}
		record(t, d, kit.Start, "a", "b", "c")
		if v := verify(t, d); !v.OK() || v.Waiting != 3 {
			t.Errorf("waiting: %+v", v)
		}
		if done := chain(t, d, kit.Start); done.Entries != 3 || done.Head == nil || done.Head.Date().Format(time.DateOnly) != "2026-01-04" {
			t.Errorf("%+v", done)
		}
		record(t, d, kit.Start, "d")
		next := kit.Start.Add(24 * time.Hour)
		done := chain(t, d, next)
		if done.Entries != 1 || done.Head == nil || done.Head.Seq != 4 || len(done.Late) != 0 {
			t.Errorf("%+v", done)
		}
		if again := chain(t, d, next); again.Head != nil || again.Entries != 0 {
			t.Errorf("twice: %+v", again)
		}
		// A day is closed half an hour after its end.
		midnight := time.Date(2026, 1, 7, 0, 0, 0, 0, time.UTC)
		if h := chain(t, d, midnight.Add(29*time.Minute)).Head; h != nil {
			t.Errorf("closed too soon: %s", h)
		}
		if h := chain(t, d, midnight.Add(30*time.Minute)).Head; h == nil || h.Day != done.Head.Day+1 {
			t.Errorf("not closed: %v", h)
		}
		if v := verify(t, d, *done.Head); !v.OK() || v.Entries != 4 || v.Waiting != 0 || v.Heads != 4 || v.Late != 0 {
			t.Errorf("%+v", v)
		}
		kept, err := ReadHeads(strings.NewReader("# the heads\n\n" + done.Head.String() + "\n"))
		if err != nil || len(kept) != 1 || kept[0].String() != done.Head.String() {
			t.Errorf("%v %v", kept, err)
		}
		for _, bad := range []string{"x", "2026-01-05 4", "2026-01-05 x " + strings.Repeat("0", 64), "2026-01-05 4 00"} {
			if _, err := ReadHeads(strings.NewReader(bad)); err == nil {
				t.Errorf("%q is read as a head", bad)
			}
		}
		for _, q := range []string{`UPDATE audit_event SET detail = ''`, `DELETE FROM audit_event`, `UPDATE audit_link SET seq = seq`, `DELETE FROM audit_link`,
			`UPDATE audit_head SET seq = seq`, `DELETE FROM audit_head`} {
			if err := d.Write(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(t.Context(), q); return err }); err == nil {
				t.Errorf("%s is not refused", q)
			}
		}
	})
}

// Whatever somebody who owns the database does to it, the first entry that it concerns is named.
func TestTamperingShows(t *testing.T) {
	const third = `(SELECT event_id FROM audit_link WHERE seq = 3)`
	zeros := map[bool]string{true: `'\x00000000000000000000000000000000'::bytea`, false: `X'00000000000000000000000000000000'`}
	cases := []struct {
		name string
		do   []string
		want Wrong
		seq  int64
	}{
		{"a detail changed", []string{`UPDATE audit_event SET detail = '2' WHERE id = ` + third}, Altered, 3},
		{"an actor changed", []string{`UPDATE audit_event SET actor = 'operator:piet' WHERE id = ` + third}, Altered, 3},
		{"a moment changed", []string{`UPDATE audit_event SET at = at + 1 WHERE id = ` + third}, Altered, 3},
		{"an organisation taken out", []string{`UPDATE audit_event SET organisation_id = NULL WHERE id = ` + third}, Altered, 3},
		{"words moved from one part to another", []string{`UPDATE audit_event SET object = 'c1', detail = '' WHERE id = ` + third}, Altered, 3},
		{"an entry removed", []string{`DELETE FROM audit_event WHERE id = ` + third}, Removed, 3},
		{"an entry removed with its link", []string{`DELETE FROM audit_event WHERE id = ` + third, `DELETE FROM audit_link WHERE seq = 3`}, Removed, 3},
		{"an entry removed and the gap closed", []string{`DELETE FROM audit_event WHERE id = ` + third, `DELETE FROM audit_link WHERE seq = 3`,
			`UPDATE audit_link SET seq = 3 WHERE seq = 4`, `UPDATE audit_link SET seq = 4 WHERE seq = 5`, `UPDATE audit_link SET seq = 5 WHERE seq = 6`}, Altered, 3},
		{"the last removed", []string{`DELETE FROM audit_event WHERE id = (SELECT event_id FROM audit_link WHERE seq = 6)`, `DELETE FROM audit_link WHERE seq = 6`}, HeadWrong, 6},
		{"two in another order", []string{`UPDATE audit_link SET seq = 100 WHERE seq = 3`, `UPDATE audit_link SET seq = 3 WHERE seq = 4`, `UPDATE audit_link SET seq = 4 WHERE seq = 100`}, Altered, 3},
		{"an entry put in", []string{`INSERT INTO audit_event (id, at, actor, action, object, detail) SELECT ZERO, at, actor, action, object, detail FROM audit_event WHERE id = ` + third}, PutIn, 0},
		{"an entry put in with a link", []string{`INSERT INTO audit_event (id, at, actor, action, object, detail) SELECT ZERO, at, actor, action, object, detail FROM audit_event WHERE id = ` + third,
			`INSERT INTO audit_link (seq, event_id, hash) SELECT 7, ZERO, hash FROM audit_link WHERE seq = 3`}, Altered, 7},
		{"a head replaced", []string{`UPDATE audit_head SET hash = (SELECT hash FROM audit_link WHERE seq = 2)`}, HeadWrong, 6},
		{"a head moved", []string{`UPDATE audit_head SET seq = 2`}, HeadWrong, 2},
		{"a waiting entry removed", []string{`INSERT INTO audit_pending (event_id) VALUES (ZERO)`}, Removed, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
				record(t, d, kit.Start, "a", "b", "c", "d", "e", "f")
				chain(t, d, kit.Start)
				if v := verify(t, d); !v.OK() {
					t.Fatalf("before: %+v", v)
				}
				do := make([]string, len(c.do))
				for i, q := range c.do {
					do[i] = strings.ReplaceAll(q, "ZERO", zeros[d.Postgres()])
				}
				byHand(t, d, do...)
				if v := verify(t, d); v.Wrong != c.want || v.Seq != c.seq || v.Detail == "" {
					t.Errorf("%+v", v)
				}
			})
		})
	}
}

// Whoever makes the whole chain anew, with its heads, is betrayed by a head that was kept elsewhere.
func TestAChainMadeAnewShowsByAKeptHead(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		record(t, d, kit.Start, "a", "b", "c")
		kept := *chain(t, d, kit.Start).Head
		byHand(t, d, `UPDATE audit_event SET detail = '2' WHERE object = 'b'`, `DELETE FROM audit_link`, `DELETE FROM audit_head`,
			`INSERT INTO audit_pending (event_id) SELECT id FROM audit_event`)
		if h := chain(t, d, kit.Start).Head; h == nil || h.Seq != kept.Seq {
			t.Fatalf("made anew: %v", h)
		}
		if v := verify(t, d); !v.OK() {
			t.Errorf("without a kept head it cannot show: %+v", v)
		}
		if v := verify(t, d, kept); v.Wrong != HeadKept || v.Seq != 3 || v.Detail != kept.String() {
			t.Errorf("%+v", v)
		}
		later := kept
		later.Seq = 900
		if v := verify(t, d, later); v.Wrong != HeadKept { // as of a database that was put back
			t.Errorf("%+v", v)
		}
	})
}

// An entry of a day that was closed is chained when it is found, and told of.
func TestALateEntryIsToldOf(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		record(t, d, kit.Start, "a")
		chain(t, d, kit.Start.Add(24*time.Hour))
		record(t, d, kit.Start.Add(time.Hour), "late")
		record(t, d, kit.Start.Add(25*time.Hour), "in time")
		done := chain(t, d, kit.Start.Add(25*time.Hour))
		if done.Entries != 2 || len(done.Late) != 1 || done.Late[0].Object != "late" {
			t.Errorf("%+v", done)
		}
		if v := verify(t, d); !v.OK() || v.Late != 1 || v.Entries != 3 {
			t.Errorf("%+v", v)
		}
	})
}

// Many write while others chain: nothing is chained twice or passed over, and one whose transaction
// ends last is chained last. What rolls back is in no chain.
func TestManyWriteWhileTheChainIsMade(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		const writers, each = 8, 40
		var work, links sync.WaitGroup
		stop := make(chan struct{})
		for range 2 {
			links.Go(func() {
				for {
					if _, err := Link(t.Context(), d, kit.Start); err != nil {
						t.Error(err)
						return
					}
					select {
					case <-stop:
						return
					default:
					}
				}
			})
		}
		for w := range writers {
			work.Go(func() {
				for i := range each {
					err := d.Write(t.Context(), func(tx *db.Tx) error {
						if err := Append(t.Context(), tx, Event{At: kit.Start, Action: Read, Object: fmt.Sprint(w, "-", i)}); err != nil {
							return err
						}
						if i%5 == 4 {
							return errRollback
						}
						return nil
					})
					if err != nil && !errors.Is(err, errRollback) {
						t.Error(err)
					}
				}
			})
		}
		work.Wait()
		close(stop)
		links.Wait()
		chain(t, d, kit.Start)
		if v := verify(t, d); !v.OK() || v.Entries != writers*each*4/5 || v.Waiting != 0 {
			t.Errorf("%+v", v)
		}
	})
}

var errRollback = errors.New("rolled back on purpose")

// Killed in the middle, the chain goes on where it was: what was chained and what waits are one
// transaction.
func TestChainingIsCutShort(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		var many []string
		for i := range 2*linkBatch + 10 {
			many = append(many, fmt.Sprint(i))
		}
		record(t, d, kit.Start, many...)
		// One batch is made durable, then the next is lost before its end.
		err := d.Write(t.Context(), func(tx *db.Tx) error { _, err := linkSome(t.Context(), tx, &Linked{}); return err })
		if err != nil {
			t.Fatal(err)
		}
		err = d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := linkSome(t.Context(), tx, &Linked{})
			return errors.Join(err, errRollback)
		})
		if !errors.Is(err, errRollback) {
			t.Fatal(err)
		}
		if v := verify(t, d); !v.OK() || v.Entries != linkBatch || v.Waiting != linkBatch+10 {
			t.Errorf("cut short: %+v", v)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := Link(ctx, d, kit.Start); err == nil {
			t.Error("chaining goes on without its context")
		}
		if done := chain(t, d, kit.Start); done.Entries != linkBatch+10 {
			t.Errorf("%+v", done)
		}
		if v := verify(t, d); !v.OK() || v.Entries != 2*linkBatch+10 {
			t.Errorf("%+v", v)
		}
	})
}

// A search gives each entry that fits once, the latest first, whatever is asked for, and says where to
// read on when it passed over many.
func TestTheRecordIsSearched(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		o := db.NewID()
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			for i := range 6000 {
				e := Event{At: kit.Start.Add(time.Duration(i/10) * time.Minute), Actor: "polder", Action: Send, Object: fmt.Sprint("n ", i)}
				if i < 3 {
					e.Action, e.Organisation = Export, o
				}
				if err := Append(t.Context(), tx, e); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			search Search
			want   int
			passed bool
		}{
			{Search{}, 6000, false},
			{Search{Organisation: o}, 3, false},
			{Search{Organisation: o, Action: Send}, 0, false},
			{Search{Object: "n 7"}, 1, false},
			{Search{Object: "n 7", Actor: "jan"}, 0, false},
			{Search{Action: Export}, 3, false},
			{Search{Actor: "polder", Action: Export}, 3, true},
			{Search{Actor: "polder", From: kit.Start.Add(time.Minute), Until: kit.Start.Add(3 * time.Minute)}, 20, false},
			{Search{Until: kit.Start}, 0, false},
		} {
			var seen []string
			passed := false
			for m, pages := (Mark{}), 0; ; pages++ {
				var f Found
				err := d.Read(t.Context(), func(tx *db.Tx) (err error) { f, err = Before(t.Context(), tx, c.search, m, 700); return err })
				if err != nil {
					t.Fatal(err)
				}
				passed = passed || f.Passed
				for _, e := range f.Events {
					seen = append(seen, e.Object)
				}
				if f.Next == nil || pages > 20 {
					break
				}
				m = *f.Next
			}
			distinct := map[string]bool{}
			for _, s := range seen {
				distinct[s] = true
			}
			if len(seen) != c.want || len(distinct) != c.want || passed != c.passed {
				t.Errorf("%+v: %d entries, %d of them different, passed %v", c.search, len(seen), len(distinct), passed)
			}
		}
	})
}
