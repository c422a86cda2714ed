package notify

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"polder/directory"
	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/mail"
	"polder/notify/feeds"
)

// Wishes is how an organisation wants to be warned.
type Wishes struct {
	In        actor.In
	Cadence   map[feeds.Severity]Cadence
	Mailboxes []Wished // all that it can choose, the main contact first
	Tests     []Sent   // of the last day, the latest first
	Copies    []Copy   // of the latest test
}

// Wished is a mailbox that may be chosen, in the language that it gets its mail in.
type Wished struct {
	directory.Mailbox
	Chosen bool
	Lang   string
}

// Copy is a delivery of a message to another than the main contact.
type Copy struct {
	Recipient, Behalf, Language string
	State                       Delivery
	SentAt                      time.Time
}

// mostTests is how many test messages an organisation may ask for in a day.
const mostTests = 3

// Wishes returns how an organisation wants to be warned, to those of its own people who may change it,
// and to its programs.
func (n *Notify) Wishes(ctx context.Context, organisation db.ID) (w Wishes, err error) {
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		v, err := n.sightOf(ctx, tx, organisation, actor.Keepers, false)
		if err != nil {
			return err
		}
		w, err = n.wishesOf(ctx, tx, organisation)
		w.In = v.in
		return err
	})
	return w, err
}

func (n *Notify) wishesOf(ctx context.Context, tx *db.Tx, organisation db.ID) (w Wishes, err error) {
	w.Cadence = maps.Clone(defaults)
	own, err := preferencesOf(ctx, tx, organisation)
	if err != nil {
		return w, err
	}
	maps.Copy(w.Cadence, own)
	chosen, err := recipientsOf(ctx, tx, []db.ID{organisation})
	if err != nil {
		return w, err
	}
	boxes, err := directory.Mailboxes(ctx, tx, organisation, n.now())
	if err != nil {
		return w, err
	}
	for _, b := range boxes {
		x := Wished{Mailbox: b, Lang: b.Language, Chosen: b.Main}
		if lang, ok := chosen[organisation][b.ID]; ok {
			x.Chosen, x.Lang = true, lang
		}
		w.Mailboxes = append(w.Mailboxes, x)
	}
	if w.Tests, err = testsOf(ctx, tx, organisation, n.now().Add(-24*time.Hour), mostTests); err != nil || len(w.Tests) == 0 {
		return w, err
	}
	w.Copies, err = copiesOf(ctx, tx, w.Tests[0].ID)
	return w, err
}

// Wish says how an organisation wants to be warned: how soon by severity, and which mailboxes get it in
// which language. The main contact gets it in any case. nil leaves as it is; what may not be refuses the
// whole.
func (n *Notify) Wish(ctx context.Context, organisation db.ID, cadence map[feeds.Severity]Cadence, recipients map[db.ID]string) error {
	return n.change(ctx, func(tx *db.Tx) error {
		if _, err := n.sightOf(ctx, tx, organisation, actor.Keepers, true); err != nil {
			return err
		}
		if err := n.setCadence(ctx, tx, organisation, cadence); err != nil {
			return err
		}
		if recipients != nil {
			if err := n.setRecipients(ctx, tx, organisation, recipients); err != nil {
				return err
			}
		}
		return audit.Append(ctx, tx, audit.Event{At: n.now(), Action: audit.Change, Object: "warning settings", Organisation: organisation,
			Detail: fmt.Sprintf("%d severities, %d recipients", len(cadence), len(recipients))})
	})
}

// setCadence sets how soon an organisation hears of severities, within what it may choose; it counts for
// what waits to be sent too.
func (n *Notify) setCadence(ctx context.Context, tx *db.Tx, organisation db.ID, wishes map[feeds.Severity]Cadence) error {
	plan := n.newCalendar(map[db.ID]map[feeds.Severity]Cadence{organisation: wishes})
	for s, c := range wishes {
		if !slices.Contains(choices[s], c) {
			return fault.New(fault.Invalid, "notify.cadence.unknown")
		}
		if err := setPreference(ctx, tx, organisation, s, c, n.now()); err != nil {
			return err
		}
		if err := reschedule(ctx, tx, organisation, s, plan.due(organisation, s, n.now())); err != nil {
			return fmt.Errorf("plan anew what waits to be sent: %w", err)
		}
	}
	return nil
}

func (n *Notify) setRecipients(ctx context.Context, tx *db.Tx, organisation db.ID, chosen map[db.ID]string) error {
	boxes, err := directory.Mailboxes(ctx, tx, organisation, n.now())
	if err != nil {
		return err
	}
	others := 0
	for id, language := range chosen {
		i := slices.IndexFunc(boxes, func(b directory.Mailbox) bool { return b.ID == id })
		if i < 0 || language != "nl" && language != "en" {
			return fault.New(fault.Invalid, "notify.wishes.unknown")
		}
		if !boxes[i].Main {
			others++
		}
	}
	if others >= mostRecipients {
		return fault.New(fault.Invalid, "notify.wishes.too_many", "Most", mostRecipients)
	}
	return saveRecipients(ctx, tx, organisation, chosen, n.now())
}

// Try sends a test message to all who get the warnings of an organisation, by the queue that those go by.
func (n *Notify) Try(ctx context.Context, organisation db.ID) error {
	return n.change(ctx, func(tx *db.Tx) error {
		if _, err := n.sightOf(ctx, tx, organisation, actor.Keepers, true); err != nil {
			return err
		}
		before, err := testsOf(ctx, tx, organisation, n.now().Add(-24*time.Hour), mostTests)
		if err != nil {
			return err
		}
		if len(before) >= mostTests {
			return fault.New(fault.TooMany, "notify.wishes.tests", "Most", mostTests)
		}
		found, err := directory.Get(ctx, tx, []db.ID{organisation})
		if err != nil {
			return err
		}
		to := found[organisation]
		if to.Email == "" {
			return fault.New(fault.Conflict, "notify.wishes.nowhere")
		}
		wishes, err := recipientsOf(ctx, tx, []db.ID{organisation})
		if err != nil {
			return err
		}
		readers, language, err := n.readersOf(ctx, tx, to, wishes[organisation])
		if err != nil {
			return err
		}
		note := Notification{ID: db.NewID(), Reference: newReference(), Organisation: organisation, Kind: "test", Language: language, Severity: int64(feeds.Info),
			CreatedAt: n.now(), Register: n.footprint.Index().Version()}
		w := &writer{n: n, p: n.catalog.For(language).In(n.set.Location), to: to}
		write := func(w *writer, _ *gathering) *mail.Letter { return w.test(note.Reference) }
		if err := n.queueLetter(ctx, tx, &note, write(w, nil), to.Email); err != nil {
			return err
		}
		if err := n.queueCopies(ctx, tx, &note, w, readers, write); err != nil {
			return err
		}
		if err := audit.Append(ctx, tx, audit.Event{At: n.now(), Action: audit.Change, Object: "notification " + note.ID.String(), Organisation: organisation,
			Detail: "a test message"}); err != nil {
			return err
		}
		return n.queue.Insert(ctx, tx, deliverArgs{}, time.Time{})
	})
}
