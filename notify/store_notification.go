package notify

import (
	"context"
	"encoding/binary"
	"strings"
	"time"

	"polder/internal/db"
)

// notBeingRead leaves out exposures of reports that are being read at this moment, or whose reading
// was cut short in the last hour and goes on: one report gives one mail. ?4 is hourAgo.
const notBeingRead = ` AND last_report NOT IN (SELECT seq FROM notify_report WHERE state = 'reading' AND id > ?4)`

// idAt is the smallest id of a moment: ids begin with it.
func idAt(t time.Time) (id db.ID) {
	binary.BigEndian.PutUint64(id[:], uint64(t.UnixMilli())<<16)
	return id
}

func hourAgo(now time.Time) db.ID { return idAt(now.Add(-time.Hour)) }

// organisationsDue returns every organisation that something is due for at the moment given.
func organisationsDue(ctx context.Context, tx *db.Tx, until int64, now time.Time) (list []db.ID, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var id db.ID
		err := scan(&id)
		list = append(list, id)
		return err
	}, `SELECT DISTINCT organisation_id FROM (SELECT organisation_id FROM notify_exposure WHERE due_at <= ?1`+
		strings.ReplaceAll(notBeingRead, "?4", "?2")+notHeld+` ORDER BY due_at) AS d`, until, hourAgo(now)) // by the index of what is due, not by the primary key
	return list, err
}

// takeItems makes what is due the items of a notification: solved and confirmed ones for a closing
// message, those that need doing for any other.
func takeItems(ctx context.Context, tx *db.Tx, notification, organisation db.ID, until int64, now time.Time, closing bool) (int64, error) {
	which := `state IN ('new', 'reopened', 'open', 'acknowledged')`
	if closing {
		which = `state = 'solved' AND confirmed = 1`
	}
	return tx.Exec(ctx, `INSERT INTO notify_item (notification_id, organisation_id, fingerprint)
		SELECT ?1, organisation_id, fingerprint FROM notify_exposure WHERE organisation_id = ?2 AND due_at <= ?3`+notBeingRead+notHeld+` AND `+which,
		notification[:], organisation[:], until, hourAgo(now))
}

func eachItem(ctx context.Context, tx *db.Tx, notification db.ID, fn func(Exposure) error) error {
	return eachExposure(ctx, tx, fn, `AS e WHERE EXISTS (SELECT 1 FROM notify_item i WHERE i.notification_id = ?1
		AND i.organisation_id = e.organisation_id AND i.fingerprint = e.fingerprint)
		AND e.organisation_id = (SELECT organisation_id FROM notify_item WHERE notification_id = ?1 LIMIT 1)
		ORDER BY severity DESC, type, address, name, port, vulnerability`, notification[:])
}

// letGo takes exposures that are no longer their organisation's out of a notification and expires
// them. What nobody was told of is forgotten: should the asset come back, the reports are looked at
// again for it.
func letGo(ctx context.Context, tx *db.Tx, notification db.ID, gone []Exposure, now int64) error {
	for _, e := range gone {
		if err := touch(ctx, tx, now, e.Organisation); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM notify_item WHERE notification_id = ?1 AND fingerprint = ?2`, notification[:], e.Fingerprint[:]); err != nil {
			return err
		}
		if e.ToldAt.IsZero() {
			deleted, err := tx.Exec(ctx, `DELETE FROM notify_exposure WHERE organisation_id = ?1 AND fingerprint = ?2 AND told_at IS NULL`,
				e.Organisation[:], e.Fingerprint[:])
			if err != nil {
				return err
			}
			if deleted > 0 {
				if err := dropAssets(ctx, tx, pairsOf(rowKey{e.Organisation, e.Fingerprint}, e.assets())); err != nil {
					return err
				}
			}
			continue
		}
		if _, err := tx.Exec(ctx, `UPDATE notify_exposure SET due_at = NULL WHERE organisation_id = ?1 AND fingerprint = ?2`,
			e.Organisation[:], e.Fingerprint[:]); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE notify_exposure SET state = 'expired', state_at = ?3, reopens_after = last_seen, due_at = NULL, remind_at = NULL
			WHERE organisation_id = ?1 AND fingerprint = ?2 AND state IN (`+quoteStates(from(StateExpired, ByRegister))+`)`,
			e.Organisation[:], e.Fingerprint[:], now); err != nil {
			return err
		}
	}
	return nil
}

// markTold moves the exposures of a notification on: told, and when to remind if they are seen again.
func markTold(ctx context.Context, tx *db.Tx, notification, organisation db.ID, now time.Time, closing bool) error {
	const items = `(organisation_id, fingerprint) IN (SELECT organisation_id, fingerprint FROM notify_item WHERE notification_id = ?1)`
	if closing {
		_, err := tx.Exec(ctx, `UPDATE notify_exposure SET due_at = NULL WHERE `+items, notification[:])
		return err
	}
	var when strings.Builder
	args := []any{notification[:], db.Micros(now), mostReminders}
	for s, after := range reminderAfter {
		args = append(args, int64(s), db.Micros(now.Add(after)))
		when.WriteString(` WHEN severity = ?` + itoa(len(args)-1) + ` THEN CAST(?` + itoa(len(args)) + ` AS BIGINT)`)
	}
	_, err := tx.Exec(ctx, `UPDATE notify_exposure SET
		state = CASE WHEN state IN (`+quoteStates(from(StateOpen, ByNotification))+`) THEN 'open' ELSE state END,
		state_at = CASE WHEN state IN (`+quoteStates(from(StateOpen, ByNotification))+`) THEN ?2 ELSE state_at END,
		reminders = CASE WHEN state IN ('open', 'acknowledged') THEN reminders + 1 ELSE reminders END,
		remind_at = CASE WHEN state IN ('open', 'acknowledged') AND reminders + 1 >= ?3 THEN NULL`+when.String()+` ELSE NULL END,
		told_at = ?2, due_at = NULL WHERE `+items, args...)
	if err != nil {
		return err
	}
	return touch(ctx, tx, db.Micros(now), organisation)
}

func postpone(ctx context.Context, tx *db.Tx, organisation db.ID, until, to int64) error {
	_, err := tx.Exec(ctx, `UPDATE notify_exposure SET due_at = ?3 WHERE organisation_id = ?1 AND due_at <= ?2`, organisation[:], until, to)
	return err
}

func insertNotification(ctx context.Context, tx *db.Tx, n *Notification) error {
	_, err := tx.Exec(ctx, `INSERT INTO notify_notification (id, reference, organisation_id, kind, severity, classes, language, subject,
		body_text, body_html, exposures, register_version, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)`,
		n.ID, n.Reference, n.Organisation, n.Kind, n.Severity, strings.Join(n.Classes, ","), n.Language, n.Subject, n.Text, n.HTML, n.Exposures, n.Register, db.At(n.CreatedAt))
	return err
}

func insertDelivery(ctx context.Context, tx *db.Tx, id, notification db.ID, recipient, messageID string, at time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO notify_delivery (id, notification_id, recipient, message_id, state, attempts, next_at, reply)
		VALUES (?1, ?2, ?3, ?4, 'queued', 0, ?5, '')`, id, notification, recipient, messageID, db.At(at))
	return err
}

func reportNames(ctx context.Context, tx *db.Tx, seqs []int64, into map[int64]reportName) error {
	for _, seq := range seqs {
		var r reportName
		var mapping string
		err := tx.One(ctx, `SELECT r.source_key, s.name, r.name, r.format, r.type, r.mapping FROM notify_report r JOIN notify_source s ON s.key = r.source_key WHERE r.seq = ?1`,
			[]any{seq}, &r.source, &r.sourceName, &r.name, &r.format, &r.kind, &mapping)
		if err != nil {
			return err
		}
		r.regular = absence{mapping: mapping}.regular()
		into[seq] = r
	}
	return nil
}

// dueDelivery is a delivery whose turn it is, with all that its mail is made from.
type dueDelivery struct {
	id, notification, organisation      db.ID
	recipient, messageID                string
	replyTo                             string // of a mail to the desk: who asks
	attempts                            int
	kind, subject, text, html, language string
	reference                           string
	severity, register                  int64
	created                             time.Time
	mailbox                             db.ID  // of a copy: whose it is; zero for the message itself
	behalf                              string // of a copy: the holder of a mandate
}

func deliveriesDue(ctx context.Context, tx *db.Tx, now int64, limit int, deskOnly bool) (list []*dueDelivery, err error) {
	which := ""
	if deskOnly {
		which = ` AND n.kind = 'desk'`
	}
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var d dueDelivery
		var created db.Time
		err := scan(&d.id, &d.notification, &d.organisation, &d.recipient, &d.messageID, &d.attempts, &d.kind, &d.subject, &d.text, &d.html,
			&d.language, &d.reference, &d.severity, &d.register, &created, &d.mailbox, &d.behalf)
		d.created = created.Time
		list = append(list, &d)
		return err
	}, `SELECT d.id, d.notification_id, n.organisation_id, d.recipient, d.message_id, d.attempts, n.kind,
		COALESCE(c.subject, n.subject), COALESCE(c.body_text, n.body_text), COALESCE(c.body_html, n.body_html), COALESCE(c.language, n.language),
		n.reference, n.severity, n.register_version, n.created_at, c.mailbox_id, COALESCE(c.behalf, '')
		FROM notify_delivery d JOIN notify_notification n ON n.id = d.notification_id LEFT JOIN notify_copy c ON c.delivery_id = d.id
		WHERE d.next_at <= ?1`+which+` ORDER BY d.next_at LIMIT ?2`, now, limit)
	return list, err
}

func recordDelivery(ctx context.Context, tx *db.Tx, id db.ID, state Delivery, attempts int, next, sent time.Time, reply string) error {
	_, err := tx.Exec(ctx, `UPDATE notify_delivery SET state = ?2, attempts = ?3, next_at = ?4, sent_at = ?5, reply = ?6
		WHERE id = ?1 AND state IN (`+quoteDeliveries(deliveriesBefore(state))+`)`,
		id, string(state), attempts, db.At(next), db.At(sent), reply)
	return err
}

func eachNotification(ctx context.Context, tx *db.Tx, fn func(Sent) error, where string, args ...any) error {
	return tx.Each(ctx, func(scan func(...any) error) error {
		var s Sent
		var created, sent, next db.Time
		var classes string
		err := scan(&s.ID, &s.Reference, &s.Organisation, &s.Kind, &s.Severity, &classes, &s.Language, &s.Subject, &s.Exposures, &created,
			&s.delivery, &s.Recipient, &s.MessageID, &s.State, &s.Attempts, &sent, &next, &s.Reply)
		if err != nil {
			return err
		}
		s.Classes = strings.Split(classes, ",")
		s.CreatedAt, s.SentAt, s.NextAt = created.Time, sent.Time, next.Time
		return fn(s)
	}, `SELECT n.id, n.reference, n.organisation_id, n.kind, n.severity, n.classes, n.language, n.subject, n.exposures, n.created_at,
		d.id, d.recipient, d.message_id, d.state, d.attempts, d.sent_at, d.next_at, d.reply
		FROM notify_notification n JOIN notify_delivery d ON d.notification_id = n.id `+where, args...)
}
