package signin

import (
	"embed"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/seal"
	"polder/internal/web"
)

//go:embed templates/programs/*.html
var programTemplates embed.FS

// programPages are the pages of providers and tokens on one site.
type programPages struct {
	s         *Signin
	site      *web.Site
	templates *web.Templates
}

// ProgramRoutes puts on the site: the way to single sign-on and back, the page where people see and
// change which providers they sign in with, and that where staff make tokens of their own.
func (s *Signin) ProgramRoutes(site *web.Site) { s.programRoutes(site) }

func (s *Signin) programRoutes(site *web.Site) *programPages {
	t, err := web.ParseTemplates(programTemplates, "templates/programs/*.html")
	if err != nil {
		panic(err) // the templates are embedded
	}
	p := &programPages{s: s, site: site, templates: t}
	site.Handle("POST /sign-in/with/{provider}", web.Public, p.leave)
	site.Handle("GET /sign-in/with/{provider}/callback", web.ByToken, p.arrive)
	site.Handle("GET /account/identities", web.SignedIn, p.identities)
	site.Handle("POST /account/identities", web.SignedIn.Fresh(), p.link)
	site.Handle("POST /account/identities/{identity}/remove", web.SignedIn.Fresh(), p.unlink)
	site.Handle("GET /account/tokens", web.Staff(anyStaff), p.tokens)
	site.Handle("POST /account/tokens", web.Staff(anyStaff).Fresh(), p.makeToken)
	site.Handle("POST /account/tokens/{token}/revoke", web.Staff(anyStaff), p.revokeToken)
	if len(s.set.Providers) > 0 {
		site.Entry("/account/identities", "signin.identity.title")
	}
	site.Entry("/account/tokens", "signin.token.title")
	return p
}

// leave sends somebody to a provider, to sign in or to confirm. It takes a form, so that no other
// site and no mail can start it.
func (p *programPages) leave(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return fault.Wrap(fault.Invalid, err, "")
	}
	purpose := forSignIn
	if r.PostForm.Get("purpose") == forConfirm {
		if purpose = forConfirm; actor.From(r.Context()).Session.IsZero() {
			return fault.Hidden()
		}
	}
	return p.lead(w, r, r.PathValue("provider"), purpose, p.site.Local(r.PostForm.Get("to")))
}

// going is the page on the way to a provider.
type going struct{ Name, URL string }

// lead begins a visit and shows the page that leads on by itself. It is a page and not a redirect:
// our security policy lets forms lead to this site alone, and browsers hold redirects to it too.
func (p *programPages) lead(w http.ResponseWriter, r *http.Request, key, purpose, back string) error {
	to, err := p.s.provider(key)
	if err != nil {
		return err
	}
	if err := p.s.admit(r.Context(), "provider", p.s.network(r)); err != nil { // each visit takes room until it ends
		return err
	}
	x, err := p.s.issuerOf(r.Context(), to)
	if err != nil {
		return p.refuse(w, r, to, err)
	}
	v := visit{Provider: key, Purpose: purpose, Session: actor.From(r.Context()).Session, Nonce: seal.Token(), Verifier: oauth2.GenerateVerifier(), Back: back, Begun: p.s.now()}
	if purpose == forSignIn {
		v.Session = db.ID{}
	}
	state, cookie, err := p.s.beginVisit(r.Context(), v)
	if err != nil {
		return err
	}
	lang := web.Printer(r).Lang()
	options := []oauth2.AuthCodeOption{oidc.Nonce(v.Nonce), oauth2.S256ChallengeOption(v.Verifier), oauth2.SetAuthURLParam("ui_locales", lang),
		oauth2.SetAuthURLParam("acr_values", joined(to.Levels)), oauth2.SetAuthURLParam("max_age", fmt.Sprint(int(to.MaxAge.Seconds())))}
	if purpose != forSignIn {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"))
	}
	address := p.s.flow(to, x).AuthCodeURL(state, options...)
	p.visitCookie(w, cookie, int(visitLasts.Seconds()))
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Refresh", "0; url="+address)
	name := to.Name[lang]
	return p.site.Render(w, r, p.templates, "with_go", web.Page{Title: web.Printer(r).T("signin.oidc.go.title", "Provider", name), Data: going{name, address}})
}

func joined(list []string) (s string) {
	for i, l := range list {
		if i > 0 {
			s += " "
		}
		s += l
	}
	return s
}

// visitCookie binds a visit to this browser; an age below zero drops it. Lax, as the way back begins
// at the provider.
func (p *programPages) visitCookie(w http.ResponseWriter, value string, age int) {
	name := "polder_visit"
	if p.s.secure {
		name = "__Host-" + name
	}
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: age, Secure: p.s.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// arrive takes somebody in who comes back from a provider.
func (p *programPages) arrive(w http.ResponseWriter, r *http.Request) error {
	from, err := p.s.provider(r.PathValue("provider"))
	if err != nil {
		return err
	}
	to, err := p.comesBack(r, from)
	p.visitCookie(w, "", -1)
	if err != nil {
		return p.refuse(w, r, from, err)
	}
	if to.token != "" {
		p.s.setCookie(w, to.token)
	}
	http.Redirect(w, r, p.site.Local(to.back), http.StatusSeeOther)
	return nil
}

func (p *programPages) comesBack(r *http.Request, from Provider) (to came, err error) {
	q := r.URL.Query()
	name := "polder_visit"
	if p.s.secure {
		name = "__Host-" + name
	}
	cookie := ""
	if c, err := r.Cookie(name); err == nil {
		cookie = c.Value
	}
	v, err := p.s.takeVisit(r.Context(), from.Key, q.Get("state"), cookie)
	if err != nil {
		return to, err
	}
	x, err := p.s.issuerOf(r.Context(), from)
	if err != nil {
		return to, err
	}
	// Another provider's answer, brought here: RFC 9207.
	if said := q.Get("iss"); said != "" && said != from.Issuer || said == "" && x.says {
		return to, refused("mismatch", errors.New("the answer is of another issuer"))
	}
	switch wrong := q.Get("error"); {
	case wrong == "access_denied":
		return to, refused("cancelled", errors.New("the person or the provider said no"))
	case wrong != "":
		return to, refused("provider", fmt.Errorf("the provider says %.60q", wrong))
	case q.Get("code") == "":
		return to, refused("provider", errors.New("the answer has no code"))
	}
	c, err := p.s.redeem(r.Context(), from, v, q.Get("code"))
	if err != nil {
		return to, err
	}
	return p.s.arrive(r.Context(), from, v, c, browserOf(r), web.Printer(r).Lang())
}

// turned is the page that says why somebody was not let in, and what to do.
type turned struct {
	Text, Action string
	Known        bool // somebody is signed in
	SignIn       bool // there is a page to sign in
}

// refuse shows why; what is no Refusal goes the way of all errors.
func (p *programPages) refuse(w http.ResponseWriter, r *http.Request, from Provider, err error) error {
	var why *Refusal
	if !errors.As(err, &why) {
		return err
	}
	p.s.log.Warn("single sign-on was refused", "request", web.RequestID(r), "provider", from.Key, "reason", why.Reason, "cause", why.Cause.Error())
	status := http.StatusForbidden
	switch why.Reason {
	case "unreachable":
		status = http.StatusServiceUnavailable
	case "cancelled", "stale", "provider":
	default: // what could be an attempt to come in as somebody else
		recorded := p.s.db.Write(r.Context(), func(tx *db.Tx) error {
			return audit.Append(r.Context(), tx, audit.Event{At: p.s.now(), Action: audit.SignIn, Object: "provider " + from.Key, Detail: "refused: " + why.Reason})
		})
		if recorded != nil {
			return recorded
		}
	}
	t := web.Printer(r)
	name := from.Name[t.Lang()]
	w.Header().Set("Cache-Control", "no-store")
	key := "signin.oidc.refused." + why.Reason
	return p.site.Render(w, r, p.templates, "with_refused", web.Page{Title: t.T("signin.oidc.refused.title"), Status: status, Data: turned{
		Text: t.T(key+".text", "Provider", name), Action: t.T(key+".action", "Provider", name),
		Known: actor.From(r.Context()).Known(), SignIn: p.site.Local("/sign-in") == "/sign-in"}})
}

// identity is a row of the page of providers.
type identityRow struct {
	ID       string
	Name     string
	Number   string
	LinkedAt time.Time
	SeenAt   time.Time
}

type identityPage struct {
	Linked []identityRow
	Others []Button
	Done   string
}

func (p *programPages) identities(w http.ResponseWriter, r *http.Request) error {
	list, err := p.s.Identities(r.Context())
	if err != nil {
		return err
	}
	t := web.Printer(r)
	view := identityPage{}
	linked := map[string]bool{}
	for _, x := range list {
		linked[x.Issuer] = true
		view.Linked = append(view.Linked, identityRow{x.ID.String(), p.s.nameOf(x.Issuer)[t.Lang()], x.Number, x.LinkedAt, x.SeenAt})
	}
	for _, o := range p.s.set.Providers {
		if !linked[o.Issuer] {
			view.Others = append(view.Others, o.button(t.Lang()))
		}
	}
	return p.site.Render(w, r, p.templates, "identities", web.Page{Title: t.T("signin.identity.title"), Data: view})
}

func (p *programPages) link(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return fault.Wrap(fault.Invalid, err, "")
	}
	return p.lead(w, r, r.PostForm.Get("provider"), forLink, "/account/identities")
}

func (p *programPages) unlink(w http.ResponseWriter, r *http.Request) error {
	id, err := db.ParseID(r.PathValue("identity"))
	if err != nil {
		return fault.Hidden()
	}
	if err := p.s.Unlink(r.Context(), id); err != nil {
		return err
	}
	http.Redirect(w, r, "/account/identities", http.StatusSeeOther)
	return nil
}
