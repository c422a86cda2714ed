package feeds

import (
	"net/netip"
	"strings"
)

// urlHost gives the host of a URL without port and user. A URL without a
// scheme has a host only if bare is true: "login.sh" may be a file.
func urlHost(u string, bare bool) string {
	if i := strings.Index(u, "://"); i >= 0 {
		u = u[i+3:]
	} else if rest, ok := strings.CutPrefix(u, "//"); ok {
		u = rest
	} else if !bare {
		return ""
	}
	if i := strings.IndexAny(u, `/?#\`); i >= 0 {
		u = u[:i]
	}
	if i := strings.LastIndexByte(u, '@'); i >= 0 {
		u = u[i+1:]
	}
	return hostOnly(u)
}

// hostOnly takes the port from a host and the brackets from an IPv6 address.
func hostOnly(h string) string {
	if rest, ok := strings.CutPrefix(h, "["); ok {
		inside, _, _ := strings.Cut(rest, "]")
		return inside
	}
	if i := strings.IndexByte(h, ':'); i >= 0 && strings.IndexByte(h[i+1:], ':') < 0 {
		return h[:i]
	}
	return h
}

// literal reads a host that is an IP address and not a name.
func literal(h string) (netip.Addr, bool) {
	if h == "" {
		return netip.Addr{}, false
	}
	last := h[len(h)-1]
	if (last < '0' || last > '9') && strings.IndexByte(h, ':') < 0 {
		return netip.Addr{}, false // every IPv4 address ends with a digit
	}
	addr, err := netip.ParseAddr(h)
	if err != nil {
		return netip.Addr{}, false
	}
	return addr.Unmap().WithZone(""), true
}
