// Package seal encrypts small secrets for the database, so that a copy of it gives nothing away
// without the centre's key: AES-256-GCM, with a key of its own for each purpose.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
)

// Box seals and opens for one purpose. What one purpose sealed, another cannot open.
type Box struct{ aead cipher.AEAD }

// New makes the box of a purpose from the centre's key of 32 bytes. It panics when the key is
// shorter: that is a mistake in the program, as settings are checked at start.
func New(key []byte, purpose string) Box {
	if len(key) < 32 {
		panic("seal: the key is shorter than 32 bytes")
	}
	sub, err := hkdf.Key(sha256.New, key, nil, "polder "+purpose, 32)
	if err != nil {
		panic(err) // 32 bytes is a length that HKDF always gives
	}
	block, err := aes.NewCipher(sub)
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return Box{aead}
}

// Seal returns the secret encrypted. about is what it belongs to, such as the id of its row: the
// same must be given to Open, so that a sealed secret cannot be moved to another row.
func (b Box) Seal(secret, about []byte) []byte { return b.aead.Seal(nil, nil, secret, about) }

// ErrSealed says that something was not sealed with this key for this purpose and place, or changed.
var ErrSealed = errors.New("a sealed secret cannot be opened; was the centre's key replaced?")

// Open returns what Seal was given.
func (b Box) Open(sealed, about []byte) ([]byte, error) {
	secret, err := b.aead.Open(nil, nil, sealed, about)
	if err != nil {
		return nil, ErrSealed
	}
	return secret, nil
}

// Subkey returns 32 bytes for another use of the centre's key, such as an HMAC.
func Subkey(key []byte, purpose string) []byte {
	sub, err := hkdf.Key(sha256.New, key, nil, "polder "+purpose, 32)
	if err != nil {
		panic(err)
	}
	return sub
}

// Token returns a new secret of 256 bits, as 43 characters that can stand in an address.
func Token() string {
	b := make([]byte, 32)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// Hash is what is kept of a Token. A token has enough chance in it that its hash needs no salt.
func Hash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
