package notify

import (
	"net/netip"
	"slices"
	"strconv"

	"polder/footprint"
	"polder/internal/db"
	"polder/notify/feeds"
)

// recipient is one organisation that a finding concerns, and why.
type recipient struct {
	organisation db.ID
	role         footprint.Role
	byAddress    bool // its reason is the address or its network; else a name
	name         string
	hits         []footprint.Hit
}

// matcher answers whom a finding concerns, reusing its room from one finding to the next.
type matcher struct {
	hits  []footprint.Hit
	found []recipient
}

// match returns the organisations that the finding concerns in the index: those by address and
// those by name, united. The owner's role beats the provider's. The slice is valid until the next
// call.
func (m *matcher) match(x *footprint.Index, f *feeds.Finding) []recipient {
	m.hits = x.Address(m.hits[:0], f.Addr, f.ASN)
	for i, n := range f.Names {
		if i > 0 && n.Value == f.Names[i-1].Value {
			continue
		}
		m.hits = x.Name(m.hits, n.Value)
	}
	if len(m.hits) == 0 {
		return nil
	}
	m.found = m.found[:0]
	for _, h := range m.hits {
		i := slices.IndexFunc(m.found, func(r recipient) bool { return r.organisation == h.Organisation })
		if i < 0 {
			m.found = append(m.found, recipient{organisation: h.Organisation, role: h.Role})
			i = len(m.found) - 1
		}
		r := &m.found[i]
		if h.Role == footprint.Owner {
			r.role = footprint.Owner
		}
		if h.Kind == footprint.Domain {
			if r.name == "" {
				r.name = h.Name
			}
		} else {
			r.byAddress = true
		}
		same := func(o footprint.Hit) bool { return o.Asset == h.Asset && o.Name == h.Name }
		if !slices.ContainsFunc(r.hits, same) {
			r.hits = append(r.hits, h)
		}
	}
	return m.found
}

// reasons writes the recipient's hits as JSON. Values hold no character that JSON would escape:
// they are addresses, AS numbers and normal names.
func (r *recipient) reasons(addr netip.Addr, asn uint32) string {
	b := make([]byte, 0, 192*len(r.hits))
	b = append(b, '[')
	for i, h := range r.hits {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"kind":"`...)
		b = append(b, h.Kind.String()...)
		b = append(b, `","value":"`...)
		b = append(b, h.Value()...)
		b = append(b, `","on":"`...)
		switch h.Kind {
		case footprint.Domain:
			b = append(b, h.Name...)
		case footprint.ASN:
			if addr.IsValid() {
				b = addr.AppendTo(b)
			} else {
				b = append(b, "AS"...)
				b = strconv.AppendUint(b, uint64(asn), 10)
			}
		default:
			b = addr.AppendTo(b)
		}
		b = append(b, `","since":"`...)
		b = h.RegisteredAt().AppendFormat(b, "2006-01-02T15:04:05Z")
		b = append(b, `","role":"`...)
		b = append(b, h.Role.String()...)
		b = append(b, `","asset":"`...)
		b = append(b, h.Asset.String()...)
		b = append(b, `"}`...)
	}
	return string(append(b, ']'))
}

// assets returns the assets of the recipient's hits, each once.
func (r *recipient) assets() []db.ID {
	list := make([]db.ID, 0, len(r.hits))
	for _, h := range r.hits {
		if !slices.Contains(list, h.Asset) {
			list = append(list, h.Asset)
		}
	}
	return list
}

// stillConcerns tells whether an exposure is still its organisation's by the index: by the address
// or name that it is about, under the same rules as when it was matched.
func stillConcerns(x *footprint.Index, e *Exposure) bool {
	var hits []footprint.Hit
	for _, r := range e.Reasons {
		switch r.Kind {
		case "domain":
			hits = x.Name(hits[:0], r.On)
		default:
			addr, _ := netip.ParseAddr(e.Address)
			var asn uint32
			if r.Kind == "asn" {
				asn, _ = footprint.ParseASN(r.Value)
			}
			hits = x.Address(hits[:0], addr, asn)
		}
		for _, h := range hits {
			if h.Organisation == e.Organisation {
				return true
			}
		}
	}
	return false
}
