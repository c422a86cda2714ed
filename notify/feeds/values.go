package feeds

import (
	"net/netip"
	"strings"
)

// isCVE reports whether s is CVE-YYYY-N with four to nineteen digits, in any case.
func isCVE(s string) bool {
	if len(s) < len("CVE-2024-1234") || len(s) > len("CVE-2024-")+19 || s[3] != '-' || s[8] != '-' || !strings.EqualFold(s[:3], "CVE") {
		return false
	}
	for i := 4; i < len(s); i++ {
		if i != 8 && (s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return true
}

// parseAddr reads an address: unmapped, without a zone. 0.0.0.0 and :: are no
// address and no fault. The reason tells what is wrong, "" if nothing is.
func parseAddr(s string) (netip.Addr, string) {
	addr, err := netip.ParseAddr(s)
	if err != nil {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return netip.Addr{}, quote(s) + " is not an IP address"
		}
		if !p.IsSingleIP() {
			return netip.Addr{}, quote(s) + " is a network, not one IP address"
		}
		addr = p.Addr()
	}
	if addr.Is6() {
		addr = addr.Unmap().WithZone("")
	}
	if addr.IsUnspecified() {
		return netip.Addr{}, ""
	}
	return addr, ""
}

// parseNumber reads a decimal number from 0 to max.
func parseNumber(s string, max uint64) (uint64, bool) {
	if s == "" || len(s) > 10 {
		return 0, false
	}
	var n uint64
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + uint64(s[i]-'0')
	}
	return n, n <= max
}

// joinProduct puts the vendor before the product unless it stands there already.
func joinProduct(vendor, product string) string {
	switch {
	case vendor == "":
		return product
	case product == "":
		return vendor
	case len(product) >= len(vendor) && strings.EqualFold(product[:len(vendor)], vendor):
		return product
	}
	return vendor + " " + product
}

// typeName reads a report type: letters, digits and underscores, at most 64;
// hyphens are taken for underscores.
func typeName(s string) (string, bool) {
	s = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(s)), "-", "_")
	if s == "" || len(s) > 64 {
		return "", false
	}
	for i := range len(s) {
		if c := s[i]; c != '_' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return "", false
		}
	}
	return s, true
}
