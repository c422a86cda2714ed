package signin

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/i18n"
	"polder/internal/jobs"
	"polder/internal/kit"
	"polder/internal/kit/provider"
	"polder/internal/mail"
	"polder/internal/outbox"
	"polder/internal/web"
)

var programSchemas = []db.Schema{audit.Schema(), jobs.Schema(), Schema()}

// programHouse is signin with providers and tokens behind a real server, with what it logs.
type programHouse struct {
	t      *testing.T
	db     *db.DB
	clock  *kit.Clock
	s      *Signin
	queue  *jobs.Queue
	box    *mail.Box
	site   *web.Site
	pages  *programPages
	server *httptest.Server
	base   string
	log    *lines
	staff  *provider.Provider
	broker *provider.Provider
}

const (
	twoFactors  = "urn:example:two-factors"
	substantial = "urn:etoegang:core:assurance-class:loa3"
)

func openProgramHouse(t *testing.T, d *db.DB) *programHouse {
	t.Helper()
	h := &programHouse{t: t, db: d, clock: &kit.Clock{}, log: &lines{}, staff: provider.Start(t), broker: provider.Start(t)}
	h.clock.Set(time.Now().Truncate(time.Second)) // the providers live in our time
	catalog, err := i18n.New(web.Messages, Locales())
	if err != nil {
		t.Fatal(err)
	}
	catalog.Strict = true
	h.server = httptest.NewUnstartedServer(nil)
	_, port, _ := net.SplitHostPort(h.server.Listener.Addr().String())
	h.base = "http://localhost:" + port // a name: passkeys are bound to one
	log := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h.queue = jobs.New(d, kit.Log(t))
	h.queue.Now = h.clock.Now
	if h.box, err = mail.OpenBox(mail.BoxConfig{Keep: 100, Now: h.clock.Now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.box.Close() })
	client, err := mail.NewClient(mail.Config{URL: h.box.URL(), Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	key := bytes.Repeat([]byte{7}, 32)
	out := outbox.New(d, h.queue, &mail.Post{ReturnPath: "polder@polder.example", Servers: []*mail.Client{client}}, h.clock.Now, kit.Log(t), outbox.Settings{Centre: "Polder", From: "Polder <polder@polder.example>", Key: key})
	names := func(n string) map[string]string { return map[string]string{"nl": n, "en": n} }
	h.s = New(d, out, catalog, h.clock.Now, log, Settings{BaseURL: h.base, Centre: "Polder", Key: key, Idle: 2 * time.Hour, Longest: 12 * time.Hour, Providers: []Provider{
		{Key: "rijk", Name: names("Rijk"), Issuer: h.staff.Issuer, ClientID: provider.Client, Secret: provider.Secret, Levels: []string{twoFactors}, MaxAge: time.Hour, Scopes: []string{"email", "profile"}},
		{Key: "bedrijf", Name: names("Bedrijf"), Company: true, Issuer: h.broker.Issuer, ClientID: provider.Client, Secret: provider.Secret, Levels: []string{substantial}, MaxAge: time.Hour, Number: provider.NumberClaim, Create: true, Scopes: []string{"email"}},
	}})
	h.staff.Redirects(h.base + "/sign-in/with/rijk/callback")
	h.broker.Redirects(h.base + "/sign-in/with/bedrijf/callback")
	if h.site, err = web.New(web.Options{BaseURL: h.base, Catalog: catalog, Log: log, People: h.s.People(), Now: h.clock.Now}); err != nil {
		t.Fatal(err)
	}
	h.pages = h.s.programRoutes(h.site)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(h.log.String())
		}
	})
	h.site.Handle("GET /sign-in", web.Public, func(w http.ResponseWriter, _ *http.Request) error { _, err := io.WriteString(w, "sign in"); return err })
	h.site.Handle("GET /account", web.SignedIn, func(w http.ResponseWriter, r *http.Request) error {
		_, err := fmt.Fprint(w, actor.From(r.Context()).Account, actor.From(r.Context()).Fresh.Unix())
		return err
	})
	api := web.NewAPI(h.site, 100, 1000)
	h.s.API(api)
	h.server.Config.Handler = h.site
	h.server.Start()
	t.Cleanup(h.server.Close)
	return h
}

// account makes an active account with the roles given.
func (h *programHouse) account(address string, staff actor.Roles) Account {
	h.t.Helper()
	var a Account
	err := h.db.Write(h.t.Context(), func(tx *db.Tx) (err error) {
		a, err = h.s.add(h.t.Context(), tx, address, "Anna", "nl", staff)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return a
}

// guest is a browser: it keeps cookies, and follows nothing by itself.
type guest struct {
	h      *programHouse
	client *http.Client
}

func (h *programHouse) guest() *guest {
	jar, _ := cookiejar.New(nil)
	return &guest{h, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// as gives the guest a session of an account, with a factor shown now.
func (v *guest) as(a Account) *guest {
	v.h.t.Helper()
	var token string
	err := v.h.db.Write(v.h.t.Context(), func(tx *db.Tx) (err error) {
		token, err = v.h.s.Begin(v.h.t.Context(), tx, a.ID, "passkey", "Test")
		return err
	})
	if err != nil {
		v.h.t.Fatal(err)
	}
	u, _ := url.Parse(v.h.base)
	v.client.Jar.SetCookies(u, []*http.Cookie{{Name: v.h.s.cookie, Value: token, Path: "/"}})
	return v
}

type heard struct {
	status int
	header http.Header
	body   string
}

func (v *guest) ask(method, address string, form url.Values, headers ...string) heard {
	v.h.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = v.h.base + address
	}
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(v.h.t.Context(), method, address, body)
	if err != nil {
		v.h.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w, err := v.client.Do(r)
	if err != nil {
		v.h.t.Fatal(err)
	}
	defer w.Body.Close()
	b, err := io.ReadAll(w.Body)
	if err != nil {
		v.h.t.Fatal(err)
	}
	return heard{w.StatusCode, w.Header, string(b)}
}

// leave starts at the button and returns the provider's address.
func (v *guest) leave(key string, form url.Values) string {
	v.h.t.Helper()
	return v.led(v.ask("POST", "/sign-in/with/"+key, form))
}

func (v *guest) led(w heard) string {
	v.h.t.Helper()
	to, found := strings.CutPrefix(w.header.Get("Refresh"), "0; url=")
	if w.status != 200 || !found {
		v.h.t.Fatalf("the button leads nowhere: %d %v %.500s", w.status, w.header, w.body)
	}
	return to
}

// through follows the provider's redirects and returns the address back to us, unasked.
func (v *guest) through(address string) string {
	v.h.t.Helper()
	for range 10 {
		if strings.HasPrefix(address, v.h.base) {
			return address
		}
		w := v.ask("GET", address, nil)
		u, _ := url.Parse(address)
		next, err := u.Parse(w.header.Get("Location"))
		if err != nil || w.status < 300 || w.status > 399 {
			v.h.t.Fatalf("the provider answers %d %.300s", w.status, w.body)
		}
		address = next.String()
	}
	v.h.t.Fatal("the provider goes round in circles")
	return ""
}

// signIn goes all the way.
func (v *guest) signIn(key string) heard {
	v.h.t.Helper()
	return v.ask("GET", v.through(v.leave(key, url.Values{"to": {"/account"}})), nil)
}

// isRefused checks that nobody was let in, and that the page says why and what to do.
func (v *guest) isRefused(w heard, reason string) {
	v.h.t.Helper()
	p := v.h.s.catalog.For("nl")
	status := http.StatusForbidden
	if reason == "unreachable" {
		status = http.StatusServiceUnavailable
	}
	name := "Rijk"
	if !strings.Contains(w.body, name) {
		name = "Bedrijf"
	}
	key := "signin.oidc.refused." + reason
	if w.status != status || !strings.Contains(plain(w.body), p.T(key+".text", "Provider", name)) || !strings.Contains(plain(w.body), p.T(key+".action", "Provider", name)) {
		v.h.t.Errorf("not refused as %s: %d %v\n%s", reason, w.status, w.header.Get("Location"), plain(w.body))
	}
	for _, c := range w.header.Values("Set-Cookie") {
		if strings.HasPrefix(c, v.h.s.cookie+"=") && !strings.Contains(c, "Max-Age=0") {
			v.h.t.Errorf("refused, and a session began: %s", c)
		}
	}
}

var tag = regexp.MustCompile(`<[^>]*>`)

func plain(page string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("&#39;", "'", "&#34;", `"`, "&amp;", "&").Replace(tag.ReplaceAllString(page, " "))), " ")
}

func (v *guest) who() string {
	v.h.t.Helper()
	w := v.ask("GET", "/account", nil)
	if w.status != 200 {
		return ""
	}
	return w.body[:36]
}

func (h *programHouse) accounts() (n int) {
	h.t.Helper()
	err := h.db.Read(h.t.Context(), func(tx *db.Tx) error { return tx.One(h.t.Context(), `SELECT count(*) FROM signin_account`, nil, &n) })
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

// record returns what was recorded, as "action object detail".
func (h *programHouse) record() (lines []string) {
	h.t.Helper()
	err := h.db.Read(h.t.Context(), func(tx *db.Tx) error {
		list, err := audit.List(h.t.Context(), tx, time.Unix(1, 0), 1000)
		for _, e := range list {
			lines = append(lines, string(e.Action)+" "+e.Object+" "+e.Detail)
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return lines
}

func (h *programHouse) recorded(want string) {
	h.t.Helper()
	if !strings.Contains(strings.Join(h.record(), "\n"), want) {
		h.t.Errorf("not in the record: %q in\n%s", want, strings.Join(h.record(), "\n"))
	}
}

func isFault(err error, kind fault.Kind, key string) bool {
	var f *fault.Error
	return errors.As(err, &f) && f.Kind == kind && (key == "" || f.Key == key)
}
