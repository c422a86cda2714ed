package footprint

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
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"polder/directory"
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
)

func allSchemas() []db.Schema {
	return []db.Schema{audit.Schema(), directory.Schema(), Schema(), jobs.Schema()}
}

// outside is the internet as far as proofs need it: a DNS server, web servers and an RDAP server on
// loopback, each of which answers as a test says.
type outside struct {
	mu      sync.Mutex
	txt     map[string][]string
	a       map[string][]string
	broken  map[string]bool // names for which the resolver fails
	files   map[string]string
	rdap    map[string]string // path -> answer
	asked   map[string]int
	dns     string
	plain   *httptest.Server
	secure  *httptest.Server
	pool    *x509.CertPool
	handler http.HandlerFunc // instead of files and rdap, when set
}

func openOutside(t testing.TB) *outside {
	o := &outside{txt: map[string][]string{}, a: map[string][]string{}, broken: map[string]bool{}, files: map[string]string{}, rdap: map[string]string{}, asked: map[string]int{}}
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	started := make(chan struct{})
	server := &dns.Server{PacketConn: pc, Handler: dns.HandlerFunc(o.answer), NotifyStartedFunc: func() { close(started) }}
	go server.ActivateAndServe() //nolint:errcheck // ends with the test
	<-started
	t.Cleanup(func() { server.Shutdown() }) //nolint:errcheck
	o.dns = pc.LocalAddr().String()
	o.plain = httptest.NewServer(http.HandlerFunc(o.serve))
	o.secure = httptest.NewUnstartedServer(http.HandlerFunc(o.serve))
	o.secure.Config.ErrorLog = nil
	o.secure.TLS = &tls.Config{Certificates: []tls.Certificate{certificate(t, "*.example", "*.web.example", "data.iana.test", "rdap.test")}}
	o.secure.StartTLS()
	o.pool = x509.NewCertPool()
	leaf, err := x509.ParseCertificate(o.secure.TLS.Certificates[0].Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	o.pool.AddCert(leaf)
	t.Cleanup(o.plain.Close)
	t.Cleanup(o.secure.Close)
	o.a["data.iana.test."], o.a["rdap.test."] = []string{"127.0.0.1"}, []string{"127.0.0.1"}
	o.rdap["/rdap/ipv4.json"] = `{"version":"1.0","publication":"2026-01-01T00:00:00Z","services":[[["192.0.0.0/8","198.0.0.0/8","203.0.0.0/8"],["https://rdap.test/"]]]}`
	o.rdap["/rdap/ipv6.json"] = `{"version":"1.0","publication":"2026-01-01T00:00:00Z","services":[[["2001:db8::/32"],["https://rdap.test/"]]]}`
	o.rdap["/rdap/asn.json"] = `{"version":"1.0","publication":"2026-01-01T00:00:00Z","services":[[["64496-64511"],["https://rdap.test/"]]]}`
	return o
}

func (o *outside) answer(w dns.ResponseWriter, q *dns.Msg) {
	o.mu.Lock()
	defer o.mu.Unlock()
	m := new(dns.Msg)
	m.SetReply(q)
	name := strings.ToLower(q.Question[0].Name)
	o.asked["dns "+name]++
	head := dns.RR_Header{Name: q.Question[0].Name, Rrtype: q.Question[0].Qtype, Class: dns.ClassINET, Ttl: 1}
	texts, addresses := o.txt[name], o.a[name]
	switch {
	case o.broken[name]:
		m.Rcode = dns.RcodeServerFailure
	case texts == nil && addresses == nil:
		m.Rcode = dns.RcodeNameError
	case q.Question[0].Qtype == dns.TypeTXT:
		for _, t := range texts {
			m.Answer = append(m.Answer, &dns.TXT{Hdr: head, Txt: []string{t}})
		}
	default:
		if n := o.asked["dns "+name]; len(addresses) > 0 && strings.HasPrefix(addresses[0], "then:") { // rebinding
			addresses = []string{strings.Split(addresses[0], ":")[min(n, 2)]}
		}
		for _, s := range addresses {
			ip := netip.MustParseAddr(s)
			if ip.Is4() && q.Question[0].Qtype == dns.TypeA {
				m.Answer = append(m.Answer, &dns.A{Hdr: head, A: ip.AsSlice()})
			} else if ip.Is6() && q.Question[0].Qtype == dns.TypeAAAA {
				m.Answer = append(m.Answer, &dns.AAAA{Hdr: head, AAAA: ip.AsSlice()})
			}
		}
	}
	w.WriteMsg(m) //nolint:errcheck
}

func (o *outside) serve(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	handler, file, isFile := o.handler, o.files[r.Host+r.URL.Path], false
	_, isFile = o.files[r.Host+r.URL.Path]
	answer, isRDAP := o.rdap[r.URL.Path]
	o.asked[r.Host+r.URL.Path]++
	o.mu.Unlock()
	switch {
	case handler != nil:
		handler(w, r)
	case isFile:
		fmt.Fprint(w, file)
	case isRDAP:
		w.Header().Set("Content-Type", "application/rdap+json")
		fmt.Fprint(w, answer)
	default:
		http.NotFound(w, r)
	}
}

// set changes what is outside, as nobody else is reading it.
func (o *outside) set(fn func()) { o.mu.Lock(); defer o.mu.Unlock(); fn() }

func (o *outside) count(what string) int { o.mu.Lock(); defer o.mu.Unlock(); return o.asked[what] }

func (o *outside) client(t testing.TB) *fetch.Client {
	t.Helper()
	port := func(address string) uint16 {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		return netip.MustParseAddrPort(u.Host).Port()
	}
	c, err := fetch.New(fetch.Options{Resolver: o.dns, Timeout: 5 * time.Second, Loopback: &fetch.Loopback{HTTP: port(o.plain.URL), HTTPS: port(o.secure.URL), Roots: o.pool, As: []netip.Addr{netip.MustParseAddr("192.0.2.7")}}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// home is the register with all that proving needs, and some organisations with people.
type home struct {
	t       *testing.T
	db      *db.DB
	clock   *kit.Clock
	f       *Footprint
	queue   *jobs.Queue
	box     *mail.Box
	out     *outside
	catalog *i18n.Catalog
	orgs    map[string]db.ID
	people  map[string]actor.Actor
	changes []Changed
}

func newHome(t *testing.T, d *db.DB) *home {
	t.Helper()
	h := &home{t: t, db: d, clock: &kit.Clock{}, out: openOutside(t), orgs: map[string]db.ID{}, people: map[string]actor.Actor{}}
	log := kit.Log(t)
	var err error
	if h.catalog, err = i18n.New(web.Messages, Locales()); err != nil {
		t.Fatal(err)
	}
	h.catalog.Strict = true
	h.queue = jobs.New(d, log)
	h.queue.Now = h.clock.Now
	if h.box, err = mail.OpenBox(mail.BoxConfig{Keep: 5000, Now: h.clock.Now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.box.Close() })
	client, err := mail.NewClient(mail.Config{URL: h.box.URL(), Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	key := []byte(strings.Repeat("k", 32))
	out := outbox.New(d, h.queue, &mail.Post{Servers: []*mail.Client{client}, ReturnPath: "polder@polder.example"}, h.clock.Now, log,
		outbox.Settings{Centre: "Meldpunt Polder", From: "Polder <polder@polder.example>", Key: key})
	h.f = New(d, h.clock.Now, log)
	if err := h.f.Prove(h.queue, out, h.catalog, h.out.client(t), Settings{BaseURL: "https://polder.example", Centre: "Meldpunt Polder", Desk: "desk@polder.example", Key: key, RDAP: "https://data.iana.test/rdap/"}); err != nil {
		t.Fatal(err)
	}
	h.f.OnChange(func(_ context.Context, _ *db.Tx, e Changed) error { h.changes = append(h.changes, e); return nil })
	if err := h.f.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

// organisation makes one that is accepted, with an owner "NAME", a member "NAME-member".
func (h *home) organisation(name string) db.ID {
	h.t.Helper()
	dir := directory.New(h.db, h.clock.Now)
	if _, err := dir.Import(h.t.Context(), strings.NewReader("reference,name,language,notify_email\n"+name+",Bedrijf "+name+",nl,"+name+"@mail.example\n")); err != nil {
		h.t.Fatal(err)
	}
	o, err := dir.ByReference(h.t.Context(), name)
	if err != nil {
		h.t.Fatal(err)
	}
	h.orgs[name] = o.ID
	for _, place := range []string{"owner", "security-contact", "member"} {
		a := actor.Actor{Account: db.NewID(), Name: name + " " + place, Fresh: h.clock.Now(), Language: "nl"}
		h.sql(`INSERT INTO directory_member (organisation_id, account_id, place, since) VALUES (?1, ?2, ?3, 0)`, o.ID, a.Account, place)
		who := name
		if place != "owner" {
			who += "-" + place
		}
		h.people[who] = a
	}
	return o.ID
}

// staff makes somebody of staff.
func (h *home) staff(name string, roles actor.Roles) {
	h.people[name] = actor.Actor{Account: db.NewID(), Name: name, Staff: roles, Fresh: h.clock.Now(), Language: "nl"}
}

// mandate gives the owner of one organisation a mandate from another.
func (h *home) mandate(from, to string, acting, every int, assets ...db.ID) db.ID {
	h.t.Helper()
	id := db.NewID()
	h.sql(`INSERT INTO directory_mandate (id, organisation_id, holder_id, acting, every_asset, given_by, given_at, ends_at) VALUES (?1, ?2, ?3, ?4, ?5, ?1, 0, ?6)`,
		id, h.orgs[from], h.orgs[to], acting, every, db.At(h.clock.Now().Add(1000*24*time.Hour)))
	for _, a := range assets {
		h.sql(`INSERT INTO directory_mandate_asset (mandate_id, asset_id) VALUES (?1, ?2)`, id, a)
	}
	return id
}

func (h *home) sql(q string, args ...any) {
	h.t.Helper()
	if err := h.db.Write(h.t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(h.t.Context(), q, args...); return err }); err != nil {
		h.t.Fatalf("%s: %v", q, err)
	}
}

// as is the context in which somebody asks.
func (h *home) as(name string) context.Context {
	h.t.Helper()
	a, ok := h.people[name]
	if !ok {
		h.t.Fatalf("there is no %s", name)
	}
	return actor.With(h.t.Context(), a)
}

func (h *home) register(who string, kind Kind, value string, role Role) Claim {
	h.t.Helper()
	c, err := h.f.Register(h.as(who), h.orgs[who], Entry{kind, value, role})
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

func (h *home) claim(id db.ID) (c Claim) {
	h.t.Helper()
	err := h.db.Read(h.t.Context(), func(tx *db.Tx) (err error) { c, err = claimByID(h.t.Context(), tx, id); return err })
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

// run does all jobs that are due, letters too.
func (h *home) run() {
	h.t.Helper()
	if err := h.queue.Drain(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

// showTXT puts the proof of a claim in DNS.
func (h *home) showTXT(c Claim) {
	h.out.set(func() { h.out.txt[ChallengeLabel+c.Value+"."] = []string{"v=spf1 -all", h.f.proving.proof(c)} })
}

// domain claims and proves a domain.
func (h *home) domain(who, name string) Claim {
	h.t.Helper()
	c := h.register(who, Domain, name, Owner)
	h.showTXT(c)
	if err := h.f.Look(h.as(who), h.orgs[who], c.ID); err != nil {
		h.t.Fatal(err)
	}
	h.run()
	return h.claim(c.ID)
}

// network answers RDAP for a network, with an abuse contact.
func (h *home) network(path, start, end, contact string) {
	h.out.set(func() {
		h.out.rdap["/ip/"+path] = fmt.Sprintf(`{"objectClassName":"ip network","handle":"NET-1","name":"EXAMPLE-NET","startAddress":%q,"endAddress":%q,"entities":[
			{"objectClassName":"entity","handle":"ORG","roles":["registrant"],"entities":[{"objectClassName":"entity","handle":"AB","roles":["abuse"],
			"vcardArray":["vcard",[["version",{},"text","4.0"],["fn",{},"text","Abuse"],["email",{},"text",%q]]]}]}]}`, start, end, contact)
	})
}

func (h *home) autnum(n, first, last int, contact string) {
	h.out.set(func() {
		h.out.rdap[fmt.Sprintf("/autnum/%d", n)] = fmt.Sprintf(`{"objectClassName":"autnum","handle":"AS%d","name":"EXAMPLE-AS","startAutnum":%d,"endAutnum":%d,"entities":[
			{"objectClassName":"entity","roles":["technical"],"vcardArray":["vcard",[["version",{},"text","4.0"],["email",{},"text",%q]]]}]}`, n, first, last, contact)
	})
}

// codeFor is the code in the latest mail to an address, and the link to object.
func (h *home) codeFor(address string) (code, token string) {
	h.t.Helper()
	mails := h.box.Mails()
	for i := len(mails) - 1; i >= 0; i-- {
		if mails[i].EnvelopeTo[0] != address {
			continue
		}
		for _, line := range strings.Split(mails[i].Text, "\n") {
			line = strings.TrimSpace(strings.TrimPrefix(line, "- "))
			if len(line) == 14 && line[4] == '-' && line[9] == '-' {
				code = line
			}
			if _, after, ok := strings.Cut(line, "/objection/"); ok {
				token = after
			}
		}
		return code, token
	}
	h.t.Fatalf("no mail to %s", address)
	return "", ""
}

// proveByCode goes the whole way of a code.
func (h *home) proveByCode(who string, c Claim, contact string) {
	h.t.Helper()
	if err := h.f.AskCode(h.as(who), h.orgs[who], c.ID); err != nil {
		h.t.Fatal(err)
	}
	h.run()
	code, _ := h.codeFor(contact)
	if code == "" {
		h.t.Fatalf("no code: %+v", h.claim(c.ID))
	}
	if err := h.f.EnterCode(h.as(who), h.orgs[who], c.ID, strings.ToLower(strings.ReplaceAll(code, "-", " "))); err != nil {
		h.t.Fatal(err)
	}
	h.run()
}

// prefix claims and proves a range by code.
func (h *home) prefix(who, value string, role Role) Claim {
	h.t.Helper()
	c := h.register(who, Prefix, value, role)
	p := netip.MustParsePrefix(c.Value)
	h.network(c.Value, p.Addr().String(), lastOf(p).String(), "abuse-"+who+"@net.example")
	h.proveByCode(who, c, "abuse-"+who+"@net.example")
	return h.claim(c.ID)
}

// reaches tells whom a finding reaches: names of organisations.
func (h *home) reaches(address string, asn uint32, name string) (who []string) {
	x := h.f.Index()
	var hits []Hit
	if address != "" {
		hits = x.Address(hits, netip.MustParseAddr(address), asn)
	}
	if name != "" {
		hits = x.Name(hits, name)
	}
	for _, hit := range hits {
		for n, id := range h.orgs {
			if id == hit.Organisation {
				who = append(who, n)
			}
		}
	}
	return who
}

func (h *home) mailsTo(address, about string) (n int) {
	for _, m := range h.box.Mails() {
		if m.EnvelopeTo[0] == address && strings.Contains(m.Subject+m.Text, about) {
			n++
		}
	}
	return n
}

func mustFail(t *testing.T, err error, key string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), key) {
		t.Errorf("got %v, want %s", err, key)
	}
}

func screenshots() string { return os.Getenv("POLDER_SCREENSHOTS") }

func mustAddr(s string) netip.Addr { return netip.MustParseAddr(s) }
