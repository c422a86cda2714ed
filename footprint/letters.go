package footprint

import (
	"context"

	"polder/directory"
	"polder/internal/db"
	"polder/internal/mail"
	"polder/internal/outbox"
)

// tell mails those of the organisation who are told about its assets. what names the messages.
func (f *Footprint) tell(ctx context.Context, tx *db.Tx, c Claim, what string) error {
	p := f.proving
	list, err := p.told(ctx, tx, c.Organisation)
	if err != nil {
		return err
	}
	for _, r := range list {
		say := p.catalog.For(r.Language)
		var l mail.Letter
		l.Subject = say.T("footprint.mail."+what+".subject", "Value", c.Value)
		l.Say(say.T("footprint.mail."+what+".text", "Value", c.Value))
		l.Say(say.T("footprint.mail." + what + ".next"))
		l.Link(p.set.BaseURL + "/o/" + c.Organisation.String() + "/assets/" + c.ID.String())
		if !c.ExpiresAt.IsZero() && (what == "ends_soon" || what == "ends") {
			l.Say(say.T("footprint.mail.until", "Date", say.Date(c.ExpiresAt)))
		}
		if err := p.outbox.Send(ctx, tx, outbox.Letter{To: r.Mail, Printer: say, Purpose: "asset " + what, Organisation: c.Organisation, Letter: l}); err != nil {
			return err
		}
	}
	return nil
}

// tellStaff mails the desk that a claim waits for it.
func (f *Footprint) tellStaff(ctx context.Context, tx *db.Tx, c Claim, what string) error {
	p := f.proving
	if p.set.Desk == "" {
		return nil
	}
	name, err := nameOf(ctx, tx, c.Organisation)
	if err != nil {
		return err
	}
	say := p.catalog.For("nl")
	var l mail.Letter
	l.Subject = say.T("footprint.mail.desk."+what+".subject", "Value", c.Value)
	l.Say(say.T("footprint.mail.desk."+what+".text", "Value", c.Value, "Name", name))
	l.Link(p.set.BaseURL + "/desk/claims/" + c.ID.String())
	return p.outbox.Send(ctx, tx, outbox.Letter{To: p.set.Desk, Printer: say, Purpose: "asset desk " + what, Organisation: c.Organisation, Letter: l})
}

func nameOf(ctx context.Context, tx *db.Tx, organisation db.ID) (string, error) {
	found, err := directory.Get(ctx, tx, []db.ID{organisation})
	return found[organisation].Name, err
}
