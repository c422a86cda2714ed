package notify

import (
	"time"

	"polder/internal/db"
	"polder/notify/feeds"
)

// Cadence is how soon an organisation hears of an exposure.
type Cadence string

// The cadences.
const (
	AtOnce Cadence = "at_once" // gathered for a few minutes, so that one report gives one mail
	Daily  Cadence = "daily"
	Weekly Cadence = "weekly"
	Never  Cadence = "never"
)

// defaults say how soon, by severity, unless the organisation wants it otherwise.
var defaults = map[feeds.Severity]Cadence{
	feeds.Critical: AtOnce, feeds.High: AtOnce, feeds.Medium: Daily, feeds.Low: Weekly, feeds.Info: Never,
}

// choices say what an organisation may want instead: never to miss what is critical or high.
var choices = map[feeds.Severity][]Cadence{
	feeds.Critical: {AtOnce},
	feeds.High:     {AtOnce, Daily},
	feeds.Medium:   {AtOnce, Daily, Weekly},
	feeds.Low:      {AtOnce, Daily, Weekly, Never},
	feeds.Info:     {Never},
}

// reminderAfter says how long after a message we remind, by severity; absent: never.
var reminderAfter = map[feeds.Severity]time.Duration{
	feeds.Critical: 3 * 24 * time.Hour, feeds.High: 7 * 24 * time.Hour, feeds.Medium: 30 * 24 * time.Hour,
}

// mostReminders is how many reminders follow a warning.
const mostReminders = 3

// remindsAfter returns how long after a message that goes out now a reminder of the exposure may follow;
// ok is false when none will. markTold does the same in SQL.
func (e Exposure) remindsAfter() (after time.Duration, ok bool) {
	told := e.State == StateOpen || e.State == StateAcknowledged
	if told && e.Reminders+1 >= mostReminders {
		return 0, false
	}
	after, ok = reminderAfter[e.Severity]
	return after, ok
}

// calendar turns cadences into moments.
type calendar struct {
	gather    time.Duration
	hour      int // of the day, for daily and weekly
	location  *time.Location
	overrides map[db.ID]map[feeds.Severity]Cadence

	cachedFor time.Time // the answers for organisations without wishes of their own
	cached    [feeds.Critical + 1]time.Time
}

// dueCached is due for many questions about one moment, from one goroutine.
func (c *calendar) dueCached(organisation db.ID, s feeds.Severity, received time.Time) time.Time {
	if _, own := c.overrides[organisation]; own {
		return c.due(organisation, s, received)
	}
	if !c.cachedFor.Equal(received) {
		c.cachedFor = received
		for i := range c.cached {
			c.cached[i] = c.due(db.ID{}, feeds.Severity(i), received)
		}
	}
	return c.cached[s]
}

// due returns when a message about an exposure of the severity, received at the moment given, goes
// out; zero: never.
func (c *calendar) due(organisation db.ID, s feeds.Severity, received time.Time) time.Time {
	cadence, chosen := c.overrides[organisation][s]
	if !chosen {
		cadence = defaults[s]
	}
	switch cadence {
	case AtOnce:
		return received.Add(c.gather)
	case Daily:
		return c.nextHour(received, func(time.Time) bool { return true })
	case Weekly:
		return c.nextHour(received, func(t time.Time) bool { return t.Weekday() == time.Monday })
	}
	return time.Time{}
}

// nextHour returns the next sending hour after t on a day that fits.
func (c *calendar) nextHour(t time.Time, fits func(time.Time) bool) time.Time {
	local := t.In(c.location)
	for d := 0; ; d++ {
		at := time.Date(local.Year(), local.Month(), local.Day()+d, c.hour, 0, 0, 0, c.location)
		if at.After(t) && fits(at) {
			return at.UTC()
		}
	}
}
