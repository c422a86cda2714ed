package collect

import (
	"context"
	"slices"
	"time"

	"polder/directory"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/mail"
	"polder/internal/outbox"
	"polder/notify"
)

// Alarm says that what should have come did not.
type Alarm struct {
	ID        db.ID
	Key       string    // of the source, whichever way it delivers
	Kind      string    // "late", "smaller" or "failing"
	Since     time.Time // the last report; the day of the small one; the last good run
	Was, Now  int64     // smaller: lines usually and now; failing: Now is how often
	RaisedAt  time.Time
	ClearedAt time.Time
}

// What makes an alarm. A source's own habit is learned from the days on which it delivered: the
// longest pause between two of them in the last four weeks is what it may take again.
const (
	learnFrom   = 28 * 24 * time.Hour
	leastDays   = 4 // of delivery, before there is a habit
	grace       = 12 * time.Hour
	failures    = 3
	smallerThan = 3  // a day with less than a third of the usual is small
	leastUsual  = 30 // lines of a day; below that chance decides
)

// Expectation is what we know of how often a source delivers.
type Expectation struct {
	Hours int  // at least one report in so many hours; 0: nothing is expected
	Set   bool // somebody said so; it is learned otherwise
	Last  time.Time
}

// habit learns from arrivals, the oldest first, how often a source delivers; 0 hours when there is no
// habit yet.
func habit(list []notify.Arrival, now time.Time, zone *time.Location) Expectation {
	var x Expectation
	var days []time.Time
	for _, a := range list {
		local := a.At.In(zone)
		day := time.Date(local.Year(), local.Month(), local.Day(), 12, 0, 0, 0, time.UTC)
		if len(days) == 0 || !days[len(days)-1].Equal(day) {
			days = append(days, day)
		}
		x.Last = a.At
	}
	if len(days) < leastDays {
		return x
	}
	longest := 24 * time.Hour
	for i := 1; i < len(days); i++ {
		longest = max(longest, days[i].Sub(days[i-1]))
	}
	x.Hours = int((longest + grace) / time.Hour)
	return x
}

// late tells whether a report should have come by now.
func (x Expectation) late(now time.Time) bool {
	return x.Hours > 0 && !x.Last.IsZero() && now.Sub(x.Last) > time.Duration(x.Hours)*time.Hour
}

// stillLate tells whether a source that was late has not come since. What was learned of it is
// forgotten after some weeks of silence; that it should have come is not.
func (x Expectation) stillLate(a Alarm, now time.Time) bool {
	if x.Set && (x.Hours == 0 || now.Sub(a.Since) <= time.Duration(x.Hours)*time.Hour) {
		return false
	}
	return !x.Last.After(a.Since)
}

// off tells that this is a source that we could ask and do not: nothing is expected of it.
func (s Source) off() bool { return s.Key != "" && !s.On() }

// shrunk compares the last whole day of delivery with the middle of the seven before it.
func shrunk(list []notify.Arrival, now time.Time, zone *time.Location) (day time.Time, usual, have int64, is bool) {
	type sum struct {
		day  time.Time
		rows int64
	}
	var days []sum
	local := now.In(zone)
	today := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, zone)
	for _, a := range list {
		at := a.At.In(zone)
		d := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, zone)
		if !d.Before(today) {
			continue // more may come today
		}
		if n := len(days); n > 0 && days[n-1].day.Equal(d) {
			days[n-1].rows += a.Rows
		} else {
			days = append(days, sum{d, a.Rows})
		}
	}
	if len(days) < leastDays+1 {
		return day, 0, 0, false
	}
	last := days[len(days)-1]
	var before []int64
	for _, d := range days[max(0, len(days)-8) : len(days)-1] {
		before = append(before, d.rows)
	}
	slices.Sort(before)
	usual = before[len(before)/2]
	return last.day, usual, last.rows, usual >= leastUsual && last.rows*smallerThan < usual
}

// Watch raises an alarm for every source that is late, sent much less than usual, or failed three
// times in a row, tells the desk of it once, and clears those that are over.
func (c *Collect) Watch(ctx context.Context) error {
	var keys []string
	var ours []Source
	err := c.db.Read(ctx, func(tx *db.Tx) (err error) {
		if ours, err = allSources(ctx, tx); err != nil {
			return err
		}
		keys, err = c.keys(ctx, tx, ours)
		return err
	})
	if err != nil {
		return err
	}
	for _, key := range keys {
		at := slices.IndexFunc(ours, func(s Source) bool { return s.Key == key })
		var s Source
		if at >= 0 {
			s = ours[at]
		}
		if err := c.watch(ctx, key, s); err != nil {
			return err
		}
	}
	return nil
}

// keys are those of all that ever sent something or should.
func (c *Collect) keys(ctx context.Context, tx *db.Tx, ours []Source) (keys []string, err error) {
	known, err := c.notify.SourcesKnown(ctx, tx)
	for _, s := range known {
		keys = append(keys, s.Key)
	}
	for _, s := range ours {
		keys = append(keys, s.Key)
	}
	slices.Sort(keys)
	return slices.Compact(keys), err
}

func (c *Collect) watch(ctx context.Context, key string, s Source) error {
	var raised map[string]Alarm
	var x Expectation
	err := c.db.Read(ctx, func(tx *db.Tx) (err error) {
		raised, x, err = c.judge(ctx, tx, key, s)
		return err
	})
	if err != nil {
		return err
	}
	return c.db.Write(ctx, func(tx *db.Tx) error {
		open, err := openAlarmsOf(ctx, tx, key)
		if err != nil {
			return err
		}
		for kind, a := range raised {
			if _, have := open[kind]; have {
				continue
			}
			added, err := insertAlarm(ctx, tx, a)
			if err != nil {
				return err
			}
			if added {
				if err := c.tell(ctx, tx, a); err != nil {
					return err
				}
			}
		}
		for kind, a := range open {
			_, still := raised[kind]
			if still = still || kind == "late" && !s.off() && x.stillLate(a, c.now()); !still {
				if err := clearAlarm(ctx, tx, a.ID, c.now()); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// judge finds what is the matter with a source.
func (c *Collect) judge(ctx context.Context, tx *db.Tx, key string, s Source) (raised map[string]Alarm, x Expectation, err error) {
	now, off := c.now(), s.off()
	raised = map[string]Alarm{}
	list, err := c.notify.Arrivals(ctx, tx, key, now.Add(-learnFrom))
	if err != nil {
		return nil, x, err
	}
	if x, err = c.expectation(ctx, tx, key, list); err != nil {
		return nil, x, err
	}
	if x.late(now) && !off {
		raised["late"] = Alarm{Since: x.Last}
	}
	if day, usual, have, is := shrunk(list, now, c.set.Location); is && !off && !(x.Set && x.Hours == 0) {
		raised["smaller"] = Alarm{Since: day, Was: usual, Now: have}
	}
	if s.Failures >= failures && !off {
		since := s.Memory.Good
		if since.IsZero() {
			since = s.CreatedAt
		}
		raised["failing"] = Alarm{Since: since, Now: int64(s.Failures)}
	}
	for kind, a := range raised {
		a.ID, a.Key, a.Kind, a.RaisedAt = db.NewID(), key, kind, now
		raised[kind] = a
	}
	return raised, x, nil
}

// expectation is what somebody said, or else what the arrivals teach.
func (c *Collect) expectation(ctx context.Context, tx *db.Tx, key string, list []notify.Arrival) (Expectation, error) {
	x := habit(list, c.now(), c.set.Location)
	hours, set, err := expected(ctx, tx, key)
	if set {
		x.Hours, x.Set = hours, true
	}
	return x, err
}

// tell writes to the desk, in Dutch and under it in English, as we know of no one there what they speak.
func (c *Collect) tell(ctx context.Context, tx *db.Tx, a Alarm) error {
	if c.set.Desk == "" {
		c.log.Warn("a source needs somebody to look at it", "source", a.Key, "alarm", a.Kind)
		return nil
	}
	say := c.catalog.For("nl")
	l := mail.Letter{Subject: say.T("collect.alarm."+a.Kind+".title", "Source", a.Key)}
	l.Say(alarmText(say, a))
	l.Say(say.T("collect.alarm.do"))
	l.Link(c.set.BaseURL + "/desk/sources")
	l.Rule()
	also := c.catalog.For("en")
	l.Say(also.T("collect.alarm."+a.Kind+".title", "Source", a.Key) + ". " + alarmText(also, a) + " " + also.T("collect.alarm.do"))
	return c.outbox.Send(ctx, tx, outbox.Letter{To: c.set.Desk, Printer: say, Purpose: "source " + a.Kind, Letter: l})
}

// Expect says how often a source should deliver: at least once in so many hours; 0 expects nothing;
// a negative number lets it be learned again.
func (c *Collect) Expect(ctx context.Context, key string, hours int) error {
	if !allowed(ctx) {
		return fault.Hidden()
	}
	if hours > 24*92 {
		return fault.New(fault.Invalid, "collect.wrong.hours")
	}
	return c.db.Write(ctx, func(tx *db.Tx) error {
		ours, err := allSources(ctx, tx)
		if err != nil {
			return err
		}
		keys, err := c.keys(ctx, tx, ours)
		if err != nil || !slices.Contains(keys, key) {
			return either(err, fault.Hidden())
		}
		if err := setExpected(ctx, tx, key, hours, c.now()); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Event{At: c.now(), Action: audit.Change, Object: "source " + key, Detail: "what is expected of it"})
	})
}

// DeskLines says how many alarms there are, and how many lists somebody began and did not send.
func (c *Collect) DeskLines(ctx context.Context, tx *db.Tx) (lines []directory.Line, err error) {
	if !allowed(ctx) {
		return nil, nil
	}
	list, err := openAlarms(ctx, tx)
	if err != nil {
		return nil, err
	}
	if len(list) > 0 {
		lines = append(lines, directory.Line{Key: "collect.alarm.line", Count: len(list), Path: sourcesPath})
	}
	waiting, err := countWaitingLists(ctx, tx, mostLists)
	if err == nil && waiting > 0 {
		lines = append(lines, directory.Line{Key: "collect.list.waiting", Count: waiting, Path: listsPath})
	}
	return lines, err
}
