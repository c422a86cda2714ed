package notify

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"time"

	"polder/footprint"
	"polder/internal/db"
	"polder/notify/feeds"
)

// Seeded is an organisation that Seed makes exposures for.
type Seeded struct {
	ID        db.ID
	Mail      string
	Assets    []footprint.Asset // of kinds that findings are matched by, at least one
	Exposures int
}

// seedDays is how long ago the reports of a seed begin: three years.
const seedDays = 3 * 365

// seedKept is for how many days there are still messages.
const seedKept = 540

// seedTold is how long after it was first seen an exposure of a seed was told of.
const seedTold = 10 * time.Minute

// seedStep is how many exposures one transaction of a seed writes.
const seedStep = 20_000

// Seed makes up reports, exposures, notifications and answers of three years, to show and to measure a
// large installation: no report is read and no mail goes out. The same list gives the same contents, but
// for ids. told, which may be nil, hears how many exposures there are so far.
func (n *Notify) Seed(ctx context.Context, list []Seeded, told func(done int)) error {
	s := &seeder{n: n, now: n.now().UTC().Truncate(24 * time.Hour)}
	if err := n.change(ctx, func(tx *db.Tx) error { return s.reports(ctx, tx) }); err != nil {
		return fmt.Errorf("make up reports: %w", err)
	}
	err := n.db.Fill(ctx, seedTables(), func(ctx context.Context) error {
		made, writing := make(chan seedBatch), sync.WaitGroup{}
		ctx, stop := context.WithCancelCause(ctx)
		defer stop(nil)
		writing.Go(func() {
			done := 0
			for b := range made {
				if err := n.change(ctx, func(tx *db.Tx) error { return b.write(ctx, tx) }); err != nil {
					stop(err)
					return
				}
				if done += len(b[seedExposures]); told != nil {
					told(done)
				}
			}
		})
		for i := 0; i < len(list) && ctx.Err() == nil; {
			for s.batch = (seedBatch{}); len(s.batch[seedExposures]) < seedStep && i < len(list); i++ {
				s.organisation(list[i], rand.New(rand.NewPCG(uint64(i), 4)))
			}
			select {
			case made <- s.batch:
			case <-ctx.Done():
			}
		}
		close(made)
		writing.Wait()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return n.db.Write(ctx, func(tx *db.Tx) error { return seeded(ctx, tx, s) })
	})
	if err != nil {
		return fmt.Errorf("make up exposures: %w", err)
	}
	return nil
}

// seedSeries is a sort of report that came every day.
type seedSeries struct {
	id   int64
	info feeds.TypeInfo
	port uint16
}

// seeder holds what is to be written next.
type seeder struct {
	n      *Notify
	now    time.Time
	series []seedSeries
	ids    uint64
	tally  map[[2]string]int64 // type and answer
	days   map[seedDay]*[7]int64
	solved map[[3]int64]int64 // by day, series and step of solveBounds
	batch  seedBatch
}

// seedDay is a row of the figures: a day, a series and a severity.
type seedDay struct {
	day      int64
	series   int
	severity feeds.Severity
}

// count counts an exposure as the triggers do that are off while a seed is written.
func (s *seeder) count(series int, severity feeds.Severity, first, stateAt time.Time, told bool, state State) {
	add := func(at time.Time, column int) {
		k := seedDay{at.Unix() / 86400, series, severity}
		if s.days[k] == nil {
			s.days[k] = new([7]int64)
		}
		s.days[k][column]++
	}
	add(first, 0)
	if told {
		add(first.Add(seedTold), 1)
	}
	if i := slices.Index([]State{StateAcknowledged, StateSolved, StateFalsePositive, StateNotOurs, StateExpired}, state); i >= 0 {
		add(stateAt, 2+i)
	}
	if state == StateSolved {
		step := slices.IndexFunc(solveBounds, func(d time.Duration) bool { return stateAt.Sub(first) < d })
		if step < 0 {
			step = len(solveBounds)
		}
		s.solved[[3]int64{stateAt.Unix() / 86400, int64(series), int64(step)}]++
	}
}

// seedTypes are the reports of a seed, with the port that their findings are about.
var seedTypes = []struct {
	name string
	port uint16
}{{"scan_rdp", 3389}, {"scan_smb", 445}, {"scan_ssl", 443}, {"scan_telnet", 23}, {"scan_vnc", 5900}, {"scan_mysql", 3306}, {"scan_postgres", 5432}, {"scan_mongodb", 27017},
	{"scan_elasticsearch", 9200}, {"scan_redis", 6379}, {"scan_ftp", 21}, {"scan_snmp", 161}, {"scan_ntp", 123}, {"scan_dns", 53}, {"scan_ldap_tcp", 389}, {"scan_ipmi", 623},
	{"scan_http_vulnerable", 443}, {"scan_exchange", 443}, {"scan_ssh", 22}, {"scan_isakmp", 500}, {"scan_mqtt", 1883}, {"scan_docker", 2375}, {"scan_kubernetes", 6443},
	{"blocklist", 0}, {"event4_sinkhole", 0}, {"compromised_website", 80}}

// seedVulnerabilities are what scans of vulnerable servers name.
var seedVulnerabilities = []string{"CVE-2023-3519", "CVE-2023-4966", "CVE-2024-21762", "CVE-2024-3400", "CVE-2024-6387", "CVE-2025-0282", "CVE-2025-22457", "CVE-2025-53770"}

// seq is the number of the report of a series on a day, counted from the first.
func (s *seeder) seq(series, day int) int64 { return int64(day*len(s.series) + series + 1) }

// at is a moment of a day, counted from the first.
func (s *seeder) at(day int) time.Time { return s.now.AddDate(0, 0, day-seedDays).Add(6 * time.Hour) }

func (s *seeder) reports(ctx context.Context, tx *db.Tx) error {
	s.tally, s.days, s.solved = map[[2]string]int64{}, map[seedDay]*[7]int64{}, map[[3]int64]int64{}
	source, err := newSource("shadowserver", "", "")
	if err != nil {
		return err
	}
	if err := ensureSource(ctx, tx, source, s.at(0)); err != nil {
		return err
	}
	for _, t := range seedTypes {
		info, _ := feeds.LookupType(t.name)
		if info.Severity == feeds.Unknown {
			info.Severity = feeds.Medium
		}
		id, err := ensureSeries(ctx, tx, source.Key, t.name, "national")
		if err != nil {
			return err
		}
		s.series = append(s.series, seedSeries{id, info, t.port})
	}
	r := rand.New(rand.NewPCG(1, 3))
	var rows, rejected [][]any
	for day := range seedDays {
		for i, x := range s.series {
			id, at := db.NewID(), s.at(day)
			name := fmt.Sprintf("%s-%s-national.csv", at.Format(time.DateOnly), x.info.Name)
			sha := sha256.Sum256([]byte("seed " + name))
			read := int64(20_000 + r.IntN(20_000))
			bad, matched := int64(max(0, r.IntN(12)-8)), read/int64(3+r.IntN(4))
			fresh := int64(min(1, r.IntN(50)))
			rows = append(rows, []any{id[:], s.seq(i, day), x.id, source.Key, x.info.Name, feeds.FormatShadowserver, name, "", sha[:], read * 180, source.TLP, source.Licence,
				db.Micros(at), "complete", "", read, read, bad, matched, read - bad - matched, matched / 20, matched * 19 / 20, matched / 100,
				db.Micros(at), at.Unix() / 86400, fresh, db.Micros(at.Add(2 * time.Second)), db.Micros(at.Add(time.Hour)), int64(1)})
			if day > seedDays-30 {
				for line := range bad {
					rejected = append(rejected, []any{id[:], line*7 + 2, "the address cannot be read", "2026-01-01 00:00:00,high,300.1.2.3"})
				}
			}
		}
	}
	return seedReports(ctx, tx, rows, rejected)
}

// organisation makes up what was found at one organisation, and what became of it.
func (s *seeder) organisation(o Seeded, r *rand.Rand) {
	type found struct {
		print    Fingerprint
		series   int
		severity feeds.Severity
		first    int
		state    State
	}
	var list []found
	seen := map[Fingerprint]bool{}
	var touched time.Time
	for tries := 0; len(list) < o.Exposures && tries < 20*o.Exposures+100; tries++ {
		i := min(r.IntN(len(s.series)), r.IntN(len(s.series)))
		x := s.series[i]
		asset := o.Assets[r.IntN(len(o.Assets))]
		address, name, on, kind := "", "", "", asset.Kind.String()
		switch p, err := netip.ParsePrefix(asset.Value); {
		case err == nil:
			a := inside(p, r)
			address, on = a.String(), a.String()
			if r.IntN(3) == 0 {
				name = fmt.Sprintf("host-%d.klanten.example", r.IntN(1000))
			}
		case asset.Kind == footprint.Domain:
			name = seedHosts[r.IntN(len(seedHosts))] + "." + asset.Value
			on = name
		default:
			continue
		}
		vulnerability, subject := "", ""
		if x.info.Name == "scan_http_vulnerable" || x.info.Name == "scan_exchange" || r.IntN(40) == 0 {
			vulnerability = seedVulnerabilities[r.IntN(len(seedVulnerabilities))]
		}
		if address == "" {
			subject = name
		}
		print := fingerprint(x.info.Name, address, x.port, subject, vulnerability)
		if seen[print] {
			continue
		}
		seen[print] = true
		severity := x.info.Severity
		if vulnerability != "" && r.IntN(4) == 0 {
			severity = feeds.Critical
		}
		// Most is long over; what is open was seen in the last weeks.
		state, age := StateSolved, r.IntN(seedDays-2)
		switch v := r.IntN(100); {
		case v < 12:
			state, age = StateOpen, r.IntN(120)
		case v < 16:
			state, age = StateAcknowledged, r.IntN(120)
		case v < 30:
			state = StateExpired
		case v < 34:
			state = StateFalsePositive
		case v < 36:
			state = StateNotOurs
		}
		first := seedDays - 2 - age
		last := min(seedDays-2, first+r.IntN(40))
		if state == StateOpen || state == StateAcknowledged {
			last = seedDays - 2 - r.IntN(14)
			last = max(first, last)
		}
		firstAt, lastAt := s.at(first).Add(time.Duration(r.IntN(3600))*time.Second), s.at(last).Add(time.Duration(r.IntN(3600))*time.Second)
		lastAt = later(firstAt, lastAt)
		stateAt := lastAt.Add(time.Duration(1+r.IntN(60)) * time.Hour)
		confirmed := int64(0)
		if state == StateSolved && r.IntN(3) > 0 {
			confirmed = 1
		}
		var toldAt, remind any
		if r.IntN(20) > 0 {
			toldAt = db.Micros(firstAt.Add(seedTold))
		}
		touched = later(touched, stateAt)
		s.count(i, severity, firstAt, stateAt, toldAt != nil, state)
		reasons := fmt.Sprintf(`[{"kind":"%s","value":"%s","on":"%s","since":"%s","role":"%s","asset":"%s"}]`,
			kind, asset.Value, on, asset.RegisteredAt.UTC().Format("2006-01-02T15:04:05Z"), asset.Role, asset.ID)
		s.batch[seedExposures] = append(s.batch[seedExposures], []any{o.ID[:], print[:], x.info.Name, x.info.Class, int64(severity), address, int64(x.port), name, vulnerability,
			asset.Role.String(), reasons, `{"transport":"tcp"}`, x.id, db.Micros(firstAt), db.Micros(lastAt), int64(1 + last - first), s.seq(i, first), s.seq(i, last),
			string(state), db.Micros(stateAt), db.Micros(lastAt), confirmed, toldAt, remind, int64(0), nil})
		s.batch[seedAssets] = append(s.batch[seedAssets], []any{o.ID[:], asset.ID[:], print[:]})
		if toldAt != nil {
			list = append(list, found{print, i, severity, first, state})
		} else {
			list = append(list, found{print: print, first: -1})
		}
	}
	if len(list) > 0 {
		s.batch[seedTouched] = append(s.batch[seedTouched], []any{o.ID[:], db.Micros(touched)})
	}
	// One message about what was found in a time, up to a hundred things.
	slices.SortStableFunc(list, func(a, b found) int { return a.first - b.first })
	for at := 0; at < len(list); {
		if list[at].first < seedDays-seedKept {
			at++
			continue
		}
		end := at + 1
		for end < len(list) && end-at < 100 && list[end].first-list[at].first < 7 {
			end++
		}
		part := list[at:end]
		at = end
		when := s.at(part[len(part)-1].first).Add(70 * time.Minute)
		id := s.id()
		worst := feeds.Info
		for _, f := range part {
			worst = max(worst, f.severity)
			s.batch[seedItems] = append(s.batch[seedItems], []any{id[:], o.ID[:], slices.Clone(f.print[:])})
		}
		class := s.series[part[0].series].info.Class
		s.batch[seedNotifications] = append(s.batch[seedNotifications], []any{id[:], seedReference(id), o.ID[:], "warning", int64(worst), class, "nl",
			fmt.Sprintf("Waarschuwing: %d kwetsbare systemen", len(part)), "Beste lezer,\n\nWe zagen iets bij u dat kwetsbaar is.\n", "<p>We zagen iets bij u dat kwetsbaar is.</p>",
			int64(len(part)), int64(1), db.Micros(when)})
		delivery, state := s.id(), "sent"
		if r.IntN(60) == 0 {
			state = "bounced"
		}
		s.batch[seedDeliveries] = append(s.batch[seedDeliveries], []any{delivery[:], id[:], o.Mail, delivery.String() + "@seed.example", state, int64(1), nil, db.Micros(when.Add(time.Minute)), "250 2.0.0 Ok"})
		if r.IntN(6) == 0 {
			answer, given := seedAnswers[r.IntN(len(seedAnswers))], s.id()
			s.batch[seedFeedback] = append(s.batch[seedFeedback], []any{given[:], id[:], o.ID[:], "recipient", nil, nil, "", answer, "", int64(len(part)), db.Micros(when.Add(time.Duration(1+r.IntN(90)) * time.Hour))})
			for _, f := range part {
				s.batch[seedFeedbackItems] = append(s.batch[seedFeedbackItems], []any{o.ID[:], slices.Clone(f.print[:]), given[:]})
				s.tally[[2]string{s.series[f.series].info.Name, answer}]++
			}
		}
	}
}

var seedHosts = []string{"www", "mail", "vpn", "intranet", "webmail", "test", "shop", "remote", "cloud", "api", "dev", "portal"}

var seedAnswers = []string{"on_it", "on_it", "solved", "solved", "solved", "solved", "forwarded", "false_positive", "not_ours", "help"}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// inside returns an address in the range.
func inside(p netip.Prefix, r *rand.Rand) netip.Addr {
	b := p.Masked().Addr().AsSlice()
	for i := p.Bits(); i < 8*len(b); i++ {
		if r.IntN(2) == 1 {
			b[i/8] |= 0x80 >> (i % 8)
		}
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// id makes the next id: they come in the order in which they are written, as then the database writes
// them side by side.
func (s *seeder) id() (id db.ID) {
	s.ids++
	binary.BigEndian.PutUint64(id[:8], uint64(s.now.UnixMilli())<<16|0x7000)
	binary.BigEndian.PutUint64(id[8:], s.ids|1<<63)
	return id
}

// seedReference makes a reference out of an id, with its check.
func seedReference(id db.ID) string {
	sum, c := sha256.Sum256(id[:]), make([]byte, 9, 10)
	for i := range c {
		c[i] = referenceAlphabet[sum[i]%31]
	}
	c = append(c, checkCharacter(c))
	return "PLD-" + string(c[:5]) + "-" + string(c[5:])
}
