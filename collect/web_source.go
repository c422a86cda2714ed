package collect

import (
	"net/http"

	"polder/internal/actor"
	"polder/internal/web"
)

// sourceRoutes puts the desk's pages on sources on the site.
func (p *pages) sourceRoutes() {
	p.site.Handle("GET /desk/sources", web.Staff(actor.Analyst), p.sources)
	p.site.Entry("/desk/sources", "collect.nav.sources")
}

type sourcesPage struct{}

func (p *pages) sources(w http.ResponseWriter, r *http.Request) error {
	return p.site.Render(w, r, p.templates, "sources", web.Page{Title: web.Printer(r).T("collect.sources.title"), Wide: true, Data: sourcesPage{}})
}
