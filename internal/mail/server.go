package mail

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"
)

// security says how a connection is protected.
type security uint8

const (
	noTLS       security = iota // only where asked for, or on loopback
	startTLS                    // plain at first, refused when the server does not offer it
	implicitTLS                 // from the first byte
)

// server is where and how to hand over mail: a parsed POLDER_SMTP.
type server struct {
	host, port     string
	security       security
	user, password string
	roots          *x509.CertPool // nil for those of the system
}

// parseServer reads `smtp://user:password@host:port?tls=starttls|implicit|none&ca=FILE` and `smtps://...`.
// smtp means STARTTLS on port 587, and no TLS where the host is loopback; smtps means TLS from the first byte, port 465.
// Errors never repeat the URL, for it may hold a password.
func parseServer(text string) (server, error) {
	u, err := url.Parse(text)
	if err != nil {
		return server{}, errors.New("the SMTP setting is not a URL; write smtp://user:password@host:587 and percent-encode what is special in the password")
	}
	s := server{host: u.Hostname(), port: u.Port()}
	if s.host == "" || u.Opaque != "" || strings.Trim(u.Path, "/") != "" || u.Fragment != "" {
		return server{}, errors.New("the SMTP setting must look like smtp://user:password@host:587")
	}
	switch u.Scheme {
	case "smtp":
		s.security = startTLS
		if isLoopback(s.host) {
			s.security = noTLS
		}
	case "smtps":
		s.security = implicitTLS
	default:
		return server{}, fmt.Errorf("the SMTP setting starts with %q, want smtp or smtps", u.Scheme)
	}
	if u.User != nil {
		s.user = u.User.Username()
		s.password, _ = u.User.Password()
	}
	for key, values := range u.Query() {
		value := values[len(values)-1]
		switch key {
		case "tls":
			want, ok := map[string]security{"starttls": startTLS, "implicit": implicitTLS, "none": noTLS}[value]
			if !ok {
				return server{}, fmt.Errorf("tls=%s in the SMTP setting: want starttls, implicit or none", cleanLine(value))
			}
			if u.Scheme == "smtps" && want != implicitTLS {
				return server{}, fmt.Errorf("smtps and tls=%s contradict each other: write smtp", value)
			}
			s.security = want
		case "ca":
			bundle, err := os.ReadFile(value)
			if err != nil {
				return server{}, fmt.Errorf("the certificates of ca= in the SMTP setting: %w", err)
			}
			s.roots = x509.NewCertPool()
			if !s.roots.AppendCertsFromPEM(bundle) {
				return server{}, fmt.Errorf("the file %s of ca= in the SMTP setting holds no certificate in PEM", value)
			}
		default:
			return server{}, fmt.Errorf("the SMTP setting knows tls= and ca=, not %q", cleanLine(key))
		}
	}
	if s.port == "" {
		s.port = map[bool]string{true: "465", false: "587"}[s.security == implicitTLS]
	}
	if s.user != "" && s.security == noTLS && !isLoopback(s.host) {
		return server{}, fmt.Errorf("the SMTP setting would send its password to %s without TLS: leave out tls=none, or the password", s.host)
	}
	return s, nil
}

func (s server) address() string { return net.JoinHostPort(s.host, s.port) }

// tls always verifies the server's name and chain; there is no setting to leave that out.
func (s server) tls() *tls.Config {
	return &tls.Config{ServerName: s.host, RootCAs: s.roots, MinVersion: tls.VersionTLS12}
}

func isLoopback(host string) bool {
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// isLoopbackAddr looks at where a connection really went: a name may resolve to anything.
func isLoopbackAddr(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}
