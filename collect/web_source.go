package collect

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/i18n"
	"polder/internal/web"
)

const sourcesPath = "/desk/sources"

// sourceRoutes puts the desk's pages on sources on the site.
func (p *pages) sourceRoutes() {
	staff := web.Staff(actor.Analyst)
	const one = sourcesPath + "/{source}"
	p.site.Handle("GET "+sourcesPath, staff, p.sources)
	p.site.Handle("GET "+sourcesPath+"/new", staff.Fresh(), p.newSource)
	p.site.Handle("POST "+sourcesPath+"/new", staff.Fresh(), p.addSource)
	p.site.Handle("GET "+one, staff, p.source)
	p.site.Handle("GET "+one+"/edit", staff.Fresh(), p.editSource)
	p.site.Handle("POST "+one+"/edit", staff.Fresh(), p.changeSource)
	p.site.Handle("POST "+one+"/try", staff, p.act(func(r *http.Request, id db.ID) error { return p.c.Try(r.Context(), id) }, "tried"))
	p.site.Handle("POST "+one+"/on", staff, p.act(func(r *http.Request, id db.ID) error { return p.c.Switch(r.Context(), id, true) }, "on"))
	p.site.Handle("POST "+one+"/off", staff, p.act(func(r *http.Request, id db.ID) error { return p.c.Switch(r.Context(), id, false) }, "off"))
	p.site.Handle("POST "+one+"/remove", staff.Fresh(), p.remove)
	p.site.Handle("POST "+one+"/expect", staff, p.expect)
	p.site.Entry(sourcesPath, "collect.nav.sources")
}

type sourceRow struct {
	Key, URL, KindText, Where string
	Status                    web.Status
	Last                      Run
	LastText                  string
	Next                      time.Time
}

type alarmRow struct{ Title, Text, URL string }

type sourcesPage struct {
	Rows   []sourceRow
	Others []web.Link
	Alarms []alarmRow
	Desk   bool
	Done   string
}

func (p *pages) sources(w http.ResponseWriter, r *http.Request) error {
	say, ctx := web.Printer(r), r.Context()
	if !allowed(ctx) {
		return fault.Hidden()
	}
	view := sourcesPage{Desk: p.c.set.Desk != ""}
	if r.URL.Query().Get("done") == "removed" {
		view.Done = say.T("collect.done.removed")
	}
	err := p.c.db.Read(ctx, func(tx *db.Tx) error {
		list, err := allSources(ctx, tx)
		if err != nil {
			return err
		}
		last, err := lastRuns(ctx, tx)
		if err != nil {
			return err
		}
		for _, s := range list {
			view.Rows = append(view.Rows, rowOf(say, s, last[s.ID]))
		}
		keys, err := p.c.keys(ctx, tx, nil)
		for _, key := range keys {
			if !slices.ContainsFunc(list, func(s Source) bool { return s.Key == key }) {
				view.Others = append(view.Others, web.Link{Text: key, URL: sourcesPath + "/" + key})
			}
		}
		if err != nil {
			return err
		}
		alarms, err := openAlarms(ctx, tx)
		view.Alarms = alarmRows(say, alarms)
		return err
	})
	if err != nil {
		return err
	}
	return p.site.Render(w, r, p.templates, "sources", web.Page{Title: say.T("collect.sources.title"), Wide: true, Data: view})
}

func rowOf(say *i18n.Printer, s Source, last Run) sourceRow {
	row := sourceRow{Key: s.Key, URL: sourcesPath + "/" + s.Key, KindText: say.T("collect.kind." + string(s.Kind)), Where: whereOf(s), Last: last, LastText: outcomeText(say, last), Next: s.NextAt}
	switch {
	case !s.On():
		row.Status = web.Status{Kind: "off", Text: say.T("collect.state.off")}
	case last.ID.IsZero():
		row.Status = web.Status{Kind: "open", Text: say.T("collect.state.new")}
	case last.Outcome == Running:
		row.Status = web.Status{Kind: "busy", Text: say.T("collect.state.running")}
	case last.Outcome == Failed:
		row.Status = web.Status{Kind: "alarm", Text: say.T("collect.state.failed")}
	default:
		row.Status = web.Status{Kind: "done", Text: say.T("collect.state.good")}
	}
	return row
}

// whereOf is where a source is, without what stands behind the host in its address.
func whereOf(s Source) string {
	if u, err := url.Parse(s.Address); err == nil && u.Host != "" {
		return u.Host
	}
	return s.Address
}

func outcomeText(say *i18n.Printer, r Run) string {
	switch {
	case r.ID.IsZero():
		return ""
	case r.Outcome == Failed:
		return say.T("collect.why." + string(r.Reason))
	case r.Outcome == Delivered:
		return say.N("collect.delivered", int(r.Reports), "Lines", say.Number(r.Lines))
	case r.Outcome == Nothing && r.Again > 0:
		return say.N("collect.again", int(r.Again))
	}
	return say.T("collect.outcome." + string(r.Outcome))
}

func alarmRows(say *i18n.Printer, list []Alarm) (rows []alarmRow) {
	for _, a := range list {
		rows = append(rows, alarmRow{say.T("collect.alarm."+a.Kind+".title", "Source", a.Key), alarmText(say, a), sourcesPath + "/" + a.Key})
	}
	return rows
}

func alarmText(say *i18n.Printer, a Alarm) string {
	switch a.Kind {
	case "smaller":
		return say.T("collect.alarm.smaller.text", "Day", say.Date(a.Since), "Was", say.Number(a.Was), "Now", say.Number(a.Now))
	case "failing":
		return say.T("collect.alarm.failing.text", "Count", say.Number(a.Now), "Since", say.DateTime(a.Since))
	}
	return say.T("collect.alarm.late.text", "Since", say.DateTime(a.Since))
}

type runRow struct {
	Run
	Text  string
	Kind  string
	Bytes string
	Took  string
}

type sourcePage struct {
	Key, URL    string
	Pulled      bool
	Row         sourceRow
	Facts       []web.Link // Text and URL stand for a name and a value
	Mapping     string
	Sealed      bool
	Asked       bool // it is being asked, or will be in a moment
	On          bool
	Runs        []runRow
	Alarms      []alarmRow
	ExpectText  string
	Expect      web.Field
	Last        time.Time
	Done        string
	Learned     bool
	ReportsPath string
}

func (p *pages) source(w http.ResponseWriter, r *http.Request) error {
	return p.showSource(w, r, "")
}

func (p *pages) showSource(w http.ResponseWriter, r *http.Request, wrongHours string) error {
	say, ctx := web.Printer(r), r.Context()
	if !allowed(ctx) {
		return fault.Hidden()
	}
	key := r.PathValue("source")
	view := sourcePage{Key: key, URL: sourcesPath + "/" + key}
	err := p.c.db.Read(ctx, func(tx *db.Tx) error {
		s, err := sourceByKey(ctx, tx, key)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		if err == nil {
			if err := p.pulled(r, tx, s, &view); err != nil {
				return err
			}
		} else if keys, kerr := p.c.keys(ctx, tx, nil); kerr != nil || !slices.Contains(keys, key) {
			return either(kerr, fault.Hidden())
		}
		alarms, err := openAlarmsOf(ctx, tx, key)
		if err != nil {
			return err
		}
		for _, kind := range []string{"late", "smaller", "failing"} {
			if a, ok := alarms[kind]; ok {
				view.Alarms = append(view.Alarms, alarmRows(say, []Alarm{a})...)
			}
		}
		list, err := p.c.notify.Arrivals(ctx, tx, key, p.c.now().Add(-learnFrom))
		if err != nil {
			return err
		}
		x, err := p.c.expectation(ctx, tx, key, list)
		view.Learned = !x.Set
		view.Last = habit(list, p.c.now(), p.c.set.Location).Last
		view.ExpectText = expectText(say, x)
		view.Expect = web.Field{Name: "hours", Label: say.T("collect.expect.hours"), Hint: say.T("collect.expect.hint"), InputMode: "numeric", MaxLength: 4}
		if x.Set {
			view.Expect.Value = strconv.Itoa(x.Hours)
		}
		return err
	})
	if err != nil {
		return err
	}
	page := web.Page{Title: say.T("collect.source.title", "Source", key), Wide: true, Under: sourcesPath, Data: view}
	if wrongHours != "" {
		view.Expect.Value, view.Expect.Error = r.PostFormValue("hours"), wrongHours
		page.Errors, page.Data = []web.FieldError{{Field: "hours", Text: wrongHours}}, view
	}
	if done := r.URL.Query().Get("done"); slices.Contains([]string{"added", "changed", "tried", "on", "off", "expected"}, done) && wrongHours == "" {
		view.Done = say.T("collect.done." + done)
		page.Data = view
	}
	if view.Asked {
		w.Header().Set("Refresh", "5; url="+view.URL)
	}
	return p.site.Render(w, r, p.templates, "source", page)
}

// pulled fills in what there is of a source that we ask.
func (p *pages) pulled(r *http.Request, tx *db.Tx, s Source, view *sourcePage) error {
	say, ctx := web.Printer(r), r.Context()
	runs, err := latestRuns(ctx, tx, s.ID, 20)
	if err != nil {
		return err
	}
	var last Run
	for i, run := range runs {
		if i == 0 {
			last = run
		}
		row := runRow{Run: run, Text: outcomeText(say, run), Kind: map[Outcome]string{Running: "busy", Delivered: "done", Nothing: "open", Failed: "alarm"}[run.Outcome], Bytes: size(say, run.Bytes)}
		if !run.EndedAt.IsZero() {
			row.Took = say.T("collect.took", "Seconds", say.Number(int64(run.EndedAt.Sub(run.StartedAt).Round(time.Second)/time.Second)))
		}
		view.Runs = append(view.Runs, row)
	}
	view.Pulled, view.Row, view.On, view.Sealed, view.Mapping = true, rowOf(say, s, last), s.On(), len(s.Sealed) > 0, s.Mapping
	view.Asked = last.Outcome == Running && p.c.now().Sub(last.StartedAt) < longestPull || r.URL.Query().Get("done") == "tried" || len(runs) == 0 && s.On()
	fact := func(name, value string) {
		if value != "" {
			view.Facts = append(view.Facts, web.Link{Text: say.T("collect.field." + name), URL: value})
		}
	}
	fact("kind", say.T("collect.kind."+string(s.Kind)))
	fact("address", s.Address)
	fact("every", everyText(say, s))
	fact("user", s.Ways.User)
	fact("folder", s.Ways.Folder)
	fact("senders", strings.Join(s.Ways.Senders, ", "))
	fact("lists", strings.Join(s.Ways.Lists, ", "))
	if s.Ways.Auth != "" {
		fact("auth", say.T("collect.auth."+s.Ways.Auth))
	}
	fact("header", s.Ways.Header)
	fact("type", s.Type)
	fact("tlp", s.TLP)
	fact("licence", s.Licence)
	return nil
}

func expectText(say *i18n.Printer, x Expectation) string {
	switch {
	case x.Set && x.Hours == 0:
		return say.T("collect.expect.never")
	case x.Set:
		return say.N("collect.expect.set", x.Hours)
	case x.Hours > 0:
		return say.N("collect.expect.learned", x.Hours)
	}
	return say.T("collect.expect.unknown")
}

func everyText(say *i18n.Printer, s Source) string {
	if s.Every == 0 {
		return say.T("collect.every.daily_at", "Hour", strconv.Itoa(s.Hour))
	}
	return say.T("collect.every.each", "Time", say.Duration(s.Every))
}

// size is a number of bytes for people.
func size(say *i18n.Printer, n int64) string {
	switch {
	case n == 0:
		return ""
	case n < 10_000:
		return say.Number(n) + " B"
	case n < 10_000_000:
		return say.Number(n/1000) + " kB"
	}
	return say.Number(n/1_000_000) + " MB"
}

// act does something with a source and shows its page again.
func (p *pages) act(fn func(r *http.Request, id db.ID) error, done string) func(w http.ResponseWriter, r *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		s, err := p.c.Find(r.Context(), r.PathValue("source"))
		if err != nil {
			return err
		}
		if err := fn(r, s.ID); err != nil {
			return err
		}
		http.Redirect(w, r, sourcesPath+"/"+s.Key+"?done="+done, http.StatusSeeOther)
		return nil
	}
}

func (p *pages) remove(w http.ResponseWriter, r *http.Request) error {
	s, err := p.c.Find(r.Context(), r.PathValue("source"))
	if err != nil {
		return err
	}
	if err := p.c.Remove(r.Context(), s.ID); err != nil {
		return err
	}
	http.Redirect(w, r, sourcesPath+"?done=removed", http.StatusSeeOther)
	return nil
}

func (p *pages) expect(w http.ResponseWriter, r *http.Request) error {
	key, hours := r.PathValue("source"), -1
	if r.PostFormValue("answer") != "learn" {
		n, err := strconv.Atoi(strings.TrimSpace(r.PostFormValue("hours")))
		if err != nil || n < 0 || n > 24*92 {
			return p.showSource(w, r, web.Printer(r).T("collect.wrong.hours"))
		}
		hours = n
	}
	if err := p.c.Expect(r.Context(), key, hours); err != nil {
		return err
	}
	http.Redirect(w, r, sourcesPath+"/"+key+"?done=expected", http.StatusSeeOther)
	return nil
}

// mistakes are those of a form; other errors come back.
func mistakes(say *i18n.Printer, err error) ([]web.FieldError, error) {
	var m Mistakes
	if !errors.As(err, &m) {
		return nil, err
	}
	var list []web.FieldError
	for _, x := range m {
		list = append(list, web.FieldError{Field: x.Field, Text: say.T(x.Message)})
	}
	return list, nil
}
