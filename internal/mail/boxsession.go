package mail

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"regexp"
	"time"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"
)

// boxSession is one connection's conversation with a Box.
type boxSession struct {
	box      *Box
	conn     *gosmtp.Conn
	number   int // of the connection
	welcome  bool
	from     string
	to       []string
	troubles []Trouble // for the data, decided at RCPT
}

func (b *Box) session(conn *gosmtp.Conn) (gosmtp.Session, error) {
	return &boxSession{box: b, conn: conn, number: connectionNumber(conn.Conn()), welcome: b.config.User == ""}, nil
}

func connectionNumber(conn net.Conn) int {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	if numbered, ok := conn.(*numberedConn); ok {
		return numbered.number
	}
	return 0
}

func (s *boxSession) AuthMechanisms() []string {
	if s.box.config.User == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *boxSession) Auth(mechanism string) (sasl.Server, error) {
	if s.box.config.User == "" || mechanism != sasl.Plain {
		return nil, gosmtp.ErrAuthUnknownMechanism
	}
	return sasl.NewPlainServer(func(_, user, password string) error {
		same := subtle.ConstantTimeCompare([]byte(user+"\x00"+password),
			[]byte(s.box.config.User+"\x00"+s.box.config.Password))
		if same != 1 {
			return gosmtp.ErrAuthFailed
		}
		s.welcome = true
		return nil
	}), nil
}

func (s *boxSession) Reset() { s.from, s.to, s.troubles = "", nil, nil }

func (s *boxSession) Logout() error { return nil }

func (s *boxSession) Mail(from string, _ *gosmtp.MailOptions) error {
	if !s.welcome {
		return &gosmtp.SMTPError{Code: 530, EnhancedCode: gosmtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	if t := s.ask(from, ""); t.At == AtMail && t.Code != 0 {
		return s.answer(t)
	}
	s.from = from
	return nil
}

func (s *boxSession) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	t := s.ask(s.from, to)
	switch {
	case t.At == AtRcpt && t.Code != 0:
		return s.answer(t)
	case t.At >= AtData && t != (Trouble{}):
		s.troubles = append(s.troubles, t)
	}
	s.to = append(s.to, to)
	if t.At == DropBeforeData {
		return s.hangUp()
	}
	return nil
}

func (s *boxSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	for _, t := range s.troubles {
		switch t.At {
		case AtData:
			return s.answer(t)
		case DropUnanswered:
			return s.hangUp()
		}
	}
	m, err := ParseMail(raw)
	if err != nil {
		return &gosmtp.SMTPError{Code: 554, EnhancedCode: gosmtp.EnhancedCode{5, 6, 0}, Message: line(err.Error())}
	}
	m.EnvelopeFrom, m.EnvelopeTo, m.Connection = s.from, s.to, s.number
	s.box.keep(m)
	for _, t := range s.troubles {
		if t.At == DropAccepted {
			return s.hangUp()
		}
	}
	return nil
}

func (s *boxSession) ask(from, to string) Trouble {
	s.box.mu.Lock()
	f := s.box.trouble
	s.box.mu.Unlock()
	if f == nil {
		return Trouble{}
	}
	return f(from, to)
}

// enhancedCode is that of RFC 3463 before a text; a text without one gets X.0.0.
var enhancedCode = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3} `)

// answer gives the troubled answer; with 421 the connection ends, as the standard has it.
func (s *boxSession) answer(t Trouble) error {
	text := t.Text
	if text == "" {
		text = "Trouble, as asked for"
	}
	if t.Code == 421 {
		fmt.Fprintf(s.conn.Conn(), "421 4.3.2 %s\r\n", text)
		return s.hangUp()
	}
	code := gosmtp.EnhancedCodeNotSet
	if enhancedCode.MatchString(text) {
		code = gosmtp.NoEnhancedCode
	}
	return &gosmtp.SMTPError{Code: t.Code, EnhancedCode: code, Message: text}
}

// hangUp closes the connection under the server's feet; its answer then goes nowhere.
func (s *boxSession) hangUp() error {
	s.conn.Conn().Close()
	return errors.New("connection dropped, as asked for")
}

// selfSigned makes a certificate that is its own authority, valid for a year on loopback.
func selfSigned(now time.Time) (tls.Certificate, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("make a key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "Polder mailbox"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("make a certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil
}
