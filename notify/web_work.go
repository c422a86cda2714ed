package notify

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"polder/directory"
	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/i18n"
	"polder/internal/web"
	"polder/notify/advice"
)

func (p *portal) workRoutes(exposures string, read, answer web.Access) {
	const one = "/{exposure}"
	p.site.Handle("POST "+exposures+"/views", read, p.saveView)
	p.site.Handle("POST "+exposures+"/views/{view}/remove", read, p.dropView)
	p.site.Handle("POST "+exposures+one+"/plan", answer, p.plan)
	p.site.Handle("POST "+exposures+one+"/steps", answer, p.steps)
	p.site.Handle("POST "+exposures+one+"/comments", answer, p.comment)
	p.site.Handle("POST "+exposures+one+"/comments/{comment}/remove", answer, p.uncomment)
	p.site.Handle("POST "+exposures+one+"/links/{link}/withdraw", answer, p.withdraw)
}

// workDone are the words in an address that say what was done just now.
var workDone = []string{"planned", "steps", "comment", "removed", "withdrawn"}

type viewView struct{ Name, URL, Remove string }

type stepView struct {
	Mark     string
	Text     string
	Done     bool
	Who      string
	At       time.Time
	Hint, ID string
}

type commentView struct {
	Who, Remove string
	Lines       []string
	At          time.Time
}

type linkedView struct {
	To, Withdraw string
	Who, Said    string
	State        web.Status
	Made, Until  time.Time
}

// workView is what is being done about an exposure, on its page.
type workView struct {
	Who        string // works on it
	Day        time.Time
	Late       bool
	Helpers    []option
	Date       web.Field
	Steps      []stepView
	Marks      []string
	Of, Ticked int
	Comments   []commentView
	Older      string
	Comment    web.Field
	Links      []linkedView
	To, Days   web.Field
}

// namesOf gives the names by which a reader may know who does what.
func namesOf(say *i18n.Printer, helpers []directory.Helper, in actor.In, me db.ID) func(id db.ID) string {
	return func(id db.ID) string {
		i := slices.IndexFunc(helpers, func(h directory.Helper) bool { return h.ID == id })
		switch {
		case id.IsZero():
			return ""
		case id == me:
			return say.T("notify.work.you")
		case i >= 0:
			return helpers[i].Name
		case in.Place == actor.Delegate:
			return say.T("notify.work.somebody_of", "Organisation", in.Name)
		}
		return say.T("notify.work.somebody")
	}
}

func (p *portal) workView(say *i18n.Printer, d Detail, k Work, text advice.Text, path string, filled form, who actor.Actor) workView {
	name := namesOf(say, k.Helpers, d.In, who.Account)
	by := func(account db.ID, behalf string) string {
		if behalf != "" && account != who.Account {
			return say.T("notify.work.somebody_of", "Organisation", behalf)
		}
		if account.IsZero() {
			return say.T("notify.work.somebody")
		}
		return name(account)
	}
	through := func(account db.ID, behalf string) string { // as by, behind "by"
		if account == who.Account {
			return say.T("notify.work.by_you")
		}
		return by(account, behalf)
	}
	field := func(f web.Field, usual string) web.Field {
		f.Value = usual
		if filled.typed.Has(f.Name) {
			f.Value = filled.typed.Get(f.Name)
		}
		f.Error = filled.bad[f.Name]
		return f
	}
	v := workView{Who: name(d.Assignee), Of: len(text.Steps), Marks: stepMarks(d.Type, d.Class)}
	day := ""
	if d.Deadline != 0 {
		v.Day, day = p.n.dayAt(d.Deadline), p.n.dayAt(d.Deadline).Format(time.DateOnly)
		v.Late = d.Deadline < p.n.dayOf(p.n.now()) && slices.Contains(openStates, d.State)
	}
	v.Helpers = []option{{"", say.T("notify.work.nobody"), d.Assignee.IsZero()}}
	known := d.Assignee.IsZero()
	for _, h := range k.Helpers {
		known = known || h.ID == d.Assignee
		label := h.Name
		if h.ID == who.Account {
			label = say.T("notify.work.me", "Name", h.Name)
		}
		v.Helpers = append(v.Helpers, option{h.ID.String(), label, h.ID == d.Assignee})
	}
	if !known {
		v.Helpers = append(v.Helpers, option{d.Assignee.String(), v.Who, true})
	}
	if filled.typed.Has("assignee") {
		for i := range v.Helpers {
			v.Helpers[i].Chosen = v.Helpers[i].Value == filled.typed.Get("assignee")
		}
	}
	v.Date = field(web.Field{Name: "date", Type: "date", Label: say.T("notify.work.date")}, day)
	v.To = field(web.Field{Name: "to", Label: say.T("notify.work.to"), Hint: say.T("notify.work.to_hint"), MaxLength: mostLabel}, "")
	v.Days = field(web.Field{Name: "days", Label: say.T("notify.work.days"), Hint: say.T("notify.work.days_hint"), InputMode: "numeric", MaxLength: 3}, strconv.Itoa(usualDays))
	v.Comment = field(web.Field{Name: "comment", Label: say.T("notify.work.comment"), Hint: say.T("notify.work.comment_hint"), Type: "textarea", Rows: 3, MaxLength: mostComment}, "")
	for i, step := range text.Steps {
		s := stepView{Text: step}
		if i < len(v.Marks) { // not, when the advice was edited a moment ago
			s.Mark = v.Marks[i]
		}
		if j := slices.IndexFunc(k.Steps, func(t Ticked) bool { return t.Mark == s.Mark }); j >= 0 {
			s.Done, s.Who, s.At = true, through(k.Steps[j].Account, k.Steps[j].Behalf), k.Steps[j].At
			v.Ticked++
		}
		v.Steps = append(v.Steps, s)
	}
	for _, c := range k.Comments {
		one := commentView{Who: by(c.Account, c.Behalf), Lines: strings.Split(c.Text, "\n"), At: c.At}
		if c.Account == who.Account && canAnswer(d.In) {
			one.Remove = path + "/comments/" + c.ID.String() + "/remove"
		}
		v.Comments = append(v.Comments, one)
	}
	if !k.Older.IsZero() {
		v.Older = path + "?" + url.Values{"before": {k.Older.String()}}.Encode() + "#comments"
	}
	for _, l := range k.Links {
		v.Links = append(v.Links, p.linkedView(say, l, path, canAnswer(d.In), through))
	}
	return v
}

func (p *portal) linkedView(say *i18n.Printer, l PassedOn, path string, may bool, by func(db.ID, string) string) linkedView {
	v := linkedView{To: l.To, Made: l.Made, Until: l.Expires, State: web.Status{Kind: "busy", Text: say.T("notify.work.link.open")}, Who: say.T("notify.portal.who.recipient")}
	if v.To == "" {
		v.To = say.T("notify.work.link.unnamed")
	}
	if !l.FromMail {
		v.Who = say.T("notify.work.link.made", "Who", by(l.Account, ""))
	}
	switch {
	case !l.RevokedAt.IsZero():
		v.State = web.Status{Kind: "muted", Text: say.T("notify.work.link.withdrawn")}
	case !p.n.now().Before(l.Expires):
		v.State = web.Status{Kind: "muted", Text: say.T("notify.work.link.over")}
	case may:
		v.Withdraw = path + "/links/" + l.Hash + "/withdraw"
	}
	v.Said = say.T("notify.work.link.silent")
	if l.Said != nil {
		v.Said = say.T("notify.work.link.said", "Answer", say.T("notify.answer."+string(l.Said.Answer)+".label"), "At", say.DateTime(l.Said.At))
	}
	return v
}

// next says what happens next with an exposure, in the order of time.
func (n *Notify) next(say *i18n.Printer, d Detail, k Work) (list []string) {
	const id = "notify.work.next."
	open := slices.Contains(openStates, d.State)
	switch {
	case slices.Contains([]State{StateNew, StateReopened}, d.State) && !k.Due.IsZero():
		list = append(list, say.T(id+"write", "At", say.DateTime(k.Due)))
	case open && !k.Due.IsZero():
		list = append(list, say.T(id+"remind", "At", say.DateTime(k.Due)))
	case open && !k.Remind.IsZero():
		list = append(list, say.T(id+"remind_if", "Date", say.Date(k.Remind)))
	}
	switch {
	case d.Confirmed:
		return append(list, say.T(id+"confirmed"))
	case d.State == StateNotOurs:
		return append(list, say.T(id+"not_ours"))
	case d.State == StateFalsePositive:
		return append(list, say.T(id+"false_positive"))
	case d.State == StateExpired:
		return append(list, say.T(id+"expired"))
	case d.State == StateSolved:
		list = append(list, say.T(id+"again"))
	}
	if d.Closes {
		list = append(list, say.T("notify.portal.detail.closes"))
	} else {
		list = append(list, say.T("notify.portal.detail.closes_not"))
	}
	if open {
		list = append(list, say.T(id+"expires", "Date", say.Date(d.LastSeen.Add(n.set.ExpireAfter))))
	}
	return list
}

// before reads from which comment on a page shows them.
func before(r *http.Request) db.ID {
	id, err := db.ParseID(r.URL.Query().Get("before"))
	if err != nil {
		return db.ID{}
	}
	return id
}

// done leads back to the page of an exposure, which says what was done.
func (p *portal) done(w http.ResponseWriter, r *http.Request, print Fingerprint, what string) error {
	http.Redirect(w, r, "/o/"+organisation(r).String()+"/exposures/"+printText(print)+"?done="+what, http.StatusSeeOther)
	return nil
}

// act reads the form of one exposure and runs fn; what a person can mend comes back on the page, at
// the field, with what was typed.
func (p *portal) act(w http.ResponseWriter, r *http.Request, done, field string, fn func(print Fingerprint) error) error {
	print, err := parsePrint(r.PathValue("exposure"))
	if err != nil {
		return err
	}
	if err := web.ReadForm(r); err != nil {
		return err
	}
	if _, err := p.mayAnswer(r); err != nil {
		return err
	}
	err = fn(print)
	if kind := fault.KindOf(err); kind == fault.Invalid || kind == fault.TooMany {
		text := web.Say(web.Printer(r), err)
		return p.showExposure(w, r, print, form{typed: r.PostForm, bad: map[string]string{field: text}}, web.FieldError{Field: field, Text: text})
	}
	if err != nil {
		return err
	}
	return p.done(w, r, print, done)
}

func (p *portal) plan(w http.ResponseWriter, r *http.Request) error {
	return p.act(w, r, "planned", "date", func(print Fingerprint) error {
		var who db.ID
		var day time.Time
		var err error
		if s := r.PostForm.Get("assignee"); s != "" {
			if who, err = db.ParseID(s); err != nil {
				return fault.New(fault.Invalid, "notify.work.nobody_such")
			}
		}
		if s := r.PostForm.Get("date"); s != "" {
			if day, err = time.ParseInLocation(time.DateOnly, s, p.n.zone()); err != nil {
				return fault.New(fault.Invalid, "notify.work.date_wrong")
			}
		}
		return p.n.Assign(r.Context(), organisation(r), print, who, day)
	})
}

func (p *portal) steps(w http.ResponseWriter, r *http.Request) error {
	return p.act(w, r, "steps", "steps", func(print Fingerprint) error {
		return p.n.Tick(r.Context(), organisation(r), print, r.PostForm["step"], r.PostForm["of"])
	})
}

func (p *portal) comment(w http.ResponseWriter, r *http.Request) error {
	return p.act(w, r, "comment", "comment", func(print Fingerprint) error {
		return p.n.Say(r.Context(), organisation(r), print, r.PostForm.Get("comment"))
	})
}

func (p *portal) uncomment(w http.ResponseWriter, r *http.Request) error {
	return p.act(w, r, "removed", "comment", func(print Fingerprint) error {
		id, err := db.ParseID(r.PathValue("comment"))
		if err != nil {
			return hidden()
		}
		return p.n.Unsay(r.Context(), organisation(r), print, id)
	})
}

func (p *portal) withdraw(w http.ResponseWriter, r *http.Request) error {
	return p.act(w, r, "withdrawn", "to", func(print Fingerprint) error {
		return p.n.Withdraw(r.Context(), organisation(r), print, r.PathValue("link"))
	})
}

// handed shows a supplier's link, this once: it must not stand in an address.
func (p *portal) handed(w http.ResponseWriter, r *http.Request, given Given, about []Fingerprint) error {
	say, in := web.Printer(r), actor.From(r.Context()).In
	l := &Letter{Organisation: directory.Organisation{ID: in.Organisation, Name: in.Name}, Notification: Notification{Reference: given.Reference}, Kinds: given.Kinds}
	path := "/o/" + in.Organisation.String() + "/exposures"
	if len(about) == 1 {
		path += "/" + printText(about[0])
	}
	return p.render(w, r, "handed", web.Page{Title: say.T("notify.page.passed.title"), Data: p.n.passedPage(say, l, path, given.Supplier, given.Until)})
}

// views shows the sets of filters that the reader gave a name, and offers to keep this one.
func (v *exposuresPage) views(say *i18n.Printer, s Search, l Listed, filled form) {
	for _, one := range l.Views {
		v.Views = append(v.Views, viewView{one.Name, v.Path + "?" + one.Query, v.Path + "/views/" + one.ID.String() + "/remove"})
	}
	s.After = nil
	v.SaveTo = v.Path + "/views?" + s.query().Encode()
	v.Save = web.Field{Name: "view", Label: say.T("notify.work.view"), MaxLength: mostName, Value: filled.typed.Get("view"), Error: filled.bad["view"]}
}

func (p *portal) saveView(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	q.Del("after")
	s, err := searchOf(q)
	if err != nil {
		return err
	}
	if err := web.ReadForm(r); err != nil {
		return err
	}
	err = p.n.SaveView(r.Context(), organisation(r), r.PostForm.Get("view"), s.query().Encode())
	if kind := fault.KindOf(err); kind == fault.Invalid || kind == fault.TooMany {
		text := web.Say(web.Printer(r), err)
		return p.showList(w, r, s, form{typed: r.PostForm, bad: map[string]string{"view": text}}, web.FieldError{Field: "view", Text: text})
	}
	if err != nil {
		return err
	}
	q = s.query()
	q.Set("done", "view")
	http.Redirect(w, r, "/o/"+organisation(r).String()+"/exposures?"+q.Encode(), http.StatusSeeOther)
	return nil
}

func (p *portal) dropView(w http.ResponseWriter, r *http.Request) error {
	id, err := db.ParseID(r.PathValue("view"))
	if err != nil {
		return hidden()
	}
	if err := p.n.DropView(r.Context(), organisation(r), id); err != nil {
		return err
	}
	http.Redirect(w, r, "/o/"+organisation(r).String()+"/exposures?done=view_gone", http.StatusSeeOther)
	return nil
}
