package notify

import (
	"embed"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"polder/footprint"
	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/i18n"
	"polder/internal/web"
	"polder/notify/feeds"
)

//go:embed templates/portal/*.html
var portalTemplates embed.FS

// perPage is how many exposures or warnings a list shows.
const perPage = 50

// portal is the pages of an organisation that is signed in.
type portal struct {
	*pages
	templates *web.Templates
}

func (p *pages) portalRoutes() *portal {
	t, err := web.ParseTemplates(portalTemplates, "templates/portal/*.html")
	if err != nil {
		panic(err) // the templates are embedded
	}
	o := &portal{pages: p, templates: t}
	read, answer := web.Organisation(actor.Anybody), web.Organisation(answering)
	const exposures, warnings = "/o/{organisation}/exposures", "/o/{organisation}/warnings"
	p.site.Handle("GET "+exposures, read, o.list)
	p.site.Handle("POST "+exposures+"/answers", answer, o.answerMany)
	p.site.Handle("GET "+exposures+"/{exposure}", read, o.exposure)
	p.site.Handle("POST "+exposures+"/{exposure}/answers", answer, o.answerOne)
	o.workRoutes(exposures, read, answer)
	p.site.Handle("GET /exposures", web.SignedIn, o.across)
	p.site.Handle("GET "+warnings, read, o.warnings)
	p.site.Handle("GET "+warnings+"/{warning}", read, o.warning)
	o.wishRoutes()
	p.site.Entry(exposures, "notify.portal.nav.exposures")
	p.site.Entry(warnings, "notify.portal.nav.warnings")
	return o
}

func (p *portal) render(w http.ResponseWriter, r *http.Request, name string, page web.Page) error {
	page.Wide = true
	return p.site.Render(w, r, p.templates, name, page)
}

// organisation is the one in the path, to which the actor is something.
func organisation(r *http.Request) db.ID { return actor.From(r.Context()).In.Organisation }

// canAnswer tells whether the page offers answers; the verb decides.
func canAnswer(in actor.In) bool { return in.Acting && in.Place&answering != 0 }

// String writes a place in a list for an address; parseMark reads it.
func (m Mark) String() string {
	return strconv.FormatInt(m.Severity, 10) + "." + strconv.FormatInt(m.At, 10) + "." + printText(m.Print)
}

func parseMark(s string) (*Mark, error) {
	parts := strings.Split(s, ".")
	if len(parts) != 3 {
		return nil, hidden()
	}
	m := &Mark{}
	var err1, err2, err3 error
	m.Severity, err1 = strconv.ParseInt(parts[0], 10, 64)
	m.At, err2 = strconv.ParseInt(parts[1], 10, 64)
	m.Print, err3 = parsePrint(parts[2])
	if err1 != nil || err2 != nil || err3 != nil || m.String() != s {
		return nil, hidden()
	}
	return m, nil
}

func printText(f Fingerprint) string { return hex.EncodeToString(f[:]) }

// parsePrint reads the id of an exposure; what is none does not exist.
func parsePrint(s string) (f Fingerprint, err error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(f) || hex.EncodeToString(b) != s {
		return f, hidden()
	}
	copy(f[:], b)
	return f, nil
}

type option struct {
	Value, Text string
	Chosen      bool
}

type severityCount struct {
	Severity feeds.Severity
	Count    string
	URL      string
}

type exposureRow struct {
	URL, Value, Where, Name, Title, Vulnerability string
	Severity                                      feeds.Severity
	State                                         web.Status
	LastSeen, Day                                 time.Time
	Who                                           string // works on it
	Late                                          bool   // the day is past
	Copy, Chosen                                  bool
}

type exposuresPage struct {
	Path, Action, Done, Behalf      string
	Open                            []severityCount
	States, Severities, Types, Sort []option
	Assets, Work                    []option
	Views                           []viewView
	Save                            web.Field
	SaveTo                          string
	Planned                         bool // some row has somebody who works on it, or a day
	Find, Since                     string
	Any, Narrowed, Whole            bool // there are exposures at all; the search leaves some out; the reader may see all
	Count                           string
	Rows                            []exposureRow
	First, Next                     string
	Finer                           bool      // filters that are folded away are in use
	All                             *web.Link // ticks all on this page, or none
	Ticked                          string    // says that all are
	Answers                         []answerView
	Note                            web.Field
	Empty                           *web.Empty
	ToDo, ToDoText                  string // where to go when nothing is watched yet
	Silent                          bool
}

// list shows the exposures of an organisation, as far as the actor may see them.
func (p *portal) list(w http.ResponseWriter, r *http.Request) error {
	s, err := searchOf(r.URL.Query())
	if err != nil {
		return err
	}
	return p.showList(w, r, s, form{all: r.URL.Query().Get("tick") == "all"})
}

func (p *portal) showList(w http.ResponseWriter, r *http.Request, s Search, filled form, wrong ...web.FieldError) error {
	say, o := web.Printer(r), organisation(r)
	l, err := p.n.List(r.Context(), o, s, perPage)
	if err != nil {
		return err
	}
	v := &exposuresPage{Path: "/o/" + o.String() + "/exposures", Find: s.Text, Any: len(l.Types) > 0, Narrowed: s.narrowed(), Whole: l.Whole,
		Behalf: l.In.Behalf, Note: noteField(say, filled), Done: manyDone(say, r.URL.Query())}
	v.Action = v.Path + "/answers?" + s.query().Encode()
	if !s.Since.IsZero() {
		v.Since = s.Since.Format(time.DateOnly)
	}
	v.options(say, s, l)
	who, today := namesOf(say, l.Helpers, l.In, actor.From(r.Context()).Account), p.n.dayOf(p.n.now())
	for _, e := range l.Exposures {
		row := rowOf(say, v.Path, e, filled)
		if e.Deadline != 0 {
			row.Day, row.Late = p.n.dayAt(e.Deadline), e.Deadline < today && slices.Contains(openStates, e.State)
		}
		row.Who, row.Chosen = who(e.Assignee), row.Chosen || filled.all
		v.Planned = v.Planned || row.Who != "" || e.Deadline != 0
		v.Rows = append(v.Rows, row)
	}
	v.views(say, s, l, filled)
	v.Count = say.N("notify.portal.list.count", l.Total)
	if l.More {
		v.Count = say.T("notify.portal.list.more_than", "Count", say.Number(int64(l.Total)))
	}
	if s.After != nil {
		first := s
		first.After = nil
		v.First = v.Path + "?" + first.query().Encode()
	}
	if l.Next != nil {
		next := s
		next.After = l.Next
		v.Next = v.Path + "?" + next.query().Encode()
	}
	if canAnswer(l.In) && len(v.Rows) > 0 {
		v.Answers = answerViews(say, Person)
		v.tickAll(say, s, filled.all)
	}
	v.Finer = s.Type != "" || !s.Asset.IsZero() || !s.Since.IsZero() || s.Mine || s.Overdue || s.BySeen || s.ByDay
	v.empty(say, s, l, o)
	return p.render(w, r, "exposures", web.Page{Title: say.T("notify.portal.list.title"), Errors: wrong, Data: v})
}

// tickAll offers to tick all rows of the page, or to take the ticks off again.
func (v *exposuresPage) tickAll(say *i18n.Printer, s Search, all bool) {
	q := s.query()
	switch {
	case all:
		v.Ticked = say.N("notify.portal.list.all_ticked", len(v.Rows))
		v.All = &web.Link{Text: say.T("notify.portal.list.none"), URL: v.Path + "?" + q.Encode() + "#chosen"}
	case len(v.Rows) > 1:
		q.Set("tick", "all")
		v.All = &web.Link{Text: say.N("notify.portal.list.all", len(v.Rows)), URL: v.Path + "?" + q.Encode() + "#answers"}
	}
}

func rowOf(say *i18n.Printer, path string, e Exposure, filled form) exposureRow {
	row := exposureRow{Value: printText(e.Fingerprint), Where: e.subject(), Title: adviceText(e.Type, e.Class, say.Lang()).Title, Vulnerability: e.Vulnerability,
		Severity: e.Severity, State: stateTag(say, e), LastSeen: e.LastSeen, Copy: e.Role == footprint.Provider}
	row.URL = path + "/" + row.Value
	if e.Address != "" {
		row.Name = e.Name
	}
	for _, c := range filled.chosen {
		row.Chosen = row.Chosen || c == e.Fingerprint
	}
	return row
}

func (v *exposuresPage) options(say *i18n.Printer, s Search, l Listed) {
	for _, state := range []string{"open", "unanswered", "closed", "each"} {
		v.States = append(v.States, option{state, say.T("notify.portal.state." + state), state == s.State || state == "each" && s.State == ""})
	}
	v.Severities = []option{{"", say.T("notify.portal.list.every_severity"), s.Severity == 0}}
	for sev := feeds.Critical; sev >= feeds.Info; sev-- {
		v.Severities = append(v.Severities, option{sev.String(), say.T("web.severity." + sev.String()), sev == s.Severity})
		if n := l.Open[sev]; n > 0 {
			v.Open = append(v.Open, severityCount{sev, upTo(say, n), v.Path + "?severity=" + sev.String()})
		}
	}
	v.Types = []option{{"", say.T("notify.portal.list.every_type"), s.Type == ""}}
	for _, t := range l.Types {
		v.Types = append(v.Types, option{t, say.T("notify.portal.list.type_option", "Title", adviceText(t, "", say.Lang()).Title, "Type", t), t == s.Type})
	}
	v.Sort = []option{{"", say.T("notify.portal.list.by_severity"), !s.BySeen && !s.ByDay}, {"seen", say.T("notify.portal.list.by_seen"), s.BySeen}, {"day", say.T("notify.work.by_day"), s.ByDay}}
	v.Work = []option{{"", say.T("notify.work.every"), !s.Mine && !s.Overdue}, {"mine", say.T("notify.work.mine"), s.Mine}, {"overdue", say.T("notify.work.overdue"), s.Overdue}}
	v.Assets = []option{{"", say.T("notify.work.every_asset"), s.Asset.IsZero()}}
	for _, a := range l.Assets {
		v.Assets = append(v.Assets, option{a.ID.String(), a.Value, a.ID == s.Asset})
	}
}

// empty says what it means that there is nothing to see, and what to do next.
func (v *exposuresPage) empty(say *i18n.Printer, s Search, l Listed, o db.ID) {
	const id = "notify.portal.empty."
	switch {
	case len(v.Rows) > 0:
	case v.Next != "" || s.After != nil:
		v.Empty = &web.Empty{Title: say.T(id + "end"), Text: say.T(id + "end_text")}
	case v.Any && v.Narrowed:
		v.Empty = &web.Empty{Title: say.T(id + "search"), Text: say.T(id + "search_text")}
	case v.Any:
		v.Empty = &web.Empty{Title: say.T(id + "done"), Text: say.T(id + "done_text")}
	case !l.Whole:
		v.Empty = &web.Empty{Title: say.T(id + "part"), Text: say.T(id + "part_text")}
	case l.Watched == 0:
		v.Empty = &web.Empty{Title: say.T(id + "none"), Text: say.T(id + "none_text")}
		v.ToDo, v.ToDoText = "/o/"+o.String()+"/assets", say.T(id+"none_do")
	default:
		v.Empty = &web.Empty{Title: say.T(id + "calm"), Text: say.N(id+"calm_text", l.Watched, "Date", say.Date(l.Since))}
		v.ToDo, v.ToDoText = "/o/"+o.String()+"/assets", say.T(id+"calm_do")
	}
}

func noteField(say *i18n.Printer, filled form) web.Field {
	return web.Field{Type: "textarea", Rows: 2, MaxLength: mostNote, Name: "note", Label: say.T("notify.page.answer.note"), Hint: say.T("notify.page.answer.note_hint"),
		Value: filled.note, Error: filled.wrong}
}

// answerViews are the buttons of a holder.
func answerViews(say *i18n.Printer, h Holder) (list []answerView) {
	for _, a := range answersOf[h] {
		list = append(list, answerView{Value: string(a), Label: say.T("notify.answer." + string(a) + ".label"),
			Line: say.T("notify.answer." + string(a) + ".line"), Quiet: a != OnIt && a != IsSolved})
	}
	return list
}

// readAnswer reads an answer from a form; what a person can mend comes back as lines for the page.
func readAnswer(r *http.Request) (f Feedback, filled form, wrong []web.FieldError, err error) {
	if err = web.ReadForm(r); err != nil {
		return
	}
	say := web.Printer(r)
	f = Feedback{Answer: Answer(r.PostForm.Get("answer")), Note: strings.ReplaceAll(r.PostForm.Get("note"), "\r\n", "\n"), Days: usualDays, To: r.PostForm.Get("to")}
	filled.note, filled.typed = f.Note, r.PostForm
	if f.Answer == Forwarded && r.PostForm.Has("days") {
		if f.Days, err = strconv.Atoi(strings.TrimSpace(r.PostForm.Get("days"))); err != nil || f.Days < 1 || f.Days > mostDays {
			err = nil
			filled.bad = map[string]string{"days": say.T("notify.work.days_wrong")}
			wrong = append(wrong, web.FieldError{Field: "days", Text: filled.bad["days"]})
		}
	}
	if f.Answer == "" {
		wrong = append(wrong, web.FieldError{Field: "answers", Text: say.T("notify.answer.choose")})
	}
	if utf8.RuneCountInString(f.Note) > mostNote {
		filled.wrong = say.T("notify.answer.long")
		wrong = append(wrong, web.FieldError{Field: "note", Text: filled.wrong})
	}
	return f, filled, wrong, nil
}

// answerMany takes one answer about all that was ticked, and leads back to the same list.
func (p *portal) answerMany(w http.ResponseWriter, r *http.Request) error {
	s, err := searchOf(r.URL.Query())
	if err != nil {
		return err
	}
	f, filled, wrong, err := readAnswer(r)
	if err != nil {
		return err
	}
	if f.Chosen, err = parseChosen(r.PostForm["about"]); err != nil {
		return err
	}
	filled.chosen = f.Chosen
	if len(f.Chosen) == 0 {
		wrong = append(wrong, web.FieldError{Field: "chosen", Text: web.Printer(r).T("notify.portal.none_chosen")})
	}
	if len(wrong) > 0 {
		if _, err := p.mayAnswer(r); err != nil {
			return err
		}
		return p.showList(w, r, s, filled, wrong...)
	}
	given, err := p.n.Respond(r.Context(), organisation(r), f)
	if fault.KindOf(err) == fault.TooMany {
		return p.showList(w, r, s, filled, web.FieldError{Field: "answers", Text: web.Say(web.Printer(r), err)})
	}
	if err != nil {
		return err
	}
	if given.Supplier != "" {
		return p.handed(w, r, given, f.Chosen)
	}
	q := s.query()
	q.Set("done", string(f.Answer))
	q.Set("n", strconv.FormatInt(given.Changed, 10))
	http.Redirect(w, r, "/o/"+organisation(r).String()+"/exposures?"+q.Encode(), http.StatusSeeOther)
	return nil
}

// mayAnswer refuses whoever may not answer before the page shows anything of what was sent.
func (p *portal) mayAnswer(r *http.Request) (v sight, err error) {
	err = p.n.db.Read(r.Context(), func(tx *db.Tx) error {
		v, err = p.n.sightOf(r.Context(), tx, organisation(r), answering, true)
		return err
	})
	return v, err
}

// manyDone says what was done just now with what was ticked.
func manyDone(say *i18n.Printer, q url.Values) string {
	if what := q.Get("done"); what == "view" || what == "view_gone" {
		return say.T("notify.work.done." + what)
	}
	a := Answer(q.Get("done"))
	if _, known := leadsTo[a]; !known && a != Help || a == Forwarded {
		return ""
	}
	n, _ := strconv.Atoi(q.Get("n"))
	if a == Help {
		return say.T("notify.page.done.help.title")
	}
	return say.N("notify.portal.done", max(0, min(n, pageSize)), "Answer", say.T("notify.answer."+string(a)+".label"))
}
