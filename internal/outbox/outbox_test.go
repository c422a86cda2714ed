package outbox

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/i18n"
	"polder/internal/jobs"
	"polder/internal/kit"
	"polder/internal/mail"
	"polder/internal/web"
)

type fixture struct {
	*testing.T
	db      *db.DB
	clock   *kit.Clock
	queue   *jobs.Queue
	box     *mail.Box
	post    *mail.Post
	outbox  *Outbox
	catalog *i18n.Catalog
}

func each(t *testing.T, fn func(f *fixture)) {
	kit.Each(t, []db.Schema{audit.Schema(), jobs.Schema()}, func(t *testing.T, d *db.DB) {
		f := &fixture{T: t, db: d, clock: &kit.Clock{}}
		var err error
		if f.catalog, err = i18n.New(web.Messages); err != nil {
			t.Fatal(err)
		}
		f.queue = jobs.New(d, kit.Log(t))
		f.queue.Now = f.clock.Now
		if f.box, err = mail.OpenBox(mail.BoxConfig{Keep: 100, Now: f.clock.Now}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.box.Close() })
		client, err := mail.NewClient(mail.Config{URL: f.box.URL(), Timeout: 20 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { client.Close() })
		f.post = &mail.Post{Servers: []*mail.Client{client}, ReturnPath: "centre@polder.example"}
		f.outbox = New(d, f.queue, f.post, f.clock.Now, kit.Log(t), Settings{Centre: "Meldpunt", From: "Meldpunt <centre@polder.example>", Key: bytes.Repeat([]byte{1}, 32)})
		fn(f)
	})
}

func (f *fixture) letter(lang string) Letter {
	l := Letter{To: "jan@bakkerij.example", Printer: f.catalog.For(lang), Purpose: "code"}
	l.Subject = "Your code"
	l.Say("Your code is 123456.")
	return l
}

func (f *fixture) send(l Letter, end error) {
	f.Helper()
	err := f.db.Write(f.Context(), func(tx *db.Tx) error {
		if err := f.outbox.Send(f.Context(), tx, l); err != nil {
			return err
		}
		return end
	})
	if !errors.Is(err, end) {
		f.Fatal(err)
	}
}

func (f *fixture) drain() {
	f.Helper()
	if err := f.queue.Drain(f.Context()); err != nil {
		f.Fatal(err)
	}
}

func TestALetterGoesWithWhatCausedIt(t *testing.T) {
	each(t, func(f *fixture) {
		f.send(f.letter("nl"), errors.New("rolled back"))
		f.send(f.letter("en"), nil)
		f.drain()
		mails := f.box.Mails()
		if len(mails) != 1 {
			f.Fatalf("%d mails", len(mails))
		}
		m := mails[0]
		if m.EnvelopeTo[0] != "jan@bakkerij.example" || !strings.Contains(m.Text, "123456") || !strings.Contains(m.Text, "comes from Meldpunt") || m.MessageID == "" {
			f.Errorf("to %v: %s", m.EnvelopeTo, m.Text)
		}
		var events []audit.Event
		if err := f.db.Read(f.Context(), func(tx *db.Tx) (err error) {
			events, err = audit.List(f.Context(), tx, kit.Start, 10)
			return err
		}); err != nil {
			f.Fatal(err)
		}
		if len(events) != 1 || events[0].Action != audit.Send || events[0].Detail != "code: sent" || strings.Contains(events[0].Object, "jan") {
			f.Errorf("%+v", events)
		}
	})
}

// A code that waits in the queue cannot be read by who reads the database or a copy of it.
func TestALetterLiesSealed(t *testing.T) {
	each(t, func(f *fixture) {
		f.send(f.letter("nl"), nil)
		var found bool
		err := f.db.Read(f.Context(), func(tx *db.Tx) error {
			return tx.Each(f.Context(), func(scan func(...any) error) error {
				var args string
				err := scan(&args)
				found = true
				if strings.Contains(args, "123456") || strings.Contains(args, "bakkerij") {
					f.Errorf("the queue shows the letter: %s", args)
				}
				return err
			}, `SELECT CAST(args AS TEXT) FROM jobs_job`)
		})
		if err != nil || !found {
			f.Fatal(err, found)
		}
		if !f.db.Postgres() {
			files, _ := filepath.Glob(filepath.Join(f.db.Dir(), "polder.sqlite*"))
			for _, name := range files {
				if b, err := os.ReadFile(name); err != nil || bytes.Contains(b, []byte("123456")) {
					f.Errorf("%s shows the letter (%v)", name, err)
				}
			}
		}
	})
}

// The mail server has trouble at first: the letter is tried again, and is the same mail.
func TestALetterIsTriedAgain(t *testing.T) {
	each(t, func(f *fixture) {
		tries := 0
		f.box.Trouble(func(_, to string) mail.Trouble {
			if to == "" {
				return mail.Trouble{}
			}
			if tries++; tries == 1 {
				return mail.Trouble{Code: 451}
			}
			return mail.Trouble{}
		})
		f.send(f.letter("nl"), nil)
		_ = f.queue.Drain(f.Context()) // says that a job failed
		if n := len(f.box.Mails()); n != 0 {
			f.Fatalf("%d mails though the server refused", n)
		}
		f.clock.Advance(time.Minute)
		f.drain()
		if n := len(f.box.Mails()); n != 1 {
			f.Errorf("%d mails at the second try", n)
		}
	})
}

func TestALetterThatIsTooLateIsNotSent(t *testing.T) {
	each(t, func(f *fixture) {
		l := f.letter("nl")
		l.Until = f.clock.Now().Add(10 * time.Minute)
		f.send(l, nil)
		f.clock.Advance(11 * time.Minute)
		f.drain()
		if n := len(f.box.Mails()); n != 0 {
			f.Errorf("%d mails", n)
		}
	})
}
