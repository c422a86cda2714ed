package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"polder/internal/kit"
	"polder/internal/mail"
)

const mostMemory = 300 << 10 // KiB that a process may have at its peak, whatever it is given

// peak runs the program and returns what it used at most, in KiB, as the system counted it.
func (h *house) peak(in io.Reader, args ...string) (r result, most int) {
	h.Helper()
	p := h.start(in, args...)
	status := fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid)
	p.until(func() bool { // until it ends; the peak never sinks
		b, err := os.ReadFile(status)
		if _, line, ok := strings.Cut(string(b), "VmHWM:"); err == nil && ok {
			fmt.Sscan(line, &most)
		}
		return false
	})
	r = p.wait()
	if most == 0 {
		h.Fatalf("its memory was never seen: %v", r)
	}
	h.Logf("polder %s: at most %d MiB", strings.Join(args[:min(2, len(args))], " "), most>>10)
	if most > mostMemory {
		h.Errorf("polder %s used %d MiB, more than %d", args[0], most>>10, mostMemory>>10)
	}
	return r, most
}

// repeat is so many bytes of one value.
type repeat byte

func (c repeat) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(c)
	}
	return len(p), nil
}

func many(c byte, n int64) io.Reader { return io.LimitReader(repeat(c), n) }

// TestEndlessLine gives 300 MB without a line end, alone and between good lines.
func TestEndlessLine(t *testing.T) {
	const long = 300 << 20
	each(t, func(h *house) {
		h.register()
		r, _ := h.peak(io.MultiReader(strings.NewReader(bigHeader+"2026-11-20 01:02:03,high,192.0.2.7,tcp,3389,,"), many('a', long),
			strings.NewReader("\n2026-11-20 01:02:03,high,192.0.2.8,tcp,3389,,rdp,64500\n")), "ingest", "-", "--name", scanName)
		if r.code != exitDone || !strings.Contains(r.out, "2 lines") || !strings.Contains(r.out, "1 concern somebody, 0 concern nobody we know, 1 rejected") {
			h.Error(r)
		}
		if n := h.number(`SELECT max(length(raw)) FROM notify_rejected`); n == 0 || n > 1024 {
			h.Errorf("%d characters of the line were kept", n)
		}
		if h.d.Postgres() {
			return // what follows is refused before the database is asked
		}
		r, _ = h.peak(many('a', long), "ingest", "-", "--name", scanName)
		h.refused(r, exitRefused)
		for _, in := range []io.Reader{
			io.MultiReader(strings.NewReader("reference,name\na,"), many('a', long)), many('a', long),
			io.MultiReader(strings.NewReader("reference,name\na,A\nb,\""), strings.NewReader(strings.Repeat("b,B\n", 10_000_000))),
		} {
			r, _ = h.peak(in, "import", "organisations", "-")
			h.refused(r, exitRefused, "longer than", "quote left open")
		}
	})
}

// TestNothingButNUL gives a file of 2 GB that holds nothing.
func TestNothingButNUL(t *testing.T) {
	h := newHouse(t, kit.SQLite(t, schemas()))
	file := h.file(scanName, "")
	if err := os.Truncate(file, 2<<30); err != nil {
		t.Fatal(err)
	}
	r, _ := h.peak(nil, "ingest", file)
	h.refused(r, exitRefused)
	if left := h.incoming(); len(left) != 0 {
		t.Errorf("the copy was left behind: %v", left)
	}
}

// TestBombs gives packed files that grow a thousandfold.
func TestBombs(t *testing.T) {
	each(t, func(h *house) {
		h.register()
		pack := func(w io.Writer, head string) {
			z := gzip.NewWriter(w)
			if _, err := io.WriteString(z, head); err != nil {
				h.Fatal(err)
			}
			if _, err := io.Copy(z, many('0', 64<<20)); err != nil {
				h.Fatal(err)
			}
			if err := z.Close(); err != nil {
				h.Fatal(err)
			}
		}
		var first, next strings.Builder
		pack(&first, bigHeader+"2026-11-20 01:02:03,high,192.0.2.7,tcp,3389,,rdp,64500\n")
		pack(&next, "")
		bomb := h.file(scanName+".gz", first.String(), strings.Repeat(next.String(), 500)) // 32 GB
		r, _ := h.peak(nil, "ingest", "--json", bomb)
		if r.code != exitPartly || !strings.Contains(r.out, `"exposures_new":1`) || !strings.Contains(r.out, "bomb") || !strings.Contains(r.err, "bomb") {
			h.Error(r)
		}
		if h.d.Postgres() {
			return
		}
		zeros := h.file("z/"+scanName+".gz", strings.Repeat(next.String(), 500))
		r, _ = h.peak(nil, "ingest", zeros)
		h.refused(r, exitRefused)
		var content strings.Builder
		content.WriteString(bigHeader)
		content.WriteString(strings.Repeat("0", 200<<20))
		zip := h.file("bomb.zip", zipped(h, scanName, content.String()))
		r, _ = h.peak(nil, "ingest", "--json", zip)
		if r.code != exitPartly || !strings.Contains(r.out, "bomb") {
			h.Error(r)
		}
	})
}

// TestBrokenBytes gives lines that no database and no terminal should see as they are: their
// neighbours count, and what is kept of them can be read.
func TestBrokenBytes(t *testing.T) {
	each(t, func(h *house) {
		h.register()
		report := h.file(scanName, "timestamp,ip,port,hostname,tag\n",
			"2026-11-20 01:02:03,192.0.2.1,3389,good.korst.example,rdp\n",
			"2026-11-20 01:02:03,192.0.2.2,3389,nul\x00byte.example,rdp\n",
			"2026-11-20 01:02:03,192.0.2.3,3389,caf\xe9.example,rdp\n",
			"2026-11-20 01:02:03,192.0.2.4,3389,host.example,\x1b]0;owned\x07\x1b[2J\n",
			"2026-11-20 01:02:03,192.0.2.5,3389,host.example\n",
			"2026-11-20 01:02:03,192.0.2.6,3389,host.example,rdp,more,and,more\n",
			"2026-11-20 01:02:03,not\x00an\xffaddress\x1b[31m,3389,host.example,rdp\n",
			"2026-11-20 01:02:03,192.0.2.8,99999,host.example,rdp\n",
			"2026-11-20 01:02:03,\"192.0.2.9,3389,host.example,rdp\n",
			"2026-11-20 01:02:03,192.0.2.10,3389,"+strings.Repeat("label.", 200)+"example,"+strings.Repeat("long ", 10_000)+"\n",
			"2026-11-20 01:02:03,192.0.2.11,3389,last.korst.example,rdp\n")
		sum := h.ingest(report)
		if sum["rows"].(float64) < 9 || sum["rejected"].(float64) < 4 || sum["exposures_new"].(float64) < 3 {
			h.Errorf("summary: %v", sum)
		}
		out := h.must("exposures", "--json") + h.must("exposures", "--csv") + h.must("exposures") + h.must("exposures", "--intelmq") +
			h.must("reports", sum["report"].(string), "--rejected") + h.must("reports")
		if i := strings.IndexAny(out, "\x00\x1b\x07"); i >= 0 || !utf8.ValidString(out) {
			i = max(i, 0)
			h.Errorf("what is printed holds control characters: %q", out[max(0, i-80):min(len(out), i+20)])
		}
		for _, want := range []string{"192.0.2.1", "192.0.2.11"} {
			if !strings.Contains(out, `"ip":"`+want+`"`) {
				h.Errorf("%s does not count", want)
			}
		}
		// A header without a column of addresses says so; nobody is warned by guess.
		none := h.ingest(h.file("2026-11-20-scan_ssh-example-nl.csv", "timestamp,port,where\n2026-11-20 01:02:03,22,192.0.2.7\n"))
		if none["matched"] != 0.0 || !strings.Contains(fmt.Sprint(none["drift"]), "missing_address") {
			h.Errorf("without a column of addresses: %v", none)
		}
	})
}

// TestNothingGetsIntoTheHeadOfAMail, from whatever a report or its name says.
func TestNothingGetsIntoTheHeadOfAMail(t *testing.T) {
	each(t, func(h *house) {
		h.register()
		box := h.openBox(nil)
		const evil = "x\r\nBcc: evil@evil.example\r\nSubject: evil\r\n\r\nevil"
		h.ingest(h.file(scanName, "timestamp,ip,port,hostname,tag,severity\n",
			"2026-11-20 01:02:03,192.0.2.1,3389,\"till.korst.example"+evil+"\",\"rdp"+evil+"\",high\n",
			"2026-11-20 01:02:03,192.0.2.2,3389,till.korst.example,\"rdp"+evil+"\",high\n",
			"2026-11-20 01:02:03,192.0.2.3,3389,=?utf-8?q?=0D=0ABcc:_evil=40evil.example?=,rdp,high\n"))
		h.ingest(h.file("e.json", `{"source.ip":"198.51.100.7","source.fqdn":"a.vonk.example\r\nBcc: evil@evil.example","classification.type":"vulnerable-system","classification.identifier":"x\r\nBcc: evil@evil.example","severity":"high","time.source":"2026-11-20T01:02:03+00:00"}`, "\n",
			`{"source.ip":"198.51.100.8","classification.type":"vulnerable-system","classification.identifier":"x\r\nBcc: evil@evil.example","malware.name":"\r\nBcc: evil@evil.example\r\n","severity":"high","time.source":"2026-11-20T01:02:03+00:00"}`, "\n"),
			"--name", "n\r\nBcc: evil@evil.example\r\n.json")
		h.must("work", "--drain")
		if box.Received() != 2 {
			h.Fatalf("%d mails", box.Received())
		}
		for _, m := range box.Mails() {
			if len(m.EnvelopeTo) != 1 || m.Header.Get("Bcc") != "" || len(m.Header["Subject"]) != 1 || len(m.Header["To"]) != 1 {
				h.Errorf("the head of the mail: %v", m.Header)
			}
			for name, values := range m.Header {
				if strings.Contains(strings.ToLower(fmt.Sprint(name, values)), "evil") {
					h.Errorf("%s: %q", name, values)
				}
			}
			if want := []string{"text/plain", "text/html"}; !slices.Equal(m.Parts, want) {
				h.Errorf("parts %v", m.Parts)
			}
			if strings.Contains(m.Text, "\r") || strings.Contains(m.Text, "\nBcc:") || strings.Contains(m.Text, "\nSubject:") {
				h.Errorf("what a report says begins a line of its own:\n%s", m.Text)
			}
		}
	})
}

// TestNamesOfReports are of files that others named.
func TestNamesOfReports(t *testing.T) {
	each(t, func(h *house) {
		h.register()
		box := h.openBox(nil)
		names := []string{"../../etc/passwd", "/etc/passwd", `C:\temp\x.csv`, "x\x1b[2J\x07.csv", "x\nfake\trow.csv", "caf\xe9.csv", strings.Repeat("long", 200), "..", "=cmd|' /C calc'!A0"}
		before := h.tree()
		for i, name := range names {
			line := fmt.Sprintf("2026-11-20 01:02:%02d,high,192.0.2.%d,tcp,3389,,rdp,64500\n", i, i+1)
			r := h.start(strings.NewReader(bigHeader+line), "ingest", "--json", "--type", "scan_rdp", "--name", name, "-").wait()
			if r.code != exitDone || !strings.Contains(r.out, `"exposures_new":1`) {
				h.Errorf("--name %q: %v", name, r)
			}
		}
		odd := []string{"odd", "odd/2026-11-20-scan_rdp-\x1b[31m\n.csv", "odd/2026-11-20-scan_rdp-a,b.csv"}
		for i, name := range odd[1:] {
			h.ingest(h.file(name, bigHeader, fmt.Sprintf("2026-11-20 01:02:59,high,192.0.2.%d,tcp,3389,,rdp,64500\n", i+13)))
		}
		h.refused(h.run("ingest", "none\x1b[31m.csv"), exitRefused, "none[31m.csv")
		h.must("work", "--drain")
		want := append(before, odd...)
		slices.Sort(want)
		if got := h.tree(); !slices.Equal(got, want) {
			h.Errorf("files outside the data folder: %q", got)
		}
		for _, command := range []string{"reports", "sources", "exposures", "notifications"} {
			out := h.must(command)
			if strings.ContainsAny(out, "\x1b\x07\x00") || strings.Contains(out, "\nfake") {
				h.Errorf("polder %s: %q", command, out)
			}
			if command == "reports" && strings.Count(out, "\n") != len(names)+3 {
				h.Errorf("polder reports shows %d lines: %q", strings.Count(out, "\n"), out)
			}
		}
		if mails := box.Mails(); len(mails) != 1 || strings.ContainsAny(mails[0].Text, "\x1b\x07\x00") {
			h.Errorf("%d mails: %v", len(mails), mails)
		}
	})
}

// tree lists all files in the working folder but for the temporary ones.
func (h *house) tree() (list []string) {
	h.Helper()
	err := filepath.WalkDir(h.dir, func(path string, e fs.DirEntry, err error) error {
		if name, _ := filepath.Rel(h.dir, path); name != "." {
			list = append(list, name)
		}
		return err
	})
	if err != nil {
		h.Fatal(err)
	}
	slices.Sort(list)
	return list
}

// TestInterrupted: a command that is interrupted says so in one sentence, and the same command goes on.
func TestInterrupted(t *testing.T) {
	each(t, func(h *house) {
		ingest := []string{"ingest", "--json", "--received", received.Format(time.RFC3339), h.file(bigReport, bigBody())}
		p := h.start(nil, ingest...)
		p.until(func() bool { return h.number(`SELECT count(*) FROM notify_report WHERE seq = 2`) > 0 })
		p.cmd.Process.Signal(os.Interrupt)
		r := p.wait()
		if r.code == exitDone {
			h.Fatal("it was done before it was interrupted")
		}
		h.refused(r, exitFailed, "stopped", "the same command goes on")
		if out := h.must(ingest...); !strings.Contains(out, `"rows":120000`) || !strings.Contains(out, `"already_seen":false`) {
			h.Errorf("the second time: %s", out)
		}
	}, bigRegister)
}

// TestServeEndsWell when it is asked to, though a mail is under way.
func TestServeEndsWell(t *testing.T) {
	each(t, func(h *house) {
		h.register()
		h.ingest(h.file(scanName, scan), "--received", time.Now().Add(-time.Hour).Format(time.RFC3339))
		box := h.openBox(nil)
		entered, release := make(chan struct{}), make(chan struct{})
		first := true
		box.Trouble(func(_, to string) mail.Trouble {
			if to != "" && first {
				first = false
				close(entered)
				<-release
			}
			return mail.Trouble{}
		})
		h.set("POLDER_LISTEN", "127.0.0.1:0")
		p := h.start(nil, "serve")
		select {
		case <-entered:
		case <-p.ended:
			h.Fatal(p.wait())
		}
		p.cmd.Process.Signal(os.Interrupt)
		close(release)
		if r := p.wait(); r.code != exitDone {
			h.Error(r)
		}
		h.must("work", "--drain")
		ids := map[string]bool{}
		for _, m := range box.Mails() {
			if ids[m.MessageID] {
				h.Errorf("%s came twice, though the process was not killed", m.MessageID)
			}
			ids[m.MessageID] = true
		}
		if n := h.number(`SELECT count(*) FROM notify_delivery WHERE state = 'sent'`); n == 0 || int(n) != len(ids) {
			h.Errorf("%d mails noted as sent, %d came", n, len(ids))
		}
	})
}
