package notify

import (
	"context"
	"slices"

	"polder/directory"
	"polder/footprint"
	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/notify/feeds"
)

// Bounds of the list over all organisations of one person.
const (
	mostPlaces  = 1000   // organisations
	acrossPage  = 50     // exposures on a page
	placesPage  = 25     // organisations on a page
	acrossParts = 100    // organisations in one question
	mostValues  = 10_000 // about, in one question
)

// Across is a piece of what is open in all organisations that the actor belongs to or acts for, as far
// as each place and mandate goes.
type Across struct {
	Places    []directory.Mine // all of them, by name
	More      bool             // there are more than it looks at
	Exposures []Exposure       // the worst first, and of those the newest
	Next      *AcrossMark
	Open      map[feeds.Severity]int // over all; each at most one more than mostCounted
}

// AcrossMark is a place in the list: behind the exposure with these values.
type AcrossMark struct {
	Mark
	Organisation db.ID
}

// PlaceOpen is how much is open in one organisation.
type PlaceOpen struct {
	directory.Mine
	Open map[feeds.Severity]int
}

// sights are what the actor may see of each of its organisations.
type sights struct {
	places []directory.Mine
	more   bool
	of     map[db.ID]sight
	whole  []db.ID
	part   []db.ID // of which a mandate covers some assets
}

func (n *Notify) sights(ctx context.Context, tx *db.Tx) (s sights, err error) {
	if err := planAnew(ctx, tx); err != nil {
		return s, err
	}
	if s.places, s.more, err = directory.Places(ctx, tx, n.now(), mostPlaces); err != nil {
		return s, err
	}
	var mandates []db.ID
	for _, p := range s.places {
		if !p.Mandate.IsZero() {
			mandates = append(mandates, p.Mandate)
		}
	}
	covered, err := directory.CoveredBy(ctx, tx, mandates)
	if err != nil {
		return s, err
	}
	var assets []db.ID
	for _, only := range covered {
		assets = append(assets, only...)
	}
	if assets, err = footprint.StillHeld(ctx, tx, assets); err != nil {
		return s, err
	}
	held := map[db.ID]bool{}
	for _, id := range assets {
		held[id] = true
	}
	s.of = map[db.ID]sight{}
	for _, p := range s.places {
		v := sight{in: actor.In{Organisation: p.ID, Name: p.Name, Place: p.Place, Mandate: p.Mandate, Acting: p.Acting, Behalf: p.Behalf}}
		only, partial := covered[p.Mandate]
		only = slices.DeleteFunc(only, func(id db.ID) bool { return !held[id] })
		if v.every, v.only, v.few = p.Mandate.IsZero() || !partial, only, true; v.every {
			s.whole = append(s.whole, p.ID)
		} else {
			s.part = append(s.part, p.ID)
		}
		s.of[p.ID] = v
	}
	return s, nil
}

// Across returns what is open in all organisations of the actor, of one severity or of each when it is
// 0, and records that they were read.
func (n *Notify) Across(ctx context.Context, severity feeds.Severity, after *AcrossMark) (a Across, err error) {
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		s, err := n.sights(ctx, tx)
		if err != nil {
			return err
		}
		a.Places, a.More = s.places, s.more
		if a.Open, err = countAcross(ctx, tx, s); err != nil {
			return err
		}
		keys, err := worstAcross(ctx, tx, s, severity, after, acrossPage+1)
		if err != nil {
			return err
		}
		if len(keys) > acrossPage {
			keys = keys[:acrossPage]
			a.Next = &keys[acrossPage-1]
		}
		found, err := exposuresByKey(ctx, tx, keys)
		if err != nil {
			return err
		}
		for _, k := range keys {
			e, known := found[rowKey{k.Organisation, k.Print}]
			if known && n.shows(s.of[k.Organisation], &e) {
				a.Exposures = append(a.Exposures, e)
			}
		}
		return nil
	})
	if err != nil {
		return Across{}, err
	}
	var read []db.ID
	for _, e := range a.Exposures {
		read = append(read, e.Organisation)
	}
	return a, n.recordAcross(ctx, read)
}

// AcrossPlaces returns how much is open in each organisation of the actor, by name, behind the one
// given, and whether there are more; and records that it was read.
func (n *Notify) AcrossPlaces(ctx context.Context, after db.ID) (list []PlaceOpen, more bool, err error) {
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		s, err := n.sights(ctx, tx)
		if err != nil {
			return err
		}
		places := s.places[slices.IndexFunc(s.places, func(m directory.Mine) bool { return m.ID == after })+1:]
		if len(places) > placesPage {
			places, more = places[:placesPage], true
		}
		for _, p := range places {
			v := s.of[p.ID]
			if !v.every {
				if v.few, err = areFew(ctx, tx, p.ID, v.only); err != nil {
					return err
				}
			}
			open, err := countOpen(ctx, tx, v, p.ID)
			if err != nil {
				return err
			}
			list = append(list, PlaceOpen{p, open})
		}
		return nil
	})
	if err != nil {
		return nil, false, err
	}
	var read []db.ID
	for _, p := range list {
		read = append(read, p.ID)
	}
	return list, more, n.recordAcross(ctx, read)
}

// recordAcross writes down of which organisations something was read; what is not recorded is not
// shown.
func (n *Notify) recordAcross(ctx context.Context, organisations []db.ID) error {
	slices.SortFunc(organisations, func(a, b db.ID) int { return slices.Compare(a[:], b[:]) })
	organisations = slices.Compact(organisations)
	if len(organisations) == 0 {
		return nil
	}
	return n.db.Write(ctx, func(tx *db.Tx) error {
		for _, o := range organisations {
			if err := audit.Append(ctx, tx, audit.Event{At: n.now(), Action: audit.Read, Object: "exposures", Organisation: o, Detail: "in one list with others"}); err != nil {
				return err
			}
		}
		return nil
	})
}
