package notify

import (
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"polder/internal/db"
	"polder/internal/kit"
)

// figures are all rows of the figures that count anything, as text.
func (f *fixture) figures() (list []string) {
	f.t.Helper()
	for _, q := range []string{`SELECT day, source_key, type, severity, seen, told, acknowledged, solved, false_positive, not_ours, expired, 0 FROM notify_day
		WHERE seen <> 0 OR told <> 0 OR acknowledged <> 0 OR solved <> 0 OR false_positive <> 0 OR not_ours <> 0 OR expired <> 0`,
		`SELECT day, source_key, type, bucket, count, 0, 0, 0, 0, 0, 0, 0 FROM notify_solve_time WHERE count <> 0`} {
		err := f.db.Read(f.ctx, func(tx *db.Tx) error {
			return tx.Each(f.ctx, func(scan func(...any) error) error {
				var n [10]int64
				var source, kind string
				err := scan(&n[0], &source, &kind, &n[1], &n[2], &n[3], &n[4], &n[5], &n[6], &n[7], &n[8], &n[9])
				list = append(list, fmt.Sprint(source, kind, n))
				return err
			}, q)
		})
		if err != nil {
			f.t.Fatal(err)
		}
	}
	slices.Sort(list)
	return list
}

// After whatever happened, the figures that were kept are those that are counted anew from all
// exposures.
func TestFiguresKeepUp(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,en,a@a.example", "b,B,en,b@b.example")
		f.assets("a,prefix,192.0.2.0/28,owner", "b,prefix,198.51.100.0/28,owner")
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		rnd := rand.New(rand.NewPCG(seed, 1))
		answers := []Answer{OnIt, IsSolved, IsFalse, IsNotOurs}
		for round := range 30 {
			switch rnd.IntN(8) {
			case 0, 1, 2, 3:
				kind := []string{"scan_rdp", "scan_http"}[rnd.IntN(2)]
				lines := []string{fmt.Sprintf("NOW,low,203.0.113.%d,tcp,1,,x,64501", round)}
				for i := range 10 {
					if rnd.IntN(3) > 0 {
						lines = append(lines, fmt.Sprintf("NOW,%s,%s.%d,tcp,3389,,rdp,64500", []string{"high", "medium"}[rnd.IntN(2)], []string{"192.0.2", "198.51.100"}[rnd.IntN(2)], i))
					}
				}
				f.ingest(kind, rdp, lines...)
			case 4, 5:
				f.compose()
				f.deliver()
				for _, who := range []string{"a", "b"} {
					if len(f.notifications(who)) == 0 || rnd.IntN(3) == 0 {
						continue
					}
					var chosen []Fingerprint
					for _, e := range f.exposures(who) {
						if rnd.IntN(2) == 0 {
							chosen = append(chosen, e.Fingerprint)
						}
					}
					_, _ = f.notify.Answer(f.ctx, f.token(who), Feedback{Answer: answers[rnd.IntN(4)], Chosen: chosen}) // of none of its own it is refused
				}
			case 6:
				f.drain()
			case 7:
				f.clock.Advance(time.Duration(rnd.IntN(100)) * 24 * time.Hour)
				if _, err := f.notify.Expire(f.ctx); err != nil {
					t.Fatal(err)
				}
			}
			f.clock.Advance(time.Duration(rnd.IntN(40)) * time.Hour)
		}
		if f.count("notify_exposure", "state NOT IN ('new')") == 0 {
			t.Error("nothing happened in this history")
		}
		kept := f.figures()
		if err := f.notify.RebuildFigures(f.ctx); err != nil {
			t.Fatal(err)
		}
		anew := f.figures()
		if !slices.Equal(kept, anew) {
			t.Errorf("kept:\n%s\ncounted anew:\n%s", strings.Join(kept, "\n"), strings.Join(anew, "\n"))
		}
		if len(anew) == 0 {
			t.Error("there are no figures")
		}
		// What is removed at the end of its term takes its count along.
		f.clock.Advance(6 * 365 * 24 * time.Hour)
		if _, err := f.notify.Retain(f.ctx); err != nil {
			t.Fatal(err)
		}
		if left := f.figures(); len(left) != 0 || f.count("notify_exposure", "") != 0 {
			t.Errorf("left: %v", left)
		}
	})
}

// The steps of the migration are those of the code.
func TestSolveTimesAreCountedBySteps(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,en,a@a.example")
		f.assets("a,prefix,192.0.2.0/28,owner")
		f.ingest("scan_rdp", rdp, rdpLine("192.0.2.7", ""))
		for i := range len(solveBounds) + 1 {
			took := solveBounds[min(i, len(solveBounds)-1)]
			if i == len(solveBounds) {
				took += time.Hour
			} else {
				took -= time.Microsecond
			}
			for _, q := range []string{`UPDATE notify_exposure SET state = 'solved', state_at = first_seen + ` + fmt.Sprint(took.Microseconds()), `UPDATE notify_exposure SET state = 'open'`} {
				if err := d.Write(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(t.Context(), q); return err }); err != nil {
					t.Fatal(err)
				}
				want := 1
				if strings.Contains(q, "'open'") {
					want = 0
				}
				if n := f.count("notify_solve_time", "bucket = ?1 AND count = 1", i); n != want || f.count("notify_solve_time", "count <> 0") != want {
					t.Errorf("%s: %d in step %d", q, n, i)
				}
			}
		}
	})
}

// What concerns nobody is counted by network, the largest by name, and forgotten after some weeks. A
// report that comes twice, or is read again for new assets, counts once.
func TestUnmatchedNetworks(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,en,a@a.example")
		f.assets("a,prefix,192.0.2.0/28,owner")
		var lines []string
		for i := range 400 {
			for range 1 + i/399*4 {
				lines = append(lines, fmt.Sprintf("NOW,high,203.0.113.9,tcp,%d,,rdp,%d", i+1, 65000+i))
			}
		}
		body := strings.ReplaceAll(rdp+"\n"+strings.Join(append(lines, rdpLine("192.0.2.7", "")), "\n")+"\n", "NOW", f.clock.Now().Format("2006-01-02 15:04:05"))
		for range 2 {
			f.offer("2026-01-05-scan_rdp.csv", body, Offer{Type: "scan_rdp", Source: "shadowserver"})
		}
		if n := f.count("notify_unmatched", ""); n != mostNetworks+1 {
			t.Errorf("%d rows", n)
		}
		if n := f.count("notify_unmatched", "asn = 65399 AND count = 5 OR asn = -1 AND count = 100 OR asn = 65000 AND count = 1"); n != 3 {
			t.Errorf("%d of the three are right", n)
		}
		f.assets("a,prefix,203.0.113.0/29,owner")
		f.drain()
		if n := f.count("notify_unmatched", "asn = 65399 AND count = 5"); n != 1 {
			t.Error("a report that is read again counts again")
		}
		f.clock.Advance(24 * time.Hour)
		if _, err := f.notify.Retain(f.ctx); err != nil {
			t.Fatal(err)
		}
		if n := f.count("notify_unmatched", ""); n != 50 {
			t.Errorf("%d rows of yesterday", n)
		}
		f.clock.Advance(keepNetworks + 24*time.Hour)
		if _, err := f.notify.Retain(f.ctx); err != nil {
			t.Fatal(err)
		}
		if n := f.count("notify_unmatched", ""); n != 0 {
			t.Errorf("%d rows after their term", n)
		}
	})
}

// Who opens a link is counted by type and day alone, machines apart, and nothing else changes.
func TestOpeningsAreCounted(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,en,a@a.example")
		f.assets("a,prefix,192.0.2.0/28,owner")
		f.ingest("scan_rdp", rdp, rdpLine("192.0.2.7", ""))
		f.compose()
		s, _ := f.siteOf("https://polder.example")
		for _, h := range []map[string]string{
			{"User-Agent": "Mozilla/5.0 Firefox/140.0", "Accept-Language": "nl"},
			{"User-Agent": "Mozilla/5.0 Firefox/140.0", "Accept-Language": "nl", "Sec-Purpose": "prefetch"},
			{"User-Agent": "Mozilla/5.0 (compatible; ExampleBot/1.0)", "Accept-Language": "en"},
			{"User-Agent": "Mozilla/5.0 Firefox/140.0"},
			{},
		} {
			r := httptest.NewRequest("GET", "https://polder.example/f/"+f.token("a"), nil)
			for k, v := range h {
				r.Header.Set(k, v)
			}
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code != 200 {
				t.Fatal(w.Code)
			}
		}
		if f.count("notify_opened", "door = 'link' AND type = 'scan_rdp' AND count = 1") != 1 || f.count("notify_opened", "door = 'machine' AND count = 4") != 1 || f.count("notify_opened", "") != 2 {
			t.Error("openings are not counted as they were made")
		}
	})
}
