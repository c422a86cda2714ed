package securitytxt

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

//go:embed testdata/*.txt
var files embed.FS

var now = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)

func file(t testing.TB, name string) string {
	t.Helper()
	b, err := files.ReadFile("testdata/" + name + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// codes lists the problems of a level as "code" or "code@line", in order.
func codes(f *File, level Level) string {
	var list []string
	for _, p := range f.Problems {
		if p.Level != level {
			continue
		}
		if p.Line == 0 {
			list = append(list, p.Code)
		} else {
			list = append(list, fmt.Sprintf("%s@%d", p.Code, p.Line))
		}
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// Each code of sectxt, by a file of our own that has just that wrong with it.
func TestCodes(t *testing.T) {
	plain, signed := file(t, "plain"), file(t, "signed")
	at := "https://waterschap.example/.well-known/security.txt"
	edit := func(s, old, new string) string {
		if !strings.Contains(s, old) {
			t.Fatalf("%q is not in the file", old)
		}
		return strings.Replace(s, old, new, 1)
	}
	for name, c := range map[string]struct {
		text      string
		found     Found
		errors    string
		recommend string
		notify    string
	}{
		"good":                  {text: plain, recommend: "not_signed"},
		"good, served":          {text: plain, found: Found{First: at, Served: true, Type: "text/plain; charset=utf-8"}, recommend: "not_signed"},
		"CRLF":                  {text: strings.ReplaceAll(plain, "\n", "\r\n"), recommend: "not_signed"},
		"csutf8":                {text: plain, found: Found{First: at, Served: true, Type: "TEXT/PLAIN; charset=csUTF8"}, recommend: "not_signed"},
		"location":              {text: plain, found: Found{First: "https://waterschap.example/security.txt", Last: at}, errors: "location", recommend: "not_signed"},
		"invalid_uri_scheme":    {text: plain, found: Found{First: "http://waterschap.example/.well-known/security.txt", Last: at}, errors: "invalid_uri_scheme", recommend: "not_signed"},
		"invalid_cert":          {text: plain, found: Found{BadCert: true}, errors: "invalid_cert", recommend: "not_signed"},
		"no_content_type":       {text: plain, found: Found{First: at, Served: true}, errors: "no_content_type", recommend: "not_signed"},
		"invalid_media":         {text: plain, found: Found{First: at, Served: true, Type: "text/html"}, errors: "invalid_media", recommend: "not_signed"},
		"invalid_media, broken": {text: plain, found: Found{First: at, Served: true, Type: ";;"}, errors: "invalid_media", recommend: "not_signed"},
		"invalid_charset":       {text: plain, found: Found{First: at, Served: true, Type: "text/plain; charset=iso-8859-1"}, errors: "invalid_charset", recommend: "not_signed"},
		"utf8":                  {text: plain + "# \xff\n", errors: "utf8", recommend: "not_signed"},
		"bom_in_file":           {text: "\xef\xbb\xbf" + plain, errors: "bom_in_file", recommend: "not_signed"},
		"no_expire":             {text: edit(plain, "Expires: 2026-06-30T22:00:00Z\n", ""), errors: "no_expire", recommend: "not_signed"},
		"multi_expire":          {text: plain + "Expires: 2026-06-30T22:00:00Z\n", errors: "multi_expire", recommend: "not_signed"},
		"invalid_expiry":        {text: edit(plain, "2026-06-30T22:00:00Z", "Nonsense"), errors: "invalid_expiry@4", recommend: "not_signed"},
		"invalid_expiry, mail":  {text: edit(plain, "2026-06-30T22:00:00Z", "Thu, 15 Sep 2022 06:03:46 -0700"), errors: "expired@4 invalid_expiry@4", recommend: "not_signed"},
		"invalid_expiry, day":   {text: edit(plain, "2026-06-30T22:00:00Z", "2026-02-31T00:00:00Z"), errors: "invalid_expiry@4", recommend: "not_signed"},
		"expiry, small letters": {text: edit(plain, "2026-06-30T22:00:00Z", "2026-06-30t22:00:00.5+01:00"), recommend: "not_signed"},
		"expired":               {text: edit(plain, "2026-06-30T22:00:00Z", "2026-01-05T07:59:59Z"), errors: "expired@4", recommend: "not_signed"},
		"long_expiry":           {text: edit(plain, "2026-06-30T22:00:00Z", "2027-01-05T08:00:01Z"), recommend: "long_expiry@4 not_signed"},
		"no_contact":            {text: edit(plain, "Contact: mailto:beveiliging@waterschap.example\n", ""), errors: "no_contact", recommend: "not_signed"},
		"no_canonical_match":    {text: plain, found: Found{First: "https://other.example/.well-known/security.txt"}, errors: "no_canonical_match", recommend: "not_signed"},
		"canonical, redirected": {text: plain, found: Found{First: "https://other.example/.well-known/security.txt", Last: at}, recommend: "not_signed"},
		"canonical, first":      {text: plain, found: Found{First: at, Last: "https://www.waterschap.example/x"}, recommend: "not_signed"},
		"invalid_lang":          {text: edit(plain, "nl, en", "English"), errors: "invalid_lang@5", recommend: "not_signed"},
		"invalid_lang, mixed":   {text: edit(plain, "nl, en", "nl, Invalid"), errors: "invalid_lang@5", recommend: "not_signed"},
		"invalid_lang, empty":   {text: edit(plain, "nl, en", "nl,"), errors: "invalid_lang@5", recommend: "not_signed"},
		"lang, any case":        {text: edit(plain, "nl, en", "En, dUT, nl-BE"), recommend: "not_signed"},
		"multi_lang":            {text: plain + "Preferred-Languages: de\n", errors: "multi_lang", recommend: "not_signed"},
		"no_uri":                {text: edit(plain, "mailto:beveiliging", "beveiliging"), errors: "no_uri@2", recommend: "not_signed"},
		"no_https":              {text: plain + "Policy: http://waterschap.example/beleid\n", errors: "no_https@7", recommend: "not_signed"},
		"no_https, csaf":        {text: plain + "CSAF: HTTP://a.example/provider-metadata.json\n", errors: "no_https@7", recommend: "not_signed"},
		"prec_ws":               {text: edit(plain, "Encryption:", "Encryption :"), errors: "prec_ws@3", recommend: "not_signed"},
		"no_space":              {text: edit(plain, "Encryption: ", "Encryption:"), errors: "no_space@3", recommend: "not_signed"},
		"empty_key":             {text: plain + ": x\n", errors: "empty_key@7", recommend: "not_signed"},
		"empty_key, space":      {text: plain + " : x\n", errors: "empty_key@7 prec_ws@7", recommend: "not_signed"},
		"empty_value":           {text: plain + "Policy: \n", errors: "empty_value@7", recommend: "not_signed"},
		"invalid_line":          {text: plain + "Groeten\n", errors: "invalid_line@7", recommend: "not_signed"},
		"no_line_separators":    {text: strings.TrimSuffix(plain, "\n"), errors: "no_line_separators@6", recommend: "not_signed"},
		"no_csaf_file":          {text: plain + "CSAF: https://a.example/other.json\n", errors: "no_csaf_file@7", recommend: "not_signed"},
		"multiple_csaf_fields":  {text: plain + strings.Repeat("CSAF: https://a.example/provider-metadata.json\n", 2), recommend: "multiple_csaf_fields not_signed"},
		"no_encryption":         {text: edit(plain, "Encryption: https://waterschap.example/sleutel.txt\n", ""), recommend: "no_encryption not_signed"},
		"unknown_field":         {text: plain + "Laatst-bijgewerkt: gisteren\n", recommend: "not_signed", notify: "unknown_field@7"},
		"signed":                {text: signed},
		"signed, escaped":       {text: edit(signed, "Expires", "- Expires")},
		"no_canonical":          {text: edit(signed, "Canonical: https://waterschap.example/.well-known/security.txt\n", ""), recommend: "no_canonical"},
		"signed_format_issue":   {text: "\r\n" + signed, errors: "signed_format_issue@2"},
		"data_after_sig":        {text: signed + "Contact: mailto:x@example.org\n", errors: "data_after_sig@18"},
		"pgp_envelope_ws":       {text: signed + "\n", recommend: "pgp_envelope_ws@18"},
		"pgp_data_error, none":  {text: edit(signed, beginSignature+"\n", "\n"), errors: "invalid_line@12 invalid_line@13 invalid_line@14 invalid_line@15 invalid_line@16 invalid_line@17 pgp_data_error@1"},
		"pgp_data_error, dash":  {text: edit(signed, beginSignature, beginSignature+"\n- \n"), errors: "pgp_data_error@1"},
		"pgp_data_error, twice": {text: edit(signed, beginSignature, beginSignature+"\n"+beginSignature), errors: "pgp_data_error@1"},
		"pgp_error, base64":     {text: edit(signed, "wpwEAQEIABAFAmTHcawJ", "wpwEAQEIABAFAmTHc"), errors: "pgp_error@1"},
		"pgp_error, no packet":  {text: edit(signed, "wpwEAQEI", "AAAAAAAA"), errors: "pgp_error@1"},
		"too_large":             {text: plain + strings.Repeat("#", MaxSize), errors: "no_line_separators@7 too_large too_large@7", recommend: "not_signed"},
		"too_large, line":       {text: plain + "# " + strings.Repeat("x", maxLine) + "\n", errors: "too_large@7", recommend: "not_signed"},
		"too_large, lines":      {text: plain + strings.Repeat("\n", maxLines), errors: "too_large@1001", recommend: "not_signed"},
		"empty":                 {text: "", errors: "no_contact no_expire", recommend: "not_signed"},
	} {
		t.Run(name, func(t *testing.T) {
			f := Parse([]byte(c.text), c.found, now)
			for level, want := range []string{c.errors, c.recommend, c.notify} {
				if got := codes(f, Level(level)); got != want {
					t.Errorf("level %d: got %q, want %q", level, got, want)
				}
			}
			if f.Valid() != (c.errors == "") {
				t.Error("valid:", f.Valid())
			}
		})
	}
	if got := codes(Missing(true), Error); got != "invalid_cert no_security_txt" {
		t.Error(got)
	}
}

func TestFields(t *testing.T) {
	f := Parse([]byte(file(t, "signed")), Found{}, now)
	if !f.Signed || len(f.Contact) != 2 || f.Contact[0] != "mailto:beveiliging@waterschap.example" || f.Contact[1] != "https://waterschap.example/melden" ||
		len(f.Canonical) != 1 || len(f.Encryption) != 1 || !f.Expires.Equal(time.Date(2026, 6, 30, 22, 0, 0, 0, time.UTC)) || strings.Join(f.Languages, " ") != "nl en" {
		t.Errorf("%+v", f)
	}
	// What stands after the signature was not signed, and is not read.
	f = Parse([]byte(file(t, "signed")+"Contact: mailto:eve@example.org\n"), Found{}, now)
	if len(f.Contact) != 2 || f.Valid() {
		t.Errorf("%+v", f)
	}
}

func TestMail(t *testing.T) {
	for uri, want := range map[string]string{
		"mailto:a@b.example":                        "a@b.example",
		"MAILTO:A.b@B.Example":                      "A.b@b.example",
		"mailto:security%2Burgent@b.example":        "security+urgent@b.example",
		"mailto:a@b.example?bcc=c@d.example":        "",
		"mailto:a@b.example?subject=x":              "",
		"mailto:a@b.example,c@d.example":            "",
		"mailto:a@b.example%2Cc@d.example":          "",
		"mailto:a@b.example%0d%0aBcc:c@d.example":   "",
		"mailto:%22a%20b%22@b.example":              "", // quoted local part
		"mailto:Naam%20%3Ca@b.example%3E":           "",
		"mailto:a@b":                                "",
		"mailto:a@[192.0.2.1]":                      "",
		"mailto:a@b\u0430nk.example":                "", // a Cyrillic letter
		"mailto:\u0430@bank.example":                "",
		"mailto:":                                   "",
		"mailto:a%@b.example":                       "",
		"mailto:a@@b.example":                       "",
		"mailto:a..b@b.example":                     "",
		"https://b.example/a@b.example":             "",
		"tel:+31850000000":                          "",
		"mailto:" + strings.Repeat("a", 600) + "@x": "",
	} {
		got, ok := Mail(uri)
		if got != want || ok != (want != "") {
			t.Errorf("%s: %q, %v", uri, got, ok)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(file(f, "plain")))
	f.Add([]byte(file(f, "signed")))
	f.Add([]byte("\xef\xbb\xbfContact :x\r\n\x00:\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got := Parse(b, Found{First: "https://a.example/.well-known/security.txt", Served: true, Type: "text/plain"}, now)
		if len(got.Problems) > 4*maxLines+20 {
			t.Errorf("%d problems", len(got.Problems))
		}
		if got.Valid() && (len(got.Contact) == 0 || got.Expires.IsZero()) {
			t.Error("valid without a contact or an end")
		}
		for _, c := range got.Contact {
			if a, ok := Mail(c); ok && (strings.Count(a, "@") != 1 || strings.ContainsAny(a, "\r\n \"<>,;:()[]\\?%")) {
				t.Errorf("%q", a)
			}
		}
	})
}
