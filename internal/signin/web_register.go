package signin

import (
	"net/http"
	"net/url"

	"polder/internal/actor"
	"polder/internal/web"
)

const script = "passkey.js"

func (p *pages) registerRoutes() {
	p.secret("GET /register", p.showRegister)
	p.secret("POST /register", p.register)
	p.secret("GET /register/code", p.showCode)
	p.secret("POST /register/code", p.prove)
	p.secret("GET /register/factor", p.showFactor)
	p.secret("POST /register/passkey/options", p.enrolPasskey)
	p.secret("POST /register/passkey", p.enrolledPasskey)
	p.secret("GET /register/password", p.showPassword)
	p.secret("POST /register/password", p.enrolPassword)
	p.secret("GET /register/app", p.showApp)
	p.secret("GET /register/app.svg", p.appPicture)
	p.secret("POST /register/app", p.enrolledApp)
	p.site.Handle("GET /enrol/{token}", web.ByToken, p.showLink)
	p.site.Handle("POST /enrol/{token}", web.ByToken, p.useLink)
}

func (p *pages) registerForm(r *http.Request) (string, form) {
	t := web.Printer(r)
	return t.T("signin.register.title"), form{
		Lead: t.T("signin.register.lead", "Centre", p.s.set.Centre), Action: "/register", To: p.keep(r.FormValue("to")), Button: t.T("signin.register.button"),
		Fields: []web.Field{
			{Name: "name", Label: t.T("signin.field.name"), Hint: t.T("signin.field.name_hint"), Value: r.PostFormValue("name"), Autocomplete: "name", MaxLength: 100},
			{Name: "mail", Label: t.T("signin.field.mail"), Hint: t.T("signin.field.mail_hint"), Value: r.PostFormValue("mail"), Type: "email", Autocomplete: "email", MaxLength: 254},
		},
		Notes: []string{t.T("signin.register.why"), t.T("signin.register.next")},
		Ways:  []web.Link{{Text: t.T("signin.register.have"), URL: "/sign-in"}},
	}
}

func (p *pages) showRegister(w http.ResponseWriter, r *http.Request) error {
	if actor.From(r.Context()).Known() {
		return go303(w, r, p.after(r.FormValue("to")))
	}
	title, f := p.registerForm(r)
	return p.ask(w, r, title, f)
}

func (p *pages) register(w http.ResponseWriter, r *http.Request) error {
	way, err := p.s.Register(r.Context(), p.s.network(r), p.s.wayOf(r), r.PostFormValue("mail"), r.PostFormValue("name"), web.Printer(r).Lang(), p.keep(r.PostFormValue("to")))
	if err != nil {
		title, f := p.registerForm(r)
		_, nameless := PersonName(r.PostFormValue("name"))
		_, mailless := MailAddress(r.PostFormValue("mail"))
		if nameless != nil && mailless != nil {
			return p.ask(w, r, title, f, nameless, mailless) // both at once: nobody mends a form twice
		}
		return p.ask(w, r, title, f, err)
	}
	p.s.setWay(w, way)
	return go303(w, r, "/register/code")
}

// codeField is where a code of six digits is typed.
func codeField(r *http.Request, hint string) web.Field {
	t := web.Printer(r)
	return web.Field{Name: "code", Label: t.T("signin.field.code"), Hint: t.T(hint), Autocomplete: "one-time-code", InputMode: "numeric", MaxLength: 12}
}

func (p *pages) codeForm(r *http.Request) (string, form) {
	t := web.Printer(r)
	lead := t.T("signin.code.lead")
	if address := p.s.asked(r.Context(), p.s.wayOf(r)); address != "" {
		lead = t.T("signin.code.lead_to", "Mail", address)
	}
	return t.T("signin.code.title"), form{
		Lead: lead, Action: "/register/code", Button: t.T("signin.code.button"),
		Fields: []web.Field{codeField(r, "signin.code.hint")},
		Notes:  []string{t.T("signin.code.none")},
		Ways:   []web.Link{{Text: t.T("signin.code.again"), URL: "/register"}},
	}
}

func (p *pages) showCode(w http.ResponseWriter, r *http.Request) error {
	if p.s.wayOf(r) == "" {
		return go303(w, r, "/register")
	}
	title, f := p.codeForm(r)
	return p.ask(w, r, title, f)
}

func (p *pages) prove(w http.ResponseWriter, r *http.Request) error {
	way, err := p.s.Prove(r.Context(), p.s.wayOf(r), r.PostFormValue("code"))
	if err != nil {
		title, f := p.codeForm(r)
		return p.ask(w, r, title, f, err)
	}
	p.s.setWay(w, way)
	return go303(w, r, "/register/factor")
}

// factorPage is where the first way to sign in is chosen.
type factorPage struct {
	Name    string
	Passkey passkeyButton
}

func (p *pages) showFactor(w http.ResponseWriter, r *http.Request) error {
	e, err := p.s.enrolment(r.Context(), p.s.wayOf(r))
	if err != nil {
		return err
	}
	t := web.Printer(r)
	return p.render(w, r, "factor", web.Page{Title: t.T("signin.factor.title"), Scripts: []string{script}, Data: factorPage{e.Name,
		passkeyButton{Act: "create", Options: "/register/passkey/options", Finish: "/register/passkey", Text: t.T("signin.passkey.make")}}})
}

func (p *pages) enrolPasskey(w http.ResponseWriter, r *http.Request) error {
	options, err := p.s.EnrolPasskey(r.Context(), p.s.wayOf(r))
	if err != nil {
		return err
	}
	return reply(w, options)
}

// passkeyNamed is what a passkey is called until its person says otherwise.
func passkeyNamed(r *http.Request) string {
	if b := browserOf(r); b != "" {
		return b
	}
	return "Passkey"
}

func (p *pages) enrolledPasskey(w http.ResponseWriter, r *http.Request) error {
	answer, err := answerOf(r)
	if err != nil {
		return err
	}
	session, err := p.s.EnrolledPasskey(r.Context(), p.s.wayOf(r), answer, browserOf(r), passkeyNamed(r))
	if err != nil {
		return err
	}
	if err := p.entered(w, r, session); err != nil {
		return err
	}
	return reply(w, lead("/account/codes"))
}

// passwordForm asks for a new password; action says who for.
func (p *pages) passwordForm(r *http.Request, action string) (string, form) {
	t := web.Printer(r)
	return t.T("signin.password.title"), form{
		Lead: t.T("signin.password.lead"), Action: action, Button: t.T("signin.password.button"),
		Fields: []web.Field{{Name: "password", Label: t.T("signin.field.new_password"), Hint: t.T("signin.password.hint", "Least", shortestPassword), Type: "password", Autocomplete: "new-password"}},
		Notes:  []string{t.T("signin.password.rules"), t.T("signin.password.next")},
	}
}

func (p *pages) showPassword(w http.ResponseWriter, r *http.Request) error {
	if _, err := p.s.enrolment(r.Context(), p.s.wayOf(r)); err != nil {
		return err
	}
	title, f := p.passwordForm(r, "/register/password")
	return p.ask(w, r, title, f)
}

func (p *pages) enrolPassword(w http.ResponseWriter, r *http.Request) error {
	if err := p.s.EnrolPassword(r.Context(), p.s.wayOf(r), r.PostFormValue("password")); err != nil {
		title, f := p.passwordForm(r, "/register/password")
		return p.ask(w, r, title, f, err)
	}
	return go303(w, r, "/register/app")
}

// appPage is where an app for codes is set up.
type appPage struct {
	Action, Picture string
	Secret          string
	Code            web.Field
}

// setApp shows the page with the picture and the secret.
func (p *pages) setApp(w http.ResponseWriter, r *http.Request, action string, secret []byte, err error) error {
	t := web.Printer(r)
	view := appPage{Action: action, Picture: action + ".svg", Secret: spelled(secret), Code: codeField(r, "signin.app.hint")}
	page := web.Page{Title: t.T("signin.app.title")}
	if err != nil {
		e, status, ok := wrong(r, err)
		if !ok {
			return err
		}
		view.Code.Error, page.Status, page.Errors = e.Text, status, []web.FieldError{{Field: "code", Text: e.Text}}
	}
	page.Data = view
	return p.render(w, r, "app", page)
}

func (p *pages) showApp(w http.ResponseWriter, r *http.Request) error {
	e, err := p.s.enrolment(r.Context(), p.s.wayOf(r))
	if err != nil {
		return err
	}
	if e.Password == "" {
		return go303(w, r, "/register/password")
	}
	return p.setApp(w, r, "/register/app", e.Secret, nil)
}

func (p *pages) appPicture(w http.ResponseWriter, r *http.Request) error {
	e, err := p.s.enrolment(r.Context(), p.s.wayOf(r))
	if err != nil {
		return err
	}
	return p.picture(w, e.Mail, e.Secret)
}

// picture sends the QR code. Whoever sees it has the secret, so nobody keeps it.
func (p *pages) picture(w http.ResponseWriter, mail string, secret []byte) error {
	if len(secret) == 0 {
		return over()
	}
	svg, err := picture(p.s.appAddress(mail, secret))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write(svg)
	return err
}

func (p *pages) enrolledApp(w http.ResponseWriter, r *http.Request) error {
	way := p.s.wayOf(r)
	session, err := p.s.EnrolledApp(r.Context(), way, r.PostFormValue("code"), browserOf(r))
	if err != nil {
		e, gone := p.s.enrolment(r.Context(), way)
		if gone != nil {
			return err
		}
		return p.setApp(w, r, "/register/app", e.Secret, err)
	}
	if err := p.entered(w, r, session); err != nil {
		return err
	}
	return go303(w, r, "/account/codes")
}

func (p *pages) showLink(w http.ResponseWriter, r *http.Request) error {
	a, err := p.s.LinkOf(r.Context(), p.s.network(r), r.PathValue("token"))
	if err != nil {
		return err
	}
	web.Suggest(r, a.Language)
	t := web.Printer(r)
	return p.ask(w, r, t.T("signin.link.title"), form{
		Lead: t.T("signin.link.lead", "Name", a.Name), Action: (&url.URL{Path: r.URL.Path}).String(), Button: t.T("signin.link.button"),
		Notes: []string{t.T("signin.link.once")},
	})
}

func (p *pages) useLink(w http.ResponseWriter, r *http.Request) error {
	way, err := p.s.UseLink(r.Context(), p.s.network(r), r.PathValue("token"))
	if err != nil {
		return err
	}
	p.s.setWay(w, way)
	return go303(w, r, "/register/factor")
}
