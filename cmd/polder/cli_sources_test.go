package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// An operator connects a folder with mail, and asks it; secrets come from a file or standard input.
func TestSourcesByCommand(t *testing.T) {
	each(t, func(h *house) {
		dir := filepath.Join(h.dir, "post")
		for _, sub := range []string{"new", "cur", "tmp"} {
			if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
				h.Fatal(err)
			}
		}
		h.register()
		h.refused(h.run("sources", "add", "post", "maildir", dir, "--sender", "@feed.example"), exitRefused, "address")
		h.set("POLDER_COLLECT_ALLOW", dir)
		if out := h.must("sources", "add", "post", "maildir", dir, "--sender", "@Feed.example", "--every", "15m"); !strings.Contains(out, "post is added") {
			h.Errorf("%s", out)
		}
		h.refused(h.run("sources", "add", "post", "maildir", dir, "--sender", "@feed.example"), exitRefused, "already")
		message := strings.ReplaceAll("From: x@feed.example\nContent-Type: text/csv\nContent-Disposition: attachment; filename="+scanName+"\n\n"+scan, "\n", "\r\n")
		if err := os.WriteFile(filepath.Join(dir, "new", "1.M1.host"), []byte(message), 0o600); err != nil {
			h.Fatal(err)
		}
		if out := h.must("sources", "run", "post"); !strings.Contains(out, "1 new reports, 4 lines") {
			h.Errorf("%s", out)
		}
		if out := h.must("sources", "run", "post"); !strings.Contains(out, "nothing new") {
			h.Errorf("%s", out)
		}
		secret := h.file("secret", "api-sleutel-8\nhmac-geheim-9\n")
		h.must("sources", "add", "shadowserver", "shadowserver", "--secret-file", secret, "--every", "1h")
		h.must("sources", "off", "shadowserver")
		if out := h.must("sources"); !strings.Contains(out, "shadowserver  shadowserver") || !strings.Contains(out, "off") || !strings.Contains(out, "nothing new") {
			h.Errorf("%s", out)
		}
		h.refused(h.run("sources", "run", "none"), exitRefused, "none")
		h.refused(h.run("sources", "add", "x", "shadowserver", "--secret-file", h.file("one", "x\n")), exitUsage, "two lines")
		h.refused(h.run("sources", "add", "x", "https", "https://feed.example/", "--auth", "bearer"), exitRefused, "secret")
		for _, name := range []string{"polder.sqlite", "polder.sqlite-wal"} {
			b, _ := os.ReadFile(filepath.Join(h.dir, "polder-data", name))
			if strings.Contains(string(b), "api-sleutel-8") || strings.Contains(string(b), "hmac-geheim-9") {
				h.Errorf("a secret stands in %s", name)
			}
		}
	})
}
