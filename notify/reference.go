package notify

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"unicode"

	"polder/internal/db"
)

// A reference number is PLD-XXXXX-XXXXX: nine random characters and one that checks them, in
// letters and digits that cannot be mistaken for one another: Crockford's, but for Z, since 31 is
// prime and 32 is not.
const referenceAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXY"

func newReference() string {
	c := make([]byte, 0, 10)
	for len(c) < 9 {
		var r [16]byte
		rand.Read(r[:])
		for _, b := range r {
			if b < 8*31 && len(c) < 9 { // the others would come up more often
				c = append(c, referenceAlphabet[b%31])
			}
		}
	}
	c = append(c, checkCharacter(c))
	return "PLD-" + string(c[:5]) + "-" + string(c[5:])
}

// checkCharacter is a weighted sum modulo 31: one wrong character, or two swapped, never pass.
func checkCharacter(c []byte) byte {
	sum := 0
	for i, b := range c {
		sum += (i + 2) * strings.IndexByte(referenceAlphabet, b)
	}
	return referenceAlphabet[sum%31]
}

// ParseReference reads a reference number as a person types it, and returns its one form; ok is
// false when it cannot be one of ours.
func ParseReference(s string) (reference string, ok bool) {
	if len(s) > 64 {
		return "", false
	}
	s = strings.ToUpper(s)
	var c []byte
	for _, r := range s {
		switch {
		case r == '[' || r == ']' || r == '.' || unicode.IsSpace(r) || unicode.Is(unicode.Dash, r): // as copied from a mail or a letter
		case r > 127:
			return "", false
		default:
			c = append(c, byte(r))
		}
	}
	s = strings.TrimPrefix(string(c), "PLD")
	if len(s) != 10 {
		return "", false
	}
	s = strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(s)
	for i := range s {
		if strings.IndexByte(referenceAlphabet, s[i]) < 0 {
			return "", false
		}
	}
	return "PLD-" + s[:5] + "-" + s[5:], checkCharacter([]byte(s[:9])) == s[9]
}

var tokenText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// linkToken makes the secret in a notification's link. It can be made again from the key, so that
// a mail can be sent again though only the token's hash is stored.
func (n *Notify) linkToken(notification db.ID) string {
	mac := hmac.New(sha256.New, n.set.Key)
	mac.Write([]byte("feedback link\x00"))
	mac.Write(notification[:])
	return tokenText.EncodeToString(mac.Sum(nil)[:20])
}

func randomToken() string {
	var b [20]byte
	rand.Read(b[:])
	return tokenText.EncodeToString(b[:])
}

// tokenHash is what is stored of a token: with 160 random bits in it, a plain hash cannot be undone.
func tokenHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
