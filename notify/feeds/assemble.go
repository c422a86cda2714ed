package feeds

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// maxName is the longest name we take, in bytes: twice what DNS allows, for
// names that are written in Unicode.
const maxName = 512

// assembly puts the values of one record into a Finding, by their roles. All
// three formats use it, so that they agree on what an address or a name is.
type assembly struct {
	now     time.Time
	time    func(string) (time.Time, bool)
	bareURL bool              // take a URL without a scheme as host and path
	cves    map[string]string // spelling in the reports -> "CVE-2024-1234"

	// of the current record
	clean          bool // printable ASCII only: no value needs cleaning
	vendor, model  string
	familyKey      string // of a Malware that a better name may push aside
	loginKey       string // the same of an Account
	wholeProductIs bool   // Product came in one piece
	badHostname    string // why a Hostname was passed over: a reason to reject a line without an address
}

// begin empties out for the record that starts at line.
func (a *assembly) begin(out *Finding, line int64, clean bool) {
	*out = Finding{Line: line, Names: out.Names[:0], Vulnerabilities: out.Vulnerabilities[:0], Extra: out.Extra[:0]}
	a.clean = clean
	a.vendor, a.model, a.familyKey, a.loginKey, a.wholeProductIs, a.badHostname = "", "", "", "", false, ""
}

// extra keeps a value that has no place of its own.
func (a *assembly) extra(out *Finding, key, v string) {
	if !a.clean {
		v = tidy(v)
	}
	out.Extra = append(out.Extra, Field{key, v})
}

// set puts a value that is not empty into its place. It gives the reason why
// the record must be rejected, "" if it need not.
func (a *assembly) set(out *Finding, r role, key, v string) string {
	v = strings.TrimSpace(v)
	if v == "" || r == roleSkip {
		return ""
	}
	if !a.clean {
		if r.strict() {
			if !wellFormed(v) || strings.Contains(v, "\uFFFD") {
				return a.spoilt(out, r, key, v, "holds a control character or bytes that are not UTF-8")
			}
		} else {
			v = tidy(v)
		}
	}
	switch r {
	case roleTime:
		t, ok := a.time(v)
		if !ok {
			return fmt.Sprintf("column %s: %s is not a time we can read", key, quote(v))
		}
		if !a.now.IsZero() && t.After(a.now.Add(24*time.Hour)) {
			return fmt.Sprintf("column %s: %s lies in the future", key, quote(v))
		}
		out.Observed = t
	case roleAddress:
		addr, reason := parseAddr(v)
		if reason != "" {
			return fmt.Sprintf("column %s: %s", key, reason)
		}
		out.Addr = addr
	case rolePort:
		n, ok := parseNumber(v, 65535)
		if !ok {
			return fmt.Sprintf("column %s: %s is not a port from 0 to 65535", key, quote(v))
		}
		out.Port = uint16(n)
	case roleASN:
		n, ok := parseNumber(strings.TrimPrefix(strings.TrimPrefix(v, "AS"), "as"), 1<<32-1)
		if !ok {
			out.Extra = append(out.Extra, Field{key, v})
			break
		}
		out.ASN = uint32(n)
	case roleTransport:
		switch t := strings.ToLower(v); t {
		case "tcp", "udp", "icmp", "icmp6", "sctp", "gre", "igmp", "esp", "ah", "ipip", "dccp":
			out.Transport = t
		default:
			out.Extra = append(out.Extra, Field{key, v})
		}
	case roleHostname:
		return a.addName(out, Hostname, r, key, v)
	case roleDomain:
		return a.addName(out, Domain, r, key, v)
	case roleURL:
		out.URL = v
	case roleWebsite:
		if strings.Contains(v, "://") {
			out.URL = v
			break
		}
		host, _, _ := strings.Cut(v, "/")
		return a.addName(out, Domain, r, key, host)
	case roleHost:
		return a.host(out, r, key, v)
	case roleAccount:
		if a.loginKey != "" {
			out.Extra = append(out.Extra, Field{a.loginKey, out.Account})
			a.loginKey = ""
		}
		out.Account = v
	case roleLogin:
		if out.Account != "" {
			out.Extra = append(out.Extra, Field{key, v})
			break
		}
		out.Account, a.loginKey = v, key
	case roleTag:
		a.vulnerabilities(out, v)
		out.Extra = append(out.Extra, Field{key, v})
	case roleVulnerabilities:
		if !a.vulnerabilities(out, v) {
			out.Extra = append(out.Extra, Field{key, v})
		}
	case roleSeverity:
		s, err := ParseSeverity(v)
		if err != nil {
			out.Extra = append(out.Extra, Field{key, v})
			break
		}
		out.Severity = s
	case roleIdentifier:
		out.Identifier = v
	case roleMalware:
		if a.familyKey != "" {
			out.Extra = append(out.Extra, Field{a.familyKey, out.Malware})
			a.familyKey = ""
		}
		out.Malware = v
	case roleFamily:
		if out.Malware != "" {
			out.Extra = append(out.Extra, Field{key, v})
			break
		}
		out.Malware, a.familyKey = v, key
	case roleVendor:
		a.vendor = v
	case roleProduct:
		a.model = v
	case roleFullProduct:
		out.Product, a.wholeProductIs = v, true
	case roleVersion:
		out.Version = v
	case roleDescription:
		out.Description = v
	case roleSourceID:
		out.SourceID = v
	case roleClass:
		class, ok := ParseClass(v)
		if !ok {
			return fmt.Sprintf("column %s: %s is not a type of the RSIT taxonomy", key, quote(v))
		}
		out.Class = class
		if intelMQTypes[v] {
			out.Extra = append(out.Extra, Field{"classification.type", v})
		}
	case roleType:
		t, ok := typeName(v)
		if !ok {
			return fmt.Sprintf("column %s: %s is not a report type such as scan_rdp", key, quote(v))
		}
		out.Type = t
	default:
		out.Extra = append(out.Extra, Field{key, v})
	}
	return ""
}

// finish completes the record from what set collected. It gives the reason
// why the record must be rejected, "" if it need not.
func (a *assembly) finish(out *Finding) string {
	if !a.wholeProductIs {
		out.Product = joinProduct(a.vendor, a.model)
	}
	if out.URL != "" {
		host := urlHost(out.URL, a.bareURL)
		if addr, ok := literal(host); !ok {
			if host != "" && len(host) <= maxName {
				out.name(URLHost, host)
			}
		} else if !out.Addr.IsValid() && !addr.IsUnspecified() {
			out.Addr = addr
		}
	}
	if a.badHostname != "" && !out.Addr.IsValid() {
		return a.badHostname
	}
	if at := strings.LastIndexByte(out.Account, '@'); at >= 0 && out.AccountLeaked() {
		if domain := out.Account[at+1:]; domain != "" && len(domain) <= maxName {
			out.name(MailDomain, domain)
		}
	}
	if !out.Addr.IsValid() && len(out.Names) == 0 {
		return "the line has neither an address nor a name of the victim"
	}
	return ""
}

// AccountLeaked reports whether the account is a victim's own, which the finding
// is about: the account on a hacked website or device may be anybody's.
func (f *Finding) AccountLeaked() bool {
	switch f.Type {
	case "compromised_website", "compromised_website6", "compromised_iot", "compromised_iot6":
		return false
	}
	return f.Account != ""
}

// name adds a name unless the line has it already.
func (f *Finding) name(k NameKind, v string) {
	for _, n := range f.Names {
		if strings.EqualFold(n.Value, v) {
			return
		}
	}
	f.Names = append(f.Names, Name{k, v})
}

func (a *assembly) addName(out *Finding, k NameKind, r role, key, v string) string {
	host := hostOnly(v)
	if len(host) > maxName {
		return a.spoilt(out, r, key, v, "is too long for a name")
	}
	if _, is := literal(host); !is && host != "" {
		out.name(k, host)
	}
	return ""
}

// host takes what may be an address, with a port or not, a URL or a name.
func (a *assembly) host(out *Finding, r role, key, v string) string {
	if strings.Contains(v, "://") {
		out.URL = v
		return ""
	}
	if ap, err := netip.ParseAddrPort(v); err == nil {
		v = ap.Addr().String()
		if out.Port == 0 {
			out.Port = ap.Port()
		}
	}
	if _, err := netip.ParsePrefix(v); err == nil || isLiteral(v) {
		addr, reason := parseAddr(v)
		if reason != "" {
			return fmt.Sprintf("column %s: %s", key, reason)
		}
		out.Addr = addr
		return ""
	}
	name, _, _ := strings.Cut(v, "/")
	return a.addName(out, Domain, r, key, name)
}

func isLiteral(v string) bool {
	_, is := literal(v)
	return is
}

// spoilt gives the reason to reject a line for a value that cannot be right. A
// reverse DNS name is written by whoever holds the address, an intruder too,
// who must not hide a line with it: then the name is kept as text, cleaned,
// and the line goes by its address. finish rejects it if it has none.
func (a *assembly) spoilt(out *Finding, r role, key, v, why string) string {
	reason := fmt.Sprintf("column %s: %s %s", key, quote(v), why)
	if r != roleHostname {
		return reason
	}
	a.badHostname = reason
	if v = strings.TrimSpace(tidy(v)); v != "" {
		out.Extra = append(out.Extra, Field{key, v})
	}
	return ""
}

// vulnerabilities adds the CVEs among the words of s and reports whether s
// holds nothing else.
func (a *assembly) vulnerabilities(out *Finding, s string) (only bool) {
	only = true
	for len(s) > 0 {
		i := strings.IndexAny(s, ";, |")
		word := s
		if i >= 0 {
			word, s = s[:i], s[i+1:]
		} else {
			s = ""
		}
		if word == "" {
			continue
		}
		if !isCVE(word) {
			only = false
			continue
		}
		id, ok := a.cves[word]
		if !ok {
			id = strings.ToUpper(word)
			if a.cves == nil {
				a.cves = make(map[string]string)
			}
			if len(a.cves) < 4096 {
				id = strings.Clone(id) // let go of the record
				a.cves[strings.Clone(word)] = id
			}
		}
		at, found := slices.BinarySearch(out.Vulnerabilities, id)
		if found {
			continue
		}
		if len(out.Vulnerabilities) == MaxVulnerabilities {
			only = false
			continue
		}
		out.Vulnerabilities = slices.Insert(out.Vulnerabilities, at, id)
	}
	return only
}

// strict tells for which roles a broken character rejects the line, or a
// Hostname: guessing at it could name the wrong victim.
func (r role) strict() bool {
	switch r {
	case roleTime, roleAddress, rolePort, roleHostname, roleDomain, roleURL, roleWebsite, roleHost, roleAccount, roleLogin, roleClass, roleType:
		return true
	}
	return false
}
