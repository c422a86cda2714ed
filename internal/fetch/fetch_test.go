package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// Named regression tests of the class "server-side request forgery".

func TestInnerAddressesInEverySpelling(t *testing.T) {
	for _, s := range []string{
		"127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "169.254.169.254", "100.64.0.1", "100.100.100.200",
		"192.0.0.192", "198.18.0.1", "224.0.0.1", "239.255.255.250", "255.255.255.255", "240.0.0.1", "192.0.2.1", "168.63.129.16",
		"::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1",
		"fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "100::1", "3fff::1", "5f00::1", "2001:4860:4860::8888%lo",
	} {
		if Public(netip.MustParseAddr(s)) {
			t.Errorf("%s counts as public", s)
		}
	}
	for _, s := range []string{"8.8.8.8", "1.1.1.1", "145.0.0.1", "2001:4860:4860::8888", "2a00:1450:400e::1", "192.0.1.1", "172.32.0.1", "100.128.0.1", "11.0.0.1"} {
		if !Public(netip.MustParseAddr(s)) {
			t.Errorf("%s does not count as public", s)
		}
	}
	for _, host := range []string{"2130706433", "0x7f000001", "0x7f.1", "127.1", "0177.0.0.1", "127.0.0.1.", "localhost", "", "a b.example", "a.example/", "[::1].example", "a.example:80", "1.2.3.4.5", "user@a.example", "%31.example"} {
		if isHostName(host) {
			t.Errorf("%q counts as a host name", host)
		}
	}
	for _, host := range []string{"example.nl", "www.example.nl.", "xn--bcher-kva.example", "_dmarc.example.nl", "1and1.example"} {
		if !isHostName(host) {
			t.Errorf("%q does not count as a host name", host)
		}
	}
}

// nameserver answers for names; each answer may be another than the one before.
func nameserver(t *testing.T, answers func(name string, n int32) []string) string {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var n atomic.Int32
	started := make(chan struct{})
	s := &dns.Server{PacketConn: pc, NotifyStartedFunc: func() { close(started) }, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg)
		m.SetReply(q)
		if q.Question[0].Qtype == dns.TypeA {
			for _, a := range answers(strings.TrimSuffix(q.Question[0].Name, "."), n.Add(1)) {
				m.Answer = append(m.Answer, &dns.A{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET}, A: net.ParseIP(a)})
			}
		}
		w.WriteMsg(m) //nolint:errcheck
	})}
	go s.ActivateAndServe() //nolint:errcheck
	<-started
	t.Cleanup(func() { s.Shutdown() }) //nolint:errcheck
	return pc.LocalAddr().String()
}

func client(t *testing.T, resolver string, s *httptest.Server) *Client {
	t.Helper()
	u, _ := url.Parse(s.URL)
	port := netip.MustParseAddrPort(u.Host).Port()
	c, err := New(Options{Resolver: resolver, Timeout: 2 * time.Second, Loopback: &Loopback{HTTP: port, HTTPS: 1, As: []netip.Addr{netip.MustParseAddr("192.0.2.7")}}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// A name that leads to any inner address is not asked at all, whatever else it leads to.
func TestAnyInnerAddressRefusesTheWhole(t *testing.T) {
	asked := atomic.Int32{}
	s := serve(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	for _, inner := range []string{"10.0.0.1", "169.254.169.254", "192.168.1.1", "100.64.0.1"} {
		c := client(t, nameserver(t, func(string, int32) []string { return []string{"192.0.2.7", inner} }), s)
		if _, err := c.File(t.Context(), "a.example", "/x", 100, netip.Addr{}); !errors.Is(err, ErrForbidden) {
			t.Errorf("%s: %v", inner, err)
		}
		if _, err := c.Addresses(t.Context(), "a.example"); !errors.Is(err, ErrForbidden) {
			t.Errorf("%s: %v", inner, err)
		}
	}
	// Without the allowance of tests, loopback is refused as everything else.
	c, err := New(Options{Resolver: nameserver(t, func(string, int32) []string { return []string{"127.0.0.1"} })})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.File(t.Context(), "a.example", "/x", 100, netip.Addr{}); !errors.Is(err, ErrForbidden) {
		t.Errorf("loopback: %v", err)
	}
	for _, host := range []string{"127.0.0.1", "[::1]", "localhost", "2130706433", "[::ffff:127.0.0.1]", "0x7f.1"} {
		if _, err := c.File(t.Context(), host, "/x", 100, netip.Addr{}); !errors.Is(err, ErrForbidden) {
			t.Errorf("%s: %v", host, err)
		}
	}
	if asked.Load() != 0 {
		t.Errorf("a server was asked %d times", asked.Load())
	}
}

// Rebinding: the address that was looked at is the one that is connected to, and there is no second look-up for one connection.
func TestRebinding(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "here") })
	var lookups atomic.Int32
	c := client(t, nameserver(t, func(_ string, n int32) []string {
		lookups.Store(n)
		if n == 1 {
			return []string{"192.0.2.7"}
		}
		return []string{"10.0.0.1"}
	}), s)
	conn, err := c.dial(t.Context(), "tcp", "a.example:80", netip.Addr{})
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if lookups.Load() != 1 {
		t.Errorf("%d look-ups for one connection", lookups.Load())
	}
	if _, err := c.dial(t.Context(), "tcp", "a.example:80", netip.Addr{}); !errors.Is(err, ErrForbidden) {
		t.Errorf("after the change: %v", err)
	}
	// https is tried first; when the answer turns inward before http is tried, that is the end.
	c = client(t, nameserver(t, func(_ string, n int32) []string {
		if n == 1 {
			return []string{"192.0.2.7"}
		}
		return []string{"127.0.0.53", "169.254.169.254"}
	}), s)
	if a, err := c.File(t.Context(), "a.example", "/x", 100, netip.Addr{}); !errors.Is(err, ErrForbidden) {
		t.Errorf("%q, %v", a.Body, err)
	}
}

func TestRedirects(t *testing.T) {
	var target string
	inner := atomic.Int32{}
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !strings.HasPrefix(strings.ToLower(r.Host), "a.example"):
			inner.Add(1)
		case r.URL.Path == "/x":
			w.Header().Set("Location", target)
			w.WriteHeader(302)
		default:
			fmt.Fprint(w, "moved")
		}
	})
	c := client(t, nameserver(t, func(name string, _ int32) []string {
		if name == "inner.example" {
			return []string{"10.0.0.1"}
		}
		return []string{"192.0.2.7"}
	}), s)
	for _, to := range []string{"http://b.example/", "http://inner.example/", "http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest/meta-data/", "//b.example/",
		"http://a.example:8080/", "http://a.example:22/", "http://user@a.example/", "http://www.a.example/", "file:///etc/passwd", "gopher://a.example/", "/x"} {
		target = to
		if a, err := c.File(t.Context(), "a.example", "/x", 100, netip.Addr{}); err == nil {
			t.Errorf("to %s: %q", to, a.Body)
		}
	}
	if inner.Load() != 0 {
		t.Errorf("another host was asked %d times", inner.Load())
	}
	for _, to := range []string{"/y", "http://A.example/y", "http://a.example:80/y"} {
		target = to
		a, err := c.File(t.Context(), "a.example", "/x", 100, netip.Addr{})
		if err != nil || string(a.Body) != "moved" {
			t.Errorf("to %s: %q, %v", to, a.Body, err)
		}
	}
	// A library's client may go to another host, which is looked at in the same way.
	h := c.HTTP(100)
	for to, ok := range map[string]bool{"http://inner.example/": false, "http://127.0.0.1:1/": false, "http://[::ffff:10.0.0.1]/": false, "http://a.example/y": true} {
		target = to
		resp, err := h.Get("http://a.example/x")
		if (err == nil) != ok {
			t.Errorf("to %s: %v", to, err)
		}
		if err == nil {
			resp.Body.Close()
		}
	}
}

func TestLimits(t *testing.T) {
	stop := make(chan struct{})
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:9")
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "" {
			t.Errorf("asks for %q", r.Header.Get("Accept-Encoding"))
		}
		switch r.URL.Path {
		case "/large":
			fmt.Fprint(w, strings.Repeat("x", 101))
		case "/fits":
			fmt.Fprint(w, strings.Repeat("x", 100))
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			fmt.Fprint(w, "x")
		case "/headers":
			for i := range 200 {
				w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("y", 200))
			}
		case "/slow":
			w.(http.Flusher).Flush()
			select {
			case <-stop:
			case <-r.Context().Done():
			}
		case "/broken":
			w.WriteHeader(503)
		case "/none":
			w.WriteHeader(404)
		}
	})
	defer close(stop)
	c := client(t, nameserver(t, func(string, int32) []string { return []string{"192.0.2.7"} }), s)
	for path, want := range map[string]error{"/large": ErrTooLarge, "/bomb": ErrNotThere, "/none": ErrNotThere, "/fits": nil} {
		if _, err := c.File(t.Context(), "a.example", path, 100, netip.Addr{}); !errors.Is(err, want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	for _, path := range []string{"/headers", "/slow", "/broken"} {
		if _, err := c.File(t.Context(), "a.example", path, 100, netip.Addr{}); err == nil || errors.Is(err, ErrNotThere) {
			t.Errorf("%s: %v", path, err)
		}
	}
	// The address that must serve it is the only one asked.
	if _, err := c.File(t.Context(), "a.example", "/fits", 100, netip.MustParseAddr("192.0.2.8")); !errors.Is(err, ErrNotThere) {
		t.Errorf("another address: %v", err)
	}
	if _, err := c.dial(context.Background(), "tcp", "a.example:8080", netip.Addr{}); !errors.Is(err, ErrForbidden) {
		t.Errorf("another port: %v", err)
	}
	resp, err := c.HTTP(100).Get("http://a.example/large")
	if err == nil {
		b := make([]byte, 200)
		n, rerr := 0, error(nil)
		for rerr == nil {
			var m int
			m, rerr = resp.Body.Read(b)
			n += m
		}
		resp.Body.Close()
		if !errors.Is(rerr, ErrTooLarge) {
			t.Errorf("%d bytes, %v", n, rerr)
		}
	} else {
		t.Error(err)
	}
}

func TestResolverMustBeAnAddress(t *testing.T) {
	for address, ok := range map[string]bool{"192.0.2.53:53": true, "192.0.2.53": true, "[2001:db8::1]:53": true, "2001:db8::1": true, "": true, "dns.example:53": false, "x": false, "192.0.2.53:0x": false} {
		if _, err := New(Options{Resolver: address}); (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
	}
}
