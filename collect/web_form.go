package collect

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"polder/internal/fault"
	"polder/internal/i18n"
	"polder/internal/web"
)

// option is one choice of a list.
type option struct {
	Value, Text string
	Chosen      bool
}

type selectField struct {
	Name, Label, Hint, Error string
	Options                  []option
}

type formPage struct {
	Kind       Kind
	KindText   string
	Lead       string
	Action     string
	Back       string
	New        bool
	Key        web.Field
	Address    web.Field
	Every      selectField
	Hour       selectField
	Auth       selectField // https
	Secrets    []web.Field
	Ways       []web.Field
	Type       web.Field
	TLP        selectField
	Licence    web.Field
	Mapping    web.Field
	Rest       bool // the part that few need is open
	HasSecret  bool
	ButtonText string
}

type choicePage struct {
	Kinds []struct{ Value, Text, Hint string }
}

// schedules are the choices of how often; 0 is daily.
var schedules = []time.Duration{0, 15 * time.Minute, time.Hour, 4 * time.Hour, 12 * time.Hour}

func (p *pages) newSource(w http.ResponseWriter, r *http.Request) error {
	kind := Kind(r.URL.Query().Get("kind"))
	say := web.Printer(r)
	if !slices.Contains(Kinds, kind) {
		var view choicePage
		for _, k := range Kinds {
			view.Kinds = append(view.Kinds, struct{ Value, Text, Hint string }{string(k), say.T("collect.kind." + string(k)), say.T("collect.kind_hint." + string(k))})
		}
		return p.site.Render(w, r, p.templates, "source-choice", web.Page{Title: say.T("collect.choice.title"), Under: sourcesPath, Data: view})
	}
	s := Source{Kind: kind, Hour: 6}
	switch kind {
	case Shadowserver:
		s.Key, s.Address = "shadowserver", ShadowserverAddress
		s.Every = time.Hour
	case IMAP, Maildir:
		s.Every = 15 * time.Minute
	}
	return p.form(w, r, s, true, nil)
}

func (p *pages) addSource(w http.ResponseWriter, r *http.Request) error {
	s, secret, err := sourceOf(r)
	if err != nil {
		return err
	}
	if !slices.Contains(Kinds, s.Kind) {
		return fault.New(fault.Invalid, "collect.wrong.kind")
	}
	if _, err := p.c.Add(r.Context(), s, secret); err != nil {
		wrong, err := mistakes(web.Printer(r), err)
		if err != nil {
			return err
		}
		return p.form(w, r, s, true, wrong)
	}
	http.Redirect(w, r, sourcesPath+"/"+s.Key+"?done=added", http.StatusSeeOther)
	return nil
}

func (p *pages) editSource(w http.ResponseWriter, r *http.Request) error {
	s, err := p.c.Find(r.Context(), r.PathValue("source"))
	if err != nil {
		return err
	}
	return p.form(w, r, s, false, nil)
}

func (p *pages) changeSource(w http.ResponseWriter, r *http.Request) error {
	old, err := p.c.Find(r.Context(), r.PathValue("source"))
	if err != nil {
		return err
	}
	s, secret, err := sourceOf(r)
	if err != nil {
		return err
	}
	s.Key, s.Kind, s.Ways.Files, s.Sealed = old.Key, old.Kind, old.Ways.Files, old.Sealed
	if err := p.c.Change(r.Context(), old.ID, s, secret); err != nil {
		wrong, err := mistakes(web.Printer(r), err)
		if err != nil {
			return err
		}
		return p.form(w, r, s, false, wrong)
	}
	http.Redirect(w, r, sourcesPath+"/"+s.Key+"?done=changed", http.StatusSeeOther)
	return nil
}

// sourceOf reads what somebody filled in.
func sourceOf(r *http.Request) (s Source, secret Secret, err error) {
	if err := web.ReadForm(r); err != nil {
		return s, secret, err
	}
	value := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	s = Source{Key: value("key"), Kind: Kind(value("kind")), Address: value("address"), Type: value("type"), TLP: value("tlp"), Licence: value("licence"),
		Mapping: strings.TrimSpace(strings.ReplaceAll(r.PostFormValue("mapping"), "\r\n", "\n"))}
	s.Ways = Ways{Auth: value("auth"), User: value("user"), Folder: value("folder"), Senders: words(strings.ToLower(value("senders"))), Lists: words(value("lists"))}
	switch s.Kind { // what another kind needs is not kept
	case HTTPS, "":
		if s.Ways.Auth == "header" {
			s.Ways.Header = value("header")
		}
	}
	if minutes, err := strconv.Atoi(value("every")); err == nil {
		s.Every = time.Duration(minutes) * time.Minute
	}
	if s.Hour, err = strconv.Atoi(value("hour")); err != nil {
		s.Hour = 6
	}
	return s, Secret{Key: value("apikey"), Secret: r.PostFormValue("secret")}, nil
}

// words are what stands between commas, blanks and ends of lines.
func words(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\n' || r == '\r' || r == '\t' })
}

// form shows a source as a form. A secret is never in it, not even the one that was just typed.
func (p *pages) form(w http.ResponseWriter, r *http.Request, s Source, isNew bool, wrong []web.FieldError) error {
	say := web.Printer(r)
	wrongAt := func(name string) string {
		for _, e := range wrong {
			if e.Field == name {
				return e.Text
			}
		}
		return ""
	}
	field := func(name, value string, change ...func(f *web.Field)) web.Field {
		f := web.Field{Name: name, Label: say.T("collect.field." + name), Value: value, Error: wrongAt(name), MaxLength: 1000, Autocomplete: "off"}
		for _, fn := range change {
			fn(&f)
		}
		return f
	}
	hint := func(id string) func(f *web.Field) { return func(f *web.Field) { f.Hint = say.T("collect.hint." + id) } }
	must := func(f *web.Field) { f.Required = true }
	view := formPage{Kind: s.Kind, KindText: say.T("collect.kind." + string(s.Kind)), Lead: say.T("collect.kind_lead." + string(s.Kind)), New: isNew, HasSecret: len(s.Sealed) > 0}
	view.Action, view.Back, view.ButtonText = sourcesPath+"/new", sourcesPath, say.T("collect.form.add")
	title := say.T("collect.form.new", "Kind", view.KindText)
	if !isNew {
		view.Action, view.Back, view.ButtonText = sourcesPath+"/"+s.Key+"/edit", sourcesPath+"/"+s.Key, say.T("collect.form.change")
		title = say.T("collect.form.edit", "Source", s.Key)
	}
	view.Key = field("key", s.Key, hint("key"), must)
	view.Key.MaxLength = 40
	view.Address = field("address", s.Address, hint("address_"+string(s.Kind)), must)
	view.Address.MaxLength = 2000
	view.Every = choose(say, "every", wrongAt("every"), func(add func(value, text string, chosen bool)) {
		known := append([]time.Duration{}, schedules...)
		if !slices.Contains(known, s.Every) {
			known = append(known, s.Every)
		}
		for _, d := range known {
			text := say.T("collect.every.daily")
			if d > 0 {
				text = say.T("collect.every.each", "Time", say.Duration(d))
			}
			add(strconv.Itoa(int(d/time.Minute)), text, d == s.Every)
		}
	})
	view.Hour = choose(say, "hour", "", func(add func(value, text string, chosen bool)) {
		for h := range 24 {
			add(strconv.Itoa(h), say.T("collect.every.hour", "Hour", strconv.Itoa(h)), h == s.Hour)
		}
	})
	secret := func(name, hinted string) {
		f := field(name, "", hint(hinted))
		f.Type, f.Autocomplete = "password", "new-password"
		if view.HasSecret {
			f.Hint = say.T("collect.hint.secret_kept")
		} else if s.Kind != HTTPS {
			f.Required = true
		}
		view.Secrets = append(view.Secrets, f)
	}
	switch s.Kind {
	case HTTPS:
		view.Auth = choose(say, "auth", wrongAt("auth"), func(add func(value, text string, chosen bool)) {
			for _, a := range []string{"", "bearer", "basic", "header"} {
				id := a
				if id == "" {
					id = "none"
				}
				add(a, say.T("collect.auth."+id), a == s.Ways.Auth)
			}
		})
		view.Ways = append(view.Ways, field("user", s.Ways.User, hint("user_https")), field("header", s.Ways.Header, hint("header")))
		secret("secret", "secret_https")
	case Shadowserver:
		secret("apikey", "apikey")
		secret("secret", "secret_shadowserver")
		view.Ways = append(view.Ways, field("lists", strings.Join(s.Ways.Lists, ", "), hint("lists")))
	case IMAP:
		view.Ways = append(view.Ways, field("user", s.Ways.User, must), field("folder", s.Ways.Folder, hint("folder")))
		secret("secret", "secret_imap")
	}
	if s.Kind.mailed() {
		view.Ways = append(view.Ways, field("senders", strings.Join(s.Ways.Senders, ", "), hint("senders"), must))
	}
	view.Type = field("type", s.Type, hint("type"))
	view.Licence = field("licence", s.Licence, hint("licence"))
	view.Mapping = field("mapping", s.Mapping, hint("mapping"))
	view.Mapping.Type, view.Mapping.Rows, view.Mapping.MaxLength = "textarea", 10, 16<<10
	view.TLP = choose(say, "tlp", wrongAt("tlp"), func(add func(value, text string, chosen bool)) {
		add("", say.T("collect.tlp_default"), s.TLP == "")
		for _, t := range TLPs {
			add(t, "TLP:"+t, t == s.TLP)
		}
	})
	view.Rest = s.Type+s.TLP+s.Licence+s.Mapping != "" || wrongAt("type")+wrongAt("tlp")+wrongAt("licence")+wrongAt("mapping") != ""
	return p.site.Render(w, r, p.templates, "source-form", web.Page{Title: title, Under: sourcesPath, Errors: wrong, Data: view})
}

func choose(say *i18n.Printer, name, wrong string, fill func(add func(value, text string, chosen bool))) selectField {
	f := selectField{Name: name, Label: say.T("collect.field." + name), Error: wrong}
	fill(func(value, text string, chosen bool) { f.Options = append(f.Options, option{value, text, chosen}) })
	return f
}
