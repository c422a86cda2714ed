package notify

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"polder/directory"
	"polder/footprint"
	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
)

// respondent is who answers, and by which door: the holder of the link in a notification, somebody
// who is signed in, or a program.
type respondent struct {
	organisation, notification db.ID  // notification: zero without a message
	link                       []byte // its hash; nil without one
	holder                     Holder
	account, token             db.ID
	behalf                     string // for a delegate: the organisation that holds the mandate
}

// Respond takes an answer from one of an organisation's own people, from a delegate who may act, or
// from its program. Each of the exposures must be one that the actor may see, or nothing happens.
func (n *Notify) Respond(ctx context.Context, organisation db.ID, f Feedback) (given Given, err error) {
	f.Note = cleanNote(f.Note)
	err = n.change(ctx, func(tx *db.Tx) error {
		v, err := n.sightOf(ctx, tx, organisation, answering, true)
		if err != nil {
			return err
		}
		who := actor.From(ctx)
		by := respondent{organisation: organisation, holder: Person, account: who.Account, token: who.Token, behalf: v.in.Behalf}
		if who.Account.IsZero() {
			by.holder = Program
		}
		if !slices.Contains(answersOf[by.holder], f.Answer) {
			return fault.New(fault.Invalid, "notify.answer.unknown")
		}
		if len(f.Chosen) == 0 || len(f.Chosen) > pageSize {
			return fault.New(fault.Invalid, "notify.portal.none_chosen")
		}
		about, err := n.visible(ctx, tx, v, organisation, f.Chosen)
		if err != nil {
			return err
		}
		if f.Answer == Forwarded && (f.Days < 1 || f.Days > mostDays) {
			return fault.New(fault.Invalid, "notify.work.days_wrong")
		}
		if given.Changed, _, err = n.take(ctx, tx, by, f, about); err != nil || f.Answer != Forwarded {
			return err
		}
		return n.passOn(ctx, tx, by, f, about, &given)
	})
	return given, err
}

// take is what an answer does, whichever door it comes by: it moves the exposures that it may move,
// opens corrections, is kept, counted and recorded, and asks the desk when it asks for help. heard is
// false for a button that was pressed twice, which does nothing.
func (n *Notify) take(ctx context.Context, tx *db.Tx, who respondent, f Feedback, about []Exposure) (changed int64, heard bool, err error) {
	now := n.now()
	if len(about) == 0 {
		return 0, false, fault.New(fault.Invalid, "notify.answer.nothing")
	}
	by := ByRecipient
	if who.holder == Supplier {
		by = BySupplier
	}
	if to, moves := leadsTo[f.Answer]; moves {
		if changed, err = moveExposures(ctx, tx, who.organisation, about, to, by, now); err != nil {
			return 0, false, fmt.Errorf("move exposures to %s: %w", to, err)
		}
	}
	if f.Answer == IsNotOurs { // once for each asset, however often it is said
		if err := n.correct(ctx, tx, who, about, f.Note, now); err != nil {
			return 0, false, err
		}
	}
	twice, often, err := saidAlready(ctx, tx, who, f, about, now.Add(-atLeastBetween))
	if err != nil {
		return 0, false, fmt.Errorf("look up what was said: %w", err)
	}
	if twice && changed == 0 && f.Answer != Forwarded { // whoever goes through a list one by one moves something each time
		return 0, false, nil
	}
	if f.Answer == Help && often {
		if who.link == nil {
			return 0, false, fault.New(fault.TooMany, "notify.portal.help_often")
		}
		return 0, false, nil
	}
	id := db.NewID()
	if err := insertFeedback(ctx, tx, id, who, f, about, now); err != nil {
		return 0, false, err
	}
	if err := tally(ctx, tx, who.organisation, about, f.Answer); err != nil {
		return 0, false, err
	}
	if f.Answer == Help {
		if err := n.askDesk(ctx, tx, who, f, about); err != nil {
			return 0, false, err
		}
	}
	// Of a link the record names the holder, and of everybody else the account or the token.
	e := audit.Event{At: now, Action: audit.Feedback, Object: "feedback " + id.String(), Organisation: who.organisation, Detail: fmt.Sprintf("%s about %d", f.Answer, len(about))}
	if who.link != nil {
		e.Actor, e.Object = string(who.holder), link{hash: who.link, notification: who.notification}.object()
	}
	return changed, true, audit.Append(ctx, tx, e)
}

// correct opens a correction of each asset that the exposures were matched by.
func (n *Notify) correct(ctx context.Context, tx *db.Tx, who respondent, about []Exposure, note string, now time.Time) error {
	var assets []db.ID
	for _, e := range about {
		for _, r := range e.Reasons {
			if !slices.Contains(assets, r.Asset) {
				assets = append(assets, r.Asset)
			}
		}
	}
	for _, a := range assets {
		if err := footprint.Correct(ctx, tx, a, who.organisation, note, now); err != nil {
			return fmt.Errorf("open a correction: %w", err)
		}
	}
	return nil
}

// askDesk mails the centre's desk, when there is one, that somebody asks for help.
func (n *Notify) askDesk(ctx context.Context, tx *db.Tx, who respondent, f Feedback, about []Exposure) error {
	if n.set.Desk == "" {
		return nil
	}
	found, err := directory.Get(ctx, tx, []db.ID{who.organisation})
	if err != nil {
		return err
	}
	note := Notification{ID: db.NewID(), Reference: newReference(), Organisation: who.organisation, Kind: "desk",
		Language: "nl", Exposures: len(about), CreatedAt: n.now()}
	for _, e := range about {
		note.Severity = max(note.Severity, int64(e.Severity))
		if !slices.Contains(note.Classes, e.Class) {
			note.Classes = append(note.Classes, e.Class)
		}
	}
	reference, err := referenceAbout(ctx, tx, who.notification, about[0])
	if err != nil {
		return err
	}
	w := &writer{n: n, p: n.catalog.For(note.Language).In(n.set.Location), to: found[who.organisation]}
	if err := n.queueLetter(ctx, tx, &note, w.desk(f, about, cmp.Or(reference, note.Reference)), n.set.Desk); err != nil {
		return err
	}
	return n.queue.Insert(ctx, tx, deliverArgs{}, time.Time{})
}
