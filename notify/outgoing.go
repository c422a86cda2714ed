package notify

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"polder/directory"
	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/mail"
	"polder/notify/feeds"
)

// Planned is the list of what is due but not written yet; the other lists of what goes out are the
// states of a delivery.
const Planned Delivery = "planned"

// OutSearch says which of the outgoing messages to list.
type OutSearch struct {
	List         Delivery // Planned, or a state
	Source, Type string   // "": each
	Organisation string   // reference or id; "": each
	From, Until  time.Time
	After        *OutMark
}

// OutMark is a place in a list: behind the delivery, or behind what is planned for an organisation.
type OutMark struct {
	At        int64 // of what is planned
	One, Then db.ID // notification and delivery, or the organisation
}

// OutRow is a message, or what is planned for an organisation.
type OutRow struct {
	Sent
	Delivery db.ID
	To       directory.Organisation // zero for a stranger
	At       time.Time              // of what is planned: when it is due
	Types    []string               // of what is planned
	Held     int                    // of what is planned: exposures that are kept back
	More     bool                   // of what is planned: there are more exposures than counted
}

// HoldRow is a hold with what it keeps back.
type HoldRow struct {
	Hold
	Name    string // of the organisation, the source, or the report
	Waiting int    // messages that are held by it; at most one more than mostCounted
	By      string // name of who held it
	First   string // of who said first that it may go
	Mine    bool   // the actor was the first, and cannot be the second
}

// Outgoing is the page of what goes out.
type Outgoing struct {
	Counts  map[Delivery]int // each at most one more than mostCounted
	Rows    []OutRow
	Next    *OutMark
	Holds   []HoldRow
	Stopped *HoldRow
	Sources []string
	Types   []string
	Unknown bool // there is no such organisation
}

// Outgoing returns a piece of what goes out, for analysts, and records that it was read.
func (n *Notify) Outgoing(ctx context.Context, s OutSearch, limit int) (o Outgoing, err error) {
	if _, _, err := n.desk(ctx); err != nil {
		return o, err
	}
	var about db.ID
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		if o.Counts, err = countDeliveries(ctx, tx, mostCounted+1); err != nil {
			return err
		}
		if o.Holds, o.Stopped, err = n.holdRows(ctx, tx); err != nil {
			return err
		}
		if o.Sources, o.Types, err = topics(ctx, tx); err != nil {
			return err
		}
		if s.Organisation != "" {
			found, there, err := n.organisationNamed(ctx, tx, s.Organisation)
			if err != nil {
				return err
			}
			if o.Unknown = !there; o.Unknown {
				return nil
			}
			about = found.ID
		}
		if s.List == Planned {
			err = n.planned(ctx, tx, &o, s, about, limit)
		} else {
			err = n.listed(ctx, tx, &o, s, about, limit)
		}
		if err != nil {
			return err
		}
		return named(ctx, tx, o.Rows)
	})
	if err != nil {
		return Outgoing{}, err
	}
	return o, n.db.Write(ctx, func(tx *db.Tx) error {
		return audit.Append(ctx, tx, audit.Event{At: n.now(), Action: audit.Read, Object: "outgoing", Organisation: about,
			Detail: string(s.List) + ", " + strconv.Itoa(len(o.Rows)) + " rows"})
	})
}

func (n *Notify) listed(ctx context.Context, tx *db.Tx, o *Outgoing, s OutSearch, about db.ID, limit int) (err error) {
	if o.Rows, err = outgoing(ctx, tx, s, about, o.Counts[s.List] > mostCounted, limit+1); err != nil {
		return err
	}
	if len(o.Rows) > limit {
		o.Rows = o.Rows[:limit]
		last := o.Rows[limit-1]
		o.Next = &OutMark{One: last.ID, Then: last.Delivery}
	}
	return nil
}

// How many exposures a page of what is planned reads at most: more when many of them are left out.
const (
	plannedRead   = 2_000
	plannedFilter = 10_000
)

// planned groups what is due by organisation and minute, as far as one page goes.
func (n *Notify) planned(ctx context.Context, tx *db.Tx, o *Outgoing, s OutSearch, about db.ID, limit int) error {
	most := plannedRead
	if s.Source != "" || s.Type != "" {
		most = plannedFilter
	}
	type group struct {
		organisation db.ID
		minute       int64
	}
	seen := map[group]int{}
	read, full := 0, false
	var last OutMark
	err := duePlanned(ctx, tx, s, about, most, func(d duePlan) error {
		read++
		at := OutMark{At: db.Micros(d.at), One: d.organisation}
		g := group{d.organisation, d.at.Unix() / 60}
		i, have := seen[g]
		if full = full || !have && len(o.Rows) == limit; full { // the page ends between two organisations, or two moments
			return nil
		}
		last = at
		if s.Source != "" && d.source != s.Source || s.Type != "" && d.kind != s.Type {
			return nil
		}
		if !have {
			i = len(o.Rows)
			seen[g] = i
			o.Rows = append(o.Rows, OutRow{At: d.at, To: directory.Organisation{ID: d.organisation}})
		}
		row := &o.Rows[i]
		row.Exposures++
		row.Severity = max(row.Severity, d.severity)
		if d.held {
			row.Held++
		}
		if !slices.Contains(row.Types, d.kind) && len(row.Types) < 3 {
			row.Types = append(row.Types, d.kind)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if read == most && !full && len(o.Rows) > 0 {
		o.Rows[len(o.Rows)-1].More = true
	}
	if full || read == most {
		o.Next = &last
	}
	return nil
}

// named puts the organisations' names to the rows.
func named(ctx context.Context, tx *db.Tx, rows []OutRow) error {
	var ids []db.ID
	for _, r := range rows {
		if !r.To.ID.IsZero() {
			ids = append(ids, r.To.ID)
		}
	}
	found, err := directory.Get(ctx, tx, ids)
	for i := range rows {
		if o, ok := found[rows[i].To.ID]; ok {
			rows[i].To = o
		}
	}
	return err
}

// holdRows returns the holds that are open, the stop of everything apart.
func (n *Notify) holdRows(ctx context.Context, tx *db.Tx) (list []HoldRow, stopped *HoldRow, err error) {
	open, err := openHolds(ctx, tx)
	if err != nil {
		return nil, nil, err
	}
	var people, organisations []db.ID
	for _, h := range open {
		for _, who := range []string{h.HeldBy, h.FirstBy} {
			if id, ok := accountOf(who); ok {
				people = append(people, id)
			}
		}
		if !h.Organisation.IsZero() {
			organisations = append(organisations, h.Organisation)
		}
	}
	names := map[db.ID]Colleague{}
	if n.colleagues != nil && len(people) > 0 {
		if names, err = n.colleagues(ctx, tx, people); err != nil {
			return nil, nil, err
		}
	}
	whom, err := directory.Get(ctx, tx, organisations)
	if err != nil {
		return nil, nil, err
	}
	name := func(who string) string {
		if id, ok := accountOf(who); ok {
			return names[id].Name
		}
		return strings.TrimPrefix(who, "operator:")
	}
	me := actor.From(ctx).String()
	for _, h := range open {
		r := HoldRow{Hold: h, Name: h.Subject, By: name(h.HeldBy), First: name(h.FirstBy), Mine: h.FirstBy == me && me != ""}
		switch h.Scope {
		case OfOne:
			r.Name = whom[h.Organisation].Name
		case OfReport:
			r.Name = h.Reason
		case OfMessage:
			if id, err := db.ParseID(h.Subject); err == nil {
				err = notificationByID(ctx, tx, id, func(s Sent) error { r.Name = s.Reference; return nil })
				if err != nil {
					return nil, nil, err
				}
			}
		}
		if h.Scope != Everything {
			if r.Waiting, err = countHeld(ctx, tx, h.ID, mostCounted+1); err != nil {
				return nil, nil, err
			}
			list = append(list, r)
			continue
		}
		stopped = &r
	}
	return list, stopped, nil
}

// DeskLines says what of the outgoing messages and of the texts waits for whoever is at the desk.
func (n *Notify) DeskLines(ctx context.Context, tx *db.Tx) (lines []directory.Line, err error) {
	who := actor.From(ctx)
	if who.Staff.Any(actor.Analyst) {
		open, err := openHolds(ctx, tx)
		if err != nil {
			return nil, err
		}
		waiting := 0
		for _, h := range open {
			switch h.Scope {
			case Everything:
				lines = append(lines, directory.Line{Key: "notify.outgoing.line.stopped", Path: outgoingPath})
			case OfReport:
				waiting++
			}
		}
		if waiting > 0 {
			lines = append(lines, directory.Line{Key: "notify.outgoing.line.reports", Count: waiting, Path: outgoingPath})
		}
		broken, err := countBroken(ctx, tx, n.now().Add(-brokenShown), mostBroken)
		if err != nil {
			return nil, err
		}
		if broken > 0 {
			lines = append(lines, directory.Line{Key: "notify.reports.broke_off", Count: broken, Path: "/desk/reports?only=broken"})
		}
	}
	if who.Staff.Any(actor.Analyst | actor.Editor) {
		_, waiting, err := textVersions(ctx, tx)
		if err != nil {
			return nil, err
		}
		if len(waiting) > 0 {
			lines = append(lines, directory.Line{Key: "notify.texts.waiting", Count: len(waiting), Path: textsPath + "?show=waiting"})
		}
	}
	return lines, nil
}

// OutDetail is one message with all that became of it.
type OutDetail struct {
	Sent
	To         directory.Organisation
	Deliveries []Sent // each way that it went, the first first
	Exposures  []Exposure
	More       int // exposures that are not in the list
	Said       []Said
	Hold       *HoldRow
	Links      int // that work
	Again      bool
}

// mostShown is how many exposures the page of a message spells out.
const mostShown = 100

// OutgoingMessage returns one message, for analysts, and records that it was read. Its text is as it
// was sent, but for the secret link.
func (n *Notify) OutgoingMessage(ctx context.Context, id db.ID) (d OutDetail, err error) {
	if _, _, err := n.desk(ctx); err != nil {
		return d, err
	}
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		d = OutDetail{}
		err := eachDelivery(ctx, tx, id, func(s Sent) { d.Deliveries = append(d.Deliveries, s) })
		if err != nil {
			return err
		}
		if len(d.Deliveries) == 0 {
			return hidden()
		}
		d.Sent = d.Deliveries[len(d.Deliveries)-1]
		text, err := bodyOf(ctx, tx, id)
		if err != nil {
			return err
		}
		d.Text = mail.Fill(text, n.set.BaseURL+"/f/…")
		if !d.Organisation.IsZero() {
			found, err := directory.Get(ctx, tx, []db.ID{d.Organisation})
			if err != nil {
				return err
			}
			d.To = found[d.Organisation]
			err = eachItem(ctx, tx, id, func(e Exposure) error {
				if len(d.Exposures) < mostShown {
					d.Exposures = append(d.Exposures, e)
				} else {
					d.More++
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		if d.Said, err = lastSaid(ctx, tx, link{notification: id}); err != nil {
			return err
		}
		if d.Links, err = workingLinks(ctx, tx, id, n.now()); err != nil {
			return err
		}
		list, _, err := n.holdRows(ctx, tx)
		if i := slices.IndexFunc(list, func(h HoldRow) bool { return h.Scope == OfMessage && h.Subject == id.String() }); i >= 0 {
			d.Hold = &list[i]
		}
		d.Again = n.mayAgain(&d)
		return err
	})
	if err != nil {
		return OutDetail{}, err
	}
	return d, n.recordRead(ctx, d.Organisation, "notification "+id.String(), d.Reference)
}

// mayAgain tells whether a message can be sent once more: to an organisation, when nothing of it still
// waits, and its link works.
func (n *Notify) mayAgain(d *OutDetail) bool {
	if d.To.Email == "" || d.Kind == "desk" || d.Kind == "stranger" || d.Kind == "test" || d.Kind != "closing" && d.Links == 0 {
		return false
	}
	return !slices.ContainsFunc(d.Deliveries, func(s Sent) bool { return s.State == Queued || s.State == Held || s.State == DeferredTo }) &&
		slices.ContainsFunc(d.Deliveries, func(s Sent) bool { return s.State == Delivered || s.State == Bounced || s.State == Failed })
}

// SendAgain sends a message once more, to the address that its organisation has today.
func (n *Notify) SendAgain(ctx context.Context, id db.ID) error {
	who, _, err := n.desk(ctx)
	if err != nil {
		return err
	}
	return n.change(ctx, func(tx *db.Tx) error {
		var d OutDetail
		err := eachDelivery(ctx, tx, id, func(s Sent) { d.Sent = s; d.Deliveries = append(d.Deliveries, s) })
		if err != nil {
			return err
		}
		if len(d.Deliveries) == 0 {
			return hidden()
		}
		if !d.Organisation.IsZero() {
			found, err := directory.Get(ctx, tx, []db.ID{d.Organisation})
			if err != nil {
				return err
			}
			d.To = found[d.Organisation]
		}
		if d.Links, err = workingLinks(ctx, tx, id, n.now()); err != nil {
			return err
		}
		if !n.mayAgain(&d) {
			return fault.New(fault.Conflict, "notify.outgoing.not_again")
		}
		next := db.NewID()
		if err := insertDelivery(ctx, tx, next, id, d.To.Email, next.String()[24:]+"."+n.messageID(d.Reference), n.now()); err != nil {
			return err
		}
		if err := audit.Append(ctx, tx, audit.Event{At: n.now(), Actor: who, Action: audit.Decide, Object: "notification " + id.String(),
			Organisation: d.Organisation, Detail: "sent again: " + d.Reference}); err != nil {
			return err
		}
		return n.queue.Insert(ctx, tx, deliverArgs{}, time.Time{})
	})
}

// WithdrawLinks withdraws the links of a message, as Revoke does.
func (n *Notify) WithdrawLinks(ctx context.Context, id db.ID) (revoked int64, err error) {
	who, _, err := n.desk(ctx)
	if err != nil {
		return 0, err
	}
	var found Sent
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		return notificationByID(ctx, tx, id, func(s Sent) error { found = s; return nil })
	})
	if err == nil && found.Reference == "" {
		err = hidden()
	}
	if err != nil {
		return 0, err
	}
	return n.Revoke(ctx, who, found.Reference)
}

// severityOf is the severity of a message for people.
func severityOf(s int64) feeds.Severity { return feeds.Severity(min(max(s, 1), 5)) }
