package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/notify"
)

func TestKindOfQuestion(t *testing.T) {
	for q, want := range map[string]string{"192.0.2.7": "address", "2001:db8::1": "address", "192.0.2.0/28": "range", "AS64500": "asn", "as 64500": "asn", "cve-2024-3400": "vulnerability",
		"deadbeef00": "checksum", "12345678": "words", "www.korst.example": "name", "Bakkerij de Korst": "words", "1.2.3": "words", "PLD-00000-0000": "words", "'; --": "words"} {
		if got := askedKind(q); got != want {
			t.Errorf("%q: %s, want %s", q, got, want)
		}
	}
}

// Each kind of question finds what there is, and each role no more than it may see.
func TestSearch(t *testing.T) {
	eachCentre(t, func(c *centre) {
		ctx := c.Context()
		if _, err := c.app.directory.Import(ctx, strings.NewReader("reference,name,registration_number,notify_email\nC,Koninklijke Maatschappij De Schéldestroom B.V.,12345674,c@c.example\n")); err != nil {
			c.Fatal(err)
		}
		if _, err := c.app.footprint.Import(ctx, strings.NewReader("organisation_reference,kind,value,role\nC,prefix,192.0.2.0/28,owner\nC,domain,schelde.example,owner\nC,asn,AS64500,owner\n")); err != nil {
			c.Fatal(err)
		}
		body := "timestamp,severity,ip,protocol,port,hostname,tag,asn\n2026-11-20 04:00:00,high,192.0.2.7,tcp,3389,kassa.schelde.example,cve-2024-3400,64500\n"
		sum, err := c.app.notify.Ingest(ctx, notify.Offer{Input: strings.NewReader(body), Name: "2026-11-20-scan_http_vulnerable-test-nl.csv", Actor: "test"})
		if err != nil || sum.New != 1 {
			c.Fatalf("%+v %v", sum, err)
		}
		if _, err := c.app.notify.ComposeGathered(ctx); err != nil {
			c.Fatal(err)
		}
		reference := ""
		if err := c.app.notify.Notifications(ctx, "test", "read", func(l []notify.Sent) error { reference = l[0].Reference; return nil }); err != nil {
			c.Fatal(err)
		}
		analyst, adviser, handler := c.person("an@polder.example", actor.Analyst, db.ID{}, 0), c.person("ad@polder.example", actor.Adviser, db.ID{}, 0), c.person("ch@polder.example", actor.CaseHandler, db.ID{}, 0)
		both := []*http.Cookie{analyst, adviser}
		all := []*http.Cookie{analyst, adviser, handler}
		name := "Schéldestroom"
		for _, x := range []struct {
			q, want string
			who     []*http.Cookie
		}{
			{"koninklijke", name, all}, {"maatschappij", name, all}, {"MAATSCH schéld", name, all}, {"de b.v. scheldestroom", "Niets gevonden", nil},
			{"C", name, all}, {"12345674", name, all}, {"1234.56.74", name, all},
			{"192.0.2.3", "192.0.2.0/28", both}, {"192.0.2.0/28", "192.0.2.0/28", both}, {"as64500", "AS64500", both}, {"schelde.example", "schelde.example", both},
			{"www.schelde.example", "schelde.example", both}, {"192.0.2.7", "192.0.2.7:3389", all[:1]}, {"192.0.2[.]7", "192.0.2.7:3389", all[:1]}, {"kassa.schelde.example", "192.0.2.7:3389", all[:1]},
			{"2026-11-20-scan", "scan_http_vulnerable-test", all[:1]}, {"scan_http_vulnerable", "2026-11-20-", all[:1]}, {reference, name, all[:1]}, {strings.ToLower(reference), name, all[:1]},
		} {
			for _, who := range all {
				w := c.ask(who, "GET", "/desk/search?"+url.Values{"q": {x.q}}.Encode())
				_, results, _ := strings.Cut(w.Body.String(), `id="search"`)
				should := false
				for _, p := range x.who {
					should = should || p == who
				}
				if x.who == nil {
					continue // what the two databases make of an accent differs
				}
				if w.Code != 200 || strings.Contains(results, x.want) != should {
					c.Errorf("%q by %v: %d, found %v, want %v", x.q, who == analyst, w.Code, !should, should)
				}
			}
		}
		for _, q := range []string{"", "*", `"`, `" OR name:*`, "a & b | !c", strings.Repeat("x", 5000), "%00", "\xff", "<script>", ":*", "---", "é"} {
			if w := c.ask(analyst, "GET", "/desk/search?"+url.Values{"q": {q}}.Encode()); w.Code != 200 {
				c.Errorf("%q: %d", q, w.Code)
			}
		}
		// What was looked for is recorded by its kind, and whose data were shown; the words are not.
		auditor := c.person("au@polder.example", actor.Auditor, db.ID{}, 0)
		if page := c.ask(auditor, "GET", "/desk/record").Body.String(); !strings.Contains(page, "address: ") || strings.Contains(page, "192.0.2.7") || strings.Contains(page, "maatsch") {
			c.Error("the record does not say what it should of a search")
		}
		// A name that changes is found by its new words alone.
		if _, err := c.app.directory.Import(ctx, strings.NewReader("reference,name,notify_email\nC,Waterbedrijf Nieuwe Stroom,c@c.example\n")); err != nil {
			c.Fatal(err)
		}
		for q, want := range map[string]bool{"stroom nieuwe": true, "maatschappij": false} {
			_, results, _ := strings.Cut(c.ask(analyst, "GET", "/desk/search?"+url.Values{"q": {q}}.Encode()).Body.String(), `id="search"`)
			if strings.Contains(results, "Waterbedrijf") != want {
				c.Errorf("%q after the change: %v", q, !want)
			}
		}
	})
}
