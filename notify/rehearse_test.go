package notify

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"polder/directory"
	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/kit"
	"polder/notify/feeds"
)

// asAnalyst lets a fixture ask as an analyst of the centre.
func (f *fixture) asAnalyst() {
	f.ctx = actor.With(f.t.Context(), actor.Actor{Account: db.NewID(), Staff: actor.Analyst, Fresh: f.clock.Now()})
}

// rehearse offers a text as a list by hand.
func (f *fixture) rehearse(name, text, mapping string) *Rehearsal {
	f.t.Helper()
	h, err := f.notify.Rehearse(f.ctx, Offer{Name: name, Input: strings.NewReader(text), Mapping: []byte(mapping)})
	if err != nil {
		f.t.Fatal(err)
	}
	return h
}

// everything is a print of all rows that a rehearsal could have left behind.
func (f *fixture) everything() (s string) {
	f.t.Helper()
	for _, table := range []string{"notify_source", "notify_series", "notify_report", "notify_rejected", "notify_drift", "notify_exposure", "notify_notification", "notify_item", "notify_cause", "notify_delivery", "notify_link", "jobs_job"} {
		s += fmt.Sprintf("%s %d\n", table, f.count(table, ""))
	}
	var due, told, state string
	if err := f.db.Read(f.ctx, func(tx *db.Tx) error {
		return tx.One(f.ctx, `SELECT CAST(COALESCE(sum(due_at), 0) AS TEXT), CAST(COALESCE(sum(told_at + last_seen + count + last_report), 0) AS TEXT), COALESCE(max(state) || min(state), '') FROM notify_exposure`, nil, &due, &told, &state)
	}); err != nil {
		f.t.Fatal(err)
	}
	return s + due + " " + told + " " + state
}

const handMapping = `source: politie
header: true
type: exposed_panel
class: vulnerable-system
observed: %s
columns: {ip: source.ip, port: source.port, domain: source.fqdn, level: severity, cve: product.vulnerabilities, seen: time.source}
`

// For worlds made at random: what a rehearsal announces is what goes out after the same file is read in
// earnest, to whom, when, and word for word.
func TestRehearsalIsExact(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
				f := newFixture(t, d)
				f.asAnalyst()
				dice := rand.New(rand.NewPCG(seed, 4))
				f.randomWorld(dice)
				var list strings.Builder
				list.WriteString("ip,port,domain,level,cve,seen\n")
				for range 60 {
					list.WriteString(f.randomLine(dice))
				}
				list.WriteString("not an address,1,,,,\n")
				mapping := fmt.Sprintf(handMapping, f.clock.Now().Format(time.RFC3339))
				before := f.everything()
				said := f.rehearse("lijst.csv", list.String(), mapping)
				if after := f.everything(); after != before {
					t.Fatalf("the rehearsal left something behind:\n%s\n%s", before, after)
				}
				if again := f.rehearse("lijst.csv", list.String(), mapping); again.Hash != said.Hash {
					t.Error("two rehearsals of the same differ")
				}
				if len(said.Mails) == 0 || said.Rejected != 1 || len(said.Rejects) != 1 {
					t.Fatalf("%d mails, %d rejected: this world shows nothing", len(said.Mails), said.Rejected)
				}
				start := f.clock.Now()
				f.reports++
				sum := f.offer("lijst.csv", list.String(), Offer{Mapping: []byte(mapping)})
				if sum.Rows != said.Rows || sum.Matched != said.Matched || sum.Unmatched != said.Unmatched || sum.New != said.ExposuresNew || sum.SeenAgain != said.ExposuresAgain || sum.Reopened != said.ExposuresReopened {
					t.Errorf("said %+v, was %+v", said.Counts, sum)
				}
				f.liveOn(start.Add(45 * 24 * time.Hour)) // a reminder of what is seen again may be a month away
				got := f.caused(sum.Report)
				var want []string
				for _, m := range said.Mails {
					want = append(want, fmt.Sprintf("%s %s %s %s\n%s\n%s", m.Recipient, m.At.UTC().Format(time.RFC3339), m.Kind, m.Reference, m.Subject, m.Text))
				}
				slices.Sort(want)
				if len(got) != len(want) {
					t.Errorf("%d mails were announced and %d came", len(want), len(got))
				}
				for i := range min(len(got), len(want)) {
					if got[i] != want[i] {
						t.Fatalf("announced:\n%s\n\ncame:\n%s", want[i], got[i])
					}
				}
			})
		})
	}
}

// randomWorld has organisations of both languages with and without wishes and addresses, and a past: what
// was told, answered, solved and is due to be reminded of.
func (f *fixture) randomWorld(dice *rand.Rand) {
	var organisations, assets []string
	for i := range 14 {
		email := fmt.Sprintf("info@org%d.example", i)
		if i%7 == 6 {
			email = ""
		}
		organisations = append(organisations, fmt.Sprintf("org%d,Organisatie %d,%s,%s", i, i, []string{"nl", "en"}[i%2], email))
		assets = append(assets, fmt.Sprintf("org%d,prefix,192.0.2.%d/28,owner", i, i%12*16), fmt.Sprintf("org%d,domain,org%d.example,owner", i, i))
		if i%3 == 0 {
			assets = append(assets, fmt.Sprintf("org%d,prefix,192.0.2.0/25,provider", i))
		}
	}
	f.organisations(organisations...)
	f.assets(assets...)
	for i := range 14 {
		for s, options := range choices {
			if dice.IntN(3) == 0 {
				id, c := f.organisation(fmt.Sprintf("org%d", i)).ID, options[dice.IntN(len(options))]
				if err := f.db.Write(f.ctx, func(tx *db.Tx) error { return setPreference(f.ctx, tx, id, s, c, f.clock.Now()) }); err != nil {
					f.t.Fatal(err)
				}
			}
		}
	}
	mapping := fmt.Sprintf(handMapping, f.clock.Now().Format(time.RFC3339))
	for part := range 3 {
		var list strings.Builder
		list.WriteString("ip,port,domain,level,cve,seen\n")
		for range 25 {
			list.WriteString(f.randomLine(dice))
		}
		f.offer(fmt.Sprintf("eerder%d.csv", part), list.String(), Offer{Mapping: []byte(mapping)})
		if part < 2 {
			f.clock.Advance(time.Duration(20+dice.IntN(100)) * time.Hour)
			f.compose()
		}
		mapping = fmt.Sprintf(handMapping, f.clock.Now().Format(time.RFC3339))
	}
	n := 0
	var all []Exposure
	if err := f.db.Read(f.ctx, func(tx *db.Tx) error {
		return eachExposure(f.ctx, tx, func(e Exposure) error { all = append(all, e); return nil }, `WHERE told_at IS NOT NULL ORDER BY type, address, name, port, vulnerability, severity`)
	}); err != nil {
		f.t.Fatal(err)
	}
	for _, e := range all {
		state := []string{"open", "open", "acknowledged", "solved", "false_positive", "not_ours"}[dice.IntN(6)]
		if err := f.db.Write(f.ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(f.ctx, `UPDATE notify_exposure SET state = ?3, reopens_after = last_seen, due_at = NULL WHERE organisation_id = ?1 AND fingerprint = ?2`, e.Organisation, e.Fingerprint[:], state)
			return err
		}); err != nil {
			f.t.Fatal(err)
		}
		n++
	}
	f.clock.Advance(time.Duration(dice.IntN(30*24)) * time.Hour)
}

func (f *fixture) randomLine(dice *rand.Rand) string {
	level := []string{"critical", "high", "medium", "low", "info", ""}[dice.IntN(6)]
	domain := ""
	if dice.IntN(3) == 0 {
		domain = fmt.Sprintf("www%d.org%d.example", dice.IntN(2), dice.IntN(16))
	}
	cve := []string{"", "", "CVE-2024-21410", "CVE-2024-21410;CVE-2023-1234"}[dice.IntN(4)]
	seen := ""
	if dice.IntN(2) == 0 {
		seen = f.clock.Now().Add(-time.Duration(dice.IntN(48)) * time.Hour).Format("2006-01-02 15:04:05")
	}
	ip := fmt.Sprintf("192.0.2.%d", dice.IntN(16)*12)
	if domain != "" && dice.IntN(2) == 0 {
		ip = ""
	}
	return fmt.Sprintf("%s,%d,%s,%s,%s,%s\n", ip, []int{443, 3389}[dice.IntN(2)], domain, level, cve, seen)
}

// liveOn lets the clock go on from one due moment to the next, composing at each, as the minutes do.
func (f *fixture) liveOn(until time.Time) {
	f.t.Helper()
	for {
		if _, err := f.notify.Compose(f.ctx); err != nil {
			f.t.Fatal(err)
		}
		var at db.Time
		err := f.db.Read(f.ctx, func(tx *db.Tx) error {
			// An organisation without an address is looked at every hour, and nothing comes of it.
			var due []db.ID
			var first []db.Time
			err := tx.Each(f.ctx, func(scan func(...any) error) error {
				var id db.ID
				var t db.Time
				err := scan(&id, &t)
				due, first = append(due, id), append(first, t)
				return err
			}, `SELECT organisation_id, min(due_at) FROM notify_exposure WHERE due_at > ?1 GROUP BY organisation_id ORDER BY 2`, db.Micros(f.clock.Now()))
			if err != nil {
				return err
			}
			found, err := directory.Get(f.ctx, tx, due)
			if i := slices.IndexFunc(due, func(id db.ID) bool { return found[id].Email != "" }); i >= 0 {
				at = first[i]
			}
			return err
		})
		if err != nil {
			f.t.Fatal(err)
		}
		if at.IsZero() || at.After(until) {
			return
		}
		f.clock.Set(at.Time)
	}
}

// caused are the mails that a report led to, as a rehearsal writes them.
func (f *fixture) caused(report string) (list []string) {
	f.t.Helper()
	id, err := db.ParseID(report)
	if err != nil {
		f.t.Fatal(err)
	}
	err = f.db.Read(f.ctx, func(tx *db.Tx) error {
		r, err := reportByID(f.ctx, tx, id)
		if err != nil {
			return err
		}
		sent, err := causedMails(f.ctx, tx, r[0].Seq)
		for _, s := range sent {
			names, err := organisationsIn(f.ctx, tx, map[db.ID]bool{s.Organisation: true})
			if err != nil {
				return err
			}
			calm := strings.NewReplacer(s.Reference, RehearsedReference, placeholder, RehearsedLink)
			list = append(list, fmt.Sprintf("%s %s %s %s\n%s\n%s", s.Recipient, s.CreatedAt.UTC().Format(time.RFC3339), s.Kind, names[s.Organisation].Reference, calm.Replace(s.Subject), calm.Replace(s.Text)))
		}
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

func TestRehearsalTellsWhatItLeavesOut(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("bakker,Bakkerij De Korst,nl,info@korst.example", "smid,Smederij Vonk,en,", "molen,De Zwaan,nl,info@molen.example")
		f.assets("bakker,prefix,192.0.2.0/28,owner", "smid,prefix,198.51.100.0/28,owner", "molen,prefix,203.0.113.0/28,owner")
		list := "ip,port,domain,level,cve,seen\n192.0.2.7,1,,high,,\n198.51.100.7,1,,high,,\n203.0.113.7,1,,info,,\n8.8.8.8,1,,high,,\nx,1,,,,\n"
		mapping := fmt.Sprintf(handMapping, f.clock.Now().Format(time.RFC3339))
		// Nobody but an analyst.
		for _, who := range []actor.Actor{{}, {Account: db.NewID()}, {Account: db.NewID(), Staff: actor.Adviser}, {Token: db.NewID(), Staff: actor.Analyst}} {
			if _, err := f.notify.Rehearse(actor.With(t.Context(), who), Offer{Name: "x.csv", Input: strings.NewReader(list), Mapping: []byte(mapping)}); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%v may rehearse: %v", who, err)
			}
		}
		f.asAnalyst()
		h := f.rehearse("x.csv", list, mapping)
		if len(h.Mails) != 1 || h.Organisations != 1 || h.Concerned != 3 || !h.Mails[0].AtOnce || h.Mails[0].Recipient != "info@korst.example" || !strings.Contains(h.Mails[0].Text, RehearsedLink) || !strings.Contains(h.Mails[0].Subject, RehearsedReference) {
			t.Fatalf("%+v", h)
		}
		why := map[string]string{}
		for _, s := range h.Silent {
			why[s.Reference] = s.Why
		}
		if len(why) != 2 || why["smid"] != "no_address" || why["molen"] != "never" {
			t.Errorf("silent: %v", why)
		}
		if len(h.Strangers) != 1 || h.Strangers[0] != (Unknown{5, "8.8.8.8"}) || len(h.Rejects) != 1 {
			t.Errorf("strangers %v, rejects %v", h.Strangers, h.Rejects)
		}
		// The register changes, the hash does.
		f.assets("molen,prefix,8.8.8.0/24,owner")
		if again := f.rehearse("x.csv", list, mapping); again.Hash == h.Hash || len(again.Mails) != 2 {
			t.Errorf("%d mails after the register changed", len(again.Mails))
		}
		sum := f.offer("x.csv", list, Offer{Mapping: []byte(mapping)})
		if known := f.rehearse("y.csv", list, mapping); known.Known.String() != sum.Report {
			t.Errorf("the file is not known: %+v", known)
		}
		if _, err := f.notify.Rehearse(f.ctx, Offer{Name: "x.csv", Input: strings.NewReader("a,b\n1,2\n"), Mapping: []byte(mapping)}); fault.KindOf(err) != fault.Invalid {
			t.Error(err)
		}
		if h := f.rehearse("long.csv", "ip,port,domain,level,cve,seen\n"+strings.Repeat("192.0.2.7,1,,high,,\n", rehearsedLines)+"203.0.113.7,1,,high,,\n", mapping); !h.Cut || h.Lines != rehearsedLines+1 || h.Concerned != 2 || h.Rows != rehearsedLines {
			t.Errorf("cut %v, %d lines, %d concerned, %d rows", h.Cut, h.Lines, h.Concerned, h.Rows)
		}
		if _, ok := feeds.LookupType("exposed_panel"); ok {
			t.Error("the type of these tests is known")
		}
	})
}
