package signin

import (
	"net/http"

	"polder/internal/actor"
	"polder/internal/web"
)

func (p *pages) lostRoutes() {
	p.secret("GET /sign-in/lost", p.showLost)
	p.secret("POST /sign-in/lost", p.askLost)
	p.secret("GET /sign-in/lost/code", p.showLostCode)
	p.secret("POST /sign-in/lost/code", p.proveLost)
	p.secret("GET /sign-in/lost/asked", p.showAsked)
	desk := web.Staff(vouchers)
	p.site.Handle("GET /desk/recovery", desk, p.showLosts)
	p.site.Handle("POST /desk/recovery/{recovery}/approve", desk.Fresh(), p.vouch)
	p.site.Handle("POST /desk/recovery/{recovery}/refuse", desk.Fresh(), p.refuseLost)
}

func (p *pages) lostForm(r *http.Request) (string, form) {
	t := web.Printer(r)
	return t.T("signin.lost.title"), form{
		Lead: t.T("signin.lost.lead"), Action: "/sign-in/lost", Button: t.T("signin.lost.button"),
		Fields: []web.Field{{Name: "mail", Label: t.T("signin.field.mail"), Value: r.PostFormValue("mail"), Type: "email", Autocomplete: "username", MaxLength: 254}},
		Notes:  []string{t.T("signin.lost.how"), t.T("signin.lost.why")},
		Ways:   []web.Link{{Text: t.T("signin.enter.recovery"), URL: "/sign-in/recovery"}},
	}
}

func (p *pages) showLost(w http.ResponseWriter, r *http.Request) error {
	title, f := p.lostForm(r)
	return p.ask(w, r, title, f)
}

func (p *pages) askLost(w http.ResponseWriter, r *http.Request) error {
	way, err := p.s.AskLost(r.Context(), p.s.network(r), r.PostFormValue("mail"), web.Printer(r).Lang())
	if err != nil {
		title, f := p.lostForm(r)
		return p.ask(w, r, title, f, err)
	}
	p.s.setWay(w, way)
	return go303(w, r, "/sign-in/lost/code")
}

func (p *pages) lostCodeForm(r *http.Request) (string, form) {
	t := web.Printer(r)
	return t.T("signin.lost.code_title"), form{
		Lead: t.T("signin.lost.code_lead"), Action: "/sign-in/lost/code", Button: t.T("signin.lost.send"),
		Fields: []web.Field{codeField(r, "signin.code.hint"),
			{Name: "statement", Label: t.T("signin.lost.statement"), Hint: t.T("signin.lost.statement_hint"), Value: r.PostFormValue("statement"), Type: "textarea", MaxLength: 2000}},
		Ways: []web.Link{{Text: t.T("signin.code.again"), URL: "/sign-in/lost"}},
	}
}

func (p *pages) showLostCode(w http.ResponseWriter, r *http.Request) error {
	if p.s.wayOf(r) == "" {
		return go303(w, r, "/sign-in/lost")
	}
	title, f := p.lostCodeForm(r)
	return p.ask(w, r, title, f)
}

func (p *pages) proveLost(w http.ResponseWriter, r *http.Request) error {
	if err := p.s.ProveLost(r.Context(), p.s.network(r), p.s.wayOf(r), r.PostFormValue("code"), r.PostFormValue("statement")); err != nil {
		title, f := p.lostCodeForm(r)
		return p.ask(w, r, title, f, err)
	}
	p.s.dropWay(w)
	return go303(w, r, "/sign-in/lost/asked")
}

func (p *pages) showAsked(w http.ResponseWriter, r *http.Request) error {
	return p.render(w, r, "asked", web.Page{Title: web.Printer(r).T("signin.lost.asked_title")})
}

// lostsPage is what staff decide on.
type lostsPage struct {
	List   []lostRow
	Notice *web.Notice
}

type lostRow struct {
	Lost
	State web.Status
	Mine  bool // the one who looks said yes first, or asks it itself: somebody else must decide
	Wait  bool // two have said yes
}

var lostKinds = map[LostState]string{LostAsked: "open", LostSeconded: "busy", LostWaiting: "busy"}

func (p *pages) showLosts(w http.ResponseWriter, r *http.Request) error {
	list, err := p.s.Losts(r.Context())
	if err != nil {
		return err
	}
	t, who := web.Printer(r), actor.From(r.Context())
	view := lostsPage{Notice: said(r, "vouched", "refused")}
	for _, l := range list {
		view.List = append(view.List, lostRow{Lost: l, State: web.Status{Kind: lostKinds[l.State], Text: t.T("signin.lost.state." + string(l.State))},
			Mine: l.FirstBy == who.Account || l.Account == who.Account, Wait: l.State == LostWaiting})
	}
	return p.render(w, r, "recovery", web.Page{Title: t.T("signin.losts.title"), Wide: true, Data: view})
}

func (p *pages) vouch(w http.ResponseWriter, r *http.Request) error {
	if err := p.s.Vouch(r.Context(), r.PathValue("recovery")); err != nil {
		return err
	}
	return go303(w, r, "/desk/recovery?done=vouched")
}

func (p *pages) refuseLost(w http.ResponseWriter, r *http.Request) error {
	if err := p.s.RefuseLost(r.Context(), r.PathValue("recovery")); err != nil {
		return err
	}
	return go303(w, r, "/desk/recovery?done=refused")
}
