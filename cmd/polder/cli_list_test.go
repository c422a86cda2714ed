package main

import (
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"polder/internal/mail"
)

func TestExposuresAreListed(t *testing.T) {
	each(t, func(h *house) {
		if out := h.must("exposures"); !strings.Contains(out, "polder ingest FILE") {
			h.Errorf("nothing yet: %q", out)
		}
		h.register()
		if out := h.must("exposures", "--json"); out != "" {
			h.Errorf("nothing yet, as JSON: %q", out)
		}
		h.ingest(h.file(scanName, scan))
		keys := strings.Fields("class count first_seen ip last_seen name organisation port reason role severity state type vulnerability")
		all := h.jsonLines("exposures", "--json")
		if len(all) != 2 {
			h.Fatalf("%d exposures", len(all))
		}
		for _, e := range all {
			if got := slices.Sorted(maps.Keys(e)); !slices.Equal(got, keys) {
				h.Errorf("keys %v, want %v", got, keys)
			}
		}
		has(h, "the first", all[0], map[string]any{"organisation": "bakker", "type": "scan_rdp", "class": "vulnerable-system", "ip": "192.0.2.7", "port": 3389.0,
			"name": "till.korst.example", "vulnerability": "CVE-2019-0708", "severity": "high", "first_seen": "2026-11-20T01:02:03Z",
			"last_seen": "2026-11-20T01:02:03Z", "count": 1.0, "state": "new", "role": "owner"})
		reason, _ := all[0]["reason"].(string)
		if !strings.Contains(reason, "192.0.2.7 lies in 192.0.2.0/28, which you registered on 20") || !strings.Contains(reason, "till.korst.example lies under korst.example") {
			h.Errorf("reason: %q", reason)
		}
		// One organisation sees its own and nothing of another.
		for reference, other := range map[string]string{"bakker": "198.51.100.7", "smid": "192.0.2.7"} {
			for _, form := range []string{"--json", "--csv", "--intelmq", ""} {
				args := []string{"exposures", "--organisation", reference}
				if form != "" {
					args = append(args, form)
				}
				out := h.must(args...)
				if strings.Contains(out, other) || strings.Contains(out, map[string]string{"bakker": "smid", "smid": "bakker"}[reference]) {
					h.Errorf("%s sees what is another's: %s", reference, out)
				}
				if !strings.Contains(out, "scan_rdp") {
					h.Errorf("%s does not see its own: %s", reference, out)
				}
			}
		}
		h.refused(h.run("exposures", "--organisation", "nobody"), exitRefused, `no organisation with reference "nobody"`)
		if out := h.must("exposures"); !strings.Contains(out, "ORGANISATION") || !strings.Contains(out, "192.0.2.7 till.korst.example port 3389 CVE-2019-0708") {
			h.Errorf("for people:\n%s", out)
		}
		// Who read and exported what is recorded.
		sameLines(h.T, "record", []string{"export operator:tester 8", "read operator:tester 4"},
			h.rows(`SELECT action, actor, count(*) FROM audit_event WHERE object = 'exposures' GROUP BY action, actor ORDER BY 1`, 3))
	})
}

// TestExposuresAsEvents exports as IntelMQ events and reads those on another installation: the same
// exposures.
func TestExposuresAsEvents(t *testing.T) {
	each(t, func(h *house) {
		h.register()
		h.ingest(h.file(scanName, scan, "2026-11-20 02:02:03,critical,192.0.2.8,udp,3389,,\"rdp;cve-2025-1111;cve-2025-22222\",64500\n"))
		h.ingest(h.file("2026-11-20-compromised_website-example-nl.csv", "timestamp,ip,port,http_host,url,tag,detail\n2026-11-20 03:02:03,203.0.113.9,443,www.korst.example,https://www.korst.example/x,webshell,\n"))
		events := h.must("exposures", "--intelmq")
		if !strings.Contains(events, `"classification.type":"vulnerable-system"`) || !strings.Contains(events, `"source.ip":"192.0.2.7"`) {
			h.Fatalf("events: %s", events)
		}
		want := h.jsonLines("exposures", "--json")
		if len(want) != 5 {
			h.Fatalf("%d exposures: %v", len(want), want)
		}
		for _, q := range []string{`DELETE FROM notify_exposure`, `DELETE FROM notify_rejected`, `DELETE FROM notify_drift`, `DELETE FROM notify_report`} {
			if err := h.write(q); err != nil {
				h.Fatal(err)
			}
		}
		has(h, "read again", h.ingest(h.file("events.jsonl", events), "--source", "shadowserver"), map[string]any{"rows": 5.0, "rejected": 0.0, "matched": 5.0, "exposures_new": 5.0})
		got := h.jsonLines("exposures", "--json")
		for i := range want {
			if fmt.Sprint(want[i]) != fmt.Sprint(got[i]) {
				h.Errorf("want %v\n got %v", want[i], got[i])
			}
		}
	})
}

func TestNotificationsSourcesAndReportsAreListed(t *testing.T) {
	each(t, func(h *house) {
		for command, says := range map[string]string{"notifications": "polder work --drain", "sources": "polder ingest FILE", "corrections": "No corrections"} {
			if out := h.must(command); !strings.Contains(out, says) {
				h.Errorf("%s: %q", command, out)
			}
		}
		if out := h.must("notifications", "--json") + h.must("sources", "--json"); out != "" {
			h.Errorf("nothing yet: %q", out)
		}
		h.register()
		h.ingest(h.file(scanName, scan))
		h.ingest(h.file("2026-11-20-scan_http-example-nl.csv", "timestamp,ip,port\n2026-11-20 01:02:03,192.0.2.7,80\n"), "--source", "partner")
		box := h.openBox(nil)
		h.must("work", "--drain")
		list := h.jsonLines("notifications", "--json")
		if len(list) == 0 || len(list) != box.Received() {
			h.Fatalf("%d notifications, %d mails", len(list), box.Received())
		}
		for _, n := range list {
			keys := strings.Fields("attempts classes created_at exposures kind language message_id next_at organisation recipient reference reply sent_at severity state subject")
			if got := slices.Sorted(maps.Keys(n)); !slices.Equal(got, keys) {
				h.Errorf("keys %v, want %v", got, keys)
			}
			m := box.Mails()[slices.IndexFunc(box.Mails(), func(m mail.Mail) bool { return m.MessageID == n["message_id"] })]
			if m.Subject != n["subject"] || m.EnvelopeTo[0] != n["recipient"] || n["state"] != "sent" || n["sent_at"] == nil || n["kind"] != "warning" || !strings.Contains(m.Text, n["reference"].(string)) {
				h.Errorf("notification %v, mail %s to %v", n, m.Subject, m.EnvelopeTo)
			}
		}
		if out := h.must("notifications"); !strings.Contains(out, list[0]["reference"].(string)) || !strings.Contains(out, "sent") {
			h.Errorf("notifications: %s", out)
		}
		h.must("answers")
		h.must("answers", "--json")
		sameLines(h.T, "record", []string{"answers export 1", "answers read 1", "notifications export 2", "notifications read 2"},
			h.rows(`SELECT object, action, count(*) FROM audit_event WHERE object IN ('answers', 'notifications') GROUP BY object, action ORDER BY 1, 2`, 3))
		sources := h.jsonLines("sources", "--json")
		if len(sources) != 2 {
			h.Fatalf("sources: %v", sources)
		}
		for _, s := range sources {
			switch s["source"] {
			case "shadowserver":
				has(h, "shadowserver", s, map[string]any{"tlp": "AMBER", "reports": 1.0, "rows": 4.0, "rejected": 1.0, "matched": 2.0, "unmatched": 1.0})
			case "partner":
				has(h, "partner", s, map[string]any{"reports": 1.0, "rows": 1.0, "matched": 1.0})
			default:
				h.Errorf("source %v", s)
			}
		}
		for command, says := range map[string]string{"sources": "partner", "reports": scanName} {
			if out := h.must(command); !strings.Contains(out, says) {
				h.Errorf("%s: %s", command, out)
			}
		}
	})
}

// TestLinksAreWithdrawn: a mail went to the wrong hands, and what it opens is closed.
func TestLinksAreWithdrawn(t *testing.T) {
	each(t, func(h *house) {
		h.register()
		h.ingest(h.file(scanName, scan))
		h.openBox(nil)
		h.must("work", "--drain")
		reference := h.jsonLines("notifications", "--json")[0]["reference"].(string)
		working := `SELECT count(*) FROM notify_link WHERE revoked_at IS NULL`
		before := h.number(working)
		for _, want := range []string{"links withdrawn: 1\n", "links withdrawn: 0\n"} {
			if out := h.must("notifications", "--revoke", strings.ToLower(reference)); out != want {
				h.Errorf("%q, want %q", out, want)
			}
		}
		if n := h.number(working); n != before-1 {
			h.Errorf("%d links work, %d before", n, before)
		}
		if n := h.number(`SELECT count(*) FROM audit_event WHERE action = 'revoke' AND actor = 'operator:tester' AND organisation_id IS NOT NULL`); n != 2 {
			h.Errorf("the record has %d entries, want 2", n)
		}
		h.refused(h.run("notifications", "--revoke", "PLD-12345-67890"), exitRefused, "no reference number")
		h.refused(h.run("notifications", "--revoke", "PLD-00000-00000"), exitRefused, "no message with reference")
	})
}

// TestDrainSaysWhoIsNotTold: who has no address waits for one, and not for a day.
func TestDrainSaysWhoIsNotTold(t *testing.T) {
	each(t, func(h *house) {
		h.register()
		h.must("import", "organisations", h.file("o.csv", "reference,name,notify_email\nsmid,Smederij Vonk,\n"))
		h.openBox(nil)
		h.ingest(h.file(scanName, "timestamp,severity,ip,port\n2026-11-20 01:02:03,high,192.0.2.7,3389\n2026-11-20 01:02:03,high,198.51.100.7,3389\n"))
		for range 2 { // the second time it has been put off already
			out := h.must("work", "--drain")
			if !strings.Contains(out, "not warned: smid\n") || strings.Contains(out, "daily or weekly") {
				h.Errorf("without an address: %s", out)
			}
		}
		h.ingest(h.file("2026-11-20-scan_ftp-example-nl.csv", "timestamp,severity,ip,port\n2026-11-20 01:02:03,medium,192.0.2.7,21\n2026-11-20 01:02:03,low,198.51.100.7,21\n"))
		if out := h.must("work", "--drain"); !strings.Contains(out, "not warned: smid\n") || !strings.Contains(out, "1 exposure waits for a daily or weekly mail") {
			h.Errorf("for its day: %s", out)
		}
	})
}

// TestCSVIsSafeToOpen: what others wrote, and the operator's own names, never become formulas.
func TestCSVIsSafeToOpen(t *testing.T) {
	each(t, func(h *house) {
		h.must("import", "organisations", h.file("o.csv", "reference,name,notify_email\n=HYPERLINK(A1),\"=cmd|' /C calc'!A0\",a@korst.example\n@two,+31,b@vonk.example\n"))
		h.must("import", "assets", h.file("a.csv", "organisation_reference,kind,value,role\n=HYPERLINK(A1),prefix,192.0.2.0/28,owner\n@two,domain,vonk.example,owner\n"))
		h.ingest(h.file(scanName, "timestamp,ip,port,hostname,tag\n2026-11-20 01:02:03,192.0.2.7,3389,=1+1.korst.example,\"=SUM(A1);cve-2019-0708\"\n",
			"2026-11-20 01:02:03,203.0.113.7,3389,-x.vonk.example,@SUM(A1)\n2026-11-20 01:02:03,203.0.113.7,3389,vonk.example,\"\t=1+1\"\n"))
		out := h.must("exposures", "--csv")
		rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
		if err != nil || len(rows) < 3 {
			h.Fatalf("%v: %s", err, out)
		}
		found := false
		for _, row := range rows[1:] {
			for _, v := range row {
				if v != "" && strings.ContainsAny(v[:1], "=+-@\t\r") {
					h.Errorf("a spreadsheet takes %q for a formula", v)
				}
				found = found || strings.HasPrefix(v, "'=")
			}
		}
		if !found {
			h.Errorf("the formula in a reference is not in the list: %s", out)
		}
	})
}
