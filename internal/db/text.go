package db

import "strings"

// Plain is text as both databases can hold it: what is no UTF-8 and the character 0 are left out.
func Plain(s string) string { return strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", "") }
