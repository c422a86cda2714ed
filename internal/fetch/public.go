package fetch

import "net/netip"

// What is not somebody's machine on the public internet, by the IANA special-purpose registries, and
// the addresses at which clouds tell their machines secrets.
var inner = func() (all []netip.Prefix) {
	for _, s := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
		"192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
		"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
		"168.63.129.16/32", // Azure's own; Amazon's, Google's, Alibaba's and Oracle's lie in the ranges above
		// Of IPv6 only 2000::/3 is public (see Public); these lie in it.
		"2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
	} {
		all = append(all, netip.MustParsePrefix(s))
	}
	return all
}()

var unicast6 = netip.MustParsePrefix("2000::/3")

// Public tells whether an address is one on the public internet. An IPv4 address in an IPv6 one is
// not, however it is embedded: mapped, compatible, translated (NAT64), tunnelled (6to4, Teredo).
func Public(a netip.Addr) bool {
	if !a.IsValid() || a.Zone() != "" || a.Is6() && !unicast6.Contains(a) {
		return false
	}
	for _, p := range inner {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
