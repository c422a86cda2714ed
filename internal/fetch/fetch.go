// Package fetch asks machines of others: a name of a DNS resolver, a small file or an answer of a
// web server, at an address that somebody else chose. So it cannot be turned against the networks
// that this machine stands in.
//
// Every address of a name is looked up first, and one that is not on the public internet refuses the
// whole; the connection is then made to an address that was looked at, never to a name, so an answer
// that changes between the two (rebinding) leads nowhere. Only ports 80 and 443, and 993 for mail.
// Redirects, sizes, headers and time have limits; no proxy of the environment is used, and nothing
// compressed is read but a Stream, which watches over what comes out.
package fetch

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Errors that tell what others did apart from what we could not do.
var (
	ErrForbidden = errors.New("this address is not on the public internet") // never to be asked
	ErrNotThere  = errors.New("it is not there")                            // a definite answer that it is not
	ErrTooLarge  = errors.New("the answer is too large")
	ErrBadCert   = errors.New("its certificate is not one to trust")
)

// Options say how to ask. The zero value asks the resolvers of this machine.
type Options struct {
	Resolver string        // "192.0.2.53:53"; the machine's own when empty
	Timeout  time.Duration // for one whole question; 10 seconds when zero
	Loopback *Loopback     // for tests alone
	// Inner lists hosts of the operator's own networks that Stream and Secure may ask all the same, as
	// "host" or "host:port". No redirect from elsewhere leads to them.
	Inner []string
}

// Loopback lets tests ask servers on 127.0.0.1 and ::1, and nothing else that is not public. The
// command line has no way to set it.
type Loopback struct {
	HTTP, HTTPS, IMAPS uint16         // where a connection to port 80, 443 or 993 of a loopback address goes
	Roots              *x509.CertPool // whom to believe
	As                 []netip.Addr   // addresses for documentation that these servers stand in for
}

// Client asks.
type Client struct {
	resolver *Resolver
	timeout  time.Duration
	loopback *Loopback
	inner    []string
}

// New makes a client. It fails when the resolver's address cannot be used, or there is none.
func New(o Options) (*Client, error) {
	r, err := NewResolver(o.Resolver)
	if err != nil {
		return nil, err
	}
	c := &Client{resolver: r, timeout: o.Timeout, loopback: o.Loopback}
	for _, host := range o.Inner {
		c.inner = append(c.inner, strings.ToLower(host))
	}
	if c.timeout <= 0 {
		c.timeout = 10 * time.Second
	}
	return c, nil
}

// Text returns the texts (TXT) of a name; ErrNotThere when it has none.
func (c *Client) Text(ctx context.Context, name string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	return c.resolver.Text(ctx, name)
}

// Addresses returns the addresses of a name, all of them public, else ErrForbidden.
func (c *Client) Addresses(ctx context.Context, name string) ([]netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	return c.resolve(ctx, name)
}

// resolve looks a host up and refuses it when any of its addresses may not be asked.
func (c *Client) resolve(ctx context.Context, host string) (list []netip.Addr, err error) {
	if a, perr := netip.ParseAddr(strings.Trim(host, "[]")); perr == nil {
		list = []netip.Addr{a}
	} else {
		if !isHostName(host) {
			return nil, fmt.Errorf("%w: %q is not a host name", ErrForbidden, host)
		}
		if list, err = c.resolver.Addresses(ctx, host); err != nil {
			return nil, err
		}
	}
	for _, a := range list {
		if !c.allowed(a) {
			return nil, fmt.Errorf("%w: %s leads to %s", ErrForbidden, host, a)
		}
	}
	return list, nil
}

func (c *Client) allowed(a netip.Addr) bool {
	return Public(a) || c.stand(a)
}

// stand tells whether a server of the test answers for an address.
func (c *Client) stand(a netip.Addr) bool {
	return c.loopback != nil && (a.IsLoopback() && !a.Is4In6() && a.Zone() == "" || slices.Contains(c.loopback.As, a))
}

// place is where the server of the test listens that stands in for the address.
func (l *Loopback) place(a netip.Addr, port uint16) netip.AddrPort {
	if !a.IsLoopback() {
		a = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	if p := map[uint16]uint16{80: l.HTTP, 443: l.HTTPS, 993: l.IMAPS}[port]; p != 0 {
		port = p
	}
	return netip.AddrPortFrom(a, port)
}

// dial connects to a host and port: it looks the host up, looks at every address, and connects to
// one of those. only, when valid, is the one address that will do.
func (c *Client) dial(ctx context.Context, network, address string, only netip.Addr) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForbidden, err)
	}
	if port != "80" && port != "443" {
		return nil, fmt.Errorf("%w: port %s", ErrForbidden, port)
	}
	list, err := c.resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	if only.IsValid() {
		found := false
		for _, a := range list {
			found = found || a == only
		}
		if !found {
			return nil, fmt.Errorf("%w: %s does not lead to %s", ErrNotThere, host, only)
		}
		list = []netip.Addr{only}
	}
	return c.connect(ctx, network, list, port)
}

// connect tries the addresses that were looked at.
func (c *Client) connect(ctx context.Context, network string, list []netip.Addr, port string) (net.Conn, error) {
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("%w: port %s", ErrForbidden, port)
	}
	var failed error
	for _, a := range list[:min(len(list), 4)] {
		to := netip.AddrPortFrom(a, uint16(number))
		if c.stand(a) {
			to = c.loopback.place(a, to.Port())
		}
		d := net.Dialer{Timeout: c.timeout}
		conn, err := d.DialContext(ctx, network, to.String()) // an address: nothing is looked up again
		if err == nil {
			return conn, nil
		}
		failed = errors.Join(failed, err)
	}
	return nil, failed
}

// isHostName tells whether a host is a name, not one of the spellings of an address that some
// programs understand: 2130706433, 0x7f.1, 127.1, 0177.0.0.1.
func isHostName(host string) bool {
	name := strings.TrimSuffix(host, ".")
	if name == "" || len(name) > 253 || !strings.Contains(name, ".") || strings.ContainsAny(name, ":%[]/\\@ ") {
		return false
	}
	last := name[strings.LastIndexByte(name, '.')+1:]
	if last == "" {
		return false
	}
	if _, err := strconv.ParseUint(last, 0, 64); err == nil || last[0] >= '0' && last[0] <= '9' {
		return false
	}
	for i := 0; i < len(name); i++ {
		c := name[i]
		if !(c == '.' || c == '-' || c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') {
			return false
		}
	}
	return true
}
