package feeds

import (
	"strconv"
	"strings"
)

// IntelMQ gives the finding as an IntelMQ event: flat keys, values that
// encoding/json writes as IntelMQ does. The report type goes into feed.code
// and what has no key of its own into extra. Reading the event back gives the
// same finding, except for Line, the order of Extra, and a Type that is neither
// Shadowserver's nor RSIT's; an event has room for one Hostname and one Domain.
func (f Finding) IntelMQ() map[string]any {
	e := map[string]any{}
	text := func(key, v string) {
		if v != "" {
			e[key] = v
		}
	}
	if !f.Observed.IsZero() {
		e["time.source"] = f.Observed.UTC().Format("2006-01-02T15:04:05.999999999") + "+00:00"
	}
	if f.Addr.IsValid() {
		e["source.ip"] = f.Addr.String()
	}
	if f.Port != 0 {
		e["source.port"] = int(f.Port)
	}
	if f.ASN != 0 {
		e["source.asn"] = int64(f.ASN)
	}
	for _, n := range f.Names {
		switch n.Kind {
		case Hostname:
			first(e, "source.reverse_dns", fqdn(n.Value))
		case Domain:
			first(e, "source.fqdn", fqdn(n.Value))
		}
	}
	text("source.url", f.URL)
	text("source.account", f.Account)
	text("protocol.transport", f.Transport)
	text("classification.taxonomy", Taxonomy(f.Class))
	text("classification.type", intelMQClass(f.Class))
	if intelMQTypes[f.Type] {
		e["classification.type"] = f.Type
	}
	text("classification.identifier", f.Identifier)
	if f.Type != f.Class && !intelMQTypes[f.Type] {
		text("feed.code", f.Type)
	}
	if f.Severity != Unknown {
		e["severity"] = f.Severity.String()
	}
	text("product.vulnerabilities", strings.Join(f.Vulnerabilities, ";"))
	text("event_hash", f.SourceID)
	text("malware.name", f.Malware)
	text("product.full_name", f.Product)
	text("product.version", f.Version)
	text("event_description.text", f.Description)
	for _, x := range f.Extra {
		f.exportExtra(e, x)
	}
	return e
}

func (f Finding) exportExtra(e map[string]any, x Field) {
	key := x.Key
	_, own := canonicalRoles[key]
	switch {
	case key == "classification.type" && intelMQTypes[x.Value]:
		e[key] = x.Value // one of the types that IntelMQ has beside RSIT
		return
	case key == "source.port" && f.Port == 0: // the passing port of a connection
	case own || key == "raw" || !intelMQKeys[key] && !strings.HasPrefix(key, "extra."):
		// A column that happens to be called "source.ip" must not become the victim.
		key = "extra." + extraKey(key)
	}
	if e[key] != nil && intelMQKeys[key] {
		key = "extra." + key
	}
	for i, base := 2, key; e[key] != nil; i++ {
		key = base + "_" + strconv.Itoa(i)
	}
	e[key] = x.Value
	if strings.HasSuffix(key, ".port") || strings.HasSuffix(key, ".asn") {
		if n, ok := parseNumber(x.Value, 1<<32-1); ok && intelMQKeys[key] {
			e[key] = int64(n)
		}
	}
}

// first keeps the first of several values: an event has one per key.
func first(e map[string]any, key, v string) {
	if _, taken := e[key]; !taken && v != "" {
		e[key] = v
	}
}

// fqdn writes a name the way IntelMQ takes it.
func fqdn(name string) string { return strings.TrimSuffix(strings.ToLower(name), ".") }

// intelMQClass writes a class the way IntelMQ spells it.
func intelMQClass(class string) string {
	if class == "unauthorised-use-of-resources" {
		return "unauthorized-use-of-resources"
	}
	return class
}

// extraKey writes the name of a column as IntelMQ takes it under extra.
func extraKey(key string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '_', c == '.', c == '-':
			return c
		case c >= 'A' && c <= 'Z':
			return c + 'a' - 'A'
		}
		return '_'
	}, key)
}
