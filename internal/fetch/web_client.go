package fetch

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

const mostHeaders = 16 << 10

// Answer is what a web server gave.
type Answer struct {
	Body    []byte
	URL     string     // where it was found in the end
	Address netip.Addr // of the server
}

// File fetches one file of at most so many bytes from a host, by https, or by http when there is
// no https that can be reached. Redirects go to the same host alone, and never from https to http.
// only, when valid, is the address that must serve it. ErrNotThere says that the server has no such
// file.
func (c *Client) File(ctx context.Context, host, path string, size int64, only netip.Addr) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*c.timeout)
	defer cancel()
	answer, err := c.get(ctx, "https", host, path, size, only)
	if err == nil || errors.Is(err, ErrForbidden) || errors.Is(err, ErrTooLarge) || errors.Is(err, ErrNotThere) {
		return answer, err
	}
	plain, perr := c.get(ctx, "http", host, path, size, only)
	if perr == nil || errors.Is(perr, ErrForbidden) || errors.Is(perr, ErrTooLarge) || errors.Is(perr, ErrNotThere) {
		return plain, perr
	}
	return Answer{}, errors.Join(err, perr)
}

func (c *Client) get(ctx context.Context, scheme, host, path string, size int64, only netip.Addr) (a Answer, err error) {
	client := &http.Client{Timeout: c.timeout, Transport: c.transport(only, &a.Address), CheckRedirect: func(r *http.Request, via []*http.Request) error {
		from := via[len(via)-1].URL
		switch {
		case len(via) > 3:
			return fmt.Errorf("%w: it redirects too often", ErrNotThere)
		case !strings.EqualFold(r.URL.Hostname(), host) || r.URL.Port() != "" && r.URL.Port() != map[string]string{"http": "80", "https": "443"}[r.URL.Scheme] || r.URL.User != nil:
			return fmt.Errorf("%w: it redirects to another host", ErrNotThere)
		case from.Scheme == "https" && r.URL.Scheme != "https" || r.URL.Scheme != "http" && r.URL.Scheme != "https":
			return fmt.Errorf("%w: it redirects away from https", ErrNotThere)
		}
		return nil
	}}
	defer client.CloseIdleConnections()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, (&url.URL{Scheme: scheme, Host: host, Path: path}).String(), http.NoBody)
	if err != nil {
		return a, err
	}
	r.Header.Set("User-Agent", "Polder")
	r.Header.Set("Accept", "text/plain")
	resp, err := client.Do(r)
	if err != nil {
		return a, err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests {
		return a, fmt.Errorf("the server answers %d", resp.StatusCode)
	}
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Encoding") != "" {
		return a, fmt.Errorf("%w: the server answers %d", ErrNotThere, resp.StatusCode)
	}
	a.URL = resp.Request.URL.String()
	a.Body, err = io.ReadAll(io.LimitReader(resp.Body, size+1))
	if err == nil && int64(len(a.Body)) > size {
		return a, ErrTooLarge
	}
	return a, err
}

// Post sends a body to an https address and returns the status of the answer; nothing else of the answer
// is kept. It goes to port 443 alone, and a redirect is not followed: its status is the answer.
func (c *Client) Post(ctx context.Context, address string, header map[string]string, body []byte) (status int, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return 0, fmt.Errorf("%w: this is no https address", ErrForbidden)
	}
	ctx, cancel := context.WithTimeout(ctx, 2*c.timeout)
	defer cancel()
	client := &http.Client{Timeout: c.timeout, Transport: c.transport(netip.Addr{}, nil), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	r.Header.Set("User-Agent", "Polder")
	resp, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.CopyN(io.Discard, resp.Body, mostHeaders) // so that the other side is heard out, within bounds
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return resp.StatusCode, err
}

// transport connects as dial does. It has no proxy, keeps no connection for a later request to
// another name, and undoes no compression.
func (c *Client) transport(only netip.Addr, at *netip.Addr) *http.Transport {
	t := &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := c.dial(ctx, network, address, only)
			if err == nil && at != nil {
				if peer, perr := netip.ParseAddrPort(conn.RemoteAddr().String()); perr == nil {
					*at = peer.Addr()
				}
			}
			return conn, err
		},
		TLSClientConfig:   &tls.Config{MinVersion: tls.VersionTLS12},
		DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: mostHeaders,
		TLSHandshakeTimeout: c.timeout, ResponseHeaderTimeout: c.timeout,
	}
	if c.loopback != nil {
		t.TLSClientConfig.RootCAs = c.loopback.Roots
	}
	return t
}

// HTTP is a client for a library that asks by itself, such as one of RDAP. Redirects may lead to
// another host, which is looked at in the same way; an answer longer than size ends in ErrTooLarge.
func (c *Client) HTTP(size int64) *http.Client {
	return &http.Client{Timeout: 2 * c.timeout, Transport: limited{c.transport(netip.Addr{}, nil), size}, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if len(via) > 5 {
			return fmt.Errorf("%w: it redirects too often", ErrNotThere)
		}
		if via[len(via)-1].URL.Scheme == "https" && r.URL.Scheme != "https" {
			return fmt.Errorf("%w: it redirects away from https", ErrNotThere)
		}
		return nil
	}}
}

// limited cuts answers off with an error.
type limited struct {
	to   *http.Transport
	size int64
}

func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.to.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if resp.Header.Get("Content-Encoding") != "" {
		resp.Body.Close()
		return nil, fmt.Errorf("%w: a compressed answer that nobody asked for", ErrNotThere)
	}
	resp.Body = &cut{resp.Body, l.size}
	return resp, nil
}

type cut struct {
	io.ReadCloser
	left int64
}

func (c *cut) Read(p []byte) (int, error) {
	if c.left < 0 {
		return 0, ErrTooLarge
	}
	if int64(len(p)) > c.left+1 {
		p = p[:c.left+1]
	}
	n, err := c.ReadCloser.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return n, ErrTooLarge
	}
	return n, err
}

// Page is a file that was found, perhaps after redirects.
type Page struct {
	Body        []byte
	Type        string // the header Content-Type; "" without one
	First, Last string // the address asked for, and the one that answered
}

// Page fetches one file of at most so many bytes by https. Redirects may lead to another host, which is
// looked at in the same way, by https alone. ErrNotThere says that the server has no such file, and
// ErrBadCert that its certificate is not one to trust.
func (c *Client) Page(ctx context.Context, host, path string, size int64) (p Page, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*c.timeout)
	defer cancel()
	client := &http.Client{Timeout: 2 * c.timeout, Transport: limited{c.transport(netip.Addr{}, nil), size}, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		switch {
		case len(via) > 5:
			return fmt.Errorf("%w: it redirects too often", ErrNotThere)
		case r.URL.Scheme != "https" || r.URL.User != nil || r.URL.Port() != "" && r.URL.Port() != "443":
			return fmt.Errorf("%w: it redirects away from https", ErrNotThere)
		}
		return nil
	}}
	defer client.CloseIdleConnections()
	p.First = (&url.URL{Scheme: "https", Host: host, Path: path}).String()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.First, http.NoBody)
	if err != nil {
		return p, err
	}
	r.Header.Set("User-Agent", "Polder")
	r.Header.Set("Accept", "text/plain")
	resp, err := client.Do(r)
	var bad *tls.CertificateVerificationError
	if errors.As(err, &bad) {
		return p, fmt.Errorf("%w: %w", ErrBadCert, err)
	}
	if err != nil {
		return p, err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests {
		return p, fmt.Errorf("the server answers %d", resp.StatusCode)
	}
	if resp.StatusCode != http.StatusOK {
		return p, fmt.Errorf("%w: the server answers %d", ErrNotThere, resp.StatusCode)
	}
	p.Last, p.Type = resp.Request.URL.String(), resp.Header.Get("Content-Type")
	p.Body, err = io.ReadAll(resp.Body)
	return p, err
}
