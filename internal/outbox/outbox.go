// Package outbox sends the letters that keep the house going: a code, an invitation, a notice that
// something changed. A letter is queued in the transaction that causes it, and goes once that
// commits; until it is sent it lies sealed in the queue, as it may hold a code. Warnings are not
// sent this way: they are kept, and their delivery is a row that can be asked after (notify).
package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/i18n"
	"polder/internal/jobs"
	"polder/internal/mail"
	"polder/internal/seal"
)

// Settings are what every letter has in common.
type Settings struct {
	Centre  string // name of the centre, under each letter
	From    string // "Name <address>"
	ReplyTo string
	Key     []byte // the centre's key, 32 bytes
}

// Outbox queues letters and hands them over.
type Outbox struct {
	db    *db.DB
	queue *jobs.Queue
	post  *mail.Post
	set   Settings
	box   seal.Box
	now   func() time.Time
	log   *slog.Logger

	mu   sync.Mutex // of next
	next int        // which connection takes the next letter
}

type sendArgs struct {
	ID     string // the letter's, for its Message-ID
	Sealed []byte
}

// Kind names the job.
func (sendArgs) Kind() string { return "outbox.send" }

type sealed struct {
	To, Subject, Text, HTML, Language string
	Written                           time.Time
	Until                             time.Time // of no use after; zero: always of use
	Concerns                          db.ID     // organisation, for the record
	Purpose                           string    // for the record: "code", "invitation"
}

// New makes an outbox and registers its job. post may have no servers yet in tests that send nothing.
func New(d *db.DB, queue *jobs.Queue, post *mail.Post, now func() time.Time, log *slog.Logger, set Settings) *Outbox {
	o := &Outbox{db: d, queue: queue, post: post, set: set, box: seal.New(set.Key, "outbox"), now: now, log: log}
	// Attempts over three and a half hours; what is of no use by then is not sent any more.
	jobs.Register(queue, jobs.Options{Timeout: 2 * time.Minute}, o.send)
	return o
}

// Letter is one letter to one address.
type Letter struct {
	To           string        // bare mail address
	Printer      *i18n.Printer // in the reader's language
	Purpose      string        // one word for the record, such as "code"; never content
	Organisation db.ID         // whom it concerns, for the record; may be zero
	Until        time.Time     // not sent any more after this; zero: as long as it takes
	mail.Letter                // Subject and what it says
}

// Send queues the letter in the caller's transaction.
func (o *Outbox) Send(ctx context.Context, tx *db.Tx, l Letter) error {
	l.Language = l.Printer.Lang()
	l.Rule()
	l.Say(l.Printer.T("web.mail.footer", "Centre", o.set.Centre))
	html, err := l.HTML()
	if err != nil {
		return err
	}
	b, err := json.Marshal(sealed{To: l.To, Subject: l.Subject, Text: l.Plain(), HTML: html, Language: l.Language,
		Written: o.now(), Until: l.Until, Concerns: l.Organisation, Purpose: l.Purpose})
	if err != nil {
		return fmt.Errorf("queue a letter: %w", err)
	}
	id := db.NewID().String()
	return o.queue.Insert(ctx, tx, sendArgs{ID: id, Sealed: o.box.Seal(b, []byte(id))}, time.Time{})
}

// send hands one letter over. Sent twice after a crash, it is the same mail under the same
// Message-ID.
func (o *Outbox) send(ctx context.Context, a sendArgs) error {
	b, err := o.box.Open(a.Sealed, []byte(a.ID))
	if err != nil {
		return fmt.Errorf("open letter %s: %w", a.ID, err)
	}
	var l sealed
	if err := json.Unmarshal(b, &l); err != nil {
		return fmt.Errorf("read letter %s: %w", a.ID, err)
	}
	if !l.Until.IsZero() && o.now().After(l.Until) {
		o.log.Warn("a letter was not sent: it came too late to be of use", "letter", a.ID, "purpose", l.Purpose)
		return nil
	}
	if o.post.Held != nil {
		return o.post.Held
	}
	server := o.server()
	if server == nil {
		return errors.New("there is no mail server")
	}
	m := mail.Message{From: o.set.From, To: l.To, ReplyTo: o.set.ReplyTo, Subject: l.Subject, Text: l.Text, HTML: l.HTML,
		Language: l.Language, Date: l.Written, MessageID: a.ID + "@" + o.host(), Auto: true}
	raw, err := m.Render(o.post.Signer)
	if err != nil {
		o.log.Error("a letter could not be written; it needs a person", "letter", a.ID, "purpose", l.Purpose, "error", err)
		return nil // trying again changes nothing
	}
	outcome, reply := server.Send(ctx, o.post.ReturnPath, l.To, raw)
	switch outcome {
	case mail.Sent:
	case mail.Failed:
		o.log.Warn("a letter was refused for good", "letter", a.ID, "purpose", l.Purpose, "reply", reply)
	default:
		return fmt.Errorf("letter %s is not sent yet: %s", a.ID, reply)
	}
	err = o.db.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error {
		return audit.Append(ctx, tx, audit.Event{At: o.now(), Actor: "polder", Action: audit.Send, Object: "letter " + a.ID,
			Organisation: l.Concerns, Detail: l.Purpose + ": " + outcome.String()})
	})
	if err != nil {
		o.log.Error("a letter that was sent is not in the record", "letter", a.ID, "error", err) // sending again would be worse
	}
	return nil
}

func (o *Outbox) server() *mail.Client {
	if len(o.post.Servers) == 0 {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.next++
	return o.post.Servers[o.next%len(o.post.Servers)]
}

func (o *Outbox) host() string {
	at := strings.LastIndexByte(o.set.From, '@')
	if at < 0 {
		return "localhost"
	}
	return strings.TrimSuffix(o.set.From[at+1:], ">")
}
