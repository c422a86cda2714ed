package footprint

import (
	"bufio"
	"context"
	"encoding/csv"
	"io"
	"net/netip"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"

	"polder/internal/db"
)

// Verdict is what is said of a line before it is registered.
type Verdict string

// The verdicts.
const (
	Good     Verdict = "good"
	Doubtful Verdict = "doubtful" // can be registered; look again first
	Bad      Verdict = "refused"
)

// Line is one line of a list, with what is said of it.
type Line struct {
	Number  int
	Text    string // as given, cut short
	Entry   Entry
	Verdict Verdict
	Why     string // message id; "" for a good one
	Detail  string // value for the message
}

// MostList is how many bytes a list may have.
const MostList = 512 << 10

const mostLine = 1000

// ParseList reads a pasted list or a CSV file. A line is a range, an AS number, a domain or an
// address, by itself; or fields with comma, semicolon or tab between: kind, value and role, or
// product, vendor, name and versions. A first line with names of columns is passed over. It never
// fails: what it cannot read is a refused line.
func ParseList(r io.Reader) (lines []Line, cut bool) {
	scanner := bufio.NewScanner(io.LimitReader(r, MostList+1))
	scanner.Buffer(make([]byte, 0, 4096), MostList+2)
	total := 0
	for number := 1; scanner.Scan(); number++ {
		if total += len(scanner.Bytes()) + 1; total > MostList+1 || len(lines) >= mostAtOnce {
			return lines, true
		}
		text := strings.TrimSpace(strings.TrimPrefix(scanner.Text(), "\ufeff"))
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		l := parseLine(text)
		if len(lines) == 0 && number == 1 && isHeader(text) {
			continue
		}
		l.Number = number
		lines = append(lines, l)
	}
	return lines, scanner.Err() != nil
}

func isHeader(text string) bool {
	first := strings.ToLower(strings.Trim(fields(text)[0], `" `))
	return first == "kind" || first == "soort" || first == "value" || first == "waarde" || first == "type"
}

// fields cuts a line at the separator that it uses.
func fields(text string) []string {
	for _, separator := range []rune{'\t', ';', ','} {
		if !strings.ContainsRune(text, separator) {
			continue
		}
		r := csv.NewReader(strings.NewReader(text))
		r.Comma, r.LazyQuotes, r.FieldsPerRecord, r.TrimLeadingSpace = separator, true, -1, separator != '\t'
		if list, err := r.Read(); err == nil && len(list) > 0 {
			for i := range list {
				list[i] = strings.TrimSpace(list[i])
			}
			return list
		}
	}
	return []string{strings.Trim(text, `"`)}
}

var kindWords = map[string]Kind{
	"prefix": Prefix, "range": Prefix, "reeks": Prefix, "ip": Prefix, "adres": Prefix, "address": Prefix,
	"asn": ASN, "as": ASN, "domain": Domain, "domein": Domain, "product": Product,
}

func parseLine(text string) (l Line) {
	l.Text, l.Verdict, l.Entry.Role = text, Good, Owner
	if len(text) > mostLine || !utf8.ValidString(text) {
		l.Text = strings.ToValidUTF8(text[:min(len(text), 80)], "?")
		return l.refuse("footprint.line.unreadable", "")
	}
	f := fields(text)
	kind, named := kindWords[strings.ToLower(f[0])]
	if named && len(f) > 1 {
		f = f[1:]
	} else {
		kind = guess(f[0])
	}
	l.Entry.Kind = kind
	if kind == Product {
		for len(f) < 3 {
			f = append(f, "")
		}
		if f[1] == "" { // a name alone
			f[0], f[1] = "", f[0]
		}
		p, err := NewProduct(f[0], f[1], strings.Join(f[2:], " "))
		if err != nil {
			return l.refuse("footprint.error.product", "")
		}
		l.Entry.Value = p.String()
		return l
	}
	if kind == 0 {
		return l.refuse("footprint.line.unknown", "")
	}
	l.Entry.Value = f[0]
	if len(f) > 1 && f[1] != "" {
		role, ok := ParseRole(map[string]string{"eigenaar": "owner", "leverancier": "provider"}[strings.ToLower(f[1])])
		if !ok {
			role, ok = ParseRole(strings.ToLower(f[1]))
		}
		if !ok {
			return l.refuse("footprint.error.role", "")
		}
		l.Entry.Role = role
	}
	if len(f) > 2 && strings.Join(f[2:], "") != "" {
		return l.refuse("footprint.line.fields", "")
	}
	value, err := Canonical(kind, l.Entry.Value)
	if err != nil {
		return l.refuse(refusalKey(kind, l.Entry.Value), "")
	}
	l.Entry.Value = value
	return l
}

func guess(s string) Kind {
	switch {
	case strings.Contains(s, "/") || strings.Contains(s, ":"):
		return Prefix
	case len(s) > 2 && strings.EqualFold(s[:2], "as") && strings.Trim(s[2:], "0123456789") == "":
		return ASN
	}
	if _, err := netip.ParseAddr(s); err == nil {
		return Prefix
	}
	if strings.Contains(s, ".") {
		return Domain
	}
	return 0
}

func (l Line) refuse(why, detail string) Line {
	l.Verdict, l.Why, l.Detail = Bad, why, detail
	return l
}

func (l Line) doubt(why, detail string) Line {
	if l.Verdict == Good {
		l.Verdict, l.Why, l.Detail = Doubtful, why, detail
	}
	return l
}

// Preview says of each line what would come of it, for an organisation whose assets the actor may
// change; it changes nothing.
func (f *Footprint) Preview(ctx context.Context, organisation db.ID, lines []Line) ([]Line, error) {
	out := make([]Line, len(lines))
	err := f.db.Read(ctx, func(tx *db.Tx) error {
		if _, err := f.may(ctx, tx, organisation, db.ID{}, true); err != nil {
			return err
		}
		mine, _, err := listClaims(ctx, tx, organisation, Filter{Every: true}, 0, mostClaims)
		if err != nil {
			return err
		}
		near := neighboursOf(mine)
		seen := map[string]bool{}
		for i, l := range lines {
			if l.Verdict != Bad {
				key := l.Entry.Kind.String() + " " + l.Entry.Value
				if seen[key] {
					l = l.refuse("footprint.line.twice", "")
				} else if l, err = judge(ctx, tx, organisation, l, near); err != nil {
					return err
				}
				seen[key] = true
			}
			out[i] = l
		}
		return nil
	})
	return out, err
}

// neighbours are what the organisation has already, ready to be compared with many lines.
type neighbours struct {
	ranges  []netip.Prefix
	domains []string
	apex    []string // registrable domain of each
}

func neighboursOf(mine []Claim) (n neighbours) {
	for _, m := range mine {
		switch m.Kind {
		case Prefix:
			if p, err := ParsePrefix(m.Value); err == nil {
				n.ranges = append(n.ranges, p)
			}
		case Domain:
			n.domains, n.apex = append(n.domains, m.Value), append(n.apex, registrable(m.Value))
		}
	}
	return n
}

// meets returns what of the organisation's own a value overlaps with.
func (n neighbours) meets(kind Kind, value string) string {
	if p, err := ParsePrefix(value); kind == Prefix && err == nil {
		for _, q := range n.ranges {
			if p.Overlaps(q) {
				return q.String()
			}
		}
	}
	if kind == Domain {
		for _, d := range n.domains {
			if strings.HasSuffix(value, "."+d) || strings.HasSuffix(d, "."+value) {
				return d
			}
		}
	}
	return ""
}

func judge(ctx context.Context, tx *db.Tx, organisation db.ID, l Line, near neighbours) (Line, error) {
	c, found, err := claimFor(ctx, tx, organisation, l.Entry.Kind, l.Entry.Value)
	if err != nil {
		return l, err
	}
	if found && c.State == Refused {
		return l.refuse("footprint.line.refused_before", ""), nil
	}
	if found && c.State != Withdrawn && c.State != Expired {
		return l.refuse("footprint.line.already", ""), nil
	}
	if mine := near.meets(l.Entry.Kind, l.Entry.Value); mine != "" {
		return l.doubt("footprint.line.overlaps", mine), nil
	}
	switch l.Entry.Kind {
	case Prefix:
		p, err := ParsePrefix(l.Entry.Value)
		if err != nil {
			return l, err
		}
		if wide(Claim{Kind: Prefix, Value: l.Entry.Value}) {
			return l.doubt("footprint.line.wide", ""), nil
		}
		if name := knownNetworkOf(p); name != "" {
			return l.doubt("footprint.line.provider", name), nil
		}
	case Domain:
		if like := near.like(l.Entry.Value); like != "" {
			return l.doubt("footprint.line.typo", like), nil
		}
		if name := knownDomains[registrable(l.Entry.Value)]; name != "" {
			return l.doubt("footprint.line.provider", name), nil
		}
	}
	return l, nil
}

func registrable(name string) string {
	if r, err := publicsuffix.EffectiveTLDPlusOne(name); err == nil {
		return r
	}
	return name
}

// like returns a domain of the organisation that differs from this one by one slip of a finger.
func (n neighbours) like(name string) string {
	apex := registrable(name)
	for i, d := range n.domains {
		if len(apex) > 5 && oneSlip(n.apex[i], apex) {
			return d
		}
	}
	return ""
}

// oneSlip tells whether two names differ by one letter more, less, other or swapped.
func oneSlip(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	switch len(b) - len(a) {
	case 0:
		if i == len(a) {
			return false
		}
		return a[i+1:] == b[i+1:] || i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
	case 1:
		return a[i:] == b[i+1:]
	}
	return false
}

// Large hosters and platforms, so that nobody claims one by mistake. Only a hint, as ranges come and go.
var knownRanges = []struct {
	prefix netip.Prefix
	name   string
}{
	{netip.MustParsePrefix("1.1.1.0/24"), "Cloudflare"}, {netip.MustParsePrefix("104.16.0.0/12"), "Cloudflare"}, {netip.MustParsePrefix("172.64.0.0/13"), "Cloudflare"},
	{netip.MustParsePrefix("2606:4700::/32"), "Cloudflare"}, {netip.MustParsePrefix("8.8.8.0/24"), "Google"}, {netip.MustParsePrefix("142.250.0.0/15"), "Google"},
	{netip.MustParsePrefix("2a00:1450::/32"), "Google"}, {netip.MustParsePrefix("13.64.0.0/11"), "Microsoft"}, {netip.MustParsePrefix("20.33.0.0/16"), "Microsoft"},
	{netip.MustParsePrefix("40.64.0.0/10"), "Microsoft"}, {netip.MustParsePrefix("52.96.0.0/12"), "Microsoft"}, {netip.MustParsePrefix("52.0.0.0/10"), "Amazon"},
	{netip.MustParsePrefix("3.0.0.0/9"), "Amazon"}, {netip.MustParsePrefix("18.128.0.0/9"), "Amazon"}, {netip.MustParsePrefix("151.101.0.0/16"), "Fastly"},
	{netip.MustParsePrefix("23.32.0.0/11"), "Akamai"}, {netip.MustParsePrefix("9.9.9.0/24"), "Quad9"},
}

func knownNetworkOf(p netip.Prefix) string {
	for _, k := range knownRanges {
		if k.prefix.Overlaps(p) {
			return k.name
		}
	}
	return ""
}

var knownDomains = map[string]string{
	"gmail.com": "Google", "google.com": "Google", "outlook.com": "Microsoft", "hotmail.com": "Microsoft", "live.nl": "Microsoft", "microsoft.com": "Microsoft",
	"onmicrosoft.com": "Microsoft", "amazonaws.com": "Amazon", "cloudflare.com": "Cloudflare", "ziggo.nl": "Ziggo", "kpnmail.nl": "KPN", "kpn.com": "KPN",
	"kpn.nl": "KPN", "xs4all.nl": "KPN", "planet.nl": "KPN", "transip.nl": "TransIP", "icloud.com": "Apple", "yahoo.com": "Yahoo", "facebook.com": "Meta",
	"linkedin.com": "Microsoft", "wordpress.com": "Automattic", "wixsite.com": "Wix",
}
