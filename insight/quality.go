package insight

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/notify"
)

// Readers may see the figures, and Judges may grade otherwise than they say.
const (
	Readers = actor.Analyst | actor.Adviser
	Judges  = actor.Analyst
)

// Periods are the numbers of days that one may look back.
var Periods = []int{7, 30, 90, 365}

// Filter says which figures somebody wants to see.
type Filter struct {
	Days         int    // one of Periods
	Source, Type string // "": each

	brief bool // no more than sources and types, with their grades
}

// Source is who reports.
type Source struct {
	Key, Name, TLP string
	Grade          Grade
	Counts
}

// Counts are sums over days. Each exposure counts on the day it was first seen, on the day it was last
// told of, and on the day on which it came to stand as it does.
type Counts struct {
	Seen, Told, Acknowledged, Solved, False, NotOurs, Expired int64
	Median, Late                                              time.Duration // half, and nine of ten, were solved within it
	Timed                                                     bool          // there is anything to reckon that from
}

func (c *Counts) add(o Counts) {
	c.Seen, c.Told, c.Acknowledged, c.Solved = c.Seen+o.Seen, c.Told+o.Told, c.Acknowledged+o.Acknowledged, c.Solved+o.Solved
	c.False, c.NotOurs, c.Expired = c.False+o.False, c.NotOurs+o.NotOurs, c.Expired+o.Expired
}

func (c *Counts) time(h Histogram) {
	c.Median, c.Timed = h.Quantile(notify.SolveBounds(), 0.5)
	c.Late, _ = h.Quantile(notify.SolveBounds(), 0.9)
}

// Settled is what was said to be a false alarm, or solved.
func (c Counts) Settled() int64 { return c.Solved + c.False }

// TypeFigures are those of one type of one source.
type TypeFigures struct {
	Source, Type, TLP string
	Grade             Grade
	Counts
}

// Day is one day, or some days together, of the chart.
type Day struct{ Day, Seen, Solved, False int64 }

// Opened is how often the advice of a type was opened, and how many exposures of it were told of.
type Opened struct {
	Type                        string
	Told, Link, Portal, Machine int64
}

// Network is how many findings in it concerned nobody.
type Network struct{ ASN, Count int64 }

// Coverage is how many organisations of a sector are served, and have proven assets.
type Coverage struct {
	Sector           string
	Accepted, Proven int64
	At               time.Time
}

// Quality is all figures of the page.
type Quality struct {
	Filter
	All      Counts
	Sources  []Source
	Types    []TypeFigures
	EachType []string // that there are in the period, whatever the filter
	Days     []Day
	Opened   []Opened
	Networks []Network
	Coverage []Coverage
	Covered  Coverage // all sectors together
}

// networkDays is how far back the networks go, and mostNetworks how many there are on the page.
const (
	networkDays  = 30
	mostNetworks = 25
)

// hidden is what does not exist, or not for the actor.
func hidden() error { return fault.Hidden() }

// Quality returns the figures. They are the centre's own, by source, type, sector and network: nobody's
// in particular.
func (i *Insight) Quality(ctx context.Context, f Filter) (q Quality, err error) {
	if !slices.Contains(Periods, f.Days) {
		f.Days = 30
	}
	q.Filter = f
	today := i.now().Unix() / 86400
	from, year := today-int64(f.Days)+1, today-364
	err = i.db.Read(ctx, func(tx *db.Tx) error {
		if !actor.From(ctx).Staff.Any(Readers) {
			return hidden()
		}
		kept := false
		if q, kept = i.years.get(f, i.now()); kept {
			return nil
		}
		q = Quality{Filter: f}
		if q.Sources, err = sources(ctx, tx); err != nil {
			return err
		}
		every, err := counts(ctx, tx, Filter{}, year) // for the grades, which do not change with what is asked
		if err != nil {
			return err
		}
		judged, err := given(ctx, tx)
		if err != nil {
			return err
		}
		if from != year {
			if q.Types, err = counts(ctx, tx, f, from); err != nil {
				return err
			}
		} else { // it was read just now
			for _, t := range every {
				if (f.Source == "" || f.Source == t.Source) && (f.Type == "" || f.Type == t.Type) {
					q.Types = append(q.Types, t)
				}
			}
		}
		if f.brief {
			q.grade(every, judged)
			return nil
		}
		hist := map[[2]string]Histogram{}
		if err := times(ctx, tx, f, from, hist); err != nil {
			return err
		}
		q.grade(every, judged)
		q.time(hist)
		byDay := map[int64]Day{}
		if err := perDay(ctx, tx, f, from, byDay); err != nil {
			return err
		}
		q.Days = together(byDay, from, today)
		if q.Opened, err = openings(ctx, tx, f.Type, from); err != nil {
			return err
		}
		q.told()
		if q.Networks, err = networks(ctx, tx, f, today-networkDays+1, mostNetworks); err != nil {
			return err
		}
		q.Coverage, err = coverage(ctx, tx)
		return err
	})
	if err != nil {
		return q, err
	}
	q.Covered = Coverage{}
	for _, c := range q.Coverage {
		q.Covered.Accepted, q.Covered.Proven, q.Covered.At = q.Covered.Accepted+c.Accepted, q.Covered.Proven+c.Proven, c.At
	}
	i.years.put(f, q, i.now())
	return q, nil
}

// grade gives sources and types their grades, from the figures of a year and by what analysts say.
func (q *Quality) grade(year []TypeFigures, judged map[[2]string]Grade) {
	bySource, byType := map[string]Counts{}, map[[2]string]Counts{}
	for _, t := range year {
		c := bySource[t.Source]
		c.add(t.Counts)
		bySource[t.Source], byType[[2]string{t.Source, t.Type}] = c, t.Counts
		if !slices.Contains(q.EachType, t.Type) {
			q.EachType = append(q.EachType, t.Type)
		}
	}
	slices.Sort(q.EachType)
	tlp := map[string]string{}
	for i := range q.Sources {
		s := &q.Sources[i]
		s.Grade = judged[[2]string{s.Key, ""}]
		s.Grade.ByRule = gradeOf(Reliabilities, bySource[s.Key].Solved, bySource[s.Key].False)
		tlp[s.Key] = s.TLP
	}
	for i := range q.Types {
		t := &q.Types[i]
		k := [2]string{t.Source, t.Type}
		t.Grade, t.TLP = judged[k], tlp[t.Source]
		t.Grade.ByRule = gradeOf(Credibilities, byType[k].Solved, byType[k].False)
	}
}

// time reckons times to solve, and sums up types into sources and all.
func (q *Quality) time(hist map[[2]string]Histogram) {
	all := Histogram(nil)
	sum := func(into *Histogram, h Histogram) {
		if *into == nil {
			*into = make(Histogram, len(h))
		}
		for i, n := range h {
			(*into)[i] += n
		}
	}
	for i := range q.Sources {
		var own Histogram
		for j := range q.Types {
			t := &q.Types[j]
			if t.Source != q.Sources[i].Key {
				continue
			}
			if h := hist[[2]string{t.Source, t.Type}]; h != nil {
				t.time(h)
				sum(&own, h)
				sum(&all, h)
			}
			q.Sources[i].add(t.Counts)
		}
		q.Sources[i].time(own)
		q.All.add(q.Sources[i].Counts)
	}
	q.All.time(all)
	slices.SortStableFunc(q.Types, func(a, b TypeFigures) int { return cmp.Compare(b.Seen, a.Seen) })
}

// told adds to openings how many exposures were told of.
func (q *Quality) told() {
	told := map[string]int64{}
	for _, t := range q.Types {
		told[t.Type] += t.Told
	}
	for i := range q.Opened {
		q.Opened[i].Told = told[q.Opened[i].Type]
	}
	slices.SortStableFunc(q.Opened, func(a, b Opened) int { return cmp.Compare(b.Link+b.Portal, a.Link+a.Portal) })
}

// together makes at most some 60 points of the days of a period: days, or weeks.
func together(byDay map[int64]Day, from, to int64) (list []Day) {
	step := int64(1)
	if to-from >= 100 {
		step = 7
		from = to - (to-from)/step*step // whole weeks, the last of which ends today
	}
	for at := from; at <= to; at += step {
		d := Day{Day: at}
		for k := at - step + 1; k <= at; k++ {
			d.Seen, d.Solved, d.False = d.Seen+byDay[k].Seen, d.Solved+byDay[k].Solved, d.False+byDay[k].False
		}
		list = append(list, d)
	}
	return list
}

// mostReason is how many characters a reason may have.
const mostReason = 500

// Judge grades a source (kind "") or one of its types otherwise than the figures say, with a reason;
// an empty grade leaves it to the figures again.
func (i *Insight) Judge(ctx context.Context, source, kind, grade, reason string) error {
	reason = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(reason, "")))
	return i.db.Write(ctx, func(tx *db.Tx) error {
		if !actor.From(ctx).Staff.Any(Judges) {
			return hidden()
		}
		list, err := sources(ctx, tx)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(list, func(s Source) bool { return s.Key == source }) {
			return hidden()
		}
		if kind != "" {
			known, err := counts(ctx, tx, Filter{Source: source, Type: kind}, 0)
			if err != nil {
				return err
			}
			if len(known) == 0 {
				return hidden()
			}
		}
		switch {
		case !isGrade(kind, grade):
			return fault.New(fault.Invalid, "insight.wrong_grade")
		case len(reason) == 0:
			return fault.New(fault.Invalid, "insight.wrong_reason")
		case len([]rune(reason)) > mostReason:
			return fault.New(fault.Invalid, "insight.wrong_long")
		}
		if err := insertGrade(ctx, tx, source, kind, grade, reason, i.now()); err != nil {
			return fmt.Errorf("keep a grade: %w", err)
		}
		i.years.forget()
		return audit.Append(ctx, tx, audit.Event{At: i.now(), Action: audit.Decide, Object: "source " + source, Detail: strings.TrimSpace("graded " + cmp.Or(grade, "by rule") + " " + kind)})
	})
}
