package advice

import (
	"slices"
	"strings"
	"testing"
)

func TestTextsReadWell(t *testing.T) {
	if len(All()) < len(rsit) {
		t.Fatalf("only %d texts", len(All()))
	}
	for _, a := range All() {
		for _, lang := range Languages {
			t.Run(a.Type+"/"+lang, func(t *testing.T) {
				for _, r := range Lint(lang, a.Text[lang]) {
					t.Errorf("%+v", r)
				}
			})
		}
		if a.Text["nl"].Title == a.Text["en"].Title || a.Text["nl"].What == a.Text["en"].What {
			t.Errorf("%s: Dutch and English are the same", a.Type)
		}
		if nl, en := len(a.Text["nl"].Steps), len(a.Text["en"].Steps); nl != en {
			t.Errorf("%s: %d steps in Dutch, %d in English", a.Type, nl, en)
		}
	}
}

func TestTitlesAreToldApart(t *testing.T) {
	seen := map[string]string{}
	for _, a := range All() {
		for _, lang := range Languages {
			title := lang + " " + a.Text[lang].Title
			if other, ok := seen[title]; ok {
				t.Errorf("%s and %s have the same title %q", other, a.Type, title)
			}
			seen[title] = a.Type
		}
	}
}

// TestLintNotices holds the lint itself to its word.
func TestLintNotices(t *testing.T) {
	fine := Text{Title: "Een dienst staat open", What: "Er is iets gezien.", Why: "Het kost geld.",
		Steps: []string{"Sluit de poort."}, Supplier: "Kun je de poort sluiten?", Effort: "10 minuten"}
	if got := Lint("nl", fine); len(got) != 0 {
		t.Fatalf("a fine text has faults: %+v", got)
	}
	for _, c := range []struct {
		change func(*Text)
		want   string
	}{
		{func(x *Text) { x.Title = strings.Repeat("é", 71) }, "title_long"},
		{func(x *Text) { x.Title = "Een dienst staat open." }, "title_stop"},
		{func(x *Text) { x.What = "Er is iets gezien" }, "no_end"},
		{func(x *Text) { x.What = strings.Repeat("woord ", 28) + "woord." }, "sentence_long"},
		{func(x *Text) {
			x.What, x.Why, x.Supplier = strings.Repeat("woord ", 25)+"woord.", strings.Repeat("woord ", 25)+"woord.", strings.Repeat("woord ", 25)+"woord?"
		}, "mean"},
		{func(x *Text) { x.Steps = []string{strings.Repeat("Doe dit nu. ", 10) + "Klaar."} }, "step_long"},
		{func(x *Text) { x.Supplier = "Sluit de poort." }, "asks_nothing"},
		{func(x *Text) { x.Why = "Kijk op voorbeeld.nl voor meer." }, "address"},
		{func(x *Text) { x.Why = "Zie https://voorbeeld.test nu." }, "address"},
		{func(x *Text) { x.Why = "Het kost <b>geld</b>." }, "html"},
		{func(x *Text) { x.Why = "Klik hier." }, "click"},
		{func(x *Text) { x.Why = "Het kost uw geld." }, "formal"},
		{func(x *Text) { x.Why = "Het kost your geld." }, "stray"},
		{func(x *Text) { x.Why = "Het kost geld !" }, "shouts"},
	} {
		x := fine
		c.change(&x)
		if got := Lint("nl", x); !slices.ContainsFunc(got, func(r Remark) bool { return r.Rule == c.want }) {
			t.Errorf("%+v: faults %+v, want %s", x, got, c.want)
		}
	}
}
