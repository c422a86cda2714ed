package web

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"polder/internal/fault"
)

// Access says who may come to a route. The zero value is no access and cannot be registered.
type Access uint8

// The kinds of access until people sign in.
const (
	_        Access = iota
	Public          // everyone
	ByToken         // whoever holds the secret in the link: the handler checks it; nothing is cached, indexed or referred
	DemoOnly        // everyone, but the route is only there in the demo
	Operator        // whoever runs this server, as Options.Operator decides
)

// String is the name as it stands in the golden list of routes.
func (a Access) String() string {
	names := [...]string{"none", "public", "by-token", "demo-only", "operator"}
	if int(a) < len(names) {
		return names[a]
	}
	return "none"
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

// allow answers as if the route did not exist when the person may not come.
func (s *Site) allow(a Access, r *http.Request) error {
	switch {
	case a == Public, a == ByToken, a == DemoOnly && s.demo, a == Operator && s.operator(r):
		return nil
	}
	return fault.Wrap(fault.NotFound, fmt.Errorf("%s route asked by %s", a, r.RemoteAddr), "web.error.not_found.text")
}

// onThisMachine is the operator until people sign in: a connection from the machine itself that no proxy passed on.
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
