package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"polder/internal/actor"
	"polder/internal/config"
	"polder/internal/db"
	"polder/internal/kit"
	"polder/internal/web"
)

// centre is the whole house behind its pages, with two organisations and the people that a test
// makes, each with a session as signing in gives one.
type centre struct {
	*testing.T
	app  *app
	site *web.Site
	a, b db.ID // organisations
}

func eachCentre(t *testing.T, fn func(c *centre)) {
	t.Run("sqlite", func(t *testing.T) { fn(openCentre(t, "sqlite")) })
	t.Run("postgres", func(t *testing.T) {
		fn(openCentre(t, kit.Address(kit.Postgres(t, nil))))
	})
}

func openCentre(t *testing.T, database string) *centre {
	set := &config.Settings{Data: t.TempDir(), Database: database, BaseURL: "https://polder.example", SMTP: "smtp://localhost:25",
		SMTPConnections: 1, From: "Polder <warnings@polder.example>", TimeZone: "Europe/Amsterdam", Name: "Polder",
		SessionIdle: time.Hour, SessionLongest: 2 * time.Hour}
	a, err := openAt(t.Context(), set, kit.Log(t), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.close() })
	site, err := a.site(web.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := &centre{T: t, app: a, site: site}
	if _, err := a.directory.Import(t.Context(), strings.NewReader("reference,name,notify_email\nA,Bakkerij A,a@a.example\nB,Smederij B,b@b.example\n")); err != nil {
		t.Fatal(err)
	}
	for ref, id := range map[string]*db.ID{"A": &c.a, "B": &c.b} {
		o, err := a.directory.ByReference(t.Context(), ref)
		if err != nil {
			t.Fatal(err)
		}
		*id = o.ID
	}
	return c
}

// person makes an account with the roles and a place in an organisation, and returns its cookie.
func (c *centre) person(mail string, staff actor.Roles, organisation db.ID, place actor.Place) *http.Cookie {
	c.Helper()
	added, err := c.app.signin.AddPerson(c.Context(), mail, "Jan de Test", "nl", staff)
	if err != nil {
		c.Fatal(err)
	}
	if place != 0 {
		if given, err := c.app.directory.Admit(c.Context(), organisation, added.Account.ID, place); err != nil || !given {
			c.Fatal(given, err)
		}
	}
	var token string
	err = c.app.db.Write(c.Context(), func(tx *db.Tx) (err error) {
		token, err = c.app.signin.Begin(c.Context(), tx, added.Account.ID, "passkey", "test")
		return err
	})
	if err != nil {
		c.Fatal(err)
	}
	return &http.Cookie{Name: "__Host-polder_session", Value: token}
}

func (c *centre) ask(cookie *http.Cookie, method, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "https://polder.example"+path, strings.NewReader(""))
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method != http.MethodGet {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if cookie != nil {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	c.site.ServeHTTP(w, r.WithContext(context.WithoutCancel(c.Context())))
	return w
}

var wildcard = regexp.MustCompile(`\{[a-z]+(\.\.\.)?\}`)

// TestWhoMayComeWhere asks every route that is not for everyone as everybody who may not come:
// nobody, the owner of another organisation, a person without a place, and all of staff without the
// role. What names something by an id answers as if it did not exist; the rest leads to signing in,
// or to nothing.
func TestWhoMayComeWhere(t *testing.T) {
	eachCentre(t, func(c *centre) {
		people := map[string]*http.Cookie{
			"nobody":         nil,
			"owner of B":     c.person("b@b.example", 0, c.b, actor.Owner),
			"without place":  c.person("x@x.example", 0, db.ID{}, 0),
			"member of A":    c.person("m@a.example", 0, c.a, actor.Member),
			"contact of A":   c.person("s@a.example", 0, c.a, actor.SecurityContact),
			"owner of A":     c.person("a@a.example", 0, c.a, actor.Owner),
			"ended session":  {Name: "__Host-polder_session", Value: strings.Repeat("x", 43)},
			"another cookie": {Name: "polder_session", Value: strings.Repeat("x", 43)},
		}
		places := map[string]actor.Place{"member of A": actor.Member, "contact of A": actor.SecurityContact, "owner of A": actor.Owner}
		roles := map[string]actor.Roles{}
		for i, name := range actor.RoleNames {
			people[name] = c.person(name+"@polder.example", 1<<i, db.ID{}, 0)
			roles[name] = 1 << i
		}
		asked := 0
		for _, route := range c.site.Routes() {
			method, pattern, _ := strings.Cut(route.Pattern, " ")
			access := strings.TrimSuffix(route.Access.String(), " fresh")
			kind, allowed, _ := strings.Cut(access, ":")
			if kind != "organisation" && kind != "staff" && kind != "signed-in" {
				continue
			}
			path := wildcard.ReplaceAllStringFunc(pattern, func(w string) string {
				if w == "{organisation}" {
					return c.a.String()
				}
				return db.NewID().String()
			})
			for who, cookie := range people {
				known := cookie != nil && who != "ended session" && who != "another cookie"
				in := false
				for _, name := range strings.Split(allowed, ",") {
					place, _ := actor.ParsePlace(name)
					role, _ := actor.ParseRole(name)
					in = in || place != 0 && places[who] == place || role != 0 && roles[who] == role
				}
				if kind == "signed-in" && known || in {
					continue
				}
				asked++
				w := c.ask(cookie, method, path)
				want := http.StatusNotFound
				if !known && !strings.Contains(pattern, "{") {
					want = http.StatusSeeOther
				}
				if w.Code != want || want == http.StatusSeeOther && !strings.HasPrefix(w.Header().Get("Location"), "/sign-in?") {
					t := w.Header().Get("Location")
					c.Errorf("%s asks %s: %d %s, want %d", who, route, w.Code, t, want)
				}
			}
		}
		if asked == 0 {
			c.Error("no route was asked")
		}
		c.Logf("%d refusals", asked)
	})
}
