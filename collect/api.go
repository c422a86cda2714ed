package collect

import (
	"context"
	"errors"
	"net/http"
	"time"

	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/web"
	"polder/notify"
)

// API registers what programs can do: send reports, and ask what came of them.
func (c *Collect) API(api *web.API) {
	web.Operate(api, web.Operation{Route: "POST /reports", ID: "push-report", Scope: PushScope, Text: "collect.api.push", Body: c.set.MaxReport}, c.apiPush)
	web.Operate(api, web.Operation{Route: "GET /reports/{report}", ID: "get-pushed-report", Scope: PushScope, Text: "collect.api.get"}, c.apiPushed)
}

// apiReport is a file that was pushed, as programs see it.
type apiReport struct {
	ID         string     `json:"id" doc:"To ask after it with."`
	Name       string     `json:"name" example:"2026-11-22-scan_rdp-example-nl.csv" doc:"Of the file, without folders."`
	SHA256     string     `json:"sha256" doc:"Of the bytes that came, so that you can check that they came whole."`
	Size       int64      `json:"size" doc:"In bytes."`
	State      string     `json:"state" enum:"waiting,read,refused" doc:"waiting: it is here whole, and will be read; read: see summary; refused: see problem."`
	Problem    string     `json:"problem,omitempty" doc:"Why it was refused, in English."`
	ReceivedAt time.Time  `json:"received_at" doc:"When it came."`
	EndedAt    *time.Time `json:"ended_at,omitempty" doc:"When it was read or refused."`

	Summary *apiSummary `json:"summary,omitempty" doc:"What came of it, once it is read."`
}

type apiSummary struct {
	Report      string `json:"report" doc:"Of the report, on the pages of the desk."`
	Source      string `json:"source" doc:"Key of the source."`
	Type        string `json:"type" doc:"Of the report; empty when each line has its own."`
	AlreadySeen bool   `json:"already_seen" doc:"The same file was read before, and nothing changed now; the numbers are those of then."`
	Rows        int64  `json:"rows" doc:"Lines, rejected ones included."`
	Rejected    int64  `json:"rejected" doc:"Lines that could not be read; they are kept with the reason."`
	Matched     int64  `json:"matched" doc:"Lines that concern an organisation."`
	Unmatched   int64  `json:"unmatched" doc:"Lines that concern nobody we know."`
	New         int64  `json:"exposures_new" doc:"Problems that were not known."`
	SeenAgain   int64  `json:"exposures_seen_again" doc:"Problems that were known."`
	Reopened    int64  `json:"exposures_reopened" doc:"Problems that had been solved."`
	Problem     string `json:"problem,omitempty" doc:"Why it could not be read to its end, in English; what came before that counts."`
}

func apiOf(p Push) apiReport {
	a := apiReport{ID: p.ID.String(), Name: p.Name, SHA256: hexOf(p.SHA256), Size: p.Size, State: p.State, Problem: p.Problem, ReceivedAt: p.ReceivedAt, Summary: apiSummaryOf(p.Summary)}
	if !p.EndedAt.IsZero() {
		a.EndedAt = &p.EndedAt
	}
	return a
}

func apiSummaryOf(s *notify.Summary) *apiSummary {
	if s == nil {
		return nil
	}
	return &apiSummary{Report: s.Report, Source: s.Source, Type: s.Type, AlreadySeen: s.AlreadySeen, Rows: s.Rows, Rejected: s.Rejected, Matched: s.Matched, Unmatched: s.Unmatched,
		New: s.New, SeenAgain: s.SeenAgain, Reopened: s.Reopened, Problem: s.Problem}
}

type apiPushIn struct {
	web.Upload
	Name    string `query:"name" maxLength:"300" doc:"Of the file: for Shadowserver's files it tells type, day and part, as in 2026-11-22-scan_rdp-example-nl.csv."`
	Type    string `query:"type" maxLength:"64" doc:"Of the report, such as scan_rdp, where its name does not tell it."`
	Source  string `query:"source" maxLength:"40" doc:"Key of the source; that of the mapping when absent, else shadowserver or intelmq by the format."`
	Mapping string `query:"mapping" maxLength:"16384" doc:"For CSV files of any other kind: what their columns mean, in YAML (docs/feeds.md)."`
}

type apiPushOut struct {
	Status   int
	Location string `header:"Location" doc:"Where to ask what came of it."`
	Body     apiReport
}

func (c *Collect) apiPush(ctx context.Context, in *apiPushIn) (*apiPushOut, error) {
	p, err := c.Take(ctx, Push{Name: in.Name, Type: in.Type, Source: in.Source, Mapping: in.Mapping}, &in.Upload, in.Still)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, fault.Wrap(fault.Invalid, err, "collect.push.large", "Most", c.set.MaxReport>>20)
	case err != nil:
		return nil, err
	}
	out := &apiPushOut{Status: http.StatusAccepted, Location: web.APIPath + "/reports/" + p.ID.String(), Body: apiOf(p)}
	if p.State == "read" {
		out.Status = http.StatusOK
	}
	return out, nil
}

type apiPushedOut struct{ Body apiReport }

func (c *Collect) apiPushed(ctx context.Context, in *struct {
	Report string `path:"report" doc:"Id that the push answered."`
}) (*apiPushedOut, error) {
	id, err := db.ParseID(in.Report)
	if err != nil {
		return nil, fault.Hidden()
	}
	p, err := c.Pushed(ctx, id)
	if err != nil {
		return nil, err
	}
	return &apiPushedOut{Body: apiOf(p)}, nil
}
