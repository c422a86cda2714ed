package directory

import (
	"embed"
	"errors"
	"net/http"
	"net/url"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/i18n"
	"polder/internal/web"
)

//go:embed templates/*.html
var templates embed.FS

// pages are the pages of the directory on one site.
type pages struct {
	d         *Directory
	site      *web.Site
	templates *web.Templates
}

// Routes puts the pages on the site: registering, an organisation's own pages, the link of an
// invitation, and the desk of staff.
func (d *Directory) Routes(site *web.Site) { d.routes(site) }

func (d *Directory) routes(site *web.Site) *pages {
	t, err := web.ParseTemplates(templates, "templates/*.html")
	if err != nil {
		panic(err) // the templates are embedded
	}
	p := &pages{d: d, site: site, templates: t}
	inside, owner, keeper := web.Organisation(actor.Inside), web.Organisation(actor.Owner), web.Organisation(actor.Keepers)
	desk := web.Staff(actor.Adviser)

	site.Handle("GET /home", web.SignedIn, p.lead)
	site.Handle("GET /organisations", web.SignedIn, p.mine)
	site.Handle("GET /organisations/new", web.SignedIn, p.askRegistration)
	site.Handle("POST /organisations/new", web.SignedIn, p.register)
	site.Handle("POST /organisations/join", web.SignedIn, p.join)
	site.Handle("GET /invitation/{token}", web.ByToken, p.invitation)
	site.Handle("POST /invitation/{token}", web.ByToken, p.takeInvitation)
	site.Handle("GET /invitation", web.SignedIn, p.keptInvitation)
	site.Handle("POST /invitation", web.SignedIn, p.takeKept)

	site.Handle("GET /o/{organisation}", web.Organisation(actor.Anybody), p.home)
	site.Handle("POST /o/{organisation}/reply", owner, p.reply)
	site.Handle("GET /o/{organisation}/people", inside, p.people)
	site.Handle("POST /o/{organisation}/people", owner.Fresh(), p.invite)
	site.Handle("POST /o/{organisation}/people/{account}/place", owner.Fresh(), p.setPlace)
	site.Handle("POST /o/{organisation}/people/{account}/remove", owner, p.remove)
	site.Handle("POST /o/{organisation}/people/invitations/{invitation}/withdraw", owner, p.withdrawInvitation)
	site.Handle("POST /o/{organisation}/people/requests/{request}/invite", owner.Fresh(), p.inviteJoin)
	site.Handle("POST /o/{organisation}/people/requests/{request}/decline", owner, p.declineJoin)
	site.Handle("GET /o/{organisation}/leave", inside, p.askLeave)
	site.Handle("POST /o/{organisation}/leave", inside, p.leave)
	site.Handle("GET /o/{organisation}/contacts", inside, p.contacts)
	site.Handle("POST /o/{organisation}/contacts", keeper, p.addContact)
	site.Handle("POST /o/{organisation}/contacts/{contact}/code", keeper, p.sendCode)
	site.Handle("POST /o/{organisation}/contacts/{contact}/verify", keeper, p.verify)
	site.Handle("POST /o/{organisation}/contacts/{contact}/main", keeper, p.makeMain)
	site.Handle("GET /o/{organisation}/contacts/{contact}/remove", keeper, p.askRemoveContact)
	site.Handle("POST /o/{organisation}/contacts/{contact}/remove", keeper, p.removeContact)
	site.Handle("GET /o/{organisation}/mandates", inside, p.mandates)
	// Asked before the form is filled in, so that nothing typed is lost.
	site.Handle("GET /o/{organisation}/mandates/new", owner.Fresh(), p.askMandate)
	site.Handle("POST /o/{organisation}/mandates/new", owner.Fresh(), p.give)
	site.Handle("POST /o/{organisation}/mandates/{mandate}/withdraw", owner, p.withdraw)
	site.Handle("GET /o/{organisation}/clients", inside, p.clients)
	site.Handle("POST /o/{organisation}/clients/{mandate}/lay-down", owner, p.layDown)
	site.Handle("GET /o/{organisation}/settings", owner, p.settings)
	site.Handle("POST /o/{organisation}/settings", owner, p.change)
	site.Handle("GET /o/{organisation}/export", owner.Fresh(), p.export)
	site.Handle("GET /o/{organisation}/close", owner.Fresh(), p.askClose)
	site.Handle("POST /o/{organisation}/close", owner.Fresh(), p.close)

	site.Handle("GET /desk/organisations", desk, p.desk)
	site.Handle("GET /desk/organisations/{id}", desk, p.file)
	site.Handle("POST /desk/organisations/{id}/decide", desk, p.decide)
	site.Handle("POST /desk/organisations/{id}/change", desk, p.decideChange)
	site.Handle("POST /desk/organisations/{id}/requests/{request}/invite", desk.Fresh(), p.deskInvite)
	site.Handle("POST /desk/organisations/{id}/requests/{request}/decline", desk, p.deskDecline)

	for path, text := range entries() {
		site.Entry(path, text)
	}
	return p
}

// entries are the pages in the lists beside the pages, in their order.
func entries() func(yield func(path, text string) bool) {
	return func(yield func(string, string) bool) {
		for _, e := range [][2]string{
			{"/o/{organisation}", "directory.side.home"}, {"/o/{organisation}/contacts", "directory.side.contacts"},
			{"/o/{organisation}/people", "directory.side.people"}, {"/o/{organisation}/mandates", "directory.side.mandates"},
			{"/o/{organisation}/clients", "directory.side.clients"}, {"/o/{organisation}/settings", "directory.side.settings"},
			{"/desk/organisations", "directory.side.desk"},
		} {
			if !yield(e[0], e[1]) {
				return
			}
		}
	}
}

// frame is what every page of the directory has besides its own view.
type frame struct {
	Base string // path of the organisation
	Done string // what was just done, as a sentence; ""
	View any
}

// show renders a page with its title, which is a message.
func (p *pages) show(w http.ResponseWriter, r *http.Request, name, title string, view any, bad Wrongs, wide bool) error {
	say := web.Printer(r)
	data := frame{View: view}
	if in := actor.From(r.Context()).In; !in.Organisation.IsZero() {
		data.Base, wide = "/o/"+in.Organisation.String(), true // one frame for all pages beside the list
	}
	if key := "directory.done." + r.URL.Query().Get("done"); r.Method == http.MethodGet && say.Has(key) {
		data.Done = say.T(key)
	}
	out := web.Page{Title: title, Data: data, Wide: wide}
	for _, x := range bad {
		out.Errors = append(out.Errors, web.FieldError{Field: x.Field, Text: say.T(x.Key, x.Values...)})
	}
	return p.site.Render(w, r, p.templates, name, out)
}

// mend returns what is to be mended in the form; any other error is returned as it is.
func mend(err error) (Wrongs, error) {
	var bad Wrongs
	if errors.As(err, &bad) {
		return bad, nil
	}
	return nil, err
}

// text says what is wrong with one field, "" when nothing is.
func (w Wrongs) text(say *i18n.Printer, field string) string {
	for _, x := range w {
		if x.Field == field {
			return say.T(x.Key, x.Values...)
		}
	}
	return ""
}

// form reads the form that a request brings.
func form(r *http.Request) (url.Values, error) {
	if err := web.ReadForm(r); err != nil {
		return nil, err
	}
	return r.PostForm, nil
}

// in is the organisation that the path names; web has asked what the actor is to it.
func in(r *http.Request) db.ID { return actor.From(r.Context()).In.Organisation }

// id reads an id in the path; what is none does not exist.
func id(r *http.Request, name string) (db.ID, error) {
	x, err := db.ParseID(r.PathValue(name))
	if err != nil || x.IsZero() {
		return x, hidden()
	}
	return x, nil
}

// back leads to a page of the organisation, which then says what was done.
func back(w http.ResponseWriter, r *http.Request, path, done string) error {
	to(w, r, "/o/"+in(r).String()+path, done)
	return nil
}

func to(w http.ResponseWriter, r *http.Request, path, done string) {
	if done != "" {
		path += "?" + url.Values{"done": {done}}.Encode()
	}
	http.Redirect(w, r, path, http.StatusSeeOther)
}

// selection is an input with options, for the partials select and radios.
type selection struct {
	Name, Label, Hint, Error string
	Hidden                   bool // the label is for those who cannot see what stands beside
	Options                  []option
}

type option struct {
	Value, Label, Line string
	Chosen             bool
}

// chosen marks the option of a value.
func chosen(options []option, value string) []option {
	for i := range options {
		options[i].Chosen = options[i].Value == value
	}
	return options
}

// optionsOf are the choices in force, and the value that is there already if it is not among them.
func optionsOf(say *i18n.Printer, c Choices, now time.Time, value string) (list []option) {
	found := value == ""
	for _, x := range c.At(now) {
		list = append(list, option{Value: x.Value, Label: c.Label(x.Value, say.Lang())})
		found = found || x.Value == value
	}
	if !found {
		list = append(list, option{Value: value, Label: c.Label(value, say.Lang())})
	}
	return chosen(list, value)
}

func placeChoice(say *i18n.Printer, name, label string, hidden bool, value string, bad Wrongs) selection {
	var list []option
	for _, x := range []string{"member", "security-contact", "owner"} {
		list = append(list, option{Value: x, Label: say.T("directory.place." + x), Line: say.T("directory.place_line." + x)})
	}
	return selection{Name: name, Label: label, Hidden: hidden, Options: chosen(list, value), Error: bad.text(say, name)}
}

func placeOfForm(s string) actor.Place {
	place, _ := actor.ParsePlace(s)
	return place
}
