package notify

import (
	"net/http"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/i18n"
	"polder/internal/web"
	"polder/notify/feeds"
)

// wishRoutes puts the page on the site where an organisation says how it wants to be warned.
func (p *portal) wishRoutes() {
	keepers := web.Organisation(actor.Keepers)
	const settings = "/o/{organisation}/warnings/settings"
	p.site.Handle("GET "+settings, keepers, p.wishes)
	p.site.Handle("POST "+settings, keepers, p.wish)
	p.site.Handle("POST "+settings+"/test", keepers, p.try)
}

type mailboxRow struct {
	ID, Email, Under string
	Main, Chosen     bool
	Languages        []option
}

type wishesPage struct {
	Path, Warnings, Contacts, Mandates, Follow, Done string
	Often                                            []oftenView
	Critical                                         string
	Mailboxes                                        []mailboxRow
	Tests                                            []toldView
	Copies                                           []copyView
	May                                              bool // ask for another test
}

type copyView struct {
	Address, Behalf string
	State           web.Status
}

func (p *portal) wishes(w http.ResponseWriter, r *http.Request) error { return p.showWishes(w, r, nil) }

// showWishes shows the page; after a form that could not be taken with what was filled in there.
func (p *portal) showWishes(w http.ResponseWriter, r *http.Request, wrong error) error {
	say, o := web.Printer(r), organisation(r)
	have, err := p.n.Wishes(r.Context(), o)
	if err != nil {
		return err
	}
	base := "/o/" + o.String()
	v := &wishesPage{Path: base + "/warnings/settings", Warnings: base + "/warnings", Contacts: base + "/contacts", Mandates: base + "/mandates", Follow: base + "/follow",
		Critical: say.T("notify.cadence." + string(have.Cadence[feeds.Critical])), May: len(have.Tests) < mostTests}
	if done := r.URL.Query().Get("done"); done == "saved" || done == "test" {
		v.Done = say.T("notify.wishes.done." + done)
	}
	form := r.PostForm
	if wrong == nil {
		form = nil
	}
	for _, s := range asked {
		now := have.Cadence[s]
		if form != nil {
			now = Cadence(form.Get(s.String()))
		}
		v.Often = append(v.Often, often(say, s, now))
	}
	for _, m := range have.Mailboxes {
		v.Mailboxes = append(v.Mailboxes, mailboxOf(say, m, form))
	}
	for _, s := range have.Tests {
		v.Tests = append(v.Tests, toldOf(say, o, s, false))
	}
	for _, c := range have.Copies {
		v.Copies = append(v.Copies, copyView{c.Recipient, c.Behalf, deliveryTag(say, c.State)})
	}
	page := web.Page{Title: say.T("notify.wishes.title"), Under: v.Warnings, Data: v}
	if wrong != nil {
		page.Errors = []web.FieldError{{Field: "recipients", Text: web.Say(say, wrong)}}
	}
	return p.render(w, r, "wishes", page)
}

func mailboxOf(say *i18n.Printer, m Wished, form map[string][]string) mailboxRow {
	row := mailboxRow{ID: m.ID.String(), Email: m.Email, Main: m.Main, Chosen: m.Chosen}
	lang := m.Lang
	if form != nil {
		row.Chosen = m.Main
		for _, id := range form["to"] {
			row.Chosen = row.Chosen || id == row.ID
		}
		if l := form["language-"+row.ID]; len(l) > 0 {
			lang = l[0]
		}
	}
	switch {
	case m.Main:
		row.Under = say.T("notify.wishes.main")
	case m.Holder != "" && m.Every:
		row.Under = say.T("notify.wishes.holder", "Holder", m.Holder, "Date", say.Date(m.Ends))
	case m.Holder != "":
		row.Under = say.T("notify.wishes.holder_part", "Holder", m.Holder, "Date", say.Date(m.Ends))
	}
	for _, l := range []string{"nl", "en"} {
		row.Languages = append(row.Languages, option{l, say.T("notify.wishes.language." + l), l == lang})
	}
	return row
}

// wish takes the whole form, or nothing of it.
func (p *portal) wish(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	cadence := map[feeds.Severity]Cadence{}
	for _, s := range asked {
		if v, given := r.PostForm[s.String()]; given {
			cadence[s] = Cadence(v[0])
		}
	}
	recipients := map[db.ID]string{}
	for _, s := range r.PostForm["to"] {
		id, err := db.ParseID(s)
		if err != nil || len(recipients) > mostRecipients {
			return fault.New(fault.Invalid, "notify.wishes.unknown")
		}
		recipients[id] = r.PostForm.Get("language-" + s)
	}
	err := p.n.Wish(r.Context(), organisation(r), cadence, recipients)
	return p.wished(w, r, err, "saved")
}

// try sends a test message.
func (p *portal) try(w http.ResponseWriter, r *http.Request) error {
	return p.wished(w, r, p.n.Try(r.Context(), organisation(r)), "test")
}

// wished leads back to the page, or shows it again with what a person can mend.
func (p *portal) wished(w http.ResponseWriter, r *http.Request, err error, done string) error {
	switch fault.KindOf(err) {
	case fault.Invalid, fault.TooMany, fault.Conflict:
		if err != nil {
			return p.showWishes(w, r, err)
		}
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/o/"+organisation(r).String()+"/warnings/settings?done="+done, http.StatusSeeOther)
	return nil
}
