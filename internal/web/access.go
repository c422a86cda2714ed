package web

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"polder/internal/actor"
	"polder/internal/fault"
)

// Access says who may come to a route. The zero value is no access and cannot be registered.
type Access struct {
	kind  kind
	staff actor.Roles
	place actor.Place
	scope string
	fresh bool
	body  int64
}

type kind uint8

const (
	nobody kind = iota
	public
	byToken
	demoOnly
	operator
	signedIn
	staff
	organisation
	program
)

// The kinds of access that need no roles.
var (
	Public   = Access{kind: public}   // everyone
	ByToken  = Access{kind: byToken}  // whoever holds the secret in the link: the handler checks it; nothing is cached, indexed or referred
	DemoOnly = Access{kind: demoOnly} // everyone, but the route is only there in the demo
	Operator = Access{kind: operator} // whoever runs this server, as Options.Operator decides
	SignedIn = Access{kind: signedIn} // every person with both factors
)

// Staff lets those come who have any of the roles at the centre.
func Staff(roles actor.Roles) Access { return Access{kind: staff, staff: roles} }

// Organisation lets those come who have any of the places in the organisation that the path names
// as {organisation}.
func Organisation(places actor.Place) Access { return Access{kind: organisation, place: places} }

// Program lets programs come whose API token has the scope, and nobody else: a browser's cookie
// counts for nothing here, so no other site can use it. AnyScope lets every valid token come.
func Program(scope string) Access { return Access{kind: program, scope: scope} }

// Fresh asks besides that the person has shown a factor in the last ten minutes.
func (a Access) Fresh() Access {
	a.fresh = true
	return a
}

// Body lets requests send up to so many bytes, for a list or a file.
func (a Access) Body(most int64) Access {
	a.body = most
	return a
}

func (a Access) most() int64 { return max(a.body, MaxBody) }

// personal tells whether the answer depends on who is asking.
func (a Access) personal() bool { return a.kind >= signedIn }

// String is the name as it stands in the golden list of routes.
func (a Access) String() string {
	names := [...]string{"none", "public", "by-token", "demo-only", "operator", "signed-in", "staff:" + a.staff.String(), "organisation:" + a.place.String(), "program:" + a.scope}
	if a.fresh {
		return names[a.kind] + " fresh"
	}
	return names[a.kind]
}

// People finds out who is asking. Both are asked anew for every request.
type People struct {
	// Session returns the person of the request's cookie, or nobody. It may add headers to the answer.
	Session func(w http.ResponseWriter, r *http.Request) (actor.Actor, error)
	// Token returns the program of the request's Authorization header, or nobody.
	Token func(r *http.Request) (actor.Actor, error)
	// In returns the actor with what it is to the organisation, by its id in the path, or a NotFound
	// fault, also for one that exists and to which the actor is nothing.
	In func(r *http.Request, a actor.Actor, organisation string) (actor.Actor, error)
}

// Route is one line of the list of routes.
type Route struct {
	Pattern string // as in net/http: method, space, path
	Access  Access
}

// String gives "GET /verify public".
func (r Route) String() string { return r.Pattern + " " + r.Access.String() }

// Routes lists every route with who may come, sorted by path. A test compares it with a golden file, so that a review
// sees each right that changes.
func (s *Site) Routes() []Route {
	routes := slices.Clone(s.routes)
	path := func(r Route) string { _, p, _ := strings.Cut(r.Pattern, " "); return p + " " + r.Pattern }
	slices.SortFunc(routes, func(a, b Route) int { return strings.Compare(path(a), path(b)) })
	return routes
}

// errSignIn and errStepUp send the person to a page first, and back.
var (
	errSignIn = errors.New("nobody is signed in")
	errStepUp = errors.New("no factor was shown in the last ten minutes")
)

// errToken is the answer to a program without a token that works.
var errToken = errors.New("no valid token")

// challenge says in the words of RFC 6750 what a program's token lacks.
func challenge(w http.ResponseWriter, r *http.Request, scope string) {
	say := "Bearer"
	switch {
	case scope != "":
		say = fmt.Sprintf("Bearer error=\"insufficient_scope\", scope=%q", scope)
	case r.Header.Get("Authorization") != "":
		say = "Bearer error=\"invalid_token\""
	}
	w.Header().Set("WWW-Authenticate", say)
}

// admit returns the request with the actor in its context, when that may come to the route. It answers as if the route
// did not exist when not. Who is not signed in is sent to do so, but not from a path that names something by an id: that
// answers as if the thing did not exist, to whomever it does not belong.
func (s *Site) admit(a Access, pattern string, w http.ResponseWriter, r *http.Request) (*http.Request, error) {
	refused := func(why string) error {
		return fault.Wrap(fault.NotFound, fmt.Errorf("%s route: %s", a, why), "web.error.not_found.text")
	}
	switch a.kind {
	case demoOnly:
		if !s.demo {
			return r, refused("this is no demo")
		}
	case operator:
		if !s.operator(r) {
			return r, refused("asked by " + r.RemoteAddr)
		}
	}
	who, err := s.who(a, w, r)
	if err != nil {
		return r, err
	}
	if who.Known() { // also for a refusal: its page is in the person's language, and offers no signing in
		r = r.WithContext(actor.With(r.Context(), who))
		if who.Language != "" {
			Suggest(r, who.Language)
		}
	}
	if a.personal() && !who.Known() {
		if a.kind == program {
			challenge(w, r, "")
			return r, fault.Wrap(fault.Denied, errToken, "web.error.token")
		}
		if strings.Contains(pattern, "{") {
			return r, refused("nobody is signed in")
		}
		return r, errSignIn
	}
	switch a.kind {
	case staff:
		if !who.Staff.Any(a.staff) {
			return r, refused(who.String() + " has not the role")
		}
	case organisation:
		if s.people.In == nil {
			return r, refused("there are no organisations")
		}
		if who, err = s.people.In(r, who, r.PathValue("organisation")); err != nil {
			return r, err
		}
		if who.In.Place&a.place == 0 {
			return r, refused(who.String() + " has not the place")
		}
	case program:
		if a.scope != AnyScope && !slices.Contains(who.Scopes, a.scope) {
			challenge(w, r, a.scope)
			return r, fault.New(fault.Denied, "web.error.scope", "Scope", a.scope)
		}
	}
	if a.fresh && !who.Recent(s.now()) {
		return r, errStepUp
	}
	if !who.In.Organisation.IsZero() {
		r = r.WithContext(actor.With(r.Context(), who))
	}
	return r, nil
}

// who asks for the person, or on a route for programs the program.
func (s *Site) who(a Access, w http.ResponseWriter, r *http.Request) (actor.Actor, error) {
	switch {
	case a.kind == program && s.people.Token != nil:
		return s.people.Token(r)
	case a.kind != program && a.kind != operator && s.people.Session != nil:
		return s.people.Session(w, r)
	}
	return actor.Actor{}, nil
}

// detour answers an error that a page elsewhere takes away, and tells whether it did.
func (s *Site) detour(w http.ResponseWriter, r *http.Request, pattern string, err error) bool {
	place := ""
	switch {
	case prefersJSON(r.Header.Get("Accept")):
		return false
	case errors.Is(err, errSignIn):
		place = "/sign-in"
	case errors.Is(err, errStepUp):
		place = "/sign-in/confirm"
	default:
		return false
	}
	http.Redirect(w, r, place+"?"+url.Values{"to": {s.back(r, pattern)}}.Encode(), http.StatusSeeOther)
	return true
}

// back is the page that the person wanted, or the one that the form stood on.
func (s *Site) back(r *http.Request, pattern string) string {
	if r.Method == http.MethodGet {
		return r.URL.RequestURI()
	}
	_, path, _ := strings.Cut(pattern, " ")
	if _, there := s.access["GET "+path]; there {
		return r.URL.Path
	}
	if u, err := url.Parse(r.Referer()); err == nil && u.Host == r.Host {
		return s.Local(u.RequestURI())
	}
	return "/"
}

// Local returns the address when it is a page of this site that can be opened, and "/" for
// everything else: what comes from outside and says where to go next passes here.
func (s *Site) Local(to string) string {
	if len(to) > 2000 || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t\x00") {
		return "/"
	}
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil {
		return "/"
	}
	probe := &http.Request{Method: http.MethodGet, URL: u, Host: "", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	if _, pattern := s.mux.Handler(probe); pattern == "" || strings.HasPrefix(pattern, "GET /assets/") {
		return "/"
	}
	return u.RequestURI()
}

// onThisMachine is the operator: a connection from the machine itself that no proxy passed on.
// A proxy on the same machine is recognised by the headers that every common one sets.
func onThisMachine(r *http.Request) bool {
	for _, h := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via"} {
		if r.Header.Get(h) != "" {
			return false
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
