package collect

import (
	"embed"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/web"
	"polder/notify/feeds"
)

//go:embed templates/list/*.html
var listTemplates embed.FS

// listPages are the desk's pages of lists by hand.
type listPages struct {
	c         *Collect
	site      *web.Site
	templates *web.Templates
}

const listsPath = "/desk/lists"

func (c *Collect) listRoutes(site *web.Site) *listPages {
	t, err := web.ParseTemplates(listTemplates, "templates/list/*.html")
	if err != nil {
		panic(err) // the templates are embedded
	}
	p := &listPages{c: c, site: site, templates: t}
	staff := web.Staff(readsLists)
	site.Handle("GET "+listsPath, staff, p.all)
	site.Handle("POST "+listsPath, staff.Body(MostList+1<<20), p.take)
	site.Handle("POST "+listsPath+"/kept/forget", staff, p.forget)
	site.Handle("GET "+listsPath+"/{list}", staff, p.one)
	site.Handle("POST "+listsPath+"/{list}", staff.Body(256<<10), p.change)
	site.Handle("GET "+listsPath+"/{list}/rehearsal", staff, p.rehearsal)
	site.Handle("GET "+listsPath+"/{list}/rehearsal/{mail}", staff, p.mail)
	site.Handle("POST "+listsPath+"/{list}/send", staff.Fresh(), p.send)
	site.Handle("POST "+listsPath+"/{list}/drop", staff, p.drop)
	site.Entry(listsPath, "collect.list.title")
	return p
}

func (p *listPages) render(w http.ResponseWriter, r *http.Request, name string, page web.Page) error {
	page.Wide = true
	return p.site.Render(w, r, p.templates, name, page)
}

func listID(r *http.Request) (db.ID, error) {
	id, err := db.ParseID(r.PathValue("list"))
	if err != nil || id.String() != r.PathValue("list") {
		return id, fault.Hidden()
	}
	return id, nil
}

// listWrong gives what the person can mend as a line for the page, nil for any other error.
func listWrong(r *http.Request, err error, field string) []web.FieldError {
	switch fault.KindOf(err) {
	case fault.Invalid, fault.Conflict, fault.Gone:
		return []web.FieldError{{Field: field, Text: web.Say(web.Printer(r), err)}}
	}
	return nil
}

type listRow struct {
	URL, Name, Source, Creator string
	State                      web.Status
	ChangedAt                  time.Time
	Lines                      int64
}

type listsPage struct {
	Text, Done  string
	Rows        []listRow
	Kept        []Kept
	Most        int
	Days        int
	FileInvalid bool
}

func (p *listPages) all(w http.ResponseWriter, r *http.Request) error {
	done := ""
	if d := r.URL.Query().Get("done"); d == "dropped" || d == "forgotten" {
		done = web.Printer(r).T("collect.list.done." + d)
	}
	return p.showAll(w, r, "", done, nil)
}

func (p *listPages) showAll(w http.ResponseWriter, r *http.Request, text, done string, wrong []web.FieldError) error {
	say := web.Printer(r)
	list, kept, err := p.c.Lists(r.Context())
	if err != nil {
		return err
	}
	v := &listsPage{Text: text, Done: done, Kept: kept, Most: MostList >> 20, Days: int(keepLists / (24 * time.Hour)), FileInvalid: len(wrong) > 0}
	for _, l := range list {
		row := listRow{URL: listsPath + "/" + l.ID.String(), Name: l.Name, Source: l.Choices.Source, Creator: l.Creator, ChangedAt: l.ChangedAt, Lines: l.Guess.Lines, State: listState(say, l)}
		if l.State == "sent" {
			row.URL = "/desk/reports/" + l.Report.String()
		}
		v.Rows = append(v.Rows, row)
	}
	return p.render(w, r, "lists", web.Page{Title: say.T("collect.list.title"), Errors: wrong, Data: v})
}

// take reads a file, or what was pasted.
func (p *listPages) take(w http.ResponseWriter, r *http.Request) error {
	err := r.ParseMultipartForm(1 << 20)
	if errors.Is(err, http.ErrNotMultipart) {
		err = nil
	}
	if r.MultipartForm != nil {
		defer r.MultipartForm.RemoveAll() //nolint:errcheck // files of the system's own folder
	}
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return p.showAll(w, r, "", "", listWrong(r, fault.New(fault.Invalid, "collect.list.wrong.large", "Most", MostList>>20), "file"))
	}
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "")
	}
	text := r.PostFormValue("text")
	var src io.Reader = strings.NewReader(text)
	name, field := "", "text"
	if file, head, err := r.FormFile("file"); err == nil {
		defer file.Close()
		if head.Size > 0 || strings.TrimSpace(text) == "" {
			src, name, field = file, head.Filename, "file"
		}
	}
	if field == "text" {
		name = "geplakt-" + p.c.now().In(p.c.zone()).Format("20060102-1504") + ".csv"
		if strings.TrimSpace(text) == "" {
			return p.showAll(w, r, "", "", listWrong(r, fault.New(fault.Invalid, "collect.list.wrong.none"), "file"))
		}
	}
	id, err := p.c.TakeList(r.Context(), name, src)
	if wrong := listWrong(r, err, field); wrong != nil {
		return p.showAll(w, r, text, "", wrong)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, listsPath+"/"+id.String(), http.StatusSeeOther)
	return nil
}

func (p *listPages) forget(w http.ResponseWriter, r *http.Request) error {
	if err := p.c.ForgetKept(r.Context(), r.PostFormValue("source")); err != nil {
		return err
	}
	http.Redirect(w, r, listsPath+"?done=forgotten", http.StatusSeeOther)
	return nil
}

func (p *listPages) drop(w http.ResponseWriter, r *http.Request) error {
	id, err := listID(r)
	if err != nil {
		return err
	}
	if err := p.c.DropList(r.Context(), id); err != nil {
		return err
	}
	http.Redirect(w, r, listsPath+"?done=dropped", http.StatusSeeOther)
	return nil
}

func (p *listPages) one(w http.ResponseWriter, r *http.Request) error {
	id, err := listID(r)
	if err != nil {
		return err
	}
	l, err := p.c.List(r.Context(), id)
	if err != nil {
		return err
	}
	done := ""
	if d := r.URL.Query().Get("done"); d == "saved" || d == "kept" {
		done = web.Printer(r).T("collect.list.done."+d, "Source", l.Choices.Source)
	}
	return p.show(w, r, &l, done, nil)
}

// choicesFrom reads the form; wrong tells what cannot be read.
func (p *listPages) choicesFrom(r *http.Request, l *List) (h Choices, wrong []web.FieldError) {
	get := func(name string) string { return strings.TrimSpace(r.PostForm.Get(name)) }
	h = Choices{Source: strings.ToLower(get("source")), Type: get("type"), Class: get("class"), Severity: get("severity"), TLP: get("tlp"), Licence: shortText(get("licence")),
		TimeForm: get("timeform"), Zone: get("zone"), Encoding: get("encoding"), Delimiter: r.PostForm.Get("delimiter"), Header: get("header") == "yes"}
	for i := range l.Guess.Columns {
		key := get("column-" + strconv.Itoa(i))
		if !knownKey(key) {
			key = ""
		}
		h.Keys = append(h.Keys, key)
	}
	if l.Guess.Format != feeds.FormatMapped { // the form does not ask
		h.Encoding, h.Delimiter, h.Header, h.Keys = l.Choices.Encoding, l.Choices.Delimiter, l.Choices.Header, l.Choices.Keys
	}
	h.Observed = l.Choices.Observed
	if v := get("observed"); v != "" {
		at, err := time.ParseInLocation("2006-01-02T15:04", v, p.c.zone())
		if err != nil || at.Year() < 1971 || at.After(p.c.now().Add(24*time.Hour)) {
			wrong = append(wrong, web.FieldError{Field: "observed", Text: web.Printer(r).T("collect.list.wrong.observed")})
		} else {
			h.Observed = at.UTC()
		}
	}
	return h, wrong
}

// fieldOf is the input that an error is about; "" for the form as a whole.
func fieldOf(err error) string {
	key, _ := fault.Public(err)
	return map[string]string{"collect.list.wrong.source": "source", "collect.list.wrong.class": "class", "collect.list.wrong.victim": "column-0"}[key]
}

// shortText keeps a short text on one line.
func shortText(s string) string {
	if s == "" {
		return ""
	}
	return listName(strings.ReplaceAll(s, "/", "-"))
}

func (p *listPages) change(w http.ResponseWriter, r *http.Request) error {
	id, err := listID(r)
	if err != nil {
		return err
	}
	if err := web.ReadForm(r); err != nil {
		return err
	}
	l, err := p.c.List(r.Context(), id)
	if err != nil {
		return err
	}
	typed, wrong := p.choicesFrom(r, &l)
	again := func(err error) error {
		wrong := append(wrong, listWrong(r, err, fieldOf(err))...)
		if len(wrong) == 0 {
			return err
		}
		l.Choices = typed
		return p.show(w, r, &l, "", wrong)
	}
	if len(wrong) > 0 {
		return again(nil)
	}
	version, _ := strconv.ParseInt(r.PostForm.Get("version"), 10, 64)
	saved, err := p.c.ChangeList(r.Context(), id, version, typed)
	if err != nil {
		return again(err)
	}
	l, typed = saved, saved.Choices
	path := listsPath + "/" + id.String()
	switch r.PostForm.Get("do") {
	case "rehearse":
		if _, err := p.c.RehearseList(r.Context(), id, l.Version); err != nil {
			return again(err)
		}
		path += "/rehearsal"
	case "keep":
		if err := p.c.KeepList(r.Context(), id, l.Version); err != nil {
			return again(err)
		}
		path += "?done=kept"
	default:
		path += "?done=saved#preview"
	}
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}

func (p *listPages) send(w http.ResponseWriter, r *http.Request) error {
	id, err := listID(r)
	if err != nil {
		return err
	}
	version, _ := strconv.ParseInt(r.PostFormValue("version"), 10, 64)
	changed, err := p.c.SendList(r.Context(), id, version, r.PostFormValue("hash"))
	if wrong := listWrong(r, err, ""); wrong != nil {
		return p.showRehearsal(w, r, id, wrong)
	}
	if err != nil {
		return err
	}
	to := listsPath + "/" + id.String()
	if changed {
		to += "/rehearsal?" + url.Values{"changed": {"1"}}.Encode()
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// keys are what a column can mean, in the order of the page.
var listKeys = []string{"source.ip", "host", "source.fqdn", "source.url", "source.account", "source.reverse_dns", "source.port", "protocol.transport", "source.asn", "time.source",
	"product.vulnerabilities", "severity", "classification.type", "type", "malware.name", "product.vendor", "product.name", "product.full_name", "product.version", "event_description.text", "id"}

func knownKey(k string) bool { return k == "" || slices.Contains(listKeys, k) }
