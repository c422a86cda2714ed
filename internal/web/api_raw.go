package web

import (
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"polder/internal/actor"
	"polder/internal/fault"
	"polder/internal/i18n"
)

// Raw registers an operation that answers by itself, piece by piece or in another format than JSON. It has
// the access, the tempo and the place in the description of every other.
func (a *API) Raw(o Operation, kind string, fn func(w http.ResponseWriter, r *http.Request) error) {
	method, path, access := a.parts(o)
	english := a.site.catalog.For(i18n.English)
	op := &huma.Operation{Method: method, Path: path, OperationID: o.ID, Summary: english.T(o.Text + ".title"), Description: english.T(o.Text + ".text"),
		Security: []map[string][]string{{"token": {o.Scope}}}, Responses: a.problems()}
	op.Responses["200"] = &huma.Response{Description: "OK", Content: map[string]*huma.MediaType{kind: {Schema: &huma.Schema{Type: huma.TypeString}}}}
	a.huma.OpenAPI().AddOperation(op)
	a.told = append(a.told, told{Operation: o, Method: method, Path: path, op: op})
	a.site.Handle(method+" "+APIPath+path, access, func(w http.ResponseWriter, r *http.Request) error {
		if err := a.pace(w, r); err != nil {
			return err
		}
		return fn(w, r)
	})
}

// pace refuses a token that asks too often, and says when it may again.
func (a *API) pace(w http.ResponseWriter, r *http.Request) error {
	wait := a.tempo.wait(actor.From(r.Context()).Token, a.site.now())
	if wait <= 0 {
		return nil
	}
	w.Header().Set("Retry-After", fmt.Sprint(int(wait.Seconds())+1))
	return fault.New(fault.TooMany, "web.api.too_many")
}

// Longer sends what was written so far on its way, and lets a long download last as long as it moves.
func Longer(w http.ResponseWriter) {
	control := http.NewResponseController(w)
	// Not every writer has a deadline or can be flushed; those of tests do not.
	_ = control.SetWriteDeadline(time.Now().Add(time.Minute))
	_ = control.Flush()
}
