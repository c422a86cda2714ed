package collect

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"polder/internal/db"
	"polder/internal/kit"
	"polder/internal/kit/browser"
)

func (k *desk) get(s http.Handler, who, path string) *httptest.ResponseRecorder {
	return k.visit(s, who, "GET", path, nil)
}

func (k *desk) visit(s http.Handler, who, method, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "https://polder.example"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.AddCookie(&http.Cookie{Name: "as", Value: who})
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// Forms keep what was typed, but for secrets, which are on no page ever.
func TestPagesHideSecrets(t *testing.T) {
	eachDesk(t, func(k *desk) {
		s := k.site("https://polder.example")
		form := url.Values{"kind": {"https"}, "key": {"feed"}, "address": {"https://feed.example/x"}, "auth": {"bearer"}, "secret": {"tok-geheim-1"}, "every": {"60"}, "hour": {"6"}}
		bad := url.Values{}
		for name, v := range form {
			bad[name] = v
		}
		bad.Set("address", "http://feed.example/lang-pad")
		w := k.visit(s, "analyst", "POST", "/desk/sources/new", bad)
		if w.Code != 422 || !strings.Contains(w.Body.String(), "lang-pad") || strings.Contains(w.Body.String(), "tok-geheim-1") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if w = k.visit(s, "analyst", "POST", "/desk/sources/new", form); w.Code != 303 || w.Header().Get("Location") != "/desk/sources/feed?done=added" {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if w = k.visit(s, "analyst", "POST", "/desk/sources/new", form); w.Code != 422 || !strings.Contains(w.Body.String(), "al een bron") {
			t.Errorf("twice: %d", w.Code)
		}
		k.pull(k.find("feed").ID)
		for _, path := range []string{"/desk/sources", "/desk/sources/feed", "/desk/sources/feed/edit"} {
			if w := k.get(s, "analyst", path); w.Code != 200 || strings.Contains(w.Body.String(), "tok-geheim-1") {
				t.Errorf("%s: %d", path, w.Code)
			}
		}
		change := url.Values{"address": {"https://feed.example/y"}, "auth": {"bearer"}, "every": {"15"}, "hour": {"6"}}
		if w = k.visit(s, "analyst", "POST", "/desk/sources/feed/edit", change); w.Code != 422 || !strings.Contains(w.Body.String(), "Geef het geheim opnieuw") {
			t.Errorf("moved without the secret: %d", w.Code)
		}
		change.Set("secret", "tok-geheim-2")
		if w = k.visit(s, "analyst", "POST", "/desk/sources/feed/edit", change); w.Code != 303 || k.find("feed").Every != 15*time.Minute {
			t.Errorf("%d", w.Code)
		}
		for _, path := range []string{"/desk/sources/none", "/desk/sources/none/edit", "/desk/sources/A%27B"} {
			if w := k.get(s, "analyst", path); w.Code != 404 {
				t.Errorf("%s: %d", path, w.Code)
			}
		}
		if w := k.visit(s, "analyst", "POST", "/desk/sources/feed/expect", url.Values{"answer": {"set"}, "hours": {"veel"}}); w.Code != 422 || !strings.Contains(w.Body.String(), "veel") {
			t.Errorf("%d", w.Code)
		}
		for _, act := range []string{"try", "off", "on"} {
			if w := k.visit(s, "analyst", "POST", "/desk/sources/feed/"+act, nil); w.Code != 303 {
				t.Errorf("%s: %d", act, w.Code)
			}
			if w := k.visit(s, "adviser", "POST", "/desk/sources/feed/"+act, nil); w.Code != 404 {
				t.Errorf("an adviser may %s: %d", act, w.Code)
			}
		}
	})
}

// Every reason and alarm has its words in both languages.
func TestWords(t *testing.T) {
	k := newDesk(t, kit.SQLite(t, schemas()))
	for _, lang := range []string{"nl", "en"} {
		say := k.catalog.For(lang)
		for _, r := range Reasons {
			if !say.Has("collect.why." + string(r)) {
				t.Errorf("%s: no words for %s", lang, r)
			}
		}
	}
}

func TestSourcesInBrowser(t *testing.T) {
	b := browser.Open(t)
	server := httptest.NewUnstartedServer(nil)
	base := "http://" + server.Listener.Addr().String()
	k := newDesk(t, kit.SQLite(t, schemas()))
	site := k.site(base)
	mux := http.NewServeMux()
	mux.Handle("/", site)
	mux.HandleFunc("GET /as/{who}", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "as", Value: r.PathValue("who"), Path: "/"})
		fmt.Fprint(w, "<!doctype html><title>signed in</title>")
	})
	server.Config.Handler = mux
	server.Start()
	t.Cleanup(server.Close)
	b.Goto(base + "/as/analyst")
	shots := os.Getenv("POLDER_TEST_SHOTS")
	look := func(name, path string) {
		t.Helper()
		for _, lang := range []string{"nl", "en"} {
			b.Goto(base + path + map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")] + "lang=" + lang)
			for _, width := range []int{360, 1280} {
				b.Resize(width, 900)
				b.Goto(base + path)
				for _, v := range b.Axe() {
					t.Errorf("%s %s %d: %s", name, lang, width, v)
				}
				if n := b.Overflow(); n > 0 {
					t.Errorf("%s %s %d: %d pixels too wide", name, lang, width, n)
				}
				if shots != "" {
					b.Screenshot(filepath.Join(shots, fmt.Sprintf("%s-%s-%d.png", name, lang, width)))
				}
			}
		}
	}
	look("empty", "/desk/sources")
	look("choice", "/desk/sources/new")
	for _, kind := range Kinds {
		look("new-"+string(kind), "/desk/sources/new?kind="+string(kind))
	}
	// A story by keyboard alone: a source is added, asked and looked at.
	k.out.answer(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/busy":
			w.WriteHeader(503)
		default:
			io.WriteString(w, report(k.clock, 40)) //nolint:errcheck
		}
	})
	b.Resize(1280, 900)
	b.Goto(base + "/desk/sources/new?kind=https")
	browser.Eval[bool](b, `document.getElementById("key").focus() || true`)
	for _, keys := range []string{"feed", kb.Tab, "https://feed.example/" + k.fileName(), kb.Enter} {
		b.Press(keys)
	}
	b.Arrive(base + "/desk/sources/feed?done=added")
	id := k.find("feed").ID
	for range 3 {
		k.pull(id)
		k.clock.Advance(23 * time.Hour)
	}
	busy := k.add(Source{Key: "politie", Kind: HTTPS, Address: "https://feed.example/busy", Every: time.Hour, Ways: Ways{Auth: "bearer"}}, Secret{Secret: "x"})
	for range 3 {
		k.pull(busy)
	}
	k.add(Source{Key: "postvak", Kind: IMAP, Address: "mail.example", Every: 15 * time.Minute, Ways: Ways{User: "reports", Senders: []string{"reports@feed.example", "@other.example"}}}, Secret{Secret: "imap-geheim-7"})
	if err := k.collect.Switch(k.ctx, k.find("postvak").ID, false); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		k.deliver("onderzoekers", 60)
		k.clock.Advance(24 * time.Hour)
	}
	k.clock.Advance(48 * time.Hour)
	if got := k.alarms("onderzoekers"); len(got) == 0 {
		t.Error("no alarm to look at")
	}
	look("list", "/desk/sources")
	look("source", "/desk/sources/feed")
	look("failing", "/desk/sources/politie")
	look("other", "/desk/sources/onderzoekers")
	look("edit", "/desk/sources/postvak/edit")
	b.Goto(base + "/desk/sources/feed")
	b.Click("form[action$='/try'] button")
	b.Arrive(base + "/desk/sources/feed?done=tried")
	if err := k.queue.Drain(k.Context()); err != nil {
		t.Fatal(err)
	}
	err := k.db.Read(k.Context(), func(tx *db.Tx) error {
		list, err := latestRuns(k.Context(), tx, id, 10)
		if len(list) < 4 {
			t.Errorf("%d runs", len(list))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if p := b.Problems(); len(p) > 0 {
		t.Errorf("%v", p)
	}
}
