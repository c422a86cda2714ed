package footprint

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

var (
	example  = regexp.MustCompile("(?s)```\n(curl .*?)\n```\n```json\n(.*?)\n```")
	headerOf = regexp.MustCompile(`-H "([^":]+): ([^"]*)"`)
	address  = regexp.MustCompile(`https://polder\.example[^" \n]*`)
	sentBody = regexp.MustCompile(` -d '(.*?)'`)
	idLike   = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	timeLike = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$`)
	request  = regexp.MustCompile(`^[A-Z2-7]{12}$`)
)

// Every example in docs/api.md answers as it says there; those about exposures and messages are run by notify.
func TestExamplesOfTheAPI(t *testing.T) {
	text, err := os.ReadFile("../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := example.FindAllStringSubmatch(string(text), -1)
	if len(examples) < 5 || strings.Count(string(text), "\ncurl ") != len(examples) {
		t.Fatalf("%d examples with an answer, of %d", len(examples), strings.Count(string(text), "\ncurl "))
	}
	eachPrograms(t, func(t *testing.T, p *programs) {
		secret := p.token("owner", "bakker", "organisation:read", "assets:read")
		writes := p.token("owner", "bakker", "assets:write")
		for _, e := range examples {
			if strings.Contains(e[1], "/exposures") || strings.Contains(e[1], "/reports") || strings.Contains(e[1], "/notifications") || strings.Contains(e[1], "/preferences") { // run by notify and collect
				continue
			}
			method, body, with := "GET", "", secret
			if m := sentBody.FindStringSubmatch(e[1]); m != nil {
				method, body, with = "POST", m[1], writes
			}
			r := httptest.NewRequest(method, address.FindString(e[1]), strings.NewReader(body))
			for _, h := range headerOf.FindAllStringSubmatch(e[1], -1) {
				r.Header.Set(h[1], strings.ReplaceAll(h[2], "$POLDER_TOKEN", with))
			}
			w := httptest.NewRecorder()
			p.site.ServeHTTP(w, r)
			var want, got any
			if err := json.Unmarshal([]byte(e[2]), &want); err != nil {
				t.Fatalf("%s: %v", e[2], err)
			}
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatalf("%s: %v", w.Body, err)
			}
			if got = faceless(got); !reflect.DeepEqual(want, got) {
				t.Errorf("%s\n answers %v\n    want %v", e[1], got, want)
			}
		}
	})
}

// faceless puts a word in place of what is another each time.
func faceless(v any) any {
	switch x := v.(type) {
	case map[string]any:
		for k := range x {
			x[k] = faceless(x[k])
		}
	case []any:
		for i := range x {
			x[i] = faceless(x[i])
		}
	case string:
		switch {
		case idLike.MatchString(x):
			return "ID"
		case timeLike.MatchString(x):
			return "TIME"
		case request.MatchString(x):
			return "REQUEST"
		}
	}
	return v
}

// Every field of an answer says what it is, in OpenAPI and so on the page.
func TestEveryFieldIsExplained(t *testing.T) {
	eachPrograms(t, func(t *testing.T, p *programs) {
		w := httptest.NewRecorder()
		p.site.ServeHTTP(w, httptest.NewRequest("GET", "/api/v1/openapi.json", nil))
		var d struct {
			Components struct {
				Schemas map[string]struct {
					Properties map[string]map[string]any
				}
			}
		}
		if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil || len(d.Components.Schemas) < 5 {
			t.Fatalf("%v: %s", err, w.Body)
		}
		for name, s := range d.Components.Schemas {
			for field, about := range s.Properties {
				if about["description"] == nil && about["$ref"] == nil {
					t.Errorf("%s.%s is not explained", name, field)
				}
			}
		}
	})
}
