package feeds

// Subject tells what identifies a finding of a type.
type Subject uint8

// The subjects.
const (
	ByAddress Subject = iota // an address and, mostly, a port
	ByName                   // a web site, a domain or an account
)

// TypeInfo is what we know of a Shadowserver report type.
type TypeInfo struct {
	Name     string   // "scan6_rdp"
	Title    string   // "Remote Desktop (RDP) open to the internet, over IPv6"
	Base     string   // the type whose advice fits: "scan_rdp"
	Class    string   // RSIT type
	Severity Severity // default of lines that carry none
	Address  string   // column of the victim's address, "" when there is none
	Subject  Subject
	// Event is true when lines tell of something that happened rather than
	// of something that is so: absence from the next report proves nothing.
	Event bool
}

// LookupType gives what we know of a report type.
func LookupType(name string) (TypeInfo, bool) { return TypeInfo{}, false }

// Types gives all report types we know, sorted by name.
func Types() []TypeInfo { return nil }
