package outreach

import (
	"net/http"
	"strings"

	"polder/internal/i18n"
	"polder/internal/web"
)

type candidateView struct {
	Candidate
	SourceText string
	Status     web.Status
	Why        []string
	Current    bool
}

type subjectView struct {
	Subject
	Rows       []lineView
	Candidates []candidateView
	URL        string
	More       int
}

type lineView struct {
	Title, Where string
	Line         Line
}

func viewOf(say *i18n.Printer, s Subject, path, current string) subjectView {
	v := subjectView{Subject: s, URL: path + "/subjects/" + s.ID.String(), More: s.Findings - len(s.Evidence)}
	for _, l := range s.Evidence {
		where, _, _ := strings.Cut(describe(say, l), ": ")
		v.Rows = append(v.Rows, lineView{textOf(l.Type, l.Class, say.Lang()).Title, where, l})
	}
	for _, c := range s.Candidates {
		one := candidateView{Candidate: c, SourceText: say.T("outreach.source." + c.Source), Status: confidence(say, c.Confidence), Current: c.Address == current}
		for _, reason := range c.Reasons {
			if say.Has(reason) {
				one.Why = append(one.Why, say.T(reason))
			} else {
				one.Why = append(one.Why, say.T("outreach.why.code", "Code", reason))
			}
		}
		v.Candidates = append(v.Candidates, one)
	}
	return v
}

type groupPage struct {
	Group
	Path, Back string
	Confidence web.Status
	State      web.Status
	Subjects   []subjectView
	Rest       int // subjects that are not shown
	Languages  []option
	Reason     web.Field
	ReasonText string
	Reviewable bool
	Done       string
}

func (p *pages) contact(w http.ResponseWriter, r *http.Request) error {
	return p.showContact(w, r, nil)
}

func (p *pages) showContact(w http.ResponseWriter, r *http.Request, bad []web.FieldError) error {
	say := web.Printer(r)
	sweep, err := id(r, "sweep")
	if err != nil {
		return err
	}
	contact, err := id(r, "contact")
	if err != nil {
		return err
	}
	g, err := p.o.Group(r.Context(), sweep, contact)
	if err != nil {
		return err
	}
	back := deskPath + "/" + sweep.String()
	kind := map[string]string{"approved": "done", "queued": "done", "refused": "alarm", "open": "open"}[g.Contact.State]
	if kind == "" {
		kind = "busy"
	}
	view := groupPage{Group: g, Path: back + "/contacts/" + contact.String(), Back: back, Confidence: confidence(say, g.Contact.Confidence), Rest: g.Contact.Subjects - len(g.Subjects),
		State: web.Status{Kind: kind, Text: say.T("outreach.contact_state." + g.Contact.State)}, Reviewable: reviewable(g.Contact.State), Done: done(r), ReasonText: reasonText(say, g.Contact.Reason)}
	for _, s := range g.Subjects {
		view.Subjects = append(view.Subjects, viewOf(say, s, back, g.Contact.Address))
	}
	for _, l := range []string{"nl", "en"} {
		view.Languages = append(view.Languages, option{l, say.T("outreach.language." + l), l == g.Contact.Language})
	}
	view.Reason = web.Field{Name: "reason", Label: say.T("outreach.contact.reason"), Hint: say.T("outreach.contact.reason_hint"), MaxLength: 500, Value: r.PostFormValue("reason"), Error: wrong(bad, "reason"), Autocomplete: "off"}
	return p.render(w, r, "contact", web.Page{Title: g.Contact.Address, Wide: true, Errors: bad, Under: deskPath, Data: view})
}

func (p *pages) decide(w http.ResponseWriter, r *http.Request) error {
	sweep, err := id(r, "sweep")
	if err != nil {
		return err
	}
	contact, err := id(r, "contact")
	if err != nil {
		return err
	}
	if err := web.ReadForm(r); err != nil {
		return err
	}
	err = p.o.Decide(r.Context(), sweep, contact, r.PostFormValue("answer"), r.PostFormValue("language"), r.PostFormValue("reason"))
	if err != nil {
		if bad := mend(r, err); bad != nil {
			return p.showContact(w, r, bad)
		}
		return err
	}
	to := deskPath + "/" + sweep.String()
	if r.PostFormValue("answer") == "open" { // stays to look at the letter in the other language
		to += "/contacts/" + contact.String()
	}
	http.Redirect(w, r, to+"?done=decided", http.StatusSeeOther)
	return nil
}

type subjectPage struct {
	View            subjectView
	Path, Back      string
	StateText       string
	Choosable       bool
	Address, Reason web.Field
}

func (p *pages) subject(w http.ResponseWriter, r *http.Request) error {
	return p.showSubject(w, r, nil)
}

func (p *pages) showSubject(w http.ResponseWriter, r *http.Request, bad []web.FieldError) error {
	say := web.Printer(r)
	sweep, err := id(r, "sweep")
	if err != nil {
		return err
	}
	subject, err := id(r, "subject")
	if err != nil {
		return err
	}
	s, err := p.o.One(r.Context(), sweep, subject)
	if err != nil {
		return err
	}
	back := deskPath + "/" + sweep.String()
	view := subjectPage{View: viewOf(say, s, back, ""), Path: back + "/subjects/" + subject.String(), Back: back, StateText: say.T("outreach.subject_state." + s.State), Choosable: s.State == "found" || s.State == "none",
		Address: web.Field{Name: "address", Type: "email", Label: say.T("outreach.subject.address"), Hint: say.T("outreach.subject.address_hint"), MaxLength: 254, Value: r.PostFormValue("address"), Error: wrong(bad, "address"), Autocomplete: "off"},
		Reason:  web.Field{Name: "reason", Label: say.T("outreach.subject.reason"), Hint: say.T("outreach.subject.reason_hint"), MaxLength: 500, Value: r.PostFormValue("reason"), Error: wrong(bad, "reason"), Autocomplete: "off"}}
	return p.render(w, r, "subject", web.Page{Title: s.Value, Wide: true, Errors: bad, Under: deskPath, Data: view})
}

func (p *pages) choose(w http.ResponseWriter, r *http.Request) error {
	sweep, err := id(r, "sweep")
	if err != nil {
		return err
	}
	subject, err := id(r, "subject")
	if err != nil {
		return err
	}
	if err := web.ReadForm(r); err != nil {
		return err
	}
	if err := p.o.Choose(r.Context(), sweep, subject, r.PostFormValue("address"), r.PostFormValue("reason")); err != nil {
		if bad := mend(r, err); bad != nil {
			return p.showSubject(w, r, bad)
		}
		return err
	}
	http.Redirect(w, r, deskPath+"/"+sweep.String()+"?list=open&done=chosen", http.StatusSeeOther)
	return nil
}

type optOutRow struct {
	OptOut
	KindText, HowText string
}

type optOutPage struct {
	Find         web.Field
	Wish, Reason web.Field
	Asked, Out   bool
	Rows         []optOutRow
	Done         string
}

func (p *pages) optOuts(w http.ResponseWriter, r *http.Request) error {
	return p.showOptOuts(w, r, nil)
}

func (p *pages) showOptOuts(w http.ResponseWriter, r *http.Request, bad []web.FieldError) error {
	say := web.Printer(r)
	q := r.URL.Query().Get("q")
	asked, out, list, err := p.o.Refused(r.Context(), q)
	view := optOutPage{Done: done(r), Asked: asked, Out: out,
		Find:   web.Field{Name: "q", Label: say.T("outreach.optout.find"), Hint: say.T("outreach.optout.find_hint"), MaxLength: 254, Value: q, Autocomplete: "off"},
		Wish:   web.Field{Name: "wish", Label: say.T("outreach.optout.wish"), Hint: say.T("outreach.optout.wish_hint"), MaxLength: 254, Value: r.PostFormValue("wish"), Autocomplete: "off"},
		Reason: web.Field{Name: "reason", Label: say.T("outreach.optout.reason"), Hint: say.T("outreach.optout.reason_hint"), MaxLength: 500, Value: r.PostFormValue("reason"), Error: wrong(bad, "reason"), Autocomplete: "off"}}
	for i := range bad {
		if bad[i].Field == "address" {
			bad[i].Field = "wish"
		}
	}
	view.Wish.Error = wrong(bad, "wish")
	if err != nil {
		asking := mend(r, err)
		if asking == nil {
			return err
		}
		view.Find.Error = asking[0].Text
		bad = append(bad, web.FieldError{Field: "q", Text: asking[0].Text})
		if _, _, list, err = p.o.Refused(r.Context(), ""); err != nil {
			return err
		}
	}
	for _, o := range list {
		view.Rows = append(view.Rows, optOutRow{o, say.T("outreach.optout.kind_" + o.Kind), say.T("outreach.optout.how_" + o.How)})
	}
	return p.render(w, r, "optouts", web.Page{Title: say.T("outreach.optout.title"), Wide: true, Errors: bad, Under: deskPath, Data: view})
}

func (p *pages) refuse(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	if err := p.o.Refuse(r.Context(), r.PostFormValue("wish"), r.PostFormValue("reason")); err != nil {
		if bad := mend(r, err); bad != nil {
			return p.showOptOuts(w, r, bad)
		}
		return err
	}
	http.Redirect(w, r, deskPath+"/opt-outs?done=refused", http.StatusSeeOther)
	return nil
}
