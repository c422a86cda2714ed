package notify

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/i18n"
	"polder/internal/web"
	"polder/notify/advice"
)

const textsPath = "/desk/advice"

func (p *deskPages) textRoutes() {
	read, write := web.Staff(actor.Analyst|actor.Editor), web.Staff(actor.Editor)
	p.site.Handle("GET "+textsPath, read, p.texts)
	p.site.Handle("GET "+textsPath+"/{type}", read, p.text)
	p.site.Handle("GET "+textsPath+"/{type}/edit", write, p.editText)
	p.site.Handle("POST "+textsPath+"/{type}/edit", write, p.writeText)
	p.site.Handle("GET "+textsPath+"/{type}/versions/{version}", read, p.textVersion)
	p.site.Handle("POST "+textsPath+"/{type}/versions/{version}/publish", read.Fresh(), p.publishText)
	p.site.Handle("POST "+textsPath+"/{type}/revert", write.Fresh(), p.revertText)
	p.site.Entry(textsPath, "notify.texts.title")
}

func textPath(kind string) string { return textsPath + "/" + url.PathEscape(kind) }

type textRow struct {
	URL, Type, Title, Uses string
	State                  web.Status
}

type textsPage struct {
	Find        string
	OnlyWaiting bool
	Waiting     int
	Rows        []textRow
	Count       string
}

// texts lists the types with the text that each has; those that wait to be published first.
func (p *deskPages) texts(w http.ResponseWriter, r *http.Request) error {
	say := web.Printer(r)
	list, err := p.n.TextStates(r.Context())
	if err != nil {
		return err
	}
	v := &textsPage{Find: cut(db.Plain(strings.TrimSpace(r.URL.Query().Get("find"))), 100), OnlyWaiting: r.URL.Query().Get("show") == "waiting"}
	slices.SortStableFunc(list, func(a, b TextState) int { return min(b.Waiting, 1) - min(a.Waiting, 1) })
	for _, s := range list {
		title := s.Title[say.Lang()]
		if s.Waiting > 0 {
			v.Waiting++
		}
		if v.OnlyWaiting && s.Waiting == 0 || v.Find != "" && !strings.Contains(strings.ToLower(s.Type+" "+title), strings.ToLower(v.Find)) {
			continue
		}
		row := textRow{URL: textPath(s.Type), Type: s.Type, Title: title, Uses: usesText(say, s), State: web.Status{Kind: "muted", Text: say.T("notify.texts.state.builtin")}}
		switch {
		case s.Waiting > 0:
			row.State = web.Status{Kind: "open", Text: say.T("notify.texts.state.waiting", "Version", strconv.Itoa(s.Waiting))}
		case s.Version > 0:
			row.State = web.Status{Kind: "done", Text: say.T("notify.texts.state.own", "Version", strconv.Itoa(s.Version))}
		case s.Uses != s.Type:
			row.State = web.Status{Kind: "busy", Text: say.T("notify.texts.state.fallback")}
		}
		v.Rows = append(v.Rows, row)
	}
	v.Count = say.N("notify.texts.count", len(v.Rows))
	return p.render(w, r, "texts", web.Page{Title: say.T("notify.texts.title"), Data: v})
}

func usesText(say *i18n.Printer, s TextState) string {
	if s.Uses == s.Type {
		return ""
	}
	return say.T("notify.texts.uses", "Type", s.Uses)
}

type textSide struct {
	Lang, Name string
	Text       advice.Text
	Remarks    []string
}

type versionRow struct {
	TextVersion
	URL       string
	By, Other string
	State     web.Status
}

type textPage struct {
	Done, Path, Uses, Edit string
	Sides                  []textSide
	State                  string
	Versions               []versionRow
	MayWrite, MayRevert    bool
	BuiltIn                bool
}

// sides are the texts in both languages, with what makes them hard to read.
func sides(say *i18n.Printer, t Texts) (list []textSide) {
	for _, lang := range advice.Languages {
		s := textSide{Lang: lang, Name: say.T("notify.texts.lang." + lang), Text: t[lang]}
		for _, r := range advice.Lint(lang, t[lang]) {
			s.Remarks = append(s.Remarks, remarkText(say, r))
		}
		list = append(list, s)
	}
	return list
}

func remarkText(say *i18n.Printer, r advice.Remark) string {
	part, number, _ := strings.Cut(r.Part, " ")
	if part == "" {
		part = "whole"
	}
	return strings.TrimSpace(say.T("notify.texts.part."+part)+" "+number) + ": " + say.T("notify.texts.rule."+r.Rule, "N", strconv.Itoa(r.N))
}

func (p *deskPages) text(w http.ResponseWriter, r *http.Request) error {
	say := web.Printer(r)
	f, err := p.n.TextFile(r.Context(), r.PathValue("type"))
	if err != nil {
		return err
	}
	editor := actor.From(r.Context()).Staff.Any(actor.Editor)
	v := &textPage{Path: textPath(f.Type), Edit: textPath(f.Type) + "/edit", Uses: usesText(say, f.TextState), Sides: sides(say, f.Now), MayWrite: editor,
		MayRevert: editor && f.Version > 0 && f.Uses == f.Type, BuiltIn: f.BuiltIn, State: say.T("notify.texts.now.builtin")}
	if f.Version > 0 {
		v.State = say.T("notify.texts.now.own", "Version", strconv.Itoa(f.Version))
	}
	if done := r.URL.Query().Get("done"); done != "" && say.Has("notify.texts.done."+done) {
		v.Done = say.T("notify.texts.done." + done)
	}
	for i, t := range f.Versions {
		row := versionRow{TextVersion: t, URL: v.Path + "/versions/" + strconv.Itoa(t.Version), By: f.Names[t.WrittenBy], Other: f.Names[t.PublishedBy], State: web.Status{Kind: "muted", Text: say.T("notify.texts.version.before")}}
		switch {
		case t.Version == f.Version && f.Uses == f.Type:
			row.State = web.Status{Kind: "done", Text: say.T("notify.texts.version.used")}
		case i == 0 && t.PublishedAt.IsZero():
			row.State = web.Status{Kind: "open", Text: say.T("notify.texts.version.waiting")}
		}
		v.Versions = append(v.Versions, row)
	}
	return p.render(w, r, "text", web.Page{Title: f.Type, Under: textsPath, Data: v})
}

type editSide struct {
	Lang, Name string
	Fields     []web.Field
}

type textEdit struct {
	Path, Back string
	Sides      []editSide
}

func (p *deskPages) editText(w http.ResponseWriter, r *http.Request) error {
	f, err := p.n.TextFile(r.Context(), r.PathValue("type"))
	if err != nil {
		return err
	}
	start := f.Now
	if len(f.Versions) > 0 && f.Versions[0].PublishedAt.IsZero() {
		start = f.Versions[0].Texts // go on with what waits
	}
	if from, err := strconv.Atoi(r.URL.Query().Get("from")); err == nil {
		for _, v := range f.Versions {
			if v.Version == from {
				start = v.Texts
			}
		}
	}
	return p.showEdit(w, r, f.Type, start, nil)
}

// showEdit shows the form with the texts given, and what is wrong with them.
func (p *deskPages) showEdit(w http.ResponseWriter, r *http.Request, kind string, t Texts, wrong []TextWrong) error {
	say := web.Printer(r)
	v := &textEdit{Path: textPath(kind) + "/edit", Back: textPath(kind)}
	page := web.Page{Title: say.T("notify.texts.edit", "Type", kind), Under: textsPath, Data: v}
	for _, lang := range advice.Languages {
		side := editSide{Lang: lang, Name: say.T("notify.texts.lang." + lang)}
		x := t[lang]
		for _, part := range []struct {
			name, value string
			rows        int
		}{{"title", x.Title, 0}, {"what", x.What, 4}, {"why", x.Why, 4}, {"steps", strings.Join(x.Steps, "\n"), 12}, {"supplier", x.Supplier, 4}, {"effort", x.Effort, 2}} {
			f := web.Field{Name: lang + "-" + part.name, Label: say.T("notify.texts.part." + part.name), Value: part.value, Rows: part.rows, Required: true}
			if part.rows > 0 {
				f.Type = "textarea"
			}
			if hint := "notify.texts.hint." + part.name; say.Has(hint) {
				f.Hint = say.T(hint)
			}
			for _, x := range wrong {
				if x.Lang == lang && x.Part == part.name && f.Error == "" {
					f.Error = say.T("notify.texts.rule." + x.Rule)
					page.Errors = append(page.Errors, web.FieldError{Field: f.Name, Text: side.Name + ", " + f.Label + ": " + f.Error})
				}
			}
			side.Fields = append(side.Fields, f)
		}
		v.Sides = append(v.Sides, side)
	}
	return p.render(w, r, "text_edit", page)
}

func (p *deskPages) writeText(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	kind, t := r.PathValue("type"), Texts{}
	for _, lang := range advice.Languages {
		field := func(name string) string { return cut(db.Plain(r.PostFormValue(lang+"-"+name)), 20_000) }
		t[lang] = advice.Text{Title: field("title"), What: field("what"), Why: field("why"), Supplier: field("supplier"), Effort: field("effort"),
			Steps: strings.Split(strings.ReplaceAll(field("steps"), "\r\n", "\n"), "\n")}
	}
	version, wrong, err := p.n.WriteText(r.Context(), kind, t)
	if err != nil {
		return err
	}
	if len(wrong) > 0 {
		return p.showEdit(w, r, kind, t, wrong)
	}
	http.Redirect(w, r, textPath(kind)+"/versions/"+strconv.Itoa(version)+"?done=written", http.StatusSeeOther)
	return nil
}

type changedPart struct{ Lang, LangName, Part, Before, After string }

type versionPage struct {
	Done, Path, Back, Publish, Whose string
	Version                          versionRow
	Sides                            []textSide
	Changes                          []changedPart
	Mails                            []mailPreview
	Waits, Mine, MayWrite            bool
}

type mailPreview struct{ Lang, Name, Subject, Text string }

func (p *deskPages) textVersion(w http.ResponseWriter, r *http.Request) error {
	return p.showVersion(w, r, nil)
}

func (p *deskPages) showVersion(w http.ResponseWriter, r *http.Request, wrong []web.FieldError) error {
	say := web.Printer(r)
	f, err := p.n.TextFile(r.Context(), r.PathValue("type"))
	if err != nil {
		return err
	}
	i := slices.IndexFunc(f.Versions, func(v TextVersion) bool { return strconv.Itoa(v.Version) == r.PathValue("version") })
	if i < 0 {
		return hidden()
	}
	t := f.Versions[i]
	who := actor.From(r.Context())
	v := &versionPage{Path: textPath(f.Type) + "/versions/" + strconv.Itoa(t.Version), Back: textPath(f.Type), Sides: sides(say, t.Texts), Waits: i == 0 && t.PublishedAt.IsZero(),
		Mine: t.WrittenBy == who.String(), MayWrite: who.Staff.Any(actor.Editor), Version: versionRow{TextVersion: t, By: f.Names[t.WrittenBy], Other: f.Names[t.PublishedBy]}}
	if done := r.URL.Query().Get("done"); done != "" && say.Has("notify.texts.done."+done) {
		v.Done = say.T("notify.texts.done." + done)
	}
	before := f.before(i)
	for _, side := range v.Sides {
		v.Changes = append(v.Changes, changes(say, side, before[side.Lang])...)
		m := mailPreview{Lang: side.Lang, Name: side.Name}
		m.Subject, m.Text = p.n.PreviewText(f.Type, side.Lang, t.Texts)
		v.Mails = append(v.Mails, m)
	}
	return p.render(w, r, "text_version", web.Page{Title: say.T("notify.texts.version.title", "Type", f.Type, "Version", strconv.Itoa(t.Version)), Under: textsPath, Errors: wrong, Data: v})
}

// changes tells which parts differ from the text before.
func changes(say *i18n.Printer, side textSide, before advice.Text) (list []changedPart) {
	a, b := before, side.Text
	for _, part := range []struct{ name, before, after string }{
		{"title", a.Title, b.Title}, {"what", a.What, b.What}, {"why", a.Why, b.Why},
		{"steps", strings.Join(a.Steps, "\n"), strings.Join(b.Steps, "\n")}, {"supplier", a.Supplier, b.Supplier}, {"effort", a.Effort, b.Effort},
	} {
		if part.before != part.after {
			list = append(list, changedPart{side.Lang, side.Name, say.T("notify.texts.part." + part.name), part.before, part.after})
		}
	}
	return list
}

func (p *deskPages) publishText(w http.ResponseWriter, r *http.Request) error {
	version, err := strconv.Atoi(r.PathValue("version"))
	if err != nil {
		return hidden()
	}
	kind := r.PathValue("type")
	if err := p.n.PublishText(r.Context(), kind, version); err != nil {
		if wrong := notMended(r, err, nil); wrong != nil {
			return p.showVersion(w, r, wrong)
		}
		return err
	}
	http.Redirect(w, r, textPath(kind)+"?done=published", http.StatusSeeOther)
	return nil
}

func (p *deskPages) revertText(w http.ResponseWriter, r *http.Request) error {
	kind := r.PathValue("type")
	if err := p.n.RevertText(r.Context(), kind); err != nil {
		return err
	}
	http.Redirect(w, r, textPath(kind)+"?done=reverted", http.StatusSeeOther)
	return nil
}
