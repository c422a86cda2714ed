package collect

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"polder/internal/kit"
	"polder/internal/kit/browser"
)

// openListWindow is a desk with a server in front, for a browser.
func openListWindow(t *testing.T) (*listDesk, string) {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	base := "http://" + server.Listener.Addr().String()
	k := openListDesk(t, kit.SQLite(t, listSchemas()), base)
	mux := http.NewServeMux()
	mux.Handle("/", k.site)
	mux.HandleFunc("GET /as/{who}", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "as", Value: r.PathValue("who"), Path: "/"})
		fmt.Fprint(w, "<!doctype html><title>signed in</title>")
	})
	server.Config.Handler = mux
	server.Start()
	t.Cleanup(server.Close)
	return k, base
}

func lookAt(t *testing.T, b *browser.Browser, name string) {
	t.Helper()
	if folder := os.Getenv("POLDER_SCREENSHOTS"); folder != "" {
		b.Screenshot(filepath.Join(folder, name+".png"))
	}
	if wide := b.Overflow(); wide > 0 {
		t.Errorf("%s: the page is %d px wider than the screen", name, wide)
	}
	for _, v := range b.Axe() {
		t.Errorf("%s: %s", name, v)
	}
}

func TestListsInBrowser(t *testing.T) {
	b := browser.Open(t)
	k, base := openListWindow(t)
	b.Goto(base + "/as/analyst")
	everywhere := func(name, path string) {
		t.Helper()
		mark := "?"
		if strings.Contains(path, "?") {
			mark = "&"
		}
		for i, width := range []int{360, 1280} {
			for j, lang := range []string{"nl", "en"} {
				b.EmulateDark(i != j)
				b.Resize(width, 800)
				b.Goto(base + path + mark + "lang=" + lang)
				lookAt(t, b, fmt.Sprintf("%s-%d-%s", name, width, lang))
			}
		}
	}
	everywhere("lists-none", "/desk/lists")
	draft := k.take("onderzoeker.csv", "Waarde\tWanneer\n192.0.2.7\tgisteren\nwww.korst.example\t2026-01-04\n")
	everywhere("list-draft", "/desk/lists/"+draft.ID.String())
	l := k.chosen("politie.csv", police)
	path := "/desk/lists/" + l.ID.String()
	if err := k.collect.KeepList(k.ctx, l.ID, l.Version); err != nil {
		t.Fatal(err)
	}
	everywhere("list", path+"?done=saved")
	l, err := k.collect.RehearseList(k.ctx, l.ID, l.Version)
	if err != nil {
		t.Fatal(err)
	}
	everywhere("list-rehearsal", path+"/rehearsal")
	everywhere("list-mail", path+"/rehearsal/1")
	everywhere("lists", "/desk/lists?done=dropped")
	before := k.chosen("eerder.csv", strings.ReplaceAll(police, "192.0.2.7", "192.0.2.9"))
	if before, err = k.collect.RehearseList(k.ctx, before.ID, before.Version); err != nil {
		t.Fatal(err)
	}
	if changed, err := k.collect.SendList(k.ctx, before.ID, before.Version, before.Hash); err != nil || changed {
		t.Fatal(changed, err)
	}
	everywhere("list-sending", "/desk/lists/"+before.ID.String())
	if err := k.collect.readList(t.Context(), before.ID.String(), ""); err != nil {
		t.Fatal(err)
	}
	everywhere("list-sent", "/desk/lists/"+before.ID.String())
	if _, err := k.notify.ComposeGathered(t.Context()); err != nil {
		t.Fatal(err)
	}
	now, err := k.collect.List(k.ctx, l.ID)
	if err != nil {
		t.Fatal(err)
	}
	if changed, err := k.collect.SendList(k.ctx, l.ID, now.Version, now.Hash); err != nil || !changed {
		t.Fatalf("the world changed and it was sent: %v", err)
	}
	everywhere("list-changed", path+"/rehearsal?changed=1")
	quiet := k.chosen("stil.csv", "IP-adres;Poort\n8.8.4.4;1\n")
	if _, err := k.collect.RehearseList(k.ctx, quiet.ID, quiet.Version); err != nil {
		t.Fatal(err)
	}
	everywhere("list-quiet", "/desk/lists/"+quiet.ID.String()+"/rehearsal")
	again := k.chosen("nogeens.csv", strings.ReplaceAll(police, "192.0.2.7", "192.0.2.9"))
	if _, err := k.collect.RehearseList(k.ctx, again.ID, again.Version); err != nil {
		t.Fatal(err)
	}
	everywhere("list-known", "/desk/lists/"+again.ID.String()+"/rehearsal")
	if left := k.pages.templates.Unexecuted(); len(left) > 0 {
		t.Errorf("never shown: %v", left)
	}
	for _, problem := range b.Problems() {
		t.Errorf("the browser complains: %s", problem)
	}
}

// With the keyboard alone, on a telephone: paste a list, name its source and type, rehearse, read a mail,
// send.
func TestListWithTheKeyboard(t *testing.T) {
	b := browser.Open(t)
	k, base := openListWindow(t)
	b.Resize(360, 800)
	b.Goto(base + "/as/analyst")
	b.Goto(base + "/desk/lists?lang=nl")
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
	tabTo("#text")
	b.Press("192.0.2.7\n198.51.100.7\nwww.elders.example")
	tabTo("#take")
	b.Press(kb.Enter)
	b.WaitFor("#column-0")
	if v := browser.Eval[string](b, `document.querySelector('#column-0').value`); v != "host" {
		t.Errorf("the column is taken for %q", v)
	}
	tabTo("#rehearse")
	b.Press(kb.Enter) // without a source: told, and nothing lost
	b.WaitFor(".error-summary")
	tabTo("#source")
	b.Press("onderzoeker")
	tabTo("#type")
	b.Press("scan_rdp")
	tabTo("#rehearse")
	b.Press(kb.Enter)
	b.WaitFor("#send")
	if text := b.Text("main"); !strings.Contains(text, "2 mails uitgaan, aan 2 organisaties") || !strings.Contains(text, "info@korst.example") {
		t.Error(text)
	}
	tabTo(`a[href$="/rehearsal/1"]`)
	b.Press(kb.Enter)
	b.WaitFor(".mail__text")
	if text := b.Text(".mail__text"); !strings.Contains(text, "192.0.2.7") {
		t.Error(text)
	}
	tabTo(`p > a[href$="/rehearsal"]`)
	b.Press(kb.Enter)
	b.WaitFor("#send")
	tabTo("#send")
	b.Press(kb.Enter)
	b.WaitFor(`.notice`)
	if lists, _, err := k.collect.Lists(k.ctx); err != nil || len(lists) != 1 || lists[0].State != "sending" {
		t.Fatalf("%+v, %v", lists, err)
	}
}
