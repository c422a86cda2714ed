package signin

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/kit"
	"polder/internal/kit/browser"
	"polder/internal/web"
)

// look holds a page against axe-core on a telephone and on a desk, light and dark, and keeps a
// picture where POLDER_SCREENSHOTS says.
func (h *programHouse) look(b *browser.Browser, name string) {
	h.t.Helper()
	for _, width := range []int{360, 1280} {
		for _, dark := range []bool{false, true} {
			b.EmulateDark(dark)
			b.Resize(width, 800)
			id := fmt.Sprintf("%s-%d-%s", name, width, map[bool]string{false: "light", true: "dark"}[dark])
			for _, v := range b.Axe() {
				h.t.Errorf("%s: %s", id, v)
			}
			if n := b.Overflow(); n > 0 {
				h.t.Errorf("%s: %d pixels too wide", id, n)
			}
			if dir := os.Getenv("POLDER_SCREENSHOTS"); dir != "" {
				b.Screenshot(filepath.Join(dir, id+".png"))
			}
		}
	}
	b.EmulateDark(false)
	b.Resize(1280, 800)
}

// A person of a company signs in by a broker in a real browser, links a second provider, and makes
// and revokes a token once the person works at the centre.
func TestProgramPagesInBrowser(t *testing.T) {
	b := browser.Open(t)
	h := openProgramHouse(t, kit.SQLite(t, programSchemas))
	h.site.Handle("GET /start", web.Public, func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		for _, p := range h.s.Providers("nl", "").List {
			if _, err := fmt.Fprintf(w, `<form method="post" action="%s"><input type="hidden" name="to" value="/account/identities"><button id="%s">%s</button></form>`, p.Action, p.Key, p.Name); err != nil {
				return err
			}
		}
		_, err := io.WriteString(w, "<p>start</p>")
		return err
	})
	base := h.base
	p := h.jan()
	p.Level = "urn:etoegang:core:assurance-class:loa2"
	h.broker.As(p)
	b.Goto(base + "/start?lang=nl")
	b.Click("#bedrijf")
	b.WaitFor(`a[href="/sign-in"].utrecht-button`)
	if !strings.Contains(b.Text("main"), "te laag niveau") {
		t.Errorf("not refused: %s", b.Text("main"))
	}
	h.look(b, "refused")

	p = h.jan()
	p.At = h.clock.Now()
	h.broker.As(p)
	b.Goto(base + "/start")
	b.Click("#bedrijf")
	b.WaitFor("table") // through the page between and the provider, by themselves, to the page wanted
	if !strings.HasSuffix(b.URL(), "/account/identities") || !strings.Contains(b.Text("main"), "12345678") {
		t.Fatalf("%s: %s", b.URL(), b.Text("main"))
	}
	h.look(b, "identities")
	anna := h.anna()
	anna.At = h.clock.Now()
	h.staff.As(anna)
	b.Click(`input[value="rijk"] + p button`)
	b.WaitFor("tr:nth-child(2)")
	if strings.Contains(b.HTML(), `value="rijk"`) {
		t.Error("linked, and offered again")
	}

	err := h.db.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE signin_account SET staff = ?1`, int64(actor.Analyst))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b.Goto(base + "/account/tokens")
	h.look(b, "tokens-empty")
	b.Type("#name", "Nachtelijke export")
	b.Follow("form button.utrecht-button--primary-action") // no scope yet
	if !strings.Contains(b.Text(".error-summary"), "minstens één") {
		t.Errorf("%s", b.Text("main"))
	}
	h.look(b, "tokens-wrong")
	b.Click(`input[name="scope"]`)
	b.Follow("form button.utrecht-button--primary-action")
	secret := b.Text(".secret code")
	if !isSecret(secret) {
		t.Fatalf("the page shows %q", secret)
	}
	h.look(b, "tokens-made")
	if w := h.bearer(secret, "/api/v1/me"); w.status != 200 {
		t.Errorf("the token does not work: %d", w.status)
	}
	b.Goto(base + "/account/tokens?lang=en")
	if strings.Contains(b.HTML(), secret) {
		t.Error("the secret is shown again")
	}
	b.Follow(`form[action$="/revoke"] button`)
	h.look(b, "tokens-revoked")
	if w := h.bearer(secret, "/api/v1/me"); w.status != 401 {
		t.Errorf("a revoked token works: %d", w.status)
	}
	b.Goto(base + "/api/v1?lang=nl")
	h.look(b, "api")
	for _, problem := range b.Problems() {
		if strings.Contains(problem, "403 (Forbidden)") || strings.Contains(problem, "422 (") || strings.Contains(problem, "favicon") {
			continue // pages that were meant to be refused
		}
		t.Errorf("the browser complains: %s", problem)
	}
	if left := h.pages.templates.Unexecuted(); len(left) > 0 {
		t.Errorf("never shown: %v", left)
	}
}
