// Package i18n speaks Dutch and English: messages, plurals, dates, numbers.
//
// Each domain brings its own messages in locales/nl.yaml and locales/en.yaml, with ids that begin with the name of the
// domain ("notify.mail.subject"). New joins them and refuses what would show up later as a hole in a page: an id twice,
// an id that one language lacks, a placeholder that only one language has, a plural without its forms.
//
//	notify:
//	  found:
//	    one: "Wij zagen {{.Count}} probleem bij {{.Organisation}}."
//	    other: "Wij zagen {{.Count}} problemen bij {{.Organisation}}."
//
// is printed with p.N("notify.found", 3, "Organisation", name). Messages are plain text; what shows them on a page
// escapes them.
package i18n

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"time"

	// The times that people read are Dutch time, also on a machine without a time zone database.
	_ "time/tzdata"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"
)

// Dutch and English are the languages of Polder, Dutch first.
const (
	Dutch   = "nl"
	English = "en"
)

// Languages lists the languages in the order of preference; the first is the default.
var Languages = []string{Dutch, English}

//go:embed locales/*.yaml
var own embed.FS

// Catalog holds all messages in all languages. It does not change after New and may be used by many at once.
type Catalog struct {
	// Strict makes a Printer panic on a missing id or a missing value instead of showing the id. Tests set it.
	Strict bool
	// Zone is where the readers' clocks are; Europe/Amsterdam unless set before the first For.
	Zone *time.Location

	bundle *goi18n.Bundle
	ids    []string
}

// New reads locales/nl.yaml and locales/en.yaml of each file system, together with the messages of this package.
// The error names every id that is wrong, not only the first.
func New(fsys ...fs.FS) (*Catalog, error) {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		return nil, fmt.Errorf("load time zone: %w", err)
	}
	c := &Catalog{Zone: zone, bundle: goi18n.NewBundle(language.Dutch)}
	known := map[string]map[string]*goi18n.Message{}
	var wrong []error
	for _, lang := range Languages {
		known[lang] = map[string]*goi18n.Message{}
		for _, source := range append([]fs.FS{own}, fsys...) {
			messages, err := read(source, lang)
			if err != nil {
				return nil, err
			}
			for _, m := range messages {
				if known[lang][m.ID] != nil {
					wrong = append(wrong, fmt.Errorf("%s: message %q is there twice", lang, m.ID))
				}
				if !strings.Contains(m.ID, ".") {
					wrong = append(wrong, fmt.Errorf("%s: message %q does not begin with the name of its domain", lang, m.ID))
				}
				known[lang][m.ID] = m
			}
			if err := c.bundle.AddMessages(language.MustParse(lang), messages...); err != nil {
				return nil, fmt.Errorf("add %s messages: %w", lang, err)
			}
		}
	}
	wrong = append(wrong, compare(known[Dutch], known[English])...)
	if len(wrong) > 0 {
		return nil, fmt.Errorf("messages: %w", errors.Join(wrong...))
	}
	for id := range known[Dutch] {
		c.ids = append(c.ids, id)
	}
	slices.Sort(c.ids)
	return c, nil
}

func read(source fs.FS, lang string) ([]*goi18n.Message, error) {
	name := "locales/" + lang + ".yaml"
	text, err := fs.ReadFile(source, name)
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	file, err := goi18n.ParseMessageFileBytes(text, lang+".yaml", map[string]goi18n.UnmarshalFunc{"yaml": yaml.Unmarshal})
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", name, err)
	}
	return file.Messages, nil
}

// compare finds what one language has and the other lacks.
func compare(nl, en map[string]*goi18n.Message) []error {
	var wrong []error
	for id := range en {
		if nl[id] == nil {
			wrong = append(wrong, fmt.Errorf("nl: message %q is missing", id))
		}
	}
	for id, dutch := range nl {
		english := en[id]
		if english == nil {
			wrong = append(wrong, fmt.Errorf("en: message %q is missing", id))
			continue
		}
		if a, b := placeholders(dutch), placeholders(english); !slices.Equal(a, b) {
			wrong = append(wrong, fmt.Errorf("message %q has placeholders %v in Dutch and %v in English", id, a, b))
		}
		if (dutch.One == "") != (english.One == "") || dutch.Other == "" || english.Other == "" {
			wrong = append(wrong, fmt.Errorf("message %q has not the same plural forms in both languages", id))
		}
	}
	slices.SortFunc(wrong, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return wrong
}

var placeholder = regexp.MustCompile(`\{\{-?\s*\.([A-Za-z][A-Za-z0-9_]*)`)

// placeholders lists the values that a message asks for. The count of a plural is left out: "één" needs no number.
func placeholders(m *goi18n.Message) []string {
	var names []string
	for _, found := range placeholder.FindAllStringSubmatch(m.One+m.Other, -1) {
		if found[1] != "Count" {
			names = append(names, found[1])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// IDs lists every message id, sorted.
func (c *Catalog) IDs() []string { return slices.Clone(c.ids) }

// Has tells whether there is a message with this id.
func (c *Catalog) Has(id string) bool {
	_, found := slices.BinarySearch(c.ids, id)
	return found
}

// For gives the printer of a language ("nl", "en", "en-GB"). A language that Polder does not speak gets Dutch.
func (c *Catalog) For(lang string) *Printer {
	base, _, _ := strings.Cut(strings.ToLower(lang), "-")
	if !slices.Contains(Languages, base) {
		base = Dutch
	}
	return &Printer{lang: base, zone: c.Zone, strict: c.Strict, catalog: c, localizer: goi18n.NewLocalizer(c.bundle, base)}
}
