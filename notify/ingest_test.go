package notify

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/kit"
	"polder/notify/feeds"
)

// A reader that lost its lock, for instance with its connection, must not write what another reader
// has written meanwhile.
func TestReaderThatWasOvertakenWritesNothing(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,a@a.example")
		f.assets("a,prefix,192.0.2.0/28,owner")
		f.ingest("scan_rdp", rdp, rdpLine("192.0.2.7", ""), rdpLine("192.0.2.8", ""))
		list, err := f.notify.Reports(f.ctx, 1)
		if err != nil {
			t.Fatal(err)
		}
		behind := *list[0]
		behind.LastLine--
		b := newBatch()
		b.lastLine, b.rejected = behind.LastLine+1, []*feeds.Reject{{Line: 3, Reason: "none", Raw: "x"}}
		for _, state := range []string{"reading", "complete"} {
			err := d.Write(f.ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(f.ctx, `UPDATE notify_report SET state = ?1`, state)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := f.notify.writeBatch(f.ctx, &behind, b); fault.KindOf(err) != fault.Conflict {
				t.Errorf("while the report is %s: %v, want a conflict", state, err)
			}
			if n := f.count("notify_rejected", ""); n != 0 {
				t.Errorf("%d rejected lines were written", n)
			}
		}
		if err := f.notify.complete(f.ctx, list[0], &feeds.Feed{}, nil); fault.KindOf(err) != fault.Conflict {
			t.Errorf("a report that is complete was completed again: %v", err)
		}
	})
}

// A report that is read again, for a new asset, is read as the type that was asked for when it came.
func TestReportIsReadAgainAsTheTypeThatWasAsked(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,a@a.example")
		mapping := []byte("source: list\nclass: vulnerable-system\ncolumns:\n  ip: source.ip\n")
		event := `{"source.ip":"192.0.2.9","classification.type":"vulnerable-system","time.source":"2026-01-05T01:02:03+00:00"}` + "\n"
		f.offer("asked.csv", "ip\n192.0.2.7\n", Offer{Mapping: mapping, Type: "scan_rdp"})
		f.offer("plain.csv", "ip\n192.0.2.8\n", Offer{Mapping: mapping})
		f.offer("events.json", event, Offer{})
		f.assets("a,prefix,192.0.2.0/28,owner")
		f.drain()
		want := map[string]string{"192.0.2.7": "scan_rdp", "192.0.2.8": "vulnerable-system", "192.0.2.9": "vulnerable-system"}
		for _, e := range f.exposures("a") {
			if want[e.Address] != e.Type {
				t.Errorf("%s has the type %s, want %s", e.Address, e.Type, want[e.Address])
			}
			delete(want, e.Address)
		}
		if len(want) > 0 {
			t.Errorf("not found again: %v", want)
		}
	})
}

func TestCopiesThatAreLeftBehindGo(t *testing.T) {
	f := newFixture(t, kit.SQLite(t, schemas()))
	dir := filepath.Join(f.db.Dir(), "reports")
	if err := f.notify.Resume(f.ctx); err != nil { // no folder yet
		t.Fatal(err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, age := range map[string]time.Duration{"incoming-old": 25 * time.Hour, "incoming-young": 23 * time.Hour, "other-old": 25 * time.Hour} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, time.Time{}, f.clock.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.notify.Resume(f.ctx); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 2 || left[0].Name() != "incoming-young" || left[1].Name() != "other-old" {
		t.Errorf("left: %v, %v", left, err)
	}
}
