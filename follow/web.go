package follow

import (
	"embed"
	"net/http"
	"strings"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/i18n"
	"polder/internal/web"
)

//go:embed templates/*.html
var templates embed.FS

type pages struct {
	f         *Follow
	site      *web.Site
	templates *web.Templates
}

const path = "/o/{organisation}/follow"

// Routes puts the page on the site where an organisation connects its own systems, and the feeds.
func (f *Follow) Routes(site *web.Site) { f.routes(site) }

func (f *Follow) routes(site *web.Site) *pages {
	t, err := web.ParseTemplates(templates, "templates/*.html")
	if err != nil {
		panic(err) // the templates are embedded
	}
	p := &pages{f, site, t}
	keepers := web.Organisation(actor.Keepers)
	site.Handle("GET "+path, keepers, p.show)
	site.Handle("POST "+path+"/webhooks", keepers.Fresh(), p.addWebhook)
	site.Handle("POST "+path+"/webhooks/{webhook}/key", keepers.Fresh(), p.renewKey)
	site.Handle("POST "+path+"/webhooks/{webhook}/on", keepers.Fresh(), p.resume)
	site.Handle("POST "+path+"/webhooks/{webhook}/test", keepers, p.test)
	site.Handle("POST "+path+"/webhooks/{webhook}/remove", keepers, p.removeWebhook)
	site.Handle("POST "+path+"/feeds", keepers.Fresh(), p.addFeed)
	site.Handle("POST "+path+"/feeds/{feed}/revoke", keepers, p.revokeFeed)
	site.Handle("GET /feeds/{feed}", web.ByToken, p.feed)
	site.Entry(path, "follow.title")
	return p
}

// API registers what programs can ask.
func (f *Follow) API(api *web.API) {
	api.Raw(web.Operation{Route: "GET /exposures.atom", ID: "feed-exposures", Scope: "exposures:read", Text: "follow.api.feed"}, "application/atom+xml",
		func(w http.ResponseWriter, r *http.Request) error {
			doc, err := f.ProgramFeed(r.Context(), wanted(r), f.house.BaseURL+web.APIPath+"/exposures.atom")
			return send(w, doc, err)
		})
}

type webhookView struct {
	Webhook
	Path        string
	State       web.Status
	Off         string // why it is off
	Waits       bool
	Rows        []postView
	Works, Fail bool
}

type postView struct {
	At    time.Time
	What  string
	State web.Status
}

type feedView struct {
	Feed
	Path string
}

type page struct {
	Path, Done, Tokens, API, Settings string
	Webhooks                          []webhookView
	Feeds                             []feedView
	URL, Name                         web.Field
	May, MayFeed                      bool
	Secret, SecretTitle, SecretText   string
}

func organisation(r *http.Request) db.ID { return actor.From(r.Context()).In.Organisation }

func (p *pages) show(w http.ResponseWriter, r *http.Request) error {
	return p.render(w, r, func(*page) {})
}

// render shows the page, after a form with what came of it.
func (p *pages) render(w http.ResponseWriter, r *http.Request, fill func(v *page), wrong ...web.FieldError) error {
	say, o := web.Printer(r), organisation(r)
	s, err := p.f.Settings(r.Context(), o)
	if err != nil {
		return err
	}
	base := "/o/" + o.String()
	v := &page{Path: base + "/follow", Tokens: base + "/tokens", API: web.APIPath, Settings: base + "/warnings/settings", May: s.In.Accepted && len(s.Webhooks) < mostWebhooks,
		MayFeed: s.In.Accepted && len(s.Feeds) < mostFeeds,
		URL:     web.Field{Name: "url", Label: say.T("follow.webhook.url"), Hint: say.T("follow.webhook.url_hint"), Type: "url", MaxLength: mostURL, Required: true, Autocomplete: "off"},
		Name:    web.Field{Name: "name", Label: say.T("follow.feed.name"), Hint: say.T("follow.feed.name_hint"), MaxLength: mostName, Required: true, Autocomplete: "off"}}
	if done := r.URL.Query().Get("done"); done == "test" || done == "on" || done == "removed" || done == "revoked" {
		v.Done = say.T("follow.done." + done)
	}
	for _, h := range s.Webhooks {
		v.Webhooks = append(v.Webhooks, view(say, v.Path, h))
	}
	for _, x := range s.Feeds {
		v.Feeds = append(v.Feeds, feedView{x, v.Path + "/feeds/" + x.ID.String()})
	}
	fill(v)
	return p.site.Render(w, r, p.templates, "follow", web.Page{Title: say.T("follow.title"), Wide: true, Errors: wrong, Data: v})
}

func view(say *i18n.Printer, path string, h Webhook) webhookView {
	v := webhookView{Webhook: h, Path: path + "/webhooks/" + h.ID.String(), Works: h.State == On, State: web.Status{Kind: "done", Text: say.T("follow.state.on")}}
	switch {
	case h.State != On:
		v.State, v.Off = web.Status{Kind: "alarm", Text: say.T("follow.state.off")}, say.T("follow.state."+string(h.State))
	case !h.FailingSince.IsZero():
		v.State, v.Fail = web.Status{Kind: "open", Text: say.T("follow.state.trying")}, true
	}
	for _, x := range h.Posts {
		row := postView{At: x.At, What: say.T("follow.post.test"), State: web.Status{Kind: "done", Text: say.T("follow.post.taken", "Status", x.Status)}}
		if x.Events > 0 {
			row.What = say.N("follow.post.events", x.Events)
		}
		if x.Problem != "" {
			row.State = web.Status{Kind: "alarm", Text: say.T("follow.problem."+x.Problem, "Status", x.Status)}
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}

// mend shows the page again with what was typed and what is wrong with it; other errors come back.
func (p *pages) mend(w http.ResponseWriter, r *http.Request, err error, field string) error {
	if k := fault.KindOf(err); k != fault.Invalid && k != fault.TooMany {
		return err
	}
	text := web.Say(web.Printer(r), err)
	return p.render(w, r, func(v *page) {
		v.URL.Value, v.Name.Value = r.PostForm.Get("url"), r.PostForm.Get("name")
		switch field {
		case "url":
			v.URL.Error = text
		case "name":
			v.Name.Error = text
		}
	}, web.FieldError{Field: field, Text: text})
}

func (p *pages) once(w http.ResponseWriter, r *http.Request, what, name, secret string) error {
	say := web.Printer(r)
	return p.render(w, r, func(v *page) {
		v.Secret, v.SecretTitle, v.SecretText = secret, say.T("follow.once."+what, "Name", name), say.T("follow.once."+what+"_text")
	})
}

func (p *pages) addWebhook(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	h, key, err := p.f.AddWebhook(r.Context(), organisation(r), r.PostForm.Get("url"))
	if err != nil {
		return p.mend(w, r, err, "url")
	}
	return p.once(w, r, "key", h.Host, key)
}

func (p *pages) renewKey(w http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r, "webhook")
	if err != nil {
		return err
	}
	h, key, err := p.f.RenewKey(r.Context(), organisation(r), id)
	if err != nil {
		return err
	}
	return p.once(w, r, "key", h.Host, key)
}

func (p *pages) addFeed(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	x, address, err := p.f.AddFeed(r.Context(), organisation(r), r.PostForm.Get("name"))
	if err != nil {
		return p.mend(w, r, err, "name")
	}
	return p.once(w, r, "feed", x.Name, address)
}

func (p *pages) resume(w http.ResponseWriter, r *http.Request) error {
	return p.act(w, r, "webhook", "on", func(id db.ID) error { return p.f.Resume(r.Context(), organisation(r), id) })
}

func (p *pages) test(w http.ResponseWriter, r *http.Request) error {
	return p.act(w, r, "webhook", "test", func(id db.ID) error { return p.f.Test(r.Context(), organisation(r), id) })
}

func (p *pages) removeWebhook(w http.ResponseWriter, r *http.Request) error {
	return p.act(w, r, "webhook", "removed", func(id db.ID) error { return p.f.RemoveWebhook(r.Context(), organisation(r), id) })
}

func (p *pages) revokeFeed(w http.ResponseWriter, r *http.Request) error {
	return p.act(w, r, "feed", "revoked", func(id db.ID) error { return p.f.RevokeFeed(r.Context(), organisation(r), id) })
}

// act does one thing to what the path names and leads back to the page.
func (p *pages) act(w http.ResponseWriter, r *http.Request, what, done string, fn func(id db.ID) error) error {
	id, err := idOf(r, what)
	if err != nil {
		return err
	}
	if err := fn(id); err != nil {
		return p.mend(w, r, err, "")
	}
	http.Redirect(w, r, "/o/"+organisation(r).String()+"/follow?done="+done, http.StatusSeeOther)
	return nil
}

func idOf(r *http.Request, name string) (db.ID, error) {
	id, err := db.ParseID(r.PathValue(name))
	if err != nil {
		return id, fault.Hidden()
	}
	return id, nil
}

// feed gives a feed to whoever has its address.
func (p *pages) feed(w http.ResponseWriter, r *http.Request) error {
	token, found := strings.CutSuffix(r.PathValue("feed"), ".atom")
	if !found {
		return fault.Hidden()
	}
	doc, err := p.f.ReadFeed(r.Context(), token, wanted(r))
	return send(w, doc, err)
}

// wanted is the language that a feed reader asks for; "" when it asks for none, as most do.
func wanted(r *http.Request) string {
	if r.Header.Get("Accept-Language") == "" && !r.URL.Query().Has("lang") {
		return ""
	}
	return web.Printer(r).Lang()
}

func send(w http.ResponseWriter, doc []byte, err error) error {
	if fault.KindOf(err) == fault.TooMany && err != nil {
		w.Header().Set("Retry-After", "60")
	}
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/atom+xml; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Robots-Tag", "noindex")
	_, err = w.Write(doc)
	return err
}
