package notify

import (
	"context"
	"slices"

	"polder/internal/db"
)

func arrivals(ctx context.Context, tx *db.Tx, source string, day int64) (list []Arrival, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var a Arrival
		var at db.Time
		err := scan(&at, &a.Rows)
		a.At = at.Time
		list = append(list, a)
		return err
	}, `SELECT r.received_at, r.rows_read FROM notify_series s JOIN notify_report r ON r.series_id = s.id AND r.day >= ?2
		WHERE s.source_key = ?1 AND r.state = 'complete' ORDER BY r.received_at DESC LIMIT 20000`, source, day)
	slices.Reverse(list)
	return list, err
}

func sourcesKnown(ctx context.Context, tx *db.Tx) (list []Source, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var s Source
		err := scan(&s.Key, &s.Name, &s.TLP, &s.Licence)
		list = append(list, s)
		return err
	}, `SELECT key, name, tlp, licence FROM notify_source ORDER BY key LIMIT 1000`)
	return list, err
}
