package feeds

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// maxPhysicalLines is how many physical lines one record may run over. A stray
// quote must not swallow half a report before we notice.
const maxPhysicalLines = 64

const startBuffer = 64 << 10

// records cuts a stream into records: RFC 4180 with any one-byte delimiter, or
// plain lines. It holds at most one record of max bytes and a read-ahead.
type records struct {
	src   io.Reader
	max   int
	delim byte

	buf      []byte
	pos, end int   // unread bytes are buf[pos:end]
	err      error // of src, io.EOF included; sticky
	skip     bool  // the rest of an over-long line is still to be passed by
	line     int64 // physical line at pos, counted from 1

	// of the record that next or nextLine gave last
	start  int64    // physical line it starts on
	raw    []byte   // its bytes without the line end; valid until the next call
	fields []string // cut out of one string; the slice is reused
	spans  []span   // the same fields, as quoted cuts them
	clean  bool     // holds printable ASCII only
}

func newRecords(src io.Reader, max int, delim byte) *records {
	return &records{src: src, max: max, delim: delim, line: 1, buf: make([]byte, min(startBuffer, max+2))}
}

// next reads the next record into fields. want is the number of fields that it
// must have, 0 for any. A record that cannot be cut is a *Reject and reading
// goes on behind it: after a quote that does not balance on the next physical
// line, so that the neighbours of a broken line survive.
func (r *records) next(want int) error {
	for {
		n, err := r.findLine()
		if err != nil {
			return err
		}
		line := r.buf[r.pos : r.pos+n]
		if bytes.IndexByte(line, '"') >= 0 {
			return r.quoted(n, want)
		}
		start := r.line
		r.advance(n, 1)
		line = dropCR(line)
		if len(line) == 0 {
			continue
		}
		r.start, r.raw, r.clean = start, line, printable(line)
		s := string(line)
		r.fields = r.fields[:0]
		for {
			i := strings.IndexByte(s, r.delim)
			if i < 0 {
				break
			}
			r.fields = append(r.fields, s[:i])
			s = s[i+1:]
		}
		r.fields = append(r.fields, s)
		if want > 0 && len(r.fields) != want {
			return r.reject(miscounted(len(r.fields), want))
		}
		return nil
	}
}

// nextLine reads the next line that is not blank into raw, without fields.
func (r *records) nextLine() error {
	for {
		n, err := r.findLine()
		if err != nil {
			return err
		}
		line := r.buf[r.pos : r.pos+n]
		start := r.line
		r.advance(n, 1)
		if line = bytes.TrimSpace(line); len(line) > 0 {
			r.start, r.raw, r.clean = start, line, printable(line)
			return nil
		}
	}
}

// quoted reads the record at pos, whose first physical line of n bytes holds a
// quote.
func (r *records) quoted(n, want int) error {
	var c cut
	for {
		c = r.cut()
		if c.state != cutShort || r.end-r.pos >= r.max+2 || r.err == io.EOF {
			break
		}
		if r.err != nil || !r.fill() && r.err != io.EOF {
			return r.err // the file breaks off here: no use to blame the line
		}
	}
	size, lines := n, int64(1)
	if c.state == cutDone && c.size > n {
		size = c.size
		lines += int64(bytes.Count(r.buf[r.pos:r.pos+size], newline))
	}
	r.start, r.raw = r.line, dropCR(r.buf[r.pos:r.pos+size])
	r.clean = printable(r.raw)

	var reason string
	switch {
	case c.state == cutGarbage && r.cutBackslashed(n, want):
		// some writers put \" for a quote
	case c.state == cutGarbage:
		reason = fmt.Sprintf("field %d goes on after its closing quote", c.quoted)
	case c.state == cutShort, size > r.max:
		reason = fmt.Sprintf("the quote of field %d is not closed", c.quoted)
		size, lines = n, 1
	case want > 0 && len(r.spans) != want:
		// A lost quote may have joined two lines: read the later ones anew.
		reason = miscounted(len(r.spans), want)
		size, lines = n, 1
	case lines > maxPhysicalLines:
		reason = fmt.Sprintf("the record runs over %d lines, more than %d", lines, maxPhysicalLines)
	}
	if reason == "" {
		r.fields = r.fields[:0]
		s := string(r.raw)
		for _, f := range r.spans {
			v := s[f.from:f.to]
			if f.backslashed {
				v = strings.ReplaceAll(v, `\"`, `"`)
			} else if f.escaped {
				v = strings.ReplaceAll(v, `""`, `"`)
			}
			r.fields = append(r.fields, v)
		}
	}
	r.advance(size, lines)
	if reason != "" {
		return r.reject(reason)
	}
	return nil
}

// findLine makes the physical line at pos whole in the buffer and gives its
// length without the line feed. It passes by what is left of an over-long line.
func (r *records) findLine() (int, error) {
	for r.skip {
		if i := bytes.IndexByte(r.buf[r.pos:r.end], '\n'); i >= 0 {
			r.advance(i, 1)
			r.skip = false
			break
		}
		r.pos, r.end = 0, 0
		if r.err != nil || !r.fill() {
			return 0, r.err
		}
	}
	seen := 0
	for {
		if i := bytes.IndexByte(r.buf[r.pos+seen:r.end], '\n'); i >= 0 && seen+i <= r.max {
			return seen + i, nil
		}
		seen = r.end - r.pos
		if seen > r.max {
			r.start, r.raw = r.line, r.buf[r.pos:r.end]
			r.pos += r.max // the line feed, if there is one, lies behind it
			r.skip = true
			return 0, r.reject(fmt.Sprintf("the line is longer than %d bytes", r.max))
		}
		if r.err == nil && r.fill() {
			continue
		}
		if r.err == io.EOF && seen > 0 {
			return seen, nil
		}
		return 0, r.err
	}
}

// advance passes by a record of n bytes, its line feed and so many lines.
func (r *records) advance(n int, lines int64) {
	r.pos = min(r.pos+n+1, r.end)
	r.line += lines
}

// fill reads more behind end, making room first. It reports whether there may
// be more to see; if not, err tells why.
func (r *records) fill() bool {
	if r.pos > 0 {
		copy(r.buf, r.buf[r.pos:r.end])
		r.pos, r.end = 0, r.end-r.pos
	}
	if r.end == len(r.buf) {
		bigger := make([]byte, min(2*len(r.buf), r.max+startBuffer))
		copy(bigger, r.buf[:r.end])
		r.buf = bigger
	}
	for empty := 0; r.err == nil; empty++ {
		n, err := r.src.Read(r.buf[r.end:])
		r.end += n
		r.err = err
		if n > 0 {
			return true
		}
		if empty == 100 {
			r.err = io.ErrNoProgress
		}
	}
	return false
}

func (r *records) reject(reason string) *Reject {
	return &Reject{Line: r.start, Reason: reason, Raw: cutRaw(r.raw)}
}

var newline = []byte{'\n'}

func dropCR(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] == '\r' {
		return b[:n-1]
	}
	return b
}

func miscounted(have, want int) string {
	return fmt.Sprintf("the line has %d fields where the header has %d", have, want)
}
