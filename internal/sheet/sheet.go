// Package sheet writes CSV that a spreadsheet opens without running anything that stands in it.
package sheet

import (
	"encoding/csv"
	"io"
	"strings"
	"unicode"
)

// Cell keeps a spreadsheet from taking a value for a formula, and a terminal from obeying it: a value
// that begins as formulas do gets a quote in front, and other control characters become U+FFFD.
func Cell(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !strings.ContainsRune("\t\r\n", r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
	if s != "" && strings.ContainsRune("=+-@\t\r\n", rune(s[0])) || strings.HasPrefix(s, "\uff1d") || strings.HasPrefix(s, "\uff0b") || strings.HasPrefix(s, "\uff0d") || strings.HasPrefix(s, "\uff20") {
		return "'" + s
	}
	return s
}

// Writer writes rows of which every value is made safe by Cell.
type Writer struct {
	csv  *csv.Writer
	safe []string
}

// NewWriter writes to w. Flush at the end.
func NewWriter(w io.Writer) *Writer { return &Writer{csv: csv.NewWriter(w)} }

// Row writes one row.
func (w *Writer) Row(values ...string) error {
	w.safe = w.safe[:0]
	for _, v := range values {
		w.safe = append(w.safe, Cell(v))
	}
	return w.csv.Write(w.safe)
}

// Flush writes what is still in memory, and returns the first error of any write.
func (w *Writer) Flush() error {
	w.csv.Flush()
	return w.csv.Error()
}
