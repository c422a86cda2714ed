package directory

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/kit"
)

// TestLargeRegister measures the desk and the pages of a person in a register of 300,000
// organisations, and fails when a page takes longer than a person notices. It takes a minute, so it
// runs when POLDER_TEST_LARGE=1 asks for it.
func TestLargeRegister(t *testing.T) {
	if os.Getenv("POLDER_TEST_LARGE") != "1" {
		t.Skip("POLDER_TEST_LARGE=1 measures a register of 300,000 organisations")
	}
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.person("adviser", actor.Adviser)
		w.person("anna")
		var file strings.Builder
		file.WriteString(header)
		const all = 300_000
		for i := range all {
			fmt.Fprintf(&file, "R%06d,%c%c zaak %06d,%08d,C,Utrecht,12,nl,info@zaak%06d.example\n", i, 'a'+i%26, 'a'+i/26%26, i, 10_000_000+i, i)
		}
		for _, round := range []string{"new", "again"} {
			start := time.Now()
			if _, err := w.dir.Import(w.ctx, strings.NewReader(file.String())); err != nil {
				t.Fatal(err)
			}
			t.Logf("import, %s: %v", round, time.Since(start).Round(time.Millisecond))
		}
		own := w.organisation("anna", "Bakkerij De Korst", "99999999")
		w.write(func(tx *db.Tx) error {
			_, err := tx.Exec(w.ctx, `UPDATE directory_organisation SET waits_at = created_at WHERE REPLACE(REPLACE(registration_number, ' ', ''), '.', '') < '10002000'`)
			return err
		})
		after := Cursor{"mm", db.NewID()}
		for name, fn := range map[string]func() error{
			"queue":           func() error { _, err := w.dir.Queue(w.as("adviser"), Waiting, db.ID{}, 50); return err },
			"asked":           func() error { _, err := w.dir.Queue(w.as("adviser"), Pending, db.ID{}, 50); return err },
			"all, first page": func() error { _, err := w.dir.Search(w.as("adviser"), "", Cursor{}, 50); return err },
			"all, far on":     func() error { _, err := w.dir.Search(w.as("adviser"), "", after, 50); return err },
			"by number":       func() error { _, err := w.dir.Search(w.as("adviser"), "10299999", Cursor{}, 50); return err },
			"by reference":    func() error { _, err := w.dir.Search(w.as("adviser"), "r299999", Cursor{}, 50); return err },
			"by name":         func() error { _, err := w.dir.Search(w.as("adviser"), "zz zaak", Cursor{}, 50); return err },
			"by nothing":      func() error { _, err := w.dir.Search(w.as("adviser"), "bestaat niet", Cursor{}, 50); return err },
			"file":            func() error { _, err := w.dir.File(w.as("adviser"), own); return err },
			"home":            func() error { _, err := w.dir.Home(w.as("anna"), own); return err },
			"mine":            func() error { _, _, err := w.dir.Organisations(w.as("anna"), "", Cursor{}, 25); return err },
		} {
			var took []time.Duration
			for range 20 {
				start := time.Now()
				if err := fn(); err != nil {
					t.Fatal(err)
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			t.Logf("%-16s %v (19 of 20), %v (half)", name, took[18].Round(10*time.Microsecond), took[10].Round(10*time.Microsecond))
			if took[18] > 200*time.Millisecond {
				t.Errorf("%s takes %v", name, took[18])
			}
		}
	})
}
