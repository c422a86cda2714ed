package notify

import (
	"context"
	"errors"
	"slices"
	"time"

	"polder/directory"
	"polder/footprint"
	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/notify/feeds"
)

// hidden is the answer to whoever may not see something: as if it did not exist.
func hidden() error { return fault.Hidden() }

// answering are those who may answer; the verb asks besides that a delegate may act.
const answering = actor.Keepers | actor.Delegate

// sight is what somebody may see of an organisation's exposures: all, or those that were matched by an
// asset that a mandate covers.
type sight struct {
	in    actor.In
	every bool
	only  []db.ID
	few   bool // what only covers is looked up one by one
}

// sightOf tells what the actor may see of an organisation at this moment; NotFound when nothing.
func (n *Notify) sightOf(ctx context.Context, tx *db.Tx, organisation db.ID, places actor.Place, acting bool) (v sight, err error) {
	if v.in, err = directory.May(ctx, tx, organisation, places, acting, n.now()); err != nil {
		return v, err
	}
	return v, v.cover(ctx, tx, organisation)
}

// cover sets what the mandate in it covers: of single assets those that the organisation still has.
func (v *sight) cover(ctx context.Context, tx *db.Tx, organisation db.ID) (err error) {
	if v.every, v.only, err = directory.Covered(ctx, tx, v.in.Mandate); err != nil || v.every {
		return err
	}
	if v.only, err = footprint.StillHeld(ctx, tx, v.only); err != nil {
		return err
	}
	v.few, err = areFew(ctx, tx, organisation, v.only)
	return err
}

// covers tells whether an exposure is in sight, and keeps of its reasons those that are: the assets
// that a mandate leaves out are not its holder's business.
func (v sight) covers(e *Exposure) bool {
	if v.every {
		return true
	}
	e.Reasons = slices.DeleteFunc(e.Reasons, func(r Reason) bool { return r.Asset.IsZero() || !slices.Contains(v.only, r.Asset) })
	return len(e.Reasons) > 0
}

// shows tells whether an exposure may be shown. What nobody was told of yet is held against the
// register first, as a mail would be: it may have lost its asset since the report.
func (n *Notify) shows(v sight, e *Exposure) bool {
	return v.covers(e) && (!e.ToldAt.IsZero() || stillConcerns(n.footprint.Index(), e))
}

// visible returns the exposures of the organisation with the fingerprints, or NotFound unless the
// actor may see every one of them.
func (n *Notify) visible(ctx context.Context, tx *db.Tx, v sight, organisation db.ID, chosen []Fingerprint) (list []Exposure, err error) {
	chosen = slices.Clone(chosen)
	slices.SortFunc(chosen, func(a, b Fingerprint) int { return slices.Compare(a[:], b[:]) })
	chosen = slices.Compact(chosen)
	if list, err = exposuresByPrint(ctx, tx, organisation, chosen); err != nil {
		return nil, err
	}
	seen := list[:0]
	for _, e := range list {
		if n.shows(v, &e) {
			seen = append(seen, e)
		}
	}
	if len(seen) != len(chosen) {
		return nil, hidden()
	}
	return seen, nil
}

// Search says which exposures of an organisation to list, and in which order.
type Search struct {
	State    string         // "open", "unanswered", "closed", or "" for each
	Severity feeds.Severity // 0: each
	Type     string         // "": each
	Asset    db.ID          // matched by this asset of the organisation; zero: by any
	Text     string         // part of the address or the name
	Since    time.Time      // seen since then
	Mine     bool           // that the actor, or the organisation that it came from, is to do
	Overdue  bool           // still to be done, and the day for it is past
	BySeen   bool           // the latest seen first; else the worst, and of those the newest
	ByDay    bool           // only what has a day, the earliest first
	After    *Mark          // where the list goes on

	mine  [2]db.ID // who the actor is, for Mine
	today int64    // for Overdue
	few   bool     // what Asset matched is looked up one by one
}

// Mark is a place in a list: behind the exposure with these values.
type Mark struct {
	Severity int64
	At       int64 // first or last seen, or the day, by the order
	Print    Fingerprint
}

// mostCounted is how far a list counts what it found.
const mostCounted = 10_000

// Listed is a piece of an organisation's list of exposures.
type Listed struct {
	In        actor.In
	Whole     bool // the actor may see all of the organisation's exposures
	Exposures []Exposure
	Next      *Mark                  // nil at the end
	Total     int                    // at most mostCounted
	More      bool                   // there are more than that
	Open      map[feeds.Severity]int // each at most one more than mostCounted
	Types     []string               // that the organisation has
	Assets    []footprint.Label      // that the actor may choose from
	Helpers   []directory.Helper     // who can be asked, by names that the actor may know
	Views     []View                 // that the actor gave a name
	Watched   int                    // assets that findings are matched by, told when there is nothing at all
	Since     time.Time
}

// allOpen tells whether it finds all that is open.
func (s Search) allOpen() bool {
	return s.State == "open" && s.Asset.IsZero() && s.Severity == 0 && s.Type == "" && s.Text == "" && s.Since.IsZero() && !s.Mine && !s.Overdue && !s.ByDay
}

// List returns a piece of an organisation's exposures, as far as the actor may see them, and records
// that they were read.
func (n *Notify) List(ctx context.Context, organisation db.ID, s Search, limit int) (l Listed, err error) {
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		v, err := n.sightOf(ctx, tx, organisation, actor.Anybody, false)
		if err != nil {
			return err
		}
		l.In, l.Whole = v.in, v.every
		if s, err = n.settle(ctx, tx, v, organisation, s); err != nil {
			return err
		}
		list, err := search(ctx, tx, v, organisation, s, limit+1)
		if err != nil {
			return err
		}
		if len(list) > limit {
			list = list[:limit]
			last := list[limit-1]
			l.Next = &Mark{Severity: int64(last.Severity), At: db.Micros(last.FirstSeen), Print: last.Fingerprint}
			switch {
			case s.BySeen:
				l.Next.At = db.Micros(last.LastSeen)
			case s.ByDay:
				l.Next.At = last.Deadline
			}
		}
		for _, e := range list {
			if n.shows(v, &e) {
				l.Exposures = append(l.Exposures, e)
			}
		}
		if l.Open, err = countOpen(ctx, tx, v, organisation); err != nil {
			return err
		}
		l.Total = len(list)
		if s.After != nil || l.Next != nil { // there is more than this piece
			if s.allOpen() {
				l.Total = 0
				for _, n := range l.Open {
					l.Total = min(l.Total+n, mostCounted+1)
				}
			} else if l.Total, err = countFound(ctx, tx, v, organisation, s, mostCounted+1); err != nil {
				return err
			}
		}
		if l.Total > mostCounted {
			l.Total, l.More = mostCounted, true
		}
		if l.Views, err = viewsOf(ctx, tx, actor.From(ctx).Account, organisation); err != nil {
			return err
		}
		if l.Helpers, err = n.helpers(ctx, tx, v, organisation); err != nil {
			return err
		}
		if l.Assets, err = n.assetsInSight(ctx, tx, v, organisation); err != nil {
			return err
		}
		if l.Types, err = typesOf(ctx, tx, v, organisation); err != nil || len(l.Types) > 0 || !v.every {
			return err
		}
		l.Watched, l.Since, err = n.footprint.Watched(ctx, tx, organisation)
		return err
	})
	if err != nil {
		return Listed{}, err
	}
	return l, n.recordRead(ctx, organisation, "exposures", "")
}

// recordRead writes down what of an organisation was read; what is not recorded is not shown.
func (n *Notify) recordRead(ctx context.Context, organisation db.ID, object, detail string) error {
	return n.db.Write(ctx, func(tx *db.Tx) error {
		return audit.Append(ctx, tx, audit.Event{At: n.now(), Action: audit.Read, Object: object, Organisation: organisation, Detail: detail})
	})
}

// Detail is one exposure with all that is known of it.
type Detail struct {
	Exposure
	In             actor.In
	Source, Report string // who reported it last, and in what
	Closes         bool   // we hear it when it is solved
	Answers        []Answered
	Told           []Sent // messages about it, the latest first
	Whole          bool   // the actor may see all of the organisation's exposures
}

// Answered is one answer about an exposure.
type Answered struct {
	At      time.Time
	Holder  Holder
	Account db.ID  // zero for a link, a program and who was forgotten
	Behalf  string // organisation that a delegate came from
	Answer  Answer
	Note    string
}

// Look returns one exposure of an organisation, and records that it was read.
func (n *Notify) Look(ctx context.Context, organisation db.ID, print Fingerprint) (d Detail, err error) {
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		v, err := n.sightOf(ctx, tx, organisation, actor.Anybody, false)
		if err != nil {
			return err
		}
		list, err := n.visible(ctx, tx, v, organisation, []Fingerprint{print})
		if err != nil {
			return err
		}
		d.Exposure, d.In, d.Whole = list[0], v.in, v.every
		names := map[int64]reportName{}
		if err := reportNames(ctx, tx, []int64{d.LastReport}, names); err != nil && !errors.Is(err, db.ErrNoRows) {
			return err
		}
		r := names[d.LastReport]
		d.Source, d.Report, d.Closes = r.sourceName, r.name, closesByAbsence(r.format, r.kind, d.Class, r.regular)
		if d.Answers, err = answersAbout(ctx, tx, organisation, print, 50); err != nil {
			return err
		}
		for i, a := range d.Answers { // the same words may be about more than the mandate covers
			if !v.every && (a.Behalf == "" || a.Behalf != v.in.Behalf) {
				d.Answers[i].Note = ""
			}
		}
		d.Told, err = toldAbout(ctx, tx, organisation, print, 50)
		return err
	})
	if err != nil {
		return Detail{}, err
	}
	return d, n.recordRead(ctx, organisation, "exposure "+printText(print), "")
}

// ForgetPerson takes an account out of what it answered, said and ticked, in the caller's transaction:
// that stays, without the person. What was to be done by the person is nobody's, and its views go.
func (n *Notify) ForgetPerson(ctx context.Context, tx *db.Tx, account db.ID) error {
	return forgetPerson(ctx, tx, account)
}
