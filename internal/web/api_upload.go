package web

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Upload is a part of what an operation takes: a body of any size and kind, read as it comes. An
// operation with it has a large Body, and reads the whole before it answers.
type Upload struct {
	body  io.Reader
	still func() error
}

// Read reads the body.
func (u *Upload) Read(p []byte) (int, error) { return u.body.Read(p) }

// Still asks once more whether the token may do this: an upload takes longer than a look.
func (u *Upload) Still() error {
	if u.still == nil {
		return nil
	}
	return u.still()
}

// Resolve is how huma hands over the request; it reads nothing by itself of what has no Body.
func (u *Upload) Resolve(ctx huma.Context) []error {
	u.body = ctx.BodyReader()
	u.still, _ = ctx.Context().Value(stillKey{}).(func() error)
	return nil
}

// patient gives a body as long as it takes, while something comes every half minute.
func patient(w http.ResponseWriter, body io.ReadCloser) io.ReadCloser {
	return &unhurried{ReadCloser: body, control: http.NewResponseController(w)}
}

type unhurried struct {
	io.ReadCloser
	control *http.ResponseController
}

func (u *unhurried) Read(p []byte) (int, error) {
	// Deadlines are of the machine's own clock, whatever the clock of a test says.
	at := time.Now()
	u.control.SetReadDeadline(at.Add(30 * time.Second))  //nolint:errcheck // where there are none, nothing needs to be put off
	u.control.SetWriteDeadline(at.Add(90 * time.Second)) //nolint:errcheck
	return u.ReadCloser.Read(p)
}

type stillKey struct{}

// withStill lets an upload ask again who is asking.
func withStill(ctx context.Context, still func() error) context.Context {
	return context.WithValue(ctx, stillKey{}, still)
}
