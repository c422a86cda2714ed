package main

import (
	"context"
	"errors"
	"fmt"

	"polder/internal/db"
	"polder/notify"
	"polder/notify/feeds"
)

// arrange lets two companies begin to work on what the first day brought, by the verbs of their pages, so that
// each page has something on it: talk, a date, steps, saved lists, a supplier's link, whom else we mail, a feed.
// What else is open is left to the visitor.
func (w *world) arrange(ctx context.Context) error {
	bakery, err := w.app.directory.ByReference(ctx, "Z001")
	if err != nil {
		return err
	}
	university, err := w.app.directory.ByReference(ctx, "Z003")
	if err != nil {
		return err
	}
	it, err := w.app.directory.ByReference(ctx, "Z006")
	if err != nil {
		return err
	}
	baker, supplier, emma, n := w.as(ctx, "baker"), w.as(ctx, "supplier"), w.as(ctx, "university"), w.app.notify
	tills, err := w.openAt(baker, bakery.ID, notify.Search{State: "open", Severity: feeds.High}, 1)
	if err != nil {
		return fmt.Errorf("the bakery's till: %w", err)
	}
	printers, err := w.openAt(emma, university.ID, notify.Search{State: "open", Type: "scan_ipp"}, 6)
	if err != nil {
		return fmt.Errorf("the university's printers: %w", err)
	}
	till, prints := tills[0].Fingerprint, []notify.Fingerprint{}
	for _, e := range printers {
		prints = append(prints, e.Fingerprint)
	}
	wishes, err := n.Wishes(baker, bakery.ID)
	if err != nil {
		return err
	}
	also := map[db.ID]string{}
	for _, box := range wishes.Mailboxes {
		if !box.Main {
			also[box.ID] = box.Lang
		}
	}
	marks := notify.StepMarks(tills[0])
	_, _, feed := w.app.follow.AddFeed(emma, university.ID, "Dashboard of the security team")
	_, passed := n.Respond(emma, university.ID, notify.Feedback{Answer: notify.Forwarded, Days: 14, To: "Print service, campus IT", Chosen: prints[:4]})
	_, busy := n.Respond(emma, university.ID, notify.Feedback{Answer: notify.OnIt, Note: "The firewall team closes port 631 tonight.", Chosen: prints[4:]})
	return errors.Join(
		n.Say(baker, bakery.ID, till, "Dit is de kassa. Mag die vanaf internet te bereiken zijn?\nIk durf zelf niets uit te zetten zolang de winkel open is."),
		n.Say(supplier, bakery.ID, till, "Nee, dat hoeft niet. Ik zet het vanavond na sluitingstijd dicht en laat het hier weten."),
		n.Assign(baker, bakery.ID, till, it.ID, w.app.now().AddDate(0, 0, 2)),
		n.Tick(supplier, bakery.ID, till, marks[1:2], marks),
		n.SaveView(baker, bakery.ID, "Nog geen antwoord", "state=unanswered"),
		n.Wish(baker, bakery.ID, nil, also), n.Try(baker, bakery.ID),
		n.SaveView(emma, university.ID, "Printers that wait", "state=unanswered&type=scan_ipp"),
		n.Assign(emma, university.ID, prints[0], w.people["university"], w.app.now().AddDate(0, 0, 5)),
		n.Say(emma, university.ID, prints[0], "These are the printers in the library. Students print from home, so talk to them first."),
		feed, passed, busy, w.deliver(ctx))
}

// openAt are the first exposures that a person finds in the list of an organisation; it must be so many.
func (w *world) openAt(ctx context.Context, organisation db.ID, s notify.Search, count int) ([]notify.Exposure, error) {
	found, err := w.app.notify.List(ctx, organisation, s, count)
	if err != nil {
		return nil, err
	}
	if len(found.Exposures) < count {
		return nil, fmt.Errorf("there are %d, not %d", len(found.Exposures), count)
	}
	return found.Exposures, nil
}
