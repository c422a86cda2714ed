package follow

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"polder/internal/kit"
	"polder/internal/kit/browser"
)

// The page at 360 and 1280 pixels, in both languages, with nothing and with much on it; and with the keyboard
// alone: add a webhook, copy its key, test it, make a feed.
func TestFollowInBrowser(t *testing.T) {
	b := browser.Open(t)
	server := httptest.NewUnstartedServer(nil)
	w := openWorld(t, kit.SQLite(t, schemas()), "http://"+server.Listener.Addr().String())
	mux := http.NewServeMux()
	mux.Handle("/", w.site)
	mux.HandleFunc("GET /as/{who}", func(rw http.ResponseWriter, r *http.Request) {
		http.SetCookie(rw, &http.Cookie{Name: "as", Value: r.PathValue("who"), Path: "/"})
		fmt.Fprint(rw, "<!doctype html><title>signed in</title>")
	})
	server.Config.Handler = mux
	server.Start()
	t.Cleanup(server.Close)
	page := server.URL + "/o/" + w.ids["bakker"].String() + "/follow"
	look := func(name string) {
		t.Helper()
		if dir := os.Getenv("POLDER_SCREENSHOTS"); dir != "" {
			b.Screenshot(filepath.Join(dir, name+".png"))
		}
		if wide := b.Overflow(); wide > 0 {
			t.Errorf("%s is %d pixels too wide", name, wide)
		}
		for _, v := range b.Axe() {
			t.Errorf("%s: %s", name, v)
		}
	}
	each := func(name string) {
		t.Helper()
		for i, width := range []int{360, 1280} {
			for j, lang := range []string{"nl", "en"} {
				b.EmulateDark(i != j)
				b.Resize(width, 800)
				b.Goto(page + "?lang=" + lang)
				look(fmt.Sprintf("%s-%d-%s", name, width, lang))
			}
		}
		b.EmulateDark(false)
		b.Resize(360, 800)
		b.Goto(page + "?lang=nl")
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
	b.Goto(server.URL + "/as/bakker-owner")
	each("none")
	tabTo("#url")
	b.Press("http://10.0.0.1/")
	b.Press(kb.Enter)
	b.WaitFor(".error-summary")
	look("wrong")
	b.Goto(page + "?lang=nl")
	tabTo("#url")
	b.Press(hook)
	b.Press(kb.Enter)
	b.WaitFor(".secret")
	look("secret")
	tabTo(`form[action$="/test"] button`)
	b.Press(kb.Enter)
	b.WaitFor(".outcome--ok")
	w.drain()
	if got := w.to.take(); len(got) != 1 {
		t.Errorf("%d tests came", len(got))
	}
	w.to.set(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(503) })
	w.found("192.0.2.", 1, 3)
	w.drain()
	w.fresh()
	b.Goto(page + "?lang=nl")
	tabTo("#name")
	b.Press("Lezer van het IT-team")
	b.Press(kb.Enter)
	b.WaitFor(".secret")
	w.add("bakker-security-contact")
	w.sql(`UPDATE follow_webhook SET state = 'failing' WHERE made_by = ?1`, w.people["bakker-security-contact"].Account)
	each("much")
	if left := w.pages.templates.Unexecuted(); len(left) > 0 {
		t.Errorf("never shown: %v", left)
	}
}
