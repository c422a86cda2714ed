// Command polder is the open digital trust centre: one program that reads reports of vulnerable and
// hacked systems, warns exactly the organisations concerned, serves the pages and does the work.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"unicode"

	"github.com/alecthomas/kong"

	"polder/internal/audit"
	"polder/internal/config"
	"polder/internal/fault"
	"polder/notify"
)

// The exit codes, as `polder --help` and docs/operate.md give them.
const (
	exitDone        = 0
	exitFailed      = 1 // something went wrong on our side; the log says what
	exitUsage       = 2 // the command line or a setting cannot be used
	exitRefused     = 3 // the input was refused; nothing changed
	exitUnreachable = 4 // a server could not be reached; what is left is tried again
	exitPartly      = 5 // done as far as possible: a report broke off, or a job failed and is tried again
)

type commands struct {
	config.Settings
	Config kong.ConfigFlag `name:"config" env:"POLDER_CONFIG" help:"File with settings, in YAML, by the names of the flags." placeholder:"FILE"`

	Demo          demoCommand          `cmd:"" help:"Show the main job on an invented country, in the browser."`
	Serve         serveCommand         `cmd:"" help:"Serve the pages, and do the work that is due."`
	Work          workCommand          `cmd:"" help:"Do the work that is due: compose and deliver warnings, and keep house."`
	Import        importCommand        `cmd:"" help:"Import the registers of organisations and of their assets."`
	Ingest        ingestCommand        `cmd:"" help:"Read reports of vulnerable and hacked systems."`
	Exposures     exposuresCommand     `cmd:"" help:"List what is exposed, at whom, and how it stands."`
	Notifications notificationsCommand `cmd:"" help:"List the warnings and what became of them."`
	Sources       sourcesCommand       `cmd:"" help:"List the sources and what they sent; add sources that are asked on a schedule, and ask them."`
	Reports       reportsCommand       `cmd:"" help:"List the latest reports, or the rejected lines of one."`
	Answers       answersCommand       `cmd:"" help:"List what recipients answered, and who asks for help."`
	Corrections   correctionsCommand   `cmd:"" help:"List the assets of which an organisation says that they are not its own."`
	Stop          stopCommand          `cmd:"" help:"Stop all outgoing messages at once; nothing is lost."`
	GoOn          goOnCommand          `cmd:"" help:"Let outgoing messages go on after a stop."`
	Bounce        bounceCommand        `cmd:"" help:"Read a mail that came back, from the standard input."`
	Quality       qualityCommand       `cmd:"" help:"Count the figures on quality anew from all exposures; they are kept as exposures change."`
	Record        recordCommand        `cmd:"" help:"Verify that the record of who saw or did what is whole."`
	User          userCommand          `cmd:"" help:"Make accounts with roles at the centre, and list who has one."`
	Migrate       migrateCommand       `cmd:"" help:"Bring the database up to date; every other command does so too."`
	Version       versionCommand       `cmd:"" help:"Say which version this is."`
}

const description = `Polder, the open digital trust centre.

Settings come from flags, from the environment (POLDER_...) and from a file
(--config, or polder.yaml here), in that order.

Exit codes: 0 done; 1 failed on our side; 2 the command line or a setting
cannot be used; 3 the input was refused and nothing changed; 4 a server could
not be reached and the rest is tried again; 5 done as far as possible.`

func main() {
	syscall.Umask(0o077) // what Polder writes is for its own user alone
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}))
}

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// run runs one command line and returns its exit code.
func run(ctx context.Context, args []string, io streams) int {
	var c commands
	exit := -1
	parser, err := kong.New(&c, kong.Name("polder"), kong.Description(description), kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true, NoExpandSubcommands: true, WrapUpperBound: 100}),
		kong.Configuration(readSettings, "polder.yaml"), kong.Writers(io.out, io.err), kong.ValueFormatter(helpWithDefault), kong.Exit(func(code int) { exit = code }))
	if err != nil {
		fmt.Fprintf(io.err, "polder: %s\n", err) // of polder.yaml
		return exitUsage
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	k, err := parser.Parse(args)
	if exit >= 0 { // --help said all
		return exit
	}
	if err != nil {
		fmt.Fprintf(io.err, "polder: %s; see polder --help\n", err)
		return exitUsage
	}
	if err := c.Check(); err != nil && k.Command() != "version" {
		fmt.Fprintf(io.err, "polder: %s\n", err)
		return exitUsage
	}
	c.BaseURL = strings.TrimSuffix(c.BaseURL, "/")
	k.BindTo(audit.WithActor(ctx, operator()), (*context.Context)(nil))
	k.Bind(&c.Settings, io)
	err = k.Run()
	if err == nil {
		return exitDone
	}
	fmt.Fprintf(io.err, "polder: %s\n", sentence(err))
	return exitCode(err)
}

// helpWithDefault says of each flag what it is when nobody sets it.
func helpWithDefault(v *kong.Value) string {
	help := kong.DefaultHelpValueFormatter(v)
	if v.HasDefault && v.Default != "" {
		help += " Default: " + v.Default + "."
	}
	return help
}

// partly is the error of work that is done as far as possible.
type partly struct{ error }

func (p partly) Unwrap() error { return p.error }

func exitCode(err error) int {
	var p partly
	var u unusable
	switch {
	case errors.Is(err, notify.ErrUnreachable), fault.KindOf(err) == fault.Unavailable:
		return exitUnreachable
	case errors.As(err, &u):
		return exitUsage
	case errors.As(err, &p):
		return exitPartly
	case fault.KindOf(err) == fault.Invalid, fault.KindOf(err) == fault.NotFound:
		return exitRefused
	}
	return exitFailed
}

// sentence is what the operator reads: the public face where there is one, with its cause.
func sentence(err error) string {
	if errors.Is(err, context.Canceled) {
		return "stopped; what was done is kept, and the same command goes on with the rest"
	}
	// A file's name, or a line of it, may hold what a terminal would obey.
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			return -1
		}
		return r
	}, err.Error())
}
