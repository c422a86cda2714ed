package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"polder/internal/fault"
	"polder/internal/i18n"
)

var errMethod = errors.New("method not allowed for this address")

// story is what an error page tells: web.error.NAME.title, .text and .action in the catalog.
type story struct {
	status int
	name   string
}

var stories = map[fault.Kind]story{
	fault.Internal:    {http.StatusInternalServerError, "internal"},
	fault.Invalid:     {http.StatusUnprocessableEntity, "invalid"},
	fault.NotFound:    {http.StatusNotFound, "not_found"},
	fault.Denied:      {http.StatusForbidden, "denied"},
	fault.Conflict:    {http.StatusConflict, "conflict"},
	fault.Gone:        {http.StatusGone, "gone"},
	fault.TooMany:     {http.StatusTooManyRequests, "too_many"},
	fault.Unavailable: {http.StatusServiceUnavailable, "unavailable"},
}

func storyOf(err error) story {
	var tooBig *http.MaxBytesError
	var refused *refusal
	switch {
	case errors.As(err, &refused):
		return refused.story()
	case errors.Is(err, errToken):
		return story{http.StatusUnauthorized, "no_token"}
	case errors.As(err, &tooBig):
		return story{http.StatusRequestEntityTooLarge, "too_large"}
	case errors.Is(err, errMethod):
		return story{http.StatusMethodNotAllowed, "method"}
	case errors.Is(err, errSignIn), errors.Is(err, errStepUp):
		return story{http.StatusUnauthorized, "sign_in"}
	case fault.KindOf(err) == fault.Internal && errors.Is(err, context.DeadlineExceeded):
		return stories[fault.Unavailable]
	}
	return stories[fault.KindOf(err)]
}

// Wrong is what an error page shows.
type Wrong struct {
	Status  int
	Text    string // what happened
	Action  string // what to do
	Request string // the id to quote when asking for help
	Errors  []Detail
	SignIn  string // where to sign in, when that may help; "" when not
}

// Say is the public message of an error in the reader's words; "" when it has none.
func Say(p *i18n.Printer, err error) string {
	key, values := fault.Public(err)
	if key == "" || !p.Has(key) {
		return ""
	}
	pairs := make([]any, 0, 2*len(values))
	for name, value := range values {
		pairs = append(pairs, name, value)
	}
	return p.T(key, pairs...)
}

// showError is the one place that turns an error into what a person or a program reads. Only the public message of the
// fault is shown, and only when the catalog has it.
func (s *Site) showError(w http.ResponseWriter, r *http.Request, err error) {
	p, kind := Printer(r), storyOf(err)
	prefix := "web.error." + kind.name
	title, wrong := p.T(prefix+".title"), Wrong{Status: kind.status, Text: p.T(prefix + ".text"), Action: p.T(prefix + ".action"), Request: RequestID(r)}
	if text := Say(p, err); text != "" {
		wrong.Text = text
	}
	if kind.status == http.StatusNotFound {
		wrong.SignIn = s.signInHere(r)
	}
	// What failed must not be kept, whatever the route said before it failed.
	w.Header().Set("Cache-Control", "no-store")
	for _, name := range []string{"Content-Length", "Content-Encoding", "Content-Disposition", "ETag", "Last-Modified"} {
		w.Header().Del(name)
	}
	if kind.status == http.StatusServiceUnavailable || kind.status == http.StatusTooManyRequests {
		if w.Header().Get("Retry-After") == "" {
			w.Header().Set("Retry-After", "60")
		}
	}
	var refused *refusal
	if errors.As(err, &refused) && refused.status < http.StatusInternalServerError {
		wrong.Errors = refused.details
	}
	if prefersJSON(r.Header.Get("Accept")) || strings.HasPrefix(r.URL.Path, APIPath+"/") {
		writeProblem(w, p.Lang(), title, wrong)
		return
	}
	if failed := s.Render(w, r, s.own, "error", Page{Title: title, Status: kind.status, Data: wrong}); failed != nil {
		// The page for errors is tested with every story; this is for the day that it breaks all the same.
		s.log.Error("error page failed", "request", RequestID(r), "error", failed)
		http.Error(w, title+"\n\n"+wrong.Text+"\n"+wrong.Action, kind.status)
	}
}

// writeProblem answers as RFC 9457 says.
func writeProblem(w http.ResponseWriter, lang, title string, wrong Wrong) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Content-Language", lang)
	w.WriteHeader(wrong.Status)
	// A failure here means that the reader is gone.
	_ = json.NewEncoder(w).Encode(Problem{Type: "about:blank", Title: title, Status: wrong.Status, Detail: wrong.Text, Request: wrong.Request, Errors: wrong.Errors})
}

// prefersJSON tells a program from a person: JSON must be wanted more than HTML.
func prefersJSON(accept string) bool {
	var page, data float64
	for part := range strings.SplitSeq(accept, ",") {
		switch name, q := weighted(part); name {
		case "text/html", "application/xhtml+xml":
			page = max(page, q)
		case "application/json", "application/problem+json":
			data = max(data, q)
		}
	}
	return data > page
}
