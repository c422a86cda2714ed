package main

import (
	"net/http"
	"slices"

	"polder/internal/actor"
	"polder/internal/fault"
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
	http.SetCookie(w, &http.Cookie{Name: "polder_session", Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	to := "/home"
	if personas[i].staff.Any(actor.Analyst | actor.Adviser) {
		to = "/desk"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
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
