package outreach

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/kit"
	"polder/internal/kit/browser"
	"polder/internal/web"
)

// site is the pages with a way in by a cookie: "analyst", "stale" (an analyst without a fresh factor), or
// another role.
func (h *house) site(base string) (*web.Site, *pages) {
	h.t.Helper()
	jo := db.NewID()
	people := map[string]actor.Actor{
		"analyst": {Account: jo, Name: "Jo", Staff: actor.Analyst, Fresh: h.clock.Now(), Language: "nl"},
		"stale":   {Account: jo, Name: "Jo", Staff: actor.Analyst, Fresh: h.clock.Now().Add(-time.Hour), Language: "nl"},
		"adviser": {Account: db.NewID(), Name: "Kim", Staff: actor.Adviser, Fresh: h.clock.Now()},
		"auditor": {Account: db.NewID(), Name: "Lou", Staff: actor.Auditor | actor.Administrator | actor.Editor, Fresh: h.clock.Now()},
		"nobody":  {Account: db.NewID(), Name: "Max", Fresh: h.clock.Now()},
	}
	site, err := web.New(web.Options{Name: "Meldpunt Polder", BaseURL: base, Catalog: h.catalog, Log: kit.Log(h.t), Now: h.clock.Now, People: web.People{
		Session: func(_ http.ResponseWriter, r *http.Request) (actor.Actor, error) {
			c, err := r.Cookie("as")
			if err != nil {
				return actor.Actor{}, nil
			}
			return people[c.Value], nil
		},
		In: func(*http.Request, actor.Actor, string) (actor.Actor, error) { return actor.Actor{}, fault.Hidden() },
	}})
	if err != nil {
		h.t.Fatal(err)
	}
	return site, h.o.routes(site)
}

func ask(site http.Handler, who, method, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if who != "" {
			r.Header.Set("Sec-Fetch-Site", "same-origin")
		}
	}
	if who != "" {
		r.AddCookie(&http.Cookie{Name: "as", Value: who})
	}
	w := httptest.NewRecorder()
	site.ServeHTTP(w, r)
	return w
}

// What no database can hold as text is not kept, and fails nowhere.
func TestReasonsOfAnyBytes(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.world()
		sweep := h.sweep()
		site, _ := h.site("https://polder.example")
		contact := deskPath + "/" + sweep.String() + "/contacts/" + h.contactAt(sweep, "open", "help@bakker.example").ID.String()
		if w := ask(site, "analyst", http.MethodPost, contact, url.Values{"answer": {"skipped"}, "language": {"nl"}, "reason": {"not\x00 ours\xff"}}); w.Code != http.StatusSeeOther {
			t.Fatalf("answers %d: %s", w.Code, w.Body)
		}
		if page := ask(site, "analyst", http.MethodGet, contact, nil).Body.String(); !strings.Contains(page, "not ours") {
			t.Errorf("the reason is not shown: %s", page)
		}
	})
}

// Who is no analyst sees nothing, whatever is asked for; and what an analyst types wrongly comes back.
func TestPagesHideAndMend(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.world()
		sweep := h.sweep()
		site, _ := h.site("https://polder.example")
		contact := deskPath + "/" + sweep.String() + "/contacts/" + h.contactAt(sweep, "open", "help@bakker.example").ID.String()
		subject := deskPath + "/" + sweep.String() + "/subjects/" + h.show(sweep, "none").Subjects[0].ID.String()
		for _, route := range site.Routes() {
			method, path, _ := strings.Cut(route.Pattern, " ")
			if !strings.HasPrefix(path, deskPath) {
				continue
			}
			real := strings.NewReplacer("{sweep}/contacts/{contact}", strings.TrimPrefix(contact, deskPath+"/"), "{sweep}/subjects/{subject}", strings.TrimPrefix(subject, deskPath+"/"), "{sweep}", sweep.String()).Replace(path)
			for _, who := range []string{"adviser", "auditor", "nobody"} {
				if w := ask(site, who, method, real, nil); w.Code != http.StatusNotFound {
					t.Errorf("%s: %s answers %d", who, route.Pattern, w.Code)
				}
			}
			if w := ask(site, "", method, real, nil); w.Code == http.StatusOK {
				t.Errorf("nobody: %s answers %d", route.Pattern, w.Code)
			}
			if strings.Contains(path, "{") {
				for _, id := range []string{db.NewID().String(), "x", strings.ToUpper(sweep.String())} {
					if w := ask(site, "analyst", method, strings.Replace(real, sweep.String(), id, 1), url.Values{"answer": {"approved"}, "language": {"nl"}, "address": {"a@b.example"}, "reason": {"x"}}); w.Code != http.StatusNotFound {
						t.Errorf("%s with %s answers %d", route.Pattern, id, w.Code)
					}
				}
			}
		}
		if w := ask(site, "stale", "POST", deskPath+"/"+sweep.String()+"/send", nil); w.Code == http.StatusOK || strings.HasPrefix(w.Header().Get("Location"), deskPath) {
			t.Errorf("sending without a fresh factor: %d to %s", w.Code, w.Header().Get("Location"))
		}
		for _, c := range []struct {
			path string
			form url.Values
			want []string
		}{
			{deskPath + "/new", url.Values{"days": {"14"}, "lowest": {"low"}}, []string{"Kies minstens één soort", `value="14" selected`, `value="low" selected`}},
			{deskPath + "/new", url.Values{"days": {"30"}, "from": {"shadowserver/scan_rdp"}, "count": {"1"}}, []string{`value="shadowserver/scan_rdp" checked`}},
			{subject, url.Values{"address": {"<b>x"}, "reason": {"omdat & zo"}}, []string{"geen mailadres dat we kunnen gebruiken", "&lt;b&gt;x", "omdat &amp; zo"}},
			{subject, url.Values{"address": {"a@b.example"}}, []string{"Schrijf op hoe je dit weet", "a@b.example"}},
			{contact, url.Values{"answer": {"approved"}, "language": {"nl"}, "reason": {strings.Repeat("é", 501)}}, []string{"korter dan 500", "ééé"}},
			{contact, url.Values{"answer": {"queued"}, "language": {"nl"}}, []string{"Deze keuze kan niet"}},
			{deskPath + "/" + sweep.String() + "/send", nil, []string{"niets goedgekeurd"}},
			{deskPath + "/opt-outs", url.Values{"wish": {"geen domein"}, "reason": {"x"}}, []string{"geen mailadres en geen domein", "geen domein"}},
		} {
			w := ask(site, "analyst", "POST", c.path, c.form)
			for _, want := range c.want {
				if !strings.Contains(w.Body.String(), want) {
					t.Errorf("POST %s %v: %d, without %q", c.path, c.form, w.Code, want)
				}
			}
		}
		page := ask(site, "analyst", "GET", contact, nil).Body.String()
		if !strings.Contains(page, "Wij zijn Meldpunt Polder") || strings.Contains(page, "<script>alert") {
			t.Error("the letter is not shown, or a stranger's script is")
		}
	})
}

// One click in a mail program ends the letters (RFC 8058): a POST without a cookie, and nothing on a GET.
func TestOneClick(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.world()
		sweep := h.sweep()
		h.approve(sweep, "help@bakker.example")
		h.send(sweep)
		m := h.mailsTo("help@bakker.example")[0]
		path := "/stranger/" + token(t, m)
		if got := m.Header.Get("List-Unsubscribe"); got != "<https://polder.example"+path+">" || m.Header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
			t.Errorf("%q", got)
		}
		site, _ := h.site("https://polder.example")
		w := ask(site, "", "GET", path, nil)
		if w.Code != 200 || !strings.Contains(w.Body.String(), `id="stop"`) || w.Header().Get("Cache-Control") != "no-store" || h.count("outreach_opt_out") != 0 {
			t.Errorf("%d %v", w.Code, w.Header())
		}
		for range 2 {
			if w := ask(site, "", "POST", path, url.Values{"List-Unsubscribe": {"One-Click"}}); w.Code != http.StatusNoContent {
				t.Errorf("%d", w.Code)
			}
		}
		if h.count("outreach_opt_out") != 1 {
			t.Error("one click did not count once")
		}
		if w := ask(site, "", "GET", path, nil); strings.Contains(w.Body.String(), `id="stop"`) {
			t.Error("the page offers what was done")
		}
		for _, bad := range []string{path + "x", "/stranger/" + strings.Repeat("a", 32)} {
			if a, b := ask(site, "", "GET", bad, nil), ask(site, "", "POST", bad, nil); a.Code != 404 || b.Code != 404 {
				t.Errorf("%s: %d, %d", bad, a.Code, b.Code)
			}
		}
	})
}

func (h *house) look(b *browser.Browser, name string) {
	h.t.Helper()
	if folder := os.Getenv("POLDER_SCREENSHOTS"); folder != "" {
		b.Screenshot(filepath.Join(folder, "outreach-"+name+".png"))
	}
	if wide := b.Overflow(); wide > 0 {
		h.t.Errorf("%s: the page is %d px wider than the screen", name, wide)
	}
	for _, v := range b.Axe() {
		h.t.Errorf("%s: %s", name, v)
	}
}

// The whole way in a browser, by keyboard where somebody acts: a round, its review, the letter, opting
// out; each page narrow and wide, in both languages.
func TestRoundInBrowser(t *testing.T) {
	b := browser.Open(t)
	h := newHouse(t, kit.SQLite(t, schemas()))
	server := httptest.NewUnstartedServer(nil)
	base := "http://" + server.Listener.Addr().String()
	site, pages := h.site(base)
	mux := http.NewServeMux()
	mux.Handle("/", site)
	mux.HandleFunc("GET /as/{who}", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "as", Value: r.PathValue("who"), Path: "/"})
		fmt.Fprint(w, "<!doctype html><title>signed in</title>")
	})
	server.Config.Handler = mux
	server.Start()
	t.Cleanup(server.Close)
	every := func(name, path string) {
		t.Helper()
		mark := "?"
		if strings.Contains(path, "?") {
			mark = "&"
		}
		for i, width := range []int{360, 1280} {
			for j, lang := range []string{"en", "nl"} {
				b.EmulateDark(i != j)
				b.Resize(width, 800)
				b.Goto(base + path + mark + "lang=" + lang)
				h.look(b, fmt.Sprintf("%s-%d-%s", name, width, lang))
			}
		}
	}
	tabTo := func(selector string) {
		t.Helper()
		for range 80 {
			if browser.Eval[bool](b, `document.activeElement.matches(`+fmt.Sprintf("%q", selector)+`)`) {
				return
			}
			b.Press(kb.Tab)
		}
		t.Fatalf("the keyboard does not come to %s", selector)
	}
	b.Goto(base + "/as/analyst")
	every("list-empty", deskPath)
	every("new-empty", deskPath+"/new")
	every("optouts-empty", deskPath+"/opt-outs")
	h.world()
	var many []string
	for i := range 52 {
		many = append(many, fmt.Sprintf("203.0.113.%d,winkel%d.example", i+10, i))
		h.out.securityTXT(fmt.Sprintf("winkel%d.example", i), fmt.Sprintf("mailto:beheer@winkel%d.example", i))
	}
	h.ingest("compromised_website", many...)
	every("new", deskPath+"/new")
	b.EmulateDark(false)
	tabTo("#from-0")
	b.Press(" ")
	tabTo("#from-1")
	b.Press(" ")
	tabTo("#start")
	b.Press(kb.Enter)
	b.WaitFor(".outcome--ok")
	path := strings.TrimSuffix(strings.TrimPrefix(b.URL(), base), "?done=started")
	every("reading", path)
	id, err := db.ParseID(strings.TrimPrefix(path, deskPath+"/"))
	if err != nil {
		t.Fatal(err)
	}
	h.run()
	every("sweep", path)
	every("sweep-next", strings.TrimPrefix(browser.Eval[string](b, `document.querySelector("a[rel=next]").href`), base))
	every("none", path+"?list=none")
	every("skipped-none", path+"?list=skipped")
	baker := h.contactAt(id, "open", "help@bakker.example")
	every("contact", path+"/contacts/"+baker.ID.String())
	every("subject", path+"/subjects/"+h.show(id, "none").Subjects[0].ID.String())
	b.EmulateDark(false)
	b.Goto(base + path + "/subjects/" + h.show(id, "none").Subjects[0].ID.String())
	tabTo("#choose")
	b.Press(kb.Enter)
	b.WaitFor(".error-summary")
	h.look(b, "subject-wrong")
	b.Goto(base + deskPath + "/new?lang=nl")
	b.Follow("#start")
	h.look(b, "new-wrong")
	h.approve(id, "help@bakker.example") // not sure, since it stands for another domain too
	b.Goto(base + path + "?list=open")
	tabTo("#approve-sure")
	b.Press(kb.Enter)
	b.WaitFor("#send")
	h.look(b, "approved")
	tabTo("#send")
	b.Press(kb.Enter)
	b.Arrive(base + path + "?list=queued&done=sent")
	h.run()
	every("sent", path+"?list=queued")
	every("sent-contact", path+"/contacts/"+baker.ID.String())
	link := "/stranger/" + token(t, h.mailsTo("help@bakker.example")[0])
	b.Goto(base + "/as/none")
	every("stop", link)
	b.EmulateDark(false)
	b.Goto(base + link)
	tabTo("#stop")
	b.Press(kb.Enter)
	b.WaitFor("main:not(:has(#stop))")
	every("stopped", link)
	b.Goto(base + "/as/analyst")
	every("optouts", deskPath+"/opt-outs?q=help@bakker.example")
	b.Goto(base + deskPath + "/opt-outs")
	b.Follow("#refuse")
	h.look(b, "optouts-wrong")
	every("list", deskPath)
	if left := pages.templates.Unexecuted(); len(left) > 0 {
		t.Errorf("never shown: %v", left)
	}
	for _, problem := range b.Problems() {
		if !strings.Contains(problem, "404") && !strings.Contains(problem, "422") {
			t.Errorf("the browser complains: %s", problem)
		}
	}
}
