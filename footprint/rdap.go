package footprint

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/openrdap/rdap"
	"github.com/openrdap/rdap/bootstrap"
	"golang.org/x/time/rate"

	"polder/internal/fetch"
	"polder/internal/mail"
)

// network is what RDAP says of a range, an AS number or a domain.
type network struct {
	Start, End       netip.Addr // of a range
	First, Last      uint32     // of AS numbers
	Handle, Name     string
	Country          string   `json:",omitempty"` // of a range: two letters
	Abuse, Technical []string // mail addresses of its contacts
	Registrant       []string `json:",omitempty"` // of a domain
}

// registry asks RDAP: one question at a time, one a second in the long run, of the server that IANA's
// list names.
type registry struct {
	mu     sync.Mutex // the list's cache is not made for two at once
	client *rdap.Client
	rate   *rate.Limiter
}

const (
	mostRDAP   = 512 << 10
	mostList   = 8 << 20
	networkFor = 24 * time.Hour // how long an answer is used again
)

func newRegistry(client *fetch.Client, list string) (*registry, error) {
	b := &bootstrap.Client{HTTP: client.HTTP(mostList)}
	if list != "" {
		u, err := url.Parse(list)
		if err != nil || u.Host == "" {
			return nil, fmt.Errorf("the address of the list of RDAP servers, %q, cannot be used", list)
		}
		b.BaseURL = u
	}
	return &registry{client: &rdap.Client{HTTP: client.HTTP(mostRDAP), Bootstrap: b, UserAgent: "Polder"}, rate: rate.NewLimiter(rate.Every(time.Second), 5)}, nil
}

// ask returns what RDAP says of a prefix, an AS number or a domain; fetch.ErrNotThere when it knows none.
func (g *registry) ask(ctx context.Context, kind Kind, value string) (n network, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.rate.Wait(ctx); err != nil {
		return n, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	q := &rdap.Request{Type: rdap.IPRequest, Query: value}
	switch kind {
	case ASN:
		q = &rdap.Request{Type: rdap.AutnumRequest, Query: strings.TrimPrefix(value, "AS")}
	case Domain:
		q = &rdap.Request{Type: rdap.DomainRequest, Query: value}
	}
	resp, err := g.client.Do(q.WithContext(ctx))
	var ce *rdap.ClientError
	if errors.As(err, &ce) && (ce.Type == rdap.ObjectDoesNotExist || ce.Type == rdap.BootstrapNoMatch) {
		return n, fmt.Errorf("%w: %w", fetch.ErrNotThere, err)
	}
	if err != nil {
		for _, r := range resp.HTTP {
			err = errors.Join(err, r.Error)
		}
		return n, fmt.Errorf("ask RDAP for %s: %w", value, err)
	}
	switch o := resp.Object.(type) {
	case *rdap.IPNetwork:
		n.Start, _ = netip.ParseAddr(o.StartAddress)
		n.End, _ = netip.ParseAddr(o.EndAddress)
		n.Handle, n.Name, n.Country = brief(o.Handle), brief(o.Name), brief(o.Country)
		n.contacts(o.Entities, 0)
	case *rdap.Domain:
		n.Handle, n.Name = brief(o.Handle), brief(o.LDHName)
		n.contacts(o.Entities, 0)
	case *rdap.Autnum:
		if o.StartAutnum != nil && o.EndAutnum != nil {
			n.First, n.Last = *o.StartAutnum, *o.EndAutnum
		}
		n.Handle, n.Name = brief(o.Handle), brief(o.Name)
		n.contacts(o.Entities, 0)
	default:
		return n, fmt.Errorf("%w: RDAP answers with something else than a network", fetch.ErrNotThere)
	}
	return n, nil
}

func brief(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 80 {
		s = strings.ToValidUTF8(s[:80], "")
	}
	return s
}

// contacts gathers the mail addresses of those who answer for abuse and for the technique, and of
// the holder. Who sold a domain has a contact for abuse too, and answers for nothing that runs on it.
func (n *network) contacts(list []rdap.Entity, depth int) {
	for i := range list {
		e := &list[i]
		if slices.Contains(e.Roles, "registrar") || slices.Contains(e.Roles, "reseller") {
			continue
		}
		if e.VCard != nil {
			for _, p := range e.VCard.Get("email") {
				for _, v := range p.Values() {
					address, err := mail.Bare(strings.ToLower(strings.TrimSpace(v)))
					if err != nil {
						continue
					}
					if slices.Contains(e.Roles, "abuse") && !slices.Contains(n.Abuse, address) && len(n.Abuse) < 5 {
						n.Abuse = append(n.Abuse, address)
					}
					if slices.Contains(e.Roles, "technical") && !slices.Contains(n.Technical, address) && len(n.Technical) < 5 {
						n.Technical = append(n.Technical, address)
					}
					if slices.Contains(e.Roles, "registrant") && !slices.Contains(n.Registrant, address) && len(n.Registrant) < 5 {
						n.Registrant = append(n.Registrant, address)
					}
				}
			}
		}
		if depth < 4 {
			n.contacts(e.Entities, depth+1)
		}
	}
}

// contact is the one address that the code goes to.
func (n network) contact() string {
	if len(n.Abuse) > 0 {
		return n.Abuse[0]
	}
	if len(n.Technical) > 0 {
		return n.Technical[0]
	}
	return ""
}

// exactly tells whether this is the network of a claim, no wider and no narrower: the contact of a
// wider one does not speak for each of its parts.
func (n network) exactly(c Claim) bool {
	if c.Kind == ASN {
		number, err := ParseASN(c.Value)
		return err == nil && n.First == number && n.Last == number
	}
	p, err := ParsePrefix(c.Value)
	return err == nil && n.Start == p.Addr() && n.End == lastOf(p)
}

// lastOf is the last address of a range.
func lastOf(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// label names the network in a few words.
func (n network) label() string {
	at := n.Start.String() + " - " + n.End.String()
	if !n.Start.IsValid() {
		at = "AS" + strconv.FormatUint(uint64(n.First), 10)
	}
	return strings.TrimSpace(n.Name + " " + n.Handle + " (" + at + ")")
}
