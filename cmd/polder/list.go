package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"polder/directory"
	"polder/internal/audit"
	"polder/internal/config"
	"polder/internal/db"
	"polder/internal/sheet"
	"polder/notify"
	"polder/notify/feeds"
)

type exposuresCommand struct {
	Organisation string `help:"Only those of the organisation with this reference." placeholder:"REF"`
	JSON         bool   `help:"Print JSON lines." xor:"form"`
	CSV          bool   `help:"Print CSV, safe to open in a spreadsheet." xor:"form"`
	IntelMQ      bool   `name:"intelmq" help:"Print IntelMQ events as JSON lines." xor:"form"`
}

// exposureLine is an exposure as it is printed.
type exposureLine struct {
	Organisation  string    `json:"organisation"`
	Type          string    `json:"type"`
	Class         string    `json:"class"`
	IP            string    `json:"ip"`
	Port          int       `json:"port"`
	Name          string    `json:"name"`
	Vulnerability string    `json:"vulnerability"`
	Severity      string    `json:"severity"`
	FirstSeen     time.Time `json:"first_seen"`
	LastSeen      time.Time `json:"last_seen"`
	Count         int       `json:"count"`
	State         string    `json:"state"`
	Reason        string    `json:"reason"`
	Role          string    `json:"role"`
	Account       string    `json:"account,omitempty"`
}

// Run lists exposures.
func (c *exposuresCommand) Run(ctx context.Context, set *config.Settings, s streams) error {
	return with(ctx, set, s, func(a *app) error {
		var only db.ID
		if c.Organisation != "" {
			o, err := a.directory.ByReference(ctx, c.Organisation)
			if err != nil {
				return err
			}
			only = o.ID
		}
		print, end := c.printer(s.out)
		names := map[db.ID]string{}
		err := a.notify.Exposures(ctx, operator(), readOrExport(c.JSON || c.CSV || c.IntelMQ), only, func(page []notify.Exposure) error {
			if err := learnReferences(ctx, a, names, page, func(x notify.Exposure) db.ID { return x.Organisation }); err != nil {
				return err
			}
			for _, e := range page {
				if err := print(e, names[e.Organisation]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		return end()
	})
}

// readOrExport tells what is recorded of a list: what a program can take in is taken out.
func readOrExport(export bool) audit.Action {
	if export {
		return audit.Export
	}
	return audit.Read
}

// learnReferences looks up the references of a page's organisations in one query.
func learnReferences[T any](ctx context.Context, a *app, names map[db.ID]string, page []T, of func(T) db.ID) error {
	var ask []db.ID
	for _, x := range page {
		if _, have := names[of(x)]; !have {
			names[of(x)] = ""
			ask = append(ask, of(x))
		}
	}
	if len(ask) == 0 {
		return nil
	}
	return a.db.Read(ctx, func(tx *db.Tx) error {
		found, err := directory.Get(ctx, tx, ask)
		for id, o := range found {
			names[id] = o.Reference
		}
		return err
	})
}

func (c *exposuresCommand) printer(w io.Writer) (print func(e notify.Exposure, reference string) error, end func() error) {
	none := func() error { return nil }
	switch {
	case c.JSON:
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		return func(e notify.Exposure, ref string) error { return enc.Encode(lineOf(e, ref)) }, none
	case c.IntelMQ:
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		return func(e notify.Exposure, _ string) error { return enc.Encode(e.Finding().IntelMQ()) }, none
	case c.CSV:
		out := csv.NewWriter(w)
		out.Write([]string{"organisation", "type", "class", "ip", "port", "name", "vulnerability", "severity", "first_seen", "last_seen", "count", "state", "reason", "role", "account"})
		return func(e notify.Exposure, ref string) error {
			l := lineOf(e, ref)
			row := []string{l.Organisation, l.Type, l.Class, l.IP, portText(l.Port), l.Name, l.Vulnerability, l.Severity,
				l.FirstSeen.Format(time.RFC3339), l.LastSeen.Format(time.RFC3339), strconv.Itoa(l.Count), l.State, l.Reason, l.Role, l.Account}
			for i := range row {
				row[i] = sheet.Cell(row[i])
			}
			return out.Write(row)
		}, func() error { out.Flush(); return out.Error() }
	}
	n := 0
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	return func(e notify.Exposure, ref string) error {
			if n++; n == 1 {
				fmt.Fprintln(out, "ORGANISATION\tSEVERITY\tTYPE\tWHERE\tSTATE\tLAST SEEN (UTC)\tREPORTS\tROLE")
			}
			l := lineOf(e, ref)
			where := strings.TrimSpace(l.IP + " " + l.Name)
			if l.Account != "" {
				where += " account " + l.Account
			}
			if l.Port != 0 {
				where += " port " + strconv.Itoa(l.Port)
			}
			if l.Vulnerability != "" {
				where += " " + l.Vulnerability
			}
			_, err := fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", l.Organisation, l.Severity, l.Type, where, l.State, l.LastSeen.Format("2006-01-02 15:04"), l.Count, l.Role)
			return err
		}, func() error {
			if n == 0 {
				fmt.Fprintln(out, "No exposures. Read a report with: polder ingest FILE")
			}
			return out.Flush()
		}
}

func lineOf(e notify.Exposure, reference string) exposureLine {
	return exposureLine{Organisation: reference, Type: e.Type, Class: e.Class, IP: e.Address, Port: e.Port, Name: e.Name, Vulnerability: e.Vulnerability,
		Severity: e.Severity.String(), FirstSeen: e.FirstSeen, LastSeen: e.LastSeen, Count: e.Count, State: string(e.State), Reason: e.Reason(), Role: e.Role.String(), Account: e.Account()}
}

func portText(port int) string {
	if port == 0 {
		return ""
	}
	return strconv.Itoa(port)
}

type notificationsCommand struct {
	JSON   bool   `help:"Print JSON lines." xor:"form"`
	Revoke string `help:"Withdraw the links in the mail with this reference instead, as when it came into the wrong hands." placeholder:"REF" xor:"form"`
}

// Run lists notifications, or withdraws the links of one.
func (c *notificationsCommand) Run(ctx context.Context, set *config.Settings, s streams) error {
	return with(ctx, set, s, func(a *app) error {
		if c.Revoke != "" {
			n, err := a.notify.Revoke(ctx, operator(), c.Revoke)
			if err == nil {
				_, err = fmt.Fprintf(s.out, "links withdrawn: %d\n", n)
			}
			return err
		}
		enc := json.NewEncoder(s.out)
		enc.SetEscapeHTML(false)
		out := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
		n := 0
		names := map[db.ID]string{}
		err := a.notify.Notifications(ctx, operator(), readOrExport(c.JSON), func(page []notify.Sent) error {
			if err := learnReferences(ctx, a, names, page, func(x notify.Sent) db.ID { return x.Organisation }); err != nil {
				return err
			}
			for _, x := range page {
				n++
				if c.JSON {
					if err := enc.Encode(notificationOf(x, names[x.Organisation])); err != nil {
						return err
					}
					continue
				}
				if n == 1 {
					fmt.Fprintln(out, "REFERENCE\tORGANISATION\tKIND\tSTATE\tTO\tMADE\tSUBJECT")
				}
				fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", x.Reference, names[x.Organisation], x.Kind, x.State, x.Recipient, x.CreatedAt.Format("2006-01-02 15:04"), x.Subject)
			}
			return nil
		})
		if err == nil && n == 0 && !c.JSON {
			fmt.Fprintln(out, "No notifications yet. Send what is due with: polder work --drain")
		}
		if err != nil {
			return err
		}
		return out.Flush()
	})
}

func notificationOf(x notify.Sent, reference string) map[string]any {
	m := map[string]any{
		"reference": x.Reference, "organisation": reference, "kind": x.Kind, "severity": feeds.Severity(x.Severity).String(), "classes": x.Classes,
		"language": x.Language, "subject": x.Subject, "exposures": x.Exposures, "created_at": x.CreatedAt,
		"recipient": x.Recipient, "message_id": x.MessageID, "state": x.State, "attempts": x.Attempts, "reply": x.Reply, "sent_at": nil, "next_at": nil,
	}
	if !x.SentAt.IsZero() {
		m["sent_at"] = x.SentAt
	}
	if !x.NextAt.IsZero() {
		m["next_at"] = x.NextAt
	}
	return m
}
