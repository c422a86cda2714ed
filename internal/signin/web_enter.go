package signin

import (
	"net/http"
	"net/url"

	"polder/internal/actor"
	"polder/internal/web"
)

func (p *pages) enterRoutes() {
	p.secret("GET /sign-in", p.showEnter)
	p.secret("POST /sign-in", p.enter)
	p.secret("POST /sign-in/passkey/options", p.askPasskey)
	p.secret("POST /sign-in/passkey", p.enterPasskey)
	p.secret("GET /sign-in/code", p.showEnterCode)
	p.secret("POST /sign-in/code", p.enterCode)
	p.secret("GET /sign-in/recovery", p.showRecovery)
	p.secret("POST /sign-in/recovery", p.enterRecovery)
	p.site.Handle("GET /sign-in/confirm", web.SignedIn, p.showConfirm)
	p.site.Handle("POST /sign-in/confirm", web.SignedIn, p.confirm)
	p.site.Handle("POST /sign-in/confirm/options", web.SignedIn, p.askConfirm)
	p.site.Handle("POST /sign-in/confirm/passkey", web.SignedIn, p.confirmPasskey)
	p.site.Handle("POST /sign-out", web.SignedIn, p.leave)
}

// enterPage is the page to sign in: the passkey first.
type enterPage struct {
	Passkey        passkeyButton
	Mail, Password web.Field
	Providers      Buttons
	To, Query      string
	Notice         *web.Notice
}

// query carries where the person is going to another page.
func query(to string) string {
	if to == "" {
		return ""
	}
	return "?" + url.Values{"to": {to}}.Encode()
}

func (p *pages) showEnterWith(w http.ResponseWriter, r *http.Request, err error) error {
	t, to := web.Printer(r), p.keep(r.FormValue("to"))
	view := enterPage{To: to, Query: query(to), Providers: p.s.Providers(t.Lang(), to), Notice: said(r, "out", "forgotten"),
		Passkey:  passkeyButton{Act: "get", Options: "/sign-in/passkey/options", Finish: "/sign-in/passkey" + query(to), Text: t.T("signin.passkey.use")},
		Mail:     web.Field{Name: "mail", Label: t.T("signin.field.mail"), Value: r.PostFormValue("mail"), Type: "email", Autocomplete: "username", MaxLength: 254},
		Password: web.Field{Name: "password", Label: t.T("signin.field.password"), Type: "password", Autocomplete: "current-password"},
	}
	page := web.Page{Title: t.T("signin.enter.title"), Scripts: []string{script}}
	if err != nil {
		e, status, ok := wrong(r, err)
		if !ok {
			return err
		}
		page.Errors, page.Status = []web.FieldError{{Field: "mail", Text: e.Text}}, status
		if status == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "60")
		} else {
			view.Mail.Error = e.Text
		}
	}
	page.Data = view
	return p.render(w, r, "sign_in", page)
}

func (p *pages) showEnter(w http.ResponseWriter, r *http.Request) error {
	if actor.From(r.Context()).Known() {
		return go303(w, r, p.after(r.FormValue("to")))
	}
	return p.showEnterWith(w, r, nil)
}

func (p *pages) enter(w http.ResponseWriter, r *http.Request) error {
	way, err := p.s.EnterPassword(r.Context(), p.s.network(r), r.PostFormValue("mail"), r.PostFormValue("password"), p.keep(r.PostFormValue("to")))
	if err != nil {
		return p.showEnterWith(w, r, err)
	}
	p.s.setWay(w, way)
	return go303(w, r, "/sign-in/code")
}

func (p *pages) askPasskey(w http.ResponseWriter, r *http.Request) error {
	way, options, err := p.s.AskPasskey(r.Context(), p.s.network(r))
	if err != nil {
		return err
	}
	p.s.setWay(w, way)
	return reply(w, options)
}

func (p *pages) enterPasskey(w http.ResponseWriter, r *http.Request) error {
	answer, err := answerOf(r)
	if err != nil {
		return err
	}
	session, err := p.s.EnterPasskey(r.Context(), p.s.wayOf(r), answer, browserOf(r))
	if err != nil {
		return err
	}
	if err := p.entered(w, r, session); err != nil {
		return err
	}
	return reply(w, lead(p.after(r.URL.Query().Get("to"))))
}

func (p *pages) enterCodeForm(r *http.Request) (string, form) {
	t := web.Printer(r)
	return t.T("signin.app_code.title"), form{
		Lead: t.T("signin.app_code.lead"), Action: "/sign-in/code", Button: t.T("signin.enter.button"), Fields: []web.Field{codeField(r, "signin.app_code.hint")},
		Ways: []web.Link{{Text: t.T("signin.enter.recovery"), URL: "/sign-in/recovery"}, {Text: t.T("signin.enter.differently"), URL: "/sign-in"}},
	}
}

func (p *pages) showEnterCode(w http.ResponseWriter, r *http.Request) error {
	if p.s.wayOf(r) == "" {
		return go303(w, r, "/sign-in")
	}
	title, f := p.enterCodeForm(r)
	return p.ask(w, r, title, f)
}

func (p *pages) enterCode(w http.ResponseWriter, r *http.Request) error {
	session, to, err := p.s.EnterCode(r.Context(), p.s.network(r), p.s.wayOf(r), r.PostFormValue("code"), browserOf(r))
	if err != nil {
		title, f := p.enterCodeForm(r)
		return p.ask(w, r, title, f, err)
	}
	if err := p.entered(w, r, session); err != nil {
		return err
	}
	return go303(w, r, p.after(to))
}

func (p *pages) recoveryForm(r *http.Request) (string, form) {
	t := web.Printer(r)
	return t.T("signin.recovery.title"), form{
		Lead: t.T("signin.recovery.lead"), Action: "/sign-in/recovery", To: p.keep(r.FormValue("to")), Button: t.T("signin.enter.button"),
		Fields: []web.Field{
			{Name: "mail", Label: t.T("signin.field.mail"), Value: r.PostFormValue("mail"), Type: "email", Autocomplete: "username", MaxLength: 254},
			{Name: "code", Label: t.T("signin.recovery.code"), Hint: t.T("signin.recovery.hint"), Autocomplete: "off", MaxLength: 60},
		},
		Notes: []string{t.T("signin.recovery.once")},
		Ways:  []web.Link{{Text: t.T("signin.recovery.none"), URL: "/sign-in/lost"}, {Text: t.T("signin.enter.differently"), URL: "/sign-in"}},
	}
}

func (p *pages) showRecovery(w http.ResponseWriter, r *http.Request) error {
	title, f := p.recoveryForm(r)
	return p.ask(w, r, title, f)
}

func (p *pages) enterRecovery(w http.ResponseWriter, r *http.Request) error {
	session, _, err := p.s.EnterRecovery(r.Context(), p.s.network(r), r.PostFormValue("mail"), r.PostFormValue("code"), browserOf(r))
	if err != nil {
		title, f := p.recoveryForm(r)
		return p.ask(w, r, title, f, err)
	}
	if err := p.entered(w, r, session); err != nil {
		return err
	}
	if to := p.keep(r.PostFormValue("to")); to != "" {
		return go303(w, r, to)
	}
	return go303(w, r, "/account/sign-in?done=recovered") // where the lost factor is replaced
}

// confirmPage is where a signed-in person shows a factor once more.
type confirmPage struct {
	Passkey  *passkeyButton
	Code     *web.Field
	With     Buttons
	To       string
	Recovery string
}

func (p *pages) showConfirmWith(w http.ResponseWriter, r *http.Request, err error) error {
	f, fail := p.s.FactorsOf(r.Context())
	if fail != nil {
		return fail
	}
	t, to := web.Printer(r), p.keep(r.FormValue("to"))
	with, fail := p.s.ConfirmWith(r.Context(), t.Lang(), to)
	if fail != nil {
		return fail
	}
	view := confirmPage{With: with, To: to, Recovery: "/sign-in/recovery" + query(to)}
	page := web.Page{Title: t.T("signin.confirm.title"), Scripts: []string{script}}
	if len(f.Passkeys) > 0 {
		view.Passkey = &passkeyButton{Act: "get", Options: "/sign-in/confirm/options", Finish: "/sign-in/confirm/passkey" + query(to), Text: t.T("signin.confirm.passkey")}
	}
	if !f.AppAt.IsZero() {
		field := codeField(r, "signin.app_code.hint")
		view.Code = &field
	}
	if err != nil {
		e, status, ok := wrong(r, err)
		if !ok {
			return err
		}
		page.Errors, page.Status = []web.FieldError{{Text: e.Text}}, status
		if view.Code != nil {
			view.Code.Error, page.Errors[0].Field = e.Text, "code"
		}
	}
	page.Data = view
	return p.render(w, r, "confirm", page)
}

func (p *pages) showConfirm(w http.ResponseWriter, r *http.Request) error {
	return p.showConfirmWith(w, r, nil)
}

func (p *pages) confirm(w http.ResponseWriter, r *http.Request) error {
	session, err := p.s.ConfirmCode(r.Context(), p.s.network(r), r.PostFormValue("code"))
	if err != nil {
		return p.showConfirmWith(w, r, err)
	}
	p.s.setCookie(w, session)
	return go303(w, r, p.after(r.PostFormValue("to")))
}

func (p *pages) askConfirm(w http.ResponseWriter, r *http.Request) error {
	options, err := p.s.AskConfirm(r.Context())
	if err != nil {
		return err
	}
	return reply(w, options)
}

func (p *pages) confirmPasskey(w http.ResponseWriter, r *http.Request) error {
	answer, err := answerOf(r)
	if err != nil {
		return err
	}
	session, err := p.s.ConfirmPasskey(r.Context(), answer)
	if err != nil {
		return err
	}
	p.s.setCookie(w, session)
	return reply(w, lead(p.after(r.URL.Query().Get("to"))))
}

func (p *pages) leave(w http.ResponseWriter, r *http.Request) error {
	who := actor.From(r.Context())
	if err := p.s.EndSession(r.Context(), who.Account, who.Session); err != nil {
		return err
	}
	p.s.dropCookie(w)
	p.s.dropWay(w)
	return go303(w, r, "/sign-in?done=out")
}
