package web

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"polder/internal/actor"
	"polder/internal/fault"
	"polder/internal/i18n"
)

//go:embed testdata/*.html
var testPages embed.FS

var update = flag.Bool("update", false, "write golden files anew")

var kitchenMessages = fstest.MapFS{
	"locales/nl.yaml": {Data: []byte(`kitchen: {taken: "Het kenmerk {{.Mark}} is al gebruikt.", seen: {one: "{{.Count}} systeem", other: "{{.Count}} systemen"}}`)},
	"locales/en.yaml": {Data: []byte(`kitchen: {taken: "Reference {{.Mark}} was used before.", seen: {one: "{{.Count}} system", other: "{{.Count}} systems"}}`)},
}

// open makes a site with strict messages; what it logs is in the buffer.
func open(t *testing.T, o Options) (*Site, *bytes.Buffer) {
	t.Helper()
	catalog, err := i18n.New(Messages, kitchenMessages)
	if err != nil {
		t.Fatal(err)
	}
	catalog.Strict = true
	var log bytes.Buffer
	o.Catalog, o.Log = catalog, slog.New(slog.NewTextHandler(&log, nil))
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s, &log
}

// ask sends a request with "Name: value" headers.
func ask(s http.Handler, method, address string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, address, nil)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func say(text string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, _ *http.Request) error { _, err := io.WriteString(w, text); return err }
}

func fail(err error) func(http.ResponseWriter, *http.Request) error {
	return func(http.ResponseWriter, *http.Request) error { return err }
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := "testdata/" + name
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run the test with -update when the change is meant.\n--- got\n%s\n--- want\n%s", file, got, want)
	}
}

func TestHeaders(t *testing.T) {
	var all strings.Builder
	for _, base := range []string{"https://polder.example", "http://localhost:8080"} {
		s, _ := open(t, Options{BaseURL: base, Demo: true})
		s.Handle("GET /public", Public, say("a"))
		s.Handle("GET /f/{token}", ByToken, say("a"))
		s.Handle("GET /demo", DemoOnly, say("a"))
		for _, path := range []string{"/public?lang=en", "/f/secret", "/demo", "/nowhere"} {
			w := ask(s, "GET", path)
			fmt.Fprintf(&all, "# %s%s: %d\n", base, path, w.Code)
			w.Header().Set("X-Request-Id", fmt.Sprintf("(%d characters)", len(w.Header().Get("X-Request-Id"))))
			if err := w.Header().Write(&all); err != nil {
				t.Fatal(err)
			}
			all.WriteString("\n")
		}
	}
	golden(t, "headers.txt", strings.ReplaceAll(all.String(), "\r\n", "\n"))
}

func TestAccess(t *testing.T) {
	s, _ := open(t, Options{})
	s.Handle("GET /public", Public, say("in"))
	s.Handle("GET /f/{token}", ByToken, say("in"))
	s.Handle("GET /demo", DemoOnly, say("in"))
	s.Handle("GET /metrics", Operator, say("in"))
	demo, _ := open(t, Options{Demo: true})
	demo.Handle("GET /demo", DemoOnly, say("in"))
	from := func(s *Site, path, remote string, headers ...string) int {
		r := httptest.NewRequest("GET", path, nil)
		r.RemoteAddr = remote
		for _, h := range headers {
			r.Header.Set(h, "x")
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w.Code
	}
	for _, c := range []struct{ got, want int }{
		{from(s, "/public", "198.51.100.1:1"), 200},
		{from(s, "/f/x", "198.51.100.1:1"), 200},
		{from(s, "/demo", "127.0.0.1:1"), 404},
		{from(demo, "/demo", "198.51.100.1:1"), 200},
		{from(s, "/metrics", "127.0.0.1:1"), 200},
		{from(s, "/metrics", "[::1]:1"), 200},
		{from(s, "/metrics", "[::ffff:127.0.0.1]:1"), 200},
		{from(s, "/metrics", "198.51.100.1:1"), 404},
		{from(s, "/metrics", "127.0.0.1:1", "X-Forwarded-For"), 404},
		{from(s, "/metrics", "127.0.0.1:1", "Forwarded"), 404},
		{from(s, "/metrics", "nonsense"), 404},
	} {
		if c.got != c.want {
			t.Errorf("status %d, want %d", c.got, c.want)
		}
	}
	// A wrong method tells nothing of a route that may not be seen.
	if w := ask(s, "POST", "/demo", "Sec-Fetch-Site: same-origin"); w.Code != 404 || w.Header().Get("Allow") != "" {
		t.Errorf("hidden route answers %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
	if w := ask(s, "POST", "/public", "Sec-Fetch-Site: same-origin"); w.Code != 405 || w.Header().Get("Allow") != "GET" {
		t.Errorf("wrong method answers %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
	var routes strings.Builder
	for _, r := range s.Routes() {
		fmt.Fprintln(&routes, r)
	}
	golden(t, "routes.txt", routes.String())
}

func TestHandleRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		pattern string
		access  Access
	}{
		"no access": {"GET /x", Access{}}, "staff without a role": {"GET /x", Staff(0)}, "no place": {"GET /o/{organisation}", Organisation(0)},
		"no organisation in the path": {"GET /x", Organisation(actor.Owner)}, "no scope": {"GET /x", Program("")}, "no method": {"/x", Public}, "no path": {"GET ", Public},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := open(t, Options{})
			defer func() {
				if recover() == nil {
					t.Error("registered")
				}
			}()
			s.Handle(c.pattern, c.access, say("a"))
		})
	}
}

const secret = "SELECT password FROM notify_secret"

func TestErrors(t *testing.T) {
	s, log := open(t, Options{})
	for path, err := range map[string]error{
		"GET /plain":       errors.New(secret),
		"GET /notfound":    fault.Wrap(fault.NotFound, errors.New(secret), "kitchen.taken", "Mark", "<b>A1</b>"),
		"GET /unknown-key": fault.Wrap(fault.Gone, errors.New(secret), "kitchen.no_such_message"),
		"GET /invalid":     fault.Invalidf("%s", secret),
		"GET /denied":      fault.New(fault.Denied, ""),
		"GET /conflict":    fault.New(fault.Conflict, ""),
		"GET /toomany":     fault.New(fault.TooMany, ""),
		"GET /unavailable": fmt.Errorf("deep: %w", fault.New(fault.Unavailable, "")),
	} {
		s.Handle(path, Public, fail(err))
	}
	s.Handle("GET /panic", Public, func(http.ResponseWriter, *http.Request) error { panic(secret) })
	s.Handle("POST /body", Public, func(_ http.ResponseWriter, r *http.Request) error { return r.ParseForm() })
	s.Handle("GET /attachment", Public, func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Disposition", "attachment")
		w.Header().Set("Cache-Control", "public, max-age=9")
		return errors.New(secret)
	})
	for _, c := range []struct {
		path   string
		status int
		want   string
	}{
		{"/plain", 500, "Er ging bij ons iets mis"},
		{"/panic", 500, "Er ging bij ons iets mis"},
		{"/attachment", 500, "Er ging bij ons iets mis"},
		{"/notfound", 404, "Het kenmerk &lt;b&gt;A1&lt;/b&gt; is al gebruikt."},
		{"/unknown-key", 410, "De link heeft gewerkt, maar is niet meer geldig."},
		{"/invalid", 422, "In wat je hebt gestuurd klopt iets niet."},
		{"/denied", 403, "Dit mag hier niet"},
		{"/conflict", 409, "Iemand was je voor"},
		{"/toomany", 429, "Even wachten"},
		{"/unavailable", 503, "We zijn er zo weer"},
		{"/nowhere", 404, "Deze pagina bestaat niet"},
		{"/assets/polder.css", 404, "Deze pagina bestaat niet"},
	} {
		log.Reset()
		page := ask(s, "GET", c.path, "Accept: text/html,application/json;q=0.9")
		data := ask(s, "GET", c.path, "Accept: application/json")
		if page.Code != c.status || data.Code != c.status {
			t.Errorf("%s: status %d and %d, want %d", c.path, page.Code, data.Code, c.status)
		}
		if !strings.Contains(page.Body.String(), c.want) {
			t.Errorf("%s: %q is not on the page", c.path, c.want)
		}
		id := page.Header().Get("X-Request-Id")
		if !strings.Contains(page.Body.String(), id) || len(id) != 12 {
			t.Errorf("%s: the page does not show its id %q", c.path, id)
		}
		if page.Header().Get("Cache-Control") != "no-store" || page.Header().Get("Content-Disposition") != "" {
			t.Errorf("%s: headers of a good answer are left: %v", c.path, page.Header())
		}
		var problem struct {
			Type, Title, Detail, Request string
			Status                       int
		}
		if err := json.Unmarshal(data.Body.Bytes(), &problem); err != nil || data.Header().Get("Content-Type") != "application/problem+json" {
			t.Fatalf("%s: %v in %s (%s)", c.path, err, data.Body, data.Header().Get("Content-Type"))
		}
		if problem.Status != c.status || problem.Title == "" || problem.Detail == "" || problem.Type != "about:blank" || problem.Request == "" {
			t.Errorf("%s: problem %+v", c.path, problem)
		}
		for _, body := range []string{page.Body.String(), data.Body.String()} {
			if strings.Contains(body, "SELECT") || strings.Contains(body, "web_test.go") {
				t.Errorf("%s shows its cause:\n%s", c.path, body)
			}
		}
		if lines := strings.Count(log.String(), "\n"); lines != 2 {
			t.Errorf("%s: two requests gave %d lines in the log:\n%s", c.path, lines, log)
		}
		if (c.status >= 500) != strings.Contains(log.String(), "level=ERROR") {
			t.Errorf("%s: level in the log:\n%s", c.path, log)
		}
		if c.status == 500 && !strings.Contains(log.String(), secret) {
			t.Errorf("%s: the log lacks the cause:\n%s", c.path, log)
		}
	}
	big := httptest.NewRequest("POST", "/body", strings.NewReader("a="+strings.Repeat("x", MaxBody)))
	big.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, big)
	if w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a large body gives %d", w.Code)
	}
	if left := s.own.Unexecuted(); len(left) > 0 {
		t.Errorf("never executed: %v", left)
	}
}

// A secret link must not stand in the log.
func TestLogNamesTheRoute(t *testing.T) {
	s, log := open(t, Options{})
	s.Handle("GET /f/{token}", ByToken, say("a"))
	ask(s, "GET", "/f/verysecret")
	if strings.Contains(log.String(), "verysecret") || !strings.Contains(log.String(), `route="GET /f/{token}"`) {
		t.Error(log)
	}
}

func TestHalfAnAnswerBreaksOff(t *testing.T) {
	s, log := open(t, Options{})
	s.Handle("GET /half", Public, func(w http.ResponseWriter, _ *http.Request) error {
		_, _ = io.WriteString(w, "the first half")
		return errors.New("disk gone")
	})
	server := httptest.NewServer(s)
	r, err := http.Get(server.URL + "/half")
	if err == nil {
		_, err = io.ReadAll(r.Body)
		_ = r.Body.Close()
	}
	server.Close() // waits for the route, so that the log is complete
	if err == nil || !strings.Contains(log.String(), "disk gone") {
		t.Errorf("error = %v, log %s", err, log)
	}
}

func TestCrossOrigin(t *testing.T) {
	s, _ := open(t, Options{BaseURL: "https://polder.example"})
	s.Handle("POST /f", Public, say("done"))
	for _, c := range []struct {
		headers []string
		status  int
	}{
		{[]string{"Sec-Fetch-Site: cross-site"}, 403},
		{[]string{"Sec-Fetch-Site: same-site"}, 403},
		{[]string{"Origin: https://evil.example"}, 403},
		{[]string{"Origin: null"}, 403},
		{[]string{"Sec-Fetch-Site: same-origin"}, 200},
		{[]string{"Origin: https://polder.example"}, 200},
		{nil, 200}, // no browser
	} {
		w := ask(s, "POST", "http://inner.proxy/f", c.headers...)
		if w.Code != c.status {
			t.Errorf("%v: status %d, want %d", c.headers, w.Code, c.status)
		}
		if c.status == 403 && !strings.Contains(w.Body.String(), "Dit formulier kwam van een andere website") {
			t.Errorf("%v: page says %s", c.headers, w.Body)
		}
	}
}

func TestLanguage(t *testing.T) {
	s, _ := open(t, Options{BaseURL: "https://polder.example"})
	s.Handle("GET /lang", Public, func(w http.ResponseWriter, r *http.Request) error {
		_, err := io.WriteString(w, Printer(r).Lang())
		return err
	})
	for _, c := range []struct {
		address string
		headers []string
		want    string
		cookie  bool
	}{
		{"/lang", nil, "nl", false},
		{"/lang", []string{"Accept-Language: en-GB,en;q=0.9,nl;q=0.8"}, "en", false},
		{"/lang", []string{"Accept-Language: de, nl;q=0.2, en;q=0.1"}, "nl", false},
		{"/lang", []string{"Accept-Language: en;q=0"}, "nl", false},
		{"/lang", []string{"Accept-Language: en;q=NaN"}, "nl", false},
		{"/lang", []string{"Accept-Language: en", "Cookie: polder_lang=nl"}, "nl", false},
		{"/lang", []string{"Cookie: polder_lang=../../x"}, "nl", false},
		{"/lang?lang=en", []string{"Cookie: polder_lang=nl"}, "en", true},
		{"/lang?lang=xx", nil, "nl", false},
		{"/lang?lang=en%0d%0aX:y", nil, "nl", false},
	} {
		w := ask(s, "GET", c.address, c.headers...)
		if w.Body.String() != c.want {
			t.Errorf("%s %v: %q, want %q", c.address, c.headers, w.Body, c.want)
		}
		set := w.Header().Get("Set-Cookie")
		if (set != "") != c.cookie {
			t.Errorf("%s %v: cookie %q", c.address, c.headers, set)
		}
		if c.cookie && set != "polder_lang=en; Path=/; Max-Age=31536000; HttpOnly; Secure; SameSite=Lax" {
			t.Errorf("cookie %q", set)
		}
	}
}

// A page that somebody was written to about suggests the language of the letter: it yields to what the reader chose, and
// goes before what the browser says.
func TestSuggest(t *testing.T) {
	s, _ := open(t, Options{})
	suggest := func(lang string) func(http.ResponseWriter, *http.Request) error {
		return func(w http.ResponseWriter, r *http.Request) error {
			Suggest(r, lang)
			if r.URL.Query().Has("fail") {
				return fault.New(fault.NotFound, "")
			}
			_, err := io.WriteString(w, Printer(r).Lang())
			return err
		}
	}
	s.Handle("GET /en", Public, suggest("en"))
	s.Handle("GET /xx", Public, suggest("xx"))
	for _, c := range []struct {
		address, header, want string
	}{
		{"/en", "Accept-Language: nl", "en"},
		{"/en", "Cookie: polder_lang=nl", "nl"},
		{"/en?lang=nl", "Cookie: polder_lang=en", "nl"},
		{"/xx", "Accept-Language: en", "en"},
		{"/en?fail=1", "Accept-Language: nl", `<html lang="en">`},
	} {
		if w := ask(s, "GET", c.address, c.header); !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s with %s: %.200s, want %s", c.address, c.header, w.Body, c.want)
		}
	}
}

// The links to the other language can lead nowhere but to the same page.
func TestLanguageLinksStayHere(t *testing.T) {
	s, _ := open(t, Options{})
	for _, address := range []string{"/", "/?lang=nl&next=https://evil.example", "//evil.example/", `/\evil.example`, "/%2F%2Fevil.example", "/?x=%22%3E%3Cscript%3E"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.Path, r.URL.RawQuery, _ = strings.Cut(address, "?")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if to := w.Header().Get("Location"); strings.HasPrefix(to, "//") || strings.Contains(to, "evil.example/") && !strings.HasPrefix(to, "/evil") {
			t.Errorf("%s leads to %q", address, to)
		}
		if w.Code >= 300 && w.Code < 400 {
			continue // the address was cleaned; the browser comes back
		}
		_, after, found := strings.Cut(w.Body.String(), `<nav class="site-languages"`)
		_, after, _ = strings.Cut(after, `href="`)
		href, _, _ := strings.Cut(after, `"`)
		if !found || !strings.HasPrefix(href, "?") || strings.Contains(href, "<") {
			t.Errorf("%s: the other language is at %q", address, href)
		}
	}
}

func TestAssets(t *testing.T) {
	s, _ := open(t, Options{})
	css, err := s.assets.address("polder.css")
	if err != nil {
		t.Fatal(err)
	}
	w := ask(s, "GET", css, "Accept-Encoding: gzip")
	if w.Code != 200 || w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" ||
		w.Header().Get("Content-Type") != "text/css; charset=utf-8" || w.Header().Get("Content-Encoding") != "gzip" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	if w.Body.Len() > 24<<10 {
		t.Errorf("the stylesheet takes %d bytes on the line", w.Body.Len())
	}
	etag := w.Header().Get("ETag")
	if w := ask(s, "GET", css, "If-None-Match: "+etag); w.Code != 304 || w.Body.Len() != 0 {
		t.Errorf("a known asset gives %d with %d bytes", w.Code, w.Body.Len())
	}
	plain := ask(s, "GET", css).Body.String()
	for _, found := range reference.FindAllStringSubmatch(plain, -1) {
		if w := ask(s, "GET", found[1]); w.Code != 200 || w.Header().Get("Content-Type") != "font/woff2" {
			t.Errorf("the stylesheet names %s: %d", found[1], w.Code)
		}
	}
	if strings.Contains(plain, "@import") || strings.Contains(plain, "http:") {
		t.Error("the stylesheet fetches from elsewhere")
	}
	for name := range s.assets.byName {
		if _, err := s.assets.address(name); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.assets.address("nothing.svg"); err == nil {
		t.Error("an unknown asset has an address")
	}
	for _, path := range []string{"/assets/", "/assets/tokens.css", "/assets/../web.go", "/assets/fonts/NOTICE"} {
		if w := ask(s, "GET", path); w.Code == 200 {
			t.Errorf("%s is served", path)
		}
	}
}

func TestTheme(t *testing.T) {
	own, _ := open(t, Options{})
	s, _ := open(t, Options{Theme: fstest.MapFS{
		"tokens.css":       {Data: []byte(`:root { --polder-water: #123456; --polder-font: "Huis"; } @font-face { font-family: "Huis"; src: url("fonts/huis.woff2"); }`)},
		"logo.svg":         {Data: []byte("<svg xmlns='http://www.w3.org/2000/svg'/>")},
		"fonts/huis.woff2": {Data: []byte("wOF2")},
		"name.txt":         {Data: []byte("Waterschap\n")},
		"secret.env":       {Data: []byte("KEY=1")},
	}})
	before, _ := own.assets.address("polder.css")
	after, _ := s.assets.address("polder.css")
	if before == after {
		t.Error("the theme has the address of our own stylesheet")
	}
	css := ask(s, "GET", after).Body.String()
	if strings.LastIndex(css, "--polder-water: #123456") < strings.LastIndex(css, "--polder-water: #0A5A73") {
		t.Error("the theme's tokens do not come last")
	}
	font, _ := s.assets.address("fonts/huis.woff2")
	if !strings.Contains(css, `url("`+font+`")`) {
		t.Error("the theme's font has no address in the stylesheet")
	}
	page := ask(s, "GET", "/nowhere").Body.String()
	logo, _ := s.assets.address("logo.svg")
	if !strings.Contains(page, `<span class="wordmark__name">Waterschap</span>`) || !strings.Contains(page, `src="`+logo+`"`) {
		t.Error("name or logo of the theme is not on the page")
	}
	if s.assets.byName["secret.env"] != nil {
		t.Error("the theme's other files are served")
	}
	named, _ := open(t, Options{Name: "Dijkwacht", Theme: fstest.MapFS{"name.txt": {Data: []byte("Waterschap")}}})
	if named.Name() != "Dijkwacht" {
		t.Errorf("name = %q; a setting goes before the theme", named.Name())
	}
}

func TestParseTemplatesRefuses(t *testing.T) {
	page := func(text string) fs.FS { return fstest.MapFS{"templates/a.html": {Data: []byte(text)}} }
	for name, c := range map[string]struct {
		from fs.FS
		want string
	}{
		"nothing":          {fstest.MapFS{}, "no templates match"},
		"no main":          {page(`{{define "title"}}x{{end}}`), `no {{define "main"}}`},
		"unknown function": {page(`{{define "main"}}{{nope}}{{end}}`), `"nope" not defined`},
		"broken":           {page(`{{define "main"}}{{if}}`), "parse template"},
	} {
		if _, err := ParseTemplates(c.from, "templates/*.html"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error = %v, want %q in it", name, err, c.want)
		}
	}
}

func TestUnexecuted(t *testing.T) {
	s, _ := open(t, Options{})
	pages, err := ParseTemplates(fstest.MapFS{
		"templates/_both.html": {Data: []byte(`{{define "both"}}shared{{end}}`)},
		"templates/a.html":     {Data: []byte(`{{define "main"}}<h1>{{.Title}}</h1>{{template "both"}}{{if .Data}}{{template "more" .}}{{end}}{{end}}{{define "more"}}more{{end}}`)},
		"templates/b.html":     {Data: []byte(`{{define "main"}}b{{end}}`)},
	}, "templates/*.html")
	if err != nil {
		t.Fatal(err)
	}
	s.Handle("GET /a", Public, func(w http.ResponseWriter, r *http.Request) error {
		return s.Render(w, r, pages, "a", Page{Title: "Eén <twee>"})
	})
	s.Handle("GET /c", Public, func(w http.ResponseWriter, r *http.Request) error { return s.Render(w, r, pages, "c", Page{}) })
	if got := ask(s, "GET", "/a").Body.String(); !strings.Contains(got, "<h1>Eén &lt;twee&gt;</h1>shared") {
		t.Error(got)
	}
	if got := fmt.Sprint(pages.Unexecuted()); got != "[a/more b/main]" {
		t.Errorf("unexecuted = %s", got)
	}
	if w := ask(s, "GET", "/c"); w.Code != 500 {
		t.Errorf("a page without a template gives %d", w.Code)
	}
}

func TestObserve(t *testing.T) {
	var seen []string
	s, _ := open(t, Options{Observe: func(r Route, status int, took time.Duration) {
		seen = append(seen, fmt.Sprint(r, " ", status, " ", took >= 0))
	}})
	s.Handle("GET /a", Public, say("a"))
	ask(s, "GET", "/a")
	ask(s, "GET", "/b")
	if got := strings.Join(seen, "; "); got != "GET /a public 200 true;  none 404 true" {
		t.Errorf("observed %q", got)
	}
}

func TestServerHasLimits(t *testing.T) {
	s, _ := open(t, Options{})
	server := s.Server("127.0.0.1:0")
	if server.ReadHeaderTimeout <= 0 || server.ReadTimeout <= 0 || server.WriteTimeout <= 0 || server.IdleTimeout <= 0 || server.MaxHeaderBytes <= 0 {
		t.Errorf("%+v", server)
	}
}
