package feeds

import "strings"

// taxonomies is RSIT v1003 (working copy of May 2026): taxonomy, then types.
var taxonomies = []struct {
	name  string
	types []string
}{
	{"abusive-content", []string{"spam", "harmful-speech", "violence"}},
	{"malicious-code", []string{"infected-system", "c2-server", "malware-distribution", "malware-configuration"}},
	{"information-gathering", []string{"scanner", "sniffing", "social-engineering"}},
	{"intrusion-attempts", []string{"ids-alert", "brute-force", "exploit"}},
	{"intrusions", []string{"privileged-account-compromise", "unprivileged-account-compromise",
		"application-compromise", "system-compromise", "burglary"}},
	{"availability", []string{"dos", "ddos", "misconfiguration", "sabotage", "outage"}},
	{"information-content-security", []string{"unauthorised-information-access",
		"unauthorised-information-modification", "data-loss", "data-leak"}},
	{"fraud", []string{"unauthorised-use-of-resources", "copyright", "masquerade", "phishing"}},
	{"vulnerable", []string{"weak-crypto", "ddos-amplifier", "potentially-unwanted-accessible",
		"information-disclosure", "vulnerable-system"}},
	{"other", []string{"other", "undetermined"}},
	{"test", []string{"test"}},
}

// classAliases are names in use for RSIT types: the types that IntelMQ adds
// under "other", its older names, and older names of RSIT itself.
var classAliases = map[string]string{
	"blacklist": "other", "blocklist": "other", "dga-domain": "other", "malware": "other",
	"proxy": "other", "tor": "other", "dropzone": "other",

	"backdoor": "system-compromise", "compromised": "system-compromise", "compromised-system": "system-compromise",
	"botnet-drone": "infected-system", "ransomware": "infected-system", "bot": "infected-system",
	"c&c": "c2-server", "cc": "c2-server", "c2": "c2-server", "c2server": "c2-server", "cnc": "c2-server", "c-and-c": "c2-server",
	"defacement":     "unauthorised-information-modification",
	"leak":           "data-leak",
	"malware-config": "malware-configuration",
	"scanning":       "scanner", "portscan": "scanner",
	"vulnerable-client": "vulnerable-system", "vulnerable-service": "vulnerable-system", "vulnerable": "vulnerable-system",
	"unknown":              "undetermined",
	"application":          "application-compromise",
	"privileged-account":   "privileged-account-compromise",
	"harmful-content":      "harmful-speech",
	"potentially-unwanted": "potentially-unwanted-accessible",
}

// intelMQTypes are the types that IntelMQ has beside RSIT; a finding that came
// with one of them keeps it for the way back.
var intelMQTypes = map[string]bool{"blacklist": true, "dga-domain": true, "malware": true, "proxy": true, "tor": true}

var taxonomyOf = func() map[string]string {
	m := make(map[string]string)
	for _, t := range taxonomies {
		for _, class := range t.types {
			m[class] = t.name
		}
	}
	return m
}()

// Taxonomy gives the RSIT taxonomy of an RSIT type ("vulnerable" of
// "vulnerable-system"), "" of anything else.
func Taxonomy(class string) string { return taxonomyOf[class] }

// Classes gives all RSIT types in the order of the standard.
func Classes() []string {
	var all []string
	for _, t := range taxonomies {
		all = append(all, t.types...)
	}
	return all
}

// ParseClass gives the RSIT type that a name means: the type itself in any
// case, with spaces or underscores for hyphens and with the American "z", or
// one of the older names in use. ok is false for any other name.
func ParseClass(name string) (class string, ok bool) {
	if _, ok := taxonomyOf[name]; ok {
		return name, true
	}
	name = strings.Map(func(c rune) rune {
		if c == ' ' || c == '_' {
			return '-'
		}
		return c
	}, strings.ToLower(strings.TrimSpace(name)))
	name = strings.Replace(name, "unauthorized-", "unauthorised-", 1)
	if _, ok := taxonomyOf[name]; ok {
		return name, true
	}
	class, ok = classAliases[name]
	return class, ok
}
