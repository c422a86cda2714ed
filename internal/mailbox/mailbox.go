// Package mailbox takes in mail that programs wrote: a maildir on this machine, or a folder on an
// IMAP server. Each message is offered once: it is marked as done only after it was taken, so a
// message whose reader was killed is offered again. A mailbox belongs to Polder alone: what a person
// reads in it first is not offered any more.
//
// A sender can put anything into a message and any number of them into a mailbox, so all has bounds:
// messages, their sizes, their parts, how deep these lie.
package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// Box is a folder of mail: a Maildir or an IMAP.
type Box interface {
	// Each offers the messages that wait, the oldest first, to take. A message for which take returns
	// nil is marked as done; with Refuse it is marked as done and flagged, for a person to look at; with
	// any other error it stays as it is, is offered again the next time, and the rest goes on; Each
	// returns those errors, joined, with what the box itself met.
	Each(ctx context.Context, o Bounds, take func(ctx context.Context, m Message) error) (Result, error)
}

// Bounds limit one reading of a box.
type Bounds struct {
	Messages int    // that are offered; 200 when zero
	Size     int64  // bytes of one; 64 MiB when zero. What is larger is flagged and not offered
	Spool    string // folder for what comes over the network; the system's own when ""
}

func (o *Bounds) fill() {
	if o.Messages <= 0 {
		o.Messages = 200
	}
	if o.Size <= 0 {
		o.Size = 64 << 20
	}
}

// Message is one message as it lies in the box.
type Message struct {
	ID       string    // in its box; the same when it is offered again
	Received time.Time // by the box
	Size     int64
	Body     io.Reader // the whole message, header and all
}

// Result is what became of the messages of one reading.
type Result struct {
	Taken, Refused, Failed int
	TooLarge               int
	More                   bool // there were more than Bounds.Messages
}

// ErrRefused marks errors by Refuse.
var ErrRefused = errors.New("the message is of no use")

// Refuse says that a message is of no use, now or later.
func Refuse(why error) error { return fmt.Errorf("%w: %w", ErrRefused, why) }

// Errors of boxes, for a sentence that says what to do.
var (
	ErrNoFolder   = errors.New("there is no such folder of mail")
	ErrSignIn     = errors.New("the mail server refuses the name or the password")
	ErrNotOffered = errors.New("the mail server speaks no IMAP that we understand")
)

// tally notes how one message ended.
func (r *Result) tally(err error) {
	switch {
	case err == nil:
		r.Taken++
	case errors.Is(err, ErrRefused):
		r.Refused++
	default:
		r.Failed++
	}
}
