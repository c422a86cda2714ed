package main

import (
	"context"
	"fmt"

	"polder/internal/config"
)

type qualityCommand struct {
	Rebuild bool `help:"Count anew; without it nothing is done." required:""`
}

// Run counts the figures on quality anew.
func (c *qualityCommand) Run(ctx context.Context, set *config.Settings, s streams) error {
	return with(ctx, set, s, func(a *app) error {
		if err := a.notify.RebuildFigures(ctx); err != nil {
			return err
		}
		if err := a.insight.MeasureCoverage(ctx); err != nil {
			return err
		}
		_, err := fmt.Fprintln(s.out, "the figures were counted anew")
		return err
	})
}
