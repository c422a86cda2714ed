package mail

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// Config says where mail goes.
type Config struct {
	URL     string        // POLDER_SMTP: smtp://user:password@host:587?tls=starttls|implicit|none&ca=FILE, or smtps://...
	Hello   string        // the name we greet with, a host name of ours; empty: our address on the connection
	Timeout time.Duration // for each step: connecting, each answer; zero means 30 seconds
}

// Client hands mails to one SMTP server over one connection, which it opens at the first Send, keeps, and opens anew
// when it broke. It may be used from many goroutines; they take turns.
//
// It drives go-mail's smtp package and not go-mail's own Client, for that renders the mail itself, where we must send
// the very bytes that were signed and kept, and folds the steps of the conversation into one error. Time limits,
// cancellation and the bound on answers are in wire, below both.
type Client struct {
	server  server
	hello   string
	timeout time.Duration
	dial    func(ctx context.Context, network, address string) (net.Conn, error)

	turn    chan struct{} // holds one token; whoever has it owns the fields below
	session *smtp.Client  // nil when there is no connection
	wire    *wire
}

// NewClient checks the settings and reads the ca file. It opens no connection.
func NewClient(c Config) (*Client, error) {
	s, err := parseServer(c.URL)
	if err != nil {
		return nil, err
	}
	if c.Hello != "" && !isHostname(c.Hello) {
		return nil, fmt.Errorf("the name %q to greet the SMTP server with is not a host name", cleanLine(c.Hello))
	}
	if c.Timeout <= 0 {
		c.Timeout = 30 * time.Second
	}
	dialer := &net.Dialer{Timeout: c.Timeout}
	out := &Client{server: s, hello: c.Hello, timeout: c.Timeout, dial: dialer.DialContext, turn: make(chan struct{}, 1)}
	out.turn <- struct{}{}
	return out, nil
}

// Send hands over one mail with `from` as return path (empty for none) and `to` as the one recipient, both plain
// addresses. It returns what became of it and the server's answer, or our own reason, as one line of text of at most
// 500 bytes to keep beside the mail.
//
// Sent is returned if and only if the server answered the mail's data with 250. When ctx ends, Send returns
// Unreachable at once, unless the data is on its way already: then it waits for the answer for at most ten seconds.
// A kept connection that the server closed in the meantime is opened again, once, without counting as an attempt.
func (c *Client) Send(ctx context.Context, from, to string, raw []byte) (Outcome, string) {
	from, to, err := envelope(from, to)
	if err != nil {
		return Failed, line(err.Error())
	}
	if err := checkLineEnds(raw); err != nil {
		return Failed, line(err.Error())
	}
	select {
	case <-c.turn:
		defer func() { c.turn <- struct{}{} }()
	case <-ctx.Done():
		return Unreachable, errInterrupted.Error()
	}

	kept := c.session != nil
	outcome, reply, stale := c.attempt(ctx, from, to, raw)
	if kept && stale && ctx.Err() == nil {
		outcome, reply, _ = c.attempt(ctx, from, to, raw)
	}
	return outcome, reply
}

// Close says goodbye and closes the connection, if there is one. The client may be used again. The error is always
// nil: every mail has had its answer by now, and a server that is gone already needs no goodbye.
func (c *Client) Close() error {
	<-c.turn
	defer func() { c.turn <- struct{}{} }()
	if c.session == nil {
		return nil
	}
	_ = c.session.Quit()
	c.drop()
	return nil
}

// attempt goes through the conversation once. It reports stale when the connection broke or was ended by the server
// at the first command, before the server knew of this mail.
func (c *Client) attempt(ctx context.Context, from, to string, raw []byte) (o Outcome, reply string, stale bool) {
	if c.session == nil {
		if err := c.connect(ctx); err != nil {
			c.drop()
			return refused(err), c.reason(ctx, err), false
		}
	}
	whole := c.wire.watch(ctx)
	defer func() {
		if !whole() {
			c.drop()
		}
	}()

	if err := c.session.Mail("<" + from + ">"); err != nil {
		o, keep := judge(err)
		if refusedForGood(err) { // what is refused is our return path, which all mails share
			o = Unreachable
		}
		c.after(keep)
		return o, c.reason(ctx, err), !keep
	}
	if err := c.session.Rcpt("<" + to + ">"); err != nil {
		o, keep := judge(err)
		c.after(keep)
		return o, c.reason(ctx, err), false
	}
	data, err := c.session.Data()
	if err != nil {
		o, keep := judge(err)
		c.after(keep)
		return o, c.reason(ctx, err), false
	}
	if !c.wire.settle() {
		c.drop()
		return Unreachable, errInterrupted.Error(), false
	}
	defer c.wire.settled()
	if _, err := data.Write(raw); err != nil {
		c.drop() // without the final dot, so that half a mail is never taken for a whole one
		return Unreachable, c.reason(ctx, err), false
	}
	if err := data.Close(); err != nil {
		o, keep := judge(err)
		c.after(keep)
		return o, c.reason(ctx, err), false
	}
	reply = "250"
	if answer, ok := data.(*smtp.DataCloser); ok {
		reply += " " + answer.ServerResponse()
	}
	return Sent, line(reply), false
}

// connect opens the connection up to where a mail can be handed over.
func (c *Client) connect(ctx context.Context) error {
	conn, err := c.dial(ctx, "tcp", c.server.address())
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	c.wire = newWire(conn, c.timeout)
	whole := c.wire.watch(ctx)
	defer whole()

	var outer net.Conn = c.wire
	if c.server.security == implicitTLS {
		secure := tls.Client(c.wire, c.server.tls())
		if err := secure.HandshakeContext(ctx); err != nil {
			return fmt.Errorf("TLS: %w", err)
		}
		outer = secure
	}
	session, err := smtp.NewClient(outer, c.server.host)
	if err != nil {
		return fmt.Errorf("greeting: %w", err)
	}
	session.SkipSMTPUTF8(true) // addresses are ASCII, see mailbox
	if err := session.Hello(c.helloName()); err != nil {
		return fmt.Errorf("EHLO: %w", err)
	}
	if c.server.security == startTLS {
		if offered, _ := session.Extension("STARTTLS"); !offered {
			return errors.New("STARTTLS: the server does not offer it, and without it nothing is sent")
		}
		if err := session.StartTLS(c.server.tls()); err != nil {
			return fmt.Errorf("STARTTLS: %w", err)
		}
	}
	if c.server.user != "" {
		if err := c.authenticate(session); err != nil {
			return fmt.Errorf("AUTH: %w", err)
		}
	}
	if !whole() {
		return errInterrupted
	}
	c.session = session
	return nil
}

func (c *Client) authenticate(session *smtp.Client) error {
	plain := c.server.security == noTLS
	if plain && !isLoopbackAddr(c.wire.RemoteAddr()) {
		return errors.New("the password is not sent without TLS to another machine")
	}
	_, offer := session.Extension("AUTH")
	for _, mechanism := range strings.Fields(strings.ToUpper(offer)) {
		switch mechanism {
		case "PLAIN":
			return session.Auth(smtp.PlainAuth("", c.server.user, c.server.password, c.server.host, plain))
		case "LOGIN":
			return session.Auth(smtp.LoginAuth(c.server.user, c.server.password, c.server.host, plain))
		}
	}
	return errors.New("the server offers neither PLAIN nor LOGIN")
}

// helloName falls back to the address literal that RFC 5321 (4.1.4) asks of a client without a name.
func (c *Client) helloName() string {
	if c.hello != "" {
		return c.hello
	}
	tcp, ok := c.wire.LocalAddr().(*net.TCPAddr)
	switch {
	case !ok:
		return "localhost"
	case tcp.IP.To4() != nil:
		return "[" + tcp.IP.String() + "]"
	default:
		return "[IPv6:" + tcp.IP.String() + "]"
	}
}

// after keeps the connection for the next mail, with a clean slate, or drops it.
func (c *Client) after(keep bool) {
	if !keep || c.session.Reset() != nil {
		c.drop()
	}
}

// drop closes the connection without a word.
func (c *Client) drop() {
	if c.wire != nil {
		_ = c.wire.Conn.Close() // whatever it says, nothing more is expected of it
	}
	c.session, c.wire = nil, nil
}

// refused is the outcome of a failure to get a connection: it concerns the server, not the mail. Only 421, "not now",
// is an answer that every mail may count as one of its attempts.
func refused(err error) Outcome {
	var answer *textproto.Error
	if errors.As(err, &answer) && answer.Code == 421 {
		return Deferred
	}
	return Unreachable
}

// judge says what an error in the conversation about one mail means, and whether the connection can be kept.
func judge(err error) (o Outcome, keep bool) {
	var answer *textproto.Error
	if !errors.As(err, &answer) {
		return Unreachable, false
	}
	switch code := answer.Code; {
	case code == 421: // the server is closing the connection
		return Deferred, false
	case code >= 400 && code < 500:
		return Deferred, true
	case code == 503, code == 523, code == 530, code == 534, code == 535, code == 538:
		// Out of step, or wanting TLS or a password: our settings are at fault, no mail may be lost by that.
		return Unreachable, false
	case code >= 500 && code < 600 && strings.HasPrefix(answer.Msg, "5.7."):
		// RFC 3463: security or policy. Relaying denied, a login missing, our address on a list: more often our
		// fault than the recipient's, and people mend it.
		return Deferred, true
	case code >= 500 && code < 600:
		return Failed, true
	default: // an answer that the protocol does not know here
		return Unreachable, false
	}
}

// refusedForGood tells whether the server answered 5xx.
func refusedForGood(err error) bool {
	var answer *textproto.Error
	return errors.As(err, &answer) && answer.Code >= 500 && answer.Code < 600
}

// reason is the server's answer, or the error, or that we were told to stop.
func (c *Client) reason(ctx context.Context, err error) string {
	var answer *textproto.Error
	switch {
	case errors.As(err, &answer):
		return line(fmt.Sprintf("%03d %s", answer.Code, answer.Msg))
	case ctx.Err() != nil:
		return errInterrupted.Error()
	default:
		return line(err.Error())
	}
}

// line makes an answer fit to keep and to show: one line, valid UTF-8, at most 500 bytes.
func line(s string) string {
	if len(s) > 2000 {
		s = s[:2000]
	}
	s = cleanLine(s)
	if len(s) > 500 {
		s = strings.ToValidUTF8(s[:497], "") + "…"
	}
	return strings.TrimSpace(s)
}

func envelope(from, to string) (string, string, error) {
	to, err := mailbox(to)
	if err != nil {
		return "", "", fmt.Errorf("recipient: %w", err)
	}
	if from == "" {
		return "", to, nil
	}
	if from, err = mailbox(from); err != nil {
		return "", "", fmt.Errorf("return path: %w", err)
	}
	return from, to, nil
}

// checkLineEnds refuses a CR or LF that stands alone: servers disagree on what such a byte ends, which has been used
// to smuggle a second mail inside the first, and mending it would break the signature.
func checkLineEnds(raw []byte) error {
	pairs := bytes.Count(raw, []byte("\r\n"))
	if bytes.Count(raw, []byte{'\n'}) != pairs || bytes.Count(raw, []byte{'\r'}) != pairs {
		return errors.New("the mail has a line end that is not CRLF")
	}
	if !bytes.HasSuffix(raw, []byte("\r\n")) {
		return errors.New("the mail does not end with CRLF")
	}
	return nil
}
