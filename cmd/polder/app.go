package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	netmail "net/mail"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"polder/collect"
	"polder/directory"
	"polder/follow"
	"polder/footprint"
	"polder/insight"
	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/config"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/fetch"
	"polder/internal/i18n"
	"polder/internal/jobs"
	"polder/internal/kvk"
	"polder/internal/mail"
	"polder/internal/outbox"
	"polder/internal/signin"
	"polder/internal/web"
	"polder/notify"
	"polder/outreach"
)

// app is the whole house, wired by hand.
type app struct {
	set       *config.Settings
	log       *slog.Logger
	now       func() time.Time
	db        *db.DB
	queue     *jobs.Queue
	catalog   *i18n.Catalog
	directory *directory.Directory
	footprint *footprint.Footprint
	notify    *notify.Notify
	follow    *follow.Follow
	collect   *collect.Collect
	outreach  *outreach.Outreach
	insight   *insight.Insight
	outbox    *outbox.Outbox
	signin    *signin.Signin
	post      *mail.Post
}

func schemas() []db.Schema {
	return []db.Schema{audit.Schema(), signin.Schema(), directory.Schema(), footprint.Schema(), jobs.Schema(), notify.Schema(), collect.Schema(), outreach.Schema(), follow.Schema(), insight.Schema()}
}

// open opens the database, brings it up to date and wires the house. It does not load the index of
// assets: the commands that match do that.
func open(ctx context.Context, set *config.Settings, io streams) (*app, error) {
	return openAt(ctx, set, slog.New(slog.NewTextHandler(io.err, &slog.HandlerOptions{Level: slog.LevelInfo})), time.Now)
}

// openAt is open with a clock of its own.
func openAt(ctx context.Context, set *config.Settings, log *slog.Logger, now func() time.Time) (*app, error) {
	d, err := db.Open(ctx, set.Database, set.Data)
	if errors.Is(err, db.ErrUnreachable) {
		return nil, fault.Wrap(fault.Unavailable, err, "the database cannot be opened; check POLDER_DATABASE and whether the server runs")
	}
	if err != nil {
		return nil, unusable{fault.Wrap(fault.Invalid, err, "the database cannot be opened; check POLDER_DATABASE and POLDER_DATA")}
	}
	a := &app{set: set, log: log, now: now, db: d}
	if err := a.wire(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return a, nil
}

func (a *app) wire(ctx context.Context) error {
	if _, err := a.db.Migrate(ctx, schemas()...); err != nil {
		return fmt.Errorf("bring the database up to date: %w", err)
	}
	key, err := a.set.Key()
	if err != nil {
		return unusable{err}
	}
	if a.catalog, err = i18n.New(web.Messages, signin.Locales(), directory.Locales(), footprint.Locales(), notify.Locales(), collect.Locales(), outreach.Locales(), follow.Locales(), insight.Locales(), demoMessages); err != nil {
		return fmt.Errorf("read the messages: %w", err)
	}
	a.catalog.Zone = a.set.Location()
	a.queue = jobs.New(a.db, a.log)
	a.queue.Now = a.now
	if a.post, err = newPost(a.set); err != nil {
		return unusable{err}
	}
	if !onThisMachine(a.set.SMTP) {
		a.post.Held = unready(a.set)
	}
	a.outbox = outbox.New(a.db, a.queue, a.post, a.now, a.log, outbox.Settings{Centre: a.set.Name, From: a.set.From, ReplyTo: a.set.ReplyTo, Key: key})
	providers, err := signin.LoadProviders(a.set.OIDC)
	if err != nil {
		return unusable{err}
	}
	a.signin = signin.New(a.db, a.outbox, a.catalog, a.now, a.log, signin.Settings{
		BaseURL: a.set.BaseURL, Centre: a.set.Name, Key: key, Idle: a.set.SessionIdle, Longest: a.set.SessionLongest,
		Proxies:   a.set.ProxyNetworks(),
		Providers: providers,
	})
	a.signin.Jobs(a.queue)
	register, err := kvk.New(a.set.KVKURL, a.set.KVKKey)
	if err != nil {
		return unusable{fault.Wrap(fault.Invalid, err, "POLDER_KVK_URL cannot be used")}
	}
	a.directory = directory.New(a.db, a.now, directory.House{
		Signin: a.signin, Outbox: a.outbox, Queue: a.queue, Catalog: a.catalog, Log: a.log, Register: register,
		Settings: directory.Settings{BaseURL: a.set.BaseURL, Centre: a.set.Name, Desk: deskAddress(a.set.Desk), Key: key, KeepClosed: a.set.KeepClosed},
	})
	client, err := fetch.New(fetch.Options{Resolver: a.set.Resolver})
	if err != nil {
		return unusable{fault.Wrap(fault.Invalid, err, "POLDER_RESOLVER cannot be used")}
	}
	a.footprint = footprint.New(a.db, a.now, a.log)
	if err := a.footprint.Prove(a.queue, a.outbox, a.catalog, client, footprint.Settings{
		BaseURL: a.set.BaseURL, Centre: a.set.Name, Phone: a.set.Phone, Desk: deskAddress(a.set.Desk), Key: key,
	}); err != nil {
		return err
	}
	a.join()
	a.notify = notify.New(a.db, a.footprint, a.queue, a.catalog, a.now, a.log, notify.Settings{
		BaseURL: a.set.BaseURL, Centre: a.set.Name, Phone: a.set.Phone, Desk: a.set.Desk, From: a.set.From, ReplyTo: a.set.ReplyTo,
		Gather: a.set.Gather, SendHour: a.set.SendHour, Location: a.set.Location(), Key: key, LinkValid: a.set.LinkValid,
		KeepRaw: a.set.KeepRaw, KeepRejected: a.set.KeepRejected, KeepExposures: a.set.KeepExposures, ExpireAfter: a.set.ExpireAfter, Breaker: a.set.Breaker,
	})
	a.notify.Register(a.post)
	if err := a.notify.LoadTexts(ctx); err != nil {
		return err
	}
	a.notify.Letters(a.outbox)
	a.notify.Colleagues(colleagues)
	box, err := bounces(a.set)
	if err != nil {
		return err
	}
	a.notify.Bounces(box)
	a.outreach = outreach.New(a.db, a.now, outreach.House{
		Footprint: a.footprint, Notify: a.notify, Queue: a.queue, Fetch: client, Catalog: a.catalog, Log: a.log,
		Settings: outreach.Settings{BaseURL: a.set.BaseURL, Centre: a.set.Name, Phone: a.set.Phone, Key: key},
	})
	a.insight = insight.New(a.db, a.now)
	a.insight.Jobs(a.queue)
	a.recordJobs()
	a.signin.OnForget(a.notify.ForgetPerson)
	a.signin.OnExport("answers", a.notify.ExportPerson)
	a.signin.OnExport("work", a.notify.ExportPersonWork)
	a.directory.OnExport("exposures", a.notify.ExportExposures)
	a.directory.OnExport("work", a.notify.ExportWork)
	a.directory.OnExport("warnings", a.notify.ExportWarnings)
	a.directory.OnExport("answers", a.notify.ExportAnswers)
	a.directory.OnExport("warning_settings", a.notify.ExportWishes)
	a.directory.OnClosed(a.notify.ForgetRecipients)
	a.follow = follow.New(a.db, a.now, follow.House{Directory: a.directory, Footprint: a.footprint, Notify: a.notify, Queue: a.queue, Outbox: a.outbox,
		Catalog: a.catalog, Client: client, Log: a.log, BaseURL: a.set.BaseURL, Centre: a.set.Name, Key: key})
	a.directory.OnExport("connections", a.follow.ExportOf)
	a.directory.OnClosed(a.follow.EndOf)
	a.signin.OnForget(a.follow.ForgetPerson)
	hosts, folders := a.set.Collectable()
	if client, err = fetch.New(fetch.Options{Resolver: a.set.Resolver, Inner: hosts, Timeout: 30 * time.Second}); err != nil {
		return unusable{fault.Wrap(fault.Invalid, err, "POLDER_RESOLVER cannot be used")}
	}
	a.collect = collect.New(a.db, a.now, collect.House{
		Notify: a.notify, Outbox: a.outbox, Queue: a.queue, Catalog: a.catalog, Client: client, Log: a.log,
		Settings: collect.Settings{
			BaseURL: a.set.BaseURL, Centre: a.set.Name, Desk: deskAddress(a.set.Desk), Location: a.set.Location(), Key: key,
			Folders: folders, MaxReport: a.set.MaxReport << 20,
		},
	})
	return nil
}

// join lets the directory tell the domains that stand on it what happened to an organisation, and ask
// them what they know of one: it does not know them.
func (a *app) join() {
	a.directory.OnAccepted(a.footprint.ActivateOf)
	a.directory.OnClosed(a.footprint.WithdrawOf)
	a.directory.OnClosed(a.signin.EndTokens)
	a.signin.OnForget(a.footprint.ForgetPerson)
	a.directory.OnExport("assets", a.footprint.ExportOf)
	a.directory.Assets = func(ctx context.Context, tx *db.Tx, organisation db.ID) (list []directory.AssetLabel, err error) {
		labels, err := a.footprint.AssetLabels(ctx, tx, organisation)
		for _, l := range labels {
			list = append(list, directory.AssetLabel{ID: l.ID, Label: l.Value})
		}
		return list, err
	}
	// The people who can do something about it are told, and the mailbox that warnings go to.
	a.footprint.Told(func(ctx context.Context, tx *db.Tx, organisation db.ID) (list []footprint.Recipient, err error) {
		keepers, err := a.directory.Keepers(ctx, tx, organisation)
		if err != nil {
			return nil, err
		}
		found, err := directory.Get(ctx, tx, []db.ID{organisation})
		if err != nil {
			return nil, err
		}
		o := found[organisation]
		for _, k := range keepers {
			language := k.Language
			if language == "" {
				language = o.Language
			}
			list = append(list, footprint.Recipient{Mail: k.Mail, Language: language})
		}
		if o.Email != "" && !slices.ContainsFunc(list, func(r footprint.Recipient) bool { return strings.EqualFold(r.Mail, o.Email) }) {
			list = append(list, footprint.Recipient{Mail: o.Email, Language: o.Language})
		}
		return list, nil
	})
	a.directory.OnHome(func(ctx context.Context, tx *db.Tx, in actor.In) ([]directory.Line, error) {
		return a.notify.HomeLines(ctx, tx, in)
	})
	a.directory.OnFile(func(ctx context.Context, tx *db.Tx, organisation db.ID) ([]directory.Line, error) {
		return a.notify.BouncesOf(ctx, tx, organisation)
	})
	a.directory.OnStanding(func(ctx context.Context, tx *db.Tx, in actor.In) (func(say *i18n.Printer) directory.Standing, error) {
		return a.notify.HomeStanding(ctx, tx, in)
	})
	a.directory.OnHome(func(ctx context.Context, tx *db.Tx, in actor.In) ([]directory.Line, error) {
		return a.notify.BounceLines(ctx, tx, in)
	})
	a.directory.OnHome(func(ctx context.Context, tx *db.Tx, in actor.In) ([]directory.Line, error) {
		if in.Place == actor.Delegate {
			return nil, nil // a mandate may cover a part of the assets alone; its page of assets says which
		}
		return a.footprint.HomeLines(ctx, tx, in.Organisation)
	})
}

// newPost prepares the way to the mail server; nothing is dialled before the first mail.
func newPost(set *config.Settings) (*mail.Post, error) {
	from, err := netmail.ParseAddress(set.From)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "POLDER_MAIL_FROM cannot be used")
	}
	p := &mail.Post{ReturnPath: from.Address}
	for range set.SMTPConnections {
		c, err := mail.NewClient(mail.Config{URL: set.SMTP, Timeout: 30 * time.Second})
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "POLDER_SMTP cannot be used")
		}
		p.Servers = append(p.Servers, c)
	}
	if len(set.DKIMKey) == 0 {
		return p, nil
	}
	domain := set.DKIMDomain
	if domain == "" {
		domain = from.Address[strings.LastIndexByte(from.Address, '@')+1:]
	}
	var keys []mail.Key
	for i, file := range set.DKIMKey {
		pem, err := os.ReadFile(file)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "a file of POLDER_DKIM_KEY cannot be read")
		}
		selector := set.DKIMSelector
		if i > 0 {
			selector = fmt.Sprintf("%s%d", selector, i+1)
		}
		keys = append(keys, mail.Key{Selector: selector, PEM: pem})
	}
	if p.Signer, err = mail.NewSigner(domain, keys...); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "POLDER_DKIM_KEY cannot be used")
	}
	return p, nil
}

// deskAddress is the bare address of the desk; "" when there is none.
func deskAddress(s string) string {
	a, err := netmail.ParseAddress(s)
	if err != nil {
		return ""
	}
	return a.Address
}

func (a *app) close() error {
	for _, c := range a.post.Servers {
		c.Close()
	}
	return a.db.Close()
}

// with opens the house for one command.
func with(ctx context.Context, set *config.Settings, io streams, fn func(a *app) error) error {
	a, err := open(ctx, set, io)
	if err != nil {
		return err
	}
	return errors.Join(fn(a), a.close())
}

// operator names who runs the command, for the record.
func operator() string {
	for _, v := range []string{"SUDO_USER", "USER", "LOGNAME"} {
		if name := os.Getenv(v); name != "" {
			return "operator:" + name
		}
	}
	return "operator"
}

// unready says why no mail may leave this machine yet: what stands in a mail that was sent cannot be
// mended.
func unready(set *config.Settings) error {
	base, err := url.Parse(set.BaseURL)
	from, ferr := netmail.ParseAddress(set.From)
	if err != nil || ferr != nil {
		return nil // Check has refused these
	}
	if base.Hostname() == "localhost" || strings.HasSuffix(from.Address, "@localhost") {
		return unusable{fault.Invalidf("no mail was sent: POLDER_BASE_URL and POLDER_MAIL_FROM still have their defaults (localhost), and people could not open the links; set both, see docs/operate.md")}
	}
	return nil
}

// onThisMachine tells whether the mail server is on the loopback address, as one for trying things is.
func onThisMachine(smtp string) bool {
	u, err := url.Parse(smtp)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
}
