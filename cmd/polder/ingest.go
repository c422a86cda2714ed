package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"polder/internal/config"
	"polder/internal/fault"
	"polder/notify"
)

type ingestCommand struct {
	Files    []string `arg:"" name:"file" sep:"none" help:"Reports: Shadowserver CSV, IntelMQ events as JSON lines, or any CSV with --mapping; plain, gzip or zip; - for standard input."`
	Source   string   `help:"Key of the source; without it that of the mapping, else shadowserver or intelmq." placeholder:"KEY"`
	Type     string   `help:"Report type, when the file's name does not tell it, such as scan_rdp." placeholder:"TYPE"`
	Mapping  string   `help:"YAML file that says what the columns of a CSV file mean." placeholder:"FILE" type:"existingfile"`
	Received string   `help:"When the report was received, as 2026-11-22T06:00:00Z; now when not given." placeholder:"TIME"`
	Name     string   `help:"Name of the report on standard input, such as 2026-11-22-scan_rdp-example-nl.csv." placeholder:"NAME"`
	JSON     bool     `help:"Print one JSON object for each file instead of a summary."`
}

// Run reads the reports, one after the other.
func (c *ingestCommand) Run(ctx context.Context, set *config.Settings, s streams) error {
	offer := notify.Offer{Source: c.Source, Type: c.Type, Actor: operator()}
	if c.Received != "" {
		t, err := time.Parse(time.RFC3339, c.Received)
		if err != nil {
			return unusable{fault.Invalidf("--received %q is not a time such as 2026-11-22T06:00:00Z", c.Received)}
		}
		if t.After(time.Now().Add(24 * time.Hour)) {
			return unusable{fault.Invalidf("--received %s lies in the future; give the time at which the report came in", c.Received)}
		}
		offer.Received = t.UTC()
	}
	if c.Mapping != "" {
		b, err := os.ReadFile(c.Mapping)
		if err != nil {
			return fault.Wrap(fault.Invalid, err, "the mapping cannot be read")
		}
		offer.Mapping = b
	}
	return with(ctx, set, s, func(a *app) error {
		follow, stop := context.WithCancel(ctx)
		defer stop()
		go a.footprint.Follow(follow) // the index is loaded by the first report
		var broken error
		read := 0
		for _, file := range c.Files {
			sum, err := c.one(ctx, a, offer, file, s)
			if err != nil {
				err = fmt.Errorf("%s: %w", file, err)
				if fault.KindOf(err) != fault.Invalid || ctx.Err() != nil {
					return errors.Join(broken, err)
				}
				broken = errors.Join(broken, err) // a file that is refused keeps no other from being read
				continue
			}
			read++
			if sum.Problem != "" {
				broken = errors.Join(broken, partly{fmt.Errorf("%s broke off: %s; the lines before that count", file, sum.Problem)})
			}
			if sum.Rows > 0 && sum.Rejected == sum.Rows && !sum.AlreadySeen {
				fmt.Fprintf(s.err, "polder: %s: every line was rejected; see why with polder reports %s --rejected (is --type right?)\n", file, sum.Report)
			}
		}
		if broken != nil && read > 0 {
			return partly{broken}
		}
		return broken
	})
}

func (c *ingestCommand) one(ctx context.Context, a *app, offer notify.Offer, file string, s streams) (*notify.Summary, error) {
	offer.Path = file
	if file == "-" {
		offer.Input = s.in
		if offer.Name = c.Name; offer.Name == "" {
			offer.Name = "standard-input"
		}
	}
	bar, done := progress(s)
	if !c.JSON {
		offer.Progress = bar
	}
	sum, err := a.notify.Ingest(ctx, offer)
	done()
	if err != nil {
		return nil, err
	}
	if c.JSON {
		return sum, json.NewEncoder(s.out).Encode(sum)
	}
	return sum, summary(s.out, file, sum, c.Source != "" || c.Type != "" || c.Mapping != "")
}

// summary says for people what came of a file; otherwise is true when they asked for it to be read in
// a way of their own, which a file that was read before is not.
func summary(w io.Writer, file string, sum *notify.Summary, otherwise bool) error {
	if sum.AlreadySeen {
		_, err := fmt.Fprintf(w, "%s was read before, as report %s from %s, type %s; nothing changed\n", file, sum.Report, sum.Source, orEach(sum.Type))
		if err == nil && otherwise {
			_, err = fmt.Fprintln(w, "  to have it read with another source, type or mapping, add an empty line at its end: that makes it another report")
		}
		return err
	}
	_, err := fmt.Fprintf(w, `%s: %d lines in %.1f s (%.0f a second)
  report     %s from %s, type %s
  lines      %d concern somebody, %d concern nobody we know, %d rejected
  exposures  %d new, %d seen again, %d reopened
`, file, sum.Rows, sum.Seconds, sum.RowsPerSec, sum.Report, sum.Source, orEach(sum.Type), sum.Matched, sum.Unmatched, sum.Rejected, sum.New, sum.SeenAgain, sum.Reopened)
	if err == nil && sum.Rejected > 0 {
		_, err = fmt.Fprintf(w, "  see the rejected lines with: polder reports %s --rejected\n", sum.Report)
	}
	for _, d := range sum.Drift {
		if err == nil {
			_, err = fmt.Fprintf(w, "  drift      %s: %s\n", d.Kind, d.Name)
		}
	}
	return err
}

func orEach(kind string) string {
	if kind == "" {
		return "by line"
	}
	return kind
}

// progress shows a bar on a terminal, and nothing elsewhere.
func progress(s streams) (update func(done, size int64), end func()) {
	f, ok := s.err.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil, func() {}
	}
	var bar *progressbar.ProgressBar
	return func(done, size int64) {
			if bar == nil {
				bar = progressbar.NewOptions64(size, progressbar.OptionSetWriter(f), progressbar.OptionShowBytes(true),
					progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
			}
			bar.Set64(min(done, size))
		}, func() {
			if bar != nil {
				bar.Finish()
			}
		}
}
