package notify

import (
	"context"
	"fmt"
	"time"

	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/notify/feeds"
)

// Exposures calls fn for each exposure of an organisation, or of all when it is zero, in the order
// of organisation and fingerprint, in pages so that no reader holds the database. What is read is
// recorded, under the actor's name.
func (n *Notify) Exposures(ctx context.Context, actor string, action audit.Action, organisation db.ID, fn func([]Exposure) error) error {
	if err := n.record(ctx, actor, action, "exposures", organisation); err != nil {
		return err
	}
	const most = 1000
	at, print := organisation, []byte{}
	for {
		var page []Exposure
		err := n.db.Read(ctx, func(tx *db.Tx) error {
			return exposuresAfter(ctx, tx, at, print, !organisation.IsZero(), most, func(e Exposure) error { page = append(page, e); return nil })
		})
		if err != nil {
			return fmt.Errorf("list exposures: %w", err)
		}
		if len(page) == 0 {
			return nil
		}
		if err := fn(page); err != nil {
			return err
		}
		last := page[len(page)-1]
		at, print = last.Organisation, last.Fingerprint[:]
	}
}

// Notifications calls fn for each notification, oldest first, in pages. Since they tell what is the
// matter at whom, that too is recorded, under the actor's name.
func (n *Notify) Notifications(ctx context.Context, actor string, action audit.Action, fn func([]Sent) error) error {
	if err := n.record(ctx, actor, action, "notifications", db.ID{}); err != nil {
		return err
	}
	return n.notifications(ctx, 1000, fn)
}

// notifications calls fn for pages of at most so many; a message with copies counts for each of them.
func (n *Notify) notifications(ctx context.Context, limit int, fn func([]Sent) error) error {
	var last Sent
	for {
		var page []Sent
		err := n.db.Read(ctx, func(tx *db.Tx) error {
			return notificationsAfter(ctx, tx, last.ID, last.delivery, limit, func(s Sent) error { page = append(page, s); return nil })
		})
		if err != nil {
			return fmt.Errorf("list notifications: %w", err)
		}
		if len(page) == 0 {
			return nil
		}
		if err := fn(page); err != nil {
			return err
		}
		last = page[len(page)-1]
	}
}

// Revoke withdraws the links of the message with the reference, the recipient's and those for
// suppliers, and returns how many still worked: for a mail that came into the wrong hands. What was
// answered by them stays.
func (n *Notify) Revoke(ctx context.Context, actor, reference string) (revoked int64, err error) {
	ref, ok := ParseReference(reference)
	if !ok {
		return 0, fault.Invalidf("%q is no reference number; take one from polder notifications", reference)
	}
	err = n.db.Write(ctx, func(tx *db.Tx) error {
		var found Notification
		err := notificationByReference(ctx, tx, ref, func(s Sent) error { found = s.Notification; return nil })
		if err != nil {
			return err
		}
		if found.Reference == "" {
			return fault.New(fault.NotFound, "there is no message with reference "+ref+"; see polder notifications")
		}
		if revoked, err = revokeLinks(ctx, tx, found.ID, n.now()); err != nil {
			return fmt.Errorf("withdraw the links of %s: %w", ref, err)
		}
		return audit.Append(ctx, tx, audit.Event{At: n.now(), Actor: actor, Action: audit.Revoke, Object: "notification " + found.ID.String(),
			Organisation: found.Organisation, Detail: fmt.Sprintf("%d links of %s", revoked, ref)})
	})
	return revoked, err
}

// record writes down that a list is read, before anything of it is shown.
func (n *Notify) record(ctx context.Context, actor string, action audit.Action, list string, organisation db.ID) error {
	return n.db.Write(ctx, func(tx *db.Tx) error {
		return audit.Append(ctx, tx, audit.Event{At: n.now(), Actor: actor, Action: action, Object: list, Organisation: organisation})
	})
}

// SourceStatus is what a source sent and what recipients said of it.
type SourceStatus struct {
	Source
	Reports      int64
	LastReceived time.Time
	Counts
	Answers []AnswerCount
}

// AnswerCount is how often recipients gave an answer about a type of finding.
type AnswerCount struct {
	Type   string
	Answer Answer
	Count  int64
}

// Sources returns all sources with what they sent in the reports that are known.
func (n *Notify) Sources(ctx context.Context) (list []SourceStatus, err error) {
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		if list, err = sources(ctx, tx); err != nil {
			return err
		}
		for i := range list {
			if list[i].Answers, err = answers(ctx, tx, list[i].Key); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

// Reports returns the latest reports, newest first, at most limit.
func (n *Notify) Reports(ctx context.Context, limit int) (list []*Report, err error) {
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		list, err = latestReports(ctx, tx, limit)
		return err
	})
	return list, err
}

// Rejected calls fn for each rejected line of a report, in order, and records the export.
func (n *Notify) Rejected(ctx context.Context, actor string, report db.ID, fn func(feeds.Reject) error) error {
	err := n.db.Write(ctx, func(tx *db.Tx) error {
		list, err := reportByID(ctx, tx, report)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return fault.New(fault.NotFound, "there is no report "+report.String())
		}
		return audit.Append(ctx, tx, audit.Event{At: n.now(), Actor: actor, Action: audit.Export, Object: "report " + report.String(), Detail: "rejected lines"})
	})
	if err != nil {
		return err
	}
	return n.eachRejected(ctx, report, fn)
}

// eachRejected reads the rejected lines in pages, so that no slow reader holds the database.
func (n *Notify) eachRejected(ctx context.Context, report db.ID, fn func(feeds.Reject) error) error {
	for after := int64(-1); ; {
		var page []feeds.Reject
		err := n.db.Read(ctx, func(tx *db.Tx) (err error) {
			page, err = rejectedAfter(ctx, tx, report, after, 1000)
			return err
		})
		if err != nil || len(page) == 0 {
			return err
		}
		for _, r := range page {
			if err := fn(r); err != nil {
				return err
			}
		}
		after = page[len(page)-1].Line
	}
}

// Standing counts exposures and deliveries by state, for a page that shows how things are.
type Standing struct {
	Exposures  map[State]int64
	Deliveries map[Delivery]int64
	Feedback   map[Answer]int64
}

// Standing returns the counts as they are now. It reads all deliveries and exposures by state: for
// the demo and for tests, not for every page of a large installation.
func (n *Notify) Standing(ctx context.Context) (s Standing, err error) {
	s = Standing{Exposures: map[State]int64{}, Deliveries: map[Delivery]int64{}, Feedback: map[Answer]int64{}}
	err = n.db.Read(ctx, func(tx *db.Tx) error { return standing(ctx, tx, &s) })
	return s, err
}

// Waiting counts the mails that are not yet accepted, by state.
func (n *Notify) Waiting(ctx context.Context) (m map[Delivery]int64, err error) {
	m = map[Delivery]int64{}
	err = n.db.Read(ctx, func(tx *db.Tx) error { return waiting(ctx, tx, m) })
	return m, err
}
