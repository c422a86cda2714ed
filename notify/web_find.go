package notify

import (
	"polder/internal/i18n"
	"polder/internal/web"
)

// StateTag is how a page shows where an exposure stands.
func StateTag(say *i18n.Printer, e Exposure) web.Status { return stateTag(say, e) }

// Subject is what an exposure is about in few characters: "192.0.2.7:3389".
func (e Exposure) Subject() string { return e.subject() }
