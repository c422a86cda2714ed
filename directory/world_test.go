package directory

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/i18n"
	"polder/internal/jobs"
	"polder/internal/kit"
	"polder/internal/kvk"
	"polder/internal/mail"
	"polder/internal/outbox"
	"polder/internal/signin"
	"polder/internal/web"
)

func schemas() []db.Schema {
	return []db.Schema{audit.Schema(), signin.Schema(), Schema(), jobs.Schema()}
}

// world is a house with people in it, whose mails come in a box and whose pages are on a server.
type world struct {
	*testing.T
	ctx    context.Context
	db     *db.DB
	clock  *kit.Clock
	queue  *jobs.Queue
	signin *signin.Signin
	dir    *Directory
	box    *mail.Box
	site   *web.Site
	pages  *pages
	server *httptest.Server
	base   string // address of the site

	accounts map[string]db.ID  // by name
	tokens   map[string]string // of sessions
}

func newWorld(t *testing.T, d *db.DB, register ...*kvk.Client) *world {
	t.Helper()
	w := &world{T: t, ctx: t.Context(), db: d, clock: &kit.Clock{}, accounts: map[string]db.ID{}, tokens: map[string]string{}}
	catalog, err := i18n.New(web.Messages, signin.Locales(), Locales())
	if err != nil {
		t.Fatal(err)
	}
	catalog.Strict = true
	log := kit.Log(t)
	w.server = httptest.NewUnstartedServer(nil)
	// A name, as passkeys are bound to one.
	w.base = "http://localhost:" + strconv.Itoa(w.server.Listener.Addr().(*net.TCPAddr).Port)
	base := w.base
	key := []byte(strings.Repeat("k", 32))
	w.queue = jobs.New(d, log)
	w.queue.Now = w.clock.Now
	if w.box, err = mail.OpenBox(mail.BoxConfig{Keep: 1000, Now: w.clock.Now}); err != nil {
		t.Fatal(err)
	}
	client, err := mail.NewClient(mail.Config{URL: w.box.URL(), Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	post := &mail.Post{Servers: []*mail.Client{client}, ReturnPath: "polder@polder.example"}
	out := outbox.New(d, w.queue, post, w.clock.Now, log, outbox.Settings{Centre: "Meldpunt Polder", From: "Polder <polder@polder.example>", Key: key})
	w.signin = signin.New(d, out, catalog, w.clock.Now, log, signin.Settings{BaseURL: base, Centre: "Meldpunt Polder", Key: key, Idle: 12 * time.Hour, Longest: 24 * time.Hour})
	house := House{Signin: w.signin, Outbox: out, Queue: w.queue, Catalog: catalog, Log: log,
		Settings: Settings{BaseURL: base, Centre: "Meldpunt Polder", Desk: "desk@polder.example", Key: key}}
	if len(register) > 0 {
		house.Register = register[0]
	}
	w.dir = New(d, w.clock.Now, house)
	people := w.signin.People()
	people.In = func(r *http.Request, a actor.Actor, organisation string) (actor.Actor, error) {
		return w.dir.In(r.Context(), a, organisation)
	}
	if w.site, err = web.New(web.Options{Name: "Meldpunt Polder", BaseURL: base, Catalog: catalog, Log: log, People: people, Now: w.clock.Now}); err != nil {
		t.Fatal(err)
	}
	w.pages = w.dir.routes(w.site)
	// What other packages serve, as far as this one leads there.
	stub := func(rw http.ResponseWriter, _ *http.Request) error {
		_, err := io.WriteString(rw, "elsewhere")
		return err
	}
	for _, path := range []string{"/sign-in", "/sign-in/confirm", "/{$}"} {
		w.site.Handle("GET "+path, web.Public, stub)
	}
	w.site.Handle("GET /desk", web.Staff(actor.Adviser|actor.Analyst), stub)
	w.server.Config.Handler = w.site
	w.server.Start()
	t.Cleanup(func() {
		w.server.Close()
		client.Close()
		if err := w.box.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) write(fn func(tx *db.Tx) error) {
	w.Helper()
	if err := w.db.Write(w.ctx, fn); err != nil {
		w.Fatal(err)
	}
}

// person makes an account and signs it in.
func (w *world) person(name string, staff ...actor.Roles) db.ID {
	w.Helper()
	var roles actor.Roles
	for _, r := range staff {
		roles |= r
	}
	id := db.NewID()
	w.write(func(tx *db.Tx) error {
		_, err := tx.Exec(w.ctx, `INSERT INTO signin_account (id, mail, name, language, staff, state, handle, created_at) VALUES (?1, ?2, ?3, '', ?4, 'active', ?5, ?6)`,
			id, name+"@people.example", strings.ToUpper(name[:1])+name[1:], int64(roles), id[:], db.At(w.clock.Now()))
		return err
	})
	w.accounts[name] = id
	w.signIn(name)
	return id
}

func (w *world) signIn(name string) {
	w.Helper()
	w.write(func(tx *db.Tx) (err error) {
		w.tokens[name], err = w.signin.Begin(w.ctx, tx, w.accounts[name], "passkey", "test")
		return err
	})
}

// as is the context in which a person's request comes.
func (w *world) as(name string) context.Context {
	w.Helper()
	a, err := w.signin.ByToken(w.ctx, w.tokens[name])
	if err != nil || !a.Known() {
		w.Fatalf("%s is not signed in: %v", name, err)
	}
	return actor.With(w.ctx, a)
}

// registration is a form that can be sent.
func registration(name, number string) Registration {
	return Registration{Scheme: "kvk", Number: number, Name: name, Sector: "C", Size: "10", Area: "Utrecht", Language: "nl"}
}

// organisation registers one for a person, and has it accepted by an adviser of its own.
func (w *world) organisation(owner, name, number string) db.ID {
	w.Helper()
	done, err := w.dir.Register(w.as(owner), registration(name, number))
	if err != nil || done.Organisation.IsZero() {
		w.Fatalf("%s: %+v, %v", name, done, err)
	}
	if _, there := w.accounts["adviser"]; !there {
		w.person("adviser", actor.Adviser)
	}
	if err := w.dir.Decide(w.as("adviser"), done.Organisation, Accepted, "", ""); err != nil {
		w.Fatal(err)
	}
	return done.Organisation
}

// member gives a person a place, without the ceremony.
func (w *world) member(organisation db.ID, name string, place actor.Place) {
	w.Helper()
	w.write(func(tx *db.Tx) error {
		_, err := addMember(w.ctx, tx, organisation, w.accounts[name], place, w.clock.Now())
		return err
	})
}

// mandate gives one for a year, and returns its id.
func (w *world) mandate(giver string, organisation, holder db.ID, acting bool) db.ID {
	w.Helper()
	var o Organisation
	w.write(func(tx *db.Tx) (err error) { o, err = organisationByID(w.ctx, tx, holder); return err })
	if err := w.dir.Give(w.as(giver), organisation, Wish{Holder: o.Reference, Acting: acting, EveryAsset: true, Ends: w.clock.Now().AddDate(1, 0, 0)}); err != nil {
		w.Fatal(err)
	}
	list, _, err := w.dir.Mandates(w.as(giver), organisation, db.ID{})
	if err != nil || len(list) == 0 {
		w.Fatal(err)
	}
	return list[0].ID
}

// mails does what waits and returns the mails to an address, the latest last.
func (w *world) mails(to string) (list []mail.Mail) {
	w.Helper()
	if err := w.queue.Drain(w.ctx); err != nil {
		w.Fatal(err)
	}
	for _, m := range w.box.Mails() {
		if slices.Contains(m.EnvelopeTo, to) {
			list = append(list, m)
		}
	}
	return list
}

var sixDigits = regexp.MustCompile(`\b(\d{3}) (\d{3})\b`)

// found is what the expression finds in the latest mail to an address that has it. Mails that went
// out together come in any order.
func (w *world) found(to string, in *regexp.Regexp) []string {
	w.Helper()
	for _, m := range slices.Backward(w.mails(to)) {
		if found := in.FindStringSubmatch(m.Text); found != nil {
			return found
		}
	}
	w.Fatalf("no mail for %s has %s", to, in)
	return nil
}

// code is the code that was mailed last to an address.
func (w *world) code(to string) string {
	w.Helper()
	m := w.found(to, sixDigits)
	return m[1] + m[2]
}

var invitationLink = regexp.MustCompile(`/invitation/([A-Za-z0-9_-]{43})`)

// invitation is the secret of the invitation that was mailed last to an address.
func (w *world) invitation(to string) string { w.Helper(); return w.found(to, invitationLink)[1] }

// told tells whether a mail to an address says something.
func (w *world) told(to, what string) bool {
	w.Helper()
	return slices.ContainsFunc(w.mails(to), func(m mail.Mail) bool { return strings.Contains(m.Subject+m.Text, what) })
}

// ask sends a request as a person ("" for nobody) and returns the answer.
func (w *world) ask(name, method, path string, form url.Values) *httptest.ResponseRecorder {
	w.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, w.base+path, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Accept-Language", "en")
	if name != "" {
		r.AddCookie(&http.Cookie{Name: "polder_session", Value: w.tokens[name]})
	}
	rec := httptest.NewRecorder()
	w.site.ServeHTTP(rec, r)
	return rec
}

// record is the text of all that the record says.
func (w *world) record() string {
	w.Helper()
	var b strings.Builder
	err := w.db.Read(w.ctx, func(tx *db.Tx) error {
		list, err := audit.List(w.ctx, tx, time.Time{}.AddDate(1969, 0, 0), 100_000)
		for _, e := range list {
			line, _ := json.Marshal(e)
			b.Write(line)
			b.WriteByte('\n')
		}
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	return b.String()
}

func (w *world) state(organisation db.ID) (o Organisation) {
	w.Helper()
	w.write(func(tx *db.Tx) (err error) { o, err = organisationByID(w.ctx, tx, organisation); return err })
	return o
}
