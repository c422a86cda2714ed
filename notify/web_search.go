package notify

import (
	"net/url"
	"strings"
	"time"

	"polder/internal/db"
	"polder/notify/feeds"
)

// searchOf reads a search from an address; what makes no sense there is left out, but for a place to
// go on from: that was made by us.
func searchOf(q url.Values) (s Search, err error) {
	s.State = "open"
	if v := q.Get("state"); v == "closed" || v == "unanswered" || v == "each" {
		s.State = strings.TrimSuffix(v, "each")
	}
	for v := feeds.Info; v <= feeds.Critical; v++ {
		if v.String() == q.Get("severity") {
			s.Severity = v
		}
	}
	s.Type, s.Text = cut(db.Plain(q.Get("type")), 100), cut(db.Plain(strings.TrimSpace(q.Get("find"))), 100)
	if at, err := time.Parse(time.DateOnly, q.Get("since")); err == nil && at.Year() > 1970 && at.Year() < 2200 {
		s.Since = at
	}
	if id, err := db.ParseID(q.Get("asset")); err == nil {
		s.Asset = id
	}
	s.Mine, s.Overdue = q.Get("work") == "mine", q.Get("work") == "overdue"
	s.BySeen, s.ByDay = q.Get("sort") == "seen", q.Get("sort") == "day"
	if q.Has("after") {
		if s.After, err = parseMark(q.Get("after")); err != nil {
			return s, err
		}
	}
	return s, nil
}

// query writes a search as an address, without what is usual.
func (s Search) query() url.Values {
	q := url.Values{}
	put := func(k, v string, when bool) {
		if v != "" && when {
			q.Set(k, v)
		}
	}
	if s.State != "open" {
		q.Set("state", s.State)
		if s.State == "" {
			q.Set("state", "each")
		}
	}
	put("severity", s.Severity.String(), s.Severity != 0)
	put("type", s.Type, true)
	put("find", s.Text, true)
	put("since", s.Since.Format(time.DateOnly), !s.Since.IsZero())
	put("asset", s.Asset.String(), !s.Asset.IsZero())
	put("work", "mine", s.Mine)
	put("work", "overdue", s.Overdue)
	put("sort", "seen", s.BySeen)
	put("sort", "day", s.ByDay)
	if s.After != nil {
		put("after", s.After.String(), true)
	}
	return q
}

// narrowed tells whether the search leaves anything out besides what is closed.
func (s Search) narrowed() bool {
	return s.State == "closed" || s.State == "unanswered" || s.Severity != 0 || s.Type != "" || s.Text != "" || !s.Since.IsZero() ||
		!s.Asset.IsZero() || s.Mine || s.Overdue || s.ByDay
}
