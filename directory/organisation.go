package directory

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"polder/internal/db"
	"polder/internal/mail"
)

// Organisation is one that we serve.
type Organisation struct {
	ID                 db.ID
	Reference          string // the operator's own key, unique
	Name               string
	RegistrationNumber string // of the trade register; may be ""
	Sector             string
	Province           string
	Employees          int    // -1: not known
	Language           string // "nl" or "en"
	Email              string // where warnings go: the main verified contact of an accepted one; "": nowhere
	CreatedAt          time.Time
	Kind               string // "company" or "partnership"
	State              State
	Scheme             string    // how the registration number is to be read
	Domain             string    // as it was given; proves nothing
	RegisterName       string    // as the trade register had it; "" when it was not asked
	WishedName         string    // what the owner asks staff to make of the name; "" when nothing
	WishedNumber       string    // and of the number
	WaitsAt            time.Time // since when staff has something to decide; zero: nothing
	ClosedAt           time.Time
}

// NewOrganisation checks one row of an operator's register and returns all that is wrong with it,
// each as a sentence that says what to do.
func NewOrganisation(reference, name, number, sector, province, employees, language, email string) (o Organisation, wrong []string) {
	field := func(label, v string, most int, required bool) string {
		v = strings.TrimSpace(v)
		switch {
		case v == "" && required:
			wrong = append(wrong, label+" is empty; give one")
		case !utf8.ValidString(v):
			wrong = append(wrong, label+" is not valid UTF-8; save the file as UTF-8")
		case strings.ContainsFunc(v, unicode.IsControl):
			wrong = append(wrong, label+" holds a control character; take it out")
		case utf8.RuneCountInString(v) > most:
			wrong = append(wrong, fmt.Sprintf("%s is longer than %d characters; shorten it", label, most))
		}
		return v
	}
	o = Organisation{
		Reference:          field("reference", reference, 64, true),
		Name:               field("name", name, 200, true),
		RegistrationNumber: field("registration_number", number, 32, false),
		Sector:             field("sector", sector, 100, false),
		Province:           field("province", province, 100, false),
		Employees:          -1,
		Language:           strings.ToLower(field("language", language, 8, false)),
	}
	switch o.Language {
	case "nl", "en":
	case "":
		o.Language = "nl"
	default:
		wrong = append(wrong, fmt.Sprintf("language %q is not nl or en", o.Language))
	}
	if e := field("employees", employees, 16, false); e != "" {
		lower, _, _ := strings.Cut(strings.TrimSuffix(e, "+"), "-") // "10-49" and "250+" count as their lower bound
		n, err := strconv.Atoi(strings.TrimSpace(lower))
		if err != nil || n < 0 || n > 10_000_000 {
			wrong = append(wrong, fmt.Sprintf("employees %q is not a number", e))
		} else {
			o.Employees = n
		}
	}
	if e := strings.TrimSpace(email); e != "" {
		address, err := mail.Bare(e)
		if err != nil {
			wrong = append(wrong, "notify_email "+err.Error())
		}
		o.Email = address
	}
	return o, wrong
}
