package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/kit/browser"
)

var earlier = regexp.MustCompile(`href="(/desk/record\?before=[^"]+)"`)

// An auditor reads the whole record, page by page, each entry once, and nobody else does.
func TestTheRecordIsRead(t *testing.T) {
	eachCentre(t, func(c *centre) {
		auditor := c.person("auditor@polder.example", actor.Auditor, db.ID{}, 0)
		administrator := c.person("administrator@polder.example", actor.Administrator, db.ID{}, 0)
		at := time.Now().Add(-time.Hour).Truncate(time.Second)
		err := c.app.db.Write(c.Context(), func(tx *db.Tx) error {
			for i := range 250 { // many in the same second
				e := audit.Event{At: at.Add(time.Duration(i/100) * time.Second), Actor: "test", Action: audit.Change, Object: fmt.Sprintf("thing-%03d.", i)}
				if err := audit.Append(c.Context(), tx, e); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			c.Fatal(err)
		}
		if w := c.ask(administrator, "GET", "/desk/record"); w.Code != 404 {
			c.Errorf("an administrator reads the record: %d", w.Code)
		}
		if w := c.ask(auditor, "GET", "/desk/record?before=nonsense"); w.Code != 404 {
			c.Errorf("nonsense: %d", w.Code)
		}
		seen := map[string]int{}
		pages := 0
		for next := "/desk/record"; next != ""; pages++ {
			w := c.ask(auditor, "GET", next)
			if w.Code != 200 {
				c.Fatalf("%s: %d", next, w.Code)
			}
			body := w.Body.String()
			for i := range 250 {
				name := fmt.Sprintf("thing-%03d.", i)
				seen[name] += strings.Count(body, ">"+name+"<")
			}
			next = ""
			if m := earlier.FindStringSubmatch(body); m != nil {
				next = strings.ReplaceAll(m[1], "&amp;", "&")
			}
			if pages > 10 {
				c.Fatal("the record does not end")
			}
		}
		for i := range 250 {
			if n := seen[fmt.Sprintf("thing-%03d.", i)]; n != 1 {
				c.Errorf("entry %d stands on the pages %d times", i, n)
			}
		}
		if w := c.ask(auditor, "GET", "/desk/record"); !strings.Contains(w.Body.String(), "100 entries") {
			c.Error("that the record was read is not in it")
		}
	})
}

// The record is searched and taken out, and that stands in it; what others chose cannot be a formula.
func TestTheRecordIsSearchedAndTakenOut(t *testing.T) {
	eachCentre(t, func(c *centre) {
		auditor := c.person("auditor@polder.example", actor.Auditor, db.ID{}, 0)
		err := c.app.db.Write(c.Context(), func(tx *db.Tx) error {
			for _, e := range []audit.Event{
				{Actor: "operator:jan", Action: audit.Export, Object: "=cmd()", Organisation: c.a, Detail: "needle-one"},
				{Actor: "operator:piet", Action: audit.Read, Object: "thing", Organisation: c.b, Detail: "needle-two"},
			} {
				e.At = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
				if err := audit.Append(c.Context(), tx, e); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			c.Fatal(err)
		}
		for query, want := range map[string][2]bool{
			"actor=operator:jan": {true, false}, "organisation=" + c.b.String(): {false, true}, "action=export&from=2026-03-04&until=2026-03-04": {true, false},
			"object=thing": {false, true}, "from=2026-03-04&until=2026-03-04": {true, true}, "from=2026-03-05&until=2026-03-05": {false, false},
			"action=nonsense&until=2026-03-04": {true, true},
		} {
			for _, path := range []string{"/desk/record?", "/desk/record.csv?"} {
				w := c.ask(auditor, "GET", path+query)
				body := w.Body.String()
				if w.Code != 200 || strings.Contains(body, "needle-one") != want[0] || strings.Contains(body, "needle-two") != want[1] {
					c.Errorf("%s%s: %d, %v %v", path, query, w.Code, strings.Contains(body, "needle-one"), strings.Contains(body, "needle-two"))
				}
			}
		}
		w := c.ask(auditor, "GET", "/desk/record.csv?actor=operator:jan")
		if !strings.Contains(w.Body.String(), ",'=cmd(),") || w.Header().Get("Cache-Control") != "no-store" {
			c.Errorf("the download: %q", w.Body.String())
		}
		if w := c.ask(auditor, "GET", "/desk/record?object=record&action=export"); !strings.Contains(w.Body.String(), "actor=operator%3Ajan") {
			c.Error("that the record was taken out is not in it")
		}
		for _, bad := range []string{"organisation=x", "from=yesterday"} {
			if w := c.ask(auditor, "GET", "/desk/record?"+bad); w.Code != 422 || !strings.Contains(w.Body.String(), strings.Split(bad, "=")[1]) {
				c.Errorf("%s: %d", bad, w.Code)
			}
			if w := c.ask(auditor, "GET", "/desk/record.csv?"+bad); w.Code != 404 {
				c.Errorf("%s as CSV: %d", bad, w.Code)
			}
		}
	})
}

// An auditor asks whether the record is whole, and a change by hand is told on the page, by the command
// and by its exit code.
func TestTheRecordIsWalked(t *testing.T) {
	eachCentre(t, func(c *centre) {
		auditor := c.person("auditor@polder.example", actor.Auditor, db.ID{}, 0)
		ask := func() string {
			if w := c.ask(auditor, "POST", "/desk/record/verify"); w.Code != 303 {
				c.Fatal(w.Code)
			}
			if err := c.app.queue.Drain(c.Context()); err != nil {
				c.Fatal(err)
			}
			return c.ask(auditor, "GET", "/desk/record?lang=en").Body.String()
		}
		if err := c.app.linkRecord(c.Context()); err != nil {
			c.Fatal(err)
		}
		if page := ask(); !strings.Contains(page, "Nothing was changed") {
			c.Error("the page does not say that the record is whole")
		}
		file, err := os.ReadFile(filepath.Join(c.app.db.Dir(), headsFile))
		if err != nil || !regexp.MustCompile(`^\d{4}-\d\d-\d\d \d+ [0-9a-f]{64}\n$`).Match(file) {
			c.Errorf("the file of heads: %q, %v", file, err)
		}
		err = c.app.db.Write(c.Context(), func(tx *db.Tx) error {
			if tx.Postgres() {
				_, err := tx.Exec(c.Context(), `ALTER TABLE audit_event DISABLE TRIGGER ALL`)
				if err != nil {
					return err
				}
			} else if _, err := tx.Exec(c.Context(), `DROP TRIGGER audit_event_no_update`); err != nil {
				return err
			}
			_, err := tx.Exec(c.Context(), `UPDATE audit_event SET actor = 'nobody' WHERE id = (SELECT event_id FROM audit_link WHERE seq = 2)`)
			return err
		})
		if err != nil {
			c.Fatal(err)
		}
		if page := ask(); !strings.Contains(page, "Link 2 is not what it was") || !strings.Contains(page, "Not whole") {
			c.Error("the page does not say what was changed")
		}
		var out, wrong strings.Builder
		database := c.app.set.Database
		code := run(c.Context(), []string{"record", "verify", "--database", database, "--data", c.app.db.Dir()}, streams{out: &out, err: &wrong})
		if code != exitFailed || !strings.Contains(wrong.String(), "was changed (link 2)") {
			c.Errorf("exit code %d: %s %s", code, out.String(), wrong.String())
		}
	})
}

// Whoever empties the file of heads, so that a chain that was made anew can be written there, leaves a line in
// the record.
func TestHeadsThatWereTakenAwayAreToldOf(t *testing.T) {
	eachCentre(t, func(c *centre) {
		begin := c.app.now()
		days := 0
		c.app.now = func() time.Time { return begin.Add(time.Duration(days) * 24 * time.Hour) }
		told := func() (n int) {
			err := c.app.db.Read(c.Context(), func(tx *db.Tx) error {
				f, err := audit.Before(c.Context(), tx, audit.Search{Object: "record", Action: audit.Change}, audit.Mark{}, 100)
				n = len(f.Events)
				return err
			})
			if err != nil {
				c.Fatal(err)
			}
			return n
		}
		path := filepath.Join(c.app.db.Dir(), headsFile)
		for days = range 5 {
			err := c.app.db.Write(c.Context(), func(tx *db.Tx) error {
				return audit.Append(c.Context(), tx, audit.Event{At: c.app.now(), Actor: "test", Action: audit.Read, Object: "x"})
			})
			if err != nil {
				c.Fatal(err)
			}
			if err := c.app.linkRecord(c.Context()); err != nil {
				c.Fatal(err)
			}
		}
		file, err := os.ReadFile(path)
		if err != nil || strings.Count(string(file), "\n") != 5 || told() != 0 {
			c.Fatalf("%q %v, told %d", file, err, told())
		}
		lines := strings.SplitAfter(string(file), "\n")
		if err := os.WriteFile(path, []byte(lines[0]), 0o600); err != nil {
			c.Fatal(err)
		}
		for range 2 {
			if err := c.app.linkRecord(c.Context()); err != nil {
				c.Fatal(err)
			}
		}
		again, err := os.ReadFile(path)
		if err != nil || string(again) != string(file) || told() != 1 {
			c.Errorf("%q %v, told %d times", again, err, told())
		}
	})
}

// The record is a page that anybody can read who may, on any screen, also after days of work; and with the
// keyboard alone it is narrowed and checked.
func TestTheRecordInABrowser(t *testing.T) {
	b := browser.Open(t)
	w := openWorld(t)
	w.until(t, 2)
	for _, lang := range []string{"nl", "en"} {
		b.Goto(w.app.set.BaseURL + "/demo/people?lang=" + lang)
		b.Follow("#be-auditor")
		b.Arrive(w.app.set.BaseURL + "/desk/record")
		for _, width := range []int{1280, 360} {
			b.Resize(width, 800)
			b.EmulateDark(lang == "en")
			for _, v := range b.Axe() {
				t.Errorf("%s at %d: %s", lang, width, v)
			}
			if n := b.Overflow(); n > 0 {
				t.Errorf("%s at %d: %d pixels too wide", lang, width, n)
			}
			if folder := os.Getenv("POLDER_SCREENSHOTS"); folder != "" {
				b.Screenshot(filepath.Join(folder, fmt.Sprintf("record-%s-%d.png", lang, width)))
			}
		}
	}
	tabTo := func(id string) {
		t.Helper()
		for range 80 {
			b.Press(kb.Tab)
			if browser.Eval[string](b, `document.activeElement.id`) == id {
				return
			}
		}
		t.Fatalf("the keyboard does not come to %s", id)
	}
	b.Goto(w.app.set.BaseURL + "/desk/record?lang=nl")
	tabTo("verify")
	b.Press(kb.Enter)
	b.Arrive(w.app.set.BaseURL + "/desk/record?done=verify")
	b.WaitFor("#action")
	tabTo("action")
	b.Press("i") // the first that begins so: "ingelezen"
	b.WaitFor(`#action:has(option[value="import"]:checked)`)
	tabTo("show")
	b.Press(kb.Enter)
	b.WaitFor(`#action:has(option[value="import"][selected])`)
	if !strings.Contains(b.URL(), "action=import") {
		t.Errorf("the keyboard led to %s", b.URL())
	}
	tabTo("csv")
}
