package notify

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
	"golang.org/x/net/html"

	"polder/internal/db"
	"polder/internal/kit"
	"polder/internal/kit/browser"
)

// street is a fixture with a server in front, for a browser.
type street struct {
	*fixture
	server *httptest.Server
	pages  *pages
}

func openStreet(t *testing.T, d *db.DB) *street {
	t.Helper()
	s := &street{}
	// The address must be known before the links are made, and the site after.
	s.server = httptest.NewUnstartedServer(nil)
	s.fixture = newFixture(t, d, func(set *Settings) { set.BaseURL = "http://" + s.server.Listener.Addr().String() })
	site, pages := s.siteOf(s.fixture.notify.set.BaseURL)
	s.pages, s.server.Config.Handler = pages, site
	s.server.Start()
	t.Cleanup(s.server.Close)
	return s
}

// busy warns a Dutch organisation of several kinds of problem, and an English one of a single one.
func (s *street) busy() {
	s.organisations("bakker,Bakkerij De Korst,nl,info@korst.example", "smid,Smederij Vonk,en,info@vonk.example")
	s.assets("bakker,prefix,192.0.2.0/28,owner", "bakker,prefix,2001:db8:4000::/48,owner", "bakker,domain,korst.example,owner",
		"smid,prefix,198.51.100.0/28,provider")
	s.ingest("scan_rdp", rdp, rdpLine("192.0.2.7", "kassa.korst.example"), rdpLine("192.0.2.8", ""), rdpLine("198.51.100.3", "smidse.vonk.example"))
	s.ingest("scan6_smb", rdp, "NOW,critical,2001:db8:4000:17::8a2e:370:7334,tcp,445,nas.korst.example,smb,64500")
	s.ingest("scan_exchange", rdp, `NOW,critical,192.0.2.9,tcp,443,mail.korst.example,"exchange;cve-2024-21410",64500`)
	s.compose()
	s.deliver()
}

// Every page, on a telephone and on a desk, light and dark, in both languages: nothing that
// axe-core objects to, nothing that needs scrolling sideways. POLDER_SCREENSHOTS=FOLDER keeps
// pictures of them.
func TestPagesInBrowser(t *testing.T) {
	b := browser.Open(t)
	s := openStreet(t, kit.SQLite(t, schemas()))
	s.busy()
	bakker, smid := "/f/"+s.token("bakker"), "/f/"+s.token("smid")
	given, err := s.notify.Answer(s.ctx, s.token("smid"), Feedback{Answer: Forwarded})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.notify.Less(s.ctx, s.token("smid")); err != nil {
		t.Fatal(err)
	}
	supplier := strings.TrimPrefix(given.Supplier, s.notify.set.BaseURL)
	reference := s.latest("bakker").Reference
	for _, page := range []struct{ name, path string }{
		{"verify", "/verify?lang=nl"}, {"verify-ours", "/verify?lang=nl&ref=" + reference}, {"verify-unknown", "/verify?lang=en&ref=" + newReference()},
		{"verify-malformed", "/verify?lang=nl&ref=123"}, {"several", bakker + "?lang=nl"}, {"one", smid + "?lang=en"}, {"done", smid + "?done=answer&lang=en"},
		{"supplier", supplier + "?lang=nl"}, {"less", bakker + "/less?lang=nl"}, {"less-done", smid + "/less?lang=en"}, {"unknown-link", "/f/nonsense?lang=nl"},
	} {
		for _, width := range []int{360, 800, 1280} {
			for _, dark := range []bool{false, true} {
				b.EmulateDark(dark)
				b.Resize(width, 800)
				b.Goto(s.server.URL + page.path)
				s.look(b, fmt.Sprintf("%s-%d-%s", page.name, width, map[bool]string{false: "light", true: "dark"}[dark]))
			}
		}
	}
	for _, problem := range b.Problems() {
		if !strings.Contains(problem, "404") && !strings.Contains(problem, "422") {
			t.Errorf("the browser complains: %s", problem)
		}
	}
}

// look holds the page in the browser against what every page must be.
func (s *street) look(b *browser.Browser, name string) {
	s.t.Helper()
	if folder := os.Getenv("POLDER_SCREENSHOTS"); folder != "" {
		b.Screenshot(filepath.Join(folder, name+".png"))
	}
	if wide := b.Overflow(); wide > 0 {
		s.t.Errorf("%s: the page is %d px wider than the screen", name, wide)
	}
	for _, v := range b.Axe() {
		s.t.Errorf("%s: %s", name, v)
	}
}

// The way of a person who passes it on, of the supplier who solves it, and of the link withdrawn; on
// a telephone, with clicks.
func TestPassingOnInBrowser(t *testing.T) {
	b := browser.Open(t)
	s := openStreet(t, kit.SQLite(t, schemas()))
	s.busy()
	letter := s.server.URL + "/f/" + s.token("bakker")
	b.Resize(360, 800)
	b.Goto(letter)
	b.Follow("button[value=on_it]")
	if got := browser.Eval[string](b, `document.activeElement.textContent`); !strings.Contains(got, "Dank je, dat is genoteerd") {
		t.Errorf("after the answer the focus is on %q", got)
	}
	b.Follow("button[value=forwarded]")
	for _, width := range []int{1280, 360} {
		for _, dark := range []bool{true, false} {
			b.EmulateDark(dark)
			b.Resize(width, 800)
			s.look(b, fmt.Sprintf("passed-%d-%s", width, map[bool]string{false: "light", true: "dark"}[dark]))
		}
	}
	link := b.Text(".give code")
	if strings.Contains(b.URL(), link[strings.LastIndex(link, "/")+1:]) || !strings.HasPrefix(link, s.notify.set.BaseURL+"/f/") {
		t.Fatalf("the link %q at %s", link, b.URL())
	}
	if text := browser.Eval[string](b, `document.querySelector("#message").value`); !strings.Contains(text, link) {
		t.Errorf("the text to send lacks the link:\n%s", text)
	}

	b.Goto(link)
	if n := browser.Eval[int](b, `document.querySelectorAll(".choice").length`); n != len(answersOf[Supplier]) {
		t.Errorf("the supplier has %d buttons", n)
	}
	b.Click(`tbody tr:first-child .pick`)
	b.Type("#note", "Poort gesloten.")
	b.Follow("button[value=solved]")
	if !strings.HasPrefix(b.Title(), "Mooi, dank je wel") {
		t.Errorf("the supplier's answer ends at %q", b.Title())
	}
	if n := s.count("notify_exposure", "state = 'solved'"); n != 1 {
		t.Errorf("%d solved; one was ticked", n)
	}
	if n := s.count("notify_feedback", "holder = 'supplier' AND note = 'Poort gesloten.' AND exposures = 1"); n != 1 {
		t.Error("the supplier's words are not kept")
	}

	b.Goto(letter)
	if !strings.Contains(b.Text(".said"), "leverancier") {
		t.Errorf("what the supplier said is not there: %q", b.Text(".said"))
	}
	b.Follow("#revoke")
	if !strings.HasPrefix(b.Title(), "De link van je leverancier is ingetrokken") {
		t.Errorf("withdrawing ends at %q", b.Title())
	}
	b.Goto(link)
	if !strings.Contains(b.Text("main"), "ingetrokken") {
		t.Errorf("a withdrawn link shows %q", b.Text("main"))
	}
	s.look(b, "revoked-360-light")
	for _, problem := range b.Problems() {
		if !strings.Contains(problem, "410") {
			t.Errorf("the browser complains: %s", problem)
		}
	}
}

// With keys alone: Tab comes by every tick box and button in the order of reading, space ticks,
// Enter on a tick box says nothing by accident, Enter on a button answers.
func TestAnswerByKeyboard(t *testing.T) {
	b := browser.Open(t)
	s := openStreet(t, kit.SQLite(t, schemas()))
	s.busy()
	b.Goto(s.server.URL + "/f/" + s.token("bakker"))
	tabTo := func(selector string) {
		t.Helper()
		for range 60 {
			b.Press(kb.Tab)
			if browser.Eval[bool](b, `document.activeElement.matches("`+selector+`")`) {
				return
			}
		}
		t.Fatalf("Tab does not come to %s", selector)
	}
	tabTo("input[name=about]")
	b.Press(" ")
	b.Press(kb.Enter)
	b.WaitFor(".error-summary")
	if s.count("notify_feedback", "") != 0 || !browser.Eval[bool](b, `document.querySelector("input[name=about]").checked`) {
		t.Error("Enter on a tick box answers, or loses what was ticked")
	}
	s.look(b, "no-answer-light")
	tabTo("button[value=false_positive]")
	if outline := browser.Eval[string](b, `getComputedStyle(document.activeElement).outlineStyle`); outline != "solid" {
		t.Errorf("the focus cannot be seen: %s", outline)
	}
	b.Press(kb.Enter)
	b.WaitFor(".outcome")
	if n := s.count("notify_feedback", ""); n != 1 {
		t.Errorf("%d answers, want the one of the button", n)
	}
	if n := s.count("notify_exposure", "state = 'false_positive'"); n != 1 {
		t.Errorf("%d moved, want the one that was ticked", n)
	}
}

// Targets are large enough to hit with a thumb.
func TestTargetsOfAnswers(t *testing.T) {
	b := browser.Open(t)
	s := openStreet(t, kit.SQLite(t, schemas()))
	s.busy()
	b.Resize(360, 800)
	for _, path := range []string{"/f/" + s.token("bakker"), "/f/" + s.token("bakker") + "/less", "/verify?ref=" + newReference()} {
		b.Goto(s.server.URL + path)
		small := browser.Eval[[]string](b, `[...document.querySelectorAll("main button:not(.visually-hidden), main .utrecht-button, main input:not([type=checkbox]), main textarea, main select, .pick, .call a, .jump")]
			.filter(e => e.checkVisibility())
			.filter(e => { const r = e.getBoundingClientRect(); return r.height < (e.matches(".pick") ? 32 : 44) || r.width < 44 })
			.map(e => e.outerHTML.slice(0, 80) + " " + e.getBoundingClientRect().height)`)
		if len(small) > 0 {
			t.Errorf("%s: too small to hit: %q", path, small)
		}
	}
}

// The pages keep working where there is no more than HTML: no script of the page takes part in any
// of it.
func TestPagesNeedNoScript(t *testing.T) {
	s := openStreet(t, kit.SQLite(t, schemas()))
	s.busy()
	v := &visitor{s.fixture, s.server.Config.Handler, s.pages}
	for _, path := range []string{"/f/" + s.token("bakker"), "/f/" + s.token("bakker") + "/less", "/verify"} {
		page := v.get(path).Body.String()
		for z := html.NewTokenizer(strings.NewReader(page)); z.Next() != html.ErrorToken; {
			if tag := z.Token(); tag.Data == "button" && slices.ContainsFunc(tag.Attr, func(a html.Attribute) bool { return a.Key == "type" && a.Val == "button" }) &&
				!slices.ContainsFunc(tag.Attr, func(a html.Attribute) bool { return a.Key == "hidden" }) {
				t.Errorf("%s: %s does nothing without a script, and is not hidden until there is one", path, tag)
			}
		}
	}
}
