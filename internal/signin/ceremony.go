package signin

import (
	"context"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/seal"
)

// A ceremony is something half done: it belongs to one browser (by a cookie) or to one session, is
// kept on the server alone, sealed, and ends soon. It opens no page but the next one of its own.

// The kinds of ceremony. Of each kind an owner has one at most: a new one ends the old.
const (
	enrolling   = "enrol"        // a person without a factor sets the first one
	newPasskey  = "passkey-new"  // the challenge for a new passkey
	withPasskey = "passkey-with" // the challenge for showing a passkey
	halfway     = "halfway"      // the password was right, the code of the app comes next
	settingApp  = "app"          // password and app are being set up by a person who is signed in
	showing     = "codes"        // recovery codes that the person has not saved yet
	moving      = "mail"         // a new mail address is being proven
	losing      = "lost"         // somebody who lost everything proves the address
)

// terms says how long each kind lasts.
var terms = map[string]time.Duration{
	enrolling: 10 * time.Minute, newPasskey: 5 * time.Minute, withPasskey: 5 * time.Minute, halfway: 5 * time.Minute,
	settingApp: 15 * time.Minute, showing: 30 * time.Minute, moving: 10 * time.Minute, losing: 10 * time.Minute,
}

// mostTries is how often a mailed code or a code of an app may be tried in one ceremony.
const mostTries = 5

func browserOwner(token string) []byte  { return seal.Hash("browser " + token) }
func sessionOwner(session db.ID) []byte { return seal.Hash("session " + session.String()) }

func over() error { return fault.New(fault.Gone, "signin.wrong.over") }

// hold begins or replaces a ceremony in the caller's transaction. code may be "".
func (s *Signin) hold(ctx context.Context, tx *db.Tx, owner []byte, kind string, account db.ID, data any, code string) error {
	b, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("hold %s: %w", kind, err)
	}
	var kept []byte
	if code != "" {
		kept = s.codeHash(owner, kind, code)
	}
	return putCeremony(ctx, tx, owner, kind, account, s.box("ceremony").Seal(b, about(owner, kind)), kept, s.now().Add(terms[kind]))
}

// held reads a ceremony that has not ended into data; a Gone fault when there is none.
func (s *Signin) held(ctx context.Context, tx *db.Tx, owner []byte, kind string, data any) (account db.ID, err error) {
	account, sealed, err := ceremonyOf(ctx, tx, owner, kind, s.now())
	if errors.Is(err, db.ErrNoRows) {
		return account, over()
	}
	if err != nil {
		return account, err
	}
	b, err := s.box("ceremony").Open(sealed, about(owner, kind))
	if err != nil {
		return account, err
	}
	return account, json.Unmarshal(b, data)
}

// take is held and ends the ceremony: of two at the same time, one gets it.
func (s *Signin) take(ctx context.Context, owner []byte, kind string, data any) (account db.ID, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if account, err = s.held(ctx, tx, owner, kind, data); err != nil {
			return err
		}
		n, err := dropCeremony(ctx, tx, owner, kind)
		if err == nil && n != 1 {
			return over()
		}
		return err
	})
	return account, err
}

// tryCode counts an attempt and tells whether the mailed code is right. The caller commits in either
// case, so that an attempt counts.
func (s *Signin) tryCode(ctx context.Context, tx *db.Tx, owner []byte, kind, code string) (right bool, err error) {
	kept, err := tryCeremony(ctx, tx, owner, kind, s.now())
	if errors.Is(err, db.ErrNoRows) {
		return false, over()
	}
	return err == nil && len(kept) > 0 && hmac.Equal(kept, s.codeHash(owner, kind, code)), err
}

// codeHash is what is kept of a mailed code: six digits need a key, or whoever has a copy of the
// database tries them all.
func (s *Signin) codeHash(owner []byte, kind, code string) []byte {
	return seal.Keyed(s.set.Key, "signin code", about(owner, kind), []byte(code))
}

func about(owner []byte, kind string) []byte { return append([]byte(kind+"\x00"), owner...) }
