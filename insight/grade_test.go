package insight

import (
	"testing"
	"time"
)

func TestGradeByRule(t *testing.T) {
	for _, c := range []struct {
		solved, wrong int64
		want          string
	}{
		{0, 0, "F"}, {19, 0, "F"}, {20, 0, "A"}, {98, 2, "A"}, {97, 3, "B"}, {95, 5, "B"}, {90, 10, "C"}, {89, 11, "D"}, {75, 25, "D"}, {74, 26, "E"}, {0, 20, "E"},
	} {
		if got := gradeOf(Reliabilities, c.solved, c.wrong); got != c.want {
			t.Errorf("%d solved, %d false alarms: %s, want %s", c.solved, c.wrong, got, c.want)
		}
	}
	if got := gradeOf(Credibilities, 74, 26); got != "5" {
		t.Errorf("a type: %s", got)
	}
	for _, bad := range [][2]string{{"", "1"}, {"scan_rdp", "A"}, {"", "G"}, {"", "AB"}} {
		if isGrade(bad[0], bad[1]) {
			t.Errorf("%q is a grade of %q", bad[1], bad[0])
		}
	}
}

func TestTimesFromAHistogram(t *testing.T) {
	bounds := []time.Duration{time.Hour, 2 * time.Hour, 4 * time.Hour}
	for _, c := range []struct {
		h    Histogram
		q    float64
		want time.Duration
		ok   bool
	}{
		{nil, 0.5, 0, false},
		{Histogram{0, 0, 0, 0}, 0.5, 0, false},
		{Histogram{10, 0, 0, 0}, 0.5, 30 * time.Minute, true},
		{Histogram{0, 0, 10, 0}, 0.5, 3 * time.Hour, true},
		{Histogram{5, 0, 5, 0}, 0.5, time.Hour, true},
		{Histogram{5, 0, 5, 0}, 0.9, 2*time.Hour + 96*time.Minute, true},
		{Histogram{1, 0, 0, 9}, 0.9, 4 * time.Hour, true},
	} {
		got, ok := c.h.Quantile(bounds, c.q)
		if ok != c.ok || got != c.want {
			t.Errorf("%v at %v: %v %v, want %v", c.h, c.q, got, ok, c.want)
		}
	}
}

func TestPointsOfAPeriod(t *testing.T) {
	by := map[int64]Day{}
	for d := int64(1000); d < 1365; d++ {
		by[d] = Day{Day: d, Seen: 1}
	}
	year := together(by, 1000, 1364)
	if n := len(year); n < 50 || n > 60 || year[n-1].Day != 1364 || year[n-1].Seen != 7 || year[0].Seen == 0 {
		t.Errorf("%d points, the last %+v", n, year[n-1])
	}
	if month := together(by, 1335, 1364); len(month) != 30 || month[29].Seen != 1 {
		t.Errorf("%d points", len(month))
	}
}
