package mail

import (
	"strings"
	"testing"
)

func TestBareTakesWhatCanBeSentTo(t *testing.T) {
	for in, want := range map[string]string{
		"Jan@Korst.Example":    "Jan@korst.example",
		"a+b@bücher.example":   "a+b@xn--bcher-kva.example",
		"o'neil@sub.a.example": "o'neil@sub.a.example",
	} {
		if got, err := Bare(in); err != nil || got != want {
			t.Errorf("%s: %q %v, want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", "jan", "jan@", "@a.example", "jan@localhost", "Jan <jan@a.example>", "<jan@a.example>", "a@b@c.example",
		"jan@a.example,piet@a.example", `"jan"@a.example`, "jan@[192.0.2.1]", "jan @a.example", "jan@a.example\r\nBcc: x@y.example",
		"jän@a.example", "a..b@a.example", ".a@a.example", "jan@a_b.example", "jan@-a.example", " jan@a.example",
		strings.Repeat("a", 250) + "@a.example"} {
		if got, err := Bare(in); err == nil {
			t.Errorf("%q is taken as %q", in, got)
		}
	}
}
