package signin

import (
	"context"
	"strings"

	"polder/internal/actor"
	"polder/internal/db"
)

func describeAccount(ctx context.Context, tx *db.Tx, account db.ID, name, language string) error {
	_, err := tx.Exec(ctx, `UPDATE signin_account SET name = ?2, language = ?3 WHERE id = ?1 AND state = 'active'`, account, name, language)
	return err
}

func moveAccount(ctx context.Context, tx *db.Tx, account db.ID, mail string) error {
	_, err := tx.Exec(ctx, `UPDATE signin_account SET mail = ?2 WHERE id = ?1 AND state = 'active'`, account, mail)
	return err
}

func setState(ctx context.Context, tx *db.Tx, account db.ID, from, to State) (int64, error) {
	return tx.Exec(ctx, `UPDATE signin_account SET state = ?3 WHERE id = ?1 AND state = ?2`, account, string(from), string(to))
}

// forgetAccount leaves an id without a person.
func forgetAccount(ctx context.Context, tx *db.Tx, account db.ID, handle []byte) error {
	_, err := tx.Exec(ctx, `UPDATE signin_account SET state = 'forgotten', mail = '', name = '', language = '', staff = 0, handle = ?2, seen_at = NULL WHERE id = ?1`, account, handle)
	return err
}

func otherAdministrators(ctx context.Context, tx *db.Tx, account db.ID) (n int, err error) {
	err = tx.One(ctx, `SELECT count(*) FROM signin_account WHERE state = 'active' AND staff <> 0 AND id <> ?1 AND (staff & ?2) <> 0`,
		[]any{account, int64(actor.Administrator)}, &n)
	return n, err
}

const peopleWhere = ` FROM signin_account a WHERE state <> 'forgotten' AND (mail LIKE ?1 ESCAPE '\' OR lower(name) LIKE ?1 ESCAPE '\')`

func peopleBy(ctx context.Context, tx *db.Tx, text string, from, most int) (list []Person, total int, err error) {
	like := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(strings.TrimSpace(text))) + "%"
	if err := tx.One(ctx, `SELECT count(*)`+peopleWhere, []any{like}, &total); err != nil {
		return nil, 0, err
	}
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var p Person
		var keys, words, linked int
		p.Account, err = scanAccount(func(to ...any) error { return scan(append(to, &keys, &words, &linked)...) })
		p.Ways = keys + words + linked
		list = append(list, p)
		return err
	}, `SELECT `+accountColumns+`, (SELECT count(*) FROM signin_passkey k WHERE k.account_id = a.id),
		(SELECT count(*) FROM signin_password w WHERE w.account_id = a.id),
		(SELECT count(*) FROM signin_identity i WHERE i.account_id = a.id)`+peopleWhere+` ORDER BY mail LIMIT ?2 OFFSET ?3`, like, most, max(0, from))
	return list, total, err
}
