package mail

import (
	"fmt"
	netmail "net/mail"
	"strings"
)

// Bare checks one mail address as a person or an operator writes it, without a name beside it, and
// returns it with its domain as lower-case A-labels; what stands before the @ stays as it is. What it
// returns can be sent to, and has a domain with a dot.
func Bare(s string) (string, error) {
	if len(s) > maxAddress {
		return "", fmt.Errorf("a mail address is longer than %d characters", maxAddress)
	}
	a, err := netmail.ParseAddress(s)
	if err != nil || a.Name != "" || a.Address != s || hasControl(s) {
		return "", fmt.Errorf("%q is not one bare mail address", s)
	}
	local, domain, _ := strings.Cut(s, "@")
	address, err := mailbox(local + "@" + strings.ToLower(domain))
	if err != nil {
		return "", err
	}
	if !strings.Contains(domain, ".") {
		return "", fmt.Errorf("%q has no valid domain name", s)
	}
	return address, nil
}
