package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/pb33f/libopenapi/datamodel"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/i18n"
)

var apiMessages = fstest.MapFS{
	"locales/nl.yaml": {Data: []byte(`garden: {op: {title: Tuinen, text: "Alle tuinen."}, taken: "De naam {{.Name}} is al in gebruik."}`)},
	"locales/en.yaml": {Data: []byte(`garden: {op: {title: Gardens, text: "All gardens."}, taken: "The name {{.Name}} is taken."}`)},
}

type gardens struct{ Body Piece[garden] }

type garden struct {
	Name string `json:"name" doc:"How it is called."`
	Size int    `json:"size,omitempty" doc:"In square metres."`
}

type newGarden struct {
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"20" doc:"How it is called."`
	}
}

// hands are of a clock that moves when told.
type hands struct{ moved time.Duration }

func (h *hands) Now() time.Time { return time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC).Add(h.moved) }

// apiSite is a site with an API and one token, "good", with the scopes given.
func apiSite(t *testing.T, clock *hands, scopes ...string) *Site {
	t.Helper()
	catalog, err := i18n.New(Messages, apiMessages)
	if err != nil {
		t.Fatal(err)
	}
	catalog.Strict = true
	s, err := New(Options{Catalog: catalog, Now: clock.Now, BaseURL: "https://polder.example", People: People{
		Session: func(_ http.ResponseWriter, r *http.Request) (actor.Actor, error) {
			if _, err := r.Cookie("session"); err != nil {
				return actor.Actor{}, nil
			}
			return actor.Actor{Account: db.ID{1}, Scopes: []string{"gardens:read", "gardens:write"}}, nil
		},
		Token: func(r *http.Request) (actor.Actor, error) {
			switch r.Header.Get("Authorization") {
			case "Bearer good":
				return actor.Actor{Token: db.ID{9}, Scopes: scopes}, nil
			case "Bearer other":
				return actor.Actor{Token: db.ID{8}, Scopes: scopes}, nil
			}
			return actor.Actor{}, nil
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	a := NewAPI(s, 1, 20)
	Operate(a, Operation{Route: "GET /gardens", ID: "list-gardens", Scope: "gardens:read", Text: "garden.op"},
		func(_ context.Context, in *struct{ Paging }) (*gardens, error) {
			after, err := in.After(1)
			if err != nil {
				return nil, err
			}
			var list []garden
			for _, name := range []string{"a", "b", "c", "d", "e"} {
				if name > after[0] && len(list) <= in.Limit {
					list = append(list, garden{Name: name})
				}
			}
			return &gardens{PieceOf(in.Paging, list, func(g garden) []string { return []string{g.Name} })}, nil
		})
	Operate(a, Operation{Route: "POST /gardens", ID: "add-garden", Scope: "gardens:write", Text: "garden.op", Status: 201, Body: 1 << 10},
		func(_ context.Context, in *newGarden) (*struct{ Body garden }, error) {
			if in.Body.Name == "taken" {
				return nil, fault.New(fault.Conflict, "garden.taken", "Name", in.Body.Name)
			}
			return &struct{ Body garden }{garden{Name: in.Body.Name}}, nil
		})
	Operate(a, Operation{Route: "DELETE /gardens/{garden}", ID: "drop-garden", Scope: "gardens:write", Text: "garden.op", Status: 204},
		func(_ context.Context, in *struct {
			Garden string `path:"garden" maxLength:"20" doc:"Its name."`
		}) (*struct{}, error) {
			switch in.Garden {
			case "broken":
				return nil, errors.New("the secret cause")
			case "mine":
				return nil, nil
			}
			return nil, fault.New(fault.NotFound, "web.error.not_found.text")
		})
	Operate(a, Operation{Route: "GET /me", ID: "who-am-i", Scope: AnyScope, Text: "garden.op"},
		func(ctx context.Context, _ *struct{}) (*struct{ Body garden }, error) {
			return &struct{ Body garden }{garden{Name: actor.From(ctx).Token.String()}}, nil
		})
	return s
}

func send(s http.Handler, method, address, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, address, strings.NewReader(body))
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

const good = "Authorization: Bearer good"

func problemOf(t *testing.T, w *httptest.ResponseRecorder) (p Problem) {
	t.Helper()
	if kind := w.Header().Get("Content-Type"); kind != "application/problem+json" {
		t.Errorf("an error of the API is %s: %s", kind, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Status != w.Code || p.Title == "" || p.Detail == "" || p.Request == "" {
		t.Errorf("%d %+v, %v", w.Code, p, err)
	}
	return p
}

func TestOperations(t *testing.T) {
	s := apiSite(t, &hands{}, "gardens:read", "gardens:write")
	w := send(s, "GET", "/api/v1/gardens?limit=2", "", good)
	if w.Code != 200 || w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	var names []string
	address := "/api/v1/gardens?limit=2"
	for address != "" {
		var p Piece[garden]
		w := send(s, "GET", address, "", good)
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || len(p.Items) > 2 {
			t.Fatalf("%s: %v", w.Body, err)
		}
		for _, g := range p.Items {
			names = append(names, g.Name)
		}
		if address = ""; p.Next != "" {
			address = "/api/v1/gardens?limit=2&cursor=" + p.Next
		}
	}
	if strings.Join(names, "") != "abcde" {
		t.Errorf("paging gave %v", names)
	}
	if w := send(s, "POST", "/api/v1/gardens", `{"name":"rozen"}`, good, "Content-Type: application/json"); w.Code != 201 || !strings.Contains(w.Body.String(), "rozen") {
		t.Errorf("added: %d %s", w.Code, w.Body)
	}
	if w := send(s, "DELETE", "/api/v1/gardens/mine", "", good); w.Code != 204 || w.Body.Len() != 0 {
		t.Errorf("taken away: %d %q", w.Code, w.Body)
	}
	if w := send(s, "HEAD", "/api/v1/gardens", "", good); w.Code != 200 {
		t.Errorf("head: %d", w.Code)
	}
}

func TestProblems(t *testing.T) {
	s := apiSite(t, &hands{}, "gardens:read", "gardens:write")
	for _, c := range []struct {
		ask, body string
		status    int
		says      string // in the title, the detail or an error
	}{
		{"GET /api/v1/gardens?limit=0", "", 422, "query.limit"}, {"GET /api/v1/gardens?limit=201", "", 422, "query.limit"},
		{"GET /api/v1/gardens?limit=x", "", 422, "query.limit"}, {"GET /api/v1/gardens?colour=red", "", 422, "query.colour"},
		{"GET /api/v1/gardens?cursor=%21", "", 422, "cursor"}, {"GET /api/v1/gardens?cursor=" + strings.Repeat("a", 1001), "", 422, "query.cursor"},
		{"POST /api/v1/gardens", `{"name":"taken"}`, 409, "The name taken is taken."}, {"POST /api/v1/gardens", `{}`, 422, "body"},
		{"POST /api/v1/gardens", `{"name":"a","owner":"b"}`, 422, "body.owner"}, {"POST /api/v1/gardens", `{`, 400, "body"},
		{"POST /api/v1/gardens", `{"name":"` + strings.Repeat("x", 2<<20) + `"}`, 413, "large"}, {"POST /api/v1/gardens", "", 400, "body"},
		{"DELETE /api/v1/gardens/other", "", 404, "cannot find"}, {"DELETE /api/v1/gardens/broken", "", 500, "our doing"},
		{"GET /api/v1/nowhere", "", 404, "cannot find"},
	} {
		method, address, _ := strings.Cut(c.ask, " ")
		w := send(s, method, address, c.body, good, "Content-Type: application/json", "Accept-Language: en", "Accept: text/html")
		p := problemOf(t, w)
		all, _ := json.Marshal(p)
		if w.Code != c.status || !strings.Contains(string(all), c.says) || strings.Contains(string(all), "secret cause") {
			t.Errorf("%.60s: %d %.300s, want %d and %q", c.ask, w.Code, all, c.status, c.says)
		}
	}
	if w := send(s, "POST", "/api/v1/gardens", `{"name":"taken"}`, good); problemOf(t, w).Detail != "De naam taken is al in gebruik." {
		t.Errorf("not in Dutch: %s", w.Body)
	}
	// What was sent is not said back: it may be a secret that stands in the wrong place.
	if w := send(s, "POST", "/api/v1/gardens", `{"name":"a","password":"hunter2"}`, good); strings.Contains(w.Body.String(), "hunter2") {
		t.Errorf("the answer says back what was sent: %s", w.Body)
	}
}

// Defect class 5: a token that may do more than its scopes, by another way of writing the address,
// the method or the scope.
func TestTokenScopesCannotBeBypassed(t *testing.T) {
	for _, c := range []struct {
		scopes string
		ask    string
		header string
		status int
	}{
		{"gardens:read", "GET /api/v1/gardens", "", 200}, {"gardens:read", "GET /api/v1/%67ardens", "", 200},
		{"gardens:read", "POST /api/v1/gardens", "", 403}, {"gardens:read", "POST /api/v1/%67ardens", "", 403},
		{"gardens:read", "DELETE /api/v1/%67ardens/mine", "", 403}, {"gardens:read", "DELETE /api/v1/gardens/%6dine", "", 403},
		{"gardens:read", "GET /api/v1/gardens", "X-HTTP-Method-Override: POST", 200}, {"gardens:read", "POST /api/v1/gardens", "X-HTTP-Method-Override: GET", 403},
		{"gardens:read", "GET /api/v1/gardens?_method=POST", "", 422}, {"gardens:read", "POST /api/v1/gardens?_method=GET", "", 403},
		{"gardens:read", "GET /api/v1/me", "X-Original-URL: /api/v1/gardens", 200},
		{"gardens", "GET /api/v1/gardens", "", 403}, {"gardens:", "GET /api/v1/gardens", "", 403}, {"gardens:rea", "GET /api/v1/gardens", "", 403},
		{"gardens:readall", "GET /api/v1/gardens", "", 403}, {"GARDENS:READ", "GET /api/v1/gardens", "", 403}, {"gardens:read gardens:write", "GET /api/v1/gardens", "", 403},
		{"*", "GET /api/v1/gardens", "", 403}, {"*", "GET /api/v1/me", "", 200}, {"", "GET /api/v1/gardens", "", 403},
		{"gardens:write", "GET /api/v1/gardens", "", 403}, {"gardens:write", "GET /api/v1//gardens", "", 404}, {"gardens:write", "GET /api/v1/x/../gardens", "", 404},
	} {
		s := apiSite(t, &hands{}, c.scopes)
		method, address, _ := strings.Cut(c.ask, " ")
		headers := []string{good}
		if c.header != "" {
			headers = append(headers, c.header)
		}
		w := send(s, method, address, `{"name":"a"}`, headers...)
		if w.Code == http.StatusMovedPermanently || w.Code == http.StatusTemporaryRedirect { // to the clean address, where the token is asked again
			w = send(s, method, w.Header().Get("Location"), "", headers...)
			c.status = 403
		}
		if w.Code != c.status {
			t.Errorf("a token with %q asks %s %s: %d, want %d", c.scopes, c.ask, c.header, w.Code, c.status)
		}
		if w.Code == 403 && !strings.Contains(w.Header().Get("WWW-Authenticate"), `error="insufficient_scope"`) {
			t.Errorf("%s: %q", c.ask, w.Header().Get("WWW-Authenticate"))
		}
	}
}

// CSRF does not apply: a browser's cookie counts for nothing, wherever the request comes from.
func TestCookiesCountForNothingInTheAPI(t *testing.T) {
	s := apiSite(t, &hands{}, "gardens:read")
	for _, headers := range [][]string{{"Cookie: session=x"}, {"Cookie: session=x", "Authorization: Basic Z29vZDo="}, {"Cookie: session=x", "Authorization: good"}, {"Authorization: Bearer bad"}, {}} {
		for _, address := range []string{"/api/v1/gardens", "/api/v1/gardens?access_token=good&token=good", "/api/v1/me", "/api/v1/gardens/mine"} {
			method := "GET"
			if strings.HasSuffix(address, "mine") {
				method = "DELETE"
			}
			w := send(s, method, address, "", headers...)
			if w.Code != 401 || !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Bearer") {
				t.Errorf("%v asks %s: %d %q", headers, address, w.Code, w.Header().Get("WWW-Authenticate"))
			}
			problemOf(t, w)
		}
	}
	if w := send(s, "GET", "/api/v1/gardens", "", good); w.Header().Get("Access-Control-Allow-Origin") != "" || len(w.Result().Cookies()) != 0 {
		t.Errorf("the API opens itself to other sites, or sets cookies: %v", w.Header())
	}
}

// A wrong method is said to whoever may ask with the right one, and to nobody else.
func TestWrongMethodInTheAPI(t *testing.T) {
	s := apiSite(t, &hands{}, "gardens:read")
	w := send(s, "PUT", "/api/v1/gardens", "", good)
	if problemOf(t, w); w.Code != 405 || w.Header().Get("Allow") != "GET" || w.Header().Get("WWW-Authenticate") != "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	w = send(s, "PUT", "/api/v1/gardens", "")
	if problemOf(t, w); w.Code != 404 || w.Header().Get("Allow") != "" || w.Header().Get("WWW-Authenticate") != "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestTokensMayNotAskTooOften(t *testing.T) {
	clock := &hands{}
	s := apiSite(t, clock, "gardens:read")
	for i := range 20 {
		if w := send(s, "GET", "/api/v1/gardens", "", good); w.Code != 200 {
			t.Fatalf("request %d of a burst of 20: %d", i+1, w.Code)
		}
	}
	w := send(s, "GET", "/api/v1/gardens", "", good)
	if problemOf(t, w); w.Code != 429 || w.Header().Get("Retry-After") != "2" {
		t.Errorf("%d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	if w := send(s, "GET", "/api/v1/gardens", "", "Authorization: Bearer other"); w.Code != 200 {
		t.Errorf("another token waits too: %d", w.Code)
	}
	clock.moved += time.Second
	if w := send(s, "GET", "/api/v1/gardens", "", good); w.Code != 200 {
		t.Errorf("a second later: %d", w.Code)
	}
}

// The description is OpenAPI 3.1, by the schema of the OpenAPI Initiative.
func TestDescription(t *testing.T) {
	s := apiSite(t, &hands{})
	w := send(s, "GET", "/api/v1/openapi.json", "")
	if w.Code != 200 || w.Header().Get("Content-Type") != "application/openapi+json" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	if y := send(s, "GET", "/api/v1/openapi.yaml", ""); y.Code != 200 || !strings.HasPrefix(y.Body.String(), "components:") {
		t.Errorf("%d %.100s", y.Code, y.Body)
	}
	if err := asOpenAPI(t, w.Body.Bytes()); err != nil {
		t.Errorf("the description is not OpenAPI 3.1: %v", err)
	}
	if asOpenAPI(t, []byte(strings.Replace(w.Body.String(), `"responses"`, `"answers"`, 1))) == nil {
		t.Error("a description with a mistake passes")
	}
	var d struct {
		Paths map[string]map[string]struct {
			Security  []map[string][]string
			Responses map[string]any
		}
		Servers []struct{ URL string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	if d.Servers[0].URL != "https://polder.example/api/v1" || len(d.Paths) != 3 {
		t.Errorf("%+v", d)
	}
	for path, methods := range d.Paths {
		for method, op := range methods {
			if len(op.Security) != 1 || op.Responses["429"] == nil || op.Responses["default"] == nil {
				t.Errorf("%s %s: %+v", method, path, op)
			}
		}
	}
	// An answer may get more fields; a request may not.
	var c struct {
		Components struct {
			Schemas map[string]map[string]any
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &c); err != nil {
		t.Fatal(err)
	}
	if s := c.Components.Schemas; s["NewGardenBody"]["additionalProperties"] != false || s["Garden"] == nil || s["Garden"]["additionalProperties"] != nil {
		t.Errorf("%v", s)
	}
	if w := send(apiSite(t, &hands{}, "gardens:write"), "POST", "/api/v1/gardens", `{"name":"a","owner":"b"}`, good); w.Code != 422 {
		t.Errorf("a field that is not known: %d", w.Code)
	}
	if w := send(s, "POST", "/api/v1/gardens", `{"name":"a"}`); w.Code != 401 {
		t.Errorf("%d", w.Code)
	}
	if got := d.Paths["/gardens"]["post"].Security[0]["token"]; len(got) != 1 || got[0] != "gardens:write" {
		t.Errorf("the scope is not in the description: %v", got)
	}
}

// asOpenAPI holds a description against the schema of the OpenAPI Initiative.
func asOpenAPI(t *testing.T, text []byte) error {
	t.Helper()
	c := jsonschema.NewCompiler()
	text31, err := jsonschema.UnmarshalJSON(strings.NewReader(datamodel.OpenAPI31SchemaData))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.AddResource("https://polder.example/openapi-3.1.json", text31); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("https://polder.example/openapi-3.1.json")
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(v)
}

// A cursor is what anybody may send.
func FuzzCursor(f *testing.F) {
	f.Add("", 1)
	f.Add("WyJhIl0", 1)
	f.Add("WyJhIiwiYiJd", 2)
	f.Add("bnVsbA", 3)
	f.Fuzz(func(t *testing.T, cursor string, n int) {
		n = 1 + (n&0x7fffffff)%4
		values, err := Paging{Cursor: cursor}.After(n)
		if err == nil && len(values) != n || err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %q, %v", cursor, values, err)
		}
	})
}

func TestOperationsNeedAScope(t *testing.T) {
	s, _ := open(t, Options{})
	a := NewAPI(s, 1, 1)
	defer func() {
		if recover() == nil {
			t.Error("an operation without a scope was registered")
		}
	}()
	Operate(a, Operation{Route: "GET /x", ID: "x", Text: "web.error.internal"}, func(context.Context, *struct{}) (*struct{}, error) { return nil, nil })
}

func TestAPIPage(t *testing.T) {
	s := apiSite(t, &hands{})
	w := send(s, "GET", "/api/v1", "", "Accept-Language: en")
	for _, want := range []string{"/api/v1/gardens/{garden}", "gardens:write", "All gardens.", "How it is called.", "items[].name", "From 1 to 200"} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(w.Body.String(), "<script>") || w.Code != 200 {
		t.Errorf("%d, or a script in the page", w.Code)
	}
}
