package notify

import (
	"slices"
	"testing"

	"polder/footprint"
	"polder/internal/db"
	"polder/internal/kit"
)

// What is counted of a seed is what is counted anew from its exposures.
func TestSeedIsCounted(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,en,a@a.example")
		f.assets("a,prefix,192.0.2.0/24,owner")
		var list []Seeded
		if err := f.footprint.EachProven(f.ctx, func(a footprint.Asset) {
			list = append(list, Seeded{ID: a.Organisation, Mail: "a@a.example", Assets: []footprint.Asset{a}, Exposures: 500})
		}); err != nil {
			t.Fatal(err)
		}
		if err := f.notify.Seed(f.ctx, list, nil); err != nil {
			t.Fatal(err)
		}
		kept := f.figures()
		if err := f.notify.RebuildFigures(f.ctx); err != nil {
			t.Fatal(err)
		}
		if again := f.figures(); len(kept) < 300 || !slices.Equal(kept, again) {
			t.Errorf("%d rows kept, %d counted anew", len(kept), len(again))
		}
	})
}
