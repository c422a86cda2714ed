package main

import (
	"embed"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/web"
)

//go:embed templates/desk/*.html
var deskPages embed.FS

// recordPage is how many entries stand on a page.
const recordPage = 100

type recordView struct {
	Rows []audit.Event
	Next string // where the earlier entries are; "" at the end
}

// recordRoutes puts the record on the desk, for auditors: who saw or did what, by ids alone. That
// somebody read it stands in the record too.
func (a *app) recordRoutes(site *web.Site) error {
	pages, err := web.ParseTemplates(deskPages, "templates/desk/record.html")
	if err != nil {
		return err
	}
	site.Handle("GET /desk/record", web.Staff(actor.Auditor), func(w http.ResponseWriter, r *http.Request) error {
		before, err := readMark(r.URL.Query().Get("before"))
		if err != nil {
			return fault.Wrap(fault.NotFound, err, "web.error.not_found.text")
		}
		var v recordView
		var last audit.Mark
		err = a.db.Write(r.Context(), func(tx *db.Tx) error {
			if v.Rows, last, err = audit.Before(r.Context(), tx, before, recordPage); err != nil {
				return err
			}
			return audit.Append(r.Context(), tx, audit.Event{At: a.now(), Action: audit.Read, Object: "record", Detail: strconv.Itoa(len(v.Rows)) + " entries"})
		})
		if err != nil {
			return err
		}
		if len(v.Rows) == recordPage {
			v.Next = "/desk/record?" + url.Values{"before": {fmt.Sprintf("%d.%s", last.At.UnixMicro(), last.ID)}}.Encode()
		}
		return site.Render(w, r, pages, "record", web.Page{Title: web.Printer(r).T("record.title"), Wide: true, Data: v})
	})
	site.Entry("/desk/record", "record.title")
	return nil
}

// readMark reads the mark in an address; "" is the end of the record.
func readMark(s string) (m audit.Mark, err error) {
	if s == "" {
		return m, nil
	}
	at, id, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return m, err
	}
	m.At = time.UnixMicro(n).UTC()
	m.ID, err = db.ParseID(id)
	return m, err
}
