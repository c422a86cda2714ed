package main

import (
	"bytes"
	"testing"

	"polder/internal/config"
	"polder/internal/db"
	"polder/notify"
)

// The pages of the demo's companies have something on them: people talk, ticked a step, agreed on a day, passed on to
// a supplier, chose whom else we mail; and what is worst is left to the visitor.
func TestDemoCompaniesHaveBegun(t *testing.T) {
	var out bytes.Buffer
	c := demoCommand{Size: "small"}
	w, err := c.world(t.Context(), &config.Settings{TimeZone: "Europe/Amsterdam", Listen: "localhost:0"}, t.TempDir(), "http://localhost:1", streams{out: &out, err: &out})
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	for _, p := range []struct {
		who, reference string
		search         notify.Search
		comments       int
		steps, links   int
		left           notify.Search
	}{
		{"baker", "Z001", notify.Search{State: "open", ByDay: true}, 2, 1, 0, notify.Search{State: "unanswered", Severity: 5}},
		{"university", "Z003", notify.Search{State: "open", Mine: true}, 1, 0, 1, notify.Search{State: "unanswered", Severity: 5}},
	} {
		o, err := w.app.directory.ByReference(t.Context(), p.reference)
		if err != nil {
			t.Fatal(err)
		}
		me, n := w.as(t.Context(), p.who), w.app.notify
		l, err := n.List(me, o.ID, p.search, 10)
		if err != nil || len(l.Exposures) != 1 || l.Exposures[0].Deadline == 0 || len(l.Views) != 1 {
			t.Fatalf("%s: %d with a day, %d saved lists, %v", p.who, len(l.Exposures), len(l.Views), err)
		}
		k, err := n.Worked(me, o.ID, l.Exposures[0].Fingerprint, db.ID{})
		if err != nil || len(k.Comments) != p.comments || len(k.Steps) != p.steps || len(k.Links) != p.links {
			t.Errorf("%s: %+v, %v", p.who, k, err)
		}
		if left, err := n.List(me, o.ID, p.left, 1); err != nil || left.Total == 0 {
			t.Errorf("%s: nothing is left to the visitor, %v", p.who, err)
		}
	}
	o, err := w.app.directory.ByReference(t.Context(), "Z001")
	if err != nil {
		t.Fatal(err)
	}
	wishes, err := w.app.notify.Wishes(w.as(t.Context(), "baker"), o.ID)
	if err != nil || len(wishes.Tests) != 1 || len(wishes.Copies) != 1 || wishes.Copies[0].State != notify.Delivered {
		t.Errorf("%+v, %v", wishes, err)
	}
}
