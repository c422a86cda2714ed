package mail

import (
	"bytes"
	"flag"
	netmail "net/mail"
	"os"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

// warning is a mail as the house sends it.
func warning() Message {
	return Message{
		From:        Address("Meldpunt Polder", "meldingen@polder.example"),
		To:          Address("Gemeente Súdwest-Fryslân", "ict@gemeente.example"),
		ReplyTo:     "hulp@polder.example",
		Subject:     "Waarschuwing: 3 systemen met een lek, reageer vóór vrijdag (P-2026-000123)",
		Text:        "Beste beheerder,\n\nWij zagen op 192.0.2.7 een open dienst voor beheer op afstand. Dit is één regel die met opzet langer is dan zesenzeventig tekens.\n\nCoördinatie, reële risico's, €\n.\nTot zo. \n",
		HTML:        "<!doctype html><html lang=\"nl\"><body><p>Wij zagen op <b>192.0.2.7</b> een open dienst. Coördinatie, €</p></body></html>\n",
		MessageID:   "p-2026-000123@polder.example",
		Date:        time.Date(2026, 11, 23, 9, 30, 0, 0, time.FixedZone("", 3600)),
		Language:    "nl",
		Unsubscribe: "https://polder.example/afmelden/abc",
		Auto:        true,
	}
}

func mustRender(t *testing.T, m Message, s *Signer) []byte {
	t.Helper()
	raw, err := m.Render(s)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func mustParse(t *testing.T, raw []byte) Mail {
	t.Helper()
	m, err := ParseMail(raw)
	if err != nil {
		t.Fatalf("%v in\n%s", err, raw)
	}
	return m
}

func TestRenderedMailIsTheGoldenOne(t *testing.T) {
	got := mustRender(t, warning(), nil)
	const golden = "testdata/warning.eml"
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the mail changed; look at it and run with -update when it is right:\n%s", got)
	}
}

func TestWhatIsRenderedIsWhatIsRead(t *testing.T) {
	m := warning()
	got := mustParse(t, mustRender(t, m, nil))
	if got.Subject != m.Subject {
		t.Errorf("subject %q", got.Subject)
	}
	if got.Text != m.Text || got.HTML != m.HTML {
		t.Errorf("text %q\nhtml %q", got.Text, got.HTML)
	}
	if got.To != `"Gemeente Súdwest-Fryslân" <ict@gemeente.example>` && got.To != `Gemeente Súdwest-Fryslân <ict@gemeente.example>` {
		t.Errorf("to %q", got.To)
	}
	if got.MessageID != m.MessageID || !got.Date.Equal(m.Date) {
		t.Errorf("message id %q, date %v", got.MessageID, got.Date)
	}
	if want := "text/plain text/html"; strings.Join(got.Parts, " ") != want {
		t.Errorf("parts %q, want %q: the text first and nothing attached", got.Parts, want)
	}
	for name, want := range map[string]string{
		"Auto-Submitted":           "auto-generated",
		"X-Auto-Response-Suppress": "All",
		"List-Unsubscribe":         "<https://polder.example/afmelden/abc>",
		"List-Unsubscribe-Post":    "List-Unsubscribe=One-Click",
		"Content-Language":         "nl",
		"Reply-To":                 "<hulp@polder.example>",
		"Precedence":               "",
		"User-Agent":               "",
		"X-Mailer":                 "",
	} {
		if got := got.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestPlainMailHasOnePartAndNoHeadersOfAMachine(t *testing.T) {
	m := Message{From: "a@example.nl", To: "b@example.nl", Subject: "Hallo", Text: "Dag", MessageID: "<1@example.nl>",
		Date: time.Unix(1, 0).UTC()}
	got := mustParse(t, mustRender(t, m, nil))
	if got.Text != "Dag" && got.Text != "Dag\n" {
		t.Errorf("text %q", got.Text)
	}
	if len(got.Parts) != 1 || got.Parts[0] != "text/plain" {
		t.Errorf("parts %q", got.Parts)
	}
	for _, name := range []string{"Auto-Submitted", "List-Unsubscribe", "List-Unsubscribe-Post", "Content-Language", "Reply-To"} {
		if _, ok := got.Header[name]; ok {
			t.Errorf("%s is there", name)
		}
	}
}

func TestSameMessageGivesTheSameBytes(t *testing.T) {
	signer := testSigner(t)
	first := mustRender(t, warning(), signer)
	for range 20 {
		if !bytes.Equal(first, mustRender(t, warning(), signer)) {
			t.Fatal("two renderings differ")
		}
	}
	other := warning()
	other.MessageID = "p-2026-000124@polder.example"
	if bytes.Equal(first, mustRender(t, other, signer)) {
		t.Error("another message gives the same bytes")
	}
}

// hostile are values as they may come out of a feed: hostnames, banners, names of organisations.
var hostile = []string{
	"x\r\nBcc: victim@example.org",
	"x\nBcc: victim@example.org\n\nbody",
	"x\rBcc: victim@example.org",
	"x\x00y\x1b[31m\x7f",
	"x\u2028Bcc: victim@example.org\u0085Bcc: v",
	"\r\n\r\n<script>",
	"=?utf-8?q?x=0D=0ABcc:_victim@example.org?=",
	"\xff\xfe\xfa",
	"a\u202egpj.exe",
	strings.Repeat("a", 5000),
	strings.Repeat("é", 5000),
	strings.Repeat(" ", 3000) + "x",
	strings.Repeat("a ", 3000),
	"\"<>@,;:()[]\\",
	" ", "", "?=", "=?", "\t",
}

func TestHostileValuesCannotAddAHeader(t *testing.T) {
	allowed := map[string]bool{"From": true, "To": true, "Reply-To": true, "Subject": true, "Date": true, "Message-Id": true,
		"Mime-Version": true, "Content-Type": true, "Content-Language": true, "Auto-Submitted": true,
		"X-Auto-Response-Suppress": true, "List-Unsubscribe": true, "List-Unsubscribe-Post": true,
		"Content-Transfer-Encoding": true}
	for _, evil := range hostile {
		m := warning()
		m.Subject = evil
		m.From = Address(evil, "meldingen@polder.example")
		m.To = Address(evil, "ict@gemeente.example")
		m.Text = evil + "\n--" + boundary("p", evil, evil) + "\nContent-Type: text/html\n\n."
		m.HTML = evil
		raw := mustRender(t, m, nil)
		checkWire(t, raw)
		got := mustParse(t, raw)
		for name, values := range got.Header {
			if !allowed[name] || len(values) != 1 {
				t.Errorf("%.40q gives header %s: %q", evil, name, values)
			}
		}
		to, err := got.Header.AddressList("To")
		if err != nil || len(to) != 1 || to[0].Address != "ict@gemeente.example" {
			t.Errorf("%.40q gives recipients %v, %v", evil, to, err)
		}
		if want := cutRunes(cleanLine(evil), maxSubject); got.Subject != want {
			t.Errorf("%.40q gives subject\n%q, want\n%q", evil, got.Subject, want)
		}
	}
}

// checkWire holds what every mail must keep to: CRLF only, no line over 998 bytes, ASCII, no header line of only blanks.
func checkWire(t *testing.T, raw []byte) {
	t.Helper()
	if err := checkLineEnds(raw); err != nil {
		t.Error(err)
	}
	inHead := true
	for l := range bytes.SplitSeq(raw, []byte("\r\n")) {
		if len(l) > 998 {
			t.Errorf("a line of %d bytes: %.60q", len(l), l)
		}
		if len(l) == 0 {
			inHead = false
		}
		if inHead && len(bytes.TrimSpace(l)) == 0 {
			t.Errorf("a header line of only blanks")
		}
		for _, c := range l {
			if c >= 0x7f || c < ' ' && c != '\t' {
				t.Errorf("byte %#x in %.60q", c, l)
				break
			}
		}
	}
}

func TestMalformedSettingsAreRefused(t *testing.T) {
	for name, change := range map[string]func(*Message){
		"no from":               func(m *Message) { m.From = "" },
		"from with header":      func(m *Message) { m.From = "a@example.nl\r\nBcc: x@example.org" },
		"from that hides a NUL": func(m *Message) { m.From = "a\x00@example.nl" },
		"two recipients":        func(m *Message) { m.To = "a@example.nl, b@example.nl" },
		"a group":               func(m *Message) { m.To = "all: a@example.nl, b@example.nl;" },
		"recipient and command": func(m *Message) { m.To = "\"a> RCPT TO:<b\"@example.nl" },
		"a recipient by route":  func(m *Message) { m.To = "<@relay.example:a@example.nl>" },
		"a literal":             func(m *Message) { m.To = "a@[192.0.2.1]" },
		"local part in UTF-8":   func(m *Message) { m.To = "josé@example.nl" },
		"reply to two":          func(m *Message) { m.ReplyTo = "a@example.nl, b@example.nl" },
		"no message id":         func(m *Message) { m.MessageID = "" },
		"message id with CRLF":  func(m *Message) { m.MessageID = "a@b\r\nBcc: x@example.org" },
		"message id without @":  func(m *Message) { m.MessageID = "abc" },
		"long message id":       func(m *Message) { m.MessageID = strings.Repeat("a", 300) + "@b" },
		"no date":               func(m *Message) { m.Date = time.Time{} },
		"no text":               func(m *Message) { m.Text = "" },
		"too much text":         func(m *Message) { m.Text = strings.Repeat("a", maxBody+1) },
		"language with CRLF":    func(m *Message) { m.Language = "nl\r\nBcc: x@example.org" },
		"http unsubscribe":      func(m *Message) { m.Unsubscribe = "http://example.nl/x" },
		"unsubscribe with >":    func(m *Message) { m.Unsubscribe = "https://example.nl/x>,<mailto:x@example.org" },
		"unsubscribe with CRLF": func(m *Message) { m.Unsubscribe = "https://example.nl/x\r\nBcc: x@example.org" },
		"long unsubscribe":      func(m *Message) { m.Unsubscribe = "https://example.nl/" + strings.Repeat("a", 1000) },
	} {
		m := warning()
		change(&m)
		if raw, err := m.Render(nil); err == nil {
			t.Errorf("%s: no error, but\n%s", name, raw)
		}
	}
}

func TestAddressInAnotherScriptGoesToItsASCIIDomain(t *testing.T) {
	m := warning()
	m.To = "info@gemeente-súdwest.example"
	list, err := netmail.ParseAddressList(mustParse(t, mustRender(t, m, nil)).Header.Get("To"))
	if err != nil || len(list) != 1 || list[0].Address != "info@xn--gemeente-sdwest-cvb.example" {
		t.Errorf("%v %v", list, err)
	}
}

func TestNameThatHidesALineBreakIsCleaned(t *testing.T) {
	m := warning()
	m.From = "=?utf-8?q?x=0D=0ABcc=3A_v=00?= <a@example.nl>"
	got, err := netmail.ParseAddress(mustParse(t, mustRender(t, m, nil)).Header.Get("From"))
	if err != nil || got.Name != "x Bcc: v" {
		t.Errorf("%q %v", got, err)
	}
}

func TestTextSurvives(t *testing.T) {
	for _, text := range []string{
		"één\n", "a\n\n\nb\n", ".\n..\n.x\n", "From mij\n", " vooraan en achteraan \n\t\n", "= =3D =\n",
		strings.Repeat("lang ", 1000) + "\n", strings.Repeat("x", 20000) + "\n", strings.Repeat("€", 3000) + "\n",
	} {
		m := warning()
		m.Text, m.HTML = text, "<p>"+text+"</p>\n"
		raw := mustRender(t, m, nil)
		checkWire(t, raw)
		if got := mustParse(t, raw); got.Text != text || got.HTML != m.HTML {
			t.Errorf("%.40q came back as %.40q", text, got.Text)
		}
	}
	m := warning()
	m.Text = "a\r\nb\rc\x00d\x07\x9be\xff\n"
	if got := mustParse(t, mustRender(t, m, nil)).Text; got != "a\nb\ncd\ufffde\ufffd\n" {
		t.Errorf("cleaned text is %q", got)
	}
}

func FuzzHeaderValues(f *testing.F) {
	for _, evil := range hostile {
		f.Add(evil, evil, evil)
	}
	f.Fuzz(func(t *testing.T, name, subject, text string) {
		m := Message{From: Address(name, "a@example.nl"), To: "b@example.nl", Subject: subject, Text: text, HTML: text,
			MessageID: "1@example.nl", Date: time.Unix(1, 0).UTC()}
		raw, err := m.Render(nil)
		if cleanBody(text) == "" {
			if err == nil {
				t.Error("a mail without text")
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		checkWire(t, raw)
		got, err := ParseMail(raw)
		if err != nil {
			t.Fatalf("%v in\n%s", err, raw)
		}
		if len(got.Header) != 7 { // From, To, Subject, Date, Message-ID, MIME-Version, Content-Type
			t.Errorf("headers %v", got.Header)
		}
		if want := cutRunes(cleanLine(subject), maxSubject); got.Subject != want {
			t.Errorf("subject %q, want %q", got.Subject, want)
		}
		if strings.TrimRight(got.Text, "\n") != strings.TrimRight(cleanBody(text), "\n") {
			t.Errorf("text %q, want %q", got.Text, cleanBody(text))
		}
		from, err := got.Header.AddressList("From")
		if err != nil || len(from) != 1 || from[0].Address != "a@example.nl" {
			t.Errorf("from %v, %v in\n%s", from, err, raw)
		}
		again, _ := m.Render(nil)
		if !bytes.Equal(raw, again) {
			t.Error("two renderings differ")
		}
	})
}
