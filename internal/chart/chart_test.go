package chart

import (
	"encoding/xml"
	"io"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Whatever the figures and the words are, the picture is well-formed XML, says its summary, and holds no number that
// cannot be drawn; and the table has a row for each label.
func TestAnyFiguresCanBeDrawn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SampledFrom([]string{"", "Kritiek", "<script>alert(1)</script>", `" onload="x`, "een heel lange naam voor een bron"})
		value := rapid.OneOf(rapid.Float64Range(0, 1e9), rapid.Float64Range(-5, 5), rapid.Just(math.NaN()), rapid.Just(0.0))
		c := Chart{ID: "x", Summary: words.Draw(t, "summary"), Kind: Kind(rapid.IntRange(0, 2).Draw(t, "kind")), Goal: rapid.Float64Range(0, 100).Draw(t, "goal"),
			Labels: rapid.SliceOfN(words, 0, 100).Draw(t, "labels")}
		for range rapid.IntRange(0, 6).Draw(t, "series") {
			c.Series = append(c.Series, Series{Name: words.Draw(t, "name"), Tone: words.Draw(t, "tone"), Values: rapid.SliceOfN(value, 0, 110).Draw(t, "values")})
		}
		for _, svg := range []string{string(c.Narrow()), string(c.Wide())} {
			if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
				t.Fatalf("a number that cannot be drawn: %s", svg)
			}
			d, elements := xml.NewDecoder(strings.NewReader(svg)), map[string]bool{}
			for {
				token, err := d.Token()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatalf("%v: %s", err, svg)
				}
				if e, ok := token.(xml.StartElement); ok {
					elements[e.Name.Local] = true
					for _, a := range e.Attr {
						if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "aria-label" && a.Value != c.Summary {
							t.Fatalf("attribute %s=%q", a.Name.Local, a.Value)
						}
					}
				}
			}
			if elements["script"] {
				t.Fatalf("a word became an element: %s", svg)
			}
		}
		if rows := c.Rows(); len(rows) != len(c.Labels) {
			t.Fatalf("%d rows of %d labels", len(rows), len(c.Labels))
		}
	})
}

// The marks of an axis begin at zero, end at or above the highest value, and are few and round.
func TestScale(t *testing.T) {
	for top, want := range map[float64][]float64{0: {0, 1}, 1: {0, 1}, 3: {0, 1, 2, 3}, 7: {0, 2, 4, 6, 8}, 31: {0, 10, 20, 30, 40}, 920_000: {0, 200_000, 400_000, 600_000, 800_000, 1_000_000}} {
		got := scale(top)
		if len(got) != len(want) {
			t.Errorf("scale(%v) = %v, want %v", top, got, want)
			continue
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("scale(%v) = %v, want %v", top, got, want)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		top := rapid.Float64Range(0.01, 1e12).Draw(t, "top")
		if m := scale(top); m[0] != 0 || m[len(m)-1] < top || len(m) < 2 || len(m) > 12 {
			t.Fatalf("scale(%v) = %v", top, m)
		}
	})
}

func TestBarsFollowTheLargest(t *testing.T) {
	b := Bars{Rows: []Bar{{Value: 10}, {Value: 5}, {Value: 0.001}}}
	for v, want := range map[float64]string{10: "100", 5: "50", 0.001: "0.7", 0: "0"} {
		if got := b.Width(v); got != want {
			t.Errorf("width of %v: %s, want %s", v, got, want)
		}
	}
	if (Bars{}).Width(3) != "0" {
		t.Error("a bar of nothing")
	}
}
