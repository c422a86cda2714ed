package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"polder/internal/i18n"
)

const languageCookie = "polder_lang"

// language chooses the reader's language: ?lang=, which also sets a cookie; else the cookie; else Accept-Language; else
// Dutch. There is no redirect, so no address of another site can come into it.
func (s *Site) language(w http.ResponseWriter, r *http.Request) (p *i18n.Printer, chosen bool) {
	w.Header().Add("Vary", "Accept-Language, Cookie")
	if asked := r.URL.Query().Get("lang"); slices.Contains(i18n.Languages, asked) {
		http.SetCookie(w, &http.Cookie{
			Name: languageCookie, Value: asked, Path: "/", MaxAge: 365 * 24 * 60 * 60,
			HttpOnly: true, Secure: s.https, SameSite: http.SameSiteLaxMode,
		})
		return s.catalog.For(asked), true
	}
	if c, err := r.Cookie(languageCookie); err == nil && slices.Contains(i18n.Languages, c.Value) {
		return s.catalog.For(c.Value), true
	}
	return s.catalog.For(accepted(r.Header.Get("Accept-Language"))), false
}

// Suggest makes this request's page speak lang, unless the reader chose a language with ?lang= or has chosen one before.
// It goes before what the browser says: whoever was written to in a language reads the page behind the link in it.
func Suggest(r *http.Request, lang string) {
	q, ok := r.Context().Value(key{}).(*request)
	if ok && !q.chosen && slices.Contains(i18n.Languages, lang) {
		q.printer = q.catalog.For(lang)
	}
}

// accepted gives the language that an Accept-Language header wants most. Equal wants go to the first named.
func accepted(header string) string {
	best, most := i18n.Dutch, 0.0
	for part := range strings.SplitSeq(header, ",") {
		tag, q := weighted(part)
		base, _, _ := strings.Cut(tag, "-")
		if q > most && slices.Contains(i18n.Languages, base) {
			best, most = base, q
		}
	}
	return best
}

// weighted reads "en-GB;q=0.8". A weight that cannot be read counts as none.
func weighted(part string) (name string, q float64) {
	name, rest, _ := strings.Cut(strings.ToLower(strings.TrimSpace(part)), ";")
	q = 1
	for param := range strings.SplitSeq(rest, ";") {
		if value, found := strings.CutPrefix(strings.TrimSpace(param), "q="); found {
			var err error
			if q, err = strconv.ParseFloat(value, 64); err != nil || q < 0 || q > 1 {
				q = 0
			}
		}
	}
	return strings.TrimSpace(name), q
}

// languageLinks are the same page in the other languages. An address that begins with "?" cannot leave the page.
func languageLinks(r *http.Request, p *i18n.Printer) []Link {
	var links []Link
	for _, lang := range i18n.Languages {
		if lang == p.Lang() {
			continue
		}
		query := r.URL.Query()
		query.Set("lang", lang)
		links = append(links, Link{Text: p.T("web.language." + lang), URL: "?" + query.Encode(), Lang: lang})
	}
	return links
}
