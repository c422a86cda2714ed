package notify

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"polder/internal/db"
	"polder/internal/kit"
	"polder/internal/mail"
	"polder/notify/feeds"
)

const day = 24 * time.Hour

// to returns the mails that went to one address.
func to(mails []mail.Mail, address string) (list []mail.Mail) {
	for _, m := range mails {
		if slices.Contains(m.EnvelopeTo, address) {
			list = append(list, m)
		}
	}
	return list
}

// TestCompanyIsWarned is the whole way: from a line in a report to a warning that was read and
// solved, for one company, and beside it another company that must see and receive nothing of it.
func TestCompanyIsWarned(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("bakker,Bakkerij De Korst,nl,info@korst.example", "smid,Smederij Vonk,en,info@vonk.example")
		f.assets("bakker,prefix,192.0.2.0/28,owner", "bakker,domain,korst.example,owner", "smid,prefix,192.0.2.16/28,owner", "smid,domain,vonk.example,owner")
		till, mine := rdpLine("192.0.2.7", "kassa.korst.example"), rdpLine("192.0.2.8", "")
		others := rdpLine("203.0.113.9", "")

		f.ingest("scan_rdp", rdp, till, mine, others)
		if got := f.states("bakker"); !slices.Equal(got, []string{"192.0.2.7:3389 new", "192.0.2.8:3389 new"}) {
			t.Fatalf("after the first report: %v", got)
		}
		f.clock.Advance(5 * time.Minute)
		f.drain()
		mails := to(f.box.Mails(), "info@korst.example")
		if len(mails) != 1 || f.box.Received() != 1 {
			t.Fatalf("one report of two systems gives %d mails, %d in all; want one", len(mails), f.box.Received())
		}
		for _, want := range []string{"192.0.2.7:3389", "192.0.2.8:3389", "kassa.korst.example", "192.0.2.0/28", "Shadowserver", "scan_rdp-example-nl.csv", f.latest("bakker").Reference} {
			if !strings.Contains(mails[0].Text, want) {
				t.Errorf("the mail does not say %q:\n%s", want, mails[0].Text)
			}
		}

		// Seen again: counted once for each report, and no second mail before the reminder is due.
		for range 2 {
			f.clock.Advance(day)
			sum := f.ingest("scan_rdp", rdp, till, till, mine, others)
			if sum.SeenAgain != 2 || sum.New != 0 {
				t.Fatalf("seen again %d, new %d", sum.SeenAgain, sum.New)
			}
			f.drain()
		}
		if e := f.exposures("bakker")[0]; e.Count != 3 || e.State != StateOpen {
			t.Fatalf("count %d, state %s; want 3, open", e.Count, e.State)
		}
		if n := f.box.Received(); n != 1 {
			t.Fatalf("%d mails before a reminder is due", n)
		}
		f.clock.Advance(5 * day) // high: a week after the warning
		f.ingest("scan_rdp", rdp, till, mine, others)
		f.drain()
		if n := f.box.Received(); n != 2 || f.latest("bakker").Kind != "reminder" {
			t.Fatalf("%d mails, the last a %s; want a reminder", n, f.latest("bakker").Kind)
		}

		// The company says that one is solved. It is seen once more: opened again, and told.
		solved := Feedback{Answer: IsSolved, Chosen: []Fingerprint{f.exposures("bakker")[0].Fingerprint}}
		if given, err := f.notify.Answer(f.ctx, f.token("bakker"), solved); err != nil || given.Changed != 1 {
			t.Fatalf("solved: %+v, %v", given, err)
		}
		f.clock.Advance(day)
		if sum := f.ingest("scan_rdp", rdp, till, mine, others); sum.Reopened != 1 {
			t.Fatalf("reopened %d, want 1", sum.Reopened)
		}
		f.clock.Advance(5 * time.Minute)
		f.drain()
		if n := f.box.Received(); n != 3 || f.latest("bakker").Kind != "warning" {
			t.Fatalf("%d mails, the last a %s; want a warning of what came back", n, f.latest("bakker").Kind)
		}

		// Absent from one fresh report: nothing. From two: solved, confirmed, and a closing mail.
		f.clock.Advance(day)
		f.ingest("scan_rdp", rdp, mine, others)
		f.drain()
		if got := f.states("bakker")[0]; got != "192.0.2.7:3389 open" {
			t.Fatalf("after one report without it: %s", got)
		}
		f.clock.Advance(day)
		f.ingest("scan_rdp", rdp, mine, others)
		f.drain()
		if got := f.states("bakker"); !slices.Equal(got, []string{"192.0.2.7:3389 solved", "192.0.2.8:3389 open"}) {
			t.Fatalf("after two reports without it: %v", got)
		}
		if n := f.box.Received(); n != 3 {
			t.Fatalf("%d mails; a closing mail waits for what other reports of the morning close", n)
		}
		f.clock.Advance(5 * time.Minute)
		f.drain()
		last := f.box.Mails()[f.box.Received()-1]
		if n := f.box.Received(); n != 4 || f.latest("bakker").Kind != "closing" || strings.Contains(last.Text, "192.0.2.8") || !strings.Contains(last.Text, "192.0.2.7") {
			t.Fatalf("%d mails, the last a %s; want a closing mail about 192.0.2.7 alone:\n%s", n, f.latest("bakker").Kind, last.Text)
		}

		// And back again after weeks: reopened.
		f.clock.Advance(20 * day)
		if sum := f.ingest("scan_rdp", rdp, till, mine, others); sum.Reopened != 1 {
			t.Fatalf("reopened %d after it was confirmed, want 1", sum.Reopened)
		}

		// The other company: nothing at all.
		if n := len(f.exposures("smid")) + len(f.notifications("smid")) + len(to(f.box.Mails(), "info@vonk.example")); n != 0 {
			t.Errorf("another company has %d exposures, notifications or mails", n)
		}
		if n := f.count("audit_event", "organisation_id = ?1", f.organisation("smid").ID); n != 0 {
			t.Errorf("the record has %d entries about another company", n)
		}
	})
}

func TestReportReadTwiceChangesNothing(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,a@a.example")
		f.assets("a,prefix,192.0.2.0/28,owner")
		body := rdp + "\n" + strings.ReplaceAll(rdpLine("192.0.2.7", ""), "NOW", "2026-01-05 03:00:00") + "\n"
		first := f.offer("2026-01-05-scan_rdp-x-y.csv", body, Offer{})
		before := f.exposures("a")
		again := f.offer("another-name.csv", body, Offer{Type: "scan_rdp", Source: "other"})
		if !again.AlreadySeen || again.Report != first.Report || again.New+again.SeenAgain+again.Reopened != 0 {
			t.Fatalf("the second time: %+v", again)
		}
		if after := f.exposures("a"); len(after) != 1 || after[0].Count != before[0].Count || !after[0].LastSeen.Equal(before[0].LastSeen) {
			t.Errorf("exposures changed: %+v", after)
		}
		if n := f.count("notify_report", ""); n != 1 {
			t.Errorf("%d reports", n)
		}
	})
}

// TestWhoIsConcerned is the matching from report to exposures, as rules of who and why.
func TestWhoIsConcerned(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		var names []string
		for _, r := range []string{"isp", "host", "firm", "twin", "shop", "branch"} {
			names = append(names, r+","+r+",nl,"+r+"@"+r+".example")
		}
		f.organisations(names...)
		f.assets("isp,asn,AS64500,owner", "isp,prefix,192.0.2.0/24,owner", "host,prefix,192.0.2.0/24,provider", "host,domain,shop.example,provider",
			"firm,prefix,192.0.2.16/28,owner", "twin,prefix,192.0.2.16/28,owner", "shop,domain,shop.example,owner", "branch,domain,branch.shop.example,owner",
			"firm,prefix,2001:db8:1::/48,owner")
		header := "timestamp,severity,ip,port,hostname,asn,tag"
		f.ingest("scan_http_vulnerable", header,
			"NOW,high,192.0.2.17,443,,64500,cve-2024-1111;cve-2024-2222", // firm and twin share the most specific range
			"NOW,high,192.0.2.40,443,,64500,",                            // the provider's range: the ISP owns it
			"NOW,high,203.0.113.5,443,,64500,",                           // nobody's range: the AS number
			"NOW,high,203.0.113.6,443,www.branch.shop.example,64501,",    // the most specific domain
			"NOW,high,203.0.113.7,443,WWW.Shop.Example.,64501,",
			"NOW,high,::ffff:192.0.2.18,443,,64500,",
			"NOW,high,2001:db8:1::5,443,,64500,",
			"NOW,high,198.51.100.1,443,notshop.example,0,")
		got := map[string][]string{}
		for _, line := range names {
			ref, _, _ := strings.Cut(line, ",")
			for _, e := range f.exposures(ref) {
				got[ref] = append(got[ref], strings.TrimSpace(e.subject()+" "+e.Vulnerability)+" "+e.Role.String())
			}
		}
		both := []string{"192.0.2.17:443 CVE-2024-1111 owner", "192.0.2.17:443 CVE-2024-2222 owner", "192.0.2.18:443 owner"}
		want := map[string][]string{
			"firm": append(slices.Clone(both), "[2001:db8:1::5]:443 owner"), "twin": both,
			"isp": {"192.0.2.40:443 owner", "203.0.113.5:443 owner"},
			"host": {"192.0.2.17:443 CVE-2024-1111 provider", "192.0.2.17:443 CVE-2024-2222 provider", "192.0.2.18:443 provider", "192.0.2.40:443 provider",
				"203.0.113.6:443 provider", "203.0.113.7:443 provider"},
			"shop": {"203.0.113.7:443 owner"}, "branch": {"203.0.113.6:443 owner"},
		}
		for ref := range want {
			slices.Sort(got[ref])
			slices.Sort(want[ref])
			if !slices.Equal(got[ref], want[ref]) {
				t.Errorf("%s:\n got %q\nwant %q", ref, got[ref], want[ref])
			}
		}
		if r := f.exposures("firm")[0].Reason(); r != "192.0.2.17 lies in 192.0.2.16/28, which you registered on 2026-01-05" {
			t.Errorf("the reason is %q", r)
		}
	})
}

func TestSooner(t *testing.T) { // critical and high at once, medium daily, low weekly, info never
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		for _, s := range []string{"critical", "high", "medium", "low", "info"} {
			f.organisations(s + "," + s + ",nl," + s + "@x.example")
		}
		f.assets("critical,prefix,192.0.2.1/32,owner", "high,prefix,192.0.2.2/32,owner", "medium,prefix,192.0.2.3/32,owner", "low,prefix,192.0.2.4/32,owner", "info,prefix,192.0.2.5/32,owner")
		f.clock.Set(time.Date(2026, 1, 7, 12, 0, 0, 0, time.UTC)) // Wednesday, 13:00 in the time zone
		var lines []string
		for i, s := range []string{"critical", "high", "medium", "low", "info"} {
			lines = append(lines, fmt.Sprintf("NOW,%s,192.0.2.%d,tcp,3389,,rdp,64500", s, i+1))
		}
		f.ingest("scan_rdp", rdp, lines...)
		told := func() (list []string) {
			f.drain()
			for _, m := range f.box.Mails() {
				who, _, _ := strings.Cut(m.EnvelopeTo[0], "@")
				list = append(list, who)
			}
			slices.Sort(list)
			return list
		}
		if got := told(); got != nil {
			t.Fatalf("at once, while gathering: %v", got)
		}
		for _, step := range []struct {
			at   time.Time
			want []string
		}{
			{time.Date(2026, 1, 7, 12, 5, 0, 0, time.UTC), []string{"critical", "high"}},
			{time.Date(2026, 1, 8, 6, 59, 0, 0, time.UTC), []string{"critical", "high"}},
			{time.Date(2026, 1, 8, 7, 0, 0, 0, time.UTC), []string{"critical", "high", "medium"}},
			{time.Date(2026, 1, 12, 6, 59, 0, 0, time.UTC), []string{"critical", "high", "medium"}},
			{time.Date(2026, 1, 12, 7, 0, 0, 0, time.UTC), []string{"critical", "high", "low", "medium"}}, // Monday
			{time.Date(2026, 2, 12, 7, 0, 0, 0, time.UTC), []string{"critical", "high", "low", "medium"}},
		} {
			f.clock.Set(step.at)
			if got := told(); !slices.Equal(got, step.want) {
				t.Fatalf("on %s: %v, want %v", step.at, got, step.want)
			}
		}
	})
}

func TestRemindersEndAfterThree(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,a@a.example")
		f.assets("a,prefix,192.0.2.7/32,owner")
		for range 40 { // seen every day for forty days
			f.ingest("scan_rdp", rdp, "NOW,critical,192.0.2.7,tcp,3389,,rdp,64500")
			f.clock.Advance(5 * time.Minute)
			f.drain()
			f.clock.Advance(day - 5*time.Minute)
		}
		var kinds []string
		var at []int
		for _, n := range f.notifications("a") {
			kinds = append(kinds, n.Kind)
			at = append(at, int(n.CreatedAt.Sub(kit.Start)/day))
		}
		if want := []string{"warning", "reminder", "reminder", "reminder"}; !slices.Equal(kinds, want) {
			t.Fatalf("%v, want %v", kinds, want)
		}
		if at[1]-at[0] < 3 || at[2]-at[1] < 3 || at[3] > 12 {
			t.Errorf("on days %v, want every third", at)
		}
		for i, m := range f.box.Mails() { // no mail promises one that does not come
			if again, last := strings.Contains(m.Text, "dan sturen we een"), strings.Contains(m.Text, "onze laatste"); again != (i < 3) || last != (i == 3) {
				t.Errorf("mail %d says when we write again:\n%s", i, m.Text)
			}
		}
	})
}

// TestNewAssetLooksBack: the reports of the last 30 days are matched again for a new asset, for it
// alone, and what the latest reports no longer show is not warned about.
func TestNewAssetLooksBack(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,a@a.example", "b,B,nl,b@b.example")
		f.assets("a,prefix,192.0.2.0/24,owner")
		old, gone, still := rdpLine("198.51.100.1", ""), rdpLine("198.51.100.2", ""), rdpLine("198.51.100.3", "")
		f.ingest("scan_rdp", rdp, old, rdpLine("192.0.2.9", ""))
		f.clock.Advance(31 * day)
		f.ingest("scan_rdp", rdp, gone, still, rdpLine("192.0.2.9", ""))
		for range 2 {
			f.clock.Advance(day)
			f.ingest("scan_rdp", rdp, still, rdpLine("192.0.2.9", ""))
		}
		f.clock.Advance(time.Hour)
		f.drain()
		before := f.exposures("a")
		f.assets("b,prefix,198.51.100.0/28,owner")
		f.drain()
		if got := f.states("b"); !slices.Equal(got, []string{"198.51.100.2:3389 solved", "198.51.100.3:3389 new"}) {
			t.Fatalf("after registering: %v", got)
		}
		if e := f.exposures("b")[1]; e.Count != 3 || !e.FirstSeen.Equal(kit.Start.Add(31*day)) {
			t.Errorf("count %d since %s, want 3 since day 31", e.Count, e.FirstSeen)
		}
		if after := f.exposures("a"); len(after) != len(before) || after[0].Count != before[0].Count {
			t.Errorf("the other organisation's exposures changed: %+v", after)
		}
		f.clock.Advance(5 * time.Minute)
		f.drain()
		mails := to(f.box.Mails(), "b@b.example")
		if len(mails) != 1 || strings.Contains(mails[0].Text, "198.51.100.2") || !strings.Contains(mails[0].Text, "198.51.100.3") {
			t.Fatalf("%d mails to the new one: %v", len(mails), mails)
		}
		if c, err := f.notify.Rematch(f.ctx, f.footprint.Index().Version()); err != nil || c.ExposuresNew+c.ExposuresAgain != 0 {
			t.Errorf("looking back twice: %+v, %v", c, err)
		}
	})
}

// TestWithdrawnIsNotSent: between the report and the mail the register changed.
func TestWithdrawnIsNotSent(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,a@a.example", "b,B,nl,b@b.example", "c,C,nl,c@c.example")
		f.assets("a,prefix,192.0.2.0/24,owner", "b,domain,b.example,owner", "c,asn,AS64500,owner")
		f.ingest("scan_rdp", rdp, rdpLine("192.0.2.7", ""), rdpLine("192.0.2.8", ""), rdpLine("203.0.113.1", "x.b.example"))
		f.withdraw("b,domain,b.example,owner", "c,asn,AS64500,owner")
		f.assets("b,prefix,192.0.2.8/32,owner") // more specific: from now on it is b's
		f.clock.Advance(5 * time.Minute)
		if _, err := f.notify.Compose(f.ctx); err != nil {
			t.Fatal(err)
		}
		mails := f.deliver()
		if len(mails) != 1 || mails[0].EnvelopeTo[0] != "a@a.example" || strings.Contains(mails[0].Text, "192.0.2.8") {
			t.Fatalf("%d mails; want one to a, about 192.0.2.7 alone:\n%v", len(mails), mails)
		}
		if got := f.states("a"); !slices.Equal(got, []string{"192.0.2.7:3389 open"}) {
			t.Errorf("a: %v", got)
		}
		f.drain() // looks back for b's new asset
		f.clock.Advance(5 * time.Minute)
		f.drain()
		if mails := to(f.box.Mails(), "b@b.example"); len(mails) != 1 || !strings.Contains(mails[0].Text, "192.0.2.8") {
			t.Errorf("%d mails to b; want one about 192.0.2.8", len(mails))
		}
	})
}

// TestMailStates: refused for now, refused for good, unreachable; nothing is lost.
func TestMailStates(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("now,Now,nl,now@x.example", "later,Later,nl,later@x.example", "never,Never,nl,never@x.example", "cut,Cut,nl,cut@x.example")
		f.assets("now,prefix,192.0.2.1/32,owner", "later,prefix,192.0.2.2/32,owner", "never,prefix,192.0.2.3/32,owner", "cut,prefix,192.0.2.4/32,owner")
		f.ingest("scan_rdp", rdp, rdpLine("192.0.2.1", ""), rdpLine("192.0.2.2", ""), rdpLine("192.0.2.3", ""), rdpLine("192.0.2.4", ""))
		f.compose()
		f.box.Trouble(func(_, to string) mail.Trouble {
			switch to {
			case "later@x.example":
				return mail.Trouble{At: mail.AtRcpt, Code: 451, Text: "greylisted"}
			case "never@x.example":
				return mail.Trouble{At: mail.AtRcpt, Code: 550, Text: "no such user"}
			case "cut@x.example":
				return mail.Trouble{At: mail.DropAccepted}
			}
			return mail.Trouble{}
		})
		if sent, err := f.notify.Deliver(f.ctx, f.post); sent != 1 || err == nil {
			t.Fatalf("sent %d, %v; want 1 and an unreachable server", sent, err)
		}
		state := func(ref string) string { n := f.latest(ref); return fmt.Sprintf("%s after %d", n.State, n.Attempts) }
		for ref, want := range map[string]string{"now": "sent after 1", "later": "deferred after 1", "never": "failed after 1", "cut": "queued after 0"} {
			if got := state(ref); got != want {
				t.Errorf("%s: %s, want %s", ref, got, want)
			}
		}
		f.box.Trouble(nil)
		f.deliver()
		if state("later") != "deferred after 1" || state("cut") != "sent after 1" {
			t.Errorf("before its time: later %s; cut %s", state("later"), state("cut"))
		}
		f.clock.Advance(time.Minute)
		f.deliver()
		if state("later") != "sent after 2" || state("never") != "failed after 1" {
			t.Errorf("later %s, never %s", state("later"), state("never"))
		}
		// The one that was accepted without an answer came twice, under one Message-ID.
		twice := to(f.box.Mails(), "cut@x.example")
		if len(twice) != 2 || twice[0].MessageID != twice[1].MessageID || string(twice[0].Raw) != string(twice[1].Raw) {
			t.Errorf("%d mails to cut, want two that are the same", len(twice))
		}
	})
}

func TestTermsEnd(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,a@a.example")
		f.assets("a,prefix,192.0.2.0/24,owner")
		f.ingest("scan_rdp", rdp, rdpLine("192.0.2.7", ""), "broken", "also,broken")
		f.compose()
		f.deliver()
		retain := func() Kept {
			t.Helper()
			k, err := f.notify.Retain(f.ctx)
			if err != nil {
				t.Fatal(err)
			}
			return k
		}
		f.clock.Advance(29 * day)
		if k := retain(); k != (Kept{}) {
			t.Errorf("before their term: %+v", k)
		}
		f.clock.Advance(2 * day)
		if k := retain(); k.RawReports != 1 || k.RejectedLines != 2 || k.Exposures != 0 {
			t.Errorf("after 31 days: %+v", k)
		}
		f.clock.Advance(100 * day)
		if n, err := f.notify.Expire(f.ctx); n != 1 || err != nil {
			t.Errorf("expired %d, %v", n, err)
		}
		f.clock.Advance(60 * 31 * day)
		if k := retain(); k.Exposures != 1 || k.Notifications != 1 {
			t.Errorf("after 60 months: %+v", k)
		}
		for _, what := range []string{"raw reports", "rejected lines", "exposures", "notifications"} {
			if n := f.count("audit_event", "action = 'delete' AND object = ?1", what); n != 1 {
				t.Errorf("the record has %d entries about the removal of %s", n, what)
			}
		}
		for _, table := range []string{"notify_exposure", "notify_notification", "notify_item", "notify_delivery", "notify_link", "notify_rejected"} {
			if n := f.count(table, ""); n != 0 {
				t.Errorf("%d rows are left in %s", n, table)
			}
		}
	})
}

// TestMailIsBounded: many exposures give one mail of at most fifty lines and a count of the rest.
func TestMailIsBounded(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,a@a.example")
		f.assets("a,prefix,192.0.2.0/24,owner")
		var lines []string
		for i := range 200 {
			lines = append(lines, rdpLine(fmt.Sprintf("192.0.2.%d", i+1), ""))
		}
		f.ingest("scan_rdp", rdp, lines...)
		f.compose()
		text := f.deliver()[0].Text
		if n := strings.Count(text, ":3389"); n != 50 {
			t.Errorf("%d lines, want 50", n)
		}
		if !strings.Contains(text, "150") {
			t.Errorf("the rest is not counted:\n%s", text)
		}
	})
}

// TestHostileWords: what strangers write into a report cannot become a header, a link or an order.
func TestHostileWords(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations(`a,"A <script>alert(1)</script> {{feedback-link}}",en,a@a.example`)
		f.assets("a,prefix,192.0.2.0/24,owner")
		header := "timestamp,severity,ip,port,hostname,tag,infection,asn,url,event_id"
		f.ingest("compromised_website", header,
			`NOW,critical,192.0.2.7,80,"evil.example`+"\r\nBcc: all@example.com"+`",x,x,1,,https://evil.example/id`,
			`NOW,critical,192.0.2.8,80,ok.example,"=cmd|' /C calc'!A0","<b>pay https://evil.example/now</b>",1,http://evil.example/login,7`)
		f.compose()
		for _, m := range f.deliver() {
			if m.Header.Get("Bcc") != "" || len(m.EnvelopeTo) != 1 {
				t.Errorf("a header was injected: %v", m.Header)
			}
			for _, bad := range []string{"https://evil.example", "http://evil.example", "<script>", "<b>pay"} {
				if strings.Contains(m.HTML, bad) || bad[0] == 'h' && strings.Contains(m.Text, bad) {
					t.Errorf("the mail holds %q", bad)
				}
			}
			if strings.Count(m.Text, "/f/") != 1 {
				t.Errorf("the secret link stands %d times in the mail", strings.Count(m.Text, "/f/"))
			}
			if link := regexp.MustCompile(`/f/[a-z2-7]{32}`).FindString(m.Text); strings.Count(m.HTML, link) != 2 || !strings.Contains(m.HTML, link+`" style`) {
				t.Errorf("the HTML part does not lead to %s:\n%s", link, m.HTML)
			}
		}
		// The reverse name is the intruder's to write: it may not hide the line that speaks of him.
		if n, seen := f.count("notify_rejected", ""), len(f.exposures("a")); n != 0 || seen != 2 {
			t.Errorf("%d rejected lines and %d exposures, want none and two", n, seen)
		}
	})
}

var changing = regexp.MustCompile(`PLD-[0-9A-Z]{5}-[0-9A-Z]{5}|/f/[a-z2-7]{32}`)

// TestGoldenMails holds the mails, as their readers get them, against kept files.
func TestGoldenMails(t *testing.T) {
	f := newFixture(t, kit.SQLite(t, schemas()))
	for _, lang := range []string{"nl", "en"} {
		f.organisations(lang + `,"Bakkerij De Korst",` + lang + "," + lang + "@korst.example")
		n := map[string]int{"nl": 0, "en": 64}[lang]
		f.assets(fmt.Sprintf("%s,prefix,192.0.2.%d/26,owner", lang, n), lang+",domain,"+lang+".example.com,owner")
		header := "timestamp,severity,ip,protocol,port,hostname,tag,asn"
		f.ingest("scan_rdp", header, fmt.Sprintf("NOW,high,192.0.2.%d,tcp,3389,kassa.korst.example,rdp,64500", n+7), fmt.Sprintf("NOW,high,192.0.2.%d,tcp,3389,,rdp,64500", n+8))
		f.ingest("scan_http_vulnerable", header, fmt.Sprintf("NOW,critical,192.0.2.%d,tcp,443,www.%s.example.com,cve-2024-1234,64500", n+9, lang))
		f.ingest("compromised_account", "timestamp,severity,email,username,infection,detail", "NOW,critical,jan@"+lang+".example.com,jan,stealer,")
	}
	golden := func(name, kind string) {
		t.Helper()
		f.compose()
		f.deliver()
		for _, lang := range []string{"nl", "en"} {
			mails := to(f.box.Mails(), lang+"@korst.example")
			m := mails[len(mails)-1]
			if f.latest(lang).Kind != kind {
				t.Errorf("%s: the last mail is a %s, not a %s", lang, f.latest(lang).Kind, kind)
			}
			clean := func(s string) []byte {
				return changing.ReplaceAllFunc([]byte(s), func(b []byte) []byte {
					if b[0] == '/' {
						return []byte("/f/TOKEN")
					}
					return []byte("PLD-XXXXX-XXXXX")
				})
			}
			kit.Golden(t, "mail/"+name+"."+lang+".txt", clean("Subject: "+m.Subject+"\n\n"+m.Text))
			kit.Golden(t, "mail/"+name+"."+lang+".html", clean(m.HTML))
		}
	}
	golden("warning", "warning")
	f.clock.Advance(8 * day)
	for _, n := range []int{0, 64} {
		f.ingest("scan_rdp", rdp, rdpLine(fmt.Sprintf("192.0.2.%d", n+7), ""))
	}
	golden("reminder", "reminder")
	for range 3 {
		f.clock.Advance(day)
		f.ingest("scan_rdp", rdp, rdpLine("203.0.113.1", ""))
	}
	f.drain()
	golden("closing", "closing")
}

// TestMoves holds the table of moves against what the statements do: no state is reached but by it.
func TestMoves(t *testing.T) {
	for m, causes := range moves {
		if m[0] == m[1] || len(causes) == 0 {
			t.Errorf("%v by %v is no move", m, causes)
		}
		if slices.Contains(causes, BySupplier) && (m[1] == StateNotOurs || m[0] == StateNotOurs) {
			t.Errorf("a supplier may say whose something is: %v", m)
		}
	}
	for _, s := range states[1:] {
		reached := false
		for m := range moves {
			reached = reached || m[1] == s
		}
		if !reached {
			t.Errorf("%s is never reached", s)
		}
	}
	for answer, to := range leadsTo {
		for _, holder := range []Cause{ByRecipient, BySupplier} {
			if holder == BySupplier && !slices.Contains(answersOf[Supplier], answer) {
				continue
			}
			if !slices.Contains(from(to, holder), StateOpen) {
				t.Errorf("%s cannot say %s of what is open", holder, answer)
			}
		}
	}
	if got := from(StateReopened, ByReport); !slices.Equal(got, []State{StateSolved, StateExpired}) {
		t.Errorf("a report reopens %v", got)
	}
}

func TestReference(t *testing.T) {
	for range 200 {
		r := newReference()
		for _, typed := range []string{r, strings.ToLower(r), strings.ReplaceAll(r, "-", " "), " " + strings.TrimPrefix(r, "PLD-"), "[" + r + "]"} {
			if got, ok := ParseReference(typed); !ok || got != r {
				t.Fatalf("ParseReference(%q) = %q, %v; want %q", typed, got, ok, r)
			}
		}
		wrong := []byte(r)
		at := 4
		for wrong[at] == '-' || wrong[at] == '0' {
			at++
		}
		wrong[at] = '0'
		if _, ok := ParseReference(string(wrong)); ok {
			t.Fatalf("%q has a wrong character and passes (from %q)", wrong, r)
		}
	}
	for _, bad := range []string{"", "PLD", "PLD-12345", strings.Repeat("A", 100), "PLD-é0000-00000", "' OR 1=1 --"} {
		if got, ok := ParseReference(bad); ok {
			t.Errorf("ParseReference(%q) = %q", bad, got)
		}
	}
}

func TestCalendarOverSummerTime(t *testing.T) {
	loc, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	c := &calendar{hour: 7, location: loc}
	for received, want := range map[string]string{
		"2026-03-28T12:00:00Z": "2026-03-29T05:00:00Z", // the clock went forward in the night
		"2026-10-24T12:00:00Z": "2026-10-25T06:00:00Z", // and back
		"2026-01-05T05:59:59Z": "2026-01-05T06:00:00Z",
		"2026-01-05T06:00:00Z": "2026-01-06T06:00:00Z",
	} {
		at, _ := time.Parse(time.RFC3339, received)
		if got := c.due(db.ID{}, feeds.Medium, at).Format(time.RFC3339); got != want {
			t.Errorf("received %s: due %s, want %s", received, got, want)
		}
	}
}
