package footprint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"polder/directory"
	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/i18n"
	"polder/internal/jobs"
	"polder/internal/kit"
	"polder/internal/outbox"
	"polder/internal/seal"
	"polder/internal/signin"
	"polder/internal/web"
)

// programs is two organisations with their people and tokens, behind the whole API.
type programs struct {
	t     *testing.T
	db    *db.DB
	clock *kit.Clock
	site  *web.Site
	in    *signin.Signin
	dir   *directory.Directory
	ids   map[string]db.ID // organisations by reference, accounts by name
}

func openPrograms(t *testing.T, d *db.DB) *programs {
	t.Helper()
	p := &programs{t: t, db: d, clock: &kit.Clock{}, ids: map[string]db.ID{}}
	catalog, err := i18n.New(web.Messages, signin.Locales(), directory.Locales(), Locales())
	if err != nil {
		t.Fatal(err)
	}
	catalog.Strict = true
	queue, key := jobs.New(d, kit.Log(t)), bytes.Repeat([]byte{7}, 32)
	out := outbox.New(d, queue, nil, p.clock.Now, kit.Log(t), outbox.Settings{Centre: "Polder", From: "Polder <polder@polder.example>", Key: key})
	p.in = signin.New(d, out, catalog, p.clock.Now, kit.Log(t), signin.Settings{BaseURL: "https://polder.example", Centre: "Polder", Key: key, Idle: 2 * time.Hour, Longest: 12 * time.Hour})
	p.dir = directory.New(d, p.clock.Now)
	f := New(d, p.clock.Now, kit.Log(t))
	people := p.in.People()
	people.In = func(r *http.Request, a actor.Actor, id string) (actor.Actor, error) {
		return p.dir.In(r.Context(), a, id)
	}
	if p.site, err = web.New(web.Options{Catalog: catalog, Now: p.clock.Now, BaseURL: "https://polder.example", People: people, Log: kit.Log(t)}); err != nil {
		t.Fatal(err)
	}
	p.in.ProgramRoutes(p.site)
	p.dir.TokenRoutes(p.site, p.in)
	api := web.NewAPI(p.site, 100, 1000)
	p.in.API(api)
	p.dir.API(api)
	f.API(api)
	if _, err := p.dir.Import(t.Context(), strings.NewReader("reference,name,registration_number,sector,province,employees,language,notify_email\nbakker,Bakkerij De Korst,12345678,G,Utrecht,10-49,nl,info@korst.example\nsmid,Smederij Vonk,,,,,en,\n")); err != nil {
		t.Fatal(err)
	}
	lines := "organisation_reference,kind,value,role\nsmid,domain,vonk.example,owner\nbakker,domain,korst.example,owner\nbakker,prefix,192.0.2.0/28,owner\nbakker,asn,AS64500,owner\n"
	for i := range 5 {
		lines += fmt.Sprintf("bakker,prefix,198.51.100.%d/32,provider\n", i)
	}
	if _, err := f.Import(t.Context(), strings.NewReader(lines)); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Withdraw(t.Context(), strings.NewReader("organisation_reference,kind,value,role\nbakker,prefix,198.51.100.4/32,provider\n")); err != nil {
		t.Fatal(err)
	}
	for _, r := range []string{"bakker", "smid"} {
		o, err := p.dir.ByReference(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		p.ids[r] = o.ID
	}
	for _, m := range []struct{ name, organisation, place string }{{"owner", "bakker", "owner"}, {"contact", "bakker", "security-contact"}, {"member", "bakker", "member"}, {"smith", "smid", "owner"}, {"stranger", "", ""}} {
		id := db.NewID()
		p.ids[m.name] = id
		p.exec(`INSERT INTO signin_account (id, mail, name, language, staff, state, handle, created_at) VALUES (?1, ?2, ?3, 'nl', 0, 'active', ?4, 1)`, id, m.name+"@people.example", m.name, id[:])
		if m.organisation != "" {
			p.exec(`INSERT INTO directory_member (organisation_id, account_id, place, since) VALUES (?1, ?2, ?3, 1)`, p.ids[m.organisation], id, m.place)
		}
	}
	return p
}

func (p *programs) exec(q string, args ...any) {
	p.t.Helper()
	err := p.db.Write(p.t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(p.t.Context(), q, args...); return err })
	if err != nil {
		p.t.Fatal(err)
	}
}

// as asks with a new session of somebody.
func (p *programs) as(name, method, path string, form url.Values) *httptest.ResponseRecorder {
	p.t.Helper()
	r := httptest.NewRequest(method, "https://polder.example"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if id, ok := p.ids[name]; ok {
		token := seal.Token()
		now := p.clock.Now()
		p.exec(`INSERT INTO signin_session (id, account_id, hash, method, browser, created_at, fresh_at, seen_at, ends_at) VALUES (?1, ?2, ?3, 'passkey', '', ?4, ?4, ?4, ?5)`,
			db.NewID(), id, seal.Hash(token), db.At(now), db.At(now.Add(time.Hour)))
		r.AddCookie(&http.Cookie{Name: "__Host-polder_session", Value: token})
	}
	w := httptest.NewRecorder()
	p.site.ServeHTTP(w, r)
	return w
}

func (p *programs) ask(secret, method, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "https://polder.example"+path, nil)
	r.Header.Set("Authorization", "Bearer "+secret)
	w := httptest.NewRecorder()
	p.site.ServeHTTP(w, r)
	return w
}

var made = regexp.MustCompile(`data-copy="(polder_[A-Z2-7]{59})"`)

func (p *programs) token(name, organisation string, scopes ...string) string {
	p.t.Helper()
	w := p.as(name, "POST", "/o/"+p.ids[organisation].String()+"/tokens", url.Values{"name": {"export"}, "scope": scopes, "days": {"90"}})
	m := made.FindStringSubmatch(w.Body.String())
	if m == nil {
		p.t.Fatalf("%s makes no token: %d", name, w.Code)
	}
	return m[1]
}

func eachPrograms(t *testing.T, fn func(t *testing.T, p *programs)) {
	kit.Each(t, []db.Schema{audit.Schema(), signin.Schema(), directory.Schema(), Schema(), jobs.Schema()}, func(t *testing.T, d *db.DB) { fn(t, openPrograms(t, d)) })
}

func TestProgramReadsItsOrganisation(t *testing.T) {
	eachPrograms(t, func(t *testing.T, p *programs) {
		secret := p.token("contact", "bakker", "organisation:read", "assets:read")
		var o struct {
			ID, Name, Language string
			Employees          int
			RegistrationNumber string `json:"registration_number"`
		}
		w := p.ask(secret, "GET", "/api/v1/organisation")
		if err := json.Unmarshal(w.Body.Bytes(), &o); err != nil || w.Code != 200 || o.ID != p.ids["bakker"].String() || o.Name != "Bakkerij De Korst" || o.Employees != 10 || o.RegistrationNumber != "12345678" {
			t.Errorf("%d %s %v", w.Code, w.Body, err)
		}
		if strings.Contains(w.Body.String(), "info@korst.example") {
			t.Error("the contact leaves with the organisation")
		}
		var values []string
		path := "/api/v1/assets?limit=2"
		for path != "" {
			w := p.ask(secret, "GET", path)
			var piece web.Piece[apiAsset]
			if err := json.Unmarshal(w.Body.Bytes(), &piece); err != nil || w.Code != 200 || len(piece.Items) > 2 {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			for _, a := range piece.Items {
				values = append(values, a.Value)
			}
			if path = ""; piece.Next != "" {
				path = "/api/v1/assets?limit=2&cursor=" + piece.Next
			}
		}
		if want := []string{"AS64500", "korst.example", "192.0.2.0/28", "198.51.100.0/32", "198.51.100.1/32", "198.51.100.2/32", "198.51.100.3/32"}; !slices.Equal(values, want) {
			t.Errorf("%v, want %v", values, want)
		}
		// Without the scope nothing.
		only := p.token("owner", "bakker", "organisation:read")
		for path, want := range map[string]int{"/api/v1/organisation": 200, "/api/v1/assets": 403, "/api/v1/organisations": 403, "/api/v1/me": 200} {
			if w := p.ask(only, "GET", path); w.Code != want {
				t.Errorf("%s: %d, want %d", path, w.Code, want)
			}
		}
	})
}

// Defect class 1: the token of another organisation sees nothing of this one, whatever it asks.
func TestTokenOfAnotherOrganisation(t *testing.T) {
	eachPrograms(t, func(t *testing.T, p *programs) {
		smith := p.token("smith", "smid", "organisation:read", "assets:read")
		bakker := p.ids["bakker"].String()
		for _, path := range []string{"/api/v1/organisation", "/api/v1/assets", "/api/v1/assets?limit=200"} {
			if w := p.ask(smith, "GET", path); w.Code != 200 || strings.Contains(strings.ToLower(w.Body.String()), "korst") || strings.Contains(w.Body.String(), bakker) || strings.Contains(w.Body.String(), "192.0.2") {
				t.Errorf("%s: %d %s", path, w.Code, w.Body)
			}
		}
		// A cursor of the other shows nothing of the other.
		var piece web.Piece[apiAsset]
		if err := json.Unmarshal(p.ask(p.token("owner", "bakker", "assets:read"), "GET", "/api/v1/assets?limit=1").Body.Bytes(), &piece); err != nil || piece.Next == "" {
			t.Fatal(err)
		}
		if w := p.ask(smith, "GET", "/api/v1/assets?cursor="+piece.Next); w.Code != 200 || strings.Contains(w.Body.String(), "korst") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		// The organisation cannot be said in the request.
		for _, path := range []string{"/api/v1/organisation?organisation=" + bakker, "/api/v1/assets?organisation_id=" + bakker} {
			if w := p.ask(smith, "GET", path); w.Code != 422 {
				t.Errorf("%s: %d", path, w.Code)
			}
		}
		for _, path := range []string{"/api/v1/organisation/" + bakker, "/api/v1/organisations/" + bakker, "/o/" + bakker, "/o/" + bakker + "/tokens"} {
			if w := p.ask(smith, "GET", path); w.Code != 404 {
				t.Errorf("%s: %d", path, w.Code)
			}
		}
	})
}

func TestWhoMakesTokensOfAnOrganisation(t *testing.T) {
	eachPrograms(t, func(t *testing.T, p *programs) {
		form := func(scopes ...string) url.Values { return url.Values{"name": {"x"}, "scope": scopes, "days": {"30"}} }
		page := "/o/" + p.ids["bakker"].String() + "/tokens"
		for _, c := range []struct {
			who, scope string
			status     int
		}{
			{"owner", "organisation:write", 200}, {"contact", "organisation:write", 403}, {"contact", "assets:write", 200}, {"owner", "register:read", 403},
			{"member", "assets:read", 404}, {"smith", "assets:read", 404}, {"stranger", "assets:read", 404}, {"nobody", "assets:read", 404},
		} {
			if w := p.as(c.who, "POST", page, form(c.scope)); w.Code != c.status || made.MatchString(w.Body.String()) != (c.status == 200) {
				t.Errorf("%s makes %s: %d, want %d", c.who, c.scope, w.Code, c.status)
			}
		}
		for who, want := range map[string]int{"owner": 200, "contact": 200, "member": 404, "smith": 404, "stranger": 404, "nobody": 404} {
			if w := p.as(who, "GET", page, nil); w.Code != want {
				t.Errorf("%s sees the tokens: %d, want %d", who, w.Code, want)
			}
		}
		// Revoking: by its own people, under its own organisation alone.
		var token db.ID
		secret := p.token("owner", "bakker", "assets:read")
		if err := json.Unmarshal(p.ask(secret, "GET", "/api/v1/me").Body.Bytes(), &struct{ Token *db.ID }{&token}); err != nil || token.IsZero() {
			t.Fatal(err)
		}
		for _, c := range []struct {
			who, organisation string
			status            int
		}{
			{"smith", "smid", 404}, {"smith", "bakker", 404}, {"member", "bakker", 404}, {"nobody", "bakker", 404},
		} {
			if w := p.as(c.who, "POST", "/o/"+p.ids[c.organisation].String()+"/tokens/"+token.String()+"/revoke", nil); w.Code != c.status {
				t.Errorf("%s revokes under %s: %d", c.who, c.organisation, w.Code)
			}
		}
		if w := p.ask(secret, "GET", "/api/v1/assets"); w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if w := p.as("contact", "POST", page+"/"+token.String()+"/revoke", nil); w.Code != 303 {
			t.Errorf("%d", w.Code)
		}
		if w := p.ask(secret, "GET", "/api/v1/assets"); w.Code != 401 {
			t.Errorf("a revoked token: %d", w.Code)
		}
	})
}

// From the moment that an organisation is closed its tokens open nothing.
func TestTokensEndWithTheirOrganisation(t *testing.T) {
	eachPrograms(t, func(t *testing.T, p *programs) {
		secret := p.token("owner", "bakker", "organisation:read", "assets:read")
		p.exec(`UPDATE directory_organisation SET state = 'closed' WHERE id = ?1`, p.ids["bakker"])
		for _, path := range []string{"/api/v1/organisation", "/api/v1/assets"} {
			if w := p.ask(secret, "GET", path); w.Code != 404 || strings.Contains(w.Body.String(), "korst") {
				t.Errorf("%s of a closed organisation: %d", path, w.Code)
			}
		}
		// And whoever closes it ends them, so that they stand as revoked.
		err := p.db.Write(t.Context(), func(tx *db.Tx) error { return p.in.EndTokens(t.Context(), tx, p.ids["bakker"]) })
		if w := p.ask(secret, "GET", "/api/v1/me"); err != nil || w.Code != 401 {
			t.Errorf("%d %v", w.Code, err)
		}
		// One that staff did not accept yet makes none.
		p.exec(`UPDATE directory_organisation SET state = 'requested' WHERE id = ?1`, p.ids["smid"])
		page := "/o/" + p.ids["smid"].String() + "/tokens"
		if w := p.as("smith", "POST", page, url.Values{"name": {"x"}, "scope": {"assets:read"}, "days": {"30"}}); w.Code != 404 {
			t.Errorf("%d", w.Code)
		}
		if w := p.as("smith", "GET", page, nil); w.Code != 200 || strings.Contains(w.Body.String(), `type="checkbox"`) {
			t.Errorf("%d", w.Code)
		}
	})
}

// The register of all organisations is for staff with the role, by a token with the scope.
func TestProgramReadsTheRegister(t *testing.T) {
	eachPrograms(t, func(t *testing.T, p *programs) {
		p.exec(`UPDATE signin_account SET staff = ?2 WHERE id = ?1`, p.ids["stranger"], int64(actor.Adviser))
		w := p.as("stranger", "POST", "/account/tokens", url.Values{"name": {"x"}, "scope": {"register:read"}, "days": {"30"}})
		m := made.FindStringSubmatch(w.Body.String())
		if m == nil {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		w = p.ask(m[1], "GET", "/api/v1/organisations?limit=1")
		if w.Code != 200 || !strings.Contains(w.Body.String(), `"bakker"`) || strings.Contains(w.Body.String(), `"smid"`) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		// A token of a person is of no organisation.
		for path, want := range map[string]int{"/api/v1/organisation": 403, "/api/v1/assets": 403} {
			if w := p.ask(m[1], "GET", path); w.Code != want {
				t.Errorf("%s: %d", path, w.Code)
			}
		}
		p.exec(`UPDATE signin_account SET staff = 0 WHERE id = ?1`, p.ids["stranger"])
		if w := p.ask(m[1], "GET", "/api/v1/organisations"); w.Code != 403 {
			t.Errorf("a role that was taken: %d", w.Code)
		}
	})
}
