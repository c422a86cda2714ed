package directory

import (
	"net/http"
	"time"

	"polder/internal/actor"
	"polder/internal/web"
)

type peopleView struct {
	Owner, Accepted bool
	Members         []memberRow
	Invitations     []invitationRow
	Joins           []joinRow
	Mail            web.Field
	Place           selection
}

type memberRow struct {
	Name, Mail, Place, Path string
	Self                    bool
	Since                   time.Time
	Change                  selection
}

type invitationRow struct {
	Mail, Place, Path string
	EndsAt            time.Time
}

type joinRow struct {
	Name, Mail, Path string
	AskedAt          time.Time
	Place            selection
}

func (p *pages) people(w http.ResponseWriter, r *http.Request) error {
	return p.showPeople(w, r, "", "member", nil)
}

func (p *pages) showPeople(w http.ResponseWriter, r *http.Request, mail, place string, bad Wrongs) error {
	say, a := web.Printer(r), actor.From(r.Context())
	all, err := p.d.People(r.Context(), in(r))
	if err != nil {
		return err
	}
	base := "/o/" + in(r).String() + "/people"
	v := peopleView{Owner: a.In.Place == actor.Owner, Accepted: a.In.Accepted,
		Mail:  web.Field{Name: "mail", Type: "email", Label: say.T("directory.people.mail"), Hint: say.T("directory.people.mail_hint"), Value: mail, Error: bad.text(say, "mail"), MaxLength: 254, Required: true},
		Place: placeChoice(say, "place", say.T("directory.people.place"), false, place, bad)}
	for _, m := range all.Members {
		row := memberRow{Name: m.Name, Place: say.T("directory.place." + m.Place.String()), Since: m.Since, Self: m.Account == a.Account, Path: base + "/" + m.Account.String()}
		if v.Owner {
			row.Mail = m.Mail
			row.Change = placeChoice(say, "place-"+m.Account.String(), say.T("directory.people.place_of", "Person", m.Name), true, m.Place.String(), nil)
		}
		v.Members = append(v.Members, row)
	}
	for _, i := range all.Invitations {
		v.Invitations = append(v.Invitations, invitationRow{Mail: i.Mail, Place: say.T("directory.place." + i.Place.String()), EndsAt: i.EndsAt, Path: base + "/invitations/" + i.ID.String()})
	}
	for _, j := range all.Joins {
		v.Joins = append(v.Joins, joinRow{Name: j.Name, Mail: j.Mail, AskedAt: j.AskedAt, Path: base + "/requests/" + j.ID.String(),
			Place: placeChoice(say, "place-"+j.ID.String(), say.T("directory.people.place_of", "Person", j.Name), true, "member", nil)})
	}
	return p.show(w, r, "people", say.T("directory.people.title"), v, bad, true)
}

func (p *pages) invite(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r)
	if err != nil {
		return err
	}
	bad, err := mend(p.d.Invite(r.Context(), in(r), f.Get("mail"), placeOfForm(f.Get("place"))))
	if err != nil {
		return err
	}
	if bad != nil {
		return p.showPeople(w, r, f.Get("mail"), f.Get("place"), bad)
	}
	return back(w, r, "/people", "invited")
}

func (p *pages) setPlace(w http.ResponseWriter, r *http.Request) error {
	account, err := id(r, "account")
	if err != nil {
		return err
	}
	f, err := form(r)
	if err != nil {
		return err
	}
	if err := p.d.SetPlace(r.Context(), in(r), account, placeOfForm(f.Get("place-"+account.String()))); err != nil {
		return err
	}
	if account == actor.From(r.Context()).Account { // what the person is now may not be enough for this page
		return back(w, r, "", "placed")
	}
	return back(w, r, "/people", "placed")
}

func (p *pages) remove(w http.ResponseWriter, r *http.Request) error {
	account, err := id(r, "account")
	if err != nil {
		return err
	}
	if account == actor.From(r.Context()).Account {
		to(w, r, "/o/"+in(r).String()+"/leave", "")
		return nil
	}
	if err := p.d.Remove(r.Context(), in(r), account); err != nil {
		return err
	}
	return back(w, r, "/people", "removed")
}

func (p *pages) withdrawInvitation(w http.ResponseWriter, r *http.Request) error {
	invitation, err := id(r, "invitation")
	if err != nil {
		return err
	}
	if err := p.d.WithdrawInvitation(r.Context(), in(r), invitation); err != nil {
		return err
	}
	return back(w, r, "/people", "withdrawn")
}

func (p *pages) inviteJoin(w http.ResponseWriter, r *http.Request) error {
	join, err := id(r, "request")
	if err != nil {
		return err
	}
	f, err := form(r)
	if err != nil {
		return err
	}
	place := placeOfForm(f.Get("place-" + join.String()))
	if place == 0 {
		place = actor.Delegate // none that can be given, which the verb says once it knows whose request it is
	}
	if err := p.d.AnswerJoin(r.Context(), in(r), join, place); err != nil {
		return err
	}
	return back(w, r, "/people", "invited")
}

func (p *pages) declineJoin(w http.ResponseWriter, r *http.Request) error {
	join, err := id(r, "request")
	if err != nil {
		return err
	}
	if err := p.d.AnswerJoin(r.Context(), in(r), join, 0); err != nil {
		return err
	}
	return back(w, r, "/people", "declined")
}

func (p *pages) askLeave(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, "leave", web.Printer(r).T("directory.leave.title", "Organisation", actor.From(r.Context()).In.Name), nil, nil, false)
}

func (p *pages) leave(w http.ResponseWriter, r *http.Request) error {
	if err := p.d.Leave(r.Context(), in(r)); err != nil {
		return err
	}
	to(w, r, "/organisations", "left")
	return nil
}
