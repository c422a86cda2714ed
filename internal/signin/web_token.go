package signin

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/i18n"
	"polder/internal/web"
)

// anyStaff is everybody who works at the centre.
const anyStaff = actor.Administrator | actor.Analyst | actor.Editor | actor.Moderator | actor.CaseHandler | actor.Adviser | actor.Auditor

// program returns who comes with the token of the Authorization header: there and nowhere else, not
// in a cookie and not in the address, where other sites and logs could have it.
func (s *Signin) program(r *http.Request) (actor.Actor, error) {
	headers := r.Header.Values("Authorization")
	if len(headers) != 1 {
		return actor.Actor{}, nil
	}
	scheme, secret, _ := strings.Cut(headers[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return actor.Actor{}, nil
	}
	return s.BySecret(r.Context(), strings.TrimSpace(secret))
}

// TokenPage is what a page of tokens shows: of a person at the centre here, of an organisation in
// directory.
type TokenPage struct {
	Action  string // where the forms post to
	Lead    string
	Tokens  []TokenRow
	Scopes  []ScopeRow // that may be given; none: nothing can be made
	Lasts   []Choice
	Name    string // as filled in
	Secret  string // of a token that was made just now; "" otherwise
	MadeAs  string // its name
	API     string // address of the page about the API
	Problem map[string]string
}

// TokenRow is one token in the list.
type TokenRow struct {
	Token
	State web.Status
	Works bool
}

// ScopeRow is one scope in the form.
type ScopeRow struct {
	Name, Text string
	Chosen     bool
}

// Choice is one answer of several.
type Choice struct {
	Value, Text string
	Chosen      bool
}

// tokenTerms are how long a token may last, in days.
var tokenTerms = []int{30, 90, 365}

// NewTokenPage fills the page. r is the request whose form is shown again; nil for an empty one.
func (s *Signin) NewTokenPage(p *i18n.Printer, r *http.Request, action string, list []Token, may []Scope) TokenPage {
	v := TokenPage{Action: action, API: web.APIPath}
	now := s.now()
	for _, t := range list {
		row := TokenRow{Token: t, Works: t.Works(now)}
		switch {
		case !t.RevokedAt.IsZero():
			row.State = web.Status{Kind: "muted", Text: p.T("signin.token.state.revoked")}
		case !row.Works:
			row.State = web.Status{Kind: "muted", Text: p.T("signin.token.state.ended")}
		default:
			row.State = web.Status{Kind: "done", Text: p.T("signin.token.state.works")}
		}
		v.Tokens = append(v.Tokens, row)
	}
	chosen, lasts := map[string]bool{}, 90
	if r != nil {
		for _, name := range r.PostForm["scope"] {
			chosen[name] = true
		}
		v.Name = r.PostForm.Get("name")
		if n, err := strconv.Atoi(r.PostForm.Get("days")); err == nil {
			lasts = n
		}
	}
	for _, scope := range may {
		v.Scopes = append(v.Scopes, ScopeRow{scope.Name, p.T(scope.Key()), chosen[scope.Name]})
	}
	for _, days := range tokenTerms {
		v.Lasts = append(v.Lasts, Choice{strconv.Itoa(days), p.N("signin.token.days", days), days == lasts})
	}
	return v
}

// Page is the page whole: with the secret of the token that was made, or with what the person has to
// mend. An error that is not for mending comes back.
func (v TokenPage) Page(p *i18n.Printer, made *Token, secret string, wrong error) (page web.Page, err error) {
	page = web.Page{Title: p.T("signin.token.title"), Wide: true}
	if wrong != nil {
		var ok bool
		if page.Errors, ok = v.wrong(p, wrong); !ok {
			return page, wrong
		}
	}
	if made != nil {
		v.Secret, v.MadeAs = secret, made.Name
	}
	page.Data = v
	return page, nil
}

// wrong puts what the person has to mend on the page, when the error is that; else it returns false.
func (v *TokenPage) wrong(p *i18n.Printer, err error) ([]web.FieldError, bool) {
	key, _ := fault.Public(err)
	field, ok := map[string]string{"signin.token.wrong.name": "name", "signin.token.wrong.scopes": "scope", "signin.token.wrong.lasts": "days", "signin.token.wrong.full": ""}[key]
	if !ok {
		return nil, false
	}
	text := web.Say(p, err)
	v.Problem = map[string]string{field: text}
	return []web.FieldError{{Field: field, Text: text}}, true
}

// ReadTokenForm reads what the form of a TokenPage sends.
func ReadTokenForm(r *http.Request) (name string, scopes []string, lasts time.Duration, err error) {
	if err := r.ParseForm(); err != nil {
		return "", nil, 0, fault.Wrap(fault.Invalid, err, "")
	}
	days, err := strconv.Atoi(r.PostForm.Get("days"))
	if err != nil || days < 1 || days > 366 {
		days = 0 // MakeToken says what is wrong with it
	}
	return r.PostForm.Get("name"), r.PostForm["scope"], time.Duration(days) * 24 * time.Hour, nil
}

func (p *programPages) tokens(w http.ResponseWriter, r *http.Request) error {
	return p.showTokens(w, r, nil, "", nil)
}

// showTokens shows the page, after a form with what came of it.
func (p *programPages) showTokens(w http.ResponseWriter, r *http.Request, made *Token, secret string, wrong error) error {
	t := web.Printer(r)
	list, err := p.s.OwnTokens(r.Context())
	if err != nil {
		return err
	}
	var form *http.Request
	if wrong != nil {
		form = r
	}
	v := p.s.NewTokenPage(t, form, "/account/tokens", list, ScopesOfStaff(actor.From(r.Context()).Staff))
	v.Lead = t.T("signin.token.lead_staff")
	page, err := v.Page(t, made, secret, wrong)
	if err != nil {
		return err
	}
	return p.site.Render(w, r, p.templates, "tokens", page)
}

func (p *programPages) makeToken(w http.ResponseWriter, r *http.Request) error {
	name, scopes, lasts, err := ReadTokenForm(r)
	if err != nil {
		return err
	}
	t, secret, err := p.s.MakeOwnToken(r.Context(), name, scopes, lasts)
	if err != nil {
		return p.showTokens(w, r, nil, "", err)
	}
	return p.showTokens(w, r, &t, secret, nil)
}

func (p *programPages) revokeToken(w http.ResponseWriter, r *http.Request) error {
	id, err := db.ParseID(r.PathValue("token"))
	if err != nil {
		return fault.Hidden()
	}
	if err := p.s.RevokeOwnToken(r.Context(), id); err != nil {
		return err
	}
	http.Redirect(w, r, "/account/tokens", http.StatusSeeOther)
	return nil
}

// TokenTemplates are the page "tokens" for whoever shows a TokenPage.
func TokenTemplates() *web.Templates {
	t, err := web.ParseTemplates(programTemplates, "templates/programs/tokens.html")
	if err != nil {
		panic(err) // the templates are embedded
	}
	return t
}
