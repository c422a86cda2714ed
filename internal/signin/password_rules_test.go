package signin

import (
	"strings"
	"testing"

	"polder/internal/fault"
)

func TestPasswordRules(t *testing.T) {
	for password, want := range map[string]string{
		"correct horse battery staple": "", "vijf groene fietsen": "", "fJ3!kq9-zLw2": "", "de kat zat op het dak": "",
		"ñandú über straße": "", strings.Repeat("abcdefg1 ", 14): "", "          x7k2m9q": "",
		"kort": "short", "elf tekens!": "short", strings.Repeat("ab3 kq", 22): "long",
		"123456789012": "common", "aaaaaaaaaaaa": "guessable", "abcabcabcabc": "guessable", "qwertyuiop12": "common",
		"Welkom2026!!": "common", "Winter2025!?": "common", "W1nter2025!?": "guessable", "PolderPolder1": "guessable", "wachtwoord123": "common",
		"anna.jansen1!": "guessable", "Bakkerij2026": "guessable", "Jansen-Jansen": "guessable", "sunshine2024!": "common", "P@ssw0rd2024": "common",
		"Meldpunt2026!": "guessable", "zaq12wsxcde3": "common",
		"met\x00nul erin abc": "characters",
	} {
		_, err := PasswordOf(password, "Anna Jansen", "anna.jansen@bakkerij.example", "Meldpunt Polder")
		key, _ := fault.Public(err)
		if got := strings.TrimPrefix(key, "signin.wrong.password_"); got != want {
			t.Errorf("%q: %q, want %q", password, got, want)
		}
	}
	// The same password typed on a Mac and on Windows is one password.
	a, _ := PasswordOf("cafe\u0301 met drie tafels", "", "", "")
	b, _ := PasswordOf("caf\u00e9 met drie tafels", "", "", "")
	if a != b || a == "" {
		t.Errorf("%q is not %q", a, b)
	}
}
