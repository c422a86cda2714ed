package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"polder/internal/mail"
)

var allCommands = []string{"demo", "serve", "work", "import", "import organisations", "import assets", "ingest", "exposures",
	"notifications", "sources", "sources list", "sources add", "sources run", "sources on", "sources off", "reports", "answers", "corrections", "user", "user add", "user list", "migrate", "version"}

func TestEveryCommandHasHelp(t *testing.T) {
	h := newHouse(t, nil)
	top := h.must()
	if top != h.must("--help") {
		t.Error("without a command it does not say what --help says")
	}
	for _, c := range allCommands {
		if !strings.Contains(c, " ") && !strings.Contains(top, "\n  "+c+" ") {
			t.Errorf("polder --help does not name %s", c)
		}
		help := h.must(append(strings.Fields(c), "--help")...)
		if !strings.HasPrefix(help, "Usage: polder "+c) || !strings.Contains(help, "--data=DIR") {
			t.Errorf("polder %s --help says:\n%.300s", c, help)
		}
	}
	for code := exitDone; code <= exitPartly; code++ {
		if !strings.Contains(strings.Join(strings.Fields(top), " "), fmt.Sprintf(" %d ", code)) {
			t.Errorf("polder --help does not give exit code %d", code)
		}
	}
	if _, err := os.Stat(filepath.Join(h.dir, "polder-data")); err == nil {
		t.Error("asking for help made a data folder")
	}
}

func TestVersion(t *testing.T) {
	h := newHouse(t, nil)
	h.set("POLDER_BASE_URL", "nonsense") // whoever asks for help needs the version
	if out := h.must("version"); !strings.HasPrefix(out, "polder ") || strings.Count(out, "\n") != 1 {
		t.Errorf("version: %q", out)
	}
}

// TestCommandLinesThatCannotBeUsed are mistakes of the operator: exit code 2, one sentence.
func TestCommandLinesThatCannotBeUsed(t *testing.T) {
	report := "2026-11-20-scan_rdp-x.csv"
	for _, c := range []struct {
		name, says string
		set        []string // name, value, of the environment
		args       []string
	}{
		{name: "no such command", args: []string{"frobnicate"}, says: "frobnicate"},
		{name: "no such flag", args: []string{"work", "--frobnicate"}, says: "--frobnicate"},
		{name: "no file", args: []string{"ingest"}, says: "file"},
		{name: "half a command", args: []string{"import"}, says: "organisations"},
		{name: "two forms", args: []string{"exposures", "--json", "--csv"}, says: "--csv"},
		{name: "no such mapping", args: []string{"ingest", "--mapping", "none.yaml", report}, says: "none.yaml"},
		{name: "no time", args: []string{"ingest", "--received", "yesterday", report}, says: "2026-11-22T06:00:00Z"},
		{name: "time to come", args: []string{"ingest", "--received", "2999-01-01T00:00:00Z", report}, says: "future"},
		{name: "no report", args: []string{"reports", "--rejected"}, says: "id of a report"},
		{name: "address", args: []string{"migrate", "--base-url", "here"}, says: "POLDER_BASE_URL"},
		{name: "hour", args: []string{"migrate"}, set: []string{"POLDER_SEND_HOUR", "24"}, says: "POLDER_SEND_HOUR"},
		{name: "no number", args: []string{"migrate"}, set: []string{"POLDER_SEND_HOUR", "noon"}, says: "noon"},
		{name: "no duration", args: []string{"migrate", "--gather", "5"}, says: "unit"},
		{name: "sender", args: []string{"migrate"}, set: []string{"POLDER_MAIL_FROM", "nobody"}, says: "POLDER_MAIL_FROM"},
		{name: "mail server", args: []string{"migrate"}, set: []string{"POLDER_SMTP", "ftp://mail.example"}, says: "POLDER_SMTP"},
		{name: "key", args: []string{"migrate"}, set: []string{"POLDER_SECRET", "abc"}, says: "openssl rand -hex 32"},
		{name: "DKIM key", args: []string{"migrate"}, set: []string{"POLDER_DKIM_KEY", "none.pem"}, says: "POLDER_DKIM_KEY"},
		{name: "database", args: []string{"migrate"}, set: []string{"POLDER_DATABASE", "mysql://x"}, says: "POLDER_DATABASE"},
		{name: "data folder below a file", args: []string{"migrate"}, set: []string{"POLDER_DATA", "/dev/null/polder"}, says: "POLDER_DATA"},
		{name: "data folder that cannot be made", args: []string{"migrate"}, set: []string{"POLDER_DATA", "/proc/polder"}, says: "POLDER_DATA"},
		{name: "no settings file", args: []string{"migrate", "--config", "none.yaml"}, says: "none.yaml"},
		{name: "address to listen on", args: []string{"serve"}, set: []string{"POLDER_LISTEN", "127.0.0.1:99999"}, says: "POLDER_LISTEN"},
		{name: "no such zone", args: []string{"migrate", "--time-zone", "Mars/Olympus"}, says: "POLDER_TIME_ZONE"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t, nil)
			if c.set != nil {
				h.set(c.set[0], c.set[1])
			}
			h.refused(h.run(c.args...), exitUsage, c.says)
		})
	}
}

func TestSettingsComeFromFlagEnvironmentAndFileInThisOrder(t *testing.T) {
	// The address that `serve` says it serves tells which setting counts; a mistake in it which was read.
	reads := func(h *house, want string, args ...string) {
		h.Helper()
		h.set("POLDER_DATA", filepath.Join(h.dir, "data"))
		h.set("POLDER_LISTEN", "127.0.0.1:0")
		p := h.start(nil, append([]string{"serve", "--no-work"}, args...)...)
		defer p.kill()
		if !p.until(func() bool { return strings.Contains(p.out.String(), "\n") }) {
			h.Fatal(p.wait())
		}
		if out := p.out.String(); !strings.Contains(out, "serves "+want+" on 127.0.0.1:") {
			h.Errorf("want %s: %s", want, out)
		}
	}
	file, env, flag := "base-url: https://file.example\n", "https://env.example", "--base-url=https://flag.example/"
	for _, c := range []struct {
		name, file, want string
		env              bool
		args             []string
	}{
		{name: "default", want: "http://localhost:8080"},
		{name: "file", file: file, want: "https://file.example"},
		{name: "environment before file", file: file, env: true, want: "https://env.example"},
		{name: "flag before both", file: file, env: true, args: []string{flag}, want: "https://flag.example"},
		{name: "flag before file", file: file, args: []string{flag}, want: "https://flag.example"},
		{name: "other file", file: file, args: []string{"--config=other.yaml"}, want: "https://other.example"},
		{name: "environment before other file", env: true, args: []string{"--config=other.yaml"}, want: "https://env.example"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t, nil)
			h.env = h.env[:len(h.env)-1] // without the base URL
			if c.file != "" {
				h.file("polder.yaml", c.file)
			}
			h.file("other.yaml", "base-url: https://other.example\nsend-hour: 9\nkeep-raw: 100h\n")
			if c.env {
				h.set("POLDER_BASE_URL", env)
			}
			reads(h, c.want, c.args...)
		})
	}
	for name, file := range map[string]string{
		"no such setting": "base_url: https://file.example\n", "of a command": "drain: true\n", "not YAML": "base-url: [\n", "wrong value": "send-hour: 99\n", "a list": "- a\n",
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, nil)
			h.file("polder.yaml", file)
			h.refused(h.run("migrate"), exitUsage)
			os.Remove(filepath.Join(h.dir, "polder.yaml"))
			h.refused(h.run("migrate", "--config", h.file("else.yaml", file)), exitUsage)
		})
	}
}

func TestDatabaseThatDoesNotAnswer(t *testing.T) {
	h := newHouse(t, nil)
	h.set("POLDER_DATABASE", "postgres://polder:geheim@127.0.0.1:1/polder")
	r := h.run("migrate")
	h.refused(r, exitUnreachable, "POLDER_DATABASE", "cannot be reached")
	if strings.Contains(r.err, "geheim") || strings.Count(r.err, "\n") != 1 {
		t.Errorf("the error shows the password or is more than a line: %s", r.err)
	}
}

// TestMailServerThatIsDown loses nothing: the warnings wait, and go out when it is there.
func TestMailServerThatIsDown(t *testing.T) {
	each(t, func(h *house) {
		h.register()
		h.must("ingest", h.file("2026-11-20-scan_rdp-x.csv", bigHeader, "2026-11-20 01:02:03,high,192.0.2.7,tcp,3389,,rdp,64500\n"))
		for range 2 {
			h.refused(h.run("work", "--drain"), exitUnreachable, "mail server cannot be reached")
			if out := h.must("notifications", "--json"); strings.Count(out, "\n") != 1 || !strings.Contains(out, `"state":"queued"`) {
				h.Fatalf("while the mail server is down: %s", out)
			}
		}
		box := h.openBox(nil)
		if out := h.must("work", "--drain"); !strings.HasPrefix(out, "1 mails sent, 0 waiting") {
			h.Errorf("drain: %s", out)
		}
		if mails := box.Mails(); len(mails) != 1 || mails[0].EnvelopeTo[0] != "info@korst.example" {
			h.Errorf("mails: %v", mails)
		}
		if out := h.must("work", "--drain"); !strings.HasPrefix(out, "0 mails sent, 0 waiting") || box.Received() != 1 {
			h.Errorf("the second drain: %s", out)
		}
	})
}

// TestMailsThatAreRefused: for now, they wait; for good, they have failed, and that is said.
func TestMailsThatAreRefused(t *testing.T) {
	each(t, func(h *house) {
		h.register()
		h.must("ingest", h.file("2026-11-20-scan_rdp-x.csv", bigHeader,
			"2026-11-20 01:02:03,high,192.0.2.7,tcp,3389,,rdp,64500\n2026-11-20 01:02:03,high,198.51.100.7,tcp,3389,,rdp,64500\n"))
		box := h.openBox(nil)
		box.Trouble(func(_, to string) mail.Trouble {
			switch to {
			case "info@korst.example":
				return mail.Trouble{At: mail.AtRcpt, Code: 450, Text: "Greylisted"}
			case "info@vonk.example":
				return mail.Trouble{At: mail.AtRcpt, Code: 550, Text: "No such box\x1b[31m"}
			}
			return mail.Trouble{}
		})
		if out := h.must("work", "--drain"); out != "0 mails sent, 1 waiting for another attempt, 1 refused for good\n" {
			h.Errorf("drain: %s", out)
		}
		lines := h.jsonLines("notifications", "--json")
		if len(lines) != 2 {
			h.Fatalf("notifications: %v", lines)
		}
		for _, n := range lines {
			state, reply := "deferred", "Greylisted"
			if n["organisation"] == "smid" {
				state, reply = "failed", "No such box"
			}
			if n["state"] != state || !strings.Contains(n["reply"].(string), reply) || strings.Contains(n["reply"].(string), "\x1b") || (n["next_at"] == nil) != (state == "failed") {
				h.Errorf("%s: %v", n["organisation"], n)
			}
		}
	})
}

// TestWorkThatFailsInPart: the work that could be done is done, and the exit code tells.
func TestWorkThatFailsInPart(t *testing.T) {
	each(t, func(h *house) {
		h.register()
		box := h.openBox(nil)
		h.must("ingest", h.file("2026-11-20-scan_rdp-x.csv", bigHeader, "2026-11-20 01:02:03,high,192.0.2.7,tcp,3389,,rdp,64500\n"))
		h.must("ingest", h.file("2026-11-20-scan_ssh-x.csv", bigHeader, "2026-11-20 01:02:03,high,192.0.2.7,tcp,22,,ssh,64500\n"))
		// The raw file of a report that was cut short is gone.
		err := h.write(`UPDATE notify_report SET state = 'reading', last_line = 1 WHERE seq = 1`)
		if err != nil {
			h.Fatal(err)
		}
		if err := os.RemoveAll(filepath.Join(h.d.Dir(), "reports")); err != nil {
			h.Fatal(err)
		}
		h.refused(h.run("work", "--drain"), exitPartly, "notify.resume", "scan_rdp")
		if box.Received() != 1 {
			h.Errorf("%d mails; the others must go out", box.Received())
		}
	})
}
