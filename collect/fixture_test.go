package collect

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
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
	return []db.Schema{audit.Schema(), directory.Schema(), footprint.Schema(), jobs.Schema(), notify.Schema(), Schema()}
}

// world is everything that is not ours, on loopback: names, a web server, Shadowserver, a mail server.
type world struct {
	mu       sync.Mutex
	a        map[string][]string // addresses by name
	asked    map[string]int
	handler  http.HandlerFunc
	web      *httptest.Server
	pool     *x509.CertPool
	dns      string
	imapPort uint16
	user     *imapmemserver.User
}

func newWorld(t *testing.T) *world {
	t.Helper()
	o := &world{a: map[string][]string{}, asked: map[string]int{}}
	for _, name := range []string{"feed.example.", "other.example.", "api.example.", "files.example.", "mail.example."} {
		o.a[name] = []string{"192.0.2.7"}
	}
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	started := make(chan struct{})
	s := &dns.Server{PacketConn: pc, Handler: dns.HandlerFunc(o.name), NotifyStartedFunc: func() { close(started) }}
	go s.ActivateAndServe() //nolint:errcheck // ends with the test
	<-started
	t.Cleanup(func() { s.Shutdown() }) //nolint:errcheck
	o.dns = pc.LocalAddr().String()
	cert := certificate(t, "*.example")
	o.web = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		h := o.handler
		o.asked[r.Host+r.URL.Path]++
		o.mu.Unlock()
		if h == nil {
			http.NotFound(w, r)
			return
		}
		h(w, r)
	}))
	o.web.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	o.web.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	o.web.StartTLS()
	t.Cleanup(o.web.Close)
	o.pool = x509.NewCertPool()
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	o.pool.AddCert(leaf)
	o.mail(t, cert)
	return o
}

// mail is a mail server with the mailbox reports@mail.example.
func (o *world) mail(t *testing.T, cert tls.Certificate) {
	o.user = imapmemserver.NewUser("reports", "imap-geheim-7")
	if err := o.user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	mem := imapmemserver.New()
	mem.AddUser(o.user)
	s := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return mem.NewSession(), nil, nil
		},
		Caps: imap.CapSet{imap.CapIMAP4rev1: {}}, Logger: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	})
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		t.Fatal(err)
	}
	go s.Serve(l) //nolint:errcheck // it ends when it is closed
	t.Cleanup(func() { s.Close() })
	o.imapPort = netip.MustParseAddrPort(l.Addr().String()).Port()
}

func certificate(t *testing.T, names ...string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: names[0]}, DNSNames: names, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func (o *world) name(w dns.ResponseWriter, q *dns.Msg) {
	o.mu.Lock()
	defer o.mu.Unlock()
	m := new(dns.Msg)
	m.SetReply(q)
	name := strings.ToLower(q.Question[0].Name)
	if q.Question[0].Qtype == dns.TypeA {
		o.asked["dns "+name]++
		list := o.a[name]
		if len(list) > 1 && list[0] == "rebind" { // each look-up gets the next
			list = list[min(o.asked["dns "+name], len(list)-1):][:1]
		}
		for _, s := range list {
			m.Answer = append(m.Answer, &dns.A{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET}, A: net.ParseIP(s)})
		}
	}
	w.WriteMsg(m) //nolint:errcheck
}

func (o *world) count(what string) int { o.mu.Lock(); defer o.mu.Unlock(); return o.asked[what] }

func (o *world) answer(h http.HandlerFunc) { o.mu.Lock(); defer o.mu.Unlock(); o.handler = h }

// append puts a message in the mailbox.
func (o *world) append(t *testing.T, message string) {
	t.Helper()
	if _, err := o.user.Append("INBOX", literal{strings.NewReader(message)}, &imap.AppendOptions{}); err != nil {
		t.Fatal(err)
	}
}

type literal struct{ *strings.Reader }

func (l literal) Size() int64 { return l.Reader.Size() }

func (o *world) unseen(t *testing.T) int {
	s, err := o.user.Status("INBOX", &imap.StatusOptions{NumUnseen: true})
	if err != nil {
		t.Fatal(err)
	}
	return int(*s.NumUnseen)
}

// desk is the room for collecting with all that it stands on.
type desk struct {
	*testing.T
	ctx       context.Context // of the analyst
	out       *world
	db        *db.DB
	clock     *kit.Clock
	queue     *jobs.Queue
	box       *mail.Box
	catalog   *i18n.Catalog
	directory *directory.Directory
	notify    *notify.Notify
	collect   *Collect
	log       *strings.Builder
	people    map[string]actor.Actor
}

func newDesk(t *testing.T, d *db.DB, change ...func(h *House)) *desk {
	t.Helper()
	k := &desk{T: t, out: newWorld(t), db: d, clock: &kit.Clock{}, log: &strings.Builder{}}
	var err error
	if k.catalog, err = i18n.New(web.Messages, signin.Locales(), directory.Locales(), footprint.Locales(), notify.Locales(), Locales()); err != nil {
		t.Fatal(err)
	}
	k.catalog.Strict = true
	log := slog.New(slog.NewTextHandler(io.MultiWriter(&locked{w: k.log}, testLog{t}), &slog.HandlerOptions{Level: slog.LevelDebug}))
	k.queue = jobs.New(d, log)
	k.queue.Now = k.clock.Now
	if k.box, err = mail.OpenBox(mail.BoxConfig{Keep: 100, Now: k.clock.Now}); err != nil {
		t.Fatal(err)
	}
	client, err := mail.NewClient(mail.Config{URL: k.box.URL(), Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); k.box.Close() })
	post := &mail.Post{Servers: []*mail.Client{client}, ReturnPath: "melding@polder.example"}
	key := []byte(strings.Repeat("k", 32))
	letters := outbox.New(d, k.queue, post, k.clock.Now, log, outbox.Settings{Centre: "Meldpunt Polder", From: "Polder <melding@polder.example>", Key: key})
	k.directory = directory.New(d, k.clock.Now)
	f := footprint.New(d, k.clock.Now, log)
	k.notify = notify.New(d, f, k.queue, k.catalog, k.clock.Now, log, notify.Settings{
		BaseURL: "https://polder.example", Centre: "Meldpunt Polder", From: "Polder <melding@polder.example>", Gather: 5 * time.Minute, SendHour: 8,
		Location: k.catalog.Zone, Key: key, LinkValid: 90 * 24 * time.Hour, KeepRaw: 30 * 24 * time.Hour, KeepRejected: 30 * 24 * time.Hour, KeepExposures: 60 * 30 * 24 * time.Hour, ExpireAfter: 90 * 24 * time.Hour,
	})
	k.notify.Register(post)
	if err := f.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(k.out.web.URL)
	if err != nil {
		t.Fatal(err)
	}
	asker, err := fetch.New(fetch.Options{Resolver: k.out.dns, Timeout: 5 * time.Second, Loopback: &fetch.Loopback{
		HTTPS: netip.MustParseAddrPort(u.Host).Port(), HTTP: 1, IMAPS: k.out.imapPort, Roots: k.out.pool, As: []netip.Addr{netip.MustParseAddr("192.0.2.7")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	h := House{Notify: k.notify, Outbox: letters, Queue: k.queue, Catalog: k.catalog, Client: asker, Log: log,
		Settings: Settings{BaseURL: "https://polder.example", Centre: "Meldpunt Polder", Desk: "balie@polder.example", Location: k.catalog.Zone, Key: key, MaxReport: 1 << 20}}
	for _, fn := range change {
		fn(&h)
	}
	k.collect = New(d, k.clock.Now, h)
	k.people = map[string]actor.Actor{
		"analyst": {Account: db.NewID(), Name: "An Analist", Staff: actor.Analyst}, "adviser": {Account: db.NewID(), Staff: actor.Adviser},
		"administrator": {Account: db.NewID(), Staff: actor.Administrator}, "auditor": {Account: db.NewID(), Staff: actor.Auditor}, "person": {Account: db.NewID()}, "nobody": {},
	}
	k.ctx = k.as("analyst")
	if _, err := k.directory.Import(t.Context(), strings.NewReader("reference,name,language,notify_email\nkorst,Bakkerij Korst,nl,ict@korst.example\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Import(t.Context(), strings.NewReader("organisation_reference,kind,value,role\nkorst,prefix,192.0.2.0/28,owner\n")); err != nil {
		t.Fatal(err)
	}
	return k
}

func (k *desk) as(who string) context.Context { return actor.With(k.Context(), k.people[who]) }

type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(p []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.w.Write(p) }

type testLog struct{ t *testing.T }

func (l testLog) Write(p []byte) (int, error) {
	if l.t.Context().Err() == nil {
		l.t.Log(strings.TrimSpace(string(p)))
	}
	return len(p), nil
}

func eachDesk(t *testing.T, fn func(k *desk)) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) { fn(newDesk(t, d)) })
}

// add keeps a source and forgets the job that asks it, so that a test asks when it wants.
func (k *desk) add(s Source, secret Secret) db.ID {
	k.Helper()
	id, err := k.collect.Add(k.ctx, s, secret)
	if err != nil {
		k.Fatal(err)
	}
	return id
}

// pull asks a source and returns what came of it.
func (k *desk) pull(id db.ID) Run {
	k.Helper()
	if err := k.collect.Pull(k.Context(), id, true); err != nil {
		k.Fatal(err)
	}
	return k.last(id)
}

func (k *desk) last(id db.ID) (r Run) {
	k.Helper()
	err := k.db.Read(k.Context(), func(tx *db.Tx) error {
		list, err := latestRuns(k.Context(), tx, id, 1)
		if len(list) > 0 {
			r = list[0]
		}
		return err
	})
	if err != nil {
		k.Fatal(err)
	}
	k.clock.Advance(time.Second) // so that runs have an order
	return r
}

func (k *desk) find(key string) Source {
	k.Helper()
	s, err := k.collect.Find(k.ctx, key)
	if err != nil {
		k.Fatal(err)
	}
	return s
}

// report is a small report of Shadowserver's kind; n makes it another.
func report(k *kit.Clock, n int) string {
	s := "timestamp,severity,ip,protocol,port,hostname,tag,asn\n"
	for i := range n {
		s += fmt.Sprintf("%s,high,192.0.2.%d,tcp,3389,,rdp,64500\n", k.Now().Format("2006-01-02 15:04:05"), i%16)
	}
	return s
}

func (k *desk) fileName() string {
	return k.clock.Now().Format(time.DateOnly) + "-scan_rdp-example-nl.csv"
}

// shadowserver is their API as far as we use it: it checks key and HMAC as theirs does.
type shadowserver struct {
	key, secret string
	mu          sync.Mutex
	reports     []listed
	files       map[string]string
	questions   []map[string]any
	downloads   int
	broken      map[string]bool
}

func (s *shadowserver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	refuse := func(why string) {
		w.WriteHeader(http.StatusUnauthorized)
		json.NewEncoder(w).Encode(map[string]string{"error": why}) //nolint:errcheck
	}
	switch {
	case r.Method == "POST" && r.Host == "api.example" && r.URL.Path == "/api2/reports/list":
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		code := hmac.New(sha256.New, []byte(s.secret))
		code.Write(body)
		got, err := hex.DecodeString(r.Header.Get("HMAC2"))
		if err != nil || !hmac.Equal(got, code.Sum(nil)) {
			refuse("HMAC mismatch")
			return
		}
		var q map[string]any
		if json.Unmarshal(body, &q) != nil || q["apikey"] != s.key {
			refuse("Unknown API key " + fmt.Sprint(q["apikey"]))
			return
		}
		s.questions = append(s.questions, q)
		from, to, _ := strings.Cut(fmt.Sprint(q["date"]), ":")
		list := []listed{}
		for _, rep := range s.reports {
			if rep.Timestamp >= from && rep.Timestamp <= to {
				list = append(list, rep)
			}
		}
		json.NewEncoder(w).Encode(list) //nolint:errcheck
	case r.Method == "GET" && r.Host == "files.example":
		id := strings.TrimPrefix(r.URL.Path, "/")
		if s.downloads++; s.broken[id] || s.files[id] == "" {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		if r.Header.Get("HMAC2") != "" || r.Header.Get("Authorization") != "" {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		io.WriteString(w, s.files[id]) //nolint:errcheck
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// letter is a mail with attachments, by name and content.
func letter(from string, attachments ...string) string {
	var b strings.Builder
	b.WriteString("From: " + from + "\nTo: reports@mail.example\nSubject: reports\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=grens\n\n--grens\nContent-Type: text/plain\n\nSee attached.\n")
	for i := 0; i+1 < len(attachments); i += 2 {
		fmt.Fprintf(&b, "--grens\nContent-Type: text/csv\nContent-Disposition: attachment; filename=%q\n\n%s\n", attachments[i], attachments[i+1])
	}
	b.WriteString("--grens--\n")
	return strings.ReplaceAll(b.String(), "\n", "\r\n")
}

func (k *desk) maildir() (dir string) {
	k.Helper()
	dir = filepath.Join(k.db.Dir(), "mail", "reports")
	for _, sub := range []string{"new", "cur", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			k.Fatal(err)
		}
	}
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		k.Fatal(err)
	}
	return dir
}

func wrongIn(err error, field string) bool {
	var m Mistakes
	if !errors.As(err, &m) {
		return false
	}
	for _, x := range m {
		if x.Field == field {
			return true
		}
	}
	return false
}
