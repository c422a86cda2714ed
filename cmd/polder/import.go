package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"polder/internal/config"
	"polder/internal/fault"
)

type importCommand struct {
	Organisations importOrganisations `cmd:"" help:"Import organisations from a CSV file: reference,name,registration_number,sector,province,employees,language,notify_email."`
	Assets        importAssets        `cmd:"" help:"Import assets from a CSV file: organisation_reference,kind,value,role. Kinds: prefix, asn, domain, product; roles: owner, provider."`
}

type importOrganisations struct {
	File string `arg:"" help:"The CSV file, or - for standard input. All or nothing; the same file twice changes nothing."`
}

// Run imports organisations.
func (c *importOrganisations) Run(ctx context.Context, set *config.Settings, s streams) error {
	return with(ctx, set, s, func(a *app) error {
		return reading(c.File, s, func(r io.Reader) error {
			done, err := a.directory.Import(ctx, r)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(s.out, "%d organisations: %d new, %d changed, %d as they were\n", done.Rows, done.Added, done.Changed, done.Rows-done.Added-done.Changed)
			return err
		})
	})
}

type importAssets struct {
	File     string `arg:"" help:"The CSV file, or - for standard input. All or nothing; the same file twice changes nothing."`
	Withdraw bool   `help:"Withdraw the assets in the file instead: from that moment they concern nobody."`
}

// Run imports assets, or withdraws them.
func (c *importAssets) Run(ctx context.Context, set *config.Settings, s streams) error {
	return with(ctx, set, s, func(a *app) error {
		return reading(c.File, s, func(r io.Reader) error {
			if c.Withdraw {
				done, err := a.footprint.Withdraw(ctx, r)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(s.out, "%d assets: %d withdrawn, %d were not registered\n", done.Rows, done.Withdrawn, done.Rows-done.Withdrawn)
				return err
			}
			done, err := a.footprint.Import(ctx, r)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(s.out, "%d assets: %d new, %d changed, %d as they were\n", done.Rows, done.Added, done.Changed, done.Rows-done.Added-done.Changed)
			return err
		})
	})
}

func reading(file string, s streams, fn func(io.Reader) error) error {
	if file == "-" {
		return fn(s.in)
	}
	f, err := os.Open(file)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "the file cannot be opened; check its path and rights")
	}
	defer f.Close()
	if s, err := f.Stat(); err == nil && s.IsDir() {
		return fault.Invalidf("%s is a folder; name a file in it", file)
	}
	return fn(f)
}
