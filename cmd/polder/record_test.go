package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

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
				seen[name] += strings.Count(body, name)
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

// The record is a page that anybody can read who may, on any screen.
func TestTheRecordInABrowser(t *testing.T) {
	b := browser.Open(t)
	w := openWorld(t)
	for _, lang := range []string{"nl", "en"} {
		b.Goto(w.app.set.BaseURL + "/demo/people?lang=" + lang)
		b.Follow("#be-auditor")
		b.Arrive(w.app.set.BaseURL + "/desk/record")
		for _, width := range []int{1280, 360} {
			b.Resize(width, 800)
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
}
