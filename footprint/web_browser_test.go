package footprint

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/kit"
	"polder/internal/kit/browser"
)

// street is a home with a server in front, for a browser.
func (h *home) street() (base string, p *pages) {
	h.t.Helper()
	server := httptest.NewUnstartedServer(nil)
	base = "http://" + server.Listener.Addr().String()
	site, p := h.site(base)
	mux := http.NewServeMux()
	mux.Handle("/", site)
	mux.HandleFunc("GET /as/{who}", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "as", Value: r.PathValue("who"), Path: "/"})
		fmt.Fprint(w, "<!doctype html><title>signed in</title>")
	})
	server.Config.Handler = mux
	server.Start()
	h.t.Cleanup(server.Close)
	return base, p
}

func (h *home) look(b *browser.Browser, name string) {
	h.t.Helper()
	if folder := screenshots(); folder != "" {
		b.Screenshot(filepath.Join(folder, name+".png"))
	}
	if wide := b.Overflow(); wide > 0 {
		h.t.Errorf("%s: the page is %d px wider than the screen", name, wide)
	}
	for _, v := range b.Axe() {
		h.t.Errorf("%s: %s", name, v)
	}
}

// Every page at 360 and 1280 pixels, light and dark, in both languages: nothing that axe-core objects
// to, nothing that needs scrolling sideways, and no template that was never shown.
func TestPagesInBrowser(t *testing.T) {
	b := browser.Open(t)
	h := newHome(t, kit.SQLite(t, allSchemas()))
	a, bb := h.organisation("a"), h.organisation("b")
	h.organisation("leeg")
	h.staff("analyst", actor.Analyst)
	base, pages := h.street()
	h.out.set(func() { h.out.a["bakkerijdekorst.example."] = []string{"192.0.2.7"} })
	active := h.domain("a", "bakkerijdekorst.example")
	pending := h.register("a", Domain, "molen-de-zwaan.example", Owner)
	if err := h.f.Look(h.as("a"), a, pending.ID); err != nil {
		t.Fatal(err)
	}
	h.run()
	looking := h.register("a", Domain, "webwinkel.example", Owner)
	if err := h.f.Look(h.as("a"), a, looking.ID); err != nil {
		t.Fatal(err)
	}
	network := h.register("a", Prefix, "192.0.2.16/28", Owner)
	h.network("192.0.2.16/28", "192.0.2.16", "192.0.2.31", "abuse@provider.example")
	if err := h.f.AskCode(h.as("a"), a, network.ID); err != nil {
		t.Fatal(err)
	}
	h.run()
	h.sql(`UPDATE footprint_claim SET asked = 'domain', outcome = '' WHERE id = ?1`, looking.ID)
	single := h.register("a", Prefix, "203.0.113.9", Owner)
	wide := h.register("a", Prefix, "198.0.0.0/15", Owner)
	if err := h.f.Plead(h.as("a"), a, wide.ID, "Wij hebben dit sinds 1994.\nDe brief van het register stuur ik op."); err != nil {
		t.Fatal(err)
	}
	product := h.register("a", Product, "Fortinet | FortiOS | lager dan 7.4.4", Owner)
	h.prefix("a", "198.51.100.0/24", Owner)
	theirs := h.prefix("b", "198.51.100.128/25", Owner)
	if err := h.db.Write(t.Context(), func(tx *db.Tx) error {
		return Correct(t.Context(), tx, active.ID, a, "Deze naam is verkocht.", h.clock.Now())
	}); err != nil {
		t.Fatal(err)
	}
	imported := "organisation_reference,kind,value,role\n"
	for i := range 60 {
		imported += fmt.Sprintf("b,domain,klant%d.example,provider\n", i)
	}
	if _, err := h.f.Import(t.Context(), strings.NewReader(imported)); err != nil {
		t.Fatal(err)
	}
	refused := h.register("a", ASN, "AS64501", Owner)
	if err := h.f.Decide(h.as("analyst"), refused.ID, Decision{Answer: "refuse", Reason: "Dit nummer is van een ander."}); err != nil {
		t.Fatal(err)
	}
	_, token := h.codeFor("abuse@provider.example")
	mine := h.f.Index().Address(nil, mustAddr("198.51.100.1"), 0)[0].Asset
	at := func(o, id db.ID) string { return "/o/" + o.String() + "/assets/" + id.String() }
	for _, page := range []struct{ name, who, path string }{
		{"list", "a", "/o/" + a.String() + "/assets"}, {"list-empty", "leeg", "/o/" + h.orgs["leeg"].String() + "/assets"}, {"list-long", "b", "/o/" + bb.String() + "/assets?kind=domain"},
		{"list-none", "a", "/o/" + a.String() + "/assets?find=zzz"}, {"list-done", "a", "/o/" + a.String() + "/assets?done=list&n=3"},
		{"new", "a", "/o/" + a.String() + "/assets/new"}, {"new-domain", "a", "/o/" + a.String() + "/assets/new?kind=domain"}, {"new-product", "a", "/o/" + a.String() + "/assets/new?kind=product"},
		{"bulk", "a", "/o/" + a.String() + "/assets/bulk"}, {"active", "a", at(a, active.ID)}, {"pending", "a", at(a, pending.ID)}, {"looking", "a", at(a, looking.ID)},
		{"network", "a", at(a, network.ID)}, {"single", "a", at(a, single.ID)}, {"wide", "a", at(a, wide.ID)}, {"product", "a", at(a, product.ID)}, {"contested", "b", at(bb, theirs.ID)},
		{"claimed-too", "a", at(a, mine)}, {"member", "a-member", at(a, pending.ID)},
		{"desk", "analyst", "/desk/claims"}, {"desk-corrections", "analyst", "/desk/claims?list=corrections"}, {"desk-waiting", "analyst", "/desk/claims?list=waiting"},
		{"desk-claim", "analyst", "/desk/claims/" + theirs.ID.String()}, {"desk-asked", "analyst", "/desk/claims/" + wide.ID.String()}, {"desk-refused", "analyst", "/desk/claims/" + refused.ID.String()},
		{"objection", "", "/objection/" + token}, {"none", "a", at(a, db.NewID())},
	} {
		b.Goto(base + "/as/" + map[bool]string{true: "nobody", false: page.who}[page.who == ""])
		mark := "?"
		if strings.Contains(page.path, "?") {
			mark = "&"
		}
		for i, width := range []int{360, 1280} {
			for j, lang := range []string{"nl", "en"} {
				b.EmulateDark(i != j)
				b.Resize(width, 800)
				b.Goto(base + page.path + mark + "lang=" + lang)
				h.look(b, fmt.Sprintf("%s-%d-%s", page.name, width, lang))
			}
		}
	}
	// A preview, and a form with an error, are answers to a POST.
	b.EmulateDark(false)
	b.Goto(base + "/as/a")
	b.Resize(360, 800)
	b.Goto(base + "/o/" + a.String() + "/assets/bulk?lang=nl")
	b.Type("#list", "nieuw.example\nbakkerijdekorsd.example\n10.0.0.1\n")
	b.Follow("#check")
	for _, width := range []int{360, 1280} {
		b.Resize(width, 800)
		h.look(b, fmt.Sprintf("preview-%d", width))
	}
	b.Follow("#register")
	h.look(b, "preview-done")
	b.Goto(base + at(a, network.ID))
	b.Type("#code", "AAAA-BBBB-CCCC")
	b.Follow("#enter")
	h.look(b, "code-wrong")
	if !strings.Contains(b.HTML(), "Deze code klopt niet") {
		t.Error("a wrong code is not told")
	}
	b.Goto(base + "/o/" + a.String() + "/assets/new?kind=prefix")
	b.Type("#value", "192.168.1.1")
	b.Follow("#add")
	h.look(b, "new-wrong")
	b.Goto(base + "/as/analyst")
	b.Goto(base + "/desk/claims/" + theirs.ID.String())
	b.Follow("#accept")
	h.look(b, "decide-wrong")
	b.Goto(base + "/desk/claims?list=corrections")
	b.Follow(".correction button[value=keep]")
	h.look(b, "correction-wrong")
	b.Goto(base + "/objection/" + token)
	b.Follow("#object")
	h.look(b, "objection-done")
	b.Goto(base + "/desk/claims?list=refused")
	h.look(b, "desk-list-refused")
	if left := pages.templates.Unexecuted(); len(left) > 0 {
		t.Errorf("never shown: %v", left)
	}
	for _, problem := range b.Problems() {
		if !strings.Contains(problem, "404") && !strings.Contains(problem, "422") {
			t.Errorf("the browser complains: %s", problem)
		}
	}
}

// The whole way with the keyboard alone: register a domain, read what to do, prove it, withdraw it.
func TestProvingWithTheKeyboard(t *testing.T) {
	b := browser.Open(t)
	h := newHome(t, kit.SQLite(t, allSchemas()))
	a := h.organisation("a")
	base, _ := h.street()
	b.Resize(360, 800)
	b.Goto(base + "/as/a")
	b.Goto(base + "/o/" + a.String() + "/assets/new?kind=domain")
	tabTo := func(selector string) {
		t.Helper()
		for range 60 {
			if browser.Eval[bool](b, `document.activeElement.matches(`+fmt.Sprintf("%q", selector)+`)`) {
				return
			}
			b.Press(kb.Tab)
		}
		t.Fatalf("the keyboard does not come to %s", selector)
	}
	enter := func(mark string) {
		t.Helper()
		b.Press(kb.Enter)
		b.WaitFor(mark)
	}
	tabTo("#value")
	b.Press("bakker.example")
	tabTo("#add")
	enter("#look")
	var c Claim
	if err := h.db.Read(t.Context(), func(tx *db.Tx) (err error) {
		c, _, err = claimFor(t.Context(), tx, a, Domain, "bakker.example")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if text := b.HTML(); !strings.Contains(text, "_polder-challenge.bakker.example") || !strings.Contains(text, h.f.proving.proof(c)) {
		t.Error("the page does not say what to put where")
	}
	h.showTXT(c)
	tabTo("#look")
	enter("#again")
	h.run()
	tabTo("#again")
	enter("#confirm")
	if got := h.claim(c.ID); got.State != Active {
		t.Fatalf("%+v", got)
	}
	tabTo(".why summary")
	b.Press(kb.Enter)
	if !browser.Eval[bool](b, `document.querySelector(".why").open`) {
		t.Error("why we ask does not open with the keyboard")
	}
	tabTo("#withdraw")
	enter(".outcome--ok")
	if got := h.claim(c.ID); got.State != Withdrawn {
		t.Errorf("%+v", got)
	}
}
