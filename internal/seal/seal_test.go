package seal

import (
	"bytes"
	"errors"
	"testing"
)

func TestSealed(t *testing.T) {
	key := bytes.Repeat([]byte{7}, 32)
	box := New(key, "totp")
	sealed := box.Seal([]byte("secret"), []byte("row 1"))
	if bytes.Contains(sealed, []byte("secret")) {
		t.Fatal("the secret can be read")
	}
	if bytes.Equal(sealed, box.Seal([]byte("secret"), []byte("row 1"))) {
		t.Error("the same secret twice looks the same")
	}
	if got, err := box.Open(sealed, []byte("row 1")); err != nil || string(got) != "secret" {
		t.Fatalf("%q, %v", got, err)
	}
	changed := bytes.Clone(sealed)
	changed[len(changed)-1]++
	for name, try := range map[string]func() ([]byte, error){
		"another row":     func() ([]byte, error) { return box.Open(sealed, []byte("row 2")) },
		"another purpose": func() ([]byte, error) { return New(key, "mail").Open(sealed, []byte("row 1")) },
		"another key":     func() ([]byte, error) { return New(bytes.Repeat([]byte{8}, 32), "totp").Open(sealed, []byte("row 1")) },
		"changed":         func() ([]byte, error) { return box.Open(changed, []byte("row 1")) },
		"too short":       func() ([]byte, error) { return box.Open([]byte("x"), []byte("row 1")) },
	} {
		if got, err := try(); !errors.Is(err, ErrSealed) || got != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestTokensDiffer(t *testing.T) {
	a, b := Token(), Token()
	if a == b || len(a) != 43 || bytes.Equal(Hash(a), Hash(b)) || !bytes.Equal(Hash(a), Hash(a)) {
		t.Errorf("%q, %q", a, b)
	}
}

func TestCodesAreSixDigits(t *testing.T) {
	seen := map[string]bool{}
	for range 200 {
		c := Code()
		if len(c) != 6 || Digits(c) != c {
			t.Fatalf("%q is no code", c)
		}
		seen[c] = true
	}
	if len(seen) < 190 {
		t.Errorf("200 codes, and %d different ones", len(seen))
	}
	for in, want := range map[string]string{"123 456": "123456", " 12-34-56 ": "123456", "000000": "000000", "": "", "12345": "12345",
		"1234567": "", "12345a": "", "１２３４５６": ""} {
		if got := Digits(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestKeyedNeedsTheKeyAndThePurpose(t *testing.T) {
	key, other := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	code := []byte("123456")
	if !bytes.Equal(Keyed(key, "a", code), Keyed(key, "a", []byte("123"), []byte("456"))) {
		t.Error("the parts do not stand one after the other")
	}
	for _, x := range [][]byte{Keyed(other, "a", code), Keyed(key, "b", code), Keyed(key, "a", []byte("123457"))} {
		if bytes.Equal(x, Keyed(key, "a", code)) {
			t.Error("another key, purpose or code gives the same")
		}
	}
}
