package notify

import (
	"context"
	"slices"
	"unicode/utf8"

	"polder/directory"
	"polder/footprint"
	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
)

// View is a set of filters that a person gave a name.
type View struct {
	ID    db.ID
	Name  string
	Query string // of the list's address
}

const (
	mostViews   = 20 // of one person in one organisation
	mostName    = 60 // characters of a view's name
	mostQuery   = 1000
	mostChoices = 500 // that a list offers to choose from
)

// settle fills in what a search depends on: who the actor is, today, and how much an asset matched.
func (n *Notify) settle(ctx context.Context, tx *db.Tx, v sight, organisation db.ID, s Search) (_ Search, err error) {
	s.today = n.dayOf(n.now())
	if !s.Asset.IsZero() {
		if s.few, err = areFew(ctx, tx, organisation, []db.ID{s.Asset}); err != nil {
			return s, err
		}
	}
	if !s.Mine {
		return s, nil
	}
	holder, err := directory.HolderOf(ctx, tx, v.in.Mandate)
	s.mine = [2]db.ID{actor.From(ctx).Account, holder}
	return s, err
}

// assetsInSight are the assets that the actor may choose from.
func (n *Notify) assetsInSight(ctx context.Context, tx *db.Tx, v sight, organisation db.ID) ([]footprint.Label, error) {
	list, err := n.footprint.AssetLabels(ctx, tx, organisation)
	list = slices.DeleteFunc(list, func(l footprint.Label) bool {
		return l.Kind == footprint.Product || !v.every && !slices.Contains(v.only, l.ID)
	})
	return list[:min(len(list), mostChoices)], err
}

// SaveView keeps a set of filters under a name, for the actor alone. One of the same name goes.
func (n *Notify) SaveView(ctx context.Context, organisation db.ID, name, query string) error {
	name = cleanNote(name)
	if name == "" || utf8.RuneCountInString(name) > mostName || len(query) > mostQuery {
		return fault.New(fault.Invalid, "notify.work.view_name")
	}
	return n.change(ctx, func(tx *db.Tx) error {
		if _, err := n.sightOf(ctx, tx, organisation, actor.Anybody, false); err != nil {
			return err
		}
		who := actor.From(ctx).Account
		if who.IsZero() {
			return hidden()
		}
		if err := deleteViewNamed(ctx, tx, who, organisation, name); err != nil {
			return err
		}
		list, err := viewsOf(ctx, tx, who, organisation)
		if err != nil {
			return err
		}
		if len(list) >= mostViews {
			return fault.New(fault.TooMany, "notify.work.views_full")
		}
		return insertView(ctx, tx, who, organisation, View{db.NewID(), name, query}, n.now())
	})
}

// DropView removes a view of the actor's own.
func (n *Notify) DropView(ctx context.Context, organisation, view db.ID) error {
	return n.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := n.sightOf(ctx, tx, organisation, actor.Anybody, false); err != nil {
			return err
		}
		gone, err := deleteView(ctx, tx, actor.From(ctx).Account, organisation, view)
		if err == nil && gone == 0 {
			err = hidden()
		}
		return err
	})
}
