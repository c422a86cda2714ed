package notify

import (
	"context"
	"time"

	"polder/internal/db"
	"polder/notify/feeds"
)

// Moment is a place in the order in which an organisation's exposures changed.
type Moment struct {
	At    time.Time
	Print Fingerprint
}

// At is the place behind all that changed until the moment given.
func At(t time.Time) Moment {
	m := Moment{At: t}
	for i := range m.Print {
		m.Print[i] = 0xff
	}
	return m
}

// Change is an exposure that moved to another state, as its organisation may see it.
type Change struct {
	Moment
	Event       string // "exposure.new", "exposure.reopened" or "exposure.changed"
	Exposure    any    // as programs see it; nil when it is no longer the organisation's, and may not be shown
	Type, Class string
	Severity    feeds.Severity
	State       State
}

// Changes returns at most limit exposures of an organisation that moved behind the one place and not
// behind the other, the earliest first, in the caller's transaction. The caller has asked who may, has
// loaded the register of assets and records what is read.
func (n *Notify) Changes(ctx context.Context, tx *db.Tx, organisation db.ID, after, until Moment, limit int) ([]Change, error) {
	return n.asChanges(func(fn func(Exposure) error) error { return eachChange(ctx, tx, organisation, after, until, limit, fn) })
}

// LatestChanges returns the exposures that moved last, the latest first, as Changes does.
func (n *Notify) LatestChanges(ctx context.Context, tx *db.Tx, organisation db.ID, limit int) ([]Change, error) {
	return n.asChanges(func(fn func(Exposure) error) error { return eachLatest(ctx, tx, organisation, limit, fn) })
}

// Paused tells whether nothing at all may go to an organisation now: everything is stopped, or all that is
// for it is held.
func (n *Notify) Paused(ctx context.Context, tx *db.Tx, organisation db.ID) (bool, error) {
	return isPaused(ctx, tx, organisation)
}

func (n *Notify) asChanges(each func(func(Exposure) error) error) (list []Change, err error) {
	err = each(func(e Exposure) error {
		c := Change{Moment: Moment{e.StateAt, e.Fingerprint}, Event: "exposure.changed", Type: e.Type, Class: e.Class, Severity: e.Severity, State: e.State}
		switch e.State {
		case StateNew:
			c.Event = "exposure.new"
		case StateReopened:
			c.Event = "exposure.reopened"
		}
		if n.shows(sight{every: true}, &e) {
			c.Exposure = apiOf(e)
		}
		list = append(list, c)
		return nil
	})
	return list, err
}

// Title says in a few words what a type of finding is about.
func Title(kind, class, lang string) string { return adviceText(kind, class, lang).Title }
