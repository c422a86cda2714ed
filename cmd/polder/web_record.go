package main

import (
	"embed"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/i18n"
	"polder/internal/web"
)

//go:embed templates/desk/*.html
var deskPages embed.FS

// recordPage is how many entries stand on a page, and recordPiece how many an export reads at a time.
const (
	recordPage  = 100
	recordPiece = 2000
)

type choice struct {
	Value, Text string
	Chosen      bool
}

type recordRow struct {
	audit.Event
	What                   string
	ByActor, About, OfWhom string // the same entries of this actor, object, organisation
}

// Short leaves of each id in a text its end, and of each hash its beginning, by which one is told from another;
// the whole is a title and in the CSV.
func (recordRow) Short(s string) string {
	return wholeHash.ReplaceAllString(wholeID.ReplaceAllString(s, "…$1"), "$1…")
}

var (
	wholeID   = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-([0-9a-f]{12})`)
	wholeHash = regexp.MustCompile(`([0-9a-f]{12})[0-9a-f]{52}`)
)

type recordView struct {
	Rows                        []recordRow
	Next, First, CSV            string // where the earlier entries are; "" at the end
	Passed                      time.Time
	Narrow                      bool
	Actor, Object, Organisation string
	From, Until                 string
	Actions                     []choice
	Wrong                       map[string]string
	Verified                    *audit.Verification
	VerifiedText                string
	Asked                       bool
	Heads                       []audit.Head
}

// recordForm is what stands in the address of the record.
type recordForm struct {
	search audit.Search
	mark   audit.Mark
	wrong  []web.FieldError
}

func readRecordForm(say *i18n.Printer, q url.Values, zone *time.Location) (f recordForm, err error) {
	text := func(key string) string {
		s := strings.TrimSpace(db.Plain(q.Get(key)))
		return s[:min(len(s), 200)]
	}
	f.search.Actor, f.search.Object = text("actor"), text("object")
	if a := audit.Action(q.Get("action")); slices.Contains(audit.Actions, a) {
		f.search.Action = a
	}
	if s := text("organisation"); s != "" {
		if f.search.Organisation, err = db.ParseID(s); err != nil {
			f.wrong = append(f.wrong, web.FieldError{Field: "organisation", Text: say.T("record.wrong_organisation")})
		}
	}
	day := func(key string) time.Time {
		s := text(key)
		if s == "" {
			return time.Time{}
		}
		at, err := time.ParseInLocation(time.DateOnly, s, zone)
		if err != nil || at.Year() < 2000 || at.Year() > 2200 {
			f.wrong = append(f.wrong, web.FieldError{Field: key, Text: say.T("record.wrong_day")})
			return time.Time{}
		}
		return at
	}
	f.search.From, f.search.Until = day("from"), day("until")
	if !f.search.Until.IsZero() {
		f.search.Until = f.search.Until.AddDate(0, 0, 1) // that day too
	}
	f.mark, err = readMark(q.Get("before"))
	return f, err
}

// recordQuery writes a search as an address.
func recordQuery(s audit.Search, zone *time.Location) url.Values {
	q := url.Values{}
	put := func(k, v string) {
		if v != "" {
			q.Set(k, v)
		}
	}
	put("actor", s.Actor)
	put("object", s.Object)
	put("action", string(s.Action))
	if !s.Organisation.IsZero() {
		put("organisation", s.Organisation.String())
	}
	if !s.From.IsZero() {
		put("from", s.From.In(zone).Format(time.DateOnly))
	}
	if !s.Until.IsZero() {
		put("until", s.Until.In(zone).AddDate(0, 0, -1).Format(time.DateOnly))
	}
	return q
}

// recordRoutes puts the record on the desk, for auditors: who saw or did what, by ids alone. That
// somebody read it stands in the record too.
func (a *app) recordRoutes(site *web.Site) error {
	pages, err := web.ParseTemplates(deskPages, "templates/desk/record.html")
	if err != nil {
		return err
	}
	site.Handle("GET /desk/record", web.Staff(actor.Auditor), func(w http.ResponseWriter, r *http.Request) error {
		return a.showRecord(w, r, site, pages)
	})
	site.Handle("GET /desk/record.csv", web.Staff(actor.Auditor), a.exportRecord)
	site.Handle("POST /desk/record/verify", web.Staff(actor.Auditor), func(w http.ResponseWriter, r *http.Request) error {
		err := a.db.Write(r.Context(), func(tx *db.Tx) error { return a.queue.Insert(r.Context(), tx, verifyArgs{}, time.Time{}) })
		if err != nil {
			return err
		}
		http.Redirect(w, r, "/desk/record?done=verify", http.StatusSeeOther)
		return nil
	})
	site.Entry("/desk/record", "record.title")
	return nil
}

func (a *app) showRecord(w http.ResponseWriter, r *http.Request, site *web.Site, pages *web.Templates) error {
	say, q, ctx := web.Printer(r), r.URL.Query(), r.Context()
	f, err := readRecordForm(say, q, a.set.Location())
	if err != nil && len(f.wrong) == 0 {
		return fault.Wrap(fault.NotFound, err, "web.error.not_found.text")
	}
	v := recordView{Narrow: f.search.Narrow(), Actor: f.search.Actor, Object: f.search.Object, Organisation: strings.TrimSpace(q.Get("organisation")),
		From: q.Get("from"), Until: q.Get("until"), Asked: q.Get("done") == "verify", Wrong: map[string]string{}}
	for _, x := range f.wrong {
		v.Wrong[x.Field] = x.Text
	}
	v.Actions = append(v.Actions, choice{Text: say.T("record.every_action"), Chosen: f.search.Action == ""})
	for _, x := range audit.Actions {
		v.Actions = append(v.Actions, choice{string(x), actionText(say, x), x == f.search.Action})
	}
	err = a.db.Write(ctx, func(tx *db.Tx) error {
		if err := auditing(r); err != nil {
			return err
		}
		if len(f.wrong) == 0 {
			found, err := audit.Before(ctx, tx, f.search, f.mark, recordPage)
			if err != nil {
				return err
			}
			a.fillRecord(&v, say, found, f.search)
		}
		last, ever, err := audit.LastVerification(ctx, tx)
		if err != nil {
			return err
		}
		if ever {
			v.Verified, v.VerifiedText = &last, verifiedText(say, last)
		}
		if v.Heads, err = audit.Heads(ctx, tx, 7); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Event{At: a.now(), Action: audit.Read, Object: "record", Organisation: f.search.Organisation, Detail: strconv.Itoa(len(v.Rows)) + " entries"})
	})
	if err != nil {
		return err
	}
	if !f.mark.At.IsZero() {
		v.First = "/desk/record?" + recordQuery(f.search, a.set.Location()).Encode()
	}
	return site.Render(w, r, pages, "record", web.Page{Title: say.T("record.title"), Wide: true, Errors: f.wrong, Data: v})
}

// auditing tells whether the actor may read the record: the route asks, and this asks again.
func auditing(r *http.Request) error {
	if !actor.From(r.Context()).Staff.Any(actor.Auditor) {
		return fault.Hidden()
	}
	return nil
}

func (a *app) fillRecord(v *recordView, say *i18n.Printer, found audit.Found, s audit.Search) {
	to := func(change func(*audit.Search)) string {
		one := s
		change(&one)
		return "/desk/record?" + recordQuery(one, a.set.Location()).Encode()
	}
	for _, e := range found.Events {
		row := recordRow{Event: e, What: actionText(say, e.Action),
			ByActor: to(func(s *audit.Search) { s.Actor = e.Actor }), About: to(func(s *audit.Search) { s.Object = e.Object })}
		if !e.Organisation.IsZero() {
			row.OfWhom = to(func(s *audit.Search) { s.Organisation = e.Organisation })
		}
		v.Rows = append(v.Rows, row)
	}
	q := recordQuery(s, a.set.Location())
	v.CSV = "/desk/record.csv?" + q.Encode()
	if found.Next != nil {
		q.Set("before", fmt.Sprintf("%d.%s", found.Next.At.UnixMicro(), found.Next.ID))
		v.Next = "/desk/record?" + q.Encode()
		if found.Passed {
			v.Passed = found.Next.At
		}
	}
}

// actionText says what was done; what has no words of its own stands as it is recorded.
func actionText(say *i18n.Printer, a audit.Action) string {
	if id := "record.action_" + string(a); say.Has(id) {
		return say.T(id)
	}
	return string(a)
}

func verifiedText(say *i18n.Printer, v audit.Verification) string {
	text := say.T("record.verified_whole", "Entries", say.Number(v.Entries), "Heads", say.Number(v.Heads))
	if !v.OK() {
		text = say.T("record.verified_"+string(v.Wrong), "Detail", v.Detail, "Seq", say.Number(v.Seq))
	}
	if v.Late > 0 {
		text += " " + say.N("record.verified_late", int(v.Late))
	}
	return text
}

// exportRecord streams the entries that fit as CSV. That it was exported is in the record before the
// first entry goes out.
func (a *app) exportRecord(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := readRecordForm(web.Printer(r), r.URL.Query(), a.set.Location())
	if err != nil || len(f.wrong) > 0 {
		return fault.Hidden()
	}
	err = a.db.Write(ctx, func(tx *db.Tx) error {
		if err := auditing(r); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Event{At: a.now(), Action: audit.Export, Object: "record", Organisation: f.search.Organisation,
			Detail: "csv " + cutTo(recordQuery(f.search, a.set.Location()).Encode(), 300)})
	})
	if err != nil {
		return err
	}
	header := []string{"at", "actor", "action", "object", "organisation", "detail", "id"}
	return web.CSV(w, "polder-record.csv", header, func(row func(...string) error) error {
		for m := (audit.Mark{}); ; {
			var found audit.Found
			err := a.db.Read(ctx, func(tx *db.Tx) (err error) { found, err = audit.Before(ctx, tx, f.search, m, recordPiece); return err })
			if err != nil {
				return err
			}
			for _, e := range found.Events {
				organisation := ""
				if !e.Organisation.IsZero() {
					organisation = e.Organisation.String()
				}
				if err := row(e.At.Format(time.RFC3339Nano), e.Actor, string(e.Action), e.Object, organisation, e.Detail, e.ID.String()); err != nil {
					return err
				}
			}
			if found.Next == nil {
				return nil
			}
			m = *found.Next
		}
	})
}

func cutTo(s string, n int) string { return s[:min(len(s), n)] }

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
