package notify

import (
	"embed"
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
	"polder/notify/feeds"
)

//go:embed templates/desk/*.html
var deskTemplates embed.FS

// deskPages is the pages for those who work at the centre.
type deskPages struct {
	*pages
	templates *web.Templates
}

const outgoingPath = "/desk/outgoing"

func (p *pages) deskRoutes() *deskPages {
	t, err := web.ParseTemplates(deskTemplates, "templates/desk/*.html")
	if err != nil {
		panic(err) // the templates are embedded
	}
	d := &deskPages{pages: p, templates: t}
	analyst := web.Staff(actor.Analyst)
	p.site.Handle("GET "+outgoingPath, analyst, d.outgoing)
	p.site.Handle("POST "+outgoingPath+"/stop", analyst, d.stop)
	p.site.Handle("POST "+outgoingPath+"/holds", analyst, d.holdMany)
	p.site.Handle("POST "+outgoingPath+"/holds/{hold}/release", analyst.Fresh(), d.release)
	p.site.Handle("GET "+outgoingPath+"/{notification}", analyst, d.message)
	p.site.Handle("POST "+outgoingPath+"/{notification}/hold", analyst, d.holdOne)
	p.site.Handle("POST "+outgoingPath+"/{notification}/again", analyst, d.again)
	p.site.Handle("POST "+outgoingPath+"/{notification}/links", analyst, d.links)
	p.site.Entry(outgoingPath, "notify.outgoing.title")
	d.textRoutes()
	return d
}

func (p *deskPages) render(w http.ResponseWriter, r *http.Request, name string, page web.Page) error {
	page.Wide = true
	return p.site.Render(w, r, p.templates, name, page)
}

// outLists are the lists, in the order of the way of a message.
var outLists = []Delivery{Planned, Queued, Held, DeferredTo, Delivered, Bounced, Failed, Withdrawn}

// outSearchOf reads a search from an address; what makes no sense there is left out, but for a place to
// go on from.
func outSearchOf(q url.Values) (s OutSearch, err error) {
	s = OutSearch{List: Delivery(q.Get("list")), Source: cut(db.Plain(q.Get("source")), 40), Type: cut(db.Plain(q.Get("type")), 100), Organisation: cut(db.Plain(strings.TrimSpace(q.Get("organisation"))), 100)}
	if !slices.Contains(outLists, s.List) {
		s.List = Planned
	}
	day := func(name string) (at time.Time) {
		at, err := time.Parse(time.DateOnly, q.Get(name))
		if err != nil || at.Year() < 1971 || at.Year() > 2200 {
			return time.Time{}
		}
		return at
	}
	if s.From, s.Until = day("from"), day("until"); !s.Until.IsZero() {
		s.Until = s.Until.AddDate(0, 0, 1) // that day included
	}
	if q.Has("after") {
		parts := strings.Split(q.Get("after"), ".")
		if len(parts) != 3 {
			return s, hidden()
		}
		m := &OutMark{}
		var err1, err2, err3 error
		m.At, err1 = strconv.ParseInt(parts[0], 10, 64)
		m.One, err2 = db.ParseID(parts[1])
		m.Then, err3 = db.ParseID(parts[2])
		if errors.Join(err1, err2, err3) != nil {
			return s, hidden()
		}
		s.After = m
	}
	return s, nil
}

func (s OutSearch) query() url.Values {
	q := url.Values{"list": {string(s.List)}}
	for k, v := range map[string]string{"source": s.Source, "type": s.Type, "organisation": s.Organisation} {
		if v != "" {
			q.Set(k, v)
		}
	}
	if !s.From.IsZero() {
		q.Set("from", s.From.Format(time.DateOnly))
	}
	if !s.Until.IsZero() {
		q.Set("until", s.Until.AddDate(0, 0, -1).Format(time.DateOnly))
	}
	if s.After != nil {
		q.Set("after", strconv.FormatInt(s.After.At, 10)+"."+s.After.One.String()+"."+s.After.Then.String())
	}
	return q
}

type holdView struct {
	HoldRow
	What, Why, Waits, Action string
	Report                   bool
	Button                   string
}

type outRowView struct {
	URL, Title, Under, Whom, Reply string
	State                          web.Status
	Severity                       feeds.Severity
	At                             time.Time
}

type outgoingPage struct {
	Done, List, ListText           string
	Stop                           *holdView
	Waiting, Holds                 []holdView // runs that wait for a second analyst; all else that is held
	Tabs                           []web.Link
	Rows                           []outRowView
	Sources, Types, Scopes         []option
	Organisation, From, Until      string
	Narrowed, Unknown, Planned     bool
	First, Next                    string
	Subject, Reason, ReasonForStop web.Field
	HoldOpen, StopOpen             bool
	Empty                          web.Empty
}

func (p *deskPages) outgoing(w http.ResponseWriter, r *http.Request) error {
	return p.showOutgoing(w, r, nil, "")
}

// showOutgoing shows the page, with what is wrong with the form named.
func (p *deskPages) showOutgoing(w http.ResponseWriter, r *http.Request, wrong []web.FieldError, form string) error {
	say := web.Printer(r)
	s, err := outSearchOf(r.URL.Query())
	if err != nil {
		return err
	}
	o, err := p.n.Outgoing(r.Context(), s, perPage)
	if err != nil {
		return err
	}
	v := &outgoingPage{List: string(s.List), ListText: say.T("notify.outgoing.lead." + string(s.List)), Organisation: s.Organisation, Unknown: o.Unknown, Planned: s.List == Planned,
		Narrowed: s.Source != "" || s.Type != "" || s.Organisation != "" || !s.From.IsZero() || !s.Until.IsZero()}
	if done := r.URL.Query().Get("done"); done != "" && say.Has("notify.outgoing.done."+done) {
		v.Done = say.T("notify.outgoing.done." + done)
	}
	q := s.query()
	v.From, v.Until = q.Get("from"), q.Get("until")
	for _, list := range outLists {
		next := s
		next.List, next.After = list, nil
		v.Tabs = append(v.Tabs, web.Link{Text: say.T("notify.outgoing.tab."+string(list), "Count", countText(say, o.Counts[list])), URL: outgoingPath + "?" + next.query().Encode(), Current: list == s.List})
	}
	v.Sources, v.Types = choicesOf(say.T("notify.outgoing.each_source"), o.Sources, s.Source), choicesOf(say.T("notify.outgoing.each_type"), o.Types, s.Type)
	if o.Stopped != nil {
		h := holdViewOf(say, *o.Stopped, p.n.now())
		v.Stop = &h
	}
	for _, h := range o.Holds {
		if view := holdViewOf(say, h, p.n.now()); view.Report {
			v.Waiting = append(v.Waiting, view)
		} else {
			v.Holds = append(v.Holds, view)
		}
	}
	for _, row := range o.Rows {
		v.Rows = append(v.Rows, outRowOf(say, row))
	}
	if s.After != nil {
		first := s
		first.After = nil
		v.First = outgoingPath + "?" + first.query().Encode()
	}
	if o.Next != nil {
		s.After = o.Next
		v.Next = outgoingPath + "?" + s.query().Encode()
	}
	v.Empty = web.Empty{Title: say.T("notify.outgoing.none"), Text: say.T("notify.outgoing.none_text." + string(s.List))}
	if v.Narrowed {
		v.Empty = web.Empty{Title: say.T("notify.outgoing.none_found"), Text: say.T("notify.outgoing.none_found_text")}
	}
	if v.Unknown {
		v.Empty = web.Empty{Title: say.T("notify.hold.subject.organisation"), Text: say.T("notify.outgoing.none_found_text")}
	}
	p.forms(r, v, wrong, form)
	return p.render(w, r, "outgoing", web.Page{Title: say.T("notify.outgoing.title"), Errors: wrong, Data: v})
}

// forms fills in what was typed, and what is wrong with it.
func (p *deskPages) forms(r *http.Request, v *outgoingPage, wrong []web.FieldError, form string) {
	say := web.Printer(r)
	field := func(name, label string) web.Field {
		f := web.Field{Name: name, Label: say.T("notify.outgoing.form." + label), Hint: say.T("notify.outgoing.form." + label + "_hint"), Value: cut(r.PostFormValue(name), 1000), MaxLength: mostReason, Autocomplete: "off"}
		for _, e := range wrong {
			if e.Field == name {
				f.Error = e.Text
			}
		}
		return f
	}
	v.Subject, v.Reason, v.ReasonForStop = field("subject", "subject"), field("reason", "reason"), field("stop_reason", "stop_reason")
	v.HoldOpen, v.StopOpen = form == "hold", form == "stop"
	for _, scope := range []Scope{OfSource, OfType, OfOne} {
		v.Scopes = append(v.Scopes, option{Value: string(scope), Text: say.T("notify.outgoing.scope." + string(scope)), Chosen: string(scope) == r.PostFormValue("scope")})
	}
}

func countText(say *i18n.Printer, n int) string {
	if n > mostCounted {
		return say.Number(mostCounted) + "+"
	}
	return say.Number(int64(n))
}

func choicesOf(each string, list []string, chosen string) []option {
	options := []option{{Text: each}}
	for _, s := range list {
		options = append(options, option{s, s, s == chosen})
	}
	return options
}

func holdViewOf(say *i18n.Printer, h HoldRow, now time.Time) holdView {
	v := holdView{HoldRow: h, What: say.T("notify.outgoing.held."+string(h.Scope), "Name", h.Name), Why: h.Reason, Action: outgoingPath + "/holds/" + h.ID.String() + "/release",
		Report: h.Scope == OfReport, Button: say.T("notify.outgoing.release")}
	if h.By == "" || h.By == "polder" {
		v.By = say.T("notify.outgoing.by_nobody")
	}
	if h.Waiting > 0 {
		v.Waits = say.T("notify.outgoing.waits", "Count", countText(say, h.Waiting))
	}
	switch {
	case v.Report:
		v.Why = say.T("notify.outgoing.would", "Count", say.Number(h.Warned), "Most", say.Number(h.Most))
		switch {
		case h.FirstBy == "":
			v.Button = say.T("notify.outgoing.release_first")
		case h.Mine:
			v.Button = ""
		}
	case h.Scope == Everything:
		v.Button = say.T("notify.outgoing.go_on")
	}
	return v
}

func outRowOf(say *i18n.Printer, row OutRow) outRowView {
	v := outRowView{Whom: row.To.Name, Severity: severityOf(row.Severity), At: row.At}
	if row.ID.IsZero() { // planned
		v.Title = row.To.Name
		v.URL = outgoingPath + "?" + OutSearch{List: Planned, Organisation: row.To.ID.String()}.query().Encode()
		v.Under = say.N("notify.outgoing.exposures", row.Exposures)
		if row.More {
			v.Under = say.T("notify.outgoing.more_exposures", "Count", say.Number(int64(row.Exposures)))
		}
		v.Reply = strings.Join(row.Types, ", ")
		v.State = web.Status{Kind: "muted", Text: say.T("notify.outgoing.planned")}
		if row.Held > 0 {
			v.State = web.Status{Kind: "open", Text: say.T("notify.outgoing.kept", "Count", say.Number(int64(row.Held)))}
		}
		return v
	}
	v.URL, v.Title, v.Reply, v.At = outgoingPath+"/"+row.ID.String(), row.Subject, row.Reply, row.CreatedAt
	if !row.SentAt.IsZero() {
		v.At = row.SentAt
	}
	v.Under = say.T("notify.outgoing.kind."+row.Kind) + ", " + row.Recipient
	if v.Whom == "" {
		v.Whom = say.T("notify.outgoing.stranger")
	}
	v.State = outTag(say, row.State)
	return v
}

func outTag(say *i18n.Printer, d Delivery) web.Status {
	look := map[Delivery]string{Queued: "busy", Held: "open", Delivered: "done", DeferredTo: "open", Bounced: "alarm", Failed: "alarm", Withdrawn: "muted"}[d]
	return web.Status{Kind: look, Text: say.T("notify.outgoing.state." + string(d))}
}

// notMended turns a fault that a form can mend into what to show, and leaves the others.
func notMended(r *http.Request, err error, fields map[string]string) []web.FieldError {
	kind := fault.KindOf(err)
	if kind != fault.Invalid && kind != fault.Conflict {
		return nil
	}
	id, _ := fault.Public(err)
	say := web.Printer(r)
	if !say.Has(id) {
		return nil
	}
	field := ""
	for part, name := range fields {
		if strings.HasPrefix(id, part) {
			field = name
		}
	}
	return []web.FieldError{{Field: field, Text: say.T(id)}}
}

func (p *deskPages) stop(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	if err := p.n.Stop(r.Context(), r.PostFormValue("stop_reason")); err != nil {
		if wrong := notMended(r, err, map[string]string{"notify.hold.reason": "stop_reason"}); wrong != nil {
			return p.showOutgoing(w, r, wrong, "stop")
		}
		return err
	}
	http.Redirect(w, r, outgoingPath+"?done=stopped", http.StatusSeeOther)
	return nil
}

func (p *deskPages) holdMany(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	scope := Scope(r.PostFormValue("scope"))
	if scope == Everything || scope == OfMessage { // these have buttons of their own
		scope = ""
	}
	if _, err := p.n.Hold(r.Context(), Hold{Scope: scope, Subject: r.PostFormValue("subject"), Reason: r.PostFormValue("reason")}); err != nil {
		if wrong := notMended(r, err, map[string]string{"notify.hold.reason": "reason", "notify.hold.subject": "subject", "notify.hold.already": "subject", "notify.hold.scope": "scope"}); wrong != nil {
			return p.showOutgoing(w, r, wrong, "hold")
		}
		return err
	}
	http.Redirect(w, r, outgoingPath+"?done=held", http.StatusSeeOther)
	return nil
}

func (p *deskPages) release(w http.ResponseWriter, r *http.Request) error {
	id, err := warningID(r.PathValue("hold"))
	if err != nil {
		return err
	}
	what, err := p.n.Release(r.Context(), id)
	if err != nil {
		if wrong := notMended(r, err, nil); wrong != nil {
			return p.showOutgoing(w, r, wrong, "")
		}
		return err
	}
	http.Redirect(w, r, outgoingPath+"?done="+string(what), http.StatusSeeOther)
	return nil
}

type outMessagePage struct {
	OutDetail
	Done, Path, Whom, Kind string
	Hold                   *holdView
	Ways                   []outRowView
	Seen                   []string
	MoreText               string
	Answers                []string
	Reason                 web.Field
	CanHold                bool
	LinksText              string
}

func (p *deskPages) message(w http.ResponseWriter, r *http.Request) error {
	return p.showMessage(w, r, nil)
}

func (p *deskPages) showMessage(w http.ResponseWriter, r *http.Request, wrong []web.FieldError) error {
	id, err := warningID(r.PathValue("notification"))
	if err != nil {
		return err
	}
	say := web.Printer(r)
	d, err := p.n.OutgoingMessage(r.Context(), id)
	if err != nil {
		return err
	}
	v := &outMessagePage{OutDetail: d, Path: outgoingPath + "/" + id.String(), Whom: d.To.Name, Kind: say.T("notify.outgoing.kind." + d.Kind)}
	if v.Whom == "" {
		v.Whom = say.T("notify.outgoing.stranger")
	}
	if done := r.URL.Query().Get("done"); done != "" && say.Has("notify.outgoing.done."+done) {
		v.Done = say.T("notify.outgoing.done." + done)
	}
	for _, s := range d.Deliveries {
		row := outRowView{Title: s.Recipient, Reply: s.Reply, State: outTag(say, s.State), At: s.SentAt}
		if s.Attempts > 1 {
			row.Under = say.N("notify.outgoing.attempts", s.Attempts)
		}
		if row.At.IsZero() {
			row.At = s.NextAt
		}
		v.Ways = append(v.Ways, row)
		v.CanHold = v.CanHold || s.State == Queued || s.State == DeferredTo
	}
	for _, e := range d.Exposures {
		v.Seen = append(v.Seen, adviceText(e.Type, e.Class, say.Lang()).Title+": "+what(e)+" ("+say.T("notify.severity."+e.Severity.String())+")")
	}
	if d.More > 0 {
		v.MoreText = say.N("notify.outgoing.more", d.More)
	}
	for _, a := range d.Said {
		v.Answers = append(v.Answers, say.DateTime(a.At)+": "+say.T("notify.answer."+string(a.Answer)+".label"))
	}
	if d.Hold != nil {
		h := holdViewOf(say, *d.Hold, p.n.now())
		v.Hold, v.CanHold = &h, false
	}
	if d.Links > 0 {
		v.LinksText = say.N("notify.outgoing.links", d.Links)
	}
	v.Reason = web.Field{Name: "reason", Label: say.T("notify.outgoing.form.reason"), Hint: say.T("notify.outgoing.form.reason_hint"), MaxLength: mostReason, Value: cut(r.PostFormValue("reason"), 1000)}
	for _, e := range wrong {
		if e.Field == "reason" {
			v.Reason.Error = e.Text
		}
	}
	return p.render(w, r, "outgoing_message", web.Page{Title: d.Subject, Errors: wrong, Under: outgoingPath, Data: v})
}

// act does something with one message and leads back to it.
func (p *deskPages) act(w http.ResponseWriter, r *http.Request, done string, fn func(id db.ID) error) error {
	id, err := warningID(r.PathValue("notification"))
	if err != nil {
		return err
	}
	if err := web.ReadForm(r); err != nil {
		return err
	}
	if err := fn(id); err != nil {
		if wrong := notMended(r, err, map[string]string{"notify.hold.reason": "reason"}); wrong != nil {
			return p.showMessage(w, r, wrong)
		}
		return err
	}
	http.Redirect(w, r, outgoingPath+"/"+id.String()+"?done="+done, http.StatusSeeOther)
	return nil
}

func (p *deskPages) holdOne(w http.ResponseWriter, r *http.Request) error {
	return p.act(w, r, "held", func(id db.ID) error {
		_, err := p.n.Hold(r.Context(), Hold{Scope: OfMessage, Subject: id.String(), Reason: r.PostFormValue("reason")})
		return err
	})
}

func (p *deskPages) again(w http.ResponseWriter, r *http.Request) error {
	return p.act(w, r, "again", func(id db.ID) error { return p.n.SendAgain(r.Context(), id) })
}

func (p *deskPages) links(w http.ResponseWriter, r *http.Request) error {
	return p.act(w, r, "links", func(id db.ID) error {
		_, err := p.n.WithdrawLinks(r.Context(), id)
		return err
	})
}
