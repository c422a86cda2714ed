package notify

import (
	"embed"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"polder/internal/chart"
	"polder/internal/db"
	"polder/internal/i18n"
	"polder/internal/web"
	"polder/notify/feeds"
)

//go:embed templates/reports/*.html
var reportTemplates embed.FS

// reportPages are the desk's pages about reports.
type reportPages struct {
	*pages
	templates *web.Templates
}

func (p *pages) reportRoutes() *reportPages {
	t, err := web.ParseTemplates(reportTemplates, "templates/reports/*.html")
	if err != nil {
		panic(err) // the templates are embedded
	}
	o := &reportPages{pages: p, templates: t}
	read := web.Staff(readsReports)
	p.site.Handle("GET /desk/reports", read, o.list)
	p.site.Handle("GET /desk/reports/{report}", read, o.one)
	p.site.Handle("GET /desk/reports/{report}/rejected.csv", read, o.rejected)
	p.site.Entry("/desk/reports", "notify.reports.title")
	return o
}

func (p *reportPages) render(w http.ResponseWriter, r *http.Request, name string, page web.Page) error {
	page.Wide = true
	return p.site.Render(w, r, p.templates, name, page)
}

// reportSearchOf reads a search from an address; what makes no sense there is left out, but for a place
// to go on from.
func reportSearchOf(q url.Values) (s ReportSearch, err error) {
	s.Source, s.Type = cut(db.Plain(q.Get("source")), 40), cut(db.Plain(strings.TrimSpace(q.Get("type"))), 100)
	for _, only := range []string{"drift", "rejected", "broken"} {
		if q.Get("only") == only {
			s.Only = only
		}
	}
	day := func(name string) int64 {
		at, err := time.Parse(time.DateOnly, q.Get(name))
		if err != nil || at.Year() <= 1970 || at.Year() > 2200 {
			return 0
		}
		return at.Unix() / 86400
	}
	s.From, s.Until = day("from"), day("until")
	if q.Has("after") {
		d, seq, ok := strings.Cut(q.Get("after"), ".")
		m := &ReportMark{}
		var err1, err2 error
		m.Day, err1 = strconv.ParseInt(d, 10, 64)
		m.Seq, err2 = strconv.ParseInt(seq, 10, 64)
		if !ok || err1 != nil || err2 != nil || m.String() != q.Get("after") {
			return s, hidden()
		}
		s.After = m
	}
	return s, nil
}

// String writes a place in the list for an address.
func (m ReportMark) String() string {
	return strconv.FormatInt(m.Day, 10) + "." + strconv.FormatInt(m.Seq, 10)
}

func (s ReportSearch) query() url.Values {
	q := url.Values{}
	put := func(k, v string) {
		if v != "" {
			q.Set(k, v)
		}
	}
	put("source", s.Source)
	put("type", s.Type)
	put("only", s.Only)
	put("from", dayText(s.From))
	put("until", dayText(s.Until))
	if s.After != nil {
		put("after", s.After.String())
	}
	return q
}

func dayText(day int64) string {
	if day == 0 {
		return ""
	}
	return dayTime(day).Format(time.DateOnly)
}

func dayTime(day int64) time.Time { return time.Unix(day*86400, 0).UTC() }

type reportRow struct {
	*Report
	URL, Title string
	DayText    string
	DriftText  string
	State      web.Status
}

type reportsPage struct {
	Sources, Types, Onlys []option
	From, Until           string
	Rows                  []reportRow
	First, Next           string
	Narrowed              bool
	Days                  *dayTable
	Trend                 *chart.Chart
}

func (p *reportPages) list(w http.ResponseWriter, r *http.Request) error {
	s, err := reportSearchOf(r.URL.Query())
	if err != nil {
		return err
	}
	say := web.Printer(r)
	l, err := p.n.ReportsLike(r.Context(), s, perPage)
	if err != nil {
		return err
	}
	v := &reportsPage{From: dayText(s.From), Until: dayText(s.Until)}
	v.Narrowed = len(s.query()) > 0
	v.Sources = []option{{"", say.T("notify.reports.every_source"), s.Source == ""}}
	for _, k := range l.Sources {
		v.Sources = append(v.Sources, option{k, k, k == s.Source})
	}
	v.Types = []option{{"", say.T("notify.reports.every_type"), s.Type == ""}}
	for _, k := range l.Types {
		v.Types = append(v.Types, option{k, k, k == s.Type})
	}
	for _, k := range []string{"", "drift", "rejected", "broken"} {
		name := k
		if k == "" {
			name = "each"
		}
		v.Onlys = append(v.Onlys, option{k, say.T("notify.reports.only." + name), k == s.Only})
	}
	for _, x := range l.List {
		v.Rows = append(v.Rows, reportRowOf(say, x))
	}
	if s.After != nil {
		first := s
		first.After = nil
		v.First = "/desk/reports?" + first.query().Encode()
	} else {
		if v.Days, v.Trend, err = p.days(r, s); err != nil {
			return err
		}
	}
	if l.Next != nil {
		next := s
		next.After = l.Next
		v.Next = "/desk/reports?" + next.query().Encode()
	}
	return p.render(w, r, "reports", web.Page{Title: say.T("notify.reports.title"), Data: v})
}

func reportRowOf(say *i18n.Printer, x *Report) reportRow {
	row := reportRow{Report: x, URL: "/desk/reports/" + x.ID.String(), Title: x.Type, State: reportState(say, x)}
	if x.Type == "" {
		row.Title = say.T("notify.reports.mixed")
	}
	if x.Drifts > 0 {
		row.DriftText = say.N("notify.reports.drifts", int(x.Drifts))
	}
	if x.Day != 0 {
		row.DayText = say.Date(dayTime(x.Day))
	}
	return row
}

func reportState(say *i18n.Printer, x *Report) web.Status {
	kind := map[string]string{"reading": "busy", "complete": "done", "broken": "alarm"}[x.State]
	return web.Status{Kind: kind, Text: say.T("notify.reports.state." + x.State)}
}

// shownDays is how many days the overview shows.
const shownDays = 30

// dayTable shows for each source, or each type of one, what came for each day.
type dayTable struct {
	Caption, Head string
	Heads         []dayHead
	Rows          []dayRow
	Missing       int
	Cut           bool
	Key           []string // the kinds of cells
}

type dayHead struct {
	Day   string // of the month
	Label string // in full
	Week  bool   // a Monday: a line before it
}

type dayRow struct {
	Name, Text, URL string
	Missing         int
	Cells           []dayCell
}

type dayCell struct {
	Kind  string // "some", "none", "missing", "broken", "drift", "rest"
	Text  string // for who cannot see it
	URL   string
	Week  bool
	Count int64
}

const mostDayRows = 60

// days looks at the last thirty days, of all sources or of one.
func (p *reportPages) days(r *http.Request, s ReportSearch) (*dayTable, *chart.Chart, error) {
	say := web.Printer(r)
	today := p.n.now().Unix() / 86400
	from := today - shownDays + 1
	list, err := p.n.ReportDays(r.Context(), s.Source, from, today)
	if err != nil || len(list) == 0 {
		return nil, nil, err
	}
	t := &dayTable{Key: []string{"some", "drift", "broken", "missing"}, Caption: say.T("notify.reports.days.sources"), Head: say.T("notify.reports.source")}
	if s.Source != "" {
		t.Caption, t.Head = say.T("notify.reports.days.types", "Source", s.Source), say.T("notify.reports.type")
	}
	trend := &chart.Chart{ID: "rows-per-day", Title: say.T("notify.reports.trend.title"), Kind: chart.Columns, Head: say.T("notify.reports.day"),
		Format: func(v float64) string { return say.Number(int64(v)) }}
	sum := make([]float64, shownDays)
	for d := from; d <= today; d++ {
		at := dayTime(d)
		t.Heads = append(t.Heads, dayHead{Day: strconv.Itoa(at.Day()), Label: say.Date(at), Week: at.Weekday() == time.Monday})
		trend.Labels = append(trend.Labels, say.Date(at))
		trend.Ticks = append(trend.Ticks, fmt.Sprintf("%d-%d", at.Day(), at.Month()))
	}
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].Name == list[0].Name {
			n++
		}
		for _, d := range list[:n] {
			sum[d.Day-from] += float64(d.Rows)
		}
		if len(t.Rows) < mostDayRows {
			row := p.dayRow(say, s, list[:n], from, today)
			t.Missing += row.Missing
			t.Rows = append(t.Rows, row)
		} else {
			t.Cut = true
		}
		list = list[n:]
	}
	best := 0
	for i, v := range sum {
		if v > sum[best] {
			best = i
		}
	}
	trend.Series = []chart.Series{{Name: say.T("notify.reports.rows"), Tone: "water", Values: sum}}
	trend.Summary = say.T("notify.reports.trend.summary", "Rows", say.Number(int64(sum[best])), "Day", trend.Labels[best])
	return t, trend, nil
}

// dayRow marks the days without a report of what comes on most days: those are what somebody should
// look after. Today is not over.
func (p *reportPages) dayRow(say *i18n.Printer, s ReportSearch, list []ReportDay, from, today int64) dayRow {
	name := list[0].Name
	row := dayRow{Name: name, Text: name}
	narrow := ReportSearch{Source: name}
	if s.Source != "" {
		narrow = ReportSearch{Source: s.Source, Type: name}
		if name == "" {
			row.Text = say.T("notify.reports.mixed")
		}
	}
	row.URL = "/desk/reports?" + narrow.query().Encode()
	first := list[0].Day
	usual := len(list) >= 3 && 2*int64(len(list)) >= today-first
	have := map[int64]ReportDay{}
	for _, d := range list {
		have[d.Day] = d
	}
	for day := from; day <= today; day++ {
		date := say.Date(dayTime(day))
		c := dayCell{Kind: "none", Week: dayTime(day).Weekday() == time.Monday}
		d, ok := have[day]
		switch {
		case ok:
			c.Count = d.Reports
			c.Kind = "some"
			if d.Drift {
				c.Kind = "drift"
			}
			if d.Broken {
				c.Kind = "broken"
			}
			at := narrow
			at.From, at.Until = day, day
			c.URL = "/desk/reports?" + at.query().Encode()
			c.Text = say.N("notify.reports.cell."+c.Kind, int(d.Reports), "Day", date, "Rows", say.Number(d.Rows))
		case usual && day > first && day < today:
			c.Kind = "missing"
			c.Text = say.T("notify.reports.cell.missing", "Day", date)
			row.Missing++
		default:
			c.Text = say.T("notify.reports.cell.none", "Day", date)
		}
		row.Cells = append(row.Cells, c)
	}
	return row
}

type reportPage struct {
	reportRow
	ReadingText, SizeText, RejectsText string
	SourceName                         string
	Sum                                string
	Drift                              []string
	Rejects                            []feeds.Reject
	RejectedCSV                        string
	Organisations                      string
	Messages                           []causedRow
	MessagesMore, RawKept              bool
	Same                               string // other reports of the same source and type
	Reading                            bool
}

type causedRow struct {
	Caused
	KindText string
}

func (p *reportPages) one(w http.ResponseWriter, r *http.Request) error {
	id, err := reportID(r)
	if err != nil {
		return err
	}
	f, err := p.n.ReportFile(r.Context(), id)
	if err != nil {
		return err
	}
	say := web.Printer(r)
	v := &reportPage{reportRow: reportRowOf(say, f.Report), SourceName: f.SourceName, Sum: fmt.Sprintf("%x", f.SHA256), Rejects: f.Rejects, RawKept: f.RawKept,
		MessagesMore: f.MessagesMore, Reading: f.State == "reading", Same: "/desk/reports?" + ReportSearch{Source: f.Source, Type: f.Type}.query().Encode()}
	v.ReadingText = say.N("notify.reports.reading_text", int(f.Rows), "Line", say.Number(f.LastLine))
	v.SizeText, v.RejectsText = say.N("notify.reports.bytes", int(f.Size)), say.N("notify.reports.rejects_all", int(f.Rejected))
	for _, d := range f.Report.Drift {
		v.Drift = append(v.Drift, say.T("notify.reports.drift."+d.Kind, "Name", d.Name))
	}
	if f.Rejected > 0 {
		v.RejectedCSV = v.URL + "/rejected.csv"
	}
	v.Organisations = say.N("notify.reports.warned", f.Organisations)
	if f.Organisations > mostCounted {
		v.Organisations = say.T("notify.reports.warned_more", "Count", say.Number(mostCounted))
	}
	for _, c := range f.Messages {
		v.Messages = append(v.Messages, causedRow{Caused: c, KindText: say.T("notify.reports.kind." + c.Kind)})
	}
	return p.render(w, r, "report", web.Page{Title: say.T("notify.reports.heading", "Name", f.Name), Data: v})
}

func reportID(r *http.Request) (db.ID, error) {
	id, err := db.ParseID(r.PathValue("report"))
	if err != nil || id.String() != r.PathValue("report") {
		return db.ID{}, hidden()
	}
	return id, nil
}

// rejected streams every rejected line with its reason.
func (p *reportPages) rejected(w http.ResponseWriter, r *http.Request) error {
	id, err := reportID(r)
	if err != nil {
		return err
	}
	say := web.Printer(r)
	header := []string{say.T("notify.reports.line"), say.T("notify.reports.reason"), say.T("notify.reports.raw")}
	return web.CSV(w, "rejected-"+id.String()[:8]+".csv", header, func(row func(values ...string) error) error {
		return p.n.RejectedOf(r.Context(), id, func(x feeds.Reject) error {
			return row(strconv.FormatInt(x.Line, 10), x.Reason, x.Raw)
		})
	})
}
