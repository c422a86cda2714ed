package notify

import (
	"context"
	"slices"
	"strings"
	"time"

	"polder/directory"
	"polder/internal/actor"
	"polder/internal/chart"
	"polder/internal/db"
	"polder/internal/i18n"
	"polder/internal/web"
	"polder/notify/feeds"
)

// trendDays is how far back the home of an organisation looks.
const trendDays = 90

// HomeLines returns what an organisation's first page asks to do about its exposures, in the caller's
// transaction.
func (n *Notify) HomeLines(ctx context.Context, tx *db.Tx, in actor.In) (lines []directory.Line, err error) {
	v := sight{in: in}
	if err := v.cover(ctx, tx, in.Organisation); err != nil {
		return nil, err
	}
	path := "/o/" + in.Organisation.String() + "/exposures?"
	unanswered, err := countBySeverity(ctx, tx, v, in.Organisation, Search{State: "unanswered"})
	if err != nil {
		return nil, err
	}
	rest := 0
	for severity, n := range unanswered {
		if severity != feeds.Critical && severity != feeds.High {
			rest = min(rest+n, mostCounted)
		}
	}
	for _, ask := range []struct {
		key    string
		search Search
		urgent int
		count  int
	}{
		{"critical", Search{State: "unanswered", Severity: feeds.Critical}, 100, min(unanswered[feeds.Critical], mostCounted)},
		{"high", Search{State: "unanswered", Severity: feeds.High}, 75, min(unanswered[feeds.High], mostCounted)},
		{"overdue", Search{State: "open", Overdue: true}, 70, -1},
		{"mine", Search{State: "open", Mine: true}, 45, -1},
		{"rest", Search{State: "unanswered"}, 35, rest},
	} {
		if ask.count < 0 {
			s, err := n.settle(ctx, tx, v, in.Organisation, ask.search)
			if err != nil {
				return nil, err
			}
			if ask.count, err = countFound(ctx, tx, v, in.Organisation, s, mostCounted); err != nil {
				return nil, err
			}
		}
		if ask.count > 0 {
			lines = append(lines, directory.Line{Key: "notify.portal.home." + ask.key, Count: ask.count, Path: path + ask.search.query().Encode(), Urgent: ask.urgent})
		}
	}
	return lines, nil
}

// HomeStanding returns how it stands with an organisation, for its first page, in the caller's
// transaction: what is open and was open, and when we last looked. Whoever may see a part of the
// assets hears no more than that part.
func (n *Notify) HomeStanding(ctx context.Context, tx *db.Tx, in actor.In) (func(say *i18n.Printer) directory.Standing, error) {
	v := sight{in: in}
	if err := v.cover(ctx, tx, in.Organisation); err != nil {
		return nil, err
	}
	open, err := countOpen(ctx, tx, v, in.Organisation)
	if err != nil {
		return nil, err
	}
	sources, last, err := lookedAt(ctx, tx, n.now().Add(-7*24*time.Hour))
	if err != nil {
		return nil, err
	}
	var days []Standings
	var watched int
	var look, renew time.Time
	if v.every {
		if days, err = n.trendOf(ctx, tx, in.Organisation, trendDays); err != nil {
			return nil, err
		}
		if watched, _, err = n.footprint.Watched(ctx, tx, in.Organisation); err != nil {
			return nil, err
		}
		if look, renew, err = n.footprint.Proofs(ctx, tx, in.Organisation); err != nil {
			return nil, err
		}
	}
	return func(say *i18n.Printer) (s directory.Standing) {
		const id = "notify.portal.home."
		for severity := feeds.Critical; severity >= feeds.Info; severity-- {
			if open[severity] > 0 {
				s.Open = append(s.Open, directory.Open{Severity: severity.String(), Count: upTo(say, open[severity]),
					Path: "/o/" + in.Organisation.String() + "/exposures?severity=" + severity.String()})
			}
		}
		looked := say.T(id + "looked_not")
		if sources > 0 {
			looked = say.N(id+"looked", sources, "At", say.DateTime(last))
		}
		s.Trend = trendChart(say, days, open)
		switch {
		case len(s.Open) > 0 || !v.every:
			s.Lines = append(s.Lines, looked)
			if len(s.Open) == 0 {
				s.Empty = &web.Empty{Title: say.T(id + "calm"), Text: say.T(id + "calm_part")}
			}
		case watched == 0:
			s.Empty = &web.Empty{Title: say.T("notify.portal.empty.none"), Text: say.T("notify.portal.empty.none_text")}
			s.Do, s.DoPath = say.T("notify.portal.empty.none_do"), "/o/"+in.Organisation.String()+"/assets/new"
		default:
			s.Empty = &web.Empty{Title: say.T(id + "calm"), Text: looked + " " + say.T(id+"calm_text")}
		}
		if watched > 0 {
			line := say.N(id+"proven", watched)
			if !look.IsZero() {
				line += " " + say.T(id+"look", "Date", say.Date(look))
			}
			if !renew.IsZero() {
				line += " " + say.T(id+"renew", "Date", say.Date(renew))
			}
			s.Lines = append(s.Lines, line)
		}
		return s
	}, nil
}

// upTo writes a count that was not counted further than mostCounted.
func upTo(say *i18n.Printer, n int) string {
	if n > mostCounted {
		return say.Number(mostCounted) + "+"
	}
	return say.Number(int64(n))
}

// shortDay is a day of this year for under a chart: "22 nov".
func shortDay(say *i18n.Printer, at time.Time) string {
	words := strings.Fields(say.Date(at))
	return words[0] + " " + string([]rune(words[1])[:3])
}

// trendChart draws the days; today as it stands now. It is empty when there was nothing on any day.
func trendChart(say *i18n.Printer, days []Standings, now map[feeds.Severity]int) (c chart.Chart) {
	if len(days) == 0 {
		return c
	}
	days = slices.Clone(days)
	last := &days[len(days)-1]
	for severity := feeds.Info; severity <= feeds.Critical; severity++ {
		last.Open[severity] = int64(now[severity])
	}
	const id = "notify.portal.home.trend."
	total := func(s Standings) (n int64) {
		for _, k := range s.Open {
			n += k
		}
		return n
	}
	most := int64(0)
	for severity := feeds.Critical; severity >= feeds.Info; severity-- {
		series := chart.Series{Name: say.T("web.severity." + severity.String()), Tone: severity.String()}
		any := false
		for _, d := range days {
			any = any || d.Open[severity] > 0
			series.Values = append(series.Values, float64(d.Open[severity]))
		}
		if any {
			c.Series = append(c.Series, series)
		}
	}
	if len(c.Series) == 0 {
		return chart.Chart{}
	}
	for _, d := range days {
		most = max(most, total(d))
		c.Labels, c.Ticks = append(c.Labels, say.Date(d.Day)), append(c.Ticks, shortDay(say, d.Day))
	}
	c.ID, c.Kind, c.Title, c.Head = "trend", chart.Stack, say.T(id+"title"), say.T(id+"day")
	c.Summary = say.T(id+"summary", "First", say.Number(total(days[0])), "Most", say.Number(most), "Now", say.Number(total(*last)))
	c.Note = say.T(id + "note")
	c.Format = func(v float64) string { return say.Number(int64(v)) }
	return c
}
