package directory

import (
	"context"
	"fmt"
	"strings"
	"time"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/outbox"
	"polder/internal/signin"
)

// letter is one of the mails of the directory: the messages directory.mail.NAME.subject and .text,
// whose paragraphs are apart by an empty line, and a link below.
type letter struct {
	to, lang string
	about    Organisation
	name     string
	link     string // path; "" for none
	values   []any
	until    time.Time
}

// write queues a letter in the caller's transaction.
func (d *Directory) write(ctx context.Context, tx *db.Tx, l letter) error {
	if l.to == "" {
		return nil
	}
	if l.lang == "" {
		l.lang = l.about.Language
	}
	p := d.house.Catalog.For(l.lang)
	values := append([]any{"Organisation", l.about.Name, "Centre", d.house.Settings.Centre}, l.values...)
	for i, v := range values {
		if at, ok := v.(time.Time); ok {
			values[i] = p.Date(at)
		}
		if place, ok := v.(actor.Place); ok {
			values[i] = ""
			if place != 0 {
				values[i] = p.T("directory.place." + place.String())
			}
		}
	}
	out := outbox.Letter{To: l.to, Printer: p, Purpose: l.name, Organisation: l.about.ID, Until: l.until}
	out.Subject = p.T("directory.mail."+l.name+".subject", values...)
	for paragraph := range strings.SplitSeq(p.T("directory.mail."+l.name+".text", values...), "\n\n") {
		out.Say(paragraph)
	}
	if l.link != "" {
		out.Link(strings.TrimSuffix(d.house.Settings.BaseURL, "/") + l.link)
	}
	return d.house.Outbox.Send(ctx, tx, out)
}

// writeAll writes the same letter to several people, each in the language of their own.
func (d *Directory) writeAll(ctx context.Context, tx *db.Tx, people []signin.Account, l letter) error {
	for _, a := range people {
		l.to, l.lang = a.Mail, a.Language
		if err := d.write(ctx, tx, l); err != nil {
			return err
		}
	}
	return nil
}

// tellDesk says that something waits for staff, where the operator wants to be told.
func (d *Directory) tellDesk(ctx context.Context, tx *db.Tx, o Organisation) error {
	return d.write(ctx, tx, letter{to: d.house.Settings.Desk, lang: "nl", about: o, name: "desk", link: "/desk/organisations/" + o.ID.String()})
}

// owners are the people who own the organisation and can sign in.
func (d *Directory) owners(ctx context.Context, tx *db.Tx, organisation db.ID) (list []signin.Account, err error) {
	return peopleOf(ctx, tx, organisation, actor.Owner)
}

// Keepers returns those of an organisation who may change its assets and can sign in, in the caller's
// transaction: for a domain that has something to tell them.
func (d *Directory) Keepers(ctx context.Context, tx *db.Tx, organisation db.ID) ([]signin.Account, error) {
	return peopleOf(ctx, tx, organisation, actor.Keepers)
}

func peopleOf(ctx context.Context, tx *db.Tx, organisation db.ID, places actor.Place) (list []signin.Account, err error) {
	all, err := members(ctx, tx, organisation, mostMembers)
	if err != nil {
		return nil, err
	}
	var ids []db.ID
	for _, m := range all {
		if m.Place&places != 0 {
			ids = append(ids, m.Account)
		}
	}
	accounts, err := signin.Accounts(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if a, ok := accounts[id]; ok && a.State == signin.Active {
			list = append(list, a)
		}
	}
	return list, nil
}

func (d *Directory) record(ctx context.Context, tx *db.Tx, action audit.Action, organisation db.ID, format string, args ...any) error {
	return audit.Append(ctx, tx, audit.Event{At: d.now(), Action: action, Object: "organisation " + organisation.String(),
		Organisation: organisation, Detail: fmt.Sprintf(format, args...)})
}
