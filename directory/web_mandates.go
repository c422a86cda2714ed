package directory

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/i18n"
	"polder/internal/web"
)

type mandatesView struct {
	Owner, Accepted bool
	Rows            []mandateRow
	More            string
}

type mandateRow struct {
	Name, Reference, May, Scope, Path string
	GivenAt, EndsAt, EndedAt          time.Time // EndedAt: taken back before its end
	State                             web.Status
	Open                              bool
	To                                string // page of the client, while the mandate is open
}

func mandateRows(say *i18n.Printer, list []Mandate, clients bool, base string, now time.Time) (rows []mandateRow) {
	for _, m := range list {
		row := mandateRow{Name: m.HolderName, Reference: m.HolderReference, Path: base + "/" + m.ID.String(), GivenAt: m.GivenAt, EndsAt: m.LastDay(), EndedAt: m.WithdrawnAt, Open: m.Open(now)}
		if clients {
			row.Name, row.Reference = m.OrganisationName, m.OrganisationReference
			if row.Open {
				row.To = "/o/" + m.Organisation.String()
			}
		}
		row.May = say.T("directory.mandates.reads")
		if m.Acting {
			row.May = say.T("directory.mandates.acts")
		}
		row.Scope = say.T("directory.mandates.every")
		if !m.EveryAsset {
			row.Scope = say.N("directory.mandates.assets", m.Assets)
		}
		switch {
		case row.Open:
			row.State = web.Status{Kind: "done", Text: say.T("directory.mandates.open")}
		case !m.WithdrawnAt.IsZero() && m.ByHolder:
			row.State = web.Status{Kind: "muted", Text: say.T("directory.mandates.laid_down")}
		case !m.WithdrawnAt.IsZero():
			row.State = web.Status{Kind: "muted", Text: say.T("directory.mandates.withdrawn")}
		default:
			row.State = web.Status{Kind: "muted", Text: say.T("directory.mandates.expired")}
		}
		rows = append(rows, row)
	}
	return rows
}

func (p *pages) mandates(w http.ResponseWriter, r *http.Request) error {
	list, more, err := p.d.Mandates(r.Context(), in(r), before(r))
	if err != nil {
		return err
	}
	return p.showMandates(w, r, "mandates", list, more, false)
}

func (p *pages) clients(w http.ResponseWriter, r *http.Request) error {
	list, more, err := p.d.Clients(r.Context(), in(r), before(r))
	if err != nil {
		return err
	}
	return p.showMandates(w, r, "clients", list, more, true)
}

// before is where the list goes on; what is no id is the start.
func before(r *http.Request) db.ID {
	x, err := db.ParseID(r.URL.Query().Get("before"))
	if err != nil {
		return db.ID{}
	}
	return x
}

func (p *pages) showMandates(w http.ResponseWriter, r *http.Request, name string, list []Mandate, more, clients bool) error {
	say, a := web.Printer(r), actor.From(r.Context())
	v := mandatesView{Owner: a.In.Place == actor.Owner, Accepted: a.In.Accepted, Rows: mandateRows(say, list, clients, "/o/"+in(r).String()+"/"+name, p.d.now())}
	if more {
		v.More = "?before=" + list[len(list)-1].ID.String()
	}
	return p.show(w, r, name, say.T("directory."+name+".title"), v, nil, true)
}

type mandateForm struct {
	Holder      web.Field
	May, Scope  selection
	Assets      []option // to choose from
	AssetsError string
	Ends        web.Field
	Found       *Organisation // who was found, to be confirmed
	Until       time.Time
	Said        url.Values
}

// day is today on the reader's clock, or so many years and days later, as inputs of dates have it.
func (p *pages) day(say *i18n.Printer, years, days int) string {
	return p.d.now().In(say.Zone()).AddDate(years, 0, days).Format(time.DateOnly)
}

func (p *pages) mandateForm(r *http.Request, f url.Values, bad Wrongs) (v mandateForm, err error) {
	say := web.Printer(r)
	assets, err := p.d.LabelsOf(r.Context(), in(r))
	if err != nil {
		return v, err
	}
	v = mandateForm{Said: f,
		Holder: web.Field{Name: "holder", Label: say.T("directory.mandates.holder"), Hint: say.T("directory.mandates.holder_hint"), Value: f.Get("holder"), Error: bad.text(say, "holder"), MaxLength: 200, Required: true},
		May: selection{Name: "may", Label: say.T("directory.mandates.may"), Error: bad.text(say, "may"), Options: chosen([]option{
			{Value: "read", Label: say.T("directory.mandates.reads"), Line: say.T("directory.mandates.reads_line")},
			{Value: "act", Label: say.T("directory.mandates.acts"), Line: say.T("directory.mandates.acts_line")}}, f.Get("may"))},
		Ends: web.Field{Name: "ends", Type: "date", Label: say.T("directory.mandates.ends"), Hint: say.T("directory.mandates.ends_hint", "Last", say.Date(p.d.now().AddDate(longestMandate, 0, 0))), Value: f.Get("ends"), Error: bad.text(say, "ends"), Required: true},
	}
	if len(assets) > 0 {
		v.Scope = selection{Name: "scope", Label: say.T("directory.mandates.scope"), Error: bad.text(say, "scope"), Options: chosen([]option{
			{Value: "all", Label: say.T("directory.mandates.every"), Line: say.T("directory.mandates.every_line")},
			{Value: "some", Label: say.T("directory.mandates.some")}}, f.Get("scope"))}
		for _, a := range assets {
			v.Assets = append(v.Assets, option{Value: a.ID.String(), Label: a.Label, Chosen: slices.Contains(f["asset"], a.ID.String())})
		}
	}
	return v, nil
}

func (p *pages) askMandate(w http.ResponseWriter, r *http.Request) error {
	if !actor.From(r.Context()).In.Accepted {
		return hidden()
	}
	v, err := p.mandateForm(r, url.Values{"may": {"read"}, "scope": {"all"}, "ends": {p.day(web.Printer(r), 1, 0)}}, nil)
	if err != nil {
		return err
	}
	return p.show(w, r, "mandate_new", web.Printer(r).T("directory.mandates.new"), v, nil, false)
}

// wish reads the form of a mandate.
func (p *pages) wish(r *http.Request, f url.Values) (x Wish, bad Wrongs) {
	x = Wish{Holder: f.Get("holder"), Acting: f.Get("may") == "act", EveryAsset: f.Get("scope") != "some"}
	if f.Get("may") != "act" && f.Get("may") != "read" {
		bad = append(bad, Wrong{Field: "may", Key: "directory.wrong.choice"})
	}
	day, err := time.ParseInLocation(time.DateOnly, f.Get("ends"), web.Printer(r).Zone())
	if x.Ends = day.AddDate(0, 0, 1); err != nil || !x.Ends.After(p.d.now()) || x.Ends.After(p.d.now().AddDate(longestMandate, 0, 1)) {
		bad = append(bad, Wrong{Field: "ends", Key: "directory.wrong.ends"}) // the day itself still counts
	}
	if x.EveryAsset {
		return x, bad
	}
	for _, s := range f["asset"] {
		a, err := db.ParseID(s)
		if err != nil {
			bad = append(bad, Wrong{Field: "scope", Key: "directory.wrong.choice"})
			break
		}
		x.Assets = append(x.Assets, a)
	}
	if len(x.Assets) == 0 {
		bad = append(bad, Wrong{Field: "scope", Key: "directory.wrong.assets_none"})
	}
	return x, bad
}

// give first shows who was found, and gives the mandate once that is confirmed.
func (p *pages) give(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r)
	if err != nil {
		return err
	}
	say := web.Printer(r)
	x, bad := p.wish(r, f)
	var found Organisation
	if f.Get("confirm") == "1" && len(bad) == 0 {
		if err = p.d.Give(r.Context(), in(r), x); err == nil {
			return back(w, r, "/mandates", "given")
		}
	} else {
		found, err = p.d.FindHolder(r.Context(), in(r), x.Holder)
	}
	if err = bad.note(err); err != nil {
		return err
	}
	v, err := p.mandateForm(r, f, bad)
	if err != nil {
		return err
	}
	if len(bad) > 0 {
		return p.show(w, r, "mandate_new", say.T("directory.mandates.new"), v, bad, false)
	}
	v.Found, v.Until = &found, Mandate{EndsAt: x.Ends}.LastDay()
	return p.show(w, r, "mandate_confirm", say.T("directory.mandates.confirm", "Holder", found.Name), v, nil, false)
}

func (p *pages) withdraw(w http.ResponseWriter, r *http.Request) error {
	mandate, err := id(r, "mandate")
	if err != nil {
		return err
	}
	if err := p.d.Withdraw(r.Context(), in(r), mandate); err != nil {
		return err
	}
	return back(w, r, "/mandates", "mandate_withdrawn")
}

func (p *pages) layDown(w http.ResponseWriter, r *http.Request) error {
	mandate, err := id(r, "mandate")
	if err != nil {
		return err
	}
	if err := p.d.LayDown(r.Context(), in(r), mandate); err != nil {
		return err
	}
	return back(w, r, "/clients", "mandate_laid_down")
}
