package signin

import (
	"net/http"

	"polder/internal/actor"
	"polder/internal/web"
)

func (p *pages) factorRoutes() {
	fresh := web.SignedIn.Fresh()
	p.site.Handle("GET /account/sign-in", web.SignedIn, p.showFactors)
	p.site.Handle("POST /account/passkeys/options", fresh, p.addPasskey)
	p.site.Handle("POST /account/passkeys", fresh, p.addedPasskey)
	p.site.Handle("POST /account/passkeys/{passkey}", fresh, p.renamePasskey)
	p.site.Handle("POST /account/passkeys/{passkey}/remove", fresh, p.removePasskey)
	p.site.Handle("GET /account/password", fresh, p.showNewPassword)
	p.site.Handle("POST /account/password", fresh, p.newPassword)
	p.site.Handle("POST /account/password/remove", fresh, p.removePassword)
	p.site.Handle("POST /account/app/new", fresh, p.newApp)
	p.site.Handle("GET /account/app", fresh, p.showNewApp)
	p.site.Handle("GET /account/app.svg", fresh, p.newAppPicture)
	p.site.Handle("POST /account/app", fresh, p.setNewApp)
	p.site.Handle("POST /account/codes", fresh, p.newCodes)
	p.site.Handle("GET /account/codes", fresh, p.showCodes)
	p.site.Handle("POST /account/codes/saved", web.SignedIn, p.savedCodes)
}

// factorsPage is the person's ways to sign in.
type factorsPage struct {
	Factors
	Most    int
	Full    bool
	Add     passkeyButton
	Notice  *web.Notice
	Others  bool // offer to end the other sessions
	Waiting bool // somebody asked for new access to this account
}

func (p *pages) showFactors(w http.ResponseWriter, r *http.Request) error {
	return p.factors(w, r, nil)
}

func (p *pages) factors(w http.ResponseWriter, r *http.Request, err error) error {
	f, fail := p.s.FactorsOf(r.Context())
	if fail != nil {
		return fail
	}
	waiting, fail := p.s.OpenLost(r.Context())
	if fail != nil {
		return fail
	}
	t := web.Printer(r)
	view := factorsPage{Factors: f, Most: mostPasskeys, Full: len(f.Passkeys) >= mostPasskeys, Waiting: waiting,
		Notice: said(r, "passkey", "renamed", "removed", "password", "app", "codes", "recovered", "cancelled", "ended"),
		Add:    passkeyButton{Act: "create", Options: "/account/passkeys/options", Finish: "/account/passkeys", Text: t.T("signin.factors.add"), Secondary: len(f.Passkeys) > 1}}
	switch r.URL.Query().Get("done") {
	case "passkey", "removed", "password", "app", "recovered":
		view.Others = true
	}
	page := web.Page{Title: t.T("signin.factors.title"), Scripts: []string{script}}
	if err != nil {
		e, status, ok := wrong(r, err)
		if !ok {
			return err
		}
		page.Errors, page.Status = []web.FieldError{{Text: e.Text}}, status
	}
	page.Data = view
	return p.render(w, r, "factors", page)
}

// changed goes back to the list of factors, or says there what is wrong.
func (p *pages) changed(w http.ResponseWriter, r *http.Request, done string, err error) error {
	if err != nil {
		return p.factors(w, r, err)
	}
	return go303(w, r, "/account/sign-in?done="+done)
}

func (p *pages) addPasskey(w http.ResponseWriter, r *http.Request) error {
	options, err := p.s.AddPasskey(r.Context())
	if err != nil {
		return err
	}
	return reply(w, options)
}

func (p *pages) addedPasskey(w http.ResponseWriter, r *http.Request) error {
	answer, err := answerOf(r)
	if err != nil {
		return err
	}
	codes, err := p.s.AddedPasskey(r.Context(), answer, passkeyNamed(r))
	if err != nil {
		return err
	}
	if codes {
		return reply(w, lead("/account/codes"))
	}
	return reply(w, lead("/account/sign-in?done=passkey"))
}

func (p *pages) renamePasskey(w http.ResponseWriter, r *http.Request) error {
	return p.changed(w, r, "renamed", p.s.RenamePasskey(r.Context(), r.PathValue("passkey"), r.PostFormValue("name")))
}

func (p *pages) removePasskey(w http.ResponseWriter, r *http.Request) error {
	return p.changed(w, r, "removed", p.s.RemovePasskey(r.Context(), r.PathValue("passkey")))
}

func (p *pages) showNewPassword(w http.ResponseWriter, r *http.Request) error {
	title, f := p.passwordForm(r, "/account/password")
	return p.ask(w, r, title, f)
}

func (p *pages) newPassword(w http.ResponseWriter, r *http.Request) error {
	more, err := p.s.SetPassword(r.Context(), r.PostFormValue("password"))
	if err != nil {
		title, f := p.passwordForm(r, "/account/password")
		return p.ask(w, r, title, f, err)
	}
	if more {
		return go303(w, r, "/account/app")
	}
	return go303(w, r, "/account/sign-in?done=password")
}

func (p *pages) removePassword(w http.ResponseWriter, r *http.Request) error {
	return p.changed(w, r, "removed", p.s.RemovePassword(r.Context()))
}

func (p *pages) newApp(w http.ResponseWriter, r *http.Request) error {
	if err := p.s.NewApp(r.Context()); err != nil {
		return err
	}
	return go303(w, r, "/account/app")
}

func (p *pages) showNewApp(w http.ResponseWriter, r *http.Request) error {
	x, err := p.s.settingOf(r.Context())
	if err != nil {
		return err
	}
	return p.setApp(w, r, "/account/app", x.Secret, nil)
}

func (p *pages) newAppPicture(w http.ResponseWriter, r *http.Request) error {
	x, err := p.s.settingOf(r.Context())
	if err != nil {
		return err
	}
	return p.picture(w, actor.From(r.Context()).Mail, x.Secret)
}

func (p *pages) setNewApp(w http.ResponseWriter, r *http.Request) error {
	codes, err := p.s.SetApp(r.Context(), r.PostFormValue("code"))
	if err != nil {
		x, gone := p.s.settingOf(r.Context())
		if gone != nil {
			return err
		}
		return p.setApp(w, r, "/account/app", x.Secret, err)
	}
	if codes {
		return go303(w, r, "/account/codes")
	}
	return go303(w, r, "/account/sign-in?done=app")
}

func (p *pages) newCodes(w http.ResponseWriter, r *http.Request) error {
	if err := p.s.NewCodes(r.Context()); err != nil {
		return err
	}
	return go303(w, r, "/account/codes")
}

func (p *pages) showCodes(w http.ResponseWriter, r *http.Request) error {
	x, err := p.s.shownCodes(r.Context())
	if err != nil {
		return err
	}
	return p.render(w, r, "codes", web.Page{Title: web.Printer(r).T("signin.codes.title"), Data: x})
}

func (p *pages) savedCodes(w http.ResponseWriter, r *http.Request) error {
	to, err := p.s.SavedCodes(r.Context())
	if err != nil {
		return err
	}
	return go303(w, r, p.after(to))
}
