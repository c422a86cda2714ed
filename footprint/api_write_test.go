package footprint

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
)

// A program adds an asset, which is to be proven as any other, and withdraws one; with the scope for that,
// and of its own organisation alone.
func TestProgramChangesAssets(t *testing.T) {
	eachPrograms(t, func(t *testing.T, p *programs) {
		may, reads, other := p.token("owner", "bakker", "assets:write", "assets:read"), p.token("owner", "bakker", "assets:read"), p.token("smith", "smid", "assets:write")
		ask := func(secret, method, path, body string) *httptest.ResponseRecorder {
			r := httptest.NewRequest(method, "https://polder.example/api/v1"+path, strings.NewReader(body))
			r.Header.Set("Authorization", "Bearer "+secret)
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			p.site.ServeHTTP(w, r)
			return w
		}
		w := ask(may, "POST", "/assets", `{"kind":"domain","value":"Brood.Example"}`)
		var a apiAsset
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || w.Code != 201 || a.State != string(Pending) || a.Value != "brood.example" || a.Role != "owner" {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		for _, x := range []struct {
			secret, method, path, body string
			status                     int
		}{
			{reads, "POST", "/assets", `{"kind":"domain","value":"x.example"}`, 403}, {"", "POST", "/assets", `{"kind":"domain","value":"x.example"}`, 401},
			{may, "POST", "/assets", `{"kind":"domain","value":"brood.example"}`, 409}, {may, "POST", "/assets", `{"kind":"domain","value":"nl"}`, 422}, {may, "POST", "/assets", `{"kind":"prefix","value":"x"}`, 422},
			{may, "POST", "/assets", `{"kind":"domain","value":"x.example","organisation":"y"}`, 422}, {may, "POST", "/assets", `{"kind":"domain","value":"x.example","role":"x"}`, 422},
			{reads, "DELETE", "/assets/" + a.ID.String(), "", 403}, {other, "DELETE", "/assets/" + a.ID.String(), "", 404}, {may, "DELETE", "/assets/x", "", 404},
			{may, "DELETE", "/assets/" + p.ids["smid"].String(), "", 404}, {may, "DELETE", "/assets/" + a.ID.String(), "", 204},
		} {
			if w := ask(x.secret, x.method, x.path, x.body); w.Code != x.status {
				t.Errorf("%s %s %s: %d, want %d: %s", x.method, x.path, x.body, w.Code, x.status, w.Body)
			}
		}
		if strings.Contains(ask(may, "GET", "/assets", "").Body.String(), "brood.example") {
			t.Error("what was withdrawn is in the list")
		}
	})
}

// What no database can hold is refused, wherever a program writes it.
func TestProgramsForgeNothing(t *testing.T) {
	eachPrograms(t, func(t *testing.T, p *programs) {
		secret := p.token("owner", "bakker", "assets:write", "assets:read")
		for _, x := range []struct{ method, path, body string }{
			{"GET", "/assets?cursor=WyJcdTAwMDAiLCIiXQ", ""},  // ["\u0000",""]
			{"GET", "/assets?cursor=WyJhIiwiXHUwMDAwIl0", ""}, // ["a","\u0000"]
			{"POST", "/assets", `{"kind":"domain","value":"a\u0000b.example"}`},
			{"POST", "/assets", `{"kind":"product","value":"a\u0000b"}`},
			{"POST", "/assets", `{"kind":"prefix","value":"\u0000"}`},
			{"POST", "/assets", `{"kind":"product","value":"cpe:2.3:a:\u0000:b:*:*:*:*:*:*:*:*"}`},
		} {
			r := httptest.NewRequest(x.method, "https://polder.example/api/v1"+x.path, strings.NewReader(x.body))
			r.Header.Set("Authorization", "Bearer "+secret)
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			p.site.ServeHTTP(w, r)
			if w.Code < 400 || w.Code >= 500 {
				t.Errorf("%s %s %s: %d %s", x.method, x.path, x.body, w.Code, w.Body)
			}
		}
	})
}
