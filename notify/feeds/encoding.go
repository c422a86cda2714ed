package feeds

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// The encodings that a Mapping can name. Latin-1 is read as windows-1252, which it is part of.
const (
	EncodingUTF8    = "utf-8"
	EncodingWindows = "windows-1252"
	EncodingUTF16   = "utf-16"
)

func encodingName(v string) (string, bool) {
	switch strings.ToLower(v) {
	case "utf-8", "utf8":
		return EncodingUTF8, true
	case "windows-1252", "cp1252", "latin-1", "latin1", "iso-8859-1", "iso-8859-15":
		return EncodingWindows, true
	case "utf-16", "utf16", "utf-16le", "utf-16be":
		return EncodingUTF16, true
	}
	return "", false
}

// decoded turns a text of that encoding into UTF-8. The byte order of UTF-16 is the one that its mark
// tells, else that of Windows.
func decoded(r io.Reader, name string) io.Reader {
	var e encoding.Encoding
	switch name {
	case EncodingWindows:
		e = charmap.Windows1252
	case EncodingUTF16:
		e = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	default:
		return r
	}
	return e.NewDecoder().Reader(r)
}

// encodingSeen looks at a text on its way past and tells what it is written in.
type encodingSeen struct {
	n      int64
	lines  int64
	nuls   [2]int64 // at even and at odd places
	mark   bool     // begins with a byte order mark of UTF-16
	broken bool     // is not UTF-8
	rest   []byte   // the beginning of a character that is not whole yet
	last   byte
}

func (e *encodingSeen) Write(p []byte) (int, error) {
	if e.n == 0 && len(p) > 1 {
		e.mark = bytes.HasPrefix(p, []byte("\xff\xfe")) || bytes.HasPrefix(p, []byte("\xfe\xff"))
	}
	e.lines += int64(bytes.Count(p, newline))
	if bytes.IndexByte(p, 0) >= 0 {
		for i, c := range p {
			if c == 0 {
				e.nuls[(e.n+int64(i))&1]++
			}
		}
	}
	if !e.broken {
		b := p
		if len(e.rest) > 0 {
			b = append(e.rest, p...)
		}
		end := len(b)
		for back := 1; back <= min(utf8.UTFMax, end); back++ {
			if utf8.RuneStart(b[end-back]) {
				if !utf8.FullRune(b[end-back:]) {
					end -= back
				}
				break
			}
		}
		e.broken = !utf8.Valid(b[:end])
		e.rest = append(e.rest[:0:0], b[end:]...)
	}
	if len(p) > 0 {
		e.last = p[len(p)-1]
	}
	e.n += int64(len(p))
	return len(p), nil
}

// name gives the encoding by what passed.
func (e *encodingSeen) name() string {
	switch half := e.n / 2; {
	case e.mark, half > 0 && max(e.nuls[0], e.nuls[1]) > half/2 && min(e.nuls[0], e.nuls[1]) < half/16+1:
		return EncodingUTF16
	case e.broken || len(e.rest) > 0:
		return EncodingWindows
	}
	return EncodingUTF8
}
