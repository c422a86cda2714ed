package main

import (
	"cmp"
	"context"
	"net/http"
	netmail "net/mail"
	"slices"
	"strconv"
	"strings"
	"time"

	"polder/directory"
	"polder/footprint"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/i18n"
	"polder/internal/mail"
	"polder/internal/web"
	"polder/notify"
	"polder/notify/advice"
	"polder/notify/feeds"
)

// country is all there is in the demo, read for one page. The country is small, so that each page
// can read all of it; the pages of a centre cannot.
type country struct {
	organisations []directory.Organisation // by reference
	exposures     map[db.ID][]notify.Exposure
	letters       map[string]notify.Sent // by Message-ID
	mails         []mail.Mail            // newest first
}

func (w *world) look(ctx context.Context) (*country, error) {
	c := &country{exposures: map[db.ID][]notify.Exposure{}, letters: map[string]notify.Sent{}, mails: w.box.Mails()}
	slices.Reverse(c.mails)
	var err error
	if c.organisations, err = w.app.directory.List(ctx, "", 1000); err != nil {
		return nil, err
	}
	err = w.app.notify.Exposures(ctx, "demo", audit.Read, db.ID{}, func(page []notify.Exposure) error {
		for _, e := range page {
			c.exposures[e.Organisation] = append(c.exposures[e.Organisation], e)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return c, w.app.notify.Notifications(ctx, "demo", audit.Read, func(page []notify.Sent) error {
		for _, s := range page {
			c.letters[s.MessageID] = s
		}
		return nil
	})
}

func (c *country) organisation(id db.ID) directory.Organisation {
	i := slices.IndexFunc(c.organisations, func(o directory.Organisation) bool { return o.ID == id })
	if i < 0 {
		return directory.Organisation{}
	}
	return c.organisations[i]
}

// isOpen tells whether something is still to be done about an exposure, as far as anybody knows.
func isOpen(e notify.Exposure) bool {
	switch e.State {
	case notify.StateNew, notify.StateOpen, notify.StateAcknowledged, notify.StateReopened:
		return true
	}
	return false
}

// bar is one line of the picture: how much of a severity is open and how much is not any more.
type bar struct {
	Severity     feeds.Severity
	Open, Closed int
	OpenWidth    string // per cent of the longest line
	ClosedAt     string
	ClosedWidth  string
}

func (c *country) bars() []bar {
	var list []bar
	longest := 1
	for s := feeds.Critical; s >= feeds.Info; s-- {
		b := bar{Severity: s}
		for _, all := range c.exposures {
			for _, e := range all {
				switch {
				case e.Severity != s:
				case isOpen(e):
					b.Open++
				default:
					b.Closed++
				}
			}
		}
		longest = max(longest, b.Open+b.Closed)
		list = append(list, b)
	}
	share := func(n int) string { return strconv.FormatFloat(float64(n)*100/float64(longest), 'f', 2, 64) }
	for i, b := range list {
		list[i].OpenWidth, list[i].ClosedAt, list[i].ClosedWidth = share(b.Open), share(b.Open), share(b.Closed)
	}
	return list
}

// row is an organisation in a list.
type organisationRow struct {
	directory.Organisation
	Worst        feeds.Severity // of what is open; Unknown when nothing is
	Open, Closed int
	Mails        int
}

// rows lists the organisations, those with most to do first.
func (c *country) rows() []organisationRow {
	mails := map[db.ID]int{}
	for _, s := range c.letters {
		if s.Kind != "desk" && !s.SentAt.IsZero() {
			mails[s.Organisation]++
		}
	}
	var list []organisationRow
	for _, o := range c.organisations {
		r := organisationRow{Organisation: o, Mails: mails[o.ID]}
		for _, e := range c.exposures[o.ID] {
			if !isOpen(e) {
				r.Closed++
				continue
			}
			r.Open++
			r.Worst = max(r.Worst, e.Severity)
		}
		list = append(list, r)
	}
	slices.SortStableFunc(list, func(a, b organisationRow) int {
		return cmp.Or(cmp.Compare(b.Worst, a.Worst), cmp.Compare(b.Open, a.Open), cmp.Compare(b.Mails, a.Mails))
	})
	return list
}

// exposureRow is an exposure as the demo shows it.
type exposureRow struct {
	Severity         feeds.Severity
	What, Type       string
	Where, Name, CVE string
	LastSeen         time.Time
	Count            int
	Status           web.Status
	Why              []string
	Provider         bool
}

func exposureRows(p *i18n.Printer, list []notify.Exposure) []exposureRow {
	rows := make([]exposureRow, 0, len(list))
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b notify.Exposure) int {
		open := func(e notify.Exposure) int {
			if isOpen(e) {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(open(a), open(b)), cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Address, b.Address), cmp.Compare(a.Port, b.Port))
	})
	for _, e := range list {
		r := exposureRow{Severity: e.Severity, What: titleOf(p, e.Type, e.Class), Type: e.Type, Where: whereOf(e), CVE: e.Vulnerability,
			LastSeen: e.LastSeen, Count: e.Count, Status: statusOf(p, e), Provider: e.Role == footprint.Provider}
		if e.Address != "" {
			r.Name = e.Name
		}
		if account := e.Account(); account != "" {
			r.Name = account
		}
		for _, x := range e.Reasons {
			r.Why = append(r.Why, whyOf(p, x))
		}
		rows = append(rows, r)
	}
	return rows
}

func titleOf(p *i18n.Printer, kind, class string) string {
	return advice.For(kind, class).Text[p.Lang()].Title
}

func whereOf(e notify.Exposure) string {
	s := cmp.Or(e.Address, e.Name)
	if e.Port == 0 {
		return s
	}
	if strings.Contains(s, ":") {
		s = "[" + s + "]"
	}
	return s + ":" + strconv.Itoa(e.Port)
}

func statusOf(p *i18n.Printer, e notify.Exposure) web.Status {
	look, id := "muted", "notify.state."+string(e.State)
	switch e.State {
	case notify.StateNew, notify.StateOpen:
		look = "open"
	case notify.StateReopened:
		look = "alarm"
	case notify.StateAcknowledged:
		look = "busy"
	case notify.StateSolved:
		look = "done"
		if e.Confirmed {
			id = "notify.state.confirmed"
		}
	}
	return web.Status{Kind: look, Text: p.T(id)}
}

func whyOf(p *i18n.Printer, r notify.Reason) string {
	id := "notify.page.reason." + r.Kind
	if r.Kind == "domain" {
		if r.On == r.Value {
			return p.T("notify.page.reason.domain.same", "On", r.On, "Date", p.Date(r.Since))
		}
		id += ".below"
	}
	return p.T(id, "On", r.On, "Value", r.Value, "Date", p.Date(r.Since))
}

// reportRow is a report in a list.
type reportRow struct {
	*notify.Report
	Path, Title string
}

// reports lists those that came in, in the order of reading.
func (w *world) reports(ctx context.Context, p *i18n.Printer) ([]reportRow, error) {
	all, err := w.app.notify.Reports(ctx, 1000)
	if err != nil {
		return nil, err
	}
	var list []reportRow
	for _, r := range slices.Backward(all) {
		row := reportRow{Report: r, Path: "/demo/report/" + r.ID.String() + "/rejected.csv", Title: p.T("demo.report.mixed")}
		if r.Type != "" {
			info, _ := feeds.LookupType(r.Type)
			row.Title = titleOf(p, r.Type, info.Class)
		}
		list = append(list, row)
	}
	return list, nil
}

func (w *world) onDay(all []reportRow, day int) (list []reportRow) {
	for _, r := range all {
		if w.isOn(r.ReceivedAt, day) {
			list = append(list, r)
		}
	}
	return list
}

// isOn tells whether a moment lies on a day, 1 to demoDays.
func (w *world) isOn(t time.Time, day int) bool {
	return !t.Before(w.at(day, 0, 0)) && t.Before(w.at(day+1, 0, 0))
}

// inboxRow is a mail in a list.
type inboxRow struct {
	mail.Mail
	Organisation directory.Organisation
	Kind         web.Status
	Language     string // of the mail; "" when we do not know it
}

// Who is the organisation that the mail is to; a person's address when it is about an account or a registration.
func (x inboxRow) Who() string {
	if x.Organisation.Name != "" {
		return x.Organisation.Name
	}
	return strings.Join(x.EnvelopeTo, ", ")
}

func (c *country) inbox(p *i18n.Printer, keep func(mail.Mail, notify.Sent) bool) []inboxRow {
	var rows []inboxRow
	for _, m := range c.mails {
		s := c.letters[m.MessageID]
		if keep == nil || keep(m, s) {
			rows = append(rows, inboxRow{m, c.organisation(s.Organisation), kindOf(p, s), s.Language})
		}
	}
	return rows
}

// person writes an address of a header without the marks that only mail programs need.
func person(header string) string {
	a, err := netmail.ParseAddress(header)
	switch {
	case err != nil:
		return header
	case a.Name == "":
		return a.Address
	}
	return a.Name + " <" + a.Address + ">"
}

func kindOf(p *i18n.Printer, s notify.Sent) web.Status {
	look := map[string]string{"warning": "open", "reminder": "alarm", "closing": "done", "desk": "busy"}[s.Kind]
	return web.Status{Kind: cmp.Or(look, "muted"), Text: p.T("demo.kind." + cmp.Or(s.Kind, "plain"))}
}

// piece is a part of a plain text: a link when it has a URL.
type piece struct{ Text, URL string }

// linked makes links of the addresses on our own site in a text, and of no others: in the demo the
// way from the mail to the page must be as short as in a mail program.
func linked(text, base string) []piece {
	var list []piece
	for {
		at := strings.Index(text, base+"/")
		if at < 0 {
			return append(list, piece{Text: text})
		}
		end := at + len(base)
		for end < len(text) && text[end] > ' ' && !strings.ContainsRune(`<>"`, rune(text[end])) {
			end++
		}
		list = append(list, piece{Text: text[:at]}, piece{Text: text[at:end], URL: text[at+len(base) : end]})
		text = text[end:]
	}
}

// nav leads through the demo.
func nav(p *i18n.Printer, r *http.Request) []web.Link {
	var links []web.Link
	for _, l := range []struct{ id, path string }{{"home", "/"}, {"mail", "/demo/mail"}, {"organisations", "/demo/organisations"}, {"people", "/demo/people"}, {"verify", "/verify"}} {
		links = append(links, web.Link{Text: p.T("demo.nav." + l.id), URL: l.path, Current: r.URL.Path == l.path})
	}
	return links
}

// long says a day as people do: "maandag 22 november 2026".
func (w *world) long(p *i18n.Printer, t time.Time) string {
	return p.T("demo.weekday."+weekdayOf(t.In(w.zone))) + " " + p.Date(t)
}
