package notify

import (
	"context"
	"errors"
	"slices"
	"time"

	"polder/internal/db"
)

// ofExposure keeps to the rows about one exposure.
const ofExposure = ` WHERE organisation_id = ?1 AND fingerprint = ?2`

func assign(ctx context.Context, tx *db.Tx, e Exposure, assignee db.ID, day int64) error {
	var deadline any
	if day != 0 {
		deadline = day
	}
	_, err := tx.Exec(ctx, `UPDATE notify_exposure SET assignee = ?3, deadline = ?4`+ofExposure, e.Organisation, e.Fingerprint[:], assignee, deadline)
	return err
}

func stepsOf(ctx context.Context, tx *db.Tx, organisation db.ID, print Fingerprint) (list []Ticked, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var t Ticked
		var at db.Time
		err := scan(&t.Step, &t.Mark, &t.Account, &t.Behalf, &at)
		t.At = at.Time
		list = append(list, t)
		return err
	}, `SELECT step, COALESCE(mark, ''), account_id, behalf, at FROM notify_step`+ofExposure+` ORDER BY step`, organisation, print[:])
	return list, err
}

// setSteps makes these the ticks of an exposure.
func setSteps(ctx context.Context, tx *db.Tx, e Exposure, list []Ticked) error {
	if _, err := tx.Exec(ctx, `DELETE FROM notify_step`+ofExposure, e.Organisation, e.Fingerprint[:]); err != nil {
		return err
	}
	for _, t := range list {
		_, err := tx.Exec(ctx, `INSERT INTO notify_step (organisation_id, fingerprint, step, mark, account_id, behalf, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
			ON CONFLICT (organisation_id, fingerprint, step) DO UPDATE SET mark = excluded.mark, account_id = excluded.account_id, behalf = excluded.behalf, at = excluded.at`,
			e.Organisation, e.Fingerprint[:], t.Step, t.Mark, t.Account, t.Behalf, db.At(t.At))
		if err != nil {
			return err
		}
	}
	return nil
}

func commentsOf(ctx context.Context, tx *db.Tx, organisation db.ID, print Fingerprint, before db.ID, limit int) (list []Comment, err error) {
	if before.IsZero() {
		for i := range before {
			before[i] = 0xff
		}
	}
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var c Comment
		var at db.Time
		err := scan(&c.ID, &c.Account, &c.Behalf, &c.Text, &at)
		c.At = at.Time
		list = append(list, c)
		return err
	}, `SELECT id, account_id, behalf, text, at FROM notify_comment`+ofExposure+` AND id < ?3 ORDER BY id DESC LIMIT ?4`, organisation, print[:], before, limit)
	return list, err
}

func countComments(ctx context.Context, tx *db.Tx, organisation db.ID, print Fingerprint) (n int, err error) {
	err = tx.One(ctx, `SELECT count(*) FROM notify_comment`+ofExposure, []any{organisation, print[:]}, &n)
	return n, err
}

func insertComment(ctx context.Context, tx *db.Tx, e Exposure, c Comment) error {
	_, err := tx.Exec(ctx, `INSERT INTO notify_comment (id, organisation_id, fingerprint, account_id, behalf, text, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)`,
		c.ID, e.Organisation, e.Fingerprint[:], c.Account, c.Behalf, c.Text, db.At(c.At))
	return err
}

func deleteComment(ctx context.Context, tx *db.Tx, e Exposure, comment, account db.ID) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM notify_comment`+ofExposure+` AND id = ?3 AND account_id = ?4`, e.Organisation, e.Fingerprint[:], comment, account)
}

// plannedFor returns when an exposure is written about next, and when it is reminded of if it is seen.
func plannedFor(ctx context.Context, tx *db.Tx, organisation db.ID, print Fingerprint) (due, remind time.Time, err error) {
	var d, r db.Time
	err = tx.One(ctx, `SELECT due_at, remind_at FROM notify_exposure`+ofExposure, []any{organisation, print[:]}, &d, &r)
	return d.Time, r.Time, err
}

// linksOf returns the latest links to suppliers that an exposure is in: those for which it was chosen,
// and those for all of a notification that it is in.
func linksOf(ctx context.Context, tx *db.Tx, organisation db.ID, print Fingerprint, limit int) (list []PassedOn, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var p PassedOn
		var notification db.ID
		var made, expires, revoked db.Time
		err := scan(&p.hash, &notification, &p.Account, &p.To, &made, &expires, &revoked)
		p.Hash, p.FromMail, p.Made, p.Expires, p.RevokedAt = hashText(p.hash), !notification.IsZero(), made.Time, expires.Time, revoked.Time
		list = append(list, p)
		return err
	}, `SELECT l.token_hash, l.notification_id, l.account_id, l.label, l.created_at, l.expires_at, l.revoked_at
		FROM notify_link l WHERE l.organisation_id = ?1 AND l.holder = 'supplier' AND l.token_hash IN (
			SELECT c.token_hash FROM notify_link_item c WHERE c.fingerprint = ?2
			UNION ALL
			SELECT m.token_hash FROM notify_item i JOIN notify_link m ON m.notification_id = i.notification_id
			WHERE i.organisation_id = ?1 AND i.fingerprint = ?2 AND NOT EXISTS (SELECT 1 FROM notify_link_item c WHERE c.token_hash = m.token_hash))
		ORDER BY l.created_at DESC, l.token_hash LIMIT ?3`, organisation, print[:], limit)
	return list, err
}

// manyLinks tells whether one of the exposures is in so many open links for which it was chosen.
func manyLinks(ctx context.Context, tx *db.Tx, organisation db.ID, about []Fingerprint, now time.Time, most int) (bool, error) {
	for part := range slices.Chunk(about, 200) {
		list, args := placesOf(part, organisation, db.At(now), most)
		var n int
		err := tx.One(ctx, `SELECT count(*) FROM (SELECT c.fingerprint FROM notify_link_item c JOIN notify_link l ON l.token_hash = c.token_hash
			WHERE c.fingerprint IN (`+list+`) AND l.organisation_id = ?1 AND l.revoked_at IS NULL AND l.expires_at > ?2
			GROUP BY c.fingerprint HAVING count(*) >= ?3) AS full_ones`, args, &n)
		if err != nil || n > 0 {
			return n > 0, err
		}
	}
	return false, nil
}

func linkPrints(ctx context.Context, tx *db.Tx, hash []byte) (list []Fingerprint, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var b []byte
		var f Fingerprint
		err := scan(&b)
		copy(f[:], b)
		list = append(list, f)
		return err
	}, `SELECT fingerprint FROM notify_link_item WHERE token_hash = ?1`, hash)
	return list, err
}

// latestByLink returns the latest answer that came by a link; nil when none did.
func latestByLink(ctx context.Context, tx *db.Tx, hash []byte) (*Said, error) {
	var s Said
	var holder, answer string
	var at db.Time
	err := tx.One(ctx, `SELECT holder, answer, exposures, given_at FROM notify_feedback WHERE link_hash = ?1 ORDER BY given_at DESC, id DESC LIMIT 1`,
		[]any{hash}, &holder, &answer, &s.Exposures, &at)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	s.Holder, s.Answer, s.At = Holder(holder), Answer(answer), at.Time
	return &s, err
}

func revokeLink(ctx context.Context, tx *db.Tx, hash []byte, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE notify_link SET revoked_at = ?2 WHERE token_hash = ?1 AND revoked_at IS NULL`, hash, db.At(now))
	return err
}

// deleteLinks removes suppliers' links without a notification whose time was over long ago.
func deleteLinks(ctx context.Context, tx *db.Tx, before int64, limit int) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM notify_link WHERE token_hash IN (SELECT token_hash FROM notify_link
		WHERE notification_id IS NULL AND expires_at < ?1 ORDER BY expires_at LIMIT ?2)`, before, limit)
}

func forgetPerson(ctx context.Context, tx *db.Tx, account db.ID) error {
	for _, q := range []string{
		`UPDATE notify_feedback SET account_id = NULL WHERE account_id = ?1`,
		`UPDATE notify_comment SET account_id = NULL WHERE account_id = ?1`,
		`UPDATE notify_step SET account_id = NULL WHERE account_id = ?1`,
		`UPDATE notify_link SET account_id = NULL WHERE account_id = ?1`,
		`UPDATE notify_exposure SET assignee = NULL WHERE assignee = ?1`,
		`DELETE FROM notify_view WHERE account_id = ?1`,
	} {
		if _, err := tx.Exec(ctx, q, account); err != nil {
			return err
		}
	}
	return nil
}
