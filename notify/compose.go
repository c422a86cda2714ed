package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"polder/directory"
	"polder/internal/db"
	"polder/internal/mail"
)

// Notification is one message to one organisation.
type Notification struct {
	ID           db.ID
	Reference    string
	Organisation db.ID
	Kind         string // warning, reminder, closing, desk
	Severity     int64
	Classes      []string // RSIT types
	Language     string
	Subject      string
	Text, HTML   string
	Exposures    int
	Register     int64 // version of the register of assets that it was composed by
	CreatedAt    time.Time
}

// composeAtATime is how many organisations one transaction writes to.
const composeAtATime = 100

// Compose writes a notification to every organisation that something is due for, and queues its
// delivery; it returns how many. One organisation gets one mail for all that is due. Just before,
// each exposure is held against the register again: what is no longer the organisation's is not
// sent. Reports that are being read at this moment have nothing due yet for as long as gathering
// takes.
func (n *Notify) Compose(ctx context.Context) (composed int, err error) {
	return n.compose(ctx, n.now(), 0)
}

// ComposeGathered is Compose that also takes what is still being gathered: for when nothing more is
// coming.
func (n *Notify) ComposeGathered(ctx context.Context) (composed int, err error) {
	return n.compose(ctx, n.now().Add(n.set.Gather), 0)
}

// ComposeMost is ComposeGathered for at most so many organisations; the others wait their turn.
func (n *Notify) ComposeMost(ctx context.Context, organisations int) (composed int, err error) {
	return n.compose(ctx, n.now().Add(n.set.Gather), organisations)
}

func (n *Notify) compose(ctx context.Context, until time.Time, most int) (composed int, err error) {
	err = n.db.TryExclusive(ctx, "compose", func(ctx context.Context) error {
		if err := errors.Join(n.footprint.Load(ctx), n.LoadTexts(ctx)); err != nil {
			return err
		}
		var due []db.ID
		err := n.db.Read(ctx, func(tx *db.Tx) (err error) {
			due, err = organisationsDue(ctx, tx, db.Micros(until), n.now())
			return err
		})
		if err != nil {
			return fmt.Errorf("look up who is to be told: %w", err)
		}
		if most > 0 && len(due) > most {
			due = due[:most]
		}
		for part := range slices.Chunk(due, composeAtATime) {
			made := 0
			err := n.change(ctx, func(tx *db.Tx) (err error) {
				made, err = n.composeTo(ctx, tx, part, until)
				return err
			})
			if err != nil {
				return err
			}
			composed += made
		}
		return nil
	})
	if errors.Is(err, db.ErrBusy) {
		return 0, nil // another process composes; what it misses, the next round takes
	}
	return composed, err
}

func (n *Notify) composeTo(ctx context.Context, tx *db.Tx, ids []db.ID, until time.Time) (made int, err error) {
	organisations, err := directory.Get(ctx, tx, ids)
	if err != nil {
		return 0, err
	}
	wishes, err := recipientsOf(ctx, tx, ids)
	if err != nil {
		return 0, err
	}
	names := map[int64]reportName{}
	for _, id := range ids {
		to := organisations[id]
		if to.Email == "" {
			// Nowhere to write to: kept, and looked at again in an hour, when there may be an address.
			if err := postpone(ctx, tx, id, db.Micros(until), db.Micros(n.now().Add(time.Hour))); err != nil {
				return made, err
			}
			continue
		}
		readers, language, err := n.readersOf(ctx, tx, to, wishes[id])
		if err != nil {
			return made, err
		}
		w := &writer{n: n, p: n.catalog.For(language).In(n.set.Location), to: to, reports: names, readers: readers}
		for _, closing := range []bool{false, true} {
			done, err := n.composeOne(ctx, tx, w, closing, until)
			if err != nil {
				return made, fmt.Errorf("write to %s: %w", to.Reference, err)
			}
			made += done
		}
	}
	if made > 0 {
		return made, n.queue.Insert(ctx, tx, deliverArgs{}, time.Time{})
	}
	return made, nil
}

// composeOne takes the exposures of one organisation that are due as the items of a notification,
// and from then on looks at nothing but those items: what becomes due meanwhile waits its turn.
func (n *Notify) composeOne(ctx context.Context, tx *db.Tx, w *writer, closing bool, until time.Time) (made int, err error) {
	note := Notification{ID: db.NewID(), Reference: newReference(), Organisation: w.to.ID, Language: w.p.Lang(), CreatedAt: n.now(),
		Register: n.footprint.Index().Version()}
	if taken, err := takeItems(ctx, tx, note.ID, w.to.ID, db.Micros(until), n.now(), closing); err != nil || taken == 0 {
		return 0, err
	}
	var g gathering
	var gone []Exposure
	reminder := true
	index, readers := n.footprint.Index(), fresh(w.readers)
	err = eachItem(ctx, tx, note.ID, func(e Exposure) error {
		if !stillConcerns(index, &e) {
			gone = append(gone, Exposure{Organisation: e.Organisation, Fingerprint: e.Fingerprint, Reasons: e.Reasons, ToldAt: e.ToldAt})
			return nil
		}
		for _, r := range readers {
			r.add(e)
		}
		reminder = reminder && !e.ToldAt.IsZero() && e.State != StateReopened && e.State != StateNew
		g.add(e)
		return nil
	})
	if err != nil {
		return 0, err
	}
	if err := letGo(ctx, tx, note.ID, gone, db.Micros(n.now())); err != nil {
		return 0, err
	}
	if g.total == 0 {
		return 0, nil
	}
	if err := w.learn(ctx, tx, g.groups); err != nil {
		return 0, err
	}
	note.Kind = "warning"
	write := func(w *writer, g *gathering) *mail.Letter { return w.warning(g, reminder, note.Reference) }
	switch {
	case closing:
		note.Kind = "closing"
		write = func(w *writer, g *gathering) *mail.Letter { return w.closing(g, note.Reference) }
	case reminder:
		note.Kind = "reminder"
	}
	note.Severity, note.Classes, note.Exposures = int64(g.severity), g.classes, g.total
	if err := n.queueLetter(ctx, tx, &note, write(w, &g), w.to.Email); err != nil {
		return 0, err
	}
	if err := n.queueCopies(ctx, tx, &note, w, readers, write); err != nil {
		return 0, err
	}
	if err := noteCauses(ctx, tx, note.ID); err != nil {
		return 0, fmt.Errorf("note the reports of %s: %w", note.Reference, err)
	}
	if !closing {
		if err := insertLink(ctx, tx, link{hash: tokenHash(n.linkToken(note.ID)), notification: note.ID, organisation: w.to.ID,
			holder: "recipient", created: n.now(), expires: n.now().Add(n.set.LinkValid)}); err != nil {
			return 0, err
		}
	}
	if err := insertTopics(ctx, tx, note.ID); err != nil {
		return 0, err
	}
	return 1, markTold(ctx, tx, note.ID, note.Organisation, n.now(), closing)
}

// queueLetter stores the letter as a notification with a delivery to the address.
func (n *Notify) queueLetter(ctx context.Context, tx *db.Tx, note *Notification, l *mail.Letter, to string) (err error) {
	note.Subject, note.Text = l.Subject, l.Plain()
	if note.HTML, err = l.HTML(); err != nil {
		return err
	}
	if err := insertNotification(ctx, tx, note); err != nil {
		return err
	}
	return insertDelivery(ctx, tx, db.NewID(), note.ID, to, n.messageID(note.Reference), n.now())
}

// messageID is made from the reference, so that a mail that is sent twice can be known as one.
func (n *Notify) messageID(reference string) string {
	host := "localhost"
	if _, domain, ok := strings.Cut(strings.TrimSuffix(n.set.From[strings.LastIndexByte(n.set.From, '<')+1:], ">"), "@"); ok {
		host = domain
	}
	return strings.ToLower(reference) + "@" + host
}

// learn looks up the names of the reports that the groups come from, once for each.
func (w *writer) learn(ctx context.Context, tx *db.Tx, groups []*group) error {
	var ask []int64
	for _, g := range groups {
		for _, e := range g.shown {
			if _, have := w.reports[e.LastReport]; !have && !slices.Contains(ask, e.LastReport) {
				ask = append(ask, e.LastReport)
			}
		}
	}
	return reportNames(ctx, tx, ask, w.reports)
}

// message turns a stored notification into the mail that is sent, the same on each attempt.
func (n *Notify) message(d *dueDelivery) mail.Message {
	link := n.set.BaseURL + "/f/" + n.linkToken(d.notification)
	if d.kind == "stranger" {
		link = n.set.BaseURL + "/stranger/" + n.StrangerToken(d.notification)
	}
	if d.behalf != "" { // nowhere in what somebody with a mandate gets is the secret link
		link = n.set.BaseURL + "/o/" + d.organisation.String() + "/exposures"
	}
	m := mail.Message{
		From: n.set.From, To: d.recipient, ReplyTo: cmp.Or(d.replyTo, n.set.ReplyTo), Subject: d.subject, MessageID: d.messageID, Date: d.created,
		Text: mail.Fill(d.text, link),
		HTML: mail.Fill(d.html, link), Language: d.language, Auto: true,
	}
	if d.kind == "stranger" && strings.HasPrefix(link, "https://") {
		m.Unsubscribe = link // who never asked for letters can end them with one click in the mail program
	}
	// Only what is not urgent can be had less often with one click in the mail program; a delegate decides no such thing.
	if (d.kind == "warning" || d.kind == "reminder") && d.behalf == "" && d.severity <= 3 && strings.HasPrefix(link, "https://") {
		m.Unsubscribe = link + "/less"
	}
	return m
}
