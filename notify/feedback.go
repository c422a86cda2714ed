package notify

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"polder/directory"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/notify/feeds"
)

// Answer is what a recipient says of exposures.
type Answer string

// The answers.
const (
	OnIt      Answer = "on_it"
	IsSolved  Answer = "solved"
	IsFalse   Answer = "false_positive"
	IsNotOurs Answer = "not_ours"
	Forwarded Answer = "forwarded" // passed on to a supplier, who gets a link of his own
	Help      Answer = "help"
)

// leadsTo says what state an answer moves exposures to; absent: none.
var leadsTo = map[Answer]State{OnIt: StateAcknowledged, IsSolved: StateSolved, IsFalse: StateFalsePositive, IsNotOurs: StateNotOurs, Forwarded: StateAcknowledged}

// Holder is by what right somebody answers.
type Holder string

// The holders: of a link, of a place in the organisation or a mandate from it, of a token. A supplier
// may not say whose something is, nor pass it on.
const (
	Recipient Holder = "recipient"
	Supplier  Holder = "supplier"
	Person    Holder = "person"
	Program   Holder = "program"
)

// answersOf lists what a holder may answer.
var answersOf = map[Holder][]Answer{
	Recipient: {OnIt, IsSolved, IsFalse, IsNotOurs, Forwarded, Help},
	Supplier:  {OnIt, IsSolved, IsFalse, Help},
	Person:    {OnIt, IsSolved, IsFalse, IsNotOurs, Forwarded, Help},
	Program:   {OnIt, IsSolved, IsFalse, IsNotOurs, Help},
}

// link is a secret link as it is stored.
type link struct {
	hash                       []byte
	notification, organisation db.ID
	holder                     Holder
	created, expires, revoked  time.Time
	account                    db.ID  // who made it on the pages; zero for a link that came by a message
	label                      string // for whom, in the maker's words
}

// object is how the record names a link: by its message, or by a part of its hash.
func (k link) object() string {
	if k.notification.IsZero() {
		return "link " + hex.EncodeToString(k.hash[:8])
	}
	return "notification " + k.notification.String()
}

// Letter is what a link opens.
type Letter struct {
	Notification Notification
	Organisation directory.Organisation
	Holder       Holder
	Expires      time.Time
	Exposures    []Exposure // one page
	Kinds        []Kind     // of all pages, the worst first
	Total        int
	Said         []Said        // the latest answer of each holder
	Supplier     *SupplierLink // the recipient's open link to a supplier, if there is one
	Cadence      map[feeds.Severity]Cadence
}

// Kind is how many exposures of one type a letter is about.
type Kind struct {
	Type, Class string
	Severity    feeds.Severity // the worst
	Exposures   int
}

// Said is an answer that was given.
type Said struct {
	Holder    Holder
	Answer    Answer
	Exposures int // that it was about
	At        time.Time
}

// SupplierLink is a link that a recipient made for a supplier.
type SupplierLink struct {
	CreatedAt, Expires time.Time
}

// atLeastBetween is how long the same answer about the same number of exposures, none of which it
// moves, counts once: against a button that is pressed twice, and so that the desk gets one mail and
// not a hundred.
const atLeastBetween = 10 * time.Minute

// mostHelp is how often help may be asked for in that time, each time in other words.
const mostHelp = 3

// supplierValid is how long a supplier's link works.
const supplierValid = 30 * 24 * time.Hour

// pageSize is how many exposures a feedback page shows.
const pageSize = 100

// follow finds a link by its token. A token that never was one is NotFound; one whose time is over,
// or that was withdrawn, is Gone.
func (n *Notify) follow(ctx context.Context, tx *db.Tx, token string) (link, error) {
	if len(token) != 32 {
		return link{}, fault.New(fault.NotFound, "notify.link.unknown")
	}
	l, err := linkByHash(ctx, tx, tokenHash(token))
	switch {
	case errors.Is(err, db.ErrNoRows):
		return l, fault.New(fault.NotFound, "notify.link.unknown")
	case err != nil:
		return l, fmt.Errorf("look up a link: %w", err)
	case !l.revoked.IsZero():
		return l, fault.New(fault.Gone, "notify.link.revoked")
	case !n.now().Before(l.expires):
		return l, fault.New(fault.Gone, "notify.link.expired")
	}
	works, err := n.works(ctx, tx, l)
	if err == nil && !works {
		err = fault.New(fault.Gone, "notify.link.revoked")
	}
	return l, err
}

// works tells whether a link still has somebody who answers for it: the organisation, and of one that was
// made on the pages its maker too, who may still pass on all that it is about. Whoever made a link knows its
// address.
func (n *Notify) works(ctx context.Context, tx *db.Tx, l link) (bool, error) {
	if !l.notification.IsZero() {
		return directory.IsAccepted(ctx, tx, l.organisation)
	}
	in, may, err := directory.StillMay(ctx, tx, l.account, l.organisation, answering, n.now())
	if err != nil || !may {
		return false, err
	}
	v := sight{in: in}
	if err := v.cover(ctx, tx, l.organisation); err != nil || v.every {
		return err == nil, err
	}
	about, err := chooseItems(ctx, tx, l, nil)
	for i := range about {
		if !v.covers(&about[i]) {
			return false, nil
		}
	}
	return err == nil, err
}

// Open returns what a link opens, the exposures from the page given (0 is the first). It changes
// nothing but the record, since mail scanners open links too; and only a link that works is written
// down, so that guessing at links keeps nobody from writing.
func (n *Notify) Open(ctx context.Context, token string, page int) (*Letter, error) {
	var l *Letter
	var k link
	err := n.db.Read(ctx, func(tx *db.Tx) (err error) {
		if k, err = n.follow(ctx, tx, token); err != nil {
			return err
		}
		l, err = n.letterOf(ctx, tx, k, page)
		return err
	})
	if err != nil {
		return nil, err
	}
	err = n.db.Write(ctx, func(tx *db.Tx) error {
		return audit.Append(ctx, tx, audit.Event{At: n.now(), Actor: string(k.holder), Action: audit.Read,
			Object: k.object(), Organisation: k.organisation, Detail: l.Notification.Reference})
	})
	if err != nil {
		return nil, err // what is not recorded is not shown
	}
	return l, nil
}

func (n *Notify) letterOf(ctx context.Context, tx *db.Tx, k link, page int) (*Letter, error) {
	l := &Letter{Holder: k.holder, Expires: k.expires, Cadence: map[feeds.Severity]Cadence{}}
	if k.notification.IsZero() { // passed on from the pages: there is no message that it is about
		l.Notification = Notification{Organisation: k.organisation, CreatedAt: k.created}
	} else if err := notificationByID(ctx, tx, k.notification, func(s Sent) error { l.Notification = s.Notification; return nil }); err != nil {
		return nil, err
	}
	found, err := directory.Get(ctx, tx, []db.ID{k.organisation})
	if err != nil {
		return nil, err
	}
	l.Organisation = found[k.organisation]
	if l.Kinds, err = kindsOfItems(ctx, tx, k); err != nil {
		return nil, err
	}
	for _, kind := range l.Kinds {
		l.Total += kind.Exposures
		l.Notification.Severity = max(l.Notification.Severity, int64(kind.Severity))
	}
	if l.Said, err = lastSaid(ctx, tx, k); err != nil {
		return nil, err
	}
	err = pageOfItems(ctx, tx, k, max(page, 0)*pageSize, pageSize, func(e Exposure) error {
		l.Exposures = append(l.Exposures, e)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if k.holder == Recipient {
		if l.Supplier, err = openSupplierLink(ctx, tx, k.notification, n.now()); err != nil {
			return nil, err
		}
		own, err := preferencesOf(ctx, tx, k.organisation)
		if err != nil {
			return nil, err
		}
		for s, c := range defaults {
			l.Cadence[s] = c
			if chosen, ok := own[s]; ok {
				l.Cadence[s] = chosen
			}
		}
	}
	return l, nil
}

// Feedback is an answer about exposures of one notification.
type Feedback struct {
	Answer Answer
	Chosen []Fingerprint // which; none means all of the notification
	Note   string        // in the sender's own words, may be ""
	Days   int           // for Forwarded by somebody who is signed in: how long the supplier's link works
	To     string        // and for whom it is, may be ""
}

// Given is what came of feedback.
type Given struct {
	Changed  int64  // exposures that moved
	Supplier string // for Forwarded: the new link for the supplier, shown this once
	Until    time.Time
	// Of a link that was made on the pages: what it is about.
	Kinds     []Kind
	Reference string
}

// Answer takes feedback by a link. It moves no exposure but those of the link's notification, and
// none that the holder may not move.
func (n *Notify) Answer(ctx context.Context, token string, f Feedback) (given Given, err error) {
	f.Note = cleanNote(f.Note)
	err = n.change(ctx, func(tx *db.Tx) error {
		k, err := n.follow(ctx, tx, token)
		if err != nil {
			return err
		}
		if !slices.Contains(answersOf[k.holder], f.Answer) {
			return fault.New(fault.Invalid, "notify.answer.unknown")
		}
		given, err = n.answer(ctx, tx, k, f)
		return err
	})
	return given, err
}

func (n *Notify) answer(ctx context.Context, tx *db.Tx, k link, f Feedback) (given Given, err error) {
	about, err := chooseItems(ctx, tx, k, f.Chosen)
	if err != nil {
		return given, err
	}
	var heard bool
	by := respondent{organisation: k.organisation, notification: k.notification, link: k.hash, holder: k.holder}
	if given.Changed, heard, err = n.take(ctx, tx, by, f, about); err != nil || !heard || f.Answer != Forwarded {
		return given, err
	}
	now, token := n.now(), randomToken()
	if len(f.Chosen) == 0 { // a new link for all takes the place of the one before
		err = revokeSupplierLinks(ctx, tx, k.notification, now)
	} else {
		err = n.roomForLink(ctx, tx, k.organisation, about)
	}
	if err != nil {
		return given, err
	}
	given.Until = now.Add(supplierValid)
	if err := insertLink(ctx, tx, link{hash: tokenHash(token), notification: k.notification, organisation: k.organisation,
		holder: Supplier, created: now, expires: given.Until}); err != nil {
		return given, err
	}
	if len(f.Chosen) > 0 { // the supplier gets what was chosen, and no more
		if err := insertLinkItems(ctx, tx, tokenHash(token), about); err != nil {
			return given, err
		}
	}
	given.Supplier = n.set.BaseURL + "/f/" + token
	return given, nil
}

// RevokeSupplier withdraws all links for suppliers of the recipient's notification.
func (n *Notify) RevokeSupplier(ctx context.Context, token string) error {
	return n.asRecipient(ctx, token, "supplier's link withdrawn", func(tx *db.Tx, k link) error {
		return revokeSupplierLinks(ctx, tx, k.notification, n.now())
	})
}

// Prefer sets how soon the link's organisation hears of a severity, within what it may choose. It
// counts for what is waiting to be sent too.
func (n *Notify) Prefer(ctx context.Context, token string, s feeds.Severity, c Cadence) error {
	return n.prefer(ctx, token, map[feeds.Severity]Cadence{s: c})
}

// Less is the one click in a mail program: low no more, medium once a week.
func (n *Notify) Less(ctx context.Context, token string) error {
	return n.prefer(ctx, token, map[feeds.Severity]Cadence{feeds.Low: Never, feeds.Medium: Weekly})
}

// prefer takes all wishes or, when one may not be, none.
func (n *Notify) prefer(ctx context.Context, token string, wishes map[feeds.Severity]Cadence) error {
	return n.asRecipient(ctx, token, fmt.Sprintf("mail wanted: %v", wishes), func(tx *db.Tx, k link) error {
		return n.setCadence(ctx, tx, k.organisation, wishes)
	})
}

// asRecipient runs fn for a link of the recipient and records what was done; to a supplier it is
// as if there were nothing.
func (n *Notify) asRecipient(ctx context.Context, token, what string, fn func(tx *db.Tx, k link) error) error {
	return n.change(ctx, func(tx *db.Tx) error {
		k, err := n.follow(ctx, tx, token)
		if err != nil {
			return err
		}
		if k.holder != Recipient {
			return fault.New(fault.NotFound, "notify.link.unknown")
		}
		if err := fn(tx, k); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Event{At: n.now(), Actor: string(k.holder), Action: audit.Feedback,
			Object: "notification " + k.notification.String(), Organisation: k.organisation, Detail: what})
	})
}

// Verified is what anybody may know of a reference number.
type Verified struct {
	Reference string
	SentAt    time.Time
	Classes   []string // RSIT types
}

// Verify tells whether a reference number stands on a message of ours: NotFound when not, Invalid
// when it is not a reference number at all. It tells nothing of the recipient.
func (n *Notify) Verify(ctx context.Context, reference string) (v Verified, err error) {
	ref, ok := ParseReference(reference)
	if !ok {
		return v, fault.New(fault.Invalid, "notify.verify.malformed")
	}
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		return notificationByReference(ctx, tx, ref, func(s Sent) error {
			if !s.SentAt.IsZero() {
				v = Verified{Reference: s.Reference, SentAt: s.SentAt, Classes: s.Classes}
			}
			return nil
		})
	})
	if err == nil && v.Reference == "" {
		err = fault.New(fault.NotFound, "notify.verify.unknown")
	}
	return v, err
}

// mostNote is how many characters a note may have.
const mostNote = 1000

// cleanNote keeps a person's words as words: bounded, valid, one paragraph, in the order written.
func cleanNote(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Bidi_Control, r):
			return -1
		case unicode.IsControl(r), unicode.In(r, unicode.Zl, unicode.Zp):
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	words := []rune(strings.TrimSpace(s))
	return string(words[:min(len(words), mostNote)])
}

// cut shortens s to at most n bytes without breaking a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
