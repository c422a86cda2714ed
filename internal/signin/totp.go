package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"
	"github.com/pquerna/otp/totp"

	"polder/internal/db"
)

// period is how long a code of an app counts; one earlier and one later count too.
const period = 30

var base32Plain = base32.StdEncoding.WithPadding(base32.NoPadding)

// AppsRunBy says by which clock the apps make their codes, where that is not our own: in a demo that runs ahead or behind.
// Call it before the first request.
func (s *Signin) AppsRunBy(clock func() time.Time) { s.appClock = clock }

// newSecret returns the 160 bits that the app and we share.
func newSecret() []byte {
	b := make([]byte, 20)
	rand.Read(b)
	return b
}

// stepOf returns the step of 30 seconds that the code is of, if it is one at about this time.
func stepOf(secret []byte, code string, now time.Time) (step int64, found bool) {
	text := base32Plain.EncodeToString(secret)
	for _, d := range []int64{0, -1, 1} {
		at := now.Unix()/period + d
		want, err := totp.GenerateCode(text, time.Unix(at*period, 0))
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, found = at, true
		}
	}
	return step, found
}

// acceptCode tells whether it is a code of the account's app that was not used before, and uses it
// up, in the caller's transaction: of two at the same time one is right.
func (s *Signin) acceptCode(ctx context.Context, tx *db.Tx, account db.ID, code string) (bool, error) {
	sealed, err := totpOf(ctx, tx, account)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	secret, err := s.box("totp").Open(sealed, account[:])
	if err != nil {
		return false, err
	}
	step, found := stepOf(secret, code, s.appClock())
	if !found {
		return false, nil
	}
	n, err := useStep(ctx, tx, account, step)
	return n == 1, err
}

// appAddress is what the picture says to the app.
func (s *Signin) appAddress(mail string, secret []byte) string {
	u := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + s.set.Centre + ":" + mail,
		RawQuery: "secret=" + base32Plain.EncodeToString(secret) + "&issuer=" + url.PathEscape(s.set.Centre)}
	return u.String()
}

// spelled is the secret for who types it: groups of four.
func spelled(secret []byte) string {
	text := base32Plain.EncodeToString(secret)
	var groups []string
	for ; len(text) > 4; text = text[4:] {
		groups = append(groups, text[:4])
	}
	return strings.Join(append(groups, text), " ")
}

// picture draws the QR code of a text as SVG.
func picture(text string) ([]byte, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return nil, err
	}
	return drawn(code), nil
}
