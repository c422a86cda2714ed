package signin

import (
	"encoding/json"
	"net/http"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/web"
)

func (p *pages) accountRoutes() {
	fresh := web.SignedIn.Fresh()
	p.site.Handle("GET /account", web.SignedIn, p.showAccount)
	p.site.Handle("POST /account", web.SignedIn, p.describe)
	p.site.Handle("GET /account/mail", fresh, p.showMail)
	p.site.Handle("POST /account/mail", fresh, p.askMove)
	p.site.Handle("GET /account/mail/code", fresh, p.showMove)
	p.site.Handle("POST /account/mail/code", fresh, p.move)
	p.site.Handle("GET /account/sessions", web.SignedIn, p.showSessions)
	p.site.Handle("POST /account/sessions/{session}/end", web.SignedIn, p.endSession)
	p.site.Handle("POST /account/sessions/others", web.SignedIn, p.endOthers)
	p.site.Handle("GET /account/data", web.SignedIn, p.showData)
	p.site.Handle("GET /account/export", fresh, p.export)
	p.site.Handle("GET /account/forget", fresh, p.showForget)
	p.site.Handle("POST /account/forget", fresh, p.forget)
	p.site.Handle("POST /account/recovery/cancel", web.SignedIn, p.cancelLost)
}

// accountPage is what we know of the person.
type accountPage struct {
	Name    web.Field
	Lang    string
	Mail    string
	Staff   []string
	Factors Factors
	Waiting bool
	Notice  *web.Notice
}

func (p *pages) account(w http.ResponseWriter, r *http.Request, err error) error {
	f, fail := p.s.FactorsOf(r.Context())
	if fail != nil {
		return fail
	}
	waiting, fail := p.s.OpenLost(r.Context())
	if fail != nil {
		return fail
	}
	t, who := web.Printer(r), actor.From(r.Context())
	view := accountPage{Mail: who.Mail, Lang: who.Language, Factors: f, Waiting: waiting, Notice: said(r, "described", "moved", "cancelled"),
		Name: web.Field{Name: "name", Label: t.T("signin.field.name"), Value: who.Name, Autocomplete: "name", MaxLength: 100}}
	if view.Lang == "" {
		view.Lang = t.Lang()
	}
	for _, name := range who.Staff.Names() {
		view.Staff = append(view.Staff, t.T("signin.role."+name))
	}
	page := web.Page{Title: t.T("signin.account.title")}
	if err != nil {
		e, status, ok := wrong(r, err)
		if !ok {
			return err
		}
		view.Name.Value, view.Name.Error = r.PostFormValue("name"), e.Text
		page.Errors, page.Status = []web.FieldError{{Field: "name", Text: e.Text}}, status
	}
	page.Data = view
	return p.render(w, r, "account", page)
}

func (p *pages) showAccount(w http.ResponseWriter, r *http.Request) error {
	return p.account(w, r, nil)
}

func (p *pages) describe(w http.ResponseWriter, r *http.Request) error {
	if err := p.s.Describe(r.Context(), r.PostFormValue("name"), r.PostFormValue("language")); err != nil {
		return p.account(w, r, err)
	}
	return go303(w, r, "/account?done=described")
}

func (p *pages) mailForm(r *http.Request) (string, form) {
	t := web.Printer(r)
	return t.T("signin.move.title"), form{
		Lead: t.T("signin.move.lead", "Mail", actor.From(r.Context()).Mail), Action: "/account/mail", Button: t.T("signin.move.button"),
		Fields: []web.Field{{Name: "mail", Label: t.T("signin.move.field"), Value: r.PostFormValue("mail"), Type: "email", Autocomplete: "email", MaxLength: 254}},
		Notes:  []string{t.T("signin.move.why")},
	}
}

func (p *pages) showMail(w http.ResponseWriter, r *http.Request) error {
	title, f := p.mailForm(r)
	return p.ask(w, r, title, f)
}

func (p *pages) askMove(w http.ResponseWriter, r *http.Request) error {
	if err := p.s.AskMove(r.Context(), p.s.network(r), r.PostFormValue("mail")); err != nil {
		title, f := p.mailForm(r)
		return p.ask(w, r, title, f, err)
	}
	return go303(w, r, "/account/mail/code")
}

func (p *pages) showMoveWith(w http.ResponseWriter, r *http.Request, wrong error) error {
	m, err := p.s.moveOf(r.Context())
	if err != nil {
		return err
	}
	t := web.Printer(r)
	return p.ask(w, r, t.T("signin.code.title"), form{
		Lead: t.T("signin.move.sent", "Mail", m.Mail), Action: "/account/mail/code", Button: t.T("signin.code.button"), Fields: []web.Field{codeField(r, "signin.code.hint")},
		Ways: []web.Link{{Text: t.T("signin.move.again"), URL: "/account/mail"}},
	}, wrong)
}

func (p *pages) showMove(w http.ResponseWriter, r *http.Request) error {
	return p.showMoveWith(w, r, nil)
}

func (p *pages) move(w http.ResponseWriter, r *http.Request) error {
	if err := p.s.Move(r.Context(), r.PostFormValue("code")); err != nil {
		if fault.KindOf(err) != fault.Invalid {
			return err
		}
		return p.showMoveWith(w, r, err)
	}
	return go303(w, r, "/account?done=moved")
}

// sessionsPage is where the person is signed in.
type sessionsPage struct {
	List   []Session
	Here   db.ID
	Notice *web.Notice
}

func (p *pages) showSessions(w http.ResponseWriter, r *http.Request) error {
	who := actor.From(r.Context())
	list, err := p.s.Sessions(r.Context(), who.Account)
	if err != nil {
		return err
	}
	return p.render(w, r, "sessions", web.Page{Title: web.Printer(r).T("signin.sessions.title"), Wide: true, Data: sessionsPage{list, who.Session, said(r, "ended")}})
}

func (p *pages) endSession(w http.ResponseWriter, r *http.Request) error {
	id, err := db.ParseID(r.PathValue("session"))
	if err != nil {
		return fault.Hidden()
	}
	who := actor.From(r.Context())
	if id == who.Session {
		return p.leave(w, r)
	}
	found, err := p.s.endOne(r.Context(), who.Account, id)
	if err != nil {
		return err
	}
	if !found {
		return fault.Hidden()
	}
	return go303(w, r, "/account/sessions?done=ended")
}

func (p *pages) endOthers(w http.ResponseWriter, r *http.Request) error {
	who := actor.From(r.Context())
	if err := p.s.EndOthers(r.Context(), who.Account, who.Session); err != nil {
		return err
	}
	return go303(w, r, "/account/sessions?done=ended")
}

func (p *pages) showData(w http.ResponseWriter, r *http.Request) error {
	return p.render(w, r, "data", web.Page{Title: web.Printer(r).T("signin.data.title")})
}

func (p *pages) export(w http.ResponseWriter, r *http.Request) error {
	x, err := p.s.Export(r.Context())
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(x, "", "  ")
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="polder-account.json"`)
	_, err = w.Write(append(b, '\n'))
	return err
}

func (p *pages) showForget(w http.ResponseWriter, r *http.Request) error {
	t := web.Printer(r)
	return p.ask(w, r, t.T("signin.forget.title"), form{
		Lead: t.T("signin.forget.lead"), Action: "/account/forget", Button: t.T("signin.forget.button"),
		Notes: []string{t.T("signin.forget.gone"), t.T("signin.forget.kept")},
		Ways:  []web.Link{{Text: t.T("signin.forget.first"), URL: "/account/data"}},
	})
}

func (p *pages) forget(w http.ResponseWriter, r *http.Request) error {
	if err := p.s.Forget(r.Context()); err != nil {
		return err
	}
	p.s.dropCookie(w)
	p.s.dropWay(w)
	return go303(w, r, "/sign-in?done=forgotten")
}

func (p *pages) cancelLost(w http.ResponseWriter, r *http.Request) error {
	if err := p.s.CancelLost(r.Context()); err != nil {
		return err
	}
	return go303(w, r, "/account/sign-in?done=cancelled")
}
