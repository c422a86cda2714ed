package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// ErrUnpacks says that a compressed answer grows as no report does.
var ErrUnpacks = errors.New("the compressed answer grows too much")

// ErrSlow says that a server let us wait too long, at its beginning or in the middle.
var ErrSlow = errors.New("the server is too slow")

// ErrAddress says that an address cannot be asked, whatever is behind it.
var ErrAddress = errors.New("not an address such as https://example.nl/reports.csv")

// Question is what a Stream asks for.
type Question struct {
	Method  string // GET when empty
	URL     string // https, of a host name
	Body    []byte
	Header  map[string]string // for every host on the way
	Secret  map[string]string // for the host of the URL alone
	Size    int64             // bytes at most, unpacked
	Idle    time.Duration     // how long nothing may come; a minute when zero
	Longest time.Duration     // for the whole; an hour when zero
}

// Stream is an answer that is read as it comes. Close it.
type Stream struct {
	Status       int // as the server said
	Type         string
	Name         string // of the file, where the server or the address says it; not to be trusted as a path
	ETag         string
	LastModified string
	io.Reader    // the body, unpacked; it ends in ErrTooLarge, ErrUnpacks or ErrSlow
	close        func()
}

// Close ends the asking.
func (s *Stream) Close() { s.close() }

// Stream asks by https for an answer of any size. Redirects are followed to https alone, at most
// five; what is secret stays with the first host. An address that is not public is asked only when
// its host is one of Options.Inner and the question names it.
func (c *Client) Stream(ctx context.Context, q Question) (*Stream, error) {
	u, err := c.source(q.URL)
	if err != nil {
		return nil, err
	}
	idle, longest := q.Idle, q.Longest
	if idle <= 0 {
		idle = time.Minute
	}
	if longest <= 0 {
		longest = time.Hour
	}
	ctx, cancel := context.WithTimeoutCause(ctx, longest, ErrSlow)
	ctx, stop := context.WithCancelCause(ctx)
	watch := time.AfterFunc(idle, func() { stop(ErrSlow) })
	end := func() { watch.Stop(); stop(nil); cancel() }
	transport := c.streaming(u)
	client := &http.Client{Transport: transport, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		switch {
		case len(q.Body) > 0: // which may hold a secret
			return fmt.Errorf("%w: it redirects a question", ErrNotThere)
		case len(via) > 5:
			return fmt.Errorf("%w: it redirects too often", ErrNotThere)
		case r.URL.Scheme != "https" || r.URL.User != nil:
			return fmt.Errorf("%w: it redirects away from https", ErrNotThere)
		}
		r.Header.Del("Referer")
		for name, value := range q.Secret {
			r.Header.Del(name)
			if strings.EqualFold(r.URL.Host, u.Host) {
				r.Header.Set(name, value)
			}
		}
		return nil
	}}
	method := q.Method
	if method == "" {
		method = http.MethodGet
	}
	r, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(q.Body))
	if err != nil {
		end()
		return nil, fmt.Errorf("%w: %w", ErrAddress, err)
	}
	r.Header.Set("User-Agent", "Polder")
	r.Header.Set("Accept-Encoding", "gzip")
	for _, set := range []map[string]string{q.Header, q.Secret} {
		for name, value := range set {
			r.Header.Set(name, value)
		}
	}
	resp, err := client.Do(r)
	if err != nil {
		if errors.Is(context.Cause(ctx), ErrSlow) {
			err = ErrSlow
		}
		end()
		return nil, bare(err)
	}
	body := &watched{src: resp.Body, ctx: ctx, touch: func() { watch.Reset(idle) }}
	s := &Stream{Status: resp.StatusCode, Type: resp.Header.Get("Content-Type"), Name: nameOf(resp), ETag: resp.Header.Get("ETag"), LastModified: resp.Header.Get("Last-Modified"),
		close: func() { resp.Body.Close(); end(); transport.CloseIdleConnections() }}
	if s.Reader, err = unpacked(resp, body, q.Size); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// source reads an address that may be asked.
func (c *Client) source(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" {
		return nil, ErrAddress
	}
	if c.ours(u.Hostname(), port(u)) {
		return u, nil
	}
	if u.Port() != "" && u.Port() != "443" {
		return nil, fmt.Errorf("%w: port %s", ErrForbidden, u.Port())
	}
	if !isHostName(u.Hostname()) {
		return nil, fmt.Errorf("%w: %q is not a host name", ErrForbidden, u.Hostname())
	}
	return u, nil
}

// Check tells whether an https address may be asked as far as can be seen without asking anybody.
func (c *Client) Check(address string) error { _, err := c.source(address); return err }

// CheckHost tells the same of a host and port that Secure is to connect to.
func (c *Client) CheckHost(host, port string) error {
	switch {
	case c.ours(host, port):
		return nil
	case port != "993":
		return fmt.Errorf("%w: port %s", ErrForbidden, port)
	case !isHostName(host):
		return fmt.Errorf("%w: %q is not a host name", ErrForbidden, host)
	}
	return nil
}

// ours tells whether the operator lets us ask this host of an inner network. Without a port it is
// the usual one.
func (c *Client) ours(host, port string) bool {
	host = strings.ToLower(host)
	return slices.Contains(c.inner, host+":"+port) || slices.Contains(c.inner, host) && (port == "443" || port == "993")
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return "443"
}

// Secure connects to a host by TLS, for a conversation that is not HTTP.
func (c *Client) Secure(ctx context.Context, host, port string) (net.Conn, error) {
	if err := c.CheckHost(host, port); err != nil {
		return nil, err
	}
	conn, err := c.reach(ctx, host, port)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host}
	if c.loopback != nil {
		config.RootCAs = c.loopback.Roots
	}
	secure := tls.Client(conn, config)
	bounded, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if err := secure.HandshakeContext(bounded); err != nil {
		conn.Close()
		return nil, err
	}
	return secure, nil
}

// reach looks a host up, looks at its addresses unless it is ours, and connects to one of them.
func (c *Client) reach(ctx context.Context, host, port string) (net.Conn, error) {
	bounded, cancel := context.WithTimeout(ctx, 2*c.timeout)
	defer cancel()
	var list []netip.Addr
	var err error
	switch a, perr := netip.ParseAddr(strings.Trim(host, "[]")); {
	case !c.ours(host, port):
		list, err = c.resolve(bounded, host)
	case perr == nil:
		list = []netip.Addr{a}
	default:
		list, err = c.resolver.Addresses(bounded, host)
	}
	if err != nil {
		return nil, err
	}
	return c.connect(bounded, "tcp", list, port)
}

// streaming is the way to the host of an address, and to public hosts that it redirects to.
func (c *Client) streaming(first *url.URL) *http.Transport {
	t := c.transport(netip.Addr{}, nil)
	t.ResponseHeaderTimeout = 0 // the question has its own
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		host, p, err := net.SplitHostPort(address)
		if err == nil && strings.EqualFold(host, first.Hostname()) && p == port(first) && c.ours(host, p) {
			return c.reach(ctx, host, p)
		}
		if p != "443" {
			return nil, fmt.Errorf("%w: port %s", ErrForbidden, p)
		}
		return c.dial(ctx, network, address, netip.Addr{})
	}
	return t
}

// bare takes the address off an error of net/http: it may hold what somebody took for a secret.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// nameOf is the last part of the address, or what the server calls the file.
func nameOf(r *http.Response) string {
	if _, after, found := strings.Cut(r.Header.Get("Content-Disposition"), "filename="); found {
		if name := strings.Trim(strings.TrimSpace(strings.SplitN(after, ";", 2)[0]), `"`); name != "" {
			return name
		}
	}
	path := r.Request.URL.Path
	return path[strings.LastIndexByte(path, '/')+1:]
}

// watched notes that something came.
type watched struct {
	src   io.Reader
	ctx   context.Context
	touch func()
	n     int64
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.src.Read(p)
	w.n += int64(n)
	if n > 0 {
		w.touch()
	}
	if err != nil && err != io.EOF && errors.Is(context.Cause(w.ctx), ErrSlow) {
		err = ErrSlow
	}
	return n, err
}

// How compressed answers are told from bombs: text shrinks to a tenth, never to a thousandth.
const (
	mostRatio = 1000
	ratioFrom = 64 << 20
)

// unpacked is the body without its compression, cut off with an error after size bytes.
func unpacked(resp *http.Response, body *watched, size int64) (io.Reader, error) {
	switch e := strings.ToLower(resp.Header.Get("Content-Encoding")); e {
	case "", "identity":
		return &upTo{src: body, left: size}, nil
	case "gzip", "x-gzip":
		if resp.StatusCode == http.StatusNotModified || resp.StatusCode == http.StatusNoContent {
			return http.NoBody, nil
		}
		z, err := gzip.NewReader(body)
		if errors.Is(err, io.EOF) {
			return http.NoBody, nil
		}
		if err != nil {
			return nil, fmt.Errorf("the compressed answer cannot be read: %w", err)
		}
		return &upTo{src: z, packed: body, left: size}, nil
	default:
		return nil, fmt.Errorf("%w: compressed in a way that nobody asked for", ErrNotThere)
	}
}

// upTo ends with an error when more comes than may.
type upTo struct {
	src    io.Reader
	packed *watched // nil: not compressed
	n      int64
	left   int64
}

func (u *upTo) Read(p []byte) (int, error) {
	if u.left < 0 {
		return 0, ErrTooLarge
	}
	if int64(len(p)) > u.left+1 {
		p = p[:u.left+1]
	}
	n, err := u.src.Read(p)
	u.n += int64(n)
	if u.left -= int64(n); u.left < 0 {
		return n, ErrTooLarge
	}
	if u.packed != nil && u.n > ratioFrom && u.n/mostRatio > u.packed.n {
		return n, ErrUnpacks
	}
	return n, err
}
