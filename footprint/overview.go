package footprint

import (
	"context"
	"time"

	"polder/directory"
	"polder/internal/db"
)

// Label names an asset where another page lists assets: a mandate, a warning.
type Label struct {
	ID    db.ID
	Kind  Kind
	Value string
	State State
}

// AssetLabels returns what an organisation claims and has, at most 2000, in the caller's transaction.
func (f *Footprint) AssetLabels(ctx context.Context, tx *db.Tx, organisation db.ID) (labels []Label, err error) {
	list, _, err := listClaims(ctx, tx, organisation, Filter{Every: true}, 0, 2000)
	for _, c := range list {
		labels = append(labels, Label{c.ID, c.Kind, c.Value, c.State})
	}
	return labels, err
}

// HomeLines returns what an organisation's first page says of its assets, in the caller's
// transaction: what needs doing first.
func (f *Footprint) HomeLines(ctx context.Context, tx *db.Tx, organisation db.ID) (lines []directory.Line, err error) {
	counts, err := countClaims(ctx, tx, organisation, Filter{Every: true})
	if err != nil {
		return nil, err
	}
	path := "/o/" + organisation.String() + "/assets"
	corrections, err := correctionsOf(ctx, tx, organisation)
	if err != nil {
		return nil, err
	}
	if n := len(corrections); n > 0 {
		lines = append(lines, directory.Line{Key: "footprint.home.correction", Count: n, Path: path, Urgent: 65})
	}
	urgent := map[State]int{Unproven: 95, Expired: 60, Pending: 40}
	for _, s := range []State{Unproven, Contested, Pending, Expired, Shown, Active} {
		if counts[s] > 0 {
			lines = append(lines, directory.Line{Key: "footprint.home." + string(s), Count: counts[s], Path: path + "?state=" + string(s),
				Done: s != Unproven && s != Pending && s != Expired, Urgent: urgent[s]})
		}
	}
	if len(lines) == 0 {
		lines = append(lines, directory.Line{Key: "footprint.home.none", Path: path + "/new", Urgent: 80})
	}
	return lines, nil
}

// Watched returns how many assets of an organisation findings are matched by, and since when the first
// of them is, in the caller's transaction.
func (f *Footprint) Watched(ctx context.Context, tx *db.Tx, organisation db.ID) (n int, since time.Time, err error) {
	n, at, err := watched(ctx, tx, organisation)
	return n, at.Time, err
}

// Exported is one asset as an organisation takes it with it.
type Exported struct {
	ID           db.ID     `json:"id"`
	Kind         string    `json:"kind"`
	Value        string    `json:"value"`
	Role         string    `json:"role"`
	State        string    `json:"state"`
	Method       string    `json:"method,omitempty"`
	Evidence     string    `json:"evidence,omitempty"`
	Reason       string    `json:"reason,omitempty"`
	Plea         string    `json:"plea,omitempty"`
	RegisteredBy db.ID     `json:"registered_by,omitzero"`
	RegisteredAt time.Time `json:"registered_at"`
	ProvenAt     time.Time `json:"proven_at,omitzero"`
	CheckedAt    time.Time `json:"checked_at,omitzero"`
	ExpiresAt    time.Time `json:"expires_at,omitzero"`
	DecidedAt    time.Time `json:"decided_at,omitzero"`
}

// ExportOf writes all that is kept of an organisation's assets, one after the other, in the caller's
// transaction.
func (f *Footprint) ExportOf(ctx context.Context, tx *db.Tx, organisation db.ID, write func(any) error) error {
	for _, state := range append([]State{""}, Withdrawn) {
		for offset := 0; ; offset += 1000 {
			list, _, err := listClaims(ctx, tx, organisation, Filter{Every: true, State: state}, offset, 1000)
			if err != nil {
				return err
			}
			for _, c := range list {
				err := write(Exported{c.ID, c.Kind.String(), c.Value, c.Role.String(), string(c.State), string(c.Method), c.Evidence, c.Reason, c.Plea,
					c.RegisteredBy, c.RegisteredAt, c.ProvenAt, c.CheckedAt, c.ExpiresAt, c.DecidedAt})
				if err != nil {
					return err
				}
			}
			if len(list) < 1000 {
				break
			}
		}
	}
	return nil
}

// ForgetPerson takes an account out of the claims that it registered or decided, in the caller's
// transaction: the claims and the record stay, without the person.
func (f *Footprint) ForgetPerson(ctx context.Context, tx *db.Tx, account db.ID) error {
	return forgetPerson(ctx, tx, account)
}

// Proofs returns when the first proof of an organisation's assets is looked at again, and when the
// first must be given anew, in the caller's transaction. Zero times: not planned.
func (f *Footprint) Proofs(ctx context.Context, tx *db.Tx, organisation db.ID) (look, renew time.Time, err error) {
	return proofs(ctx, tx, organisation)
}
