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
	web.Operate(api, web.Operation{Route: "POST /assets", ID: "add-asset", Scope: "assets:write", Text: "footprint.api.add", Status: 201}, f.apiAdd)
	web.Operate(api, web.Operation{Route: "DELETE /assets/{asset}", ID: "withdraw-asset", Scope: "assets:write", Text: "footprint.api.withdraw"}, f.apiWithdraw)
}

// apiAsset is an asset as programs see it.
type apiAsset struct {
	ID    db.ID     `json:"id" format:"uuid" doc:"Stays the same."`
	Kind  string    `json:"kind" enum:"prefix,asn,domain,product" doc:"What sort of thing it is."`
	Value string    `json:"value" example:"192.0.2.0/28" doc:"In one way of writing: a range of addresses, AS64500, a domain in A-labels."`
	Role  string    `json:"role" enum:"owner,provider" doc:"owner: answers for it; provider: carries it for others, and gets a copy."`
	State string    `json:"state" doc:"proven or active: we warn you of it; pending: it is to be proven first, on the page of your assets."`
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

type apiAddIn struct {
	Body struct {
		Kind  string `json:"kind" enum:"prefix,asn,domain,product" doc:"What sort of thing it is."`
		Value string `json:"value" minLength:"1" maxLength:"300" doc:"As you write it."`
		Role  string `json:"role,omitempty" enum:"owner,provider" default:"owner" doc:"owner: you answer for it; provider: you carry it for others."`
	}
}

type apiAssetOut struct{ Body apiAsset }

// apiAdd claims an asset, which warns nobody before it is proven, as on the page.
func (f *Footprint) apiAdd(ctx context.Context, in *apiAddIn) (*apiAssetOut, error) {
	kind, _ := ParseKind(in.Body.Kind)
	role, _ := ParseRole(in.Body.Role)
	c, err := f.Register(ctx, actor.From(ctx).Bound, Entry{kind, in.Body.Value, role})
	if err != nil {
		return nil, err
	}
	return &apiAssetOut{apiAsset{ID: c.ID, Kind: c.Kind.String(), Value: c.Value, Role: c.Role.String(), State: string(c.State), Since: c.RegisteredAt.UTC()}}, nil
}

func (f *Footprint) apiWithdraw(ctx context.Context, in *struct {
	Asset string `path:"asset" maxLength:"100" doc:"Id of the asset."`
}) (*struct{}, error) {
	id, err := db.ParseID(in.Asset)
	if err != nil {
		return nil, hidden()
	}
	return nil, f.Drop(ctx, actor.From(ctx).Bound, id)
}
