package fetch

import (
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"
	"time"
)

// A host of an inner network is asked only when the operator lists it and the question names it, and
// never by way of a redirect.
func TestStreamOfInnerHosts(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/to-inner" {
			http.Redirect(w, r, "https://inner.example.com/x", http.StatusFound)
			return
		}
		io.WriteString(w, "here") //nolint:errcheck
	}))
	defer s.Close()
	u, _ := url.Parse(s.URL)
	port := netip.MustParseAddrPort(u.Host).Port()
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	names := nameserver(t, func(name string, _ int32) []string {
		if name == "example.com" {
			return []string{"192.0.2.7"}
		}
		return []string{"198.51.100.9"} // not public: stands for an inner address
	})
	ask := func(inner []string, as []netip.Addr, address string) error {
		c, err := New(Options{Resolver: names, Timeout: 2 * time.Second, Inner: inner, Loopback: &Loopback{HTTPS: port, Roots: pool, As: as}})
		if err != nil {
			t.Fatal(err)
		}
		a, err := c.Stream(t.Context(), Question{URL: address, Size: 10})
		if err != nil {
			return err
		}
		defer a.Close()
		_, err = io.ReadAll(a)
		return err
	}
	public := []netip.Addr{netip.MustParseAddr("192.0.2.7")}
	if err := ask(nil, public, "https://example.com/x"); err != nil {
		t.Errorf("public: %v", err)
	}
	for _, address := range []string{"https://inner.example.com/x", "https://inner/x", "https://127.0.0.1/x", "https://127.0.0.1:8443/x"} {
		if err := ask([]string{"other.internal", "127.0.0.1:9"}, public, address); !errors.Is(err, ErrForbidden) {
			t.Errorf("%s: %v", address, err)
		}
	}
	if err := ask([]string{"inner.example.com"}, public, "https://example.com/to-inner"); !errors.Is(err, ErrForbidden) {
		t.Errorf("redirected inwards: %v", err)
	}
	if err := ask([]string{u.Host}, nil, s.URL+"/x"); err != nil { // 127.0.0.1 and its port, as the operator listed it
		t.Errorf("listed: %v", err)
	}
	if err := ask([]string{"INNER.example.com"}, append(public, netip.MustParseAddr("198.51.100.9")), "https://inner.example.com/x"); err != nil {
		var wrong x509.HostnameError
		if !errors.As(err, &wrong) { // the certificate of httptest is of example.com; that it came so far is what matters
			t.Errorf("listed by name: %v", err)
		}
	}
}
