package notify

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/kit"
	"polder/internal/web"
	"polder/notify/feeds"
)

// siteOf puts the pages of the fixture on a site.
func (f *fixture) siteOf(base string) (*web.Site, *pages) {
	f.t.Helper()
	site, err := web.New(web.Options{BaseURL: base, Catalog: f.catalog, Log: kit.Log(f.t)})
	if err != nil {
		f.t.Fatal(err)
	}
	return site, f.notify.routes(site)
}

// visitor asks pages of the fixture's site, as a browser without a window.
type visitor struct {
	f     *fixture
	site  http.Handler
	pages *pages
}

func (f *fixture) visitor() *visitor {
	f.t.Helper()
	site, pages := f.siteOf("https://polder.example")
	return &visitor{f, site, pages}
}

// ask sends a request with "Name: value" headers.
func (v *visitor) ask(method, address, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, address, strings.NewReader(body))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	v.site.ServeHTTP(w, r)
	return w
}

func (v *visitor) get(address string) *httptest.ResponseRecorder { return v.ask("GET", address, "") }

// post sends a form of pairs of name and value.
func (v *visitor) post(address string, pairs ...string) *httptest.ResponseRecorder {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return v.ask("POST", address, form.Encode())
}

// warned makes two organisations of which the first was warned about two systems and the second
// about one, and returns the tokens of their links.
func (f *fixture) warned() (bakker, smid string) {
	f.t.Helper()
	f.organisations("bakker,Bakkerij De Korst,nl,info@korst.example", "smid,Smederij Vonk,en,info@vonk.example")
	f.assets("bakker,prefix,192.0.2.0/28,owner", "bakker,domain,korst.example,owner", "smid,prefix,198.51.100.0/28,owner")
	f.ingest("scan_rdp", rdp, rdpLine("192.0.2.7", "kassa.korst.example"), rdpLine("192.0.2.8", ""), rdpLine("198.51.100.3", ""))
	f.compose()
	f.deliver()
	return f.token("bakker"), f.token("smid")
}

// sums are figures that change when anything changes that a visitor could change.
func (f *fixture) sums() (figures []string) {
	f.t.Helper()
	for _, q := range []string{
		`SELECT CAST(count(*) AS TEXT) FROM notify_exposure`,
		`SELECT CAST(coalesce(sum(state_at + coalesce(due_at, 1) + 3 * coalesce(remind_at, 1) + 5 * reopens_after + 7 * coalesce(told_at, 1)), 0) AS TEXT) FROM notify_exposure`,
		`SELECT CAST(coalesce(sum(count + 100 * reminders + 10000 * confirmed), 0) AS TEXT) FROM notify_exposure`,
		`SELECT CAST(count(*) + 1000 * count(revoked_at) AS TEXT) FROM notify_link`,
		`SELECT CAST(count(*) + 1000 * count(sent_at) AS TEXT) FROM notify_delivery`,
		`SELECT CAST(count(*) AS TEXT) FROM notify_notification`,
		`SELECT CAST(count(*) AS TEXT) FROM notify_feedback`,
		`SELECT CAST(coalesce(sum(count), 0) AS TEXT) FROM notify_tally`,
		`SELECT CAST(coalesce(sum(severity + changed_at), 0) AS TEXT) FROM notify_preference`,
		`SELECT CAST(count(*) AS TEXT) FROM footprint_correction`,
		`SELECT CAST(count(*) AS TEXT) FROM jobs_job`,
		`SELECT CAST(count(*) AS TEXT) FROM audit_event WHERE action <> 'read'`,
	} {
		err := f.db.Read(f.ctx, func(tx *db.Tx) error {
			var s string
			err := tx.One(f.ctx, q, nil, &s)
			figures = append(figures, s)
			return err
		})
		if err != nil {
			f.t.Fatal(err)
		}
	}
	for _, reference := range []string{"bakker", "smid"} {
		figures = append(figures, f.states(reference)...)
	}
	return figures
}

// passOn makes a supplier's link and returns its path.
func (v *visitor) passOn(token string) string {
	v.f.t.Helper()
	w := v.post("/f/"+token, "answer", "forwarded")
	link := regexp.MustCompile(`https://polder\.example(/f/[a-z2-7]{32})`).FindStringSubmatch(w.Body.String())
	if w.Code != http.StatusOK || link == nil {
		v.f.t.Fatalf("passing on: %d without a link\n%s", w.Code, w.Body)
	}
	return link[1]
}

// A mail scanner opens every link, asks for headers, and comes back: the record tells it, and that
// is all.
func TestOpeningChangesNothing(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		bakker, _ := f.warned()
		v := f.visitor()
		supplier := v.passOn(bakker)
		f.clock.Advance(time.Hour)
		before, reads := f.sums(), f.count("audit_event", "action = 'read'")
		paths := []string{"/f/" + bakker, "/f/" + bakker + "?done=answer", "/f/" + bakker + "?lang=en&page=1", "/f/" + bakker + "/less", supplier}
		for _, path := range paths {
			for _, method := range []string{"GET", "GET", "HEAD"} {
				if w := v.ask(method, path, ""); w.Code != http.StatusOK {
					t.Errorf("%s %s: %d", method, path, w.Code)
				}
			}
		}
		if after := f.sums(); !slices.Equal(before, after) {
			t.Errorf("opening changed something:\n%v\n%v", before, after)
		}
		if got, want := f.count("audit_event", "action = 'read'")-reads, 3*len(paths); got != want {
			t.Errorf("%d reads on record, want %d", got, want)
		}
		if n := f.count("audit_event", "action = 'read' AND actor = 'supplier' AND organisation_id = ?1", f.organisation("bakker").ID); n != 3 {
			t.Errorf("%d reads of the supplier on record, want 3", n)
		}
	})
}

// Every answer of every holder from every state: it goes where the table of moves lets it, or
// nowhere, and nothing beside it moves.
func TestAnswersMoveWhatTheyMay(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d, func(s *Settings) { s.Desk = "" })
		bakker, _ := f.warned()
		v := f.visitor()
		mine := f.exposures("bakker")
		chosen, beside := fmt.Sprintf("%x", mine[0].Fingerprint), mine[1]
		for _, holder := range []Holder{Recipient, Supplier} {
			by := map[Holder]Cause{Recipient: ByRecipient, Supplier: BySupplier}[holder]
			for _, start := range states {
				for _, a := range answersOf[holder] {
					path := "/f/" + bakker
					if holder == Supplier {
						path = v.passOn(bakker)
					}
					err := f.db.Write(f.ctx, func(tx *db.Tx) error {
						_, err := tx.Exec(f.ctx, `UPDATE notify_exposure SET state = ?1`, string(start))
						return err
					})
					if err != nil {
						t.Fatal(err)
					}
					w := v.post(path, "answer", string(a), "about", chosen)
					if a == Forwarded && w.Code != http.StatusOK || a != Forwarded && (w.Code != http.StatusSeeOther || w.Header().Get("Location") != path+"?done=answer") {
						t.Fatalf("%s says %s: %d to %s", holder, a, w.Code, w.Header().Get("Location"))
					}
					want := start
					if to, moves := leadsTo[a]; moves && slices.Contains(from(to, by), start) {
						want = to
					}
					for _, e := range f.exposures("bakker") {
						if e.Fingerprint == beside.Fingerprint && e.State != start {
							t.Errorf("%s says %s of another: %s becomes %s", holder, a, start, e.State)
						}
						if e.Fingerprint != beside.Fingerprint && e.State != want {
							t.Errorf("%s says %s: %s becomes %s, want %s", holder, a, start, e.State, want)
						}
					}
					if got := f.exposures("smid")[0].State; got != start {
						t.Errorf("%s says %s: that of another organisation becomes %s", holder, a, got)
					}
				}
			}
		}
	})
}

// What a form asks about must be the link's own. None chosen means all; what cannot be read, or is
// another's, never comes to mean all.
func TestChosen(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		bakker, _ := f.warned()
		v := f.visitor()
		mine, others := f.exposures("bakker"), f.exposures("smid")
		first, second, foreign := fmt.Sprintf("%x", mine[0].Fingerprint), fmt.Sprintf("%x", mine[1].Fingerprint), fmt.Sprintf("%x", others[0].Fingerprint)
		many := []string{"answer", "solved"}
		for range pageSize + 1 {
			many = append(many, "about", first)
		}
		for name, c := range map[string]struct {
			form []string
			code int
			want []string // states of the two
		}{
			"one":                  {[]string{"answer", "solved", "about", first}, 303, []string{"solved", "open"}},
			"the other":            {[]string{"answer", "solved", "about", second}, 303, []string{"open", "solved"}},
			"both":                 {[]string{"answer", "solved", "about", first, "about", second}, 303, []string{"solved", "solved"}},
			"none":                 {[]string{"answer", "solved"}, 303, []string{"solved", "solved"}},
			"another's":            {[]string{"answer", "solved", "about", foreign}, 422, []string{"open", "open"}},
			"own and another's":    {[]string{"answer", "solved", "about", first, "about", foreign}, 303, []string{"solved", "open"}},
			"not a fingerprint":    {[]string{"answer", "solved", "about", "x"}, 422, []string{"open", "open"}},
			"too short":            {[]string{"answer", "solved", "about", first[:30]}, 422, []string{"open", "open"}},
			"empty":                {[]string{"answer", "solved", "about", ""}, 422, []string{"open", "open"}},
			"more than a page has": {many, 422, []string{"open", "open"}},
			"no answer":            {[]string{"about", first}, 422, []string{"open", "open"}},
			"an unknown answer":    {[]string{"answer", "expired", "about", first}, 422, []string{"open", "open"}},
			"an answer in the URL": {nil, 422, []string{"open", "open"}},
		} {
			err := f.db.Write(f.ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(f.ctx, `UPDATE notify_exposure SET state = 'open'`)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			path := "/f/" + bakker
			if c.form == nil {
				path += "?answer=solved"
			}
			w := v.post(path, c.form...)
			got := []string{string(f.exposures("bakker")[0].State), string(f.exposures("bakker")[1].State)}
			if w.Code != c.code || !slices.Equal(got, c.want) {
				t.Errorf("%s: %d, %v; want %d, %v", name, w.Code, got, c.code, c.want)
			}
			if got := f.exposures("smid")[0].State; got != StateOpen {
				t.Errorf("%s: another organisation's exposure is %s", name, got)
			}
		}
	})
}

// A supplier sees the same exposures, on whose behalf and until when, and may do less.
func TestSupplierMayDoLess(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		bakker, _ := f.warned()
		v := f.visitor()
		supplier := v.passOn(bakker)
		page := v.get(supplier).Body.String()
		for _, want := range []string{"Voor de IT-leverancier van Bakkerij De Korst", "192.0.2.7:3389", "192.0.2.8:3389", "4 februari 2026", `value="on_it"`, `value="solved"`, `value="false_positive"`, `value="help"`} {
			if !strings.Contains(page, want) {
				t.Errorf("the supplier's page lacks %q", want)
			}
		}
		for _, never := range []string{`value="not_ours"`, `value="forwarded"`, "/cadence", "/revoke", "198.51.100.3", "info@korst.example", bakker} {
			if strings.Contains(page, never) {
				t.Errorf("the supplier's page holds %q", never)
			}
		}
		before := f.sums()
		for _, w := range []*httptest.ResponseRecorder{
			v.post(supplier, "answer", "not_ours"), v.post(supplier, "answer", "forwarded"), v.post(supplier+"/cadence", "low", "never"),
			v.post(supplier + "/supplier/revoke"), v.get(supplier + "/less"), v.post(supplier+"/less", "List-Unsubscribe", "One-Click"),
		} {
			if w.Code != 404 && w.Code != 422 {
				t.Errorf("a supplier may: %d\n%s", w.Code, w.Body)
			}
		}
		if after := f.sums(); !slices.Equal(before, after) {
			t.Errorf("a supplier changed what he may not:\n%v\n%v", before, after)
		}
		if w := v.post(supplier, "answer", "solved"); w.Code != http.StatusSeeOther {
			t.Fatalf("solved: %d", w.Code)
		}
		if page := v.get("/f/" + bakker).Body.String(); !strings.Contains(page, "Het antwoord van je leverancier van 5 januari 2026, 09:00, over 2 systemen of accounts: Het is opgelost.") {
			t.Error("the recipient does not see what the supplier said")
		}
		// A new link ends the one before, and so does withdrawing.
		again := v.passOn(bakker)
		if v.get(supplier).Code != http.StatusGone || v.get(again).Code != http.StatusOK {
			t.Error("a new link for the supplier leaves the old one open, or does not work itself")
		}
		if w := v.post("/f/" + bakker + "/supplier/revoke"); w.Header().Get("Location") != "/f/"+bakker+"?done=revoked" {
			t.Errorf("withdrawing: %d", w.Code)
		}
		if w := v.get(again); w.Code != http.StatusGone || !strings.Contains(w.Body.String(), "ingetrokken") {
			t.Errorf("a withdrawn link: %d", w.Code)
		}
		if n := f.count("audit_event", "action = 'feedback' AND detail = ?1", "supplier's link withdrawn"); n != 1 {
			t.Errorf("%d withdrawals on record", n)
		}
		f.clock.Advance(supplierValid)
		third := v.passOn(bakker)
		f.clock.Advance(supplierValid - time.Second)
		if v.get(third).Code != http.StatusOK {
			t.Error("a supplier's link ends too early")
		}
		f.clock.Advance(time.Second)
		if v.get(third).Code != http.StatusGone {
			t.Error("a supplier's link does not end")
		}
	})
}

// Every address behind a link that never was, that ended or that was withdrawn answers alike, and
// shows nothing of what was there.
func TestDeadLinks(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		expired, revoked := f.warned()
		err := f.db.Write(f.ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(f.ctx, `UPDATE notify_link SET revoked_at = ?2 WHERE token_hash = ?1`, tokenHash(revoked), db.At(f.clock.Now())); err != nil {
				return err
			}
			_, err := tx.Exec(f.ctx, `UPDATE notify_link SET expires_at = ?2 WHERE token_hash = ?1`, tokenHash(expired), db.At(f.clock.Now()))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		v := f.visitor()
		before, reads := f.sums(), f.count("audit_event", "action = 'read'")
		for token, code := range map[string]int{
			randomToken(): 404, "x": 404, strings.ToUpper(expired): 404, expired[:31]: 404, expired + "a": 404, strings.Repeat("%00", 32): 404, expired: 410, revoked: 410,
		} {
			for _, c := range []struct {
				method, path string
				form         []string
			}{
				{"GET", "", nil}, {"HEAD", "", nil}, {"GET", "/less", nil}, {"POST", "", []string{"answer", "solved"}}, {"POST", "", []string{"answer", "forwarded"}},
				{"POST", "", []string{"answer", "help", "note", strings.Repeat("n", mostNote+1)}},
				{"POST", "/less", []string{"List-Unsubscribe", "One-Click"}}, {"POST", "/cadence", []string{"low", "never"}}, {"POST", "/supplier/revoke", nil},
			} {
				form := url.Values{}
				for i := 0; i+1 < len(c.form); i += 2 {
					form.Set(c.form[i], c.form[i+1])
				}
				w := v.ask(c.method, "/f/"+token+c.path, form.Encode())
				if w.Code != code {
					t.Errorf("%s /f/%s%s: %d, want %d", c.method, token, c.path, w.Code, code)
				}
				if strings.Contains(w.Body.String(), "Korst") || strings.Contains(w.Body.String(), "192.0.2") {
					t.Errorf("%s /f/%s%s tells of what was there", c.method, token, c.path)
				}
			}
		}
		if after := f.sums(); !slices.Equal(before, after) || f.count("audit_event", "action = 'read'") != reads {
			t.Error("a dead link changed something")
		}
	})
}

// A form of another site, and words that are too many or not words.
func TestHostileForms(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		bakker, _ := f.warned()
		v := f.visitor()
		before := f.sums()
		for _, h := range []string{"Sec-Fetch-Site: cross-site", "Origin: https://evil.example", "Origin: null"} {
			for _, path := range []string{"", "/less", "/cadence", "/supplier/revoke"} {
				if w := v.ask("POST", "/f/"+bakker+path, "answer=solved&low=never&List-Unsubscribe=One-Click", h); w.Code != http.StatusForbidden {
					t.Errorf("POST %s with %s: %d", path, h, w.Code)
				}
			}
		}
		if w := v.post("/f/"+bakker, "answer", "solved", "note", strings.Repeat("x", web.MaxBody)); w.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("a note of 64 KiB: %d", w.Code)
		}
		if w := v.ask("POST", "/f/"+bakker, "answer=solved&x=%zz"); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("a broken form: %d", w.Code)
		}
		if w := v.ask("POST", "/f/"+bakker, "--x\r\nbroken", "Content-Type: multipart/form-data; boundary=x"); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("a broken form of parts: %d", w.Code)
		}
		long := strings.Repeat("é", mostNote) + "!"
		w := v.post("/f/"+bakker, "answer", "solved", "about", fmt.Sprintf("%x", f.exposures("bakker")[1].Fingerprint), "note", long)
		page := w.Body.String()
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(page, long) || strings.Count(page, " checked>") != 1 || !strings.Contains(page, `href="#note"`) {
			t.Errorf("a note of 1001 characters: %d; it must come back with what was ticked", w.Code)
		}
		if after := f.sums(); !slices.Equal(before, after) {
			t.Errorf("what was refused changed something:\n%v\n%v", before, after)
		}
		for said, kept := range map[string]string{
			strings.Repeat("é", mostNote):            strings.Repeat("é", mostNote),
			"one\r\ntwo\x00\x1b[31m":                 "one two [31m",
			"\u202egnp.exe\u2066 \u2028x":            "gnp.exe  x",
			"bad \xff\xfe utf":                       "bad  utf",
			strings.Repeat("e\r\n", mostNote/2):      strings.TrimSpace(strings.Repeat("e ", mostNote/2)),
			"<script>alert(1)</script>\nBcc: x@y.zz": "<script>alert(1)</script> Bcc: x@y.zz",
		} {
			if w := v.post("/f/"+bakker, "answer", "on_it", "note", said); w.Code != http.StatusSeeOther {
				t.Errorf("note %.20q: %d", said, w.Code)
			}
			if f.count("notify_feedback", "note = ?1", kept) != 1 {
				t.Errorf("note %.20q is not kept as %.20q", said, kept)
			}
		}
		for _, h := range []string{"Sec-Fetch-Site: same-origin", "Origin: https://polder.example"} {
			if w := v.ask("POST", "/f/"+bakker, "answer=solved", h); w.Code != http.StatusSeeOther {
				t.Errorf("our own form with %s: %d", h, w.Code)
			}
		}
	})
}

// active finds what a page may not hold: scripts and styles in it, pictures, frames, and addresses
// that run.
func active(page string) (found []string) {
	for z := html.NewTokenizer(strings.NewReader(page)); ; {
		if kind := z.Next(); kind == html.ErrorToken {
			return found
		} else if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		tag := z.Token()
		sourced := false
		for _, a := range tag.Attr {
			sourced = sourced || tag.Data == "script" && a.Key == "src" && strings.HasPrefix(a.Val, "/assets/")
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || strings.HasPrefix(a.Val, "javascript:") || strings.Contains(a.Val, "ZgotmplZ") {
				found = append(found, tag.String())
			}
		}
		if tag.Data == "script" && !sourced || slices.Contains([]string{"style", "img", "iframe", "object", "embed", "base"}, tag.Data) {
			found = append(found, tag.String())
		}
	}
}

// Words of strangers stay words, on every page that shows them.
func TestWordsOfStrangersStayWords(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		const bad = `"><img src=x onerror=alert(1)><script>alert(2)</script>`
		f.organisations(`"bakker","Korst ` + strings.ReplaceAll(bad, `"`, `""`) + `",nl,info@korst.example`)
		f.assets("bakker,prefix,192.0.2.0/28,owner", "bakker,domain,korst.example,owner")
		f.ingest("scan_rdp", rdp+",device_model", rdpLine("192.0.2.7", "kassa.korst.example")+`,"`+strings.ReplaceAll(bad, `"`, `""`)+`"`)
		f.compose()
		f.deliver()
		v := f.visitor()
		path := "/f/" + f.token("bakker")
		supplier := v.passOn(f.token("bakker"))
		for name, w := range map[string]*httptest.ResponseRecorder{
			"letter": v.get(path), "passed on": v.post(path, "answer", "forwarded"), "note": v.post(path, "answer", "help", "note", bad+strings.Repeat("x", mostNote)),
			"less": v.get(path + "/less"), "supplier": v.get(supplier), "done": v.get(path + "?done=" + url.QueryEscape(bad)), "page": v.get(path + "?page=" + url.QueryEscape(bad)),
			"verify": v.get("/verify?ref=" + url.QueryEscape(bad)), "lang": v.get("/verify?lang=" + url.QueryEscape(bad)),
		} {
			if found := active(w.Body.String()); len(found) > 0 {
				t.Errorf("%s: the page holds %q", name, found)
			}
		}
		if page := v.get(path).Body.String(); strings.Count(page, "&lt;img src=x") < 2 {
			t.Error("name and device are not shown as words")
		}
	})
}

func TestHeadersOfPages(t *testing.T) {
	f := newFixture(t, kit.SQLite(t, schemas()))
	bakker, _ := f.warned()
	v := f.visitor()
	for name, w := range map[string]*httptest.ResponseRecorder{
		"letter": v.get("/f/" + bakker), "answer": v.post("/f/"+bakker, "answer", "on_it"), "passed on": v.post("/f/"+bakker, "answer", "forwarded"),
		"less": v.get("/f/" + bakker + "/less"), "unknown": v.get("/f/x"), "wrong": v.post("/f/"+bakker, "answer", "x"),
	} {
		for header, want := range map[string]string{"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": "strict-origin", "X-Content-Type-Options": "nosniff"} {
			if got := w.Header().Get(header); got != want {
				t.Errorf("%s: %s is %q, want %q", name, header, got, want)
			}
		}
		if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", name, csp)
		}
	}
	if w := v.get("/verify"); w.Header().Get("X-Robots-Tag") != "" {
		t.Error("/verify should be found by those who search for it")
	}
}

// Anybody may check a number, however it is typed, and learns nothing of who was written to.
func TestVerifyPage(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.warned()
		v := f.visitor()
		sent := f.latest("bakker").Reference
		ask := func(ref string) *httptest.ResponseRecorder {
			return v.get("/verify?lang=nl&ref=" + url.QueryEscape(ref))
		}
		typed := []string{sent, strings.ToLower(sent), "  " + strings.ReplaceAll(sent, "-", " ") + "\t", strings.TrimPrefix(sent, "PLD-"), "[" + sent + "].",
			strings.ReplaceAll(sent, "-", "\u2011"), strings.ReplaceAll(sent, "-", "–"), strings.ReplaceAll(sent, "-", "\u00a0"),
			"PLD-" + strings.ReplaceAll(strings.ReplaceAll(sent[4:], "0", "O"), "1", "l")}
		for _, ref := range typed {
			w := ask(ref)
			page := w.Body.String()
			if w.Code != 200 || !strings.Contains(page, "Ja, dit nummer is van ons") || !strings.Contains(page, sent) ||
				!strings.Contains(page, "op 5 januari 2026") || !strings.Contains(page, className(f.catalog.For("nl"), f.exposures("bakker")[0].Class)) {
				t.Errorf("%q: %d\n%s", ref, w.Code, page)
			}
			for _, never := range []string{"Korst", "korst", "192.0.2", "bakker", f.token("bakker"), "RDP"} {
				if strings.Contains(page, never) {
					t.Errorf("%q tells %q", ref, never)
				}
			}
		}
		if w := ask(newReference()); w.Code != 200 || !strings.Contains(w.Body.String(), "Nee, dit nummer is niet van ons") || !strings.Contains(w.Body.String(), "Klik nergens op") || !strings.Contains(html.UnescapeString(w.Body.String()), "+31 85 000 0000") {
			t.Errorf("a number that is not ours: %d", w.Code)
		}
		wrong := []byte(sent)
		wrong[6] = referenceAlphabet[(strings.IndexByte(referenceAlphabet, wrong[6])+1)%len(referenceAlphabet)]
		for _, ref := range []string{"123", string(wrong), strings.Repeat("9", 100_000), "PLD-\x00", "https://polder.example/f/" + f.token("bakker")} {
			w := ask(ref)
			if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "PLD-XXXXX-XXXXX") {
				t.Errorf("%.20q: %d", ref, w.Code)
			}
		}
		if w := ask(" "); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "Vul het nummer uit de mail in.") {
			t.Errorf("nothing filled in: %d", w.Code)
		}
		// A number whose mail has not gone out stands on nothing that anybody received.
		f.clock.Advance(8 * day)
		f.ingest("scan_smb", rdp, "NOW,critical,192.0.2.9,tcp,445,,smb,64500")
		f.compose()
		if w := ask(f.latest("bakker").Reference); !strings.Contains(w.Body.String(), "Nee, dit nummer is niet van ons") {
			t.Error("a mail that was not sent yet is confirmed")
		}
		if n := f.count("audit_event", "action = 'read'"); n != 0 {
			t.Errorf("checking numbers left %d reads on record", n)
		}
	})
}

// One click in a mail program does it, as RFC 8058 has it; opening the address does not.
func TestLessMail(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		var parts bytes.Buffer
		m := multipart.NewWriter(&parts)
		m.WriteField("List-Unsubscribe", "One-Click")
		m.Close()
		for name, c := range map[string]struct {
			body, kind string
			code       int
		}{
			"form":     {"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded", 200},
			"parts":    {parts.String(), m.FormDataContentType(), 200},
			"button":   {"answer=less", "application/x-www-form-urlencoded", 303},
			"nothing":  {"", "application/x-www-form-urlencoded", 422},
			"no form":  {"List-Unsubscribe=One-Click", "text/plain", 422},
			"other":    {"List-Unsubscribe=no", "application/x-www-form-urlencoded", 422},
			"in query": {"", "application/x-www-form-urlencoded", 422},
		} {
			f := newFixture(t, d)
			if f.count("directory_organisation", "") == 0 {
				f.warned()
			}
			err := f.db.Write(f.ctx, func(tx *db.Tx) error { _, err := tx.Exec(f.ctx, `DELETE FROM notify_preference`); return err })
			if err != nil {
				t.Fatal(err)
			}
			v, path := f.visitor(), "/f/"+f.token("bakker")+"/less"
			if w := v.get(path); w.Code != 200 || !strings.Contains(w.Body.String(), `value="less"`) || f.count("notify_preference", "") != 0 {
				t.Fatalf("%s: opening: %d, %d preferences", name, w.Code, f.count("notify_preference", ""))
			}
			if name == "in query" {
				path += "?List-Unsubscribe=One-Click&answer=less"
			}
			w := v.ask("POST", path, c.body, "Content-Type: "+c.kind)
			if w.Code != c.code {
				t.Errorf("%s: %d, want %d", name, w.Code, c.code)
			}
			if c.code == 422 {
				if f.count("notify_preference", "") != 0 {
					t.Errorf("%s changed something", name)
				}
				continue
			}
			id := f.organisation("bakker").ID
			if f.count("notify_preference", "organisation_id = ?1", id) != 2 || f.count("notify_preference", "") != 2 ||
				f.count("notify_preference", "severity = 2 AND cadence = 'never'") != 1 || f.count("notify_preference", "severity = 3 AND cadence = 'weekly'") != 1 {
				t.Errorf("%s: the wish is not kept", name)
			}
			if page := v.get(path).Body.String(); !strings.Contains(page, "Je krijgt minder mail van ons") {
				t.Errorf("%s: the page does not say so", name)
			}
		}
	})
}

// How often somebody wants mail: within what may be, all or nothing, and for what waits too.
func TestHowOften(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		bakker, _ := f.warned()
		v := f.visitor()
		path := "/f/" + bakker + "/cadence"
		f.ingest("scan_x", rdp, "NOW,low,192.0.2.9,tcp,99,,x,64500", "NOW,medium,192.0.2.9,tcp,98,,x,64500", "NOW,low,198.51.100.9,tcp,99,,x,64500")
		for _, form := range [][]string{
			nil, {"critical", "never"}, {"info", "at_once"}, {"high", "never"}, {"high", "weekly"}, {"medium", "never"}, {"low", "sometimes"}, {"low", ""},
			{"low", "never", "high", "never"}, {"answer", "solved"},
		} {
			before := f.sums()
			if w := v.post(path, form...); w.Code != http.StatusUnprocessableEntity {
				t.Errorf("%v: %d", form, w.Code)
			}
			if after := f.sums(); !slices.Equal(before, after) {
				t.Errorf("%v changed something", form)
			}
		}
		waits := func(reference string, s feeds.Severity) int {
			return f.count("notify_exposure", "organisation_id = ?1 AND severity = ?2 AND due_at IS NOT NULL AND state = 'new'", f.organisation(reference).ID, int64(s))
		}
		if waits("bakker", feeds.Low) != 1 || waits("bakker", feeds.Medium) != 1 || waits("smid", feeds.Low) != 1 {
			t.Fatal("nothing waits to be sent")
		}
		if w := v.post(path, "high", "daily", "medium", "at_once", "low", "never"); w.Header().Get("Location") != "/f/"+bakker+"?done=cadence" {
			t.Fatalf("choosing: %d %s", w.Code, w.Header().Get("Location"))
		}
		if waits("bakker", feeds.Low) != 0 || waits("smid", feeds.Low) != 1 {
			t.Error("the wish does not count for what waits, or counts for another")
		}
		page := v.get("/f/" + bakker + "?done=cadence").Body.String()
		for _, want := range []string{`value="daily" selected`, `value="at_once" selected`, `value="never" selected`, "Je keuze is bewaard"} {
			if !strings.Contains(page, want) {
				t.Errorf("the page lacks %s", want)
			}
		}
		f.clock.Advance(5 * time.Minute)
		if n, err := f.notify.Compose(f.ctx); err != nil || n != 1 || f.latest("bakker").Severity != int64(feeds.Medium) || f.latest("bakker").Exposures != 1 {
			t.Errorf("medium at once: %d notifications, %v, the last %+v", n, err, f.latest("bakker").Notification)
		}
		if n := f.count("audit_event", "action = 'feedback' AND detail LIKE ?1", "mail wanted: %low:never%"); n != 1 {
			t.Errorf("%d wishes on record", n)
		}
	})
}

// What is not theirs is looked into once for each asset, answers are counted by source and type,
// and help reaches the desk.
func TestWhatAnswersLeadTo(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		bakker, smid := f.warned()
		v := f.visitor()
		for range 2 {
			if w := v.post("/f/"+bakker, "answer", "not_ours", "note", "dat is van de buren"); w.Code != http.StatusSeeOther {
				t.Fatalf("not ours: %d", w.Code)
			}
		}
		// Both systems lie in the one range, and the till lies under the domain too.
		open, err := f.footprint.Corrections(f.ctx, 10)
		if err != nil {
			t.Fatal(err)
		}
		assets := map[db.ID]bool{}
		for _, c := range open {
			assets[c.Asset] = true
			if c.Organisation != f.organisation("bakker").ID || c.Reason != "dat is van de buren" {
				t.Errorf("correction %+v", c)
			}
		}
		want := map[db.ID]bool{}
		for _, e := range f.exposures("bakker") {
			for _, r := range e.Reasons {
				want[r.Asset] = true
			}
		}
		if len(open) != len(want) || len(assets) != len(want) || len(want) == 0 {
			t.Errorf("%d corrections of %d assets, want one for each of %d", len(open), len(assets), len(want))
		}
		if page := v.get("/f/" + bakker + "?done=answer").Body.String(); !strings.Contains(page, "Dank je, wij zoeken het uit") || strings.Count(page, "Niet van jullie, wij zoeken het uit") != 2 {
			t.Error("the page does not say what happens next")
		}
		v.post("/f/"+smid, "answer", "false_positive")
		for a, n := range map[Answer]int{IsNotOurs: 2, IsFalse: 1} {
			if got := f.count("notify_tally", "source_key = 'shadowserver' AND type = 'scan_rdp' AND answer = ?1 AND count = ?2", string(a), n); got != 1 {
				t.Errorf("%s is not counted %d times", a, n)
			}
		}
		if w := v.post("/f/"+smid, "answer", "help", "note", "Wat is RDP?"); w.Code != http.StatusSeeOther {
			t.Fatalf("help: %d", w.Code)
		}
		asked := to(f.deliver(), "hulp@polder.example")
		if len(asked) != 1 || !strings.Contains(asked[0].Text, "Wat is RDP?") || !strings.Contains(asked[0].Text, "Smederij Vonk") {
			t.Errorf("the desk has %d mails", len(asked))
		}
		if page := html.UnescapeString(v.get("/f/" + smid + "?done=answer&lang=nl").Body.String()); !strings.Contains(page, "Je vraag om hulp is binnen") || !strings.Contains(page, `href="tel:+31850000000"`) {
			t.Error("the page does not say how help comes")
		}
	})
}

// A long letter comes in pages; an answer without ticks is about all of them.
func TestPagesOfALetter(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("bakker,Bakkerij De Korst,nl,info@korst.example")
		f.assets("bakker,prefix,192.0.2.0/24,owner")
		lines := make([]string, 0, 230)
		for i := range 230 {
			lines = append(lines, rdpLine(fmt.Sprintf("192.0.2.%d", i+1), ""))
		}
		f.ingest("scan_rdp", rdp, lines...)
		f.compose()
		v, path := f.visitor(), "/f/"+f.token("bakker")
		seen := map[string]bool{}
		value := regexp.MustCompile(`name="about" value="([0-9a-f]{32})"`)
		for page, want := range map[string]int{"": 100, "?page=1": 100, "?page=2": 100, "?page=3": 30} {
			body := v.get(path + page).Body.String()
			found := value.FindAllStringSubmatch(body, -1)
			if len(found) != want || !strings.Contains(body, "van 230") || !strings.Contains(body, "voor alle 230") || !strings.Contains(body, `href="#answers"`) {
				t.Errorf("page %q has %d exposures, want %d", page, len(found), want)
			}
			for _, m := range found {
				seen[m[1]] = true
			}
			if next := strings.Contains(body, `rel="next"`); next != (want == 100) {
				t.Errorf("page %q: a next page: %v", page, next)
			}
		}
		if len(seen) != 230 {
			t.Errorf("the pages show %d exposures in all", len(seen))
		}
		for _, page := range []string{"0", "-1", "4", "x", "1e3", "99999999999999999999", "100001"} {
			if w := v.get(path + "?page=" + page); w.Code != http.StatusNotFound {
				t.Errorf("page %s: %d", page, w.Code)
			}
		}
		if w := v.post(path+"?page=3", "answer", "solved", "about", value.FindStringSubmatch(v.get(path + "?page=3").Body.String())[1]); w.Header().Get("Location") != path+"?done=answer&page=3" {
			t.Errorf("an answer on page 3 leads to %q", w.Header().Get("Location"))
		}
		if n := f.count("notify_exposure", "state = 'solved'"); n != 1 {
			t.Errorf("%d solved, want 1", n)
		}
		v.post(path, "answer", "on_it")
		if n := f.count("notify_exposure", "state = 'acknowledged'"); n != 230 {
			t.Errorf("%d acknowledged, want all", n)
		}
	})
}

// The page speaks the language that the organisation was written to in, until the reader chooses;
// and in both, no template is left untried.
func TestEveryTemplateInBothLanguages(t *testing.T) {
	f := newFixture(t, kit.SQLite(t, schemas()))
	bakker, smid := f.warned()
	v, sent := f.visitor(), f.latest("bakker").Reference
	for _, c := range []struct{ path, header, want string }{
		{"/f/" + smid, "", `<html lang="en">`}, {"/f/" + smid, "Accept-Language: nl", `<html lang="en">`}, {"/f/" + smid, "Cookie: polder_lang=nl", `<html lang="nl">`},
		{"/f/" + bakker, "Accept-Language: en", `<html lang="nl">`}, {"/f/" + bakker + "?lang=en", "", `<html lang="en">`}, {"/verify", "Accept-Language: en", `<html lang="en">`},
	} {
		if w := v.ask("GET", c.path, "", c.header); !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s with %q is not %s", c.path, c.header, c.want)
		}
	}
	for _, lang := range []string{"nl", "en"} {
		l := "?lang=" + lang
		for _, a := range answersOf[Recipient] {
			v.ask("POST", "/f/"+bakker+l, "answer="+string(a))
			v.get("/f/" + bakker + l + "&done=answer")
		}
		supplier := v.passOn(bakker)
		for _, a := range answersOf[Supplier] {
			v.ask("POST", supplier+l, "answer="+string(a))
			v.get(supplier + l + "&done=answer")
		}
		v.ask("POST", "/f/"+bakker+"/less"+l, "List-Unsubscribe=One-Click")
		for _, path := range []string{"/f/" + bakker + "/less" + l, "/f/" + smid + "/less" + l, "/f/" + bakker + l + "&done=revoked", "/f/" + bakker + l + "&done=cadence",
			"/verify" + l + "&ref=" + sent, "/verify" + l + "&ref=" + newReference()} {
			if w := v.get(path); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `<html lang="`+lang+`">`) {
				t.Errorf("%s: %d", path, w.Code)
			}
		}
		for _, e := range []error{
			fault.New(fault.NotFound, "notify.link.unknown"), fault.New(fault.Gone, "notify.link.expired"), fault.New(fault.Gone, "notify.link.revoked"),
			fault.New(fault.Invalid, "notify.answer.unknown"), fault.New(fault.Invalid, "notify.answer.nothing"), fault.New(fault.Invalid, "notify.cadence.unknown"),
			fault.New(fault.Invalid, "notify.verify.malformed"), fault.New(fault.NotFound, "notify.verify.unknown"),
		} {
			key, _ := fault.Public(e)
			f.catalog.For(lang).T(key) // strict: panics when it is not there
		}
		for _, class := range feeds.Classes() {
			if name := className(f.catalog.For(lang), class); class != "other" && name == f.catalog.For(lang).T("notify.class.something-else") {
				t.Errorf("%s: %s has no name", lang, class)
			}
		}
		for _, s := range states {
			for _, confirmed := range []bool{false, true} {
				stateTag(f.catalog.For(lang), Exposure{State: s, Confirmed: confirmed})
			}
		}
	}
	// What is no longer kept leaves a page that says so.
	err := f.db.Write(f.ctx, func(tx *db.Tx) error { _, err := tx.Exec(f.ctx, `DELETE FROM notify_exposure`); return err })
	if err != nil {
		t.Fatal(err)
	}
	if w := v.get("/f/" + smid + "?lang=en"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "nothing here any more") || strings.Contains(w.Body.String(), `name="answer"`) {
		t.Errorf("a letter of which nothing is kept: %d", w.Code)
	}
	if left := v.pages.templates.Unexecuted(); len(left) > 0 {
		t.Errorf("never executed: %v", left)
	}
}

// Several kinds in one letter: the worst first, each with its own steps, and the supplier is asked
// about each.
func TestLetterOfSeveralKinds(t *testing.T) {
	f := newFixture(t, kit.SQLite(t, schemas()))
	f.organisations("bakker,Bakkerij De Korst,nl,info@korst.example")
	f.assets("bakker,prefix,192.0.2.0/28,owner")
	f.ingest("scan_rdp", rdp, rdpLine("192.0.2.7", ""))
	f.ingest("scan_smb", rdp, "NOW,critical,192.0.2.8,tcp,445,,smb,64500")
	f.compose()
	v, path := f.visitor(), "/f/"+f.token("bakker")
	page := v.get(path).Body.String()
	smb, remote := adviceText("scan_smb", "", "nl"), adviceText("scan_rdp", "", "nl")
	for _, want := range []string{"<h1>2 soorten problemen gezien</h1>", smb.Title, remote.Title, smb.Steps[0], remote.Steps[0]} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Index(page, smb.Title) > strings.Index(page, remote.Title) {
		t.Error("the worst does not come first")
	}
	passed := html.UnescapeString(v.post(path, "answer", "forwarded").Body.String())
	for _, want := range []string{smb.Supplier, remote.Supplier, "https://polder.example/verify", `href="mailto:?subject=`} {
		if !strings.Contains(passed, want) {
			t.Errorf("the text for the supplier lacks %q", want)
		}
	}
}
