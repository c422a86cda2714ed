package main

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"polder/directory"
	"polder/footprint"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/i18n"
	"polder/internal/mail"
	"polder/internal/web"
	"polder/notify"
	"polder/notify/feeds"
)

// demoSite is the pages of the demo.
type demoSite struct {
	*world
	site  *web.Site
	pages *web.Templates
}

// routes registers the pages of the demo: they exist nowhere else.
func (w *world) routes(site *web.Site) error {
	pages, err := web.ParseTemplates(demoPages, "templates/demo/*.html")
	if err != nil {
		return err
	}
	d := &demoSite{w, site, pages}
	site.Handle("GET /{$}", web.DemoOnly, d.home)
	site.Handle("POST /demo/next", web.DemoOnly, d.next)
	site.Handle("GET /demo/next", web.DemoOnly, d.progress)
	site.Handle("GET /demo/report/{id}/rejected.csv", web.DemoOnly, d.rejected)
	site.Handle("GET /demo/mail", web.DemoOnly, d.mailbox)
	site.Handle("GET /demo/mail/{number}", web.DemoOnly, d.mail)
	site.Handle("GET /demo/mail/{number}/html", web.DemoOnly, d.mailHTML)
	site.Handle("GET /demo/people", web.DemoOnly, d.people)
	site.Handle("POST /demo/people/{persona}", web.DemoOnly, d.be)
	site.Handle("POST /demo/yourself", web.DemoOnly, d.yourself)
	site.Handle("GET /demo/organisations", web.DemoOnly, d.organisations)
	site.Handle("GET /demo/organisation/{reference}", web.DemoOnly, d.organisation)
	return nil
}

// show renders a page of the demo.
func (d *demoSite) show(w http.ResponseWriter, r *http.Request, name, title string, data any) error {
	return d.site.Render(w, r, d.pages, name, web.Page{Title: title, Nav: nav(web.Printer(r), r), Wide: true, Data: data})
}

type homeView struct {
	Week                        []weekDay
	Day, Days                   int
	Date                        string
	More                        bool
	Today, That                 dayCounts // of the latest day, and of the one whose reports are listed
	Sent                        []inboxRow
	Organisations, Open, Closed int
	Reports, Lines              int64
	Mails                       int
	Bars                        []bar
	Shown                       int // day whose reports are listed
	ShownDate                   string
	Filter                      []web.Link
	List                        []reportRow
	Busiest                     []organisationRow
}

type weekDay struct {
	Number  int
	Name    string
	Done    bool
	Current bool
}

// dayCounts is what happened on one day.
type dayCounts struct {
	Reports, New, Again, Reopened, Confirms int
	Warnings, Reminders, Closings           int
}

// home shows how the country is doing.
func (d *demoSite) home(w http.ResponseWriter, r *http.Request) error {
	p := web.Printer(r)
	day, going := d.today()
	if going != nil && going.err == nil {
		http.Redirect(w, r, "/demo/next", http.StatusSeeOther)
		return nil
	}
	c, err := d.look(r.Context())
	if err != nil {
		return err
	}
	v := homeView{Day: day, Days: demoDays, Date: d.long(p, d.clock.now()), More: day < demoDays,
		Organisations: len(c.organisations), Mails: len(c.mails), Bars: c.bars(), Shown: day, Sent: d.someOf(p, c, day)}
	if n, err := strconv.Atoi(r.URL.Query().Get("day")); err == nil && n >= 1 && n <= day {
		v.Shown = n
	}
	v.ShownDate = d.long(p, d.at(v.Shown, 6, 0))
	for n := 1; n <= demoDays; n++ {
		v.Week = append(v.Week, weekDay{n, p.T("demo.weekday." + weekdayOf(d.at(n, 12, 0))), n <= day, n == day})
		if n <= day {
			v.Filter = append(v.Filter, web.Link{Text: p.T("demo.day.short", "Day", n), URL: "/?day=" + strconv.Itoa(n) + "#reports", Current: n == v.Shown})
		}
	}
	for _, b := range v.Bars {
		v.Open, v.Closed = v.Open+b.Open, v.Closed+b.Closed
	}
	all, err := d.reports(r.Context(), p)
	if err != nil {
		return err
	}
	for _, x := range all {
		v.Reports, v.Lines = v.Reports+1, v.Lines+x.Rows
	}
	v.List = d.onDay(all, v.Shown)
	v.Today, v.That = d.counts(c, d.onDay(all, day), day), d.counts(c, v.List, v.Shown)
	if v.Busiest = c.rows(); len(v.Busiest) > 8 {
		v.Busiest = v.Busiest[:8]
	}
	return d.show(w, r, "home", p.T("demo.home.title"), v)
}

// counts says what happened on a day, whose reports are given.
func (d *demoSite) counts(c *country, reports []reportRow, day int) dayCounts {
	n := dayCounts{Reports: len(reports)}
	for _, x := range reports {
		n.New, n.Again, n.Reopened = n.New+int(x.ExposuresNew), n.Again+int(x.ExposuresAgain), n.Reopened+int(x.ExposuresReopened)
	}
	for _, s := range c.letters {
		if !d.isOn(s.SentAt, day) {
			continue
		}
		switch s.Kind {
		case "warning":
			n.Warnings++
		case "reminder":
			n.Reminders++
		case "closing":
			n.Closings++
		}
	}
	for _, all := range c.exposures {
		for _, e := range all {
			if e.Confirmed && d.isOn(e.StateAt, day) {
				n.Confirms++
			}
		}
	}
	return n
}

// someOf picks three of a day's mails to begin with, to three organisations: of each kind the one to
// the smallest, and small ones besides, those in the reader's language first.
func (d *demoSite) someOf(p *i18n.Printer, c *country, day int) []inboxRow {
	rows := c.inbox(p, func(_ mail.Mail, s notify.Sent) bool { return s.Kind != "desk" && d.isOn(s.SentAt, day) })
	slices.SortStableFunc(rows, func(a, b inboxRow) int {
		foreign := func(x inboxRow) int {
			if x.Language == p.Lang() {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(foreign(a), foreign(b)), cmp.Compare(a.Organisation.Employees, b.Organisation.Employees))
	})
	var picked, others []inboxRow
	seen := map[string]bool{}
	for _, x := range rows {
		switch {
		case seen[x.Organisation.Reference]:
			continue
		case seen[x.Kind.Text]:
			others = append(others, x)
			continue
		}
		seen[x.Kind.Text], seen[x.Organisation.Reference] = true, true
		picked = append(picked, x)
	}
	for _, x := range others {
		if !seen[x.Organisation.Reference] {
			seen[x.Organisation.Reference] = true
			picked = append(picked, x)
		}
	}
	return picked[:min(3, len(picked))]
}

func weekdayOf(t time.Time) string {
	return [...]string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}[t.Weekday()]
}

// next starts the next day. Most often it is done at once; else a page shows how far it is.
func (d *demoSite) next(w http.ResponseWriter, r *http.Request) error {
	done := make(chan struct{})
	if d.begin() {
		go func() {
			defer close(done)
			if err := d.pass(context.WithoutCancel(r.Context())); err != nil {
				d.app.log.Error("the demo's next day broke off", "error", err)
			}
		}()
	}
	select {
	case <-done:
		http.Redirect(w, r, "/#today", http.StatusSeeOther)
	case <-time.After(600 * time.Millisecond):
		http.Redirect(w, r, "/demo/next", http.StatusSeeOther)
	}
	return nil
}

type progressView struct {
	Day           int
	Date          string
	Steps         []progressStep
	Report        string
	Read, Reports int
	Share         string
}

type progressStep struct {
	Text    string
	Done    bool
	Current bool
}

// progress shows how far the next day is; it looks again by itself, without a script.
func (d *demoSite) progress(w http.ResponseWriter, r *http.Request) error {
	p := web.Printer(r)
	_, going := d.today()
	switch {
	case going == nil:
		http.Redirect(w, r, "/#today", http.StatusSeeOther)
		return nil
	case going.err != nil:
		return fault.Wrap(fault.Unavailable, going.err, "demo.broken")
	}
	v := progressView{Day: going.day, Date: d.long(p, d.at(going.day, 6, 0)), Report: going.report, Read: going.read, Reports: going.reports}
	v.Share = strconv.Itoa(going.read * 100 / max(going.reports, 1))
	order := []string{"answers", "reports", "warnings", "daily"}
	at := slices.Index(order, going.step)
	for i, step := range order {
		v.Steps = append(v.Steps, progressStep{p.T("demo.step." + step), i < at, i == at})
	}
	w.Header().Set("Refresh", "1")
	return d.show(w, r, "progress", p.T("demo.progress.title"), v)
}

// rejected gives the lines of a report that could not be read, as CSV that a spreadsheet opens
// without running anything in it.
func (d *demoSite) rejected(w http.ResponseWriter, r *http.Request) error {
	id, err := db.ParseID(r.PathValue("id"))
	if err != nil {
		return fault.Hidden()
	}
	return web.CSV(w, "rejected-lines.csv", []string{"line", "reason", "raw"}, func(row func(...string) error) error {
		return d.app.notify.Rejected(r.Context(), "demo", id, func(x feeds.Reject) error { return row(strconv.FormatInt(x.Line, 10), x.Reason, x.Raw) })
	})
}

type mailboxView struct {
	Organisations []directory.Organisation // that have mail
	Chosen        string
	Rows          []inboxRow
	Pager         web.Pager
}

const inboxPage = 20

// mailbox lists the mails, newest first.
func (d *demoSite) mailbox(w http.ResponseWriter, r *http.Request) error {
	p := web.Printer(r)
	c, err := d.look(r.Context())
	if err != nil {
		return err
	}
	v := mailboxView{Chosen: r.URL.Query().Get("organisation")}
	for _, o := range c.organisations {
		if slices.ContainsFunc(c.mails, func(m mail.Mail) bool { return c.letters[m.MessageID].Organisation == o.ID }) {
			v.Organisations = append(v.Organisations, o)
		}
	}
	v.Rows = c.inbox(p, func(_ mail.Mail, s notify.Sent) bool {
		return v.Chosen == "" || c.organisation(s.Organisation).Reference == v.Chosen
	})
	page, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil || page < 1 {
		page = 1
	}
	from := min((page-1)*inboxPage, len(v.Rows))
	to := min(from+inboxPage, len(v.Rows))
	v.Pager = web.Pager{First: from + 1, Last: to, Total: len(v.Rows)}
	link := func(n int) string {
		return "/demo/mail?" + url.Values{"organisation": {v.Chosen}, "page": {strconv.Itoa(n)}}.Encode()
	}
	if from > 0 {
		v.Pager.Previous = link(page - 1)
	}
	if to < len(v.Rows) {
		v.Pager.Next = link(page + 1)
	}
	v.Rows = v.Rows[from:to]
	return d.show(w, r, "mailbox", p.T("demo.mail.title"), v)
}

type mailView struct {
	inboxRow
	Letter            notify.Sent
	Sender, Recipient string
	Text              []piece
	Signed            string // domain that signed it
	Answer            string // path of the feedback page, "" when there is none
	Newer             int    // numbers of the neighbours to the same organisation; 0: none
	Older             int
}

// mail shows a mail as its reader sees it.
func (d *demoSite) mail(w http.ResponseWriter, r *http.Request) error {
	p := web.Printer(r)
	m, err := d.numbered(r)
	if err != nil {
		return err
	}
	c, err := d.look(r.Context())
	if err != nil {
		return err
	}
	s := c.letters[m.MessageID]
	v := mailView{inboxRow: inboxRow{m, c.organisation(s.Organisation), kindOf(p, s), s.Language}, Letter: s, Sender: person(m.From), Recipient: person(m.To),
		Text: linked(m.Text, d.app.set.BaseURL)}
	if m.Header.Get("Dkim-Signature") != "" {
		v.Signed = demoDomain
	}
	if found := linkToken.FindString(m.Text); found != "" {
		v.Answer = found
	}
	own := c.inbox(p, func(_ mail.Mail, other notify.Sent) bool { return other.Organisation == s.Organisation })
	at := slices.IndexFunc(own, func(x inboxRow) bool { return x.Number == m.Number })
	if at > 0 {
		v.Newer = own[at-1].Number
	}
	if at >= 0 && at+1 < len(own) {
		v.Older = own[at+1].Number
	}
	return d.show(w, r, "mail", m.Subject, v)
}

func (d *demoSite) numbered(r *http.Request) (mail.Mail, error) {
	n, err := strconv.Atoi(r.PathValue("number"))
	if err == nil {
		if m, found := d.box.Mail(n); found {
			return m, nil
		}
	}
	return mail.Mail{}, fault.Hidden()
}

// mailHTML shows the HTML part by itself, as a mail program would: it may bring its own styles, and
// nothing else works in it but its links.
func (d *demoSite) mailHTML(w http.ResponseWriter, r *http.Request) error {
	m, err := d.numbered(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err = w.Write([]byte(m.HTML))
	return err
}

// organisations lists all of them.
func (d *demoSite) organisations(w http.ResponseWriter, r *http.Request) error {
	c, err := d.look(r.Context())
	if err != nil {
		return err
	}
	return d.show(w, r, "organisations", web.Printer(r).T("demo.organisations.title"), c.rows())
}

type organisationView struct {
	directory.Organisation
	Assets       []footprint.Asset
	Exposures    []exposureRow
	Open, Closed int
	Inbox        []inboxRow
}

// organisation shows what is watched for one, what was found and what was sent.
func (d *demoSite) organisation(w http.ResponseWriter, r *http.Request) error {
	p := web.Printer(r)
	o, err := d.app.directory.ByReference(r.Context(), r.PathValue("reference"))
	if err != nil {
		return err
	}
	c, err := d.look(r.Context())
	if err != nil {
		return err
	}
	v := organisationView{Organisation: o, Exposures: exposureRows(p, c.exposures[o.ID])}
	for _, e := range c.exposures[o.ID] {
		if isOpen(e) {
			v.Open++
		} else {
			v.Closed++
		}
	}
	if v.Assets, err = d.app.footprint.Of(r.Context(), o.ID, 1000); err != nil {
		return err
	}
	v.Inbox = c.inbox(p, func(_ mail.Mail, s notify.Sent) bool { return s.Organisation == o.ID && s.Kind != "desk" })
	return d.show(w, r, "organisation", o.Name, v)
}
