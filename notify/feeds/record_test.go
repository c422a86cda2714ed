package feeds

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// split cuts a text into records; a reject is one field "!reason".
func split(r io.Reader, max, want int, delim byte) (all [][]string, lines []int64, err error) {
	rec := newRecords(r, max, delim)
	for {
		err := rec.next(want)
		var reject *Reject
		switch {
		case errors.As(err, &reject):
			all = append(all, []string{"!" + reject.Reason})
			lines = append(lines, reject.Line)
		case err == io.EOF:
			return all, lines, nil
		case err != nil:
			return all, lines, err
		default:
			all = append(all, slices.Clone(rec.fields))
			lines = append(lines, rec.start)
		}
	}
}

func TestRecords(t *testing.T) {
	many := strings.Repeat("x\n", 70)
	for _, c := range []struct {
		name, text string
		want       [][]string
		lines      []int64
	}{
		{"plain", "a,b\nc,d\n", [][]string{{"a", "b"}, {"c", "d"}}, []int64{1, 2}},
		{"no last line end", "a,b\nc,d", [][]string{{"a", "b"}, {"c", "d"}}, []int64{1, 2}},
		{"CRLF and blank lines", "a,b\r\n\r\n\nc,\r\n", [][]string{{"a", "b"}, {"c", ""}}, []int64{1, 4}},
		{"quotes", "\"a,1\",\"b\"\"2\"\n\"\",x\n", [][]string{{"a,1", `b"2`}, {"", "x"}}, []int64{1, 2}},
		{"quoted line break", "a,\"1\n2\r\n3\"\nc,d\n", [][]string{{"a", "1\n2\r\n3"}, {"c", "d"}}, []int64{1, 4}},
		{"a quote inside stands for itself", "a\"b,c\n", [][]string{{`a"b`, "c"}}, []int64{1}},
		{"quoted at the end", "a,\"b\"", [][]string{{"a", "b"}}, []int64{1}},
		{"quoted at the end with CR", "a,\"b\"\r", [][]string{{"a", "b"}}, []int64{1}},
		{"backslashes", `"Basic \"\"x\"\"",b` + "\nc,d\n", [][]string{{`Basic ""x""`, "b"}, {"c", "d"}}, []int64{1, 2}},
		{"unbalanced", "a,\"b\nc,d\ne,f\n", [][]string{{"!the quote of field 2 is not closed"}, {"c", "d"}, {"e", "f"}}, []int64{1, 2, 3}},
		{"unbalanced at the end", "a,b\nc,\"d", [][]string{{"a", "b"}, {"!the quote of field 2 is not closed"}}, []int64{1, 2}},
		{"garbage after a quote", "\"a\"b,c\nd,e\n", [][]string{{"!field 1 goes on after its closing quote"}, {"d", "e"}}, []int64{1, 2}},
		{"too few and too many", "a\nb,c,d\ne,f\n", [][]string{{"!the line has 1 fields where the header has 2"},
			{"!the line has 3 fields where the header has 2"}, {"e", "f"}}, []int64{1, 2, 3}},
		{"a lost quote that joins lines", "a,\"b\nc,d\ne\",f\ng,h\n", [][]string{{"!the line has 3 fields where the header has 2"}, {"c", "d"},
			{`e"`, "f"}, {"g", "h"}}, []int64{1, 2, 3, 4}},
		{"a sound record of too many lines goes as a whole", "a,\"" + many + "\"\nc,d\n",
			[][]string{{"!the record runs over 71 lines, more than 64"}, {"c", "d"}}, []int64{1, 72}},
	} {
		for _, chop := range []bool{false, true} {
			var r io.Reader = strings.NewReader(c.text)
			if chop {
				r = &choppy{r: r}
			}
			got, lines, err := split(r, 1000, 2, ',')
			if err != nil || fmt.Sprint(got) != fmt.Sprint(c.want) || !slices.Equal(lines, c.lines) {
				t.Errorf("%s (chop %t):\n got %q %v %v\nwant %q %v", c.name, chop, got, lines, err, c.want, c.lines)
			}
		}
	}
}

func TestRecordTooLong(t *testing.T) {
	long := strings.Repeat("x", 101)
	for _, c := range []struct{ name, text, want string }{
		{"exactly", "a," + long[:98] + "\nb,c\n", "[[a " + long[:98] + "] [b c]]"},
		{"one more", "a," + long[:99] + "\nb,c\n", "[[!the line is longer than 100 bytes] [b c]]"},
		{"much more", "a," + strings.Repeat(long, 5000) + "\nb,c\n", "[[!the line is longer than 100 bytes] [b c]]"},
		{"at the end", "b,c\na," + strings.Repeat(long, 5000), "[[b c] [!the line is longer than 100 bytes]]"},
		{"quoted over lines", "a,\"" + strings.Repeat("x,y\n", 30) + "\"\nb,c\n",
			"[[!the quote of field 2 is not closed]" + strings.Repeat(" [x y]", 29) + " [!the quote of field 1 is not closed] [b c]]"},
	} {
		for _, chop := range []bool{false, true} {
			var r io.Reader = strings.NewReader(c.text)
			if chop {
				r = &choppy{r: r}
			}
			got, _, err := split(r, 100, 2, ',')
			if err != nil || fmt.Sprint(got) != c.want {
				t.Errorf("%s (chop %t):\n got %.300v %v\nwant %.300v", c.name, chop, got, err, c.want)
			}
		}
	}
}

// brokenReader gives its text and then an error.
type brokenReader struct {
	text io.Reader
	err  error
}

func (b brokenReader) Read(p []byte) (int, error) {
	n, err := b.text.Read(p)
	if err == io.EOF {
		err = b.err
	}
	return n, err
}

func TestRecordsBeforeABreak(t *testing.T) {
	broken := errors.New("cable cut")
	for _, text := range []string{"a,b\nc,d\ne,f", "a,b\nc,d\ne,\"f", "a,b\nc,d\n"} {
		got, _, err := split(brokenReader{strings.NewReader(text), broken}, 100, 2, ',')
		if err != broken || fmt.Sprint(got) != "[[a b] [c d]]" {
			t.Errorf("%q: %v %v", text, got, err)
		}
	}
}

// FuzzRecord compares the splitter with encoding/csv: on what csv.Writer
// writes it must give the same fields, on anything else it must end, keep its
// bounds and count lines upwards.
func FuzzRecord(f *testing.F) {
	f.Add("a,b\n\"c\n\",d\n", false, byte(','))
	f.Add("a\"b,\"\"\"\"\r\n,\n\n\"x", true, byte(';'))
	f.Add("\xff,\x00\n\\\"\"\",\n", false, byte('\t'))
	f.Fuzz(func(t *testing.T, text string, crlf bool, delim byte) {
		if delim == '"' || delim == '\r' || delim == '\n' || delim >= 0x80 || delim == 0 || delim == '\\' {
			delim = ','
		}
		got, lines, err := split(&choppy{r: strings.NewReader(text)}, 64, 3, delim)
		if err != nil || !slices.IsSorted(lines) || len(slices.Compact(slices.Clone(lines))) != len(lines) {
			t.Fatalf("%q %v %v", got, lines, err)
		}
		sameAsCSV(t, strings.Fields(text), crlf, delim)
		sameAsCSV(t, strings.Split(text, ","), crlf, delim)
		sameAsCSV(t, strings.Split(text, "\n"), crlf, delim)
	})
}

// sameAsCSV writes words as a CSV file of one and of two columns and reads it back.
func sameAsCSV(t *testing.T, words []string, crlf bool, delim byte) {
	for width := 1; width <= 2; width++ {
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		w.Comma, w.UseCRLF = rune(delim), crlf
		for chunk := range slices.Chunk(words, width) {
			if len(chunk) == width && strings.Count(strings.Join(chunk, ""), "\n") < maxPhysicalLines-1 {
				if w.Write(chunk) != nil {
					return // a delimiter that csv does not take
				}
			}
		}
		w.Flush()
		r := csv.NewReader(bytes.NewReader(b.Bytes()))
		r.Comma, r.FieldsPerRecord = rune(delim), -1
		want, err := r.ReadAll()
		if err != nil {
			t.Fatalf("csv: %v", err)
		}
		got, _, err := split(bytes.NewReader(b.Bytes()), 1<<20, width, delim)
		if err != nil || len(got) != len(want) {
			t.Fatalf("width %d: got %q, want %q, %v of %q", width, got, want, err, b.String())
		}
		for i := range want {
			for j := range want[i] {
				if g := strings.ReplaceAll(got[i][j], "\r\n", "\n"); len(got[i]) != width || g != want[i][j] {
					t.Fatalf("width %d: got %q, want %q of %q", width, got[i], want[i], b.String())
				}
			}
		}
	}
}
