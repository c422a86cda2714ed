package collect

import (
	"slices"
	"strings"
	"testing"
	"time"

	"polder/directory"
	"polder/internal/db"
)

// What is removed is asked no more and raises no alarm; what it brought stays, and it can be added anew.
func TestSourceIsRemoved(t *testing.T) {
	eachDesk(t, func(k *desk) {
		s := k.site("https://polder.example")
		dir := k.maildir()
		source := Source{Key: "lijst", Kind: Maildir, Address: dir, Hour: 6, TLP: "AMBER", Ways: Ways{Senders: []string{"@bron.example"}}}
		id := k.add(source, Secret{})
		k.deliver("lijst", 5)
		k.pull(id)
		for _, who := range []string{"adviser", "auditor", "nobody"} {
			if w := k.visit(s, who, "POST", "/desk/sources/lijst/remove", nil); w.Code == 303 && strings.HasPrefix(w.Header().Get("Location"), sourcesPath) {
				t.Errorf("%q may remove a source", who)
			}
		}
		if page := k.get(s, "analyst", "/desk/sources/lijst").Body.String(); !strings.Contains(page, `id="remove"`) || !strings.Contains(page, "De rapporten die ze bracht blijven") {
			t.Error("the page does not say what removing does")
		}
		if err := k.collect.Expect(k.as("analyst"), "lijst", 1); err != nil {
			t.Fatal(err)
		}
		k.clock.Advance(30 * time.Hour)
		if err := k.collect.Watch(k.Context()); err != nil || !slices.Contains(k.alarms("lijst"), "late") {
			t.Fatalf("%v: %v", k.alarms("lijst"), err)
		}
		w := k.visit(s, "analyst", "POST", "/desk/sources/lijst/remove", nil)
		if w.Code != 303 || w.Header().Get("Location") != "/desk/sources?done=removed" {
			t.Fatalf("%d %s", w.Code, w.Header())
		}
		if page := k.get(s, "analyst", "/desk/sources?done=removed").Body.String(); !strings.Contains(page, "De bron is weg") {
			t.Error("the list does not say that it is gone")
		}
		k.clock.Advance(30 * time.Hour)
		if err := k.collect.Watch(k.Context()); err != nil || len(k.alarms("lijst")) > 0 {
			t.Errorf("a source that is gone raises %v: %v", k.alarms("lijst"), err)
		}
		if w := k.get(s, "analyst", "/desk/sources/lijst"); w.Code != 200 || strings.Contains(w.Body.String(), `id="remove"`) {
			t.Errorf("what it brought is gone too: %d", w.Code)
		}
		if w := k.visit(s, "analyst", "POST", "/desk/sources/lijst/remove", nil); w.Code != 404 {
			t.Errorf("removed twice: %d", w.Code)
		}
		k.add(source, Secret{}) // and all begins anew
		err := k.db.Read(k.Context(), func(tx *db.Tx) error {
			if _, set, err := expected(k.Context(), tx, "lijst"); err != nil || set {
				t.Errorf("what is expected is not learned: %v", err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// Lists that somebody began stand on the desk's first page until they are sent or dropped.
func TestListsThatWait(t *testing.T) {
	eachListDesk(t, func(t *testing.T, k *listDesk) {
		count := func() (n int) {
			err := k.db.Read(k.ctx, func(tx *db.Tx) error {
				list, err := k.collect.DeskLines(k.ctx, tx)
				if i := slices.IndexFunc(list, func(l directory.Line) bool { return l.Path == listsPath }); i >= 0 {
					n = list[i].Count
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if n := count(); n != 0 {
			t.Errorf("%d lists wait before there is one", n)
		}
		id := k.take("politie.csv", police).ID
		if n := count(); n != 1 {
			t.Errorf("%d lists wait, want 1", n)
		}
		if err := k.collect.DropList(k.ctx, id); err != nil {
			t.Fatal(err)
		}
		if n := count(); n != 0 {
			t.Errorf("%d lists wait after it was dropped", n)
		}
	})
}

// A list of a heading and two lines has two lines.
func TestLinesOfAList(t *testing.T) {
	l := &List{Choices: Choices{Header: true}}
	l.Guess.Lines = 3
	if n := linesOf(l); n != 2 {
		t.Errorf("%d lines, want 2", n)
	}
	if l.Choices.Header = false; linesOf(l) != 3 {
		t.Errorf("%d lines, want 3", linesOf(l))
	}
}
