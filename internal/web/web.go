package web

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"polder/internal/actor"
	"polder/internal/fault"
	"polder/internal/i18n"
)

// MaxBody is how many bytes a request may send, unless the route's access says otherwise.
const MaxBody = 64 << 10

// Options say what a Site is. Catalog is needed; the zero value of all else works.
type Options struct {
	Name     string        // how the site is called; "Polder" when empty, unless the theme has a name
	BaseURL  string        // "https://polder.example", without a path; with https the cookies and HSTS follow
	Catalog  *i18n.Catalog // must hold Messages
	Log      *slog.Logger
	Theme    fs.FS                                     // the operator's folder; nil for our own look
	Demo     bool                                      // serve the routes that are DemoOnly
	DemoWays func(*http.Request, *i18n.Printer) []Link // ways through the demo, in the bar that says that it is one
	Operator func(*http.Request) bool                  // who is the operator; nil: whoever asks from this machine, not through a proxy
	People   People                                    // who is asking; the zero value knows nobody
	Now      func() time.Time                          // for the log; time.Now when nil
	// Observe is told of every answer, for the metrics. Route.Pattern is "" when there was no route.
	Observe func(route Route, status int, took time.Duration)
}

// Site is the whole web site. Register all routes before it serves.
type Site struct {
	name     string
	base     string
	https    bool
	catalog  *i18n.Catalog
	log      *slog.Logger
	demo     bool
	demoWays func(*http.Request, *i18n.Printer) []Link
	operator func(*http.Request) bool
	people   People
	entries  []entry
	now      func() time.Time
	observe  func(Route, int, time.Duration)

	mux    *http.ServeMux
	routes []Route
	access map[string]Access // by pattern
	cross  *http.CrossOriginProtection
	assets *assets
	own    *Templates
	sets   sync.Map // setKey -> map[string]*template.Template
}

// New makes a site with the routes for its own assets. It fails when the theme cannot be read.
func New(o Options) (*Site, error) {
	if o.Catalog == nil {
		return nil, errors.New("web: Options.Catalog is missing")
	}
	s := &Site{
		name: o.Name, base: strings.TrimSuffix(o.BaseURL, "/"), catalog: o.Catalog, log: o.Log, demo: o.Demo, demoWays: o.DemoWays,
		operator: o.Operator, people: o.People, now: o.Now, observe: o.Observe,
		mux: http.NewServeMux(), access: map[string]Access{}, cross: http.NewCrossOriginProtection(),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.operator == nil {
		s.operator = onThisMachine
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.base != "" {
		u, err := url.Parse(s.base)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return nil, fmt.Errorf("web: base URL %q is not like https://polder.example", o.BaseURL)
		}
		s.https = u.Scheme == "https"
		// A proxy may rewrite Host; forms of our own pages must still come in.
		if err := s.cross.AddTrustedOrigin(u.Scheme + "://" + u.Host); err != nil {
			return nil, fmt.Errorf("web: trust own origin: %w", err)
		}
	}
	var err error
	if s.assets, err = loadAssets(o.Theme); err != nil {
		return nil, err
	}
	if s.name == "" {
		s.name = s.assets.name
	}
	if s.own, err = ParseTemplates(pageFiles, "templates/error.html"); err != nil {
		return nil, err
	}
	s.Handle("GET /assets/{file...}", Public, s.assets.serve)
	return s, nil
}

// Name is how the site is called.
func (s *Site) Name() string { return s.name }

// URL gives the full address of a path on this site.
func (s *Site) URL(path string) string { return s.base + path }

// Handle registers a route, such as "GET /verify" or "POST /f/{token}". It panics when the pattern names no method, when
// there is no access, and where http.ServeMux panics. What h returns as an error becomes a page (or problem+json), is
// logged once, and shows nothing of its cause.
func (s *Site) Handle(pattern string, access Access, h func(w http.ResponseWriter, r *http.Request) error) {
	method, path, found := strings.Cut(pattern, " ")
	if !found || method == "" || !strings.HasPrefix(path, "/") {
		panic(fmt.Sprintf("web: route %q must be a method, a space and a path", pattern))
	}
	if access.kind == nobody || access.kind == staff && access.staff == 0 || access.kind == program && access.scope == "" ||
		access.kind == organisation && (access.place == 0 || !strings.Contains(path, "{organisation}")) {
		panic(fmt.Sprintf("web: route %q has no access", pattern))
	}
	s.routes = append(s.routes, Route{pattern, access})
	s.access[pattern] = access
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		answer := w.(*answer)
		r, err := s.admit(access, pattern, w, r)
		answer.asked = r
		if q, ok := r.Context().Value(key{}).(*request); ok {
			q.access = access
		}
		if err != nil {
			if !s.detour(w, r, pattern, err) {
				answer.err = err
			}
			return
		}
		s.accessHeaders(w.Header(), access)
		answer.err = h(w, r)
	})
}

// ServeHTTP answers a request: headers, language, cross-origin check, route, error page, one line in the log.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := s.now()
	out := &answer{ResponseWriter: w}
	s.baseHeaders(w.Header())
	id := rand.Text()[:12]
	w.Header().Set("X-Request-Id", id)
	p, chosen := s.language(w, r)
	r = r.WithContext(context.WithValue(r.Context(), key{}, &request{id: id, printer: p, chosen: chosen, catalog: s.catalog}))
	_, pattern := s.mux.Handler(r)
	r.Body = http.MaxBytesReader(w, r.Body, s.access[pattern].most())
	s.guarded(out, r, pattern)
	aborted := false
	if out.err != nil {
		if out.status != 0 {
			aborted = true // half a page went out; whoever reads it must see that it broke off
		} else {
			if out.asked != nil {
				r = out.asked // with who is asking
			}
			s.showError(out, r, out.err)
		}
	}
	took := s.now().Sub(start)
	s.logAnswer(r, pattern, out, took)
	if s.observe != nil {
		s.observe(Route{pattern, s.access[pattern]}, out.code(), took)
	}
	if aborted {
		panic(http.ErrAbortHandler)
	}
}

// guarded runs the route and turns a panic into an error with its stack.
func (s *Site) guarded(out *answer, r *http.Request, pattern string) {
	defer func() {
		if v := recover(); v != nil {
			if v == http.ErrAbortHandler {
				panic(v)
			}
			out.err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	if err := s.cross.Check(r); err != nil {
		out.err = fault.Wrap(fault.Denied, err, "web.error.cross_origin")
		return
	}
	if pattern == "" {
		out.asked, out.err = s.noRoute(out, r)
		return
	}
	s.mux.ServeHTTP(out, r)
}

// noRoute tells a wrong method from a wrong address, and who asked: to whoever is signed in the page does not offer
// signing in, and it is in the person's language.
func (s *Site) noRoute(w http.ResponseWriter, r *http.Request) (asked *http.Request, err error) {
	if !strings.HasPrefix(r.URL.Path, APIPath+"/") {
		if asked, err = s.admit(Public, "", w, r); err != nil {
			return r, err
		}
		r = asked
	}
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		probe := r.Clone(r.Context())
		probe.Method = method
		// A route that this person may not use must not show itself by another answer to a wrong method.
		_, pattern := s.mux.Handler(probe)
		if a := s.access[pattern]; pattern == "" || a.personal() && strings.Contains(pattern, "{") {
			continue // whose it is, its own route would have to ask
		} else if _, err := s.admit(a, pattern, w, r); err == nil {
			allowed = append(allowed, method)
		}
	}
	w.Header().Del("WWW-Authenticate") // of those that were only tried
	if len(allowed) > 0 {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		return r, errMethod
	}
	return r, fault.Hidden()
}

// logAnswer writes one line. It names the route, not the address: an address may hold a secret.
func (s *Site) logAnswer(r *http.Request, pattern string, out *answer, took time.Duration) {
	level := slog.LevelInfo
	switch {
	case errors.Is(out.err, context.Canceled) && r.Context().Err() != nil:
		level = slog.LevelDebug // the person left
	case out.code() >= 500:
		level = slog.LevelError
	case out.err == nil && strings.HasPrefix(pattern, "GET /assets/"):
		level = slog.LevelDebug
	}
	attrs := []slog.Attr{
		slog.String("request", RequestID(r)), slog.String("method", r.Method), slog.String("route", pattern),
		slog.Int("status", out.code()), slog.Int64("bytes", out.bytes), slog.Duration("took", took),
	}
	if out.asked != nil {
		if who := actor.From(out.asked.Context()); who.Known() {
			attrs = append(attrs, slog.String("actor", who.String()))
		}
	}
	if out.err != nil {
		attrs = append(attrs, slog.String("error", out.err.Error()))
	}
	s.log.LogAttrs(r.Context(), level, "request", attrs...)
}

// answer remembers what went out, and the error that the route returned.
type answer struct {
	http.ResponseWriter
	status int
	bytes  int64
	err    error
	asked  *http.Request // as admitted, with who is asking
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= 200 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(b)
	a.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController flush and set deadlines.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func (a *answer) code() int {
	if a.status == 0 {
		return http.StatusOK
	}
	return a.status
}

type key struct{}

type request struct {
	id      string
	printer *i18n.Printer
	chosen  bool   // the reader chose the language
	access  Access // of the route
	catalog *i18n.Catalog
}

// RequestID is the short id of this request, the same in the log, the header and the error page.
func RequestID(r *http.Request) string {
	if q, ok := r.Context().Value(key{}).(*request); ok {
		return q.id
	}
	return ""
}

// Printer writes in the language of the reader. Only for requests that came through a Site.
func Printer(r *http.Request) *i18n.Printer {
	return r.Context().Value(key{}).(*request).printer
}

// Server gives an HTTP server for the site that gives nobody for ever: 10 s for the headers, 30 s for a request, 60 s
// for an answer, 2 min between requests, headers of at most 32 KiB.
func (s *Site) Server(addr string) *http.Server {
	return &http.Server{
		Addr: addr, Handler: s,
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 60 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
}
