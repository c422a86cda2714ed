package sheet

import (
	"strings"
	"testing"
)

func TestNoFormulas(t *testing.T) {
	for in, want := range map[string]string{
		"=1+1": "'=1+1", "+31": "'+31", "-2": "'-2", "@sum": "'@sum", "\t=1": "'\t=1", "\r=1": "'\r=1", "\n=1": "'\n=1", "\uff1d1": "'\uff1d1",
		"": "", "a=1": "a=1", "192.0.2.7": "192.0.2.7", "a\x1b[2J": "a\ufffd[2J",
	} {
		if got := Cell(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	var b strings.Builder
	w := NewWriter(&b)
	if err := w.Row("=1", `a"b`); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil || b.String() != "'=1,\"a\"\"b\"\n" {
		t.Errorf("%q, %v", b.String(), err)
	}
}
