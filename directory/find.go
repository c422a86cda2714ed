package directory

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"polder/internal/actor"
	"polder/internal/db"
)

// finders are the staff who may look for any organisation by its name.
const finders = actor.Analyst | actor.Adviser | actor.CaseHandler

// Find returns at most limit organisations, in the caller's transaction, to staff: by reference, number or
// domain; then those whose name begins with what is asked; then those whose name holds each of its words,
// or words that begin so.
func (d *Directory) Find(ctx context.Context, tx *db.Tx, q string, limit int) (list []Organisation, err error) {
	if a := actor.From(ctx); a.Account.IsZero() || !a.Staff.Any(finders) {
		return nil, hidden()
	}
	q = strings.Join(strings.Fields(q), " ")
	if q == "" || len(q) > 400 {
		return nil, nil
	}
	num, err := number("kvk", q)
	if err != nil {
		num = ""
	}
	dom, err := domain(q)
	if err != nil {
		dom = ""
	}
	if list, err = exactly(ctx, tx, q, num, dom, limit); err != nil || len(list) > 0 {
		return list, err
	}
	if list, err = beginning(ctx, tx, q, Cursor{}, limit); err != nil || len(list) >= limit {
		return list, err
	}
	more, err := withWords(ctx, tx, wordsOf(q), limit)
	for _, o := range more {
		if len(list) < limit && !slices.ContainsFunc(list, func(x Organisation) bool { return x.ID == o.ID }) {
			list = append(list, o)
		}
	}
	return list, err
}

// mostWords is how many words are looked for.
const mostWords = 8

// wordsOf returns the words that a name must hold: letters and digits alone, so that none means
// anything to a database. One letter is a word only when there is no other.
func wordsOf(q string) (words []string) {
	all := strings.FieldsFunc(strings.ToLower(q), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) })
	for _, w := range all {
		if len([]rune(w)) > 1 && len(words) < mostWords {
			words = append(words, w)
		}
	}
	if len(words) == 0 {
		return all[:min(len(all), 1)]
	}
	return words
}
