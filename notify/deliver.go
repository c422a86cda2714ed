package notify

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/mail"
)

// Delivery is how far a mail came.
type Delivery string

// The states of a delivery.
const (
	Queued     Delivery = "queued"    // not yet accepted by the mail server
	Held       Delivery = "held"      // kept back by an analyst or a rule, until it is let go
	Delivered  Delivery = "sent"      // accepted
	DeferredTo Delivery = "deferred"  // refused for now, tried again
	Bounced    Delivery = "bounced"   // came back after it was accepted
	Failed     Delivery = "failed"    // refused for good
	Withdrawn  Delivery = "withdrawn" // taken back before it was sent, since the register of assets changed
)

// deliveryMoves says which state may follow which; the SQL and the test read it too.
var deliveryMoves = map[Delivery][]Delivery{
	Queued:     {Delivered, DeferredTo, Failed, Withdrawn, Held},
	Held:       {Queued, Withdrawn, Delivered, DeferredTo, Failed}, // what is held while it is under way arrives all the same
	DeferredTo: {Delivered, DeferredTo, Failed, Withdrawn, Held},
	Delivered:  {Bounced},
	Bounced:    {},
	Failed:     {},
	Withdrawn:  {},
}

var deliveries = []Delivery{Queued, Held, Delivered, DeferredTo, Bounced, Failed, Withdrawn}

// deliveriesBefore returns the states that may move to the one given.
func deliveriesBefore(to Delivery) (list []Delivery) {
	for _, s := range deliveries {
		for _, next := range deliveryMoves[s] {
			if next == to {
				list = append(list, s)
			}
		}
	}
	return list
}

func quoteDeliveries(list []Delivery) string {
	s := make([]State, len(list))
	for i, d := range list {
		s[i] = State(d)
	}
	return quoteStates(s)
}

// Sent is a notification and what became of its delivery.
type Sent struct {
	Notification
	Recipient string
	MessageID string
	State     Delivery
	Attempts  int
	SentAt    time.Time
	NextAt    time.Time
	Reply     string // of the mail server
	Copies    []Copy // those to others than the main contact, where one message is read
	delivery  db.ID
}

// mostAttempts is after how many refusals for now a delivery fails: with the waits below, five days.
const mostAttempts = 16

// waitAfter says how long to wait after the nth attempt: one minute, doubling to eight hours.
func waitAfter(attempts int) time.Duration {
	return min(time.Minute<<min(attempts-1, 20), 8*time.Hour)
}

// ErrUnreachable says that the mail server could not be reached; everything stays queued.
var ErrUnreachable = errors.New("the mail server cannot be reached; check POLDER_SMTP, nothing is lost")

// Deliver hands every mail that is due to the mail server, and returns how many it accepted. Only
// one process delivers at a time, so a mail that is still queued was never accepted, or was accepted
// by the last server that a killed process spoke to, before it could note so: that one mail for each
// connection may be repeated, under the same Message-ID. When the server cannot be reached, all that
// is left stays queued and the error is ErrUnreachable.
func (n *Notify) Deliver(ctx context.Context, post *mail.Post) (sent int, err error) {
	if post.Held != nil {
		return 0, post.Held
	}
	err = n.db.TryExclusive(ctx, "deliver", func(ctx context.Context) error {
		r := &round{n: n, post: post, unreached: map[db.ID]bool{}}
		defer func() { sent = r.sent }()
		for {
			due, err := r.next(ctx)
			if err != nil {
				return fmt.Errorf("look up the mails that are due: %w", err)
			}
			if len(due) == 0 {
				return r.trouble
			}
			if err := r.deliver(ctx, due); err != nil && !errors.Is(err, errStopped) {
				return err
			}
		}
	})
	if errors.Is(err, db.ErrBusy) {
		return 0, nil // another process delivers all that is due
	}
	return sent, err
}

// round is one call of Deliver. A mail during which the connection breaks is passed over for this
// round, so that it cannot keep the others waiting; three in a row, and the server is down.
type round struct {
	n    *Notify
	post *mail.Post

	mu        sync.Mutex
	sent      int
	inARow    int
	unreached map[db.ID]bool
	trouble   error
}

const atATime = 200 // mails looked up in one query

func (r *round) next(ctx context.Context) (due []*dueDelivery, err error) {
	err = r.n.db.Read(ctx, func(tx *db.Tx) error {
		_, stopped, err := emergency(ctx, tx)
		if err != nil {
			return err
		}
		list, err := deliveriesDue(ctx, tx, db.Micros(r.n.now()), atATime+len(r.unreached), stopped)
		for _, d := range list {
			if !r.unreached[d.id] {
				due = append(due, d)
			}
		}
		return err
	})
	return due, err
}

// deliver shares the mails among the connections. Those of one message go one behind the other, so that
// none is taken back while it is under way.
func (r *round) deliver(ctx context.Context, due []*dueDelivery) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	work := make(chan []*dueDelivery)
	var wg sync.WaitGroup
	for _, server := range r.post.Servers {
		wg.Go(func() {
			for message := range work {
				for _, d := range message {
					if ctx.Err() == nil {
						if err := r.one(ctx, server, d); err != nil {
							cancel(err)
						}
					}
				}
			}
		})
	}
	for _, message := range byMessage(due) {
		work <- message
	}
	close(work)
	wg.Wait()
	return context.Cause(ctx)
}

// byMessage puts the mails of each message together, in the order of the first of each.
func byMessage(due []*dueDelivery) (list [][]*dueDelivery) {
	at := map[db.ID]int{}
	for _, d := range due {
		i, have := at[d.notification]
		if !have {
			i = len(list)
			at[d.notification], list = i, append(list, nil)
		}
		list[i] = append(list[i], d)
	}
	return list
}

func (r *round) one(ctx context.Context, server *mail.Client, d *dueDelivery) error {
	accepted, err := r.n.deliverOne(ctx, r.post, server, d)
	r.mu.Lock()
	defer r.mu.Unlock()
	if accepted {
		r.sent++
	}
	if !errors.Is(err, ErrUnreachable) {
		r.inARow = 0
		return err
	}
	r.unreached[d.id], r.trouble = true, err
	if r.inARow++; r.inARow >= 3 {
		return err
	}
	return nil
}

func (n *Notify) deliverOne(ctx context.Context, post *mail.Post, server *mail.Client, d *dueDelivery) (accepted bool, err error) {
	if fit, err := n.fit(ctx, d); err != nil || !fit {
		return false, err
	}
	if kept, err := n.keptBack(ctx, d); err != nil || kept {
		return false, err
	}
	state, reply, attempts := Failed, "", d.attempts+1
	var next, at time.Time
	raw, err := n.message(d).Render(post.Signer)
	if err != nil {
		reply = "the mail could not be written: " + err.Error()
		n.log.Error("a mail could not be written; it needs a person", "reference", d.reference, "error", err)
	} else {
		outcome, said := server.Send(ctx, post.ReturnPath, d.recipient, raw)
		reply = said
		switch outcome {
		case mail.Sent:
			state, at = Delivered, n.now()
		case mail.Deferred:
			state, next = DeferredTo, n.now().Add(waitAfter(attempts))
			if attempts >= mostAttempts {
				state, next = Failed, time.Time{}
			}
		case mail.Unreachable:
			if ctx.Err() != nil {
				return false, ctx.Err()
			}
			// Behind the others next time, so that a mail on which the server hangs up keeps none waiting.
			err := n.db.Write(ctx, func(tx *db.Tx) error { return putBehind(ctx, tx, d.id, n.now()) })
			return false, errors.Join(fmt.Errorf("%w: %s", ErrUnreachable, said), err)
		}
	}
	// What the server accepted is noted even when we are being stopped.
	err = n.db.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error {
		if err := recordDelivery(ctx, tx, d.id, state, attempts, next, at, cut(reply, 500)); err != nil {
			return err
		}
		if state != Delivered {
			return nil
		}
		return audit.Append(ctx, tx, audit.Event{At: at, Actor: "polder", Action: audit.Send, Object: "notification " + d.notification.String(),
			Organisation: d.organisation, Detail: d.reference})
	})
	if err != nil {
		return state == Delivered, fmt.Errorf("note what became of %s: %w", d.reference, err)
	}
	return state == Delivered, nil
}
