package signin

import (
	"net/http"
	"net/url"
	"strconv"

	"polder/internal/actor"
	"polder/internal/web"
)

func (p *pages) peopleRoutes() {
	desk := web.Staff(actor.Administrator)
	p.site.Handle("GET /desk/people", desk, p.showPeople)
	p.site.Handle("GET /desk/people/{account}", desk, p.showPerson)
	p.site.Handle("POST /desk/people/{account}/roles", desk.Fresh(), p.appoint)
	p.site.Handle("POST /desk/people/{account}/disable", desk.Fresh(), p.disable)
	p.site.Handle("POST /desk/people/{account}/enable", desk.Fresh(), p.enable)
	p.site.Handle("POST /desk/people/{account}/sign-out", desk.Fresh(), p.signOut)
}

// peoplePage is the list of accounts.
type peoplePage struct {
	Search web.Field
	Text   string
	Total  int
	List   []personRow
	Pager  *web.Pager
}

type personRow struct {
	Person
	Roles  []string
	Status web.Status
}

func (p *pages) row(r *http.Request, x Person) personRow {
	t := web.Printer(r)
	row := personRow{Person: x, Status: web.Status{Kind: "done", Text: t.T("signin.state." + string(x.State))}}
	if x.State == Disabled {
		row.Status.Kind = "muted"
	}
	for _, name := range x.Staff.Names() {
		row.Roles = append(row.Roles, t.T("signin.role."+name))
	}
	return row
}

func (p *pages) showPeople(w http.ResponseWriter, r *http.Request) error {
	t, text := web.Printer(r), r.URL.Query().Get("q")
	from, err := strconv.Atoi(r.URL.Query().Get("from"))
	if err != nil || from < 0 || from > 10_000_000 {
		from = 0
	}
	list, total, err := p.s.PeopleBy(r.Context(), text, from)
	if err != nil {
		return err
	}
	view := peoplePage{Text: text, Total: total, Search: web.Field{Name: "q", Label: t.T("signin.people.search"), Value: text, Type: "search", MaxLength: 254}}
	for _, x := range list {
		view.List = append(view.List, p.row(r, x))
	}
	if total > PeoplePage {
		at := func(n int) string {
			return "/desk/people?" + url.Values{"q": {text}, "from": {strconv.Itoa(n)}}.Encode()
		}
		view.Pager = &web.Pager{First: from + 1, Last: from + len(list), Total: total}
		if from > 0 {
			view.Pager.Previous = at(max(0, from-PeoplePage))
		}
		if from+len(list) < total {
			view.Pager.Next = at(from + PeoplePage)
		}
	}
	return p.render(w, r, "people", web.Page{Title: t.T("signin.people.title"), Wide: true, Data: view})
}

// personPage is one account, for an administrator.
type personPage struct {
	personRow
	Choices []roleChoice
	Self    bool
	Active  bool
	Notice  *web.Notice
}

type roleChoice struct {
	Name, Text, More string
	Has              bool
}

func (p *pages) showPerson(w http.ResponseWriter, r *http.Request) error { return p.person(w, r, nil) }

func (p *pages) person(w http.ResponseWriter, r *http.Request, err error) error {
	x, fail := p.s.PersonBy(r.Context(), r.PathValue("account"))
	if fail != nil {
		return fail
	}
	t := web.Printer(r)
	view := personPage{personRow: p.row(r, x), Self: x.ID == actor.From(r.Context()).Account, Active: x.State == Active, Notice: said(r, "roles", "disabled", "enabled", "ended")}
	for i, name := range actor.RoleNames {
		view.Choices = append(view.Choices, roleChoice{name, t.T("signin.role." + name), t.T("signin.role_more." + name), x.Staff.Any(1 << i)})
	}
	page := web.Page{Title: x.Name}
	if err != nil {
		e, status, ok := wrong(r, err)
		if !ok {
			return err
		}
		page.Errors, page.Status = []web.FieldError{{Text: e.Text}}, status
	}
	page.Data = view
	return p.render(w, r, "person", page)
}

// acted goes back to the account, or says there what is wrong.
func (p *pages) acted(w http.ResponseWriter, r *http.Request, done string, err error) error {
	if err != nil {
		return p.person(w, r, err)
	}
	return go303(w, r, "/desk/people/"+url.PathEscape(r.PathValue("account"))+"?done="+done)
}

func (p *pages) appoint(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	var roles actor.Roles
	for _, name := range r.PostForm["role"] {
		role, _ := actor.ParseRole(name)
		roles |= role
	}
	return p.acted(w, r, "roles", p.s.Appoint(r.Context(), r.PathValue("account"), roles))
}

func (p *pages) disable(w http.ResponseWriter, r *http.Request) error {
	return p.acted(w, r, "disabled", p.s.Disable(r.Context(), r.PathValue("account")))
}

func (p *pages) enable(w http.ResponseWriter, r *http.Request) error {
	return p.acted(w, r, "enabled", p.s.Enable(r.Context(), r.PathValue("account")))
}

func (p *pages) signOut(w http.ResponseWriter, r *http.Request) error {
	return p.acted(w, r, "ended", p.s.EndSessionsOf(r.Context(), r.PathValue("account")))
}
