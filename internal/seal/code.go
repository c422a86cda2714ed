package seal

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"math/big"
)

// Code returns six digits that are mailed and typed again. All of them can be tried, so whoever takes
// one counts the tries, and keeps the Keyed hash alone.
func Code() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic(err) // the system's randomness never fails
	}
	return fmt.Sprintf("%06d", n)
}

// Digits returns what a person means by a code of six digits: spaces and dashes say nothing. It is ""
// when anything else stands there, or more of it.
func Digits(s string) string {
	b := make([]byte, 0, 6)
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			b = append(b, c)
		case c != ' ' && c != '-':
			return ""
		}
		if len(b) > 6 {
			return ""
		}
	}
	return string(b)
}

// Keyed returns a hash that cannot be made without the centre's key: what is kept of a secret that is
// short enough to try all of them, or of whom something was counted. Where one part ends and the next
// begins must be plain from the parts, such as an id of fixed length before the rest.
func Keyed(key []byte, purpose string, parts ...[]byte) []byte {
	mac := hmac.New(sha256.New, Subkey(key, purpose))
	for _, p := range parts {
		mac.Write(p)
	}
	return mac.Sum(nil)
}
