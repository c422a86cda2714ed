package feeds

import (
	"errors"
	"io"
	"time"
)

// The formats that Open reads.
const (
	FormatShadowserver = "shadowserver"
	FormatMapped       = "csv"
	FormatIntelMQ      = "intelmq"
)

// Options say what Open should expect of a report; the zero value lets it find
// out by itself.
type Options struct {
	// Format is one of the Format constants; "" detects it from Mapping, the
	// file name and the first byte.
	Format string
	// Type is the report type, for a file whose name does not tell it.
	Type string
	// Mapping reads any CSV file; nil for the formats that need none.
	Mapping *Mapping
	// MaxBytes is how much a packed report may unpack to; 0 means 64 GiB.
	MaxBytes int64
	// MaxLine is the longest record in bytes; 0 means 1 MiB.
	MaxLine int
	// Now, when set, rejects lines that lie more than a day after it.
	Now time.Time
}

// Feed reads the findings of one report, one after the other. It is not safe
// for use by several goroutines at once.
type Feed struct{}

// Open prepares a report of size bytes for reading. The name (the file name
// suffices) helps to find the format, the type and the date. gzip and zip are
// found by their first bytes and unpacked on the way. The error of a report
// that cannot be read is a sentence that says what to do.
func Open(src io.ReaderAt, size int64, name string, o Options) (*Feed, error) {
	return nil, errors.New("not read yet")
}

// Next reads the next finding into out. It returns io.EOF at the end and a
// *Reject for a record that cannot be read, after which reading goes on. After
// any other error the file is broken at that place and Next repeats the error.
func (f *Feed) Next(out *Finding) error { return io.EOF }

// Type gives the report type, "" when each line carries its own.
func (f *Feed) Type() string { return "" }

// Format gives one of the Format constants.
func (f *Feed) Format() string { return "" }

// Series gives the part of the file name that is the same in tomorrow's report
// ("example-asn" of "2026-01-02-scan_rdp-example-asn.csv"), "" if there is none.
func (f *Feed) Series() string { return "" }

// ReportDate gives the date of the file name in UTC, zero if there is none.
func (f *Feed) ReportDate() time.Time { return time.Time{} }

// Drift gives what differed so far from what we know of the report's kind, in
// the order found, each once.
func (f *Feed) Drift() []Drift { return nil }

// Consumed gives how many bytes of the source have been read so far; at the
// end it is the size of the source.
func (f *Feed) Consumed() int64 { return 0 }
