package signin

import (
	"context"
	"strconv"
	"strings"
	"time"

	"polder/internal/db"
)

const lostColumns = `l.id, l.account_id, l.statement, l.state, l.asked_at, l.first_by, l.first_at, l.second_by, l.due_at, a.name, a.mail, coalesce(f.name, '')`

const lostTables = ` FROM signin_lost l JOIN signin_account a ON a.id = l.account_id LEFT JOIN signin_account f ON f.id = l.first_by `

func scanLost(scan func(...any) error) (l Lost, err error) {
	var asked, first, due db.Time
	err = scan(&l.ID, &l.Account, &l.Statement, &l.State, &asked, &l.FirstBy, &first, &l.SecondBy, &due, &l.Name, &l.Mail, &l.FirstName)
	l.AskedAt, l.FirstAt, l.DueAt = asked.Time, first.Time, due.Time
	return l, err
}

func losts(ctx context.Context, tx *db.Tx, rest string, args ...any) (list []Lost, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		l, err := scanLost(scan)
		list = append(list, l)
		return err
	}, `SELECT `+lostColumns+lostTables+rest, args...)
	return list, err
}

func firstLost(list []Lost, err error) (Lost, error) {
	if err == nil && len(list) == 0 {
		err = db.ErrNoRows
	}
	if err != nil {
		return Lost{}, err
	}
	return list[0], nil
}

func insertLost(ctx context.Context, tx *db.Tx, l Lost) error {
	_, err := tx.Exec(ctx, `INSERT INTO signin_lost (id, account_id, statement, state, asked_at) VALUES (?1, ?2, ?3, 'asked', ?4)`,
		l.ID, l.Account, l.Statement, db.At(l.AskedAt))
	return err
}

func openLost(ctx context.Context, tx *db.Tx, account db.ID) (Lost, error) {
	return firstLost(losts(ctx, tx, `WHERE l.account_id = ?1 AND l.state IN ('asked', 'seconded', 'waiting')`, account))
}

func lostByID(ctx context.Context, tx *db.Tx, id db.ID) (Lost, error) {
	return firstLost(losts(ctx, tx, `WHERE l.id = ?1`, id))
}

func lostOf(ctx context.Context, tx *db.Tx, account db.ID) ([]Lost, error) {
	return losts(ctx, tx, `WHERE l.account_id = ?1 ORDER BY l.asked_at`, account)
}

func openLosts(ctx context.Context, tx *db.Tx, most int) ([]Lost, error) {
	return losts(ctx, tx, `WHERE l.state IN ('asked', 'seconded', 'waiting') ORDER BY l.asked_at, l.id LIMIT ?1`, most)
}

func dueLosts(ctx context.Context, tx *db.Tx, now time.Time, most int) ([]Lost, error) {
	return losts(ctx, tx, `WHERE l.state = 'waiting' AND l.due_at <= ?1 ORDER BY l.due_at LIMIT ?2`, db.At(now), most)
}

// among writes the states after the arguments that a statement has already.
func among(args []any, states []LostState) (string, []any) {
	places := make([]string, len(states))
	for i, state := range states {
		args = append(args, string(state))
		places[i] = "?" + strconv.Itoa(len(args))
	}
	return `state IN (` + strings.Join(places, ", ") + `)`, args
}

func secondLost(ctx context.Context, tx *db.Tx, id db.ID, states []LostState, by db.ID, now time.Time) (int64, error) {
	in, args := among([]any{id, by, db.At(now)}, states)
	return tx.Exec(ctx, `UPDATE signin_lost SET state = 'seconded', first_by = ?2, first_at = ?3 WHERE id = ?1 AND `+in, args...)
}

// waitLost takes the second yes, which must be somebody else's.
func waitLost(ctx context.Context, tx *db.Tx, id db.ID, states []LostState, by db.ID, now, due time.Time) (int64, error) {
	in, args := among([]any{id, by, db.At(now), db.At(due)}, states)
	return tx.Exec(ctx, `UPDATE signin_lost SET state = 'waiting', second_by = ?2, second_at = ?3, due_at = ?4 WHERE id = ?1 AND first_by <> ?2 AND `+in, args...)
}

// endLost ends a request; what the person wrote goes with it.
func endLost(ctx context.Context, tx *db.Tx, id db.ID, states []LostState, to LostState, now time.Time) (int64, error) {
	in, args := among([]any{id, string(to), db.At(now)}, states)
	return tx.Exec(ctx, `UPDATE signin_lost SET state = ?2, ended_at = ?3, statement = '' WHERE id = ?1 AND `+in, args...)
}

func dropLost(ctx context.Context, tx *db.Tx, account db.ID) error {
	_, err := tx.Exec(ctx, `DELETE FROM signin_lost WHERE account_id = ?1`, account)
	return err
}
