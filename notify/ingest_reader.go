package notify

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"polder/footprint"
	"polder/internal/db"
	"polder/notify/feeds"
)

// reportReader turns the lines of a report into batches of exposures.
type reportReader struct {
	footprint *footprint.Footprint
	index     *footprint.Index // as it is for this batch
	report    *Report
	feed      *feeds.Feed
	plan      *calendar
	skip      int64                // lines up to this one are done already
	from      time.Time            // when what is new becomes due is reckoned from this moment
	most      int                  // lines to read at most; 0: all
	stranger  func(*feeds.Finding) // is told of each line that concerns nobody; may be nil

	only   *footprint.Index // when set, look at nothing but what lies in these assets
	assets map[db.ID]bool   // the same assets
}

// run reads to the end of the feed and hands over full batches. It returns what broke the file, if
// anything did.
func (p *reportReader) run(ctx context.Context, full func(*batch)) error {
	var f feeds.Finding
	var m matcher
	b := newBatch()
	p.index = p.footprint.Index()
	for lines, all := 0, 0; ; all++ {
		if p.most > 0 && all == p.most {
			full(b)
			return nil
		}
		err := p.feed.Next(&f)
		var reject *feeds.Reject
		switch {
		case errors.Is(err, io.EOF), err != nil && !errors.As(err, &reject):
			full(b)
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		case reject != nil:
			if reject.Line > p.skip {
				b.lastLine = reject.Line
				b.counts.Rows++
				b.counts.Rejected++
				b.rejected = append(b.rejected, reject)
				lines++
			}
		case f.Line > p.skip:
			p.take(b, &m, &f)
			lines++
		}
		if lines >= batchLines || len(b.rows) >= batchRows || len(b.rejected) >= batchRows {
			full(b)
			if ctx.Err() != nil {
				return nil // the caller finds the cause
			}
			b, lines, p.index = newBatch(), 0, p.footprint.Index()
		}
	}
}

// take puts a finding into the batch: one row for each organisation that it concerns and each
// vulnerability that it names.
func (p *reportReader) take(b *batch, m *matcher, f *feeds.Finding) {
	b.lastLine = f.Line
	b.counts.Rows++
	seen := f.Observed
	if seen.IsZero() {
		seen = p.report.ReceivedAt
	} else if seen.After(b.observed) {
		b.observed = seen
	}
	var concerned []recipient
	if p.only == nil || len(m.match(p.only, f)) > 0 {
		concerned = m.match(p.index, f)
	}
	if len(concerned) == 0 {
		b.counts.Unmatched++
		if p.stranger != nil {
			p.stranger(f)
		}
		b.strange(f.Type, f.ASN)
		return
	}
	b.counts.Matched++
	severity := f.Severity
	if severity == feeds.Unknown {
		severity = feeds.Medium // nobody said; late is better than never, and at once would cry wolf
	}
	address := ""
	if f.Addr.IsValid() {
		address = f.Addr.String()
	}
	info, known := feeds.LookupType(f.Type)
	kind := f.Type
	if known && f.Class != info.Class && feeds.Taxonomy(f.Class) != feeds.Taxonomy(info.Class) {
		kind += "/" + f.Class // a server with a web shell is another thing than one that is out of date, and both may be seen
	}
	vulnerabilities := f.Vulnerabilities
	if len(vulnerabilities) == 0 {
		vulnerabilities = none
	}
	said := ""
	for i := range concerned {
		r := &concerned[i]
		if p.assets != nil && !slices.ContainsFunc(r.hits, func(h footprint.Hit) bool { return p.assets[h.Asset] }) {
			continue
		}
		// What is about an address is told apart by it, so that a passing host name makes nothing new;
		// what is about a name, or was found by name alone, is told apart by the name.
		name, subject := r.name, ""
		if name == "" && len(f.Names) > 0 {
			name, _ = footprint.Normal(f.Names[0].Value)
		}
		at := address
		if info.Subject == feeds.ByName && name != "" {
			subject = name
		}
		var byName string
		if !r.byAddress {
			at, subject = "", r.name
		} else if r.name != "" && subject == "" {
			byName = r.name
		}
		// Each account that leaked is to be dealt with. A provider hears that some did, not which.
		if r.role == footprint.Owner && f.AccountLeaked() && (!r.byAddress || f.Class == "data-leak") {
			subject, byName = subject+"/"+strings.ToLower(f.Account), ""
		}
		if said == "" {
			said = evidence(f)
		}
		for _, v := range vulnerabilities {
			k := rowKey{r.organisation, fingerprint(kind, at, f.Port, subject, v)}
			have := b.rows[k]
			if have == nil {
				have = &row{
					kind: f.Type, class: f.Class, severity: severity, address: address, port: f.Port, name: name, vulnerability: v,
					role: r.role.String(), reasons: r.reasons(f.Addr, f.ASN), assets: r.assets(), evidence: said, first: seen, last: seen,
					due: p.plan.dueCached(r.organisation, severity, p.from),
				}
				if byName != "" {
					have.byName = fingerprint(kind, "", f.Port, byName, v)
				}
				b.rows[k] = have
				continue
			}
			if seen.Before(have.first) {
				have.first = seen
			}
			if seen.After(have.last) {
				have.last, have.evidence = seen, said // a port and a time that go together
			}
			if severity > have.severity {
				have.severity, have.due = severity, p.plan.dueCached(r.organisation, severity, p.from)
			}
		}
	}
}

var none = []string{""}
