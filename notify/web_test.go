package notify

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"

	"polder/internal/db"
	"polder/internal/kit"
	"polder/internal/web"
)

// siteOf puts the pages of the fixture on a site.
func (f *fixture) siteOf(base string) (*web.Site, *pages) {
	f.t.Helper()
	site, err := web.New(web.Options{BaseURL: base, Catalog: f.catalog, Log: kit.Log(f.t)})
	if err != nil {
		f.t.Fatal(err)
	}
	return site, f.notify.routes(site)
}

// visitor asks pages of the fixture's site, as a browser without a window.
type visitor struct {
	f     *fixture
	site  http.Handler
	pages *pages
}

func (f *fixture) visitor() *visitor {
	f.t.Helper()
	site, pages := f.siteOf("https://polder.example")
	return &visitor{f, site, pages}
}

// ask sends a request with "Name: value" headers.
func (v *visitor) ask(method, address, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, address, strings.NewReader(body))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	v.site.ServeHTTP(w, r)
	return w
}

func (v *visitor) get(address string) *httptest.ResponseRecorder { return v.ask("GET", address, "") }

// post sends a form of pairs of name and value.
func (v *visitor) post(address string, pairs ...string) *httptest.ResponseRecorder {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return v.ask("POST", address, form.Encode())
}

// warned makes two organisations of which the first was warned about two systems and the second
// about one, and returns the tokens of their links.
func (f *fixture) warned() (bakker, smid string) {
	f.t.Helper()
	f.organisations("bakker,Bakkerij De Korst,nl,info@korst.example", "smid,Smederij Vonk,en,info@vonk.example")
	f.assets("bakker,prefix,192.0.2.0/28,owner", "bakker,domain,korst.example,owner", "smid,prefix,198.51.100.0/28,owner")
	f.ingest("scan_rdp", rdp, rdpLine("192.0.2.7", "kassa.korst.example"), rdpLine("192.0.2.8", ""), rdpLine("198.51.100.3", ""))
	f.compose()
	f.deliver()
	return f.token("bakker"), f.token("smid")
}

var _ = fmt.Sprint
var _ sync.Mutex
var _ = db.NewID
