package footprint

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"polder/internal/db"
)

// Kind is what sort of thing an organisation asks us to watch.
type Kind uint8

// The kinds of asset.
const (
	Prefix  Kind = iota + 1 // a range of addresses, "192.0.2.0/28"
	ASN                     // an autonomous system, "AS64500"
	Domain                  // a domain and all names below it, "example.nl"
	Product                 // a product in use; kept, not matched by findings
)

var kindNames = [...]string{"", "prefix", "asn", "domain", "product"}

// String returns the kind as files and tables name it.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return ""
}

// ParseKind reads what String returns.
func ParseKind(s string) (Kind, bool) {
	for k, name := range kindNames[1:] {
		if name == s {
			return Kind(k + 1), true
		}
	}
	return 0, false
}

// Role is what an organisation is to an asset.
type Role uint8

// The roles.
const (
	Owner    Role = iota + 1 // answers for the systems there
	Provider                 // carries them for others, and gets a copy of every finding
)

// String returns the role as files and tables name it.
func (r Role) String() string {
	switch r {
	case Owner:
		return "owner"
	case Provider:
		return "provider"
	}
	return ""
}

// ParseRole reads what String returns.
func ParseRole(s string) (Role, bool) {
	switch s {
	case "owner":
		return Owner, true
	case "provider":
		return Provider, true
	}
	return 0, false
}

// Asset is something that an organisation asks us to watch.
type Asset struct {
	ID           db.ID
	Organisation db.ID
	Kind         Kind
	Value        string // canonical
	Role         Role
	Shares       bool // proven by a route: it takes nothing from wider ranges and AS numbers
	Withdrawn    bool
	RegisteredAt time.Time
	Version      int64 // of the register, when this asset last changed
}

// Canonical checks a value of the kind and returns its one canonical form, or an error that says
// why it is refused.
func Canonical(kind Kind, value string) (string, error) {
	value = strings.TrimSpace(value)
	switch kind {
	case Prefix:
		p, err := ParsePrefix(value)
		if err != nil {
			return "", err
		}
		return p.String(), nil
	case ASN:
		n, err := ParseASN(value)
		if err != nil {
			return "", err
		}
		return "AS" + strconv.FormatUint(uint64(n), 10), nil
	case Domain:
		return ParseDomain(value)
	case Product:
		if value == "" || utf8.RuneCountInString(value) > 200 || !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl) {
			return "", fmt.Errorf("a product is 1 to 200 characters of plain text")
		}
		return value, nil
	}
	return "", fmt.Errorf("the kind is not known")
}

// Ranges that belong to nobody, or to everybody, by the IANA special-purpose registries. The
// documentation ranges are left out on purpose: nothing lives there, and manuals and demos use them.
var special = func() []netip.Prefix {
	var all []netip.Prefix
	for _, s := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
		"192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",
		"::/8", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/32", "2001:2::/48", "2002::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
	} {
		all = append(all, netip.MustParsePrefix(s))
	}
	return all
}()

// Widest ranges that one organisation can hold.
const (
	widest4 = 8
	widest6 = 16
)

// ParsePrefix reads a range of addresses, or one address, that one organisation can hold.
func ParsePrefix(s string) (netip.Prefix, error) {
	var p netip.Prefix
	if a, err := netip.ParseAddr(s); err == nil {
		if a.Zone() != "" {
			return p, fmt.Errorf("%q has a zone; give the address without %%%s", s, a.Zone())
		}
		p = netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen())
	} else if p, err = netip.ParsePrefix(s); err != nil {
		return p, fmt.Errorf("%q is not a range of addresses such as 192.0.2.0/28", s)
	}
	if p.Addr().Is4In6() {
		if p.Bits() < 96 {
			return p, fmt.Errorf("%q mixes IPv4 and IPv6; give the IPv4 range", s)
		}
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	if p != p.Masked() {
		return p, fmt.Errorf("%q has address bits behind the mask; did you mean %s", s, p.Masked())
	}
	if p.Addr().Is4() && p.Bits() < widest4 || p.Addr().Is6() && p.Bits() < widest6 {
		return p, fmt.Errorf("%s is too wide for one organisation; the widest is /%d for IPv4 and /%d for IPv6", p, widest4, widest6)
	}
	for _, sp := range special {
		if sp.Overlaps(p) {
			return p, fmt.Errorf("%s is private or reserved (%s); only public addresses can be watched", p, sp)
		}
	}
	return p, nil
}

// ParseASN reads the number of an autonomous system, with or without AS in front.
func ParseASN(s string) (uint32, error) {
	digits := s
	if len(s) > 2 && strings.EqualFold(s[:2], "AS") {
		digits = s[2:]
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || strings.HasPrefix(digits, "+") {
		return 0, fmt.Errorf("%q is not an AS number such as AS64500", s)
	}
	// RFC 7607, 4893, 6996, 7300; those for documentation (RFC 5398) are left to manuals and demos.
	if n == 0 || n == 23456 || n == 65535 || n >= 64512 && n <= 65534 || n >= 4200000000 {
		return 0, fmt.Errorf("AS%d is private or reserved; only public AS numbers can be watched", n)
	}
	return uint32(n), nil
}

// names that are never anybody's domain on the internet; RFC 2606's test and example are left to
// manuals and demos.
var specialNames = map[string]bool{"localhost": true, "local": true, "internal": true, "arpa": true, "onion": true, "invalid": true, "lan": true, "home": true, "corp": true, "alt": true}

// ParseDomain reads a domain that one organisation can hold, as lower-case A-labels without a dot
// at the end.
func ParseDomain(s string) (string, error) {
	if strings.ContainsAny(s, "/:@ ") {
		return "", fmt.Errorf("%q is not a bare domain such as example.nl", s)
	}
	name, ok := Normal(s)
	if !ok {
		return "", fmt.Errorf("%q is not a valid domain name", s)
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return "", fmt.Errorf("%q is an address; import it with kind prefix", s)
	}
	if last := name[strings.LastIndexByte(name, '.')+1:]; specialNames[last] || !strings.ContainsFunc(last, unicode.IsLetter) {
		return "", fmt.Errorf("%q ends in a name that is not used on the internet", s)
	}
	if !strings.Contains(name, ".") || isPublicSuffix(name) {
		return "", fmt.Errorf("%q is a public suffix, below which anybody can register; give the domain of one organisation", s)
	}
	return name, nil
}

func isPublicSuffix(name string) bool {
	suffix, _ := publicsuffix.PublicSuffix(name)
	return suffix == name
}

var toASCII = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false), idna.BidiRule())

// Normal returns a name as findings and the register compare it: A-labels, lower case, without a
// dot at the end and without a wildcard label in front. It tells whether this is a name at all:
// at most 253 bytes, labels of 1 to 63 bytes of letters, digits, hyphen and underscore. A name that
// is normal already comes back without a copy.
func Normal(name string) (string, bool) {
	name = strings.TrimSuffix(strings.TrimPrefix(name, "*."), ".")
	if name == "" || len(name) > 1000 {
		return "", false
	}
	lower := true
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c >= utf8.RuneSelf {
			ascii, err := toASCII.ToASCII(name)
			if err != nil {
				return "", false
			}
			name, lower = strings.TrimSuffix(ascii, "."), true
			break
		}
		if c >= 'A' && c <= 'Z' {
			lower = false
		}
	}
	if !lower {
		name = strings.ToLower(name)
	}
	if len(name) > 253 {
		return "", false
	}
	label := 0
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c == '.':
			if label == 0 || label > 63 {
				return "", false
			}
			label = 0
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_':
			label++
		default:
			return "", false
		}
	}
	return name, label > 0 && label <= 63
}
