package notify

import (
	"net/http"
	"slices"
	"strings"

	"polder/internal/fault"
	"polder/internal/web"
)

// verifyPage is what /verify shows: a form, and above it what came of the number asked for.
type verifyPage struct {
	Centre   centre
	Field    web.Field
	Verified *verified // the number is ours
	Unknown  string    // the number is not
}

type verified struct {
	Reference, On string
	About         []string
}

// verify tells whether a reference number is ours, when it went out and what about; never to whom.
func (p *pages) verify(w http.ResponseWriter, r *http.Request) error {
	say := web.Printer(r)
	asked := r.URL.Query().Get("ref")
	view := verifyPage{Centre: p.n.centre(), Field: web.Field{
		Name: "ref", Label: say.T("notify.verify.label"), Hint: say.T("notify.verify.hint"), Value: cut(asked, 64), Autocomplete: "off",
	}}
	page := web.Page{Title: say.T("notify.verify.title")}
	if r.URL.Query().Has("ref") {
		v, err := p.n.Verify(r.Context(), asked)
		switch fault.KindOf(err) {
		case fault.Invalid:
			view.Field.Error = say.T("notify.verify.malformed")
			if strings.TrimSpace(asked) == "" {
				view.Field.Error = say.T("notify.verify.empty")
			}
			page.Errors = []web.FieldError{{Field: "ref", Text: view.Field.Error}}
		case fault.NotFound:
			view.Unknown, _ = ParseReference(asked)
			view.Field.Value = view.Unknown
			page.Title = say.T("notify.verify.unknown_to_us.title")
		default:
			if err != nil {
				return err
			}
			about := make([]string, 0, len(v.Classes))
			for _, class := range v.Classes {
				if name := className(say, class); !slices.Contains(about, name) {
					about = append(about, name)
				}
			}
			view.Verified = &verified{v.Reference, say.Date(v.SentAt), about}
			view.Field.Value = ""
			page.Title = say.T("notify.verify.ours.title")
		}
	}
	page.Data = view
	return p.render(w, r, "verify", page)
}
