package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"polder/testdata/demo"
)

// demoDays is how many days of reports the invented country has.
const demoDays = 7

// arrival is one report that comes in.
type arrival struct {
	name    string // of the file, as its source would call it
	source  string // key; "" for what the file itself tells
	mapping []byte
	content []byte
}

// arrivals makes the reports that come in on a day (1 to demoDays) as of the date.
func arrivals(day int, date time.Time) ([]arrival, error) {
	files, err := fs.Glob(demo.Files, "reports/*.txt")
	if err != nil {
		return nil, err
	}
	var list []arrival
	for _, file := range files {
		text, err := fs.ReadFile(demo.Files, file)
		if err != nil {
			return nil, err
		}
		content, lines, err := linesOf(text, day, date)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if lines == 0 {
			continue
		}
		a := arrival{content: content}
		stem := strings.TrimSuffix(path.Base(file), ".txt")
		switch mapping, err := fs.ReadFile(demo.Files, "reports/"+stem+".yaml"); {
		case err == nil:
			a.mapping, a.name = mapping, stem+"-"+date.Format(time.DateOnly)+".csv"
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		case strings.HasSuffix(stem, "-events"):
			a.source, a.name = strings.TrimSuffix(stem, "-events"), stem+"-"+date.Format(time.DateOnly)+".jsonl"
		default:
			a.name = date.Format(time.DateOnly) + "-" + stem + "-zilverwaard.csv"
		}
		list = append(list, a)
	}
	return list, nil
}

// linesOf takes the lines of one day out of a report, and tells how many are there for that day.
func linesOf(text []byte, day int, date time.Time) (content []byte, lines int, err error) {
	dates := strings.NewReplacer("{{date}}", date.Format(time.DateOnly), "{{datum}}", date.Format("02-01-2006"))
	var out bytes.Buffer
	for line := range strings.Lines(string(text)) {
		days, rest, found := strings.Cut(line, "|")
		if !found || strings.Trim(days, "*1234567") != "" {
			return nil, 0, fmt.Errorf("line %q does not begin with its days and a bar", line)
		}
		switch {
		case strings.Contains(days, fmt.Sprint(day)):
			lines++
		case days != "*":
			continue
		}
		out.WriteString(dates.Replace(rest))
	}
	return out.Bytes(), lines, nil
}
