package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"polder/directory"
	"polder/footprint"
	"polder/internal/db"
	"polder/internal/i18n"
	"polder/internal/jobs"
	"polder/internal/kit"
	"polder/internal/mail"
	"polder/internal/web"
	"polder/notify"
)

// What may be killed at any moment, is: `kill -9` at many points of reading a report. Whatever the
// point, reading goes on afterwards, and in the end all is as if nobody had been killed.

const (
	bigReport = "2026-11-21-scan_rdp-example-nl.csv"
	bigLines  = 120_000
	bigHeader = "timestamp,severity,ip,protocol,port,hostname,tag,asn\n"
)

// received is when the big report came in: later than any test runs, so that nothing of it is due to
// be sent while reading it is tested.
var received = time.Now().Add(12 * time.Hour).UTC().Truncate(time.Hour)

// bigLine is the nth line of the big report: of ten lines three concern somebody, some of the three
// were seen by an earlier report, and some stand there twice or name several vulnerabilities.
func bigLine(n int) string {
	at := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC).Add(time.Duration(n%80_000) * time.Second).Format(time.DateTime)
	switch {
	case n%600 == 599:
		return fmt.Sprintf("%s,high,not-an-address-%d,tcp,3389,,rdp,64500\n", at, n)
	case n%997 == 996:
		return fmt.Sprintf("%s,high,2001:db8::1\n", at)
	case n%10 > 2:
		return fmt.Sprintf("%s,medium,2001:db8:f%03x::%x:%x,tcp,3389,unknown%d.example,rdp,64500\n", at, n%4096, n>>16, n&0xffff, n)
	}
	thing := n
	if n%20 == 2 && n > 45_000 { // what stood 45,000 lines before, in another batch
		thing = n - 45_000
	} else if n%40 == 1 && n > 10 { // what stood just before
		thing = n - 10
	}
	tag := "rdp"
	if thing%50 == 0 {
		tag = "rdp;cve-2019-0708;cve-2025-12345"
	}
	severity := []string{"critical", "high", "medium"}[thing%3]
	return fmt.Sprintf("%s,%s,2001:db8:%x::%x:%x,tcp,%d,host%d.example,%s,64500\n", at, severity, (thing/10*3+thing%10)%bigOrganisations+1, thing>>16, thing&0xffff, 3389+thing%3, thing, tag)
}

const bigOrganisations = 2000

var bigBody = sync.OnceValue(func() string {
	var b strings.Builder
	b.WriteString(bigHeader)
	for n := range bigLines {
		b.WriteString(bigLine(n))
	}
	return b.String()
})

// bigRegister fills a fresh database: 2,000 organisations, each with a range, and the report of the
// day before, in which a third of the big report's findings were seen. Of these a part was told, a
// part is solved since.
func bigRegister(ctx context.Context, d *db.DB) error {
	organisations, assets := new(strings.Builder), new(strings.Builder)
	organisations.WriteString("reference,name,notify_email\n")
	assets.WriteString("organisation_reference,kind,value,role\n")
	for n := range bigOrganisations {
		fmt.Fprintf(organisations, "org%d,Organisation %d,it@org%d.example\n", n, n, n)
		fmt.Fprintf(assets, "org%d,prefix,2001:db8:%x::/48,owner\n", n, n+1)
	}
	assets.WriteString("org0,prefix,2001:db8::/40,provider\n")
	log := slog.New(slog.DiscardHandler)
	f := footprint.New(d, time.Now, log)
	if _, err := directory.New(d, time.Now).Import(ctx, strings.NewReader(organisations.String())); err != nil {
		return err
	}
	if _, err := f.Import(ctx, strings.NewReader(assets.String())); err != nil {
		return err
	}
	catalog, err := i18n.New(web.Messages, notify.Locales())
	if err != nil {
		return err
	}
	n := notify.New(d, f, jobs.New(d, log), catalog, time.Now, log, notify.Settings{Gather: time.Hour, SendHour: 7, Location: time.UTC, Key: make([]byte, 32)})
	n.Register(&mail.Post{})
	if err := f.Load(ctx); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "polder-day-before-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var day strings.Builder
	day.WriteString(bigHeader)
	for n := range bigLines {
		if n/10%3 > 0 {
			continue
		}
		day.WriteString(strings.Replace(bigLine(n), "2026-11-2", "2026-11-1", 1))
	}
	name := filepath.Join(dir, "2026-11-20-scan_rdp-example-nl.csv")
	if err := os.WriteFile(name, []byte(day.String()), 0o600); err != nil {
		return err
	}
	if _, err := n.Ingest(ctx, notify.Offer{Path: name, Received: received.Add(-24 * time.Hour), Actor: "test"}); err != nil {
		return err
	}
	return d.Write(ctx, func(tx *db.Tx) error {
		for _, q := range []string{
			`UPDATE notify_exposure SET state = 'open', told_at = state_at, due_at = NULL`,
			`UPDATE notify_exposure SET state = 'solved', confirmed = 1, reopens_after = last_seen WHERE port = 3390`,
			`DELETE FROM jobs_job`,
		} {
			if _, err := tx.Exec(ctx, q); err != nil {
				return err
			}
		}
		return nil
	})
}

// standing is all that reading a report leaves in the database, but for moments and names that
// differ from one time to the next.
type standing struct{ exposures, reports, rejected []string }

func (h *house) standing() (s standing) {
	h.Helper()
	s.exposures = h.rows(`SELECT organisation_id, fingerprint, type, class, severity, address, port, name, vulnerability, role, reasons, evidence,
		first_seen, last_seen, count, first_report, last_report, state, confirmed, told_at, due_at
		FROM notify_exposure ORDER BY organisation_id, fingerprint`, 21)
	s.reports = h.rows(`SELECT seq, type, format, name, sha256, size, received_at, state, problem, last_line, rows_read, rejected, matched, unmatched,
		exposures_new, exposures_again, exposures_reopened, observed_last, day, fresh FROM notify_report ORDER BY seq`, 20)
	s.rejected = h.rows(`SELECT r.seq, j.line, j.reason, j.raw FROM notify_rejected j JOIN notify_report r ON r.id = j.report_id ORDER BY 1, 2`, 4)
	return s
}

func sameStanding(t testing.TB, want, got standing) {
	t.Helper()
	sameLines(t, "reports", want.reports, got.reports)
	sameLines(t, "rejected lines", want.rejected, got.rejected)
	sameLines(t, "exposures", want.exposures, got.exposures)
}

// uninterrupted reads the big report in one go: what all others must come to.
func uninterrupted(h *house) (s standing, sum map[string]any, listed string, took time.Duration) {
	h.Helper()
	began := time.Now()
	out := h.must("ingest", "--json", "--received", received.Format(time.RFC3339), h.file(bigReport, bigBody()))
	took = time.Since(began)
	if err := json.Unmarshal([]byte(out), &sum); err != nil {
		h.Fatal(err)
	}
	for key, least := range map[string]float64{"rows": bigLines, "rejected": 300, "matched": 35_000, "unmatched": 80_000,
		"exposures_new": 15_000, "exposures_seen_again": 5_000, "exposures_reopened": 2_000} {
		if n, _ := sum[key].(float64); n < least {
			h.Fatalf("the big report does not test what it should: %s %v, at least %v wanted", key, sum[key], least)
		}
	}
	return h.standing(), sum, h.must("exposures", "--json"), took
}

// killPoint is a moment at which a process that reads the big report is killed.
type killPoint struct {
	name string
	wait func(h *house, p *process) // returns when the moment has come
}

func killPoints(seed uint64, whole time.Duration) (points []killPoint) {
	const lastLine, thisReport = `SELECT COALESCE(max(last_line), 0) FROM notify_report WHERE seq = 2`, `SELECT count(*) FROM notify_report WHERE seq = 2`
	points = append(points,
		killPoint{"when it is taken in", func(h *house, p *process) { p.until(func() bool { return h.number(thisReport) == 1 }) }},
		killPoint{"when it is complete", func(h *house, p *process) {
			p.until(func() bool { return h.number(thisReport+` AND state = 'complete'`) == 1 })
		}},
		killPoint{"when all lines are read", func(h *house, p *process) { p.until(func() bool { return h.number(lastLine) > bigLines-5 }) }},
		killPoint{"when the copy of the file is there", func(h *house, p *process) { p.until(func() bool { return len(h.incoming()) > 0 }) }},
	)
	for _, line := range []int64{1, 30_000, 61_000} {
		points = append(points, killPoint{fmt.Sprintf("after line %d", line), func(h *house, p *process) {
			p.until(func() bool { return h.number(lastLine) >= line })
		}})
	}
	r := rand.New(rand.NewPCG(seed, 1))
	for n := range 6 {
		after := time.Duration(n)*whole/6 + time.Duration(r.Int64N(int64(whole/6)))
		points = append(points, killPoint{fmt.Sprintf("after %v", after), func(h *house, p *process) { p.after(after) }})
	}
	return points
}

// incoming lists the copies of reports that are not in their places.
func (h *house) incoming() []string {
	h.Helper()
	list, err := filepath.Glob(filepath.Join(h.d.Dir(), "reports", "incoming-*"))
	if err != nil {
		h.Fatal(err)
	}
	return list
}

func newSeed(t testing.TB) uint64 {
	seed := uint64(time.Now().UnixNano())
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the seed of the random moments was %d", seed)
		}
	})
	return seed
}

func TestIngestKilledAnywhereGoesOn(t *testing.T) {
	seed := newSeed(t)
	for name, open := range map[string]func(testing.TB, []db.Schema, ...kit.Prepare) *db.DB{"sqlite": kit.SQLite, "postgres": kit.Postgres} {
		t.Run(name, func(t *testing.T) {
			fresh := func(t *testing.T) *house { return newHouse(t, open(t, schemas(), bigRegister)) }
			want, sum, listed, whole := uninterrupted(fresh(t))
			for i, point := range killPoints(seed, whole) {
				t.Run(point.name, func(t *testing.T) {
					h := fresh(t)
					report := h.file(bigReport, bigBody())
					ingest := []string{"ingest", "--json", "--received", received.Format(time.RFC3339), report}
					p := h.start(nil, ingest...)
					point.wait(h, p)
					p.kill()
					t.Logf("killed %s: exit code %d, report %v", point.name, p.code, h.rows(`SELECT state, last_line, rows_read FROM notify_report WHERE seq = 2`, 3))
					if i%3 == 2 && h.number(`SELECT count(*) FROM notify_report WHERE seq = 2`) == 1 {
						// No second ingest: the work that is due goes on with what was cut short, though a change of
						// the register is waiting to be looked up in the reports.
						h.must("import", "assets", h.file("more.csv", "organisation_reference,kind,value,role\norg7,domain,seven.example,owner\n"))
						h.must("work", "--drain")
					} else {
						if i%3 == 1 && h.number(`SELECT count(*) FROM notify_report WHERE seq = 2`) == 1 { // it goes on as it began
							ingest = []string{"ingest", "--json", "--type", "scan_ssh", "--source", "other", h.file("2026-11-25-scan_http-other.csv", bigBody())}
						}
						var got map[string]any
						if err := json.Unmarshal([]byte(h.must(ingest...)), &got); err != nil {
							t.Fatal(err)
						}
						for _, key := range []string{"source", "type", "sha256", "rows", "rejected", "matched", "unmatched"} {
							if got[key] != sum[key] {
								t.Errorf("%s is %v, want %v", key, got[key], sum[key])
							}
						}
						for _, key := range []string{"exposures_new", "exposures_seen_again", "exposures_reopened"} {
							if got["already_seen"] == false && got[key] != sum[key] {
								t.Errorf("%s is %v, want %v", key, got[key], sum[key])
							}
						}
					}
					sameStanding(t, want, h.standing())
					if i == 0 && h.must("exposures", "--json") != listed {
						t.Error("exposures --json differs")
					}
					if n := len(h.incoming()); n > 1 {
						t.Errorf("%d copies were left behind by one kill", n)
					}
				})
			}
			t.Run("killed again and again", func(t *testing.T) {
				h := fresh(t)
				ingest := []string{"ingest", "--json", "--received", received.Format(time.RFC3339), h.file(bigReport, bigBody())}
				kills := 0
				for done := int64(-1); done < bigLines-5; kills++ {
					p := h.start(nil, ingest...)
					p.until(func() bool {
						return h.number(`SELECT COALESCE(max(last_line), -1) FROM notify_report WHERE seq = 2`) > done
					})
					p.kill()
					if now := h.number(`SELECT COALESCE(max(last_line), -1) FROM notify_report WHERE seq = 2`); now > done {
						done = now
					} else if p.code == exitDone {
						break
					}
				}
				if kills < 4 {
					t.Fatalf("killed only %d times", kills)
				}
				h.must(ingest...)
				sameStanding(t, want, h.standing())
			})
		})
	}
}

// TestIngestKilledWhileItCopies kills the program when it has a part of the file, which comes
// through a pipe: nothing was taken in, and the copy is removed in time.
func TestIngestKilledWhileItCopies(t *testing.T) {
	each(t, func(h *house) {
		h.register()
		body := "timestamp,severity,ip,protocol,port\n" + strings.Repeat("2026-11-21 01:02:03,high,192.0.2.7,tcp,3389\n", 30_000)
		pipe := filepath.Join(h.dir, "2026-11-21-scan_rdp-example-nl.csv")
		if err := syscall.Mkfifo(pipe, 0o600); err != nil {
			h.Fatal(err)
		}
		p := h.start(nil, "ingest", pipe)
		w, err := os.OpenFile(pipe, os.O_WRONLY, 0)
		if err != nil {
			h.Fatal(err)
		}
		defer w.Close()
		if _, err := w.WriteString(body[:1<<20]); err != nil {
			h.Fatal(err)
		}
		if !p.until(func() bool {
			list := h.incoming()
			if len(list) != 1 {
				return false
			}
			s, err := os.Stat(list[0])
			return err == nil && s.Size() > 0
		}) {
			h.Fatal(p.wait())
		}
		p.kill()
		if n := h.number(`SELECT count(*) FROM notify_report`); n != 0 || len(h.incoming()) != 1 {
			h.Fatalf("%d reports, %d copies", n, len(h.incoming()))
		}
		if err := os.Remove(pipe); err != nil {
			h.Fatal(err)
		}
		out := h.must("ingest", "--json", h.file(filepath.Base(pipe), body))
		if !strings.Contains(out, `"rows":30000`) || !strings.Contains(out, `"exposures_new":1,`) {
			h.Errorf("after the kill: %s", out)
		}

		// What was left behind goes once it is a day old, and not before: it might still be growing.
		left := h.incoming()
		if len(left) != 1 {
			h.Fatalf("copies after the kill and a second time: %v", left)
		}
		drain := func() {
			h.Helper()
			if r := h.run("work", "--drain"); r.code != exitUnreachable { // one mail is due, and no server is there
				h.Fatal(r)
			}
		}
		drain()
		if len(h.incoming()) != 1 {
			h.Error("a copy that may still be growing was removed")
		}
		if err := os.Chtimes(left[0], time.Time{}, time.Now().Add(-25*time.Hour)); err != nil {
			h.Fatal(err)
		}
		drain()
		if left := h.incoming(); len(left) != 0 {
			h.Errorf("left behind for more than a day: %v", left)
		}
	})
}

// TestTwoReadTheSameReport starts two at once: one reads, the other waits and says so.
func TestTwoReadTheSameReport(t *testing.T) {
	each(t, func(h *house) {
		report := h.file(bigReport, bigBody())
		ingest := []string{"ingest", "--json", "--received", received.Format(time.RFC3339), report}
		first, second := h.start(nil, ingest...), h.start(nil, ingest...)
		seen, read := 0, 0
		for _, p := range []*process{first, second} {
			r := p.wait()
			var sum struct {
				AlreadySeen bool `json:"already_seen"`
				Rows        int
			}
			if err := json.Unmarshal([]byte(r.out), &sum); err != nil || r.code != exitDone || sum.Rows != bigLines {
				h.Fatalf("%v, %v", err, r)
			}
			if sum.AlreadySeen {
				seen++
			} else {
				read++
			}
		}
		if seen != 1 || read != 1 {
			h.Errorf("%d read it, %d had seen it", read, seen)
		}
		if n := h.number(`SELECT count(*) FROM notify_exposure WHERE count > 2 OR count = 2 AND first_report = last_report`); n != 0 {
			h.Errorf("%d exposures were counted twice", n)
		}
		if n := h.number(`SELECT count(*) FROM notify_report WHERE seq > 1`); n != 1 {
			h.Errorf("%d reports", n)
		}
		if left := h.incoming(); len(left) != 0 {
			h.Errorf("copies left behind: %v", left)
		}
	}, bigRegister)
}
