package mailbox

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

func letter(from, subject, body string) string {
	return crlf("From: " + from + "\nTo: reports@example.com\nSubject: " + subject + "\n\n" + body + "\n")
}

// box is one of either kind, with what a test needs to know of it.
type box struct {
	Box
	put   func(message string)
	state func() (waiting, done, flagged int)
}

func maildir(t *testing.T) box {
	dir := t.TempDir()
	for _, sub := range []string{"new", "cur", "tmp"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	count := func(sub, end string) (k int) {
		list, err := os.ReadDir(filepath.Join(dir, sub))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			if strings.HasSuffix(e.Name(), end) {
				k++
			}
		}
		return k
	}
	return box{Maildir(dir), func(message string) {
		n++
		if err := os.WriteFile(filepath.Join(dir, "new", fmt.Sprintf("170000000%d.M1P1.host", n)), []byte(message), 0o600); err != nil {
			t.Fatal(err)
		}
	}, func() (int, int, int) { return count("new", ""), count("cur", ""), count("cur", ":2,FS") }}
}

func imapServer(t *testing.T) (address string, config *tls.Config, user *imapmemserver.User) {
	t.Helper()
	web := httptest.NewTLSServer(nil)
	t.Cleanup(web.Close)
	user = imapmemserver.NewUser("reports", "geheim")
	if err := user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	mem := imapmemserver.New()
	mem.AddUser(user)
	s := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return mem.NewSession(), nil, nil
		},
		Caps: imap.CapSet{imap.CapIMAP4rev1: {}},
	})
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: web.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	go s.Serve(l) //nolint:errcheck // it ends when it is closed
	t.Cleanup(func() { s.Close() })
	pool := x509.NewCertPool()
	pool.AddCert(web.Certificate())
	return l.Addr().String(), &tls.Config{RootCAs: pool, ServerName: "example.com"}, user
}

func dialer(address string, config *tls.Config) func(ctx context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) {
		return (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", address)
	}
}

func onServer(t *testing.T) box {
	address, config, user := imapServer(t)
	status := func() *imap.StatusData {
		s, err := user.Status("INBOX", &imap.StatusOptions{NumMessages: true, NumUnseen: true})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	return box{IMAP{Dial: dialer(address, config), User: "reports", Password: "geheim"}, func(message string) {
		if _, err := user.Append("INBOX", literal{strings.NewReader(message)}, &imap.AppendOptions{}); err != nil {
			t.Fatal(err)
		}
	}, func() (int, int, int) {
		s := status()
		return int(*s.NumUnseen), int(*s.NumMessages - *s.NumUnseen), -1
	}}
}

type literal struct{ *strings.Reader }

func (l literal) Size() int64 { return l.Reader.Size() }

func both(t *testing.T, fn func(t *testing.T, b box)) {
	t.Run("maildir", func(t *testing.T) { fn(t, maildir(t)) })
	t.Run("imap", func(t *testing.T) { fn(t, onServer(t)) })
}

func TestEachMessageOnceAndDoneOnlyWhenTaken(t *testing.T) {
	both(t, func(t *testing.T, b box) {
		for _, s := range []string{"one", "two", "three", "four"} {
			b.put(letter("a@example.com", s, "body of "+s))
		}
		var seen []string
		res, err := b.Each(t.Context(), Bounds{Spool: t.TempDir()}, func(_ context.Context, m Message) error {
			mail, err := Open(m.Body, Limits{})
			if err != nil {
				return err
			}
			subject := mail.Get("Subject")
			seen = append(seen, subject)
			switch subject {
			case "two":
				return errors.New("the disk is full")
			case "three":
				return Refuse(errors.New("not for us"))
			}
			return nil
		})
		if err == nil || err.Error() != "the disk is full" || res != (Result{Taken: 2, Refused: 1, Failed: 1}) || !slices.Equal(seen, []string{"one", "two", "three", "four"}) {
			t.Fatalf("%+v, %v, %v", res, seen, err)
		}
		if waiting, done, flagged := b.state(); waiting != 1 || done != 3 || flagged != 1 && flagged != -1 {
			t.Errorf("%d wait, %d done, %d flagged", waiting, done, flagged)
		}
		seen = nil
		res, err = b.Each(t.Context(), Bounds{}, func(_ context.Context, m Message) error {
			text, err := io.ReadAll(m.Body)
			seen = append(seen, string(text))
			return err
		})
		if err != nil || res.Taken != 1 || len(seen) != 1 || !strings.Contains(seen[0], "body of two") {
			t.Fatalf("again: %+v, %v, %v", res, seen, err)
		}
		if res, err = b.Each(t.Context(), Bounds{}, nil); err != nil || res != (Result{}) {
			t.Errorf("a third time: %+v, %v", res, err)
		}
	})
}

func TestBoundsOfABox(t *testing.T) {
	both(t, func(t *testing.T, b box) {
		for i := range 5 {
			b.put(letter("a@example.com", fmt.Sprint(i), strings.Repeat("x", 100)))
		}
		b.put(letter("a@example.com", "large", strings.Repeat("x", 5000)))
		take := func(_ context.Context, m Message) error { _, err := io.Copy(io.Discard, m.Body); return err }
		res, err := b.Each(t.Context(), Bounds{Messages: 3, Size: 2000}, take)
		if err != nil || res != (Result{Taken: 3, More: true}) {
			t.Fatalf("%+v, %v", res, err)
		}
		res, err = b.Each(t.Context(), Bounds{Messages: 3, Size: 2000}, take)
		if err != nil || res != (Result{Taken: 2, TooLarge: 1}) {
			t.Fatalf("%+v, %v", res, err)
		}
		if waiting, done, _ := b.state(); waiting != 0 || done != 6 {
			t.Errorf("%d wait, %d done", waiting, done)
		}
	})
}

// Stopped half-way, a message that was not taken to its end stays, and so do those behind it.
func TestStopped(t *testing.T) {
	both(t, func(t *testing.T, b box) {
		for i := range 3 {
			b.put(letter("a@example.com", fmt.Sprint(i), "x"))
		}
		ctx, stop := context.WithCancel(t.Context())
		_, err := b.Each(ctx, Bounds{}, func(ctx context.Context, m Message) error { stop(); return ctx.Err() })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		if waiting, done, _ := b.state(); waiting != 3 || done != 0 {
			t.Errorf("%d wait, %d done", waiting, done)
		}
	})
}

// Only plain files of the folder are read, and a name that is taken in cur is not written over.
func TestMaildirLeavesAloneWhatIsNoMessage(t *testing.T) {
	b := maildir(t)
	dir := string(b.Box.(Maildir))
	outside := filepath.Join(t.TempDir(), "secret")
	os.WriteFile(outside, []byte("secret"), 0o600)                            //nolint:errcheck
	os.Symlink(outside, filepath.Join(dir, "new", "1.link"))                  //nolint:errcheck
	os.Symlink(filepath.Join(dir, "tmp"), filepath.Join(dir, "new", "2.dir")) //nolint:errcheck
	os.Mkdir(filepath.Join(dir, "new", "3.folder"), 0o700)                    //nolint:errcheck
	os.WriteFile(filepath.Join(dir, "new", ".hidden"), []byte("x"), 0o600)    //nolint:errcheck
	if err := syscall.Mkfifo(filepath.Join(dir, "new", "4.pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.put(letter("a@example.com", "real", "x"))
	os.WriteFile(filepath.Join(dir, "cur", "1700000001.M1P1.host:2,S"), []byte("older"), 0o600) //nolint:errcheck
	res, err := b.Each(t.Context(), Bounds{}, func(context.Context, Message) error { return nil })
	if err != nil || res != (Result{Taken: 1}) {
		t.Fatalf("%+v, %v", res, err)
	}
	if old, err := os.ReadFile(filepath.Join(dir, "cur", "1700000001.M1P1.host:2,S")); string(old) != "older" {
		t.Errorf("%q, %v", old, err)
	}
	if text, _ := os.ReadFile(outside); string(text) != "secret" {
		t.Error("a file outside was touched")
	}
	if _, err := Maildir(t.TempDir()).Each(t.Context(), Bounds{}, nil); !errors.Is(err, ErrNoFolder) {
		t.Errorf("%v", err)
	}
}

func TestIMAPRefuses(t *testing.T) {
	address, config, _ := imapServer(t)
	b := IMAP{Dial: dialer(address, config), User: "reports", Password: "wrong-secret"}
	if _, err := b.Each(t.Context(), Bounds{}, nil); !errors.Is(err, ErrSignIn) || strings.Contains(err.Error(), "wrong-secret") {
		t.Errorf("%v", err)
	}
	b.Password, b.Folder = "geheim", "Nowhere"
	if _, err := b.Each(t.Context(), Bounds{}, nil); !errors.Is(err, ErrNoFolder) {
		t.Errorf("%v", err)
	}
}

// A server that talks without end, or says nothing, ends in an error, not in a full memory.
func TestHostileServer(t *testing.T) {
	for name, talk := range map[string]func(conn net.Conn){
		"endless greeting": func(conn net.Conn) {
			w := bufio.NewWriter(conn)
			for {
				if _, err := w.WriteString("* OK " + strings.Repeat("x", 1<<16)); err != nil {
					return
				}
			}
		},
		"no IMAP": func(conn net.Conn) { io.WriteString(conn, "220 smtp.example.com ESMTP\r\n"); conn.Close() }, //nolint:errcheck
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				if conn, err := l.Accept(); err == nil {
					defer conn.Close()
					talk(conn)
				}
			}()
			b := IMAP{User: "a", Password: "b", Dial: func(ctx context.Context) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, "tcp", l.Addr().String())
			}}
			ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
			defer stop()
			if _, err := b.Each(ctx, Bounds{}, nil); !errors.Is(err, ErrNotOffered) || ctx.Err() != nil {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestParts(t *testing.T) {
	m, err := Open(strings.NewReader(crlf(`From: "Reports, Inc" <Reports@Example.com>
Subject: =?utf-8?q?dagelijks_=E2=82=AC?=
Content-Type: multipart/mixed; boundary=o

--o
Content-Type: text/plain

see attached
--o
Content-Type: multipart/mixed; boundary=i

--i
Content-Type: text/csv; charset=x-odd; name="fallback.csv"
Content-Disposition: attachment; filename="../../etc/2026-11-22-scan_rdp-x.csv"
Content-Transfer-Encoding: base64

YSxiCjEs
Mgo=
--i--
--o--
`)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if m.From() != "reports@example.com" || m.Get("Subject") != "dagelijks €" {
		t.Errorf("%q %q", m.From(), m.Get("Subject"))
	}
	var got []string
	for {
		p, err := m.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(p.Body)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s|%s|%v|%s", p.Name, p.Type, p.Attached, strings.TrimSpace(string(text))))
	}
	if want := []string{"|text/plain|false|see attached", "2026-11-22-scan_rdp-x.csv|text/csv|true|a,b\n1,2"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestHostileMessages(t *testing.T) {
	all := func(text string) error {
		m, err := Open(strings.NewReader(crlf(text)), Limits{Parts: 10, Depth: 3})
		for err == nil {
			_, err = m.Next()
		}
		return err
	}
	if err := all("Content-Type: multipart/mixed; boundary=o\n\n" + strings.Repeat("--o\n\nx\n", 50) + "--o--\n"); !errors.Is(err, ErrParts) {
		t.Errorf("many parts: %v", err)
	}
	deep := "Content-Type: multipart/mixed; boundary=b0\n\n"
	for i := range 20 {
		deep += fmt.Sprintf("--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n", i, i+1)
	}
	if err := all(deep); !errors.Is(err, ErrDepth) {
		t.Errorf("deep: %v", err)
	}
	wide := "Content-Type: multipart/mixed; boundary=o\n\n" + strings.Repeat("--o\nContent-Type: multipart/mixed; boundary=i\n\n--i--\n", 50)
	if err := all(wide); !errors.Is(err, ErrParts) {
		t.Errorf("many empty multiparts: %v", err)
	}
	if err := all("X: " + strings.Repeat("y", 1<<20) + "\n\nx"); !errors.Is(err, ErrHeader) {
		t.Errorf("long header: %v", err)
	}
	for _, from := range []string{"From: a@example.com\nFrom: b@example.com\n", "From: a@example.com, b@example.com\n", "From: nobody\n", ""} {
		m, err := Open(strings.NewReader(crlf(from+"\nx")), Limits{})
		if err != nil || m.From() != "" {
			t.Errorf("%q: %q, %v", from, m.From(), err)
		}
	}
	for in, want := range map[string]string{"../../../etc/passwd": "passwd", `c:\x\y.csv`: "y.csv", "..": "", ".ssh": "ssh", "a\x00b\r\n.csv": "ab.csv", "\u202egpj.csv": "gpj.csv", "/": ""} {
		if got := FileName(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
	if n := len(FileName(strings.Repeat("é", 500))); n > 200 {
		t.Errorf("%d bytes", n)
	}
}

func FuzzParts(f *testing.F) {
	f.Add("From: a@b.c\nContent-Type: multipart/mixed; boundary=o\n\n--o\nContent-Transfer-Encoding: base64\n\nYQ==\n--o--\n")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := Open(strings.NewReader(text), Limits{})
		if err != nil {
			return
		}
		_ = m.From()
		for n := 0; ; n++ {
			p, err := m.Next()
			if err != nil {
				return
			}
			if n > 100 || strings.ContainsAny(p.Name, "/\\\n\x00") {
				t.Fatalf("part %d: %q", n, p.Name)
			}
			io.Copy(io.Discard, p.Body) //nolint:errcheck // it may be broken
		}
	})
}
