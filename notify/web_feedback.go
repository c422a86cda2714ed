package notify

import (
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"polder/internal/fault"
	"polder/internal/web"
	"polder/notify/feeds"
)

// mostPages bounds ?page=, so that no number of it can overflow.
const mostPages = 100_000

// letter opens what the link in the address leads to, at the page asked for, and makes the site
// speak the language in which the organisation was written to.
func (p *pages) letter(r *http.Request) (l *Letter, page int, err error) {
	page = 1
	if asked := r.URL.Query().Get("page"); asked != "" {
		if page, err = strconv.Atoi(asked); err != nil || page < 1 || page > mostPages {
			return nil, 0, fault.Hidden()
		}
	}
	if l, err = p.n.Open(r.Context(), r.PathValue("token"), page-1); err != nil {
		return nil, 0, err
	}
	web.Suggest(r, l.Organisation.Language)
	if page > 1 && len(l.Exposures) == 0 {
		return nil, 0, fault.Hidden()
	}
	return l, page, nil
}

// open shows the letter. Whatever opens it, and however often, nothing changes.
func (p *pages) open(w http.ResponseWriter, r *http.Request) error {
	l, page, err := p.letter(r)
	if err != nil {
		return err
	}
	if page == 1 {
		var types []string
		for _, k := range l.Kinds {
			types = append(types, k.Type)
		}
		p.n.opened(r.Context(), doorOf(r), types...)
	}
	return p.show(w, r, l, page, form{})
}

// form is what a person filled in, when it has to be shown again.
type form struct {
	chosen []Fingerprint
	note   string
	wrong  string // with the note
	silent bool   // no answer was chosen
	all    bool   // all on the page are ticked
	typed  url.Values
	bad    map[string]string // what is wrong with a field, by its name
}

func (p *pages) show(w http.ResponseWriter, r *http.Request, l *Letter, page int, filled form) error {
	say := web.Printer(r)
	v := p.n.feedbackPage(say, l, r.PathValue("token"), page, filled)
	v.Done = p.n.doneView(say, l, r.URL.Query().Get("done"))
	out := web.Page{Title: v.Title, Context: l.Organisation.Name, Wide: true, Data: v}
	if v.Done != nil {
		out.Title = v.Done.Title // what the window is called, and read out first
	}
	if filled.silent {
		out.Errors = []web.FieldError{{Field: "answers", Text: say.T("notify.answer.choose")}}
	}
	if filled.wrong != "" {
		out.Errors = append(out.Errors, web.FieldError{Field: "note", Text: filled.wrong})
	}
	return p.render(w, r, "feedback", out)
}

// answer takes what a person says and leads back to the page, so that reloading it says nothing
// again. The secret link for a supplier is shown at once instead: it must not stand in an address.
func (p *pages) answer(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	f := Feedback{Answer: Answer(r.PostForm.Get("answer")), Note: strings.ReplaceAll(r.PostForm.Get("note"), "\r\n", "\n")}
	var err error
	// None chosen means all; something chosen that cannot be read must not come to mean that.
	if f.Chosen, err = parseChosen(r.PostForm["about"]); err != nil {
		return err
	}
	if long := utf8.RuneCountInString(f.Note) > mostNote; long || f.Answer == "" {
		l, page, err := p.letter(r)
		if err != nil {
			return err
		}
		again := form{chosen: f.Chosen, note: f.Note, silent: f.Answer == ""}
		if long {
			again.wrong = web.Printer(r).T("notify.answer.long")
		}
		return p.show(w, r, l, page, again)
	}
	token := r.PathValue("token")
	given, err := p.n.Answer(r.Context(), token, f)
	if err != nil {
		return err
	}
	if given.Supplier == "" {
		return p.back(w, r, "answer")
	}
	l, _, err := p.letter(r)
	if err != nil {
		return err
	}
	say := web.Printer(r)
	return p.render(w, r, "passed", web.Page{Title: say.T("notify.page.passed.title"), Context: l.Organisation.Name,
		Data: p.n.passedPage(say, l, "/f/"+token, given.Supplier, given.Until)})
}

func parseChosen(values []string) ([]Fingerprint, error) {
	if len(values) > pageSize {
		return nil, fault.New(fault.Invalid, "notify.answer.nothing")
	}
	chosen := make([]Fingerprint, len(values))
	for i, v := range values {
		b, err := hex.DecodeString(v)
		if err != nil || len(b) != len(chosen[i]) {
			return nil, fault.New(fault.Invalid, "notify.answer.nothing")
		}
		copy(chosen[i][:], b)
	}
	return chosen, nil
}

// back leads to the page of the link, which then says that it is done and what happens next.
func (p *pages) back(w http.ResponseWriter, r *http.Request, done string) error {
	q := url.Values{"done": {done}}
	if page := r.URL.Query().Get("page"); page != "" {
		q.Set("page", page)
	}
	http.Redirect(w, r, "/f/"+r.PathValue("token")+"?"+q.Encode(), http.StatusSeeOther)
	return nil
}

// revoke withdraws the supplier's link.
func (p *pages) revoke(w http.ResponseWriter, r *http.Request) error {
	if err := p.n.RevokeSupplier(r.Context(), r.PathValue("token")); err != nil {
		return err
	}
	return p.back(w, r, "revoked")
}

// asked are the severities that a person may choose for, the worst first.
var asked = []feeds.Severity{feeds.High, feeds.Medium, feeds.Low}

// cadence takes how often somebody wants mail: all of it, or nothing when any part may not be.
func (p *pages) cadence(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	wishes := map[feeds.Severity]Cadence{}
	for _, s := range asked {
		if v, given := r.PostForm[s.String()]; given {
			wishes[s] = Cadence(v[0])
		}
	}
	if len(wishes) == 0 {
		return fault.New(fault.Invalid, "notify.cadence.unknown")
	}
	if err := p.n.prefer(r.Context(), r.PathValue("token"), wishes); err != nil {
		return err
	}
	return p.back(w, r, "cadence")
}

// lessPage asks whether somebody wants less mail, or says that he has less.
type lessPage struct {
	Path, Name string
	Centre     centre
	Done       bool
}

// askLess shows a button, or that it was pressed: opening the link changes nothing.
func (p *pages) askLess(w http.ResponseWriter, r *http.Request) error {
	l, _, err := p.letter(r)
	if err != nil {
		return err
	}
	if l.Holder != Recipient {
		return fault.New(fault.NotFound, "notify.link.unknown")
	}
	done := l.Cadence[feeds.Low] == Never && l.Cadence[feeds.Medium] == Weekly
	title := "notify.page.less.title"
	if done {
		title = "notify.page.less.done.title"
	}
	return p.render(w, r, "less", web.Page{Title: web.Printer(r).T(title), Context: l.Organisation.Name,
		Data: lessPage{Path: "/f/" + r.PathValue("token"), Name: l.Organisation.Name, Centre: p.n.centre(), Done: done}})
}

// less does it: at once for a mail program, which says so as RFC 8058 has it and follows no
// redirect, and by the button on the page.
func (p *pages) less(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	oneClick := r.PostForm.Get("List-Unsubscribe") == "One-Click"
	if !oneClick && r.PostForm.Get("answer") != "less" {
		return fault.New(fault.Invalid, "notify.answer.unknown")
	}
	if err := p.n.Less(r.Context(), r.PathValue("token")); err != nil {
		return err
	}
	if oneClick {
		return p.askLess(w, r)
	}
	http.Redirect(w, r, "/f/"+r.PathValue("token")+"/less", http.StatusSeeOther)
	return nil
}
