package footprint

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"polder/internal/db"
)

const codeColumns = `id, claim_id, hash, objection, sent_to, network, sent_at, ends_at, tries, used_at, objected_at`

func oneCode(ctx context.Context, tx *db.Tx, where string, args ...any) (k Code, err error) {
	var sent, ends, used, objected db.Time
	err = tx.One(ctx, `SELECT `+codeColumns+` FROM footprint_code `+where, args, &k.ID, &k.Claim, &k.Hash, &k.Objection, &k.SentTo, &k.Network,
		&sent, &ends, &k.Tries, &used, &objected)
	k.SentAt, k.EndsAt, k.Used, k.Objected = sent.Time, ends.Time, !used.IsZero(), !objected.IsZero()
	return k, err
}

func lastCode(ctx context.Context, tx *db.Tx, claim db.ID) (Code, error) {
	return oneCode(ctx, tx, `WHERE claim_id = ?1 ORDER BY sent_at DESC, id DESC LIMIT 1`, claim)
}

func codeByObjection(ctx context.Context, tx *db.Tx, hash []byte) (Code, error) {
	return oneCode(ctx, tx, `WHERE objection = ?1`, hash)
}

func insertCode(ctx context.Context, tx *db.Tx, k Code) error {
	_, err := tx.Exec(ctx, `INSERT INTO footprint_code (id, claim_id, hash, objection, sent_to, network, sent_at, ends_at, tries)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0)`, k.ID, k.Claim, k.Hash, k.Objection, k.SentTo, k.Network, db.At(k.SentAt), db.At(k.EndsAt))
	return err
}

// endCodes makes the codes of a claim that are out of no use any more; objecting stays possible.
func endCodes(ctx context.Context, tx *db.Tx, claim db.ID, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE footprint_code SET ends_at = ?2 WHERE claim_id = ?1 AND ends_at > ?2`, claim, db.At(now))
	return err
}

func tryCode(ctx context.Context, tx *db.Tx, id db.ID) error {
	_, err := tx.Exec(ctx, `UPDATE footprint_code SET tries = tries + 1 WHERE id = ?1`, id)
	return err
}

func useCode(ctx context.Context, tx *db.Tx, id db.ID, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE footprint_code SET used_at = ?2 WHERE id = ?1`, id, db.At(now))
	return err
}

func objectCode(ctx context.Context, tx *db.Tx, id db.ID, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE footprint_code SET objected_at = ?2 WHERE id = ?1`, id, db.At(now))
	return err
}

// countCodes counts the codes of a claim since one moment, and to an address and of an organisation
// since another.
func countCodes(ctx context.Context, tx *db.Tx, c Claim, address string, month, day time.Time) (claim, person, organisation int, err error) {
	err = tx.One(ctx, `SELECT (SELECT count(*) FROM footprint_code WHERE claim_id = ?1 AND sent_at > ?2),
		(SELECT count(*) FROM footprint_code WHERE sent_to = ?3 AND sent_at > ?4),
		(SELECT count(*) FROM footprint_code k JOIN footprint_claim c ON c.id = k.claim_id WHERE c.organisation_id = ?5 AND k.sent_at > ?4)`,
		[]any{c.ID, db.At(month), address, db.At(day), c.Organisation}, &claim, &person, &organisation)
	return claim, person, organisation, err
}

// dropCodes deletes codes that nobody can use or object to any more.
func dropCodes(ctx context.Context, tx *db.Tx, before time.Time) error {
	_, err := tx.Exec(ctx, `DELETE FROM footprint_code WHERE sent_at < ?1`, db.At(before))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `DELETE FROM footprint_network WHERE answered_at < ?1`, db.At(before))
	return err
}

func knownNetwork(ctx context.Context, tx *db.Tx, question string, since time.Time) (n network, known bool, err error) {
	var answer string
	err = tx.One(ctx, `SELECT answer FROM footprint_network WHERE question = ?1 AND answered_at > ?2`, []any{question, db.At(since)}, &answer)
	if errors.Is(err, db.ErrNoRows) {
		return n, false, nil
	}
	if err != nil {
		return n, false, err
	}
	return n, true, json.Unmarshal([]byte(answer), &n)
}

func noteNetwork(ctx context.Context, tx *db.Tx, question string, n network, now time.Time) error {
	b, err := json.Marshal(n)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO footprint_network (question, answer, answered_at) VALUES (?1, ?2, ?3)
		ON CONFLICT (question) DO UPDATE SET answer = excluded.answer, answered_at = excluded.answered_at`, question, string(b), db.At(now))
	return err
}
