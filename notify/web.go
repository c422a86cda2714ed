package notify

import (
	"embed"
	"html/template"
	"net/http"
	"strings"

	"polder/internal/i18n"
	"polder/internal/web"
)

//go:embed templates/*.html
var templates embed.FS

// pages are the pages of notify on one site.
type pages struct {
	n         *Notify
	site      *web.Site
	templates *web.Templates
	portal    *portal
	desk      *deskPages
	reports   *reportPages
}

// Routes puts the pages on the site: /verify, where anybody can check a reference number; the pages
// behind the secret link in each mail, where a recipient says how it stands; and those of an
// organisation that is signed in.
func (n *Notify) Routes(site *web.Site) { n.routes(site) }

func (n *Notify) routes(site *web.Site) *pages {
	t, err := web.ParseTemplates(templates, "templates/*.html")
	if err != nil {
		panic(err) // the templates are embedded
	}
	p := &pages{n: n, site: site, templates: t}
	site.Handle("GET /verify", web.Public, p.verify)
	site.Handle("GET /f/{token}", web.ByToken, p.open)
	site.Handle("POST /f/{token}", web.ByToken, p.answer)
	site.Handle("GET /f/{token}/less", web.ByToken, p.askLess)
	site.Handle("POST /f/{token}/less", web.ByToken, p.less)
	site.Handle("POST /f/{token}/cadence", web.ByToken, p.cadence)
	site.Handle("POST /f/{token}/supplier/revoke", web.ByToken, p.revoke)
	p.portal = p.portalRoutes()
	p.desk = p.deskRoutes()
	p.reports = p.reportRoutes()
	return p
}

// render shows a page that all of a letter's pages look like.
func (p *pages) render(w http.ResponseWriter, r *http.Request, name string, page web.Page) error {
	return p.site.Render(w, r, p.templates, name, page)
}

// centre is who to turn to.
type centre struct {
	Name, Phone string
	Call        template.URL // the phone number as a link; "" without one
}

func (n *Notify) centre() centre {
	c := centre{Name: n.set.Centre, Phone: n.set.Phone}
	digits := strings.Map(func(r rune) rune {
		if r == '+' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, c.Phone)
	if digits != "" {
		c.Call = template.URL("tel:" + digits) //nolint:gosec // digits and plus signs
	}
	return c
}

// className says an RSIT type in a few words, for the middle of a sentence.
func className(p *i18n.Printer, class string) string {
	// "other" is a word that the catalogue keeps for plurals.
	if id := "notify.class." + class; class != "other" && p.Has(id) {
		return p.T(id)
	}
	return p.T("notify.class.something-else")
}
