package advice

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// The reader has five minutes and no IT staff. These are the limits that keep a
// text readable for them; a text that needs more needs another writer.
const (
	maxTitle    = 70 // characters
	maxSentence = 28 // words
	maxMean     = 15 // words in a sentence, over a whole text
	maxStep     = 30 // words
)

// unwanted is what has no place in a text, with the reason.
var unwanted = []struct {
	pattern *regexp.Regexp
	reason  string
}{
	{regexp.MustCompile(`(?i)https?:|www\.|\b[a-z0-9-]+\.(nl|com|org|net|eu|gov)\b`), "a web address: a warning teaches nobody to follow links"},
	{regexp.MustCompile(`[<>]|&[a-z]+;|&#`), "HTML"},
	{regexp.MustCompile(`(?i)\bklik(ken)?\b|\bclick\b`), "asks to click"},
	{regexp.MustCompile(`  |\s[.,;?](\s|$)|\.\.|\?\?`), "a slip of spacing or punctuation"},
	{regexp.MustCompile(`!`), "shouts"},
	{regexp.MustCompile("[\u2013\u2014\u2018\u2019\u201c\u201d\u00a0\ufffd]"), "typography that breaks in a plain text mail"},
	{regexp.MustCompile(`[a-z]\.[A-Z]`), "no space after a full stop"},
}

// formal is how Dutch must not address the reader.
var formal = regexp.MustCompile(`(?i)(^|[^\pL-])(u|uw|uzelf)([^\pL]|$)`)

// stray are words of one language in the text of the other.
var stray = map[string]*regexp.Regexp{
	"nl": regexp.MustCompile(`(?i)\b(the|your|with|and|you|this|that)\b`),
	"en": regexp.MustCompile(`(?i)\b(het|een|jouw|met|niet|voor|deze|wachtwoord)\b`),
}

func TestTextsReadWell(t *testing.T) {
	if len(All()) < len(rsit) {
		t.Fatalf("only %d texts", len(All()))
	}
	for _, a := range All() {
		for _, lang := range Languages {
			t.Run(a.Type+"/"+lang, func(t *testing.T) {
				for _, fault := range lint(lang, a.Text[lang]) {
					t.Error(fault)
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
	if got := lint("nl", fine); len(got) != 0 {
		t.Fatalf("a fine text has faults: %q", got)
	}
	for _, c := range []struct {
		change func(*Text)
		want   string
	}{
		{func(x *Text) { x.Title = strings.Repeat("é", 71) }, "71 characters"},
		{func(x *Text) { x.Title = "Een dienst staat open." }, "ends in a full stop"},
		{func(x *Text) { x.What = "Er is iets gezien" }, "does not end a sentence"},
		{func(x *Text) { x.What = strings.Repeat("woord ", 28) + "woord." }, "29 words"},
		{func(x *Text) {
			x.What, x.Why, x.Supplier = strings.Repeat("woord ", 25)+"woord.", strings.Repeat("woord ", 25)+"woord.", strings.Repeat("woord ", 25)+"woord?"
		}, "on average"},
		{func(x *Text) { x.Steps = []string{strings.Repeat("Doe dit nu. ", 10) + "Klaar."} }, "31 words"},
		{func(x *Text) { x.Supplier = "Sluit de poort." }, "asks nothing"},
		{func(x *Text) { x.Why = "Kijk op voorbeeld.nl voor meer." }, "web address"},
		{func(x *Text) { x.Why = "Zie https://voorbeeld.test nu." }, "web address"},
		{func(x *Text) { x.Why = "Het kost <b>geld</b>." }, "HTML"},
		{func(x *Text) { x.Why = "Klik hier." }, "click"},
		{func(x *Text) { x.Why = "Het kost uw geld." }, "formally"},
		{func(x *Text) { x.Why = "Het kost your geld." }, "other language"},
		{func(x *Text) { x.Why = "Het kost geld !" }, "shouts"},
	} {
		x := fine
		c.change(&x)
		if got := strings.Join(lint("nl", x), "\n"); !strings.Contains(got, c.want) {
			t.Errorf("%+v: faults %q, want one with %q", x, got, c.want)
		}
	}
}

// lint tells everything that makes a text hard to read or unfit for a mail.
func lint(lang string, x Text) (faults []string) {
	say := func(name, text, fault string) { faults = append(faults, name+" "+fault+": "+text) }
	if n := utf8.RuneCountInString(x.Title); n > maxTitle {
		say("title", x.Title, "has "+count(n, "characters"))
	}
	if strings.HasSuffix(x.Title, ".") {
		say("title", x.Title, "ends in a full stop")
	}
	if !strings.Contains(x.Supplier, "?") {
		say("supplier", x.Supplier, "asks nothing")
	}
	sentences, words := 0, 0
	for _, p := range x.parts() {
		for _, u := range unwanted {
			if u.pattern.MatchString(p.text) {
				say(p.name, p.text, u.reason)
			}
		}
		if lang == "nl" && formal.MatchString(p.text) {
			say(p.name, p.text, "addresses the reader formally")
		}
		if stray[lang].MatchString(p.text) {
			say(p.name, p.text, "has a word of the other language")
		}
		if n := len(strings.Fields(p.text)); strings.HasPrefix(p.name, "step ") && n > maxStep {
			say(p.name, p.text, "has "+count(n, "words"))
		}
		if p.name == "title" || p.name == "effort" {
			continue
		}
		if !strings.ContainsAny(p.text[max(0, len(p.text)-1):], ".?") {
			say(p.name, p.text, "does not end a sentence")
		}
		for _, s := range split(p.text) {
			n := len(strings.Fields(s))
			if n > maxSentence {
				say(p.name, s, "has a sentence of "+count(n, "words"))
			}
			sentences++
			words += n
		}
	}
	if sentences > 0 && words > maxMean*sentences {
		faults = append(faults, "sentences are longer than "+count(maxMean, "words")+" on average")
	}
	return faults
}

var sentenceEnd = regexp.MustCompile(`[.?!](\s+|$)`)

// split gives the sentences of a text.
func split(text string) []string {
	var out []string
	for _, s := range sentenceEnd.Split(text, -1) {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

func count(n int, what string) string { return strconv.Itoa(n) + " " + what }
