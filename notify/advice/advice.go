// Package advice holds what we tell the receiver of a warning: for each type of
// finding what is the matter, why it matters, what to do in at most five steps
// and what to ask an IT supplier, in Dutch and English.
//
// The texts are data, one file for each type in data/, so that somebody who
// writes well and does not program can improve them. The package is pure: it
// reads nothing but the files built into the program.
package advice

import (
	"embed"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Fallback is the type whose text serves every finding that nothing else fits.
const Fallback = "other"

// Text is one advice in one language. All fields are plain text without line
// breaks; Steps has one to five entries, in the order to take them.
type Text struct {
	Title    string   `yaml:"title"`    // what is the matter, at most 70 characters
	What     string   `yaml:"what"`     // what was seen
	Why      string   `yaml:"why"`      // what it can cost
	Steps    []string `yaml:"steps"`    // what to do
	Supplier string   `yaml:"supplier"` // a question that can be sent to a supplier as it is
	Effort   string   `yaml:"effort"`   // how long it takes and who can help
}

// Advice is the text of one type of finding in every language.
type Advice struct {
	Type    string          // a report type ("scan_rdp"), an RSIT type ("vulnerable-system"), or both with a dot between
	Version int             // counts up from 1 with each change of meaning
	Date    string          // day of that version, as 2006-01-02
	Applies []string        // further types that this text serves
	Text    map[string]Text // by language: "nl", "en"
}

//go:embed data/*.yaml
var files embed.FS

var load = sync.OnceValues(func() (library, error) {
	data, err := fs.Sub(files, "data")
	if err != nil {
		return library{}, err
	}
	return read(data)
})

// Load reads the texts, once, and tells every fault it finds in them. The texts
// are part of the program and its tests call Load, so a released program has no
// faults here; should it have one, the other texts still work.
func Load() error {
	_, err := load()
	return err
}

// For gives the advice for a finding: the text of its own type and class together
// ("scan_exchange.system-compromise"), else of its own type, else of the type that
// it is a twin of (IPv6 and IPv4), else of its RSIT type, else of "other". Either
// argument may be empty or unknown. The result is shared: read it only.
//
// A text that the centre published goes before the one that is part of the program.
func For(findingType, class string) Advice {
	l, _ := load()
	return l.findWith(published.Load(), findingType, class)
}

// BuiltIn is For by the texts that are part of the program alone.
func BuiltIn(findingType, class string) Advice {
	l, _ := load()
	return l.find(findingType, class)
}

// published are the texts that the centre wrote itself, by their own type. The process has one centre, and
// all of it speaks with one voice.
var published atomic.Pointer[map[string]Advice]

// Publish makes these the texts of the centre's own, in the place of all that were before; nil for none. The
// map is not changed afterwards.
func Publish(own map[string]Advice) { published.Store(&own) }

// Check tells the first thing that keeps a text from being sent, as an error for programmers; see Lint for what
// makes it hard to read.
func (t Text) Check() error { return t.check() }

// MaxSteps is how many steps a text may have.
const MaxSteps = maxSteps

// All gives every advice, sorted by type. The texts in it are shared: read only.
func All() []Advice {
	l, _ := load()
	return slices.Clone(l.all)
}

// library is a set of advice texts, found by their own type and by the types
// they apply to.
type library struct {
	all    []Advice
	byType map[string]int // index in all
}

func (l library) find(findingType, class string) Advice { return l.findWith(nil, findingType, class) }

// findWith looks by each name first among the centre's own texts. A text of its own that serves further types
// (Applies) is written anew for all of them.
func (l library) findWith(own *map[string]Advice, findingType, class string) Advice {
	other := twin(findingType)
	for _, name := range []string{findingType + "." + class, other + "." + class, findingType, other, class, Fallback} {
		if own != nil {
			if a, ok := (*own)[name]; ok {
				return a
			}
		}
		if i, ok := l.byType[name]; ok {
			if own != nil {
				if a, ok := (*own)[l.all[i].Type]; ok {
					return a
				}
			}
			return l.all[i]
		}
	}
	return Advice{}
}

// families are the beginnings of report types whose IPv6 half, or older name,
// says the same thing as the other half. The longer beginning comes first.
var families = []struct{ prefix, base string }{
	{"scan6_", "scan_"},
	{"event6_", "event4_"},
	{"event_", "event4_"},
	{"population6_", "population_"},
}

// loners are report types with an IPv6 twin that end in 6 instead.
var loners = map[string]string{
	"compromised_iot6":     "compromised_iot",
	"compromised_website6": "compromised_website",
	"device_id6":           "device_id",
}

// twin gives the report type that says the same of IPv4 addresses, "" when the
// type has no such twin.
func twin(findingType string) string {
	for _, f := range families {
		if rest, ok := strings.CutPrefix(findingType, f.prefix); ok {
			return f.base + rest
		}
	}
	return loners[findingType]
}
