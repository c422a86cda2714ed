package web

import (
	"errors"
	"net/http"
	"net/url"

	"polder/internal/db"
	"polder/internal/fault"
)

// ReadForm reads the form that a request brings, as browsers send it and as mail programs do. What no database can
// hold as text is left out of its values. A form that is too large or cannot be read ends in the page that says so.
func ReadForm(r *http.Request) error {
	err := r.ParseForm() // first: ParseMultipartForm keeps quiet about what is wrong with any other form
	if err == nil {
		if err = r.ParseMultipartForm(MaxBody); errors.Is(err, http.ErrNotMultipart) {
			err = nil
		}
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return err
	case err != nil:
		return fault.Wrap(fault.Invalid, err, "")
	}
	for _, form := range []url.Values{r.Form, r.PostForm} {
		for _, values := range form {
			for i, s := range values {
				values[i] = db.Plain(s)
			}
		}
	}
	return nil
}
