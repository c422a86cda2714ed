package follow

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"polder/directory"
	"polder/footprint"
	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fetch"
	"polder/internal/i18n"
	"polder/internal/jobs"
	"polder/internal/kit"
	"polder/internal/mail"
	"polder/internal/outbox"
	"polder/internal/signin"
	"polder/internal/web"
	"polder/notify"
)

func schemas() []db.Schema {
	return []db.Schema{audit.Schema(), signin.Schema(), directory.Schema(), footprint.Schema(), jobs.Schema(), notify.Schema(), Schema()}
}

// receiver is a real server on loopback that a webhook posts to, with a name of its own.
type receiver struct {
	mu     sync.Mutex
	server *httptest.Server
	got    []received
	answer func(w http.ResponseWriter, r *http.Request) // nil: 204
	names  map[string][]string                          // what names lead to
	asked  int                                          // of names
}

type received struct {
	header http.Header
	body   []byte
	path   string
}

func (r *receiver) take() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := r.got
	r.got = nil
	return list
}

func (r *receiver) set(fn func(w http.ResponseWriter, r *http.Request)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = fn
}

func (r *receiver) lead(name string, to ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.names[name] = to
}

// world is a bakery and a smithy with their people, and a receiver.
type world struct {
	t         *testing.T
	db        *db.DB
	clock     *kit.Clock
	follow    *Follow
	directory *directory.Directory
	notify    *notify.Notify
	footprint *footprint.Footprint
	queue     *jobs.Queue
	people    map[string]actor.Actor
	site      *web.Site
	pages     *pages
	to        *receiver
	box       *mail.Box
	log       *bytes.Buffer
	ids       map[string]db.ID
}

type locked struct {
	mu sync.Mutex
	b  *bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func openWorld(t *testing.T, d *db.DB, base string) *world {
	t.Helper()
	w := &world{t: t, db: d, clock: &kit.Clock{}, people: map[string]actor.Actor{}, log: &bytes.Buffer{}, ids: map[string]db.ID{}}
	w.to = &receiver{names: map[string][]string{"example.com": {"192.0.2.77"}}}
	w.to.server = httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		w.to.mu.Lock()
		w.to.got = append(w.to.got, received{r.Header.Clone(), b, r.URL.Path})
		answer := w.to.answer
		w.to.mu.Unlock()
		if answer != nil {
			answer(rw, r)
			return
		}
		rw.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(w.to.server.Close)
	u, _ := url.Parse(w.to.server.URL)
	roots := x509.NewCertPool()
	roots.AddCert(w.to.server.Certificate())
	client, err := fetch.New(fetch.Options{Resolver: w.nameserver(), Timeout: time.Second,
		Loopback: &fetch.Loopback{HTTP: 1, HTTPS: netip.MustParseAddrPort(u.Host).Port(), Roots: roots, As: []netip.Addr{netip.MustParseAddr("192.0.2.77")}}})
	if err != nil {
		t.Fatal(err)
	}
	catalog, err := i18n.New(web.Messages, signin.Locales(), directory.Locales(), footprint.Locales(), notify.Locales(), Locales())
	if err != nil {
		t.Fatal(err)
	}
	catalog.Strict = true
	log := slog.New(slog.NewTextHandler(&locked{b: w.log}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.queue = jobs.New(d, log)
	w.queue.Now = w.clock.Now
	if w.box, err = mail.OpenBox(mail.BoxConfig{Keep: 1000, Now: w.clock.Now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.box.Close() })
	sender, err := mail.NewClient(mail.Config{URL: w.box.URL(), Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sender.Close() })
	post := &mail.Post{Servers: []*mail.Client{sender}, ReturnPath: "melding@polder.example"}
	key := []byte(strings.Repeat("k", 32))
	out := outbox.New(d, w.queue, post, w.clock.Now, log, outbox.Settings{Centre: "Meldpunt Polder", From: "Polder <melding@polder.example>", Key: key})
	w.directory = directory.New(d, w.clock.Now)
	w.footprint = footprint.New(d, w.clock.Now, log)
	w.notify = notify.New(d, w.footprint, w.queue, catalog, w.clock.Now, log, notify.Settings{BaseURL: base, Centre: "Meldpunt Polder", From: "Polder <melding@polder.example>",
		Gather: 5 * time.Minute, SendHour: 8, Location: catalog.Zone, Key: key, LinkValid: 90 * 24 * time.Hour, KeepRaw: 30 * 24 * time.Hour, KeepRejected: 30 * 24 * time.Hour,
		KeepExposures: 60 * 30 * 24 * time.Hour, ExpireAfter: 90 * 24 * time.Hour})
	w.notify.Register(post)
	w.follow = New(d, w.clock.Now, House{Directory: w.directory, Footprint: w.footprint, Notify: w.notify, Queue: w.queue, Outbox: out, Catalog: catalog, Client: client, Log: log,
		BaseURL: base, Centre: "Meldpunt Polder", Key: key})
	if _, err := w.directory.Import(t.Context(), strings.NewReader("reference,name,language,notify_email\nbakker,Bakkerij De Korst,nl,info@korst.example\nsmid,Smederij Vonk,nl,info@vonk.example\nit,Visser IT,nl,it@it.example\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := w.footprint.Import(t.Context(), strings.NewReader("organisation_reference,kind,value,role\nbakker,prefix,192.0.2.0/25,owner\nsmid,prefix,198.51.100.0/26,owner\n")); err != nil {
		t.Fatal(err)
	}
	for _, ref := range []string{"bakker", "smid", "it"} {
		o, err := w.directory.ByReference(t.Context(), ref)
		if err != nil {
			t.Fatal(err)
		}
		w.ids[ref] = o.ID
		for _, place := range []string{"owner", "security-contact", "member"} {
			who := ref + "-" + place
			w.people[who] = actor.Actor{Account: db.NewID(), Name: who, Language: "nl", Fresh: w.clock.Now()}
			w.sql(`INSERT INTO signin_account (id, mail, name, language, state, staff, handle, created_at) VALUES (?1, ?2, ?3, 'nl', 'active', 0, ?1, 0)`, w.people[who].Account, who+"@example.org", who)
			w.sql(`INSERT INTO directory_member (organisation_id, account_id, place, since) VALUES (?1, ?2, ?3, 0)`, o.ID, w.people[who].Account, place)
		}
		w.people["program-"+ref] = actor.Actor{Token: db.NewID(), Bound: o.ID, Scopes: []string{"exposures:read"}}
	}
	w.people["program-none"] = actor.Actor{Token: db.NewID(), Bound: w.ids["bakker"], Scopes: []string{"assets:read"}}
	w.people["stranger"] = actor.Actor{Account: db.NewID(), Name: "stranger", Fresh: w.clock.Now()}
	w.people["analyst"] = actor.Actor{Account: db.NewID(), Name: "analyst", Staff: ^actor.Roles(0), Fresh: w.clock.Now()}
	w.sql(`INSERT INTO directory_mandate (id, organisation_id, holder_id, acting, every_asset, given_by, given_at, ends_at) VALUES (?1, ?2, ?3, 1, 1, ?1, 0, ?4)`,
		db.NewID(), w.ids["bakker"], w.ids["it"], db.At(w.clock.Now().AddDate(1, 0, 0)))
	w.site, err = web.New(web.Options{Name: "Meldpunt Polder", BaseURL: base, Catalog: catalog, Log: log, Now: w.clock.Now, People: web.People{
		Session: func(_ http.ResponseWriter, r *http.Request) (actor.Actor, error) {
			c, err := r.Cookie("as")
			if err != nil {
				return actor.Actor{}, nil
			}
			return w.people[c.Value], nil
		},
		Token: func(r *http.Request) (actor.Actor, error) {
			return w.people[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")], nil
		},
		In: func(r *http.Request, a actor.Actor, organisation string) (actor.Actor, error) {
			return w.directory.In(r.Context(), a, organisation)
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	w.pages = w.follow.routes(w.site)
	w.notify.Routes(w.site)
	api := web.NewAPI(w.site, 1000, 10_000)
	w.notify.API(api)
	w.follow.API(api)
	return w
}

// nameserver answers for the receiver's names.
func (w *world) nameserver() string {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	started := make(chan struct{})
	s := &dns.Server{PacketConn: pc, NotifyStartedFunc: func() { close(started) }, Handler: dns.HandlerFunc(func(rw dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg)
		m.SetReply(q)
		name := strings.ToLower(strings.TrimSuffix(q.Question[0].Name, "."))
		w.to.mu.Lock()
		list := w.to.names[name]
		w.to.asked++
		w.to.mu.Unlock()
		if len(list) == 0 {
			m.Rcode = dns.RcodeNameError
		}
		if q.Question[0].Qtype == dns.TypeA {
			for _, a := range list {
				m.Answer = append(m.Answer, &dns.A{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET}, A: net.ParseIP(a)})
			}
		}
		rw.WriteMsg(m) //nolint:errcheck
	})}
	go s.ActivateAndServe() //nolint:errcheck
	<-started
	w.t.Cleanup(func() { s.Shutdown() }) //nolint:errcheck
	return pc.LocalAddr().String()
}

func eachWorld(t *testing.T, fn func(w *world)) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) { fn(openWorld(t, d, "https://polder.example")) })
}

func (w *world) sql(q string, args ...any) {
	w.t.Helper()
	if err := w.db.Write(w.t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(w.t.Context(), q, args...); return err }); err != nil {
		w.t.Fatalf("%s: %v", q, err)
	}
}

func (w *world) count(q string, args ...any) (n int) {
	w.t.Helper()
	if err := w.db.Read(w.t.Context(), func(tx *db.Tx) error { return tx.One(w.t.Context(), q, args, &n) }); err != nil {
		w.t.Fatalf("%s: %v", q, err)
	}
	return n
}

func (w *world) as(who string) context.Context { return actor.With(w.t.Context(), w.people[who]) }

// fresh lets everybody have shown a factor just now.
func (w *world) fresh() {
	for k, a := range w.people {
		a.Fresh = w.clock.Now()
		w.people[k] = a
	}
}

var reports int

// found reports so many systems of the bakery, from the host number given.
func (w *world) found(prefix string, first, n int) {
	w.t.Helper()
	reports++
	lines := []string{"timestamp,severity,ip,protocol,port,hostname,tag,asn"}
	for i := range n {
		lines = append(lines, fmt.Sprintf("%s,high,%s%d,tcp,%d,,rdp,64500", w.clock.Now().Format("2006-01-02 15:04:05"), prefix, first+i%60, 3389+i/60))
	}
	file := w.t.TempDir() + "/" + w.clock.Now().Format("2006-01-02") + "-scan_rdp-example" + strconv.Itoa(reports) + "-nl.csv"
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.notify.Ingest(w.t.Context(), notify.Offer{Path: file, Actor: "test"}); err != nil {
		w.t.Fatal(err)
	}
}

// drain lets everything run that is due, and the time after which changes are posted pass before it.
func (w *world) drain() {
	w.t.Helper()
	w.clock.Advance(2 * settle)
	for range 2 { // what the look queues, the second run surely takes
		if err := w.queue.Drain(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
	}
}

// verify checks a post as a receiver does, and returns what it says.
func (w *world) verify(r received, key string) (m struct {
	Type string
	Data struct {
		Events []struct {
			Type     string
			Exposure struct{ ID, Address, State string }
		}
	}
}) {
	w.t.Helper()
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(key, "whsec_"))
	if err != nil {
		w.t.Fatal(err)
	}
	at, err := strconv.ParseInt(r.header.Get("Webhook-Timestamp"), 10, 64)
	if err != nil || w.clock.Now().Sub(time.Unix(at, 0)).Abs() > 5*time.Minute {
		w.t.Errorf("the time %q is not now: %v", r.header.Get("Webhook-Timestamp"), err)
	}
	h := hmac.New(sha256.New, raw)
	fmt.Fprintf(h, "%s.%d.%s", r.header.Get("Webhook-Id"), at, r.body)
	if want := "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil)); !hmac.Equal([]byte(want), []byte(r.header.Get("Webhook-Signature"))) {
		w.t.Errorf("the signature %q is not %q", r.header.Get("Webhook-Signature"), want)
	}
	if err := json.Unmarshal(r.body, &m); err != nil {
		w.t.Errorf("%v: %s", err, r.body)
	}
	return m
}

func (w *world) ask(who, method, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	switch {
	case strings.HasPrefix(who, "program"):
		r.Header.Set("Authorization", "Bearer "+who)
	case who != "":
		r.AddCookie(&http.Cookie{Name: "as", Value: who})
	}
	out := httptest.NewRecorder()
	w.site.ServeHTTP(out, r)
	return out
}

func (w *world) text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(b)
}
