package main

import (
	"context"
	"fmt"

	"polder/internal/actor"
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
