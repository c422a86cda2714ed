package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"math"
	"net/http"
	"path"
	"reflect"
	"slices"
	"strings"
	"sync"
	"text/template/parse"
	"time"

	"polder/internal/actor"
	"polder/internal/i18n"
)

//go:embed templates/*.html
var pageFiles embed.FS

// Messages are what the layout, the partials and the error pages say; give them to i18n.New.
//
//go:embed locales/*.yaml
var Messages embed.FS

// Page is one page, given to Render. A handler fills the first part; Render fills the rest.
type Page struct {
	Title   string       // the window's title; the template writes it as its h1
	Status  int          // 200 when zero, 422 with Errors
	Errors  []FieldError // shown above the page, with the focus on them
	Context string       // for whom the page is; the organisation in the path when empty
	Nav     []Link       // ways through the site, in the header; by who is asking when nil
	Side    []Link       // the narrow list beside the page; the entries of its section when nil
	Wide    bool         // use the full width, for tables and whatever has a list beside it; without it a page is one column
	Under   string       // path of the entry that the page is below, where its own path does not say so
	Scripts []string     // files of static/ that this page needs beside those of every page
	Data    any          // the page's own struct

	Lang      string
	Site      string // the name of the site
	Home      string
	Demo      bool
	DemoWays  []Link // ways through the demo, from whatever page
	Themed    bool   // the logo is the operator's
	Languages []Link // this page in the other languages
}

// Link is a way to another page. Current marks where the reader is.
type Link struct {
	Text, URL string
	Lang      string // language of the page behind it, when it differs
	Current   bool
}

// FieldError is one thing to mend in a form. Field is the id of the input, "" when it is about the form as a whole.
type FieldError struct{ Field, Text string }

// Field is an input with what belongs to it, for the partial of that name.
type Field struct {
	Name, Label, Hint, Error, Value string
	Type                            string // "text" when empty; "textarea" for more lines
	Autocomplete                    string
	InputMode                       string // "numeric" for a code
	Required                        bool
	MaxLength                       int // in characters; 0: no limit here
	Rows                            int // of a textarea; 5 when zero
}

// Notice is a message in a box, for the partial of that name.
type Notice struct{ Kind, Title, Text string }

// Empty is what a list says when it has nothing to show.
type Empty struct{ Title, Text string }

// Status is a state as a small tag.
type Status struct{ Kind, Text string }

// Pager leads through a long list. An empty URL means that there is no such page.
type Pager struct {
	First, Last, Total int // of the rows shown; rows in all
	Previous, Next     string
}

// Templates are the pages of one domain inside the layout.
type Templates struct {
	pages map[string]*template.Template
	own   []string // names that must have been executed: "verify", "verify/main"

	mu   sync.Mutex
	seen map[string]bool
}

// ParseTemplates reads the pages that match the patterns ("templates/*.html"), each with the layout and the partials of
// this package and with the files among them that begin with "_". A page is named for its file: "verify" for
// templates/verify.html.
func ParseTemplates(fsys fs.FS, patterns ...string) (*Templates, error) {
	t := &Templates{pages: map[string]*template.Template{}, seen: map[string]bool{}}
	base, err := template.New("").Funcs(t.functions(nil, nil)).ParseFS(pageFiles, "templates/layout.html", "templates/partials.html")
	if err != nil {
		return nil, fmt.Errorf("parse layout: %w", err)
	}
	var names, shared []string
	for _, pattern := range patterns {
		found, err := fs.Glob(fsys, pattern)
		if err != nil {
			return nil, fmt.Errorf("find templates %q: %w", pattern, err)
		}
		for _, name := range found {
			if strings.HasPrefix(path.Base(name), "_") {
				shared = append(shared, name)
			} else {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no templates match %q", patterns)
	}
	if len(shared) > 0 {
		if base, err = base.ParseFS(fsys, shared...); err != nil {
			return nil, fmt.Errorf("parse shared templates: %w", err)
		}
	}
	for _, name := range names {
		if err := t.add(base, fsys, name); err != nil {
			return nil, err
		}
	}
	slices.Sort(t.own)
	return t, nil
}

// add parses one page on a copy of the base and makes each of its blocks tell when it runs.
func (t *Templates) add(base *template.Template, fsys fs.FS, file string) error {
	text, err := fs.ReadFile(fsys, file)
	if err != nil {
		return fmt.Errorf("read template: %w", err)
	}
	name := strings.TrimSuffix(path.Base(file), ".html")
	if t.pages[name] != nil {
		return fmt.Errorf("two templates are called %q", name)
	}
	defined, err := parse.Parse(file, string(text), "", "", t.functions(nil, nil), builtins)
	if err != nil {
		return fmt.Errorf("parse template: %w", err)
	}
	if defined["main"] == nil {
		return fmt.Errorf(`template %s has no {{define "main"}}`, file)
	}
	page := template.Must(base.Clone())
	for block, tree := range defined {
		if block == file {
			continue // what stands outside a define is shown nowhere
		}
		id := name + "/" + block
		mark, err := parse.Parse("mark", fmt.Sprintf("{{ran %q}}", id), "", "", t.functions(nil, nil))
		if err != nil {
			return fmt.Errorf("mark template %s: %w", id, err)
		}
		tree.Root.Nodes = append([]parse.Node{mark["mark"].Root.Nodes[0]}, tree.Root.Nodes...)
		if _, err := page.AddParseTree(block, tree); err != nil {
			return fmt.Errorf("add template %s: %w", id, err)
		}
		t.own = append(t.own, id)
	}
	t.pages[name] = page
	return nil
}

// builtins names the functions that text/template knows, so that a page may use them before it joins the layout.
var builtins = map[string]any{
	"and": 0, "or": 0, "not": 0, "len": 0, "index": 0, "slice": 0, "print": 0, "printf": 0, "println": 0,
	"html": 0, "js": 0, "urlquery": 0, "call": 0, "eq": 0, "ne": 0, "lt": 0, "le": 0, "gt": 0, "ge": 0,
}

// Unexecuted lists the blocks ("verify/main") that no Render has run yet. A test of the domain ends with it, so that no
// template can break unseen.
func (t *Templates) Unexecuted() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var left []string
	for _, id := range t.own {
		if !t.seen[id] {
			left = append(left, id)
		}
	}
	return left
}

func (t *Templates) ran(id string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seen[id] = true
	return ""
}

// functions are what a template may call. Without a site and a printer they only serve to parse.
func (t *Templates) functions(s *Site, p *i18n.Printer) template.FuncMap {
	if p == nil {
		p = &i18n.Printer{}
	}
	if s == nil {
		s = &Site{assets: &assets{}}
	}
	return template.FuncMap{
		"ran": t.ran, "t": p.T, "n": p.N, "lang": p.Lang, "duration": p.Duration, "list": p.List,
		"number":   func(n any) (string, error) { return number(p, n) },
		"date":     func(at time.Time) template.HTML { return stamp(at.In(p.Zone()).Format(time.DateOnly), p.Date(at)) },
		"datetime": func(at time.Time) template.HTML { return stamp(at.UTC().Format(time.RFC3339), p.DateTime(at)) },
		"asset":    s.assets.address,
		"url":      s.URL,
		"severity": severity,
		"notice":   func(kind, title, text string) Notice { return Notice{kind, title, text} },
		"empty":    func(title, text string) Empty { return Empty{title, text} },
		"status":   func(kind, text string) Status { return Status{kind, text} },
		"field":    func(name, label, value string) Field { return Field{Name: name, Label: label, Value: value} },
	}
}

// stamp makes a <time> element; the zero time makes nothing. Both parts are made of digits and names of months.
func stamp(machine, person string) template.HTML {
	if person == "" {
		return ""
	}
	return template.HTML(`<time datetime="` + machine + `">` + person + `</time>`) //nolint:gosec // no input in it
}

// number takes whole numbers of every width, so that a page need not convert.
func number(p *i18n.Printer, n any) (string, error) {
	switch v := reflect.ValueOf(n); {
	case v.CanInt():
		return p.Number(v.Int()), nil
	case v.CanUint() && v.Uint() <= math.MaxInt64:
		return p.Number(int64(v.Uint())), nil //nolint:gosec // checked
	}
	return "", fmt.Errorf("number: %v (%T) is not a whole number", n, n)
}

// severity gives the word that the badge, its shape and its colour go by.
func severity(v any) string {
	word := strings.ToLower(fmt.Sprint(v))
	if slices.Contains([]string{"critical", "high", "medium", "low", "info"}, word) {
		return word
	}
	return "unknown"
}

type setKey struct {
	templates *Templates
	lang      string
}

// set gives the pages with the functions bound to one language. It is made once for each language.
func (s *Site) set(t *Templates, p *i18n.Printer) (map[string]*template.Template, error) {
	k := setKey{t, p.Lang()}
	if pages, ok := s.sets.Load(k); ok {
		return pages.(map[string]*template.Template), nil
	}
	pages := make(map[string]*template.Template, len(t.pages))
	for name, page := range t.pages {
		clone, err := page.Clone()
		if err != nil {
			return nil, fmt.Errorf("copy template %s: %w", name, err)
		}
		pages[name] = clone.Funcs(t.functions(s, p))
	}
	kept, _ := s.sets.LoadOrStore(k, pages)
	return kept.(map[string]*template.Template), nil
}

// Render writes a page of t in the reader's language. Nothing is written when the template fails, so the error can
// still become a page.
func (s *Site) Render(w http.ResponseWriter, r *http.Request, t *Templates, name string, page Page) error {
	p := Printer(r)
	pages, err := s.set(t, p)
	if err != nil {
		return err
	}
	if pages[name] == nil {
		return fmt.Errorf("no template %q", name)
	}
	page.Lang, page.Site, page.Home = p.Lang(), s.name, "/"
	if page.Nav == nil {
		page.Nav = s.header(r, p)
	}
	if page.Side == nil {
		page.Side = s.side(r, p, page.Under)
	}
	if len(page.Side) > 0 && page.Status != http.StatusNotFound {
		page.Wide = true // or the list would jump from page to page; what does not exist looks alike everywhere
	}
	if who := actor.From(r.Context()); page.Context == "" && who.In.Name != "" {
		page.Context = who.In.Name
		if who.In.Place == actor.Delegate {
			page.Context = p.T("web.on_behalf", "Organisation", who.In.Name, "Behalf", who.In.Behalf)
		}
	}
	if s.demo && s.demoWays != nil {
		page.DemoWays = s.demoWays(r, p)
	}
	page.Demo, page.Themed, page.Languages = s.demo, s.assets.themed, languageLinks(r, p)
	if page.Status == 0 {
		page.Status = http.StatusOK
		if len(page.Errors) > 0 {
			page.Status = http.StatusUnprocessableEntity
		}
	}
	var out bytes.Buffer
	if err := pages[name].ExecuteTemplate(&out, "layout", page); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", page.Lang)
	w.WriteHeader(page.Status)
	if _, err := out.WriteTo(w); err != nil {
		return fmt.Errorf("send %s: %w", name, err)
	}
	return nil
}
