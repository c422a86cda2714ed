package signin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/kit"
	"polder/internal/seal"
)

// alike takes away what differs between two answers by chance, and the address that was typed.
func alike(a answer, address string) string {
	body := strings.ReplaceAll(a.Body, address, "ADDRESS")
	body = requestID.ReplaceAllString(body, "ID")
	return fmt.Sprint(a.Status, " ", a.Location, " ", a.Header.Get("Cache-Control"), " ", a.Header.Get("Retry-After"), "\n", body)
}

// Class 9: who has an account does not show, in text, status or headers, in the number of mails, nor
// in the work that is done: passwords hashed, statements that write.
func TestEnumeration(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := open(t, d)
		known := f.person("anna@bakkerij.example", "Anna", 0)
		shut := f.person("dicht@bakkerij.example", "Dicht", 0)
		f.write(func(tx *db.Tx) error { _, err := setState(f.ctx, tx, shut.ID, Active, Disabled); return err })
		steps := map[string]func(v *visitor, address string) []answer{
			"register": func(v *visitor, address string) []answer {
				return []answer{v.post("/register", "mail", address, "name", "Iemand"), v.get("/register/code"), v.post("/register/code", "code", "000000")}
			},
			"password": func(v *visitor, address string) []answer {
				return []answer{v.post("/sign-in", "mail", address, "password", "helemaal verkeerd gok")}
			},
			"recovery": func(v *visitor, address string) []answer {
				return []answer{v.post("/sign-in/recovery", "mail", address, "code", newRecoveryCode())}
			},
			"lost": func(v *visitor, address string) []answer {
				return []answer{v.post("/sign-in/lost", "mail", address), v.get("/sign-in/lost/code"), v.post("/sign-in/lost/code", "code", "000000", "statement", "Mijn collega Piet, 010 000 0000")}
			},
		}
		for name, step := range steps {
			var first []string
			var hashed, mails, rows int
			for i, address := range []string{known.Mail, shut.Mail, "niemand@bakkerij.example"} {
				before, posted, had := f.s.hashed.Load(), len(f.deliver()), f.count("signin_ceremony", "")+f.count("signin_throttle", "")
				var got []string
				for _, a := range step(f.visitor(), address) {
					got = append(got, alike(a, address))
				}
				h, m, w := int(f.s.hashed.Load()-before), len(f.deliver())-posted, f.count("signin_ceremony", "")+f.count("signin_throttle", "")-had
				if i == 0 {
					first, hashed, mails, rows = got, h, m, w
					continue
				}
				if !slices.Equal(got, first) {
					t.Errorf("%s of %s answers otherwise:\n%s\n%s", name, address, got, first)
				}
				if h != hashed || m != mails {
					t.Errorf("%s of %s: %d hashed and %d mails, of one with an account %d and %d", name, address, h, m, hashed, mails)
				}
				if i > 1 && w > rows {
					t.Errorf("%s of %s writes %d rows, of one with an account %d", name, address, w, rows)
				}
			}
		}
		if f.s.hashed.Load() == 0 {
			t.Error("no password was hashed at all")
		}
	})
}

// Class 10: a session that was there before is worth nothing after signing in, the token is never one
// that the browser brought, and stepping up gives a new one.
func TestSessionFixation(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := open(t, d)
		anna, mallory := f.person("anna@bakkerij.example", "Anna", 0), f.person("mallory@elders.example", "Mallory", 0)
		v := f.as(mallory)
		planted := v.cookie("polder_session")
		f.clock.Advance(time.Minute)
		v.leads(v.signIn(anna), "/home")
		token := v.cookie("polder_session")
		if token == planted || len(token) != 43 {
			t.Fatalf("the token is %q", token)
		}
		if a, _ := f.s.ByToken(f.ctx, planted); a.Known() {
			t.Error("the session that was planted still opens")
		}
		bad := f.visitor()
		bad.setCookie("polder_session", strings.Repeat("A", 43))
		f.clock.Advance(time.Minute)
		bad.leads(bad.signIn(anna), "/home")
		if got := bad.cookie("polder_session"); got == strings.Repeat("A", 43) {
			t.Error("the browser's own token became a session")
		}
		f.clock.Advance(actor.StepUp)
		v.leads(v.get("/account/password"), "/sign-in/confirm?to=%2Faccount%2Fpassword")
		v.leads(v.post("/sign-in/confirm", "code", f.app(anna), "to", "/account/password"), "/account/password")
		if got := v.cookie("polder_session"); got == token {
			t.Error("stepping up keeps the token")
		}
		if a, _ := f.s.ByToken(f.ctx, token); a.Known() {
			t.Error("the token from before stepping up still opens")
		}
		if a := v.get("/account/password"); a.Status != 200 {
			t.Errorf("after stepping up: %d", a.Status)
		}
		last := v.cookie("polder_session")
		v.leads(v.post("/sign-out"), "/sign-in?done=out")
		if a, _ := f.s.ByToken(f.ctx, last); a.Known() {
			t.Error("the session outlives signing out")
		}
	})
}

// On https the cookies are bound to this very host.
func TestCookiesAreHostBound(t *testing.T) {
	f := open(t, kit.SQLite(t, schemas()))
	s := New(f.db, nil, nil, f.clock.Now, kit.Log(t), Settings{BaseURL: "https://polder.example", Centre: centre, Key: []byte(strings.Repeat("k", 32))})
	w := httptest.NewRecorder()
	s.setCookie(w, "a")
	s.setWay(w, "b")
	for i, want := range []string{"__Host-polder_session=a; Path=/; HttpOnly; Secure; SameSite=Lax", "__Host-polder_way=b; Path=/; HttpOnly; Secure; SameSite=Strict"} {
		if got := w.Header()["Set-Cookie"][i]; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A site that is reached by a number starts, without passkeys.
func TestSiteWithoutName(t *testing.T) {
	for _, base := range []string{"http://127.0.0.1:8080", "http://[::1]:8080", "https://polder.example", "http://localhost:8080"} {
		if _, err := relyingParty(base, centre); err != nil {
			t.Errorf("%s: %v", base, err)
		}
	}
}

// Class 7: a code of the app cannot be guessed: five tries for a password, a growing wait between,
// and the right code does not pass while that lasts.
func TestOTPBruteForce(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := open(t, d)
		p := f.person("anna@bakkerij.example", "Anna", 0)
		v := f.visitor()
		v.leads(v.post("/sign-in", "mail", p.Mail, "password", goodPassword), "/sign-in/code")
		var got []int
		for range 8 {
			got = append(got, v.post("/sign-in/code", "code", wrongCode(f.app(p))).Status)
		}
		if want := []int{422, 422, 422, 422, 429, 410, 410, 410}; !slices.Equal(got, want) {
			t.Errorf("guessing answers %v, want %v", got, want)
		}
		if a := v.post("/sign-in/code", "code", f.app(p)); a.Status != http.StatusGone {
			t.Errorf("the right code after five wrong ones: %d", a.Status)
		}
		if n := f.count("signin_session", ""); n != 0 {
			t.Fatalf("%d sessions", n)
		}
		// With the password again, the wait goes on over ceremonies, and grows.
		var waits []string
		for range 4 {
			v.leads(v.post("/sign-in", "mail", p.Mail, "password", goodPassword), "/sign-in/code")
			a := v.post("/sign-in/code", "code", wrongCode(f.app(p)))
			waits = append(waits, regexp.MustCompile(`over (\d+) seconden`).FindString(a.Body))
			f.clock.Advance(30 * time.Second)
		}
		if waits[0] == "" {
			t.Errorf("no wait: %q", waits)
		}
		if got := f.letter(p.Mail).Subject; got != "Iemand probeert in je account te komen" || f.count("jobs_job", "kind = 'outbox.send'") != 0 {
			t.Errorf("the person is told %q", got)
		}
		f.clock.Advance(longestWait) // no lock: after the wait the right code passes
		v.leads(v.signIn(p), "/home")
		if n := f.count("audit_event", "detail LIKE 'refused: code%'"); n == 0 {
			t.Error("the record knows nothing of it")
		}
	})
}

func wrongCode(right string) string {
	if right == "123456" {
		return "654321"
	}
	return "123456"
}

// Class 7: a mailed code cannot be guessed either, ends after ten minutes, and works once.
func TestMailedCodeBruteForce(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := open(t, d)
		v := f.visitor()
		ask := func() string {
			v.leads(v.post("/register", "mail", "anna@bakkerij.example", "name", "Anna"), "/register/code")
			return f.code("anna@bakkerij.example")
		}
		code := ask()
		for range mostTries {
			if a := v.post("/register/code", "code", wrongCode(code)); a.Status != 422 {
				t.Fatalf("a wrong code: %d", a.Status)
			}
		}
		if a := v.post("/register/code", "code", code); a.Status != http.StatusGone {
			t.Errorf("the right code after five wrong ones: %d", a.Status)
		}
		old := ask()
		before := v.cookie("polder_way")
		f.clock.Advance(time.Minute)
		fresh := ask()
		kept := f.visitor()
		kept.setCookie("polder_way", before)
		if a := kept.post("/register/code", "code", old); a.Status != http.StatusGone {
			t.Errorf("the code before the last one, with its cookie: %d", a.Status)
		}
		if old != fresh {
			if a := v.post("/register/code", "code", old); a.Status != 422 {
				t.Errorf("the code before the last one: %d", a.Status)
			}
		}
		if a := f.visitor().post("/register/code", "code", fresh); a.Status != http.StatusGone {
			t.Errorf("in another browser: %d", a.Status)
		}
		way := v.cookie("polder_way")
		v.leads(v.post("/register/code", "code", fresh), "/register/factor")
		if v.cookie("polder_way") == way {
			t.Error("the ceremony goes on under the token from before the code")
		}
		again := f.visitor()
		again.setCookie("polder_way", way)
		if a := again.post("/register/code", "code", fresh); a.Status != http.StatusGone {
			t.Errorf("a code twice: %d", a.Status)
		}
		if a := again.get("/register/factor"); a.Status != http.StatusGone {
			t.Errorf("the old token opens the next page: %d", a.Status)
		}
		last := ask()
		f.clock.Advance(terms[enrolling])
		if a := v.post("/register/code", "code", last); a.Status != http.StatusGone {
			t.Errorf("after ten minutes: %d", a.Status)
		}
		if n := f.count("signin_account", ""); n != 0 {
			t.Errorf("%d accounts from half-way registrations", n)
		}
		if a := f.visitor().get("/account"); a.Status != 303 {
			t.Errorf("a ceremony is no session: %d", a.Status)
		}
	})
}

// Class 7: a code of the app counts once, also for two at the same moment, and an earlier one never
// after a later one.
func TestOTPReplay(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := open(t, d)
		p := f.person("anna@bakkerij.example", "Anna", 0)
		earlier := f.app(p)
		f.clock.Advance(period * time.Second)
		code := f.app(p)
		v := f.visitor()
		v.leads(v.signIn(p), "/home")
		for _, c := range []string{code, earlier} {
			w := f.visitor()
			w.leads(w.post("/sign-in", "mail", p.Mail, "password", goodPassword), "/sign-in/code")
			if a := w.post("/sign-in/code", "code", c); a.Status != 422 {
				t.Errorf("a code twice: %d", a.Status)
			}
		}
		f.clock.Advance(time.Hour)
		const n = 8
		code = f.app(p)
		var visitors []*visitor
		for range n {
			w := f.visitor()
			w.leads(w.post("/sign-in", "mail", p.Mail, "password", goodPassword), "/sign-in/code")
			visitors = append(visitors, w)
		}
		var in sync.Map
		var wait sync.WaitGroup
		for i, w := range visitors {
			wait.Go(func() {
				if w.post("/sign-in/code", "code", code).Status == 303 {
					in.Store(i, true)
				}
			})
		}
		wait.Wait()
		count := 0
		in.Range(func(_, _ any) bool { count++; return true })
		if count != 1 {
			t.Errorf("%d got in by one code at the same moment", count)
		}
	})
}

// A recovery code works once, of its own account alone, also for two at the same moment.
func TestRecoveryCodeReuse(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := open(t, d)
		p, other := f.person("anna@bakkerij.example", "Anna", 0), f.person("bob@smederij.example", "Bob", 0)
		v := f.visitor()
		if a := v.post("/sign-in/recovery", "mail", other.Mail, "code", p.codes[0]); a.Status != 422 {
			t.Errorf("a code of somebody else: %d", a.Status)
		}
		v.leads(v.post("/sign-in/recovery", "mail", p.Mail, "code", " "+strings.ToUpper(p.codes[0])+" "), "/account/sign-in?done=recovered")
		if a := f.visitor().post("/sign-in/recovery", "mail", p.Mail, "code", p.codes[0]); a.Status != 422 {
			t.Errorf("a code twice: %d", a.Status)
		}
		if got := f.letter(p.Mail); !strings.Contains(got.Text, "over hebt: 9") {
			t.Errorf("the mail says %s", got.Text)
		}
		var in sync.Map
		var wait sync.WaitGroup
		for i := range 6 {
			wait.Go(func() {
				if session, _, err := f.s.EnterRecovery(f.ctx, "here", p.Mail, p.codes[1], ""); err == nil {
					in.Store(i, session)
				}
			})
		}
		wait.Wait()
		count := 0
		in.Range(func(_, _ any) bool { count++; return true })
		if count != 1 {
			t.Errorf("%d got in by one code at the same moment", count)
		}
		f.clock.Advance(longestWait)
		for i := 2; i < 7; i++ {
			if _, _, err := f.s.EnterRecovery(f.ctx, "here", p.Mail, p.codes[i], ""); err != nil {
				t.Fatal(err)
			}
		}
		if a := v.get("/account"); !strings.Contains(a.Body, "nog 3 herstelcodes") {
			t.Error("three codes are left, and nobody says so")
		}
		v.leads(v.post("/account/codes"), "/account/codes")
		if a := f.visitor().post("/sign-in/recovery", "mail", p.Mail, "code", p.codes[9]); a.Status != 422 {
			t.Errorf("a code of the old set: %d", a.Status)
		}
		if n := f.count("signin_recovery", "account_id = ?1", p.ID); n != recoveryCodes {
			t.Errorf("%d codes", n)
		}
	})
}

// Class 3: a field that a form does not have changes nothing.
func TestMassAssignment(t *testing.T) {
	f := open(t, kit.SQLite(t, schemas()))
	p, other := f.person("anna@bakkerij.example", "Anna", 0), f.person("bob@smederij.example", "Bob", 0)
	v := f.as(p)
	v.leads(v.post("/account", "name", "Anna Jansen", "language", "en", "mail", "x@y.example", "staff", "1", "role", "administrator", "state", "disabled",
		"id", other.ID.String(), "account", other.ID.String(), "account_id", other.ID.String(), "handle", "x"), "/account?done=described")
	w := f.visitor()
	w.leads(w.post("/register", "mail", "eva@bedrijf.example", "name", "Eva", "staff", "1", "role", "administrator", "Proven", "true", "proven", "1", "account", p.ID.String()), "/register/code")
	w.leads(w.post("/register/code", "code", f.code("eva@bedrijf.example"), "mail", "boss@bedrijf.example", "staff", "127"), "/register/factor")
	w.leads(w.post("/register/password", "password", goodPassword, "mail", "boss@bedrijf.example"), "/register/app")
	secret := f.secretOf(w)
	w.leads(w.post("/register/app", "code", f.appOf(secret), "role", "administrator", "account", p.ID.String()), "/account/codes")
	for where, want := range map[string]int{
		"mail = 'anna@bakkerij.example' AND name = 'Anna Jansen' AND language = 'en' AND staff = 0 AND state = 'active'": 1,
		"mail = 'bob@smederij.example' AND name = 'Bob'":                                                                 1, "mail = 'eva@bedrijf.example' AND staff = 0": 1, "staff <> 0": 0, "1 = 1": 3,
	} {
		if n := f.count("signin_account", where); n != want {
			t.Errorf("%d accounts where %s, want %d", n, where, want)
		}
	}
}

var secretText = regexp.MustCompile(`id="secret">([A-Z2-7 ]+)<`)

// secretOf reads the secret that the page to set up an app shows.
func (f *town) secretOf(v *visitor) []byte {
	f.t.Helper()
	m := secretText.FindStringSubmatch(v.get("/register/app").Body)
	if m == nil {
		f.t.Fatal("the page shows no secret")
	}
	secret, err := base32Plain.DecodeString(strings.ReplaceAll(m[1], " ", ""))
	if err != nil {
		f.t.Fatal(err)
	}
	return secret
}

// Class 13: where to go after signing in is a page of ours.
func TestOpenRedirect(t *testing.T) {
	f := open(t, kit.SQLite(t, schemas()))
	p := f.person("anna@bakkerij.example", "Anna", 0)
	for i, to := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, "javascript:alert(1)", "/\t/evil.example", "/nowhere", "/%2f%2fevil.example", "http:evil.example", "/home@evil.example"} {
		v := f.visitor()
		if a := v.get("/sign-in?" + url.Values{"to": {to}}.Encode()); strings.Contains(main(a.Body), "evil") {
			t.Errorf("%q stands in the page", to)
		}
		v.leads(v.post("/sign-in", "mail", p.Mail, "password", goodPassword, "to", to), "/sign-in/code")
		f.clock.Advance(time.Minute)
		v.leads(v.post("/sign-in/code", "code", f.app(p), "to", to), "/home")
		v.leads(v.get("/sign-in?"+url.Values{"to": {to}}.Encode()), "/home")
		f.clock.Advance(time.Minute)
		v.leads(v.post("/sign-in/confirm", "code", f.app(p), "to", to), "/home")
		f.clock.Advance(time.Hour)
		if i < len(p.codes) {
			v.leads(f.visitor().post("/sign-in/recovery", "mail", p.Mail, "code", p.codes[i], "to", to), "/account/sign-in?done=recovered")
		}
	}
	v := f.visitor()
	v.leads(v.post("/sign-in", "mail", p.Mail, "password", goodPassword, "to", "/account/data"), "/sign-in/code")
	f.clock.Advance(time.Minute)
	v.leads(v.post("/sign-in/code", "code", f.app(p)), "/account/data")
}

// Class 11: no mail and no page has an address from a request.
func TestHostHeader(t *testing.T) {
	f := open(t, kit.SQLite(t, schemas()))
	p := f.person("anna@bakkerij.example", "Anna", 0)
	v := f.visitor()
	for name, value := range map[string]string{"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example", "X-Original-Url": "/evil.example", "Origin": f.base} {
		v.header.Set(name, value)
	}
	for _, a := range []answer{v.post("/register", "mail", p.Mail, "name", "Anna"), v.post("/register", "mail", "nieuw@bakkerij.example", "name", "N"),
		v.post("/sign-in/lost", "mail", "niemand@bakkerij.example"), v.post("/sign-in/recovery", "mail", p.Mail, "code", p.codes[0]), v.get("/sign-in")} {
		if strings.Contains(a.Body+a.Location, "evil.example") {
			t.Errorf("an answer names the host of the request: %s", a.Location)
		}
	}
	list := f.deliver()
	if len(list) != 4 {
		t.Errorf("%d mails", len(list))
	}
	for _, m := range list {
		if strings.Contains(string(m.Raw), "evil.example") {
			t.Errorf("a mail names the host of the request: %s", m.Subject)
		}
		for _, link := range regexp.MustCompile(`https?://\S+`).FindAllString(m.Text, -1) {
			if !strings.HasPrefix(link, f.base+"/") {
				t.Errorf("%s links to %s", m.Subject, link)
			}
		}
	}
}

// Class 19: no other site can post to any of our addresses, and nothing changes by GET.
func TestCrossSite(t *testing.T) {
	f := open(t, kit.SQLite(t, schemas()))
	p := f.person("anna@bakkerij.example", "Anna", actor.Administrator|actor.Adviser)
	v := f.as(p)
	for _, header := range [][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}} {
		v.header = http.Header{header[0]: {header[1]}, "Origin": {"https://evil.example"}}
		n := 0
		for _, r := range f.site.Routes() {
			method, path, _ := strings.Cut(r.Pattern, " ")
			if method != "POST" {
				continue
			}
			n++
			path = regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllString(path, p.ID.String())
			if a := v.post(path, "name", "Mallory", "language", "nl"); a.Status != http.StatusForbidden {
				t.Errorf("%s from elsewhere: %d", r.Pattern, a.Status)
			}
		}
		if n < 30 {
			t.Errorf("only %d routes were tried", n)
		}
	}
	v.header = http.Header{}
	for _, path := range []string{"/sign-out", "/account/passkeys", "/account/codes/saved", "/account/sessions/others", "/desk/people/" + p.ID.String() + "/disable", "/account/recovery/cancel"} {
		if a := v.get(path); a.Status == 200 || a.Status == 303 {
			t.Errorf("GET %s: %d", path, a.Status)
		}
	}
	if n := f.count("signin_account", "name = 'Mallory'"); n != 0 || f.count("signin_session", "") != 1 {
		t.Error("something changed")
	}
}

// Class 27: a link in a mail signs nobody in by being opened, is used up by its button, goes to nobody
// by a referrer, and is kept nowhere.
func TestTokenInAddress(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := open(t, d)
		added, err := f.s.AddPerson(f.ctx, "els@centrum.example", "Els", "nl", actor.Administrator)
		if err != nil {
			t.Fatal(err)
		}
		path := strings.TrimPrefix(added.Link, f.base)
		token := strings.TrimPrefix(path, "/enrol/")
		scanner := f.visitor()
		for range 3 {
			a := scanner.get(path)
			if a.Status != 200 || a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("Referrer-Policy") != "strict-origin" || len(a.Header["Set-Cookie"]) > 0 {
				t.Fatalf("opening the link: %d %v", a.Status, a.Header)
			}
		}
		v := f.visitor()
		a := v.post(path)
		v.leads(a, "/register/factor")
		if strings.Contains(a.Location, token) {
			t.Error("the token goes on in the address")
		}
		for _, a := range []answer{f.visitor().get(path), f.visitor().post(path)} {
			if a.Status != http.StatusNotFound {
				t.Errorf("the link a second time: %d", a.Status)
			}
		}
		if strings.Contains(f.logged.String(), token) {
			t.Error("the token is in the log")
		}
		if n := f.count("signin_link", "") + f.count("audit_event", "detail LIKE '%' || ?1 || '%'", token); n != 0 {
			t.Error("the token is kept")
		}
		v.leads(v.post("/register/password", "password", goodPassword), "/register/app")
		v.leads(v.post("/register/app", "code", f.appOf(f.secretOf(v))), "/account/codes")
		if a := v.get("/desk/people"); a.Status != 200 {
			t.Errorf("the new administrator: %d", a.Status)
		}
		again, err := f.s.AddPerson(f.ctx, "els@centrum.example", "Els", "nl", actor.Auditor)
		if err != nil || again.Link != "" {
			t.Errorf("an account with a way in gets a link: %q %v", again.Link, err)
		}
		late, err := f.s.AddPerson(f.ctx, "laat@centrum.example", "Laat", "nl", actor.Auditor)
		if err != nil {
			t.Fatal(err)
		}
		f.clock.Advance(linkValid)
		if a := f.visitor().post(strings.TrimPrefix(late.Link, f.base)); a.Status != http.StatusNotFound {
			t.Errorf("a link after a day: %d", a.Status)
		}
	})
}

// Class 21: nothing of signing in or of a person is kept by a browser or a proxy.
func TestNoStore(t *testing.T) {
	f := open(t, kit.SQLite(t, schemas()))
	p := f.person("anna@bakkerij.example", "Anna", actor.Administrator|actor.Adviser)
	in, out := f.as(p), f.visitor()
	for _, r := range f.site.Routes() {
		method, path, _ := strings.Cut(r.Pattern, " ")
		if strings.HasPrefix(path, "/assets/") || path == "/home" {
			continue
		}
		path = regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllString(path, p.ID.String())
		for _, v := range []*visitor{out, in} {
			if path == "/sign-out" || path == "/account/forget" && method == "POST" {
				continue
			}
			if a := v.do(method, path, nil, ""); a.Header.Get("Cache-Control") != "no-store" && a.Status != 303 {
				t.Errorf("%s: %d %q", r.Pattern, a.Status, a.Header.Get("Cache-Control"))
			}
		}
	}
}

// Class 4: an administrator sees no content, nobody else comes to the accounts, a role that was taken
// away is gone at once, and nobody gives a role to itself.
func TestVerticalEscalation(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := open(t, d)
		boss, analyst, plain := f.person("els@centrum.example", "Els", actor.Administrator), f.person("ab@centrum.example", "Ab", actor.Analyst), f.person("anna@bakkerij.example", "Anna", 0)
		auditor := f.person("au@centrum.example", "Au", actor.Auditor|actor.Editor|actor.Moderator|actor.CaseHandler|actor.Adviser|actor.Analyst)
		b, a, n, u := f.as(boss), f.as(analyst), f.as(plain), f.as(auditor)
		if got := b.get("/desk/content"); got.Status != 404 {
			t.Errorf("an administrator sees content: %d", got.Status)
		}
		person := "/desk/people/" + plain.ID.String()
		for name, v := range map[string]*visitor{"analyst": a, "nobody of staff": n, "all other roles": u, "nobody": f.visitor()} {
			for _, path := range []string{"/desk/people", person} {
				want := 404
				if name == "nobody" && path == "/desk/people" {
					want = 303
				}
				if got := v.get(path); got.Status != want {
					t.Errorf("%s at %s: %d", name, path, got.Status)
				}
			}
			for _, act := range []string{"/roles", "/disable", "/enable", "/sign-out"} {
				if got := v.post(person+act, "role", "administrator"); got.Status != 404 {
					t.Errorf("%s posts %s: %d", name, act, got.Status)
				}
			}
		}
		for _, v := range []*visitor{a, n} { // the verbs ask for themselves
			who, _ := f.s.ByToken(f.ctx, v.cookie("polder_session"))
			ctx := actor.With(f.ctx, who)
			for name, err := range map[string]error{"appoint": f.s.Appoint(ctx, plain.ID.String(), actor.Administrator), "disable": f.s.Disable(ctx, boss.ID.String()), "vouch": f.s.Vouch(ctx, plain.ID.String())} {
				if fault.KindOf(err) != fault.NotFound {
					t.Errorf("%s: %v", name, err)
				}
			}
			if _, _, err := f.s.PeopleBy(ctx, "", 0); fault.KindOf(err) != fault.NotFound {
				t.Errorf("list: %v", err)
			}
		}
		b.leads(b.post("/desk/people/"+analyst.ID.String()+"/roles", "role", "editor", "role", "nonsense"), "/desk/people/"+analyst.ID.String()+"?done=roles")
		if got := a.get("/desk/content"); got.Status != 303 && got.Status != 404 {
			t.Errorf("the role is taken, and the old session sees content: %d", got.Status)
		}
		if got := a.get("/account"); got.Status != 303 {
			t.Errorf("the session outlives the change of role: %d", got.Status)
		}
		if got := b.post("/desk/people/"+boss.ID.String()+"/roles", "role", "analyst"); got.Status != 422 {
			t.Errorf("an administrator changes its own roles: %d", got.Status)
		}
		b.leads(b.post(person+"/disable"), person+"?done=disabled")
		if got := n.get("/account"); got.Status != 303 {
			t.Errorf("the session outlives the closing: %d", got.Status)
		}
		if got := f.visitor().post("/sign-in", "mail", plain.Mail, "password", goodPassword); got.Status != 422 {
			t.Errorf("a closed account signs in: %d", got.Status)
		}
		if got := f.visitor().post("/sign-in/recovery", "mail", plain.Mail, "code", plain.codes[0]); got.Status != 422 {
			t.Errorf("a closed account signs in by a recovery code: %d", got.Status)
		}
		b.leads(b.post(person+"/enable"), person+"?done=enabled")
		f.clock.Advance(actor.StepUp)
		if got := b.post(person + "/disable"); got.Status != 303 || !strings.HasPrefix(got.Location, "/sign-in/confirm") {
			t.Errorf("without a fresh factor: %d %s", got.Status, got.Location)
		}
	})
}

// Class 1: what belongs to somebody else answers as if it did not exist.
func TestThingsOfOthers(t *testing.T) {
	f := open(t, kit.SQLite(t, schemas()))
	anna, bob := f.person("anna@bakkerij.example", "Anna", 0), f.person("bob@smederij.example", "Bob", 0)
	v, w := f.as(anna), f.as(bob)
	f.passkey(bob, "Van Bob")
	var session, key string
	f.write(func(tx *db.Tx) error {
		var a, b db.ID
		err := errors.Join(tx.One(f.ctx, `SELECT id FROM signin_session WHERE account_id = ?1`, []any{bob.ID}, &a), tx.One(f.ctx, `SELECT id FROM signin_passkey WHERE account_id = ?1`, []any{bob.ID}, &b))
		session, key = a.String(), b.String()
		return err
	})
	for _, path := range []string{"/account/sessions/" + session + "/end", "/account/passkeys/" + key, "/account/passkeys/" + key + "/remove", "/account/sessions/" + key + "/end",
		"/account/passkeys/nonsense", "/account/passkeys/" + db.NewID().String() + "/remove"} {
		if a := v.post(path, "name", "Mallory"); a.Status != 404 {
			t.Errorf("%s: %d", path, a.Status)
		}
		if a := f.visitor().post(path, "name", "Mallory"); a.Status != 404 {
			t.Errorf("%s by nobody: %d", path, a.Status)
		}
	}
	if a := w.get("/account"); a.Status != 200 || f.count("signin_passkey", "name = 'Van Bob'") != 1 {
		t.Error("something of Bob's changed")
	}
	w.leads(w.post("/account/passkeys/"+key, "name", "Telefoon"), "/account/sign-in?done=renamed")
	w.leads(w.post("/account/passkeys/"+key+"/remove"), "/account/sign-in?done=removed")
	if a := w.post("/account/password/remove"); a.Status != 422 {
		t.Errorf("the last way in is taken away: %d", a.Status)
	}
	w.leads(w.post("/account/sessions/"+session+"/end"), "/sign-in?done=out") // one's own, here
}

// passkey gives a person a passkey that nobody can show.
func (f *town) passkey(p *person, name string) {
	f.write(func(tx *db.Tx) error {
		k := Passkey{ID: db.NewID(), Account: p.ID, Name: name, CreatedAt: f.clock.Now()}
		k.Credential.ID = []byte(name + p.Mail)
		return insertPasskey(f.ctx, tx, k)
	})
}

// Class 26: no secret is in the log, in the record, or in the database as it is.
func TestSecretsInLogs(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := open(t, d)
		v := f.visitor()
		v.leads(v.post("/register", "mail", "anna@bakkerij.example", "name", "Anna Jansen"), "/register/code")
		secrets := []string{f.code("anna@bakkerij.example"), v.cookie("polder_way")}
		v.leads(v.post("/register/code", "code", secrets[0]), "/register/factor")
		secrets = append(secrets, v.cookie("polder_way"), goodPassword)
		v.leads(v.post("/register/password", "password", goodPassword), "/register/app")
		secret := f.secretOf(v)
		secrets = append(secrets, string(secret), base32Plain.EncodeToString(secret), spelled(secret), f.appOf(secret))
		v.leads(v.post("/register/app", "code", f.appOf(secret)), "/account/codes")
		codes := regexp.MustCompile(`<code class="mono">([a-z2-9-]{29})</code>`).FindAllStringSubmatch(v.get("/account/codes").Body, -1)
		if len(codes) != recoveryCodes {
			t.Fatalf("%d codes on the page", len(codes))
		}
		for _, c := range codes {
			secrets = append(secrets, c[1], plainCode(c[1]))
		}
		secrets = append(secrets, v.cookie("polder_session"))
		v.get("/sign-in/code")
		f.visitor().post("/sign-in", "mail", "anna@bakkerij.example", "password", goodPassword+"x")
		f.visitor().post("/sign-in/recovery", "mail", "anna@bakkerij.example", "code", codes[0][1])
		f.deliver()
		kept := f.dump()
		for _, s := range secrets {
			if strings.Contains(f.logged.String(), s) {
				t.Errorf("%q is in the log", s)
			}
			if len(s) > 6 && strings.Contains(kept, s) {
				t.Errorf("%q is in the database", s)
			}
		}
		if strings.Contains(f.logged.String(), "anna@") || strings.Contains(f.logged.String(), "Jansen") {
			t.Error("the person is in the log")
		}
		if n := f.count("audit_event", "detail LIKE '%anna%' OR object LIKE '%anna%' OR actor LIKE '%anna%'"); n != 0 {
			t.Error("the person is in the record")
		}
	})
}

// dump is all that the tables of signin hold, and the record.
func (f *town) dump() string {
	var b strings.Builder
	for table, columns := range map[string][]string{"signin_ceremony": {"data", "code"}, "signin_totp": {"secret"}, "signin_password": {"hash"}, "signin_recovery": {"hash"},
		"signin_session": {"hash"}, "signin_link": {"hash"}, "signin_throttle": {"key"}, "audit_event": {"detail", "object"}} {
		for _, column := range columns {
			f.write(func(tx *db.Tx) error {
				return tx.Each(f.ctx, func(scan func(...any) error) error {
					var v any
					if err := scan(&v); err != nil {
						return err
					}
					switch v := v.(type) {
					case []byte:
						b.Write(v)
					case string:
						b.WriteString(v)
					}
					b.WriteByte('\n')
					return nil
				}, "SELECT "+column+" FROM "+table)
			})
		}
	}
	return b.String()
}

// Failures at a password make the next one wait, longer each time, and never lock: neither for ever,
// nor the way of the passkey, nor other people. A network that tries many is stopped.
func TestThrottling(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := open(t, d)
		p, other := f.person("anna@bakkerij.example", "Anna", 0), f.person("bob@smederij.example", "Bob", 0)
		v := f.visitor()
		var statuses []int
		for range freeTries + 2 {
			statuses = append(statuses, v.post("/sign-in", "mail", p.Mail, "password", "helemaal verkeerd gok").Status)
		}
		if want := []int{422, 422, 422, 422, 429}; !slices.Equal(statuses, want) {
			t.Errorf("%v, want %v", statuses, want)
		}
		hashed := f.s.hashed.Load()
		if a := v.post("/sign-in", "mail", p.Mail, "password", goodPassword); a.Status != 429 || a.Header.Get("Retry-After") == "" || f.s.hashed.Load() != hashed {
			t.Errorf("during the wait: %d, hashed %d", a.Status, f.s.hashed.Load()-hashed)
		}
		if a := v.do("POST", "/sign-in/passkey/options", strings.NewReader("{}"), "application/json"); a.Status != 200 {
			t.Errorf("the passkey path is blocked: %d", a.Status)
		}
		v.leads(f.visitor().post("/sign-in", "mail", other.Mail, "password", goodPassword), "/sign-in/code")
		var wait []time.Duration
		for n := int64(1); n < 20; n++ {
			wait = append(wait, waitAfter(n+freeTries))
		}
		if wait[0] != 2*time.Second || wait[1] != 4*time.Second || !slices.IsSorted(wait) || wait[18] != longestWait {
			t.Errorf("waits %v", wait)
		}
		f.clock.Advance(3 * time.Second)
		v.leads(v.post("/sign-in", "mail", p.Mail, "password", goodPassword), "/sign-in/code")
		if a := v.post("/sign-in", "mail", p.Mail, "password", "helemaal verkeerd gok"); a.Status != 422 {
			t.Errorf("a success does not forget the failures: %d", a.Status)
		}
		// Many at the same moment are many.
		var refused, tried sync.WaitGroup
		var mu sync.Mutex
		n := 0
		tried.Add(1)
		for range 20 {
			refused.Go(func() {
				tried.Wait()
				if _, err := f.s.EnterPassword(f.ctx, "elsewhere", "eva@bedrijf.example", "helemaal verkeerd gok", ""); fault.KindOf(err) == fault.TooMany {
					mu.Lock()
					n++
					mu.Unlock()
				}
			})
		}
		tried.Done()
		refused.Wait()
		if n != 20-freeTries-1 {
			t.Errorf("of 20 at the same moment %d were refused", n)
		}
		// One network at many accounts.
		stopped := 0
		for i := range rations["password"].network + 5 {
			_, err := f.s.EnterPassword(f.ctx, "10.0.0.0/24", fmt.Sprintf("x%d@bedrijf.example", i), "helemaal verkeerd gok", "")
			if fault.KindOf(err) == fault.TooMany {
				stopped++
			}
		}
		if stopped != 5 {
			t.Errorf("%d stopped, want 5", stopped)
		}
		if _, err := f.s.EnterPassword(f.ctx, "10.0.1.0/24", "y@bedrijf.example", "helemaal verkeerd gok", ""); fault.KindOf(err) != fault.Invalid {
			t.Errorf("another network: %v", err)
		}
		f.clock.Advance(forgetTries)
		if err := f.s.sweep(f.ctx); err != nil {
			t.Fatal(err)
		}
		if n := f.count("signin_throttle", "") + f.count("signin_ceremony", "") + f.count("signin_session", ""); n != 0 {
			t.Errorf("%d rows are left after sweeping", n)
		}
	})
}

// Mails to one address are few, whoever asks for them.
func TestMailFlood(t *testing.T) {
	f := open(t, kit.SQLite(t, schemas()))
	n := 0
	for i := range 3 * mostLetters {
		_, err := f.s.Register(f.ctx, fmt.Sprintf("10.0.%d.0/24", i), "", "anna@bakkerij.example", "A", "nl", "")
		if err == nil {
			n++
		} else if fault.KindOf(err) != fault.TooMany {
			t.Fatal(err)
		}
	}
	if n != mostLetters || len(f.deliver()) != mostLetters {
		t.Errorf("%d mails asked for and %d sent, want %d", n, len(f.deliver()), mostLetters)
	}
}

// A network is as wide as one subscriber has it; a proxy is believed when the settings name it.
func TestNetwork(t *testing.T) {
	f := open(t, kit.SQLite(t, schemas()))
	f.s.set.Proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for _, c := range []struct{ remote, forwarded, want string }{
		{"192.0.2.7:1234", "", "192.0.2.0/24"}, {"192.0.2.7:1234", "198.51.100.1", "192.0.2.0/24"}, {"[2001:db8:1:2:3::4]:99", "", "2001:db8:1:2::/64"},
		{"10.0.0.1:1", "198.51.100.9", "198.51.100.0/24"}, {"10.0.0.1:1", "203.0.113.5, 198.51.100.9", "198.51.100.0/24"}, {"10.0.0.1:1", "203.0.113.5, 10.1.1.1", "203.0.113.0/24"},
		{"10.0.0.1:1", "", "10.0.0.0/24"}, {"10.0.0.1:1", "nonsense", "10.0.0.0/24"}, {"[::ffff:192.0.2.7]:1", "", "192.0.2.0/24"}, {"@", "", "nowhere"}, {"10.0.0.1:1", "2001:db8::1", "2001:db8::/64"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.remote
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := f.s.network(r); got != c.want {
			t.Errorf("%s by %q: %s, want %s", c.remote, c.forwarded, got, c.want)
		}
	}
}

// A hundred that sign in at once use the memory of a few, and who waits too long is told.
func TestHashingTakesTurns(t *testing.T) {
	f := open(t, kit.SQLite(t, schemas()))
	for range hashesAtOnce {
		f.s.turns <- struct{}{}
	}
	ctx, cancel := context.WithTimeout(f.ctx, 50*time.Millisecond)
	defer cancel()
	if _, _, err := f.s.checkPassword(ctx, "x", ""); err == nil {
		t.Error("a hash was made out of turn")
	}
	<-f.s.turns
	if _, _, err := f.s.checkPassword(f.ctx, "x", ""); err != nil {
		t.Errorf("when it is its turn: %v", err)
	}
}

// The parameters stand with the hash: a password that was hashed at another cost signs in, and is
// hashed anew.
func TestHashMovesWithTheCost(t *testing.T) {
	f := open(t, kit.SQLite(t, schemas()))
	p := f.person("anna@bakkerij.example", "Anna", 0)
	f.s.cost = cost{memory: 128, rounds: 2, lanes: 1}
	v := f.visitor()
	for range 2 {
		v.leads(v.post("/sign-in", "mail", p.Mail, "password", goodPassword), "/sign-in/code")
	}
	if n := f.count("signin_password", "hash LIKE '$argon2id$v=19$m=128,t=2,p=1$%'"); n != 1 {
		t.Error("the hash was not made anew")
	}
	for _, bad := range []string{"x", "$argon2i$v=19$m=1,t=1,p=1$AA$AA", "$argon2id$v=19$m=99999999,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=64,t=0,p=1$AAAA$AAAA"} {
		if right, _, err := f.s.checkPassword(f.ctx, goodPassword, bad); right || err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// The secret of an app is bound to its account: moved to another it opens nothing.
func TestSealedSecretsDoNotMove(t *testing.T) {
	f := open(t, kit.SQLite(t, schemas()))
	anna, bob := f.person("anna@bakkerij.example", "Anna", 0), f.person("bob@smederij.example", "Bob", 0)
	f.write(func(tx *db.Tx) error {
		_, err := tx.Exec(f.ctx, `UPDATE signin_totp SET secret = (SELECT secret FROM signin_totp WHERE account_id = ?1) WHERE account_id = ?2`, bob.ID, anna.ID)
		return err
	})
	err := f.db.Write(f.ctx, func(tx *db.Tx) error { _, err := f.s.acceptCode(f.ctx, tx, anna.ID, f.app(bob)); return err })
	if !errors.Is(err, seal.ErrSealed) {
		t.Errorf("a moved secret: %v", err)
	}
}
