package notify

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/kit/browser"
	"polder/notify/feeds"
)

// month lets reports come for a month, with what goes wrong in one: a day without, a line that cannot be
// read, a column that is new, a file that breaks off.
func (c *company) month() (broken, rejected db.ID) {
	c.t.Helper()
	id := func(s *Summary) db.ID {
		x, err := db.ParseID(s.Report)
		if err != nil {
			c.t.Fatal(err)
		}
		return x
	}
	for day := range 12 {
		c.clock.Advance(24 * time.Hour)
		if day == 6 {
			continue
		}
		c.ingest("scan_rdp", rdp, rdpLine("192.0.2.7", ""), rdpLine("203.0.113.200", ""), rdpLine("198.51.100.200", ""))
		if day > 2 {
			c.ingest("scan_http", rdp, fmt.Sprintf("NOW,medium,192.0.2.7,tcp,80,host-%d.korst.example,http,64500", day))
		}
	}
	c.ingest("scan_smb", rdp+",shoe_size", "NOW,critical,192.0.2.5,tcp,445,,smb,64500,44")
	rejected = id(c.ingest("scan_telnet", rdp, "NOW,high,192.0.2.9,tcp,23,,telnet,64500", "NOW,high,not an address,tcp,23,,=HYPERLINK(1),64500", "NOW,high,<script>alert(1)</script>,tcp,23,,telnet,64500"))
	sum := c.offer(c.clock.Now().Format(time.DateOnly)+"-scan_ftp-example-nl.csv", rdp+"\n"+strings.ReplaceAll("NOW,high,192.0.2.9,tcp,21,,ftp,64500", "NOW", c.clock.Now().Format("2006-01-02 15:04:05"))+"\n", Offer{})
	broken = id(sum)
	c.sql(`UPDATE notify_report SET state = 'broken', problem = 'the packed file is cut off after 3000 bytes unpacked: fetch it again' WHERE id = ?1`, broken)
	c.compose()
	return broken, rejected
}

func TestReportsForTheDesk(t *testing.T) {
	eachCompany(t, func(t *testing.T, c *company) {
		broken, rejected := c.month()
		me := c.as("analyst")
		all, err := c.notify.ReportsLike(me.ctx, ReportSearch{}, 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(all.List) != 10 || all.Next == nil || all.List[0].Type != "scan_ftp" {
			t.Fatalf("%d reports, next %v", len(all.List), all.Next)
		}
		// Every page once, in each order, and no report twice or left out.
		for _, s := range []ReportSearch{{}, {From: 1, Until: c.clock.Now().Unix() / 86400}, {Source: "shadowserver"}} {
			seen := map[int64]bool{}
			for s.After = nil; ; {
				l, err := c.notify.ReportsLike(me.ctx, s, 7)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range l.List {
					if seen[r.Seq] {
						t.Fatalf("report %d stands twice", r.Seq)
					}
					seen[r.Seq] = true
				}
				if s.After = l.Next; s.After == nil {
					break
				}
			}
			if want := c.count("notify_report", ""); len(seen) != want {
				t.Errorf("%+v shows %d of %d reports", s, len(seen), want)
			}
		}
		for only, want := range map[string]string{"drift": "scan_smb", "rejected": "scan_telnet", "broken": "scan_ftp"} {
			l, err := c.notify.ReportsLike(me.ctx, ReportSearch{Only: only}, 10)
			if err != nil || len(l.List) != 1 || l.List[0].Type != want {
				t.Errorf("only %s: %d reports, %v", only, len(l.List), err)
			}
		}
		l, err := c.notify.ReportsLike(me.ctx, ReportSearch{Source: "shadowserver", Type: "scan_http", From: all.List[0].Day - 1, Until: all.List[0].Day}, 10)
		if err != nil || len(l.List) != 2 {
			t.Errorf("two days of scan_http: %d, %v", len(l.List), err)
		}
		f, err := c.notify.ReportFile(me.ctx, rejected)
		if err != nil {
			t.Fatal(err)
		}
		if f.Organisations != 1 || len(f.Messages) != 1 || f.Messages[0].Name != "Bakkerij De Korst" || len(f.Rejects) != 2 || f.Rejected != 2 {
			t.Errorf("%d organisations, messages %+v, %d rejects", f.Organisations, f.Messages, len(f.Rejects))
		}
		var lines []int64
		if err := c.notify.RejectedOf(me.ctx, rejected, func(r feeds.Reject) error { lines = append(lines, r.Line); return nil }); err != nil || len(lines) != 2 {
			t.Errorf("lines %v, %v", lines, err)
		}
		if n := c.count("audit_event", "object = ?1 AND action IN ('read', 'export') AND actor = ?2", "report "+rejected.String(), c.people["analyst"].String()); n != 2 {
			t.Errorf("the record has %d entries of who read the report", n)
		}
		// Who opened the list is recorded, and a report that broke off waits on the desk's first page, for a week.
		if n := c.count("audit_event", "object = 'reports' AND action = 'read' AND actor = ?1", c.people["analyst"].String()); n == 0 {
			t.Error("the record does not have who opened the list")
		}
		waits := func() (n int) {
			err := c.db.Read(me.ctx, func(tx *db.Tx) error {
				lines, err := c.notify.DeskLines(me.ctx, tx)
				for _, l := range lines {
					if l.Path == "/desk/reports?only=broken" {
						n = l.Count
					}
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if n := waits(); n != 1 {
			t.Errorf("%d reports that broke off wait, want 1", n)
		}
		c.sql(`UPDATE notify_report SET received_at = ?2 WHERE id = ?1`, broken, db.At(c.clock.Now().Add(-8*24*time.Hour)))
		if n := waits(); n != 0 {
			t.Errorf("%d reports that broke off long ago still wait", n)
		}
		// Nobody but an analyst, whichever door.
		for _, who := range []string{"bakker", "it", "stranger", ""} {
			ctx := c.as(who).ctx
			_, err1 := c.notify.ReportsLike(ctx, ReportSearch{}, 10)
			_, err2 := c.notify.ReportFile(ctx, rejected)
			_, err3 := c.notify.ReportDays(ctx, "", 1, 2)
			err4 := c.notify.RejectedOf(ctx, rejected, func(feeds.Reject) error { t.Error("a line was shown"); return nil })
			for i, err := range []error{err1, err2, err3, err4} {
				if fault.KindOf(err) != fault.NotFound {
					t.Errorf("%q, verb %d: %v", who, i, err)
				}
			}
			for _, path := range []string{"/desk/reports/" + rejected.String(), "/desk/reports/" + rejected.String() + "/rejected.csv"} {
				if w := c.ask(who, http.MethodGet, path, nil); w.Code != http.StatusNotFound {
					t.Errorf("%q at %s: %d", who, path, w.Code)
				}
			}
		}
		w := c.ask("analyst", http.MethodGet, "/desk/reports/"+rejected.String()+"/rejected.csv", nil)
		if body := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(body, "not an address") || strings.Contains(body, ",=HYPER") && !strings.Contains(body, `"NOW`) && strings.HasPrefix(body, "=") {
			t.Errorf("%d: %s", w.Code, body)
		}
		page := c.ask("analyst", http.MethodGet, "/desk/reports/"+rejected.String(), nil).Body.String()
		to := "/desk/outgoing/" + f.Messages[0].ID.String()
		if !strings.Contains(page, `href="`+to+`"`) {
			t.Error("a message that the report led to is no link")
		}
		if w := c.ask("analyst", http.MethodGet, to, nil); w.Code != http.StatusOK {
			t.Errorf("%s: %d", to, w.Code)
		}
		if strings.Contains(page, "<script>alert") || !strings.Contains(page, "&lt;script&gt;alert") {
			t.Error("what a stranger wrote is not escaped")
		}
		for _, path := range []string{"?after=x", "?after=1", "?after=01.2"} {
			if w := c.ask("analyst", http.MethodGet, "/desk/reports"+path, nil); w.Code != http.StatusNotFound {
				t.Errorf("%s: %d", path, w.Code)
			}
		}
		for _, path := range []string{"?from=zz&until=9999-99-99", "?source=%00&type=%ff", "?only=x", "?from=2200-01-01"} {
			if w := c.ask("analyst", http.MethodGet, "/desk/reports"+path, nil); w.Code != http.StatusOK {
				t.Errorf("%s: %d", path, w.Code)
			}
		}
		if n := c.count("audit_event", "action = 'import'"); n == 0 {
			t.Error(audit.Import)
		}
	})
}

func TestReportsInBrowser(t *testing.T) {
	b := browser.Open(t)
	c, s := openDoor(t)
	broken, rejected := c.month()
	c.people["analyst-new"] = c.people["analyst"]
	b.Goto(s.server.URL + "/as/analyst")
	for _, page := range []struct{ name, path string }{
		{"reports", "/desk/reports"}, {"reports-source", "/desk/reports?source=shadowserver"}, {"reports-none", "/desk/reports?type=scan_zzz"},
		{"reports-broken", "/desk/reports?only=broken"}, {"report-broken", "/desk/reports/" + broken.String()}, {"report-rejected", "/desk/reports/" + rejected.String()},
	} {
		mark := "?"
		if strings.Contains(page.path, "?") {
			mark = "&"
		}
		for i, width := range []int{360, 1280} {
			for j, lang := range []string{"nl", "en"} {
				b.EmulateDark(i != j)
				b.Resize(width, 800)
				b.Goto(s.server.URL + page.path + mark + "lang=" + lang)
				s.look(b, fmt.Sprintf("%s-%d-%s", page.name, width, lang))
			}
		}
	}
	if left := c.pages.reports.templates.Unexecuted(); len(left) > 0 {
		t.Errorf("never shown: %v", left)
	}
	for _, problem := range b.Problems() {
		t.Errorf("the browser complains: %s", problem)
	}
}
