package directory

import (
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"polder/internal/i18n"
)

//go:embed data
var data embed.FS

// Choice is one value that a field of an organisation may have, for as long as it is in force.
type Choice struct {
	Value string
	From  time.Time
	Until time.Time // zero: still in force
	NL    string
	EN    string
}

// Choices are what may be chosen for a field; they come from dated data, as law and map may change.
type Choices []Choice

// The choices of the three fields.
var (
	Sectors = readChoices("sectors")
	Areas   = readChoices("areas")
	Sizes   = readChoices("sizes")
)

var sharedDomains = func() map[string]bool {
	b, err := data.ReadFile("data/shared_domains.txt")
	if err != nil {
		panic(err) // the file is embedded
	}
	all := map[string]bool{}
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			all[line] = true
		}
	}
	return all
}()

func readChoices(name string) Choices {
	b, err := data.ReadFile("data/" + name + ".yaml")
	if err != nil {
		panic(err) // the file is embedded
	}
	var file struct{ Choices Choices }
	if err := yaml.Unmarshal(b, &file); err != nil {
		panic(fmt.Sprintf("directory: data/%s.yaml: %v", name, err))
	}
	return file.Choices
}

// At returns the choices in force at a moment.
func (c Choices) At(now time.Time) (list Choices) {
	for _, x := range c {
		if !now.Before(x.From) && (x.Until.IsZero() || now.Before(x.Until)) {
			list = append(list, x)
		}
	}
	return list
}

// Has tells whether the value may be chosen at a moment.
func (c Choices) Has(value string, now time.Time) bool {
	return slices.ContainsFunc(c.At(now), func(x Choice) bool { return x.Value == value })
}

// Label says a value in a language; one that is not in the data, as an import may have brought, as
// it stands.
func (c Choices) Label(value, lang string) string {
	for _, x := range c {
		if x.Value == value {
			if lang == i18n.English {
				return x.EN
			}
			return x.NL
		}
	}
	return value
}

// sizeOf is the value of the size class that a number of people falls in; "" when it is not known.
func sizeOf(employees int) (value string) {
	for _, x := range Sizes {
		if least, err := strconv.Atoi(x.Value); err == nil && employees >= least {
			value = x.Value
		}
	}
	return value
}

// sectionOf returns the section of an SBI code by its division, the first two digits; "" when there
// is none.
func sectionOf(code string) string {
	if len(code) < 2 {
		return ""
	}
	n, err := strconv.Atoi(code[:2])
	if err != nil {
		return ""
	}
	for _, s := range divisions {
		if n >= s.From && n <= s.To {
			return s.Section
		}
	}
	return ""
}

// divisions of SBI 2008 by section.
var divisions = []struct {
	From, To int
	Section  string
}{
	{1, 3, "A"}, {6, 9, "B"}, {10, 33, "C"}, {35, 35, "D"}, {36, 39, "E"}, {41, 43, "F"}, {45, 47, "G"}, {49, 53, "H"}, {55, 56, "I"},
	{58, 63, "J"}, {64, 66, "K"}, {68, 68, "L"}, {69, 75, "M"}, {77, 82, "N"}, {84, 84, "O"}, {85, 85, "P"}, {86, 88, "Q"},
	{90, 93, "R"}, {94, 96, "S"}, {97, 98, "T"}, {99, 99, "U"},
}
