package insight

import (
	"slices"
	"time"
)

// The grades are those of NATO's system ("Admiralty"): a letter for the source, a digit for what it
// says. By rule they follow from the share of false alarms among what was settled in the last year:
// said to be a false alarm, or solved. What is not an organisation's own says something of our register,
// and nothing of the source.

// fewest is how many settled exposures it takes to judge.
const fewest = 20

// steps are the highest shares of false alarms for A or 1, B or 2, C or 3, D or 4; above is E or 5.
var steps = []float64{0.02, 0.05, 0.10, 0.25}

// Reliabilities and Credibilities are the grades, the best first, and then "cannot be judged".
var (
	Reliabilities = []string{"A", "B", "C", "D", "E", "F"}
	Credibilities = []string{"1", "2", "3", "4", "5", "6"}
)

// gradeOf is the grade by rule, one of the six given.
func gradeOf(grades []string, solved, falseAlarms int64) string {
	settled := solved + falseAlarms
	if settled < fewest {
		return grades[len(grades)-1]
	}
	share := float64(falseAlarms) / float64(settled)
	for i, most := range steps {
		if share <= most {
			return grades[i]
		}
	}
	return grades[len(steps)]
}

// Grade is a grade, by rule or by an analyst.
type Grade struct {
	ByRule, Given string // Given: "" without an analyst's
	Reason        string
	At            time.Time
}

// Letter is the grade that counts.
func (g Grade) Letter() string {
	if g.Given != "" {
		return g.Given
	}
	return g.ByRule
}

// Histogram counts times by the steps of notify.SolveBounds.
type Histogram []int64

// Quantile returns the time within which a part q of all was done, reckoned evenly within a step, and
// false when there is nothing. What took longer than the last step is put at its start.
func (h Histogram) Quantile(bounds []time.Duration, q float64) (time.Duration, bool) {
	var all int64
	for _, n := range h {
		all += n
	}
	if all <= 0 {
		return 0, false
	}
	want, before := q*float64(all), 0.0
	for i, n := range h {
		if n <= 0 || before+float64(n) < want {
			before += float64(n)
			continue
		}
		if i >= len(bounds) {
			break
		}
		var from time.Duration
		if i > 0 {
			from = bounds[i-1]
		}
		return from + time.Duration((want-before)/float64(n)*float64(bounds[i]-from)), true
	}
	return bounds[len(bounds)-1], true
}

func isGrade(kind, grade string) bool {
	if kind == "" {
		return grade == "" || slices.Contains(Reliabilities, grade)
	}
	return grade == "" || slices.Contains(Credibilities, grade)
}
