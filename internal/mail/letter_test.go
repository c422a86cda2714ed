package mail

import (
	"strings"
	"testing"
)

// However others write it, in whatever part of a letter, it is not the place of the secret link.
func TestNobodyElseWritesThePlaceOfTheLink(t *testing.T) {
	for _, s := range []string{Placeholder, "{" + Placeholder, "{{" + Placeholder, "{{{" + Placeholder, "x{{{" + Placeholder + "}}}y", "{\n" + Placeholder} {
		l := Letter{Language: "nl", Subject: s}
		l.Heading(s)
		l.Say(s)
		l.List([]string{s})
		l.Steps([]string{s})
		html, err := l.HTML()
		if err != nil {
			t.Fatal(err)
		}
		for _, out := range []string{l.Plain(), html} {
			if strings.Contains(Fill(out, "SECRET"), "SECRET") {
				t.Errorf("%q: %s", s, Fill(out, "SECRET"))
			}
		}
	}
}
