package directory

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/i18n"
	"polder/internal/kvk"
	"polder/internal/signin"
)

// Registration is what a person says of an organisation.
type Registration struct {
	Scheme   string // a key of the registers that are known: "kvk" or "none"
	Number   string
	Name     string
	Sector   string // a value of Sectors
	Size     string // a value of Sizes
	Area     string // a value of Areas; "" for none of them
	Language string // "nl" or "en"
	Domain   string // "" when it has none
	Another  bool   // it is another organisation than the one that is there with the same number or domain
}

// Limits of what one person may try in a day: looking up and registering tell whether an
// organisation is known here.
const (
	mostRegistrations = 20
	mostLookUps       = 20
	mostJoins         = 10
	mostFound         = 5 // organisations with the same number or domain that are told of somebody
)

// check returns the registration as it is kept. Values that the organisation has already may stay.
func (r Registration) check(now time.Time, had Organisation) (Registration, error) {
	var bad Wrongs
	var err error
	if r.Scheme == had.Scheme && strings.TrimSpace(r.Number) == had.RegistrationNumber && !had.ID.IsZero() {
		r.Number = had.RegistrationNumber
	} else if r.Number, err = number(r.Scheme, r.Number); err != nil {
		if err = bad.note(err); err != nil {
			return r, err
		}
	}
	r.Name = strings.Join(strings.Fields(r.Name), " ")
	switch {
	case r.Name == "":
		bad = append(bad, Wrong{Field: "name", Key: "directory.wrong.name_empty"})
	case utf8.RuneCountInString(r.Name) > 200 || !utf8.ValidString(r.Name) || strings.ContainsFunc(r.Name, unsayable):
		bad = append(bad, Wrong{Field: "name", Key: "directory.wrong.name"})
	}
	choice := func(field, key string, ok bool) {
		if !ok {
			bad = append(bad, Wrong{Field: field, Key: "directory.wrong." + key})
		}
	}
	choice("sector", "sector", Sectors.Has(r.Sector, now) || r.Sector == had.Sector && r.Sector != "")
	choice("size", "size", Sizes.Has(r.Size, now))
	choice("area", "choice", r.Area == "" || Areas.Has(r.Area, now) || r.Area == had.Province)
	choice("language", "choice", slices.Contains(i18n.Languages, r.Language))
	if r.Domain, err = domain(r.Domain); err != nil {
		if err = bad.note(err); err != nil {
			return r, err
		}
	}
	return r, bad.err()
}

// OwnDomain returns the domain of the actor's own mail address, where it looks like that of an organisation: a suggestion
// for the form, that tells nobody anything new. "" otherwise.
func (d *Directory) OwnDomain(ctx context.Context) (name string, err error) {
	account := actor.From(ctx).Account
	err = d.db.Read(ctx, func(tx *db.Tx) error {
		found, err := signin.Accounts(ctx, tx, []db.ID{account})
		if err != nil {
			return err
		}
		if name, err = domain(found[account].Mail); err != nil {
			name = "" // of everybody, or no domain that somebody can register
		}
		return nil
	})
	return name, err
}

// unsayable are characters that a name must not hold: what cannot be seen, or turns text around.
func unsayable(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r) || r == utf8.RuneError
}

// domain reads a domain as people write it, also as the address of a site or of mail, and returns
// the part that was registered, as A-labels.
func domain(s string) (string, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "" {
		return "", nil
	}
	bad := wrong("domain", "directory.wrong.domain")
	if len(s) > 300 {
		return "", bad
	}
	if u, err := url.Parse(s); err == nil && u.Host != "" {
		s = u.Hostname()
	}
	s = s[strings.LastIndexByte(s, '@')+1:]
	s, _, _ = strings.Cut(s, "/")
	name, err := idna.Lookup.ToASCII(strings.TrimSuffix(s, "."))
	if err != nil || !strings.Contains(name, ".") {
		return "", bad
	}
	last := name[strings.LastIndexByte(name, '.')+1:]
	if strings.Trim(last, "0123456789") == "" {
		return "", bad // an address of a machine
	}
	if name, err = publicsuffix.EffectiveTLDPlusOne(name); err != nil {
		return "", bad
	}
	if sharedDomains[name] {
		return "", wrong("domain", "directory.wrong.domain_shared", "Domain", name)
	}
	return name, nil
}

// Registered is what came of a registration.
type Registered struct {
	Organisation db.ID // zero when Taken
	Taken        bool  // an organisation with this number or domain is there already; nothing was made
	Again        bool  // the person's own organisation is that; nothing was made
}

// Register makes an organisation of which the actor becomes the owner, and which waits for staff.
// When one with the same number or domain is there, it makes nothing unless Another says that this
// is another one; staff see both.
func (d *Directory) Register(ctx context.Context, r Registration) (done Registered, err error) {
	a, now := actor.From(ctx), d.now()
	if a.Account.IsZero() {
		return done, hidden()
	}
	if r, err = r.check(now, Organisation{}); err != nil {
		return done, err
	}
	known := d.ask(ctx, r)
	return done, d.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tally(ctx, tx, a.Account, "register", now)
		if err != nil {
			return err
		}
		if n > mostRegistrations {
			return fault.New(fault.TooMany, "directory.limit.today")
		}
		there, err := alike(ctx, tx, r.Number, r.Domain, db.ID{}, 50)
		if err != nil {
			return err
		}
		for _, o := range there {
			if place, err := placeOfMember(ctx, tx, o.ID, a.Account); err == nil && place != 0 && (o.RegistrationNumber == r.Number || o.Name == r.Name) {
				done = Registered{Organisation: o.ID, Again: true}
				return nil
			} else if err != nil && !errors.Is(err, db.ErrNoRows) {
				return err
			}
		}
		if len(there) > 0 && !r.Another {
			done = Registered{Taken: true}
			return nil
		}
		o := Organisation{ID: db.NewID(), Name: r.Name, RegistrationNumber: r.Number, Scheme: r.Scheme, Sector: r.Sector, Province: r.Area,
			Employees: employees(r.Size), Language: r.Language, Domain: r.Domain, Kind: "company", State: Requested, RegisterName: known.Name,
			CreatedAt: now, WaitsAt: now}
		if o.Reference, err = newReference(ctx, tx); err != nil {
			return err
		}
		if err := insertOrganisation(ctx, tx, o); err != nil {
			return err
		}
		if _, err := addMember(ctx, tx, o.ID, a.Account, actor.Owner, now); err != nil {
			return err
		}
		done = Registered{Organisation: o.ID}
		if err := d.record(ctx, tx, audit.Change, o.ID, "registered, waits for staff"); err != nil {
			return err
		}
		if err := d.write(ctx, tx, letter{to: a.Mail, lang: a.Language, about: o, name: "registered", link: "/o/" + o.ID.String()}); err != nil {
			return err
		}
		return d.tellDesk(ctx, tx, o)
	})
}

// LookUp asks the trade register for the name that belongs to a number, to fill it in. found is
// false when the register is not used, does not answer, or does not know the number.
func (d *Directory) LookUp(ctx context.Context, r Registration) (company kvk.Company, found bool, err error) {
	a := actor.From(ctx)
	if a.Account.IsZero() {
		return company, false, hidden()
	}
	if r.Number, err = number(r.Scheme, r.Number); err != nil {
		return company, false, err
	}
	err = d.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tally(ctx, tx, a.Account, "register", d.now())
		if err == nil && n > mostLookUps {
			err = fault.New(fault.TooMany, "directory.limit.today")
		}
		return err
	})
	if err != nil {
		return company, false, err
	}
	company = d.ask(ctx, r)
	return company, company.Name != "", nil
}

// Consults tells whether there is a trade register to ask.
func (d *Directory) Consults() bool { return d.house.Register != nil }

// ask asks the trade register; what it does not answer within seconds is not waited for, as staff
// look at every registration.
func (d *Directory) ask(ctx context.Context, r Registration) kvk.Company {
	if d.house.Register == nil || r.Scheme != "kvk" || r.Number == "" {
		return kvk.Company{}
	}
	company, err := d.house.Register.Company(ctx, r.Number)
	if err != nil && !errors.Is(err, kvk.ErrUnknown) && ctx.Err() == nil {
		d.house.Log.Warn("the trade register was not asked", "error", err)
	}
	return company
}

// AskIn asks the owners of the organisations with this number or domain to invite the actor. The
// answer is the same whatever was found.
func (d *Directory) AskIn(ctx context.Context, scheme, num, dom string) error {
	a, now := actor.From(ctx), d.now()
	if a.Account.IsZero() {
		return hidden()
	}
	num, err := number(scheme, num)
	if err != nil {
		return err
	}
	if dom, err = domain(dom); err != nil {
		return err
	}
	return d.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tally(ctx, tx, a.Account, "join", now)
		if err != nil {
			return err
		}
		if n > mostJoins {
			return fault.New(fault.TooMany, "directory.limit.today")
		}
		there, err := alike(ctx, tx, num, dom, db.ID{}, mostFound)
		if err != nil {
			return err
		}
		for _, o := range there {
			if err := d.askIn(ctx, tx, a, o); err != nil {
				return err
			}
		}
		return nil
	})
}

func (d *Directory) askIn(ctx context.Context, tx *db.Tx, a actor.Actor, o Organisation) error {
	now := d.now()
	if _, err := placeOfMember(ctx, tx, o.ID, a.Account); !errors.Is(err, db.ErrNoRows) {
		return err // belongs to it already
	}
	fresh, err := insertJoin(ctx, tx, o.ID, a.Account, now)
	if err != nil || !fresh {
		return err
	}
	if err := d.record(ctx, tx, audit.Grant, o.ID, "%s asks to be invited", a); err != nil {
		return err
	}
	owners, err := d.owners(ctx, tx, o.ID)
	if err != nil {
		return err
	}
	if len(owners) == 0 {
		// Nobody is there to answer: staff do.
		if o.WaitsAt.IsZero() {
			o.WaitsAt = now
		}
		if err := saveOrganisation(ctx, tx, o, now); err != nil {
			return err
		}
		return d.tellDesk(ctx, tx, o)
	}
	if o.State != Accepted {
		return nil // staff look at both
	}
	return d.writeAll(ctx, tx, owners, letter{about: o, name: "join", link: "/o/" + o.ID.String() + "/people"})
}

// letters of a reference, without those that are taken for one another or make words.
const letters = "23456789BCDFGHJKLMNPQRSTVWXZ"

// newReference makes a reference that no organisation has, such as "ORG-7K3Q9D".
func newReference(ctx context.Context, tx *db.Tx) (string, error) {
	for {
		b := make([]byte, 6)
		for i := range b {
			b[i] = letters[below(len(letters))]
		}
		reference := "ORG-" + string(b)
		there, err := idsByReference(ctx, tx, []string{reference})
		if err != nil || len(there) == 0 {
			return reference, err
		}
	}
}

// below returns a random number from 0 to n-1, each as likely as the others.
func below(n int) int {
	for {
		var b [1]byte
		rand.Read(b[:])
		if int(b[0]) < 256-256%n {
			return int(b[0]) % n
		}
	}
}

func employees(size string) int {
	n, err := strconv.Atoi(size)
	if err != nil {
		return -1
	}
	return n
}
