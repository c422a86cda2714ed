package feeds

import (
	"bytes"
	"io"
)

// The outcomes of cut.
const (
	cutDone    = iota // a whole record
	cutShort          // the record goes on behind the bytes we have
	cutGarbage        // text between a closing quote and the next delimiter
)

type cut struct {
	state  int
	size   int // bytes of the record without its line feed
	quoted int // number of the quoted field that began last, from 1
}

// span is a field inside a record, without its quotes.
type span struct {
	from, to    int
	escaped     bool // holds doubled quotes
	backslashed bool // holds quotes behind backslashes
}

// cut tries to cut the record at pos into spans. A quote inside a field that
// does not begin with one stands for itself.
func (r *records) cut() cut {
	b := r.buf[r.pos:r.end]
	final := r.err == io.EOF
	if len(b) > r.max+2 {
		b, final = b[:r.max+2], false // the outcome must not hang on how much was read ahead
	}
	r.spans = r.spans[:0]
	quoted := 0
	for i := 0; ; i++ {
		if i == len(b) || b[i] != '"' {
			j := i
			for j < len(b) && b[j] != r.delim && b[j] != '\n' {
				j++
			}
			if j == len(b) && !final {
				return cut{state: cutShort, quoted: quoted}
			}
			if j < len(b) && b[j] == r.delim {
				r.spans = append(r.spans, span{from: i, to: j})
				i = j
				continue
			}
			r.spans = append(r.spans, span{from: i, to: i + len(dropCR(b[i:j]))})
			return cut{cutDone, j, quoted}
		}
		quoted = len(r.spans) + 1
		f := span{from: i + 1}
		for i++; ; i += 2 {
			k := bytes.IndexByte(b[i:], '"')
			if k < 0 || (i+k+1 == len(b) && !final) {
				return cut{state: cutShort, quoted: quoted}
			}
			if i += k; i+1 == len(b) || b[i+1] != '"' {
				break
			}
			f.escaped = true
		}
		f.to = i
		r.spans = append(r.spans, f)
		rest := b[i+1:]
		switch {
		case len(rest) == 0:
			return cut{cutDone, i + 1, quoted}
		case rest[0] == r.delim:
			i++
		case rest[0] == '\n':
			return cut{cutDone, i + 1, quoted}
		case rest[0] == '\r' && len(rest) == 1 && !final:
			return cut{state: cutShort, quoted: quoted}
		case rest[0] == '\r' && (len(rest) == 1 || rest[1] == '\n'):
			return cut{cutDone, i + 2, quoted}
		default:
			return cut{state: cutGarbage, quoted: quoted}
		}
	}
}

// cutBackslashed cuts the physical line of n bytes at pos into want spans,
// taking \" for a quote inside a quoted field, as real reports write it now and
// then. It is the second try only, on one line only, and must come out at the
// right number of fields: so it cannot shift a column of a sound line.
func (r *records) cutBackslashed(n, want int) bool {
	b := dropCR(r.buf[r.pos : r.pos+n])
	r.spans = r.spans[:0]
	for i := 0; ; i++ {
		f := span{from: i}
		if i < len(b) && b[i] == '"' {
			f = span{from: i + 1, backslashed: true}
			for i++; i < len(b) && (b[i] != '"' || b[i-1] == '\\'); i++ {
			}
			if i == len(b) || i+1 < len(b) && b[i+1] != r.delim {
				return false
			}
			f.to = i
			i++
		} else {
			for i < len(b) && b[i] != r.delim {
				i++
			}
			f.to = i
		}
		r.spans = append(r.spans, f)
		if i >= len(b) {
			return len(r.spans) == want
		}
	}
}
