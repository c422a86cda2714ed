package feeds

import (
	"errors"
	"fmt"
	"strings"
)

// maxColumns is how many columns a header may have; the widest report we know
// has 92.
const maxColumns = 1000

// table reads the rows of a CSV file by the roles of its columns.
type table struct {
	assembly
	rec   *records
	roles []role
	keys  []string // what the columns are called in Extra and in reasons

	headless bool // the first record is data
	held     bool // the first record is read and waits for row
}

// header reads the first record as column names.
func (t *table) header() error {
	err := t.rec.next(0)
	if err == nil && delimiterTold(t.rec.raw) != 0 {
		err = t.rec.next(0) // a spreadsheet's own first line
	}
	var broken *Reject
	if errors.As(err, &broken) {
		return fmt.Errorf("the header cannot be read: %s", broken.Reason)
	}
	if err != nil {
		return err
	}
	if len(t.rec.fields) > maxColumns {
		return fmt.Errorf("the header has %d columns, more than %d: check that the file is CSV", len(t.rec.fields), maxColumns)
	}
	t.keys = make([]string, len(t.rec.fields))
	t.roles = make([]role, len(t.rec.fields))
	for i, name := range t.rec.fields {
		if name = strings.TrimSpace(name); name == "" || t.headless {
			name = fmt.Sprintf("column_%d", i+1)
		}
		if !wellFormed(name) || len(name) > 256 {
			return fmt.Errorf("the header cannot be read: %s is no name of a column", quote(name))
		}
		t.keys[i] = strings.Clone(name)
	}
	t.held = t.headless
	return nil
}

// delimiterTold reads the line with which a spreadsheet tells what it puts between columns, as "sep=;";
// 0 for any other line.
func delimiterTold(line []byte) byte {
	if len(line) != 5 || !strings.EqualFold(string(line[:4]), "sep=") {
		return 0
	}
	return line[4]
}

// column is where the column of that name stands, in any case; -1 if nowhere.
func (t *table) column(name string) int {
	for i, key := range t.keys {
		if strings.EqualFold(key, name) {
			return i
		}
	}
	return -1
}

// row reads the next row as far as its columns tell.
func (t *table) row(out *Finding) error {
	if t.held {
		t.held = false
	} else if err := t.rec.next(len(t.roles)); err != nil {
		return err
	}
	clean := t.rec.clean
	t.begin(out, t.rec.start, clean)
	for i, v := range t.rec.fields {
		if v == "" {
			continue
		}
		if !clean && t.roles[i] != roleHostname && strings.IndexByte(v, 0) >= 0 {
			return t.rec.reject("the line holds a NUL byte")
		}
		if r := t.roles[i]; r != roleExtra {
			if reason := t.set(out, r, t.keys[i], v); reason != "" {
				return t.rec.reject(reason)
			}
		} else if clean {
			out.Extra = append(out.Extra, Field{t.keys[i], v})
		} else {
			t.extra(out, t.keys[i], v)
		}
	}
	return nil
}
