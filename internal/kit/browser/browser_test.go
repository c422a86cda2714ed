package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const poor = `<!doctype html><html lang="en"><title>A poor page</title><main><h1>Hello</h1>
<p style="color:#aaa;background:#fff">pale</p><input id="name"><button onclick="document.title='clicked'">Go</button>
<div style="width:900px">wide</div><a href="/strict">on</a></main>`

func TestBrowser(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/strict" {
			w.Header().Set("Content-Security-Policy", "default-src 'none'")
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, poor)
	}))
	defer server.Close()
	b := Open(t)
	b.Resize(360, 640)
	b.Goto(server.URL)
	if b.Title() != "A poor page" || b.Text("h1") != "Hello" || !strings.Contains(b.HTML(), "pale") {
		t.Errorf("read %q, %q", b.Title(), b.Text("h1"))
	}
	if b.Overflow() < 500 {
		t.Errorf("overflow = %d, want the 900 px of the wide part", b.Overflow())
	}
	found := map[string]bool{}
	for _, v := range b.Axe() {
		found[v.ID] = true
	}
	if !found["color-contrast"] || !found["label"] {
		t.Errorf("axe found %v, want color-contrast and label", found)
	}
	b.Type("#name", "Jo")
	if got := Eval[string](b, `document.getElementById("name").value`); got != "Jo" {
		t.Errorf("typed %q", got)
	}
	b.Click("button")
	if b.Title() != "clicked" {
		t.Errorf("title after click = %q", b.Title())
	}
	b.EmulateDark(true)
	if !Eval[bool](b, `matchMedia("(prefers-color-scheme: dark)").matches`) {
		t.Error("not dark")
	}
	b.EmulateForcedColors()
	if !Eval[bool](b, `matchMedia("(forced-colors: active)").matches`) {
		t.Error("colours not forced")
	}
	picture := filepath.Join(t.TempDir(), "deep", "page.png")
	b.Screenshot(picture)
	if png, err := os.ReadFile(picture); err != nil || !strings.HasPrefix(string(png), "\x89PNG") {
		t.Errorf("screenshot: %v", err)
	}
	// A policy that refuses everything does not keep axe out, and what it refused is heard.
	b.Follow("a")
	if b.URL() != server.URL+"/strict" {
		t.Errorf("the link leads to %s", b.URL())
	}
	if len(b.Axe()) == 0 {
		t.Error("axe found nothing on a strict page")
	}
	if problems := strings.Join(b.Problems(), "\n"); !strings.Contains(problems, "Content Security Policy") {
		t.Errorf("problems = %q, want the refused style", problems)
	}
}
