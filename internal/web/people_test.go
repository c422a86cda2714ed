package web

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
)

// Who may come, by the name in the cookie "as": an owner of organisation 1, a member of it, an
// analyst, an administrator. What signin and directory do is tested there.
func peopled(t *testing.T) *Site {
	t.Helper()
	now := time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)
	names := map[string]actor.Actor{
		"owner":  {Account: db.ID{1}, Fresh: now},
		"stale":  {Account: db.ID{1}, Fresh: now.Add(-11 * time.Minute)},
		"member": {Account: db.ID{2}, Fresh: now},
		"staff":  {Account: db.ID{3}, Staff: actor.Analyst, Fresh: now},
		"admin":  {Account: db.ID{4}, Staff: actor.Administrator, Fresh: now},
	}
	s, _ := open(t, Options{Now: func() time.Time { return now }, People: People{
		Session: func(_ http.ResponseWriter, r *http.Request) (actor.Actor, error) {
			c, err := r.Cookie("as")
			if err != nil {
				return actor.Actor{}, nil
			}
			if c.Value == "broken" {
				return actor.Actor{}, errors.New("no database")
			}
			return names[c.Value], nil
		},
		Token: func(r *http.Request) (actor.Actor, error) {
			if r.Header.Get("Authorization") != "Bearer good" {
				return actor.Actor{}, nil
			}
			return actor.Actor{Token: db.ID{9}, Scopes: []string{"read"}}, nil
		},
		In: func(_ *http.Request, a actor.Actor, id string) (actor.Actor, error) {
			places := map[db.ID]actor.Place{{1}: actor.Owner, {2}: actor.Member}
			if id != "1" && id != (db.ID{1}).String() || places[a.Account] == 0 {
				return a, fault.New(fault.NotFound, "web.error.not_found.text")
			}
			a.In = actor.In{Organisation: db.ID{1}, Name: "Bakkerij", Place: places[a.Account]}
			return a, nil
		},
	}})
	s.Handle("GET /open", Public, say("open"))
	s.Handle("GET /sign-in", Public, say("sign in"))
	s.Handle("GET /me", SignedIn, say("me"))
	s.Handle("POST /me", SignedIn.Fresh(), say("changed"))
	s.Handle("GET /desk", Staff(actor.Analyst|actor.Adviser), say("desk"))
	s.Handle("GET /o/{organisation}", Organisation(actor.Inside), say("home"))
	s.Handle("GET /o/{organisation}/people", Organisation(actor.Owner), say("people"))
	s.Handle("POST /o/{organisation}/people", Organisation(actor.Owner), say("invited"))
	s.Handle("GET /api/x", Program("read"), say("data"))
	s.Handle("GET /api/y", Program("write"), say("data"))
	return s
}

func TestWhoMayCome(t *testing.T) {
	s := peopled(t)
	for _, c := range []struct {
		as, ask string
		status  int
		leads   string
	}{
		{"", "GET /open", 200, ""}, {"owner", "GET /open", 200, ""}, {"unheard-of", "GET /open", 200, ""},
		{"", "GET /me", 303, "/sign-in?to=%2Fme"}, {"owner", "GET /me", 200, ""}, {"broken", "GET /me", 500, ""},
		{"", "GET /me?x=1", 303, "/sign-in?to=%2Fme%3Fx%3D1"},
		{"", "POST /me", 303, "/sign-in?to=%2Fme"}, {"owner", "POST /me", 200, ""}, {"stale", "POST /me", 303, "/sign-in/confirm?to=%2Fme"},
		{"", "GET /desk", 303, "/sign-in?to=%2Fdesk"}, {"staff", "GET /desk", 200, ""}, {"owner", "GET /desk", 404, ""},
		{"admin", "GET /desk", 404, ""}, // no role implies another
		{"", "GET /o/1", 404, ""}, {"owner", "GET /o/1", 200, ""}, {"member", "GET /o/1", 200, ""}, {"staff", "GET /o/1", 404, ""},
		{"owner", "GET /o/2", 404, ""}, {"admin", "GET /o/1", 404, ""}, {"owner", "GET /o/%31", 200, ""},
		{"member", "GET /o/1/people", 404, ""}, {"owner", "GET /o/1/people", 200, ""},
		{"member", "POST /o/1/people", 404, ""}, {"", "POST /o/1/people", 404, ""}, {"owner", "POST /o/1/people", 200, ""},
		{"owner", "DELETE /o/1/people", 404, ""}, // no 405: that would say that the page exists
		{"owner", "GET /api/x", 401, ""}, {"", "GET /api/x", 401, ""},
	} {
		method, path, _ := strings.Cut(c.ask, " ")
		headers := []string{"Sec-Fetch-Site: same-origin"}
		if c.as != "" {
			headers = append(headers, "Cookie: as="+c.as)
		}
		w := ask(s, method, path, headers...)
		if w.Code != c.status || w.Header().Get("Location") != c.leads {
			t.Errorf("%q asks %s: %d %s, want %d %s", c.as, c.ask, w.Code, w.Header().Get("Location"), c.status, c.leads)
		}
	}
	// A program comes by its token and nowhere else.
	for path, want := range map[string]int{"/api/x": 200, "/api/y": 403, "/me": 303, "/o/1": 404} {
		if w := ask(s, "GET", path, "Authorization: Bearer good"); w.Code != want {
			t.Errorf("a program asks %s: %d, want %d", path, w.Code, want)
		}
	}
	// What may not be seen and what does not exist answer alike, but for the address in the link to sign in.
	hidden, none := ask(s, "GET", "/o/1", "Cookie: as=staff"), ask(s, "GET", "/o/9", "Cookie: as=staff")
	a, b := strings.ReplaceAll(hidden.Body.String(), hidden.Header().Get("X-Request-Id"), ""), strings.ReplaceAll(none.Body.String(), none.Header().Get("X-Request-Id"), "")
	if a != b || hidden.Code != none.Code {
		t.Errorf("an organisation of others shows that it exists:\n%s\n%s", a, b)
	}
	if w := ask(s, "GET", "/o/1", "Cookie: as=owner"); w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("X-Robots-Tag") == "" {
		t.Errorf("a page of an organisation may be kept: %v", w.Header())
	}
}

// TestAnAddressWithoutARouteKnowsWhoAsks: its page is that of everything else which is not found.
func TestAnAddressWithoutARouteKnowsWhoAsks(t *testing.T) {
	s := peopled(t)
	for _, what := range []string{"GET /nowhere", "GET /o/1/nowhere", "DELETE /me"} {
		method, path, _ := strings.Cut(what, " ")
		known := ask(s, method, path, "Cookie: as=staff", "Sec-Fetch-Site: same-origin")
		if known.Code/100 != 4 || strings.Contains(known.Body.String(), "/sign-in") || !strings.Contains(known.Body.String(), `href="/desk"`) {
			t.Errorf("%s of somebody who is signed in: %d %s", what, known.Code, known.Body)
		}
	}
	if w := ask(s, "GET", "/nowhere"); w.Code != 404 || !strings.Contains(w.Body.String(), "/sign-in?to=%2Fnowhere") {
		t.Errorf("nobody asks for nothing: %d %s", w.Code, w.Body)
	}
	if w := ask(s, "GET", "/nowhere", "Cookie: as=broken"); w.Code != 500 {
		t.Errorf("who is asking is not known, and the answer is %d", w.Code)
	}
}

func TestLocal(t *testing.T) {
	s := peopled(t)
	for to, want := range map[string]string{
		"/me": "/me", "/me?a=b": "/me?a=b", "/o/1/people": "/o/1/people",
		"": "/", "me": "/", "//evil.example": "/", "/\\evil.example": "/", "\\\\evil.example": "/", "https://evil.example/me": "/", "http:/me": "/",
		"/%2Fevil.example": "/", "/me\r\nSet-Cookie: a=b": "/", "/nowhere": "/", "javascript:alert(1)": "/", "/\t/evil.example": "/", "///evil.example": "/",
		"/.//evil.example": "/", "/me/..//evil.example": "/",
		"/" + strings.Repeat("a", 3000): "/",
	} {
		if got := s.Local(to); got != want {
			t.Errorf("%q leads to %q, want %q", to, got, want)
		}
	}
}

func TestWaysThroughTheSite(t *testing.T) {
	s := peopled(t)
	s.Handle("GET /o/{organisation}/shown", Organisation(actor.Inside), func(w http.ResponseWriter, r *http.Request) error {
		return s.Render(w, r, s.own, "error", Page{Title: "x", Data: Wrong{}})
	})
	for _, path := range []string{"/o/{organisation}", "/o/{organisation}/people", "/o/{organisation}/shown", "/desk"} {
		s.Entry(path, "web.nav_desk")
	}
	id := db.ID{1}.String()
	owner, member := ask(s, "GET", "/o/"+id+"/shown", "Cookie: as=owner").Body.String(), ask(s, "GET", "/o/"+id+"/shown", "Cookie: as=member").Body.String()
	for _, want := range []string{`href="/o/` + id + `/people"`, `href="/o/` + id + `/shown" aria-current="page"`, "Bakkerij"} {
		if !strings.Contains(owner, want) {
			t.Errorf("the owner's page lacks %s", want)
		}
	}
	if strings.Contains(member, "/people") || strings.Contains(member, `href="/desk"`) {
		t.Error("a member is shown ways that it may not go")
	}
	if !strings.Contains(owner, `<body class="wide">`) {
		t.Error("a page with a list beside it is not as wide as the others, so that the list jumps")
	}
}

// Who puts the site together decides on the order of the list, and a page says what it belongs to where its address does not.
func TestListBesideThePages(t *testing.T) {
	s := peopled(t)
	s.Handle("GET /o/{organisation}/codes", Organisation(actor.Inside), func(w http.ResponseWriter, r *http.Request) error {
		return s.Render(w, r, s.own, "error", Page{Title: "x", Under: "/o/" + r.PathValue("organisation") + "/people", Data: Wrong{}})
	})
	for _, path := range []string{"/o/{organisation}", "/desk", "/o/{organisation}/people"} {
		s.Entry(path, "web.nav_desk")
	}
	s.Order("/o/{organisation}/people")
	id := db.ID{1}.String()
	page := ask(s, "GET", "/o/"+id+"/codes", "Cookie: as=owner").Body.String()
	people, home := strings.Index(page, `href="/o/`+id+`/people" aria-current="page"`), strings.Index(page, `href="/o/`+id+`">`)
	if people < 0 || home < people {
		t.Errorf("the list has people at %d, as the current page, and home at %d after it", people, home)
	}
}
