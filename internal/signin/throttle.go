package signin

import (
	"context"
	"errors"
	"strconv"
	"time"

	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/seal"
)

// Attempts are counted in the database, before they are made: all nodes count together, and a
// hundred at the same moment are a hundred. What is counted is a keyed hash, so that the table does
// not tell who tried to sign in.
//
// Per account the wait doubles with each failure after the third, up to five minutes, and never
// becomes a lock: whoever keeps failing at the password of another keeps that person from the
// password for minutes, and from a passkey not at all, since that path has a counter of its own.

const (
	freeTries   = 3
	longestWait = 5 * time.Minute
	forgetTries = 24 * time.Hour
)

// ration is how many attempts of a purpose one network, and all together, have in a period.
type ration struct {
	network, all int64
	per          time.Duration
}

// rations are generous to an office behind one address, and too little for guessing. "all" is what
// the argon2 of one small machine can carry.
var rations = map[string]ration{
	"password": {60, 3000, 10 * time.Minute},
	"code":     {60, 6000, 10 * time.Minute},
	"recovery": {20, 600, 10 * time.Minute},
	"passkey":  {300, 30_000, 10 * time.Minute},
	"register": {30, 1000, time.Hour},
	"lost":     {10, 200, time.Hour},
	"link":     {60, 6000, 10 * time.Minute},
	"provider": {60, 6000, 10 * time.Minute},
}

// mostLetters is how many codes an address is mailed in an hour.
const mostLetters = 6

// admit counts an attempt of a purpose from a network. It is a TooMany fault when there were too many.
func (s *Signin) admit(ctx context.Context, purpose, network string) error {
	r := rations[purpose]
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.within(ctx, tx, purpose+" from "+network, r.network, r.per); err != nil {
			return err
		}
		return s.within(ctx, tx, purpose, r.all, r.per)
	})
}

// within counts one in the present period, in the caller's transaction.
func (s *Signin) within(ctx context.Context, tx *db.Tx, what string, most int64, per time.Duration) error {
	now := s.now()
	window := now.Truncate(per)
	n, err := countOne(ctx, tx, s.throttleKey(what+" at "+strconv.FormatInt(window.Unix(), 10)), window.Add(per))
	if err == nil && n > most {
		return tooMany(window.Add(per).Sub(now))
	}
	return err
}

// strike counts an attempt at something of one account before it is made, and refuses it as TooMany
// while the wait after earlier failures lasts. settle takes the count away after a success.
func (s *Signin) strike(ctx context.Context, purpose, who string) error {
	key, now := s.throttleKey(purpose+" of "+who), s.now()
	var wait time.Duration
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := strikeOne(ctx, tx, key, now, now.Add(forgetTries))
		if errors.Is(err, db.ErrNoRows) {
			until, err := waitOf(ctx, tx, key)
			wait = max(until.Sub(now), time.Second)
			return err
		}
		if err != nil || n <= freeTries {
			return err
		}
		return waitUntil(ctx, tx, key, now.Add(waitAfter(n)))
	})
	if err == nil && wait > 0 {
		return tooMany(wait)
	}
	return err
}

// waitAfter is how long nothing is tried after the nth failure in a row: 2 s, 4 s, 8 s, ...
func waitAfter(n int64) time.Duration {
	return min(time.Second<<min(n-freeTries, 20), longestWait)
}

// settle forgets the failures of an account.
func (s *Signin) settle(ctx context.Context, tx *db.Tx, purpose, who string) error {
	return dropThrottle(ctx, tx, s.throttleKey(purpose+" of "+who))
}

func (s *Signin) throttleKey(what string) []byte {
	return seal.Keyed(s.set.Key, "signin throttle", []byte(what))
}

func tooMany(wait time.Duration) error {
	return fault.New(fault.TooMany, "signin.wrong.too_many", "Seconds", max(1, int((wait+time.Second-1)/time.Second)))
}
