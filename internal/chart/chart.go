// Package chart draws charts on the server: SVG without script, and the same figures as a table.
//
// Each chart is drawn twice, for a narrow and for a wide screen, so that its words keep their size; the
// stylesheet shows one of the two. All words come from the caller, in the reader's language. In a
// template: {{template "chart" .Trend}}.
package chart

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
)

// Kind is how values are drawn.
type Kind int

// The kinds.
const (
	Lines   Kind = iota // one line for each series
	Stack               // areas on top of one another: parts of a whole over time
	Columns             // one column for each label, its series on top of one another
)

// Series is one row of figures. Missing values are math.NaN().
type Series struct {
	Name   string
	Tone   string // a severity ("critical" to "info"), "water", "grass" or "muted"
	Values []float64
}

// Chart is a chart and its table.
type Chart struct {
	ID      string // of the figure; unique on its page
	Title   string // says what it shows
	Summary string // one sentence for who cannot see it: the main thing it shows
	Kind    Kind
	Head    string   // of the table's first column: "Day"
	Labels  []string // of the values in the table: "22 november 2026"
	Ticks   []string // the same, short, for under the chart: "22 nov."; Labels when nil
	Series  []Series
	Goal    float64              // a dashed line; 0: none
	Note    string               // what the figures mean; may be ""
	Show    string               // on the button that opens the table: "Show the figures"
	Format  func(float64) string // of values; whole numbers when nil
}

// Empty tells whether there is nothing to draw.
func (c Chart) Empty() bool {
	for _, s := range c.Series {
		for _, v := range s.Values {
			if !math.IsNaN(v) {
				return false
			}
		}
	}
	return true
}

// Row is one row of the table.
type Row struct {
	Label  string
	Values []string
}

// Rows is the table, in the order of the labels. Of a row without any value the values are "".
func (c Chart) Rows() []Row {
	rows := make([]Row, len(c.Labels))
	for i, l := range c.Labels {
		rows[i].Label = l
		for _, s := range c.Series {
			text := ""
			if v := c.at(s, i); !math.IsNaN(v) {
				text = c.text(v)
			}
			rows[i].Values = append(rows[i].Values, text)
		}
	}
	return rows
}

func (c Chart) at(s Series, i int) float64 {
	if i < len(s.Values) {
		return s.Values[i]
	}
	return math.NaN()
}

func (c Chart) text(v float64) string {
	if c.Format != nil {
		return c.Format(v)
	}
	return fmt.Sprintf("%.0f", v)
}

// Narrow draws it for a screen of 320 pixels.
func (c Chart) Narrow() template.HTML { return c.draw(320, 220, 3) }

// Wide draws it for a screen of 720 pixels and more.
func (c Chart) Wide() template.HTML { return c.draw(720, 280, 7) }

// tones are the classes that the stylesheet knows.
var tones = []string{"critical", "high", "medium", "low", "info", "water", "grass", "muted"}

func tone(s string) string {
	if slices.Contains(tones, s) {
		return s
	}
	return "water"
}

// frame is where the values lie in the picture.
type frame struct {
	left, right, top, bottom float64
	most                     float64 // value at the top
	n                        int
	columns                  bool
}

func (f frame) x(i int) float64 {
	if f.columns {
		return f.left + (float64(i)+0.5)*(f.right-f.left)/float64(f.n)
	}
	if f.n == 1 {
		return (f.left + f.right) / 2
	}
	return f.left + float64(i)*(f.right-f.left)/float64(f.n-1)
}

func (f frame) y(v float64) float64 { return f.bottom - v/f.most*(f.bottom-f.top) }

// pen writes a number as short as it is drawn.
func pen(v float64) string { return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0") }

func (c Chart) draw(width, height, ticks int) template.HTML {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="chart__picture" viewBox="0 0 %d %d" role="img" aria-label="%s" focusable="false">`, width, height, template.HTMLEscapeString(c.Summary))
	marks := scale(c.most())
	room := 0 // for the words on both sides, in characters
	for _, m := range marks {
		room = max(room, len([]rune(c.text(m))))
	}
	names := 0
	for _, s := range c.Series {
		names = max(names, len([]rune(s.Name)))
	}
	right := float64(width) - 8
	if c.Kind != Columns && len(c.Series) > 1 {
		right -= float64(min(names, 16))*7.5 + 10
	}
	f := frame{left: float64(room)*8 + 12, right: right, top: 12, bottom: float64(height) - 28, most: marks[len(marks)-1], n: max(len(c.Labels), 1), columns: c.Kind == Columns}
	for _, m := range marks {
		class := "chart__grid"
		if m == 0 {
			class = "chart__axis"
		}
		fmt.Fprintf(&b, `<path class="%s" d="M%s %sH%s"/><text class="chart__word" x="%s" y="%s" text-anchor="end">%s</text>`,
			class, pen(f.left), pen(f.y(m)), pen(f.right), pen(f.left-6), pen(f.y(m)+5), template.HTMLEscapeString(c.text(m)))
	}
	c.under(&b, f, height, ticks)
	switch c.Kind {
	case Lines:
		c.lines(&b, f)
	case Stack:
		c.stack(&b, f)
	case Columns:
		c.columns(&b, f)
	}
	if c.Goal > 0 {
		fmt.Fprintf(&b, `<path class="chart__goal" d="M%s %sH%s"/>`, pen(f.left), pen(f.y(c.Goal)), pen(f.right))
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String()) //nolint:gosec // numbers, known classes and escaped words
}

// most is the highest value that is drawn.
func (c Chart) most() float64 {
	top := c.Goal
	for i := range c.Labels {
		sum := 0.0
		for _, s := range c.Series {
			v := c.at(s, i)
			if math.IsNaN(v) || v < 0 {
				continue
			}
			if sum += v; c.Kind == Lines {
				top, sum = max(top, v), 0
			}
		}
		top = max(top, sum)
	}
	return top
}

// scale returns the marks of an axis from zero to at least top: at most six, at round numbers.
func scale(top float64) []float64 {
	if top <= 0 || math.IsInf(top, 0) || math.IsNaN(top) {
		return []float64{0, 1}
	}
	step := math.Pow(10, math.Floor(math.Log10(top)))
	for _, part := range []float64{0.2, 0.5, 1, 2} {
		if top/(step*part) <= 5 {
			step *= part
			break
		}
	}
	if top <= 5 && top == math.Trunc(top) {
		step = 1
	}
	marks := []float64{0}
	for marks[len(marks)-1] < top {
		marks = append(marks, step*float64(len(marks)))
	}
	return marks
}

// under writes the first, the last and some labels between.
func (c Chart) under(b *strings.Builder, f frame, height, ticks int) {
	words := c.Ticks
	if len(words) != len(c.Labels) {
		words = c.Labels
	}
	if len(words) == 0 {
		return
	}
	ticks = min(ticks, len(words))
	for k := range ticks {
		i := 0
		if ticks > 1 {
			i = k * (len(words) - 1) / (ticks - 1)
		}
		anchor := "middle"
		if !f.columns && k == 0 && ticks > 1 {
			anchor = "start"
		} else if !f.columns && k == ticks-1 && ticks > 1 {
			anchor = "end"
		}
		fmt.Fprintf(b, `<text class="chart__word" x="%s" y="%d" text-anchor="%s">%s</text>`, pen(f.x(i)), height-8, anchor, template.HTMLEscapeString(words[i]))
	}
}

// name is a series' name beside its end.
type name struct {
	text, tone string
	y          float64
}

// beside writes the names next to the ends of their series, none over another.
func (c Chart) beside(b *strings.Builder, f frame, names []name) {
	if len(c.Series) < 2 {
		return
	}
	slices.SortStableFunc(names, func(a, b name) int { return int(math.Copysign(1, a.y-b.y)) })
	const apart = 17
	for i := range names {
		if i > 0 {
			names[i].y = max(names[i].y, names[i-1].y+apart)
		}
	}
	for i := len(names) - 1; i >= 0; i-- {
		lowest := f.bottom - float64(len(names)-1-i)*apart
		names[i].y = min(names[i].y, lowest)
	}
	for _, n := range names {
		text := []rune(n.text)
		if len(text) > 16 {
			text = append(text[:15], '…')
		}
		fmt.Fprintf(b, `<text class="chart__name chart--%s" x="%s" y="%s">%s</text>`, n.tone, pen(f.right+8), pen(n.y+5), template.HTMLEscapeString(string(text)))
	}
}

func (c Chart) lines(b *strings.Builder, f frame) {
	var names []name
	for _, s := range c.Series {
		var d strings.Builder
		last, down := -1, false
		for i := range c.Labels {
			v := c.at(s, i)
			if math.IsNaN(v) {
				down = false
				continue
			}
			verb := "M"
			if down {
				verb = "L"
			}
			fmt.Fprintf(&d, "%s%s %s", verb, pen(f.x(i)), pen(f.y(v)))
			last, down = i, true
		}
		if last < 0 {
			continue
		}
		fmt.Fprintf(b, `<path class="chart__line chart--%s" d="%s"/><circle class="chart__dot chart--%s" cx="%s" cy="%s" r="3.5"/>`,
			tone(s.Tone), d.String(), tone(s.Tone), pen(f.x(last)), pen(f.y(s.Values[last])))
		names = append(names, name{s.Name, tone(s.Tone), f.y(s.Values[last])})
	}
	c.beside(b, f, names)
}

func (c Chart) stack(b *strings.Builder, f frame) {
	base := make([]float64, len(c.Labels))
	var names []name
	for _, s := range c.Series {
		var over, back strings.Builder
		any := false
		for i := range c.Labels {
			v := c.at(s, i)
			if math.IsNaN(v) || v < 0 {
				v = 0
			}
			verb := "L"
			if i == 0 {
				verb = "M"
			}
			fmt.Fprintf(&over, "%s%s %s", verb, pen(f.x(i)), pen(f.y(base[i]+v)))
			any = any || v > 0
			under := back.String()
			back.Reset()
			fmt.Fprintf(&back, "L%s %s%s", pen(f.x(i)), pen(f.y(base[i])), under)
			if i == len(c.Labels)-1 && any { // also of what has gone down to nothing
				names = append(names, name{s.Name, tone(s.Tone), f.y(base[i] + v/2)})
			}
			base[i] += v
		}
		fmt.Fprintf(b, `<path class="chart__area chart--%s" d="%s%sZ"/>`, tone(s.Tone), over.String(), back.String())
	}
	c.beside(b, f, names)
}

func (c Chart) columns(b *strings.Builder, f frame) {
	width := max(1, 0.72*(f.right-f.left)/float64(f.n))
	for i := range c.Labels {
		base := 0.0
		for _, s := range c.Series {
			v := c.at(s, i)
			if math.IsNaN(v) || v <= 0 {
				continue
			}
			fmt.Fprintf(b, `<rect class="chart__column chart--%s" x="%s" y="%s" width="%s" height="%s"/>`, tone(s.Tone), pen(f.x(i)-width/2), pen(f.y(base+v)),
				pen(width), pen(max(0.5, f.y(base)-f.y(base+v))))
			base += v
		}
	}
}

// Bar is one row of a list with bars: a word, a figure and its share of the largest.
type Bar struct {
	Label string
	Link  string // where the label leads; may be ""
	Text  string // the figure, as it is written
	Value float64
	Tone  string
}

// Bars is a table in which each row has a bar, for figures by name. In a template: {{template "bars" .Worst}}.
type Bars struct {
	Title  string // the table's caption
	Head   [2]string
	Rows   []Bar
	Label  string // says what the bar is to who cannot see it: "Share of the largest"
	Common float64
}

// Width is the length of a row's bar, of 100.
func (b Bars) Width(v float64) string {
	most := b.Common
	for _, r := range b.Rows {
		most = max(most, r.Value)
	}
	if most <= 0 || v <= 0 {
		return "0"
	}
	return pen(max(0.7, 100*v/most))
}

// ToneOf is the class of a row.
func (b Bars) ToneOf(r Bar) string { return tone(r.Tone) }
