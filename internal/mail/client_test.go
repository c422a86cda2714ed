package mail

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	sender    = "bounce@polder.example"
	recipient = "ict@gemeente.example"
)

func openBox(t testing.TB, c BoxConfig) *Box {
	t.Helper()
	b, err := OpenBox(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func newClient(t testing.TB, rawURL string) *Client {
	t.Helper()
	c, err := NewClient(Config{URL: rawURL, Hello: "polder.example"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// trusting adds ca= to the box's URL.
func trusting(t testing.TB, b *Box) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, b.Certificate(), 0o600); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(b.URL())
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("ca", file)
	u.RawQuery = q.Encode()
	return u.String()
}

func raw(n int) []byte {
	return fmt.Appendf(nil, "From: a@polder.example\r\nTo: %s\r\nSubject: %d\r\nMessage-ID: <%d@polder.example>\r\n\r\nHallo\r\n", recipient, n, n)
}

func send(t testing.TB, c *Client, n int) (Outcome, string) {
	t.Helper()
	return c.Send(t.Context(), sender, recipient, raw(n))
}

func want(t testing.TB, o Outcome, reply string, wantOutcome Outcome, wantReply string) {
	t.Helper()
	if o != wantOutcome || !strings.Contains(reply, wantReply) {
		t.Errorf("%v %q, want %v and %q", o, reply, wantOutcome, wantReply)
	}
}

func TestManyMailsTakeOneConnection(t *testing.T) {
	b := openBox(t, BoxConfig{})
	c := newClient(t, b.URL())
	if b.Connections() != 0 {
		t.Error("NewClient has connected already")
	}
	for n := range 200 {
		o, reply := send(t, c, n)
		want(t, o, reply, Sent, "250 2.0.0 OK")
	}
	if b.Received() != 200 || b.Connections() != 1 {
		t.Errorf("%d mails over %d connections", b.Received(), b.Connections())
	}
	m := b.Mails()[7]
	if m.EnvelopeFrom != sender || len(m.EnvelopeTo) != 1 || m.EnvelopeTo[0] != recipient || m.Subject != "7" || m.Number != 8 || m.Connection != 1 {
		t.Errorf("%+v", m)
	}
	if string(m.Raw) != string(raw(7)) {
		t.Errorf("other bytes have come than were sent: %q", m.Raw)
	}
}

func TestManyGoroutinesShareTheConnection(t *testing.T) {
	b := openBox(t, BoxConfig{})
	c := newClient(t, b.URL())
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for n := range 25 {
				if o, reply := c.Send(t.Context(), sender, recipient, raw(g*100+n)); o != Sent {
					t.Errorf("%v %s", o, reply)
				}
			}
		})
	}
	all.Wait()
	seen := map[string]bool{}
	for _, m := range b.Mails() {
		seen[m.MessageID] = true
	}
	if len(seen) != 200 || b.Connections() != 1 {
		t.Errorf("%d different mails over %d connections", len(seen), b.Connections())
	}
}

func TestAnswersBecomeOutcomes(t *testing.T) {
	for _, c := range []struct {
		name        string
		trouble     Trouble
		want        Outcome
		reply       string
		connections int // after a good mail, a troubled one and a good one
		kept        int
	}{
		{"full mailbox", Trouble{At: AtRcpt, Code: 452, Text: "Mailbox full"}, Deferred, "452 4.0.0 Mailbox full", 1, 2},
		{"greylisting", Trouble{At: AtRcpt, Code: 450, Text: "Try again"}, Deferred, "450", 1, 2},
		{"no such user", Trouble{At: AtRcpt, Code: 550, Text: "No such user"}, Failed, "550 5.0.0 No such user", 1, 2},
		{"sender deferred", Trouble{At: AtMail, Code: 451}, Deferred, "451", 1, 2},
		{"sender refused", Trouble{At: AtMail, Code: 553}, Unreachable, "553", 1, 2},
		{"sender refused on policy", Trouble{At: AtMail, Code: 550, Text: "5.7.1 Sender not allowed"}, Unreachable, "550 5.7.1 Sender", 1, 2},
		{"relaying denied", Trouble{At: AtRcpt, Code: 554, Text: "5.7.1 Relay access denied"}, Deferred, "554 5.7.1 Relay access denied", 1, 2},
		{"blocked at data", Trouble{At: AtData, Code: 550, Text: "5.7.26 Unauthenticated sender"}, Deferred, "550 5.7.26", 1, 2},
		{"no such user, with its code", Trouble{At: AtRcpt, Code: 550, Text: "5.1.1 No such user"}, Failed, "550 5.1.1 No such user", 1, 2},
		{"the code of policy later in the text", Trouble{At: AtRcpt, Code: 550, Text: "No such user (5.7.1 is not meant)"}, Failed, "550 5.0.0 No", 1, 2},
		{"login wanted at RCPT", Trouble{At: AtRcpt, Code: 530, Text: "5.7.0 Authentication required"}, Unreachable, "530 5.7.0", 2, 2},
		{"data deferred", Trouble{At: AtData, Code: 451}, Deferred, "451", 1, 2},
		{"data refused", Trouble{At: AtData, Code: 554, Text: "Spam"}, Failed, "554 5.0.0 Spam", 1, 2},
		{"going down at RCPT", Trouble{At: AtRcpt, Code: 421, Text: "Going down"}, Deferred, "421 4.3.2 Going down", 2, 2},
		{"going down at data", Trouble{At: AtData, Code: 421}, Deferred, "421", 2, 2},
		{"login wanted at MAIL", Trouble{At: AtMail, Code: 530}, Unreachable, "530", 3, 2}, // tried again on a new connection first
		{"out of step", Trouble{At: AtRcpt, Code: 503}, Unreachable, "503", 2, 2},
		{"an answer nobody knows", Trouble{At: AtRcpt, Code: 299}, Unreachable, "299", 2, 2},
		{"cut before data", Trouble{At: DropBeforeData}, Unreachable, "", 2, 2},
		{"cut after data, not kept", Trouble{At: DropUnanswered}, Unreachable, "", 2, 2},
		{"cut after data, kept", Trouble{At: DropAccepted}, Unreachable, "", 2, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := openBox(t, BoxConfig{})
			client := newClient(t, b.URL())
			o, reply := send(t, client, 1)
			want(t, o, reply, Sent, "250")
			b.Trouble(func(_, to string) Trouble {
				if (to == "") != (c.trouble.At == AtMail) {
					return Trouble{}
				}
				return c.trouble
			})
			o, reply = send(t, client, 2)
			want(t, o, reply, c.want, c.reply)
			if reply == "" {
				t.Error("no reason given")
			}
			b.Trouble(nil)
			o, reply = send(t, client, 3)
			want(t, o, reply, Sent, "250")
			if b.Connections() != c.connections || b.Received() != c.kept {
				t.Errorf("%d connections, %d mails, want %d and %d", b.Connections(), b.Received(), c.connections, c.kept)
			}
		})
	}
}

func TestServerThatIsNotThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	o, reply := send(t, newClient(t, "smtp://"+address), 1)
	want(t, o, reply, Unreachable, "connect")
}

func TestWhatCannotBeSentFails(t *testing.T) {
	b := openBox(t, BoxConfig{})
	c := newClient(t, b.URL())
	for name, m := range map[string]struct {
		from, to, raw string
	}{
		"no recipient":       {sender, "", "A: b\r\n\r\nx\r\n"},
		"command in to":      {sender, "a@b.nl>\r\nRCPT TO:<c@d.nl", "A: b\r\n\r\nx\r\n"},
		"command in from":    {"a@b.nl> SIZE=1", recipient, "A: b\r\n\r\nx\r\n"},
		"two recipients":     {sender, "a@b.nl,c@d.nl", "A: b\r\n\r\nx\r\n"},
		"bare LF":            {sender, recipient, "A: b\r\n\r\nx\n.\r\n"},
		"bare CR":            {sender, recipient, "A: b\r\n\r\nx\r.\r\r\n"},
		"no line end at all": {sender, recipient, "A: b\r\n\r\nx"},
	} {
		o, reply := c.Send(t.Context(), m.from, m.to, []byte(m.raw))
		if o != Failed || reply == "" {
			t.Errorf("%s: %v %q", name, o, reply)
		}
	}
	if b.Connections() != 0 {
		t.Error("a connection was made for nothing")
	}
	o, reply := c.Send(t.Context(), "", recipient, []byte("A: b\r\n\r\n.\r\n..\r\nQUIT\r\n"))
	want(t, o, reply, Sent, "250")
	if m := b.Mails()[0]; m.EnvelopeFrom != "" || m.Text != ".\n..\nQUIT\n" {
		t.Errorf("%+v", m)
	}
}

func TestStartTLS(t *testing.T) {
	b := openBox(t, BoxConfig{TLS: BoxStartTLS, User: "polder", Password: "p@ss wörd"})
	c := newClient(t, trusting(t, b))
	for n := range 3 {
		o, reply := send(t, c, n)
		want(t, o, reply, Sent, "250")
	}
	if b.Connections() != 1 {
		t.Errorf("%d connections", b.Connections())
	}
}

func TestImplicitTLS(t *testing.T) {
	b := openBox(t, BoxConfig{TLS: BoxImplicit, User: "polder", Password: "x"})
	o, reply := send(t, newClient(t, trusting(t, b)), 1)
	want(t, o, reply, Sent, "250")
}

func TestCertificateIsAlwaysVerified(t *testing.T) {
	for _, mode := range []BoxTLS{BoxStartTLS, BoxImplicit} {
		b := openBox(t, BoxConfig{TLS: mode, User: "polder", Password: "geheim"})
		o, reply := send(t, newClient(t, b.URL()), 1)
		want(t, o, reply, Unreachable, "certificate signed by unknown authority")

		// The right authority, but for another name: 127.0.0.2 reaches the same machine.
		u, err := url.Parse(trusting(t, b))
		if err != nil {
			t.Fatal(err)
		}
		u.Host = net.JoinHostPort("127.0.0.2", u.Port())
		client := newClient(t, u.String())
		client.dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, b.Addr())
		}
		o, reply = send(t, client, 1)
		want(t, o, reply, Unreachable, "not 127.0.0.2")
		if b.Received() != 0 {
			t.Error("a mail went over an unverified connection")
		}
	}
}

func TestNothingIsSentWhenTLSIsTakenAway(t *testing.T) {
	b := openBox(t, BoxConfig{User: "polder", Password: "geheim"}) // offers no STARTTLS
	o, reply := send(t, newClient(t, b.URL()+"?tls=starttls"), 1)
	want(t, o, reply, Unreachable, "does not offer it")
	if b.Received() != 0 {
		t.Error("it was sent in the clear")
	}
}

func TestWrongPasswordIsNotTheMailsFault(t *testing.T) {
	b := openBox(t, BoxConfig{User: "polder", Password: "geheim"})
	u := strings.Replace(b.URL(), "geheim", "geraden", 1)
	o, reply := send(t, newClient(t, u), 1)
	want(t, o, reply, Unreachable, "535")
	if strings.Contains(reply, "geraden") {
		t.Error("the password is in the reason")
	}
	o, reply = send(t, newClient(t, "smtp://"+b.Addr()), 1)
	want(t, o, reply, Unreachable, "530")
}

// elsewhere is a connection that says it goes to another machine.
type elsewhere struct{ net.Conn }

func (elsewhere) RemoteAddr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 25), Port: 25}
}

func TestPasswordNeverLeavesTheMachineInTheClear(t *testing.T) {
	for _, u := range []string{"smtp://u:p@mail.example.nl?tls=none", "smtp://u:p@192.0.2.25:25?tls=none"} {
		if _, err := NewClient(Config{URL: u}); err == nil || !strings.Contains(err.Error(), "without TLS") {
			t.Errorf("%s: %v", u, err)
		}
	}
	// A name of loopback that leads elsewhere.
	b := openBox(t, BoxConfig{User: "polder", Password: "geheim"})
	c := newClient(t, "smtp://polder:geheim@localhost:25")
	c.dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, b.Addr())
		return elsewhere{conn}, err
	}
	o, reply := send(t, c, 1)
	want(t, o, reply, Unreachable, "not sent without TLS")
}

func TestSettings(t *testing.T) {
	for text, want := range map[string]server{
		"smtp://mail.example.nl":                        {host: "mail.example.nl", port: "587", security: startTLS},
		"smtp://u:p%40ss@mail.example.nl:25":            {host: "mail.example.nl", port: "25", security: startTLS, user: "u", password: "p@ss"},
		"smtp://mail.example.nl:25?tls=none":            {host: "mail.example.nl", port: "25", security: noTLS},
		"smtp://mail.example.nl:465/?tls=implicit":      {host: "mail.example.nl", port: "465", security: implicitTLS},
		"smtps://mail.example.nl":                       {host: "mail.example.nl", port: "465", security: implicitTLS},
		"smtps://mail.example.nl:4650":                  {host: "mail.example.nl", port: "4650", security: implicitTLS},
		"smtp://localhost:2525":                         {host: "localhost", port: "2525", security: noTLS},
		"smtp://[::1]:2525":                             {host: "::1", port: "2525", security: noTLS},
		"smtp://u:p@127.0.0.1:2525?tls=none":            {host: "127.0.0.1", port: "2525", security: noTLS, user: "u", password: "p"},
		"smtp://127.0.0.1:2525?tls=starttls":            {host: "127.0.0.1", port: "2525", security: startTLS},
		"smtp://localhost.example.nl:2525?tls=implicit": {host: "localhost.example.nl", port: "2525", security: implicitTLS},
	} {
		if got, err := parseServer(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "mail.example.nl:587", "http://mail.example.nl", "smtp://", "smtp:mail", "smtp://h/path", "smtp://u:geheim@h:x",
		"smtp://u:geh%zzeim@h", "smtp://h?tls=maybe", "smtps://h?tls=none", "smtp://h?insecure=1", "smtp://h?ca=/does/not/exist", "smtp://h?ca=client_test.go"} {
		if got, err := parseServer(text); err == nil {
			t.Errorf("%q: taken as %+v", text, got)
		} else if strings.Contains(err.Error(), "geh") {
			t.Errorf("%q: the password is in the error: %v", text, err)
		}
	}
	if _, err := NewClient(Config{URL: "smtp://localhost", Hello: "a\r\nRSET"}); err == nil {
		t.Error("a greeting with a command in it is taken")
	}
}

// script runs a server that says what the test tells it, on one connection after the other.
func script(t *testing.T, talk func(in *bufio.Reader, out net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer conn.Close()
				talk(bufio.NewReader(conn), conn)
			})
		}
	})
	t.Cleanup(func() { l.Close(); all.Wait() })
	return "smtp://" + l.Addr().String()
}

// reply reads a command and answers it.
func reply(in *bufio.Reader, out net.Conn, answer string) string {
	command, err := in.ReadString('\n')
	if err != nil {
		return ""
	}
	fmt.Fprint(out, answer)
	return command
}

func TestGreetingsThatRefuse(t *testing.T) {
	for greeting, wanted := range map[string]Outcome{
		"421 Too busy\r\n": Deferred, "554 No service\r\n": Unreachable, "450 no\r\n": Unreachable, "garbage\r\n": Unreachable, "": Unreachable,
		"220 " + strings.Repeat("x", 1<<20): Unreachable,
	} {
		u := script(t, func(_ *bufio.Reader, out net.Conn) { fmt.Fprint(out, greeting) })
		o, reason := send(t, newClient(t, u), 1)
		if o != wanted || reason == "" || len(reason) > 500 {
			t.Errorf("%.20q: %v %q", greeting, o, reason)
		}
	}
}

func TestEndlessAnswerIsCutOff(t *testing.T) {
	u := script(t, func(in *bufio.Reader, out net.Conn) {
		fmt.Fprint(out, "220 hi\r\n")
		if _, err := in.ReadString('\n'); err != nil {
			return
		}
		for {
			if _, err := fmt.Fprintf(out, "250-%s\r\n", strings.Repeat("x", 500)); err != nil {
				return // the client has hung up, as it should
			}
		}
	})
	o, reason := send(t, newClient(t, u), 1)
	want(t, o, reason, Unreachable, errReplyTooLong.Error())
}

func TestHostileAnswerBecomesOneCleanLine(t *testing.T) {
	u := script(t, func(in *bufio.Reader, out net.Conn) {
		fmt.Fprint(out, "220 hi\r\n")
		reply(in, out, "250 hello\r\n")
		reply(in, out, "550-first\x1b[31m\xff\x00\r\n550 "+strings.Repeat("é", 900)+"\r\n")
		reply(in, out, "250 reset\r\n")
		reply(in, out, "221 bye\r\n")
	})
	o, reason := send(t, newClient(t, u), 1)
	want(t, o, reason, Unreachable, "550 first [31m\ufffd é")
	if len(reason) > 500 || hasControl(reason) {
		t.Errorf("%d bytes: %q", len(reason), reason)
	}
}

func TestEachStepHasATimeLimit(t *testing.T) {
	for silentAfter := range 5 {
		hold := make(chan struct{})
		u := script(t, func(in *bufio.Reader, out net.Conn) {
			answers := []string{"250 hello\r\n", "250 from\r\n", "250 to\r\n", "354 go\r\n"}
			if silentAfter > 0 {
				fmt.Fprint(out, "220 hi\r\n")
			}
			for _, a := range answers[:max(0, silentAfter-1)] {
				reply(in, out, a)
			}
			<-hold
		})
		c, err := NewClient(Config{URL: u, Timeout: 50 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		o, reason := send(t, c, 1)
		want(t, o, reason, Unreachable, "timeout")
		close(hold)
	}
}

func TestCancelledBeforeTheDataIsUnreachableAtOnce(t *testing.T) {
	reached, hold := make(chan struct{}), make(chan struct{})
	b := openBox(t, BoxConfig{})
	b.Trouble(func(_, to string) Trouble {
		if to != "" {
			close(reached)
			<-hold
		}
		return Trouble{}
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-reached; cancel() }()
	c := newClient(t, b.URL())
	o, reason := c.Send(ctx, sender, recipient, raw(1))
	want(t, o, reason, Unreachable, "cancelled")
	close(hold)
	b.Trouble(nil)
	o, reason = send(t, c, 2)
	want(t, o, reason, Sent, "250")
	if b.Received() != 1 {
		t.Errorf("%d mails", b.Received())
	}
	if o, _ := c.Send(ctx, sender, recipient, raw(3)); o != Unreachable || b.Received() != 1 {
		t.Errorf("sent with a context that had ended: %v", o)
	}
}

func TestCancelledDuringTheDataStillHearsTheAnswer(t *testing.T) {
	kept, release := make(chan struct{}), make(chan struct{})
	b := openBox(t, BoxConfig{OnMail: func(m Mail) {
		if m.Number == 1 {
			close(kept)
			<-release
		}
	}})
	ctx, cancel := context.WithCancel(t.Context())
	c := newClient(t, b.URL())
	interrupted := make(chan struct{})
	c.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		return &noticingConn{Conn: conn, settling: interrupted}, err
	}
	go func() {
		<-kept
		cancel()
		<-interrupted // the client knows that it should stop
		close(release)
	}()
	o, reason := c.Send(ctx, sender, recipient, raw(1))
	want(t, o, reason, Sent, "250")
	o, reason = send(t, c, 2)
	want(t, o, reason, Sent, "250")
	if b.Received() != 2 || b.Connections() != 2 {
		t.Errorf("%d mails over %d connections", b.Received(), b.Connections())
	}
}

// noticingConn tells when a deadline of about settleTime was set: that of a Send cancelled during its data.
type noticingConn struct {
	net.Conn
	once     sync.Once
	settling chan struct{}
}

func (c *noticingConn) SetDeadline(at time.Time) error {
	err := c.Conn.SetDeadline(at)
	if left := time.Until(at); left <= settleTime && left > 0 {
		c.once.Do(func() { close(c.settling) })
	}
	return err
}

func TestKeptConnectionThatTheServerClosedIsOpenedAgain(t *testing.T) {
	for _, goodbye := range []string{"", "421 4.4.2 Idle timeout\r\n"} {
		var connections atomic.Int32
		closed := make(chan struct{})
		u := script(t, func(in *bufio.Reader, out net.Conn) {
			connections.Add(1)
			fmt.Fprint(out, "220 hi\r\n")
			reply(in, out, "250 hello\r\n")
			reply(in, out, "250 from\r\n")
			reply(in, out, "250 to\r\n")
			reply(in, out, "354 go\r\n")
			for {
				l, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if l == ".\r\n" {
					break
				}
			}
			fmt.Fprint(out, "250 done\r\n"+goodbye)
			out.Close()
			closed <- struct{}{}
		})
		c := newClient(t, u)
		for n := range 3 {
			go func() { <-closed }()
			o, reason := send(t, c, n)
			want(t, o, reason, Sent, "250 done")
		}
		c.drop()
		if n := connections.Load(); n != 3 {
			t.Errorf("%q: %d connections", goodbye, n)
		}
	}
}

func TestLoginIsSpokenWherePlainIsNot(t *testing.T) {
	var heard []string
	u := script(t, func(in *bufio.Reader, out net.Conn) {
		fmt.Fprint(out, "220 hi\r\n")
		reply(in, out, "250-hello\r\n250 AUTH CRAM-MD5 LOGIN\r\n")
		heard = append(heard, reply(in, out, "334 VXNlcm5hbWU6\r\n"), reply(in, out, "334 UGFzc3dvcmQ6\r\n"), reply(in, out, "235 ok\r\n"))
		reply(in, out, "550 enough\r\n")
	})
	c := newClient(t, strings.Replace(u, "//", "//user:pass@", 1))
	o, reason := send(t, c, 1)
	want(t, o, reason, Unreachable, "550 enough")
	c.drop()
	if got := strings.Join(heard, ""); got != "AUTH LOGIN\r\ndXNlcg==\r\ncGFzcw==\r\n" {
		t.Errorf("%q", got)
	}
}

func TestPlaintextInjectedBeforeTLSIsNotBelieved(t *testing.T) {
	b := openBox(t, BoxConfig{TLS: BoxStartTLS})
	pair := b.server.TLSConfig
	u := script(t, func(in *bufio.Reader, out net.Conn) {
		fmt.Fprint(out, "220 hi\r\n")
		reply(in, out, "250-hello\r\n250 STARTTLS\r\n")
		// What follows the 220 comes from someone on the way, and claims that the conversation has been held.
		reply(in, out, "220 go\r\n250-hello\r\n250 x\r\n250 from\r\n250 to\r\n354 go\r\n250 accepted\r\n")
		secure := tls.Server(out, pair)
		_ = secure.Handshake() // fails or not: the client must not report Sent
	})
	at := strings.TrimPrefix(u, "smtp://")
	o, reason := send(t, newClient(t, strings.Replace(trusting(t, b), b.Addr(), at, 1)), 1)
	if o != Unreachable || b.Connections() != 0 {
		t.Errorf("%v %q", o, reason)
	}
}

func TestGreetsWithItsAddressWhenItHasNoName(t *testing.T) {
	heard := make(chan string, 1)
	u := script(t, func(in *bufio.Reader, out net.Conn) {
		fmt.Fprint(out, "220 hi\r\n")
		heard <- reply(in, out, "250 hello\r\n")
	})
	c, err := NewClient(Config{URL: u})
	if err != nil {
		t.Fatal(err)
	}
	send(t, c, 1)
	if got := <-heard; got != "EHLO [127.0.0.1]\r\n" {
		t.Errorf("%q", got)
	}
	c.wire = newWire(here{}, time.Second)
	if got := c.helloName(); got != "[IPv6:2001:db8::25]" {
		t.Errorf("%q", got)
	}
	c.wire = nil
}

// here is a connection from an IPv6 address.
type here struct{ net.Conn }

func (here) SetDeadline(time.Time) error { return nil }
func (here) LocalAddr() net.Addr         { return &net.TCPAddr{IP: net.ParseIP("2001:db8::25")} }

func TestOutcomesHaveNames(t *testing.T) {
	for o, name := range map[Outcome]string{Sent: "sent", Deferred: "deferred", Failed: "failed", Unreachable: "unreachable", 99: "unreachable"} {
		if o.String() != name {
			t.Errorf("%d is %q", o, o)
		}
	}
	if o := *new(Outcome); o != Unreachable {
		t.Errorf("an outcome that nobody set claims %v", o)
	}
}

func TestTheConversationToTheLetter(t *testing.T) {
	heard := make(chan string, 20)
	u := script(t, func(in *bufio.Reader, out net.Conn) {
		fmt.Fprint(out, "220 hi\r\n")
		for _, answer := range []string{"250-hello\r\n250-SMTPUTF8\r\n250 8BITMIME\r\n", "250 from\r\n", "550 no\r\n", "250 reset\r\n",
			"250 from\r\n", "251 will forward\r\n", "451 later\r\n", "250 reset\r\n", "221 bye\r\n"} {
			heard <- reply(in, out, answer)
		}
		close(heard)
	})
	c := newClient(t, u)
	o, reason := send(t, c, 1)
	want(t, o, reason, Failed, "550 no")
	o, reason = send(t, c, 2)
	want(t, o, reason, Deferred, "451 later")
	c.Close()
	var got strings.Builder
	for command := range heard {
		got.WriteString(command)
	}
	// A failed mail is reset at once, and SMTPUTF8 is not asked for: it would bounce at the first relay without it.
	const wanted = "EHLO polder.example\r\n" +
		"MAIL FROM:<bounce@polder.example> BODY=8BITMIME\r\nRCPT TO:<ict@gemeente.example>\r\nRSET\r\n" +
		"MAIL FROM:<bounce@polder.example> BODY=8BITMIME\r\nRCPT TO:<ict@gemeente.example>\r\nDATA\r\nRSET\r\nQUIT\r\n"
	if got.String() != wanted {
		t.Errorf("%s\nwant\n%s", got.String(), wanted)
	}
}

func TestInterruptedWireStaysInterrupted(t *testing.T) {
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	w := newWire(near, time.Hour)
	w.interrupt()
	if _, err := w.Write([]byte("MAIL")); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("written after the interruption: %v", err)
	}
	if w.settle() {
		t.Error("data may go out after the interruption")
	}
}
