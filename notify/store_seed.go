package notify

import (
	"context"

	"polder/internal/db"
)

// seedReports writes reports that are made up, and some lines that were rejected.
func seedReports(ctx context.Context, tx *db.Tx, rows, rejected [][]any) error {
	if err := tx.Bulk(ctx, "notify_report", []string{"id", "seq", "series_id", "source_key", "type", "format", "name", "mapping", "sha256", "size", "tlp", "licence",
		"received_at", "state", "problem", "last_line", "rows_read", "rejected", "matched", "unmatched", "exposures_new", "exposures_again", "exposures_reopened",
		"observed_last", "day", "fresh", "completed_at", "raw_deleted_at", "register_version"}, rows); err != nil {
		return err
	}
	return tx.Bulk(ctx, "notify_rejected", []string{"report_id", "line", "reason", "raw"}, rejected)
}

// flush writes what the seeder holds.
func (s *seeder) flush(ctx context.Context, tx *db.Tx) error {
	for _, t := range []struct {
		table   string
		columns []string
		rows    *[][]any
	}{
		{"notify_exposure", []string{"organisation_id", "fingerprint", "type", "class", "severity", "address", "port", "name", "vulnerability", "role", "reasons", "evidence",
			"series_id", "first_seen", "last_seen", "count", "first_report", "last_report", "state", "state_at", "reopens_after", "confirmed", "told_at", "remind_at", "reminders", "due_at"}, &s.exposures},
		{"notify_exposure_asset", []string{"organisation_id", "asset_id", "fingerprint"}, &s.assets},
		{"notify_notification", []string{"id", "reference", "organisation_id", "kind", "severity", "classes", "language", "subject", "body_text", "body_html", "exposures",
			"register_version", "created_at"}, &s.notifications},
		{"notify_item", []string{"notification_id", "organisation_id", "fingerprint"}, &s.items},
		{"notify_delivery", []string{"id", "notification_id", "recipient", "message_id", "state", "attempts", "next_at", "sent_at", "reply"}, &s.deliveries},
		{"notify_feedback", []string{"id", "notification_id", "organisation_id", "holder", "account_id", "token_id", "behalf", "answer", "note", "exposures", "given_at"}, &s.feedback},
		{"notify_feedback_item", []string{"organisation_id", "fingerprint", "feedback_id"}, &s.feedbackItems},
	} {
		if err := tx.Bulk(ctx, t.table, t.columns, *t.rows); err != nil {
			return err
		}
		*t.rows = (*t.rows)[:0]
	}
	return nil
}

// seeded closes a seed: the answers are counted, and PostgreSQL is told how much there is.
func seeded(ctx context.Context, tx *db.Tx, tally map[[2]string]int64) error {
	for k, n := range tally {
		if _, err := tx.Exec(ctx, `INSERT INTO notify_tally (source_key, type, answer, count) VALUES ('shadowserver', ?1, ?2, ?3)
			ON CONFLICT (source_key, type, answer) DO UPDATE SET count = notify_tally.count + excluded.count`, k[0], k[1], n); err != nil {
			return err
		}
	}
	// From this the days of the last weeks are noted, as for everybody.
	if _, err := tx.Exec(ctx, `INSERT INTO notify_touched (organisation_id, touched_at) SELECT organisation_id, max(state_at) FROM notify_exposure WHERE true GROUP BY organisation_id
		ON CONFLICT (organisation_id) DO NOTHING`); err != nil {
		return err
	}
	for _, t := range []string{"notify_report", "notify_exposure", "notify_exposure_asset", "notify_notification", "notify_item", "notify_delivery", "notify_feedback", "notify_feedback_item"} {
		if err := tx.Analyze(ctx, t); err != nil {
			return err
		}
	}
	return nil
}
