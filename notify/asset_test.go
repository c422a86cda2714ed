package notify

import (
	"slices"
	"testing"
	"time"

	"polder/internal/db"
	"polder/internal/kit"
)

// agree fails unless the table of assets says exactly what the reasons of all exposures say.
func (f *fixture) agree(when string, want int) {
	f.t.Helper()
	var said, kept []string
	err := f.db.Read(f.ctx, func(tx *db.Tx) error {
		err := eachExposure(f.ctx, tx, func(e Exposure) error {
			for _, a := range e.assets() {
				said = append(said, e.Organisation.String()+a.String()+printText(e.Fingerprint))
			}
			return nil
		}, `WHERE true`)
		if err != nil {
			return err
		}
		return tx.Each(f.ctx, func(scan func(...any) error) error {
			var o, a db.ID
			var raw []byte
			err := scan(&o, &a, &raw)
			var print Fingerprint
			copy(print[:], raw)
			kept = append(kept, o.String()+a.String()+printText(print))
			return err
		}, `SELECT organisation_id, asset_id, fingerprint FROM notify_exposure_asset`)
	})
	if err != nil {
		f.t.Fatal(err)
	}
	slices.Sort(said)
	slices.Sort(kept)
	if !slices.Equal(said, kept) || len(kept) != want {
		f.t.Errorf("%s: reasons name %d assets and the table has %d, want %d of both", when, len(said), len(kept), want)
	}
}

// Whatever changes the reasons of exposures, and whatever removes these, the table of assets says the
// same.
func TestAssetsOfExposuresAreKept(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,a@a.example", "b,B,nl,b@b.example")
		f.assets("a,prefix,192.0.2.0/24,owner", "a,domain,a.example,owner")
		f.ingest("scan_rdp", rdp, rdpLine("192.0.2.7", "x.a.example"), rdpLine("192.0.2.8", ""))
		f.agree("new", 3)
		f.clock.Advance(24 * time.Hour)
		f.assets("a,prefix,192.0.2.0/28,owner")
		f.drain()
		f.ingest("scan_rdp", rdp, rdpLine("192.0.2.7", ""), rdpLine("192.0.2.8", ""), rdpLine("192.0.2.99", ""))
		f.agree("by a more specific range", 3)
		l := f.exposures("a")
		if got := l[0].assets(); len(got) != 1 || l[0].Reasons[0].Value != "192.0.2.0/28" {
			t.Errorf("%v", l[0].Reasons)
		}
		f.clock.Advance(time.Hour)
		f.assets("b,prefix,192.0.2.99/32,owner")
		f.drain()
		f.agree("let go of what is another's, which nobody was told of", 3)
		f.clock.Advance(61 * 30 * 24 * time.Hour)
		if _, err := f.notify.Retain(f.ctx); err != nil {
			t.Fatal(err)
		}
		f.agree("at the end of the term", 0)
		if n := f.count("notify_exposure", ""); n != 0 {
			t.Errorf("%d are left", n)
		}
	})
}
