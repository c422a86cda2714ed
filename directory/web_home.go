package directory

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"polder/internal/actor"
	"polder/internal/i18n"
	"polder/internal/web"
)

// lead takes who is signed in to where the work is.
func (p *pages) lead(w http.ResponseWriter, r *http.Request) error {
	list, _, err := p.d.Organisations(r.Context(), "", Cursor{}, 2)
	if err != nil {
		return err
	}
	switch {
	case len(list) == 1 && actor.From(r.Context()).Staff == 0:
		to(w, r, "/o/"+list[0].ID.String(), "")
	case actor.From(r.Context()).Staff != 0 && len(list) == 0:
		to(w, r, "/desk", "")
	case len(list) == 0:
		to(w, r, "/organisations/new", "")
	default:
		to(w, r, "/organisations", "")
	}
	return nil
}

const minePage = 25

type minePageView struct {
	Query  web.Field
	Asked  bool // something was looked for
	Search bool // there is reason to look for something
	Rows   []mineRow
	More   string
}

type mineRow struct {
	Path, Name, Reference, What, Line string
	State                             web.Status
}

// mine lists the organisations that the person belongs to and acts for.
func (p *pages) mine(w http.ResponseWriter, r *http.Request) error {
	say := web.Printer(r)
	q := strings.Join(strings.Fields(r.URL.Query().Get("q")), " ")
	after := readCursor(r.URL.Query().Get("after"))
	if len(q) > 200 {
		q = ""
	}
	list, more, err := p.d.Organisations(r.Context(), q, after, minePage)
	if err != nil {
		return err
	}
	v := minePageView{Asked: q != "", Search: q != "" || more || after != (Cursor{}),
		Query: web.Field{Name: "q", Label: say.T("directory.mine.search"), Value: q, Type: "search"}}
	for _, m := range list {
		row := mineRow{Path: "/o/" + m.ID.String(), Name: m.Name, Reference: m.Reference, What: say.T("directory.place." + m.Place.String()), State: stateTag(say, m.State)}
		if m.Place == actor.Delegate {
			row.Line = say.T("directory.mine.behalf", "Behalf", m.Behalf, "Until", say.Date(Mandate{EndsAt: m.EndsAt}.LastDay()))
		}
		v.Rows = append(v.Rows, row)
	}
	if more {
		last := list[len(list)-1]
		v.More = "?" + url.Values{"q": {q}, "after": {Cursor{last.Name, last.ID}.String()}}.Encode()
	}
	return p.show(w, r, "organisations", say.T("directory.mine.title"), v, nil, true)
}

// String writes a cursor for an address.
func (c Cursor) String() string {
	if c == (Cursor{}) {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(append(c.ID[:], c.Name...))
}

// readCursor reads what String wrote; what it did not write is the start.
func readCursor(s string) (c Cursor) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) < len(c.ID) || len(b) > 1000 {
		return Cursor{}
	}
	name := strings.ToValidUTF8(string(b[len(c.ID):]), "")
	if strings.ContainsRune(name, 0) {
		return Cursor{}
	}
	copy(c.ID[:], b)
	c.Name = name
	return c
}

func stateTag(say *i18n.Printer, s State) web.Status {
	kinds := map[State]string{Requested: "busy", Asked: "open", Accepted: "done", Refused: "alarm", Closed: "muted"}
	return web.Status{Kind: kinds[s], Text: say.T("directory.state." + string(s))}
}

type homeView struct {
	Name, Reference string
	Path            string
	State           web.Status
	Kind            string // state, for the template
	Owner, Own      bool
	Reads           bool // it changes nothing: what is to be done is for others
	Behalf          string
	Acting          bool
	Said            string // what staff asked or why they refused
	Reply           web.Field
	Todo            []lineView // the most urgent
	Later, Finished []lineView
	Standing        *Standing
	Facts           []fact
	Notes           []noteView
}

// mostTodo is how many things to do the home shows at once.
const mostTodo = 5

type lineView struct{ Text, Path string }

type fact struct{ Label, Value string }

type noteView struct {
	Kind, Text, Who string
	At              time.Time
}

// home shows where the organisation stands and what to do next.
func (p *pages) home(w http.ResponseWriter, r *http.Request) error { return p.showHome(w, r, "", nil) }

func (p *pages) showHome(w http.ResponseWriter, r *http.Request, text string, bad Wrongs) error {
	say := web.Printer(r)
	h, err := p.d.Home(r.Context(), in(r))
	if err != nil {
		return err
	}
	o := h.Organisation
	v := homeView{Path: "/o/" + o.ID.String(), Name: o.Name, Reference: o.Reference, State: stateTag(say, o.State), Kind: string(o.State), Owner: h.In.Place == actor.Owner,
		Own: h.In.Place&actor.Inside != 0, Reads: h.In.Place == actor.Member || h.In.Place == actor.Delegate && !h.In.Acting, Behalf: h.In.Behalf, Acting: h.In.Acting,
		Reply: web.Field{Name: "text", Label: say.T("directory.home.reply"), Type: "textarea", MaxLength: mostText, Value: text, Error: bad.text(say, "text"), Required: true}}
	if h.Joins > 0 {
		h.Lines = append(h.Lines, Line{Key: "directory.home.joins", Count: h.Joins, Path: v.Path + "/people", Urgent: 55})
	}
	slices.SortStableFunc(h.Lines, func(a, b Line) int { return b.Urgent - a.Urgent })
	for _, l := range h.Lines {
		line := lineView{Path: l.Path}
		if l.Count > 0 {
			line.Text = say.N(l.Key, l.Count, l.Values...)
		} else {
			line.Text = say.T(l.Key, l.Values...)
		}
		if l.Done {
			v.Finished = append(v.Finished, line)
		} else {
			v.Todo = append(v.Todo, line)
		}
	}
	if len(v.Todo) > mostTodo {
		v.Todo, v.Later = v.Todo[:mostTodo], v.Todo[mostTodo:]
	}
	if h.Standing != nil {
		s := h.Standing(say)
		v.Standing = &s
	}
	if v.Own {
		v.Facts = factsOf(say, o)
	}
	for _, n := range h.Notes {
		if v.Said == "" && (n.Kind == "question" && o.State == Asked || n.Kind == "refused" && o.State == Refused) {
			v.Said = n.Text
		}
		v.Notes = append(v.Notes, noteView{Kind: say.T("directory.note." + n.Kind), Text: n.Text, At: n.At})
	}
	return p.show(w, r, "home", o.Name, v, bad, false)
}

func factsOf(say *i18n.Printer, o Organisation) []fact {
	list := []fact{{say.T("directory.fact.reference"), o.Reference}}
	add := func(key, value string) {
		if value != "" {
			list = append(list, fact{say.T("directory.fact." + key), value})
		}
	}
	if o.RegistrationNumber == "" {
		add("number", say.T("directory.scheme.none"))
	} else {
		add("number", o.RegistrationNumber)
	}
	add("sector", Sectors.Label(o.Sector, say.Lang()))
	add("size", Sizes.Label(sizeOf(o.Employees), say.Lang()))
	add("area", Areas.Label(o.Province, say.Lang()))
	add("language", say.T("web.language."+o.Language))
	add("domain", o.Domain)
	add("wished_name", o.WishedName)
	add("wished_number", o.WishedNumber)
	return list
}

func (p *pages) reply(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r)
	if err != nil {
		return err
	}
	bad, err := mend(p.d.Reply(r.Context(), in(r), f.Get("text")))
	if err != nil {
		return err
	}
	if bad != nil {
		return p.showHome(w, r, f.Get("text"), bad)
	}
	return back(w, r, "", "replied")
}
