package footprint

import (
	"embed"
	"errors"
	"io/fs"
	"net/http"
	"strings"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/web"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed locales/*.yaml
var locales embed.FS

// Locales holds the domain's messages, for the catalogue.
func Locales() fs.FS { return locales }

// pages are the pages of footprint on one site.
type pages struct {
	f         *Footprint
	site      *web.Site
	templates *web.Templates
}

// Routes puts the pages on the site: an organisation's assets, the desk's work on claims, and the
// page behind the link that the contact of a network gets. Prove must have been called.
func (f *Footprint) Routes(site *web.Site) { f.routes(site) }

// mayChange are those who may change assets; the verb asks besides that a delegate may act.
const mayChange = actor.Keepers | actor.Delegate

func (f *Footprint) routes(site *web.Site) *pages {
	t, err := web.ParseTemplates(templates, "templates/*.html")
	if err != nil {
		panic(err) // the templates are embedded
	}
	p := &pages{f: f, site: site, templates: t}
	read, change := web.Organisation(actor.Anybody), web.Organisation(mayChange)
	const assets = "/o/{organisation}/assets"
	site.Handle("GET "+assets, read, p.list)
	site.Handle("GET "+assets+"/new", change, p.showNew)
	site.Handle("POST "+assets+"/new", change, p.register)
	site.Handle("GET "+assets+"/bulk", change, p.showBulk)
	site.Handle("POST "+assets+"/bulk", change.Body(MostList*4), p.preview)
	site.Handle("POST "+assets+"/bulk/confirm", change.Body(MostList*4), p.registerAll)
	site.Handle("GET "+assets+"/{asset}", read, p.show)
	for name, act := range map[string]func(r *http.Request, organisation, asset db.ID) error{
		"look":     func(r *http.Request, o, a db.ID) error { return f.Look(r.Context(), o, a) },
		"route":    func(r *http.Request, o, a db.ID) error { return f.Route(r.Context(), o, a, r.PostFormValue("name")) },
		"ask-code": func(r *http.Request, o, a db.ID) error { return f.AskCode(r.Context(), o, a) },
		"code": func(r *http.Request, o, a db.ID) error {
			return f.EnterCode(r.Context(), o, a, r.PostFormValue("code"))
		},
		"plea":     func(r *http.Request, o, a db.ID) error { return f.Plead(r.Context(), o, a, r.PostFormValue("plea")) },
		"confirm":  func(r *http.Request, o, a db.ID) error { return f.Confirm(r.Context(), o, a) },
		"withdraw": func(r *http.Request, o, a db.ID) error { return f.Drop(r.Context(), o, a) },
		"ours":     func(r *http.Request, o, a db.ID) error { return f.Ours(r.Context(), o, a) },
		"named": func(r *http.Request, o, a db.ID) error {
			return f.Named(r.Context(), o, a, r.PostFormValue("named") == "yes")
		},
	} {
		site.Handle("POST "+assets+"/{asset}/"+name, change, p.act(name, act))
	}
	staff := web.Staff(Deciders)
	site.Handle("GET /desk/claims", staff, p.desk)
	site.Handle("GET /desk/claims/{claim}", staff, p.deskClaim)
	site.Handle("POST /desk/claims/{claim}/decide", staff, p.decide)
	site.Handle("POST /desk/corrections/{correction}/close", staff, p.closeCorrection)
	site.Handle("GET /objection/{token}", web.ByToken, p.showObjection)
	site.Handle("POST /objection/{token}", web.ByToken, p.object)
	site.Entry(assets, "footprint.nav.assets")
	site.Entry("/desk/claims", "footprint.nav.claims")
	return p
}

func (p *pages) render(w http.ResponseWriter, r *http.Request, name string, page web.Page) error {
	return p.site.Render(w, r, p.templates, name, page)
}

// organisation is the one in the path, to which the actor is something.
func organisation(r *http.Request) db.ID { return actor.From(r.Context()).In.Organisation }

// pathID reads an id in the path; what is none does not exist.
func pathID(r *http.Request, name string) (db.ID, error) {
	id, err := db.ParseID(r.PathValue(name))
	if err != nil || id.String() != r.PathValue(name) {
		return db.ID{}, hidden()
	}
	return id, nil
}

// canAct tells whether the page offers to change things; the verbs decide.
func canAct(r *http.Request) bool {
	in := actor.From(r.Context()).In
	return in.Acting && in.Place&mayChange != 0
}

// mend returns what the person can mend, as a line for the page; nil when the error is of another
// kind and goes its own way.
func mend(r *http.Request, err error, field string) []web.FieldError {
	switch fault.KindOf(err) {
	case fault.Invalid, fault.Conflict, fault.TooMany, fault.Gone, fault.Denied:
	default:
		return nil
	}
	return []web.FieldError{{Field: field, Text: web.Say(web.Printer(r), err)}}
}

// form reads a form of any encoding.
func form(r *http.Request) error {
	var err error
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		err = r.ParseMultipartForm(1 << 20)
	} else {
		err = r.ParseForm()
	}
	var large *http.MaxBytesError
	if err == nil {
		return nil
	}
	if errors.As(err, &large) {
		return fault.Wrap(fault.Invalid, err, "footprint.error.large")
	}
	return fault.Wrap(fault.Invalid, err, "footprint.error.form")
}
