package web

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// luminance is the relative luminance of WCAG 2.2 for "#RRGGBB".
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 32)
	if err != nil || len(colour) != 7 {
		t.Fatalf("colour %q: %v", colour, err)
	}
	part := func(shift uint) float64 {
		c := float64(n>>shift&255) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*part(16) + 0.7152*part(8) + 0.0722*part(0)
}

// Text has a contrast of 4.5 or more on everything it stands on, light and dark; edges and shapes 3 or more.
func TestContrast(t *testing.T) {
	text, err := staticFiles.ReadFile("static/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark, found := strings.Cut(string(text), "@media (prefers-color-scheme: dark)")
	dark, _, _ = strings.Cut(dark, "@media print")
	if !found {
		t.Fatal("tokens.css has no dark colours")
	}
	token := regexp.MustCompile(`--polder-([a-z-]+): (#[0-9A-F]{6});`)
	for scheme, block := range map[string]string{"light": light, "dark": dark} {
		colours := map[string]string{}
		for _, m := range token.FindAllStringSubmatch(light+block, -1) {
			colours[m[1]] = m[2]
		}
		for _, c := range []struct {
			front, back string
			least       float64
		}{
			{"ink", "paper mist critical-tint medium-tint low-tint", 7},
			{"muted", "paper mist", 4.5},
			{"water water-deep", "paper mist", 4.5},
			{"on-water", "water water-deep", 4.5},
			{"critical", "paper mist critical-tint", 4.5},
			{"high medium low info", "paper mist", 4.5},
			{"on-sea", "sea", 4.5},
			{"edge grass dyke", "paper mist", 3},
			{"focus-ink", "focus", 4.5},
		} {
			for front := range strings.FieldsSeq(c.front) {
				for back := range strings.FieldsSeq(c.back) {
					a, b := luminance(t, colours[front]), luminance(t, colours[back])
					ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05)
					if ratio < c.least {
						t.Errorf("%s: %s on %s has contrast %.1f, want %.1f", scheme, front, back, ratio, c.least)
					}
					t.Logf("%s: %s on %s %.1f", scheme, front, back, ratio)
				}
			}
		}
	}
}

// A template or script may not bring what the security policy refuses.
func TestTemplatesHaveNothingInline(t *testing.T) {
	inline := regexp.MustCompile(`(?i)\sstyle=|\son[a-z]+=|<style|<script(?:>| [^s])|javascript:`)
	for _, name := range []string{"layout", "partials", "error"} {
		text, err := pageFiles.ReadFile("templates/" + name + ".html")
		if err != nil {
			t.Fatal(err)
		}
		if found := inline.Find(text); found != nil {
			t.Errorf("%s.html has %q", name, found)
		}
	}
}
