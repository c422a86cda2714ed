package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"polder/footprint"
	"polder/internal/config"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/sheet"
	"polder/notify"
	"polder/notify/feeds"
)

type sourcesCommand struct {
	JSON bool `help:"Print JSON lines."`
}

// Run lists sources.
func (c *sourcesCommand) Run(ctx context.Context, set *config.Settings, s streams) error {
	return with(ctx, set, s, func(a *app) error {
		list, err := a.notify.Sources(ctx)
		if err != nil {
			return err
		}
		if c.JSON {
			enc := json.NewEncoder(s.out)
			for _, x := range list {
				answers := map[string]map[string]int64{}
				for _, n := range x.Answers {
					if answers[n.Type] == nil {
						answers[n.Type] = map[string]int64{}
					}
					answers[n.Type][string(n.Answer)] = n.Count
				}
				err := enc.Encode(map[string]any{"source": x.Key, "name": x.Name, "tlp": x.TLP, "licence": x.Licence, "reports": x.Reports,
					"last_received": x.LastReceived, "rows": x.Rows, "rejected": x.Rejected, "matched": x.Matched, "unmatched": x.Unmatched, "answers": answers})
				if err != nil {
					return err
				}
			}
			return nil
		}
		if len(list) == 0 {
			_, err := fmt.Fprintln(s.out, "No sources yet. A source is made when its first report is read: polder ingest FILE")
			return err
		}
		out := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(out, "SOURCE\tTLP\tREPORTS\tLAST\tLINES\tREJECTED\tMATCHED\tANSWERS")
		for _, x := range list {
			total := map[string]int64{}
			for _, n := range x.Answers {
				total[string(n.Answer)] += n.Count
			}
			var said []string
			for _, k := range []string{"on_it", "solved", "false_positive", "not_ours", "forwarded", "help"} {
				if total[k] > 0 {
					said = append(said, fmt.Sprintf("%s %d", k, total[k]))
				}
			}
			last := "-"
			if !x.LastReceived.IsZero() {
				last = x.LastReceived.Format("2006-01-02 15:04")
			}
			fmt.Fprintf(out, "%s\t%s\t%d\t%s\t%d\t%d\t%d\t%s\n", x.Key, x.TLP, x.Reports, last, x.Rows, x.Rejected, x.Matched, strings.Join(said, ", "))
		}
		return out.Flush()
	})
}

type reportsCommand struct {
	Report   string `arg:"" optional:"" help:"Id of one report."`
	Rejected bool   `help:"Print the rejected lines of the report as CSV, with their numbers and reasons."`
}

// Run lists reports, or the rejected lines of one.
func (c *reportsCommand) Run(ctx context.Context, set *config.Settings, s streams) error {
	return with(ctx, set, s, func(a *app) error {
		if c.Rejected {
			id, err := db.ParseID(c.Report)
			if err != nil {
				return unusable{fault.Invalidf("give the id of a report, as polder reports shows it")}
			}
			out := csv.NewWriter(s.out)
			out.Write([]string{"line", "reason", "raw"})
			err = a.notify.Rejected(ctx, operator(), id, func(r feeds.Reject) error {
				return out.Write([]string{strconv.FormatInt(r.Line, 10), sheet.Cell(r.Reason), sheet.Cell(r.Raw)})
			})
			if err != nil {
				return err
			}
			out.Flush()
			return out.Error()
		}
		list, err := a.notify.Reports(ctx, 200)
		if err != nil {
			return err
		}
		if c.Report != "" {
			list = slices.DeleteFunc(list, func(r *notify.Report) bool { return r.ID.String() != c.Report })
			if len(list) == 0 {
				return fault.New(fault.NotFound, "there is no report "+c.Report+" among the latest 200; see polder reports")
			}
		}
		out := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(out, "REPORT\tSOURCE\tNAME\tRECEIVED\tSTATE\tLINES\tREJECTED\tMATCHED\tDRIFT")
		for _, r := range list {
			var drift []string
			for _, d := range r.Drift {
				drift = append(drift, d.Kind+" "+d.Name)
			}
			fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%d\t%d\t%d\t%s\n", r.ID, r.Source, r.Name, r.ReceivedAt.Format("2006-01-02 15:04"), r.State, r.Rows, r.Rejected, r.Matched, strings.Join(drift, ", "))
		}
		return out.Flush()
	})
}

type answersCommand struct {
	JSON bool `help:"Print JSON lines."`
}

// Run lists the latest answers of recipients, those that ask for help among them.
func (c *answersCommand) Run(ctx context.Context, set *config.Settings, s streams) error {
	return with(ctx, set, s, func(a *app) error {
		list, err := a.notify.Answers(ctx, operator(), readOrExport(c.JSON), 1000)
		if err != nil {
			return err
		}
		names := map[db.ID]string{}
		if err := learnReferences(ctx, a, names, list, func(x notify.GivenAnswer) db.ID { return x.Organisation }); err != nil {
			return err
		}
		if c.JSON {
			enc := json.NewEncoder(s.out)
			for _, x := range list {
				if err := enc.Encode(map[string]any{"at": x.At, "organisation": names[x.Organisation], "reference": x.Reference, "by": x.Holder,
					"answer": x.Answer, "exposures": x.Exposures, "note": x.Note}); err != nil {
					return err
				}
			}
			return nil
		}
		if len(list) == 0 {
			_, err := fmt.Fprintln(s.out, "No answers yet.")
			return err
		}
		out := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(out, "AT (UTC)\tORGANISATION\tREFERENCE\tBY\tANSWER\tABOUT\tTHEY SAY")
		for _, x := range list {
			fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%d\t%s\n", x.At.Format("2006-01-02 15:04"), names[x.Organisation], x.Reference, x.Holder, x.Answer, x.Exposures, x.Note)
		}
		return out.Flush()
	})
}

type correctionsCommand struct{}

// Run lists open corrections.
func (correctionsCommand) Run(ctx context.Context, set *config.Settings, s streams) error {
	return with(ctx, set, s, func(a *app) error {
		list, err := a.footprint.Corrections(ctx, 1000)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			_, err := fmt.Fprintln(s.out, "No corrections are open.")
			return err
		}
		names := map[db.ID]string{}
		if err := learnReferences(ctx, a, names, list, func(x footprint.Correction) db.ID { return x.Organisation }); err != nil {
			return err
		}
		out := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(out, "OPENED\tORGANISATION\tASSET\tTHEY SAY")
		for _, c := range list {
			fmt.Fprintf(out, "%s\t%s\t%s %s\t%s\n", c.OpenedAt.Format("2006-01-02 15:04"), names[c.Organisation], c.Kind, c.Value, c.Reason)
		}
		fmt.Fprintln(out, "Withdraw what is not theirs with: polder import assets --withdraw FILE")
		return out.Flush()
	})
}
