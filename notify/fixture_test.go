package notify

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"polder/directory"
	"polder/footprint"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/i18n"
	"polder/internal/jobs"
	"polder/internal/kit"
	"polder/internal/mail"
	"polder/internal/signin"
	"polder/internal/web"
)

// schemas are all tables that notify stands on, in the order of their migrations.
func schemas() []db.Schema {
	return []db.Schema{audit.Schema(), signin.Schema(), directory.Schema(), footprint.Schema(), jobs.Schema(), Schema()}
}

// fixture is the whole of notify on one database, with a clock that stands still and a mailbox.
type fixture struct {
	t         *testing.T
	ctx       context.Context
	db        *db.DB
	clock     *kit.Clock
	catalog   *i18n.Catalog
	queue     *jobs.Queue
	directory *directory.Directory
	footprint *footprint.Footprint
	notify    *Notify
	box       *mail.Box
	post      *mail.Post
	reports   int
}

// newFixture wires a house on a fresh database. change may alter the settings.
func newFixture(t *testing.T, d *db.DB, change ...func(*Settings)) *fixture {
	t.Helper()
	f := &fixture{t: t, ctx: t.Context(), db: d, clock: &kit.Clock{}}
	var err error
	if f.catalog, err = i18n.New(web.Messages, footprint.Locales(), Locales()); err != nil {
		t.Fatal(err)
	}
	f.catalog.Strict = true
	log := kit.Log(t)
	f.queue = jobs.New(d, log)
	f.queue.Now = f.clock.Now
	f.directory = directory.New(d, f.clock.Now)
	f.footprint = footprint.New(d, f.clock.Now, log)
	set := Settings{
		BaseURL: "https://polder.example", Centre: "Meldpunt Polder", Phone: "+31 85 000 0000", Desk: "hulp@polder.example",
		From: "Polder <melding@polder.example>", ReplyTo: "vragen@polder.example",
		Gather: 5 * time.Minute, SendHour: 8, Location: f.catalog.Zone, Key: []byte(strings.Repeat("k", 32)), LinkValid: 90 * 24 * time.Hour,
		KeepRaw: 30 * 24 * time.Hour, KeepRejected: 30 * 24 * time.Hour, KeepExposures: 60 * 30 * 24 * time.Hour, ExpireAfter: 90 * 24 * time.Hour,
	}
	for _, fn := range change {
		fn(&set)
	}
	f.notify = New(d, f.footprint, f.queue, f.catalog, f.clock.Now, log, set)
	if f.box, err = mail.OpenBox(mail.BoxConfig{Keep: 20_000, Now: f.clock.Now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.box.Close(); err != nil {
			t.Error(err)
		}
	})
	client, err := mail.NewClient(mail.Config{URL: f.box.URL(), Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	f.post = &mail.Post{Servers: []*mail.Client{client}, ReturnPath: "melding@polder.example"}
	f.notify.Register(f.post)
	if err := f.footprint.Load(f.ctx); err != nil {
		t.Fatal(err)
	}
	return f
}

// organisations imports lines of "reference,name,language,notify_email".
func (f *fixture) organisations(lines ...string) {
	f.t.Helper()
	if _, err := f.directory.Import(f.ctx, strings.NewReader("reference,name,language,notify_email\n"+strings.Join(lines, "\n")+"\n")); err != nil {
		f.t.Fatal(err)
	}
}

// assets imports lines of "organisation_reference,kind,value,role".
func (f *fixture) assets(lines ...string) {
	f.t.Helper()
	if _, err := f.footprint.Import(f.ctx, strings.NewReader("organisation_reference,kind,value,role\n"+strings.Join(lines, "\n")+"\n")); err != nil {
		f.t.Fatal(err)
	}
}

// withdraw withdraws assets, given as in assets.
func (f *fixture) withdraw(lines ...string) {
	f.t.Helper()
	if _, err := f.footprint.Withdraw(f.ctx, strings.NewReader("organisation_reference,kind,value,role\n"+strings.Join(lines, "\n")+"\n")); err != nil {
		f.t.Fatal(err)
	}
}

// ingest reads a Shadowserver report of the type, dated today by the clock, with the header and
// lines given. "NOW" in a line stands for the time on the clock.
func (f *fixture) ingest(kind, header string, lines ...string) *Summary {
	f.t.Helper()
	f.reports++
	body := header + "\n" + strings.ReplaceAll(strings.Join(lines, "\n"), "NOW", f.clock.Now().Format("2006-01-02 15:04:05")) + "\n"
	return f.offer(fmt.Sprintf("%s-%s-example-nl.csv", f.clock.Now().Format(time.DateOnly), kind), body, Offer{})
}

// offer reads a file of the name and content given.
func (f *fixture) offer(name, body string, o Offer) *Summary {
	f.t.Helper()
	o.Path = filepath.Join(f.t.TempDir(), name)
	if err := os.WriteFile(o.Path, []byte(body), 0o600); err != nil {
		f.t.Fatal(err)
	}
	o.Actor = "test"
	sum, err := f.notify.Ingest(f.ctx, o)
	if err != nil {
		f.t.Fatal(err)
	}
	if sum.Problem != "" {
		f.t.Fatalf("%s broke off: %s", name, sum.Problem)
	}
	return sum
}

// compose writes what is due, gathering included, and returns how many notifications it made.
func (f *fixture) compose() int {
	f.t.Helper()
	n, err := f.notify.ComposeGathered(f.ctx)
	if err != nil {
		f.t.Fatal(err)
	}
	return n
}

// deliver hands over what is queued and returns all mails that the box has taken so far.
func (f *fixture) deliver() []mail.Mail {
	f.t.Helper()
	if _, err := f.notify.Deliver(f.ctx, f.post); err != nil {
		f.t.Fatal(err)
	}
	return f.box.Mails()
}

// drain runs all jobs that are due.
func (f *fixture) drain() {
	f.t.Helper()
	if err := f.queue.Drain(f.ctx); err != nil {
		f.t.Fatal(err)
	}
}

// organisation looks one up by its reference.
func (f *fixture) organisation(reference string) directory.Organisation {
	f.t.Helper()
	o, err := f.directory.ByReference(f.ctx, reference)
	if err != nil {
		f.t.Fatal(err)
	}
	return o
}

// notifications lists those of an organisation, oldest first, with what became of their mails.
func (f *fixture) notifications(reference string) (list []Sent) {
	f.t.Helper()
	id := f.organisation(reference).ID
	err := f.db.Read(f.ctx, func(tx *db.Tx) error {
		return eachNotification(f.ctx, tx, func(s Sent) error { list = append(list, s); return nil },
			`WHERE n.organisation_id = ?1 ORDER BY n.created_at, n.id`, id)
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return list
}

// latest is the organisation's newest notification.
func (f *fixture) latest(reference string) Sent {
	f.t.Helper()
	list := f.notifications(reference)
	if len(list) == 0 {
		f.t.Fatalf("%s has no notification", reference)
	}
	return list[len(list)-1]
}

// token is the secret in the link of the organisation's newest notification.
func (f *fixture) token(reference string) string {
	f.t.Helper()
	return f.notify.linkToken(f.latest(reference).ID)
}

// exposures lists those of an organisation in a steady order.
func (f *fixture) exposures(reference string) (list []Exposure) {
	f.t.Helper()
	id := f.organisation(reference).ID
	err := f.db.Read(f.ctx, func(tx *db.Tx) error {
		return eachExposure(f.ctx, tx, func(e Exposure) error { list = append(list, e); return nil },
			`WHERE organisation_id = ?1 ORDER BY type, address, name, port, vulnerability`, id)
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return list
}

// states gives what each exposure of an organisation is about and its state: "192.0.2.7:3389 open".
func (f *fixture) states(reference string) (list []string) {
	f.t.Helper()
	for _, e := range f.exposures(reference) {
		list = append(list, e.subject()+" "+string(e.State))
	}
	return list
}

// count counts the rows of a table that fit.
func (f *fixture) count(table, where string, args ...any) (n int) {
	f.t.Helper()
	if where == "" {
		where = "1 = 1"
	}
	err := f.db.Read(f.ctx, func(tx *db.Tx) error {
		return tx.One(f.ctx, "SELECT count(*) FROM "+table+" WHERE "+where, args, &n)
	})
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		f.t.Fatal(err)
	}
	return n
}

// rdp is the header of a small scan_rdp report, and rdpLine one line of it.
const rdp = "timestamp,severity,ip,protocol,port,hostname,tag,asn"

func rdpLine(ip, hostname string) string {
	return fmt.Sprintf("NOW,high,%s,tcp,3389,%s,rdp,64500", ip, hostname)
}

func TestFixture(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("bakker,Bakkerij De Korst,nl,info@korst.example", "smid,Smederij Vonk,en,info@vonk.example")
		f.assets("bakker,prefix,192.0.2.0/28,owner", "smid,prefix,198.51.100.0/28,owner")
		sum := f.ingest("scan_rdp", rdp, rdpLine("192.0.2.7", "kassa.korst.example"), rdpLine("203.0.113.9", ""))
		if sum.Matched != 1 || sum.Unmatched != 1 || sum.New != 1 {
			t.Fatalf("matched %d, unmatched %d, new %d", sum.Matched, sum.Unmatched, sum.New)
		}
		if n := f.compose(); n != 1 {
			t.Fatalf("%d notifications, not 1", n)
		}
		mails := f.deliver()
		if len(mails) != 1 || mails[0].EnvelopeTo[0] != "info@korst.example" {
			t.Fatalf("mails %v", mails)
		}
		if link := "https://polder.example/f/" + f.token("bakker"); !strings.Contains(mails[0].Text, link) {
			t.Errorf("the mail does not hold %s:\n%s", link, mails[0].Text)
		}
		if f.count("notify_notification", "organisation_id = ?1", f.organisation("smid").ID) != 0 {
			t.Error("another organisation has a notification")
		}
		f.drain()
	})
}
