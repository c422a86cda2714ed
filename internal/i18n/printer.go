package i18n

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
)

// Printer writes in one language. It may be used by many at once.
type Printer struct {
	lang      string
	zone      *time.Location
	strict    bool
	catalog   *Catalog
	localizer *goi18n.Localizer
}

// Lang is the language of the printer: "nl" or "en".
func (p *Printer) Lang() string { return p.lang }

// In gives the same printer with the clock of another zone.
func (p *Printer) In(zone *time.Location) *Printer {
	other := *p
	other.zone = zone
	return &other
}

// Zone is where the printer's clock is.
func (p *Printer) Zone() *time.Location { return p.zone }

// Has tells whether there is a message with this id.
func (p *Printer) Has(id string) bool { return p.catalog.Has(id) }

// T gives the message with the values of its placeholders: p.T("web.greeting", "Name", name). A missing message shows
// its id, so that a page is never empty for want of a word; under Catalog.Strict it panics.
func (p *Printer) T(id string, kv ...any) string {
	return p.print(&goi18n.LocalizeConfig{MessageID: id, TemplateData: p.values(id, kv)})
}

// N gives the message in the plural form of count, which is also the placeholder Count, written with grouping.
func (p *Printer) N(id string, count int, kv ...any) string {
	values := p.values(id, kv)
	values["Count"] = p.Number(int64(count))
	return p.print(&goi18n.LocalizeConfig{MessageID: id, PluralCount: count, TemplateData: values})
}

func (p *Printer) print(c *goi18n.LocalizeConfig) string {
	text, err := p.localizer.Localize(c)
	switch {
	case err != nil:
		if p.strict {
			panic(fmt.Sprintf("i18n: message %q in %s: %v", c.MessageID, p.lang, err))
		}
		return c.MessageID
	case p.strict && strings.Contains(text, "<no value>"):
		panic(fmt.Sprintf("i18n: message %q in %s lacks a value: %s", c.MessageID, p.lang, text))
	}
	return text
}

func (p *Printer) values(id string, kv []any) map[string]any {
	values := make(map[string]any, len(kv)/2+1)
	if len(kv)%2 != 0 && p.strict {
		panic(fmt.Sprintf("i18n: message %q: a name without a value in %v", id, kv))
	}
	for i := 0; i+1 < len(kv); i += 2 {
		values[fmt.Sprint(kv[i])] = kv[i+1]
	}
	return values
}

var months = map[string][12]string{
	Dutch: {"januari", "februari", "maart", "april", "mei", "juni",
		"juli", "augustus", "september", "oktober", "november", "december"},
	English: {"January", "February", "March", "April", "May", "June",
		"July", "August", "September", "October", "November", "December"},
}

// Date is the day in the printer's zone: "22 november 2026". The zero time gives "".
func (p *Printer) Date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(p.zone)
	return fmt.Sprintf("%d %s %d", t.Day(), months[p.lang][t.Month()-1], t.Year())
}

// DateTime is the minute in the printer's zone: "22 november 2026, 14:05". The zero time gives "".
func (p *Printer) DateTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return p.Date(t) + t.In(p.zone).Format(", 15:04")
}

// Number groups thousands as the language does: 1.234.567 in Dutch, 1,234,567 in English. Four digits too.
func (p *Printer) Number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	mark := byte('.')
	if p.lang == English {
		mark = ','
	}
	out := make([]byte, 0, len(digits)+len(digits)/3)
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			out = append(out, mark)
		}
		out = append(out, digits[i])
	}
	return sign + string(out)
}

// Duration says how long in the one unit that a person would use: "3 dagen", "2 uur", "5 minuten", "30 seconden".
// It rounds to the nearest of that unit; a duration below one second is "minder dan een seconde".
func (p *Printer) Duration(d time.Duration) string {
	d = d.Abs()
	for _, unit := range []struct {
		id   string
		size time.Duration
	}{
		{"i18n.days", 24 * time.Hour}, {"i18n.hours", time.Hour}, {"i18n.minutes", time.Minute}, {"i18n.seconds", time.Second},
	} {
		// A day and a half reads better as 36 hours than as two days.
		if d >= unit.size && (unit.id != "i18n.days" || d%unit.size == 0 || d >= 2*unit.size) {
			return p.N(unit.id, int((d+unit.size/2)/unit.size))
		}
	}
	return p.T("i18n.moment")
}

// List joins words as a sentence does: "a, b en c".
func (p *Printer) List(words []string) string {
	switch len(words) {
	case 0:
		return ""
	case 1:
		return words[0]
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " " + p.T("i18n.and") + " " + words[last]
}
