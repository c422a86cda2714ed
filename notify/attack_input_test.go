package notify

import (
	"net/url"
	"strings"
	"testing"
)

// Whatever stands in an address or a form, nothing breaks: it is mended, refused or not there.
func TestForgedInputBreaksNothing(t *testing.T) {
	eachCompany(t, func(t *testing.T, c *company) {
		base := "/o/" + c.organisation("bakker").ID.String()
		print := printText(c.one("bakker", "192.0.2.7").Fingerprint)
		zeros := strings.Repeat("0", 32)
		id := c.organisation("smid").ID.String()
		nasty := []string{"", "\x00", "a\x00b", "\xff\xfe", "'", `"><script>alert(1)</script>`, "-1", "0", "9223372036854775807", "-9223372036854775808", "99999999999999999999", "0001-01-01", "9999-12-31", "10000-01-01",
			"9223372036854775807.9223372036854775807." + print, "-9223372036854775808.-9223372036854775808." + print, "9223372036854775807.9223372036854775807." + print + "." + id, "4.-1." + zeros + "." + id, id,
			strings.Repeat("x", 20_000), "%", "_", `\`, strings.Repeat("%", 500), "each", "open", "=1+1", "\r\nSet-Cookie: a=b", "W10", "WyJcdTAwMDAiXQ", "WyIiXQ", "\u202e", "1e9", "NaN"}
		paths := map[string][]string{
			base + "/exposures":          {"after", "state", "severity", "type", "asset", "find", "text", "q", "since", "sort", "work", "done", "n", "mine", "overdue"},
			base + "/exposures/" + print: {"before", "done"},
			base + "/warnings":           {"before"},
			base + "/warnings/settings":  {"done"},
			"/exposures":                 {"after", "severity", "by"},
			"/verify":                    {"ref"},
			"/f/" + c.token("bakker"):    {"page", "done"},
		}
		try := func(what string, code int, body string) {
			if code >= 500 || strings.Contains(body, "<script>alert(1)") {
				t.Errorf("%d: %.200q", code, what)
			}
		}
		for path, names := range paths {
			for _, name := range names {
				for _, v := range nasty {
					for _, more := range []string{"", "&sort=seen", "&sort=day", "&by=organisation"} {
						if more != "" && name != "after" {
							continue
						}
						at := path + "?" + url.Values{name: {v}}.Encode() + more
						w := c.ask("bakker", "GET", at, nil)
						try(at, w.Code, w.Body.String())
					}
				}
			}
		}
		forms := map[string][]string{
			base + "/exposures/answers":                {"answer", "note", "about", "days", "to"},
			base + "/exposures/views":                  {"view"},
			base + "/exposures/" + print + "/answers":  {"answer", "note", "days", "to"},
			base + "/exposures/" + print + "/plan":     {"assignee", "date"},
			base + "/exposures/" + print + "/steps":    {"of", "step"},
			base + "/exposures/" + print + "/comments": {"comment"},
			base + "/warnings/settings":                {"high", "medium", "to", "language-" + id},
			"/f/" + c.token("bakker"):                  {"answer", "note", "about"},
			"/f/" + c.token("bakker") + "/cadence":     {"high", "low"},
		}
		for path, names := range forms {
			for _, name := range names {
				for _, v := range nasty {
					form := url.Values{"answer": {"on_it"}, "about": {print}, "of": {"3"}}
					form.Set(name, v)
					w := c.ask("bakker", "POST", path, form)
					try(path+" "+name+"="+v, w.Code, w.Body.String())
				}
			}
		}
		for _, at := range []string{"/api/v1/exposures", "/api/v1/notifications"} {
			for _, name := range []string{"cursor", "limit", "changed_since", "type", "state", "severity"} {
				for _, v := range nasty {
					w := c.program("program-bakker", "GET", at+"?"+url.Values{name: {v}}.Encode(), "")
					try(at+" "+name+"="+v, w.Code, "")
				}
			}
		}
		for _, v := range nasty {
			for _, at := range []string{"/api/v1/exposures/", "/api/v1/notifications/"} {
				try(at+v, c.program("program-bakker", "GET", at+url.PathEscape(v), "").Code, "")
			}
			for _, at := range []string{base + "/exposures/", base + "/warnings/", "/f/"} {
				w := c.ask("bakker", "GET", at+url.PathEscape(v), nil)
				try(at+v, w.Code, w.Body.String())
			}
		}
	})
}
