package notify

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"polder/internal/db"
	"polder/internal/kit"
	"polder/internal/kit/browser"
	"polder/notify/feeds"
)

// openDoor is a company with a server in front, for a browser.
func openDoor(t *testing.T) (c *company, s *street) {
	t.Helper()
	s = &street{server: httptest.NewUnstartedServer(nil)}
	base := "http://" + s.server.Listener.Addr().String()
	s.fixture = newFixture(t, kit.SQLite(t, schemas()), func(set *Settings) { set.BaseURL = base })
	c = companyAt(s.fixture, base)
	mux := http.NewServeMux()
	mux.Handle("/", c.site)
	mux.HandleFunc("GET /as/{who}", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "as", Value: r.PathValue("who"), Path: "/"})
		fmt.Fprint(w, "<!doctype html><title>signed in</title>")
	})
	s.pages, s.server.Config.Handler = c.pages, mux
	s.server.Start()
	t.Cleanup(s.server.Close)
	return c, s
}

// Every page of the portal at 360 and 1280 pixels, light and dark, in both languages; and no template
// that was never shown.
func TestPortalInBrowser(t *testing.T) {
	b := browser.Open(t)
	c, s := openDoor(t)
	var many []string
	for i := range 55 {
		many = append(many, fmt.Sprintf("NOW,medium,198.51.100.%d,tcp,%d,host-%d.vonk.example,http,64500", i%16, 8000+i, i))
	}
	c.ingest("scan_rdp", rdp, rdpLine("192.0.2.11", ""))
	c.ingest("scan_exchange", rdp, `NOW,critical,192.0.2.9,tcp,443,mail.korst.example,"exchange;cve-2024-21410",64500`)
	long := "https://www.korst.example/" + strings.Repeat("bestellen", 12) + "/x.js"
	c.ingest("compromised_website", rdp+",url", "NOW,critical,192.0.2.10,tcp,443,www.korst.example,js-injection,64500,"+long)
	c.assets("smid,domain,vonk.example,owner", "it,domain,visser.example,owner")
	c.ingest("scan_http", rdp, many...)
	c.choose(map[db.ID]string{c.contact("bakker", "tweede@korst.example", true): "en", c.mandateOf("it"): "nl"})
	c.contact("bakker", "derde@korst.example", true)
	c.sql(`DELETE FROM directory_contact WHERE organisation_id = ?1`, c.organisation("it-late").ID)
	if err := c.as("bakker").notify.Try(c.as("bakker").ctx, c.organisation("bakker").ID); err != nil {
		t.Fatal(err)
	}
	me := c.as("bakker")
	bakker := c.organisation("bakker").ID
	if _, err := me.notify.Respond(me.ctx, bakker, Feedback{Answer: OnIt, Note: "De leverancier komt dinsdag.", Chosen: []Fingerprint{c.one("bakker", "192.0.2.7").Fingerprint}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.notify.Answer(c.ctx, c.notify.linkToken(c.warningOf("bakker").ID), Feedback{Answer: IsSolved, Chosen: []Fingerprint{c.one("bakker", "192.0.2.8").Fingerprint}}); err != nil {
		t.Fatal(err)
	}
	// What the bakery arranged: steps, talk, a date that is past, a link to its supplier, a saved list.
	seven := c.one("bakker", "192.0.2.7").Fingerprint
	for _, err := range []error{me.notify.Tick(me.ctx, bakker, seven, rdpMarks()[:2], rdpMarks()), me.notify.Say(me.ctx, bakker, seven, "Kan iemand de leverancier bellen?\nHet nummer hangt bij de oven."),
		c.as("it").notify.Say(c.as("it").ctx, bakker, seven, "Wij kijken er vanmiddag naar."), me.notify.Assign(me.ctx, bakker, seven, c.organisation("it").ID, c.clock.Now().AddDate(0, 0, -2)),
		me.notify.Assign(me.ctx, bakker, c.one("bakker", "192.0.2.8").Fingerprint, c.people["bakker"].Account, c.clock.Now().AddDate(0, 0, 5)),
		me.notify.SaveView(me.ctx, bakker, "Kritiek, nog geen antwoord", "severity=critical&state=unanswered"), me.notify.SaveView(me.ctx, bakker, "Op mijn naam", "work=mine")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	given, err := me.notify.Respond(me.ctx, bakker, Feedback{Answer: Forwarded, Days: 14, To: "Visser IT, Joris", Chosen: []Fingerprint{seven}})
	if err != nil {
		t.Fatal(err)
	}
	for range commentsPage {
		if err := me.notify.Say(me.ctx, bakker, c.one("bakker", "192.0.2.8").Fingerprint, "Nog een keer gekeken."); err != nil {
			t.Fatal(err)
		}
	}
	at := func(reference, rest string) string { return "/o/" + c.organisation(reference).ID.String() + rest }
	one := printText(c.one("bakker", "192.0.2.7").Fingerprint)
	copied := printText(c.one("bakker", "203.0.113.5").Fingerprint)
	for _, page := range []struct{ name, who, path string }{
		{"list", "bakker", at("bakker", "/exposures")}, {"list-each", "bakker", at("bakker", "/exposures?state=each&sort=seen")}, {"list-none", "bakker", at("bakker", "/exposures?find=zzz")},
		{"list-long", "smid", at("smid", "/exposures")}, {"list-member", "bakker-member", at("bakker", "/exposures")}, {"list-part", "it-one", at("bakker", "/exposures")},
		{"list-first", "leeg", at("leeg", "/exposures")}, {"list-calm", "it", at("it", "/exposures")}, {"list-done", "bakker", at("bakker", "/exposures?done=solved&n=2")},
		{"exposure", "bakker", at("bakker", "/exposures/"+one+"?done=answer")}, {"exposure-member", "bakker-member", at("bakker", "/exposures/"+one)}, {"exposure-copy", "it-one", at("bakker", "/exposures/"+copied)},
		{"exposure-long", "bakker", at("bakker", "/exposures/"+printText(c.one("bakker", "192.0.2.10").Fingerprint))},
		{"exposure-new", "bakker", at("bakker", "/exposures/"+printText(c.one("bakker", "192.0.2.9").Fingerprint))},
		{"exposure-worked", "it", at("bakker", "/exposures/"+one)}, {"exposure-talk", "bakker", at("bakker", "/exposures/"+printText(c.one("bakker", "192.0.2.8").Fingerprint))},
		{"list-day", "bakker", at("bakker", "/exposures?state=each&sort=day")}, {"list-view", "bakker", at("bakker", "/exposures?severity=critical&state=unanswered")},
		{"supplier", "nobody", strings.TrimPrefix(given.Supplier, s.server.URL)},
		{"across", "it", "/exposures"}, {"across-places", "it", "/exposures?by=organisation"}, {"across-none", "stranger", "/exposures"},
		{"warnings", "bakker", at("bakker", "/warnings")}, {"warnings-part", "it-one", at("bakker", "/warnings")}, {"warnings-none", "leeg", at("leeg", "/warnings")},
		{"wishes", "bakker", at("bakker", "/warnings/settings")}, {"wishes-none", "it-late", at("it-late", "/warnings/settings?done=saved")},
		{"warning", "bakker", at("bakker", "/warnings/"+c.warningOf("bakker").ID.String())},
	} {
		b.Goto(s.server.URL + "/as/" + page.who)
		mark := "?"
		if strings.Contains(page.path, "?") {
			mark = "&"
		}
		for i, width := range []int{360, 1280} {
			for j, lang := range []string{"nl", "en"} {
				b.EmulateDark(i != j)
				b.Resize(width, 800)
				b.Goto(s.server.URL + page.path + mark + "lang=" + lang)
				s.look(b, fmt.Sprintf("%s-%d-%s", page.name, width, lang))
			}
		}
	}
	// A form with nothing ticked keeps the words and says what is missing.
	b.EmulateDark(false)
	b.Resize(360, 800)
	b.Goto(s.server.URL + "/as/bakker")
	b.Goto(s.server.URL + at("bakker", "/exposures?lang=nl"))
	b.Type("#note", "Bewaar deze woorden")
	b.Follow(`button[value="solved"]`)
	s.look(b, "list-wrong")
	if text := b.HTML(); !strings.Contains(text, "Vink eerst aan") || !strings.Contains(text, "Bewaar deze woorden") {
		t.Error("what was wrong is not told, or what was typed is lost")
	}
	// A link for a supplier is shown once, on its own page.
	b.Goto(s.server.URL + at("bakker", "/exposures/"+printText(c.one("bakker", "192.0.2.11").Fingerprint)+"?lang=nl"))
	b.Type("#to", "Visser")
	b.Follow("#pass")
	s.look(b, "handed")
	if text := b.HTML(); !strings.Contains(text, s.server.URL+"/f/") {
		t.Error("the link is not shown")
	}
	// The next page of a long list, and back.
	b.Resize(1280, 800)
	b.Goto(s.server.URL + "/as/smid")
	b.Goto(s.server.URL + at("smid", "/exposures?severity=medium"))
	b.Follow(`a[rel="next"]`)
	s.look(b, "list-next")
	if left := c.pages.portal.templates.Unexecuted(); len(left) > 0 {
		t.Errorf("never shown: %v", left)
	}
	for _, problem := range b.Problems() {
		if !strings.Contains(problem, "422") {
			t.Errorf("the browser complains: %s", problem)
		}
	}
}

// With the keyboard alone, on a telephone: search, tick two, say that they are solved; open one, ask
// for help.
func TestPortalWithTheKeyboard(t *testing.T) {
	b := browser.Open(t)
	c, s := openDoor(t)
	b.Resize(360, 800)
	b.Goto(s.server.URL + "/as/bakker")
	b.Goto(s.server.URL + "/o/" + c.organisation("bakker").ID.String() + "/exposures?lang=nl")
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
	tabTo("#find")
	b.Press("192.0.2.")
	b.Press(kb.Enter)
	b.WaitFor(`#find[value="192.0.2."]`)
	seven, eight := printText(c.one("bakker", "192.0.2.7").Fingerprint), printText(c.one("bakker", "192.0.2.8").Fingerprint)
	for _, print := range []string{seven, eight} {
		tabTo(`input[value="` + print + `"]`)
		b.Press(" ")
	}
	b.Press(kb.Enter) // in a tick box: asks for an answer, gives none, and keeps the ticks
	b.WaitFor(".error-summary")
	if c.one("bakker", "192.0.2.7").State != StateOpen || !browser.Eval[bool](b, `document.querySelector('input[value="`+seven+`"]').checked`) {
		t.Error("Enter in a tick box gave an answer, or lost the ticks")
	}
	tabTo(`button[value="solved"]`)
	b.Press(kb.Enter)
	b.WaitFor(".outcome--ok")
	if a, e := c.one("bakker", "192.0.2.7").State, c.one("bakker", "192.0.2.8").State; a != StateSolved || e != StateSolved {
		t.Fatalf("%s and %s", a, e)
	}
	if text := b.Text(".outcome--ok"); !strings.Contains(text, "2 systemen of accounts") {
		t.Error(text)
	}
	b.Goto(s.server.URL + "/o/" + c.organisation("bakker").ID.String() + "/exposures/" + seven)
	tabTo("#note")
	b.Press("Bel ons alsjeblieft")
	tabTo(`button[value="help"]`)
	b.Press(kb.Enter)
	b.WaitFor(".outcome--ok")
	if text := b.HTML(); !strings.Contains(text, "Bel ons alsjeblieft") || !strings.Contains(text, "Door jou") {
		t.Error("the page does not say what was asked, and by whom")
	}
	if n := c.count("notify_notification", "kind = 'desk'"); n != 1 {
		t.Errorf("the desk was asked %d times", n)
	}
}

// With the keyboard alone, on a telephone: tick a step, give it to somebody with a date, say something,
// make a link for a supplier and withdraw it, save a list and delete it.
func TestWorkWithTheKeyboard(t *testing.T) {
	b := browser.Open(t)
	c, s := openDoor(t)
	b.Resize(360, 800)
	b.Goto(s.server.URL + "/as/bakker")
	list := s.server.URL + "/o/" + c.organisation("bakker").ID.String() + "/exposures"
	seven := c.one("bakker", "192.0.2.7").Fingerprint
	one := list + "/" + printText(seven) + "?lang=nl"
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
	press := func(selector, done string) {
		t.Helper()
		tabTo(selector)
		b.Press(kb.Enter)
		b.WaitFor(".outcome--ok")
		if text := b.Text(".outcome--ok"); !strings.Contains(text, done) {
			t.Errorf("%s: %q, not %q", selector, text, done)
		}
	}
	b.Goto(one)
	tabTo(`input[name="step"][value="` + rdpMarks()[1] + `"]`)
	b.Press(" ")
	press("#tick", "De vinkjes zijn bewaard")
	b.Goto(one)
	tabTo("#assignee")
	b.Press("De bakker (jij)")
	press("#planned", "De afspraak is bewaard")
	b.Goto(one)
	tabTo("#comment")
	b.Press("Ik bel morgen")
	press("#say", "Je bericht staat erbij")
	b.Goto(one)
	tabTo("#to")
	b.Press("Visser")
	tabTo("#pass")
	b.Press(kb.Enter)
	b.WaitFor("#link")
	b.Goto(one)
	press(`form[action$="/withdraw"] button`, "De link werkt niet meer")
	w, err := c.as("bakker").notify.Worked(c.as("bakker").ctx, c.organisation("bakker").ID, seven, db.ID{})
	if err != nil || len(w.Steps) != 1 || w.Steps[0].Mark != rdpMarks()[1] || len(w.Comments) != 1 || w.Comments[0].Text != "Ik bel morgen" || len(w.Links) != 1 || w.Links[0].RevokedAt.IsZero() {
		t.Errorf("%+v, %v", w, err)
	}
	if e := c.one("bakker", "192.0.2.7"); e.Assignee != c.people["bakker"].Account {
		t.Errorf("%+v", e)
	}
	b.Goto(list + "?lang=nl&work=mine")
	tabTo("details.save > summary")
	b.Press(kb.Enter)
	tabTo("#view")
	b.Press("Op mijn naam")
	press("#save", "De filters zijn bewaard")
	b.Goto(list + "?lang=nl")
	press(`form[action$="/remove"] button`, "De bewaarde lijst is weg")
}

// With the keyboard alone, on a telephone: choose how soon mails come, to whom and in which language, keep it, send a
// test message, and hear that there can be no more of them today.
func TestWishesWithTheKeyboard(t *testing.T) {
	b := browser.Open(t)
	c, s := openDoor(t)
	second := c.contact("bakker", "tweede@korst.example", true)
	b.Resize(360, 800)
	b.Goto(s.server.URL + "/as/bakker")
	b.Goto(s.server.URL + "/o/" + c.organisation("bakker").ID.String() + "/warnings?lang=nl")
	tabTo := func(selector string) {
		t.Helper()
		for range 60 {
			if browser.Eval[bool](b, `document.activeElement.matches(`+fmt.Sprintf("%q", selector)+`)`) {
				if browser.Eval[string](b, `getComputedStyle(document.activeElement).outlineStyle`) == "none" {
					t.Errorf("the focus on %s cannot be seen", selector)
				}
				return
			}
			b.Press(kb.Tab)
		}
		t.Fatalf("the keyboard does not come to %s", selector)
	}
	done := func(want string) {
		t.Helper()
		b.WaitFor(".outcome--ok")
		if text := b.Text(".outcome--ok"); !strings.Contains(text, want) {
			t.Errorf("%q, not %q", text, want)
		}
	}
	tabTo(`main a[href$="/warnings/settings"]`)
	b.Press(kb.Enter)
	b.WaitFor("#often-low")
	tabTo("#often-low")
	b.Press(kb.End) // the last choice: not at all
	tabTo(`input[name="to"][value="` + second.String() + `"]`)
	b.Press(" ")
	tabTo("#language-" + second.String())
	b.Press("Engels")
	tabTo("#save")
	b.Press(kb.Enter)
	done("bewaard")
	w, err := c.as("bakker").notify.Wishes(c.as("bakker").ctx, c.organisation("bakker").ID)
	if err != nil || w.Cadence[feeds.Low] != Never || w.Cadence[feeds.Critical] != AtOnce {
		t.Errorf("%v, %v", w.Cadence, err)
	}
	for _, m := range w.Mailboxes {
		if want := m.Main || m.ID == second; m.Chosen != want || m.ID == second && m.Lang != "en" {
			t.Errorf("%+v", m)
		}
	}
	for range mostTests {
		b.Goto(s.server.URL + "/o/" + c.organisation("bakker").ID.String() + "/warnings/settings?lang=nl")
		tabTo("#try")
		b.Press(kb.Enter)
		done("estbericht is onderweg")
	}
	if browser.Eval[bool](b, `!!document.querySelector("#try")`) || !strings.Contains(b.HTML(), "tweede@korst.example") {
		t.Error("a test can be asked for without end, or it does not say to whom it went")
	}
}
