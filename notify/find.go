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
// address, on a name, or of a vulnerability. Address and name are looked for at those who hold them
// now, as the register has it.
func (n *Notify) FindExposures(ctx context.Context, tx *db.Tx, q string, limit int) (list []Exposure, err error) {
	if err := analyst(ctx); err != nil {
		return nil, err
	}
	q = strings.TrimSpace(q)
	if cve := strings.ToUpper(q); vulnerabilityForm.MatchString(cve) {
		return exposuresOfVulnerability(ctx, tx, cve, limit)
	}
	column, value := "address", ""
	var hits []footprint.Hit
	if addr, err := netip.ParseAddr(q); err == nil {
		value, hits = addr.Unmap().String(), n.footprint.Index().Address(nil, addr.Unmap(), 0)
	} else if name, ok := footprint.Normal(strings.ToLower(q)); ok && strings.Contains(name, ".") {
		column, value, hits = "name", name, n.footprint.Index().Name(nil, name)
	}
	var asked []db.ID
	for _, h := range hits {
		if !slices.Contains(asked, h.Organisation) && len(asked) < mostHolders {
			asked = append(asked, h.Organisation)
		}
	}
	for _, organisation := range asked {
		if len(list) >= limit {
			break
		}
		found, err := exposuresAt(ctx, tx, organisation, column, value, limit-len(list))
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	return list, nil
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
