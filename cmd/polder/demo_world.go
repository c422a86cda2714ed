package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"time"

	"polder/internal/audit"
	"polder/internal/config"
	"polder/internal/db"
	"polder/internal/mail"
	"polder/notify"
	"polder/testdata/demo"
)

// world is the invented country: the whole house, a mail server that keeps the mails, and a clock
// that goes a day ahead when the next reports come in.
type world struct {
	app    *app
	box    *mail.Box
	names  *demoNames
	clock  *demoClock
	zone   *time.Location
	first  time.Time        // midnight at which the first day begins
	people map[string]db.ID // accounts of the personas, by key

	national bool // no days go by, and there is too much of everything for a page about all of it

	working sync.Mutex // held by whoever lets a day pass or keeps house
	mu      sync.Mutex
	day     int // whose reports have come in; 0 before the first
	going   *passing
}

// passing is how far a day's work is.
type passing struct {
	day           int
	step          string // "answers", "reports", "warnings" or "daily"
	report        string // being read
	reports, read int
	err           error
}

// newWorld makes the country in the folder, as it is before the first reports. Mails lead to address.
func newWorld(ctx context.Context, set *config.Settings, folder, address string, s streams) (*world, error) {
	w, err := emptyWorld(ctx, set, folder, address, "sqlite", s)
	if err != nil {
		return nil, err
	}
	if err := w.register(ctx); err != nil {
		return nil, errors.Join(err, w.close())
	}
	if err := w.sources(ctx); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, w.settle(ctx)
}

// emptyWorld makes a country without anybody in it.
func emptyWorld(ctx context.Context, set *config.Settings, folder, address, database string, s streams) (*world, error) {
	w := &world{people: map[string]db.ID{}, clock: &demoClock{}, zone: set.Location()}
	// The last day is today, once its morning mails can have gone out.
	local := time.Now().In(w.zone)
	last := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, w.zone)
	if local.Hour() < 8 {
		last = last.AddDate(0, 0, -1)
	}
	w.first = last.AddDate(0, 0, 1-demoDays)
	w.clock.put(w.first.AddDate(0, 0, -3)) // when the organisations registered
	var err error
	if w.box, err = mail.OpenBox(mail.BoxConfig{Keep: 5000, Now: w.clock.now}); err != nil {
		return nil, err
	}
	if w.names, err = openDemoNames(); err != nil {
		return nil, errors.Join(err, w.close())
	}
	own := demoSettings(set, folder, address, w.box)
	own.Database = database
	own.Resolver = w.names.address()
	if own.DKIMKey, err = writeKey(folder); err == nil {
		if w.app, err = openAt(ctx, own, quiet(s), w.clock.now); err == nil {
			w.app.signin.AppsRunBy(time.Now) // the visitor's app knows nothing of the days here
			return w, nil
		}
	}
	return nil, errors.Join(err, w.close())
}

// writeKey makes a key to sign the mails with.
func writeKey(folder string) ([]string, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(folder, "dkim.pem")
	return []string{file}, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
}

// register imports the organisations and what they ask to be watched.
func (w *world) register(ctx context.Context) error {
	ctx = audit.WithActor(ctx, "demo")
	organisations, err := demo.Files.Open("organisations.csv")
	if err != nil {
		return err
	}
	defer organisations.Close()
	if _, err := w.app.directory.Import(ctx, organisations); err != nil {
		return err
	}
	assets, err := demo.Files.Open("assets.csv")
	if err != nil {
		return err
	}
	defer assets.Close()
	if _, err := w.app.footprint.Import(ctx, assets); err != nil {
		return err
	}
	return w.app.footprint.Load(ctx)
}

func (w *world) close() error {
	var err error
	if w.app != nil {
		err = w.app.close()
	}
	if w.names != nil {
		err = errors.Join(err, w.names.close())
	}
	return errors.Join(err, w.box.Close())
}

// at is a moment of one of the days, 1 to demoDays.
func (w *world) at(day, hour, minute int) time.Time {
	d := w.first.AddDate(0, 0, day-1)
	return time.Date(d.Year(), d.Month(), d.Day(), hour, minute, 0, 0, w.zone)
}

// today says which day it is, and how far the work is that is going on, if any.
func (w *world) today() (day int, going *passing) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.going != nil {
		copied := *w.going
		going = &copied
	}
	return w.day, going
}

// begin marks the next day as coming in; false when one is already, or there are no more.
func (w *world) begin() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.going != nil && w.going.err == nil || w.day >= demoDays {
		return false
	}
	w.going = &passing{day: w.day + 1, step: "answers"}
	return true
}

func (w *world) tell(fn func(p *passing)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	fn(w.going)
}

// next lets the next day's reports come in, and all happen that follows from them. A second call
// while one is going on changes nothing.
func (w *world) next(ctx context.Context) error {
	if !w.begin() {
		return nil
	}
	return w.pass(ctx)
}

// pass does the work of the day that begin marked.
func (w *world) pass(ctx context.Context) error {
	w.working.Lock()
	defer w.working.Unlock()
	_, going := w.today()
	err := w.live(ctx, going.day)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.going.err = err
		return err
	}
	w.day, w.going = going.day, nil
	return nil
}

// live is one day: people answer yesterday's mails, the reports come in at six, what is urgent goes
// out at once and the rest at seven.
func (w *world) live(ctx context.Context, day int) error {
	w.clock.put(w.at(day-1, 15, 0))
	if err := w.answer(ctx, day-1); err != nil {
		return fmt.Errorf("let people answer: %w", err)
	}
	w.clock.put(w.at(day, 6, 0))
	reports, err := arrivals(day, w.at(day, 0, 0))
	if err != nil {
		return err
	}
	w.tell(func(p *passing) { p.step, p.reports = "reports", len(reports) })
	for _, r := range reports {
		w.tell(func(p *passing) { p.report = r.name })
		if err := w.ingest(ctx, r); err != nil {
			return fmt.Errorf("read %s: %w", r.name, err)
		}
		w.tell(func(p *passing) { p.read++ })
	}
	if err := w.deliver(ctx); err != nil { // nothing is due yet, but what reports no longer show is noted
		return err
	}
	w.tell(func(p *passing) { p.step, p.report = "warnings", "" })
	w.clock.put(w.at(day, 6, 10))
	if err := w.deliver(ctx); err != nil {
		return err
	}
	w.tell(func(p *passing) { p.step = "daily" })
	w.clock.put(w.at(day, 7, 5))
	return w.deliver(ctx)
}

// ingest reads one report, from a file as it would be downloaded.
func (w *world) ingest(ctx context.Context, r arrival) error {
	file := filepath.Join(w.app.set.Data, r.name)
	if err := os.WriteFile(file, r.content, 0o600); err != nil {
		return err
	}
	defer os.Remove(file)
	_, err := w.app.notify.Ingest(ctx, notify.Offer{Path: file, Source: r.source, Mapping: r.mapping, Actor: "demo"})
	return err
}

// deliver does all that is due by the clock: what the reports queued, the letters, the mails.
func (w *world) deliver(ctx context.Context) error {
	for {
		if err := w.app.queue.Drain(ctx); err != nil {
			return err
		}
		composed, err := w.app.notify.Compose(ctx)
		if err != nil {
			return err
		}
		sent, err := w.app.notify.Deliver(ctx, w.app.post)
		if err != nil {
			return err
		}
		if composed+sent == 0 {
			return nil
		}
	}
}

// keepHouse does what visitors of the pages cause, such as the mail that asks the desk for help.
func (w *world) keepHouse(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if !w.working.TryLock() {
			continue
		}
		err := w.tidy(ctx)
		w.working.Unlock()
		if err != nil && ctx.Err() == nil {
			w.app.log.Error("the demo could not do what was due", "error", err)
		}
	}
}

func (w *world) tidy(ctx context.Context) error {
	waiting, err := w.app.notify.Waiting(ctx)
	if err != nil {
		return err
	}
	depth, err := w.app.queue.Depth(ctx)
	switch {
	case err != nil:
		return err
	case len(waiting) > 0 || depth["outbox.send"].Waiting > 0:
		return w.deliver(ctx)
	case depth["footprint.look"].Waiting > 0, depth["collect.pull"].Waiting > 0, depth["collect.read"].Waiting > 0: // a visitor asked to look at a proof, or a source
		return w.app.queue.Drain(ctx)
	case depth["outreach.sweep"].Waiting+depth["outreach.look"].Waiting > 0: // a visitor started a round of strangers
		return w.app.queue.Drain(ctx)
	case depth["outreach.send"].Waiting > 0:
		return w.deliver(ctx)
	}
	return nil
}

// reply is what people in the country answer by themselves, so that there is something to see. All
// other mails are left to the visitor.
type reply struct {
	day          int // in the afternoon
	organisation string
	answer       notify.Answer
	note         string
}

var replies = []reply{
	{1, "Z002", notify.OnIt, "Onze leverancier is gebeld, het portaal gaat vanavond dicht."},
	{1, "Z030", notify.IsSolved, "Closed the ports in the firewall."},
	{1, "Z017", notify.Help, "Ik knip haar. Wie kan mij helpen met mijn website?"},
	{1, "Z036", notify.Forwarded, ""},
	{2, "Z019", notify.IsSolved, "De site is opnieuw opgezet."},
	{2, "Z007", notify.IsSolved, "De printer hangt weer aan het interne netwerk."},
	{3, "Z031", notify.IsFalse, "It is a teapot. It is supposed to answer."},
	{3, "Z012", notify.OnIt, ""},
	{4, "Z008", notify.OnIt, "De planning krijgt een nieuwe server."},
	{5, "Z021", notify.IsNotOurs, "Dat adres is van de nieuwe huurder."},
	{6, "Z010", notify.IsSolved, ""},
}

var linkToken = regexp.MustCompile(`/f/([a-z2-7]{32})`)

// answer gives the replies of one day, each by the link in the latest mail that has one. A visitor
// may have withdrawn or answered something meanwhile: then the reply is left out.
func (w *world) answer(ctx context.Context, day int) error {
	for _, r := range replies {
		if r.day != day {
			continue
		}
		o, err := w.app.directory.ByReference(ctx, r.organisation)
		if err != nil {
			return err
		}
		token := ""
		for _, m := range w.box.Mails() {
			if found := linkToken.FindStringSubmatch(m.Text); found != nil && slices.Contains(m.EnvelopeTo, o.Email) {
				token = found[1]
			}
		}
		if token == "" {
			return fmt.Errorf("%s has no mail to answer", o.Reference)
		}
		if _, err := w.app.notify.Answer(ctx, token, notify.Feedback{Answer: r.answer, Note: r.note}); err != nil {
			return err
		}
	}
	return nil
}
