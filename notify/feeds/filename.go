package feeds

import (
	"strings"
	"time"
)

// fileName is what the name of a report tells.
type fileName struct {
	date time.Time
	typ  string // by Shadowserver's rule, or a type we know
	rest string // behind the date
	json bool
}

// parseName reads YYYY-MM-DD-<type>[-<n>]-<organisation>-<filter>.csv, with
// .gz or .zip behind it or not, or <type>.csv of a type we know.
func parseName(name string) fileName {
	var f fileName
	stem := baseName(name)
	for {
		i := strings.LastIndexByte(stem, '.')
		if i <= 0 {
			break
		}
		switch strings.ToLower(stem[i:]) {
		case ".json", ".jsonl", ".ndjson":
			f.json = true
		case ".csv", ".txt", ".gz", ".zip":
		default:
			i = -1
		}
		if i < 0 {
			break
		}
		stem = stem[:i]
	}
	if len(stem) > 11 && stem[10] == '-' {
		if date, err := time.Parse(time.DateOnly, stem[:10]); err == nil {
			f.date, f.rest = date, stem[11:]
			first, _, _ := strings.Cut(f.rest, "-")
			if typ, ok := typeName(first); ok {
				f.typ = typ
			}
			return f
		}
	}
	if info, ok := LookupType(strings.ToLower(stem)); ok {
		f.typ = info.Name
	}
	return f
}

// series keeps the number that a split report has behind its type: each number
// is a part of its own, and what is absent from one part may be in another.
func (f fileName) series(format string) string {
	s := f.rest
	if format == FormatShadowserver {
		_, s, _ = strings.Cut(s, "-")
	}
	return tidy(s)
}

func baseName(name string) string {
	return name[strings.LastIndexAny(name, `/\`)+1:]
}
