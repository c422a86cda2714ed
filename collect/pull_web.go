package collect

import (
	"context"
	"encoding/base64"
	"io"

	"polder/internal/fetch"
	"polder/internal/mailbox"
)

// MaxReport is how many bytes of a report we take, from whomever it comes; what is packed is looked
// after once more when it is unpacked.
const MaxReport = 8 << 30

// fromWeb asks for the file at the address, unless it is still the one that we had.
func (h *haul) fromWeb(ctx context.Context) error {
	header := map[string]string{}
	if h.memory.ETag != "" {
		header["If-None-Match"] = h.memory.ETag
	}
	if h.memory.LastModified != "" {
		header["If-Modified-Since"] = h.memory.LastModified
	}
	answer, err := h.c.client.Stream(ctx, fetch.Question{URL: h.source.Address, Header: header, Secret: h.authorization(), Size: h.c.set.MaxReport})
	if err != nil {
		return outside(err)
	}
	defer answer.Close()
	switch answer.Status {
	case 200:
	case 304:
		return nil
	default:
		return &answered{status: answer.Status}
	}
	if err := h.offer(ctx, nameOr(answer.Name), h.source.Type, marked{answer}, h.c.now()); err != nil {
		return err
	}
	h.memory.ETag, h.memory.LastModified = bounded(answer.ETag), bounded(answer.LastModified)
	return nil
}

func (h *haul) authorization() map[string]string {
	switch h.source.Ways.Auth {
	case "bearer":
		return map[string]string{"Authorization": "Bearer " + h.secret.Secret}
	case "basic":
		return map[string]string{"Authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte(h.source.Ways.User+":"+h.secret.Secret))}
	case "header":
		return map[string]string{h.source.Ways.Header: h.secret.Secret}
	}
	return nil
}

// bounded is what a server wants to be told the next time, unless it is no such thing.
func bounded(s string) string {
	if len(s) > 500 || !oneLine(s) {
		return ""
	}
	return s
}

// nameOr is a file's name that others chose.
func nameOr(s string) string {
	if s = mailbox.FileName(s); s == "" {
		return "report"
	}
	return s
}

// marked tells errors of the other side from ours.
type marked struct{ io.Reader }

func (m marked) Read(p []byte) (int, error) {
	n, err := m.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = outside(err)
	}
	return n, err
}
