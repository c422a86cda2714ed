package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"polder/internal/db"
	"polder/internal/kit"
)

// These tests run the program as an operator does: the binary, built once, in a folder and an
// environment of its own, on SQLite and on PostgreSQL. They look at what it prints, at its exit
// code, at the mails that arrive and, where it is killed, at the database.

var binaryDir = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "polder-binary-*") })

var binary = sync.OnceValues(func() (string, error) {
	dir, err := binaryDir()
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "polder")
	build := exec.Command("go", "build", "-o", file, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return file, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := binaryDir(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// house is one installation: a database, a folder to work in and the settings.
type house struct {
	*testing.T
	d   *db.DB
	dir string
	env []string
}

// newHouse makes an installation on the database; d is nil for one that has none yet.
func newHouse(t *testing.T, d *db.DB) *house {
	t.Helper()
	if _, err := binary(); err != nil {
		t.Fatal(err)
	}
	h := &house{T: t, d: d, dir: t.TempDir()}
	temp := filepath.Join(h.dir, "tmp")
	if err := os.Mkdir(temp, 0o700); err != nil {
		t.Fatal(err)
	}
	h.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + h.dir, "TMPDIR=" + temp, "USER=tester",
		"POLDER_SMTP=smtp://127.0.0.1:1?tls=none", "POLDER_MAIL_FROM=Polder <warnings@polder.example>",
		"POLDER_BASE_URL=https://polder.example",
	}
	if d != nil {
		h.env = append(h.env, "POLDER_DATA="+d.Dir(), "POLDER_DATABASE="+kit.Address(d))
	}
	return h
}

// each runs fn on both databases, each with an installation of its own.
func each(t *testing.T, fn func(h *house), prepare ...kit.Prepare) {
	t.Helper()
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) { fn(newHouse(t, d)) }, prepare...)
}

// set adds a setting to the environment; the last one counts.
func (h *house) set(name, value string) { h.env = append(h.env, name+"="+value) }

// file writes a file in the working folder and returns its path.
func (h *house) file(name string, content ...string) string {
	h.Helper()
	path := filepath.Join(h.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		h.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Join(content, "")), 0o600); err != nil {
		h.Fatal(err)
	}
	return path
}

// process is a polder that was started.
type process struct {
	h        *house
	args     []string
	cmd      *exec.Cmd
	out, err buffer
	ended    chan struct{} // closed when it has ended
	code     int           // -1: killed
}

// buffer can be read while it is written.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write keeps what is written.
func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// String returns all that was written so far.
func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// start starts the program with what it reads from standard input.
func (h *house) start(in io.Reader, args ...string) *process {
	h.Helper()
	file, err := binary()
	if err != nil {
		h.Fatal(err)
	}
	p := &process{h: h, args: args, cmd: exec.Command(file, args...), ended: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env, p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = h.dir, h.env, in, &p.out, &p.err
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		h.Fatal(err)
	}
	go func() {
		p.cmd.Wait()
		p.code = p.cmd.ProcessState.ExitCode()
		close(p.ended)
	}()
	h.Cleanup(p.kill)
	return p
}

// kill ends the program as a loss of power would, and waits until it is gone.
func (p *process) kill() {
	p.cmd.Process.Signal(syscall.SIGKILL)
	<-p.ended
}

// result is what a program that has ended leaves behind.
type result struct {
	code     int
	out, err string
}

func (r result) String() string {
	return fmt.Sprintf("exit code %d\nstandard output: %.2000s\nstandard error: %.4000s", r.code, r.out, r.err)
}

// wait waits for the program to end by itself.
func (p *process) wait() result {
	p.h.Helper()
	select {
	case <-p.ended:
	case <-time.After(3 * time.Minute):
		p.cmd.Process.Signal(syscall.SIGQUIT) // shows what it waits for
		<-p.ended
		p.h.Fatalf("polder %s did not come to its end:\n%s", strings.Join(p.args, " "), p.err.String())
	}
	return result{p.code, p.out.String(), p.err.String()}
}

// run runs the program to its end with nothing on standard input.
func (h *house) run(args ...string) result {
	h.Helper()
	return h.start(nil, args...).wait()
}

// must runs the program, which must end well, and returns what it printed.
func (h *house) must(args ...string) string {
	h.Helper()
	r := h.run(args...)
	if r.code != exitDone {
		h.Fatalf("polder %s: %v", strings.Join(args, " "), r)
	}
	return r.out
}

// refused checks that the program says one sentence, of which these are parts, on standard error
// and nothing on standard output, and ends with the code.
func (h *house) refused(r result, code int, parts ...string) {
	h.Helper()
	if r.code != code || r.out != "" {
		h.Fatalf("want exit code %d and nothing on standard output; %v", code, r)
	}
	lines := strings.Split(strings.TrimSuffix(r.err, "\n"), "\n")
	last := 0
	for i, l := range lines { // what is logged on the way is not the answer
		if strings.HasPrefix(l, "polder: ") {
			last = i
		} else if !strings.HasPrefix(l, "time=") && code != exitRefused {
			h.Errorf("standard error holds more than sentences: %q", l)
		}
	}
	for _, trace := range []string{"goroutine ", "panic", ".go:", "sql:", "SQLSTATE"} {
		if strings.Contains(r.err, trace) {
			h.Errorf("standard error shows the inside of the program (%q): %s", trace, r.err)
		}
	}
	answer := strings.Join(lines[last:], "\n")
	if !strings.HasPrefix(answer, "polder: ") {
		h.Errorf("standard error says nothing: %q", r.err)
	}
	for _, part := range parts {
		if !strings.Contains(answer, part) {
			h.Errorf("standard error does not say %q: %s", part, answer)
		}
	}
}

// until waits for the condition to hold, asking it again and again, and returns false when the
// program ended before.
func (p *process) until(holds func() bool) bool {
	tick := time.NewTicker(500 * time.Microsecond)
	defer tick.Stop()
	for {
		if holds() {
			return true
		}
		select {
		case <-p.ended:
			return holds()
		case <-tick.C:
		}
	}
}

// after waits for so long, or until the program has ended: for kills at a random moment.
func (p *process) after(d time.Duration) {
	select {
	case <-time.After(d):
	case <-p.ended:
	}
}

// number asks the database for one number; 0 when there is no row.
func (h *house) number(query string, args ...any) (n int64) {
	h.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	err := h.d.Read(ctx, func(tx *db.Tx) error { return tx.One(ctx, query, args, &n) })
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		h.Fatal(err)
	}
	return n
}

// rows asks the database for rows and returns each as one line of text.
func (h *house) rows(query string, columns int) (lines []string) {
	h.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	err := h.d.Read(ctx, func(tx *db.Tx) error {
		return tx.Each(ctx, func(scan func(...any) error) error {
			values, into := make([]any, columns), make([]any, columns)
			for i := range values {
				into[i] = &values[i]
			}
			if err := scan(into...); err != nil {
				return err
			}
			for i, v := range values {
				if b, ok := v.([]byte); ok {
					values[i] = fmt.Sprintf("%x", b)
				}
			}
			lines = append(lines, strings.TrimSuffix(fmt.Sprintln(values...), "\n"))
			return nil
		}, query)
	})
	if err != nil {
		h.Fatal(err)
	}
	return lines
}

// sameLines compares two lists and shows the first differences.
func sameLines(t testing.TB, what string, want, got []string) {
	t.Helper()
	if sha256.Sum256([]byte(strings.Join(want, "\n"))) == sha256.Sum256([]byte(strings.Join(got, "\n"))) {
		return
	}
	shown := 0
	for i := range max(len(want), len(got)) {
		w, g := "(none)", "(none)"
		if i < len(want) {
			w = want[i]
		}
		if i < len(got) {
			g = got[i]
		}
		if w != g && shown < 3 {
			t.Errorf("%s, row %d:\nwant %s\n got %s", what, i+1, w, g)
			shown++
		}
	}
	t.Errorf("%s: %d rows, want %d", what, len(got), len(want))
}

// register imports two organisations, Bakkerij and Smederij, with a range and a domain each.
func (h *house) register() {
	h.Helper()
	h.must("import", "organisations", h.file("organisations.csv", "reference,name,language,notify_email\n",
		"bakker,Bakkerij De Korst,nl,info@korst.example\nsmid,Smederij Vonk,en,info@vonk.example\n"))
	h.must("import", "assets", h.file("assets.csv", "organisation_reference,kind,value,role\n",
		"bakker,prefix,192.0.2.0/28,owner\nbakker,domain,korst.example,owner\nsmid,prefix,198.51.100.0/28,owner\nsmid,domain,vonk.example,owner\n"))
}

// write changes the database as a test needs it.
func (h *house) write(statement string, args ...any) error {
	return h.d.Write(h.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(h.Context(), statement, args...)
		return err
	})
}

// jsonLines runs a command and reads what it prints, one JSON object on each line.
func (h *house) jsonLines(args ...string) (list []map[string]any) {
	h.Helper()
	for line := range strings.Lines(h.must(args...)) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			h.Fatalf("polder %s: %v in %q", strings.Join(args, " "), err, line)
		}
		list = append(list, m)
	}
	return list
}
