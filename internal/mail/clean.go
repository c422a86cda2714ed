package mail

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// hasControl reports whether s holds a control character (C0, DEL, C1, line and paragraph separators) or invalid UTF-8.
func hasControl(s string) bool {
	for i, r := range s {
		if isControl(r) {
			return true
		}
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				return true
			}
		}
	}
	return false
}

func isControl(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }

// reordersText reports the characters that make text read otherwise than it is stored; in a subject they can only
// deceive.
func reordersText(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' || r == '\ufeff'
}

// cleanLine makes one line of any string: control characters and white space become single spaces, invalid UTF-8
// becomes U+FFFD, characters that reorder text go.
func cleanLine(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	s = strings.Map(func(r rune) rune {
		switch {
		case isControl(r), unicode.IsSpace(r):
			return ' '
		case reordersText(r):
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// cleanBody makes text safe to stand in a body: line ends become LF (the encoder writes CRLF), other control
// characters but the tab go, invalid UTF-8 becomes U+FFFD.
func cleanBody(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return r
		case r == '\r':
			return '\n'
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, s)
}

// cutRunes keeps at most n characters, the last of which is then an ellipsis.
func cutRunes(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	r := []rune(s)
	return strings.TrimRight(string(r[:n-1]), " ") + "…"
}

// encodeHeader returns an unstructured header value in ASCII. Plain ASCII stays as it is; otherwise the whole is
// written in RFC 2047 encoded words, parted by spaces so that the header can be folded there, and short enough for
// the first to stand on the line of "Subject:".
// A value that looks encoded already is encoded once more: it must arrive as it was, not as an outsider meant it.
func encodeHeader(s string) string {
	plain := !strings.Contains(s, "=?")
	for i := 0; plain && i < len(s); i++ {
		plain = s[i] >= ' ' && s[i] < 0x7f
	}
	if plain {
		return s
	}
	const open, shut, room = "=?utf-8?q?", "?=", 62
	var out strings.Builder
	used := 0
	for _, r := range s {
		e := encodeRune(r)
		if used == 0 || used+len(e)+len(shut) > room {
			if used > 0 {
				out.WriteString(shut + " ")
			}
			out.WriteString(open)
			used = len(open)
		}
		out.WriteString(e)
		used += len(e)
	}
	if used > 0 {
		out.WriteString(shut)
	}
	return out.String()
}

// encodeRune writes one character for the Q encoding as it is in unstructured text (RFC 2047, 4.2).
func encodeRune(r rune) string {
	switch {
	case r == ' ':
		return "_"
	case r > ' ' && r < 0x7f && r != '=' && r != '?' && r != '_':
		return string(r)
	}
	var b strings.Builder
	for _, c := range []byte(string(r)) {
		fmt.Fprintf(&b, "=%02X", c)
	}
	return b.String()
}

// isToken reports letters, digits and hyphens only.
func isToken(s string) bool {
	for _, r := range s {
		if r >= 0x80 || !(unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-') {
			return false
		}
	}
	return s != ""
}

// isDotAtom reports the characters that a message id may have without quoting.
func isDotAtom(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte("()<>[]:;@\\,\"", c) >= 0 {
			return false
		}
	}
	return s != "" && s[0] != '.' && s[len(s)-1] != '.'
}
