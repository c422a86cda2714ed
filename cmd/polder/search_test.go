package main

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/kit/browser"
	"polder/notify"
)

func TestKindOfQuestion(t *testing.T) {
	for q, want := range map[string]string{"192.0.2.7": "address", "2001:db8::1": "address", "192.0.2.0/28": "range", "AS64500": "asn", "as 64500": "asn", "cve-2024-3400": "vulnerability",
		"deadbeef00": "checksum", "12345678": "words", "www.korst.example": "name", "Bakkerij de Korst": "words", "1.2.3": "words", "PLD-00000-0000": "words", "'; --": "words"} {
		if got := askedKind(q); got != want {
			t.Errorf("%q: %s, want %s", q, got, want)
		}
	}
}

// Each kind of question finds what there is, and each role no more than it may see.
func TestSearch(t *testing.T) {
	eachCentre(t, func(c *centre) {
		ctx := c.Context()
		if _, err := c.app.directory.Import(ctx, strings.NewReader("reference,name,registration_number,notify_email\nC,Koninklijke Maatschappij De Schéldestroom B.V.,12345674,c@c.example\n")); err != nil {
			c.Fatal(err)
		}
		if _, err := c.app.footprint.Import(ctx, strings.NewReader("organisation_reference,kind,value,role\nC,prefix,192.0.2.0/28,owner\nC,domain,schelde.example,owner\nC,domain,loket.schelde.example,owner\nC,asn,AS64500,owner\n")); err != nil {
			c.Fatal(err)
		}
		body := "timestamp,severity,ip,protocol,port,hostname,tag,asn\n2026-11-20 04:00:00,high,192.0.2.7,tcp,3389,kassa.schelde.example,cve-2024-3400,64500\n"
		sum, err := c.app.notify.Ingest(ctx, notify.Offer{Input: strings.NewReader(body), Name: "2026-11-20-scan_http_vulnerable-test-nl.csv", Actor: "test"})
		if err != nil || sum.New != 1 {
			c.Fatalf("%+v %v", sum, err)
		}
		if _, err := c.app.notify.ComposeGathered(ctx); err != nil {
			c.Fatal(err)
		}
		reference := ""
		if err := c.app.notify.Notifications(ctx, "test", "read", func(l []notify.Sent) error { reference = l[0].Reference; return nil }); err != nil {
			c.Fatal(err)
		}
		analyst, adviser, handler := c.person("an@polder.example", actor.Analyst, db.ID{}, 0), c.person("ad@polder.example", actor.Adviser, db.ID{}, 0), c.person("ch@polder.example", actor.CaseHandler, db.ID{}, 0)
		both := []*http.Cookie{analyst, adviser}
		all := []*http.Cookie{analyst, adviser, handler}
		name := "Schéldestroom"
		for _, x := range []struct {
			q, want string
			who     []*http.Cookie
		}{
			{"koninklijke", name, all}, {"maatschappij", name, all}, {"MAATSCH schéld", name, all}, {"de b.v. scheldestroom", "Niets gevonden", nil},
			{"C", name, all}, {"12345674", name, all}, {"1234.56.74", name, all},
			{"192.0.2.3", "192.0.2.0/28", both}, {"192.0.2.0/28", "192.0.2.0/28", both}, {"as64500", "AS64500", both}, {"schelde.example", "schelde.example", both},
			{"www.schelde.example", "schelde.example", both}, {"192.0.2.7", "192.0.2.7:3389", all[:1]}, {"192.0.2[.]7", "192.0.2.7:3389", all[:1]}, {"kassa.schelde.example", "192.0.2.7:3389", all[:1]},
			{"192.0.2.0/24", "192.0.2.0/28", both}, {"192.0.2.0/24", "192.0.2.7:3389", all[:1]}, {"192.0.2.4/30", "192.0.2.7:3389", all[:1]}, {"192.0.2.4/30", "192.0.2.0/28", both},
			{"192.0.0.0/16", "192.0.2.7:3389", all[:1]}, {"192.0.2.8/30", "192.0.2.7:3389", nil}, {"192.0.2.8/30", "192.0.2.0/28", both}, {"203.0.113.0/24", "Niets gevonden", all},
			{"schelde.example", "loket.schelde.example", both}, {"schelde.example", "192.0.2.7:3389", all[:1]}, {"loket.schelde.example", "192.0.2.7:3389", nil},
			{"2026-11-20-scan", "scan_http_vulnerable-test", all[:1]}, {"scan_http_vulnerable", "2026-11-20-", all[:1]}, {reference, name, all[:1]}, {strings.ToLower(reference), name, all[:1]},
		} {
			for _, who := range all {
				w := c.ask(who, "GET", "/desk/search?"+url.Values{"q": {x.q}}.Encode())
				_, results, _ := strings.Cut(w.Body.String(), `id="search"`)
				should := false
				for _, p := range x.who {
					should = should || p == who
				}
				if x.q == "de b.v. scheldestroom" {
					continue // what the two databases make of an accent differs
				}
				if w.Code != 200 || strings.Contains(results, x.want) != should {
					c.Errorf("%q by %v: %d, found %v, want %v", x.q, who == analyst, w.Code, !should, should)
				}
			}
		}
		// From each hit one goes on, and arrives.
		follow := regexp.MustCompile(`<a href="(/desk/(?:outgoing|organisations|reports|claims)[^"]+)"`)
		for _, x := range []struct {
			q, to string
			who   *http.Cookie
		}{{reference, "/desk/outgoing/", analyst}, {"192.0.2.7", "/desk/outgoing?", analyst}, {"koninklijke", "/desk/outgoing?", analyst}, {"koninklijke", "/desk/organisations/", adviser},
			{"192.0.2.0/28", "/desk/outgoing?", analyst}, {"192.0.2.0/28", "/desk/organisations/", adviser}, {"scan_http_vulnerable", "/desk/reports/", analyst}} {
			_, results, _ := strings.Cut(c.ask(x.who, "GET", "/desk/search?"+url.Values{"q": {x.q}}.Encode()).Body.String(), `id="search"`)
			to := ""
			for _, m := range follow.FindAllStringSubmatch(results, -1) {
				if path := html.UnescapeString(m[1]); strings.HasPrefix(path, x.to) {
					to = path
				}
			}
			if to == "" {
				t := follow.FindAllString(results, -1)
				c.Errorf("%q leads to %v, not to %s", x.q, t, x.to)
			} else if w := c.ask(x.who, "GET", to); w.Code != http.StatusOK || x.to == "/desk/outgoing?" && !strings.Contains(w.Body.String(), `name="organisation" value="C"`) {
				c.Errorf("%q leads to %s: %d", x.q, to, w.Code)
			}
		}
		for _, q := range []string{"", "*", `"`, `" OR name:*`, "a & b | !c", strings.Repeat("x", 5000), "%00", "\xff", "<script>", ":*", "---", "é"} {
			if w := c.ask(analyst, "GET", "/desk/search?"+url.Values{"q": {q}}.Encode()); w.Code != 200 {
				c.Errorf("%q: %d", q, w.Code)
			}
		}
		// What was looked for is recorded by its kind, and whose data were shown; the words are not.
		auditor := c.person("au@polder.example", actor.Auditor, db.ID{}, 0)
		if page := c.ask(auditor, "GET", "/desk/record").Body.String(); !strings.Contains(page, "address: ") || strings.Contains(page, "192.0.2.7") || strings.Contains(page, "maatsch") {
			c.Error("the record does not say what it should of a search")
		}
		// A name that changes is found by its new words alone.
		if _, err := c.app.directory.Import(ctx, strings.NewReader("reference,name,notify_email\nC,Waterbedrijf Nieuwe Stroom,c@c.example\n")); err != nil {
			c.Fatal(err)
		}
		for q, want := range map[string]bool{"stroom nieuwe": true, "maatschappij": false} {
			_, results, _ := strings.Cut(c.ask(analyst, "GET", "/desk/search?"+url.Values{"q": {q}}.Encode()).Body.String(), `id="search"`)
			if strings.Contains(results, "Waterbedrijf") != want {
				c.Errorf("%q after the change: %v", q, !want)
			}
		}
	})
}

// The search on any screen: before one asks, with each sort of thing found, and with nothing; and with the keyboard alone.
func TestSearchInBrowser(t *testing.T) {
	w := openWorld(t)
	w.until(t, 2)
	b := browser.Open(t)
	b.Goto(w.base() + "/demo/people")
	b.Follow("#be-adviser")
	for name, q := range map[string]string{"none-yet": "", "organisation": "bakkerij", "range": "192.0.2.0/24", "name": "goudenkruim.example", "reports": "scan_rdp", "nothing": "zeemeermin"} {
		for i, width := range []int{360, 1280} {
			for j, lang := range []string{"nl", "en"} {
				b.Resize(width, 800)
				b.EmulateDark(i != j)
				b.Goto(w.base() + "/desk/search?" + url.Values{"q": {q}, "lang": {lang}}.Encode())
				shot := fmt.Sprintf("search-%s-%d-%s", name, width, lang)
				if folder := os.Getenv("POLDER_SCREENSHOTS"); folder != "" {
					b.Screenshot(filepath.Join(folder, shot+".png"))
				}
				if wide := b.Overflow(); wide > 0 {
					t.Errorf("%s: the page is %d px wider than the screen", shot, wide)
				}
				for _, v := range b.Axe() {
					t.Errorf("%s: %s", shot, v)
				}
			}
		}
	}
	b.EmulateDark(false)
	b.Goto(w.base() + "/desk/search?lang=nl")
	if at := browser.Eval[string](b, `document.activeElement.id`); at != "q" {
		for range 40 {
			b.Press(kb.Tab)
			if at = browser.Eval[string](b, `document.activeElement.id`); at == "q" {
				break
			}
		}
	}
	for _, key := range "bakkerij" {
		b.Press(string(key))
	}
	b.Press(kb.Enter)
	b.WaitFor("caption#organisations")
	for range 40 {
		b.Press(kb.Tab)
		if browser.Eval[bool](b, `document.activeElement.closest("table") !== null`) {
			break
		}
	}
	b.Press(kb.Enter)
	b.WaitFor("h1")
	for _, problem := range b.Problems() {
		t.Errorf("the browser complains: %s", problem)
	}
}
