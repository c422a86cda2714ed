package outreach

import (
	"embed"
	"net/http"
	"strconv"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/web"
)

//go:embed templates/*.html
var templates embed.FS

// pages are the pages of outreach on one site.
type pages struct {
	o         *Outreach
	site      *web.Site
	templates *web.Templates
}

const deskPath = "/desk/strangers"

// Routes puts the pages on the site: the desk's work on warnings to strangers, and the page behind the
// link in each of those, where its reader ends them.
func (o *Outreach) Routes(site *web.Site) { o.routes(site) }

func (o *Outreach) routes(site *web.Site) *pages {
	t, err := web.ParseTemplates(templates, "templates/*.html")
	if err != nil {
		panic(err) // the templates are embedded
	}
	p := &pages{o: o, site: site, templates: t}
	staff := web.Staff(actor.Analyst)
	site.Handle("GET "+deskPath, staff, p.list)
	site.Handle("GET "+deskPath+"/new", staff, p.showNew)
	site.Handle("POST "+deskPath+"/new", staff, p.start)
	site.Handle("GET "+deskPath+"/opt-outs", staff, p.optOuts)
	site.Handle("POST "+deskPath+"/opt-outs", staff, p.refuse)
	site.Handle("GET "+deskPath+"/{sweep}", staff, p.show)
	site.Handle("POST "+deskPath+"/{sweep}/approve", staff, p.approveSure)
	site.Handle("POST "+deskPath+"/{sweep}/send", staff.Fresh(), p.send)
	site.Handle("GET "+deskPath+"/{sweep}/contacts/{contact}", staff, p.contact)
	site.Handle("POST "+deskPath+"/{sweep}/contacts/{contact}", staff, p.decide)
	site.Handle("GET "+deskPath+"/{sweep}/subjects/{subject}", staff, p.subject)
	site.Handle("POST "+deskPath+"/{sweep}/subjects/{subject}", staff, p.choose)
	site.Handle("GET /stranger/{token}", web.ByToken, p.stranger)
	site.Handle("POST /stranger/{token}", web.ByToken, p.stop)
	site.Entry(deskPath, "outreach.nav")
	return p
}

func (p *pages) render(w http.ResponseWriter, r *http.Request, name string, page web.Page) error {
	return p.site.Render(w, r, p.templates, name, page)
}

// id reads an id in the path; what is none does not exist.
func id(r *http.Request, name string) (db.ID, error) {
	id, err := db.ParseID(r.PathValue(name))
	if err != nil || id.String() != r.PathValue(name) {
		return db.ID{}, hidden()
	}
	return id, nil
}

// mend returns what the person can mend, by the field it is about; nil when the error is of another kind
// and goes its own way.
func mend(r *http.Request, err error) []web.FieldError {
	switch fault.KindOf(err) {
	case fault.Invalid, fault.Conflict, fault.TooMany:
	default:
		return nil
	}
	field := ""
	switch key, _ := fault.Public(err); key {
	case "outreach.error.address":
		field = "address"
	case "outreach.error.reason", "outreach.error.reason_plain", "outreach.error.long":
		field = "reason"
	case "outreach.error.wish":
		field = "wish"
	case "outreach.error.none_chosen":
		field = "from-0"
	}
	return []web.FieldError{{Field: field, Text: web.Say(web.Printer(r), err)}}
}

func wrong(list []web.FieldError, field string) string {
	for _, e := range list {
		if e.Field == field {
			return e.Text
		}
	}
	return ""
}

// done is what was just done, by a word in the address.
func done(r *http.Request) string {
	switch word := r.URL.Query().Get("done"); word {
	case "started", "approved", "sent", "decided", "chosen", "refused":
		n, _ := strconv.Atoi(r.URL.Query().Get("n"))
		if word == "approved" {
			return web.Printer(r).N("outreach.done.approved", max(0, min(n, mostSubjects)))
		}
		return web.Printer(r).T("outreach.done." + word)
	}
	return ""
}

type strangerPage struct {
	Centre, Phone string
	Path          string
	Done          bool
}

// stranger shows what the reader of a letter can end; only the button does.
func (p *pages) stranger(w http.ResponseWriter, r *http.Request) error {
	already, err := p.o.ByLink(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	say := web.Printer(r)
	title := say.T("outreach.stop.title")
	if already {
		title = say.T("outreach.stop.done_title")
	}
	return p.render(w, r, "stranger", web.Page{Title: title, Data: strangerPage{p.o.set.Centre, p.o.set.Phone, r.URL.Path, already}})
}

// stop ends letters to the reader: by the button, or by a mail program with one click (RFC 8058).
func (p *pages) stop(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	if err := p.o.Stop(r.Context(), r.PathValue("token")); err != nil {
		return err
	}
	if r.PostFormValue("List-Unsubscribe") == "One-Click" {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
	return nil
}
