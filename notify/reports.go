package notify

import (
	"context"
	"fmt"
	"time"

	"polder/directory"
	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/notify/feeds"
)

// Of reports that broke off, those of the last week stand on the desk's first page, at most so many.
const (
	brokenShown = 7 * 24 * time.Hour
	mostBroken  = 100
)

// readsReports are the roles at the centre that see reports.
const readsReports = actor.Analyst

// mayReadReports refuses whoever is no analyst, in the verb as on the route.
func mayReadReports(ctx context.Context) error {
	if a := actor.From(ctx); a.Account.IsZero() || !a.Staff.Any(readsReports) {
		return hidden()
	}
	return nil
}

// ReportSearch narrows the list of reports. The zero value is all of them.
type ReportSearch struct {
	Source, Type string
	From, Until  int64  // days of the report since 1970, both included; 0: any
	Only         string // "drift", "rejected", "broken" or ""
	After        *ReportMark
}

// ReportMark is a place in the list, to go on from there: behind this report.
type ReportMark struct{ Day, Seq int64 }

// ReportList is a page of reports, the newest first.
type ReportList struct {
	List    []*Report
	Next    *ReportMark
	Sources []string // every source that ever sent something
	Types   []string // every type that the source sent, or that any did
}

// mostPeriod is the longest period that a list can be asked for, in days.
const mostPeriod = 366

// ReportsLike returns a page of the reports that fit, for analysts; the record has who opened it.
func (n *Notify) ReportsLike(ctx context.Context, s ReportSearch, limit int) (l ReportList, err error) {
	if err := mayReadReports(ctx); err != nil {
		return l, err
	}
	if s.From != 0 || s.Until != 0 {
		if s.Until == 0 {
			s.Until = s.From + mostPeriod
		}
		s.From = max(s.From, s.Until-mostPeriod)
	}
	err = n.db.Write(ctx, func(tx *db.Tx) error {
		if l.List, err = reportsLike(ctx, tx, s, limit+1); err != nil {
			return err
		}
		if l.Sources, l.Types, err = seriesNames(ctx, tx, s.Source); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Event{At: n.now(), Action: audit.Read, Object: "reports", Detail: fmt.Sprintf("%d reports", min(len(l.List), limit))})
	})
	if err != nil {
		return l, fmt.Errorf("list reports: %w", err)
	}
	if len(l.List) > limit {
		l.List = l.List[:limit]
		last := l.List[limit-1]
		l.Next = &ReportMark{last.Day, last.Seq}
	}
	return l, nil
}

// ReportDay is what one source, or one type of a source, sent for one day.
type ReportDay struct {
	Name                    string
	Day                     int64
	Reports, Rows, Rejected int64
	Broken, Drift           bool
}

// ReportDays returns what came for each of the days, by source; by type when a source is given. At most
// a hundred sources or types.
func (n *Notify) ReportDays(ctx context.Context, source string, from, until int64) (list []ReportDay, err error) {
	if err := mayReadReports(ctx); err != nil {
		return nil, err
	}
	from = max(from, until-mostPeriod)
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		list, err = reportDays(ctx, tx, source, from, until)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count what came each day: %w", err)
	}
	return list, nil
}

// ReportFile is one report with all that the desk wants to know of it.
type ReportFile struct {
	*Report
	SourceName    string
	Rejects       []feeds.Reject // the first ones
	Organisations int            // that were warned by it, at most mostCounted + 1
	Messages      []Caused       // the first ones
	MessagesMore  bool
	RawKept       bool
}

// Caused is a message that a report led to.
type Caused struct {
	ID           db.ID
	Reference    string
	Organisation db.ID
	Name         string // of the organisation
	Kind         string
	Subject      string
	Severity     feeds.Severity
	CreatedAt    time.Time
}

const (
	mostRejectsShown = 100
	mostCausedShown  = 100
)

// ReportFile opens one report for an analyst; the record has who did, since lines that were rejected and
// names of organisations stand in it.
func (n *Notify) ReportFile(ctx context.Context, id db.ID) (f ReportFile, err error) {
	if err := mayReadReports(ctx); err != nil {
		return f, err
	}
	err = n.db.Write(ctx, func(tx *db.Tx) error {
		list, err := reportByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return hidden()
		}
		f.Report = list[0]
		f.RawKept = f.RawDeletedAt.IsZero()
		if f.SourceName, err = sourceName(ctx, tx, f.Source); err != nil {
			return err
		}
		if f.Rejects, err = rejectedAfter(ctx, tx, id, -1, mostRejectsShown); err != nil {
			return err
		}
		if f.Organisations, err = countTold(ctx, tx, f.Seq, mostCounted+1); err != nil {
			return err
		}
		if f.Messages, err = causedBy(ctx, tx, f.Seq, mostCausedShown+1); err != nil {
			return err
		}
		if f.MessagesMore = len(f.Messages) > mostCausedShown; f.MessagesMore {
			f.Messages = f.Messages[:mostCausedShown]
		}
		var ids []db.ID
		for _, c := range f.Messages {
			ids = append(ids, c.Organisation)
		}
		names, err := directory.Get(ctx, tx, ids)
		if err != nil {
			return err
		}
		for i, c := range f.Messages {
			f.Messages[i].Name = names[c.Organisation].Name
		}
		return audit.Append(ctx, tx, audit.Event{At: n.now(), Action: audit.Read, Object: "report " + id.String(),
			Detail: fmt.Sprintf("%d rejected lines, %d messages", len(f.Rejects), len(f.Messages))})
	})
	return f, err
}

// RejectedOf is Rejected for an analyst who is signed in.
func (n *Notify) RejectedOf(ctx context.Context, report db.ID, fn func(feeds.Reject) error) error {
	if err := mayReadReports(ctx); err != nil {
		return err
	}
	return n.Rejected(ctx, "", report, fn)
}
