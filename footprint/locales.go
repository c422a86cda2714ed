package footprint

import (
	"embed"
	"io/fs"
)

//go:embed locales/*.yaml
var locales embed.FS

// Locales are the messages of the API.
func Locales() fs.FS { return locales }
