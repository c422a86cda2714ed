package signin

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"polder/internal/actor"
	"polder/internal/fault"
	"polder/internal/web"
)

//go:embed templates/*.html
var templates embed.FS

// pages are the pages of signin on one site.
type pages struct {
	s         *Signin
	site      *web.Site
	templates *web.Templates
}

// Routes puts the pages on the site: registering, signing in, the person's own account, and the desk
// of administrators. Whoever signed in goes on to /home, which another registers.
func (s *Signin) Routes(site *web.Site) { s.routes(site) }

func (s *Signin) routes(site *web.Site) *pages {
	t, err := web.ParseTemplates(templates, "templates/*.html")
	if err != nil {
		panic(err) // the templates are embedded
	}
	p := &pages{s: s, site: site, templates: t}
	p.registerRoutes()
	p.enterRoutes()
	p.factorRoutes()
	p.accountRoutes()
	p.lostRoutes()
	p.peopleRoutes()
	for _, e := range [][2]string{{"/account", "signin.side.account"}, {"/account/sign-in", "signin.side.factors"}, {"/account/sessions", "signin.side.sessions"},
		{"/account/data", "signin.side.data"}, {"/desk/people", "signin.side.people"}, {"/desk/recovery", "signin.side.recovery"}} {
		site.Entry(e[0], e[1])
	}
	return p
}

// secret is a public page that nobody keeps: it belongs to something half done.
func (p *pages) secret(pattern string, h func(w http.ResponseWriter, r *http.Request) error) {
	p.site.Handle(pattern, web.Public, func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Robots-Tag", "noindex, nofollow")
		return h(w, r)
	})
}

// form is a page with one question: what a person fills in, and one button.
type form struct {
	Lead   string
	Action string
	Fields []web.Field
	To     string // where the person is going; "" for home
	Button string
	Notes  []string
	Ways   []web.Link
	Notice *web.Notice
}

// fieldOf says at which field a fault is shown.
var fieldOf = map[string]string{
	"signin.wrong.mail": "mail", "signin.wrong.same_mail": "mail", "signin.wrong.name": "name", "signin.wrong.code": "code", "signin.wrong.app_code": "code",
	"signin.wrong.pair": "mail", "signin.wrong.statement": "statement", "signin.wrong.passkey_name": "name",
	"signin.wrong.password_short": "password", "signin.wrong.password_long": "password", "signin.wrong.password_common": "password",
	"signin.wrong.password_guessable": "password", "signin.wrong.password_characters": "password",
}

// wrong gives what a person can mend; ok is false for every other error.
func wrong(r *http.Request, err error) (e web.FieldError, status int, ok bool) {
	key, _ := fault.Public(err)
	switch kind := fault.KindOf(err); {
	case err == nil, key == "", kind != fault.Invalid && kind != fault.TooMany:
		return e, 0, false
	case kind == fault.TooMany:
		status = http.StatusTooManyRequests
	default:
		status = http.StatusUnprocessableEntity
	}
	return web.FieldError{Field: fieldOf[key], Text: web.Say(web.Printer(r), err)}, status, true
}

// ask shows a form; with errors that the person can mend beside what is wrong, and any other error
// goes on. A nil error is none.
func (p *pages) ask(w http.ResponseWriter, r *http.Request, title string, f form, errs ...error) error {
	page := web.Page{Title: title}
	for _, err := range errs {
		if err == nil {
			continue
		}
		e, status, ok := wrong(r, err)
		if !ok {
			return err
		}
		at := slices.IndexFunc(f.Fields, func(x web.Field) bool { return x.Name == e.Field })
		if at >= 0 {
			f.Fields[at].Error = e.Text
		} else {
			e.Field = ""
		}
		page.Errors, page.Status = append(page.Errors, e), status
		if status == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "60")
		}
	}
	page.Data = f
	return p.render(w, r, "form", page)
}

func (p *pages) render(w http.ResponseWriter, r *http.Request, name string, page web.Page) error {
	switch r.URL.Path {
	case "/account/codes", "/account/password", "/account/app":
		page.Under = "/account/sign-in"
	case "/account/forget":
		page.Under = "/account/data"
	}
	return p.site.Render(w, r, p.templates, name, page)
}

// said is a notice after something was done, by its name in ?done=, of which there are these.
func said(r *http.Request, names ...string) *web.Notice {
	done := r.URL.Query().Get("done")
	if !slices.Contains(names, done) {
		return nil
	}
	t := web.Printer(r)
	return &web.Notice{Kind: "ok", Title: t.T("signin.done." + done)}
}

func go303(w http.ResponseWriter, r *http.Request, path string) error {
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}

// after is where a person goes who has signed in: where it was going, if that is a page of ours.
func (p *pages) after(to string) string {
	if to == "" {
		return "/home"
	}
	if local := p.site.Local(to); local != "/" || to == "/" {
		return local
	}
	return "/home"
}

// keep is the address as it may stand in a page, to come back to: "" when it is not one of ours.
func (p *pages) keep(to string) string {
	if local := p.after(to); local != "/home" {
		return local
	}
	return ""
}

// entered gives the browser its new session. The one that it had before, of whomever, ends.
func (p *pages) entered(w http.ResponseWriter, r *http.Request, session string) error {
	if who := actor.From(r.Context()); !who.Session.IsZero() {
		if err := p.s.EndSession(r.Context(), who.Account, who.Session); err != nil {
			return err
		}
	}
	p.s.setCookie(w, session)
	p.s.dropWay(w)
	return nil
}

func (s *Signin) setWay(w http.ResponseWriter, token string) {
	http.SetCookie(w, &http.Cookie{Name: s.way, Value: token, Path: "/", Secure: s.secure, HttpOnly: true, SameSite: http.SameSiteStrictMode})
}

func (s *Signin) dropWay(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{Name: s.way, Path: "/", MaxAge: -1, Secure: s.secure, HttpOnly: true, SameSite: http.SameSiteStrictMode})
}

// wayOf is the token of the ceremony of this browser; "" without one.
func (s *Signin) wayOf(r *http.Request) string {
	c, err := r.Cookie(s.way)
	if err != nil || len(c.Value) != 43 {
		return ""
	}
	return c.Value
}

// network is where a request comes from, as wide as one subscriber has it: /24, or /64 of IPv6. What
// a proxy says of it is believed of those proxies alone that the settings name.
func (s *Signin) network(r *http.Request) string {
	addr, err := hostOf(r.RemoteAddr)
	said := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(said) - 1; err == nil && i >= 0 && s.trusted(addr); i-- {
		next, bad := netip.ParseAddr(strings.TrimSpace(said[i]))
		if bad != nil {
			break
		}
		addr = next.Unmap()
	}
	if err != nil {
		return "nowhere"
	}
	bits := 64
	if addr.Is4() {
		bits = 24
	}
	prefix, err := addr.WithZone("").Prefix(bits)
	if err != nil {
		return "nowhere"
	}
	return prefix.String()
}

func (s *Signin) trusted(addr netip.Addr) bool {
	return slices.ContainsFunc(s.set.Proxies, func(p netip.Prefix) bool { return p.Contains(addr) })
}

func hostOf(remote string) (netip.Addr, error) {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return netip.Addr{}, err
	}
	addr, err := netip.ParseAddr(host)
	return addr.Unmap(), err
}

// answerOf reads what the script sends.
func answerOf(r *http.Request) ([]byte, error) {
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); kind != "application/json" {
		return nil, badPasskey(fmt.Errorf("content type %q", kind))
	}
	b, err := io.ReadAll(r.Body)
	var large *http.MaxBytesError
	if err == nil || errors.As(err, &large) {
		return b, err
	}
	return nil, badPasskey(err)
}

// reply answers the script.
func reply(w http.ResponseWriter, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write(b)
	return err
}

func lead(to string) map[string]string { return map[string]string{"to": to} }

// passkeyButton is a button that the script brings to life.
type passkeyButton struct {
	Act, Options, Finish, Text string
	Secondary                  bool
}
