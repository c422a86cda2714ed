package i18n

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func messages(nl, en string) fstest.MapFS {
	return fstest.MapFS{"locales/nl.yaml": {Data: []byte(nl)}, "locales/en.yaml": {Data: []byte(en)}}
}

func open(t *testing.T, nl, en string) *Catalog {
	t.Helper()
	c, err := New(messages(nl, en))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestNewRefusesHoles(t *testing.T) {
	for name, c := range map[string]struct {
		sources []fstest.MapFS
		want    string
	}{
		"missing in English":    {[]fstest.MapFS{messages("a: {x: een, y: twee}", "a: {x: one}")}, `en: message "a.y" is missing`},
		"missing in Dutch":      {[]fstest.MapFS{messages("a: {x: een}", "a: {x: one, y: two}")}, `nl: message "a.y" is missing`},
		"twice in two domains":  {[]fstest.MapFS{messages("a: {x: een}", "a: {x: one}"), messages("a: {x: een}", "a: {x: one}")}, `"a.x" is there twice`},
		"twice in one file":     {[]fstest.MapFS{messages("a: {x: een, x: twee}", "a: {x: one}")}, "already defined"},
		"no domain":             {[]fstest.MapFS{messages("x: een", "x: one")}, "does not begin with the name of its domain"},
		"placeholder forgotten": {[]fstest.MapFS{messages(`a: {x: "dag {{.Name}}"}`, "a: {x: hello}")}, "has placeholders [Name] in Dutch and [] in English"},
		"plural forgotten":      {[]fstest.MapFS{messages("a: {x: {one: a, other: b}}", "a: {x: {other: b}}")}, "not the same plural forms"},
		"no file":               {[]fstest.MapFS{{"locales/nl.yaml": {Data: []byte("a: {x: y}")}}}, "locales/en.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			var err error
			if len(c.sources) == 2 {
				_, err = New(c.sources[0], c.sources[1])
			} else {
				_, err = New(c.sources[0])
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error = %v, want %q in it", err, c.want)
			}
		})
	}
}

func TestMessages(t *testing.T) {
	c := open(t, `a: {hi: "Dag {{.Name}}", box: {one: "één brief", other: "{{.Count}} brieven"}}`,
		`a: {hi: "Hello {{.Name}}", box: {one: "one letter", other: "{{.Count}} letters"}}`)
	nl, en := c.For("nl"), c.For("en-GB")
	for got, want := range map[string]string{
		nl.T("a.hi", "Name", "Jo"): "Dag Jo",
		en.T("a.hi", "Name", "Jo"): "Hello Jo",
		nl.N("a.box", 1):           "één brief",
		nl.N("a.box", 0):           "0 brieven",
		en.N("a.box", 1200):        "1,200 letters",
		nl.T("a.unknown"):          "a.unknown",
		c.For("fr").Lang():         "nl",
		c.For("EN").Lang():         "en",
		c.For("").Lang():           "nl",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestStrictPanics(t *testing.T) {
	c := open(t, `a: {hi: "Dag {{.Name}}"}`, `a: {hi: "Hello {{.Name}}"}`)
	c.Strict = true
	for name, say := range map[string]func(*Printer) string{
		"unknown id":    func(p *Printer) string { return p.T("a.unknown") },
		"missing value": func(p *Printer) string { return p.T("a.hi") },
		"odd values":    func(p *Printer) string { return p.T("a.hi", "Name") },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			t.Log(say(c.For("nl")))
		})
	}
}

func TestDatesAndNumbers(t *testing.T) {
	c := open(t, "{}", "{}")
	nl, en := c.For("nl"), c.For("en")
	winter := time.Date(2026, 11, 22, 13, 5, 0, 0, time.UTC)
	summer := time.Date(2026, 3, 31, 22, 30, 0, 0, time.UTC)
	for _, c := range []struct{ got, want string }{
		{nl.DateTime(winter), "22 november 2026, 14:05"},
		{en.DateTime(winter), "22 November 2026, 14:05"},
		{nl.Date(summer), "1 april 2026"},
		{nl.DateTime(summer), "1 april 2026, 00:30"},
		{nl.In(time.UTC).DateTime(summer), "31 maart 2026, 22:30"},
		{nl.Date(time.Time{}) + nl.DateTime(time.Time{}), ""},
		{nl.Number(0), "0"},
		{nl.Number(999), "999"},
		{nl.Number(1000), "1.000"},
		{nl.Number(-1234567), "-1.234.567"},
		{en.Number(123456), "123,456"},
		{en.Number(-9223372036854775808), "-9,223,372,036,854,775,808"},
		{nl.Duration(0), "minder dan een seconde"},
		{nl.Duration(30 * time.Second), "30 seconden"},
		{nl.Duration(time.Minute), "1 minuut"},
		{en.Duration(-time.Hour), "1 hour"},
		{nl.Duration(24 * time.Hour), "1 dag"},
		{nl.Duration(36 * time.Hour), "36 uur"},
		{en.Duration(30 * 24 * time.Hour), "30 days"},
		{nl.List(nil), ""},
		{nl.List([]string{"a"}), "a"},
		{nl.List([]string{"a", "b"}), "a en b"},
		{en.List([]string{"a", "b", "c"}), "a, b and c"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	p := open(t, `a: {hi: "Dag {{.Name}}"}`, `a: {hi: "Hello {{.Name}}"}`).For("nl")
	done := make(chan string)
	for range 8 {
		go func() { done <- p.T("a.hi", "Name", "Jo") }()
	}
	for range 8 {
		if got := <-done; got != "Dag Jo" {
			t.Errorf("got %q", got)
		}
	}
}
