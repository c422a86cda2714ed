package main

import (
	"context"
	"fmt"
	"strings"

	"polder/internal/actor"
	"polder/notify"
	"polder/notify/feeds"
)

// strangers starts a round over the worst that concerned nobody on the first day, as the analyst. The
// name server of the demo knows nobody, so nobody outside is asked and nobody is found; the analyst has
// called two of them and typed what they said. It waits for the visitor to review it.
func (w *world) strangers(ctx context.Context) error {
	ctx = actor.With(ctx, actor.Actor{Account: w.people["analyst"], Staff: actor.Analyst, Fresh: w.app.now()})
	choices, err := w.app.outreach.Choices(ctx, 1)
	if err != nil || len(choices) == 0 {
		return err
	}
	round, err := w.app.outreach.Start(ctx, choices, feeds.Critical, 1)
	if err != nil {
		return fmt.Errorf("start a round of strangers: %w", err)
	}
	if err := w.app.queue.Drain(ctx); err != nil {
		return err
	}
	v, err := w.app.outreach.Show(ctx, round, "none", nil, 2)
	if err != nil {
		return err
	}
	for i, s := range v.Subjects {
		address := []string{"beheer@molenaar.example", "abuse@buurnet.example"}[i]
		if err := w.app.outreach.Choose(ctx, round, s.ID, address, "Gebeld: dit adres leest de beheerder zelf."); err != nil {
			return fmt.Errorf("choose whom to warn: %w", err)
		}
	}
	return nil
}

// atTheDesk is what the analyst was at when the visitor came: one type is held until its text is mended, and
// a researcher's list was read in but not sent.
func (w *world) atTheDesk(ctx context.Context) error {
	ctx = actor.With(ctx, actor.Actor{Account: w.people["analyst"], Staff: actor.Analyst, Fresh: w.app.now()})
	if _, err := w.app.notify.Hold(ctx, notify.Hold{Scope: notify.OfType, Subject: "scan_ssl_poodle", Reason: "De tekst noemt een oude stap. Een collega leest de nieuwe na."}); err != nil {
		return fmt.Errorf("hold a type: %w", err)
	}
	list := "adres;poort;gezien;wat\n192.0.2.129;8080;2026-11-17 21:10;camera zonder wachtwoord\n198.51.100.8;8080;2026-11-17 21:14;camera zonder wachtwoord\n203.0.113.77;80;2026-11-17 21:31;camera zonder wachtwoord\n"
	list = strings.ReplaceAll(list, "2026-11-17", w.at(0, 0, 0).Format("2006-01-02"))
	if _, err := w.app.collect.TakeList(ctx, "open-cameras.csv", strings.NewReader(list)); err != nil {
		return fmt.Errorf("read a list in: %w", err)
	}
	return nil
}
