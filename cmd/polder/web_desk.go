package main

import (
	"context"
	"net/http"

	"polder/directory"
	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/web"
)

// staffRoles are all roles at the centre.
const staffRoles = actor.Administrator | actor.Analyst | actor.Editor | actor.Moderator | actor.CaseHandler | actor.Adviser | actor.Auditor

// deskLines are what domains say that waits for whoever is at the desk: each says only what that
// person may decide on.
type deskLines func(ctx context.Context, tx *db.Tx) ([]directory.Line, error)

// waitingAtDesk returns what waits, by the domains that stand closest to a warning first.
func (a *app) waitingAtDesk() []deskLines {
	return []deskLines{
		a.notify.DeskLines,
		a.outreach.DeskLines,
		a.collect.DeskLines,
		a.footprint.DeskLines,
		a.directory.DeskLines,
		func(ctx context.Context, tx *db.Tx) ([]directory.Line, error) {
			n, err := a.signin.CountLost(ctx, tx)
			if err != nil || n == 0 {
				return nil, err
			}
			return []directory.Line{{Key: "desk.recovery", Count: n, Path: "/desk/recovery"}}, nil
		},
	}
}

type deskLine struct{ Text, Path string }

type deskView struct{ Rows []deskLine }

// deskRoutes makes the first page of the desk: what waits for whoever comes.
func (a *app) deskRoutes(site *web.Site) error {
	pages, err := web.ParseTemplates(deskPages, "templates/desk/home.html")
	if err != nil {
		return err
	}
	asked := a.waitingAtDesk()
	site.Handle("GET /desk", web.Staff(staffRoles), func(w http.ResponseWriter, r *http.Request) error {
		if actor.From(r.Context()).Staff == actor.Auditor { // nothing waits for who only reads the record
			http.Redirect(w, r, "/desk/record", http.StatusSeeOther)
			return nil
		}
		say, v := web.Printer(r), deskView{}
		var lines []directory.Line
		err := a.db.Read(r.Context(), func(tx *db.Tx) error {
			for _, ask := range asked {
				more, err := ask(r.Context(), tx)
				if err != nil {
					return err
				}
				lines = append(lines, more...)
			}
			return nil
		})
		if err != nil {
			return fault.Wrap(fault.KindOf(err), err, "")
		}
		for _, l := range lines {
			text := ""
			if l.Count > 0 {
				text = say.N(l.Key, l.Count, l.Values...)
			} else {
				text = say.T(l.Key, l.Values...)
			}
			v.Rows = append(v.Rows, deskLine{text, l.Path})
		}
		return site.Render(w, r, pages, "home", web.Page{Title: say.T("desk.title"), Wide: true, Data: v})
	})
	site.Entry("/desk", "desk.entry")
	return nil
}
