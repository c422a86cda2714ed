package outreach

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"polder/internal/db"
	"polder/internal/i18n"
	"polder/internal/web"
	"polder/notify"
	"polder/notify/feeds"
)

const perPage = 50

type sweepRow struct {
	Sweep
	URL    string
	Status web.Status
	What   string
	Share  int // of the reports read or the subjects looked up, percent
}

func rowOf(say *i18n.Printer, s Sweep) sweepRow {
	kind := map[string]string{"reading": "busy", "looking": "busy", "sending": "busy", "ready": "open", "failed": "alarm"}[s.State]
	row := sweepRow{Sweep: s, URL: deskPath + "/" + s.ID.String(), Status: web.Status{Kind: kind, Text: say.T("outreach.state." + s.State)}}
	var types []string
	for _, c := range s.Chosen {
		types = append(types, typeName(say, c.Type))
	}
	if row.What = strings.Join(types[:min(len(types), 3)], ", "); len(types) > 3 {
		row.What = say.T("outreach.list.and_more", "Types", row.What, "N", len(types)-3)
	}
	switch {
	case s.State == "reading" && s.Reports > 0:
		row.Share = 100 * s.ReportsDone / s.Reports
	case s.State == "looking" && s.Subjects > 0:
		row.Share = 100 * s.Looked / s.Subjects
	}
	return row
}

func typeName(say *i18n.Printer, t string) string {
	if t == "" {
		return say.T("outreach.type.mixed")
	}
	return t
}

type listPage struct {
	Rows []sweepRow
	Done string
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	say := web.Printer(r)
	list, err := p.o.Sweeps(r.Context())
	if err != nil {
		return err
	}
	view := listPage{Done: done(r)}
	for _, s := range list {
		view.Rows = append(view.Rows, rowOf(say, s))
	}
	return p.render(w, r, "list", web.Page{Title: say.T("outreach.list.title"), Wide: true, Data: view})
}

type option struct {
	Value, Text string
	Chosen      bool
}

type choiceRow struct {
	notify.Unmatched
	Value, Text, Title string
	Chosen             bool
}

type newPage struct {
	Days    []option
	Lowest  []option
	Choices []choiceRow
	Error   string // about the choices
}

func (p *pages) showNew(w http.ResponseWriter, r *http.Request) error { return p.askNew(w, r, nil) }

func (p *pages) askNew(w http.ResponseWriter, r *http.Request, bad []web.FieldError) error {
	say := web.Printer(r)
	days, lowest := daysOf(r), lowestOf(r)
	found, err := p.o.Choices(r.Context(), days)
	if err != nil {
		return err
	}
	view := newPage{Error: wrong(bad, "from-0")}
	for _, d := range Periods {
		view.Days = append(view.Days, option{strconv.Itoa(d), say.N("outreach.new.days", d), d == days})
	}
	for s := feeds.Critical; s >= feeds.Info; s-- {
		view.Lowest = append(view.Lowest, option{s.String(), say.T("web.severity." + s.String()), s == lowest})
	}
	for _, u := range found {
		value := u.Source + "/" + u.Type
		title := ""
		if u.Type != "" {
			title = textOf(u.Type, "", say.Lang()).Title
		}
		view.Choices = append(view.Choices, choiceRow{u, value, typeName(say, u.Type), title, slices.Contains(r.Form["from"], value)})
	}
	return p.render(w, r, "new", web.Page{Title: say.T("outreach.new.title"), Wide: true, Errors: bad, Under: deskPath, Data: view})
}

func daysOf(r *http.Request) int {
	if d, err := strconv.Atoi(r.FormValue("days")); err == nil && slices.Contains(Periods, d) {
		return d
	}
	return 7
}

func lowestOf(r *http.Request) feeds.Severity {
	if s, err := feeds.ParseSeverity(r.FormValue("lowest")); err == nil && s != feeds.Unknown {
		return s
	}
	return feeds.High
}

func (p *pages) start(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	if r.PostFormValue("count") != "" { // another period: count again, and keep what was ticked
		return p.askNew(w, r, nil)
	}
	var chosen []notify.Unmatched
	for _, value := range r.PostForm["from"] {
		source, t, _ := strings.Cut(value, "/")
		chosen = append(chosen, notify.Unmatched{Source: source, Type: t})
	}
	id, err := p.o.Start(r.Context(), chosen, lowestOf(r), daysOf(r))
	if err != nil {
		if bad := mend(r, err); bad != nil {
			return p.askNew(w, r, bad)
		}
		return err
	}
	http.Redirect(w, r, deskPath+"/"+id.String()+"?done=started", http.StatusSeeOther)
	return nil
}

type shelf struct {
	Name, Text, URL string
	Current         bool
}

type contactRow struct {
	Contact
	URL        string
	Confidence web.Status
	ReasonText string
}

type subjectRow struct {
	Subject
	URL    string
	Hands  []Candidate // pages and telephone numbers to go to by hand
	Reason string
}

type sweepPage struct {
	Row           sweepRow
	Shelves       []shelf
	List, Lead    string
	Contacts      []contactRow
	Subjects      []subjectRow
	High          int
	Approved      int
	Sendable      bool
	Under         bool // under way
	Next          string
	Done          string
	Path, MoreMax string
}

func (p *pages) show(w http.ResponseWriter, r *http.Request) error { return p.showSweep(w, r, nil) }

func (p *pages) showSweep(w http.ResponseWriter, r *http.Request, bad []web.FieldError) error {
	say := web.Printer(r)
	sweep, err := id(r, "sweep")
	if err != nil {
		return err
	}
	list := r.URL.Query().Get("list")
	if !slices.Contains(Lists, list) {
		list = ""
	}
	v, err := p.o.Show(r.Context(), sweep, list, readMark(r.URL.Query().Get("after")), perPage)
	if err != nil {
		return err
	}
	path := deskPath + "/" + sweep.String()
	view := sweepPage{Row: rowOf(say, v.Sweep), List: v.List, Lead: say.T("outreach.lead." + v.List), High: v.High, Approved: v.Counts["approved"], Path: path, Done: done(r),
		Sendable: v.Sweep.State == "ready" || v.Sweep.State == "sending", Under: v.Sweep.State == "reading" || v.Sweep.State == "looking" || v.Sweep.State == "sending",
		MoreMax: say.Number(mostSubjects)}
	for _, l := range Lists {
		if n := v.Counts[l]; n > 0 || l == "open" || l == v.List {
			view.Shelves = append(view.Shelves, shelf{l, say.T("outreach.shelf."+l, "N", say.Number(int64(n))), path + "?list=" + l, l == v.List})
		}
	}
	for _, c := range v.Contacts {
		view.Contacts = append(view.Contacts, contactRow{c, path + "/contacts/" + c.ID.String(), confidence(say, c.Confidence), reasonText(say, c.Reason)})
	}
	for _, s := range v.Subjects {
		row := subjectRow{Subject: s, URL: path + "/subjects/" + s.ID.String()}
		for _, c := range s.Candidates {
			if c.Confidence == ByHand {
				row.Hands = append(row.Hands, c)
			}
		}
		view.Subjects = append(view.Subjects, row)
	}
	if v.Next != nil {
		view.Next = path + "?" + url.Values{"list": {v.List}, "after": {v.Next.String()}}.Encode()
	}
	return p.render(w, r, "sweep", web.Page{Title: say.T("outreach.sweep.title", "Date", say.DateTime(v.Sweep.CreatedAt)), Wide: true, Errors: bad, Under: deskPath, Data: view})
}

// reasonText says a reason that the program gave, or what a person wrote.
func reasonText(say *i18n.Printer, reason string) string {
	if strings.HasPrefix(reason, "outreach.reason.") && say.Has(reason) {
		return say.T(reason)
	}
	return reason
}

func confidence(say *i18n.Printer, c Confidence) web.Status {
	kind := map[Confidence]string{High: "done", Medium: "busy", Low: "open", ByHand: "open"}[c]
	return web.Status{Kind: kind, Text: say.T("outreach.confidence." + c.String())}
}

// String is the mark as it stands in an address.
func (m Mark) String() string {
	return strconv.FormatInt(m.Severity, 10) + "." + strconv.FormatInt(m.Findings, 10) + "." + m.ID.String()
}

func readMark(s string) *Mark {
	part := strings.Split(s, ".")
	if len(part) != 3 {
		return nil
	}
	severity, err1 := strconv.ParseInt(part[0], 10, 32)
	findings, err2 := strconv.ParseInt(part[1], 10, 64)
	at, err3 := db.ParseID(part[2])
	if err1 != nil || err2 != nil || err3 != nil {
		return nil
	}
	return &Mark{severity, findings, at}
}

func (p *pages) approveSure(w http.ResponseWriter, r *http.Request) error {
	sweep, err := id(r, "sweep")
	if err != nil {
		return err
	}
	n, err := p.o.ApproveSure(r.Context(), sweep)
	if err != nil {
		return err
	}
	http.Redirect(w, r, deskPath+"/"+sweep.String()+"?list=approved&done=approved&n="+strconv.FormatInt(n, 10), http.StatusSeeOther)
	return nil
}

func (p *pages) send(w http.ResponseWriter, r *http.Request) error {
	sweep, err := id(r, "sweep")
	if err != nil {
		return err
	}
	if err := p.o.Send(r.Context(), sweep); err != nil {
		if bad := mend(r, err); bad != nil {
			return p.showSweep(w, r, bad)
		}
		return err
	}
	http.Redirect(w, r, deskPath+"/"+sweep.String()+"?list=queued&done=sent", http.StatusSeeOther)
	return nil
}
