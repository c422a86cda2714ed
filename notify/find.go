package notify

import (
	"context"
	"encoding/hex"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"polder/footprint"
	"polder/internal/actor"
	"polder/internal/db"
)

// An analyst alone finds what was found at organisations.
func analyst(ctx context.Context) error {
	if a := actor.From(ctx); a.Account.IsZero() || !a.Staff.Any(actor.Analyst) {
		return hidden()
	}
	return nil
}

var vulnerabilityForm = regexp.MustCompile(`^CVE-[0-9]{4}-[0-9]{4,7}$`)

// mostHolders is how many organisations are looked at that hold one address or name.
const mostHolders = 50

// FindExposures returns at most limit exposures, in the caller's transaction, to an analyst: on an
// address, in a range, on a name and below it, or of a vulnerability. They are looked for at those who hold
// the address or name now, as the register has it; of a range with more than 256 addresses, and of what is
// below a name, what was matched by an asset that lies in it.
func (n *Notify) FindExposures(ctx context.Context, tx *db.Tx, q string, limit int) (list []Exposure, err error) {
	if err := analyst(ctx); err != nil {
		return nil, err
	}
	q = strings.TrimSpace(q)
	if cve := strings.ToUpper(q); vulnerabilityForm.MatchString(cve) {
		return exposuresOfVulnerability(ctx, tx, cve, limit)
	}
	column, hits, inside := "address", []footprint.Hit(nil), []footprint.Hit(nil)
	var values []string
	index := n.footprint.Index()
	if addr, err := netip.ParseAddr(q); err == nil {
		values, hits = []string{addr.Unmap().String()}, index.Address(nil, addr.Unmap(), 0)
	} else if p, err := netip.ParsePrefix(q); err == nil {
		p = p.Masked()
		values, hits, inside = addressesOf(p), index.Around(p, mostHolders), index.Within(p, mostHolders)
	} else if name, ok := footprint.Normal(strings.ToLower(q)); ok && strings.Contains(name, ".") {
		column, values, hits, inside = "name", []string{name}, index.Name(nil, name), index.Below(name, mostHolders)
	}
	seen := map[string]bool{}
	add := func(e Exposure) error {
		if key := string(e.Organisation[:]) + string(e.Fingerprint[:]); !seen[key] && len(list) < limit {
			seen[key] = true
			list = append(list, e)
		}
		return nil
	}
	var asked []db.ID
	for _, h := range hits {
		if len(values) == 0 || len(list) >= limit || len(asked) >= mostHolders {
			break
		}
		if slices.Contains(asked, h.Organisation) {
			continue
		}
		asked = append(asked, h.Organisation)
		if err := exposuresAt(ctx, tx, h.Organisation, column, values, limit, add); err != nil {
			return nil, err
		}
	}
	for _, h := range inside {
		if len(list) >= limit {
			break
		}
		if err := exposuresMatchedBy(ctx, tx, h.Organisation, h.Asset, limit, add); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// mostAddresses is how large a range may be for each of its addresses to be looked for.
const mostAddresses = 256

// addressesOf lists the addresses of a small range; none of a larger one.
func addressesOf(p netip.Prefix) (list []string) {
	if p.Addr().BitLen()-p.Bits() > 8 {
		return nil
	}
	for a := p.Addr(); p.Contains(a) && len(list) < mostAddresses; a = a.Next() {
		list = append(list, a.String())
	}
	return list
}

// FindReports returns at most limit reports, the latest first, in the caller's transaction, to an
// analyst: by the beginning of the name or of the hash, or by the type.
func (n *Notify) FindReports(ctx context.Context, tx *db.Tx, q string, limit int) (list []*Report, err error) {
	if err := analyst(ctx); err != nil {
		return nil, err
	}
	q = strings.TrimSpace(q)
	if len(q) < 3 || len(q) > 200 {
		return nil, nil
	}
	if from, err := hex.DecodeString(strings.ToLower(q)); err == nil && len(from) >= 4 && len(from) <= 32 {
		if list, err = reportsByHash(ctx, tx, from, limit); err != nil || len(list) > 0 {
			return list, err
		}
	}
	if list, err = reportsOfType(ctx, tx, strings.ToLower(q), limit); err != nil || len(list) > 0 {
		return list, err
	}
	return reportsNamed(ctx, tx, q, limit)
}

// FindMessage returns the message with a reference, with each of its deliveries, in the caller's
// transaction, to an analyst.
func (n *Notify) FindMessage(ctx context.Context, tx *db.Tx, q string) (list []Sent, err error) {
	if err := analyst(ctx); err != nil {
		return nil, err
	}
	reference, ok := ParseReference(q)
	if !ok {
		return nil, nil
	}
	err = notificationByReference(ctx, tx, reference, func(s Sent) error { list = append(list, s); return nil })
	return list, err
}
