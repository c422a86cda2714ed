package outreach

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/kit"
	"polder/internal/mail"
	"polder/notify"
	"polder/notify/feeds"
)

// world is findings at three domains and in two networks of strangers, and at one organisation of ours.
func (h *house) world() {
	h.register("ours", "domain", "ours.example")
	h.out.securityTXT("bakker.example", "mailto:help@bakker.example", "https://bakker.example/melden")
	h.out.securityTXT("filiaal.example", "mailto:help@bakker.example")
	h.out.domain("molen.example", `{"objectClassName":"entity","roles":["registrar"],"entities":[`+vcard("abuse", "abuse@registrar.example")+`]}`, vcard("technical", "beheer@molen.example"))
	h.out.network("203.0.113.0/24", "203.0.113.0", "203.0.113.255", "abuse@provider.example")
	h.out.network("198.51.100.0/24", "198.51.100.0", "198.51.100.127", "half@provider.example") // not all of it
	h.ingest("compromised_website", "203.0.113.1,www.bakker.example", "203.0.113.2,shop.filiaal.example", "203.0.113.3,molen.example", "203.0.113.4,www.ours.example")
	h.ingest("scan_rdp", "203.0.113.7,host-7.bank.example", "203.0.113.9,", "198.51.100.4,", "10.1.2.3,")
}

// From findings of strangers to letters that say who we are, and not one to anybody who should not have it.
func TestStrangersAreWarned(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.world()
		h.ingest("scan_rdp", "203.0.113.9,") // seen again: no second finding
		sweep := h.sweep()
		v := h.show(sweep, "open")
		if v.Sweep.State != "ready" || v.Sweep.Subjects != 5 || v.Sweep.Findings != 6 || v.Counts["none"] != 1 || v.High != 0 || len(v.Contacts) != 3 {
			t.Fatalf("%+v", v)
		}
		baker := h.contactAt(sweep, "open", "help@bakker.example")
		if baker.Subjects != 2 || baker.Confidence != Medium || // since the branch names an address of another domain
			baker.Language != "nl" {
			t.Errorf("%+v", baker)
		}
		if c := h.contactAt(sweep, "open", "beheer@molen.example"); c.Confidence != Medium || c.Language != "en" {
			t.Errorf("%+v", c)
		}
		// The name in reverse DNS says nothing of whose it is: the network's desk hears it.
		if c := h.contactAt(sweep, "open", "abuse@provider.example"); c.Subjects != 1 || c.Findings != 2 || c.Confidence != Medium || c.Language != "nl" {
			t.Errorf("%+v", c)
		}
		if none := h.show(sweep, "none").Subjects; len(none) != 1 || none[0].Value != "198.51.100.0/24" {
			t.Errorf("%+v", none)
		}
		mustFail(t, h.o.Send(h.analyst(), sweep), "none_approved")
		if n, err := h.o.ApproveSure(h.analyst(), sweep); err != nil || n != 0 {
			t.Fatal(n, err)
		}
		h.approve(sweep, "help@bakker.example")
		g, err := h.o.Group(h.analyst(), sweep, baker.ID)
		if err != nil || g.Contact.State != "approved" {
			t.Fatal(g, err)
		}
		h.approve(sweep, "abuse@provider.example")
		molen := h.contactAt(sweep, "open", "beheer@molen.example")
		if err := h.o.Decide(h.analyst(), sweep, molen.ID, "skipped", "en", "kent ons al"); err != nil {
			t.Fatal(err)
		}
		h.send(sweep)
		mails := h.box.Mails()
		if len(mails) != 2 || len(h.mailsTo("help@bakker.example")) != 1 || len(h.mailsTo("abuse@provider.example")) != 1 {
			t.Fatalf("%d mails", len(mails))
		}
		m := h.mailsTo("help@bakker.example")[0]
		sent := h.contactAt(sweep, "queued", "help@bakker.example")
		for _, want := range []string{"Wij zijn Meldpunt Polder", "Je kent ons niet", "203.0.113.1", "www.bakker.example", "shop.filiaal.example", sent.Reason, "/verify", "+31 85 000 0000", "https://polder.example/stranger/", "/organisations/new"} {
			if !strings.Contains(strings.Join(strings.Fields(m.Text), " "), want) {
				t.Errorf("the letter does not hold %q:\n%s", want, m.Text)
			}
		}
		for _, never := range []string{"molen.example", "ours.example", "203.0.113.7", "stranger/…"} {
			if strings.Contains(m.Text, never) {
				t.Errorf("the letter tells of %s", never)
			}
		}
		// The preview was the letter, but for its reference and link.
		got := strings.Join(strings.Fields(strings.ReplaceAll(m.Text, sent.Reason, "PLD-…")), " ")
		want, _, _ := strings.Cut(strings.Join(strings.Fields(g.Text), " "), "https://polder.example/stranger/")
		if !strings.HasPrefix(got, want) {
			t.Errorf("preview\n%s\nletter\n%s", want, got)
		}
		if v, err := h.notify.Verify(t.Context(), sent.Reason); err != nil || len(v.Classes) == 0 {
			t.Errorf("/verify: %+v, %v", v, err)
		}
		// One letter to a contact of a sweep, however often somebody sends.
		if err := h.o.sendAll(t.Context(), sendArgs{sweep}); err != nil {
			t.Fatal(err)
		}
		h.run()
		if n := len(h.box.Mails()); n != 2 {
			t.Errorf("%d mails", n)
		}
		// The next sweep leaves out what somebody was told of, and asks nobody again.
		asked := h.out.count("bakker.example/.well-known/security.txt")
		h.clock.Advance(24 * time.Hour)
		again := h.sweep()
		if v := h.show(again, ""); v.Counts["told"] != 3 || v.Counts["open"] != 1 {
			t.Errorf("%+v", v.Counts)
		}
		if n := h.out.count("bakker.example/.well-known/security.txt"); n != asked || asked != 1 {
			t.Errorf("asked %d and then %d times", asked, n)
		}
		// After a month it may be told again, if it is seen again.
		h.clock.Advance(31 * 24 * time.Hour)
		h.ingest("scan_rdp", "203.0.113.9,")
		if v := h.show(h.sweep(), ""); v.Counts["told"] != 0 || v.Counts["open"] != 1 {
			t.Errorf("%+v", v.Counts)
		}
		h.clock.Advance(91 * 24 * time.Hour)
		if err := h.o.retain(t.Context(), retainArg{}); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"outreach_sweep", "outreach_contact", "outreach_subject", "outreach_lookup", "outreach_told"} {
			if n := h.count(table); n != 0 {
				t.Errorf("%s keeps %d rows", table, n)
			}
		}
	})
}

func (h *house) count(table string) (n int) {
	h.t.Helper()
	if err := h.db.Read(h.t.Context(), func(tx *db.Tx) error {
		return tx.One(h.t.Context(), "SELECT count(*) FROM "+table, nil, &n)
	}); err != nil {
		h.t.Fatal(err)
	}
	return n
}

func token(t *testing.T, m mail.Mail) string {
	t.Helper()
	_, after, _ := strings.Cut(m.Text, "https://polder.example/stranger/")
	token, _, _ := strings.Cut(after, "\n")
	if token = strings.TrimSpace(token); len(token) != 32 {
		t.Fatalf("no link in %s", m.Text)
	}
	return token
}

// Who opts out is never written to again: not by a new sweep, nor by hand, nor by what was queued already.
func TestOptOutsHoldForGood(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.world()
		sweep := h.sweep()
		h.approve(sweep, "help@bakker.example")
		h.send(sweep)
		link := token(t, h.mailsTo("help@bakker.example")[0])
		for range 2 {
			if err := h.o.Stop(t.Context(), link); err != nil {
				t.Fatal(err)
			}
		}
		if done, err := h.o.ByLink(t.Context(), link); err != nil || !done {
			t.Error(done, err)
		}
		mustFail(t, h.o.Stop(t.Context(), link+"x"), "not_found")
		h.clock.Advance(40 * 24 * time.Hour)
		h.ingest("compromised_website", "203.0.113.1,www.bakker.example", "203.0.113.3,molen.example")
		again := h.sweep()
		if v := h.show(again, "none"); len(v.Subjects) != 0 && v.Subjects[0].Value != "bakker.example" || v.Counts["none"] != 1 {
			t.Errorf("%+v", v)
		}
		baker := h.show(again, "none").Subjects[0]
		mustFail(t, h.o.Choose(h.analyst(), again, baker.ID, "HELP@bakker.example", "toch"), "opted_out")
		// A domain, by the desk, after the letter was queued: it is withdrawn.
		h.approve(again, "beheer@molen.example")
		if err := h.o.Send(h.analyst(), again); err != nil {
			t.Fatal(err)
		}
		if err := h.o.sendAll(t.Context(), sendArgs{again}); err != nil {
			t.Fatal(err)
		}
		if err := h.o.Refuse(h.analyst(), "molen.example", "belde de balie"); err != nil {
			t.Fatal(err)
		}
		h.run()
		if n := len(h.mailsTo("beheer@molen.example")); n != 0 {
			t.Errorf("%d mails after opting out", n)
		}
		h.contactAt(again, "refused", "beheer@molen.example")
		for text, want := range map[string]bool{"help@bakker.example": true, "Help@Bakker.example": true, "other@bakker.example": false, "x@sub.molen.example": true, "molen.example": true, "bakker.example": false} {
			if asked, out, _, err := h.o.Refused(h.analyst(), text); err != nil || !asked || out != want {
				t.Errorf("%s: %v, %v", text, out, err)
			}
		}
		mustFail(t, h.o.Refuse(h.analyst(), "iets", "x"), "wish")
		mustFail(t, h.o.Refuse(h.analyst(), "a@b.example", ""), "reason_plain")
		h.clock.Advance(5 * 365 * 24 * time.Hour)
		if err := h.o.retain(t.Context(), retainArg{}); err != nil {
			t.Fatal(err)
		}
		if _, out, list, err := h.o.Refused(h.analyst(), "help@bakker.example"); err != nil || !out || len(list) != 2 {
			t.Error("an opt-out ended:", out, list, err)
		}
		// No address can be read from what is kept.
		if err := d.Read(t.Context(), func(tx *db.Tx) error {
			return tx.Each(t.Context(), func(scan func(...any) error) error {
				var hash []byte
				var reason string
				if err := scan(&hash, &reason); err != nil {
					return err
				}
				if len(hash) != 32 || strings.Contains(string(hash)+reason, "bakker") {
					t.Errorf("%q %q", hash, reason)
				}
				return nil
			}, "SELECT hash, reason FROM outreach_opt_out")
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// Who is registered meanwhile hears of it in the usual way: at the lookup, at sending, and just before
// the letter goes.
func TestRegisteredMeanwhile(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.world()
		sweep := h.sweep()
		h.approve(sweep, "help@bakker.example")
		h.approve(sweep, "beheer@molen.example")
		h.register("molen", "domain", "molen.example")
		if err := h.o.Send(h.analyst(), sweep); err != nil {
			t.Fatal(err)
		}
		if err := h.o.sendAll(t.Context(), sendArgs{sweep}); err != nil {
			t.Fatal(err)
		}
		h.contactAt(sweep, "queued", "help@bakker.example")
		h.register("filiaal", "domain", "filiaal.example")
		h.run()
		for _, m := range h.box.Mails() {
			if strings.Contains(m.Text, "/stranger/") {
				t.Errorf("a letter went to %s", m.EnvelopeTo)
			}
		}
		if v := h.show(sweep, "registered"); len(v.Subjects) != 2 {
			t.Errorf("%+v", v.Counts)
		}
		// What is left is reviewed again, and then goes.
		c := h.contactAt(sweep, "open", "help@bakker.example")
		if c.Subjects != 1 {
			t.Errorf("%+v", c)
		}
		h.approve(sweep, "help@bakker.example")
		h.send(sweep)
		mails := h.mailsTo("help@bakker.example")
		if len(mails) != 1 || strings.Contains(mails[0].Text, "filiaal.example") {
			t.Errorf("%d mails", len(mails))
		}
	})
}

// Others can do nothing, and a bulk of letters asks for a fresh factor.
func TestWhoMay(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.world()
		sweep := h.sweep()
		c := h.contactAt(sweep, "open", "help@bakker.example")
		none := h.show(sweep, "none").Subjects[0]
		for _, roles := range []actor.Roles{0, actor.Adviser, actor.Editor, actor.Auditor, actor.Administrator} {
			ctx := h.as(roles)
			_, e1 := h.o.Sweeps(ctx)
			_, e2 := h.o.Show(ctx, sweep, "", nil, 5)
			_, e3 := h.o.Group(ctx, sweep, c.ID)
			_, e4 := h.o.One(ctx, sweep, none.ID)
			_, e5 := h.o.Start(ctx, []notify.Unmatched{{Source: "shadowserver", Type: "scan_rdp"}}, feeds.High, 7)
			_, e6 := h.o.ApproveSure(ctx, sweep)
			_, _, _, e7 := h.o.Refused(ctx, "")
			_, e8 := h.o.Choices(ctx, 7)
			for i, err := range []error{e1, e2, e3, e4, e5, e6, e7, e8, h.o.Decide(ctx, sweep, c.ID, "approved", "nl", ""), h.o.Choose(ctx, sweep, none.ID, "a@b.example", "x"),
				h.o.Send(ctx, sweep), h.o.Refuse(ctx, "a@b.example", "x")} {
				if err == nil || !strings.Contains(err.Error(), "not_found") {
					t.Errorf("%s: %d: %v", roles, i, err)
				}
			}
		}
		if _, err := h.o.ApproveSure(h.analyst(), sweep); err != nil {
			t.Fatal(err)
		}
		stale := h.analyst()
		h.clock.Advance(time.Hour)
		mustFail(t, h.o.Send(stale, sweep), "fresh")
		// Another sweep's page has nothing of this one.
		other := h.sweep()
		if _, err := h.o.Group(h.analyst(), other, c.ID); err == nil {
			t.Error("a contact of another sweep is shown")
		}
		if _, err := h.o.One(h.analyst(), other, none.ID); err == nil {
			t.Error("a subject of another sweep is shown")
		}
		mustFail(t, h.o.Choose(h.analyst(), other, none.ID, "a@b.example", "x"), "not_found")
		mustFail(t, h.o.Decide(h.analyst(), other, c.ID, "approved", "nl", ""), "not_found")
	})
}

// An analyst may know better, with a reason; and what was approved is reviewed again when it changes.
func TestChoosingByHand(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.world()
		sweep := h.sweep()
		h.approve(sweep, "help@bakker.example")
		none := h.show(sweep, "none").Subjects[0]
		for _, bad := range []string{"", "x", "a@b", "Jan <a@b.example>", "a@b.example, c@d.example", "a@b.example\r\nBcc: c@d.example", `"a b"@b.example`, "a%b.example@c.example"} {
			mustFail(t, h.o.Choose(h.analyst(), sweep, none.ID, bad, "reden"), "error.address")
		}
		mustFail(t, h.o.Choose(h.analyst(), sweep, none.ID, "a@b.example", " "), "error.reason")
		mustFail(t, h.o.Choose(h.analyst(), sweep, none.ID, "a@b.example", strings.Repeat("x", 501)), "error.long")
		if err := h.o.Choose(h.analyst(), sweep, none.ID, "help@bakker.example", "gebeld"); err != nil {
			t.Fatal(err)
		}
		c := h.contactAt(sweep, "open", "help@bakker.example") // approved no longer
		if c.Subjects != 3 || c.Confidence != Low {
			t.Errorf("%+v", c)
		}
		h.approve(sweep, "help@bakker.example")
		h.send(sweep)
		molen := h.contactAt(sweep, "open", "beheer@molen.example")
		g, err := h.o.Group(h.analyst(), sweep, molen.ID)
		if err != nil {
			t.Fatal(err)
		}
		mustFail(t, h.o.Choose(h.analyst(), sweep, g.Subjects[0].ID, "help@bakker.example", "zelfde"), "had_letter")
		mustFail(t, h.o.Choose(h.analyst(), sweep, none.ID, "x@y.example", "alsnog"), "moved_on")
		if n := len(h.mailsTo("help@bakker.example")); n != 1 {
			t.Errorf("%d mails", n)
		}
	})
}

// Files, registers and names of others that mean harm.
func TestHostileAnswers(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.out.set(func() {
			h.out.files["groot.example/.well-known/security.txt"] = "endless"
			h.out.moved["naar-binnen.example/.well-known/security.txt"] = "https://binnen.test/security.txt"
			h.out.inner["binnen.test"] = true
			h.out.moved["getal.example/.well-known/security.txt"] = "https://127.0.0.1/.well-known/security.txt"
			h.out.moved["plat.example/.well-known/security.txt"] = "http://plat.example/security.txt"
			h.out.moved["rond.example/.well-known/security.txt"] = "https://rond.example/.well-known/security.txt"
			h.out.moved["elders.example/.well-known/security.txt"] = "https://ander.test/.well-known/security.txt"
		})
		h.out.securityTXT("bcc.example", "mailto:a@bcc.example?bcc=eve@evil.example", "mailto:%22a%20b%22@bcc.example", "mailto:a@bcc.example%0d%0aBcc:eve@evil.example", "mailto:a@b\u0430nk.example", "javascript:alert(1)", "tel:+31850000001")
		h.out.set(func() {
			h.out.files["ander.test/.well-known/security.txt"] = "Contact: mailto:cert@ander.test\nExpires: 2026-07-01T00:00:00Z\n"
			h.out.files["oud.example/security.txt"] = "Contact: mailto:oud@oud.example\nExpires: 2020-07-01T00:00:00Z\n"
			h.out.files["html.example/.well-known/security.txt"] = "<html>Contact: mailto:x@html.example</html>"
		})
		h.out.domain("script.example", vcard("abuse", `<script>alert(1)</script>@x`), vcard("technical", "ok@script.example\\r\\nBcc: eve@evil.example"))
		var lines []string
		for i, name := range []string{"groot", "naar-binnen", "getal", "plat", "rond", "elders", "bcc", "oud", "html", "script"} {
			lines = append(lines, fmt.Sprintf("203.0.113.%d,%s.example", i+1, name))
		}
		h.ingest("compromised_website", append(lines, "203.0.113.99,xn--bnk-8cd.example", "203.0.113.98,co.uk", "203.0.113.97,server.lan")...)
		sweep := h.sweep()
		v := h.show(sweep, "open")
		got := map[string]Confidence{}
		for _, c := range v.Contacts {
			got[c.Address] = c.Confidence
		}
		if len(got) != 2 || got["cert@ander.test"] != Medium || got["oud@oud.example"] != Low {
			t.Errorf("%v", got)
		}
		for _, s := range h.show(sweep, "none").Subjects {
			for _, c := range s.Candidates {
				if c.Confidence != ByHand || c.Address != "tel:+31850000001" {
					t.Errorf("%s: %+v", s.Value, c)
				}
			}
		}
		if h.out.count("binnen.test/security.txt") != 0 || h.out.count("plat.example/security.txt") != 1 {
			t.Error("an inner or a plain address was asked")
		}
	})
}

// The first page of the desk says that a round waits, to analysts alone.
func TestDeskLines(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.world()
		h.sweep()
		for roles, want := range map[actor.Roles]int{actor.Analyst: 1, actor.Adviser: 0, 0: 0} {
			ctx := h.as(roles)
			if err := d.Read(ctx, func(tx *db.Tx) error {
				lines, err := h.o.DeskLines(ctx, tx)
				if len(lines) != want || want == 1 && lines[0].Count != 1 {
					t.Errorf("%s: %+v", roles, lines)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// The emergency stop and a hold by type keep letters to strangers back as all others; an opt-out that comes
// meanwhile counts when they are let go.
func TestHoldsCountForStrangers(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.world()
		sweep := h.sweep()
		h.approve(sweep, "help@bakker.example")
		h.approve(sweep, "abuse@provider.example")
		if err := h.notify.Stop(h.analyst(), "even wachten"); err != nil {
			t.Fatal(err)
		}
		h.send(sweep)
		if n := len(h.box.Mails()); n != 0 {
			t.Fatalf("%d mails went during the stop", n)
		}
		if err := h.o.Refuse(h.analyst(), "help@bakker.example", "belde"); err != nil {
			t.Fatal(err)
		}
		h.clock.Advance(time.Hour)
		if stopped, err := h.notify.GoOn(h.analyst()); err != nil {
			t.Fatal(stopped, err)
		}
		h.run()
		h.run()
		if a, b := len(h.mailsTo("help@bakker.example")), len(h.mailsTo("abuse@provider.example")); a != 0 || b != 1 {
			t.Errorf("%d letters to who opted out, %d to the other", a, b)
		}
	})
}
