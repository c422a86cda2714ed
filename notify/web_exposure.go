package notify

import (
	"net/http"
	"slices"
	"time"

	"polder/footprint"
	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/i18n"
	"polder/internal/web"
	"polder/notify/advice"
	"polder/notify/feeds"
)

type labelled struct{ Label, Text string }

type toldView struct {
	URL, Kind, Reference string
	To                   string
	At                   time.Time
	State                web.Status
}

type saidView struct {
	At              time.Time
	Who, Said, Note string
}

type exposurePage struct {
	Path, List, Behalf                string
	Title, Where, Name, Vulnerability string
	Severity                          feeds.Severity
	State                             web.Status
	FirstSeen, LastSeen               time.Time
	Seen, Type, Source, Report        string
	Next                              []string // what happens next
	Why                               []string
	Copy                              bool
	Evidence                          []labelled
	Advice                            advice.Text
	Answers                           []answerView
	Note                              web.Field
	Said                              []saidView
	Told                              []toldView
	Done                              *doneView
	Reads                             bool // may read and not answer
	Centre                            centre
	Work                              workView
}

// exposure shows one exposure: what it is, why it is here, what to do, and what was done.
func (p *portal) exposure(w http.ResponseWriter, r *http.Request) error {
	print, err := parsePrint(r.PathValue("exposure"))
	if err != nil {
		return err
	}
	return p.showExposure(w, r, print, form{})
}

func (p *portal) showExposure(w http.ResponseWriter, r *http.Request, print Fingerprint, filled form, wrong ...web.FieldError) error {
	say, o := web.Printer(r), organisation(r)
	d, err := p.n.Look(r.Context(), o, print)
	if err != nil {
		return err
	}
	k, err := p.n.Worked(r.Context(), o, print, before(r))
	if err != nil {
		return err
	}
	if r.Method == http.MethodGet {
		p.n.opened(r.Context(), ByPortal, d.Type)
	}
	list := "/o/" + o.String() + "/exposures"
	text := adviceText(d.Type, d.Class, say.Lang())
	v := &exposurePage{Path: list + "/" + printText(print), List: list, Behalf: d.In.Behalf, Title: text.Title, Where: d.subject(), Vulnerability: d.Vulnerability,
		Severity: d.Severity, State: stateTag(say, d.Exposure), FirstSeen: d.FirstSeen, LastSeen: d.LastSeen, Seen: say.N("notify.portal.detail.reports", d.Count),
		Type: d.Type, Source: d.Source, Report: d.Report, Copy: d.Role == footprint.Provider, Advice: text, Note: noteField(say, filled), Centre: p.n.centre()}
	if d.Address != "" {
		v.Name = d.Name
	}
	for i := range d.Reasons {
		one := d.Exposure
		one.Reasons = d.Reasons[i : i+1]
		if line := whySeen(say, one); !slices.Contains(v.Why, line) {
			v.Why = append(v.Why, line)
		}
	}
	v.Next = p.n.next(say, d, k)
	for _, k := range evidenceKeys {
		value := d.Evidence[k]
		if k == "account" {
			value = d.Account()
		}
		if value != "" {
			v.Evidence = append(v.Evidence, labelled{say.T("notify.portal.evidence." + k), value})
		}
	}
	if v.Reads = !canAnswer(d.In); !v.Reads {
		v.Answers = slices.DeleteFunc(answerViews(say, Person), func(a answerView) bool { return a.Value == string(Forwarded) })
	}
	v.Work = p.workView(say, d, k, text, v.Path, filled, actor.From(r.Context()))
	me := actor.From(r.Context()).Account
	for _, a := range d.Answers {
		v.Said = append(v.Said, saidView{a.At, whoSaid(say, a, me), say.T("notify.answer." + string(a.Answer) + ".label"), a.Note})
	}
	// What was done is taken from what is kept, not from the address.
	if i := slices.IndexFunc(d.Answers, func(a Answered) bool { return a.Account == me }); i >= 0 && r.URL.Query().Get("done") == "answer" {
		v.Done = p.n.afterAnswer(say, &Letter{Holder: Recipient}, d.Answers[i].Answer)
	}
	if what := r.URL.Query().Get("done"); slices.Contains(workDone, what) {
		v.Done = &doneView{Title: say.T("notify.work.done." + what)}
	}
	for _, s := range d.Told {
		v.Told = append(v.Told, toldOf(say, o, s, d.Whole))
	}
	return p.render(w, r, "exposure", web.Page{Title: text.Title, Errors: wrong, Data: v})
}

// evidenceKeys are the details of a source in the order of the page.
var evidenceKeys = []string{"product", "version", "device_vendor", "device_type", "device_model", "malware", "infection", "family", "account", "url", "http_title", "server",
	"banner", "transport", "src_port", "dst_ip", "cc_ip", "detail", "tag", "identifier", "source_id"}

// whoSaid names who answered, as far as the reader may know: nobody by name.
func whoSaid(say *i18n.Printer, a Answered, me db.ID) string {
	const id = "notify.portal.who."
	switch {
	case a.Holder == Person && !a.Account.IsZero() && a.Account == me:
		return say.T(id + "you")
	case a.Behalf != "":
		return say.T(id+"behalf", "Behalf", a.Behalf)
	}
	return say.T(id + string(a.Holder))
}

// toldOf says of a message how far it came, with a link for whoever may open it.
func toldOf(say *i18n.Printer, o db.ID, s Sent, whole bool) toldView {
	v := toldView{Kind: say.T("notify.portal.kind." + s.Kind), Reference: s.Reference, To: s.Recipient, At: s.CreatedAt, State: deliveryTag(say, s.State)}
	if !s.SentAt.IsZero() {
		v.At = s.SentAt
	}
	if whole && readable(s.State) {
		v.URL = "/o/" + o.String() + "/warnings/" + s.ID.String()
	}
	return v
}

func deliveryTag(say *i18n.Printer, d Delivery) web.Status {
	look := map[Delivery]string{Queued: "busy", Delivered: "done", DeferredTo: "open", Bounced: "alarm", Failed: "alarm", Held: "muted", Withdrawn: "muted"}[d]
	return web.Status{Kind: look, Text: say.T("notify.portal.delivery." + string(d))}
}

// answerOne takes an answer about one exposure and leads back to it.
func (p *portal) answerOne(w http.ResponseWriter, r *http.Request) error {
	print, err := parsePrint(r.PathValue("exposure"))
	if err != nil {
		return err
	}
	f, filled, wrong, err := readAnswer(r)
	if err != nil {
		return err
	}
	f.Chosen = []Fingerprint{print}
	if len(wrong) > 0 {
		if _, err := p.mayAnswer(r); err != nil {
			return err
		}
		return p.showExposure(w, r, print, filled, wrong...)
	}
	given, err := p.n.Respond(r.Context(), organisation(r), f)
	if fault.KindOf(err) == fault.TooMany {
		return p.showExposure(w, r, print, filled, web.FieldError{Field: "answers", Text: web.Say(web.Printer(r), err)})
	}
	if err != nil {
		return err
	}
	if given.Supplier != "" {
		return p.handed(w, r, given, f.Chosen)
	}
	http.Redirect(w, r, "/o/"+organisation(r).String()+"/exposures/"+printText(print)+"?done=answer", http.StatusSeeOther)
	return nil
}
