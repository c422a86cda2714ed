package outreach

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
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
	"polder/internal/web"
	"polder/notify"
	"polder/notify/feeds"
)

func schemas() []db.Schema {
	return []db.Schema{audit.Schema(), directory.Schema(), footprint.Schema(), jobs.Schema(), notify.Schema(), Schema()}
}

// outside is the internet as far as lookups need it: a DNS server that leads each name of a test to one
// web server on loopback, which also answers RDAP.
type outside struct {
	mu     sync.Mutex
	inner  map[string]bool   // names that lead to an inner address
	files  map[string]string // host and path -> text
	moved  map[string]string // host and path -> where to
	rdap   map[string]string
	asked  map[string]int
	dns    string
	server *httptest.Server
	pool   *x509.CertPool
}

func openOutside(t testing.TB) *outside {
	o := &outside{inner: map[string]bool{}, files: map[string]string{}, moved: map[string]string{}, rdap: map[string]string{}, asked: map[string]int{}}
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	started := make(chan struct{})
	server := &dns.Server{PacketConn: pc, NotifyStartedFunc: func() { close(started) }, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		name := strings.TrimSuffix(strings.ToLower(q.Question[0].Name), ".")
		o.mu.Lock()
		address := "127.0.0.1"
		if o.inner[name] {
			address = "10.0.0.1"
		}
		o.mu.Unlock()
		if q.Question[0].Qtype == dns.TypeA {
			m.Answer = append(m.Answer, &dns.A{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 1}, A: net.ParseIP(address)})
		}
		w.WriteMsg(m) //nolint:errcheck
	})}
	go server.ActivateAndServe() //nolint:errcheck // ends with the test
	<-started
	t.Cleanup(func() { server.Shutdown() }) //nolint:errcheck
	o.dns = pc.LocalAddr().String()
	o.server = httptest.NewUnstartedServer(http.HandlerFunc(o.serve))
	o.server.Config.ErrorLog = nil
	o.server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate(t, "*.example", "*.test", "data.iana.test", "rdap.test")}}
	o.server.StartTLS()
	t.Cleanup(o.server.Close)
	leaf, err := x509.ParseCertificate(o.server.TLS.Certificates[0].Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	o.pool = x509.NewCertPool()
	o.pool.AddCert(leaf)
	const list = `{"version":"1.0","publication":"2026-01-01T00:00:00Z","services":[[[%s],["https://rdap.test/"]]]}`
	o.rdap["/rdap/ipv4.json"] = fmt.Sprintf(list, `"192.0.0.0/8","198.0.0.0/8","203.0.0.0/8"`)
	o.rdap["/rdap/ipv6.json"] = fmt.Sprintf(list, `"2001:db8::/32"`)
	o.rdap["/rdap/asn.json"] = fmt.Sprintf(list, `"64496-64511"`)
	o.rdap["/rdap/dns.json"] = fmt.Sprintf(list, `"example","test"`)
	return o
}

func (o *outside) serve(w http.ResponseWriter, r *http.Request) {
	at := r.Host + r.URL.Path
	o.mu.Lock()
	o.asked[at]++
	file, isFile := o.files[at]
	to, isMoved := o.moved[at]
	answer, isRDAP := o.rdap[r.URL.Path]
	o.mu.Unlock()
	switch {
	case isMoved:
		http.Redirect(w, r, to, http.StatusFound)
	case file == "endless":
		w.Header().Set("Content-Type", "text/plain")
		for range 1600 { // 100 MB
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	case isFile:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprint(w, file)
	case isRDAP && (strings.HasPrefix(r.Host, "rdap.") || strings.HasPrefix(r.Host, "data.")):
		w.Header().Set("Content-Type", "application/rdap+json")
		fmt.Fprint(w, answer)
	default:
		http.NotFound(w, r)
	}
}

func (o *outside) set(fn func()) { o.mu.Lock(); defer o.mu.Unlock(); fn() }

func (o *outside) count(what string) int { o.mu.Lock(); defer o.mu.Unlock(); return o.asked[what] }

// securityTXT puts a good file with these contacts on a domain.
func (o *outside) securityTXT(domain string, contacts ...string) {
	text := ""
	for _, c := range contacts {
		text += "Contact: " + c + "\n"
	}
	o.set(func() {
		o.files[domain+"/.well-known/security.txt"] = text + "Expires: 2026-07-01T00:00:00Z\nPreferred-Languages: en, nl\nCanonical: https://" + domain + "/.well-known/security.txt\n"
	})
}

func vcard(role, address string) string {
	return fmt.Sprintf(`{"objectClassName":"entity","handle":"X","roles":[%q],"vcardArray":["vcard",[["version",{},"text","4.0"],["fn",{},"text","<script>alert(1)</script>"],["email",{},"text",%q]]]}`, role, address)
}

func (o *outside) network(prefix, start, end, abuse string) {
	o.set(func() {
		o.rdap["/ip/"+prefix] = fmt.Sprintf(`{"objectClassName":"ip network","handle":"NET-1","name":"<script>alert(1)</script>","country":"NL","startAddress":%q,"endAddress":%q,"entities":[%s]}`, start, end, vcard("abuse", abuse))
	})
}

func (o *outside) domain(name string, entities ...string) {
	o.set(func() {
		o.rdap["/domain/"+name] = fmt.Sprintf(`{"objectClassName":"domain","handle":"D-1","ldhName":%q,"entities":[%s]}`, name, strings.Join(entities, ","))
	})
}

// house is outreach with all that it stands on, and an analyst.
type house struct {
	t         *testing.T
	db        *db.DB
	clock     *kit.Clock
	queue     *jobs.Queue
	directory *directory.Directory
	footprint *footprint.Footprint
	notify    *notify.Notify
	o         *Outreach
	out       *outside
	box       *mail.Box
	catalog   *i18n.Catalog
	reports   int
}

func newHouse(t *testing.T, d *db.DB) *house {
	t.Helper()
	h := &house{t: t, db: d, clock: &kit.Clock{}, out: openOutside(t)}
	log, key := kit.Log(t), []byte(strings.Repeat("k", 32))
	var err error
	if h.catalog, err = i18n.New(web.Messages, footprint.Locales(), notify.Locales(), Locales()); err != nil {
		t.Fatal(err)
	}
	h.catalog.Strict = true
	h.queue = jobs.New(d, log)
	h.queue.Now = h.clock.Now
	h.directory = directory.New(d, h.clock.Now)
	if h.box, err = mail.OpenBox(mail.BoxConfig{Keep: 5000, Now: h.clock.Now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.box.Close() })
	sender, err := mail.NewClient(mail.Config{URL: h.box.URL(), Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sender.Close() })
	post := &mail.Post{Servers: []*mail.Client{sender}, ReturnPath: "polder@polder.example"}
	letters := outbox.New(d, h.queue, post, h.clock.Now, log, outbox.Settings{Centre: "Meldpunt Polder", From: "Polder <polder@polder.example>", Key: key})
	u, err := url.Parse(h.out.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	client, err := fetch.New(fetch.Options{Resolver: h.out.dns, Timeout: 5 * time.Second, Loopback: &fetch.Loopback{HTTP: 1, HTTPS: netip.MustParseAddrPort(u.Host).Port(), Roots: h.out.pool}})
	if err != nil {
		t.Fatal(err)
	}
	h.footprint = footprint.New(d, h.clock.Now, log)
	if err := h.footprint.Prove(h.queue, letters, h.catalog, client, footprint.Settings{BaseURL: "https://polder.example", Centre: "Meldpunt Polder", Key: key, RDAP: "https://data.iana.test/rdap/"}); err != nil {
		t.Fatal(err)
	}
	h.notify = notify.New(d, h.footprint, h.queue, h.catalog, h.clock.Now, log, notify.Settings{
		BaseURL: "https://polder.example", Centre: "Meldpunt Polder", Phone: "+31 85 000 0000", From: "Polder <melding@polder.example>", ReplyTo: "vragen@polder.example",
		Gather: 5 * time.Minute, SendHour: 8, Location: h.catalog.Zone, Key: key, LinkValid: 90 * 24 * time.Hour,
		KeepRaw: 30 * 24 * time.Hour, KeepRejected: 30 * 24 * time.Hour, KeepExposures: 60 * 30 * 24 * time.Hour, ExpireAfter: 90 * 24 * time.Hour,
	})
	h.notify.Register(post)
	h.o = New(d, h.clock.Now, House{Footprint: h.footprint, Notify: h.notify, Queue: h.queue, Fetch: client, Catalog: h.catalog, Log: log,
		Settings: Settings{BaseURL: "https://polder.example", Centre: "Meldpunt Polder", Phone: "+31 85 000 0000", Key: key}})
	if err := h.footprint.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

// as is a context of somebody with the roles, with a factor shown just now.
func (h *house) as(roles actor.Roles) context.Context {
	return actor.With(h.t.Context(), actor.Actor{Account: db.NewID(), Name: "Jo", Staff: roles, Fresh: h.clock.Now(), Language: "nl"})
}

func (h *house) analyst() context.Context { return h.as(actor.Analyst) }

func (h *house) register(reference, kind, value string) {
	h.t.Helper()
	if _, err := h.directory.Import(h.t.Context(), strings.NewReader("reference,name,language,notify_email\n"+reference+",Bedrijf "+reference+",nl,"+reference+"@mail.example\n")); err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.footprint.Import(h.t.Context(), strings.NewReader("organisation_reference,kind,value,role\n"+reference+","+kind+","+value+",owner\n")); err != nil {
		h.t.Fatal(err)
	}
}

// ingest reads a report of findings "address,hostname,url", of the type.
func (h *house) ingest(kind string, lines ...string) {
	h.t.Helper()
	h.reports++
	body := "timestamp,severity,ip,protocol,port,hostname,tag,asn\n"
	if kind == "compromised_website" {
		body = "timestamp,severity,ip,protocol,port,http_host,tag,asn\n"
	}
	for _, l := range lines {
		ip, name, _ := strings.Cut(l, ",")
		body += fmt.Sprintf("%s,high,%s,tcp,443,%s,x,64500\n", h.clock.Now().Format("2006-01-02 15:04:05"), ip, name)
	}
	file := filepath.Join(h.t.TempDir(), fmt.Sprintf("%s-%s-deel%d.csv", h.clock.Now().Format(time.DateOnly), kind, h.reports))
	if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
		h.t.Fatal(err)
	}
	sum, err := h.notify.Ingest(h.t.Context(), notify.Offer{Path: file, Actor: "test"})
	if err != nil || sum.Problem != "" {
		h.t.Fatal(err, sum)
	}
}

func (h *house) run() {
	h.t.Helper()
	if err := h.queue.Drain(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

// sweep starts a round over all types of the last week, and does its work.
func (h *house) sweep() db.ID {
	h.t.Helper()
	choices, err := h.o.Choices(h.analyst(), 7)
	if err != nil {
		h.t.Fatal(err)
	}
	id, err := h.o.Start(h.analyst(), choices, feeds.Info, 7)
	if err != nil {
		h.t.Fatal(err)
	}
	h.run()
	return id
}

func (h *house) show(sweep db.ID, list string) View {
	h.t.Helper()
	v, err := h.o.Show(h.analyst(), sweep, list, nil, 50)
	if err != nil {
		h.t.Fatal(err)
	}
	return v
}

// contactAt is the contact of an address in a list; it fails when it is not there.
func (h *house) contactAt(sweep db.ID, list, address string) Contact {
	h.t.Helper()
	v := h.show(sweep, list)
	for _, c := range v.Contacts {
		if c.Address == address {
			return c
		}
	}
	h.t.Fatalf("%s is not in %s: %+v", address, list, v)
	return Contact{}
}

func (h *house) approve(sweep db.ID, address string) {
	h.t.Helper()
	c := h.contactAt(sweep, "open", address)
	if err := h.o.Decide(h.analyst(), sweep, c.ID, "approved", c.Language, ""); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) send(sweep db.ID) {
	h.t.Helper()
	if err := h.o.Send(h.analyst(), sweep); err != nil {
		h.t.Fatal(err)
	}
	h.run()
}

// mailsTo counts the mails to an address.
func (h *house) mailsTo(address string) (list []mail.Mail) {
	for _, m := range h.box.Mails() {
		if m.EnvelopeTo[0] == address {
			list = append(list, m)
		}
	}
	return list
}

func mustFail(t *testing.T, err error, key string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), key) {
		t.Errorf("got %v, want %s", err, key)
	}
}
