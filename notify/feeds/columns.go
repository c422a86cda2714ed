package feeds

import (
	_ "embed" // for the list
	"strings"
)

// The names of all columns that Shadowserver's reports are known to have.
//
//go:embed columns.txt
var columnsTXT string

var knownColumns = func() map[string]bool {
	m := make(map[string]bool)
	for name := range strings.FieldsSeq(columnsTXT) {
		m[name] = true
	}
	return m
}()

// role is what a column means for a finding.
type role uint8

const (
	roleExtra role = iota
	roleSkip
	roleTime
	roleAddress
	rolePort
	roleASN
	roleTransport
	roleHostname
	roleDomain
	roleURL
	roleWebsite // a URL or a bare domain
	roleHost    // an address, a name or a URL, whichever it is
	roleAccount
	roleLogin // an account if no better one is in the line
	roleTag   // holds CVEs among other words
	roleVulnerabilities
	roleSeverity
	roleIdentifier
	roleMalware
	roleFamily // the malware if no better name is in the line
	roleVendor
	roleProduct
	roleFullProduct // vendor and product in one
	roleVersion
	roleDescription
	roleSourceID
	roleClass
	roleType
)

// once tells which roles only one column of a report may have: were there two,
// we would not know whose finding it is.
func (r role) once() bool {
	switch r {
	case roleTime, roleAddress, rolePort, roleClass, roleType, roleAccount, roleHost:
		return true
	}
	return false
}

// commonColumns mean the same in every Shadowserver report.
var commonColumns = map[string]role{
	"timestamp": roleTime, "protocol": roleTransport, "tag": roleTag, "severity": roleSeverity,
	"infection": roleMalware, "family": roleFamily, "event_id": roleSourceID, "detail": roleDescription,
	"device_vendor": roleVendor, "device_model": roleProduct, "device_version": roleVersion,
	"product": roleProduct, "productname": roleProduct, "product_version": roleVersion,
}

// columnRoles gives the roles of a report's columns. The columns of the victim
// follow from the column of its address: beside src_ip stand src_asn and
// src_hostname. The port counts only where something listens on it: source
// ports of infected systems and ports under attack come and go.
func columnRoles(t TypeInfo) map[string]role {
	m := make(map[string]role, len(commonColumns)+8)
	for name, r := range commonColumns {
		m[name] = r
	}
	if !provesCVE(t.Name) {
		delete(m, "tag")
	}
	if prefix, ok := strings.CutSuffix(t.Address, "ip"); ok {
		m[t.Address] = roleAddress
		m[prefix+"asn"] = roleASN
		m[prefix+"hostname"] = roleHostname
		if prefix == "" {
			m["port"] = rolePort
		}
	}
	switch t.Base {
	case "compromised_account":
		m["email"], m["username"] = roleAccount, roleLogin
	case "compromised_website":
		m["http_host"], m["url"] = roleDomain, roleURL
	case "malware_url", "spam_url", "sandbox_url":
		m["url"], m["hostname"], m["host"] = roleURL, roleDomain, roleDomain
	case "sandbox_conn":
		m["hostname"], m["host"] = roleDomain, roleDomain
	case "sandbox_dns":
		m["request"] = roleDomain
	case "ransomware_victim":
		m["website"], m["ransomware"], m["entity_name"] = roleWebsite, roleMalware, roleDescription
	case "event4_sinkhole_http_referer":
		m["http_referer"] = roleURL
	}
	return m
}
