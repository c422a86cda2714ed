package notify

import (
	"context"
	"fmt"
	"strings"
	"time"

	"polder/internal/db"
	"polder/internal/mail"
)

// Stranger is a letter to somebody who is in no register of ours: the contact that a domain or a network
// names for trouble.
type Stranger struct {
	Recipient string // bare mail address
	Language  string // "nl" or "en"
	Subject   string
	Letter    *mail.Letter // without footer; its Subject and Language are not used
	Severity  int64        // of the worst it is about, 1 to 5
	Classes   []string     // RSIT types, for whoever checks the reference
	Exposures int          // how many findings it is about
	Topics    []Topic      // what sources and types they are of, so that a hold on those keeps it back too
}

// Topic is a source and a type of finding that a message is about.
type Topic struct{ Source, Type string }

// QueueStranger puts a letter to a stranger in the queue of all messages, in the caller's transaction. The
// letter gets the reference in its subject and the same footer as each of our messages, which says how to
// check that it is real. Its secret link (mail.Placeholder) is /stranger/ with StrangerToken, which a mail
// program can post to as well, to end such letters. Just before it goes, the function given to OnStranger
// is asked.
func (n *Notify) QueueStranger(ctx context.Context, tx *db.Tx, s Stranger) (notification db.ID, reference string, err error) {
	note := Notification{ID: db.NewID(), Reference: newReference(), Kind: "stranger", Severity: s.Severity, Classes: s.Classes,
		Language: s.Language, Exposures: s.Exposures, Register: n.footprint.Index().Version(), CreatedAt: n.now()}
	l := n.strangerLetter(s, note.Reference)
	if err := n.queueLetter(ctx, tx, &note, l, strings.TrimSpace(s.Recipient)); err != nil {
		return db.ID{}, "", fmt.Errorf("queue a letter to a stranger: %w", err)
	}
	if err := insertTopicsOf(ctx, tx, note.ID, s.Topics); err != nil {
		return db.ID{}, "", fmt.Errorf("queue a letter to a stranger: %w", err)
	}
	return note.ID, note.Reference, n.queue.Insert(ctx, tx, deliverArgs{}, time.Time{})
}

func (n *Notify) strangerLetter(s Stranger, reference string) *mail.Letter {
	p := n.catalog.For(s.Language).In(n.set.Location)
	l := &mail.Letter{Language: p.Lang(), Subject: s.Subject + " [" + reference + "]", Blocks: append([]mail.Block(nil), s.Letter.Blocks...)}
	n.proof(l, p, reference)
	return l
}

// PreviewStranger returns the subject and text that QueueStranger would queue, with a reference and a link
// that are of no use.
func (n *Notify) PreviewStranger(s Stranger) (subject, text string) {
	l := n.strangerLetter(s, "PLD-…")
	return l.Subject, mail.Fill(l.Plain(), n.set.BaseURL+"/stranger/…")
}

// StrangerToken is the secret in the link of a letter to a stranger.
func (n *Notify) StrangerToken(notification db.ID) string { return n.linkToken(notification) }

// OnStranger has fn asked just before a letter to a stranger goes: whether it may still go, such as when
// the recipient wants no more of them, and if not, why. What is not fit is withdrawn. It is called before
// the first delivery; fn may change things in tx.
func (n *Notify) OnStranger(fn func(ctx context.Context, tx *db.Tx, notification db.ID, recipient string) (fit bool, why string, err error)) {
	n.stranger = fn
}

// fitStranger is fit for a letter to a stranger.
func (n *Notify) fitStranger(ctx context.Context, d *dueDelivery) (keep bool, err error) {
	if n.stranger == nil {
		return true, nil
	}
	err = n.change(ctx, func(tx *db.Tx) error {
		fit, why, err := n.stranger(ctx, tx, d.notification, d.recipient)
		if keep = fit; err != nil || fit {
			return err
		}
		return withdrawDelivery(ctx, tx, d.id, cut(why, 500))
	})
	return keep, err
}
