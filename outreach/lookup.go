package outreach

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"polder/footprint"
	"polder/internal/db"
	"polder/internal/fetch"
	"polder/internal/mail"
	"polder/outreach/securitytxt"
)

// Confidence is how sure it is that an address is of who answers for a subject.
type Confidence int

// The confidences; 0 is no address that we can mail.
const (
	ByHand Confidence = iota // a page or a telephone number: somebody has to go there
	Low
	Medium
	High
)

// String gives "by_hand", "low", "medium" or "high".
func (c Confidence) String() string {
	return [...]string{"by_hand", "low", "medium", "high"}[min(max(c, ByHand), High)]
}

// Candidate is a contact that was found, or that an analyst gave.
type Candidate struct {
	Address    string     `json:"address"` // of mail; for ByHand the URI
	Source     string     `json:"source"`  // security_txt, domain_abuse, domain_technical, domain_registrant, network_abuse, network_technical, hand
	Confidence Confidence `json:"confidence"`
	Reasons    []string   `json:"reasons"`         // ids of messages, and codes of what is wrong with a file
	About      string     `json:"about,omitempty"` // the file's address, or the network as its register names it
}

// answer is what a lookup found, as it is kept for a while.
type answer struct {
	Candidates []Candidate `json:"candidates"`
	Language   string      `json:"language,omitempty"`
}

const mostCandidates = 10

// look finds out who answers for one subject, and puts it with its contact.
func (o *Outreach) look(ctx context.Context, a lookArgs) error {
	var s Subject
	err := o.db.Read(ctx, func(tx *db.Tx) (err error) { s, err = subjectByID(ctx, tx, a.Subject); return err })
	if err != nil || s.State != "waiting" {
		return ignoreGone(err)
	}
	if err := o.footprint.Load(ctx); err != nil {
		return err
	}
	if o.registered(&s) {
		return o.settle(ctx, s, answer{}, "registered")
	}
	found, err := o.find(ctx, s)
	if err != nil {
		return err
	}
	return o.settle(ctx, s, found, "")
}

// registered tells whether anything of a subject concerns an organisation in the register by now: then
// it hears of it in the usual way.
func (o *Outreach) registered(s *Subject) bool {
	return slices.ContainsFunc(s.Evidence, func(l Line) bool { return o.notify.Concerns(l.finding()) })
}

// find answers from what is kept, or asks. That others do not answer is an answer too, which is kept
// for a day.
func (o *Outreach) find(ctx context.Context, s Subject) (found answer, err error) {
	networks := s.networks()
	question := s.Kind + " " + s.Value
	if s.Kind == Domain && len(networks) == 1 {
		question += " " + networks[0].String()
	}
	var kept string
	err = o.db.Read(ctx, func(tx *db.Tx) error { kept, err = keptAnswer(ctx, tx, question, o.now()); return err })
	if err == nil {
		return found, json.Unmarshal([]byte(kept), &found)
	}
	if !errors.Is(err, db.ErrNoRows) {
		return found, err
	}
	if s.Kind == Domain {
		o.askDomain(ctx, s.Value, &found)
	}
	// The network is asked when the domain names nobody whom we can mail, and all was seen in one network.
	if best(found.Candidates) == nil && len(networks) == 1 {
		o.askNetwork(ctx, networks[0], s.Kind == Domain, &found)
	}
	if ctx.Err() != nil {
		return found, ctx.Err()
	}
	if len(found.Candidates) > mostCandidates {
		found.Candidates = found.Candidates[:mostCandidates]
	}
	b, err := json.Marshal(found)
	if err != nil {
		return found, err
	}
	ends := o.now().Add(keepFound)
	if len(found.Candidates) == 0 {
		ends = o.now().Add(keepNothing)
	}
	return found, o.db.Write(ctx, func(tx *db.Tx) error { return keepAnswer(ctx, tx, question, string(b), ends) })
}

// networks are the networks of all that was seen, each once.
func (s *Subject) networks() (list []netip.Prefix) {
	for _, l := range s.Evidence {
		a, err := netip.ParseAddr(l.Address)
		if err != nil || a.IsPrivate() || !a.IsGlobalUnicast() {
			continue
		}
		bits := 24
		if a.Is6() {
			bits = 48
		}
		if p, err := a.Prefix(bits); err == nil && !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	return list
}

// askDomain reads security.txt of a domain. Only where that leaves doubt it asks the register of domains.
func (o *Outreach) askDomain(ctx context.Context, domain string, found *answer) {
	file, at := o.securityTXT(ctx, domain)
	found.take(file, at, domain)
	if c := best(found.Candidates); c != nil && c.Confidence == High {
		return
	}
	r, err := o.footprint.Ask(ctx, footprint.Domain, domain)
	if err != nil {
		o.log.Info("the register of domains did not help", "domain", domain, "error", err)
		return
	}
	for _, one := range []struct {
		list   []string
		source string
	}{{r.Abuse, "domain_abuse"}, {r.Technical, "domain_technical"}, {r.Registrant, "domain_registrant"}} {
		for _, address := range one.list {
			found.add(Candidate{Address: address, Source: one.source, Confidence: Medium, Reasons: []string{"outreach.why." + one.source}, About: r.Label})
		}
	}
}

// askNetwork asks the register of networks. It counts only when it is about the whole network: then its
// contact answers for each address in it.
func (o *Outreach) askNetwork(ctx context.Context, p netip.Prefix, hosting bool, found *answer) {
	r, err := o.footprint.Ask(ctx, footprint.Prefix, p.String())
	if err != nil || !r.Contains(p) {
		o.log.Info("the register of networks did not help", "network", p.String(), "error", err)
		return
	}
	confidence, why := Medium, "outreach.why.network_abuse"
	if hosting {
		why = "outreach.why.hoster"
	}
	for _, address := range r.Abuse {
		found.add(Candidate{Address: address, Source: "network_abuse", Confidence: confidence, Reasons: []string{why}, About: r.Label})
	}
	for _, address := range r.Technical {
		found.add(Candidate{Address: address, Source: "network_technical", Confidence: Low, Reasons: []string{"outreach.why.network_technical"}, About: r.Label})
	}
	if found.Language == "" && r.Country != "" {
		found.Language = languageOf(r.Country)
	}
}

// securityTXT fetches the file: first where it belongs, then where it was in former days. By https
// alone, as what comes by http may be anybody's. at is where it was found.
func (o *Outreach) securityTXT(ctx context.Context, domain string) (file *securitytxt.File, at fetch.Page) {
	badCert := false
	for _, path := range []string{"/.well-known/security.txt", "/security.txt"} {
		page, err := o.fetch.Page(ctx, domain, path, securitytxt.MaxSize)
		if err == nil {
			return securitytxt.Parse(page.Body, securitytxt.Found{First: page.First, Last: page.Last, Served: true, Type: page.Type}, o.now()), page
		}
		badCert = badCert || errors.Is(err, fetch.ErrBadCert)
		if !errors.Is(err, fetch.ErrNotThere) {
			break // a server that does not answer is not asked twice
		}
	}
	return securitytxt.Missing(badCert), at
}

// grave are the errors after which a file says little: it may be old, or another domain's.
var grave = []string{"expired", "no_expire", "multi_expire", "invalid_expiry", "no_canonical_match", "invalid_media", "utf8", "too_large", "pgp_data_error", "pgp_error", "data_after_sig"}

// take reads the contacts out of a file.
func (f *answer) take(file *securitytxt.File, at fetch.Page, domain string) {
	if file.Has("invalid_media") {
		return // a page that says that there is nothing, or all that a site has to say
	}
	confidence, reasons := High, []string{"outreach.why.valid"}
	var wrong []string
	bad := false
	for _, p := range file.Problems {
		if p.Level != securitytxt.Error {
			continue
		}
		bad = bad || slices.Contains(grave, p.Code)
		if !slices.Contains(wrong, p.Code) && len(wrong) < 8 {
			wrong = append(wrong, p.Code)
		}
	}
	switch {
	case bad:
		confidence, reasons = Low, []string{"outreach.why.grave"}
	case len(wrong) > 0:
		confidence, reasons = Medium, []string{"outreach.why.formal"}
	}
	if elsewhere(at.Last, domain) && !slices.Contains(file.Canonical, at.First) {
		// The other domain does not say that the file is for this one too.
		confidence = min(confidence, Medium)
		reasons = append(reasons, "outreach.why.redirected")
	}
	reasons = append(reasons, wrong...)
	for _, uri := range file.Contact {
		if address, ok := securitytxt.Mail(uri); ok {
			if bare, err := mail.Bare(strings.ToLower(address)); err == nil { // written in two ways it is one mailbox
				c := Candidate{Address: bare, Source: "security_txt", Confidence: confidence, Reasons: reasons, About: at.Last}
				if elsewhere("https://"+bare[strings.LastIndexByte(bare, '@')+1:], domain) {
					// Whoever has a domain can name anybody's address: somebody has to look whose it is.
					c.Confidence, c.Reasons = min(confidence, Medium), append([]string{"outreach.why.other_domain"}, reasons...)
				}
				f.add(c)
				continue
			}
		}
		lower := strings.ToLower(uri)
		if len(uri) <= 300 && (strings.HasPrefix(lower, "https://") || strings.HasPrefix(lower, "tel:")) {
			f.add(Candidate{Address: uri, Source: "security_txt", Confidence: ByHand, Reasons: reasons, About: at.Last})
		}
	}
	if len(file.Languages) > 0 {
		f.Language = "en"
		for _, l := range file.Languages {
			if tag, _, _ := strings.Cut(strings.ToLower(l), "-"); tag == "nl" {
				f.Language = "nl"
			}
		}
	}
}

// elsewhere tells whether an address is of another registrable domain.
func elsewhere(at, domain string) bool {
	u, err := url.Parse(at)
	if err != nil {
		return true
	}
	host, err := publicsuffix.EffectiveTLDPlusOne(strings.ToLower(u.Hostname()))
	return err != nil || host != domain
}

func (f *answer) add(c Candidate) {
	if !slices.ContainsFunc(f.Candidates, func(have Candidate) bool { return have.Address == c.Address }) {
		f.Candidates = append(f.Candidates, c)
	}
}

// best is the candidate to write to: the surest, and of those the first. Nil when none can be mailed.
func best(list []Candidate) *Candidate {
	var found *Candidate
	for i := range list {
		if list[i].Confidence > ByHand && (found == nil || list[i].Confidence > found.Confidence) {
			found = &list[i]
		}
	}
	return found
}

// languageOf guesses the language from a country or the ending of a name.
func languageOf(country string) string {
	switch strings.ToLower(country) {
	case "nl", "be", "frl", "amsterdam", "vlaanderen", "gent", "brussels":
		return "nl"
	}
	return "en"
}

// settle writes down what was found, once, and puts the subject with its contact.
func (o *Outreach) settle(ctx context.Context, s Subject, found answer, state string) error {
	return o.db.Write(ctx, func(tx *db.Tx) error {
		fresh, err := lockWaiting(ctx, tx, s.ID)
		if err != nil || !fresh {
			return err
		}
		s.Candidates, s.State, s.Contact = found.Candidates, state, db.ID{}
		if state == "" {
			s.State = "none"
			var kept []Candidate
			for _, c := range found.Candidates { // whoever wants no letters is not a candidate
				out, err := o.optedOut(ctx, tx, c.Address)
				if err != nil {
					return err
				}
				if !out {
					kept = append(kept, c)
				}
			}
			s.Candidates = kept
			if c := best(kept); c != nil {
				language := found.Language
				if language == "" {
					language = languageOf(c.Address[strings.LastIndexByte(c.Address, '.')+1:])
					if s.Kind == Domain {
						language = languageOf(s.Value[strings.LastIndexByte(s.Value, '.')+1:])
					}
				}
				if s.Contact, err = ensureContact(ctx, tx, s.Sweep, c.Address, language, o.now()); err != nil {
					return err
				}
				s.State, s.Confidence = "found", c.Confidence
			}
		}
		if err := saveSubject(ctx, tx, s); err != nil {
			return fmt.Errorf("keep what was found of %s: %w", s.ID, err)
		}
		if !s.Contact.IsZero() {
			if err := recount(ctx, tx, s.Contact, o.now()); err != nil {
				return err
			}
		}
		return noteLooked(ctx, tx, s.Sweep, o.now())
	})
}
