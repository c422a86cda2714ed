package signin

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"strings"
	"time"

	"polder/internal/db"
	"polder/internal/seal"
)

// A recovery code has 120 bits of chance, and its SHA-256 is kept. ASVS 5.0 (6.5.2) allows that from
// 112 bits on; shorter codes would need argon2 at each attempt of whoever knows a mail address, which
// is a hundred megabytes that anybody can ask for. The price is a code of 24 characters.
const (
	recoveryCodes = 10
	fewCodes      = 3 // from here on the person is told to make new ones
)

// codeLetters cannot be taken for each other: o without 0, no 1, i and l.
var codeLetters = base32.NewEncoding("abcdefghjkmnopqrstuvwxyz23456789").WithPadding(base32.NoPadding)

// newRecoveryCodes replaces the codes of an account in the caller's transaction, and returns the new
// ones, which are nowhere else.
func newRecoveryCodes(ctx context.Context, tx *db.Tx, account db.ID, now time.Time) ([]string, error) {
	if err := dropRecovery(ctx, tx, account); err != nil {
		return nil, err
	}
	list := make([]string, recoveryCodes)
	for i := range list {
		list[i] = newRecoveryCode()
		if err := insertRecovery(ctx, tx, seal.Hash(plainCode(list[i])), account, now); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// newRecoveryCode is six groups of four characters.
func newRecoveryCode() string {
	b := make([]byte, 15)
	rand.Read(b)
	text := codeLetters.EncodeToString(b)
	groups := make([]string, 0, 6)
	for ; text != ""; text = text[4:] {
		groups = append(groups, text[:4])
	}
	return strings.Join(groups, "-")
}

// plainCode is a code without what people put between its letters.
func plainCode(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' || r == '\t' || r == '\n' || r == '\r' {
			return -1
		}
		return r
	}, strings.ToLower(s))
}

// useRecovery uses up a code of the account in the caller's transaction: of two at the same time one
// is right.
func useRecovery(ctx context.Context, tx *db.Tx, account db.ID, code string, now time.Time) (right bool, left int, err error) {
	n, err := takeRecovery(ctx, tx, seal.Hash(plainCode(code)), account, now)
	if err != nil || n != 1 {
		return false, 0, err
	}
	left, err = recoveryLeft(ctx, tx, account)
	return true, left, err
}
