package footprint

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/kit"
)

// What other domains show and take along of an organisation's assets: its own alone.
func TestWhatOthersShowOfAssets(t *testing.T) {
	kit.Each(t, allSchemas(), func(t *testing.T, d *db.DB) {
		h := newHome(t, d)
		a, b := h.organisation("a"), h.organisation("b")
		read := func(fn func(tx *db.Tx) error) {
			t.Helper()
			if err := d.Read(t.Context(), fn); err != nil {
				t.Fatal(err)
			}
		}
		lines := func(o db.ID) (texts []string) {
			read(func(tx *db.Tx) error {
				list, err := h.f.HomeLines(t.Context(), tx, o)
				for _, l := range list {
					texts = append(texts, fmt.Sprintf("%s %d %v", l.Key, l.Count, l.Done))
				}
				return err
			})
			return texts
		}
		if got := lines(a); !slices.Equal(got, []string{"footprint.home.none 0 false"}) {
			t.Errorf("%q", got)
		}
		active := h.domain("a", "bakker.example")
		h.register("a", Domain, "molen.example", Owner)
		withdrawn := h.register("a", Domain, "oud.example", Owner)
		if err := h.f.Drop(h.as("a"), a, withdrawn.ID); err != nil {
			t.Fatal(err)
		}
		h.domain("b", "smid.example")
		if got := lines(a); !slices.Equal(got, []string{"footprint.home.pending 1 false", "footprint.home.active 1 true"}) {
			t.Errorf("%q", got)
		}
		var labels []Label
		read(func(tx *db.Tx) (err error) { labels, err = h.f.AssetLabels(t.Context(), tx, a); return err })
		if len(labels) != 2 || labels[0].Value != "molen.example" || labels[1].ID != active.ID {
			t.Errorf("%+v", labels)
		}
		var export []byte
		read(func(tx *db.Tx) error {
			return h.f.ExportOf(t.Context(), tx, a, func(v any) error {
				b, err := json.Marshal(v)
				export = append(export, b...)
				return err
			})
		})
		for _, want := range []string{"bakker.example", "molen.example", "oud.example", `"method":"dns"`, h.people["a"].Account.String()} {
			if !strings.Contains(string(export), want) {
				t.Errorf("the export lacks %s: %s", want, export)
			}
		}
		if strings.Contains(string(export), "smid.example") || strings.Contains(string(export), b.String()) {
			t.Error("the export holds something of b")
		}
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return h.f.ForgetPerson(t.Context(), tx, h.people["a"].Account) }); err != nil {
			t.Fatal(err)
		}
		if c := h.claim(active.ID); !c.RegisteredBy.IsZero() || c.State != Active {
			t.Errorf("%+v", c)
		}
	})
}

// Class "IDOR": each verb by itself refuses who may not, whatever its page would have done.
func TestVerbsCheckForThemselves(t *testing.T) {
	d := kit.SQLite(t, allSchemas())
	h := newHome(t, d)
	a, b := h.organisation("a"), h.organisation("b")
	c := h.register("a", Prefix, "192.0.2.7", Owner)
	for _, who := range []string{"b", "a-member"} {
		for _, organisation := range []db.ID{a, b} {
			if who == "b" && organisation == b || who == "a-member" {
				organisation = a
			}
			ctx := h.as(who)
			for name, err := range map[string]error{
				"register": func() error { _, err := h.f.Register(ctx, organisation, Entry{Domain, "x.example", Owner}); return err }(),
				"all":      func() error { _, err := h.f.RegisterAll(ctx, organisation, nil); return err }(),
				"preview":  func() error { _, err := h.f.Preview(ctx, organisation, nil); return err }(),
				"look":     h.f.Look(ctx, organisation, c.ID), "route": h.f.Route(ctx, organisation, c.ID, "x.example"), "ask": h.f.AskCode(ctx, organisation, c.ID),
				"code": h.f.EnterCode(ctx, organisation, c.ID, "x"), "plead": h.f.Plead(ctx, organisation, c.ID, "x"), "confirm": h.f.Confirm(ctx, organisation, c.ID),
				"drop": h.f.Drop(ctx, organisation, c.ID), "ours": h.f.Ours(ctx, organisation, c.ID), "named": h.f.Named(ctx, organisation, c.ID, true),
			} {
				if fault.KindOf(err) != fault.NotFound {
					t.Errorf("%s by %s: %v", name, who, err)
				}
			}
		}
	}
	if err := h.f.Drop(h.as("b"), b, c.ID); fault.KindOf(err) != fault.NotFound || h.claim(c.ID).State != Pending {
		t.Errorf("wrong parent: %v", err)
	}
}
