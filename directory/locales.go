package directory

import (
	"embed"
	"io/fs"
)

//go:embed locales/*.yaml
var locales embed.FS

// Locales are the messages of the pages and the API.
func Locales() fs.FS { return locales }
