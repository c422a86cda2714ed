package directory

import (
	"polder/internal/i18n"
	"polder/internal/web"
)

// StateTag is how a page shows where an organisation stands.
func StateTag(say *i18n.Printer, s State) web.Status { return stateTag(say, s) }
