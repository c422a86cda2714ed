package notify

import (
	"net/http"
	"net/url"
	"strings"

	"polder/directory"
	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/i18n"
	"polder/internal/web"
	"polder/notify/feeds"
)

type acrossRow struct {
	exposureRow
	Organisation, Home, Behalf string
}

type placeRow struct {
	Name, Behalf, Home, List string
	Reads                    bool // acts by a mandate to read alone
	Open                     []severityCount
}

type acrossPageView struct {
	Open          []severityCount
	ByPlace       bool
	Ways          []web.Link
	Severities    []option
	Count         string
	Rows          []acrossRow
	Places        []placeRow
	First, Next   string
	Many          bool // there are more organisations than the list looks at
	Empty         *web.Empty
	Organisations string
}

// across shows what is open in all organisations that a person belongs to or acts for.
func (p *portal) across(w http.ResponseWriter, r *http.Request) error {
	say, q := web.Printer(r), r.URL.Query()
	const path = "/exposures"
	v := &acrossPageView{ByPlace: q.Get("by") == "organisation", Organisations: "/organisations"}
	v.Ways = []web.Link{{Text: say.T("notify.across.by_severity"), URL: path, Current: !v.ByPlace}, {Text: say.T("notify.across.by_place"), URL: path + "?by=organisation", Current: v.ByPlace}}
	if q.Has("after") {
		v.First = path
	}
	if v.ByPlace {
		return p.acrossPlaces(w, r, v, q)
	}
	var severity feeds.Severity
	v.Severities = []option{{"", say.T("notify.portal.list.every_severity"), true}}
	for sev := feeds.Critical; sev >= feeds.Info; sev-- {
		if sev.String() == q.Get("severity") {
			severity, v.Severities[0].Chosen = sev, false
		}
		v.Severities = append(v.Severities, option{sev.String(), say.T("web.severity." + sev.String()), sev == severity})
	}
	after, err := parseAcross(q)
	if err != nil {
		return err
	}
	a, err := p.n.Across(r.Context(), severity, after)
	if err != nil {
		return err
	}
	v.Many, v.Open = a.More, countsOf(say, a.Open, path)
	of := map[db.ID]directory.Mine{}
	for _, m := range a.Places {
		of[m.ID] = m
	}
	for _, e := range a.Exposures {
		m := of[e.Organisation]
		home := "/o/" + m.ID.String()
		v.Rows = append(v.Rows, acrossRow{rowOf(say, home+"/exposures", e, form{}), m.Name, home, m.Behalf})
	}
	v.Count = say.N("notify.across.count", len(a.Places))
	link := url.Values{}
	if severity != 0 {
		link.Set("severity", severity.String())
		if v.First != "" {
			v.First += "?" + link.Encode()
		}
	}
	if a.Next != nil {
		link.Set("after", a.Next.Mark.String()+"."+a.Next.Organisation.String())
		v.Next = path + "?" + link.Encode()
	}
	switch {
	case len(v.Rows) > 0:
	case len(a.Places) == 0:
		v.Empty = &web.Empty{Title: say.T("notify.across.none"), Text: say.T("notify.across.none_text")}
	case v.Next != "" || after != nil || severity != 0 && len(a.Open) > 0:
		v.Empty = &web.Empty{Title: say.T("notify.portal.empty.end"), Text: say.T("notify.portal.empty.end_text")}
	default:
		v.Empty = &web.Empty{Title: say.T("notify.across.calm"), Text: say.N("notify.across.calm_text", len(a.Places))}
	}
	return p.render(w, r, "across", web.Page{Title: say.T("notify.across.title"), Data: v})
}

func (p *portal) acrossPlaces(w http.ResponseWriter, r *http.Request, v *acrossPageView, q url.Values) error {
	say := web.Printer(r)
	var after db.ID
	if q.Has("after") {
		var err error
		if after, err = db.ParseID(q.Get("after")); err != nil {
			return hidden()
		}
		v.First = "/exposures?by=organisation"
	}
	list, more, err := p.n.AcrossPlaces(r.Context(), after)
	if err != nil {
		return err
	}
	for _, o := range list {
		home := "/o/" + o.ID.String()
		v.Places = append(v.Places, placeRow{Name: o.Name, Behalf: o.Behalf, Home: home, List: home + "/exposures", Reads: o.Place == actor.Delegate && !o.Acting,
			Open: countsOf(say, o.Open, home+"/exposures")})
	}
	if more {
		v.Next = "/exposures?" + url.Values{"by": {"organisation"}, "after": {list[len(list)-1].ID.String()}}.Encode()
	}
	if len(v.Places) == 0 {
		v.Empty = &web.Empty{Title: say.T("notify.across.none"), Text: say.T("notify.across.none_text")}
	}
	return p.render(w, r, "across", web.Page{Title: say.T("notify.across.title"), Data: v})
}

func countsOf(say *i18n.Printer, open map[feeds.Severity]int, path string) (list []severityCount) {
	for sev := feeds.Critical; sev >= feeds.Info; sev-- {
		if n := open[sev]; n > 0 {
			list = append(list, severityCount{sev, upTo(say, n), path + "?severity=" + sev.String()})
		}
	}
	return list
}

func parseAcross(q url.Values) (*AcrossMark, error) {
	if !q.Has("after") {
		return nil, nil
	}
	s := q.Get("after")
	i := strings.LastIndexByte(s, '.')
	if i < 0 {
		return nil, hidden()
	}
	mark, err := parseMark(s[:i])
	if err != nil {
		return nil, err
	}
	id, err := db.ParseID(s[i+1:])
	if err != nil {
		return nil, hidden()
	}
	return &AcrossMark{*mark, id}, nil
}
