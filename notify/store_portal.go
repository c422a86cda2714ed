package notify

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"polder/internal/db"
	"polder/notify/feeds"
)

// openStates are those in which something is still to be done.
var openStates = []State{StateNew, StateOpen, StateAcknowledged, StateReopened}

// unanswered are those in which nobody said anything yet.
var unanswered = []State{StateNew, StateOpen, StateReopened}

// closedStates are all others.
var closedStates = []State{StateSolved, StateFalsePositive, StateNotOurs, StateExpired}

// placesOf returns a list of parameters for the fingerprints, numbered behind those before.
func placesOf(list []Fingerprint, before ...any) (string, []any) {
	args, places := slices.Clone(before), make([]string, len(list))
	for i := range list {
		args = append(args, list[i][:])
		places[i] = "?" + itoa(len(args))
	}
	return strings.Join(places, ", "), args
}

func prints(list []Exposure) []Fingerprint {
	out := make([]Fingerprint, len(list))
	for i, e := range list {
		out[i] = e.Fingerprint
	}
	return out
}

// conditions are the parts of a WHERE over the exposures of one organisation, with their values. Each
// query reads at most the rows of that organisation.
type conditions struct {
	parts    []string
	args     []any
	counting bool // all is read, to count it
}

// add takes a condition with "?" where its value goes.
func (c *conditions) add(part string, value any) {
	c.args = append(c.args, value)
	c.parts = append(c.parts, strings.ReplaceAll(part, "?", "?"+itoa(len(c.args))))
}

func (c *conditions) String() string { return `WHERE ` + strings.Join(c.parts, ` AND `) }

func within(v sight, organisation db.ID, counting ...bool) *conditions {
	c := &conditions{counting: len(counting) > 0}
	c.add(`organisation_id = ?`, organisation)
	if !v.every {
		c.cover(organisation, v.only, v.few)
	}
	return c
}

func (s Search) conditions(v sight, organisation db.ID, counting ...bool) *conditions {
	c := within(v, organisation, counting...)
	switch s.State {
	case "open":
		c.parts = append(c.parts, `state IN (`+quoteStates(openStates)+`)`)
	case "unanswered":
		c.parts = append(c.parts, `state IN (`+quoteStates(openStates)+`)`, `state IN (`+quoteStates(unanswered)+`)`) // the first leads to the index
	case "closed":
		c.parts = append(c.parts, `state IN (`+quoteStates(closedStates)+`)`)
	}
	switch {
	case s.Asset.IsZero():
	case !v.every && !slices.Contains(v.only, s.Asset): // not the actor's business
		c.parts = append(c.parts, `1 = 0`)
	default:
		c.cover(organisation, []db.ID{s.Asset}, s.few)
	}
	if s.Severity != 0 {
		c.add(`severity = ?`, int64(s.Severity))
	}
	if s.Type != "" {
		c.add(`type = ?`, s.Type)
	}
	if s.Text != "" {
		text := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(s.Text))
		c.add(`(address LIKE ? ESCAPE '\' OR lower(name) LIKE ? ESCAPE '\')`, `%`+text+`%`)
	}
	if !s.Since.IsZero() {
		c.add(`last_seen >= ?`, db.Micros(s.Since))
	}
	if s.Mine {
		c.parts = append(c.parts, `assignee IN (`+idsOf(s.mine[:], &c.args)+`)`)
	}
	if s.Overdue {
		c.add(`deadline < ?`, s.today)
		c.parts = append(c.parts, `state IN (`+quoteStates(openStates)+`)`)
	}
	if s.ByDay {
		c.parts = append(c.parts, `deadline IS NOT NULL`)
	}
	return c
}

// search returns at most limit exposures in the order asked for.
func search(ctx context.Context, tx *db.Tx, v sight, organisation db.ID, s Search, limit int) (list []Exposure, err error) {
	if s.State == "" && !s.ByDay { // by the indexes of both
		for _, s.State = range []string{"open", "closed"} {
			half, err := search(ctx, tx, v, organisation, s, limit)
			if err != nil {
				return nil, err
			}
			list = append(list, half...)
		}
		slices.SortFunc(list, func(a, b Exposure) int {
			if s.BySeen {
				return cmp.Or(b.LastSeen.Compare(a.LastSeen), bytes.Compare(b.Fingerprint[:], a.Fingerprint[:]))
			}
			return cmp.Or(cmp.Compare(b.Severity, a.Severity), b.FirstSeen.Compare(a.FirstSeen), bytes.Compare(b.Fingerprint[:], a.Fingerprint[:]))
		})
		return list[:min(limit, len(list))], nil
	}
	c := s.conditions(v, organisation)
	order := ` ORDER BY severity DESC, first_seen DESC, fingerprint DESC`
	switch {
	case s.BySeen:
		order = ` ORDER BY last_seen DESC, fingerprint DESC`
	case s.ByDay:
		order = ` ORDER BY deadline, fingerprint`
	}
	if m := s.After; m != nil {
		n := len(c.args)
		place := func(i int) string { return `?` + itoa(n+i) }
		switch {
		case s.BySeen:
			c.args = append(c.args, m.At, m.Print[:])
			c.parts = append(c.parts, `(last_seen, fingerprint) < (`+place(1)+`, `+place(2)+`)`)
		case s.ByDay:
			c.args = append(c.args, m.At, m.Print[:])
			c.parts = append(c.parts, `(deadline, fingerprint) > (`+place(1)+`, `+place(2)+`)`)
		default:
			c.args = append(c.args, m.Severity, m.At, m.Print[:])
			c.parts = append(c.parts, `(severity, first_seen, fingerprint) < (`+place(1)+`, `+place(2)+`, `+place(3)+`)`)
		}
	}
	c.args = append(c.args, limit)
	err = eachExposure(ctx, tx, func(e Exposure) error { list = append(list, e); return nil }, c.String()+order+` LIMIT ?`+itoa(len(c.args)), c.args...)
	return list, err
}

// countFound counts what a search finds, up to most.
func countFound(ctx context.Context, tx *db.Tx, v sight, organisation db.ID, s Search, most int) (n int, err error) {
	if s.State == "" && s.Text == "" && s.Type == "" && !s.ByDay && !s.Mine { // by the indexes of both
		for _, s.State = range []string{"open", "closed"} {
			if n < most {
				half, err := countFound(ctx, tx, v, organisation, s, most-n)
				if err != nil {
					return 0, err
				}
				n += half
			}
		}
		return n, nil
	}
	c := s.conditions(v, organisation, true)
	if s.Text != "" && s.Severity == 0 && s.Type == "" && s.State == "" {
		c.parts = append(c.parts, byWhere)
	}
	c.args = append(c.args, most)
	err = tx.One(ctx, `SELECT count(*) FROM (SELECT 1 FROM notify_exposure `+c.String()+` LIMIT ?`+itoa(len(c.args))+`) AS c`, c.args, &n)
	return n, err
}

// byWhere is true of every exposure, and leads both databases to the index that holds addresses and names.
const byWhere = `address >= ''`

// mostOpen is how many open exposures of one organisation are counted.
const mostOpen = 200_000

// countOpen counts what is still to be done by severity, each up to one more than mostCounted.
func countOpen(ctx context.Context, tx *db.Tx, v sight, organisation db.ID) (map[feeds.Severity]int, error) {
	return countBySeverity(ctx, tx, v, organisation, Search{State: "open"})
}

func countBySeverity(ctx context.Context, tx *db.Tx, v sight, organisation db.ID, s Search) (map[feeds.Severity]int, error) {
	found := map[feeds.Severity]int{}
	c := s.conditions(v, organisation, true)
	err := tx.Each(ctx, func(scan func(...any) error) error {
		var severity, n int64
		err := scan(&severity, &n)
		found[feeds.Severity(severity)] = int(min(n, mostCounted+1))
		return err
	}, `SELECT c.severity, count(*) FROM (SELECT severity FROM notify_exposure `+c.String()+` LIMIT `+itoa(mostOpen)+`) AS c GROUP BY c.severity`, c.args...)
	return found, err
}

// mostTypes is how many types a list offers to choose from.
const mostTypes = 200

// mostLooked is of how many exposures the types are looked up for whoever may see a part.
const mostLooked = 2000

// typesOf returns the types of an organisation's exposures in their order, by a step in the index for
// each; of what a mandate covers a part, those of some of it: their fingerprints, in whose order they
// are read, are chance.
func typesOf(ctx context.Context, tx *db.Tx, v sight, organisation db.ID) (list []string, err error) {
	if !v.every && len(v.only) == 0 {
		return nil, nil
	}
	if !v.every {
		args := []any{organisation}
		err = tx.Each(ctx, func(scan func(...any) error) error {
			var s string
			err := scan(&s)
			list = append(list, s)
			return err
		}, `SELECT DISTINCT e.type FROM (SELECT fingerprint FROM notify_exposure_asset WHERE organisation_id = ?1 AND asset_id IN (`+idsOf(v.only[:min(len(v.only), mostChosen)], &args)+`) LIMIT `+itoa(mostLooked)+`) AS a
			CROSS JOIN notify_exposure e WHERE e.organisation_id = ?1 AND e.fingerprint = a.fingerprint ORDER BY e.type LIMIT `+itoa(mostTypes), args...)
		return list, err
	}
	last := ""
	for len(list) < mostTypes {
		err := tx.One(ctx, `SELECT type FROM notify_exposure WHERE organisation_id = ?1 AND type > ?2 ORDER BY type LIMIT 1`, []any{organisation, last}, &last)
		if errors.Is(err, db.ErrNoRows) {
			break
		}
		if err != nil {
			return nil, err
		}
		list = append(list, last)
	}
	return list, nil
}

func exposuresByPrint(ctx context.Context, tx *db.Tx, organisation db.ID, chosen []Fingerprint) (list []Exposure, err error) {
	places, args := placesOf(chosen, organisation)
	err = eachExposure(ctx, tx, func(e Exposure) error { list = append(list, e); return nil },
		`WHERE organisation_id = ?1 AND fingerprint IN (`+places+`)`, args...)
	return list, err
}

// changedExposures returns at most limit exposures of an organisation behind a fingerprint that
// changed since the moment given: they moved, or a report that was finished after it showed them.
func changedExposures(ctx context.Context, tx *db.Tx, v sight, organisation db.ID, s Search, changed time.Time, after []byte, limit int) (list []Exposure, err error) {
	c := s.conditions(v, organisation)
	c.add(`fingerprint > ?`, after)
	if !changed.IsZero() {
		var seq int64
		if err := tx.One(ctx, `SELECT COALESCE(min(seq), 9223372036854775807) FROM notify_report WHERE completed_at >= ?1 OR state = 'reading'`,
			[]any{db.At(changed)}, &seq); err != nil {
			return nil, err
		}
		c.args = append(c.args, seq, db.At(changed))
		c.parts = append(c.parts, `(last_report >= ?`+itoa(len(c.args)-1)+` OR state_at >= ?`+itoa(len(c.args))+`)`)
	}
	c.args = append(c.args, limit)
	err = eachExposure(ctx, tx, func(e Exposure) error { list = append(list, e); return nil },
		c.String()+` ORDER BY fingerprint LIMIT ?`+itoa(len(c.args)), c.args...)
	return list, err
}

func answersAbout(ctx context.Context, tx *db.Tx, organisation db.ID, print Fingerprint, limit int) (list []Answered, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var a Answered
		var at db.Time
		var holder, answer string
		err := scan(&at, &holder, &a.Account, &a.Behalf, &answer, &a.Note)
		a.At, a.Holder, a.Answer = at.Time, Holder(holder), Answer(answer)
		list = append(list, a)
		return err
	}, `SELECT f.given_at, f.holder, f.account_id, f.behalf, f.answer, f.note FROM notify_feedback_item i JOIN notify_feedback f ON f.id = i.feedback_id
		WHERE i.organisation_id = ?1 AND i.fingerprint = ?2 ORDER BY f.given_at DESC, f.id DESC LIMIT ?3`, organisation, print[:], limit)
	return list, err
}

// toOrganisation keeps to messages that went, or are going, to an organisation itself: not those to
// the desk about it, and none that was taken back before it went.
const toOrganisation = ` AND n.kind IN ('warning', 'reminder', 'closing') AND d.state <> 'withdrawn'` + noCopy

func toldAbout(ctx context.Context, tx *db.Tx, organisation db.ID, print Fingerprint, limit int) (list []Sent, err error) {
	err = eachNotification(ctx, tx, func(s Sent) error { list = append(list, s); return nil },
		`WHERE n.organisation_id = ?1 AND n.id IN (SELECT notification_id FROM notify_item WHERE organisation_id = ?1 AND fingerprint = ?2)`+
			toOrganisation+` ORDER BY n.created_at DESC, n.id DESC LIMIT ?3`, organisation, print[:], limit)
	return list, err
}

func warningsOf(ctx context.Context, tx *db.Tx, organisation db.ID, at int64, before db.ID, limit int) (list []Sent, err error) {
	err = eachNotification(ctx, tx, func(s Sent) error { list = append(list, s); return nil },
		`WHERE n.organisation_id = ?1 AND (n.created_at, n.id) < (?2, ?3)`+toOrganisation+` ORDER BY n.created_at DESC, n.id DESC LIMIT ?4`,
		organisation, at, before[:], limit)
	return list, err
}

// warningByID returns a message with its text, by its organisation's id too.
func warningByID(ctx context.Context, tx *db.Tx, organisation, id db.ID) (list []Sent, text string, err error) {
	err = eachNotification(ctx, tx, func(s Sent) error { list = append(list, s); return nil },
		`WHERE n.id = ?2 AND n.organisation_id = ?1`+toOrganisation, organisation, id)
	if err != nil || len(list) == 0 {
		return nil, "", err
	}
	err = tx.One(ctx, `SELECT body_text FROM notify_notification WHERE id = ?1 AND organisation_id = ?2`, []any{id, organisation}, &text)
	return list, text, err
}

// referenceAbout is the number of a notification, or when there is none of the latest message about
// an exposure; "" when there is none of that either.
func referenceAbout(ctx context.Context, tx *db.Tx, notification db.ID, e Exposure) (reference string, err error) {
	if !notification.IsZero() {
		err = notificationByID(ctx, tx, notification, func(s Sent) error { reference = s.Reference; return nil })
		return reference, err
	}
	list, err := toldAbout(ctx, tx, e.Organisation, e.Fingerprint, 1)
	if len(list) > 0 {
		reference = list[0].Reference
	}
	return reference, err
}

// endOfTime is behind every moment.
const endOfTime = int64(1)<<62 - 1
