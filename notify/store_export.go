package notify

import (
	"context"

	"polder/internal/db"
)

func eachWarningWhole(ctx context.Context, tx *db.Tx, organisation db.ID, fn func(exportedWarning) error) error {
	return tx.Each(ctx, func(scan func(...any) error) error {
		var w exportedWarning
		var created, sent db.Time
		if err := scan(&w.Reference, &w.Kind, &created, &sent, &w.Recipient, &w.State, &w.Subject, &w.Text); err != nil {
			return err
		}
		w.CreatedAt, w.SentAt = created.Time, sent.Time
		return fn(w)
	}, `SELECT n.reference, n.kind, n.created_at, d.sent_at, d.recipient, d.state, n.subject, n.body_text
		FROM notify_notification n JOIN notify_delivery d ON d.notification_id = n.id
		WHERE n.organisation_id = ?1`+toOrganisation+` ORDER BY n.created_at, n.id`, organisation)
}

func eachExposureOf(ctx context.Context, tx *db.Tx, organisation db.ID, fn func(Exposure) error) error {
	return eachExposure(ctx, tx, fn, `WHERE organisation_id = ?1 ORDER BY fingerprint`, organisation)
}

// eachAnswer calls fn with the answers whose column, "organisation_id" or "account_id", is the id.
func eachAnswer(ctx context.Context, tx *db.Tx, column string, id db.ID, fn func(exportedAnswer) error) error {
	return tx.Each(ctx, func(scan func(...any) error) error {
		var a exportedAnswer
		var at db.Time
		if err := scan(&at, &a.By, &a.Answer, &a.Note, &a.Exposures); err != nil {
			return err
		}
		a.At = at.Time
		return fn(a)
	}, `SELECT given_at, holder, answer, note, exposures FROM notify_feedback WHERE `+column+` = ?1 ORDER BY given_at, id`, id)
}

// eachWork calls fn with what was written down whose column, "organisation_id" or "account_id", is the
// id.
func eachWork(ctx context.Context, tx *db.Tx, column string, id db.ID, fn func(exportedWork) error) error {
	own := column == "account_id"
	for _, part := range []struct{ kind, q string }{
		{"comment", `SELECT fingerprint, at, behalf, text, 0, NULL FROM notify_comment WHERE ` + column + ` = ?1 ORDER BY id`},
		{"step", `SELECT fingerprint, at, behalf, '', step, NULL FROM notify_step WHERE ` + column + ` = ?1 ORDER BY at`},
		{"link", `SELECT NULL, created_at, '', label, 0, expires_at FROM notify_link WHERE ` + column + ` = ?1 AND holder = 'supplier' AND notification_id IS NULL ORDER BY created_at`},
		{"plan", `SELECT fingerprint, NULL, '', '', 0, deadline * 86400000000 FROM notify_exposure WHERE ` + map[bool]string{true: `assignee = ?1`, false: `organisation_id = ?1 AND (assignee IS NOT NULL OR deadline IS NOT NULL)`}[own]},
		{"view", `SELECT NULL, at, '', name, 0, NULL FROM notify_view WHERE account_id = ?1 ORDER BY id`},
	} {
		if part.kind == "view" && !own {
			continue
		}
		err := tx.Each(ctx, func(scan func(...any) error) error {
			w := exportedWork{Kind: part.kind}
			var print []byte
			var at, until db.Time
			if err := scan(&print, &at, &w.Behalf, &w.Text, &w.Step, &until); err != nil {
				return err
			}
			w.Exposure, w.At, w.Until = hashText(print), at.Time, until.Time
			return fn(w)
		}, part.q, id)
		if err != nil {
			return err
		}
	}
	return nil
}
