package advice

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Languages are the languages that every advice is written in.
var Languages = []string{"nl", "en"}

// maxSteps is what a reader with five minutes can take in.
const maxSteps = 5

// file is an advice as it is written on disk.
type file struct {
	Type    string   `yaml:"type"`
	Version int      `yaml:"version"`
	Date    string   `yaml:"date"`
	Applies []string `yaml:"applies"`
	NL      Text     `yaml:"nl"`
	EN      Text     `yaml:"en"`
}

// read takes all texts from a folder. A faulty file is left out and named in the
// error, its neighbours are kept. Of two files that claim the same type the
// first by type keeps it, and a file always keeps its own type.
func read(data fs.FS) (library, error) {
	l := library{byType: map[string]int{}}
	names, err := fs.Glob(data, "*.yaml")
	if err != nil {
		return l, err
	}
	var faults []error
	for _, name := range names {
		a, err := readFile(data, name)
		if err != nil {
			faults = append(faults, fmt.Errorf("advice %s: %w", name, err))
			continue
		}
		l.all = append(l.all, a)
	}
	slices.SortFunc(l.all, func(a, b Advice) int { return strings.Compare(a.Type, b.Type) })
	for i, a := range l.all {
		l.byType[a.Type] = i
	}
	for i, a := range l.all {
		for _, t := range a.Applies {
			if other, taken := l.byType[t]; taken {
				faults = append(faults, fmt.Errorf("advice %s.yaml: applies to %q, which has the text of %s.yaml",
					a.Type, t, l.all[other].Type))
				continue
			}
			l.byType[t] = i
		}
	}
	if _, ok := l.byType[Fallback]; !ok {
		faults = append(faults, fmt.Errorf("advice: no text for %q", Fallback))
	}
	return l, errors.Join(faults...)
}

func readFile(data fs.FS, name string) (Advice, error) {
	b, err := fs.ReadFile(data, name)
	if err != nil {
		return Advice{}, err
	}
	dec := yaml.NewDecoder(bytes.NewReader(b))
	dec.KnownFields(true)
	var f file
	if err := dec.Decode(&f); err != nil {
		return Advice{}, err
	}
	a := Advice{
		Type: f.Type, Version: f.Version, Date: f.Date, Applies: f.Applies,
		Text: map[string]Text{"nl": f.NL, "en": f.EN},
	}
	return a, a.check(strings.TrimSuffix(path.Base(name), ".yaml"))
}

// check tells the first thing that keeps an advice from being sent.
func (a Advice) check(name string) error {
	if a.Type != name {
		return fmt.Errorf("type is %q, not the name of the file", a.Type)
	}
	if a.Version < 1 {
		return fmt.Errorf("version is %d, not 1 or more", a.Version)
	}
	if _, err := time.Parse(time.DateOnly, a.Date); err != nil {
		return fmt.Errorf("date: %w", err)
	}
	for _, lang := range Languages {
		if err := a.Text[lang].check(); err != nil {
			return fmt.Errorf("%s: %w", lang, err)
		}
	}
	return nil
}

func (t Text) check() error {
	if n := len(t.Steps); n < 1 || n > maxSteps {
		return fmt.Errorf("%d steps, not 1 to %d", n, maxSteps)
	}
	for _, p := range t.parts() {
		if p.text == "" || p.text != strings.TrimSpace(p.text) {
			return fmt.Errorf("%s is empty or has space around it", p.name)
		}
		if strings.ContainsAny(p.text, "\r\n\t") {
			return fmt.Errorf("%s has a line break or a tab", p.name)
		}
	}
	return nil
}

// part is one field or step of a text, with the name to tell it by.
type part struct{ name, text string }

func (t Text) parts() []part {
	ps := []part{
		{"title", t.Title}, {"what", t.What}, {"why", t.Why},
		{"supplier", t.Supplier}, {"effort", t.Effort},
	}
	for i, s := range t.Steps {
		ps = append(ps, part{fmt.Sprintf("step %d", i+1), s})
	}
	return ps
}
