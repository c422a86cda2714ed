package notify

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"polder/internal/db"
	"polder/internal/kit"
)

// What stands here went wrong once: what absence says, whom a report concerns, and what a report that
// cannot be read keeps waiting. mended_delivery_test.go has the mails and the answers.

// morning reads a report, lets go what it made due, and ends the day.
func (f *fixture) morning(kind, header string, lines ...string) *Summary {
	f.t.Helper()
	sum := f.ingest(kind, header, lines...)
	f.evening()
	return sum
}

// evening lets go what the reports of the day made due, and ends the day.
func (f *fixture) evening() {
	f.t.Helper()
	f.settle()
	f.clock.Advance(day - 10*time.Minute)
}

// settle does all that is due now and by it: jobs, what they gather, and the mails.
func (f *fixture) settle() {
	f.t.Helper()
	for range 2 {
		f.clock.Advance(5 * time.Minute)
		f.drain()
	}
}

// stamped is a file with the header and lines, NOW in which stands for the time on the clock.
func (f *fixture) stamped(header string, lines ...string) string {
	now := f.clock.Now().Format("2006-01-02 15:04:05")
	return header + "\n" + strings.ReplaceAll(strings.Join(lines, "\n"), "NOW", now) + "\n"
}

// dated is the name of a scan_rdp file of today, with the part of the network that it is about.
func (f *fixture) dated(part string) string {
	return f.clock.Now().Format(time.DateOnly) + "-scan_rdp-" + part + ".csv"
}

// kinds lists what was written to an organisation: "warning", "reminder", "closing".
func (f *fixture) kinds(reference string) (list []string) {
	f.t.Helper()
	for _, n := range f.notifications(reference) {
		list = append(list, n.Kind)
	}
	return list
}

// got says what was written to an organisation when it is not what was wanted.
func (f *fixture) got(reference string, want ...string) {
	f.t.Helper()
	if got := f.kinds(reference); !slices.Equal(got, want) {
		f.t.Errorf("%s was written %q, want %q; its exposures: %q", reference, got, want, f.states(reference))
	}
}

// raw is the path of the raw file of a report, by the report's number.
func (f *fixture) raw(seq int64) string {
	f.t.Helper()
	var list []*Report
	err := f.db.Read(f.ctx, func(tx *db.Tx) (err error) { list, err = reports(f.ctx, tx, `WHERE seq = ?1`, seq); return err })
	if err != nil || len(list) != 1 {
		f.t.Fatalf("report %d: %d found, %v", seq, len(list), err)
	}
	return f.notify.rawPath(list[0].SHA256)
}

// lists offers three lists of three different victims, one a day, and returns after the third evening.
func (f *fixture) lists(mapping string) {
	f.t.Helper()
	f.organisations("a,A,nl,a@a.example", "b,B,nl,b@b.example", "c,C,nl,c@c.example")
	f.assets("a,prefix,192.0.2.7/32,owner", "b,prefix,192.0.2.8/32,owner", "c,prefix,192.0.2.9/32,owner")
	mapping = "source: divd\nclass: vulnerable-system\nseverity: critical\n" + mapping + "columns:\n  ip: source.ip\n  seen: time.source\n"
	for i, name := range []string{"citrix.csv", "fortinet.csv", "exchange.csv"} {
		f.offer(name, f.stamped("ip,seen", fmt.Sprintf("192.0.2.%d,NOW", 7+i)), Offer{Mapping: []byte(mapping)})
		f.evening()
	}
}

// A list of victims of one leak says nothing about those of another, though both have one source.
func TestListsThatAreNotRegularNeverCloseEachOther(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.lists("")
		f.got("a", "warning")
		if got := f.states("a"); !slices.Equal(got, []string{"192.0.2.7 open"}) {
			t.Errorf("a, whom nobody looked at again: %q", got)
		}
	})
}

func TestListsThatAreRegularCloseWhatTheyNoLongerHold(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.lists("regular: true\n")
		f.got("a", "warning", "closing")
		f.got("b", "warning")
		f.got("c", "warning")
	})
}

// What went over to a more specific owner is not solved: the reports show it still.
func TestMoreSpecificOwnerBringsNoClosingMailToTheOldOne(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("isp,ISP,nl,isp@isp.example", "b,B,nl,b@b.example")
		f.assets("isp,prefix,192.0.2.0/24,owner")
		lines := []string{rdpLine("192.0.2.7", ""), rdpLine("192.0.2.200", "")}
		f.morning("scan_rdp", rdp, lines...)
		f.assets("b,prefix,192.0.2.0/28,owner")
		for range 3 {
			f.morning("scan_rdp", rdp, lines...)
		}
		f.got("isp", "warning")
		f.got("b", "warning")
		if got := f.states("isp"); slices.Contains(got, "192.0.2.7:3389 open") || !slices.Contains(got, "192.0.2.200:3389 open") {
			t.Errorf("the old owner has %q", got)
		}
	})
}

func TestAssetThatMovedBringsNoClosingMailToTheOldOwner(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("old,Old,nl,old@old.example", "heir,Heir,nl,heir@heir.example")
		f.assets("old,prefix,192.0.2.0/28,owner")
		f.morning("scan_rdp", rdp, rdpLine("192.0.2.7", ""))
		f.withdraw("old,prefix,192.0.2.0/28,owner")
		f.assets("heir,prefix,192.0.2.0/28,owner")
		for range 3 {
			f.morning("scan_rdp", rdp, rdpLine("192.0.2.7", ""))
		}
		f.got("old", "warning")
		f.got("heir", "warning")
	})
}

// Known by its name, and by its address too once that was registered: it is the same system.
func TestKnownByNameThenByAddressIsOneOpenExposure(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,a@a.example")
		f.assets("a,domain,korst.example,owner")
		line := rdpLine("192.0.2.7", "kassa.korst.example")
		f.morning("scan_rdp", rdp, line)
		f.assets("a,prefix,192.0.2.0/28,owner")
		for range 3 {
			f.morning("scan_rdp", rdp, line)
		}
		if slices.Contains(f.kinds("a"), "closing") {
			t.Errorf("a closing mail about what every report shows: %q", f.kinds("a"))
		}
		if n := f.count("notify_exposure", "state IN ('new', 'open', 'reopened', 'acknowledged')"); n != 1 {
			t.Errorf("%d open exposures of one system: %q", n, f.states("a"))
		}
	})
}

// A download that broke off ends in the middle of a line: what came after it was not looked at.
func TestReportThatIsCutOffIsNotFresh(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,a@a.example")
		f.assets("a,prefix,192.0.2.0/24,owner")
		var lines []string
		for i := range 20 {
			lines = append(lines, rdpLine(fmt.Sprintf("192.0.2.%d", i+1), ""))
		}
		f.morning("scan_rdp", rdp, lines...)
		for range 3 {
			whole := f.stamped(rdp, lines[:18]...)
			if sum := f.offer(f.dated("example-nl"), whole[:strings.LastIndex(whole, ",tcp")], Offer{}); sum.Rows != 18 || sum.Rejected != 1 {
				t.Fatalf("%d rows, %d rejected; want the one that is cut", sum.Rows, sum.Rejected)
			}
			f.evening()
		}
		if n := f.count("notify_report", "fresh = 1"); n != 1 {
			t.Errorf("%d reports are fresh, want the whole one", n)
		}
		f.got("a", "warning")
		if n := f.count("notify_exposure", "state = 'solved'"); n != 0 {
			t.Errorf("%d are solved because the report was cut off", n)
		}
	})
}

// Much less than usual is doubted for three reports, and after that it is what is usual.
func TestRealDropBecomesUsualAfterThreeReports(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,a@a.example")
		f.assets("a,prefix,192.0.2.0/24,owner")
		f.morning("scan_rdp", rdp, rdpLine("192.0.2.1", ""), rdpLine("192.0.2.2", ""), rdpLine("192.0.2.3", ""))
		for range 3 {
			f.morning("scan_rdp", rdp, rdpLine("192.0.2.3", ""))
		}
		f.got("a", "warning")
		for range 2 {
			f.morning("scan_rdp", rdp, rdpLine("192.0.2.3", ""))
		}
		f.got("a", "warning", "closing")
		if got := f.states("a"); !slices.Equal(got, []string{"192.0.2.1:3389 solved", "192.0.2.2:3389 solved", "192.0.2.3:3389 open"}) {
			t.Errorf("after the drop is usual: %q", got)
		}
	})
}

// A slip in one file name must not make all later reports of the series old.
func TestFileNameOfTheFutureDoesNotSpoilTheSeries(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,a@a.example")
		f.assets("a,prefix,192.0.2.0/24,owner")
		f.offer("2062-01-05-scan_rdp-example-nl.csv", f.stamped(rdp, rdpLine("192.0.2.3", "")), Offer{})
		f.morning("scan_rdp", rdp, rdpLine("192.0.2.1", ""), rdpLine("192.0.2.3", ""))
		for range 2 {
			f.morning("scan_rdp", rdp, rdpLine("192.0.2.3", ""))
		}
		f.got("a", "warning", "closing")
	})
}

func TestReportsWithoutTimesConfirmToo(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,a@a.example")
		f.assets("a,prefix,192.0.2.0/24,owner")
		header := "severity,ip,protocol,port,tag"
		f.morning("scan_rdp", header, "high,192.0.2.1,tcp,3389,rdp", "high,192.0.2.2,tcp,3389,rdp")
		for i := range 2 {
			f.morning("scan_rdp", header, fmt.Sprintf("high,192.0.2.2,tcp,3389,rdp%d", i)) // not the same file again
		}
		f.got("a", "warning", "closing")
	})
}

func TestPartThatDoesNotComeClosesNothing(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,a@a.example")
		f.assets("a,prefix,192.0.2.0/24,owner")
		for i := range 4 {
			f.offer(f.dated("1-example-nl"), f.stamped(rdp, rdpLine("192.0.2.1", "")), Offer{})
			if i < 2 {
				f.offer(f.dated("2-example-nl"), f.stamped(rdp, rdpLine("192.0.2.2", "")), Offer{})
			}
			f.evening()
		}
		f.got("a", "warning")
		if got := f.states("a"); !slices.Equal(got, []string{"192.0.2.1:3389 open", "192.0.2.2:3389 open"}) {
			t.Errorf("the second part did not come: %q", got)
		}
	})
}

// Reverse DNS is in the hands of whoever holds the address: what stands there must not hide it.
func TestBrokenReverseNameHidesNoLine(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,a@a.example")
		f.assets("a,prefix,192.0.2.0/24,owner")
		report := func(host string) []string { return []string{rdpLine("192.0.2.7", host), rdpLine("192.0.2.8", "")} }
		f.morning("scan_rdp", rdp, report("ok.example")...)
		for range 3 {
			if sum := f.morning("scan_rdp", rdp, report("x\x01y.example")...); sum.SeenAgain != 2 {
				t.Fatalf("%d seen again, %d rejected; want both lines", sum.SeenAgain, sum.Rejected)
			}
		}
		f.got("a", "warning")
	})
}

// The lost raw file of one report must not keep those behind it from being read to their end.
func TestReportThatCannotGoOnKeepsNoOtherFromBeingRead(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,a@a.example")
		f.assets("a,prefix,192.0.2.0/24,owner")
		f.offer(f.dated("one"), f.stamped(rdp, rdpLine("192.0.2.7", "")), Offer{})
		f.offer(f.dated("two"), f.stamped(rdp, rdpLine("192.0.2.8", "")), Offer{})
		err := f.db.Write(f.ctx, func(tx *db.Tx) error { // as after a kill before the first batch
			for _, q := range []string{`UPDATE notify_report SET state = 'reading', last_line = 0`, `DELETE FROM notify_exposure`} {
				if _, err := tx.Exec(f.ctx, q); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(f.raw(1)); err != nil {
			t.Fatal(err)
		}
		if err := f.notify.Resume(f.ctx); err == nil {
			t.Error("nobody hears of the report whose raw file is lost")
		}
		if got := f.states("a"); !slices.Equal(got, []string{"192.0.2.8:3389 new"}) || f.count("notify_report", "seq = 2 AND state = 'complete'") != 1 {
			t.Errorf("the report behind it was not read: %q", got)
		}
	})
}

func TestDamagedRawFileKeepsNoOtherFromBeingReadAgain(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,a@a.example")
		f.offer(f.dated("one"), f.stamped(rdp, rdpLine("192.0.2.7", "")), Offer{})
		f.offer(f.dated("two"), f.stamped(rdp, rdpLine("192.0.2.8", "")), Offer{})
		if err := os.Truncate(f.raw(1), 0); err != nil {
			t.Fatal(err)
		}
		f.assets("a,prefix,192.0.2.0/24,owner")
		if err := f.footprint.Load(f.ctx); err != nil {
			t.Fatal(err)
		}
		if c, err := f.notify.Rematch(f.ctx, f.footprint.Index().Version()); err == nil || c.ExposuresNew != 1 {
			t.Errorf("%d new, %v; want one, and word of the damaged file", c.ExposuresNew, err)
		}
		f.clock.Advance(5 * time.Minute)
		if f.compose() != 1 {
			t.Error("nobody is told of what the other report shows")
		}
	})
}

// The job for a new asset passes over a report that is being read, whose first lines were read
// without it: the report itself looks back when it ends.
func TestAssetThatCameWhileAReportWasReadIsLookedUpInIt(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,a@a.example", "b,B,nl,b@b.example")
		f.assets("a,prefix,192.0.2.7/32,owner")
		came := false
		f.offer(f.dated("example-nl"), f.stamped(rdp, rdpLine("192.0.2.7", ""), rdpLine("192.0.2.8", "")), Offer{Progress: func(done, size int64) {
			if !came { // the lines are read, the report is not complete
				came = true
				f.assets("b,prefix,192.0.2.8/32,owner")
				ctx, cancel := context.WithTimeout(f.ctx, 20*time.Second)
				defer cancel()
				if err := f.queue.Drain(ctx); err != nil {
					t.Errorf("the job for the asset waits for the report: %v", err)
				}
			}
		}})
		if !came || len(f.states("b")) != 0 {
			t.Fatalf("the asset came: %v; before the report looks back: %q", came, f.states("b"))
		}
		f.drain()
		if got := f.states("b"); !slices.Equal(got, []string{"192.0.2.8:3389 new"}) {
			t.Fatalf("after it looked back: %q", got)
		}
		f.settle()
		f.got("a", "warning")
		f.got("b", "warning")
		if c, err := f.notify.Rematch(f.ctx, f.footprint.Index().Version()); err != nil || c.ExposuresNew+c.ExposuresAgain != 0 {
			t.Errorf("looking back once more: %+v, %v", c, err)
		}
	})
}

// A line without a time was seen when its report came, not when somebody reads it again.
func TestLinesWithoutTimesKeepTheMomentOfTheirReport(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,a@a.example")
		f.ingest("scan_rdp", "severity,ip,protocol,port,tag", "high,192.0.2.7,tcp,3389,rdp")
		f.clock.Advance(25 * day)
		f.assets("a,prefix,192.0.2.0/24,owner")
		f.drain()
		if list := f.exposures("a"); len(list) != 1 || !list[0].FirstSeen.Equal(kit.Start) || !list[0].LastSeen.Equal(kit.Start) {
			t.Errorf("want one that was seen at %s: %+v", kit.Start, list)
		}
	})
}

// An Exchange server that is hacked is another thing than one that is out of date, though one report
// shows both on one port: it is told at once, under a text of its own.
func TestWebShellIsToldBesideTheOutdatedServer(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,en,a@a.example", "b,B,nl,b@b.example")
		f.assets("a,prefix,192.0.2.0/28,owner", "b,prefix,2001:db8::/48,owner")
		const header = "timestamp,severity,ip,port,tag"
		old, hacked := "NOW,critical,192.0.2.7,443,exchange", "NOW,critical,192.0.2.7,443,exchange;webshell"
		f.morning("scan_exchange", header, old)
		if sum := f.morning("scan_exchange", header, old, hacked); sum.New != 1 || sum.SeenAgain != 1 {
			t.Errorf("new %d, seen again %d; want one of each", sum.New, sum.SeenAgain)
		}
		f.got("a", "warning", "warning")
		if mails := f.box.Mails(); !strings.Contains(mails[len(mails)-1].Subject, "left a way in on your mail server") {
			t.Errorf("the web shell is told as: %s", mails[len(mails)-1].Subject)
		}
		f.morning("scan6_exchange", header, "NOW,critical,2001:db8::7,443,exchange;webshell")
		if mails := f.box.Mails(); !strings.Contains(mails[len(mails)-1].Subject, "staat een ingang van een aanvaller") {
			t.Errorf("the web shell is told as: %s", mails[len(mails)-1].Subject)
		}
	})
}

// Each account that leaked is an exposure: whoever has heard of one hears of the next as well. Whoever
// carries the domain for its owner hears of the leak, but not whose accounts they are.
func TestEveryStolenAccountIsTold(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,en,a@a.example", "host,Host,en,host@host.example")
		f.assets("a,domain,a.example,owner", "host,domain,a.example,provider")
		const header = "timestamp,email,username,infection"
		leaked := func(account string) string { return "NOW," + account + ",x,stealer" }
		if sum := f.morning("compromised_account", header, leaked("jan@a.example"), leaked("piet@a.example"), leaked("Jan@A.example")); sum.New != 3 {
			t.Errorf("%d new, want two of the owner and one of the provider", sum.New)
		}
		mails := to(f.box.Mails(), "a@a.example")
		if text := mails[len(mails)-1].Text; !strings.Contains(text, "piet@a.example") || strings.Count(text, "jan@a.example") != 1 {
			t.Errorf("the accounts are not told, once each:\n%s", text)
		} else if strings.Contains(text, "Once it is solved") {
			t.Errorf("no report tells us when it is solved, and yet the mail promises to say so:\n%s", text)
		}
		if sum := f.morning("compromised_account", header, leaked("jan@a.example"), leaked("marie@a.example")); sum.New != 1 || sum.SeenAgain != 2 {
			t.Errorf("new %d, seen again %d; want marie, and jan and the provider's again", sum.New, sum.SeenAgain)
		}
		f.got("a", "warning", "warning")
		mails = to(f.box.Mails(), "a@a.example")
		if text := mails[len(mails)-1].Text; !strings.Contains(text, "marie@a.example") || strings.Contains(text, "jan@a.example") {
			t.Errorf("want a warning about marie alone:\n%s", text)
		}
		f.got("host", "warning")
		if text := to(f.box.Mails(), "host@host.example")[0].Text; strings.Contains(text, "@a.example") {
			t.Errorf("the provider is told whose accounts leaked:\n%s", text)
		}
		for _, e := range f.exposures("host") {
			if e.Account() != "" || e.Finding().Account != "" {
				t.Errorf("an export names the account to the provider: %+v", e)
			}
		}
	})
}

// Behind one address are many machines: the port in a mail is that of the time in it, or nobody finds
// the infected one in the log.
func TestWhatWasSaidGoesWithWhenItWasSeen(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,en,a@a.example")
		f.assets("a,prefix,192.0.2.0/28,owner")
		const header = "timestamp,src_ip,src_port,infection"
		f.offer("2026-01-05-event4_sinkhole-x.csv", header+"\n2026-01-05 03:00:00,192.0.2.7,1111,mirai\n2026-01-05 05:00:00,192.0.2.7,2222,mirai\n2026-01-05 04:00:00,192.0.2.7,3333,mirai\n", Offer{})
		f.evening()
		said := func(port, at string) {
			t.Helper()
			mails := f.box.Mails()
			if text := strings.Join(strings.Fields(mails[len(mails)-1].Text), " "); !strings.Contains(text, "from port "+port+"): seen on "+at) {
				t.Errorf("want port %s and %s:\n%s", port, at, text)
			}
		}
		said("2222", "5 January 2026, 06:00")
		f.clock.Advance(7 * day)
		f.offer("2026-01-12-event4_sinkhole-x.csv", header+"\n2026-01-12 03:00:00,192.0.2.7,4444,mirai\n", Offer{})
		f.offer("2026-01-04-event4_sinkhole-x.csv", header+"\n2026-01-04 03:00:00,192.0.2.7,5555,mirai\n", Offer{}) // late
		f.settle()
		f.got("a", "warning", "reminder")
		said("4444", "12 January 2026, 04:00")
	})
}
