package feeds

import (
	"net/netip"
	"strings"
	"time"
)

// columnWords are names that people give to columns, in Dutch and English, without blanks and marks.
var columnWords = func() map[string]string {
	m := map[string]string{}
	for key, words := range map[string]string{
		"source.ip": `ip ips ipadres ipaddress ipaddr ipadressen ipadresse address addr adres sourceip srcip sourceaddress ipv4 ipv6 ipv4address
			ipv6address ipsource victimip slachtofferip clientip hostip remoteip ip4 ip6 serverip targetip bronip`,
		"host": `host hosts hostorip ipofdomein ipordomain iphost target doel doelwit asset systeem system server indicator ioc observable waarde`,
		"source.fqdn": `domain domein domeinnaam domainname domains fqdn website site websitedomain domeinen hostdomain slachtofferdomein victimdomain
			sourcefqdn dns dnsname`,
		"source.reverse_dns":      `hostname hostnaam rdns reversedns ptr reverse sourcereversedns`,
		"source.url":              `url urls link uri webadres webaddress adresurl sourceurl paneel panel`,
		"source.port":             `port poort sourceport dstport destport destinationport serviceport tcpport udpport`,
		"source.asn":              `asn as asnumber asnummer autonomoussystem originas sourceasn`,
		"source.account":          `email emails mail mailadres emailadres emailaddress mailaddress account accounts login username user gebruiker gebruikersnaam sourceaccount`,
		"time.source":             `time timestamp tijd tijdstip datum date datetime seen gezien lastseen laatstgezien observed waargenomen detected detectiondate datumtijd scandate scantime timesource firstseen eerstgezien ts`,
		"product.vulnerabilities": `cve cves cveid vulnerability vulnerabilities kwetsbaarheid kwetsbaarheden vuln vulns productvulnerabilities`,
		"severity":                `severity ernst risk risico level niveau prioriteit priority impact`,
		"classification.type":     `class classification classificationtype rsit categorie category taxonomy`,
		"type":                    `reporttype findingtype rapportsoort`,
		"protocol.transport":      `protocol proto transport protocoltransport`,
		"malware.name":            `malware malwarename infection infectie familie family botnet malwarefamily`,
		"product.name":            `product productname software application applicatie model apparaat device productnaam`,
		"product.vendor":          `vendor leverancier fabrikant manufacturer merk`,
		"product.version":         `version versie productversion firmware softwareversion release`,
		"event_description.text":  `description omschrijving beschrijving comment opmerking remark toelichting detail details note notes notitie uitleg`,
		"id":                      `id case caseid reference referentie kenmerk ticket eventid`,
	} {
		for w := range strings.FieldsSeq(words) {
			m[w] = key
		}
	}
	return m
}()

// keyByName gives the key that a column's name stands for, "" if we cannot tell.
func keyByName(name string) string {
	if r, ok := canonicalRole(name); ok && r != roleExtra {
		return name // an export of IntelMQ
	}
	plain := strings.Map(func(c rune) rune {
		switch {
		case c >= 'A' && c <= 'Z':
			return c + 'a' - 'A'
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			return c
		}
		return -1
	}, cutText(name, 256))
	return columnWords[plain]
}

// keyByValues gives the key that nine in ten of the values fit; "number" and "word" are what may be
// anything.
func keyByValues(values []string) string {
	count := map[string]int{}
	for _, v := range values {
		count[valueKind(v)]++
	}
	enough := func(n int) bool { return n > 0 && 10*n >= 9*len(values) }
	for _, k := range []string{"source.ip", "source.url", "source.account", "product.vulnerabilities", "time.source", "source.asn", "source.fqdn", "severity", "classification.type", "number"} {
		if enough(count[k]) {
			return k
		}
	}
	if enough(count["source.ip"] + count["source.fqdn"] + count["source.url"] + count["host"]) {
		return "host"
	}
	return ""
}

// valueKind says what one value is: a key, "number", "word" or "" for text that may be anything.
func valueKind(v string) string {
	if len(v) > 4096 {
		return ""
	}
	if a, err := netip.ParseAddr(v); err == nil {
		if a.IsValid() {
			return "source.ip"
		}
	}
	if p, err := netip.ParsePrefix(v); err == nil && p.IsSingleIP() {
		return "source.ip"
	}
	if _, err := netip.ParseAddrPort(v); err == nil {
		return "host"
	}
	if _, ok := parseNumber(v, 1<<40); ok {
		return "number"
	}
	lower := strings.ToLower(v)
	if strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "https://") {
		return "source.url"
	}
	if rest, ok := strings.CutPrefix(lower, "as"); ok {
		if _, ok := parseNumber(rest, 1<<32-1); ok {
			return "source.asn"
		}
	}
	if at := strings.LastIndexByte(v, '@'); at > 0 && looksLikeDomain(v[at+1:]) && !strings.ContainsAny(v, " ,;") {
		return "source.account"
	}
	cves := true
	for word := range strings.FieldsFuncSeq(v, func(r rune) bool { return strings.ContainsRune(";, |", r) }) {
		cves = cves && isCVE(word)
	}
	if cves && strings.TrimSpace(v) != "" && strings.ContainsAny(v, "0123456789") {
		return "product.vulnerabilities"
	}
	if len(v) >= 8 {
		if _, ok := readTime(v, time.UTC, true); ok {
			return "time.source"
		}
		if m := (&Mapping{layout: "01/02/2006", zone: time.UTC}); len(v) >= 10 {
			if _, ok := m.readTime(v[:10]); ok {
				return "time.source"
			}
		}
	}
	if s, err := ParseSeverity(v); err == nil && s != Unknown {
		return "severity"
	}
	if _, ok := ParseClass(v); ok && strings.Contains(v, "-") {
		return "classification.type"
	}
	if looksLikeDomain(v) {
		return "source.fqdn"
	}
	if v != "" && !strings.ContainsAny(v, " \t") {
		return "word"
	}
	return ""
}

// looksLikeDomain tells whether a value has the shape of a host name with a top-level domain of letters.
func looksLikeDomain(v string) bool {
	v = strings.TrimSuffix(v, ".")
	last := strings.LastIndexByte(v, '.')
	if last < 1 || len(v) > 253 || len(v)-last-1 < 2 {
		return false
	}
	for label := range strings.SplitSeq(v, ".") {
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
		for _, c := range label {
			if c < 0x80 && c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
				return false
			}
		}
	}
	top := v[last+1:]
	for _, c := range top {
		if c >= '0' && c <= '9' {
			return strings.HasPrefix(top, "xn--")
		}
	}
	return true
}
