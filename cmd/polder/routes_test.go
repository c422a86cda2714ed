package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"polder/internal/config"
	"polder/internal/kit"
	"polder/internal/web"
)

// TestRoutes keeps testdata/routes.txt: every address that `polder serve` answers, and who may ask
// it, so that a right that changes shows in a review.
func TestRoutes(t *testing.T) {
	set := &config.Settings{Data: t.TempDir(), Database: "sqlite", BaseURL: "https://polder.example", SMTP: "smtp://localhost:25",
		SMTPConnections: 1, From: "Polder <warnings@polder.example>", TimeZone: "Europe/Amsterdam", Name: "Polder"}
	a, err := openAt(t.Context(), set, kit.Log(t), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	site, err := a.site(web.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, r := range site.Routes() {
		lines = append(lines, r.String())
	}
	slices.Sort(lines)
	kit.Golden(t, "routes.txt", []byte(strings.Join(lines, "\n")+"\n"))
	for _, l := range lines {
		if strings.Contains(l, "/demo") {
			t.Errorf("a page of the demo is served: %s", l)
		}
	}
}
