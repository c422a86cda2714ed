package feeds

// Taxonomy gives the RSIT taxonomy of an RSIT type ("vulnerable" of
// "vulnerable-system"), "" of anything else.
func Taxonomy(class string) string { return "" }

// ParseClass gives the RSIT type that a name means: the type itself, or one of
// the older and misspelled names in use.
func ParseClass(name string) (class string, ok bool) { return "", false }
