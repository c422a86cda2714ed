package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"polder/collect"
	"polder/internal/config"
	"polder/internal/fault"
	"polder/internal/i18n"
)

type sourcesCommand struct {
	List sourcesListCommand `cmd:"" default:"withargs" help:"List the sources, what they sent, and what recipients said of it."`
	Add  sourcesAddCommand  `cmd:"" help:"Add a source that is asked on a schedule."`
	Run  sourcesRunCommand  `cmd:"" help:"Ask a source now, and say what came of it."`
	On   sourcesOnCommand   `cmd:"" help:"Ask a source on its schedule again."`
	Off  sourcesOffCommand  `cmd:"" help:"Ask a source no longer on its schedule."`

	Remove sourcesRemoveCommand `cmd:"" help:"Forget a source, its secret and what came of asking it; the reports that it brought stay."`
}

type sourcesAddCommand struct {
	Key     string        `arg:"" help:"Name of the source, such as shadowserver: small letters, digits, dots and dashes."`
	Kind    string        `arg:"" enum:"https,shadowserver,imap,maildir" help:"How it is asked: ${enum}."`
	Address string        `arg:"" optional:"" help:"Where it is: https://..., HOST:993 or the path of a folder. Shadowserver's own when not given."`
	Every   time.Duration `help:"How often, such as 15m or 4h; once a day when not given." placeholder:"TIME"`
	Hour    int           `help:"Hour of the day, when it is daily." default:"6" placeholder:"HOUR"`
	Auth    string        `enum:",bearer,basic,header" default:"" help:"How https gets access: bearer, basic or header." placeholder:"WAY"`
	Header  string        `help:"Name of the header, with --auth=header." placeholder:"NAME"`
	User    string        `help:"User name, for imap and --auth=basic." placeholder:"NAME"`
	Folder  string        `help:"Folder of the mailbox, for imap; INBOX when not given." placeholder:"NAME"`
	Sender  []string      `help:"Who may send reports by mail: an address, or @ and a domain. May be given more than once." placeholder:"ADDRESS"`
	Lists   []string      `help:"Names of Shadowserver's lists of reports; all when not given." placeholder:"NAME"`
	Type    string        `help:"Type of its reports, where their names do not tell." placeholder:"TYPE"`
	Mapping string        `help:"YAML file that says what the columns of a CSV file mean." placeholder:"FILE" type:"existingfile"`
	TLP     string        `name:"tlp" help:"TLP of its reports." placeholder:"TLP"`
	Licence string        `help:"What the source allows." placeholder:"TEXT"`
	Secret  string        `name:"secret-file" help:"File with the secret: a password or token; for shadowserver the API key on the first line and the secret on the second. - for standard input. A secret is never given on the command line, where others could read it." placeholder:"FILE"`
}

// Run adds the source.
func (c *sourcesAddCommand) Run(ctx context.Context, set *config.Settings, s streams) error {
	source := collect.Source{Key: c.Key, Kind: collect.Kind(c.Kind), Address: c.Address, Every: c.Every, Hour: c.Hour, Type: c.Type, TLP: strings.ToUpper(c.TLP), Licence: c.Licence,
		Ways: collect.Ways{Auth: c.Auth, Header: c.Header, User: c.User, Folder: c.Folder, Lists: c.Lists}}
	for _, a := range c.Sender {
		source.Ways.Senders = append(source.Ways.Senders, strings.ToLower(a))
	}
	switch {
	case source.Kind == collect.Shadowserver && c.Address == "":
		source.Address = collect.ShadowserverAddress
	case source.Kind == collect.Maildir:
		path, err := filepath.Abs(c.Address)
		if err != nil {
			return fault.Wrap(fault.Invalid, err, "the folder cannot be used")
		}
		source.Address = path
	}
	if c.Mapping != "" {
		b, err := os.ReadFile(c.Mapping)
		if err != nil {
			return fault.Wrap(fault.Invalid, err, "the mapping cannot be read")
		}
		source.Mapping = string(b)
	}
	secret, err := c.secret(s.in)
	if err != nil {
		return err
	}
	return with(ctx, set, s, func(a *app) error {
		if _, err := a.collect.Add(ctx, source, secret); err != nil {
			return a.mistakes(err)
		}
		_, err := fmt.Fprintf(s.out, "%s is added, and is asked as soon as polder serve or polder work runs; ask it now with: polder sources run %s\n", c.Key, c.Key)
		return err
	})
}

// secret reads the secret from where it is safe.
func (c *sourcesAddCommand) secret(in io.Reader) (secret collect.Secret, err error) {
	if c.Secret == "" {
		return secret, nil
	}
	if c.Secret != "-" {
		file, err := os.Open(c.Secret)
		if err != nil {
			return secret, fault.Wrap(fault.Invalid, err, "the file with the secret cannot be opened")
		}
		defer file.Close()
		in = file
	}
	b, err := io.ReadAll(io.LimitReader(in, 4096))
	if err != nil {
		return secret, fault.Wrap(fault.Invalid, err, "the secret cannot be read")
	}
	lines := strings.Split(strings.TrimRight(string(b), "\r\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], "\r")
	}
	if c.Kind == string(collect.Shadowserver) {
		if len(lines) != 2 {
			return secret, unusable{fault.Invalidf("for shadowserver the secret is two lines: the API key, and the secret")}
		}
		return collect.Secret{Key: lines[0], Secret: lines[1]}, nil
	}
	if len(lines) != 1 {
		return secret, unusable{fault.Invalidf("the secret is one line")}
	}
	return collect.Secret{Secret: lines[0]}, nil
}

// mistakes says in English what is wrong with a source.
func (a *app) mistakes(err error) error {
	var wrong collect.Mistakes
	if !errors.As(err, &wrong) {
		return err
	}
	say := a.catalog.For(i18n.English)
	var list []string
	for _, m := range wrong {
		list = append(list, strings.TrimPrefix(m.Field+": ", ": ")+say.T(m.Message))
	}
	return fault.Invalidf("the source is not added. %s", strings.Join(list, " "))
}

type sourcesRunCommand struct {
	Key string `arg:"" help:"Name of the source."`
}

// Run asks the source.
func (c *sourcesRunCommand) Run(ctx context.Context, set *config.Settings, s streams) error {
	return withSource(ctx, set, s, c.Key, func(a *app, source collect.Source) error {
		follow, stop := context.WithCancel(ctx)
		defer stop()
		go a.footprint.Follow(follow) // the index is loaded by the first report
		began := time.Now()
		if err := a.collect.Pull(ctx, source.ID, true); err != nil {
			return err
		}
		list, err := a.collect.Sources(ctx)
		if err != nil {
			return err
		}
		for _, x := range list {
			switch {
			case x.ID != source.ID:
			case x.Last.StartedAt.Before(began.Add(-time.Second)) || x.Last.Outcome == collect.Running:
				return fault.New(fault.Unavailable, "another process is asking this source just now; see polder sources")
			case x.Last.Outcome == collect.Failed:
				return partly{fmt.Errorf("%s: %s %s", c.Key, a.outcome(x.Last), x.Last.Detail)}
			default:
				_, err := fmt.Fprintf(s.out, "%s: %s\n", c.Key, a.outcome(x.Last))
				return err
			}
		}
		return nil
	})
}

// outcome says what came of a run.
func (a *app) outcome(r collect.Run) string {
	switch r.Outcome {
	case collect.Failed:
		return a.catalog.For(i18n.English).T("collect.why." + string(r.Reason))
	case collect.Delivered:
		return fmt.Sprintf("%d new reports, %d lines, %d rejected", r.Reports, r.Lines, r.Rejected)
	case collect.Nothing:
		return "nothing new"
	}
	return string(r.Outcome)
}

type sourcesOnCommand struct {
	Key string `arg:"" help:"Name of the source."`
}

// Run switches the source on.
func (c *sourcesOnCommand) Run(ctx context.Context, set *config.Settings, s streams) error {
	return switchSource(ctx, set, s, c.Key, true)
}

type sourcesOffCommand struct {
	Key string `arg:"" help:"Name of the source."`
}

// Run switches the source off.
func (c *sourcesOffCommand) Run(ctx context.Context, set *config.Settings, s streams) error {
	return switchSource(ctx, set, s, c.Key, false)
}

type sourcesRemoveCommand struct {
	Key string `arg:"" help:"Name of the source."`
}

// Run removes the source.
func (c *sourcesRemoveCommand) Run(ctx context.Context, set *config.Settings, s streams) error {
	return withSource(ctx, set, s, c.Key, func(a *app, source collect.Source) error {
		if err := a.collect.Remove(ctx, source.ID); err != nil {
			return err
		}
		_, err := fmt.Fprintf(s.out, "%s is removed; the reports that it brought are still there\n", c.Key)
		return err
	})
}

func switchSource(ctx context.Context, set *config.Settings, s streams, key string, on bool) error {
	return withSource(ctx, set, s, key, func(a *app, source collect.Source) error {
		if err := a.collect.Switch(ctx, source.ID, on); err != nil {
			return err
		}
		_, err := fmt.Fprintf(s.out, "%s is %s\n", key, map[bool]string{true: "on", false: "off"}[on])
		return err
	})
}

// withSource opens the house and finds the source.
func withSource(ctx context.Context, set *config.Settings, s streams, key string, fn func(a *app, source collect.Source) error) error {
	return with(ctx, set, s, func(a *app) error {
		source, err := a.collect.Find(ctx, key)
		if fault.KindOf(err) == fault.NotFound {
			return fault.Invalidf("there is no source %q that is asked; see polder sources", key)
		}
		if err != nil {
			return err
		}
		return fn(a, source)
	})
}

// listAsked prints the sources that are asked on a schedule.
func (a *app) listAsked(w io.Writer, list []collect.Asked) error {
	if len(list) == 0 {
		return nil
	}
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "\nASKED\tHOW\tLAST\tOUTCOME\tNEXT")
	at := func(t time.Time) string {
		if t.IsZero() {
			return "-"
		}
		return t.Format("2006-01-02 15:04")
	}
	for _, x := range list {
		next := at(x.NextAt)
		if !x.On() {
			next = "off"
		}
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\n", x.Key, x.Kind, at(x.Last.StartedAt), a.outcome(x.Last), next)
	}
	return out.Flush()
}
