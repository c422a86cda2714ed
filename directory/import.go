package directory

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
)

// Imported counts what an import did.
type Imported struct {
	Rows, Added, Changed int64
}

// MostErrors is how many lines with errors an import names before it only counts them.
const MostErrors = 1000

// Import reads a register of organisations as CSV with the columns reference, name,
// registration_number, sector, province, employees, language, notify_email (by name, in any order)
// and makes the directory agree with it, by reference. Organisations that are not in the file stay,
// and so do the values of columns that it lacks; an empty value empties.
// It is all or nothing: when any line is wrong, an Invalid fault lists every wrong line and nothing
// has changed.
func (d *Directory) Import(ctx context.Context, r io.Reader) (done Imported, err error) {
	err = d.db.Write(ctx, func(tx *db.Tx) error {
		if done, err = d.importRows(ctx, tx, r); err != nil {
			return err
		}
		if done.Added >= db.Many {
			if err := tx.Analyze(ctx, "directory_organisation"); err != nil {
				return err
			}
		}
		return audit.Append(ctx, tx, audit.Event{At: d.now(), Action: audit.Import, Object: "organisations",
			Detail: fmt.Sprintf("%d rows, %d new, %d changed", done.Rows, done.Added, done.Changed)})
	})
	return done, err
}

func (d *Directory) importRows(ctx context.Context, tx *db.Tx, r io.Reader) (done Imported, err error) {
	if err := stage(ctx, tx); err != nil {
		return done, fmt.Errorf("prepare the import: %w", err)
	}
	seen := map[string]int{}
	var batch [][]any
	flush := func() error {
		err := tx.Bulk(ctx, "directory_stage", stageColumns, batch)
		batch = batch[:0]
		return err
	}
	columns := []string{"reference", "name", "registration_number", "sector", "province", "employees", "language", "notify_email"}
	var has []bool
	var wrong WrongLines
	err = EachRow(r, columns, []string{"reference", "name"}, func(h []bool) { has = h }, &wrong, func(line int, v []string) ([]string, error) {
		o, faults := NewOrganisation(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7])
		if first, twice := seen[o.Reference]; twice {
			faults = append(faults, fmt.Sprintf("reference %q is on line %d already; keep one of the two", o.Reference, first))
		}
		seen[o.Reference] = line
		if len(faults) > 0 {
			return faults, nil
		}
		done.Rows++
		id := db.NewID()
		batch = append(batch, []any{line, id[:], o.Reference, o.Name, o.RegistrationNumber, o.Sector, o.Province, o.Employees, o.Language, o.Email})
		if len(batch) == 2000 {
			return nil, flush()
		}
		return nil, nil
	})
	if err == nil {
		err = wrong.Err()
	}
	if err != nil {
		return done, err
	}
	if err := flush(); err != nil {
		return done, err
	}
	if err := tx.Analyze(ctx, "directory_stage"); err != nil {
		return done, err
	}
	done.Added, done.Changed, err = unstage(ctx, tx, db.Micros(d.now()), has)
	return done, err
}

// WrongLines collects what is wrong with the lines of a file, of which it names MostErrors and counts the
// rest. The zero value is ready for use.
type WrongLines struct {
	count int
	lines []wrongLine
}

type wrongLine struct {
	number int
	text   string
}

// Add notes what is wrong with a line, in sentences.
func (w *WrongLines) Add(line int, sentences ...string) {
	if w.count++; w.count <= MostErrors {
		w.lines = append(w.lines, wrongLine{line, fmt.Sprintf("line %d: %s", line, strings.Join(sentences, "; "))})
	}
}

// Err returns all that was added as one Invalid fault, in the order of the lines; nil when nothing was.
func (w *WrongLines) Err() error {
	if w.count == 0 {
		return nil
	}
	slices.SortStableFunc(w.lines, func(a, b wrongLine) int { return cmp.Compare(a.number, b.number) })
	var b strings.Builder
	fmt.Fprintf(&b, "%d lines are wrong, nothing was imported:", w.count)
	if w.count == 1 {
		b.Reset()
		b.WriteString("1 line is wrong, nothing was imported:")
	}
	for _, l := range w.lines {
		b.WriteString("\n" + l.text)
	}
	if more := w.count - len(w.lines); more > 0 {
		fmt.Fprintf(&b, "\nand %d more lines", more)
	}
	return fault.Invalidf("%s", b.String())
}

// EachRow reads a CSV file of an operator by the names in its header, in any order, and calls row
// with the line number and the values of columns ("" for a column that the file lacks). header, which
// may be nil, is told first which of the columns the file has. row returns what is wrong with the
// line, which is added to wrong. A column that is not known, or a required one that is missing, is an
// Invalid fault before the first line.
func EachRow(r io.Reader, columns, required []string, header func(has []bool), wrong *WrongLines, row func(line int, values []string) (wrong []string, err error)) error {
	c := csv.NewReader(&bounded{r: &withoutBOM{r: r}})
	c.ReuseRecord = true
	first, err := c.Read()
	if errors.Is(err, io.EOF) {
		return fault.Invalidf("the file is empty; its first line must name the columns: %s", strings.Join(columns, ","))
	}
	if fault.KindOf(err) == fault.Invalid {
		return err
	}
	if err != nil {
		return fault.Invalidf("the first line cannot be read: %v", err)
	}
	place := make([]int, len(columns))
	for i := range place {
		place[i] = -1
	}
	for at, name := range first {
		name = strings.ToLower(strings.TrimSpace(name))
		found := false
		for i, want := range columns {
			if name == want && place[i] < 0 {
				place[i], found = at, true
			}
		}
		if !found {
			return fault.Invalidf("line 1: column %q is not known or stands there twice; the columns are %s", name, strings.Join(columns, ","))
		}
	}
	for i, want := range columns {
		for _, need := range required {
			if want == need && place[i] < 0 {
				return fault.Invalidf("line 1: column %q is missing; the columns are %s", want, strings.Join(columns, ","))
			}
		}
	}
	if header != nil {
		has := make([]bool, len(columns))
		for i, at := range place {
			has[i] = at >= 0
		}
		header(has)
	}
	values := make([]string, len(columns))
	for {
		record, err := c.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			wrong.Add(bad.StartLine, bad.Err.Error())
			continue
		}
		if fault.KindOf(err) == fault.Invalid {
			return err
		}
		if err != nil {
			return fmt.Errorf("read the file: %w", err)
		}
		line, _ := c.FieldPos(0)
		for i, at := range place {
			values[i] = ""
			if at >= 0 {
				values[i] = record[at]
			}
		}
		sentences, err := row(line, values)
		if err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
		if len(sentences) > 0 {
			wrong.Add(line, sentences...)
		}
	}
}

// withoutBOM drops the byte order mark that spreadsheet programs put before UTF-8.
type withoutBOM struct {
	r       io.Reader
	started bool
}

func (b *withoutBOM) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if !b.started && n > 0 {
		b.started = true
		if n >= 3 && p[0] == 0xEF && p[1] == 0xBB && p[2] == 0xBF {
			n = copy(p, p[3:n])
		}
	}
	return n, err
}

const mostRecord = 1 << 20 // bytes of one record, its line breaks in quotes included

// bounded ends reading at a record that is longer than any could be, as when a quote was left open,
// before it fills the memory.
type bounded struct {
	r      io.Reader
	line   int // lines before this one
	begun  int // lines before the record
	length int
	quoted bool // an odd number of quotes since the record began
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	for _, c := range p[:n] {
		b.length++
		switch c {
		case '"':
			b.quoted = !b.quoted
		case '\n':
			if b.line++; !b.quoted {
				b.begun, b.length = b.line, 0
			}
		}
	}
	if b.length > mostRecord {
		return 0, fault.Invalidf("nothing was imported: what begins on line %d is longer than %d bytes; is a quote left open there?", b.begun+1, mostRecord)
	}
	return n, err
}
