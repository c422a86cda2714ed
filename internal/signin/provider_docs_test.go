package signin

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The file of providers in docs/operate.md can be used as it stands there.
func TestProvidersInTheManual(t *testing.T) {
	text, err := os.ReadFile("../../docs/operate.md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("(?s)```\n(- key: .*?)\n```").FindSubmatch(text)
	if m == nil {
		t.Fatal("docs/operate.md has no example")
	}
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := regexp.MustCompile(`/etc/polder/\w+\.secret`).ReplaceAllString(string(m[1]), secret)
	list, err := readProviders(strings.NewReader(file))
	if err != nil || len(list) != 2 || list[0].Create || !list[1].Create || len(list[1].Levels) != 2 {
		t.Errorf("%+v %v", list, err)
	}
}
