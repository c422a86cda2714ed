package notify

import (
	"net/http"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/web"
	"polder/notify/feeds"
)

type warningRow struct {
	toldView
	Subject, Recipient string
	Severity           feeds.Severity
	Exposures          int
}

type warningsPage struct {
	Path, First, Next, Behalf string
	Settings                  string // for whoever may change them
	Whole                     bool
	Rows                      []warningRow
}

func warningID(s string) (db.ID, error) {
	id, err := db.ParseID(s)
	if err != nil || id.String() != s {
		return db.ID{}, hidden()
	}
	return id, nil
}

// warnings lists the messages that an organisation got.
func (p *portal) warnings(w http.ResponseWriter, r *http.Request) error {
	say, o := web.Printer(r), organisation(r)
	var before db.ID
	var err error
	if r.URL.Query().Has("before") {
		if before, err = warningID(r.URL.Query().Get("before")); err != nil {
			return err
		}
	}
	list, err := p.n.Warnings(r.Context(), o, before, perPage)
	if err != nil {
		return err
	}
	v := &warningsPage{Path: "/o/" + o.String() + "/warnings", Whole: list.Whole, Behalf: list.In.Behalf}
	if list.In.Place&actor.Keepers != 0 {
		v.Settings = v.Path + "/settings"
	}
	for _, s := range list.List {
		row := warningRow{toldView: toldOf(say, o, s, true), Subject: s.Subject, Severity: feeds.Severity(s.Severity), Exposures: s.Exposures}
		if list.In.Place&actor.Keepers != 0 {
			row.Recipient = s.Recipient
		}
		v.Rows = append(v.Rows, row)
	}
	if !before.IsZero() {
		v.First = v.Path
	}
	if list.More {
		v.Next = v.Path + "?before=" + list.List[len(list.List)-1].ID.String()
	}
	return p.render(w, r, "warnings", web.Page{Title: say.T("notify.portal.warnings.title"), Data: v})
}

type warningPage struct {
	warningRow
	List, Exposed, Text, Lang string
	Copies                    []copyView
}

// warning shows a message as it was sent.
func (p *portal) warning(w http.ResponseWriter, r *http.Request) error {
	id, err := warningID(r.PathValue("warning"))
	if err != nil {
		return err
	}
	say, o := web.Printer(r), organisation(r)
	s, err := p.n.Warning(r.Context(), o, id)
	if err != nil {
		return err
	}
	base := "/o/" + o.String()
	v := &warningPage{List: base + "/warnings", Exposed: base + "/exposures", Text: s.Text, Lang: s.Language,
		warningRow: warningRow{toldView: toldOf(say, o, s, true), Subject: s.Subject, Severity: feeds.Severity(s.Severity), Exposures: s.Exposures}}
	if actor.From(r.Context()).In.Place&actor.Keepers != 0 {
		v.Recipient = s.Recipient
		for _, c := range s.Copies {
			v.Copies = append(v.Copies, copyView{c.Recipient, c.Behalf, deliveryTag(say, c.State)})
		}
	}
	return p.render(w, r, "warning", web.Page{Title: s.Subject, Data: v})
}
