package notify

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"polder/internal/db"
	"polder/internal/kit"
	"polder/internal/mail"
	"polder/notify/feeds"
)

func rdpOf(severity string) string { return "NOW," + severity + ",192.0.2.7,tcp,3389,,rdp,64500" }

// The date of a reminder that is planned already is no reason to wait with worse news.
func TestSeverityThatRisesIsToldAtOnce(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,a@a.example")
		f.assets("a,prefix,192.0.2.0/24,owner")
		for range 3 {
			f.morning("scan_rdp", rdp, rdpOf("medium"))
		}
		f.got("a", "warning")
		f.ingest("scan_rdp", rdp, rdpOf("critical"))
		f.clock.Advance(5 * time.Minute)
		f.drain()
		if list := f.notifications("a"); len(list) != 2 || list[1].Severity != int64(feeds.Critical) || list[1].State != Delivered {
			t.Errorf("five minutes after it became critical: %+v", list)
		}
		f.evening()
		f.morning("scan_rdp", rdp, rdpOf("critical"))
		if n := len(f.notifications("a")); n != 2 {
			t.Errorf("%d mails; the day after nothing became worse", n)
		}
	})
}

// One calls it medium and the other high, every day: that is no worsening every day.
func TestSourcesThatDisagreeAboutSeverityDoNotMailForEver(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,a@a.example")
		f.assets("a,prefix,192.0.2.0/24,owner")
		for range 40 {
			f.ingest("scan_rdp", rdp, rdpOf("medium"))
			f.offer(f.dated("other-asn"), f.stamped(rdp, rdpOf("high")), Offer{})
			f.evening()
		}
		f.got("a", "warning", "reminder", "reminder", "reminder")
	})
}

// Days may pass between the letter and the mail: the mail server is down, and somebody uses the time.
func TestMailGoesToTheAddressOfToday(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,wrong@other.example", "b,B,nl,b@b.example")
		f.assets("a,prefix,192.0.2.0/28,owner", "b,prefix,192.0.2.16/28,owner")
		f.ingest("scan_rdp", rdp, rdpLine("192.0.2.7", ""), rdpLine("192.0.2.17", ""))
		if n := f.compose(); n != 2 {
			t.Fatalf("%d letters", n)
		}
		f.organisations("a,A,nl,right@a.example", "b,B,nl,") // b has none any more
		f.clock.Advance(2 * day)
		if mails := f.deliver(); len(mails) != 1 || !slices.Equal(mails[0].EnvelopeTo, []string{"right@a.example"}) || !strings.Contains(mails[0].Header.Get("To"), "right@a.example") {
			t.Errorf("want one mail, to the address of today: %v", mails)
		}
		if n := f.latest("a"); n.Recipient != "right@a.example" || n.State != Delivered {
			t.Errorf("the record says %s to %s", n.State, n.Recipient)
		}
		f.organisations("b,B,nl,new@b.example")
		f.clock.Advance(time.Hour)
		if mails := to(f.deliver(), "new@b.example"); len(mails) != 1 {
			t.Errorf("%d mails to b, which has an address again", len(mails))
		}
	})
}

func TestMailAboutAWithdrawnAssetIsTakenBack(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,a@a.example", "b,B,nl,b@b.example")
		f.assets("a,prefix,192.0.2.0/28,owner", "b,prefix,192.0.2.16/28,owner", "b,prefix,198.51.100.0/28,owner")
		f.ingest("scan_rdp", rdp, rdpLine("192.0.2.7", ""), rdpLine("192.0.2.17", ""), rdpLine("198.51.100.1", ""))
		if n := f.compose(); n != 2 {
			t.Fatalf("%d letters", n)
		}
		link := f.token("b")
		f.withdraw("a,prefix,192.0.2.0/28,owner", "b,prefix,192.0.2.16/28,owner")
		f.clock.Advance(2 * day)
		for _, m := range f.deliver() {
			t.Errorf("a mail went to %v: %s", m.EnvelopeTo, m.Subject)
		}
		if _, err := f.notify.Open(f.ctx, link, 0); err == nil {
			t.Error("the link of the letter that was taken back works")
		}
		// What b still holds comes in a letter of its own; a holds nothing any more.
		f.settle()
		if mails := f.box.Mails(); len(mails) != 1 || mails[0].EnvelopeTo[0] != "b@b.example" ||
			!strings.Contains(mails[0].Text, "198.51.100.1") || strings.Contains(mails[0].Text, "192.0.2.17") {
			t.Errorf("want one mail, to b, about 198.51.100.1 alone: %v", mails)
		}
		if n := f.latest("b"); n.Kind != "warning" || n.Exposures != 1 {
			t.Errorf("b was written a %s about %d", n.Kind, n.Exposures)
		}
	})
}

// A filter that hangs up on three mails must not hold back all that come after them.
func TestMailsOnWhichTheServerHangsUpKeepNoOtherWaiting(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("x,X,nl,x@bad.example", "y,Y,nl,y@bad.example", "z,Z,nl,z@bad.example", "good,Good,nl,good@good.example")
		f.assets("x,prefix,192.0.2.1/32,owner", "y,prefix,192.0.2.2/32,owner", "z,prefix,192.0.2.3/32,owner", "good,prefix,192.0.2.99/32,owner")
		f.ingest("scan_rdp", rdp, rdpLine("192.0.2.1", ""), rdpLine("192.0.2.2", ""), rdpLine("192.0.2.3", ""))
		f.compose()
		f.clock.Advance(time.Minute)
		f.ingest("scan_rdp", rdp, rdpLine("192.0.2.99", "")) // behind the three
		f.compose()
		f.box.Trouble(func(_, to string) mail.Trouble {
			if strings.HasSuffix(to, "@bad.example") {
				return mail.Trouble{At: mail.DropBeforeData}
			}
			return mail.Trouble{}
		})
		for range 2 {
			f.clock.Advance(time.Minute)
			if _, err := f.notify.Deliver(f.ctx, f.post); !errors.Is(err, ErrUnreachable) {
				t.Errorf("three times hung up on: %v", err)
			}
		}
		if n := f.latest("good"); n.State != Delivered {
			t.Errorf("after two rounds the fourth mail is %s", n.State)
		}
		f.box.Trouble(nil)
		f.deliver()
		for _, ref := range []string{"x", "y", "z"} {
			if n := f.latest(ref); n.State != Delivered {
				t.Errorf("%s, once nobody hangs up: %s", ref, n.State)
			}
		}
		if n := f.box.Received(); n != 4 {
			t.Errorf("%d mails, want four", n)
		}
	})
}

// A wrong setting or a blocklist is about us and not about the recipients.
func TestRefusedSenderLosesNoMail(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,a@a.example")
		f.assets("a,prefix,192.0.2.0/28,owner")
		f.ingest("scan_rdp", rdp, rdpLine("192.0.2.7", ""))
		f.compose()
		for _, trouble := range []mail.Trouble{
			{At: mail.AtMail, Code: 550, Text: "5.7.1 not your address"}, {At: mail.AtRcpt, Code: 554, Text: "5.7.1 relay access denied"},
		} {
			f.box.Trouble(func(string, string) mail.Trouble { return trouble })
			if sent, _ := f.notify.Deliver(f.ctx, f.post); sent != 0 {
				t.Errorf("%s: %d sent", trouble.Text, sent)
			}
			f.clock.Advance(time.Hour)
		}
		f.box.Trouble(nil)
		if mails := f.deliver(); len(mails) != 1 || f.latest("a").State != Delivered {
			t.Errorf("%d mails after it was put right; the mail is %s", len(mails), f.latest("a").State)
		}
	})
}

func TestWhatWasRefusedForGoodGoesToTheCorrectedAddress(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,typo@a.example")
		f.assets("a,prefix,192.0.2.0/28,owner")
		f.ingest("scan_rdp", rdp, rdpLine("192.0.2.7", ""))
		f.compose()
		f.box.Trouble(func(_, to string) mail.Trouble {
			if to == "typo@a.example" {
				return mail.Trouble{At: mail.AtRcpt, Code: 550, Text: "5.1.1 no such user"}
			}
			return mail.Trouble{}
		})
		f.deliver()
		link := f.token("a")
		readdressed := func(want int) {
			t.Helper()
			if n, err := f.notify.Readdress(f.ctx); n != want || err != nil {
				t.Errorf("%d readdressed, %v; want %d", n, err, want)
			}
		}
		readdressed(0) // there is no other address yet
		f.organisations("a,A,nl,right@a.example")
		readdressed(1)
		readdressed(0)
		mails := f.deliver()
		if len(mails) != 1 || mails[0].EnvelopeTo[0] != "right@a.example" || !strings.Contains(mails[0].Text, link) {
			t.Errorf("want the same letter once, to the corrected address: %v", mails)
		}
		if n := f.count("notify_delivery", "state = 'failed'"); n != 1 {
			t.Errorf("the record has %d refusals, want the one that was", n)
		}
		readdressed(0)
	})
}

// A supplier is told of one of two: the other is none of his business.
func TestSupplierSeesAndAnswersOnlyWhatWasPassedOn(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,a@a.example")
		f.assets("a,prefix,192.0.2.0/24,owner")
		f.ingest("scan_rdp", rdp, rdpLine("192.0.2.7", ""), rdpLine("192.0.2.8", "secret.a.example"))
		f.compose()
		both := f.exposures("a")
		given, err := f.notify.Answer(f.ctx, f.token("a"), Feedback{Answer: Forwarded, Chosen: []Fingerprint{both[0].Fingerprint}})
		if err != nil {
			t.Fatal(err)
		}
		supplier := given.Supplier[strings.LastIndexByte(given.Supplier, '/')+1:]
		l, err := f.notify.Open(f.ctx, supplier, 0)
		if err != nil || l.Total != 1 || len(l.Exposures) != 1 || l.Exposures[0].Fingerprint != both[0].Fingerprint || len(l.Kinds) != 1 || l.Kinds[0].Exposures != 1 {
			t.Fatalf("the supplier sees %+v, %v", l, err)
		}
		if given, err := f.notify.Answer(f.ctx, supplier, Feedback{Answer: IsFalse, Chosen: []Fingerprint{both[1].Fingerprint}}); err == nil || given.Changed != 0 {
			t.Errorf("the supplier moved what he was not given: %+v", given)
		}
		if given, err := f.notify.Answer(f.ctx, supplier, Feedback{Answer: IsFalse}); err != nil || given.Changed != 1 {
			t.Errorf("all that the supplier was given: %+v, %v", given, err)
		}
		if got := f.states("a"); !slices.Equal(got, []string{"192.0.2.7:3389 false_positive", "192.0.2.8:3389 open"}) {
			t.Errorf("after the supplier's answers: %q", got)
		}
	})
}

// A source may give every line a type of its own: the letter must still be one that can be sent.
func TestLetterOfVeryManyTypesStaysBounded(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,a@a.example")
		f.assets("a,prefix,192.0.2.0/24,owner")
		const types = 2600
		var lines []string
		for i := range types {
			lines = append(lines, fmt.Sprintf("192.0.2.7,cve_2026_%d", i))
		}
		mapping := "source: divd\nclass: vulnerable-system\nseverity: critical\ncolumns:\n  ip: source.ip\n  kind: type\n"
		f.offer("list.csv", f.stamped("ip,kind", lines...), Offer{Mapping: []byte(mapping)})
		f.compose()
		mails := f.deliver()
		if n := f.latest("a"); len(mails) != 1 || n.State != Delivered || n.Exposures != types {
			t.Fatalf("%d mails; %s %q, about %d", len(mails), n.State, n.Reply, n.Exposures)
		}
		if n := strings.Count(mails[0].Text, "- 192.0.2.7"); n != mostLines {
			t.Errorf("%d are spelled out, want %d", n, mostLines)
		}
		if text, html := len(mails[0].Text), len(mails[0].HTML); text > 150_000 || html > 300_000 {
			t.Errorf("%d bytes of text, %d of HTML", text, html)
		}
		if l, err := f.notify.Open(f.ctx, f.token("a"), 0); err != nil || l.Total != types {
			t.Errorf("the page has %+v, %v; want all", l, err)
		}
	})
}

// Pressed solved by mistake, and then that somebody is on it: the reminders go on.
func TestSolvedAndThenOnItIsRemindedAgain(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,a@a.example")
		f.assets("a,prefix,192.0.2.0/24,owner")
		f.morning("scan_rdp", rdp, rdpLine("192.0.2.7", ""))
		for _, a := range []Answer{IsSolved, OnIt} {
			if given, err := f.notify.Answer(f.ctx, f.token("a"), Feedback{Answer: a}); err != nil || given.Changed != 1 {
				t.Fatalf("%s: %+v, %v", a, given, err)
			}
		}
		for range 10 {
			f.morning("scan_rdp", rdp, rdpLine("192.0.2.7", ""))
		}
		f.got("a", "warning", "reminder")
	})
}

// Nobody was told before it was withdrawn, so it is news when it comes back.
func TestWithdrawnByMistakeAndRegisteredAgainIsWarned(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,a@a.example")
		f.assets("a,prefix,192.0.2.0/28,owner")
		f.ingest("event4_sinkhole", "timestamp,severity,src_ip,src_port,tag,infection", "NOW,critical,192.0.2.7,1024,x,qakbot")
		f.withdraw("a,prefix,192.0.2.0/28,owner")
		f.settle()
		if n := f.box.Received(); n != 0 {
			t.Fatalf("%d mails about what is nobody's", n)
		}
		f.clock.Advance(time.Hour)
		f.assets("a,prefix,192.0.2.0/28,owner")
		f.drain()
		f.settle()
		if mails := to(f.box.Mails(), "a@a.example"); len(mails) != 1 || !strings.Contains(mails[0].Text, "192.0.2.7") {
			t.Errorf("%d mails, want the warning: %q", len(mails), f.states("a"))
		}
		f.got("a", "warning")
	})
}

func TestHelpPressedAHundredTimesIsThreeMailsToTheDesk(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,a@a.example")
		f.assets("a,prefix,192.0.2.0/28,owner")
		f.ingest("scan_rdp", rdp, rdpLine("192.0.2.7", ""))
		f.compose()
		link := f.token("a")
		press := func() {
			t.Helper()
			for i := range 100 {
				if _, err := f.notify.Answer(f.ctx, link, Feedback{Answer: Help, Note: fmt.Sprint("please ", i)}); err != nil {
					t.Fatal(err)
				}
			}
		}
		press()
		press() // in the same words as before
		mails := to(f.deliver(), "hulp@polder.example")
		if len(mails) != 3 {
			t.Fatalf("%d mails to the desk, want three: %v", len(mails), mails)
		}
		all := mails[0].Text + mails[1].Text + mails[2].Text
		for i := range mails { // the second may hold the telephone number that the first forgot
			if !strings.Contains(all, fmt.Sprint("please ", i)) {
				t.Errorf("the desk did not get question %d: %s", i, all)
			}
		}
		if n := f.count("notify_feedback", ""); n != 3 {
			t.Errorf("%d answers are kept, want three", n)
		}
		f.clock.Advance(time.Hour) // asked again later, it is a second question
		press()
		if mails := to(f.deliver(), "hulp@polder.example"); len(mails) != 6 {
			t.Errorf("%d mails to the desk an hour later, want six", len(mails))
		}
	})
}

// Said solved, and seen both before and after that in one report whose lines lie far apart.
func TestLinesOfOneExposureInTwoBatchesReopenIt(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,a@a.example")
		f.assets("a,prefix,203.0.0.0/16,owner")
		f.ingest("scan_rdp", rdp, rdpLine("203.0.1.1", ""))
		f.settle()
		f.clock.Advance(2 * day)
		before := f.clock.Now().Add(-time.Hour).Format("2006-01-02 15:04:05")
		if given, err := f.notify.Answer(f.ctx, f.token("a"), Feedback{Answer: IsSolved}); err != nil || given.Changed != 1 {
			t.Fatalf("%+v, %v", given, err)
		}
		f.clock.Advance(2 * time.Hour)
		lines := []string{strings.Replace(rdpLine("203.0.1.1", ""), "NOW", before, 1)}
		for i := range batchRows {
			lines = append(lines, rdpLine(fmt.Sprintf("203.0.%d.%d", 10+i/250, 1+i%250), ""))
		}
		if sum := f.ingest("scan_rdp", rdp, append(lines, rdpLine("203.0.1.1", ""))...); sum.Reopened != 1 {
			t.Errorf("reopened %d, want the one that was seen after it was said to be solved", sum.Reopened)
		}
		if n := f.count("notify_exposure", "address = '203.0.1.1' AND state = 'reopened'"); n != 1 {
			t.Errorf("%d are reopened", n)
		}
	})
}

// Whoever goes through a list gives the same answer about one thing after the other: each counts, and
// each asset that is not theirs gets its correction. The same about the same thing counts once.
func TestSameAnswerAboutOneThingAfterTheOtherCountsEachTime(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,en,a@a.example")
		f.assets("a,prefix,192.0.2.0/28,owner", "a,prefix,192.0.2.16/28,owner", "a,prefix,192.0.2.32/28,owner")
		f.morning("scan_rdp", rdp, rdpLine("192.0.2.7", ""), rdpLine("192.0.2.17", ""), rdpLine("192.0.2.33", ""))
		token := f.token("a")
		for i, e := range append(f.exposures("a"), f.exposures("a")[2]) {
			given, err := f.notify.Answer(f.ctx, token, Feedback{Answer: IsNotOurs, Chosen: []Fingerprint{e.Fingerprint}})
			if want := map[bool]int64{true: 1}[i < 3]; err != nil || given.Changed != want {
				t.Fatalf("answer %d: %+v, %v", i, given, err)
			}
		}
		open, err := f.footprint.Corrections(f.ctx, 10)
		if err != nil || len(open) != 3 {
			t.Errorf("corrections %+v, %v; want one for each asset", open, err)
		}
		list, err := f.notify.Sources(f.ctx)
		if err != nil || len(list) != 1 || len(list[0].Answers) != 1 || list[0].Answers[0].Count != 3 {
			t.Errorf("counted: %+v, %v; want 3", list, err)
		}
		for table, where := range map[string]string{"notify_feedback": "answer = 'not_ours'", "audit_event": "action = 'feedback'"} {
			if n := f.count(table, where); n != 3 {
				t.Errorf("%s has %d answers, want 3", table, n)
			}
		}
	})
}
