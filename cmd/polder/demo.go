package main

import (
	"context"
	"testing/fstest"

	"polder/internal/config"
	"polder/internal/fault"
)

var demoMessages = fstest.MapFS{"locales/nl.yaml": {Data: []byte("demo: {x: x}\n")}, "locales/en.yaml": {Data: []byte("demo: {x: x}\n")}}

type demoCommand struct{}

// Run shows the demo.
func (demoCommand) Run(ctx context.Context, set *config.Settings, s streams) error {
	return fault.New(fault.Invalid, "the demo is being built")
}
