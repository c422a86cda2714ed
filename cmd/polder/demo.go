package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"polder/internal/config"
	"polder/internal/fault"
	"polder/internal/mail"
	"polder/internal/web"
)

//go:embed locales/*.yaml
var demoMessages embed.FS

//go:embed templates/demo/*.html
var demoPages embed.FS

type demoCommand struct {
	Keep   bool    `help:"Keep the demo's data folder, to look around in it afterwards."`
	Size   string  `enum:"small,national" default:"small" help:"'small', or 'national': 300,000 organisations and five million exposures, made in some minutes, in the database of --database."`
	Folder string  `help:"Keep the demo's data in this folder; what was made there before is used again." placeholder:"DIR"`
	Scale  float64 `default:"1" hidden:"" help:"Part of the national size, for tests."`
}

// Run shows the demo until it is stopped.
func (c *demoCommand) Run(ctx context.Context, set *config.Settings, s streams) error {
	listener, taken, err := listenNear(set.Listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	folder := c.Folder
	if folder == "" {
		if folder, err = os.MkdirTemp("", "polder-demo-"); err != nil {
			return fmt.Errorf("make a folder for the demo: %w", err)
		}
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("make a folder for the demo: %w", err)
	}
	if c.Keep || c.Folder != "" {
		fmt.Fprintf(s.out, "The demo's data stays in %s\n", folder)
	} else {
		defer os.RemoveAll(folder)
	}
	w, err := c.world(ctx, set, folder, addressOf(listener.Addr()), s)
	if err != nil {
		return fmt.Errorf("prepare the demo: %w", err)
	}
	defer w.close()
	site, err := w.site()
	if err != nil {
		return err
	}
	if taken {
		fmt.Fprintf(s.out, "%s is in use by another program, so the demo takes another port.\n", set.Listen)
	}
	fmt.Fprintf(s.out, "Polder's demo is ready: open %s in your browser. Stop it with Ctrl-C.\n", w.app.set.BaseURL)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return serveOn(ctx, site, listener) })
	g.Go(func() error { return w.keepHouse(ctx) })
	openBrowser(ctx, w.app.set.BaseURL)
	return g.Wait()
}

// world makes the country to be shown, of the size asked for.
func (c *demoCommand) world(ctx context.Context, set *config.Settings, folder, address string, s streams) (*world, error) {
	if c.Size == "national" {
		return newNation(ctx, set, folder, address, c.Scale, s)
	}
	w, err := newWorld(ctx, set, folder, address, s)
	if err != nil {
		return nil, err
	}
	if err := w.next(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("let the first day's reports come in: %w", err), w.close())
	}
	if err := errors.Join(w.arrange(ctx), w.strangers(ctx)); err != nil {
		return nil, errors.Join(err, w.close())
	}
	if err := w.atTheDesk(ctx); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

// listenNear listens on the address, or on a free port of its host when that one is taken.
func listenNear(address string) (l net.Listener, taken bool, err error) {
	if l, err = net.Listen("tcp", address); err == nil {
		return l, false, nil
	}
	host, _, cut := net.SplitHostPort(address)
	if cut == nil {
		l, err = net.Listen("tcp", net.JoinHostPort(host, "0"))
	}
	if cut != nil || err != nil {
		return nil, false, fault.Wrap(fault.Invalid, err, "POLDER_LISTEN cannot be used; choose another address or port")
	}
	return l, true, nil
}

// addressOf is how a browser on this machine reaches the listener. A loopback address is called
// localhost, as people know it.
func addressOf(a net.Addr) string {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return "http://" + a.String()
	}
	if tcp.IP.IsLoopback() || tcp.IP.IsUnspecified() {
		return fmt.Sprintf("http://localhost:%d", tcp.Port)
	}
	return "http://" + tcp.String()
}

// openBrowser opens the address where there is a desktop to open it on. The address was printed, so
// nothing is lost when it does not work.
func openBrowser(ctx context.Context, address string) {
	program := "xdg-open"
	switch {
	case os.Getenv("SSH_CONNECTION") != "":
		return
	case runtime.GOOS == "darwin":
		program = "open"
	case os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "":
		return
	}
	if found, err := exec.LookPath(program); err == nil {
		command := exec.CommandContext(ctx, found, address)
		if command.Start() == nil {
			go command.Wait() //nolint:errcheck // see above
		}
	}
}

// demoSettings are the demo's own: nothing of a real centre's database, mail server or keys is used.
func demoSettings(set *config.Settings, folder, address string, box *mail.Box) *config.Settings {
	const day = 24 * time.Hour
	return &config.Settings{
		Data: folder, Database: "sqlite", BaseURL: address, Listen: strings.TrimPrefix(address, "http://"),
		SMTP: box.URL() + "?tls=none", SMTPConnections: 1,
		From: "Polder Zilverwaard <waarschuwing@" + demoDomain + ">", ReplyTo: "Polder Zilverwaard <balie@" + demoDomain + ">",
		DKIMSelector: "demo", Gather: 5 * time.Minute, SendHour: 7, TimeZone: set.TimeZone,
		Name: "Polder Zilverwaard", Desk: "balie@" + demoDomain, Theme: set.Theme,
		SessionIdle: 30 * day, SessionLongest: 30 * day, KeepRaw: 30 * day, KeepRejected: 30 * day, KeepExposures: 60 * 30 * day, ExpireAfter: 30 * day, LinkValid: 90 * day,
	}
}

const demoDomain = "polder-zilverwaard.example"

// quiet keeps the terminal for what matters: in a demo, each request would be a line.
func quiet(s streams) *slog.Logger {
	return slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// site makes the pages of a serving centre, and those of the demo.
func (w *world) site() (*web.Site, error) {
	site, err := w.app.site(web.Options{Demo: true, DemoWays: demoWays})
	if err != nil {
		return nil, err
	}
	return site, w.routes(site)
}
