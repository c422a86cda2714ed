// Package securitytxt reads the file in which the owner of a domain says where to report that
// something is wrong: security.txt, RFC 9116.
//
// What it finds wrong has the codes of sectxt, the validator of the Dutch Digital Trust Center, so
// that an owner who checks the file elsewhere reads the same. It differs in one thing: a file that
// is larger than a person would write is not read to its end (too_large). As in sectxt, a signature
// must be well formed and is not verified.
//
// The package is pure: bytes in, fields and problems out. It never fails, whatever it is given.
package securitytxt

import (
	"bytes"
	"cmp"
	"mime"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/language"
)

// Limits of what is read of a file.
const (
	MaxSize  = 64 << 10 // bytes
	maxLines = 1000
	maxLine  = 2048 // bytes
)

// Level tells how bad a problem is.
type Level uint8

// The levels: a file with an Error is not valid.
const (
	Error Level = iota
	Recommendation
	Notification
)

// Problem is one thing that is wrong, by its code in sectxt.
type Problem struct {
	Code  string
	Level Level
	Line  int // 1 is the first; 0: it is about the file as a whole
}

// Found says where and how a file was found. The zero value checks a file by itself.
type Found struct {
	First, Last string // the address that was asked, and the one that answered after redirects
	Served      bool   // by a web server: then Type and NoType count
	Type        string // the header Content-Type
	BadCert     bool   // the certificate is not one to trust
}

// File is what a file says, and what is wrong with it.
type File struct {
	Contact     []string // URIs, in the owner's order of preference
	Canonical   []string
	Encryption  []string
	Policy      []string
	CSAF        []string
	Languages   []string // preferred, as they stand there
	Expires     time.Time
	Signed      bool // has the form of a signed file; nobody has verified it
	Problems    []Problem
	values      map[string][]string
	lines       []string
	armorStarts int
}

// Valid tells whether the file has no errors.
func (f *File) Valid() bool {
	return !slices.ContainsFunc(f.Problems, func(p Problem) bool { return p.Level == Error })
}

// Has tells whether the file has the problem.
func (f *File) Has(code string) bool {
	return slices.ContainsFunc(f.Problems, func(p Problem) bool { return p.Code == code })
}

// Missing is what there is to say of a domain without a file.
func Missing(badCert bool) *File {
	f := &File{}
	if badCert {
		f.add("invalid_cert", Error, 0)
	}
	f.add("no_security_txt", Error, 0)
	return f
}

func (f *File) add(code string, level Level, line int) {
	f.Problems = append(f.Problems, Problem{code, level, line})
}

// uris are the fields whose value is a URI.
var uris = []string{"acknowledgments", "canonical", "contact", "encryption", "hiring", "policy", "csaf"}

// Parse reads a file, by the clock given.
func Parse(content []byte, found Found, now time.Time) *File {
	f := &File{values: map[string][]string{}}
	f.served(found)
	if len(content) > MaxSize {
		f.add("too_large", Error, 0)
		content = content[:MaxSize]
	}
	if rest, ok := bytes.CutPrefix(content, []byte("\xef\xbb\xbf")); ok {
		content = rest
		f.add("bom_in_file", Error, 0)
	}
	if !utf8.Valid(content) {
		f.add("utf8", Error, 0)
		content = bytes.ToValidUTF8(content, []byte("\uFFFD"))
	}
	f.lines = strings.Split(string(content), "\n")
	if len(f.lines) > maxLines {
		f.add("too_large", Error, maxLines+1)
		f.lines = f.lines[:maxLines]
	}
	r := reader{f: f, now: now}
	for i, line := range f.lines {
		r.at = i + 1
		if i == len(f.lines)-1 && line != "" {
			f.add("no_line_separators", Error, r.at)
		}
		if len(line) > maxLine {
			f.add("too_large", Error, r.at)
			continue
		}
		r.line(strings.TrimRight(line, " \t\r\v\f"))
	}
	f.whole(found)
	f.Contact, f.Canonical, f.Encryption = f.values["contact"], f.values["canonical"], f.values["encryption"]
	f.Policy, f.CSAF = f.values["policy"], f.values["csaf"]
	f.lines = nil
	return f
}

// served looks at how the file came.
func (f *File) served(found Found) {
	if found.BadCert {
		f.add("invalid_cert", Error, 0)
	}
	if u, err := url.Parse(found.First); err == nil && found.First != "" {
		if u.Scheme != "https" {
			f.add("invalid_uri_scheme", Error, 0)
		}
		if u.Path != "/.well-known/security.txt" {
			f.add("location", Error, 0)
		}
	}
	if !found.Served {
		return
	}
	if found.Type == "" {
		f.add("no_content_type", Error, 0)
		return
	}
	media, params, err := mime.ParseMediaType(found.Type)
	if err != nil && media == "" || media != "text/plain" {
		f.add("invalid_media", Error, 0)
	}
	if charset := strings.ToLower(cmp.Or(params["charset"], "utf-8")); charset != "utf-8" && charset != "csutf8" {
		f.add("invalid_charset", Error, 0)
	}
}

// whole looks at what the fields say together.
func (f *File) whole(found Found) {
	switch n := len(f.values["expires"]); {
	case n == 0:
		f.add("no_expire", Error, 0)
	case n > 1:
		f.add("multi_expire", Error, 0)
	}
	canonical := f.values["canonical"]
	if len(canonical) > 0 && found.First != "" && !slices.Contains(canonical, found.First) && !slices.Contains(canonical, cmp.Or(found.Last, found.First)) {
		f.add("no_canonical_match", Error, 0)
	}
	contact := f.values["contact"]
	if len(contact) == 0 {
		f.add("no_contact", Error, 0)
	} else if len(f.values["encryption"]) == 0 && slices.ContainsFunc(contact, func(c string) bool { return strings.HasPrefix(c, "mailto:") }) {
		f.add("no_encryption", Recommendation, 0)
	}
	if len(f.values["preferred-languages"]) > 1 {
		f.add("multi_lang", Error, 0)
	}
	if len(f.values["csaf"]) > 1 {
		f.add("multiple_csaf_fields", Recommendation, 0)
	}
	if !f.Signed {
		f.add("not_signed", Recommendation, 0)
	} else if len(canonical) == 0 {
		f.add("no_canonical", Recommendation, 0)
	}
}

// reader goes through the lines.
type reader struct {
	f                  *File
	now                time.Time
	at                 int
	inSignature, ended bool
}

func (r *reader) add(code string, level Level) { r.f.add(code, level, r.at) }

func (r *reader) line(line string) {
	switch f := r.f; {
	case r.inSignature:
		if line == endSignature {
			r.inSignature, r.ended = false, true
		}
	case r.ended:
		if line != "" {
			r.add("data_after_sig", Error)
		} else if r.at < len(f.lines) {
			r.add("pgp_envelope_ws", Recommendation)
		}
	case line == beginMessage:
		if r.at != 1 {
			r.add("signed_format_issue", Error)
		}
		if f.Signed = true; f.armorStarts == 0 { // a second one is part of what is wrong with the first
			f.armorStarts++
			if code := checkArmor(f.lines[r.at-1:]); code != "" {
				r.add(code, Error)
			}
		}
	case line == beginSignature && f.Signed:
		r.inSignature = true
	default:
		if f.Signed {
			line = strings.TrimPrefix(line, "- ") // dash-escaped
		}
		r.field(line)
	}
}

func (r *reader) field(line string) {
	f := r.f
	if line == "" || strings.HasPrefix(line, "#") {
		return
	}
	key, value, found := strings.Cut(line, ":")
	if !found {
		r.add("invalid_line", Error)
		return
	}
	key = strings.ToLower(key)
	if trimmed := strings.TrimRight(key, " \t"); trimmed != key {
		r.add("prec_ws", Error)
		key = trimmed
	}
	if value != "" && value[0] != ' ' {
		r.add("no_space", Error)
	}
	value = strings.TrimSpace(value)
	switch {
	case key == "hash" && f.Signed:
		return
	case key == "":
		r.add("empty_key", Error)
		return
	case value == "":
		r.add("empty_value", Error)
		return
	case slices.Contains(uris, key):
		r.uri(key, value)
	case key == "expires":
		r.expires(value)
	case key == "preferred-languages":
		r.languages(value)
	default:
		r.add("unknown_field", Notification)
	}
	f.values[key] = append(f.values[key], value)
}

var scheme = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*):`)

func (r *reader) uri(key, value string) {
	m := scheme.FindStringSubmatch(value)
	switch {
	case m == nil:
		r.add("no_uri", Error)
	case strings.EqualFold(m[1], "http"):
		r.add("no_https", Error)
	}
	if key == "csaf" && !strings.HasSuffix(value, "provider-metadata.json") {
		r.add("no_csaf_file", Error)
	}
}

var isoTime = regexp.MustCompile(`(?i)^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[-+]\d{2}:\d{2})$`)

// notISO are ways in which people write a date that is not valid here, but can be understood.
var notISO = []string{time.RFC1123Z, time.RFC1123, "Mon, 2 Jan 2006 15:04:05 -0700", time.RFC850, time.DateOnly, "2006-01-02T15:04Z07:00"}

func (r *reader) expires(value string) {
	var at time.Time
	var err error
	if isoTime.MatchString(value) {
		at, err = time.Parse(time.RFC3339Nano, strings.ToUpper(strings.Replace(value, " ", "T", 1)))
	} else {
		r.add("invalid_expiry", Error)
		for _, layout := range notISO {
			if at, err = time.Parse(layout, value); err == nil {
				break
			}
		}
		if err != nil {
			return
		}
	}
	switch {
	case err != nil:
		r.add("invalid_expiry", Error)
		return
	case at.After(r.now.AddDate(1, 0, 0)):
		r.add("long_expiry", Recommendation)
	case at.Before(r.now):
		r.add("expired", Error)
	}
	if r.f.Expires.IsZero() {
		r.f.Expires = at.UTC()
	}
}

func (r *reader) languages(value string) {
	list := strings.Split(value, ",")
	for i, tag := range list {
		list[i] = strings.TrimSpace(tag)
		if !knownLanguage(list[i]) {
			r.add("invalid_lang", Error)
		}
	}
	if r.f.Languages == nil {
		r.f.Languages = list
	}
}

// knownLanguage tells whether a tag is well formed and made of subtags that are registered (RFC 5646).
func knownLanguage(tag string) bool {
	if first, _, _ := strings.Cut(tag, "-"); len(first) > 3 || len(tag) > 100 {
		return false // no language of more than three letters has ever been registered
	}
	_, err := language.Parse(tag)
	return err == nil && !strings.Contains(tag, "_")
}
