package footprint

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/fetch"
	"polder/internal/mail"
	"polder/internal/outbox"
	"polder/internal/seal"
)

// Limits of codes: they go to people who did not ask for them.
const (
	codeFor       = 7 * 24 * time.Hour
	objectFor     = 30 * 24 * time.Hour
	mostTries     = 10
	mostPerClaim  = 3 // in a month
	mostPerPerson = 5 // codes to one address in a day
	mostPerOrg    = 20
)

// Code is one that was mailed; the code itself is not kept.
type Code struct {
	ID, Claim       db.ID
	Hash, Objection []byte
	SentTo, Network string
	SentAt, EndsAt  time.Time
	Tries           int
	Used, Objected  bool
}

// newCode is 60 bits in three groups that can be read out over the telephone.
func newCode() string {
	t := rand.Text()
	return t[:4] + "-" + t[4:8] + "-" + t[8:12]
}

// hash is what is kept of a code, as typed with or without dashes and in any case.
func (p *proving) hash(claim db.ID, code string) []byte {
	code = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r == '0':
			return 'O' // these letters and digits are not all in the alphabet
		case r == '1':
			return 'I'
		case r == '-' || r == ' ' || r == '\t' || r == '\u00a0':
			return -1
		}
		return r
	}, code)
	return seal.Keyed(p.set.Key, "footprint codes", claim[:], []byte(code))
}

// mayMail tells whether another code may be sent: to this address, when it is known already.
func (f *Footprint) mayMail(ctx context.Context, tx *db.Tx, c Claim, address string) error {
	now := f.now()
	claim, person, organisation, err := countCodes(ctx, tx, c, address, now.Add(-30*24*time.Hour), now.Add(-24*time.Hour))
	if err != nil {
		return err
	}
	if claim >= mostPerClaim || person >= mostPerPerson || organisation >= mostPerOrg {
		return fault.New(fault.TooMany, "footprint.error.codes")
	}
	return nil
}

// mailCode looks up whose network a claim is and mails its contact a code.
func (f *Footprint) mailCode(ctx context.Context, was Claim) error {
	n, err := f.network(ctx, was)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	outcome := ""
	switch {
	case errors.Is(err, fetch.ErrNotThere), errors.Is(err, fetch.ErrForbidden):
		outcome = "footprint.outcome.no_network"
	case err != nil:
		outcome = "footprint.outcome.no_registry"
	case !n.exactly(was):
		outcome = "footprint.outcome.inside"
	case n.contact() == "":
		outcome = "footprint.outcome.no_contact"
	}
	if err != nil {
		f.log.Warn("RDAP did not help", "asset", was.ID.String(), "error", err)
	}
	return f.db.Write(ctx, func(tx *db.Tx) error {
		c, err := lockClaim(ctx, tx, db.ID{}, was.ID)
		if err != nil || !c.waiting() || c.Asked != lookRDAP || !c.RegisteredAt.Equal(was.RegisteredAt) {
			return gone(err)
		}
		c.Asked, c.Outcome, c.ChangedAt = "", outcome, f.now()
		if outcome == "" {
			if err := f.mayMail(ctx, tx, c, n.contact()); fault.KindOf(err) == fault.TooMany {
				c.Outcome = "footprint.error.codes"
			} else if err != nil {
				return err
			}
		}
		if err := f.keep(ctx, tx, c, "asked RDAP"); err != nil || c.Outcome != "" {
			return err
		}
		return f.sendCode(ctx, tx, c, n)
	})
}

// network is what RDAP says, from what it said within a day or anew.
func (f *Footprint) network(ctx context.Context, c Claim) (n network, err error) {
	var known bool
	err = f.db.Read(ctx, func(tx *db.Tx) error {
		n, known, err = knownNetwork(ctx, tx, c.Value, f.now().Add(-networkFor))
		return err
	})
	if err != nil || known {
		return n, err
	}
	if n, err = f.proving.rdap.ask(ctx, c.Kind, c.Value); err != nil {
		return n, err
	}
	return n, f.db.Write(ctx, func(tx *db.Tx) error { return noteNetwork(ctx, tx, c.Value, n, f.now()) })
}

func (f *Footprint) sendCode(ctx context.Context, tx *db.Tx, c Claim, n network) error {
	p, now := f.proving, f.now()
	code, token := newCode(), seal.Token()
	k := Code{ID: db.NewID(), Claim: c.ID, Hash: p.hash(c.ID, code), Objection: seal.Hash(token), SentTo: n.contact(), Network: n.label(), SentAt: now, EndsAt: now.Add(codeFor)}
	if err := endCodes(ctx, tx, c.ID, now); err != nil {
		return err
	}
	if err := insertCode(ctx, tx, k); err != nil {
		return err
	}
	name, err := nameOf(ctx, tx, c.Organisation)
	if err != nil {
		return err
	}
	say := p.catalog.For("en") // whoever this is reads English sooner than Dutch; the Dutch follows in the same letter
	var l mail.Letter
	l.Subject = say.T("footprint.mail.code.subject", "Centre", p.set.Centre, "Value", c.Value)
	for _, lang := range []string{"en", "nl"} {
		say := p.catalog.For(lang)
		if lang == "nl" {
			l.Rule()
		}
		l.Say(say.T("footprint.mail.code.who", "Centre", p.set.Centre, "Name", name, "Value", c.Value))
		l.Say(say.T("footprint.mail.code.why", "Network", k.Network))
		l.Heading(say.T("footprint.mail.code.heading"))
		l.List([]string{code})
		l.Say(say.T("footprint.mail.code.what", "Name", name, "Until", say.Date(k.EndsAt)))
		l.Say(say.T("footprint.mail.code.object"))
		l.Link(p.set.BaseURL + "/objection/" + token)
		l.Say(say.T("footprint.mail.code.nothing"))
	}
	if err := p.outbox.Send(ctx, tx, outbox.Letter{To: k.SentTo, Printer: say, Purpose: "network code", Organisation: c.Organisation, Until: k.EndsAt, Letter: l}); err != nil {
		return err
	}
	return audit.Append(ctx, tx, audit.Event{At: now, Action: audit.Send, Object: "asset " + c.ID.String(), Organisation: c.Organisation, Detail: "code queued"})
}

// EnterCode proves a prefix or AS number by the code that was mailed to its contact.
func (f *Footprint) EnterCode(ctx context.Context, organisation, asset db.ID, code string) error {
	var wrong error
	err := f.changeClaim(ctx, organisation, asset, func(tx *db.Tx, c *Claim) error {
		wrong = nil
		if !c.waiting() || c.Kind != Prefix && c.Kind != ASN {
			return fault.New(fault.Conflict, "footprint.error.moved_on")
		}
		now := f.now()
		k, err := lastCode(ctx, tx, c.ID)
		// One that was mailed before the claim was made anew was for that claim, and so is its objection.
		if errors.Is(err, db.ErrNoRows) || err == nil && (k.Used || k.Objected || !now.Before(k.EndsAt) || k.SentAt.Before(c.RegisteredAt)) {
			return fault.New(fault.Gone, "footprint.error.code_gone")
		}
		if err != nil {
			return err
		}
		if k.Tries >= mostTries {
			return fault.New(fault.TooMany, "footprint.error.code_tries")
		}
		if !hmac.Equal(k.Hash, f.proving.hash(c.ID, code)) {
			wrong = fault.New(fault.Invalid, "footprint.error.code_wrong")
			return tryCode(ctx, tx, k.ID) // committed: a wrong one counts
		}
		if err := useCode(ctx, tx, k.ID, now); err != nil {
			return err
		}
		c.Outcome, c.Asked, c.Method, c.Evidence = "", "", ByRDAP, k.Network+": "+k.SentTo
		c.ProvenAt, c.CheckedAt, c.CheckAt, c.ExpiresAt, c.Reminded = now, now, time.Time{}, now.Add(Year), 0
		return f.settle(ctx, tx, c, ByCheck)
	})
	return errors.Join(err, wrong)
}

// Objection is what the contact of a network reads before it objects.
type Objection struct {
	Name, Value string
	SentAt      time.Time
	Done        bool
}

// ObjectionBy returns what the secret of a link is about, or a NotFound fault.
func (f *Footprint) ObjectionBy(ctx context.Context, token string) (o Objection, err error) {
	err = f.db.Read(ctx, func(tx *db.Tx) error {
		_, c, err := f.objection(ctx, tx, token, &o)
		if err != nil {
			return err
		}
		o.Name, err = nameOf(ctx, tx, c.Organisation)
		return err
	})
	return o, err
}

func (f *Footprint) objection(ctx context.Context, tx *db.Tx, token string, o *Objection) (Code, Claim, error) {
	k, err := codeByObjection(ctx, tx, seal.Hash(token))
	if errors.Is(err, db.ErrNoRows) || err == nil && f.now().Sub(k.SentAt) > objectFor {
		return k, Claim{}, hidden()
	}
	if err != nil {
		return k, Claim{}, err
	}
	c, err := claimByID(ctx, tx, k.Claim)
	o.Value, o.SentAt, o.Done = c.Value, k.SentAt, k.Objected
	return k, c, err
}

// Object refuses a claim for the contact of its network, also one that is active already, and tells
// staff. Twice is as once.
func (f *Footprint) Object(ctx context.Context, token string) error {
	return f.commit(audit.WithActor(ctx, "network contact"), func(tx *db.Tx) error {
		if err := lockRegister(ctx, tx); err != nil {
			return err
		}
		var o Objection
		k, c, err := f.objection(ctx, tx, token, &o)
		if err != nil || k.Objected {
			return err
		}
		if err := objectCode(ctx, tx, k.ID, f.now()); err != nil {
			return err
		}
		// What came about by another proof since, or was made anew, is not this contact's to end: staff are told.
		byCode := c.waiting() || c.Method == ByRDAP
		if byCode && c.RegisteredAt.Before(k.SentAt.Add(time.Microsecond)) && len(moves[[2]State{c.State, Refused}]) > 0 {
			c.Reason = ""
			if err := f.drop(audit.WithActor(ctx, "network contact"), tx, &c, Refused, ByContact, "the network's contact objects"); err != nil {
				return err
			}
			if err := f.tell(ctx, tx, c, "objected"); err != nil {
				return err
			}
		}
		return f.tellStaff(ctx, tx, c, "objected")
	})
}
