package signin

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"polder/internal/fault"
)

// The limits of a password, in characters. There are no rules on which characters.
const (
	shortestPassword = 12
	longestPassword  = 128
)

//go:embed common/passwords.txt.gz
var commonFile []byte

// common is the sorted list of passwords that were often breached; common/NOTICE says whence.
var common = sync.OnceValue(func() []string {
	r, err := gzip.NewReader(bytes.NewReader(commonFile))
	if err != nil {
		panic(err) // the file is embedded
	}
	b, err := io.ReadAll(r)
	if err != nil {
		panic(err)
	}
	return strings.Fields(string(b))
})

func isCommon(s string) bool {
	_, found := slices.BinarySearch(common(), s)
	return found
}

// weakWords say nothing by themselves, wherever they stand in a password. Longer ones come first.
var weakWords = []string{
	"wachtwoord", "password", "passwort", "winter", "zomer", "summer", "herfst", "autumn", "lente", "voorjaar", "najaar", "spring",
	"welkom", "welcome", "geheim", "secret", "polder", "dijk", "inloggen", "login", "admin", "beheer", "qwerty", "azerty",
	"toegang", "access", "letmein", "veilig", "secure", "security", "hallo", "hello", "nederland", "holland", "amsterdam", "rotterdam",
	"januari", "februari", "maart", "april", "juni", "juli", "augustus", "september", "oktober", "november", "december",
	"maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag", "iloveyou", "ikhouvanjou",
}

// runs are what fingers do by themselves.
var runs = []string{
	"qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "0987654321", "abcdefghijklmnopqrstuvwxyz", "azertyuiop", "qazwsxedcrfvtgbyhnujm",
	"1qaz2wsx3edc4rfv5tgb6yhn", "poiuytrewq", "lkjhgfdsa", "mnbvcxz", "zyxwvutsrqponmlkjihgfedcba",
}

// leastOwn is how many characters must be left that are not predictable.
const leastOwn = 6

// PasswordOf checks a new password of a person with this name and mail address, at a centre of this
// name. The error is an Invalid fault that says what to do.
func PasswordOf(password, name, mail, centre string) (string, error) {
	password = normal(password)
	n := utf8.RuneCountInString(password)
	switch {
	case !utf8.ValidString(password) || strings.ContainsFunc(password, unicode.IsControl):
		return "", fault.New(fault.Invalid, "signin.wrong.password_characters")
	case n < shortestPassword:
		return "", fault.New(fault.Invalid, "signin.wrong.password_short", "Least", shortestPassword)
	case n > longestPassword:
		return "", fault.New(fault.Invalid, "signin.wrong.password_long", "Most", longestPassword)
	}
	low := strings.ToLower(password)
	for _, s := range []string{low, oneAsL.Replace(low), oneAsI.Replace(low)} {
		if isCommon(s) || isCommon(strings.TrimFunc(s, notLetter)) {
			return "", fault.New(fault.Invalid, "signin.wrong.password_common")
		}
	}
	bare := withoutYears(low)
	for _, s := range []string{bare, oneAsL.Replace(bare), oneAsI.Replace(bare)} {
		if own(s, name, mail, centre) < leastOwn || repeats(low) {
			return "", fault.New(fault.Invalid, "signin.wrong.password_guessable")
		}
	}
	return password, nil
}

// own counts the characters that are left when what can be guessed is taken out: words of the
// person and of the centre, weak words, runs over the keyboard, years and repetitions.
func own(low, name, mail, centre string) int {
	words := slices.Clone(weakWords)
	for _, s := range []string{name, mail, centre} {
		for w := range strings.FieldsFuncSeq(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if utf8.RuneCountInString(w) >= 3 {
				words = append(words, w)
			}
		}
	}
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) })
	for _, w := range words {
		low = strings.ReplaceAll(low, w, " ")
	}
	left := 0
	for part := range strings.FieldsSeq(low) {
		left += unexpected(part)
	}
	return left
}

// unexpected counts the characters of a part that do not follow from the one before: not the same,
// and not the next on the keyboard or in the alphabet.
func unexpected(part string) (n int) {
	r := []rune(part)
	for i := 0; i < len(r); {
		j := i + 1
		for j < len(r) && (r[j] == r[i] || inRun(string(r[i:j+1]))) {
			j++
		}
		if j-i >= 3 {
			n++ // a run is as good as its first character
		} else {
			n += j - i
		}
		i = j
	}
	return n
}

func inRun(s string) bool {
	return slices.ContainsFunc(runs, func(run string) bool { return strings.Contains(run, s) })
}

var years = regexp.MustCompile(`19[4-9][0-9]|20[0-5][0-9]`)

// withoutYears puts a space where a year stands.
func withoutYears(s string) string { return years.ReplaceAllString(s, " ") }

// repeats tells whether the whole is one short piece, again and again.
func repeats(s string) bool {
	for n := 1; n <= len(s)/2 && n <= 6; n++ {
		if strings.Repeat(s[:n], len(s)/n+1)[:len(s)] == s {
			return true
		}
	}
	return false
}

// The usual signs for letters, undone; a one is read in two ways.
var (
	oneAsL = strings.NewReplacer("0", "o", "1", "l", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i")
	oneAsI = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i")
)

func notLetter(r rune) bool { return !unicode.IsLetter(r) }

// normal is the one form of a password, on every keyboard and system.
func normal(s string) string { return norm.NFC.String(s) }
