package notify

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"polder/internal/db"
	"polder/internal/kit"
	"polder/notify/feeds"
)

// Everybody sees what is open in the organisations of each place and mandate, as far as it goes, with
// on whose behalf; and a record is kept for each organisation.
func TestAcross(t *testing.T) {
	eachCompany(t, func(t *testing.T, c *company) {
		c.assets("it,prefix,198.51.100.64/28,owner")
		c.ingest("scan_rdp", rdp, rdpLine("198.51.100.65", ""))
		// The person of one supplier belongs to the smithy as well.
		c.sql(`INSERT INTO directory_member (organisation_id, account_id, place, since) VALUES (?1, ?2, 'member', 0)`, c.organisation("smid").ID, c.people["it"].Account)
		all := []string{"192.0.2.7", "192.0.2.8", "203.0.113.5", "198.51.100.3", "198.51.100.65"}
		for who, want := range map[string][]string{"it": all, "bakker": all[:3], "bakker-member": all[:3], "it-reads": all[:3], "it-one": all[2:3], "it-none": nil, "it-late": nil, "smid": all[3:4],
			"stranger": nil, "leeg": nil} {
			page := c.ask(who, "GET", "/exposures", nil)
			text := page.Body.String()
			if page.Code != 200 {
				t.Fatalf("%s: %d", who, page.Code)
			}
			for _, address := range all {
				if strings.Contains(text, address) != slices.Contains(want, address) {
					t.Errorf("%s and %s in the list", who, address)
				}
			}
			places := c.ask(who, "GET", "/exposures?by=organisation", nil).Body.String()
			if strings.Contains(places, "Bakkerij De Korst") != slices.Contains([]string{"it", "bakker", "bakker-member", "it-reads", "it-one", "it-none"}, who) {
				t.Errorf("%s and the bakery by name", who)
			}
			if delegate := strings.HasPrefix(who, "it") && want != nil; delegate != strings.Contains(text, "Namens deze organisatie, via ") {
				t.Errorf("%s: on whose behalf", who)
			}
		}
		if page := c.ask("it-one", "GET", "/exposures?by=organisation", nil).Body.String(); strings.Contains(page, "severity=high") || !strings.Contains(page, "severity=critical") {
			t.Error("a mandate for one asset counts others")
		}
		for _, who := range []string{""} {
			if w := c.ask(who, "GET", "/exposures", nil); w.Code == 200 {
				t.Errorf("nobody: %d", w.Code)
			}
		}
		read := func() int {
			return c.count("audit_event", "actor = ?1 AND action = 'read' AND organisation_id IS NOT NULL", "account:"+c.people["it"].Account.String())
		}
		before := read()
		if c.ask("it", "GET", "/exposures", nil); read() != before+3 {
			t.Errorf("%d records of reading three organisations", read()-before)
		}
		if page := c.ask("it", "GET", "/exposures?severity=critical", nil).Body.String(); strings.Contains(page, "192.0.2.7") || !strings.Contains(page, "203.0.113.5") {
			t.Error("of one severity")
		}
		c.sql(`UPDATE directory_mandate SET withdrawn_at = 1 WHERE holder_id = ?1`, c.organisation("it").ID)
		if page := c.ask("it", "GET", "/exposures", nil).Body.String(); strings.Contains(page, "192.0.2.7") || !strings.Contains(page, "198.51.100.65") {
			t.Error("a mandate that was withdrawn")
		}
		for _, after := range []string{"x", "5.1.2", "5.1." + strings.Repeat("0", 32), "5.1." + strings.Repeat("0", 32) + ".x"} {
			if w := c.ask("it", "GET", "/exposures?after="+url.QueryEscape(after), nil); w.Code != 404 {
				t.Errorf("%s: %d", after, w.Code)
			}
		}
	})
}

// A supplier with many clients goes through all pages and meets each exposure once, the worst first,
// and each page comes soon.
func TestAcrossManyClients(t *testing.T) {
	const clients, each = 500, 16
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		c := openCompany(t, d)
		holder, year := c.organisation("it").ID, c.clock.Now().AddDate(1, 0, 0)
		var organisations, mandates, exposures, assets, register, pairs [][]any
		for i := range clients {
			o, m := db.NewID(), db.NewID()
			organisations = append(organisations, []any{o[:], fmt.Sprintf("klant-%03d", i), fmt.Sprintf("Klant %03d", i), "", "", "", int64(-1), "nl", int64(0), int64(0)})
			every := int64(1)
			if i%10 == 0 {
				every = 0
			}
			mandates = append(mandates, []any{m[:], o[:], holder[:], int64(1), every, o[:], int64(0), db.Micros(year)})
			asset := db.NewID()
			if every == 0 {
				assets = append(assets, []any{m[:], asset[:]})
				register = append(register, []any{asset[:], o[:], "prefix", fmt.Sprintf("10.%d.%d.0/24", i/250, i%250), "owner", "proven", "operator", int64(0), int64(0), int64(1)})
			}
			for j := range each {
				print := fingerprint("x", fmt.Sprint(i, j), 0, "", "")
				state, matched := "open", db.NewID()
				if j%4 == 3 {
					state = "solved"
				}
				if j < 4 {
					matched = asset
				}
				pairs = append(pairs, []any{o[:], matched[:], print[:]})
				exposures = append(exposures, []any{o[:], print[:], "scan_rdp", "vulnerable-system", int64(j%4 + 1), fmt.Sprintf("192.0.2.%d", j), int64(0), "", "", "owner",
					`[{"kind":"prefix","value":"192.0.2.0/24","on":"192.0.2.1","role":"owner","since":"2026-01-01T00:00:00Z","asset":"` + matched.String() + `"}]`, "{}", int64(1), int64(i*100 + j), int64(2), int64(1), int64(1), int64(1), state, int64(0), int64(0), int64(0), int64(1), int64(0)})
			}
		}
		if err := d.Write(c.ctx, func(tx *db.Tx) error {
			for _, b := range []struct {
				table   string
				columns string
				rows    [][]any
			}{
				{"directory_organisation", "id reference name registration_number sector province employees language created_at changed_at", organisations},
				{"footprint_asset", "id organisation_id kind value role state method registered_at changed_at version", register},
				{"directory_mandate", "id organisation_id holder_id acting every_asset given_by given_at ends_at", mandates},
				{"directory_mandate_asset", "mandate_id asset_id", assets},
				{"notify_exposure", "organisation_id fingerprint type class severity address port name vulnerability role reasons evidence series_id first_seen last_seen count first_report last_report state state_at reopens_after confirmed told_at reminders", exposures},
				{"notify_exposure_asset", "organisation_id asset_id fingerprint", pairs},
			} {
				if err := tx.Bulk(c.ctx, b.table, strings.Fields(b.columns), b.rows); err != nil {
					return fmt.Errorf("%s: %w", b.table, err)
				}
			}
			for _, table := range []string{"directory_organisation", "directory_mandate", "directory_mandate_asset", "directory_member", "notify_exposure", "notify_exposure_asset"} {
				if err := tx.Analyze(c.ctx, table); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		me := c.as("it")
		seen := map[rowKey]bool{}
		var after *AcrossMark
		last := feeds.Critical
		var slowest time.Duration
		for {
			start := time.Now()
			a, err := me.notify.Across(me.ctx, 0, after)
			if err != nil {
				t.Fatal(err)
			}
			slowest = max(slowest, time.Since(start))
			for _, e := range a.Exposures {
				k := rowKey{e.Organisation, e.Fingerprint}
				if seen[k] || e.Severity > last || e.State == StateSolved {
					t.Fatalf("twice, or out of order: %+v", e)
				}
				seen[k], last = true, e.Severity
			}
			if a.Next == nil {
				break
			}
			after = a.Next
		}
		// Of a whole mandate 12 are open of each; of one asset, 3. And the bakery has its three.
		if want := clients/10*9*12 + clients/10*3 + 3; len(seen) != want {
			t.Errorf("%d exposures, not %d", len(seen), want)
		}
		start := time.Now()
		list, more, err := me.notify.AcrossPlaces(me.ctx, db.ID{})
		if err != nil || len(list) != placesPage || !more {
			t.Fatalf("%d organisations, %v", len(list), err)
		}
		t.Logf("slowest page %v, by organisation %v", slowest, time.Since(start))
	})
}

// The link at the bottom of each page by name leads on to the end, each organisation once.
func TestAcrossPlacesGoesOn(t *testing.T) {
	eachCompany(t, func(t *testing.T, c *company) {
		for i := range 2*placesPage + 3 {
			o := db.NewID()
			c.sql(`INSERT INTO directory_organisation (id, reference, name, registration_number, sector, province, employees, language, created_at, changed_at) VALUES (?1, ?2, ?3, '', '', '', -1, 'nl', 0, 0)`, o, "klant-"+itoa(i), "Klant "+itoa(i))
			c.sql(`INSERT INTO directory_member (organisation_id, account_id, place, since) VALUES (?1, ?2, 'member', 0)`, o, c.people["leeg"].Account)
		}
		path, names := "/exposures?by=organisation", map[string]int{}
		next := regexp.MustCompile(`href="([^"]*)" rel="next"`)
		for range 5 {
			page := c.ask("leeg", "GET", path, nil).Body.String()
			for _, m := range regexp.MustCompile(`>(Klant \d+|Molen De Zwaan)</a>`).FindAllStringSubmatch(page, -1) {
				names[m[1]]++
			}
			m := next.FindStringSubmatch(page)
			if m == nil {
				break
			}
			path = strings.ReplaceAll(m[1], "&amp;", "&")
		}
		if len(names) != 2*placesPage+4 {
			t.Errorf("%d organisations: %v", len(names), names)
		}
	})
}
