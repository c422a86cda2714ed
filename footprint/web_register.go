package footprint

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/web"
)

type newPage struct {
	Path                                 string
	Kind                                 string
	Value, Vendor, Name, Versions        web.Field
	Provider                             bool
	Placeholder                          string
	Prefix, ASN, Domain, Product, Chosen bool
}

// showNew asks what kind of thing it is, and then for the thing.
func (p *pages) showNew(w http.ResponseWriter, r *http.Request) error {
	return p.newForm(w, r, r.URL.Query().Get("kind"), nil)
}

func (p *pages) newForm(w http.ResponseWriter, r *http.Request, kind string, wrong []web.FieldError) error {
	say := web.Printer(r)
	k, known := ParseKind(kind)
	if err := p.f.db.Read(r.Context(), func(tx *db.Tx) error {
		_, err := p.f.may(r.Context(), tx, organisation(r), db.ID{}, true)
		return err
	}); err != nil {
		return err
	}
	view := newPage{Path: "/o/" + organisation(r).String() + "/assets", Kind: k.String(), Chosen: known, Product: k == Product, Provider: r.PostFormValue("role") == "provider"}
	text := func(name string, most int) web.Field {
		f := web.Field{Name: name, Label: say.T("footprint.new." + name), Value: r.PostFormValue(name), MaxLength: most, Autocomplete: "off"}
		for _, e := range wrong {
			if e.Field == name {
				f.Error = e.Text
			}
		}
		return f
	}
	title := say.T("footprint.new.title")
	if known {
		title = say.T("footprint.new.title_" + k.String())
		view.Value = text("value", 300)
		view.Value.Required = true
		if k != Product {
			view.Value.Label, view.Value.Hint = say.T("footprint.new.value_"+k.String()), say.T("footprint.new.hint_"+k.String())
		}
		view.Vendor, view.Name, view.Versions = text("vendor", 60), text("name", 80), text("versions", 50)
		view.Name.Required = true
		view.Versions.Hint = say.T("footprint.new.versions_hint")
	}
	return p.render(w, r, "asset-new", web.Page{Title: title, Errors: wrong, Data: view})
}

func (p *pages) register(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	kind, _ := ParseKind(r.PostFormValue("kind"))
	e := Entry{Kind: kind, Value: r.PostFormValue("value"), Role: Owner}
	if kind == Domain {
		e.Value = nameIn(e.Value)
	}
	if r.PostFormValue("role") == "provider" {
		e.Role = Provider
	}
	field := "value"
	var err error
	var c Claim
	if kind == Product {
		field = "name"
		var product ProductOf
		if product, err = NewProduct(r.PostFormValue("vendor"), r.PostFormValue("name"), r.PostFormValue("versions")); err == nil {
			e.Value = product.String()
		}
	}
	if err == nil {
		c, err = p.f.Register(r.Context(), organisation(r), e)
	}
	if err != nil {
		if wrong := mend(r, err, field); wrong != nil {
			return p.newForm(w, r, kind.String(), wrong)
		}
		return err
	}
	http.Redirect(w, r, "/o/"+organisation(r).String()+"/assets/"+c.ID.String()+"?done=registered", http.StatusSeeOther)
	return nil
}

type bulkPage struct {
	Path, List, Error string
	Lines             []lineView
	Good, Doubt, Bad  int
	Usable            int
	Cut               bool
}

type lineView struct {
	Line
	KindText, RoleText, WhyText string
	Status                      web.Status
}

func (p *pages) showBulk(w http.ResponseWriter, r *http.Request) error {
	return p.bulkForm(w, r, "", nil)
}

func (p *pages) bulkForm(w http.ResponseWriter, r *http.Request, list string, wrong []web.FieldError) error {
	if _, err := p.f.Preview(r.Context(), organisation(r), nil); err != nil {
		return err // may not, or not for all
	}
	view := bulkPage{Path: "/o/" + organisation(r).String() + "/assets", List: list}
	if len(wrong) > 0 {
		view.Error = wrong[0].Text
	}
	return p.render(w, r, "asset-bulk", web.Page{Title: web.Printer(r).T("footprint.bulk.title"), Errors: wrong, Data: view})
}

// preview shows what would come of each line; nothing is registered yet.
func (p *pages) preview(w http.ResponseWriter, r *http.Request) error {
	say := web.Printer(r)
	if err := form(r); err != nil {
		if wrong := mend(r, err, "list"); wrong != nil {
			return p.bulkForm(w, r, "", wrong)
		}
		return err
	}
	list := r.PostFormValue("list")
	if r.MultipartForm != nil && len(r.MultipartForm.File["file"]) > 0 {
		file, err := r.MultipartForm.File["file"][0].Open()
		if err != nil {
			return err
		}
		defer file.Close()
		b, err := io.ReadAll(io.LimitReader(file, MostList+1))
		if err != nil {
			return err
		}
		if len(b) > 0 {
			list = decode(b) + "\n" + list
		}
	}
	if len(list) > MostList {
		return p.bulkForm(w, r, "", mend(r, fault.New(fault.Invalid, "footprint.error.large"), "list"))
	}
	lines, cut := ParseList(strings.NewReader(list))
	if len(lines) == 0 {
		return p.bulkForm(w, r, list, []web.FieldError{{Field: "list", Text: say.T("footprint.bulk.empty")}})
	}
	judged, err := p.f.Preview(r.Context(), organisation(r), lines)
	if err != nil {
		return err
	}
	view := bulkPage{Path: "/o/" + organisation(r).String() + "/assets", Cut: cut}
	var keep []string
	for _, l := range judged {
		x := lineView{Line: l, KindText: "", Status: web.Status{Kind: map[Verdict]string{Good: "done", Doubtful: "open", Bad: "alarm"}[l.Verdict], Text: say.T("footprint.verdict." + string(l.Verdict))}}
		if l.Why != "" {
			x.WhyText = say.T(l.Why, "Detail", l.Detail)
		}
		if l.Entry.Kind != 0 {
			x.KindText = say.T("footprint.kind." + l.Entry.Kind.String())
		}
		switch l.Verdict {
		case Good:
			view.Good++
		case Doubtful:
			view.Doubt++
		default:
			view.Bad++
		}
		if l.Verdict != Bad {
			x.RoleText = say.T("footprint.role." + l.Entry.Role.String())
			keep = append(keep, l.Text)
		}
		view.Lines = append(view.Lines, x)
	}
	view.List, view.Usable = strings.Join(keep, "\n"), view.Good+view.Doubt
	return p.render(w, r, "asset-preview", web.Page{Title: say.T("footprint.bulk.preview"), Wide: true, Data: view})
}

// registerAll reads the list again: what stood on the page before proves nothing.
func (p *pages) registerAll(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	lines, _ := ParseList(strings.NewReader(r.PostFormValue("list")))
	judged, err := p.f.Preview(r.Context(), organisation(r), lines)
	if err != nil {
		return err
	}
	doubtful := r.PostFormValue("doubtful") == "yes"
	for i := range judged {
		if judged[i].Verdict == Doubtful && !doubtful {
			judged[i].Verdict = Bad
		}
	}
	n, err := p.f.RegisterAll(r.Context(), organisation(r), judged)
	if err != nil {
		if wrong := mend(r, err, "list"); wrong != nil {
			return p.bulkForm(w, r, r.PostFormValue("list"), wrong)
		}
		return err
	}
	http.Redirect(w, r, "/o/"+organisation(r).String()+"/assets?done=list&n="+strconv.Itoa(n), http.StatusSeeOther)
	return nil
}

// decode reads UTF-8, and what old spreadsheets write instead.
func decode(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var s strings.Builder
	for _, c := range b {
		s.WriteRune(rune(c))
	}
	return s.String()
}

// nameIn returns the domain in what people copy from the bar of their browser, such as "https://www.example.nl/contact".
// What does not look like that is returned as it is, to be refused with a reason.
func nameIn(s string) string {
	s = strings.TrimSpace(s)
	if _, after, found := strings.Cut(s, "://"); found {
		s = after
	}
	s, _, _ = strings.Cut(s, "/")
	if rest, found := strings.CutPrefix(strings.ToLower(s), "www."); found && strings.Contains(rest, ".") {
		return rest
	}
	return s
}
