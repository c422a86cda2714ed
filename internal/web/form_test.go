package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"polder/internal/fault"
)

func TestFormsAreReadAsTheyComeIn(t *testing.T) {
	for _, c := range []struct {
		name, kind, body string
		most             int64
		value            string
		status           int // of the page that the error ends in; 0: none
	}{
		{"of a browser", "application/x-www-form-urlencoded", "note=caf%C3%A9", 100, "café", 0},
		{"of a mail program", `multipart/form-data; boundary="x"`, "--x\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\none\r\n--x--\r\n", 100, "one", 0},
		{"what no database holds", "application/x-www-form-urlencoded", "note=a%00b%FFc", 100, "abc", 0},
		{"the same in parts", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\na\x00b\xffc\r\n--x--\r\n", 100, "abc", 0},
		{"no form", "text/plain", "note=1", 100, "", 0},
		{"broken", "application/x-www-form-urlencoded", "note=%zz", 100, "", http.StatusUnprocessableEntity},
		{"parts that break off", "multipart/form-data; boundary=x", "--x\r\nContent-", 100, "", http.StatusUnprocessableEntity},
		{"too large", "application/x-www-form-urlencoded", "note=" + strings.Repeat("a", 200), 100, "", http.StatusRequestEntityTooLarge},
		{"parts that are too large", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\n" + strings.Repeat("a", 200) + "\r\n--x--\r\n", 100, "", http.StatusRequestEntityTooLarge},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(c.body))
		r.Header.Set("Content-Type", c.kind)
		r.Body = http.MaxBytesReader(httptest.NewRecorder(), r.Body, c.most)
		err := ReadForm(r)
		if c.status == 0 && (err != nil || r.PostFormValue("note") != c.value) || c.status != 0 && (err == nil || storyOf(err).status != c.status) {
			t.Errorf("%s: %q, %v (%v)", c.name, r.PostFormValue("note"), err, fault.KindOf(err))
		}
	}
}
