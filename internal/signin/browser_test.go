package signin

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/kit"
	"polder/internal/kit/browser"
)

// look holds the page in the browser against what every page must be, on a telephone and on a desk,
// light and dark. POLDER_SCREENSHOTS=FOLDER keeps pictures.
func (f *town) look(b *browser.Browser, name string) {
	f.t.Helper()
	for _, width := range []int{360, 1280} {
		for _, dark := range []bool{false, true} {
			b.EmulateDark(dark)
			b.Resize(width, 800)
			at := fmt.Sprintf("%s-%d-%s", name, width, map[bool]string{false: "light", true: "dark"}[dark])
			if folder := os.Getenv("POLDER_SCREENSHOTS"); folder != "" {
				b.Screenshot(filepath.Join(folder, at+".png"))
			}
			if wide := b.Overflow(); wide > 0 {
				f.t.Errorf("%s: the page is %d px wider than the screen", at, wide)
			}
			for _, v := range b.Axe() {
				f.t.Errorf("%s: %s", at, v)
			}
		}
	}
	b.EmulateDark(false)
}

// key clicks the button for passkeys and waits for the page that follows.
func (f *town) key(b *browser.Browser, path string) {
	f.t.Helper()
	b.Click("#passkey")
	f.arrive(b, path)
}

// arrive waits until the browser is on a path.
func (f *town) arrive(b *browser.Browser, path string) {
	f.t.Helper()
	b.Arrive(f.base + path)
	b.WaitFor("h1")
}

// The way of a person with passkeys: registers, keeps recovery codes, adds a second passkey, signs
// out and in, loses everything but the codes, and comes back.
func TestPasskeysInBrowser(t *testing.T) {
	b := browser.Open(t)
	f := open(t, kit.SQLite(t, schemas()))
	phone := b.VirtualAuthenticator()

	b.Goto(f.base + "/register?lang=nl&to=%2Faccount%2Fsessions")
	f.look(b, "register")
	b.Follow("#go")
	if got := b.Text(".error-summary"); !strings.Contains(got, "mailadres") || !strings.Contains(got, "naam in") {
		t.Errorf("an empty form answers %q", got)
	}
	f.look(b, "register-wrong")
	b.Type("#name", "Anna Jansen")
	b.Type("#mail", "Anna@Bakkerij.example")
	b.Follow("#go")
	f.look(b, "register-code")
	b.Type("#code", f.code("anna@bakkerij.example"))
	b.Follow("#go")
	b.WaitFor("#passkey")
	f.look(b, "factor")

	phone.Lock(true) // not the person
	b.Click("#passkey")
	b.WaitFor("#passkey-problem")
	if got := b.Text("#passkey-problem"); !strings.Contains(got, "afgebroken") {
		t.Errorf("a passkey that is not unlocked: %q", got)
	}
	phone.Lock(false)
	f.key(b, "/account/codes")
	f.look(b, "codes")
	codes := browser.Eval[[]string](b, `[...document.querySelectorAll(".codes code")].map(e => e.textContent)`)
	if len(codes) != recoveryCodes {
		t.Fatalf("%d recovery codes", len(codes))
	}
	b.Follow("#saved")
	if u := b.URL(); u != f.base+"/account/sessions" {
		t.Errorf("after registering the person is at %s", u)
	}
	f.look(b, "sessions")
	b.Goto(f.base + "/account/codes")
	if !strings.Contains(b.Text("h1"), "Dit is er niet meer") && !strings.Contains(b.Text("main"), "verlopen") {
		t.Errorf("recovery codes are shown twice: %q", b.Text("main"))
	}

	b.Goto(f.base + "/account")
	f.look(b, "account")
	if !strings.Contains(b.Text("main"), "tweede passkey") {
		t.Error("nobody says that a second passkey is wise")
	}
	b.Goto(f.base + "/account/sign-in")
	f.look(b, "factors-one")
	b.Click("#passkey") // the same device has one already
	b.WaitFor("#passkey-problem")
	if got := b.Text("#passkey-problem"); !strings.Contains(got, "staat al een passkey") {
		t.Errorf("the same device twice: %q", got)
	}
	second := b.VirtualAuthenticator()
	f.clock.Advance(actor.StepUp) // and by now the factor is no longer fresh
	b.Goto(f.base + "/account/password")
	f.arrive(b, "/sign-in/confirm?to=%2Faccount%2Fpassword")
	f.look(b, "confirm-passkey")
	before := f.sessionHash()
	f.key(b, "/account/password")
	if f.sessionHash() == before {
		t.Error("the session has no new token after stepping up")
	}
	b.Goto(f.base + "/account/sign-in")
	phone.Sleep(true)
	f.key(b, "/account/sign-in?done=passkey")
	phone.Sleep(false)
	if n := f.count("signin_passkey", ""); n != 2 || second.Passkeys()+phone.Passkeys() != 2 {
		t.Errorf("%d passkeys", n)
	}
	f.look(b, "factors-two")

	b.Goto(f.base + "/account")
	b.Follow("#sign-out")
	f.look(b, "sign-in")
	b.Goto(f.base + "/account/data")
	f.arrive(b, "/sign-in?to=%2Faccount%2Fdata")
	f.key(b, "/account/data")
	f.look(b, "data")
	b.Goto(f.base + "/account/forget")
	f.look(b, "forget")
	b.Goto(f.base + "/account/mail")
	f.look(b, "mail")
	b.Type("#mail", "anna@elders.example")
	b.Follow("#go")
	f.look(b, "mail-code")
	b.Type("#code", f.code("anna@elders.example"))
	b.Follow("#go")
	if !strings.Contains(b.Text("main"), "anna@elders.example") {
		t.Error("the new address is not there")
	}
	if got := f.letter("anna@bakkerij.example").Subject; got != "Je mailadres is gewijzigd" {
		t.Errorf("the old address is told %q", got)
	}

	b.Follow("#sign-out")
	phone.Unplug()
	second.Unplug()
	b.Goto(f.base + "/sign-in/recovery")
	f.look(b, "recovery")
	b.Type("#mail", "anna@elders.example")
	b.Type("#code", strings.ToUpper(codes[3]))
	b.Follow("#go")
	f.arrive(b, "/account/sign-in?done=recovered")
	f.look(b, "recovered")
	if got := f.letter("anna@elders.example").Text; !strings.Contains(got, "over hebt: 9") {
		t.Errorf("the mail says:\n%s", got)
	}
	third := b.VirtualAuthenticator()
	f.key(b, "/account/sign-in?done=passkey")
	for range 2 { // the lost ones
		b.Click(".keys__one:first-child summary")
		b.Follow(".keys__one:first-child form[action$=remove] button")
	}
	if n := f.count("signin_passkey", ""); n != 1 || third.Passkeys() != 1 {
		t.Errorf("%d passkeys are left", n)
	}
	for _, problem := range b.Problems() {
		if !strings.Contains(problem, "422") && !strings.Contains(problem, "410") {
			t.Errorf("the browser complains: %s", problem)
		}
	}
}

// sessionHash is the hash of the only session.
func (f *town) sessionHash() (s string) {
	f.write(func(tx *db.Tx) error {
		var b []byte
		err := tx.One(f.ctx, `SELECT hash FROM signin_session ORDER BY created_at DESC LIMIT 1`, nil, &b)
		s = string(b)
		return err
	})
	return s
}

// The way of a person without passkeys, in English, with keys alone.
func TestPasswordByKeyboard(t *testing.T) {
	b := browser.Open(t)
	f := open(t, kit.SQLite(t, schemas()))
	tabTo := func(selector string) {
		t.Helper()
		for range 60 {
			b.Press(kb.Tab)
			if browser.Eval[bool](b, `document.activeElement.matches("`+selector+`")`) {
				if outline := browser.Eval[string](b, `getComputedStyle(document.activeElement).outlineStyle`); outline != "solid" {
					t.Errorf("the focus on %s cannot be seen: %s", selector, outline)
				}
				return
			}
		}
		t.Fatalf("Tab does not come to %s on %s", selector, b.URL())
	}
	enter := func(path string) {
		t.Helper()
		b.Press(kb.Enter)
		f.arrive(b, path)
	}
	b.Goto(f.base + "/register?lang=en")
	f.look(b, "en-register")
	tabTo("#name")
	b.Press("Piet de Vries")
	tabTo("#mail")
	b.Press("piet@smederij.example")
	enter("/register/code")
	f.look(b, "en-register-code")
	tabTo("#code")
	b.Press(f.code("piet@smederij.example"))
	enter("/register/factor")
	f.look(b, "en-factor")
	tabTo("#with-password")
	enter("/register/password")
	f.look(b, "en-password")
	tabTo("#password")
	b.Press("Smederij2026!")
	b.Press(kb.Enter)
	b.WaitFor(".error-summary")
	f.look(b, "en-password-wrong")
	tabTo("#password")
	b.Press(goodPassword)
	enter("/register/app")
	if w := browser.Eval[int](b, `document.querySelector(".qr").naturalWidth`); w == 0 {
		t.Error("the QR code is not drawn")
	}
	f.look(b, "en-app")
	secret, err := base32Plain.DecodeString(strings.ReplaceAll(b.Text("#secret"), " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	tabTo("#code")
	b.Press(f.appOf(secret))
	enter("/account/codes")
	f.look(b, "en-codes")
	tabTo("#saved")
	enter("/home")

	b.Goto(f.base + "/account")
	f.look(b, "en-account")
	tabTo("#sign-out")
	enter("/sign-in?done=out")
	f.look(b, "en-sign-in")
	tabTo("#mail")
	b.Press("piet@smederij.example")
	tabTo("#password")
	b.Press(goodPassword)
	enter("/sign-in/code")
	f.look(b, "en-sign-in-code")
	f.clock.Advance(period * 1e9) // a code counts once
	tabTo("#code")
	b.Press(f.appOf(secret))
	enter("/home")

	f.clock.Advance(actor.StepUp)
	b.Goto(f.base + "/account/password")
	f.look(b, "en-confirm-app")
	tabTo("#code")
	b.Press(f.appOf(secret))
	enter("/account/password")
	b.Goto(f.base + "/account/sign-in")
	f.look(b, "en-factors")
	for _, problem := range b.Problems() {
		if !strings.Contains(problem, "422") {
			t.Errorf("the browser complains: %s", problem)
		}
	}
}

// The desk of administrators, and of those who restore access.
func TestDeskInBrowser(t *testing.T) {
	b := browser.Open(t)
	f := open(t, kit.SQLite(t, schemas()))
	boss := f.person("els@centrum.example", "Els Bakker", actor.Administrator)
	for i := range PeoplePage + 3 {
		f.person(fmt.Sprintf("p%02d@bedrijf.example", i), fmt.Sprintf("Persoon %d", i), actor.Analyst)
	}
	lost := f.person("wim@bedrijf.example", "Wim de Groot", 0)
	v := f.visitor()
	v.leads(v.post("/sign-in/lost", "mail", lost.Mail), "/sign-in/lost/code")
	v.leads(v.post("/sign-in/lost/code", "code", f.code(lost.Mail), "statement", "Mijn collega Piet Jansen, hoofd ICT, 010 000 0000"), "/sign-in/lost/asked")
	for _, path := range []string{"/sign-in/lost", "/sign-in/lost/asked"} {
		b.Goto(f.base + path + "?lang=nl")
		f.look(b, "public"+strings.ReplaceAll(path, "/", "-"))
	}
	added, err := f.s.AddPerson(f.ctx, "nieuw@centrum.example", "Nieuwe Collega", "nl", actor.Adviser)
	if err != nil {
		t.Fatal(err)
	}
	b.Goto(added.Link)
	f.look(b, "link")
	b.Goto(f.base + "/sign-in")
	b.Type("#mail", boss.Mail)
	b.Type("#password", goodPassword)
	b.Follow("#go")
	b.Type("#code", f.app(boss))
	b.Follow("#go")
	for _, lang := range []string{"nl", "en"} {
		for name, path := range map[string]string{"people": "/desk/people", "people-page": "/desk/people?from=50", "people-none": "/desk/people?q=niemand",
			"person": "/desk/people/" + lost.ID.String(), "person-self": "/desk/people/" + boss.ID.String(), "losts": "/desk/recovery"} {
			at := "?"
			if strings.Contains(path, "?") {
				at = "&"
			}
			b.Goto(f.base + path + at + "lang=" + lang)
			f.look(b, lang+"-"+name)
		}
	}
	b.Goto(f.base + "/desk/people/" + lost.ID.String() + "?lang=nl")
	b.Click("input[value=adviser]")
	b.Follow("#appoint")
	if !strings.Contains(b.Text("main"), "De rollen zijn bewaard") || f.count("signin_account", "mail = ?1 AND staff = ?2", lost.Mail, int64(actor.Adviser)) != 1 {
		t.Error("the role is not kept")
	}
	b.Goto(f.base + "/desk/recovery?lang=nl")
	b.Follow("form[action$=approve] button")
	f.look(b, "losts-seconded")
	for _, problem := range b.Problems() {
		t.Errorf("the browser complains: %s", problem)
	}
}

// A passkey counts once for each challenge, needs its person, and a copy of it is noticed.
func TestPasskeyMisuse(t *testing.T) {
	b := browser.Open(t)
	f := open(t, kit.SQLite(t, schemas()))
	device := b.VirtualAuthenticator()
	added, err := f.s.AddPerson(f.ctx, "anna@bakkerij.example", "Anna", "nl", 0)
	if err != nil {
		t.Fatal(err)
	}
	b.Goto(added.Link)
	b.Follow("#go")
	f.key(b, "/account/codes")
	b.Follow("#saved")
	b.Goto(f.base + "/account")
	b.Follow("#sign-out")

	// What the browser sends, kept: the same answer again, with the same cookie, opens nothing.
	var sent string
	var cookies []string
	inner := f.server.Config.Handler
	f.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/sign-in/passkey" && sent == "" {
			body, _ := io.ReadAll(r.Body)
			sent, cookies, r.Body = string(body), r.Header["Cookie"], io.NopCloser(bytes.NewReader(body))
		}
		inner.ServeHTTP(w, r)
	})
	f.key(b, "/home")
	f.server.Config.Handler = inner
	replay := f.visitor()
	replay.header["Cookie"] = cookies
	if a := replay.do("POST", "/sign-in/passkey", strings.NewReader(sent), "application/json"); sent == "" || a.Status != 410 {
		t.Errorf("the same answer twice: %d", a.Status)
	}
	v := f.visitor()
	if a := v.do("POST", "/sign-in/passkey", strings.NewReader("{}"), "application/json"); a.Status != 410 {
		t.Errorf("without a challenge: %d", a.Status)
	}
	v.header.Set("Accept", "application/json")
	if a := v.do("POST", "/sign-in/passkey/options", strings.NewReader("{}"), "application/json"); a.Status != 200 || !strings.Contains(a.Body, `"userVerification":"required"`) || !strings.Contains(a.Body, `"rpId":"localhost"`) {
		t.Errorf("the challenge: %d %s", a.Status, a.Body)
	}
	way := v.cookie("polder_way")
	if a := v.do("POST", "/sign-in/passkey", strings.NewReader(`{"id":"AA"}`), "application/json"); a.Status != 422 {
		t.Errorf("an answer that is none: %d", a.Status)
	}
	v.setCookie("polder_way", way)
	if a := v.do("POST", "/sign-in/passkey", strings.NewReader(`{"id":"AA"}`), "application/json"); a.Status != 410 {
		t.Errorf("a challenge is used up by a wrong answer: %d", a.Status)
	}
	v.do("POST", "/sign-in/passkey/options", strings.NewReader("{}"), "application/json")
	f.clock.Advance(terms[withPasskey])
	if a := v.do("POST", "/sign-in/passkey", strings.NewReader("{}"), "application/json"); a.Status != 410 {
		t.Errorf("after five minutes: %d", a.Status)
	}

	// A copy that was made earlier has a lower counter.
	b.Goto(f.base + "/account")
	b.Follow("#sign-out")
	device.Rewind()
	b.Click("#passkey")
	b.WaitFor("#passkey-problem")
	if got := b.Text("#passkey-problem"); !strings.Contains(got, "kunnen we niet gebruiken") {
		t.Errorf("a copy: %q", got)
	}
	if n := f.count("signin_session", ""); n != 0 {
		t.Errorf("a copy opens %d sessions", n)
	}
	if got := f.letter("anna@bakkerij.example").Subject; got != "Een passkey lijkt gekopieerd" {
		t.Errorf("the person is told %q", got)
	}
	// A closed account has no way in by passkey either.
	f.write(func(tx *db.Tx) error { _, err := setState(f.ctx, tx, added.Account.ID, Active, Disabled); return err })
	b.Goto(f.base + "/sign-in")
	b.Click("#passkey")
	b.WaitFor("#passkey-problem")
	if n := f.count("signin_session", ""); n != 0 {
		t.Errorf("a closed account opens %d sessions", n)
	}
}
