package directory

import (
	"errors"
	"net/http"
	"net/url"

	"polder/internal/actor"
	"polder/internal/i18n"
	"polder/internal/web"
)

// formView is the form about an organisation, for registering and for its settings.
type formView struct {
	Scheme               selection
	Number, Name, Domain web.Field
	Sector, Size, Area   selection
	Language             selection
	Consults             bool   // the trade register can be asked
	Filled               string // what it answered
	Said                 Registration
	Accepted             bool // name and number go to staff
}

func readRegistration(f url.Values) Registration {
	return Registration{Scheme: f.Get("scheme"), Number: f.Get("number"), Name: f.Get("name"), Sector: f.Get("sector"), Size: f.Get("size"),
		Area: f.Get("area"), Language: f.Get("language"), Domain: f.Get("domain"), Another: f.Get("another") == "1"}
}

func (p *pages) formOf(say *i18n.Printer, x Registration, bad Wrongs) formView {
	now := p.d.now()
	text := func(name string, most int) web.Field {
		return web.Field{Name: name, Label: say.T("directory.field." + name), Hint: say.T("directory.hint." + name), Error: bad.text(say, name), MaxLength: most}
	}
	pick := func(name string, options []option) selection {
		return selection{Name: name, Label: say.T("directory.field." + name), Error: bad.text(say, name), Options: options}
	}
	v := formView{Number: text("number", 20), Name: text("name", 200), Domain: text("domain", 253), Consults: p.d.Consults(), Said: x}
	v.Number.Value, v.Name.Value, v.Domain.Value = x.Number, x.Name, x.Domain
	v.Name.Autocomplete = "organization"
	var registers []option
	for _, s := range schemes {
		registers = append(registers, option{Value: s.Key, Label: say.T("directory.scheme." + s.Key)})
	}
	v.Scheme = pick("scheme", chosen(registers, x.Scheme))
	v.Sector = pick("sector", append([]option{{Label: say.T("directory.choose")}}, optionsOf(say, Sectors, now, x.Sector)...))
	v.Size = pick("size", optionsOf(say, Sizes, now, x.Size))
	v.Area = pick("area", append([]option{{Label: say.T("directory.no_area")}}, optionsOf(say, Areas, now, x.Area)...))
	v.Area.Hint = say.T("directory.hint.area")
	var languages []option
	for _, l := range i18n.Languages {
		languages = append(languages, option{Value: l, Label: say.T("web.language." + l)})
	}
	v.Language = pick("language", chosen(languages, x.Language))
	v.Language.Hint = say.T("directory.hint.language")
	return v
}

// askRegistration shows the form.
func (p *pages) askRegistration(w http.ResponseWriter, r *http.Request) error {
	say := web.Printer(r)
	own, err := p.d.OwnDomain(r.Context())
	if err != nil {
		return err
	}
	return p.show(w, r, "register", say.T("directory.register.title"), p.formOf(say, Registration{Scheme: "kvk", Language: say.Lang(), Domain: own}, nil), nil, false)
}

// register takes the form, or fills in the name that the trade register has.
func (p *pages) register(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r)
	if err != nil {
		return err
	}
	say, x := web.Printer(r), readRegistration(f)
	if f.Get("fill") == "1" {
		return p.fill(w, r, x)
	}
	done, err := p.d.Register(r.Context(), x)
	bad, err := mend(err)
	switch {
	case err != nil:
		return err
	case bad != nil:
		return p.show(w, r, "register", say.T("directory.register.title"), p.formOf(say, x, bad), bad, false)
	case done.Taken:
		return p.show(w, r, "taken", say.T("directory.taken.title"), p.formOf(say, x, nil), nil, false)
	case done.Again:
		to(w, r, "/o/"+done.Organisation.String(), "again")
	default:
		to(w, r, "/o/"+done.Organisation.String(), "registered")
	}
	return nil
}

func (p *pages) fill(w http.ResponseWriter, r *http.Request, x Registration) error {
	say := web.Printer(r)
	company, found, err := p.d.LookUp(r.Context(), x)
	bad, err := mend(err)
	if err != nil {
		return err
	}
	filled := say.T("directory.register.not_found")
	if found {
		x.Name = company.Name
		if s := sectionOf(company.SBI); s != "" && x.Sector == "" {
			x.Sector = s
		}
		filled = say.T("directory.register.found", "Name", company.Name)
	}
	v := p.formOf(say, x, bad)
	if bad == nil {
		v.Filled = filled
	}
	return p.show(w, r, "register", say.T("directory.register.title"), v, bad, false)
}

// join asks the owners of what was found to invite the person.
func (p *pages) join(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r)
	if err != nil {
		return err
	}
	if err := p.d.AskIn(r.Context(), f.Get("scheme"), f.Get("number"), f.Get("domain")); err != nil {
		return err
	}
	to(w, r, "/organisations", "asked")
	return nil
}

// invitationView is what the link of an invitation shows.
type invitationView struct {
	Invitation Invitation
	Place      string
	PlaceLine  string
	Path       string
	Name, Mail string // of who is signed in; "" when nobody is
}

func (p *pages) showInvitation(w http.ResponseWriter, r *http.Request, token, path string) error {
	say := web.Printer(r)
	i, err := p.d.Invited(r.Context(), token)
	if err != nil {
		return err
	}
	a := actor.From(r.Context())
	return p.show(w, r, "invitation", say.T("directory.invitation.title", "Organisation", i.Name), invitationView{Invitation: i,
		Place: say.T("directory.place." + i.Place.String()), PlaceLine: say.T("directory.place_line." + i.Place.String()), Path: path, Name: a.Name, Mail: a.Mail}, nil, false)
}

// invitation shows what the link is for. Whatever opens it, nothing changes.
func (p *pages) invitation(w http.ResponseWriter, r *http.Request) error {
	return p.showInvitation(w, r, r.PathValue("token"), "/invitation/"+r.PathValue("token"))
}

// takeInvitation lets who is signed in come in. Anybody else is led to sign in or register first; the
// secret goes along in a cookie, as it must not stand in another address.
func (p *pages) takeInvitation(w http.ResponseWriter, r *http.Request) error {
	token := r.PathValue("token")
	if actor.From(r.Context()).Known() {
		return p.accept(w, r, token)
	}
	if _, err := p.d.Invited(r.Context(), token); err != nil {
		return err
	}
	http.SetCookie(w, p.d.invitationCookie(token, 24*60*60))
	http.Redirect(w, r, "/sign-in?to=%2Finvitation", http.StatusSeeOther)
	return nil
}

const invitationCookie = "polder_invitation"

func (d *Directory) invitationCookie(token string, age int) *http.Cookie {
	u, err := url.Parse(d.house.Settings.BaseURL)
	return &http.Cookie{Name: invitationCookie, Value: token, Path: "/invitation", MaxAge: age, HttpOnly: true,
		Secure: err == nil && u.Scheme == "https", SameSite: http.SameSiteLaxMode}
}

func kept(r *http.Request) (string, error) {
	c, err := r.Cookie(invitationCookie)
	if errors.Is(err, http.ErrNoCookie) {
		return "", hidden()
	}
	return c.Value, err
}

// keptInvitation shows the invitation with which the person went to sign in.
func (p *pages) keptInvitation(w http.ResponseWriter, r *http.Request) error {
	token, err := kept(r)
	if err != nil {
		return err
	}
	return p.showInvitation(w, r, token, "/invitation")
}

func (p *pages) takeKept(w http.ResponseWriter, r *http.Request) error {
	token, err := kept(r)
	if err != nil {
		return err
	}
	return p.accept(w, r, token)
}

func (p *pages) accept(w http.ResponseWriter, r *http.Request, token string) error {
	organisation, err := p.d.Accept(r.Context(), token)
	if err != nil {
		return err
	}
	http.SetCookie(w, p.d.invitationCookie("", -1))
	to(w, r, "/o/"+organisation.String(), "joined")
	return nil
}
