package web

import "net/http"

// policy lets a page use what this site serves, and nothing else: no inline style or script, no frame, no plug-in.
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; script-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// baseHeaders go on every answer, also where there is no route. An address without a route may be a secret link with a
// typing error, so the start is as strict as ByToken; a route that is not secret loosens it.
func (s *Site) baseHeaders(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "browsing-topics=(), camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()")
	if s.https {
		// Browsers keep to these on https only, and complain of the first elsewhere.
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Strict-Transport-Security", "max-age=63072000")
	}
	s.accessHeaders(h, ByToken)
}

func (s *Site) accessHeaders(h http.Header, access Access) {
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "private, no-cache")
	h.Del("X-Robots-Tag")
	if access == ByToken {
		// Not "no-referrer": then a browser also says "Origin: null" of the page's own form, which cannot be told from a
		// stranger's where there is no Sec-Fetch-Site (plain http, iOS 15). This tells others the host, never the address.
		h.Set("Referrer-Policy", "strict-origin")
		h.Set("Cache-Control", "no-store")
	}
	if access.personal() {
		h.Set("Cache-Control", "no-store")
	}
	if access != Public {
		h.Set("X-Robots-Tag", "noindex, nofollow")
	}
}
