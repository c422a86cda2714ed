package notify

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// What an organisation lost before anybody told it of it is not shown to its programs either: the mail,
// the pages and the webhooks do not give it. A list is as full as it was asked to be all the same.
func TestProgramsSeeNothingOfALostAsset(t *testing.T) {
	eachCompany(t, func(t *testing.T, c *company) {
		const who = "program-bakker"
		c.assets("bakker,prefix,192.0.2.64/27,owner")
		var lines []string
		for i := range 10 {
			lines = append(lines, rdpLine(fmt.Sprintf("192.0.2.%d", 70+i), ""))
		}
		c.ingest("scan_rdp", rdp, append(lines, rdpLine("192.0.2.9", ""))...)
		if got := c.all(who, ""); len(got) != 14 {
			t.Fatalf("%v", got)
		}
		lost := c.one("bakker", "192.0.2.70")
		c.withdraw("bakker,prefix,192.0.2.64/27,owner")
		if err := c.footprint.Load(c.ctx); err != nil {
			t.Fatal(err)
		}
		since := "&changed_since=" + c.clock.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
		for _, query := range []string{"", since} {
			if got := c.all(who, query); !slices.Equal(got, []string{"192.0.2.7", "192.0.2.8", "192.0.2.9", "203.0.113.5"}) {
				t.Errorf("%q: %v", query, got)
			}
		}
		w := c.program(who, "GET", "/api/v1/exposures/export", "")
		if n := strings.Count(w.Body.String(), "\n"); n != 4 || strings.Contains(w.Body.String(), `"192.0.2.7`+`5"`) {
			t.Errorf("%d lines in the export", n)
		}
		if w := c.program(who, "GET", "/api/v1/exposures/"+printText(lost.Fingerprint), ""); w.Code != 404 {
			t.Errorf("one of them: %d", w.Code)
		}
	})
}
