package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/kit/browser"
	"polder/internal/signin"
	"polder/notify"
)

// post sends a form.
func (c *centre) post(cookie *http.Cookie, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "https://polder.example"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(cookie)
	w := httptest.NewRecorder()
	c.site.ServeHTTP(w, r)
	return w
}

// What came of reports stands on the page and in its downloads, an analyst may judge otherwise with a
// reason, and whose role was withdrawn sees none of it.
func TestQuality(t *testing.T) {
	eachCentre(t, func(c *centre) {
		analyst := c.person("analyst@polder.example", actor.Analyst, db.ID{}, 0)
		adviser := c.person("adviser@polder.example", actor.Adviser, db.ID{}, 0)
		if w := c.ask(analyst, "GET", "/desk/quality?lang=en"); w.Code != 200 || !strings.Contains(w.Body.String(), "There are no figures yet") {
			c.Errorf("empty: %d", w.Code)
		}
		if _, err := c.app.footprint.Import(c.Context(), strings.NewReader("organisation_reference,kind,value,role\nA,prefix,192.0.2.0/24,owner\n")); err != nil {
			c.Fatal(err)
		}
		if err := c.app.footprint.Load(c.Context()); err != nil {
			c.Fatal(err)
		}
		report := "timestamp,severity,ip,protocol,port,hostname,tag,asn\n"
		at := c.app.now().UTC().Format("2006-01-02 15:04:05")
		for i := range 30 {
			report += fmt.Sprintf("%s,high,192.0.2.%d,tcp,3389,,rdp,64500\n", at, i)
		}
		report += at + ",high,203.0.113.1,tcp,3389,,rdp,64666\n"
		if _, err := c.app.notify.Ingest(c.Context(), notify.Offer{Input: strings.NewReader(report), Name: c.app.now().UTC().Format("2006-01-02") + "-scan_rdp.csv", Type: "scan_rdp"}); err != nil {
			c.Fatal(err)
		}
		for state, n := range map[string]int{"solved": 18, "false_positive": 2} {
			err := c.app.db.Write(c.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(c.Context(), `UPDATE notify_exposure SET state = ?1, state_at = first_seen + 7200000000 WHERE fingerprint IN
					(SELECT fingerprint FROM notify_exposure WHERE state = 'new' ORDER BY fingerprint LIMIT ?2)`, state, n)
				return err
			})
			if err != nil {
				c.Fatal(err)
			}
		}
		if err := c.app.insight.MeasureCoverage(c.Context()); err != nil {
			c.Fatal(err)
		}
		page := c.ask(adviser, "GET", "/desk/quality?lang=en&days=7").Body.String()
		for _, want := range []string{"10.0%", "of 20 settled", "scan_rdp", "fairly reliable", "AS64666", "50.0% (1 of 2)"} {
			if !strings.Contains(page, want) {
				c.Errorf("the page does not say %q", want)
			}
		}
		if strings.Contains(page, "/desk/quality/sources/") {
			c.Error("an adviser is offered to judge")
		}
		if other := c.ask(analyst, "GET", "/desk/quality?lang=en&source=nobody").Body.String(); !strings.Contains(other, "Nothing of this was seen") {
			c.Error("a source that is not there has figures")
		}
		for table, want := range map[string]string{"types": "scan_rdp,3,3,,30,0,0,18,2,0,0,", "sources": "shadowserver", "networks": "AMBER,AS64666,1", "coverage": "AMBER,", "trend": ",30,", "opened": "tlp,type"} {
			w := c.ask(adviser, "GET", "/desk/quality/tables/"+table+".csv?days=7")
			if w.Code != 200 || !strings.Contains(w.Body.String(), want) || !strings.HasPrefix(w.Body.String(), "tlp,") {
				c.Errorf("%s: %d %s", table, w.Code, w.Body.String())
			}
		}
		for _, path := range []string{"/desk/quality/tables/passwords.csv", "/desk/quality/tables/types", "/desk/quality/sources/nobody"} {
			if w := c.ask(analyst, "GET", path); w.Code != 404 {
				c.Errorf("%s: %d", path, w.Code)
			}
		}
		const source = "/desk/quality/sources/shadowserver"
		for _, bad := range []url.Values{
			{"about": {""}, "grade": {"1"}, "reason": {"because"}}, {"about": {"scan_rdp"}, "grade": {"A"}, "reason": {"because"}}, {"grade": {"B"}, "reason": {" "}},
			{"grade": {"B"}, "reason": {strings.Repeat("x", 501)}},
		} {
			if w := c.post(analyst, source+"?lang=en", bad); w.Code != 422 || !strings.Contains(w.Body.String(), bad.Get("reason")) {
				c.Errorf("%v: %d", bad, w.Code)
			}
		}
		if w := c.post(analyst, source, url.Values{"about": {"no_such_type"}, "grade": {"1"}, "reason": {"because"}}); w.Code != 404 {
			c.Errorf("a type that is not there: %d", w.Code)
		}
		if w := c.post(adviser, source, url.Values{"grade": {"B"}, "reason": {"because"}}); w.Code != 404 {
			c.Errorf("an adviser judges: %d", w.Code)
		}
		if w := c.post(analyst, source, url.Values{"grade": {"B"}, "reason": {"=they told us"}}); w.Code != 303 {
			c.Fatal(w.Code)
		}
		if page := c.ask(analyst, "GET", "/desk/quality?lang=en").Body.String(); !strings.Contains(page, "usually reliable; by an analyst; the rule gives C") {
			c.Error("the page does not show the judgement")
		}
		if w := c.ask(analyst, "GET", "/desk/quality/tables/sources.csv"); !strings.Contains(w.Body.String(), ",B,C,'=they told us,") {
			c.Errorf("the download: %s", w.Body.String())
		}
		if w := c.post(analyst, source, url.Values{"grade": {""}, "reason": {"no more"}}); w.Code != 303 {
			c.Fatal(w.Code)
		}
		if page := c.ask(analyst, "GET", "/desk/quality?lang=en").Body.String(); strings.Contains(page, "by an analyst") {
			c.Error("a judgement that was taken back counts")
		}
		decided := 0
		err := c.app.db.Read(c.Context(), func(tx *db.Tx) error {
			found, err := audit.Before(c.Context(), tx, audit.Search{Action: audit.Decide, Object: "source shadowserver"}, audit.Mark{}, 10)
			decided = len(found.Events)
			return err
		})
		if err != nil || decided != 2 {
			c.Errorf("%d judgements in the record, %v", decided, err)
		}
		// A role that was withdrawn is worth nothing from then on.
		err = c.app.signin.EachPerson(c.Context(), func(p signin.Person) error {
			if p.Mail == "analyst@polder.example" {
				return c.app.signin.SetStaff(c.Context(), p.ID, 0)
			}
			return nil
		})
		if err != nil {
			c.Fatal(err)
		}
		for _, path := range []string{"/desk/quality", "/desk/quality/tables/types.csv", source} {
			if w := c.ask(analyst, "GET", path); w.Code == 200 {
				c.Errorf("%s after the role was withdrawn", path)
			}
		}
	})
}

// The page on quality in a browser, in both languages, on two widths, with the keyboard.
func TestQualityInABrowser(t *testing.T) {
	b := browser.Open(t)
	w := openWorld(t)
	if err := w.app.insight.MeasureCoverage(t.Context()); err != nil {
		t.Fatal(err)
	}
	look := func(name, lang string) {
		for _, width := range []int{1280, 360} {
			b.Resize(width, 800)
			for _, v := range b.Axe() {
				t.Errorf("%s %s at %d: %s", name, lang, width, v)
			}
			if n := b.Overflow(); n > 0 {
				t.Errorf("%s %s at %d: %d pixels too wide", name, lang, width, n)
			}
			if folder := os.Getenv("POLDER_SCREENSHOTS"); folder != "" {
				b.Screenshot(filepath.Join(folder, fmt.Sprintf("%s-%s-%d.png", name, lang, width)))
			}
		}
	}
	base := w.app.set.BaseURL
	for _, lang := range []string{"nl", "en"} {
		b.Goto(base + "/demo/people?lang=" + lang)
		b.Follow("#be-analyst")
		b.Goto(base + "/desk/quality?days=90&lang=" + lang)
		look("quality", lang)
		b.Follow(`#sources + p + table tbody a`)
		look("judge", lang)
	}
	tabTo := func(selector string) {
		t.Helper()
		for range 80 {
			if browser.Eval[bool](b, fmt.Sprintf(`document.activeElement.matches(%q)`, selector)) {
				return
			}
			b.Press(kb.Tab)
		}
		t.Fatalf("the keyboard does not come to %s", selector)
	}
	tabTo("#grade")
	b.Press("B")
	tabTo("#reason")
	b.Press("They told us how they check.")
	tabTo("#judge")
	b.Press(kb.Enter)
	b.WaitFor(".outcome--ok")
	b.Goto(base + "/desk/quality?lang=en")
	if text := b.HTML(); !strings.Contains(text, "usually reliable; by an analyst") {
		t.Error("the judgement is not on the page")
	}
	tabTo("#days")
	b.Press("9")
	tabTo("#show")
	b.Press(kb.Enter)
	b.Arrive(base + "/desk/quality?days=90&source=&type=")
}
