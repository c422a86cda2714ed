package notify

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"polder/directory"
	"polder/footprint"
	"polder/internal/db"
	"polder/internal/mail"
)

// mostRecipients is how many mailboxes a message goes to, the main contact among them.
const mostRecipients = 5

// reader is a mailbox that gets a copy of a message, in its language, with what it may see of it. Whoever
// has a mandate for some assets gets none of a message in which anything else is.
type reader struct {
	directory.Mailbox
	language string
	g        gathering
	blind    bool // there is something in the message that it may not see
}

func (r *reader) add(e Exposure) {
	e.Reasons = slices.Clone(e.Reasons)
	if r.blind = r.blind || !(sight{every: r.Every, only: r.Assets}).covers(&e); !r.blind {
		r.g.add(e)
	}
}

// readersOf returns who gets copies of what goes to an organisation at this moment, and the language of
// the main contact; wishes are what its people chose, by mailbox.
func (n *Notify) readersOf(ctx context.Context, tx *db.Tx, to directory.Organisation, wishes map[db.ID]string) (list []*reader, language string, err error) {
	if len(wishes) == 0 {
		return nil, to.Language, nil
	}
	boxes, err := directory.Mailboxes(ctx, tx, to.ID, n.now())
	if err != nil {
		return nil, "", fmt.Errorf("look up the mailboxes of %s: %w", to.Reference, err)
	}
	language = to.Language
	taken := []string{to.Email}
	for _, box := range boxes {
		chosen, ok := wishes[box.ID]
		switch {
		case !ok:
		case box.Main:
			language = chosen
		case len(taken) < mostRecipients && !slices.ContainsFunc(taken, func(a string) bool { return strings.EqualFold(a, box.Email) }):
			if box.Assets, err = footprint.StillHeld(ctx, tx, box.Assets); err != nil {
				return nil, "", err
			}
			taken = append(taken, box.Email)
			list = append(list, &reader{Mailbox: box, language: chosen})
		}
	}
	return list, language, nil
}

// fresh are the readers with nothing gathered, for another message.
func fresh(list []*reader) []*reader {
	out := make([]*reader, len(list))
	for i, r := range list {
		out[i] = &reader{Mailbox: r.Mailbox, language: r.language}
	}
	return out
}

// queueCopies queues a message for each of its readers, as write makes it.
func (n *Notify) queueCopies(ctx context.Context, tx *db.Tx, note *Notification, w *writer, readers []*reader, write func(*writer, *gathering) *mail.Letter) error {
	for _, r := range readers {
		if r.blind {
			continue
		}
		own := &writer{n: n, p: n.catalog.For(r.language).In(n.set.Location), to: w.to, reports: w.reports, behalf: r.Holder, ends: r.Ends}
		l := write(own, &r.g)
		html, err := l.HTML()
		if err != nil {
			return err
		}
		id := db.NewID()
		if err := insertDelivery(ctx, tx, id, note.ID, r.Email, id.String()[24:]+"."+n.messageID(note.Reference), n.now()); err != nil {
			return err
		}
		c := copyRow{delivery: id, mailbox: r.ID, behalf: r.Holder, language: r.language, subject: l.Subject, text: l.Plain(), html: html}
		if err := insertCopy(ctx, tx, c); err != nil {
			return err
		}
	}
	return nil
}

// fitCopy looks at a copy just before it goes: it goes only to whom the organisation still wants to have
// it, who is still a verified contact or holds a mandate in force, and may see all that it is about.
func (n *Notify) fitCopy(ctx context.Context, tx *db.Tx, d *dueDelivery) (keep bool, err error) {
	waits, err := isDue(ctx, tx, d.id)
	if err != nil || !waits {
		return false, err // taken back with the message itself, a moment ago
	}
	to, err := n.readerNow(ctx, tx, d.organisation, d.mailbox)
	if err != nil {
		return false, err
	}
	if to != nil {
		index := n.footprint.Index()
		err = eachItem(ctx, tx, d.notification, func(e Exposure) error {
			if !stillConcerns(index, &e) {
				to.blind = true
			}
			to.add(e)
			return nil
		})
		if err != nil {
			return false, err
		}
	}
	if to == nil || to.blind {
		return false, withdrawDelivery(ctx, tx, d.id, "its reader may not have it any more")
	}
	d.recipient = to.Email
	return true, redirect(ctx, tx, d.id, to.Email)
}

// readerNow returns the mailbox as it is today; nil when nothing may go there any more.
func (n *Notify) readerNow(ctx context.Context, tx *db.Tx, organisation, mailbox db.ID) (*reader, error) {
	wishes, err := recipientsOf(ctx, tx, []db.ID{organisation})
	if err != nil {
		return nil, err
	}
	language, chosen := wishes[organisation][mailbox]
	if !chosen {
		return nil, nil
	}
	boxes, err := directory.Mailboxes(ctx, tx, organisation, n.now())
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(boxes, func(b directory.Mailbox) bool { return b.ID == mailbox })
	if i < 0 {
		return nil, nil
	}
	boxes[i].Assets, err = footprint.StillHeld(ctx, tx, boxes[i].Assets)
	return &reader{Mailbox: boxes[i], language: language}, err
}

// ForgetRecipients takes away whom a closed organisation chose, in the caller's transaction.
func (n *Notify) ForgetRecipients(ctx context.Context, tx *db.Tx, organisation db.ID) error {
	return saveRecipients(ctx, tx, organisation, nil, time.Time{})
}
