package insight

import (
	"embed"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"polder/directory"
	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/chart"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/i18n"
	"polder/internal/web"
)

//go:embed templates/*.html
var templates embed.FS

// mostTypes is how many types stand on the page; the download has all.
const mostTypes = 100

type pages struct {
	i         *Insight
	site      *web.Site
	templates *web.Templates
}

// Routes puts the page on quality on the desk, its downloads, and the page on which an analyst grades a
// source.
func (i *Insight) Routes(site *web.Site) { i.routes(site) }

func (i *Insight) routes(site *web.Site) *pages {
	t, err := web.ParseTemplates(templates, "templates/*.html")
	if err != nil {
		panic(err) // the templates are embedded
	}
	p := &pages{i: i, site: site, templates: t}
	site.Handle("GET /desk/quality", web.Staff(Readers), p.quality)
	site.Handle("GET /desk/quality/tables/{table}", web.Staff(Readers), p.table)
	site.Handle("GET /desk/quality/sources/{source}", web.Staff(Judges), p.source)
	site.Handle("POST /desk/quality/sources/{source}", web.Staff(Judges), p.judge)
	site.Entry("/desk/quality", "insight.title")
	return p
}

type option struct {
	Value, Text string
	Chosen      bool
}

type row struct {
	TypeFigures
	Share, Median, Late, Link string
	Badge                     gradeView
}

type gradeView struct{ Letter, Text, Note string }

type sourceRow struct {
	Source
	Share, Median, Link string
	Badge               gradeView
}

type qualityPage struct {
	Periods, Sources, Types []option
	Figures                 []figure
	Trend                   chart.Chart
	BySource                []sourceRow
	ByType                  []row
	More                    int // types that are only in the download
	Opened                  []Opened
	Networks                chart.Bars
	Coverage                chart.Bars
	Measured                time.Time
	Judge, Any              bool
	CSV                     func(table string) string
}

type figure struct{ Text, Value, More string }

func filterOf(q url.Values) Filter {
	text := func(key string) string {
		s := db.Plain(q.Get(key))
		return s[:min(len(s), 100)]
	}
	f := Filter{Source: strings.ToValidUTF8(text("source"), ""), Type: strings.ToValidUTF8(text("type"), "")}
	if f.Days, _ = strconv.Atoi(q.Get("days")); !slices.Contains(Periods, f.Days) {
		f.Days = 30
	}
	return f
}

func (f Filter) query() url.Values {
	q := url.Values{"days": {strconv.Itoa(f.Days)}}
	if f.Source != "" {
		q.Set("source", f.Source)
	}
	if f.Type != "" {
		q.Set("type", f.Type)
	}
	return q
}

// share writes a part of a whole in per cent; "-" when there is no whole.
func share(say *i18n.Printer, part, whole int64) string {
	if whole <= 0 {
		return "-"
	}
	s := strconv.FormatFloat(100*float64(part)/float64(whole), 'f', 1, 64)
	if say.Lang() == i18n.Dutch {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s + "%"
}

func took(say *i18n.Printer, c Counts, d time.Duration) string {
	if !c.Timed {
		return "-"
	}
	return say.Duration(d)
}

func badge(say *i18n.Printer, g Grade) gradeView {
	v := gradeView{Letter: g.Letter(), Text: say.T("insight.grade_" + g.Letter())}
	if g.Given != "" && g.Given != g.ByRule {
		v.Note = say.T("insight.given", "Rule", g.ByRule)
	}
	return v
}

func (p *pages) quality(w http.ResponseWriter, r *http.Request) error {
	say := web.Printer(r)
	q, err := p.i.Quality(r.Context(), filterOf(r.URL.Query()))
	if err != nil {
		return err
	}
	return p.site.Render(w, r, p.templates, "quality", web.Page{Title: say.T("insight.title"), Wide: true, Data: viewOf(say, q, actor.From(r.Context()).Staff.Any(Judges))})
}

func viewOf(say *i18n.Printer, q Quality, judge bool) *qualityPage {
	v := &qualityPage{Judge: judge, Any: len(q.EachType) > 0, Measured: q.Covered.At}
	v.CSV = func(table string) string { return "/desk/quality/tables/" + table + ".csv?" + q.query().Encode() }
	for _, n := range Periods {
		v.Periods = append(v.Periods, option{strconv.Itoa(n), say.N("insight.days", n), n == q.Filter.Days})
	}
	v.Sources = append(v.Sources, option{"", say.T("insight.each_source"), q.Source == ""})
	v.Types = append(v.Types, option{"", say.T("insight.each_type"), q.Type == ""})
	for _, t := range q.EachType {
		v.Types = append(v.Types, option{t, t, t == q.Type})
	}
	for _, s := range q.Sources {
		v.Sources = append(v.Sources, option{s.Key, s.Name, s.Key == q.Source})
		if q.Source == "" || q.Source == s.Key {
			v.BySource = append(v.BySource, sourceRow{Source: s, Share: share(say, s.False, s.Settled()), Median: took(say, s.Counts, s.Median),
				Badge: badge(say, s.Grade), Link: "/desk/quality/sources/" + url.PathEscape(s.Key)})
		}
	}
	for n, t := range q.Types {
		if n == mostTypes {
			v.More = len(q.Types) - mostTypes
			break
		}
		one := q.Filter
		one.Source, one.Type = t.Source, t.Type
		v.ByType = append(v.ByType, row{TypeFigures: t, Share: share(say, t.False, t.Settled()), Median: took(say, t.Counts, t.Median), Late: took(say, t.Counts, t.Counts.Late),
			Badge: badge(say, t.Grade), Link: "/desk/quality?" + one.query().Encode()})
	}
	v.Figures = []figure{
		{say.T("insight.seen"), say.Number(q.All.Seen), ""},
		{say.T("insight.told"), say.Number(q.All.Told), ""},
		{say.T("insight.solved"), say.Number(q.All.Solved), ""},
		{say.T("insight.median"), took(say, q.All, q.All.Median), say.T("insight.late", "Time", took(say, q.All, q.All.Late))},
		{say.T("insight.false_share"), share(say, q.All.False, q.All.Settled()), say.T("insight.of_settled", "Count", say.Number(q.All.Settled()))},
	}
	v.Trend = trend(say, q)
	v.Opened = q.Opened[:min(len(q.Opened), mostTypes)]
	v.Networks = chart.Bars{Title: say.T("insight.networks_caption"), Head: [2]string{say.T("insight.network"), say.T("insight.findings")}, Label: say.T("insight.bar")}
	for _, n := range q.Networks {
		v.Networks.Rows = append(v.Networks.Rows, chart.Bar{Label: "AS" + strconv.FormatInt(n.ASN, 10), Text: say.Number(n.Count), Value: float64(n.Count), Tone: "water"})
	}
	v.Coverage = chart.Bars{Title: say.T("insight.coverage_caption"), Head: [2]string{say.T("insight.sector"), say.T("insight.covered")}, Label: say.T("insight.bar_share"), Common: 1}
	add := func(label string, c Coverage, tone string) {
		v.Coverage.Rows = append(v.Coverage.Rows, chart.Bar{Label: label, Tone: tone, Value: float64(c.Proven) / float64(max(c.Accepted, 1)),
			Text: say.T("insight.covered_of", "Share", share(say, c.Proven, c.Accepted), "Proven", say.Number(c.Proven), "Accepted", say.Number(c.Accepted))})
	}
	if q.Covered.Accepted > 0 {
		add(say.T("insight.all_sectors"), q.Covered, "water")
	}
	for _, c := range q.Coverage {
		add(sector(say, c.Sector), c, "grass")
	}
	return v
}

func sector(say *i18n.Printer, s string) string {
	if s == "" {
		return say.T("insight.no_sector")
	}
	return directory.Sectors.Label(s, say.Lang())
}

func trend(say *i18n.Printer, q Quality) chart.Chart {
	c := chart.Chart{ID: "trend", Title: say.T("insight.trend"), Kind: chart.Lines, Head: say.T("insight.day")}
	series := []chart.Series{{Name: say.T("insight.seen_short"), Tone: "water"}, {Name: say.T("insight.solved_short"), Tone: "grass"}, {Name: say.T("insight.false_short"), Tone: "high"}}
	for _, d := range q.Days {
		at := time.Unix(d.Day*86400, 0).UTC()
		c.Labels = append(c.Labels, say.Date(at))
		c.Ticks = append(c.Ticks, at.Format("2-1"))
		for i, n := range []int64{d.Seen, d.Solved, d.False} {
			series[i].Values = append(series[i].Values, float64(n))
		}
	}
	c.Series = series
	c.Format = func(x float64) string { return say.Number(int64(math.Round(x))) }
	c.Summary = say.T("insight.trend_says", "Seen", say.Number(q.All.Seen), "Solved", say.Number(q.All.Solved), "False", say.Number(q.All.False))
	if q.Filter.Days > 100 {
		c.Note = say.T("insight.by_week")
	}
	return c
}

// own is the TLP of what the centre counts itself.
const own = "AMBER"

// table downloads one of the tables of the page, all of it, with its TLP on each line.
func (p *pages) table(w http.ResponseWriter, r *http.Request) error {
	name, isCSV := strings.CutSuffix(r.PathValue("table"), ".csv")
	q, err := p.i.Quality(r.Context(), filterOf(r.URL.Query()))
	if err != nil {
		return err
	}
	var header []string
	var rows [][]string
	n := func(v int64) string { return strconv.FormatInt(v, 10) }
	hours := func(c Counts, d time.Duration) string {
		if !c.Timed {
			return ""
		}
		return strconv.FormatFloat(d.Hours(), 'f', 1, 64)
	}
	figures := []string{"seen", "told", "acknowledged", "solved", "false_alarms", "not_ours", "expired", "median_hours", "p90_hours"}
	of := func(c Counts) []string {
		return []string{n(c.Seen), n(c.Told), n(c.Acknowledged), n(c.Solved), n(c.False), n(c.NotOurs), n(c.Expired), hours(c, c.Median), hours(c, c.Late)}
	}
	switch name {
	case "sources":
		header = append([]string{"tlp", "source", "name", "reliability", "by_rule", "reason"}, figures...)
		for _, s := range q.Sources {
			rows = append(rows, append([]string{s.TLP, s.Key, s.Name, s.Grade.Letter(), s.Grade.ByRule, s.Grade.Reason}, of(s.Counts)...))
		}
	case "types":
		header = append([]string{"tlp", "source", "type", "credibility", "by_rule", "reason"}, figures...)
		for _, t := range q.Types {
			rows = append(rows, append([]string{t.TLP, t.Source, t.Type, t.Grade.Letter(), t.Grade.ByRule, t.Grade.Reason}, of(t.Counts)...))
		}
	case "trend":
		header = []string{"tlp", "until", "seen", "solved", "false_alarms"}
		for _, d := range q.Days {
			rows = append(rows, []string{own, time.Unix(d.Day*86400, 0).UTC().Format(time.DateOnly), n(d.Seen), n(d.Solved), n(d.False)})
		}
	case "opened":
		header = []string{"tlp", "type", "told", "by_link", "by_portal", "by_machine"}
		for _, o := range q.Opened {
			rows = append(rows, []string{own, o.Type, n(o.Told), n(o.Link), n(o.Portal), n(o.Machine)})
		}
	case "networks":
		header = []string{"tlp", "asn", "findings"}
		for _, x := range q.Networks {
			rows = append(rows, []string{own, "AS" + n(x.ASN), n(x.Count)})
		}
	case "coverage":
		header = []string{"tlp", "sector", "accepted", "proven"}
		for _, c := range q.Coverage {
			rows = append(rows, []string{own, c.Sector, n(c.Accepted), n(c.Proven)})
		}
	}
	if !isCSV || header == nil {
		return hidden()
	}
	err = p.i.db.Write(r.Context(), func(tx *db.Tx) error {
		return audit.Append(r.Context(), tx, audit.Event{At: p.i.now(), Action: audit.Export, Object: "quality " + name, Detail: fmt.Sprintf("%d rows", len(rows))})
	})
	if err != nil {
		return err
	}
	return web.CSV(w, "polder-quality-"+name+".csv", header, func(out func(...string) error) error {
		for _, x := range rows {
			if err := out(x...); err != nil {
				return err
			}
		}
		return nil
	})
}

type judgePage struct {
	Key, Name, Done string
	Of, Grades      []option
	Reason          web.Field
	Now             []judged
}

type judged struct {
	What   string
	Badge  gradeView
	Reason string
	At     time.Time
}

func (p *pages) source(w http.ResponseWriter, r *http.Request) error { return p.showSource(w, r) }

func (p *pages) showSource(w http.ResponseWriter, r *http.Request, wrong ...web.FieldError) error {
	say, key := web.Printer(r), r.PathValue("source")
	q, err := p.i.Quality(r.Context(), Filter{Days: 365, Source: key, brief: true})
	if err != nil {
		return err
	}
	at := slices.IndexFunc(q.Sources, func(s Source) bool { return s.Key == key })
	if at < 0 {
		return hidden()
	}
	s, kind, grade := q.Sources[at], r.FormValue("about"), r.FormValue("grade")
	v := judgePage{Key: key, Name: s.Name, Done: r.URL.Query().Get("done"),
		Reason: web.Field{Name: "reason", Label: say.T("insight.reason"), Hint: say.T("insight.reason_hint"), Value: r.PostFormValue("reason"), Type: "textarea", Rows: 3, MaxLength: mostReason, Required: true}}
	for _, x := range wrong {
		if x.Field == "reason" {
			v.Reason.Error = x.Text
		}
	}
	v.Of = append(v.Of, option{"", say.T("insight.the_source"), kind == ""})
	v.Now = append(v.Now, judged{say.T("insight.the_source"), badge(say, s.Grade), s.Grade.Reason, s.Grade.At})
	for _, t := range q.Types {
		v.Of = append(v.Of, option{t.Type, t.Type, t.Type == kind})
		v.Now = append(v.Now, judged{t.Type, badge(say, t.Grade), t.Grade.Reason, t.Grade.At})
	}
	v.Grades = append(v.Grades, option{"", say.T("insight.by_rule"), grade == ""})
	for _, g := range append(slices.Clone(Reliabilities), Credibilities...) {
		v.Grades = append(v.Grades, option{g, g + " - " + say.T("insight.grade_"+g), g == grade})
	}
	return p.site.Render(w, r, p.templates, "source", web.Page{Title: say.T("insight.source_title", "Source", s.Name), Wide: true, Under: "/desk/quality", Errors: wrong, Data: v})
}

func (p *pages) judge(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	key := r.PathValue("source")
	err := p.i.Judge(r.Context(), key, r.PostFormValue("about"), r.PostFormValue("grade"), r.PostFormValue("reason"))
	if fault.KindOf(err) == fault.Invalid {
		field := "reason"
		if r.PostFormValue("reason") != "" && len([]rune(r.PostFormValue("reason"))) <= mostReason {
			field = "grade"
		}
		return p.showSource(w, r, web.FieldError{Field: field, Text: web.Say(web.Printer(r), err)})
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/desk/quality/sources/"+url.PathEscape(key)+"?done=1", http.StatusSeeOther)
	return nil
}
