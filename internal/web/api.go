package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"polder/internal/fault"
	"polder/internal/i18n"
)

// APIPath is where the operations for programs stand.
const APIPath = "/api/v1"

// API is the part of the site that programs use. Each operation is a route like every other, so it
// stands in the list of routes with the scope that its token needs; its description in OpenAPI 3.1
// is made from the Go types of the handler, so it cannot say something else.
type API struct {
	site  *Site
	huma  huma.API
	tempo tempo
	pages *Templates
	told  []told // in the order of registration, for the page

	once sync.Once // of the description
	json []byte
	yaml []byte
}

// Operation says what a program can do, and with which scope.
type Operation struct {
	Route  string // "GET /assets": method and path below APIPath
	ID     string // "list-assets", for programs that make a client from the description
	Scope  string // of the token; AnyScope for what every token may
	Text   string // id of its texts in the catalogue: Text.title and Text.text
	Status int    // of success; 200 when zero, or 204 without a body
	Body   int64  // most bytes of a request; MaxBody when zero
}

type told struct {
	Operation
	Method, Path string
	op           *huma.Operation
}

// AnyScope is what every valid token may.
const AnyScope = "*"

// NewAPI makes the API of a site, with its description and the page that explains it. Each token may
// ask perSecond times a second, and burst times at once.
func NewAPI(site *Site, perSecond float64, burst int) *API {
	a := &API{site: site, tempo: tempo{perSecond: perSecond, burst: burst}}
	config := huma.DefaultConfig(site.name, "1")
	config.CreateHooks = nil // no $schema in the answers: those are addresses that programs would ask for
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.Formats = map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat}
	config.RejectUnknownQueryParameters = true
	config.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", func(t reflect.Type, hint string) string {
		return strings.ReplaceAll(huma.DefaultSchemaNamer(t, hint), "Api", "") // our types are apiAsset; to others that is an Asset
	})
	config.Transformers = []huma.Transformer{catch}
	config.Servers = []*huma.Server{{URL: site.base + APIPath}}
	config.Info.Description = site.catalog.For(i18n.English).T("web.api.lead")
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer", BearerFormat: "polder_...",
		Description: "An API token. What it may is in its scopes; each operation names the one that it needs."}}
	a.huma = huma.NewAPI(config, routes{a})
	var err error
	if a.pages, err = ParseTemplates(pageFiles, "templates/api.html"); err != nil {
		panic(err) // the templates are embedded
	}
	site.Handle("GET "+APIPath, Public, a.page)
	site.Handle("GET "+APIPath+"/openapi.json", Public, func(w http.ResponseWriter, _ *http.Request) error {
		return a.description(w, "application/openapi+json", func() []byte { return a.json })
	})
	site.Handle("GET "+APIPath+"/openapi.yaml", Public, func(w http.ResponseWriter, _ *http.Request) error {
		return a.description(w, "application/openapi+yaml", func() []byte { return a.yaml })
	})
	return a
}

// Operate registers an operation. The fields of In come from the path, the query and the body as
// their tags say, are checked against what the tags allow, and nothing else is taken; Out is the
// answer. fn reads who is asking from the context, calls one verb and returns its error as it is:
// it becomes problem+json with the message of the catalogue.
func Operate[In, Out any](a *API, o Operation, fn func(context.Context, *In) (*Out, error)) {
	method, path, access := a.parts(o)
	english := a.site.catalog.For(i18n.English)
	scopes := []string{}
	if o.Scope != AnyScope {
		scopes = append(scopes, o.Scope)
	}
	op := huma.Operation{
		Method: method, Path: path, OperationID: o.ID, Summary: english.T(o.Text + ".title"), Description: english.T(o.Text + ".text"),
		DefaultStatus: o.Status, MaxBodyBytes: access.most(), Metadata: map[string]any{"access": access},
		Security: []map[string][]string{{"token": scopes}}, Responses: a.problems(),
	}
	a.told = append(a.told, told{Operation: o, Method: method, Path: path})
	at := len(a.told) - 1
	huma.Register(a.huma, op, func(ctx context.Context, in *In) (*Out, error) {
		out, err := fn(ctx, in)
		if err != nil {
			ctx.Value(failedKey{}).(*failed).err = err
		}
		return out, err
	})
	a.told[at].op = a.operation(method, path)
}

// parts are the method, the path and the access of an operation; it panics when something is missing.
func (a *API) parts(o Operation) (method, path string, access Access) {
	method, path, found := strings.Cut(o.Route, " ")
	english := a.site.catalog.For(i18n.English)
	if !found || o.Scope == "" || o.ID == "" || !english.Has(o.Text+".title") || !english.Has(o.Text+".text") {
		panic(fmt.Sprintf("web: operation %q lacks a method, a path, a scope, an id or its texts", o.Route))
	}
	return method, path, Program(o.Scope).Body(o.Body)
}

func (a *API) operation(method, path string) *huma.Operation {
	item := a.huma.OpenAPI().Paths[path]
	return map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "PUT": item.Put, "PATCH": item.Patch, "DELETE": item.Delete}[method]
}

// Problem is an error as RFC 9457 has it.
type Problem struct {
	Type    string   `json:"type" example:"about:blank" doc:"Always about:blank: the status says what sort of problem it is."`
	Title   string   `json:"title" doc:"What sort of problem, for people, in the language of Accept-Language."`
	Status  int      `json:"status" example:"422" doc:"The HTTP status."`
	Detail  string   `json:"detail" doc:"What happened and how to mend it, for people."`
	Request string   `json:"request" doc:"Reference of this request; give it when you ask for help."`
	Errors  []Detail `json:"errors,omitempty" nullable:"false" doc:"What is wrong with which part of the request; in English."`
}

// Detail is what is wrong with one part of a request.
type Detail struct {
	Location string `json:"location" example:"query.limit" doc:"Which part."`
	Message  string `json:"message" doc:"What is wrong with it."`
}

// problems are the answers besides success that every operation can give.
func (a *API) problems() map[string]*huma.Response {
	ref := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	all := map[string]*huma.Response{}
	for status, text := range map[string]string{
		"401": "No valid token.", "403": "The token lacks the scope.", "404": "Does not exist, or is not yours.",
		"422": "Something in the request cannot be used.", "429": "Too many requests; see Retry-After.", "default": "Any other problem.",
	} {
		all[status] = &huma.Response{Description: text, Content: map[string]*huma.MediaType{"application/problem+json": {Schema: ref}}}
	}
	return all
}

// routes puts the operations of huma on the site.
type routes struct{ a *API }

// ServeHTTP is what huma asks of a router; the site serves.
func (t routes) ServeHTTP(w http.ResponseWriter, r *http.Request) { t.a.site.ServeHTTP(w, r) }

// Handle registers an operation as a route. What huma writes is held back until it is whole, so that
// an error is answered where all errors are.
func (t routes) Handle(op *huma.Operation, handler func(huma.Context)) {
	access, ok := op.Metadata["access"].(Access)
	if !ok {
		panic("web: operation " + op.Path + " has no access; register it with Operate")
	}
	t.a.site.Handle(op.Method+" "+APIPath+op.Path, access, func(w http.ResponseWriter, r *http.Request) error {
		if err := t.a.pace(w, r); err != nil {
			return err
		}
		f := &failed{}
		held := &held{header: http.Header{}}
		ctx := context.WithValue(r.Context(), failedKey{}, f)
		if access.body > MaxBody { // it may take long; each piece of it must come within the server's usual time
			r.Body = patient(w, r.Body)
			ctx = withStill(ctx, func() error {
				_, err := t.a.site.admit(access, op.Method+" "+APIPath+op.Path, w, r)
				return err
			})
		}
		handler(humago.NewContext(op, r.WithContext(ctx), held))
		if f.err != nil {
			return f.err
		}
		for name, values := range held.header {
			w.Header()[name] = values
		}
		if held.status != 0 {
			w.WriteHeader(held.status)
		}
		_, err := w.Write(held.body.Bytes())
		if held.body.Len() == 0 || r.Method == http.MethodHead {
			return nil
		}
		return err
	})
}

type failedKey struct{}

// failed holds the error of an operation on its way past huma.
type failed struct{ err error }

// refusal is what huma says of a request that it cannot take.
type refusal struct {
	status  int
	details []Detail
}

func (e *refusal) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "request refused with %d", e.status)
	for _, d := range e.details {
		b.WriteString("; " + d.Location + ": " + d.Message)
	}
	return b.String()
}

// catch takes huma's own errors, so that they leave in the site's way too. The value that was wrong
// is not said back: it may be a secret.
func catch(ctx huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	f, _ := ctx.Context().Value(failedKey{}).(*failed)
	if !ok || f == nil || f.err != nil {
		return v, nil
	}
	e := &refusal{status: m.Status}
	for _, d := range m.Errors {
		e.details = append(e.details, Detail{Location: d.Location, Message: d.Message})
	}
	if len(e.details) == 0 {
		e.details = []Detail{{Location: "body", Message: m.Detail}}
	}
	f.err = e
	return v, nil
}

// story is what the refusal says to a person.
func (e *refusal) story() story {
	switch e.status {
	case http.StatusRequestEntityTooLarge:
		return story{e.status, "too_large"}
	case http.StatusInternalServerError:
		return stories[fault.Internal]
	}
	return story{e.status, "invalid"}
}

// held is an answer that has not been sent.
type held struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (h *held) Header() http.Header         { return h.header }
func (h *held) WriteHeader(status int)      { h.status = status }
func (h *held) Write(b []byte) (int, error) { return h.body.Write(b) }

// loosen lets answers have fields that are added later, so that no program is made that breaks on
// them. What is part of a request stays as strict as it is: there a field that is not known is refused.
func (a *API) loosen() {
	strict := map[*huma.Schema]bool{}
	var mark func(s *huma.Schema)
	mark = func(s *huma.Schema) {
		if s = a.resolve(s); s == nil || strict[s] {
			return
		}
		strict[s] = true
		mark(s.Items)
		for _, field := range s.Properties {
			mark(field)
		}
	}
	for _, t := range a.told {
		if t.op.RequestBody != nil {
			for _, m := range t.op.RequestBody.Content {
				mark(m.Schema)
			}
		}
	}
	for _, s := range a.huma.OpenAPI().Components.Schemas.Map() {
		if !strict[s] && s.AdditionalProperties == false {
			s.AdditionalProperties = nil
		}
	}
}

// description answers with OpenAPI, which is made once all operations are there.
func (a *API) description(w http.ResponseWriter, kind string, text func() []byte) error {
	var err error
	a.once.Do(func() {
		var jsonErr, yamlErr error
		a.loosen()
		a.json, jsonErr = a.huma.OpenAPI().MarshalJSON()
		a.yaml, yamlErr = a.huma.OpenAPI().YAML()
		err = errors.Join(jsonErr, yamlErr)
	})
	if err != nil || text() == nil {
		return fmt.Errorf("describe the API: %w", err)
	}
	w.Header().Set("Content-Type", kind)
	_, err = w.Write(text())
	return err
}
