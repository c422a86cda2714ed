package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"polder/internal/actor"
	"polder/internal/fault"
	"polder/internal/i18n"
)

// entry is a page in the list beside the pages of its section.
type entry struct {
	path, text string
	access     Access
}

// Entry puts a page that was registered, such as "/o/{organisation}/assets", in the list beside all pages whose path
// begins with the same segment ("o", "desk", "account"), under the message of the id. Who may not come to it does not
// see it there. The list keeps the order of the calls.
func (s *Site) Entry(path, text string) {
	access, ok := s.access["GET "+path]
	if !ok {
		panic(fmt.Sprintf("web: there is no page %q to put in a list", path))
	}
	s.entries = append(s.entries, entry{path, text, access})
}

// First leads to the first page of a section that the person may see; NotFound when there is none.
func (s *Site) First(w http.ResponseWriter, r *http.Request, section string) error {
	for _, e := range s.entries {
		if segment(e.path) == section && may(actor.From(r.Context()), e.access) {
			http.Redirect(w, r, e.at(actor.From(r.Context())), http.StatusSeeOther)
			return nil
		}
	}
	return fault.Hidden()
}

// may tells whether the actor may come to a page, as far as that shows from roles and places.
func may(who actor.Actor, a Access) bool {
	switch a.kind {
	case signedIn:
		return who.Known()
	case staff:
		return who.Staff.Any(a.staff)
	case organisation:
		return who.In.Place&a.place != 0
	}
	return a.kind == public
}

func (e entry) at(who actor.Actor) string {
	return strings.ReplaceAll(e.path, "{organisation}", who.In.Organisation.String())
}

// segment is the first part of a path.
func segment(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return first
}

// Order puts these entries before all others, in this order: who puts the site together knows what people come for most.
func (s *Site) Order(paths ...string) {
	place := func(e entry) int {
		if i := slices.Index(paths, e.path); i >= 0 {
			return i
		}
		return len(paths)
	}
	slices.SortStableFunc(s.entries, func(a, b entry) int { return place(a) - place(b) })
}

// side is the list beside this page: the entries of its section, with the one that the page is below as current; under
// names that one where the address does not.
func (s *Site) side(r *http.Request, p *i18n.Printer, under string) (links []Link) {
	who := actor.From(r.Context())
	best := -1
	for _, e := range s.entries {
		if segment(e.path) != segment(r.URL.Path) || !may(who, e.access) {
			continue
		}
		at := e.at(who)
		below := r.URL.Path == at || strings.HasPrefix(r.URL.Path, at+"/")
		if under != "" {
			below = at == under
		}
		if below && (best < 0 || len(at) > len(links[best].URL)) {
			best = len(links)
		}
		links = append(links, Link{Text: p.T(e.text), URL: at})
	}
	if len(links) == 1 && best == 0 {
		return nil // a list of nothing but this page leads nowhere
	}
	if best >= 0 {
		links[best].Current = true
	}
	return links
}

// header gives the ways through the site that depend on who is asking.
func (s *Site) header(r *http.Request, p *i18n.Printer) (links []Link) {
	who := actor.From(r.Context())
	add := func(path, text string) {
		if a, ok := s.access["GET "+path]; ok && may(who, a) {
			links = append(links, Link{Text: text, URL: path, Current: segment(path) == segment(r.URL.Path)})
		}
	}
	if !who.Known() {
		if q, ok := r.Context().Value(key{}).(*request); ok && q.access.kind != byToken && segment(r.URL.Path) != "sign-in" {
			add("/sign-in", p.T("web.nav_sign_in"))
		}
		return links
	}
	add("/desk", p.T("web.nav_desk"))
	add("/organisations", p.T("web.nav_organisations"))
	if n := len(links); n > 0 && links[n-1].URL == "/organisations" {
		links[n-1].Current = links[n-1].Current || segment(r.URL.Path) == "o"
	}
	add("/account", p.T("web.nav_account"))
	return links
}

// signInHere is where a page that does not exist for who is not signed in offers to sign in.
func (s *Site) signInHere(r *http.Request) string {
	if _, ok := s.access["GET /sign-in"]; !ok || actor.From(r.Context()).Known() || r.Method != http.MethodGet {
		return ""
	}
	return "/sign-in?" + url.Values{"to": {r.URL.RequestURI()}}.Encode()
}
