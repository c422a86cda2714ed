package footprint

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"polder/directory"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/fetch"
)

// What can be looked at.
const (
	lookDomain = "domain" // the TXT record or the file of a domain
	lookRoute  = "route"  // whether a name leads to the address, and the server there knows the proof
	lookRDAP   = "rdap"   // whose network it is, to mail a code to its contact
)

// Where a domain shows its proof.
const (
	ChallengeLabel = "_polder-challenge."
	ProofFile      = "/.well-known/polder-proof.txt"
	mostFile       = 4 << 10
)

type lookArgs struct{ Claim db.ID }

// Kind names the job.
func (lookArgs) Kind() string { return "footprint.look" }

type recheckArgs struct{}

// Kind names the job.
func (recheckArgs) Kind() string { return "footprint.recheck" }

// Look asks for a look at the proof of a domain; it is done by a job, and its outcome stands with
// the claim.
func (f *Footprint) Look(ctx context.Context, organisation, asset db.ID) error {
	return f.ask(ctx, organisation, asset, func(_ *db.Tx, c *Claim) error {
		if c.Kind != Domain {
			return hidden()
		}
		c.Asked = lookDomain
		return nil
	})
}

// Route asks whether a name at or below a proven domain of the organisation leads to the address.
func (f *Footprint) Route(ctx context.Context, organisation, asset db.ID, name string) error {
	return f.ask(ctx, organisation, asset, func(tx *db.Tx, c *Claim) error {
		if _, one := single(*c); !one {
			return fault.New(fault.Invalid, "footprint.error.single")
		}
		name, err := ParseDomain(strings.TrimSpace(name))
		if err != nil {
			return fault.Wrap(fault.Invalid, err, "footprint.refused.domain")
		}
		ok, err := f.ownsDomain(ctx, tx, organisation, name, func(domain db.ID) (bool, error) {
			_, err := f.may(ctx, tx, organisation, domain, true) // a mandate may be about the address and not about the domain
			if fault.KindOf(err) == fault.NotFound {
				return false, nil
			}
			return err == nil, err
		})
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.Invalid, "footprint.error.route_domain", "Name", name)
		}
		c.Asked, c.Via = lookRoute, name
		return nil
	})
}

// AskCode asks for a code to the contact of exactly that network, as RDAP gives it.
func (f *Footprint) AskCode(ctx context.Context, organisation, asset db.ID) error {
	return f.ask(ctx, organisation, asset, func(tx *db.Tx, c *Claim) error {
		if c.Kind != Prefix && c.Kind != ASN {
			return hidden()
		}
		if wide(*c) {
			return fault.New(fault.Invalid, "footprint.error.wide")
		}
		// We mail strangers, with the organisation's name, only for those whom staff know.
		if ok, err := directory.IsAccepted(ctx, tx, organisation); err != nil {
			return err
		} else if !ok {
			return fault.New(fault.Conflict, "footprint.error.not_accepted")
		}
		if err := f.mayMail(ctx, tx, *c, ""); err != nil {
			return err
		}
		c.Asked = lookRDAP
		return nil
	})
}

// Plead asks staff to decide on what the organisation shows instead of a proof.
func (f *Footprint) Plead(ctx context.Context, organisation, asset db.ID, plea string) error {
	return f.changeClaim(ctx, organisation, asset, func(tx *db.Tx, c *Claim) error {
		if !c.waiting() {
			return fault.New(fault.Conflict, "footprint.error.moved_on")
		}
		plea, ok := plain(plea, 2000)
		if !ok || plea == "" {
			return fault.New(fault.Invalid, "footprint.error.plea")
		}
		c.Plea, c.ChangedAt = plea, f.now()
		if err := f.keep(ctx, tx, *c, "staff asked"); err != nil {
			return err
		}
		return f.tellStaff(ctx, tx, *c, "plea")
	})
}

// plain is text of people: lines of at most so many characters in all.
func plain(s string, most int) (string, bool) {
	s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
	ok := utf8.ValidString(s) && utf8.RuneCountInString(s) <= most && !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' })
	return s, ok
}

// mostLooks is how many looks one organisation has waiting: a look can take a minute when the servers of
// others do not answer, and others wait for theirs.
const mostLooks = 20

// ask notes on a claim that waits for its proof what is to be looked at, and queues the look.
func (f *Footprint) ask(ctx context.Context, organisation, asset db.ID, fn func(tx *db.Tx, c *Claim) error) error {
	return f.changeClaim(ctx, organisation, asset, func(tx *db.Tx, c *Claim) error {
		if !c.waiting() {
			return fault.New(fault.Conflict, "footprint.error.moved_on")
		}
		if err := fn(tx, c); err != nil {
			return err
		}
		if n, err := looksOf(ctx, tx, organisation, c.ID, f.now().Add(-time.Hour)); err != nil {
			return err
		} else if n >= mostLooks {
			return fault.New(fault.TooMany, "footprint.error.looks")
		}
		c.Outcome, c.ChangedAt = "", f.now()
		if err := f.keep(ctx, tx, *c, "look: "+c.Asked); err != nil {
			return err
		}
		return f.proving.queue.Insert(ctx, tx, lookArgs{c.ID}, time.Time{})
	})
}

// ownsDomain tells whether a name is at or below an active domain of the organisation as its owner, of
// which also is true unless it is nil.
func (f *Footprint) ownsDomain(ctx context.Context, tx *db.Tx, organisation db.ID, name string, also func(domain db.ID) (bool, error)) (bool, error) {
	for _, at := range atOrAbove(Domain, name) {
		c, found, err := claimFor(ctx, tx, organisation, Domain, at)
		if err != nil {
			return false, err
		}
		if !found || c.State != Active || c.Role != Owner {
			continue
		}
		if also == nil {
			return true, nil
		}
		if ok, err := also(c.ID); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// look does what was asked on a claim. It changes nothing when the claim has moved on meanwhile.
func (f *Footprint) look(ctx context.Context, a lookArgs) error {
	c, err := f.read(ctx, a.Claim)
	if err != nil || c.Asked == "" || !c.waiting() {
		return err
	}
	if c.Asked == lookRDAP {
		return f.mailCode(ctx, c)
	}
	found, err := f.seen(ctx, c)
	if err == nil && c.Kind == Domain {
		found.leads = f.leads(ctx, c.Value)
	}
	return f.saw(ctx, c, found, err)
}

func (f *Footprint) read(ctx context.Context, id db.ID) (c Claim, err error) {
	err = f.db.Read(ctx, func(tx *db.Tx) error { c, err = claimByID(ctx, tx, id); return err })
	if errors.Is(err, db.ErrNoRows) {
		return Claim{}, nil
	}
	return c, err
}

// sight is a proof that was seen.
type sight struct {
	method   Method
	evidence string
	leads    string // addresses of a domain
}

// seen looks for the proof of a claim: fetch.ErrNotThere when it certainly is not there.
func (f *Footprint) seen(ctx context.Context, c Claim) (sight, error) {
	p := f.proving
	proof := p.proof(c)
	if address, one := single(c); one {
		answer, err := p.fetch.File(ctx, c.Via, ProofFile, mostFile, address)
		if err != nil {
			return sight{}, err
		}
		if !holdsProof(answer.Body, proof) {
			return sight{}, fmt.Errorf("%w: the file does not hold the proof", fetch.ErrNotThere)
		}
		return sight{method: ByRoute, evidence: answer.URL + " (" + address.String() + ")"}, nil
	}
	texts, derr := p.fetch.Text(ctx, ChallengeLabel+c.Value)
	for _, t := range texts {
		if strings.TrimSpace(t) == proof {
			return sight{method: ByDNS, evidence: "TXT " + ChallengeLabel + c.Value}, nil
		}
	}
	if derr == nil {
		derr = fmt.Errorf("%w: the TXT record holds another text", fetch.ErrNotThere)
	}
	answer, ferr := p.fetch.File(ctx, c.Value, ProofFile, mostFile, netip.Addr{})
	if ferr == nil {
		if holdsProof(answer.Body, proof) {
			return sight{method: ByFile, evidence: answer.URL}, nil
		}
		ferr = fmt.Errorf("%w: the file does not hold the proof", fetch.ErrNotThere)
	}
	if errors.Is(derr, fetch.ErrNotThere) && !errors.Is(ferr, fetch.ErrNotThere) {
		// That there is no record is certain. That no server answers is as good, unless the proof was a file.
		if c.Method != ByFile || errors.Is(ferr, fetch.ErrForbidden) {
			return sight{}, errors.Join(derr, ferr)
		}
		return sight{}, fmt.Errorf("ask for the file: %w", ferr)
	}
	if !errors.Is(derr, fetch.ErrNotThere) && c.Method != ByFile {
		return sight{}, fmt.Errorf("ask for the record: %w", derr)
	}
	return sight{}, ferr
}

// leads returns the addresses of a domain and of its www, to offer them; none when they cannot be had.
func (f *Footprint) leads(ctx context.Context, domain string) string {
	var all []string
	for _, name := range []string{domain, "www." + domain} {
		found, err := f.proving.fetch.Addresses(ctx, name)
		if err != nil {
			continue
		}
		for _, a := range found {
			if _, err := ParsePrefix(a.String()); err == nil && !slices.Contains(all, a.String()) && len(all) < 8 {
				all = append(all, a.String())
			}
		}
	}
	return strings.Join(all, " ")
}

// holdsProof tells whether one of the lines is the proof, and nothing else.
func holdsProof(body []byte, proof string) bool {
	for line := range strings.Lines(strings.TrimPrefix(string(body), "\ufeff")) {
		if strings.TrimSpace(line) == proof {
			return true
		}
	}
	return false
}

// saw notes what came of a look at a claim that waits for its proof.
func (f *Footprint) saw(ctx context.Context, was Claim, s sight, failed error) error {
	return f.commit(ctx, func(tx *db.Tx) error {
		c, err := lockClaim(ctx, tx, db.ID{}, was.ID)
		if err != nil || !c.waiting() || c.Asked != was.Asked || c.Via != was.Via || !c.RegisteredAt.Equal(was.RegisteredAt) {
			return gone(err)
		}
		now := f.now()
		c.Asked, c.ChangedAt = "", now
		if failed != nil {
			c.Outcome = outcomeOf(c, failed)
			f.log.Info("a proof was not found", "asset", c.ID.String(), "error", failed)
			return f.keep(ctx, tx, c, "not found: "+c.Outcome)
		}
		if c.Kind == Prefix {
			if ok, err := f.ownsDomain(ctx, tx, c.Organisation, c.Via, nil); err != nil || !ok {
				c.Outcome = "footprint.outcome.not_there_route"
				return errors.Join(err, f.keep(ctx, tx, c, "the domain is not proven any more"))
			}
		}
		c.Outcome, c.Method, c.Evidence, c.Leads = "", s.method, s.evidence, s.leads
		c.ProvenAt, c.CheckedAt, c.CheckAt, c.ExpiresAt = now, now, now.Add(Recheck), now.Add(Year)
		c.Failures, c.FailingSince, c.Reminded = 0, time.Time{}, 0
		return f.settle(ctx, tx, &c, ByCheck)
	})
}

func gone(err error) error {
	if errors.Is(err, db.ErrNoRows) {
		return nil
	}
	return err
}

// outcomeOf says in a message what came of a look.
func outcomeOf(c Claim, err error) string {
	what := "domain"
	if c.Kind == Prefix {
		what = "route"
	}
	switch {
	case errors.Is(err, fetch.ErrForbidden):
		return "footprint.outcome.forbidden"
	case errors.Is(err, fetch.ErrTooLarge), errors.Is(err, fetch.ErrNotThere):
		return "footprint.outcome.not_there_" + what
	}
	return "footprint.outcome.no_answer"
}

// recheck looks at the proofs whose month is over, some hundreds at a time.
func (f *Footprint) recheck(ctx context.Context, _ recheckArgs) error {
	for range 20 {
		var due []Claim
		err := f.db.Read(ctx, func(tx *db.Tx) (err error) { due, err = claimsToCheck(ctx, tx, f.now(), 50); return err })
		if err != nil || len(due) == 0 {
			return err
		}
		for _, c := range due {
			found, err := f.seen(ctx, c)
			if err == nil && c.Kind == Domain {
				found.leads = f.leads(ctx, c.Value)
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err := f.sawAgain(ctx, c, found, err); err != nil {
				return err
			}
		}
	}
	return nil // the next hour goes on
}

// longSilence is how long nobody may answer before that counts as a proof that has gone: until then it
// may be our own network.
const longSilence = 30 * 24 * time.Hour

// sawAgain notes what came of the monthly look. The first failure is told; the third, a week later,
// ends the proof.
func (f *Footprint) sawAgain(ctx context.Context, was Claim, s sight, failed error) error {
	return f.commit(ctx, func(tx *db.Tx) error {
		c, err := lockClaim(ctx, tx, db.ID{}, was.ID)
		if err != nil || !c.holds() || !c.CheckAt.Equal(was.CheckAt) || c.CheckAt.IsZero() {
			return gone(err)
		}
		now := f.now()
		if failed == nil && c.Kind == Prefix {
			ok, err := f.ownsDomain(ctx, tx, c.Organisation, c.Via, nil)
			if err != nil {
				return err
			}
			if !ok {
				failed = fmt.Errorf("%w: the domain of the route is not proven any more", fetch.ErrNotThere)
			}
		}
		if failed == nil {
			c.Leads = s.leads
			c.Method, c.Evidence, c.CheckedAt, c.CheckAt, c.Failures, c.FailingSince = s.method, s.evidence, now, now.Add(Recheck), 0, time.Time{}
			return f.keep(ctx, tx, c, "proof seen again")
		}
		certain := errors.Is(failed, fetch.ErrNotThere) || errors.Is(failed, fetch.ErrForbidden) || errors.Is(failed, fetch.ErrTooLarge)
		if !certain && now.Sub(c.CheckedAt) < Recheck+longSilence {
			c.CheckAt = now.Add(24 * time.Hour)
			return f.keep(ctx, tx, c, "no answer about the proof")
		}
		if c.Failures++; c.Failures == 1 {
			c.FailingSince = now
		}
		c.Outcome, c.CheckAt = outcomeOf(c, failed), now.Add(graceStep)
		if c.Failures >= 3 && now.Sub(c.FailingSince) >= graceLong {
			if err := f.drop(ctx, tx, &c, Unproven, ByCheck, "the proof has gone"); err != nil {
				return err
			}
			return f.tell(ctx, tx, c, "unproven")
		}
		if err := f.keep(ctx, tx, c, fmt.Sprintf("proof not seen, %d", c.Failures)); err != nil {
			return err
		}
		if c.Failures > 1 {
			return nil
		}
		return f.tell(ctx, tx, c, "failing")
	})
}
