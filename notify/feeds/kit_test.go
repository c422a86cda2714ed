package feeds

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// got is everything that came out of a report.
type got struct {
	findings []Finding
	rejects  []*Reject
	feed     *Feed
	err      error // that ended reading; nil at a proper end
}

func (g got) reasons() string {
	var all []string
	for _, r := range g.rejects {
		all = append(all, r.Error())
	}
	return strings.Join(all, "\n")
}

// readAll opens a report and reads it to its end.
func readAll(t testing.TB, text, name string, o Options) got {
	t.Helper()
	f, err := Open(strings.NewReader(text), int64(len(text)), name, o)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return drain(t, f)
}

// drain reads a feed to its end and checks what every feed promises.
func drain(t testing.TB, f *Feed) got {
	t.Helper()
	g := got{feed: f}
	var out Finding
	var last int64
	for {
		err := f.Next(&out)
		line := out.Line
		var r *Reject
		switch {
		case errors.As(err, &r):
			line = r.Line
			g.rejects = append(g.rejects, r)
			if len(r.Raw) > maxRaw || !utf8.ValidString(r.Raw) || strings.ContainsRune(r.Raw, 0) {
				t.Fatalf("line %d: raw is not clean: %q", r.Line, r.Raw)
			}
			if !wellFormed(r.Reason) {
				t.Fatalf("line %d: reason is not clean: %q", r.Line, r.Reason)
			}
		case err == io.EOF:
			if again := f.Next(&out); again != io.EOF {
				t.Fatalf("after the end: %v", again)
			}
			return g
		case err != nil:
			if again := f.Next(&out); again != err {
				t.Fatalf("after an error: %v", again)
			}
			g.err = err
			return g
		default:
			if why := unclean(out); why != "" {
				t.Fatalf("line %d: %s: %+v", out.Line, why, out)
			}
			g.findings = append(g.findings, clone(out))
		}
		if line <= last {
			t.Fatalf("line %d after line %d", line, last)
		}
		last = line
	}
}

// unclean tells which promise a finding breaks, "" if none.
func unclean(f Finding) string {
	texts := []string{f.Type, f.Class, f.Transport, f.URL, f.Account, f.SourceID, f.Identifier, f.Malware, f.Product, f.Version, f.Description}
	texts = append(texts, f.Vulnerabilities...)
	for _, n := range f.Names {
		texts = append(texts, n.Value)
		if n.Value == "" || n.Kind.String() == "unknown" {
			return "empty name"
		}
	}
	for _, x := range f.Extra {
		texts = append(texts, x.Key, x.Value)
		if x.Key == "" || x.Value == "" {
			return "empty extra"
		}
	}
	for _, s := range texts {
		if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
			return fmt.Sprintf("%q", s)
		}
	}
	switch {
	case f.Addr.Is4In6() || f.Addr.Zone() != "" || f.Addr.IsUnspecified():
		return "address"
	case !f.Addr.IsValid() && len(f.Names) == 0:
		return "no victim"
	case Taxonomy(f.Class) == "" || f.Type == "":
		return "no class or type"
	case len(f.Vulnerabilities) > MaxVulnerabilities:
		return "too many vulnerabilities"
	}
	return ""
}

func clone(f Finding) Finding {
	f.Names = append([]Name(nil), f.Names...)
	f.Vulnerabilities = append([]string(nil), f.Vulnerabilities...)
	f.Extra = append([]Field(nil), f.Extra...)
	return f
}

// choppy reads with small reads of changing size, as a network does.
type choppy struct {
	r io.Reader
	n int
}

func (c *choppy) Read(p []byte) (int, error) {
	c.n = c.n*7%13 + 1
	return c.r.Read(p[:min(len(p), c.n)])
}

func at(b []byte) io.ReaderAt { return bytes.NewReader(b) }
