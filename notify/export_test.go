package notify

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"polder/internal/db"
	"polder/internal/kit"
	"polder/internal/mail"
)

// What an organisation takes with it of what we found and wrote: all of its own, nothing of another's,
// and no secret link.
func TestExportOfAnOrganisation(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,en,a@a.example", "b,B,en,b@b.example")
		f.assets("a,prefix,192.0.2.0/28,owner", "b,prefix,198.51.100.0/28,owner")
		f.morning("scan_rdp", rdp, rdpLine("192.0.2.7", ""), rdpLine("198.51.100.7", ""))
		token := f.token("a")
		if _, err := f.notify.Answer(f.ctx, token, Feedback{Answer: OnIt, Note: "our supplier was called"}); err != nil {
			t.Fatal(err)
		}
		var all strings.Builder
		counts := map[string]int{}
		for name, fn := range map[string]func(context.Context, *db.Tx, db.ID, func(any) error) error{
			"exposures": f.notify.ExportExposures, "warnings": f.notify.ExportWarnings, "answers": f.notify.ExportAnswers,
		} {
			err := d.Read(f.ctx, func(tx *db.Tx) error {
				return fn(f.ctx, tx, f.organisation("a").ID, func(v any) error {
					b, err := json.Marshal(v)
					all.Write(b)
					counts[name]++
					return err
				})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if counts["exposures"] != 1 || counts["warnings"] != 1 || counts["answers"] != 1 {
			t.Errorf("%v", counts)
		}
		for _, want := range []string{"192.0.2.7", `"kind":"warning"`, `"recipient":"a@a.example"`, "our supplier was called", f.latest("a").Reference, "/exposures"} {
			if !strings.Contains(all.String(), want) {
				t.Errorf("the export lacks %s: %s", want, all.String())
			}
		}
		for _, bad := range []string{"198.51.100.7", "b@b.example", token, mail.Placeholder} {
			if strings.Contains(all.String(), bad) {
				t.Errorf("the export holds %s", bad)
			}
		}
	})
}
