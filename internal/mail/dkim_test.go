package mail

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-msgauth/dkim"
)

var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func pkcs1(key *rsa.PrivateKey) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
}

func pkcs8(t testing.TB, key any) []byte {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func testSigner(t testing.TB) *Signer {
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSigner("polder.example", Key{"rsa2026", pkcs1(rsaKey())}, Key{"ed2026", pkcs8(t, ed)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// verify lets another's implementation judge, with what we would publish as its DNS.
func verify(t testing.TB, s *Signer, raw []byte) (good, bad int) {
	t.Helper()
	dns := map[string]string{}
	for _, r := range s.Records() {
		dns[r.Name] = r.Value
	}
	got, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
		if v, ok := dns[name]; ok {
			return []string{v}, nil
		}
		return nil, fmt.Errorf("no record at %s", name)
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range got {
		if v.Err == nil && v.Domain == "polder.example" {
			good++
		} else {
			bad++
		}
	}
	return good, bad
}

func TestBothSignaturesVerify(t *testing.T) {
	s := testSigner(t)
	plain := warning()
	plain.HTML, plain.Unsubscribe, plain.ReplyTo, plain.Auto = "", "", "", false
	long := warning()
	long.Subject = strings.Repeat("überlang ", 40)
	blank := warning()
	blank.Text = " \n\n\n \t \n\n"
	for name, m := range map[string]Message{"full": warning(), "plain": plain, "long subject": long, "blank lines": blank} {
		raw := mustRender(t, m, s)
		checkWire(t, raw)
		if good, bad := verify(t, s, raw); good != 2 || bad != 0 {
			t.Errorf("%s: %d good, %d bad signatures in\n%s", name, good, bad, raw)
		}
	}
	if d := mustParse(t, mustRender(t, warning(), s)); !strings.Contains(strings.Join(d.Header["Dkim-Signature"], " "), "t=1795422600;") {
		t.Errorf("the time of signing is not the mail's date: %q", d.Header["Dkim-Signature"])
	}
}

func TestSignatureSurvivesWhatRelaysDo(t *testing.T) {
	s := testSigner(t)
	raw := mustRender(t, warning(), s)
	relayed := append([]byte("Received: from a by b;\r\n Mon, 23 Nov 2026 09:30:00 +0100\r\n"), raw...)
	relayed = bytes.Replace(relayed, []byte("\r\nMIME-Version: 1.0"), []byte("\r\nmime-version:   1.0"), 1)
	relayed = append(relayed, "\r\n\r\n"...)
	if good, bad := verify(t, s, relayed); good != 2 || bad != 0 {
		t.Errorf("%d good, %d bad", good, bad)
	}
}

func TestSignOfWhatRenderWouldNotMake(t *testing.T) {
	s := testSigner(t)
	raw, err := s.Sign([]byte("From: a@polder.example\r\nSubject: one\r\nSubject: two\r\n\r\nx\r\n"), warning().Date)
	if err != nil {
		t.Fatal(err)
	}
	if good, bad := verify(t, s, raw); good != 2 || bad != 0 {
		t.Errorf("%d good, %d bad", good, bad)
	}
	if good, _ := verify(t, s, bytes.Replace(raw, []byte("Subject: one\r\n"), nil, 1)); good != 0 {
		t.Error("one of the two can be taken out")
	}
	for _, body := range []string{"", "\r\n", "\r\n\r\n", " \t\r\n", "a  b \t\r\n\r\n c\r\n\r\n"} {
		raw, err := s.Sign([]byte("From: a@polder.example\r\n\r\n"+body), warning().Date)
		if err != nil {
			t.Fatal(err)
		}
		if good, _ := verify(t, s, raw); good != 2 {
			t.Errorf("body %q: %d good signatures", body, good)
		}
	}
	for _, bad := range []string{"From: a@polder.example\r\nno blank line\r\n", "Subject: x\r\n\r\n", "From: a@b\r\nFrom: c@d\r\n\r\n"} {
		if _, err := s.Sign([]byte(bad), warning().Date); err == nil {
			t.Errorf("%q is signed", bad)
		}
	}
}

func TestTamperedMailFails(t *testing.T) {
	s := testSigner(t)
	raw := mustRender(t, warning(), s)
	replace := func(old, new string) []byte {
		if !bytes.Contains(raw, []byte(old)) {
			t.Fatalf("%q is not in the mail", old)
		}
		return bytes.ReplaceAll(raw, []byte(old), []byte(new))
	}
	for name, bad := range map[string][]byte{
		"body":             replace("192.0.2.7", "192.0.2.8"),
		"more body":        append(append([]byte(nil), raw...), "x\r\n"...),
		"unsubscribe link": replace("afmelden/abc", "afmelden/xyz"),
		"reply address":    replace("hulp@polder.example", "hulp@attacker.example"),
		"time of signing":  replace("t=1795422600", "t=1795422601"),
		"second subject":   append([]byte("Subject: Betaal nu\r\n"), raw...),
		"second from":      append([]byte("From: a@attacker.example\r\n"), raw...),
		"second recipient": append([]byte("To: a@attacker.example\r\n"), raw...),
		"added cc":         append([]byte("Cc: a@attacker.example\r\n"), raw...),
		"second type":      append([]byte("Content-Type: text/html\r\n"), raw...),
	} {
		if good, _ := verify(t, s, bad); good != 0 {
			t.Errorf("%s: %d signatures still verify", name, good)
		}
	}
	plain := warning()
	plain.ReplyTo = ""
	raw = mustRender(t, plain, s)
	if good, _ := verify(t, s, append([]byte("Reply-To: a@attacker.example\r\n"), raw...)); good != 0 {
		t.Error("a reply address can be added to a mail without one")
	}
}

func TestKeysThatCannotBeUsedAreRefused(t *testing.T) {
	// Go itself refuses to make so short a key unless asked twice.
	t.Setenv("GODEBUG", "rsa1024min=0")
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := pkcs8(t, rsaKey())
	for name, c := range map[string]struct {
		domain string
		keys   []Key
		want   string
	}{
		"no key":          {"polder.example", nil, "at least one key"},
		"no PEM":          {"polder.example", []Key{{"s", []byte("hello")}}, "no PEM"},
		"short RSA":       {"polder.example", []Key{{"s", pkcs1(short)}}, "1024 bits"},
		"elliptic curve":  {"polder.example", []Key{{"s", pkcs8(t, curve)}}, "want RSA or Ed25519"},
		"public key":      {"polder.example", []Key{{"s", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY"})}}, "PUBLIC KEY"},
		"rubbish inside":  {"polder.example", []Key{{"s", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")})}}, "cannot be read"},
		"no selector":     {"polder.example", []Key{{"", good}}, "selector"},
		"selector twice":  {"polder.example", []Key{{"s", good}, {"s", good}}, "used twice"},
		"selector with ;": {"polder.example", []Key{{"s; d=evil.example", good}}, "selector"},
		"domain with ;":   {"polder.example; x", []Key{{"s", good}}, "domain"},
		"no domain":       {"", []Key{{"s", good}}, "domain"},
	} {
		if _, err := NewSigner(c.domain, c.keys...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want something with %q", name, err, c.want)
		}
	}
	s, err := NewSigner("Polder.Example.", Key{"s", good})
	if err != nil || s.Domain() != "polder.example" {
		t.Fatalf("PKCS #8: %v", err)
	}
	if r := s.Records()[0]; r.Name != "s._domainkey.polder.example" || !strings.HasPrefix(r.Value, "v=DKIM1; k=rsa; p=MII") {
		t.Errorf("record %+v", r)
	}
}
