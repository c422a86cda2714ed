package feeds

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"
)

// The formats that Open reads.
const (
	FormatShadowserver = "shadowserver"
	FormatMapped       = "csv"
	FormatIntelMQ      = "intelmq"
)

// The bounds that hold unless Options say otherwise, in bytes.
const (
	DefaultMaxBytes = 64 << 30
	DefaultMaxLine  = 1 << 20
)

// Options say what Open should expect of a report; the zero value lets it find
// out by itself.
type Options struct {
	// Format is one of the Format constants; "" detects it from Mapping, the
	// file name and the first byte.
	Format string
	// Type is the report type, for a file whose name does not tell it. It
	// goes before what the name or a mapping says.
	Type string
	// Mapping reads any CSV file; nil for the formats that need none.
	Mapping *Mapping
	// MaxBytes is how much a packed report may unpack to; 0 means 64 GiB.
	MaxBytes int64
	// MaxLine is the longest record in bytes; 0 means 1 MiB. Memory in use
	// stays below a few times this.
	MaxLine int
	// Now, when set, rejects lines that lie more than a day after it.
	Now time.Time
}

// Feed reads the findings of one report, one after the other. It is not safe
// for use by several goroutines at once.
type Feed struct {
	format string
	typ    string
	name   fileName
	lines  interface{ next(*Finding) error }
	src    *counted
	size   int64
	err    error // that ended reading; sticky
	done   bool
}

// Open prepares a report of size bytes for reading. The name (the file name
// suffices) helps to find the format, the type and the date. gzip and zip are
// found by their first bytes and unpacked on the way. The error of a report
// that cannot be read is a sentence that says what to do, without the name.
func Open(src io.ReaderAt, size int64, name string, o Options) (*Feed, error) {
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.MaxLine <= 0 {
		o.MaxLine = DefaultMaxLine
	}
	f := &Feed{src: &counted{src: src}, size: size, name: parseName(name)}
	stream, inner, err := unpack(f.src, size, o.MaxBytes)
	if err != nil {
		return nil, err
	}
	if f.name.typ == "" && inner != "" {
		f.name = parseName(inner)
	}
	if o.Mapping != nil {
		stream = decoded(stream, o.Mapping.encoding)
	}
	head := make([]byte, 512)
	n, err := io.ReadFull(stream, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	head = bytes.TrimPrefix(head[:n], []byte("\xef\xbb\xbf"))
	if err := readable(head); err != nil {
		return nil, err
	}
	text := stream
	if n > 0 {
		text = io.MultiReader(bytes.NewReader(head), stream)
	}
	typ := ""
	if o.Type != "" {
		var ok bool
		if typ, ok = typeName(o.Type); !ok {
			return nil, fmt.Errorf("%s is not a report type: give one such as scan_rdp", quote(o.Type))
		}
	}
	f.format = o.Format
	if f.format == "" {
		f.format = detect(head, f.name, o)
	}
	return f, f.start(text, typ, o)
}

// start opens the reader of the format.
func (f *Feed) start(text io.Reader, typ string, o Options) error {
	switch f.format {
	case FormatShadowserver:
		if typ == "" {
			typ = f.name.typ
		}
		if typ == "" {
			return errors.New("the file name does not tell the type of the report: give the type, such as scan_rdp")
		}
		s, err := openShadowserver(newRecords(text, o.MaxLine, ','), typ, o.Now)
		if err != nil {
			return sentence(err)
		}
		f.lines, f.typ = s, s.info.Name
	case FormatMapped:
		if o.Mapping == nil {
			return errors.New("a CSV file of this kind needs a mapping that tells what its columns mean")
		}
		m, err := openMapped(newRecords(text, o.MaxLine, o.Mapping.delimiter), o.Mapping, typ, o.Now)
		if err != nil {
			return sentence(err)
		}
		f.lines, f.typ = m, m.typ
	case FormatIntelMQ:
		f.lines, f.typ = newEvents(newRecords(text, o.MaxLine, 0), typ, o.Now), typ
	default:
		return fmt.Errorf("%s is not a format: use shadowserver, csv or intelmq", quote(f.format))
	}
	return nil
}

// sentence turns the bare end of a file into a sentence.
func sentence(err error) error {
	if err == io.EOF {
		return errors.New("the file is empty: fetch it again")
	}
	return err
}

// detect tells the format by what we were given, the name and the first byte.
func detect(head []byte, name fileName, o Options) string {
	first := bytes.TrimLeft(head, " \t\r\n")
	switch {
	case o.Mapping != nil:
		return FormatMapped
	case name.json || len(first) > 0 && first[0] == '{':
		return FormatIntelMQ
	}
	return FormatShadowserver
}

// readable tells what is wrong with a file that is no text of ours.
func readable(head []byte) error {
	first := bytes.TrimSpace(head)
	switch {
	case len(first) == 0:
		return errors.New("the file is empty: fetch it again")
	case isGzip(head) || isZip(head):
		return errors.New("the file is packed twice: unpack it once")
	case bytes.HasPrefix(head, []byte("\xfd7zXZ")), bytes.HasPrefix(head, []byte("BZh")),
		bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")), bytes.HasPrefix(head, []byte("7z\xbc\xaf")):
		return errors.New("the file is packed in a way we do not read: unpack it, or pack it with gzip")
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return errors.New("the file is written in UTF-16: save it as UTF-8")
	case first[0] == '[':
		return errors.New("the file is one JSON list: write each event on a line of its own")
	case first[0] == '<':
		return errors.New("the file looks like HTML or XML: fetch the report itself")
	}
	return nil
}

// Next reads the next finding into out. It returns io.EOF at the end and a
// *Reject for a record that cannot be read, after which reading goes on. After
// any other error the file is broken at that place and Next repeats the error.
func (f *Feed) Next(out *Finding) error {
	if f.err != nil {
		return f.err
	}
	err := f.lines.next(out)
	if err == nil {
		return nil
	}
	if _, ok := err.(*Reject); ok {
		return err
	}
	f.err = err
	f.done = err == io.EOF
	return err
}

// Type gives the report type, "" when each line carries its own.
func (f *Feed) Type() string { return f.typ }

// Format gives one of the Format constants.
func (f *Feed) Format() string { return f.format }

// Series gives the part of the file name that is the same in tomorrow's report
// ("12-example-asn" of "2026-01-02-scan_rdp-12-example-asn.csv"), "" if there is none.
func (f *Feed) Series() string { return f.name.series(f.format) }

// ReportDate gives the date of the file name in UTC, zero if there is none.
func (f *Feed) ReportDate() time.Time { return f.name.date }

// Drift gives what differs from what we know of the report's kind, in the
// order found, each once.
func (f *Feed) Drift() []Drift {
	if s, ok := f.lines.(*shadowserver); ok {
		return s.drift
	}
	return nil
}

// Consumed gives how many bytes of the source have been read so far; at the
// end it is the size of the source.
func (f *Feed) Consumed() int64 {
	if f.done {
		return f.size
	}
	return min(f.src.n, f.size)
}
