package advice

import (
	"regexp"
	"strings"
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

// unwanted is what has no place in a text: web addresses, since a warning teaches nobody to follow links; HTML;
// asking to click; slips of spacing; shouting; and typography that breaks in a plain text mail.
var unwanted = []struct {
	pattern *regexp.Regexp
	rule    string
}{
	{regexp.MustCompile(`(?i)https?:|www\.|\b[a-z0-9-]+\.(nl|com|org|net|eu|gov)\b`), "address"},
	{regexp.MustCompile(`[<>]|&[a-z]+;|&#`), "html"},
	{regexp.MustCompile(`(?i)\bklik(ken)?\b|\bclick\b`), "click"},
	{regexp.MustCompile(`  |\s[.,;?](\s|$)|\.\.|\?\?`), "spacing"},
	{regexp.MustCompile(`!`), "shouts"},
	{regexp.MustCompile("[\u2013\u2014\u2018\u2019\u201c\u201d\u00a0\ufffd]"), "typography"},
	{regexp.MustCompile(`[a-z]\.[A-Z]`), "spacing"},
}

// formal is how Dutch must not address the reader.
var formal = regexp.MustCompile(`(?i)(^|[^\pL-])(u|uw|uzelf)([^\pL]|$)`)

// stray are words of one language in the text of the other.
var stray = map[string]*regexp.Regexp{
	"nl": regexp.MustCompile(`(?i)\b(the|your|with|and|you|this|that)\b`),
	"en": regexp.MustCompile(`(?i)\b(het|een|jouw|met|niet|voor|deze|wachtwoord)\b`),
}

// Remark is one thing that makes a text hard to read or unfit for a mail.
type Remark struct {
	Part string // "title", "what", "why", "step 2", "supplier", "effort"; "" for the text as a whole
	Rule string // "sentence_long"
	N    int    // how many, of a rule with a limit
}

// Unfit tells whether a text with this may not be sent at all.
func (r Remark) Unfit() bool { return r.Rule == "address" || r.Rule == "html" }

// Lint tells everything that makes a text in the language hard to read or unfit for a mail. The texts
// that are part of the program have none of it.
func Lint(lang string, x Text) (list []Remark) {
	say := func(part, rule string, n int) { list = append(list, Remark{part, rule, n}) }
	if n := utf8.RuneCountInString(x.Title); n > maxTitle {
		say("title", "title_long", n)
	}
	if strings.HasSuffix(x.Title, ".") {
		say("title", "title_stop", 0)
	}
	if !strings.Contains(x.Supplier, "?") {
		say("supplier", "asks_nothing", 0)
	}
	sentences, words := 0, 0
	for _, p := range x.parts() {
		for _, u := range unwanted {
			if u.pattern.MatchString(p.text) {
				say(p.name, u.rule, 0)
			}
		}
		if lang == "nl" && formal.MatchString(p.text) {
			say(p.name, "formal", 0)
		}
		if r := stray[lang]; r != nil && r.MatchString(p.text) {
			say(p.name, "stray", 0)
		}
		if n := len(strings.Fields(p.text)); strings.HasPrefix(p.name, "step ") && n > maxStep {
			say(p.name, "step_long", n)
		}
		if p.name == "title" || p.name == "effort" {
			continue
		}
		if !strings.ContainsAny(p.text[max(0, len(p.text)-1):], ".?") {
			say(p.name, "no_end", 0)
		}
		for _, s := range split(p.text) {
			n := len(strings.Fields(s))
			if n > maxSentence {
				say(p.name, "sentence_long", n)
			}
			sentences++
			words += n
		}
	}
	if sentences > 0 && words > maxMean*sentences {
		say("", "mean", words/sentences)
	}
	return list
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
