package directory

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"polder/internal/db"
	"polder/internal/i18n"
	"polder/internal/web"
)

const deskPage = 50

type deskView struct {
	Shelf   Shelf
	Shelves []web.Link
	Query   web.Field
	Asked   bool
	Rows    []deskRow
	More    string
}

type deskRow struct {
	Path, Name, Reference, Number, Sector string
	State                                 web.Status
	Since                                 time.Time
}

func deskRows(say *i18n.Printer, list []Organisation) (rows []deskRow) {
	for _, o := range list {
		row := deskRow{Path: "/desk/organisations/" + o.ID.String(), Name: o.Name, Reference: o.Reference, Number: o.RegistrationNumber,
			Sector: Sectors.Label(o.Sector, say.Lang()), State: stateTag(say, o.State), Since: o.CreatedAt}
		if row.Name == "" {
			row.Name = o.Reference // closed, and past its term
		}
		if !o.WaitsAt.IsZero() {
			row.Since = o.WaitsAt
		}
		rows = append(rows, row)
	}
	return rows
}

// desk lists what waits for staff, what waits for an answer, and all that is looked for.
func (p *pages) desk(w http.ResponseWriter, r *http.Request) error {
	say, asked := web.Printer(r), r.URL.Query()
	q := strings.TrimSpace(asked.Get("q"))
	v := deskView{Shelf: Shelf(asked.Get("show")), Asked: q != "", Query: web.Field{Name: "q", Type: "search", Label: say.T("directory.desk.search"), Hint: say.T("directory.desk.search_hint"), Value: q}}
	if v.Shelf != Pending && v.Shelf != All {
		v.Shelf = Waiting
	}
	if q != "" {
		v.Shelf = All
	}
	for _, s := range []Shelf{Waiting, Pending, All} {
		v.Shelves = append(v.Shelves, web.Link{Text: say.T("directory.desk.shelf." + string(s)), URL: "/desk/organisations?show=" + string(s), Current: s == v.Shelf})
	}
	after := readCursor(asked.Get("after"))
	var f Found
	var err error
	if v.Shelf == All {
		f, err = p.d.Search(r.Context(), q, after, deskPage)
	} else {
		f, err = p.d.Queue(r.Context(), v.Shelf, after.ID, deskPage)
	}
	bad, err := mend(err)
	if err != nil {
		return err
	}
	v.Rows = deskRows(say, f.List)
	if f.Next != (Cursor{}) {
		v.More = "?" + url.Values{"show": {string(v.Shelf)}, "q": {q}, "after": {f.Next.String()}}.Encode()
	}
	return p.show(w, r, "desk", say.T("directory.desk.title"), v, bad, true)
}

type fileView struct {
	Path              string
	Name              string
	Seen              string
	State             web.Status
	Facts             []fact
	Mismatch          string // what the trade register says, when it differs
	Alike             []deskRow
	Owners            []Person
	Members           int
	Notes             []noteView
	Joins             []deskJoin
	Lines             []web.Link // what is the matter; URL is where one goes on, or ""
	Mine, Decides     bool
	Ownerless         bool
	WishName, WishNum string
	Text              web.Field
	Reason            web.Field
}

type deskJoin struct {
	Name, Mail, Path string
	AskedAt          time.Time
}

func (p *pages) file(w http.ResponseWriter, r *http.Request) error {
	return p.showFile(w, r, "", "", nil)
}

func (p *pages) showFile(w http.ResponseWriter, r *http.Request, text, reason string, bad Wrongs) error {
	organisation, err := id(r, "id")
	if err != nil {
		return err
	}
	f, err := p.d.File(r.Context(), organisation)
	if err != nil {
		return err
	}
	say, o := web.Printer(r), f.Organisation
	v := fileView{Path: "/desk/organisations/" + o.ID.String(), Name: o.Name, Seen: o.Seen(), State: stateTag(say, o.State), Facts: factsOf(say, o), Alike: deskRows(say, f.Alike),
		Owners: f.Owners, Members: f.Members, Mine: f.Mine, Ownerless: len(f.Owners) == 0, WishName: o.WishedName, WishNum: o.WishedNumber,
		Decides: o.State == Requested || o.State == Asked || o.State == Refused}
	if o.RegisterName != "" && !strings.EqualFold(o.RegisterName, o.Name) {
		v.Mismatch = o.RegisterName
	}
	for _, n := range f.Notes {
		v.Notes = append(v.Notes, noteView{Kind: say.T("directory.note." + n.Kind), Text: n.Text, Who: f.Names[n.Account], At: n.At})
	}
	for _, l := range f.Lines {
		v.Lines = append(v.Lines, web.Link{Text: say.T(l.Key, l.Values...), URL: l.Path})
	}
	for _, j := range f.Joins {
		v.Joins = append(v.Joins, deskJoin{Name: j.Name, Mail: j.Mail, AskedAt: j.AskedAt, Path: v.Path + "/requests/" + j.ID.String()})
	}
	v.Text = web.Field{Name: "text", Type: "textarea", Label: say.T("directory.desk.text"), Hint: say.T("directory.desk.text_hint"), Value: text, Error: bad.text(say, "text"), MaxLength: mostText}
	v.Reason = web.Field{Name: "reason", Type: "textarea", Label: say.T("directory.desk.reason"), Hint: say.T("directory.desk.reason_hint"), Value: reason, Error: bad.text(say, "reason"), MaxLength: mostText}
	title := o.Name
	if title == "" {
		title = o.Reference
	}
	return p.show(w, r, "file", title, v, bad, true)
}

func (p *pages) decide(w http.ResponseWriter, r *http.Request) error {
	organisation, err := id(r, "id")
	if err != nil {
		return err
	}
	f, err := form(r)
	if err != nil {
		return err
	}
	steps := map[string]State{"accept": Accepted, "ask": Asked, "refuse": Refused}
	bad, err := mend(p.d.Decide(r.Context(), organisation, steps[f.Get("decision")], f.Get("text"), f.Get("seen")))
	if err != nil {
		return err
	}
	if bad != nil {
		return p.showFile(w, r, f.Get("text"), "", bad)
	}
	to(w, r, "/desk/organisations", "decided")
	return nil
}

func (p *pages) decideChange(w http.ResponseWriter, r *http.Request) error {
	organisation, err := id(r, "id")
	if err != nil {
		return err
	}
	f, err := form(r)
	if err != nil {
		return err
	}
	bad, err := mend(p.d.DecideChange(r.Context(), organisation, f.Get("decision") == "grant", f.Get("reason"), f.Get("seen")))
	if err != nil {
		return err
	}
	if bad != nil {
		bad[0].Field = "reason"
		return p.showFile(w, r, "", f.Get("reason"), bad)
	}
	to(w, r, "/desk/organisations/"+organisation.String(), "decided")
	return nil
}

func (p *pages) deskInvite(w http.ResponseWriter, r *http.Request) error {
	return p.answerForOwner(w, r, true, "invited")
}

func (p *pages) deskDecline(w http.ResponseWriter, r *http.Request) error {
	return p.answerForOwner(w, r, false, "declined")
}

func (p *pages) answerForOwner(w http.ResponseWriter, r *http.Request, invite bool, done string) error {
	var ids [2]db.ID
	for i, name := range []string{"id", "request"} {
		x, err := id(r, name)
		if err != nil {
			return err
		}
		ids[i] = x
	}
	if err := p.d.AnswerJoinForOwner(r.Context(), ids[0], ids[1], invite); err != nil {
		return err
	}
	to(w, r, "/desk/organisations/"+ids[0].String(), done)
	return nil
}
