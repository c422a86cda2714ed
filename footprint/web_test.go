package footprint

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"polder/directory"
	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/kit"
	"polder/internal/web"
)

// site is the home with its pages; who is asking stands in the cookie "as".
func (h *home) site(base string) (*web.Site, *pages) {
	h.t.Helper()
	dir := directory.New(h.db, h.clock.Now)
	site, err := web.New(web.Options{Name: "Meldpunt Polder", BaseURL: base, Catalog: h.catalog, Log: kit.Log(h.t), Now: h.clock.Now, People: web.People{
		Session: func(_ http.ResponseWriter, r *http.Request) (actor.Actor, error) {
			c, err := r.Cookie("as")
			if err != nil {
				return actor.Actor{}, nil
			}
			return h.people[c.Value], nil
		},
		In: func(r *http.Request, a actor.Actor, organisation string) (actor.Actor, error) {
			return dir.In(r.Context(), a, organisation)
		},
	}})
	if err != nil {
		h.t.Fatal(err)
	}
	return site, h.f.routes(site)
}

func ask(site http.Handler, who, method, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if who != "" {
		r.AddCookie(&http.Cookie{Name: "as", Value: who})
	}
	w := httptest.NewRecorder()
	site.ServeHTTP(w, r)
	return w
}

// Every route that takes an id: another organisation, another role, no session, a wrong parent, an id
// that does not exist and none at all answer alike, as if it did not exist. New routes are walked too.
func TestEveryRouteHidesWhatIsNotYours(t *testing.T) {
	kit.Each(t, allSchemas(), func(t *testing.T, d *db.DB) {
		h := newHome(t, d)
		a, b := h.organisation("a"), h.organisation("b")
		h.organisation("it")
		h.organisation("it-reads")
		h.organisation("it-one")
		h.staff("analyst", actor.Analyst)
		h.staff("others", ^Deciders)
		h.staff("administrator", actor.Administrator)
		site, _ := h.site("")
		mine := h.register("a", Domain, "bakker.example", Owner)
		other := h.register("a", Domain, "molen.example", Owner)
		theirs := h.domain("b", "smid.example")
		if err := h.db.Write(t.Context(), func(tx *db.Tx) error { return Correct(t.Context(), tx, theirs.ID, b, "x", h.clock.Now()) }); err != nil {
			t.Fatal(err)
		}
		corrections, _ := h.f.Corrections(t.Context(), 1)
		h.mandate("a", "it", 1, 1)
		h.mandate("a", "it-reads", 0, 1)
		h.mandate("a", "it-one", 1, 0, mine.ID)
		none := db.NewID().String()

		plain := func(w *httptest.ResponseRecorder) string {
			return strings.ReplaceAll(w.Body.String(), w.Header().Get("X-Request-Id"), "")
		}
		walked := 0
		for _, route := range site.Routes() {
			method, path, _ := strings.Cut(route.Pattern, " ")
			if !strings.Contains(path, "{") || strings.HasPrefix(path, "/assets/") {
				continue
			}
			walked++
			at := func(organisation, asset string) string {
				return strings.NewReplacer("{organisation}", organisation, "{asset}", asset, "{claim}", asset, "{correction}", asset, "{token}", asset).Replace(path)
			}
			id := mine.ID.String()
			if strings.Contains(path, "{correction}") {
				id = corrections[0].ID.String()
			}
			type try struct{ who, path string }
			var tries []try
			switch {
			case strings.HasPrefix(path, "/o/"):
				tries = []try{{"", at(a.String(), id)}, {"b", at(a.String(), id)}, {"analyst", at(a.String(), id)}, {"administrator", at(a.String(), id)},
					{"a", at(none, id)}, {"a", at("x", id)}, {"a", at(b.String(), id)}}
				if strings.Contains(path, "{asset}") {
					tries = append(tries, try{"b", at(b.String(), id)}, try{"a", at(a.String(), theirs.ID.String())}, try{"a", at(a.String(), none)}, try{"a", at(a.String(), "x")},
						try{"it-one", at(a.String(), other.ID.String())})
				}
				if method == http.MethodPost {
					tries = append(tries, try{"a-member", at(a.String(), id)}, try{"it-reads", at(a.String(), id)})
				}
				if strings.HasSuffix(path, "/new") || strings.Contains(path, "/bulk") {
					tries = append(tries, try{"it-one", at(a.String(), id)}, try{"a-member", at(a.String(), id)}, try{"it-reads", at(a.String(), id)})
				}
			case strings.HasPrefix(path, "/desk/"):
				tries = []try{{"", at("", id)}, {"a", at("", id)}, {"administrator", at("", id)}, {"others", at("", id)}, {"analyst", at("", none)}, {"analyst", at("", "x")}}
				if strings.Contains(path, "{claim}") {
					tries = append(tries, try{"analyst", at("", corrections[0].ID.String())})
				}
			case strings.HasPrefix(path, "/objection/"):
				tries = []try{{"", at("", none)}, {"analyst", at("", strings.Repeat("A", 43))}}
			default:
				t.Errorf("%s is of no kind that is tried here", route)
			}
			form := url.Values{"value": {"nieuw.example"}, "kind": {"domain"}, "answer": {"withdraw"}, "reason": {"because"}, "evidence": {"seen"}, "list": {"nieuw.example"}, "name": {"bakker.example"}, "plea": {"x"}, "code": {"AAAA-AAAA-AAAA"}}
			for _, x := range tries {
				w := ask(site, x.who, method, x.path, form)
				if w.Code != http.StatusNotFound {
					t.Errorf("%q asks %s %s: %d", x.who, method, x.path, w.Code)
					continue
				}
				// The same as for something that has never existed, to the same person.
				nothing := ask(site, x.who, method, "/nothing/there", form)
				norm := func(s, path string) string {
					s = strings.ReplaceAll(s, url.QueryEscape(path), "")
					return strings.ReplaceAll(s, path, "")
				}
				if got, want := norm(plain(w), x.path), norm(plain(nothing), "/nothing/there"); len(got) != len(want) && !sameButNav(got, want) {
					t.Errorf("%q asks %s %s: another page than for what does not exist", x.who, method, x.path)
				}
			}
		}
		if walked < 15 {
			t.Errorf("only %d routes were walked", walked)
		}
		if c := h.claim(mine.ID); c.State != Pending || c.Asked != "" {
			t.Errorf("something changed: %+v", c)
		}
		if h.claim(theirs.ID).State != Active {
			t.Error("something of b changed")
		}
		// And those who may, may.
		for _, x := range []struct{ who, method, path string }{
			{"a", "GET", "/o/" + a.String() + "/assets"}, {"a-member", "GET", "/o/" + a.String() + "/assets/" + mine.ID.String()}, {"it-reads", "GET", "/o/" + a.String() + "/assets/" + mine.ID.String()},
			{"it-one", "GET", "/o/" + a.String() + "/assets/" + mine.ID.String()}, {"it", "GET", "/o/" + a.String() + "/assets/new"}, {"analyst", "GET", "/desk/claims"},
			{"analyst", "GET", "/desk/claims/" + mine.ID.String()}, {"it-one", "POST", "/o/" + a.String() + "/assets/" + mine.ID.String() + "/look"},
			{"it", "POST", "/o/" + a.String() + "/assets/new"},
		} {
			if w := ask(site, x.who, x.method, x.path, url.Values{"kind": {"domain"}, "value": {"nog.example"}}); w.Code != 200 && w.Code != 303 {
				t.Errorf("%s asks %s %s: %d", x.who, x.method, x.path, w.Code)
			}
		}
		// A mandate for one asset shows that one alone.
		if page := ask(site, "it-one", "GET", "/o/"+a.String()+"/assets", nil).Body.String(); !strings.Contains(page, "bakker.example") || strings.Contains(page, "molen.example") {
			t.Error("a mandate shows more, or less, than it covers")
		}
	})
}

// sameButNav compares two pages without what the header and the list beside say of where the reader is.
func sameButNav(a, b string) bool {
	main := func(s string) string {
		_, s, _ = strings.Cut(s, "<main")
		s, _, _ = strings.Cut(s, "</main>")
		return s
	}
	return main(a) == main(b)
}

// Class "mass assignment": fields that a form does not have change nothing.
func TestNoMassAssignment(t *testing.T) {
	d := kit.SQLite(t, allSchemas())
	h := newHome(t, d)
	a, b := h.organisation("a"), h.organisation("b")
	site, _ := h.site("")
	w := ask(site, "a", "POST", "/o/"+a.String()+"/assets/new", url.Values{"kind": {"domain"}, "value": {"bakker.example"}, "state": {"active"}, "method": {"staff"},
		"organisation": {b.String()}, "organisation_id": {b.String()}, "id": {db.NewID().String()}, "evidence": {"x"}, "proven_at": {"1"}})
	_, id, _ := strings.Cut(w.Header().Get("Location"), "/assets/")
	id, _, _ = strings.Cut(id, "?")
	claim, err := db.ParseID(id)
	if err != nil {
		t.Fatal(w.Code, w.Header())
	}
	if c := h.claim(claim); c.State != Pending || c.Method != "" || c.Organisation != a || c.Evidence != "" {
		t.Errorf("%+v", c)
	}
}

// Class "state change by GET, CSRF": a GET changes nothing, a POST from another site neither.
func TestOnlyOwnFormsChangeThings(t *testing.T) {
	d := kit.SQLite(t, allSchemas())
	h := newHome(t, d)
	a := h.organisation("a")
	site, _ := h.site("")
	c := h.prefix("a", "192.0.2.0/28", Owner)
	_, token := h.codeFor("abuse-a@net.example")
	for _, path := range []string{"/o/" + a.String() + "/assets/" + c.ID.String() + "/withdraw", "/objection/" + token} {
		ask(site, "a", "GET", path, nil)
		r := httptest.NewRequest("POST", path, nil)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.AddCookie(&http.Cookie{Name: "as", Value: "a"})
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r)
		if w.Code != http.StatusForbidden || h.claim(c.ID).State != Active {
			t.Errorf("%s: %d %s", path, w.Code, h.claim(c.ID).State)
		}
	}
	page := ask(site, "", "GET", "/objection/"+token, nil)
	if page.Code != 200 || !strings.Contains(page.Body.String(), "Bedrijf a") || page.Header().Get("Cache-Control") != "no-store" || page.Header().Get("Referrer-Policy") != "strict-origin" {
		t.Errorf("%d %v", page.Code, page.Header())
	}
	if w := ask(site, "", "POST", "/objection/"+token, nil); w.Code != 303 || h.claim(c.ID).State != Refused {
		t.Errorf("%d", w.Code)
	}
	if page := ask(site, "", "GET", "/objection/"+token, nil); !strings.Contains(page.Body.String(), "De code werkt niet meer") {
		t.Error("the page does not say that it was refused")
	}
}

// People copy their domain from the bar of the browser: that is what they mean.
func TestDomainAsPeopleTypeIt(t *testing.T) {
	for typed, want := range map[string]string{
		"example.nl": "example.nl", " https://www.Example.nl/contact?x=1 ": "example.nl", "http://mail.example.nl": "mail.example.nl",
		"www.example.nl": "example.nl", "www.nl": "www.nl", "example.nl/": "example.nl", "https://": "", "not a domain": "not a domain",
	} {
		if got := nameIn(typed); got != want {
			t.Errorf("%q is read as %q; want %q", typed, got, want)
		}
	}
}

// Staff who choose no list see the first where something waits for them; the organisation sees that staff have it.
func TestDeskBeginsWhereSomethingWaits(t *testing.T) {
	kit.Each(t, allSchemas(), func(t *testing.T, d *db.DB) {
		h := newHome(t, d)
		a := h.organisation("a")
		h.staff("analyst", actor.Analyst)
		site, _ := h.site("")
		c := h.register("a", Domain, "bakker.example", Owner)
		current := func(list string) bool {
			return strings.Contains(ask(site, "analyst", "GET", "/desk/claims", nil).Body.String(), `href="/desk/claims?list=`+list+`" aria-current="`)
		}
		own := "/o/" + a.String() + "/assets/" + c.ID.String()
		if !current("contested") || strings.Contains(ask(site, "a", "GET", own, nil).Body.String(), "Je vraag ligt bij onze medewerkers") {
			t.Error("before anything was asked, the desk does not begin with its first list, or the asset says that something was asked")
		}
		if err := h.f.Plead(h.as("a"), a, c.ID, "Contract met provider, zie bijlage"); err != nil {
			t.Fatal(err)
		}
		if !current("asked") || !strings.Contains(ask(site, "a", "GET", own, nil).Body.String(), "Je vraag ligt bij onze medewerkers") {
			t.Error("the desk does not begin where a question waits, or the asset does not say that it does")
		}
	})
}
