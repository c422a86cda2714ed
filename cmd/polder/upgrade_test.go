package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"polder/internal/db"
	"polder/internal/kit"
)

// dump fills a database with an installation of that day: testdata/upgrade has one for each kind.
func dump(day string) kit.Prepare {
	return func(ctx context.Context, d *db.DB) error {
		return d.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, dumped(tx, day))
			return err
		})
	}
}

func dumped(tx *db.Tx, day string) string {
	kind := "sqlite"
	if tx.Postgres() {
		kind = "postgres"
	}
	b, err := os.ReadFile("testdata/upgrade/" + day + "." + kind + ".sql")
	if err != nil {
		panic(err)
	}
	return string(b)
}

// TestADatabaseOfBeforeThereWerePeopleGoesOn takes an installation as the last version without
// accounts left it: three organisations, their assets and one report that was read and of which
// nobody was told yet. testdata/upgrade has its databases and its raw report.
func TestADatabaseOfBeforeThereWerePeopleGoesOn(t *testing.T) {
	kit.Each(t, nil, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		const old = "2026-11-20-scan_rdp-example-nl.csv"
		raw, err := os.ReadFile("testdata/upgrade/" + old)
		if err != nil {
			t.Fatal(err)
		}
		sum := h.rows(`SELECT sha256 FROM notify_report`, 1)[0]
		kept := filepath.Join(d.Dir(), "reports", sum[:2], sum)
		if err := os.MkdirAll(filepath.Dir(kept), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(kept, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		h.must("migrate")

		// What was known is known, to the operator and to the pages of today.
		sameLines(t, "exposures", []string{"bakery 203.0.113.7", "hoster 203.0.113.20", "hoster 203.0.113.7", "steel 203.0.113.20"},
			h.rows(`SELECT o.reference, e.address FROM notify_exposure e JOIN directory_organisation o ON o.id = e.organisation_id ORDER BY 1, 2`, 2))
		if n := len(h.jsonLines("exposures", "--json")); n != 4 {
			t.Errorf("%d exposures are listed, not 4", n)
		}
		sameLines(t, "organisations", []string{"bakery accepted company kvk beveiliging@korst.example 1", "hoster accepted company kvk abuse@hoster.example 1", "steel accepted company kvk security@staal.example 1"},
			h.rows(`SELECT o.reference, o.state, o.kind, o.scheme, c.email, c.main FROM directory_organisation o
				JOIN directory_contact c ON c.organisation_id = o.id AND c.verified_at IS NOT NULL ORDER BY 1`, 6))
		has(t, "the report that was read", h.ingest(h.file(old, string(raw))), map[string]any{"already_seen": true, "rows": 4.0, "matched": 2.0})

		// The same import changes nothing, another goes on in it: its range is looked for in the old report.
		organisations := "reference,name,registration_number,sector,province,employees,language,notify_email\n" +
			"bakery,Bakkerij De Korst,68750110,C,Utrecht,12,nl,beveiliging@korst.example\n"
		if out := h.must("import", "organisations", h.file("organisations.csv", organisations)); !strings.Contains(out, "0 new, 0 changed, 1 as they were") {
			t.Errorf("the same organisation: %s", out)
		}
		assets := "organisation_reference,kind,value,role\nbakery,domain,korst.example,owner\nbakery,prefix,198.51.100.8/29,owner\n"
		if out := h.must("import", "assets", h.file("assets.csv", assets)); !strings.Contains(out, "1 new, 0 changed, 1 as they were") {
			t.Errorf("assets: %s", out)
		}

		// A report of today is added to what was known, and all are told.
		now := time.Now().UTC()
		today := fmt.Sprintf("timestamp,severity,ip,protocol,port,hostname,tag,asn\n%s,high,203.0.113.7,tcp,3389,till.korst.example,rdp;cve-2019-0708,64500\n", now.Format(time.DateTime))
		has(t, "a report of today", h.ingest(h.file(now.Format(time.DateOnly)+"-scan_rdp-example-nl.csv", today)),
			map[string]any{"already_seen": false, "exposures_new": 0.0, "exposures_seen_again": 2.0})
		h.set("POLDER_GATHER", "0s")
		box := h.openBox(nil)
		h.must("work", "--drain")
		told := map[string]bool{}
		for _, m := range box.Mails() {
			told[strings.Join(m.EnvelopeTo, " ")] = true
		}
		if !told["beveiliging@korst.example"] {
			t.Errorf("told: %v", told)
		}
		if n := h.number(`SELECT count(*) FROM notify_exposure e JOIN directory_organisation o ON o.id = e.organisation_id WHERE o.reference = 'bakery' AND e.address = '198.51.100.9'`); n != 1 {
			t.Errorf("%d exposures of the range that was added, looked for in the report of before", n)
		}

		// An organisation that was imported gets its first owner, who is somebody to the pages.
		if out := h.must("user", "add", "--organisation", "bakery", "jan@korst.example", "Jan de Wit"); !strings.Contains(out, "owner of Bakkerij De Korst") {
			t.Errorf("user add says %s", out)
		}
		h.set("POLDER_LISTEN", "127.0.0.1:0")
		p := h.start(nil, "serve")
		if !p.until(func() bool { return strings.Contains(p.out.String(), "\n") }) {
			t.Fatal(p.wait())
		}
		line, _, _ := strings.Cut(p.out.String(), "\n")
		_, addr, _ := strings.Cut(line, " on ")
		for _, path := range []string{"/verify", "/sign-in", "/register"} {
			answer, err := http.Get("http://" + addr + path)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if answer.StatusCode != http.StatusOK {
				t.Errorf("%s answers %d", path, answer.StatusCode)
			}
		}
	}, dump("2026-11-24"))
}
