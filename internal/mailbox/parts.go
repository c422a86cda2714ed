package mailbox

import (
	"errors"
	"fmt"
	"io"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/emersion/go-message"
)

// Limits bound what is inside a message.
type Limits struct {
	Parts int // that are no multiparts; 100 when zero
	Depth int // of multiparts in multiparts; 5 when zero
}

// Errors of a message that is made to do harm, or broken.
var (
	ErrParts  = errors.New("the message has too many parts")
	ErrDepth  = errors.New("the parts of the message lie too deep")
	ErrHeader = errors.New("the header of the message cannot be read")
)

// Mail is a message that is read part by part.
type Mail struct {
	limits Limits
	header message.Header
	stack  []message.MultipartReader
	only   *message.Entity // a message without parts
	parts  int
	seen   int // multiparts and parts
}

// Part is something that a message holds. What it says of itself is the sender's word.
type Part struct {
	Name     string // of the file, one line without folders; "" when it has none
	Type     string // media type, in small letters
	Attached bool   // the sender means it as a file
	Get      func(field string) string
	Body     io.Reader // decoded from base64 and the like, in the character set it was sent in
}

// Open reads the header of a message. Its parts are read from r by Next.
func Open(r io.Reader, l Limits) (*Mail, error) {
	if l.Parts <= 0 {
		l.Parts = 100
	}
	if l.Depth <= 0 {
		l.Depth = 5
	}
	e, err := message.ReadWithOptions(r, &message.ReadOptions{MaxHeaderBytes: 256 << 10})
	if e == nil {
		return nil, fmt.Errorf("%w: %w", ErrHeader, err)
	}
	m := &Mail{limits: l, header: e.Header}
	if parts := e.MultipartReader(); parts != nil {
		m.stack = append(m.stack, parts)
	} else {
		m.only = e
	}
	return m, nil
}

// Get returns the first header field of the name, decoded.
func (m *Mail) Get(field string) string {
	text, err := m.header.Text(field)
	if err != nil {
		return m.header.Get(field)
	}
	return text
}

// From is the one address of the one From field, in small letters; "" when there are more or none,
// as then nobody can say whose it is.
func (m *Mail) From() string {
	fields := m.header.FieldsByKey("From")
	if fields.Len() != 1 || !fields.Next() {
		return ""
	}
	list, err := mail.ParseAddressList(fields.Value())
	if err != nil || len(list) != 1 {
		return ""
	}
	return strings.ToLower(list[0].Address)
}

// Next returns the next part; io.EOF after the last. What is left of the one before is passed over.
func (m *Mail) Next() (*Part, error) {
	if m.only != nil {
		e := m.only
		m.only = nil
		return partOf(e), nil
	}
	for len(m.stack) > 0 {
		e, err := m.stack[len(m.stack)-1].NextPart()
		if err == io.EOF {
			m.stack = m.stack[:len(m.stack)-1]
			continue
		}
		if e == nil || err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
			return nil, fmt.Errorf("read a part of the message: %w", err)
		}
		if m.seen++; m.seen > 4*m.limits.Parts {
			return nil, ErrParts
		}
		if parts := e.MultipartReader(); parts != nil {
			if len(m.stack) == m.limits.Depth {
				return nil, ErrDepth
			}
			m.stack = append(m.stack, parts)
			continue
		}
		if m.parts++; m.parts > m.limits.Parts {
			return nil, ErrParts
		}
		return partOf(e), nil
	}
	return nil, io.EOF
}

func partOf(e *message.Entity) *Part {
	kind, params, err := e.Header.ContentType()
	if err != nil || kind == "" {
		kind = "text/plain"
	}
	disposition, dparams, _ := e.Header.ContentDisposition()
	name := dparams["filename"]
	if name == "" {
		name = params["name"]
	}
	name = FileName(name)
	return &Part{Name: name, Type: strings.ToLower(kind), Attached: disposition == "attachment" || name != "", Get: e.Header.Get, Body: e.Body}
}

// FileName makes what a sender calls a file one line of ordinary characters without folders, of at
// most 200 bytes.
func FileName(s string) string {
	s = s[strings.LastIndexAny(s, `/\`)+1:]
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	s = strings.TrimLeft(strings.TrimSpace(s), ".")
	for len(s) > 200 {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s
}
