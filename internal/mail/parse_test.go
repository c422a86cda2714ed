package mail

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseMail(t *testing.T) {
	m := mustParse(t, []byte(strings.ReplaceAll(`From: =?utf-8?q?S=C3=BAdwest?= <a@example.nl>
To: b@example.nl
Subject: =?utf-8?b?w6nDqW4=?=
 =?utf-8?q?_twee?=
Message-ID: <x@example.nl>
Content-Type: multipart/mixed; boundary=outer

--outer
Content-Type: multipart/alternative; boundary="in ner"

--in ner
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

w6nDqW4K
--in ner
Content-Type: text/html

<p>
--in ner--
--outer
Content-Type: application/pdf

%PDF
--outer
Content-Type: text/plain

a second text
--outer--
`, "\n", "\r\n")))
	if m.From != "Súdwest <a@example.nl>" || m.Subject != "één twee" || m.MessageID != "x@example.nl" || !m.Date.IsZero() {
		t.Errorf("%+v", m)
	}
	if m.Text != "één\n" || m.HTML != "<p>" {
		t.Errorf("text %q, html %q", m.Text, m.HTML)
	}
	if got := strings.Join(m.Parts, " "); got != "text/plain text/html application/pdf text/plain" {
		t.Errorf("parts %q", got)
	}
}

func nested(depth int) string {
	var b strings.Builder
	b.WriteString("A: b\r\n")
	for d := range depth {
		x := strings.Repeat("x", d+1)
		b.WriteString("Content-Type: multipart/mixed; boundary=" + x + "\r\n\r\n--" + x + "\r\n")
	}
	b.WriteString("\r\nhello\r\n")
	for d := depth; d > 0; d-- {
		b.WriteString("--" + strings.Repeat("x", d) + "--\r\n")
	}
	return b.String()
}

func TestParseMailIsBounded(t *testing.T) {
	if m, err := ParseMail([]byte(nested(maxDepth))); err != nil || m.Text != "hello" {
		t.Errorf("%q %v", m.Text, err)
	}
	for name, raw := range map[string]string{
		"nested":   nested(maxDepth + 1),
		"parts":    "Content-Type: multipart/mixed; boundary=x\r\n\r\n" + strings.Repeat("--x\r\n\r\ny\r\n", maxParts+1) + "--x--\r\n",
		"size":     "A: b\r\n\r\n" + strings.Repeat("x", maxMail),
		"nothing":  "",
		"no end":   "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\ny",
		"bad code": "Content-Transfer-Encoding: base64\r\n\r\n!!!!",
	} {
		if _, err := ParseMail([]byte(raw)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzParseMail(f *testing.F) {
	f.Add([]byte(nested(2)))
	f.Add([]byte("Subject: =?x?q?y?=\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=C3=28=\r\n"))
	raw, err := warning().Render(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := ParseMail(raw)
		if err != nil {
			return
		}
		for _, s := range []string{m.Text, m.HTML, m.Subject, m.From, m.To} {
			if !utf8.ValidString(s) {
				t.Errorf("invalid UTF-8 %q", s)
			}
		}
		if hasControl(m.Subject) || len(m.Parts) > maxParts {
			t.Errorf("%q, %d parts", m.Subject, len(m.Parts))
		}
	})
}
