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

// The tables of a seed.
const (
	seedExposures = iota
	seedAssets
	seedNotifications
	seedItems
	seedDeliveries
	seedFeedback
	seedFeedbackItems
	seedTouched
)

// seedColumns are the tables of a seed, in the order of the constants, and what of them it writes.
var seedColumns = [...]struct {
	table   string
	columns []string
}{
	{"notify_exposure", []string{"organisation_id", "fingerprint", "type", "class", "severity", "address", "port", "name", "vulnerability", "role", "reasons", "evidence",
		"series_id", "first_seen", "last_seen", "count", "first_report", "last_report", "state", "state_at", "reopens_after", "confirmed", "told_at", "remind_at", "reminders", "due_at"}},
	{"notify_exposure_asset", []string{"organisation_id", "asset_id", "fingerprint"}},
	{"notify_notification", []string{"id", "reference", "organisation_id", "kind", "severity", "classes", "language", "subject", "body_text", "body_html", "exposures",
		"register_version", "created_at"}},
	{"notify_item", []string{"notification_id", "organisation_id", "fingerprint"}},
	{"notify_delivery", []string{"id", "notification_id", "recipient", "message_id", "state", "attempts", "next_at", "sent_at", "reply"}},
	{"notify_feedback", []string{"id", "notification_id", "organisation_id", "holder", "account_id", "token_id", "behalf", "answer", "note", "exposures", "given_at"}},
	{"notify_feedback_item", []string{"organisation_id", "fingerprint", "feedback_id"}},
	{"notify_touched", []string{"organisation_id", "touched_at"}}, // from this the days of the last weeks are noted, as for everybody
}

func seedTables() (list []string) {
	for _, t := range seedColumns {
		list = append(list, t.table)
	}
	return list
}

// seedBatch are rows that are written together.
type seedBatch [len(seedColumns)][][]any

func (b seedBatch) write(ctx context.Context, tx *db.Tx) error {
	for i, t := range seedColumns {
		if err := tx.Bulk(ctx, t.table, t.columns, b[i]); err != nil {
			return err
		}
	}
	return nil
}

// seeded closes a seed: answers, and what triggers would have counted.
func seeded(ctx context.Context, tx *db.Tx, s *seeder) error {
	for k, n := range s.tally {
		if _, err := tx.Exec(ctx, `INSERT INTO notify_tally (source_key, type, answer, count) VALUES ('shadowserver', ?1, ?2, ?3)
			ON CONFLICT (source_key, type, answer) DO UPDATE SET count = notify_tally.count + excluded.count`, k[0], k[1], n); err != nil {
			return err
		}
	}
	var days, times [][]any
	for k, n := range s.days {
		days = append(days, []any{k.day, "shadowserver", s.series[k.series].info.Name, int64(k.severity), n[0], n[1], n[2], n[3], n[4], n[5], n[6]})
	}
	for k, n := range s.solved {
		times = append(times, []any{k[0], "shadowserver", s.series[k[1]].info.Name, k[2], n})
	}
	if err := tx.Bulk(ctx, "notify_day", []string{"day", "source_key", "type", "severity", "seen", "told", "acknowledged", "solved", "false_positive", "not_ours", "expired"}, days); err != nil {
		return err
	}
	if err := tx.Bulk(ctx, "notify_solve_time", []string{"day", "source_key", "type", "bucket", "count"}, times); err != nil {
		return err
	}
	for _, t := range []string{"notify_report", "notify_day", "notify_solve_time"} {
		if err := tx.Analyze(ctx, t); err != nil {
			return err
		}
	}
	return nil
}
