package main

import (
	"regexp"
	"strings"
	"testing"
)

// The operator makes the first administrator, and gives the link that works once.
func TestUserAdd(t *testing.T) {
	each(t, func(h *house) {
		out := h.must("user", "add", "--role", "administrator", "Els@Centrum.example", "Els Bakker")
		link := regexp.MustCompile(`(?m)^https://polder\.example/enrol/[A-Za-z0-9_-]{43}$`)
		if !strings.Contains(out, "els@centrum.example has an account with the roles administrator\n") || !link.MatchString(out) {
			h.T.Fatalf("user add says:\n%s", out)
		}
		again := h.must("user", "add", "--role=auditor", "--role=adviser", "els@centrum.example", "Els")
		if !strings.Contains(again, "els@centrum.example has the roles administrator,adviser,auditor\n") || link.FindString(again) == link.FindString(out) {
			h.T.Errorf("a second time it says:\n%s", again)
		}
		if n := h.number(`SELECT count(*) FROM signin_link`); n != 1 {
			h.T.Errorf("%d links work, want the last one alone", n)
		}
		if list := h.must("user", "list"); !strings.Contains(list, "Els Bakker") || !strings.Contains(list, "administrator,adviser,auditor") || !strings.Contains(list, "never") || strings.Count(list, "\n") != 2 {
			h.T.Errorf("user list says:\n%s", list)
		}
		h.register()
		owner := h.must("user", "add", "--organisation", "bakker", "piet@bakker.example", "Piet")
		if !strings.Contains(owner, "piet@bakker.example has an account, and is owner of") || !strings.Contains(owner, "/enrol/") {
			h.T.Errorf("the first owner of an imported organisation: %s", owner)
		}
		if again := h.must("user", "add", "--organisation", "bakker", "--place", "member", "piet@bakker.example", "Piet"); !strings.Contains(again, "keeps the place") {
			h.T.Errorf("a second time: %s", again)
		}
		h.refused(h.run("user", "add", "--organisation", "nowhere", "piet@bakker.example", "Piet"), exitRefused, "nowhere")
		h.refused(h.run("user", "add", "--role", "boss", "a@b.example", "A"), exitUsage, "boss")
		h.refused(h.run("user", "add", "a@b.example", "A"), exitUsage, "--role")
		h.refused(h.run("user", "add", "--role", "editor", "nonsense", "A"), exitRefused, "nonsense")
	})
}
