package feeds

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Guess is what a file of unknown shape looks like, for a person to correct.
type Guess struct {
	Format    string // one of the Format constants
	Type      string // the report type that the file's name tells, "" if it does not
	Encoding  string
	Delimiter string // one character, or "tab"
	Header    bool   // the first line holds names of columns
	Columns   []GuessedColumn
	Lines     int64  // line feeds and what comes after the last
	TimeForm  string // of time_format; "" for the usual ways of writing
}

// GuessedColumn is a column with what it seems to mean.
type GuessedColumn struct {
	Name   string
	Key    string   // canonical; "" for a column that is only kept
	Values []string // the first ones that are not empty, cut to 200 bytes
}

// MostColumns is how many columns Look takes: more than a person can go through.
const MostColumns = 200

const (
	lookBytes  = 256 << 10 // how much of the text is looked at
	lookLines  = 200       // how many lines of it
	mostValues = 5
)

// As is what a person said of a file, against the guess; the zero value is nothing.
type As struct {
	Encoding, Delimiter string
	Header              string // "yes" or "no"
}

// Look goes through a file once, which must not unpack to more than most bytes, and guesses what it is.
// The error is a sentence that says what to do.
func Look(src io.ReaderAt, size int64, name string, most int64) (Guess, error) {
	return LookAs(src, size, name, most, As{})
}

// LookAs is Look when some of it is known.
func LookAs(src io.ReaderAt, size int64, name string, most int64, as As) (Guess, error) {
	switch lower := strings.ToLower(name); {
	case strings.HasSuffix(lower, ".xlsx"), strings.HasSuffix(lower, ".xls"), strings.HasSuffix(lower, ".ods"), strings.HasSuffix(lower, ".numbers"):
		return Guess{}, errors.New("the file is a spreadsheet: save it as CSV in your spreadsheet program")
	}
	file := parseName(name)
	stream, inner, err := unpack(&counted{src: src}, size, most)
	if err != nil {
		return Guess{}, err
	}
	if file.typ == "" && inner != "" {
		file = parseName(inner)
	}
	var seen encodingSeen
	head := &bytes.Buffer{}
	n, err := io.Copy(io.MultiWriter(&seen, &headWriter{head, lookBytes}), io.LimitReader(stream, most+1))
	if err != nil {
		return Guess{}, err
	}
	if n > most {
		return Guess{}, fmt.Errorf("the file is larger than %d MB: split it", most>>20)
	}
	g := Guess{Encoding: seen.name(), Lines: seen.lines, Type: file.typ}
	if encoding, ok := encodingName(as.Encoding); ok {
		g.Encoding = encoding
	}
	if seen.last != '\n' && seen.n > 0 {
		g.Lines++
	}
	text, err := io.ReadAll(io.LimitReader(decoded(bytes.NewReader(head.Bytes()), g.Encoding), 2*lookBytes))
	if err != nil {
		return g, errors.New("the file cannot be read as text: save it as CSV in UTF-8")
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if err := readable(text[:min(512, len(text))]); err != nil {
		return g, err
	}
	if 100*bytes.Count(text, []byte{0}) > len(text) {
		return g, errors.New("the file is no text: save it as CSV")
	}
	if n > lookBytes { // the last line is not whole
		if i := bytes.LastIndexByte(text, '\n'); i > 0 {
			text = text[:i+1]
		}
	}
	return g, g.fill(text, file, as)
}

// headWriter keeps the beginning of what passes.
type headWriter struct {
	into *bytes.Buffer
	most int
}

func (h *headWriter) Write(p []byte) (int, error) {
	if room := h.most - h.into.Len(); room > 0 {
		h.into.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

// fill guesses by the text, which is UTF-8.
func (g *Guess) fill(text []byte, file fileName, as As) error {
	g.Format = detect(text[:min(512, len(text))], file, Options{})
	if g.Format == FormatIntelMQ {
		return nil
	}
	g.Format = FormatMapped
	told, rest := byte(0), text
	if i := bytes.IndexByte(text, '\n'); i > 0 {
		if told = delimiterTold(dropCR(text[:i])); told != 0 {
			rest = text[i+1:]
		}
	}
	delim := told
	if as.Delimiter != "" {
		var m Mapping
		if err := m.readDelimiter(as.Delimiter); err != nil {
			return err
		}
		delim = m.delimiter
	}
	if delim == 0 {
		delim = guessDelimiter(rest)
	}
	g.Delimiter = string(rune(delim))
	if delim == '\t' {
		g.Delimiter = "tab"
	}
	rows, err := sampleRows(rest, delim, lookLines)
	if err != nil {
		return err
	}
	if len(rows[0]) > MostColumns {
		return fmt.Errorf("the file has %d columns, more than %d: leave out what does not matter", len(rows[0]), MostColumns)
	}
	g.Header = looksLikeHeader(rows)
	if as.Header != "" {
		g.Header = as.Header == "yes"
	}
	if g.Header && g.Type != "" && shadowserverHeader(rows[0]) {
		g.Format = FormatShadowserver
	}
	g.columns(rows)
	return nil
}

// sampleRows reads the first records that can be cut.
func sampleRows(text []byte, delim byte, most int) (rows [][]string, err error) {
	rec := newRecords(bytes.NewReader(text), lookBytes-1, delim)
	var why *Reject
	for len(rows) < most {
		err := rec.next(0)
		var reject *Reject
		switch {
		case errors.As(err, &reject):
			if why == nil {
				why = reject
			}
			if len(rows) == 0 && reject.Line > int64(most) {
				return nil, fmt.Errorf("no line can be read; the first: %s", why.Reason)
			}
			continue
		case err == io.EOF && len(rows) > 0:
			return rows, nil
		case err == io.EOF && why != nil:
			return nil, fmt.Errorf("no line can be read; the first: %s", why.Reason)
		case err == io.EOF:
			return nil, errors.New("the file is empty: fetch it again")
		case err != nil:
			return nil, err
		}
		row := make([]string, len(rec.fields))
		for i, f := range rec.fields {
			row[i] = strings.TrimSpace(cutText(f, 1024))
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// guessDelimiter takes the character that cuts most lines into the same number of fields, more than one;
// without any, the file has one column.
func guessDelimiter(text []byte) byte {
	best, score := byte('\t'), 0.0
	for _, d := range []byte{',', ';', '\t', '|'} {
		rows, err := sampleRows(text, d, 50)
		if err != nil {
			continue
		}
		count := map[int]int{}
		for _, r := range rows {
			count[len(r)]++
		}
		for fields, n := range count {
			if fields < 2 {
				continue
			}
			s := float64(n)/float64(len(rows)) + float64(min(fields, 20))/1000 // of two that fit, the one with more columns
			if float64(n)/float64(len(rows)) >= 0.5 && s > score {
				best, score = d, s
			}
		}
	}
	return best
}

// looksLikeHeader tells whether the first row names columns: it holds nothing that is itself an address,
// a name or another value of a finding.
func looksLikeHeader(rows [][]string) bool {
	filled := 0
	for _, v := range rows[0] {
		if v == "" {
			continue
		}
		filled++
		if _, ok := canonicalRole(v); ok || keyByName(v) != "" {
			continue
		}
		if k := valueKind(v); k != "" && k != "word" {
			return false
		}
	}
	if filled == 0 {
		return false
	}
	if len(rows[0]) == 1 {
		return keyByName(rows[0][0]) != ""
	}
	return true
}

// shadowserverHeader tells whether the columns are those of a Shadowserver report.
func shadowserverHeader(names []string) bool {
	known := 0
	for _, n := range names {
		if knownColumns[n] {
			known++
		}
	}
	return len(names) > 3 && 10*known >= 8*len(names)
}

// columns guesses what each column means, by its name and by what stands in it.
func (g *Guess) columns(rows [][]string) {
	width, data := len(rows[0]), rows
	if g.Header {
		data = rows[1:]
	}
	taken, sure := map[string]int{}, make([]bool, width)
	for i := range width {
		c := GuessedColumn{Name: fmt.Sprintf("column_%d", i+1)}
		if g.Header && rows[0][i] != "" {
			c.Name = tidy(cutText(rows[0][i], 256))
		}
		var all []string
		for _, row := range data {
			if i < len(row) && row[i] != "" {
				all = append(all, row[i])
				if len(c.Values) < mostValues {
					c.Values = append(c.Values, tidy(cutText(row[i], 200)))
				}
			}
		}
		named, held := "", keyByValues(all)
		if g.Header {
			named = keyByName(c.Name)
		}
		c.Key = settle(named, held, len(all) > 0)
		sure[i] = named != "" && named == c.Key
		if c.Key == "time.source" && g.TimeForm == "" {
			g.TimeForm = timeForm(all)
		}
		if j, is := taken[c.Key]; is && c.Key != "" && c.Key != "product.vulnerabilities" {
			if sure[i] && !sure[j] { // the one whose name says so
				g.Columns[j].Key = ""
			} else {
				c.Key = ""
			}
		}
		if c.Key != "" {
			taken[c.Key] = i
		}
		g.Columns = append(g.Columns, c)
	}
}

// settle decides between what a column's name says and what stands in it: what stands there can be seen,
// a name only said.
func settle(named, held string, any bool) string {
	if named == "" || !any {
		if held == "number" || held == "word" {
			held = ""
		}
		if named == "" {
			return held
		}
		return named
	}
	switch named {
	case "source.ip", "source.fqdn", "source.reverse_dns", "source.url", "host":
		switch held {
		case named:
			return named
		case "source.ip", "source.fqdn", "source.url", "host":
			if named == "source.reverse_dns" && held == "source.fqdn" {
				return named
			}
			return held
		case "": // of all sorts: a few broken lines do not make a name wrong, but a vague name says nothing
			if named != "host" {
				return named
			}
		}
		return ""
	case "source.port", "source.asn":
		if held == "number" || held == named {
			return named
		}
		return ""
	case "time.source", "classification.type":
		if held == named || named == "time.source" && held == "number" {
			return named
		}
		return ""
	}
	return named
}

// timeForm gives the way of writing that all times follow, when it is none of the usual ones.
func timeForm(values []string) string {
	usual := true
	for _, v := range values {
		if _, ok := readTime(v, time.UTC, true); !ok {
			usual = false
			break
		}
	}
	if usual {
		return ""
	}
	for _, form := range []string{"unix", "MM/DD/YYYY hh:mm:ss", "MM/DD/YYYY hh:mm", "MM/DD/YYYY", "YYYYMMDD hh:mm:ss", "YYYYMMDDhhmmss", "YYYYMMDD"} {
		layout, err := parseLayout(form)
		if err != nil {
			continue
		}
		m := Mapping{layout: layout, zone: time.UTC}
		fits := len(values) > 0
		for _, v := range values {
			if _, ok := m.readTime(v); !ok {
				fits = false
				break
			}
		}
		if fits {
			return form
		}
	}
	return ""
}
