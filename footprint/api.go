package footprint

import (
	"context"
	"time"

	"polder/directory"
	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/web"
)

// API registers what programs can ask about assets.
func (f *Footprint) API(api *web.API) {
	web.Operate(api, web.Operation{Route: "GET /assets", ID: "list-assets", Scope: "assets:read", Text: "footprint.api.assets"}, f.apiAssets)
}

// apiAsset is an asset as programs see it.
type apiAsset struct {
	ID    db.ID     `json:"id" format:"uuid" doc:"Stays the same."`
	Kind  string    `json:"kind" enum:"prefix,asn,domain,product" doc:"What sort of thing it is."`
	Value string    `json:"value" example:"192.0.2.0/28" doc:"In one way of writing: a range of addresses, AS64500, a domain in A-labels."`
	Role  string    `json:"role" enum:"owner,provider" doc:"owner: answers for it; provider: carries it for others, and gets a copy."`
	State string    `json:"state" doc:"proven: we warn you of it."`
	Since time.Time `json:"since" doc:"When it was registered."`
}

type apiAssets struct{ Body web.Piece[apiAsset] }

func (f *Footprint) apiAssets(ctx context.Context, in *struct{ web.Paging }) (*apiAssets, error) {
	after, err := in.After(2)
	if err != nil {
		return nil, err
	}
	organisation := actor.From(ctx).Bound
	var rows []apiAsset
	err = f.db.Read(ctx, func(tx *db.Tx) error {
		if _, err := directory.May(ctx, tx, organisation, actor.Keepers, false, f.now()); err != nil {
			return err
		}
		rows, err = assetsForPrograms(ctx, tx, organisation, after[0], after[1], in.Limit+1)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &apiAssets{web.PieceOf(in.Paging, rows, func(a apiAsset) []string { return []string{a.Kind, a.Value} })}, nil
}
