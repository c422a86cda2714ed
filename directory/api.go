package directory

import (
	"context"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/web"
)

// API registers what programs can ask about organisations.
func (d *Directory) API(api *web.API) {
	web.Operate(api, web.Operation{Route: "GET /organisation", ID: "get-organisation", Scope: "organisation:read", Text: "directory.api.organisation"}, d.apiOrganisation)
	web.Operate(api, web.Operation{Route: "GET /organisations", ID: "list-organisations", Scope: "register:read", Text: "directory.api.register"}, d.apiRegister)
}

// apiOrganisation is an organisation as programs see it: every field is named here, so that nothing
// that is added to the register leaves by itself.
type apiOrganisation struct {
	ID                 db.ID     `json:"id" format:"uuid" doc:"Stays the same."`
	Reference          string    `json:"reference" doc:"The centre's own key."`
	Name               string    `json:"name" doc:"As it is called."`
	RegistrationNumber string    `json:"registration_number,omitempty" doc:"Of the trade register."`
	Sector             string    `json:"sector,omitempty" doc:"What it does, by the classes of the centre."`
	Province           string    `json:"province,omitempty" doc:"Where it is."`
	Employees          *int      `json:"employees,omitempty" doc:"At least so many; absent when not known."`
	Language           string    `json:"language" enum:"nl,en" doc:"Of its warnings."`
	Since              time.Time `json:"since" doc:"When it came into the register."`
}

func forPrograms(o Organisation) apiOrganisation {
	out := apiOrganisation{ID: o.ID, Reference: o.Reference, Name: o.Name, RegistrationNumber: o.RegistrationNumber, Sector: o.Sector, Province: o.Province, Language: o.Language, Since: o.CreatedAt.UTC()}
	if o.Employees >= 0 {
		out.Employees = &o.Employees
	}
	return out
}

type apiOne struct{ Body apiOrganisation }

func (d *Directory) apiOrganisation(ctx context.Context, _ *struct{}) (*apiOne, error) {
	o, err := d.OfProgram(ctx)
	if err != nil {
		return nil, err
	}
	return &apiOne{forPrograms(o)}, nil
}

// OfProgram returns the organisation that the program's token is of.
func (d *Directory) OfProgram(ctx context.Context) (o Organisation, err error) {
	id := actor.From(ctx).Bound
	err = d.db.Read(ctx, func(tx *db.Tx) error {
		if _, err := May(ctx, tx, id, actor.Keepers, false, d.now()); err != nil {
			return err
		}
		found, err := byIDs(ctx, tx, []db.ID{id})
		o = found[id]
		return err
	})
	return o, err
}

type apiRegister struct {
	Body web.Piece[apiOrganisation]
}

func (d *Directory) apiRegister(ctx context.Context, in *struct{ web.Paging }) (*apiRegister, error) {
	after, err := in.After(1)
	if err != nil {
		return nil, err
	}
	if !actor.From(ctx).Staff.Any(actor.Analyst | actor.Adviser) {
		return nil, hidden()
	}
	list, err := d.List(ctx, after[0], in.Limit+1)
	if err != nil {
		return nil, err
	}
	rows := make([]apiOrganisation, len(list))
	for i, o := range list {
		rows[i] = forPrograms(o)
	}
	return &apiRegister{web.PieceOf(in.Paging, rows, func(o apiOrganisation) []string { return []string{o.Reference} })}, nil
}
