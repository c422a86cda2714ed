package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/url"
	"sync"
	"time"

	gosmtp "github.com/emersion/go-smtp"
)

// BoxConfig says how a Box behaves. The zero value is right for most tests.
type BoxConfig struct {
	Addr string // "127.0.0.1:2525"; empty: a free port of 127.0.0.1
	Keep int    // how many mails are kept, the oldest go first; zero means 1000
	TLS  BoxTLS
	// User and Password, when set, must be given by AUTH PLAIN before a mail is taken. Without TLS too: it is loopback.
	User, Password string
	// OnMail is called for each mail after it is kept and before its sender has the answer: while it runs, the sender
	// waits. Mails on different connections call it at the same time.
	OnMail func(Mail)
	Now    func() time.Time // for Mail.Received; nil means time.Now
}

// BoxTLS says how a Box protects its connections, with a certificate of its own making (see Box.Certificate).
type BoxTLS uint8

// The ways of protection.
const (
	BoxPlain    BoxTLS = iota // none
	BoxStartTLS               // offered; plain connections are taken too
	BoxImplicit               // from the first byte
)

// Step is a point in the conversation at which a Box can make Trouble.
type Step uint8

// The steps. Dropping closes the connection without an answer.
const (
	AtRcpt         Step = iota // the answer to RCPT is Trouble.Code
	AtMail                     // the answer to MAIL is
	AtData                     // the answer to the mail's data is; the mail is not kept
	DropBeforeData             // after RCPT
	DropUnanswered             // the data was read but is not kept: to the sender it looks like the next
	DropAccepted               // the data was read and is kept, but the sender never hears of it
)

// Trouble is what goes wrong with one mail. The zero value is no trouble. A Code of 421 ends the connection too.
type Trouble struct {
	At   Step
	Code int    // 4xx or 5xx; the Drop steps need none
	Text string // may begin with an enhanced code ("5.7.1 ..."); else X.0.0 is put before it
}

// Box is an SMTP server that keeps the mails it receives, in memory. All methods may be called at any time from
// anywhere.
type Box struct {
	config      BoxConfig
	listener    net.Listener
	server      *gosmtp.Server
	certificate []byte // PEM, nil for BoxPlain
	done        chan struct{}

	mu          sync.Mutex
	mails       []Mail
	received    int
	connections int
	trouble     func(from, to string) Trouble
	changed     chan struct{} // closed and replaced at each mail
}

// OpenBox starts a Box. It listens until Close.
func OpenBox(c BoxConfig) (*Box, error) {
	if c.Addr == "" {
		c.Addr = "127.0.0.1:0"
	}
	if c.Keep <= 0 {
		c.Keep = 1000
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return nil, fmt.Errorf("open a mailbox: %w", err)
	}
	b := &Box{config: c, listener: listener, done: make(chan struct{}), changed: make(chan struct{})}
	b.server = gosmtp.NewServer(gosmtp.BackendFunc(b.session))
	b.server.Domain = "box.localhost"
	b.server.MaxMessageBytes = maxMail
	b.server.MaxRecipients = 100
	b.server.ReadTimeout = 5 * time.Minute
	b.server.WriteTimeout = time.Minute
	b.server.AllowInsecureAuth = true
	b.server.ErrorLog = log.New(io.Discard, "", 0) // a client that hangs up is what tests do all day
	var in net.Listener = &countingListener{Listener: listener, box: b}
	if c.TLS != BoxPlain {
		pair, certificate, err := selfSigned(time.Now())
		if err != nil {
			listener.Close()
			return nil, fmt.Errorf("open a mailbox: %w", err)
		}
		b.certificate = certificate
		b.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
		if c.TLS == BoxImplicit {
			in = tls.NewListener(in, b.server.TLSConfig)
		}
	}
	go func() {
		defer close(b.done)
		_ = b.server.Serve(in) // ends by Close
	}()
	return b, nil
}

// Close ends all connections and stops listening. The mails stay readable.
func (b *Box) Close() error {
	err := b.server.Close()
	b.listener.Close() // again, for a Close that came before Serve had begun
	<-b.done
	if errors.Is(err, gosmtp.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Addr returns the address it listens on, "127.0.0.1:34567".
func (b *Box) Addr() string { return b.listener.Addr().String() }

// URL returns the setting with which a Client finds this box, without `ca=`.
func (b *Box) URL() string {
	u := url.URL{Scheme: "smtp", Host: b.Addr()}
	if b.config.User != "" {
		u.User = url.UserPassword(b.config.User, b.config.Password)
	}
	switch b.config.TLS {
	case BoxStartTLS:
		u.RawQuery = "tls=starttls"
	case BoxImplicit:
		u.Scheme = "smtps"
	}
	return u.String()
}

// Certificate returns its certificate in PEM, to be written where `ca=` points; nil without TLS. It is valid for
// 127.0.0.1, ::1 and localhost.
func (b *Box) Certificate() []byte { return b.certificate }

// Trouble makes f decide, for each recipient at RCPT (and at MAIL, where `to` is still empty), what goes wrong with the
// mail. f may block: then the client waits. nil ends all trouble.
func (b *Box) Trouble(f func(from, to string) Trouble) {
	b.mu.Lock()
	b.trouble = f
	b.mu.Unlock()
}

// Mails returns the mails that are kept, oldest first.
func (b *Box) Mails() []Mail {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Mail(nil), b.mails...)
}

// Mail returns the kept mail with this Number.
func (b *Box) Mail(number int) (Mail, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.mails {
		if m.Number == number {
			return m, true
		}
	}
	return Mail{}, false
}

// Received returns how many mails were accepted, those no longer kept included.
func (b *Box) Received() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.received
}

// Connections returns how many connections were made so far.
func (b *Box) Connections() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.connections
}

// Clear forgets the mails; numbers and counts go on.
func (b *Box) Clear() {
	b.mu.Lock()
	b.mails = nil
	b.mu.Unlock()
}

// Wait returns the kept mails as soon as n mails were received since the box was opened, or ctx's error.
func (b *Box) Wait(ctx context.Context, n int) ([]Mail, error) {
	for {
		b.mu.Lock()
		received, changed := b.received, b.changed
		b.mu.Unlock()
		if received >= n {
			return b.Mails(), nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return b.Mails(), fmt.Errorf("%d of %d mails have come: %w", received, n, ctx.Err())
		}
	}
}

func (b *Box) keep(m Mail) {
	m.Received = b.config.Now()
	b.mu.Lock()
	b.received++
	m.Number = b.received
	b.mails = append(b.mails, m)
	if len(b.mails) > b.config.Keep {
		b.mails[0] = Mail{} // so that its bytes can go before append moves the rest
		b.mails = b.mails[1:]
	}
	close(b.changed)
	b.changed = make(chan struct{})
	b.mu.Unlock()
	if b.config.OnMail != nil {
		b.config.OnMail(m)
	}
}

// countingListener tells each connection its number.
type countingListener struct {
	net.Listener
	box *Box
}

type numberedConn struct {
	net.Conn
	number int
}

func (l *countingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.box.mu.Lock()
	defer l.box.mu.Unlock()
	l.box.connections++
	return &numberedConn{Conn: conn, number: l.box.connections}, nil
}
