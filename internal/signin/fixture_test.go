package signin

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/pquerna/otp/totp"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/i18n"
	"polder/internal/jobs"
	"polder/internal/kit"
	"polder/internal/mail"
	"polder/internal/outbox"
	"polder/internal/web"
)

func schemas() []db.Schema { return []db.Schema{audit.Schema(), jobs.Schema(), Schema()} }

// town is the whole of signin on one database, behind a real server, with a mailbox and a clock that
// stands still.
type town struct {
	t      *testing.T
	ctx    context.Context
	db     *db.DB
	clock  *kit.Clock
	queue  *jobs.Queue
	s      *Signin
	box    *mail.Box
	site   *web.Site
	pages  *pages
	server *httptest.Server
	base   string
	logged *lines
}

// lines keeps what was logged.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

const centre = "Meldpunt Polder"

func open(t *testing.T, d *db.DB) *town {
	t.Helper()
	f := &town{t: t, ctx: t.Context(), db: d, clock: &kit.Clock{}, logged: &lines{}}
	f.server = httptest.NewUnstartedServer(nil)
	_, port, _ := net.SplitHostPort(f.server.Listener.Addr().String())
	f.base = "http://localhost:" + port
	catalog, err := i18n.New(web.Messages, Locales())
	if err != nil {
		t.Fatal(err)
	}
	catalog.Strict = true
	log := slog.New(slog.NewTextHandler(f.logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	f.queue = jobs.New(d, log)
	f.queue.Now = f.clock.Now
	f.queue.AtOnce = 1 // letters arrive in the order in which they were written
	if f.box, err = mail.OpenBox(mail.BoxConfig{Now: f.clock.Now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.box.Close() })
	client, err := mail.NewClient(mail.Config{URL: f.box.URL(), Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	key := []byte(strings.Repeat("k", 32))
	out := outbox.New(d, f.queue, &mail.Post{Servers: []*mail.Client{client}, ReturnPath: "post@polder.example"}, f.clock.Now, log,
		outbox.Settings{Centre: centre, From: "Polder <post@polder.example>", Key: key})
	f.s = New(d, out, catalog, f.clock.Now, log, Settings{BaseURL: f.base, Centre: centre, Key: key, Idle: 2 * time.Hour, Longest: 12 * time.Hour})
	f.s.cost = cost{memory: 64, rounds: 1, lanes: 1}
	f.s.Jobs(f.queue)
	if f.site, err = web.New(web.Options{Name: centre, BaseURL: f.base, Catalog: catalog, Log: log, People: f.s.People(), Now: f.clock.Now}); err != nil {
		t.Fatal(err)
	}
	f.pages = f.s.routes(f.site)
	home, err := web.ParseTemplates(fstest.MapFS{"templates/home.html": {Data: []byte(`{{define "main"}}<h1>{{.Title}}</h1><p>{{.Data}}</p>{{end}}`)}}, "templates/*.html")
	if err != nil {
		t.Fatal(err)
	}
	show := func(title string) func(w http.ResponseWriter, r *http.Request) error {
		return func(w http.ResponseWriter, r *http.Request) error {
			return f.site.Render(w, r, home, "home", web.Page{Title: title, Data: actor.From(r.Context()).Name})
		}
	}
	f.site.Handle("GET /home", web.SignedIn, show("Home"))
	f.site.Handle("GET /desk/content", web.Staff(actor.Analyst), show("Content"))
	f.server.Config.Handler = f.site
	f.server.Start()
	t.Cleanup(f.server.Close)
	return f
}

// read runs fn in a transaction.
func (f *town) write(fn func(tx *db.Tx) error) {
	f.t.Helper()
	if err := f.db.Write(f.ctx, fn); err != nil {
		f.t.Fatal(err)
	}
}

// count counts rows.
func (f *town) count(table, where string, args ...any) (n int) {
	f.t.Helper()
	if where == "" {
		where = "1 = 1"
	}
	f.write(func(tx *db.Tx) error { return tx.One(f.ctx, "SELECT count(*) FROM "+table+" WHERE "+where, args, &n) })
	return n
}

// deliver sends the letters that wait, and does what is due.
func (f *town) deliver() []mail.Mail {
	f.t.Helper()
	if err := f.queue.Drain(f.ctx); err != nil {
		f.t.Fatal(err)
	}
	return f.box.Mails()
}

// letter returns the latest mail to an address.
func (f *town) letter(to string) mail.Mail {
	f.t.Helper()
	list := f.deliver()
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].EnvelopeTo[0] == to {
			return list[i]
		}
	}
	f.t.Fatalf("no mail to %s", to)
	return mail.Mail{}
}

var sixDigits = regexp.MustCompile(`(?m)^\s*(\d{6})\s*$`)

// code returns the code in the latest mail to an address.
func (f *town) code(to string) string {
	f.t.Helper()
	m := sixDigits.FindStringSubmatch(f.letter(to).Text)
	if m == nil {
		f.t.Fatalf("no code in the mail to %s", to)
	}
	return m[1]
}

const goodPassword = "vijf groene fietsen"

// person is somebody with a password and an app.
type person struct {
	Account
	secret []byte
	codes  []string
}

func (f *town) person(address, name string, staff actor.Roles) *person {
	f.t.Helper()
	p := &person{secret: newSecret()}
	hash, err := f.s.hashPassword(f.ctx, goodPassword)
	if err != nil {
		f.t.Fatal(err)
	}
	f.write(func(tx *db.Tx) error {
		if p.Account, err = f.s.add(f.ctx, tx, address, name, "nl", staff); err != nil {
			return err
		}
		if err := putPassword(f.ctx, tx, p.ID, hash, f.clock.Now()); err != nil {
			return err
		}
		if p.codes, err = newRecoveryCodes(f.ctx, tx, p.ID, f.clock.Now()); err != nil {
			return err
		}
		return f.s.keepApp(f.ctx, tx, p.ID, p.secret, 0)
	})
	return p
}

// app is the code that the person's app shows now.
func (f *town) app(p *person) string { return f.appOf(p.secret) }

func (f *town) appOf(secret []byte) string {
	f.t.Helper()
	code, err := totp.GenerateCode(base32Plain.EncodeToString(secret), f.clock.Now())
	if err != nil {
		f.t.Fatal(err)
	}
	return code
}

// visitor is a browser without script.
type visitor struct {
	f      *town
	client *http.Client
	header http.Header
}

func (f *town) visitor() *visitor {
	jar, _ := cookiejar.New(nil)
	return &visitor{f, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, http.Header{}}
}

// as is a visitor with a fresh session of a person.
func (f *town) as(p *person) *visitor {
	f.t.Helper()
	v := f.visitor()
	f.write(func(tx *db.Tx) error {
		token, err := f.s.Begin(f.ctx, tx, p.ID, "password", "Firefox Linux")
		v.setCookie(f.s.cookie, token)
		return err
	})
	return v
}

func (v *visitor) address() *url.URL { u, _ := url.Parse(v.f.base); return u }

func (v *visitor) setCookie(name, value string) {
	v.client.Jar.SetCookies(v.address(), []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

func (v *visitor) cookie(name string) string {
	for _, c := range v.client.Jar.Cookies(v.address()) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// answer is what a visitor got.
type answer struct {
	Status   int
	Location string
	Body     string
	Header   http.Header
}

func (v *visitor) do(method, path string, body io.Reader, kind string) answer {
	v.f.t.Helper()
	r, err := http.NewRequestWithContext(v.f.ctx, method, v.f.base+path, body)
	if err != nil {
		v.f.t.Fatal(err)
	}
	r.Header = v.header.Clone()
	if r.Header.Get("Sec-Fetch-Site") == "" {
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	res, err := v.client.Do(r)
	if err != nil {
		v.f.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		v.f.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header.Get("Location"), string(b), res.Header}
}

func (v *visitor) get(path string) answer { v.f.t.Helper(); return v.do("GET", path, nil, "") }

// post sends a form of pairs of name and value.
func (v *visitor) post(path string, pairs ...string) answer {
	v.f.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return v.do("POST", path, strings.NewReader(form.Encode()), "application/x-www-form-urlencoded")
}

// leads fails unless the answer sends on to a page.
func (v *visitor) leads(a answer, to string) {
	v.f.t.Helper()
	if a.Status != http.StatusSeeOther || a.Location != to {
		v.f.t.Fatalf("answer %d to %q, want 303 to %q\n%s", a.Status, a.Location, to, main(a.Body))
	}
}

// main is the page without what stands around it.
func main(body string) string {
	_, body, _ = strings.Cut(body, "<main")
	body, _, _ = strings.Cut(body, "</main>")
	return body
}

var requestID = regexp.MustCompile(`[A-Z2-7]{12}`)

// signIn signs a person in with password and app.
func (v *visitor) signIn(p *person) answer {
	v.f.t.Helper()
	v.leads(v.post("/sign-in", "mail", p.Mail, "password", goodPassword), "/sign-in/code")
	return v.post("/sign-in/code", "code", v.f.app(p))
}
