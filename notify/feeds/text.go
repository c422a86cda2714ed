package feeds

import (
	"encoding/binary"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxRaw is how much of a rejected record a Reject keeps, in bytes.
const maxRaw = 1 << 10

// printable reports whether b holds nothing but printable ASCII, eight bytes
// at a time: nearly every line is so, and then needs no further cleaning.
func printable(b []byte) bool {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	for len(b) >= 8 {
		x := binary.LittleEndian.Uint64(b)
		control := x - ones*0x20      // borrows where a byte is below 0x20
		del := (x ^ ones*0x7f) - ones // borrows where a byte is 0x7f
		if (x|control|del)&high != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c < 0x20 || c >= 0x7f {
			return false
		}
	}
	return true
}

// tidy makes free text fit for a Finding: control characters become spaces and
// bytes that are not UTF-8 become U+FFFD.
func tidy(s string) string {
	if wellFormed(s) {
		return s
	}
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c // an invalid byte comes as U+FFFD
	}, s)
}

// wellFormed reports whether s is valid UTF-8 without control characters.
func wellFormed(s string) bool {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c < 0x20 || c == 0x7f {
				return false
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 || unicode.IsControl(r) {
			return false
		}
		i += n
	}
	return true
}

// cutRaw keeps the beginning of a rejected record: valid UTF-8 without NUL, so
// that any database and any editor takes it.
func cutRaw(b []byte) string {
	s := strings.ToValidUTF8(string(b[:min(len(b), maxRaw)]), "\uFFFD")
	s = strings.ReplaceAll(s, "\x00", "\uFFFD")
	return cutText(s, maxRaw)
}

// cutText cuts s to at most n bytes, between two characters.
func cutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// quote puts a value from a report into an error sentence: quoted, at most 80
// bytes of it, nothing that could break a line or a terminal.
func quote(s string) string {
	if len(s) > 80 {
		s = cutText(s, 77) + "..."
	}
	return strconv.QuoteToASCII(s)
}
