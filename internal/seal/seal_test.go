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
