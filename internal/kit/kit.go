// Package kit is for tests only: a fresh database of each kind (Each), a clock that stands still
// (Clock), comparison with kept files (Golden) and a logger that writes to the test (Log).
//
// PostgreSQL is used when POLDER_TEST_POSTGRES holds the address of a server on which databases may
// be made, for instance postgres://me@/postgres?host=/tmp/socket; `make test` starts one and sets it.
// With POLDER_TEST_REQUIRE_ALL=1 a test that cannot run fails instead of being skipped.
package kit

import (
	"context"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Missing ends the test because something it needs is not on this machine: it is skipped with why,
// in one line, or fails when POLDER_TEST_REQUIRE_ALL=1.
func Missing(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("POLDER_TEST_REQUIRE_ALL") == "1" {
		t.Fatalf("cannot run: %s, and POLDER_TEST_REQUIRE_ALL=1 forbids to leave it out", why)
	}
	t.Skip("not run: " + why)
}

// Clock is a clock that moves only when told. The zero Clock stands at Start.
type Clock struct {
	mu    sync.Mutex
	moved time.Duration
}

// Start is where every Clock begins: a Monday morning in the Netherlands, in winter.
var Start = time.Date(2026, time.January, 5, 8, 0, 0, 0, time.UTC)

// Now returns the time on the clock, in UTC.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Start.Add(c.moved)
}

// Set moves the clock to t, forward or back.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.moved = t.Sub(Start)
}

// Advance moves the clock by d and returns the new time.
func (c *Clock) Advance(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.moved += d
	return Start.Add(c.moved)
}

var update = flag.Bool("update", false, "write the files in testdata that tests compare with")

// Golden compares got with the file testdata/name of the package under test. `go test -update`
// writes the file instead; look at the difference before committing it.
func Golden(t testing.TB, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", filepath.FromSlash(name))
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Errorf("%v; run this test with -update to make it", err)
		return
	}
	if string(want) != string(got) {
		line, w, g := firstDifference(string(want), string(got))
		t.Errorf("%s differs first in line %d (-update writes it anew)\nwant: %q\n got: %q", file, line, w, g)
	}
}

// GoldenPart is Golden for one part of a file that several packages make together: what stands between
// the lines "<!-- NAME -->" and "<!-- /NAME -->". A part that is not there yet comes at the end.
func GoldenPart(t testing.TB, name, part string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", filepath.FromSlash(name))
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- "+part+" -->\n", "<!-- /"+part+" -->\n"
	before, rest, found := strings.Cut(string(b), begin)
	want, after, closed := strings.Cut(rest, end)
	if found && !closed {
		t.Fatalf("%s: the part %s has no end", file, part)
	}
	if *update {
		if !found {
			before = strings.TrimRight(before, "\n") + "\n\n"
		}
		if err := os.WriteFile(file, []byte(before+begin+string(got)+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != string(got) {
		line, w, g := firstDifference(want, string(got))
		t.Errorf("%s, part %s, differs first in line %d (-update writes it anew)\nwant: %q\n got: %q", file, part, line, w, g)
	}
}

// firstDifference returns the first line, counted from 1, in which two texts differ.
func firstDifference(want, got string) (line int, w, g string) {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(a), len(b)) {
		w, g = "(end)", "(end)"
		if i < len(a) {
			w = a[i]
		}
		if i < len(b) {
			g = b[i]
		}
		if w != g {
			return i + 1, w, g
		}
	}
	return 0, "", ""
}

// Log returns a logger that writes to the test's own log, and nowhere once the test is over.
func Log(t testing.TB) *slog.Logger {
	w := &testWriter{t: t}
	t.Cleanup(w.close)
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: withoutTime}))
}

func withoutTime(groups []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey && len(groups) == 0 {
		return slog.Attr{}
	}
	return a
}

// testWriter stops at the end of the test: a goroutine that still logs then would panic otherwise.
type testWriter struct {
	mu   sync.Mutex
	t    testing.TB
	over bool
}

func (w *testWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.over {
		w.t.Log(strings.TrimSuffix(string(p), "\n"))
	}
	return len(p), nil
}

func (w *testWriter) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
}

// Context returns a context that ends with the test or after d, whichever is first, so that what
// hangs fails in the test that hangs.
func Context(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
