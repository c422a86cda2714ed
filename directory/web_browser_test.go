package directory

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"polder/internal/actor"
	"polder/internal/chart"
	"polder/internal/db"
	"polder/internal/i18n"
	"polder/internal/kit"
	"polder/internal/kit/browser"
	"polder/internal/web"
)

// sit lets a person sit down at the browser.
func (w *world) sit(b *browser.Browser, name string) {
	w.Helper()
	token := w.tokens[name]
	if name == "" {
		token = "nobody"
	}
	b.SetCookie(w.base, "polder_session", token)
}

// look holds the page in the browser against what every page must be, on a telephone and on a desk,
// in both languages.
func (w *world) look(b *browser.Browser, name string) {
	w.Helper()
	at := b.URL()
	for _, lang := range []string{"en", "nl"} { // Dutch last, so that the story goes on in it
		for _, width := range []int{360, 1280} {
			b.Resize(width, 800)
			sep := "?"
			if strings.Contains(at, "?") {
				sep = "&"
			}
			b.Goto(at + sep + "lang=" + lang)
			w.hold(b, fmt.Sprintf("%s-%s-%d", name, lang, width))
		}
	}
}

func (w *world) hold(b *browser.Browser, name string) {
	w.Helper()
	if folder := os.Getenv("POLDER_SCREENSHOTS"); folder != "" {
		b.Screenshot(filepath.Join(folder, name+".png"))
	}
	if wide := b.Overflow(); wide > 0 {
		w.Errorf("%s: the page is %d px wider than the screen", name, wide)
	}
	for _, v := range b.Axe() {
		w.Errorf("%s: %s", name, v)
	}
}

// Two people who have never seen it: one registers an organisation and verifies a contact, the other
// comes in by an invitation; a supplier is given a mandate, which both see, and which is withdrawn.
func TestSelfServiceInBrowser(t *testing.T) {
	b := browser.Open(t)
	w := newWorld(t, kit.SQLite(t, schemas()))
	for _, name := range []string{"anna", "bram", "leo"} {
		w.person(name)
	}
	w.person("adviser", actor.Adviser)
	assets := []AssetLabel{{db.NewID(), "korst.example"}, {db.NewID(), "192.0.2.0/24"}}
	supplier := w.organisation("leo", "Netwerkbeheer Noord", "87654321")
	url := w.base

	w.sit(b, "anna")
	b.Goto(url + "/organisations?lang=nl")
	w.look(b, "organisations-none")
	b.Goto(url + "/home")
	if got := b.URL(); got != url+"/organisations/new" {
		t.Fatalf("home leads to %s", got)
	}
	w.look(b, "register")
	b.Follow("#send") // nothing filled in: everything that is missing is said, and the focus is there
	if n := browser.Eval[int](b, `document.querySelectorAll(".error-summary li").length`); n != 4 {
		t.Errorf("%d things to mend", n)
	}
	b.Resize(360, 800)
	w.hold(b, "register-wrong-nl-360")
	b.Resize(1280, 800)
	w.hold(b, "register-wrong-nl-1280")
	// By keyboard alone.
	browser.Eval[bool](b, `(document.querySelector("#number").focus(), true)`)
	b.Press("1234 5678")
	b.Press(kb.Tab)
	b.Press("Bakkerij De Korst")
	b.Press(kb.Tab)
	b.Press("I") // "Industrie"
	b.Press(kb.Tab)
	b.Press(" ") // one person
	b.Press(kb.ArrowDown)
	b.Press(kb.Tab)
	b.Press("U") // Utrecht
	b.Press(kb.Tab)
	b.Press("korst.example")
	b.Press(kb.Enter)
	b.WaitFor(".outcome--ok")
	if !strings.HasSuffix(b.URL(), "?done=registered") {
		t.Fatalf("after registering: %s", b.URL())
	}
	list, _, err := w.dir.Organisations(w.as("anna"), "", Cursor{}, 10)
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	o := w.state(list[0].ID)
	if o.Name != "Bakkerij De Korst" || o.Sector != "C" || o.Employees != 2 || o.Province != "Utrecht" || o.Domain != "korst.example" {
		t.Errorf("%+v", o)
	}
	home := url + "/o/" + o.ID.String()
	w.look(b, "home-requested")

	// A colleague who registers the same is told so and asks.
	w.sit(b, "bram")
	b.Goto(url + "/organisations/new")
	b.Type("#number", "12345678")
	b.Type("#name", "De Korst")
	b.Press(kb.Tab)
	b.Press("I")
	b.Click(`input[name=size][value="2"]`)
	b.Follow("#send")
	if got := b.Text("h1"); got != "Deze organisatie lijkt er al te zijn" {
		t.Fatalf("%s", got)
	}
	for _, width := range []int{360, 1280} {
		b.Resize(width, 800)
		w.hold(b, fmt.Sprintf("taken-nl-%d", width))
	}
	b.Follow("#join")

	// Staff ask, the owner answers, staff accept.
	w.sit(b, "adviser")
	b.Goto(url + "/desk/organisations")
	w.look(b, "desk")
	b.Follow(`a[href="/desk/organisations/` + o.ID.String() + `"]`)
	w.look(b, "file")
	b.Follow("#ask")
	b.WaitFor(".error-summary")
	b.Type("#text", "Is dit de winkel of de bakkerij?")
	b.Follow("#ask")
	w.sit(b, "anna")
	b.Goto(home)
	w.look(b, "home-asked")
	b.Type("#text", "Allebei.")
	b.Follow("form button.utrecht-button--primary-action")
	w.sit(b, "adviser")
	b.Goto(url + "/desk/organisations/" + o.ID.String())
	b.Follow("#accept")

	// A contact.
	w.sit(b, "anna")
	b.Goto(home + "/contacts")
	w.look(b, "contacts-none")
	b.Type("#email", "ict@korst.example")
	b.Follow("#add")
	w.look(b, "contacts-code")
	b.Type("input[autocomplete=one-time-code]", "12")
	b.Press(kb.Enter)
	b.WaitFor(".error-summary")
	w.hold(b, "contacts-wrong-nl-1280")
	b.Type("input[autocomplete=one-time-code]", w.code("ict@korst.example"))
	b.Press(kb.Enter)
	b.WaitFor(".status--done")
	w.look(b, "contacts")
	if got := w.state(o.ID).Email; got != "ict@korst.example" {
		t.Errorf("warnings go to %q", got)
	}
	b.Follow(`a[href$="/remove"]`)
	w.look(b, "contact-remove")

	// People: the request of bram, and an invitation.
	b.Goto(home + "/people")
	w.look(b, "people-join")
	b.Follow(".panel form[action$=invite] button")
	w.look(b, "people-invited")
	link := url + "/invitation/" + w.invitation("bram@people.example")
	w.sit(b, "")
	b.Goto(link)
	w.look(b, "invitation-nobody")
	b.Follow("#accept") // leads to sign in, and from there back
	if !strings.HasSuffix(b.URL(), "/sign-in?to=%2Finvitation") {
		t.Fatalf("%s", b.URL())
	}
	w.sit(b, "bram")
	b.Goto(url + "/invitation")
	w.look(b, "invitation")
	b.Follow("#accept")
	if got := b.Text("h1"); got != "Bakkerij De Korst" {
		t.Errorf("bram comes to %s", got)
	}
	w.look(b, "home-member")
	b.Goto(home + "/leave")
	w.look(b, "leave")

	// A mandate.
	w.dir.Assets = func(_ context.Context, _ *db.Tx, organisation db.ID) ([]AssetLabel, error) {
		if organisation == o.ID {
			return assets, nil
		}
		return nil, nil
	}
	w.sit(b, "anna")
	b.Goto(home + "/mandates")
	w.look(b, "mandates-none")
	b.Goto(home + "/mandates/new")
	w.look(b, "mandate-new")
	b.Type("#holder", w.state(supplier).Reference)
	b.Click(`input[name=may][value=act]`)
	b.Click(`input[name=scope][value=some]`)
	b.Click(`input[name=asset]`)
	b.Follow("#next")
	for _, width := range []int{360, 1280} {
		b.Resize(width, 800)
		w.hold(b, fmt.Sprintf("mandate-confirm-nl-%d", width))
	}
	b.Follow("#give")
	w.look(b, "mandates")
	w.sit(b, "leo")
	b.Goto(url + "/o/" + supplier.String() + "/clients")
	w.look(b, "clients")
	b.Follow(`td a, th a`)
	if got := b.Text(".site-header__context"); !strings.Contains(got, "Bakkerij De Korst") || !strings.Contains(got, "Netwerkbeheer Noord") {
		t.Errorf("acting for somebody, the header says %q", got)
	}
	w.look(b, "home-delegate")
	b.Goto(url + "/organisations")
	w.look(b, "organisations")
	w.sit(b, "anna")
	b.Goto(home + "/mandates")
	b.Follow(`form[action$=withdraw] button`)
	if got := b.Text("td .status"); got != "Ingetrokken" {
		t.Errorf("the giver sees %q", got)
	}
	w.sit(b, "leo")
	b.Goto(url + "/o/" + supplier.String() + "/clients")
	if got := b.Text("td .status"); got != "Ingetrokken" {
		t.Errorf("the holder sees %q", got)
	}
	w.look(b, "clients-withdrawn")
	b.Goto(home)
	if got := b.Title(); !strings.Contains(got, "Deze pagina bestaat niet") {
		t.Errorf("after withdrawal leo sees %q", got)
	}

	w.sit(b, "anna")
	b.Goto(home + "/settings")
	w.look(b, "settings")
	b.Goto(home + "/close")
	w.look(b, "close")
	b.Follow("#close")
	b.WaitFor(".error-summary")
	w.hold(b, "close-wrong-nl-1280")
	// How it stands is told by those who watch.
	w.dir.OnStanding(func(context.Context, *db.Tx, actor.In) (func(say *i18n.Printer) Standing, error) {
		return func(say *i18n.Printer) Standing {
			return Standing{Open: []Open{{"critical", "2", home + "/contacts"}}, Lines: []string{"We keken gisteren."}, Do: "Voeg iets toe", DoPath: home + "/people", Empty: &web.Empty{Title: "Niets"},
				Trend: chart.Chart{ID: "trend", Title: "Open", Summary: "Van 1 naar 2.", Head: "Dag", Labels: []string{"1 mei", "2 mei"}, Series: []chart.Series{{Name: "Kritiek", Tone: "critical", Values: []float64{1, 2}}}}}
		}, nil
	})
	b.Goto(home)
	w.look(b, "home")
	b.EmulateDark(true)
	w.look(b, "home-dark")
	b.Goto(home + "/people")
	w.look(b, "people-dark")
	b.EmulateDark(false)
	b.Goto(home + "/close")
	b.Click("#sure")
	b.Follow("#close")
	if w.state(o.ID).State != Closed {
		t.Error("it is not closed")
	}
	for _, problem := range b.Problems() {
		if !strings.Contains(problem, "404") && !strings.Contains(problem, "422") {
			t.Errorf("the browser complains: %s", problem)
		}
	}
	if left := w.pages.templates.Unexecuted(); len(left) > 0 {
		t.Errorf("never shown: %v", left)
	}
}
