package signin

import (
	"context"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/web"
)

// API registers what every program can ask: who it is.
func (s *Signin) API(api *web.API) {
	web.Operate(api, web.Operation{Route: "GET /me", ID: "who-am-i", Scope: web.AnyScope, Text: "signin.api.me"}, s.apiMe)
}

type apiMe struct {
	Body struct {
		Token        db.ID     `json:"token" format:"uuid" doc:"The token; not its secret."`
		Name         string    `json:"name" doc:"What its maker called it."`
		Scopes       []string  `json:"scopes" nullable:"false" doc:"What it may."`
		EndsAt       time.Time `json:"ends_at" doc:"When it stops working."`
		Account      string    `json:"account,omitempty" format:"uuid" doc:"For a token of a person at the centre: whose."`
		Organisation string    `json:"organisation,omitempty" format:"uuid" doc:"For a token of an organisation: whose."`
	}
}

func (s *Signin) apiMe(ctx context.Context, _ *struct{}) (*apiMe, error) {
	who := actor.From(ctx)
	t, err := s.TokenOf(ctx)
	if err != nil {
		return nil, err
	}
	out := &apiMe{}
	out.Body.Token, out.Body.Name, out.Body.Scopes, out.Body.EndsAt = t.ID, t.Name, who.Scopes, t.EndsAt.UTC()
	if out.Body.Scopes == nil {
		out.Body.Scopes = []string{}
	}
	if !who.Account.IsZero() {
		out.Body.Account = who.Account.String()
	} else {
		out.Body.Organisation = who.Bound.String()
	}
	return out, nil
}
