package main

import (
	"net/http"
	"strings"
	"testing"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/notify"
)

// The file of an organisation tells an adviser that our latest mail to it came back, and leads an analyst on.
func TestFileTellsOfBounces(t *testing.T) {
	eachCentre(t, func(c *centre) {
		ctx := c.Context()
		if _, err := c.app.directory.Import(ctx, strings.NewReader("reference,name,notify_email\nC,Waterbedrijf De Stroom,c@c.example\n")); err != nil {
			c.Fatal(err)
		}
		if _, err := c.app.footprint.Import(ctx, strings.NewReader("organisation_reference,kind,value,role\nC,prefix,192.0.2.0/28,owner\n")); err != nil {
			c.Fatal(err)
		}
		body := "timestamp,severity,ip,protocol,port,hostname,tag,asn\n2026-11-20 04:00:00,high,192.0.2.7,tcp,3389,,rdp,64500\n"
		if _, err := c.app.notify.Ingest(ctx, notify.Offer{Input: strings.NewReader(body), Name: "2026-11-20-scan_rdp-test-nl.csv", Actor: "test"}); err != nil {
			c.Fatal(err)
		}
		if _, err := c.app.notify.ComposeGathered(ctx); err != nil {
			c.Fatal(err)
		}
		o, err := c.app.directory.ByReference(ctx, "C")
		if err != nil {
			c.Fatal(err)
		}
		adviser, both := c.person("ad@polder.example", actor.Adviser, db.ID{}, 0), c.person("aa@polder.example", actor.Adviser|actor.Analyst, db.ID{}, 0)
		path := "/desk/organisations/" + o.ID.String()
		if page := c.ask(adviser, "GET", path).Body.String(); strings.Contains(page, "kwam terug") {
			c.Error("a mail came back before one was sent")
		}
		err = c.app.db.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE notify_delivery SET state = 'bounced', next_at = NULL`)
			return err
		})
		if err != nil {
			c.Fatal(err)
		}
		on := "/desk/outgoing?list=bounced&amp;organisation=" + o.ID.String()
		if page := c.ask(adviser, "GET", path).Body.String(); !strings.Contains(page, "c@c.example kwam terug") || strings.Contains(page, on) {
			c.Error("the file does not tell the adviser that a mail came back, or leads where an adviser cannot go")
		}
		if page := c.ask(both, "GET", path).Body.String(); !strings.Contains(page, on) {
			c.Error("the file does not lead an analyst on")
		}
		if w := c.ask(both, "GET", strings.ReplaceAll(on, "&amp;", "&")); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Waterbedrijf") {
			c.Errorf("%d", w.Code)
		}
	})
}
