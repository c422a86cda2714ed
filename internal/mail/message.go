package mail

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	netmail "net/mail"
	"net/url"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/net/idna"
)

// Message is one mail to one recipient, before it is turned into bytes.
type Message struct {
	From      string    // one address, with or without a display name: `Meldpunt <meld@example.nl>`; see Address
	To        string    // exactly one address
	ReplyTo   string    // one address, or empty
	Subject   string    // any text: it is cleaned and encoded, and cut at 250 characters
	Text      string    // the plain text, always present
	HTML      string    // the same in HTML, or empty for a mail of plain text only
	MessageID string    // `reference@example.nl`, with or without angle brackets; the same on every attempt
	Date      time.Time // when the mail was composed, not when it is sent
	Language  string    // BCP 47 tag of the text ("nl", "en"), or empty

	// Unsubscribe is an https URL that accepts a POST from the recipient's mail program (RFC 8058), or empty.
	Unsubscribe string
	// Auto says that no person wrote this mail, so that no machine answers it (RFC 3834).
	Auto bool
}

// Bounds of what goes into a header. A line of a mail may have 998 bytes (RFC 5322, 2.1.1); each of these fits on one.
const (
	maxSubject     = 250 // characters
	maxName        = 100 // characters
	maxAddress     = 254 // bytes, RFC 5321
	maxMessageID   = 250 // bytes
	maxUnsubscribe = 900 // bytes
	maxBody        = 4 << 20
)

// Render returns the mail as RFC 5322 bytes with CRLF line ends, signed when dkim is not nil. The same message and
// signer give the same bytes, whenever and wherever: the caller may render again for a second attempt.
//
// What an outsider can influence (subject, names, text) is cleaned of control characters and never refused; what only
// our own settings and the registry decide (addresses, message id, date, unsubscribe link) is refused with an error
// when it is malformed. No value can add a header, a recipient or a part.
func (m Message) Render(dkim *Signer) ([]byte, error) {
	raw, err := m.render()
	if err != nil {
		return nil, fmt.Errorf("render mail %q: %w", m.MessageID, err)
	}
	if dkim == nil {
		return raw, nil
	}
	signed, err := dkim.Sign(raw, m.Date)
	if err != nil {
		return nil, fmt.Errorf("sign mail %q: %w", m.MessageID, err)
	}
	return signed, nil
}

func (m Message) render() ([]byte, error) {
	from, err := address("From", m.From)
	if err != nil {
		return nil, err
	}
	to, err := address("To", m.To)
	if err != nil {
		return nil, err
	}
	id, err := messageID(m.MessageID)
	if err != nil {
		return nil, err
	}
	if m.Date.IsZero() {
		return nil, errors.New("the mail has no date")
	}
	text, html := cleanBody(m.Text), cleanBody(m.HTML)
	if text == "" {
		return nil, errors.New("the mail has no text")
	}
	if len(text) > maxBody || len(html) > maxBody {
		return nil, fmt.Errorf("the text of the mail is over %d bytes", maxBody)
	}

	// go-mail writes its headers sorted by name and folds them; everything that it would take from a clock or from
	// chance is given here.
	g := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithEncoding(gomail.EncodingQP))
	g.SetBoundary(boundary(id, text, html))
	g.FromMailAddress(from)
	g.ToMailAddress(to)
	if m.ReplyTo != "" {
		reply, err := address("Reply-To", m.ReplyTo)
		if err != nil {
			return nil, err
		}
		g.ReplyToMailAddress(reply)
	}
	g.SetGenHeader(gomail.HeaderSubject, encodeHeader(cutRunes(cleanLine(m.Subject), maxSubject)))
	g.SetDateWithValue(m.Date)
	g.SetGenHeader(gomail.HeaderMessageID, "<"+id+">")
	if m.Language != "" {
		if !isToken(m.Language) {
			return nil, fmt.Errorf("language %q is not a language tag", m.Language)
		}
		g.SetGenHeader(gomail.HeaderContentLang, m.Language)
	}
	if m.Auto {
		// No Precedence header: "bulk" is a habit from before RFC 3834 and counts against a mail that must arrive.
		g.SetGenHeader("Auto-Submitted", "auto-generated")
		g.SetGenHeader(gomail.HeaderXAutoResponseSuppress, "All")
	}
	if m.Unsubscribe != "" {
		if err := checkUnsubscribe(m.Unsubscribe); err != nil {
			return nil, err
		}
		g.SetGenHeader(gomail.HeaderListUnsubscribe, "<"+m.Unsubscribe+">")
		g.SetGenHeader(gomail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
	}
	g.SetBodyString(gomail.TypeTextPlain, text)
	if html != "" {
		g.AddAlternativeString(gomail.TypeTextHTML, html)
	}

	var out bytes.Buffer
	out.Grow(2048 + len(text) + len(html) + (len(text)+len(html))/4)
	if _, err := g.WriteTo(&out); err != nil {
		return nil, err
	}
	if !bytes.HasSuffix(out.Bytes(), []byte("\r\n")) {
		out.WriteString("\r\n")
	}
	return out.Bytes(), nil
}

// Address writes a name and an address the way From, To and ReplyTo expect it. Any name is safe here: control
// characters are taken out, the rest is quoted or encoded.
func Address(name, addr string) string {
	return (&netmail.Address{Name: cutRunes(cleanLine(name), maxName), Address: addr}).String()
}

// address parses exactly one address and checks that it can stand in a header and in an SMTP command.
func address(field, s string) (*netmail.Address, error) {
	if hasControl(s) {
		return nil, fmt.Errorf("%s address holds a control character", field)
	}
	a, err := netmail.ParseAddress(s)
	if err != nil {
		return nil, fmt.Errorf("%s address %q cannot be read: %w", field, s, err)
	}
	if a.Address, err = mailbox(a.Address); err != nil {
		return nil, fmt.Errorf("%s address: %w", field, err)
	}
	// An encoded word may hide what hasControl could not see.
	a.Name = cutRunes(cleanLine(a.Name), maxName)
	return a, nil
}

// mailbox accepts `local@domain` that needs no quoting and returns it with the domain in ASCII (xn--). Quoted local
// parts exist in the standard and in attacks, hardly anywhere else; local parts outside ASCII need SMTPUTF8, which too
// few servers speak to rely on.
func mailbox(s string) (string, error) {
	local, domain, _ := strings.Cut(s, "@")
	if !isDotAtom(local) || domain == "" || strings.ContainsAny(domain, "@[] \t") {
		return "", fmt.Errorf("%q is not an address that mail can be sent to", s)
	}
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || !isHostname(ascii) {
		return "", fmt.Errorf("%q has no valid domain name", s)
	}
	if s = local + "@" + ascii; len(s) > maxAddress {
		return "", fmt.Errorf("address of %d bytes is too long", len(s))
	}
	return s, nil
}

// messageID returns the id without angle brackets.
func messageID(s string) (string, error) {
	s = strings.TrimSuffix(strings.TrimPrefix(s, "<"), ">")
	local, domain, ok := strings.Cut(s, "@")
	if !ok || !isDotAtom(local) || !isDotAtom(domain) || len(s) > maxMessageID {
		return "", fmt.Errorf("message id %q is not of the form reference@domain", s)
	}
	return s, nil
}

func checkUnsubscribe(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return errors.New("the unsubscribe link is not an https URL")
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f || s[i] == '<' || s[i] == '>' || s[i] == ',' {
			return errors.New("the unsubscribe link holds a character that must be percent-encoded")
		}
	}
	if len(s) > maxUnsubscribe {
		return fmt.Errorf("the unsubscribe link is over %d bytes", maxUnsubscribe)
	}
	return nil
}

// boundary depends on the bodies as well as on the id: text that an outsider got into the mail cannot hold the
// boundary, for that it would have to hold its own hash.
func boundary(id, text, html string) string {
	h := sha256.New()
	for _, s := range []string{id, text, html} {
		fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	return "polder-" + hex.EncodeToString(h.Sum(nil)[:20])
}
