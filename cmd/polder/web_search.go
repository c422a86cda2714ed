package main

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"polder/directory"
	"polder/footprint"
	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/i18n"
	"polder/internal/web"
	"polder/notify"
)

const (
	searchShown = 20  // of each sort
	mostSearch  = 200 // bytes of what is asked
)

// askedKind tells what was typed: "address", "range", "asn", "vulnerability", "reference", "checksum", "name" (of a domain or a host), or
// "words".
func askedKind(q string) string {
	if _, err := netip.ParseAddr(q); err == nil {
		return "address"
	}
	if _, err := netip.ParsePrefix(q); err == nil {
		return "range"
	}
	if asnForm.MatchString(q) {
		return "asn"
	}
	if cveForm.MatchString(q) {
		return "vulnerability"
	}
	if _, ok := notify.ParseReference(q); ok {
		return "reference"
	}
	if hashForm.MatchString(q) && strings.Trim(q, "0123456789") != "" {
		return "checksum"
	}
	if name, ok := footprint.Normal(strings.ToLower(q)); ok && strings.Contains(name, ".") && strings.Trim(name, "0123456789.") != "" {
		return "name"
	}
	return "words"
}

var (
	asnForm  = regexp.MustCompile(`^(?i)AS ?[0-9]{1,10}$`)
	cveForm  = regexp.MustCompile(`^(?i)CVE-[0-9]{4}-[0-9]{4,7}$`)
	hashForm = regexp.MustCompile(`^(?i)[0-9a-f]{8,64}$`)
)

// found is what a search found, of each sort at most one more than searchShown.
type found struct {
	organisations []directory.Organisation
	assets        []footprint.FoundAsset
	exposures     []notify.Exposure
	reports       []*notify.Report
	messages      []notify.Sent
	names         map[db.ID]directory.Organisation
}

// search asks each domain what can match what was typed, as far as the role goes, and records what
// sort of thing was looked for and whose data were shown, never the words.
func (a *app) search(ctx context.Context, q string) (f found, kind string, err error) {
	kind = askedKind(q)
	is := func(kinds ...string) bool { return slices.Contains(kinds, kind) }
	staff := actor.From(ctx).Staff
	const most = searchShown + 1
	err = a.db.Read(ctx, func(tx *db.Tx) error {
		if is("words", "name", "checksum") {
			if f.organisations, err = a.directory.Find(ctx, tx, q, most); err != nil {
				return err
			}
		}
		if staff.Any(actor.Analyst|actor.Adviser) && is("address", "range", "asn", "name") {
			if f.assets, err = a.footprint.Find(ctx, tx, strings.ReplaceAll(q, " ", ""), most); err != nil {
				return err
			}
		}
		if staff.Any(actor.Analyst) {
			if is("address", "range", "name", "vulnerability") {
				if f.exposures, err = a.notify.FindExposures(ctx, tx, q, most); err != nil {
					return err
				}
			}
			if is("words", "checksum", "name") {
				if f.reports, err = a.notify.FindReports(ctx, tx, q, most); err != nil {
					return err
				}
			}
			if is("reference") {
				if f.messages, err = a.notify.FindMessage(ctx, tx, q); err != nil {
					return err
				}
			}
		}
		var ids []db.ID
		for _, x := range f.assets {
			ids = append(ids, x.Organisation)
		}
		for _, x := range f.exposures {
			ids = append(ids, x.Organisation)
		}
		for _, x := range f.messages {
			ids = append(ids, x.Organisation)
		}
		slices.SortFunc(ids, func(a, b db.ID) int { return slices.Compare(a[:], b[:]) })
		f.names, err = directory.Get(ctx, tx, slices.Compact(ids))
		return err
	})
	if err != nil {
		return f, kind, err
	}
	return f, kind, a.db.Write(ctx, func(tx *db.Tx) error {
		detail := kind + ": " + strconv.Itoa(len(f.organisations)) + " organisations, " + strconv.Itoa(len(f.assets)) + " assets, " +
			strconv.Itoa(len(f.exposures)) + " exposures, " + strconv.Itoa(len(f.reports)) + " reports, " + strconv.Itoa(len(f.messages)) + " messages"
		if err := audit.Append(ctx, tx, audit.Event{At: a.now(), Action: audit.Read, Object: "search", Detail: detail}); err != nil {
			return err
		}
		for id := range f.names { // whose data were shown
			if err := audit.Append(ctx, tx, audit.Event{At: a.now(), Action: audit.Read, Object: "search", Organisation: id, Detail: kind}); err != nil {
				return err
			}
		}
		return nil
	})
}

type searchView struct {
	Query  web.Field
	Asked  bool
	As     string // what we took it for
	Groups []searchGroup
}

type searchGroup struct {
	ID, Title, Count string
	Rows             []searchRow
}

type searchRow struct {
	Path, Text, About, More string
	AboutPath               string // where one goes on with the organisation
	Mono                    bool
	State                   web.Status
}

// searchRoutes puts the search on the desk: one box for all that staff may look for.
func (a *app) searchRoutes(site *web.Site) error {
	pages, err := web.ParseTemplates(deskPages, "templates/desk/search.html")
	if err != nil {
		return err
	}
	site.Handle("GET /desk/search", web.Staff(actor.Analyst|actor.Adviser|actor.CaseHandler), func(w http.ResponseWriter, r *http.Request) error {
		say := web.Printer(r)
		q := strings.Join(strings.Fields(db.Plain(r.URL.Query().Get("q"))), " ")
		q = strings.NewReplacer("[.]", ".", "hxxp", "http").Replace(q)
		if len(q) > mostSearch {
			q = strings.ToValidUTF8(q[:mostSearch], "")
		}
		v := searchView{Asked: q != "", Query: web.Field{Name: "q", Type: "search", Label: say.T("search.label"), Hint: say.T("search.hint"), Value: q, MaxLength: mostSearch}}
		staff := actor.From(r.Context()).Staff
		if v.Asked {
			f, kind, err := a.search(r.Context(), q)
			if err != nil {
				return err
			}
			v.As, v.Groups = say.T("search.as."+kind), f.groups(say, staff, detailOf(site, "/desk/reports/{"))
		}
		title := say.T("search.title")
		if v.Asked {
			title = say.T("search.title_for", "Query", q)
		}
		return site.Render(w, r, pages, "search", web.Page{Title: title, Wide: true, Data: v})
	})
	site.Entry("/desk/search", "search.title")
	return nil
}

// detailOf tells whether the site has pages below an address.
func detailOf(site *web.Site, prefix string) bool {
	return slices.ContainsFunc(site.Routes(), func(r web.Route) bool { return strings.HasPrefix(r.Pattern, "GET "+prefix) })
}

func (f found) groups(say *i18n.Printer, staff actor.Roles, reportPages bool) (list []searchGroup) {
	add := func(id string, rows []searchRow) {
		if len(rows) == 0 {
			return
		}
		g := searchGroup{ID: id, Title: say.T("search.group." + id), Rows: rows, Count: say.N("search.count", len(rows))}
		if len(rows) > searchShown {
			g.Rows, g.Count = rows[:searchShown], say.T("search.more_than", "Count", searchShown)
		}
		list = append(list, g)
	}
	organisation := func(id db.ID) string {
		if o := f.names[id]; o.Name != "" {
			return o.Name
		}
		return f.names[id].Reference
	}
	// whatWent is what an organisation was told, which is where an analyst goes on; its own page is for advisers.
	whatWent := func(o directory.Organisation, kind string) string {
		if !staff.Any(actor.Analyst) || o.Reference == "" {
			return ""
		}
		q := url.Values{"list": {"sent"}, "organisation": {o.Reference}}
		if kind != "" {
			q.Set("type", kind)
		}
		return "/desk/outgoing?" + q.Encode()
	}
	goOn := func(o directory.Organisation) string {
		if staff.Any(actor.Adviser) && !o.ID.IsZero() {
			return "/desk/organisations/" + o.ID.String()
		}
		return whatWent(o, "")
	}
	var rows []searchRow
	for _, m := range f.messages {
		rows = append(rows, searchRow{Path: "/desk/outgoing/" + m.ID.String(), Text: m.Reference, Mono: true, About: organisation(m.Organisation),
			AboutPath: goOn(f.names[m.Organisation]), More: say.Date(m.CreatedAt)})
	}
	add("messages", rows)
	rows = nil
	for _, o := range f.organisations {
		row := searchRow{Text: o.Name, About: o.Reference, More: o.RegistrationNumber, State: directory.StateTag(say, o.State)}
		if row.Text == "" {
			row.Text = o.Reference
		}
		row.Path = goOn(o)
		rows = append(rows, row)
	}
	add("organisations", rows)
	rows = nil
	for _, x := range f.assets {
		row := searchRow{Text: x.Value, Mono: true, About: organisation(x.Organisation), AboutPath: goOn(f.names[x.Organisation]), More: say.T("footprint.state." + string(x.State))}
		if x.Claimed {
			row.Path = "/desk/claims/" + x.ID.String()
		}
		rows = append(rows, row)
	}
	add("assets", rows)
	rows = nil
	for _, e := range f.exposures {
		rows = append(rows, searchRow{Path: whatWent(f.names[e.Organisation], e.Type), Text: strings.TrimSpace(e.Subject() + " " + e.Vulnerability), Mono: true, About: organisation(e.Organisation),
			AboutPath: goOn(f.names[e.Organisation]), More: e.Type + ", " + say.Date(e.LastSeen),
			State: notify.StateTag(say, e)})
	}
	add("exposures", rows)
	rows = nil
	for _, x := range f.reports {
		row := searchRow{Text: x.Name, Mono: true, About: x.Source, More: say.Date(x.ReceivedAt)}
		if reportPages {
			row.Path = "/desk/reports/" + x.ID.String()
		}
		rows = append(rows, row)
	}
	add("reports", rows)
	return list
}
