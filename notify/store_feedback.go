package notify

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"polder/internal/db"
	"polder/notify/feeds"
)

func insertLink(ctx context.Context, tx *db.Tx, l link) error {
	_, err := tx.Exec(ctx, `INSERT INTO notify_link (token_hash, notification_id, organisation_id, holder, created_at, expires_at, account_id, label)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)`, l.hash, l.notification, l.organisation, string(l.holder), db.At(l.created), db.At(l.expires), l.account, l.label)
	return err
}

func linkByHash(ctx context.Context, tx *db.Tx, hash []byte) (l link, err error) {
	var holder string
	var created, expires, revoked db.Time
	err = tx.One(ctx, `SELECT notification_id, organisation_id, holder, created_at, expires_at, revoked_at, account_id FROM notify_link WHERE token_hash = ?1`,
		[]any{hash}, &l.notification, &l.organisation, &holder, &created, &expires, &revoked, &l.account)
	l.hash, l.holder, l.created, l.expires, l.revoked = hash, Holder(holder), created.Time, expires.Time, revoked.Time
	return l, err
}

func revokeSupplierLinks(ctx context.Context, tx *db.Tx, notification db.ID, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE notify_link SET revoked_at = ?2 WHERE notification_id = ?1 AND holder = 'supplier' AND revoked_at IS NULL`,
		notification, db.At(now))
	return err
}

// revokeLinks withdraws every link of a notification that still works, and returns how many.
func revokeLinks(ctx context.Context, tx *db.Tx, notification db.ID, now time.Time) (int64, error) {
	return tx.Exec(ctx, `UPDATE notify_link SET revoked_at = ?2 WHERE notification_id = ?1 AND revoked_at IS NULL AND expires_at > ?2`,
		notification, db.At(now))
}

func openSupplierLink(ctx context.Context, tx *db.Tx, notification db.ID, now time.Time) (*SupplierLink, error) {
	var created, expires db.Time
	err := tx.One(ctx, `SELECT created_at, expires_at FROM notify_link WHERE notification_id = ?1 AND holder = 'supplier'
		AND revoked_at IS NULL AND expires_at > ?2 ORDER BY created_at DESC LIMIT 1`, []any{notification, db.At(now)}, &created, &expires)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	return &SupplierLink{CreatedAt: created.Time, Expires: expires.Time}, err
}

// isItem keeps to what a link (?1 its notification, ?2 its organisation, ?3 its hash) is about: the
// items of the notification, or those of them that were chosen for the link.
const isItem = `WHERE e.organisation_id = ?2 AND e.fingerprint IN (SELECT i.fingerprint FROM notify_item i WHERE i.notification_id = ?1 AND i.organisation_id = ?2)
	AND (NOT EXISTS (SELECT 1 FROM notify_link_item c WHERE c.token_hash = ?3)
		OR e.fingerprint IN (SELECT c.fingerprint FROM notify_link_item c WHERE c.token_hash = ?3))`

// isChosen is isItem for a link without a notification.
const isChosen = `WHERE e.organisation_id = ?2 AND CAST(?1 AS BYTEA) IS NULL AND e.fingerprint IN (SELECT c.fingerprint FROM notify_link_item c WHERE c.token_hash = ?3)`

func (k link) items() string {
	if k.notification.IsZero() {
		return isChosen
	}
	return isItem
}

func insertLinkItems(ctx context.Context, tx *db.Tx, hash []byte, about []Exposure) error {
	rows := make([][]any, len(about))
	for i := range about {
		rows[i] = []any{hash, about[i].Fingerprint[:]}
	}
	return tx.Bulk(ctx, "notify_link_item", []string{"token_hash", "fingerprint"}, rows)
}

// saidAlready tells whether the same was said since the moment given: a button that was pressed twice.
// By a link that is the same answer of its holder about as many exposures in the same words; of a
// person or program, about the same exposures. Who asks for help in other words, as when the number to
// call was forgotten, is heard, but not for ever: often tells when it is enough.
func saidAlready(ctx context.Context, tx *db.Tx, who respondent, f Feedback, about []Exposure, since time.Time) (twice, often bool, err error) {
	var all, same int
	switch {
	case who.link != nil && who.notification.IsZero():
		err = tx.One(ctx, `SELECT count(*), CAST(COALESCE(sum(CASE WHEN exposures = ?4 AND note = ?5 THEN 1 ELSE 0 END), 0) AS BIGINT) FROM notify_feedback
			WHERE link_hash = ?1 AND answer = ?2 AND given_at > ?3`, []any{who.link, string(f.Answer), db.At(since), len(about), f.Note}, &all, &same)
		return same > 0, all >= mostHelp, err
	case !who.notification.IsZero():
		err = tx.One(ctx, `SELECT count(*), CAST(COALESCE(sum(CASE WHEN exposures = ?5 AND note = ?6 THEN 1 ELSE 0 END), 0) AS BIGINT) FROM notify_feedback
			WHERE notification_id = ?1 AND holder = ?2 AND answer = ?3 AND given_at > ?4`,
			[]any{who.notification, string(who.holder), string(f.Answer), db.At(since), len(about), f.Note}, &all, &same)
		return same > 0, all >= mostHelp, err
	}
	var alike []db.ID
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var id db.ID
		var words string
		var exposures int
		err := scan(&id, &words, &exposures)
		if all++; words == f.Note && exposures == len(about) {
			alike = append(alike, id)
		}
		return err
	}, `SELECT id, note, exposures FROM notify_feedback WHERE organisation_id = ?1 AND given_at > ?2 AND answer = ?3 AND notification_id IS NULL
		AND (account_id = ?4 OR token_id = ?5)`, who.organisation, db.At(since), string(f.Answer), who.account, who.token)
	if err != nil {
		return false, false, err
	}
	for _, id := range alike {
		list, args := placesOf(prints(about), id)
		if err := tx.One(ctx, `SELECT count(*) FROM notify_feedback_item WHERE feedback_id = ?1 AND fingerprint IN (`+list+`)`, args, &same); err != nil {
			return false, false, err
		}
		twice = twice || same == len(about)
	}
	return twice, all >= mostHelp, nil
}

// kindsOfItems counts what a notification is about, as far as it is still kept.
func kindsOfItems(ctx context.Context, tx *db.Tx, k link) (list []Kind, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var kind Kind
		var severity int64
		err := scan(&kind.Type, &kind.Class, &severity, &kind.Exposures)
		kind.Severity = feeds.Severity(severity)
		list = append(list, kind)
		return err
	}, `SELECT e.type, e.class, max(e.severity), count(*) FROM notify_exposure AS e `+k.items()+`
		GROUP BY e.type, e.class ORDER BY max(e.severity) DESC, e.type, e.class`, k.notification, k.organisation, k.hash)
	return list, err
}

// lastSaid returns the latest answer of each holder about a notification, or by a link that has none.
func lastSaid(ctx context.Context, tx *db.Tx, k link) (list []Said, err error) {
	if k.notification.IsZero() {
		l, err := latestByLink(ctx, tx, k.hash)
		if l != nil {
			list = append(list, *l)
		}
		return list, err
	}
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var s Said
		var at db.Time
		err := scan(&s.Holder, &s.Answer, &s.Exposures, &at)
		s.At = at.Time
		list = append(list, s)
		return err
	}, `SELECT f.holder, f.answer, f.exposures, f.given_at FROM notify_feedback AS f WHERE f.notification_id = ?1 AND NOT EXISTS (
		SELECT 1 FROM notify_feedback l WHERE l.notification_id = f.notification_id AND l.holder = f.holder AND (l.given_at, l.id) > (f.given_at, f.id))
		ORDER BY f.holder`, k.notification)
	return list, err
}

func pageOfItems(ctx context.Context, tx *db.Tx, k link, offset, limit int, fn func(Exposure) error) error {
	return eachExposure(ctx, tx, fn, `AS e `+k.items()+` ORDER BY e.severity DESC, e.type, e.address, e.name, e.port, e.vulnerability, e.fingerprint LIMIT ?4 OFFSET ?5`,
		k.notification, k.organisation, k.hash, limit, offset)
}

// chooseItems returns those of the chosen exposures that are the notification's; all of them when
// none is chosen.
func chooseItems(ctx context.Context, tx *db.Tx, k link, chosen []Fingerprint) (list []Exposure, err error) {
	err = eachExposure(ctx, tx, func(e Exposure) error {
		if len(chosen) == 0 || slices.Contains(chosen, e.Fingerprint) {
			list = append(list, e)
		}
		return nil
	}, `AS e `+k.items(), k.notification, k.organisation, k.hash)
	return list, err
}

// moveExposures moves the exposures that may be moved so, by the table of moves, and returns how
// many. What was solved by somebody's word is not yet confirmed, and opens again when it is seen
// after this moment.
func moveExposures(ctx context.Context, tx *db.Tx, organisation db.ID, about []Exposure, to State, by Cause, now time.Time) (moved int64, err error) {
	allowed := from(to, by)
	for part := range slices.Chunk(about, 200) {
		args := []any{organisation, string(to), db.At(now)}
		list := ""
		for i, e := range part {
			if i > 0 {
				list += ", "
			}
			args = append(args, e.Fingerprint[:])
			list += "?" + itoa(len(args))
		}
		n, err := tx.Exec(ctx, `UPDATE notify_exposure SET state = ?2, state_at = ?3, reopens_after = ?3, confirmed = 0, due_at = NULL
			WHERE organisation_id = ?1 AND state IN (`+quoteStates(allowed)+`) AND fingerprint IN (`+list+`)`, args...)
		if err != nil {
			return moved, err
		}
		moved += n
	}
	if moved == 0 {
		return 0, nil
	}
	return moved, touch(ctx, tx, db.Micros(now), organisation)
}

func insertFeedback(ctx context.Context, tx *db.Tx, id db.ID, who respondent, f Feedback, about []Exposure, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO notify_feedback (id, notification_id, organisation_id, holder, account_id, token_id, behalf, answer, note, exposures, given_at, link_hash)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)`, id, who.notification, who.organisation, string(who.holder), who.account, who.token,
		who.behalf, string(f.Answer), f.Note, len(about), db.At(now), who.link)
	if err != nil {
		return err
	}
	rows := make([][]any, len(about))
	for i := range about {
		rows[i] = []any{who.organisation[:], about[i].Fingerprint[:], id[:]}
	}
	return tx.Bulk(ctx, "notify_feedback_item", []string{"organisation_id", "fingerprint", "feedback_id"}, rows)
}

// tally counts an answer by the source and type of each exposure that it is about.
func tally(ctx context.Context, tx *db.Tx, organisation db.ID, about []Exposure, a Answer) error {
	type key struct {
		series int64
		kind   string
	}
	counts := map[key]int64{}
	for _, e := range about {
		counts[key{e.Series, e.Type}]++
	}
	for k, n := range counts {
		_, err := tx.Exec(ctx, `INSERT INTO notify_tally (source_key, type, answer, count)
			SELECT source_key, ?2, ?3, ?4 FROM notify_series WHERE id = ?1
			ON CONFLICT (source_key, type, answer) DO UPDATE SET count = notify_tally.count + excluded.count`, k.series, k.kind, string(a), n)
		if err != nil {
			return err
		}
	}
	return nil
}

func preferencesOf(ctx context.Context, tx *db.Tx, organisation db.ID) (map[feeds.Severity]Cadence, error) {
	m := map[feeds.Severity]Cadence{}
	err := tx.Each(ctx, func(scan func(...any) error) error {
		var s int64
		var c string
		err := scan(&s, &c)
		m[feeds.Severity(s)] = Cadence(c)
		return err
	}, `SELECT severity, cadence FROM notify_preference WHERE organisation_id = ?1`, organisation)
	return m, err
}

// reschedule gives a new moment to the messages that wait to be sent, or none when it is zero.
func reschedule(ctx context.Context, tx *db.Tx, organisation db.ID, s feeds.Severity, at time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE notify_exposure SET due_at = ?3 WHERE organisation_id = ?1 AND severity = ?2
		AND state IN ('new', 'reopened') AND due_at IS NOT NULL`, organisation, int64(s), db.At(at))
	return err
}

func itoa(n int) string { return strconv.Itoa(n) }
