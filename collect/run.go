package collect

import (
	"context"
	"time"

	"polder/internal/db"
	"polder/internal/fault"
)

// Run is what came of asking a source once.
type Run struct {
	ID        db.ID
	Source    db.ID
	StartedAt time.Time
	EndedAt   time.Time // zero: it is under way, or its process was killed
	Outcome   Outcome
	Bytes     int64
	Reports   int64 // that were new
	Again     int64 // that were read before
	Lines     int64
	Rejected  int64
	Report    db.ID  // the last new one
	Reason    Reason // why it failed
	Detail    string // what the other side said, in its own words, without secrets
}

// Outcome is how a run ended.
type Outcome string

// The outcomes.
const (
	Running   Outcome = "running"
	Delivered Outcome = "delivered" // at least one new report
	Nothing   Outcome = "nothing"   // all is as it was
	Failed    Outcome = "failed"
)

// Reason says why a run failed; its text is collect.why.REASON.
type Reason string

// The reasons.
const (
	Unreachable Reason = "unreachable"
	Forbidden   Reason = "forbidden" // an inner address
	Slow        Reason = "slow"
	Certificate Reason = "certificate"
	TooLarge    Reason = "too_large"
	Unpacks     Reason = "unpacks"
	Refused     Reason = "refused" // the secret does not do
	Gone        Reason = "gone"
	Busy        Reason = "busy"
	Odd         Reason = "odd"        // an answer that is not understood
	Unreadable  Reason = "unreadable" // what came is no report
	Broken      Reason = "broken"     // a report that broke off
	NoFolder    Reason = "no_folder"
	NotIMAP     Reason = "not_imap"
	Unsealed    Reason = "unsealed" // the centre's key was replaced
	Stopped     Reason = "stopped"
	Killed      Reason = "killed"
	Ours        Reason = "ours" // something went wrong on our side
)

// Reasons lists all of them, for whoever has their texts.
var Reasons = []Reason{Unreachable, Forbidden, Slow, Certificate, TooLarge, Unpacks, Refused, Gone, Busy, Odd, Unreadable, Broken,
	NoFolder, NotIMAP, Unsealed, Stopped, Killed, Ours}

// Asked is a source with its last run, which has no id when it was never asked.
type Asked struct {
	Source
	Last Run
}

// Sources returns the sources that are asked, by key.
func (c *Collect) Sources(ctx context.Context) (list []Asked, err error) {
	if !allowed(ctx) {
		return nil, fault.Hidden()
	}
	err = c.db.Read(ctx, func(tx *db.Tx) error {
		sources, err := allSources(ctx, tx)
		if err != nil {
			return err
		}
		last, err := lastRuns(ctx, tx)
		for _, s := range sources {
			list = append(list, Asked{s, last[s.ID]})
		}
		return err
	})
	return list, err
}
