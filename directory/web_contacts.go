package directory

import (
	"net/http"
	"strings"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/web"
)

type contactsView struct {
	Keeper   bool
	Contacts []contactRow
	Verified bool // there is one that is mailed
	Email    web.Field
	Purpose  selection
}

type contactRow struct {
	Email, Purpose, Path string
	State                web.Status
	VerifiedAt           time.Time
	Verified, Main       bool
	ByOperator           bool
	Code                 web.Field
}

func (p *pages) contacts(w http.ResponseWriter, r *http.Request) error {
	return p.showContacts(w, r, "", Purposes[0], nil)
}

func (p *pages) showContacts(w http.ResponseWriter, r *http.Request, email, purpose string, bad Wrongs) error {
	say := web.Printer(r)
	list, err := p.d.Contacts(r.Context(), in(r))
	if err != nil {
		return err
	}
	v := contactsView{Keeper: actor.From(r.Context()).In.Place&actor.Keepers != 0,
		Email: web.Field{Name: "email", Type: "email", Label: say.T("directory.contacts.email"), Hint: say.T("directory.contacts.email_hint"), Value: email, Error: bad.text(say, "email"), MaxLength: 254, Required: true}}
	var options []option
	for _, x := range Purposes {
		options = append(options, option{Value: x, Label: say.T("directory.purpose." + x)})
	}
	v.Purpose = selection{Name: "purpose", Label: say.T("directory.contacts.purpose"), Options: chosen(options, purpose), Error: bad.text(say, "purpose")}
	for _, c := range list {
		name := "code-" + c.ID.String()
		row := contactRow{Email: c.Email, Purpose: say.T("directory.purpose." + c.Purpose), Path: "/o/" + in(r).String() + "/contacts/" + c.ID.String(),
			Verified: !c.VerifiedAt.IsZero(), VerifiedAt: c.VerifiedAt, Main: c.Main, ByOperator: c.ByOperator,
			Code: web.Field{Name: name, Label: say.T("directory.contacts.code", "Address", c.Email), Hint: say.T("directory.contacts.code_hint"), Error: bad.text(say, name), MaxLength: 12, Autocomplete: "one-time-code", Required: true}}
		row.State = web.Status{Kind: "open", Text: say.T("directory.contacts.not_verified")}
		switch {
		case c.Main:
			row.State = web.Status{Kind: "done", Text: say.T("directory.contacts.main")}
			v.Verified = true
		case row.Verified:
			row.State = web.Status{Kind: "muted", Text: say.T("directory.contacts.verified")}
		}
		v.Contacts = append(v.Contacts, row)
	}
	return p.show(w, r, "contacts", say.T("directory.contacts.title"), v, bad, false)
}

func (p *pages) addContact(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r)
	if err != nil {
		return err
	}
	bad, err := mend(p.d.AddContact(r.Context(), in(r), f.Get("purpose"), f.Get("email")))
	if err != nil {
		return err
	}
	if bad != nil {
		return p.showContacts(w, r, f.Get("email"), f.Get("purpose"), bad)
	}
	return back(w, r, "/contacts", "code")
}

func (p *pages) sendCode(w http.ResponseWriter, r *http.Request) error {
	return p.contactAct(w, r, "code", func(contact db.ID) error { return p.d.SendCode(r.Context(), in(r), contact) })
}

func (p *pages) makeMain(w http.ResponseWriter, r *http.Request) error {
	return p.contactAct(w, r, "main", func(contact db.ID) error { return p.d.MakeMain(r.Context(), in(r), contact) })
}

func (p *pages) verify(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r)
	if err != nil {
		return err
	}
	return p.contactAct(w, r, "verified", func(contact db.ID) error {
		return p.d.Verify(r.Context(), in(r), contact, f.Get("code-"+contact.String()))
	})
}

// contactAct does something to the contact that the path names, and leads back to the list.
func (p *pages) contactAct(w http.ResponseWriter, r *http.Request, done string, act func(contact db.ID) error) error {
	contact, err := id(r, "contact")
	if err != nil {
		return err
	}
	bad, err := mend(act(contact))
	if err != nil {
		return err
	}
	if bad != nil {
		return p.showContacts(w, r, "", Purposes[0], bad)
	}
	return back(w, r, "/contacts", done)
}

type removeContactView struct {
	Email, Path string
	Last, Main  bool
}

// askRemoveContact shows what removing a contact means.
func (p *pages) askRemoveContact(w http.ResponseWriter, r *http.Request) error {
	contact, err := id(r, "contact")
	if err != nil {
		return err
	}
	list, err := p.d.Contacts(r.Context(), in(r))
	if err != nil {
		return err
	}
	for _, c := range list {
		if c.ID == contact {
			return p.show(w, r, "contact_remove", web.Printer(r).T("directory.contacts.remove_title"),
				removeContactView{Email: c.Email, Path: strings.TrimSuffix(r.URL.Path, "/remove"), Last: LastContact(list, c), Main: c.Main}, nil, false)
		}
	}
	return hidden()
}

func (p *pages) removeContact(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r)
	if err != nil {
		return err
	}
	contact, err := id(r, "contact")
	if err != nil {
		return err
	}
	err = p.d.RemoveContact(r.Context(), in(r), contact, f.Get("last") == "1")
	if fault.KindOf(err) == fault.Conflict {
		to(w, r, r.URL.Path, "")
		return nil
	}
	if err != nil {
		return err
	}
	return back(w, r, "/contacts", "contact_removed")
}
