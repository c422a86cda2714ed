package feeds

import "strings"

// canonicalRoles are the IntelMQ keys, and four of our own, that have a place
// of their own in a Finding.
var canonicalRoles = map[string]role{
	"source.ip": roleAddress, "source.port": rolePort, "source.asn": roleASN,
	"source.fqdn": roleDomain, "source.reverse_dns": roleHostname,
	"source.url": roleURL, "source.account": roleAccount,
	"time.source":         roleTime,
	"classification.type": roleClass, "classification.identifier": roleIdentifier,
	"protocol.transport": roleTransport, "malware.name": roleMalware,
	"product.name": roleProduct, "product.vendor": roleVendor, "product.full_name": roleFullProduct,
	"product.version": roleVersion, "product.vulnerabilities": roleVulnerabilities,
	"severity": roleSeverity, "event_description.text": roleDescription,
	"event_hash": roleSourceID, "id": roleSourceID, "type": roleType, "host": roleHost,
}

// intelMQKeys are all keys of an IntelMQ event, extra apart, up to 3.5.0.
var intelMQKeys = func() map[string]bool {
	m := make(map[string]bool)
	for _, side := range []string{"source.", "destination."} {
		for key := range strings.FieldsSeq(`abuse_contact account allocated as_name asn domain_suffix fqdn ip
			local_hostname local_ip network port registry reverse_dns tor_node url urlpath
			geolocation.cc geolocation.city geolocation.country geolocation.latitude
			geolocation.longitude geolocation.region geolocation.state`) {
			m[side+key] = true
		}
	}
	for key := range strings.FieldsSeq(`source.geolocation.cymru_cc source.geolocation.geoip_cc
		classification.taxonomy classification.type classification.identifier
		feed.accuracy feed.code feed.documentation feed.name feed.provider feed.url
		time.observation time.source protocol.application protocol.transport
		malware.name malware.version malware.hash.md5 malware.hash.sha1 malware.hash.sha256
		misp.attribute_uuid misp.event_uuid event_description.target event_description.text event_description.url
		comment event_hash output raw rtir_id screenshot_url status tlp
		product.full_name product.name product.vendor product.version product.vulnerabilities severity`) {
		m[key] = true
	}
	return m
}()

// canonicalRole gives the role of a canonical key; a key that IntelMQ knows
// and a Finding has no place for is kept in Extra.
func canonicalRole(key string) (role, bool) {
	if r, ok := canonicalRoles[key]; ok {
		return r, true
	}
	name, extra := strings.CutPrefix(key, "extra.")
	return roleExtra, intelMQKeys[key] || extra && name != "" && wellFormed(name)
}
