package main

import (
	"net/http"
	"slices"
	"strings"

	"polder/internal/actor"
	"polder/internal/fault"
	"polder/internal/i18n"
	"polder/internal/web"
)

// personaView is one of the people a visitor can be.
type personaView struct{ Key, Name, Text string }

// people lists whom a visitor can be.
func (d *demoSite) people(w http.ResponseWriter, r *http.Request) error {
	p := web.Printer(r)
	var list []personaView
	for _, x := range personas {
		list = append(list, personaView{x.key, x.name, p.T("demo.people." + x.key)})
	}
	return d.show(w, r, "people", p.T("demo.people.title"), list)
}

// be signs the visitor in as one of them, without the factors that a person needs: this is the demo,
// whose routes exist nowhere else.
func (d *demoSite) be(w http.ResponseWriter, r *http.Request) error {
	key := r.PathValue("persona")
	i := slices.IndexFunc(personas, func(p persona) bool { return p.key == key })
	if i < 0 {
		return fault.Hidden()
	}
	token, err := d.session(r.Context(), key)
	if err != nil {
		return err
	}
	http.SetCookie(w, demoSession(token))
	to := "/home"
	if personas[i].staff.Any(actor.Analyst | actor.Adviser | actor.Auditor) {
		to = "/desk"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// demoSession is the cookie of a visitor's session; none when token is "".
func demoSession(token string) *http.Cookie {
	c := &http.Cookie{Name: "polder_session", Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if token == "" {
		c.MaxAge = -1
	}
	return c
}

// yourself lets the visitor make an account, also one who was somebody else until now.
func (d *demoSite) yourself(w http.ResponseWriter, r *http.Request) error {
	http.SetCookie(w, demoSession(""))
	http.Redirect(w, r, "/register", http.StatusSeeOther)
	return nil
}

// demoWays are in the bar above every page: from the pages of a centre to those of the demo, most of all to the mails,
// where the visitor's codes are; and back, for who is signed in.
func demoWays(r *http.Request, p *i18n.Printer) []web.Link {
	own := r.URL.Path == "/" || strings.HasPrefix(r.URL.Path, "/demo/")
	switch {
	case !own:
		return []web.Link{{Text: p.T("demo.ways.home"), URL: "/"}, {Text: p.T("demo.ways.mail"), URL: "/demo/mail"}, {Text: p.T("demo.ways.people"), URL: "/demo/people"}}
	case actor.From(r.Context()).Known():
		return []web.Link{{Text: p.T("demo.ways.back"), URL: "/home"}}
	}
	return nil
}

// alwaysFresh makes whoever is signed in count as having just shown a factor: the demo's clock leaps
// ahead by days, and its people have no factors to show.
func alwaysFresh(a *app, session func(http.ResponseWriter, *http.Request) (actor.Actor, error)) func(http.ResponseWriter, *http.Request) (actor.Actor, error) {
	return func(w http.ResponseWriter, r *http.Request) (actor.Actor, error) {
		who, err := session(w, r)
		if err == nil && who.Known() {
			who.Fresh = a.now()
		}
		return who, err
	}
}
