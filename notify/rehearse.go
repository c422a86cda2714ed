package notify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"polder/directory"
	"polder/footprint"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/notify/feeds"
)

// Bounds of a rehearsal. What lies beyond is counted.
const (
	rehearsedLines         = 50_000
	rehearsedOrganisations = 2_000
	rehearsedShown         = 100 // lines that are rejected or concern nobody
)

// Rehearsal is what would come of a report if it were read now, as a trial says: everything was done as
// it is in earnest, in a transaction that was taken back.
type Rehearsal struct {
	Known         db.ID     // the report that was this very file; nothing else is told then
	KnownAt       time.Time // when that came
	Counts                  // of the lines that were rehearsed
	Cut           bool      // there is more than a rehearsal takes: Lines and Concerned are of all
	Lines         int64     // of all, rejected ones included
	Concerned     int       // organisations, of all lines
	Problem       string    // why the file cannot be read to its end
	Organisations int       // that would get a message
	Mails         []RehearsedMail
	Silent        []Silent // would get none
	Rejects       []feeds.Reject
	Strangers     []Unknown // lines that concern nobody in the register, the first ones
	Second        bool      // they wait until a second analyst lets them go: the report warns too many, or one before it of its series does
	KeptBack      int64     // exposures of those concerned that something else held at the desk keeps out of these mails
	Hash          string    // of all that would go out: the same again unless something changed
}

// RehearsedMail is a mail as it would go out.
type RehearsedMail struct {
	Organisation    db.ID
	Name, Reference string // of the organisation
	Recipient       string
	Kind, Language  string
	Subject, Text   string // with RehearsedReference and RehearsedLink where each mail has its own
	Severity        feeds.Severity
	Exposures       int
	At              time.Time // when it would be written
	AtOnce          bool      // as soon as what comes with it was gathered
	Held            bool      // would wait for somebody at the desk
}

// Silent is an organisation that the report concerns and that would hear nothing now.
type Silent struct {
	Organisation    db.ID
	Name, Reference string
	Why             string // "known": was told before; "answered": said that it is false or not theirs; "never": such things are not mailed; "held": is kept back at the desk; "no_address"
}

// Unknown is a line that concerns nobody in the register.
type Unknown struct {
	Line int64
	What string
}

// What stands in a rehearsed mail where each mail that is sent has its own.
const (
	RehearsedReference = "PLD-XXXXX-XXXXX"
	RehearsedLink      = "https://…"
)

// errRehearsed takes a rehearsal back.
var errRehearsed = errors.New("this was a rehearsal")

// Rehearse does with a report all that Ingest and Compose would do, and takes it back. It is for
// analysts; the record has who did it.
func (n *Notify) Rehearse(ctx context.Context, o Offer) (*Rehearsal, error) {
	if err := mayReadReports(ctx); err != nil {
		return nil, err
	}
	if o.Received.IsZero() {
		o.Received = n.now()
	}
	o.Name = cleanName(o.Name)
	if err := errors.Join(n.footprint.Load(ctx), n.LoadTexts(ctx)); err != nil {
		return nil, err
	}
	kept, err := n.keepRaw(o.Input)
	if err != nil {
		return nil, err
	}
	defer kept.discard()
	feed, err := open(kept.file, kept.size, o.Name, o.Type, o.Mapping, n.now())
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the report cannot be read")
	}
	source, err := sourceOf(o, feed)
	if err != nil {
		return nil, err
	}
	plan, err := n.calendar(ctx)
	if err != nil {
		return nil, err
	}
	h := &Rehearsal{}
	err = n.change(ctx, func(tx *db.Tx) error {
		known, err := reportByHash(ctx, tx, kept.sha)
		if err == nil {
			h.Known, h.KnownAt = known.ID, known.ReceivedAt
			return errRehearsed
		}
		if !errors.Is(err, db.ErrNoRows) {
			return err
		}
		r, err := n.enter(ctx, tx, o, kept, feed, source)
		if err != nil {
			return err
		}
		r.rehearsed = true
		concerned, err := n.rehearseReading(ctx, tx, h, r, feed, plan)
		if err != nil {
			return err
		}
		if err := n.rehearseMails(ctx, tx, h, r, concerned); err != nil {
			return err
		}
		return errRehearsed
	})
	if !errors.Is(err, errRehearsed) {
		return nil, fmt.Errorf("rehearse %s: %w", o.Name, err)
	}
	h.Hash = h.sum()
	err = n.db.Write(ctx, func(tx *db.Tx) error {
		return audit.Append(ctx, tx, audit.Event{At: n.now(), Action: audit.Read, Object: "rehearsal",
			Detail: fmt.Sprintf("%s, SHA-256 %x: %d mails to %d organisations", o.Name, kept.sha, len(h.Mails), h.Organisations)})
	})
	return h, err
}

// rehearseReading reads the lines as Ingest does, and returns whom they concern, in the order of their
// ids.
func (n *Notify) rehearseReading(ctx context.Context, tx *db.Tx, h *Rehearsal, r *Report, feed *feeds.Feed, plan *calendar) ([]db.ID, error) {
	concerned := map[db.ID]bool{}
	var failed error
	reader := &reportReader{footprint: n.footprint, report: r, feed: feed, plan: plan, from: r.ReceivedAt, most: rehearsedLines,
		stranger: func(f *feeds.Finding) {
			if len(h.Strangers) < rehearsedShown {
				h.Strangers = append(h.Strangers, Unknown{f.Line, strangerText(f)})
			}
		}}
	broken := reader.run(ctx, func(b *batch) {
		for k := range b.rows {
			concerned[k.organisation] = true
		}
		for _, x := range b.rejected {
			if len(h.Rejects) < rehearsedShown {
				h.Rejects = append(h.Rejects, *x)
			}
		}
		if failed == nil {
			var next Report
			if next, failed = n.writeBatchIn(ctx, tx, r, b); failed == nil {
				*r = next
			}
		}
	})
	if err := errors.Join(failed, ctx.Err()); err != nil {
		return nil, err
	}
	h.Counts, h.Lines = r.Counts, r.Rows
	if broken == nil {
		broken = n.countOn(ctx, h, feed, concerned)
	}
	if broken != nil {
		h.Problem = broken.Error()
	}
	h.Concerned = len(concerned)
	r.State, r.CompletedAt = "complete", n.now()
	if err := completeReport(ctx, tx, r); err != nil {
		return nil, err
	}
	ids := make([]db.ID, 0, len(concerned))
	for id := range concerned {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b db.ID) int { return bytes.Compare(a[:], b[:]) })
	return ids, nil
}

// countOn counts whom the lines beyond the bound concern.
func (n *Notify) countOn(ctx context.Context, h *Rehearsal, feed *feeds.Feed, concerned map[db.ID]bool) error {
	var f feeds.Finding
	var m matcher
	index := n.footprint.Index()
	for {
		err := feed.Next(&f)
		var reject *feeds.Reject
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &reject):
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		default:
			for _, r := range m.match(index, &f) {
				concerned[r.organisation] = true
			}
		}
		h.Cut = true
		h.Lines++
	}
}

// rehearseMails writes to those concerned at each moment at which something is due for them, up to the
// last at which something of this report is: what else is due before goes first, as it will. Where the
// circuit breaker has the report wait, what does not wait is written first, and then what would go as soon
// as it is let go. Nothing else that is kept back is written.
func (n *Notify) rehearseMails(ctx context.Context, tx *db.Tx, h *Rehearsal, r *Report, concerned []db.ID) (err error) {
	if len(concerned) > rehearsedOrganisations {
		concerned, h.Cut = concerned[:rehearsedOrganisations], true
	}
	reached, err := reachable(ctx, tx, concerned)
	if err != nil {
		return err
	}
	soon := n.now().Add(n.set.Gather)
	if h.Second, err = seriesHeld(ctx, tx, r); err != nil {
		return err
	}
	from := n.now()
	if h.Second {
		for _, id := range reached {
			if err := n.rehearseTo(ctx, tx, id, from, soon); err != nil {
				return err
			}
		}
		if err := letSeriesGo(ctx, tx, r, n.now()); err != nil {
			return err
		}
		from = soon // nobody lets go what is not gathered yet
	}
	for _, id := range reached {
		last, err := lastDue(ctx, tx, id, r.Seq)
		if err != nil {
			return err
		}
		if err := n.rehearseTo(ctx, tx, id, from, last); err != nil {
			return err
		}
	}
	if err := h.collect(ctx, tx, r, soon); err != nil {
		return err
	}
	return h.quiet(ctx, tx, r, concerned)
}

// reachable keeps those that have an address: what waits for one is looked at again every hour, and says nothing.
func reachable(ctx context.Context, tx *db.Tx, ids []db.ID) (list []db.ID, err error) {
	for part := range slices.Chunk(ids, 500) {
		found, err := directory.Get(ctx, tx, part)
		if err != nil {
			return nil, err
		}
		for _, id := range part {
			if found[id].Email != "" {
				list = append(list, id)
			}
		}
	}
	return list, nil
}

// rehearseTo writes to one organisation at each moment at which something is due, from one until another;
// what was due before goes at the first.
func (n *Notify) rehearseTo(ctx context.Context, tx *db.Tx, id db.ID, from, until time.Time) error {
	later := *n
	for done := (time.Time{}); !until.IsZero(); {
		moment, err := nextDue(ctx, tx, id, done, until) // what is kept back stays due, and is passed over
		if err != nil || moment.IsZero() {
			return err
		}
		if from.After(moment) {
			moment = from
		}
		later.now = func() time.Time { return moment }
		if _, err := later.composeTo(ctx, tx, []db.ID{id}, moment); err != nil {
			return err
		}
		done = moment
	}
	return nil
}

// collect takes over the mails that the report led to.
func (h *Rehearsal) collect(ctx context.Context, tx *db.Tx, r *Report, soon time.Time) error {
	sent, err := causedMails(ctx, tx, r.Seq)
	if err != nil {
		return err
	}
	told := map[db.ID]bool{}
	for _, s := range sent {
		told[s.Organisation] = true
	}
	names, err := organisationsIn(ctx, tx, told)
	if err != nil {
		return err
	}
	for _, s := range sent {
		o := names[s.Organisation]
		calm := strings.NewReplacer(s.Reference, RehearsedReference, placeholder, RehearsedLink)
		h.Mails = append(h.Mails, RehearsedMail{Organisation: s.Organisation, Name: o.Name, Reference: o.Reference, Recipient: s.Recipient, Kind: s.Kind, Language: s.Language,
			Subject: calm.Replace(s.Subject), Text: calm.Replace(s.Text), Severity: feeds.Severity(s.Severity), Exposures: s.Exposures,
			At: s.CreatedAt, AtOnce: !s.CreatedAt.After(soon), Held: h.Second})
	}
	slices.SortStableFunc(h.Mails, func(a, b RehearsedMail) int {
		if c := a.At.Compare(b.At); c != 0 && !(a.AtOnce && b.AtOnce) {
			return c
		}
		return strings.Compare(a.Name+"\x00"+a.Reference+"\x00"+a.Recipient, b.Name+"\x00"+b.Reference+"\x00"+b.Recipient)
	})
	h.Organisations = len(told)
	return nil
}

// quiet says of those who would hear nothing why.
func (h *Rehearsal) quiet(ctx context.Context, tx *db.Tx, r *Report, concerned []db.ID) error {
	rest := map[db.ID]bool{}
	for _, id := range concerned {
		rest[id] = true
	}
	for _, m := range h.Mails {
		delete(rest, m.Organisation)
	}
	names, err := organisationsIn(ctx, tx, rest)
	if err != nil {
		return err
	}
	for _, id := range concerned {
		kept, err := keptBackOf(ctx, tx, id, r.Seq)
		if err != nil {
			return err
		}
		h.KeptBack += kept
		if !rest[id] {
			continue
		}
		o := names[id]
		s := Silent{Organisation: id, Name: o.Name, Reference: o.Reference, Why: "no_address"}
		if o.Email != "" && kept > 0 {
			s.Why = "held"
		} else if o.Email != "" {
			if s.Why, err = whyQuiet(ctx, tx, id, r.Seq); err != nil {
				return err
			}
		}
		h.Silent = append(h.Silent, s)
	}
	return nil
}

func organisationsIn(ctx context.Context, tx *db.Tx, set map[db.ID]bool) (map[db.ID]directory.Organisation, error) {
	all := map[db.ID]directory.Organisation{}
	ids := make([]db.ID, 0, len(set))
	for id := range set {
		ids = append(ids, id)
	}
	for part := range slices.Chunk(ids, 500) {
		found, err := directory.Get(ctx, tx, part)
		if err != nil {
			return nil, err
		}
		for id, o := range found {
			all[id] = o
		}
	}
	return all, nil
}

// sum is the hash of all that would go out. The moment counts only where it is not as soon as possible.
func (h *Rehearsal) sum() string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%s\n%d %d %d %d %d %t\n%s\n", h.Known, h.Lines, h.Rejected, h.Matched, h.Unmatched, h.Concerned, h.Cut, h.Problem)
	fmt.Fprintf(sum, "%t %d\n", h.Second, h.KeptBack)
	for _, m := range h.Mails {
		at := "soon"
		if !m.AtOnce {
			at = m.At.UTC().Format(time.RFC3339)
		}
		fmt.Fprintf(sum, "%q %q %q %q %q %s %t\n", m.Organisation, m.Recipient, m.Kind, m.Subject, m.Text, at, m.Held)
	}
	for _, s := range h.Silent {
		fmt.Fprintf(sum, "%s %s\n", s.Organisation, s.Why)
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}

// strangerText says what a line is about.
func strangerText(f *feeds.Finding) string {
	var parts []string
	if f.Addr.IsValid() {
		parts = append(parts, f.Addr.String())
	}
	for _, name := range f.Names {
		if normal, ok := footprint.Normal(name.Value); ok && !slices.Contains(parts, normal) {
			parts = append(parts, normal)
		}
	}
	return cut(strings.Join(parts, " "), 200)
}
