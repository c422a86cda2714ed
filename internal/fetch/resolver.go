package fetch

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"github.com/miekg/dns"
)

// Resolver asks recursive resolvers of DNS, one after the other until one answers.
type Resolver struct{ servers []string }

// NewResolver makes a resolver that asks the address given, or those of this machine.
func NewResolver(address string) (*Resolver, error) {
	if address != "" {
		a, err := netip.ParseAddrPort(address)
		if err != nil {
			ip, ierr := netip.ParseAddr(address)
			if ierr != nil {
				return nil, fmt.Errorf("the resolver %q is not an address such as 192.0.2.53:53", address)
			}
			a = netip.AddrPortFrom(ip, 53)
		}
		return &Resolver{servers: []string{a.String()}}, nil
	}
	r := &Resolver{}
	if conf, err := dns.ClientConfigFromFile("/etc/resolv.conf"); err == nil {
		for _, s := range conf.Servers {
			r.servers = append(r.servers, net.JoinHostPort(s, conf.Port))
		}
	}
	if len(r.servers) == 0 {
		r.servers = []string{"127.0.0.1:53"} // what a machine without resolv.conf asks
	}
	return r, nil
}

// most is how many texts or addresses of one name are looked at.
const most = 64

// Text returns the texts of a name, each put together from its parts.
func (r *Resolver) Text(ctx context.Context, name string) (list []string, err error) {
	answers, err := r.ask(ctx, name, dns.TypeTXT)
	if err != nil {
		return nil, err
	}
	for _, a := range answers {
		if t, ok := a.(*dns.TXT); ok && len(list) < most {
			text := ""
			for _, part := range t.Txt {
				text += part
			}
			list = append(list, text)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%w: %s has no TXT record", ErrNotThere, name)
	}
	return list, nil
}

// Addresses returns the addresses of a name, IPv4 first.
func (r *Resolver) Addresses(ctx context.Context, name string) (list []netip.Addr, err error) {
	var failed error
	for _, kind := range []uint16{dns.TypeA, dns.TypeAAAA} {
		answers, err := r.ask(ctx, name, kind)
		if err != nil {
			failed = err
			continue
		}
		for _, a := range answers {
			var ip net.IP
			switch a := a.(type) {
			case *dns.A:
				ip = a.A.To4()
			case *dns.AAAA:
				ip = a.AAAA.To16()
			}
			if addr, ok := netip.AddrFromSlice(ip); ok && len(list) < most {
				list = append(list, addr)
			}
		}
	}
	switch {
	case len(list) > 0:
		return list, nil
	case failed != nil:
		return nil, failed
	}
	return nil, fmt.Errorf("%w: %s has no address", ErrNotThere, name)
}

// ask returns the answers to one question. What the name server says for certain is ErrNotThere, or
// no answers; everything else is an error of the moment.
func (r *Resolver) ask(ctx context.Context, name string, kind uint16) ([]dns.RR, error) {
	q := new(dns.Msg)
	q.SetQuestion(dns.Fqdn(name), kind)
	q.SetEdns0(1232, false)
	var failed error
	for _, server := range r.servers {
		in, err := exchange(ctx, q, server)
		if err != nil {
			failed = err
			continue
		}
		switch in.Rcode {
		case dns.RcodeSuccess:
			return in.Answer, nil
		case dns.RcodeNameError:
			return nil, fmt.Errorf("%w: there is no name %s", ErrNotThere, name)
		}
		failed = fmt.Errorf("the resolver answers %s", dns.RcodeToString[in.Rcode])
	}
	return nil, fmt.Errorf("ask for %s of %s: %w", dns.TypeToString[kind], name, failed)
}

func exchange(ctx context.Context, q *dns.Msg, server string) (*dns.Msg, error) {
	in, _, err := new(dns.Client).ExchangeContext(ctx, q, server)
	if err == nil && in.Truncated {
		in, _, err = (&dns.Client{Net: "tcp"}).ExchangeContext(ctx, q, server)
	}
	if err != nil {
		return nil, err
	}
	if len(in.Question) != 1 || in.Question[0] != q.Question[0] || !in.Response {
		return nil, fmt.Errorf("the answer is to another question")
	}
	return in, nil
}
