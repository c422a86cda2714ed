package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"polder/directory"
	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/notify/advice"
)

// Bounds of what people write down about an exposure.
const (
	mostComment  = 2000 // characters of one
	mostComments = 200  // about one exposure
	commentsPage = 20
	mostDays     = 90  // that a supplier's link works
	usualDays    = 30  // when nothing else is chosen
	mostLinks    = 20  // to suppliers, that one exposure shows
	mostLabel    = 100 // characters of for whom a link is
	farthestDay  = 730 // days ahead that a date may be
)

// Comment is what somebody of the organisation or a delegate said about an exposure.
type Comment struct {
	ID      db.ID
	Account db.ID  // zero when that person is forgotten
	Behalf  string // organisation that a delegate came from
	Text    string
	At      time.Time
}

// Ticked is a step of the advice that was ticked.
type Ticked struct {
	Step    int    // its place when it was ticked; 1 is the first
	Mark    string // of what it says; "" when that is not known
	Account db.ID
	Behalf  string
	At      time.Time
}

// PassedOn is a supplier's link, with what came of it.
type PassedOn struct {
	Hash                     string // names it; not the secret
	To                       string
	Made, Expires, RevokedAt time.Time
	FromMail                 bool // made by the link in a mail
	Said                     *Said
	Account                  db.ID
	hash                     []byte
}

// Work is what is being done about an exposure.
type Work struct {
	Helpers  []directory.Helper // who can be asked; of a delegate's own people none
	Steps    []Ticked
	Comments []Comment // the latest first
	Older    db.ID     // where the comments go on; zero at the end
	Links    []PassedOn
	Due      time.Time // when we write about it next; zero: not planned
	Remind   time.Time // when we remind of it, should it still be seen
}

// Worked returns what is being done about an exposure: comments from before the one given, or the
// latest when it is zero. Look tells the rest, and records that it was read.
func (n *Notify) Worked(ctx context.Context, organisation db.ID, print Fingerprint, before db.ID) (w Work, err error) {
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		v, err := n.sightOf(ctx, tx, organisation, actor.Anybody, false)
		if err != nil {
			return err
		}
		if _, err := n.visible(ctx, tx, v, organisation, []Fingerprint{print}); err != nil {
			return err
		}
		if w.Helpers, err = n.helpers(ctx, tx, v, organisation); err != nil {
			return err
		}
		if w.Steps, err = stepsOf(ctx, tx, organisation, print); err != nil {
			return err
		}
		if w.Comments, err = commentsOf(ctx, tx, organisation, print, before, commentsPage+1); err != nil {
			return err
		}
		if len(w.Comments) > commentsPage {
			w.Comments = w.Comments[:commentsPage]
			w.Older = w.Comments[commentsPage-1].ID
		}
		if w.Due, w.Remind, err = plannedFor(ctx, tx, organisation, print); err != nil {
			return err
		}
		w.Links, err = n.linksInSight(ctx, tx, v, organisation, print)
		return err
	})
	return w, err
}

// helpers are those whom the actor may ask: the organisation's people are named to one another alone.
func (n *Notify) helpers(ctx context.Context, tx *db.Tx, v sight, organisation db.ID) ([]directory.Helper, error) {
	list, err := directory.Helpers(ctx, tx, organisation, n.now())
	if v.in.Place != actor.Delegate || err != nil {
		return list, err
	}
	holder, err := directory.HolderOf(ctx, tx, v.in.Mandate)
	return slices.DeleteFunc(list, func(h directory.Helper) bool { return h.ID != holder }), err
}

// linksInSight are the links to suppliers that an exposure is in. Of a link that is also about what
// the actor may not see, a delegate hears nothing.
func (n *Notify) linksInSight(ctx context.Context, tx *db.Tx, v sight, organisation db.ID, print Fingerprint) ([]PassedOn, error) {
	list, err := linksOf(ctx, tx, organisation, print, mostLinks)
	if err != nil {
		return nil, err
	}
	out := list[:0]
	for _, l := range list {
		if !v.every {
			about, err := linkPrints(ctx, tx, l.hash)
			if err != nil {
				return nil, err
			}
			if _, err := n.visible(ctx, tx, v, organisation, about); l.FromMail || err != nil {
				continue
			}
		}
		if l.RevokedAt.IsZero() && n.now().Before(l.Expires) && !l.FromMail {
			works, err := n.works(ctx, tx, link{hash: l.hash, organisation: organisation, account: l.Account})
			if err != nil {
				return nil, err
			}
			if !works {
				l.RevokedAt = n.now() // it opens nothing, though nobody withdrew it
			}
		}
		if l.Said, err = latestByLink(ctx, tx, l.hash); err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, nil
}

// work runs fn for somebody who may answer for the organisation, with the one exposure that it is about.
func (n *Notify) work(ctx context.Context, organisation db.ID, print Fingerprint, what string, fn func(tx *db.Tx, v sight, e Exposure) error) error {
	return n.change(ctx, func(tx *db.Tx) error {
		v, err := n.sightOf(ctx, tx, organisation, answering, true)
		if err != nil {
			return err
		}
		list, err := n.visible(ctx, tx, v, organisation, []Fingerprint{print})
		if err != nil {
			return err
		}
		if err := fn(tx, v, list[0]); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Event{At: n.now(), Action: audit.Change, Object: "exposure " + printText(print), Organisation: organisation, Detail: what})
	})
}

// Assign says who works on an exposure and by which day it is to be done; zero for nobody, and for no
// day. It can be anybody whom the actor may ask, or who has it already.
func (n *Notify) Assign(ctx context.Context, organisation db.ID, print Fingerprint, assignee db.ID, deadline time.Time) error {
	var day int64
	if !deadline.IsZero() {
		if day = n.dayOf(deadline); day < n.dayOf(n.now().AddDate(-1, 0, 0)) || day > n.dayOf(n.now())+farthestDay {
			return fault.New(fault.Invalid, "notify.work.date_wrong")
		}
	}
	return n.work(ctx, organisation, print, "work planned", func(tx *db.Tx, v sight, e Exposure) error {
		if !assignee.IsZero() && assignee != e.Assignee {
			list, err := n.helpers(ctx, tx, v, organisation)
			if err != nil {
				return err
			}
			if !slices.ContainsFunc(list, func(h directory.Helper) bool { return h.ID == assignee }) {
				return fault.New(fault.Invalid, "notify.work.nobody_such")
			}
		}
		return assign(ctx, tx, e, assignee, day)
	})
}

// stepMarks name the steps of an advice by what they say, in both languages, in their order. A step that is
// edited has another mark.
func stepMarks(kind, class string) (marks []string) {
	a := advice.For(kind, class)
	steps := 0
	for _, text := range a.Text {
		steps = max(steps, len(text.Steps))
	}
	for i := range steps {
		words := ""
		for _, lang := range advice.Languages {
			if list := a.Text[lang].Steps; i < len(list) {
				words += list[i]
			}
			words += "\n"
		}
		mark := markOf(words)
		for slices.Contains(marks, mark) { // said twice
			mark = markOf(mark)
		}
		marks = append(marks, mark)
	}
	return marks
}

// StepMarks are the marks of the steps of the advice about an exposure, for Tick.
func StepMarks(e Exposure) []string { return stepMarks(e.Type, e.Class) }

func markOf(words string) string {
	sum := sha256.Sum256([]byte(words))
	return hex.EncodeToString(sum[:8])
}

// Tick notes which steps of the advice are done: those given, and no other. Who ticked a step first, and when,
// stays with it. Both are marks; seen are those of all steps that the person had before them, and when the
// advice is another by now nothing is noted.
func (n *Notify) Tick(ctx context.Context, organisation db.ID, print Fingerprint, done, seen []string) error {
	if slices.ContainsFunc(done, func(mark string) bool { return !slices.Contains(seen, mark) }) {
		return fault.New(fault.Invalid, "notify.answer.nothing")
	}
	return n.work(ctx, organisation, print, fmt.Sprintf("%d steps ticked", len(done)), func(tx *db.Tx, v sight, e Exposure) error {
		if !slices.Equal(seen, stepMarks(e.Type, e.Class)) {
			return fault.New(fault.Invalid, "notify.work.steps_changed")
		}
		was, err := stepsOf(ctx, tx, organisation, print)
		if err != nil {
			return err
		}
		var list []Ticked
		for i, mark := range seen {
			if !slices.Contains(done, mark) {
				continue
			}
			t := Ticked{Mark: mark, Account: actor.From(ctx).Account, Behalf: v.in.Behalf, At: n.now()}
			if j := slices.IndexFunc(was, func(t Ticked) bool { return t.Mark == mark }); j >= 0 {
				t = was[j]
			}
			t.Step = i + 1
			list = append(list, t)
		}
		return setSteps(ctx, tx, e, list)
	})
}

// Say adds a comment that the organisation's own people and its delegates read.
func (n *Notify) Say(ctx context.Context, organisation db.ID, print Fingerprint, text string) error {
	text = cleanText(text)
	if text == "" {
		return fault.New(fault.Invalid, "notify.work.comment_empty")
	}
	if utf8.RuneCountInString(text) > mostComment {
		return fault.New(fault.Invalid, "notify.work.comment_long")
	}
	return n.work(ctx, organisation, print, "comment", func(tx *db.Tx, v sight, e Exposure) error {
		count, err := countComments(ctx, tx, organisation, print)
		if err != nil {
			return err
		}
		if count >= mostComments {
			return fault.New(fault.TooMany, "notify.work.comments_full")
		}
		return insertComment(ctx, tx, e, Comment{ID: db.NewID(), Account: actor.From(ctx).Account, Behalf: v.in.Behalf, Text: text, At: n.now()})
	})
}

// Unsay removes a comment of one's own.
func (n *Notify) Unsay(ctx context.Context, organisation db.ID, print Fingerprint, comment db.ID) error {
	return n.work(ctx, organisation, print, "comment removed", func(tx *db.Tx, _ sight, e Exposure) error {
		gone, err := deleteComment(ctx, tx, e, comment, actor.From(ctx).Account)
		if err == nil && gone == 0 {
			err = hidden()
		}
		return err
	})
}

// passOn makes a link for a supplier of what was chosen.
func (n *Notify) passOn(ctx context.Context, tx *db.Tx, by respondent, f Feedback, about []Exposure, given *Given) error {
	if err := n.roomForLink(ctx, tx, by.organisation, about); err != nil {
		return err
	}
	now, token := n.now(), randomToken()
	given.Until = now.AddDate(0, 0, f.Days)
	words := []rune(cleanNote(f.To))
	hash := tokenHash(token)
	if err := insertLink(ctx, tx, link{hash: hash, organisation: by.organisation, holder: Supplier, created: now, expires: given.Until,
		account: by.account, label: string(words[:min(len(words), mostLabel)])}); err != nil {
		return err
	}
	given.Supplier = n.set.BaseURL + "/f/" + token
	if err := insertLinkItems(ctx, tx, hash, about); err != nil {
		return err
	}
	var err error
	if given.Reference, err = referenceAbout(ctx, tx, db.ID{}, about[0]); err != nil {
		return err
	}
	given.Kinds, err = kindsOfItems(ctx, tx, link{hash: hash, organisation: by.organisation})
	return err
}

// roomForLink refuses another link of exposures to suppliers when so many are open that their page shows
// no more.
func (n *Notify) roomForLink(ctx context.Context, tx *db.Tx, organisation db.ID, about []Exposure) error {
	full, err := manyLinks(ctx, tx, organisation, prints(about), n.now(), mostLinks)
	if err == nil && full {
		err = fault.New(fault.TooMany, "notify.work.links_full")
	}
	return err
}

// Withdraw ends a supplier's link that the exposure is in.
func (n *Notify) Withdraw(ctx context.Context, organisation db.ID, print Fingerprint, hash string) error {
	return n.work(ctx, organisation, print, "supplier's link withdrawn", func(tx *db.Tx, v sight, _ Exposure) error {
		list, err := n.linksInSight(ctx, tx, v, organisation, print)
		if err != nil {
			return err
		}
		for _, l := range list {
			if l.Hash == hash {
				return revokeLink(ctx, tx, l.hash, n.now())
			}
		}
		return hidden()
	})
}

// cleanText keeps a person's words and lines: valid, in the order written, without what controls.
func cleanText(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case unicode.Is(unicode.Bidi_Control, r):
			return -1
		case unicode.IsControl(r), unicode.In(r, unicode.Zl, unicode.Zp):
			return ' '
		}
		return r
	}, s)
	for strings.Contains(s, "\n\n\n") {
		s = strings.ReplaceAll(s, "\n\n\n", "\n\n")
	}
	return strings.TrimSpace(s)
}

func hashText(b []byte) string { return hex.EncodeToString(b) }
