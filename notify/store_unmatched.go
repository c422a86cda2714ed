package notify

import (
	"context"
	"time"

	"polder/internal/db"
)

func countUnmatched(ctx context.Context, tx *db.Tx, since time.Time) (list []Unmatched, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var u Unmatched
		err := scan(&u.Source, &u.SourceName, &u.Type, &u.Reports, &u.Findings)
		list = append(list, u)
		return err
	}, `SELECT r.source_key, s.name, r.type, count(*), CAST(sum(r.unmatched) AS BIGINT) FROM notify_report r JOIN notify_source s ON s.key = r.source_key
		WHERE r.received_at >= ?1 AND r.raw_deleted_at IS NULL AND r.unmatched > 0 AND r.tlp <> 'RED' AND r.state <> 'reading'
		GROUP BY r.source_key, s.name, r.type ORDER BY 5 DESC, 1, 3 LIMIT 200`, db.At(since))
	return list, err
}
