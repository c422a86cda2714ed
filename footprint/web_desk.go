package footprint

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"polder/directory"
	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/web"
)

// deskOrder is the lists of the desk; staff decide on what is in the first of them.
var deskOrder = []string{"contested", "asked", "corrections", "waiting", "refused", "active"}

var deskToDo = deskOrder[:3]

type deskRow struct {
	row
	Organisation string
	Accepted     bool
}

type correctionRow struct {
	Correction
	Organisation, KindText string
}

type deskPage struct {
	Lists       []choice
	List        string
	ListText    string
	Rows        []deskRow
	Corrections []correctionRow
	Total       int
	Pager       *web.Pager
	Done        string
	Error       string
	Wrong       db.ID // the correction that the error is about
}

// desk lists what staff have to decide on.
func (p *pages) desk(w http.ResponseWriter, r *http.Request) error {
	return p.showDesk(w, r, r.URL.Query().Get("list"), db.ID{}, nil)
}

func (p *pages) showDesk(w http.ResponseWriter, r *http.Request, list string, about db.ID, wrong []web.FieldError) error {
	say, ctx := web.Printer(r), r.Context()
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	page = max(1, min(page, 10_000))
	view := deskPage{Done: doneText(say, r.URL.Query().Get("done"), ""), Wrong: about}
	if len(wrong) > 0 {
		view.Error = wrong[0].Text
	}
	err := p.f.db.Read(ctx, func(tx *db.Tx) error {
		count := map[string]int{}
		for _, name := range deskOrder {
			var err error
			if name == "corrections" {
				count[name], err = countCorrections(ctx, tx)
			} else {
				_, count[name], err = deskClaims(ctx, tx, deskLists[name], 0, 0)
			}
			if err != nil {
				return err
			}
		}
		if list != "corrections" && deskLists[list] == "" { // none chosen: the first where something waits for a decision
			list = "contested"
			if i := slices.IndexFunc(deskToDo, func(name string) bool { return count[name] > 0 }); i >= 0 {
				list = deskToDo[i]
			}
		}
		view.List, view.ListText = list, say.T("footprint.desk.lead_"+list)
		for _, name := range deskOrder {
			number := say.Number(int64(count[name]))
			if count[name] == mostDesk {
				number += "+"
			}
			view.Lists = append(view.Lists, choice{Text: say.T("footprint.desk.list_"+name, "Count", number), URL: "/desk/claims?list=" + name, Current: name == list})
		}
		if list == "corrections" {
			found, err := openCorrections(ctx, tx, 200)
			if err != nil {
				return err
			}
			names, err := namesOf(r, tx, func(yield func(db.ID)) {
				for _, c := range found {
					yield(c.Organisation)
				}
			})
			for _, c := range found {
				view.Corrections = append(view.Corrections, correctionRow{c, names[c.Organisation].Name, say.T("footprint.kind." + c.Kind)})
			}
			view.Total = len(found)
			return err
		}
		found, total, err := deskClaims(ctx, tx, deskLists[list], (page-1)*perPage, perPage)
		if err != nil {
			return err
		}
		names, err := namesOf(r, tx, func(yield func(db.ID)) {
			for _, c := range found {
				yield(c.Organisation)
			}
		})
		for _, c := range found {
			view.Rows = append(view.Rows, deskRow{row: rowOf(say, c, "/desk/claims/"+c.ID.String()), Organisation: names[c.Organisation].Name})
		}
		view.Total = total
		if total > perPage {
			view.Pager = &web.Pager{First: (page-1)*perPage + 1, Last: (page-1)*perPage + len(found), Total: total}
			at := func(n int) string { return "/desk/claims?list=" + list + "&page=" + strconv.Itoa(n) }
			if page > 1 {
				view.Pager.Previous = at(page - 1)
			}
			if view.Pager.Last < total && len(found) > 0 {
				view.Pager.Next = at(page + 1)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	return p.render(w, r, "claims", web.Page{Title: say.T("footprint.desk.title"), Wide: true, Errors: wrong, Data: view})
}

func namesOf(r *http.Request, tx *db.Tx, each func(yield func(db.ID))) (map[db.ID]directory.Organisation, error) {
	var ids []db.ID
	each(func(id db.ID) { ids = append(ids, id) })
	if len(ids) == 0 {
		return nil, nil
	}
	return directory.Get(r.Context(), tx, ids)
}

type deskConflict struct {
	Conflict
	Claimant, Holder, KindText string
	Against                    bool // the claim shown is the later one
	URL                        string
}

type claimPage struct {
	Row                             row
	Organisation                    string
	Reference, Number               string
	Accepted                        bool
	StateText                       string
	Conflicts                       []deskConflict
	Code                            *Code
	Accept, Instead, Refuse, Reopen bool
	Evidence, Reason                web.Field
	Done                            string
	DecidedBy                       string
	Wide, StaffMust, HasInTheWay    bool
}

func (p *pages) deskClaim(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "claim")
	if err != nil {
		return err
	}
	return p.showClaim(w, r, id, nil)
}

func (p *pages) showClaim(w http.ResponseWriter, r *http.Request, id db.ID, wrong []web.FieldError) error {
	say, ctx := web.Printer(r), r.Context()
	var view claimPage
	err := p.f.db.Read(ctx, func(tx *db.Tx) error {
		if !actor.From(ctx).Staff.Any(Deciders) {
			return hidden()
		}
		c, err := claimByID(ctx, tx, id)
		if errors.Is(err, db.ErrNoRows) {
			return hidden()
		}
		if err != nil {
			return err
		}
		conflicts, err := conflictsOf(ctx, tx, c.ID, db.ID{})
		if err != nil {
			return err
		}
		ids := append([]db.ID{c.Organisation}, holders(conflicts)...)
		names, err := directory.Get(ctx, tx, ids)
		if err != nil {
			return err
		}
		o := names[c.Organisation]
		if view.Accepted, err = directory.IsAccepted(ctx, tx, c.Organisation); err != nil {
			return err
		}
		view.Row, view.Organisation, view.Reference, view.Number = rowOf(say, c, ""), o.Name, o.Reference, o.RegistrationNumber
		view.StateText = say.T("footprint.desk_state." + string(c.State))
		view.Wide, view.StaffMust = wide(c), staffMust(c)
		for _, x := range conflicts {
			view.HasInTheWay = view.HasInTheWay || x.Claim == c.ID
			other := x.Asset
			if x.Asset == c.ID {
				other = x.Claim
			}
			view.Conflicts = append(view.Conflicts, deskConflict{x, names[x.Claimant].Name, names[x.Holder].Name, say.T("footprint.kind." + x.Kind), x.Claim == c.ID, "/desk/claims/" + other.String()})
		}
		if k, err := lastCode(ctx, tx, c.ID); err == nil {
			view.Code = &k
		} else if !errors.Is(err, db.ErrNoRows) {
			return err
		}
		view.Accept = c.waiting() || c.State == Contested
		view.Instead = c.State == Contested && view.HasInTheWay
		view.Refuse = c.State != Refused && c.State != Withdrawn && c.State != Expired
		view.Reopen = c.State == Refused
		return nil
	})
	if err != nil {
		return err
	}
	view.Done = doneText(say, r.URL.Query().Get("done"), "")
	text := func(name string) web.Field {
		f := web.Field{Name: name, Type: "textarea", Rows: 3, MaxLength: 2000, Label: say.T("footprint.desk." + name), Hint: say.T("footprint.desk." + name + "_hint"), Value: r.PostFormValue(name)}
		for _, e := range wrong {
			if e.Field == name {
				f.Error = e.Text
			}
		}
		return f
	}
	view.Evidence, view.Reason = text("evidence"), text("reason")
	return p.render(w, r, "claim", web.Page{Title: say.T("footprint.desk.claim_title", "Value", view.Row.ValueText), Errors: wrong, Data: view})
}

func (p *pages) decide(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "claim")
	if err != nil {
		return err
	}
	if err := form(r); err != nil {
		return err
	}
	err = p.f.Decide(r.Context(), id, Decision{Answer: r.PostFormValue("answer"), Evidence: r.PostFormValue("evidence"), Reason: r.PostFormValue("reason"), Seen: r.PostFormValue("seen")})
	if err != nil {
		field := ""
		switch key, _ := fault.Public(err); key {
		case "footprint.error.evidence":
			field = "evidence"
		case "footprint.error.reason":
			field = "reason"
		}
		if wrong := mend(r, err, field); wrong != nil {
			return p.showClaim(w, r, id, wrong)
		}
		return err
	}
	http.Redirect(w, r, "/desk/claims/"+id.String()+"?done=decided", http.StatusSeeOther)
	return nil
}

func (p *pages) closeCorrection(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "correction")
	if err != nil {
		return err
	}
	if err := form(r); err != nil {
		return err
	}
	answer := r.PostFormValue("answer")
	if answer != "keep" && answer != "withdraw" {
		return p.showDesk(w, r, "corrections", id, mend(r, fault.New(fault.Invalid, "footprint.error.answer"), ""))
	}
	if err := p.f.CloseCorrection(r.Context(), id, answer == "withdraw", r.PostFormValue("reason")); err != nil {
		if wrong := mend(r, err, "reason-"+id.String()); wrong != nil {
			return p.showDesk(w, r, "corrections", id, wrong)
		}
		return err
	}
	http.Redirect(w, r, "/desk/claims?list=corrections&done=closed", http.StatusSeeOther)
	return nil
}

type objectionPage struct {
	Objection
	Path string
	Sent bool
}

// showObjection shows what the contact of a network can object to; only the button does.
func (p *pages) showObjection(w http.ResponseWriter, r *http.Request) error {
	o, err := p.f.ObjectionBy(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	say := web.Printer(r)
	title := say.T("footprint.objection.title", "Value", o.Value)
	if o.Done {
		title = say.T("footprint.objection.done_title")
	}
	return p.render(w, r, "objection", web.Page{Title: title, Data: objectionPage{Objection: o, Path: r.URL.Path}})
}

func (p *pages) object(w http.ResponseWriter, r *http.Request) error {
	if err := p.f.Object(r.Context(), r.PathValue("token")); err != nil {
		return err
	}
	http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
	return nil
}
