package notify

import (
	"context"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/web"
	"polder/notify/feeds"
)

// API registers what programs can ask and say about exposures.
func (n *Notify) API(api *web.API) {
	web.Operate(api, web.Operation{Route: "GET /exposures", ID: "list-exposures", Scope: "exposures:read", Text: "notify.api.list"}, n.apiList)
	n.wishAPI(api)
	web.Operate(api, web.Operation{Route: "GET /exposures/{exposure}", ID: "get-exposure", Scope: "exposures:read", Text: "notify.api.get"}, n.apiGet)
	web.Operate(api, web.Operation{Route: "POST /exposures/{exposure}/answers", ID: "answer-exposure", Scope: "exposures:write", Text: "notify.api.answer"}, n.apiAnswer)
}

// apiExposure is an exposure as programs see it.
type apiExposure struct {
	ID            string      `json:"id" example:"f33d1a8a61ba2b5cf4d1a3e26ae1c7c3" doc:"Stays the same as long as it is the same problem in the same place."`
	Type          string      `json:"type" example:"scan_rdp" doc:"Of the finding, as its source calls it."`
	Class         string      `json:"class" example:"vulnerable-system" doc:"Type of incident by RSIT v1003."`
	Severity      string      `json:"severity" enum:"critical,high,medium,low,info" doc:"How bad it is."`
	State         string      `json:"state" enum:"new,open,acknowledged,solved,false_positive,not_ours,expired,reopened" doc:"How it stands; new and reopened: we have not written about it yet."`
	StateAt       time.Time   `json:"state_at" doc:"Since when it stands so."`
	Confirmed     bool        `json:"confirmed" doc:"Solved, and two reports in a row no longer showed it."`
	Address       string      `json:"address,omitempty" example:"192.0.2.7" doc:"Absent when it was found by its name alone."`
	Port          int         `json:"port,omitempty" doc:"Absent when it is about no port."`
	Name          string      `json:"name,omitempty" doc:"Host or domain, when known."`
	Vulnerability string      `json:"vulnerability,omitempty" example:"CVE-2024-21410" doc:"When it is about one."`
	Role          string      `json:"role" enum:"owner,provider" doc:"provider: it is in what you carry for somebody else, and this is a copy."`
	FirstSeen     time.Time   `json:"first_seen" doc:"By any report."`
	LastSeen      time.Time   `json:"last_seen" doc:"By any report."`
	Reports       int         `json:"reports" doc:"How many reports showed it."`
	Reasons       []apiReason `json:"reasons" nullable:"false" doc:"Why it is yours."`
}

type apiReason struct {
	Kind  string    `json:"kind" enum:"prefix,asn,domain" doc:"What sort of asset it was matched by."`
	Asset string    `json:"asset" example:"192.0.2.0/28" doc:"The asset."`
	On    string    `json:"on" example:"192.0.2.7" doc:"What in the finding lies in it."`
	Since time.Time `json:"since" doc:"When the asset was registered."`
}

// apiExposureDetail is an exposure with what helps to solve it.
type apiExposureDetail struct {
	apiExposure
	Evidence map[string]string `json:"evidence" nullable:"false" doc:"What the source said of it, by its own words; written by strangers, so show it as text."`
	Source   string            `json:"source" doc:"Who saw it last."`
	Title    string            `json:"title" doc:"What is the matter."`
	Steps    []string          `json:"steps" nullable:"false" doc:"What to do, in this order."`
	Page     string            `json:"page" doc:"Where people read and answer it."`
}

func apiOf(e Exposure) apiExposure {
	a := apiExposure{ID: printText(e.Fingerprint), Type: e.Type, Class: e.Class, Severity: e.Severity.String(), State: string(e.State), StateAt: e.StateAt,
		Confirmed: e.Confirmed, Address: e.Address, Port: e.Port, Name: e.Name, Vulnerability: e.Vulnerability, Role: e.Role.String(),
		FirstSeen: e.FirstSeen, LastSeen: e.LastSeen, Reports: e.Count, Reasons: []apiReason{}}
	for _, r := range e.Reasons {
		a.Reasons = append(a.Reasons, apiReason{r.Kind, r.Value, r.On, r.Since})
	}
	return a
}

type apiListIn struct {
	web.Paging
	Changed  time.Time `query:"changed_since" doc:"Only what changed since this moment."`
	State    string    `query:"state" enum:"open,closed" doc:"Only what is still to be done, or only what is not."`
	Severity string    `query:"severity" enum:"critical,high,medium,low,info" doc:"Only of this severity."`
	Type     string    `query:"type" maxLength:"100" doc:"Only of this type."`
}

type apiListOut struct{ Body web.Piece[apiExposure] }

func (n *Notify) apiList(ctx context.Context, in *apiListIn) (*apiListOut, error) {
	after, err := in.After(1)
	if err != nil {
		return nil, err
	}
	s := Search{State: in.State, Type: db.Plain(in.Type)}
	for v := feeds.Info; v <= feeds.Critical; v++ {
		if v.String() == in.Severity {
			s.Severity = v
		}
	}
	mark := []byte{}
	if after[0] != "" {
		print, err := parsePrint(after[0])
		if err != nil {
			return nil, err
		}
		mark = print[:]
	}
	organisation := actor.From(ctx).Bound
	list, err := n.changed(ctx, organisation, s, in.Changed, mark, in.Limit+1)
	if err != nil {
		return nil, err
	}
	rows := make([]apiExposure, len(list))
	for i, e := range list {
		rows[i] = apiOf(e)
	}
	return &apiListOut{web.PieceOf(in.Paging, rows, func(a apiExposure) []string { return []string{a.ID} })}, nil
}

// changed returns exposures of an organisation to its program, in the order of their ids, and records
// that they were read. There are fewer than limit at the end alone: what may not be shown makes place for
// the next.
func (n *Notify) changed(ctx context.Context, organisation db.ID, s Search, since time.Time, after []byte, limit int) (list []Exposure, err error) {
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		v, err := n.sightOf(ctx, tx, organisation, actor.Keepers, false)
		if err != nil {
			return err
		}
		for len(list) < limit {
			piece, err := changedExposures(ctx, tx, v, organisation, s, since, after, limit)
			if err != nil {
				return err
			}
			for _, e := range piece {
				if n.shows(v, &e) && len(list) < limit {
					list = append(list, e)
				}
			}
			if len(piece) < limit {
				return nil
			}
			after = piece[len(piece)-1].Fingerprint[:]
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return list, n.recordRead(ctx, organisation, "exposures", "")
}

type apiOneIn struct {
	Exposure string `path:"exposure" maxLength:"100" doc:"Id of the exposure."`
	Language string `query:"language" enum:"nl,en" default:"nl" doc:"Of title and steps."`
}

type apiOneOut struct{ Body apiExposureDetail }

func (n *Notify) apiGet(ctx context.Context, in *apiOneIn) (*apiOneOut, error) {
	print, err := parsePrint(in.Exposure)
	if err != nil {
		return nil, err
	}
	organisation := actor.From(ctx).Bound
	d, err := n.Look(ctx, organisation, print)
	if err != nil {
		return nil, err
	}
	text := adviceText(d.Type, d.Class, in.Language)
	out := apiExposureDetail{apiExposure: apiOf(d.Exposure), Evidence: map[string]string{}, Source: d.Source, Title: text.Title, Steps: text.Steps,
		Page: n.set.BaseURL + "/o/" + organisation.String() + "/exposures/" + in.Exposure}
	for k, v := range d.Evidence {
		if k != "account" || d.Account() != "" {
			out.Evidence[k] = v
		}
	}
	return &apiOneOut{out}, nil
}

type apiAnswerIn struct {
	Exposure string `path:"exposure" maxLength:"100" doc:"Id of the exposure."`
	Body     struct {
		Answer string `json:"answer" enum:"on_it,solved,false_positive,not_ours,help" doc:"on_it: you are working on it. not_ours: we look into whose it is. help: our desk gets in touch."`
		Note   string `json:"note,omitempty" maxLength:"1000" doc:"In your own words, for our people. No passwords."`
	}
}

type apiAnswerOut struct{ Body apiExposure }

func (n *Notify) apiAnswer(ctx context.Context, in *apiAnswerIn) (*apiAnswerOut, error) {
	print, err := parsePrint(in.Exposure)
	if err != nil {
		return nil, err
	}
	organisation := actor.From(ctx).Bound
	if _, err := n.Respond(ctx, organisation, Feedback{Answer: Answer(in.Body.Answer), Chosen: []Fingerprint{print}, Note: in.Body.Note}); err != nil {
		return nil, err
	}
	d, err := n.Look(ctx, organisation, print)
	if err != nil {
		return nil, err
	}
	return &apiAnswerOut{apiOf(d.Exposure)}, nil
}
