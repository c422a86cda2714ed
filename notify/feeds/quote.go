package feeds

import "strconv"

// quote puts a value from a report into an error sentence: quoted, at most 80
// bytes of it, nothing that could break a line or a terminal.
func quote(s string) string {
	if len(s) > 80 {
		s = s[:80] + "..."
	}
	return strconv.QuoteToGraphic(s)
}
