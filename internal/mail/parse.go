package mail

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"net/textproto"
	"strings"
	"time"
)

// Bounds of ParseMail.
const (
	maxMail  = 10 << 20 // bytes of a whole mail
	maxParts = 100      // parts of a mail, nested ones included
	maxDepth = 5        // multiparts within multiparts
)

// Mail is a mail that was received, read back into its parts.
type Mail struct {
	Number     int       // counts the mails of a Box from 1; 0 when not received by one
	Connection int       // counts the connections of a Box from 1
	Received   time.Time // when the Box took it

	EnvelopeFrom string   // the return path, empty for none
	EnvelopeTo   []string // the recipients of the SMTP conversation, which the header need not name

	Header    netmail.Header // all of them, as sent
	From      string         // decoded, display name included
	To        string
	Subject   string
	MessageID string // without angle brackets
	Date      time.Time
	Text      string   // the first text/plain part, with LF line ends
	HTML      string   // the first text/html part
	Parts     []string // the media type of every part that is not a multipart, in order
	Raw       []byte
}

// ParseMail reads a mail of at most 10 MiB. Text in a character set other than UTF-8 is kept as far as it is valid
// UTF-8. An error means that the mail as a whole cannot be read; what is odd in a single header is left out.
func ParseMail(raw []byte) (Mail, error) {
	if len(raw) > maxMail {
		return Mail{}, fmt.Errorf("the mail is over %d bytes", maxMail)
	}
	msg, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Mail{}, fmt.Errorf("read the header of the mail: %w", err)
	}
	words := new(mime.WordDecoder)
	decoded := func(name string) string {
		text, err := words.DecodeHeader(msg.Header.Get(name))
		if err != nil { // a character set that we do not know: show it as it came
			text = msg.Header.Get(name)
		}
		return cleanLine(text)
	}
	m := Mail{
		Header: msg.Header, From: decoded("From"), To: decoded("To"), Subject: decoded("Subject"),
		MessageID: strings.Trim(msg.Header.Get("Message-Id"), "<> \t"), Raw: raw,
	}
	m.Date, _ = msg.Header.Date() // zero when it cannot be read
	if err := m.readPart(textproto.MIMEHeader(msg.Header), msg.Body, 0); err != nil {
		return Mail{}, err
	}
	return m, nil
}

// readPart reads one part, or all parts inside a multipart.
func (m *Mail) readPart(header textproto.MIMEHeader, body io.Reader, depth int) error {
	media, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		media = "text/plain" // RFC 2045, 5.2: what is missing or malformed counts as plain text
	}
	if strings.HasPrefix(media, "multipart/") && params["boundary"] != "" {
		if depth == maxDepth {
			return fmt.Errorf("the mail has multiparts nested over %d deep", maxDepth)
		}
		parts := multipart.NewReader(body, params["boundary"])
		for {
			part, err := parts.NextRawPart()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("read the parts of the mail: %w", err)
			}
			if err := m.readPart(part.Header, part, depth+1); err != nil {
				return err
			}
		}
	}
	if len(m.Parts) == maxParts {
		return fmt.Errorf("the mail has over %d parts", maxParts)
	}
	m.Parts = append(m.Parts, media)
	var into *string
	switch {
	case media == "text/plain" && m.Text == "":
		into = &m.Text
	case media == "text/html" && m.HTML == "":
		into = &m.HTML
	default:
		_, err := io.Copy(io.Discard, body)
		return err
	}
	switch strings.ToLower(strings.TrimSpace(header.Get("Content-Transfer-Encoding"))) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return fmt.Errorf("decode the %s part of the mail: %w", media, err)
	}
	*into = strings.ReplaceAll(strings.ToValidUTF8(string(text), "\ufffd"), "\r\n", "\n")
	return nil
}
