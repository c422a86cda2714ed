package directory

import "strings"

// scheme is how registration numbers of one register look. Countries differ: another one adds a line.
type scheme struct {
	Key    string
	Digits int // of the number; 0: there is no number
}

// schemes are the registers that we know, the usual one first.
var schemes = []scheme{
	{Key: "kvk", Digits: 8}, // Handelsregister of the Kamer van Koophandel
	{Key: "none"},           // not registered anywhere, or abroad
}

// number reads a registration number of a scheme, with or without spaces and dots, and returns it
// without. The error is an Invalid fault.
func number(key, s string) (string, error) {
	for _, x := range schemes {
		if x.Key != key {
			continue
		}
		s = strings.NewReplacer(" ", "", ".", "", "\u00a0", "").Replace(strings.TrimSpace(s))
		switch {
		case x.Digits == 0:
			return "", nil
		case s == "":
			return "", wrong("number", "directory.wrong.number_empty")
		case len(s) != x.Digits || strings.Trim(s, "0123456789") != "" || strings.Trim(s, "0") == "":
			return "", wrong("number", "directory.wrong.number")
		}
		return s, nil
	}
	return "", wrong("scheme", "directory.wrong.choice")
}
