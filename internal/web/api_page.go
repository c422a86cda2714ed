package web

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// What the page for people shows of an operation. Everything comes from the same description as the
// files for programs.
type apiOperation struct {
	ID, Method, Path, Title, Text, Scope string
	Parameters                           []apiField
	Body, Answer                         []apiField
	Example                              string
}

type apiField struct{ Name, Place, Kind, Meaning string }

type apiPage struct {
	JSON, YAML string
	Operations []apiOperation
}

func (a *API) page(w http.ResponseWriter, r *http.Request) error {
	p := Printer(r)
	view := apiPage{JSON: APIPath + "/openapi.json", YAML: APIPath + "/openapi.yaml"}
	for _, t := range a.told {
		o := apiOperation{ID: t.ID, Method: t.Method, Path: APIPath + t.Path, Title: p.T(t.Text + ".title"), Text: p.T(t.Text + ".text"), Scope: t.Scope}
		for _, q := range t.op.Parameters {
			o.Parameters = append(o.Parameters, apiField{Name: q.Name, Place: p.T("web.api.in." + q.In), Kind: typeName(q.Schema), Meaning: meaning(q.Description, q.Schema)})
		}
		if t.op.RequestBody != nil {
			o.Body = a.fields("", t.op.RequestBody.Content["application/json"].Schema, 0)
		}
		for status, answer := range t.op.Responses {
			if m := answer.Content["application/json"]; strings.HasPrefix(status, "2") && m != nil {
				o.Answer = a.fields("", m.Schema, 0)
			}
		}
		o.Example = a.example(t)
		view.Operations = append(view.Operations, o)
	}
	return a.site.Render(w, r, a.pages, "api", Page{Title: p.T("web.api.title"), Wide: true, Data: view})
}

// example is a request that can be copied into a terminal.
func (a *API) example(t told) string {
	var b strings.Builder
	b.WriteString("curl")
	if t.Method != http.MethodGet {
		b.WriteString(" -X " + t.Method)
	}
	b.WriteString(" -H \"Authorization: Bearer $POLDER_TOKEN\" ")
	if t.op.RequestBody != nil {
		b.WriteString("-H \"Content-Type: application/json\" -d @- ")
	}
	b.WriteString(a.site.base + APIPath + t.Path)
	return b.String()
}

// fields lists the fields of a schema with those inside them, as "items[].name".
func (a *API) fields(before string, s *huma.Schema, depth int) (list []apiField) {
	if s = a.resolve(s); s == nil || depth > 4 {
		return nil
	}
	if s.Type == huma.TypeArray {
		return a.fields(before+"[].", s.Items, depth+1)
	}
	names := make([]string, 0, len(s.Properties))
	for name := range s.Properties {
		names = append(names, name)
	}
	slices.SortFunc(names, func(x, y string) int { // those that are always there first
		rx, ry := slices.Contains(s.Required, x), slices.Contains(s.Required, y)
		if rx != ry {
			if rx {
				return -1
			}
			return 1
		}
		return strings.Compare(x, y)
	})
	for _, name := range names {
		field := s.Properties[name]
		list = append(list, apiField{Name: before + name, Kind: typeName(a.resolve(field)), Meaning: meaning("", field)})
		inner := a.resolve(field)
		switch {
		case inner == nil:
		case inner.Type == huma.TypeObject:
			list = append(list, a.fields(before+name+".", inner, depth+1)...)
		case inner.Type == huma.TypeArray && a.resolve(inner.Items) != nil && a.resolve(inner.Items).Type == huma.TypeObject:
			list = append(list, a.fields(before+name+"[].", inner.Items, depth+1)...)
		}
	}
	return list
}

func (a *API) resolve(s *huma.Schema) *huma.Schema {
	for range 8 {
		if s == nil || s.Ref == "" {
			return s
		}
		s = a.huma.OpenAPI().Components.Schemas.SchemaFromRef(s.Ref)
	}
	return s
}

func typeName(s *huma.Schema) string {
	if s == nil {
		return ""
	}
	if s.Format != "" {
		return s.Type + ", " + s.Format
	}
	return s.Type
}

// meaning is what the description says of a field, with the values that it takes.
func meaning(text string, s *huma.Schema) string {
	if s == nil {
		return text
	}
	if text == "" {
		text = s.Description
	}
	say := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			return "?"
		}
		return string(b)
	}
	if len(s.Enum) > 0 {
		values := make([]string, 0, len(s.Enum))
		for _, v := range s.Enum {
			values = append(values, say(v))
		}
		text += " One of " + strings.Join(values, ", ") + "."
	}
	if s.Minimum != nil && s.Maximum != nil {
		text += " From " + say(*s.Minimum) + " to " + say(*s.Maximum) + "."
	}
	if s.Default != nil {
		text += " When absent: " + say(s.Default) + "."
	}
	return strings.TrimSpace(text)
}
