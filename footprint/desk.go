package footprint

import (
	"context"

	"polder/directory"
	"polder/internal/actor"
	"polder/internal/db"
)

// DeskLines says how many claims and corrections wait for a decision of staff.
func (f *Footprint) DeskLines(ctx context.Context, tx *db.Tx) (lines []directory.Line, err error) {
	if a := actor.From(ctx); a.Account.IsZero() || !a.Staff.Any(actor.Analyst|actor.Adviser) {
		return nil, nil
	}
	for _, list := range deskToDo {
		count := 0
		if list == "corrections" {
			count, err = countCorrections(ctx, tx)
		} else {
			_, count, err = deskClaims(ctx, tx, deskLists[list], 0, 0)
		}
		if err != nil {
			return nil, err
		}
		if count > 0 {
			lines = append(lines, directory.Line{Key: "footprint.desk.line_" + list, Count: count, Path: "/desk/claims?list=" + list})
		}
	}
	return lines, nil
}
