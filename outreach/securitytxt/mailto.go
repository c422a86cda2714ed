package securitytxt

import (
	"net/mail"
	"net/url"
	"regexp"
	"strings"
)

var plainAddress = regexp.MustCompile(`^[A-Za-z0-9!#$&'*+/=?^_{|}~-]+(\.[A-Za-z0-9!#$&'*+/=?^_{|}~-]+)*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$`)

// Mail returns the one mail address that a mailto URI (RFC 6068) names, and whether it names one that
// can be used: an address in ASCII with a host name, unquoted, and nothing beside it. What follows a
// question mark (subject, bcc, body) is what a stranger would have us write, and makes it unusable.
func Mail(uri string) (address string, ok bool) {
	rest, found := cutPrefixFold(uri, "mailto:")
	if !found || len(rest) > 500 || strings.ContainsAny(rest, "?#") {
		return "", false
	}
	decoded, err := url.PathUnescape(rest)
	if err != nil || len(decoded) > 254 || !plainAddress.MatchString(decoded) {
		return "", false
	}
	parsed, err := mail.ParseAddress(decoded)
	if err != nil || parsed.Address != decoded {
		return "", false
	}
	local, domain, _ := strings.Cut(decoded, "@")
	return local + "@" + strings.ToLower(domain), true
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return "", false
	}
	return s[len(prefix):], true
}
