package directory

import (
	"net/http"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/signin"
	"polder/internal/web"
)

// tokenPages are the pages of an organisation's tokens on one site.
type tokenPages struct {
	d         *Directory
	people    *signin.Signin
	site      *web.Site
	templates *web.Templates
}

// TokenRoutes puts the page on the site where the owners and security contacts of an organisation
// see, make and revoke its tokens. It looks as that of staff does (signin).
func (d *Directory) TokenRoutes(site *web.Site, people *signin.Signin) {
	p := &tokenPages{d: d, people: people, site: site, templates: signin.TokenTemplates()}
	site.Handle("GET /o/{organisation}/tokens", web.Organisation(actor.Keepers), p.show)
	site.Handle("POST /o/{organisation}/tokens", web.Organisation(actor.Keepers).Fresh(), p.make)
	site.Handle("POST /o/{organisation}/tokens/{token}/revoke", web.Organisation(actor.Keepers), p.revoke)
	site.Entry("/o/{organisation}/tokens", "signin.token.title")
}

func (p *tokenPages) show(w http.ResponseWriter, r *http.Request) error {
	return p.page(w, r, nil, "", nil)
}

// page shows the tokens, after a form with what came of it.
func (p *tokenPages) page(w http.ResponseWriter, r *http.Request, made *signin.Token, secret string, wrong error) error {
	t, in := web.Printer(r), actor.From(r.Context()).In
	list, may, err := p.d.Tokens(r.Context(), in.Organisation)
	if err != nil {
		return err
	}
	var form *http.Request
	if wrong != nil {
		form = r
	}
	v := p.people.NewTokenPage(t, form, "/o/"+in.Organisation.String()+"/tokens", list, may)
	v.Lead = t.T("signin.token.lead_organisation", "Organisation", in.Name)
	page, err := v.Page(t, made, secret, wrong)
	if err != nil {
		return err
	}
	return p.site.Render(w, r, p.templates, "tokens", page)
}

func (p *tokenPages) make(w http.ResponseWriter, r *http.Request) error {
	name, scopes, lasts, err := signin.ReadTokenForm(r)
	if err != nil {
		return err
	}
	t, secret, err := p.d.MakeToken(r.Context(), p.people, actor.From(r.Context()).In.Organisation, name, scopes, lasts)
	if err != nil {
		return p.page(w, r, nil, "", err)
	}
	return p.page(w, r, &t, secret, nil)
}

func (p *tokenPages) revoke(w http.ResponseWriter, r *http.Request) error {
	id, err := db.ParseID(r.PathValue("token"))
	if err != nil {
		return hidden()
	}
	organisation := actor.From(r.Context()).In.Organisation
	if err := p.d.RevokeToken(r.Context(), p.people, organisation, id); err != nil {
		return err
	}
	http.Redirect(w, r, "/o/"+organisation.String()+"/tokens", http.StatusSeeOther)
	return nil
}
