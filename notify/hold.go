package notify

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"polder/directory"
	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
)

// Scope is what a hold covers.
type Scope string

// The scopes. A hold keeps what it covers from being composed and from being sent; the rest of an
// organisation's exposures goes on.
const (
	Everything Scope = "everything"   // the emergency stop: all but what goes to our own desk
	OfSource   Scope = "source"       // what a source brought
	OfType     Scope = "type"         // a type of finding
	OfOne      Scope = "organisation" // what is for one organisation
	OfReport   Scope = "report"       // what a series brought from a report on; made by the circuit breaker
	OfMessage  Scope = "message"      // one message that is written already
)

// Hold is what is kept back, why and by whom. People are named as the record names them.
type Hold struct {
	ID           db.ID
	Scope        Scope
	Subject      string
	Organisation db.ID
	Series, Seq  int64
	Warned, Most int64
	Reason       string
	HeldAt       time.Time
	HeldBy       string
	FirstAt      time.Time // one person said that what a report brought may go
	FirstBy      string
	ReleasedAt   time.Time
	ReleasedBy   string
}

// Open tells whether it still keeps something back.
func (h Hold) Open() bool { return h.ReleasedAt.IsZero() }

// slip is how long whoever pressed the emergency stop may take it back alone.
const slip = 10 * time.Minute

// mostReason is how many characters a reason may have.
const mostReason = 500

// Colleague is what notify needs to know of somebody who works at the centre.
type Colleague struct {
	Name  string
	Roles actor.Roles // that count today
}

// Colleagues tells notify how to look up who works at the centre.
func (n *Notify) Colleagues(fn func(ctx context.Context, tx *db.Tx, ids []db.ID) (map[db.ID]Colleague, error)) {
	n.colleagues = fn
}

// desk lets analysts pass, and whoever runs the server; it returns how the record names them, and
// whether they showed a factor just now.
func (n *Notify) desk(ctx context.Context) (who string, recent bool, err error) {
	a := actor.From(ctx)
	if who = audit.ActorOf(ctx); a.Account.IsZero() && strings.HasPrefix(who, "operator") {
		return who, true, nil
	}
	if a.Account.IsZero() || !a.Staff.Any(actor.Analyst) {
		return "", false, hidden()
	}
	return a.String(), a.Recent(n.now()), nil
}

// stillAnalyst tells whether who said something earlier is still an analyst.
func (n *Notify) stillAnalyst(ctx context.Context, tx *db.Tx, who string) (bool, error) {
	id, ok := accountOf(who)
	if !ok {
		return strings.HasPrefix(who, "operator"), nil
	}
	if n.colleagues == nil {
		return false, nil
	}
	list, err := n.colleagues(ctx, tx, []db.ID{id})
	return list[id].Roles.Any(actor.Analyst), err
}

// accountOf reads the account out of how the record names somebody.
func accountOf(who string) (id db.ID, ok bool) {
	text, ok := strings.CutPrefix(who, "account:")
	if !ok {
		return id, false
	}
	id, err := db.ParseID(text)
	return id, err == nil
}

// Stop keeps everything back at once: nothing is composed any more, and of what waits to be sent each
// mail is held against this once more before it goes. Codes and invitations are not stopped, so that
// people can sign in, and neither is what goes to our own desk. Stopped twice, it stays as it was.
func (n *Notify) Stop(ctx context.Context, reason string) error {
	_, err := n.Hold(ctx, Hold{Scope: Everything, Reason: reason})
	if errors.Is(err, errHeldAlready) {
		return nil
	}
	return err
}

var errHeldAlready = fault.New(fault.Conflict, "notify.hold.already")

// Hold keeps back what it says; only Scope, Subject and Reason of it are used. It is an Invalid fault
// when there is no such subject, and a Conflict when that is held already.
func (n *Notify) Hold(ctx context.Context, h Hold) (id db.ID, err error) {
	who, _, err := n.desk(ctx)
	if err != nil {
		return id, err
	}
	if h.Reason = cut(cleanNote(h.Reason), mostReason); h.Reason == "" {
		return id, fault.New(fault.Invalid, "notify.hold.reason")
	}
	h = Hold{ID: db.NewID(), Scope: h.Scope, Subject: strings.TrimSpace(db.Plain(h.Subject)), Reason: h.Reason, HeldAt: n.now(), HeldBy: who}
	err = n.change(ctx, func(tx *db.Tx) error {
		if err := n.aim(ctx, tx, &h); err != nil {
			return err
		}
		return n.hold(ctx, tx, &h)
	})
	return h.ID, err
}

// aim finds out what a hold is about.
func (n *Notify) aim(ctx context.Context, tx *db.Tx, h *Hold) error {
	wrong := fault.New(fault.Invalid, "notify.hold.subject."+string(h.Scope))
	switch h.Scope {
	case Everything:
		h.Subject = ""
		return nil
	case OfSource, OfType:
		there, err := isSubject(ctx, tx, h.Scope, h.Subject)
		if err == nil && !there {
			err = wrong
		}
		return err
	case OfOne:
		o, found, err := n.organisationNamed(ctx, tx, h.Subject)
		if err == nil && !found {
			err = wrong
		}
		h.Organisation, h.Subject = o.ID, o.ID.String()
		return err
	case OfMessage:
		id, err := db.ParseID(h.Subject)
		if err != nil {
			return hidden()
		}
		var s Sent
		if err := notificationByID(ctx, tx, id, func(found Sent) error { s = found; return nil }); err != nil {
			return err
		}
		if s.ID.IsZero() {
			return hidden()
		}
		h.Organisation = s.Organisation
		return nil
	}
	return fault.New(fault.Invalid, "notify.hold.scope")
}

// organisationNamed finds an organisation by its id or its reference.
func (n *Notify) organisationNamed(ctx context.Context, tx *db.Tx, name string) (o directory.Organisation, found bool, err error) {
	if id, err := db.ParseID(name); err == nil {
		list, err := directory.Get(ctx, tx, []db.ID{id})
		o, found = list[id]
		return o, found, err
	}
	ids, err := directory.IDs(ctx, tx, []string{name})
	if err != nil || ids[name].IsZero() {
		return o, false, err
	}
	list, err := directory.Get(ctx, tx, []db.ID{ids[name]})
	o, found = list[ids[name]]
	return o, found, err
}

// hold writes a hold down, in the transaction of whatever causes it.
func (n *Notify) hold(ctx context.Context, tx *db.Tx, h *Hold) error {
	made, err := insertHold(ctx, tx, h)
	if err != nil {
		return err
	}
	if !made {
		return errHeldAlready
	}
	if h.Scope == OfMessage {
		if err := holdMessage(ctx, tx, h); err != nil {
			return err
		}
	}
	return n.recordHold(ctx, tx, "held", h.HeldBy, h)
}

func (n *Notify) recordHold(ctx context.Context, tx *db.Tx, what, who string, h *Hold) error {
	subject := h.Subject
	if h.Scope == OfReport {
		subject = "series " + h.Subject + " from number " + strconv.FormatInt(h.Seq, 10)
	}
	return audit.Append(ctx, tx, audit.Event{At: n.now(), Actor: who, Action: audit.Decide, Object: "hold " + h.ID.String(), Organisation: h.Organisation,
		Detail: strings.TrimSpace(fmt.Sprintf("%s: %s %s", what, h.Scope, subject))})
}

// Released says what came of letting go.
type Released string

// What can come of letting go.
const (
	LetGo   Released = "released"
	HalfWay Released = "first" // a second analyst has to say so too
)

// Release lets go what a hold keeps back: it is due at once. It asks for a factor shown just now.
// What the circuit breaker holds takes two analysts, of whom one may be the person who offered the
// report; the other has to be still an analyst when the second says so. What was stopped in an
// emergency is started again by another analyst than who stopped it, but for the first ten minutes.
// Whoever runs the server may do each of these alone.
func (n *Notify) Release(ctx context.Context, id db.ID) (what Released, err error) {
	who, recent, err := n.desk(ctx)
	if err != nil {
		return "", err
	}
	if !recent {
		return "", fault.New(fault.Denied, "notify.hold.step_up")
	}
	err = n.change(ctx, func(tx *db.Tx) error {
		h, err := holdByID(ctx, tx, id)
		if errors.Is(err, db.ErrNoRows) {
			return hidden()
		}
		if err != nil {
			return err
		}
		if what, err = n.mayRelease(ctx, tx, &h, who); err != nil || what == HalfWay {
			return err
		}
		return n.release(ctx, tx, &h, who)
	})
	return what, err
}

// mayRelease tells whether the actor may let a hold go, and whether that is enough.
func (n *Notify) mayRelease(ctx context.Context, tx *db.Tx, h *Hold, who string) (Released, error) {
	operator := strings.HasPrefix(who, "operator")
	switch {
	case !h.Open():
		return "", fault.New(fault.Conflict, "notify.hold.released_already")
	case operator:
		return LetGo, nil
	case h.Scope == Everything && who == h.HeldBy && n.now().Sub(h.HeldAt) > slip:
		return "", fault.New(fault.Conflict, "notify.hold.another")
	case h.Scope != OfReport:
		return LetGo, nil
	}
	if h.FirstBy == who {
		return "", fault.New(fault.Conflict, "notify.hold.second")
	}
	first, err := n.stillAnalyst(ctx, tx, h.FirstBy)
	if err != nil || first {
		return LetGo, err
	}
	h.FirstBy, h.FirstAt = who, n.now() // nobody yet, or somebody who is no analyst any more
	if err := agreeFirst(ctx, tx, h); err != nil {
		return "", err
	}
	return HalfWay, n.recordHold(ctx, tx, "first of two to let go", who, h)
}

func (n *Notify) release(ctx context.Context, tx *db.Tx, h *Hold, who string) error {
	if err := releaseHold(ctx, tx, h.ID, n.now(), who); err != nil {
		return err
	}
	if h.Scope == OfReport {
		if err := forgetWarned(ctx, tx, h.Seq); err != nil {
			return err
		}
	}
	if err := n.recordHold(ctx, tx, "let go", who, h); err != nil {
		return err
	}
	if err := n.queue.Insert(ctx, tx, composeArgs{}, time.Time{}); err != nil {
		return err
	}
	return n.queue.Insert(ctx, tx, deliverArgs{}, time.Time{})
}

// GoOn ends the emergency stop, as Release does; it tells whether there was one.
func (n *Notify) GoOn(ctx context.Context) (stopped bool, err error) {
	var h Hold
	err = n.db.Read(ctx, func(tx *db.Tx) error { h, stopped, err = emergency(ctx, tx); return err })
	if err != nil || !stopped {
		return stopped, err
	}
	_, err = n.Release(ctx, h.ID)
	return true, err
}

// errStopped ends a round of deliveries: the emergency stop was pressed.
var errStopped = errors.New("all messages are stopped")

// keptBack holds a mail against what is kept back, just before it goes. One that is covered as a whole
// is held; one of which a part is covered is taken back, and what is left of it is written anew.
func (n *Notify) keptBack(ctx context.Context, d *dueDelivery) (kept bool, err error) {
	if d.kind == "desk" {
		return false, nil
	}
	any := false
	err = n.db.Read(ctx, func(tx *db.Tx) error { any, err = anyHold(ctx, tx); return err })
	if err != nil || !any {
		return false, err
	}
	err = n.change(ctx, func(tx *db.Tx) error {
		whole, err := holdsOn(ctx, tx, d)
		if err != nil {
			return err
		}
		if len(whole) > 0 {
			if kept = true; whole[0].Scope == Everything {
				return errStopped
			}
			return holdDelivery(ctx, tx, d.id, whole[0].ID)
		}
		by, covered, all, err := coveredItems(ctx, tx, d.notification)
		if err != nil || covered == 0 {
			return err
		}
		kept = true
		gone, err := anyGone(ctx, tx, d.notification)
		if err != nil {
			return err
		}
		if covered == all || gone {
			return holdDelivery(ctx, tx, d.id, by)
		}
		if err := takeBack(ctx, tx, d, db.Micros(n.now())); err != nil {
			return err
		}
		return n.queue.Insert(ctx, tx, composeArgs{}, time.Time{})
	})
	if err != nil && !errors.Is(err, errStopped) {
		err = fmt.Errorf("see whether %s is kept back: %w", d.reference, err)
	}
	return kept, err
}
