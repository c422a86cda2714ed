package footprint

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"polder/directory"
	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/i18n"
	"polder/internal/web"
)

const perPage = 50

// row is one asset in a list, in words.
type row struct {
	Claim
	URL, KindText, ValueText string
	Status                   web.Status
	MethodText               string
	Question                 bool // a correction or a claim of another is open
}

func rowOf(say *i18n.Printer, c Claim, path string) row {
	value := c.Value
	if c.Kind == Product {
		value = ParseProduct(c.Value).Words()
	}
	return row{Claim: c, URL: path, KindText: say.T("footprint.kind." + c.Kind.String()), ValueText: value,
		Status: statusOf(say, c.State), MethodText: methodText(say, c)}
}

func statusOf(say *i18n.Printer, s State) web.Status {
	kind := map[State]string{Pending: "open", Shown: "busy", Active: "done", Contested: "alarm", Refused: "muted", Unproven: "alarm", Expired: "open", Withdrawn: "muted"}[s]
	return web.Status{Kind: kind, Text: say.T("footprint.state." + string(s))}
}

func methodText(say *i18n.Printer, c Claim) string {
	if c.Method == "" {
		return say.T("footprint.method.none")
	}
	return say.T("footprint.method." + string(c.Method))
}

type choice struct {
	Text, URL, Value string
	Current          bool
}

type listPage struct {
	Path           string
	Rows           []row
	States         []choice
	Kinds          []choice
	State, Find    string
	Total          int
	Pager          *web.Pager
	CanAct, Any    bool
	Waiting, Lines int
	Done           string
}

// list shows the assets of an organisation, as far as the actor's mandate covers them.
func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	say, o := web.Printer(r), organisation(r)
	q := r.URL.Query()
	filter := Filter{Find: cut(q.Get("find"), 100)}
	for _, s := range States {
		if string(s) == q.Get("state") {
			filter.State = s
		}
	}
	filter.Kind, _ = ParseKind(q.Get("kind"))
	page, _ := strconv.Atoi(q.Get("page"))
	page = max(1, min(page, 10_000))
	view := listPage{Path: "/o/" + o.String() + "/assets", State: string(filter.State), Find: filter.Find, CanAct: canAct(r), Done: doneText(say, q.Get("done"), q.Get("n"))}
	err := p.f.db.Read(r.Context(), func(tx *db.Tx) error {
		in, err := directory.May(r.Context(), tx, o, actor.Anybody, false, p.f.now())
		if err != nil {
			return err
		}
		if filter.Every, filter.Only, err = directory.Covered(r.Context(), tx, in.Mandate); err != nil {
			return err
		}
		list, total, err := listClaims(r.Context(), tx, o, filter, (page-1)*perPage, perPage)
		if err != nil {
			return err
		}
		counts, err := countClaims(r.Context(), tx, o, Filter{Every: filter.Every, Only: filter.Only})
		if err != nil {
			return err
		}
		questions, err := correctionsOf(r.Context(), tx, o)
		if err != nil {
			return err
		}
		contested, err := conflictsAt(r.Context(), tx, o)
		if err != nil {
			return err
		}
		for _, c := range list {
			x := rowOf(say, c, view.Path+"/"+c.ID.String())
			_, open := questions[c.ID]
			x.Question = open || contested[c.ID]
			view.Rows = append(view.Rows, x)
		}
		view.Total = total
		view.states(say, counts, filter)
		view.pager(page, len(list), filter)
		return nil
	})
	if err != nil {
		return err
	}
	for _, k := range []Kind{0, Prefix, ASN, Domain, Product} {
		text := say.T("footprint.list.every_kind")
		if k != 0 {
			text = say.T("footprint.kinds." + k.String())
		}
		view.Kinds = append(view.Kinds, choice{Text: text, Value: k.String(), Current: k == filter.Kind})
	}
	return p.render(w, r, "assets", web.Page{Title: say.T("footprint.list.title"), Wide: true, Data: view})
}

func (v *listPage) states(say *i18n.Printer, counts map[State]int, f Filter) {
	all := 0
	for s, n := range counts {
		if s != Withdrawn {
			all += n
		}
	}
	v.Any, v.Waiting = all+counts[Withdrawn] > 0, counts[Pending]+counts[Unproven]
	v.States = append(v.States, choice{Text: say.T("footprint.list.every_state", "Count", say.Number(int64(all))), URL: v.Path, Current: f.State == ""})
	for _, s := range States {
		if counts[s] > 0 || f.State == s {
			v.States = append(v.States, choice{Text: say.T("footprint.list.state_count", "State", say.T("footprint.state."+string(s)), "Count", say.Number(int64(counts[s]))),
				URL: v.Path + "?state=" + string(s), Current: f.State == s})
		}
	}
}

func (v *listPage) pager(page, shown int, f Filter) {
	if v.Total <= perPage && page == 1 {
		return
	}
	at := func(n int) string {
		q := url.Values{"page": {strconv.Itoa(n)}}
		for k, s := range map[string]string{"state": string(f.State), "kind": f.Kind.String(), "find": f.Find} {
			if s != "" {
				q.Set(k, s)
			}
		}
		return v.Path + "?" + q.Encode()
	}
	v.Pager = &web.Pager{First: (page-1)*perPage + 1, Last: (page-1)*perPage + shown, Total: v.Total}
	if page > 1 {
		v.Pager.Previous = at(page - 1)
	}
	if v.Pager.Last < v.Total && shown > 0 {
		v.Pager.Next = at(page + 1)
	}
}

func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}

var doneWords = map[string]bool{"registered": true, "look": true, "route": true, "ask-code": true, "code": true, "plea": true, "confirm": true, "withdraw": true, "ours": true, "named": true, "decided": true, "closed": true}

func doneText(say *i18n.Printer, done, n string) string {
	if done == "list" {
		count, _ := strconv.Atoi(n)
		return say.N("footprint.done.lines", max(0, min(count, mostAtOnce)))
	}
	if !doneWords[done] {
		return ""
	}
	return say.T("footprint.done." + done)
}

// conflictView is a conflict as one of its sides may see it.
type conflictView struct {
	Value, Other string // Other is the name, only when both agree
	Mine         bool   // the actor's organisation is the later one
	Named        bool   // the actor's organisation agrees
}

type assetPage struct {
	Row         row
	Path        string
	CanAct      bool
	Done        string
	StateText   string
	Outcome     string
	Product     ProductOf
	Proof       string
	Challenge   string
	File        string
	Looking     string
	Single      bool
	Wide        bool
	Waiting     bool
	Code        *Code
	CodeOpen    bool
	TriesLeft   int
	Correction  *Correction
	Conflicts   []conflictView
	RouteName   string
	Routes      bool // a domain of the organisation is active, so that a route is possible
	CodeError   string
	RouteError  string
	PleaError   string
	Plea        string
	Pleaded     bool // staff have it
	Confirmable bool
	Imported    bool
	Offers      []string // addresses that the domain leads to and that are not registered
}

// show shows one asset: how it stands, and what to do next.
func (p *pages) show(w http.ResponseWriter, r *http.Request) error {
	asset, err := pathID(r, "asset")
	if err != nil {
		return err
	}
	return p.showAsset(w, r, asset, nil)
}

func (p *pages) showAsset(w http.ResponseWriter, r *http.Request, asset db.ID, wrong []web.FieldError) error {
	say, o := web.Printer(r), organisation(r)
	view := assetPage{Path: "/o/" + o.String() + "/assets", CanAct: canAct(r), Done: doneText(say, r.URL.Query().Get("done"), "")}
	err := p.f.db.Read(r.Context(), func(tx *db.Tx) error {
		if _, err := p.f.may(r.Context(), tx, o, asset, false); err != nil {
			return err
		}
		c, err := claimOf(r.Context(), tx, o, asset)
		if errors.Is(err, db.ErrNoRows) {
			return hidden()
		}
		if err != nil {
			return err
		}
		view.fill(say, p.f, c)
		return p.more(r, tx, o, c, &view)
	})
	if err != nil {
		return err
	}
	for _, e := range wrong {
		switch e.Field {
		case "code":
			view.CodeError = e.Text
		case "name":
			view.RouteError, view.RouteName = e.Text, cut(r.PostFormValue("name"), 253)
		case "plea":
			view.PleaError, view.Plea = e.Text, r.PostFormValue("plea")
		}
	}
	return p.render(w, r, "asset", web.Page{Title: view.Row.ValueText, Errors: wrong, Data: view})
}

func (v *assetPage) fill(say *i18n.Printer, f *Footprint, c Claim) {
	v.Row = rowOf(say, c, v.Path+"/"+c.ID.String())
	v.StateText = say.T("footprint.state_text." + string(c.State))
	if c.Outcome != "" {
		v.Outcome = say.T(c.Outcome)
	}
	v.Waiting, v.Wide, v.Imported = c.waiting(), wide(c), c.Method == ByOperatorsImport
	_, v.Single = single(c)
	v.Confirmable = c.holds() && !v.Imported || c.State == Expired
	v.Plea, v.Pleaded = c.Plea, c.Plea != ""
	if c.Asked != "" && c.waiting() {
		v.Looking = say.T("footprint.looking." + c.Asked)
	}
	switch c.Kind {
	case Product:
		v.Product = ParseProduct(c.Value)
	case Domain:
		v.Proof, v.Challenge, v.File = f.proving.proof(c), ChallengeLabel+c.Value, "https://"+c.Value+ProofFile
	case Prefix:
		v.Proof, v.RouteName = f.proving.proof(c), c.Via
	}
}

// more reads what belongs to the asset.
func (p *pages) more(r *http.Request, tx *db.Tx, o db.ID, c Claim, v *assetPage) error {
	ctx := r.Context()
	k, err := lastCode(ctx, tx, c.ID)
	if err == nil && !k.SentAt.Before(c.RegisteredAt) {
		v.Code, v.CodeOpen, v.TriesLeft = &k, !k.Used && !k.Objected && p.f.now().Before(k.EndsAt) && k.Tries < mostTries, mostTries-k.Tries
	} else if err != nil && !errors.Is(err, db.ErrNoRows) {
		return err
	}
	corrections, err := correctionsOf(ctx, tx, o)
	if err != nil {
		return err
	}
	if x, ok := corrections[c.ID]; ok {
		v.Correction = &x
	}
	if v.Single && v.Waiting {
		every, only, err := directory.Covered(ctx, tx, actor.From(ctx).In.Mandate)
		if err != nil {
			return err
		}
		domains, _, err := listClaims(ctx, tx, o, Filter{Every: every, Only: only, Kind: Domain, State: Active}, 0, 1)
		if err != nil {
			return err
		}
		if v.Routes = len(domains) > 0; v.Routes && v.RouteName == "" {
			v.RouteName = domains[0].Value
		}
	}
	if c.State == Active && c.Role == Owner && v.CanAct {
		for _, address := range strings.Fields(c.Leads) {
			p, err := ParsePrefix(address)
			if err != nil {
				continue
			}
			found, have, err := claimFor(ctx, tx, o, Prefix, p.String())
			if err != nil {
				return err
			}
			if !have || found.State == Withdrawn || found.State == Expired {
				v.Offers = append(v.Offers, address)
			}
		}
	}
	conflicts, err := conflictsOf(ctx, tx, c.ID, o)
	if err != nil {
		return err
	}
	for _, x := range conflicts {
		view := conflictView{Mine: x.Claimant == o, Named: x.HolderNamed}
		other := x.Claimant
		if view.Mine {
			view.Named, other = x.ClaimantNamed, x.Holder
		}
		if x.ClaimantNamed && x.HolderNamed {
			if view.Other, err = nameOf(ctx, tx, other); err != nil {
				return err
			}
		}
		v.Conflicts = append(v.Conflicts, view)
	}
	return nil
}

// field is the input that an act's error is about.
var actField = map[string]string{"code": "code", "route": "name", "plea": "plea"}

// act runs a verb on an asset and shows the asset again.
func (p *pages) act(name string, fn func(r *http.Request, organisation, asset db.ID) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		asset, err := pathID(r, "asset")
		if err != nil {
			return err
		}
		if err := form(r); err != nil {
			return err
		}
		if err := fn(r, organisation(r), asset); err != nil {
			if wrong := mend(r, err, actField[name]); wrong != nil && fault.KindOf(err) != fault.Denied {
				return p.showAsset(w, r, asset, wrong)
			}
			return err
		}
		http.Redirect(w, r, "/o/"+organisation(r).String()+"/assets/"+asset.String()+"?done="+name, http.StatusSeeOther)
		return nil
	}
}
