package directory

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
)

// Note is one thing that staff or the organisation said about its registration.
type Note struct {
	ID, Organisation, Account db.ID
	Kind                      string // "question", "answer", "accepted", "refused", "changed", "unchanged"
	Text                      string
	At                        time.Time
}

const mostText = 2000 // characters of a question, an answer or a reason

// said checks what somebody writes.
func said(s string, required bool) (string, error) {
	s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
	switch {
	case s == "" && required:
		return s, wrong("text", "directory.wrong.text_empty")
	case !utf8.ValidString(s) || utf8.RuneCountInString(s) > mostText:
		return s, wrong("text", "directory.wrong.text_long")
	}
	return s, nil
}

// adviser tells whether the actor may decide about the organisation: staff with that role who do
// not belong to it.
func (d *Directory) adviser(ctx context.Context, tx *db.Tx, organisation db.ID) error {
	a := actor.From(ctx)
	if a.Account.IsZero() || !a.Staff.Any(actor.Adviser) {
		return hidden()
	}
	if place, err := placeOfMember(ctx, tx, organisation, a.Account); err == nil && place != 0 {
		return fault.New(fault.Denied, "directory.desk.own")
	}
	return nil
}

// Seen stands for what staff see of an organisation when they decide about it: its owner may change
// that until they do.
func (o Organisation) Seen() string {
	h := sha256.New()
	for _, s := range []string{string(o.State), o.Name, o.Scheme, o.RegistrationNumber, o.Domain, o.WishedName, o.WishedNumber} {
		fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// same refuses a decision about something else than is there now; seen may be "" where nobody looked
// at a page.
func same(o Organisation, seen, field string) error {
	if seen != "" && seen != o.Seen() {
		return wrong(field, "directory.wrong.changed")
	}
	return nil
}

// Decide is what staff make of a registration as they saw it: Accepted, Asked with a question, or
// Refused with a reason. The owners are told, and what was said stands on their page.
func (d *Directory) Decide(ctx context.Context, organisation db.ID, to State, text, seen string) error {
	kind, ok := map[State]string{Accepted: "accepted", Asked: "question", Refused: "refused"}[to]
	if !ok {
		return fault.New(fault.Invalid, "directory.wrong.choice")
	}
	text, err := said(text, to != Accepted)
	if err != nil {
		return err
	}
	now := d.now()
	return d.db.Write(ctx, func(tx *db.Tx) error {
		if err := lock(ctx, tx, organisation); err != nil {
			return err
		}
		if err := d.adviser(ctx, tx, organisation); err != nil {
			return err
		}
		o, err := organisationByID(ctx, tx, organisation)
		if err != nil {
			return err
		}
		if err := move(o.State, to, byAdviser); err != nil {
			return err
		}
		if err := same(o, seen, "text"); err != nil {
			return err
		}
		o.State, o.WaitsAt = to, time.Time{}
		if err := saveOrganisation(ctx, tx, o, now); err != nil {
			return err
		}
		if err := insertNote(ctx, tx, Note{ID: db.NewID(), Organisation: o.ID, Kind: kind, Text: text, Account: actor.From(ctx).Account, At: now}); err != nil {
			return err
		}
		if err := d.record(ctx, tx, audit.Decide, o.ID, "%s", to); err != nil {
			return err
		}
		if to == Accepted {
			if err := publish(ctx, tx, d.onAccepted, o.ID); err != nil {
				return err
			}
		}
		owners, err := d.owners(ctx, tx, o.ID)
		if err != nil {
			return err
		}
		return d.writeAll(ctx, tx, owners, letter{about: o, name: string(to), link: "/o/" + o.ID.String(), values: []any{"Text", text}})
	})
}

// Reply is what an owner says to a question or a refusal; the registration waits for staff again.
func (d *Directory) Reply(ctx context.Context, organisation db.ID, text string) error {
	text, err := said(text, true)
	if err != nil {
		return err
	}
	now := d.now()
	return d.db.Write(ctx, func(tx *db.Tx) error {
		if err := lock(ctx, tx, organisation); err != nil {
			return err
		}
		if _, err := May(ctx, tx, organisation, actor.Owner, true, now); err != nil {
			return err
		}
		o, err := organisationByID(ctx, tx, organisation)
		if err != nil {
			return err
		}
		if err := move(o.State, Requested, byOwner); err != nil {
			return err
		}
		o.State, o.WaitsAt = Requested, now
		if err := saveOrganisation(ctx, tx, o, now); err != nil {
			return err
		}
		if err := insertNote(ctx, tx, Note{ID: db.NewID(), Organisation: o.ID, Kind: "answer", Text: text, Account: actor.From(ctx).Account, At: now}); err != nil {
			return err
		}
		if err := d.record(ctx, tx, audit.Change, o.ID, "answered, waits for staff"); err != nil {
			return err
		}
		return d.tellDesk(ctx, tx, o)
	})
}

// fresh asks that the actor showed a factor in the last ten minutes; the route asks it too.
func (d *Directory) fresh(ctx context.Context) error {
	if !actor.From(ctx).Recent(d.now()) {
		return fault.New(fault.Denied, "directory.limit.fresh")
	}
	return nil
}
