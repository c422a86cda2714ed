package notify

import (
	"context"
	"strings"
	"testing"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/kit"
	"polder/notify/advice"
)

// ownText is a text that reads well in both languages, told apart by a word in its title.
func ownText(word string) Texts {
	return Texts{
		"nl": {Title: "Extern bureaublad " + word, What: "Er staat een deur open.", Why: "Dat kan geld kosten.", Steps: []string{"Doe de deur dicht.", "Kijk wie er binnen was."}, Supplier: "Kun je de deur sluiten?", Effort: "Een kwartier."},
		"en": {Title: "Remote desktop " + word, What: "A door is open.", Why: "That can cost money.", Steps: []string{"Close the door.", "See who was inside."}, Supplier: "Could you close it?", Effort: "Fifteen minutes."},
	}
}

// A version that somebody else published is used at once, in mails too; and the built-in text comes back.
func TestTextsArePublishedByAnother(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		t.Cleanup(func() { advice.Publish(nil) })
		f := newFixture(t, d)
		as, staff := f.colleagues("anna", "bram", "cor")
		for id, c := range staff {
			if c.Name != "cor" { // an analyst who is no editor
				c.Roles |= actor.Editor
				staff[id] = c
			}
		}
		f.organisations("a,A,nl,a@a.example")
		f.assets("a,prefix,192.0.2.0/28,owner")
		write := func(who, word string) int {
			t.Helper()
			version, wrong, err := f.notify.WriteText(as(who), "scan_rdp", ownText(word))
			if err != nil || len(wrong) > 0 {
				t.Fatal(err, wrong)
			}
			return version
		}
		one := write("anna", "EEN")
		title := func(lang string) string { return adviceText("scan_rdp", "vulnerable-system", lang).Title }
		if strings.Contains(title("nl"), "EEN") {
			t.Fatal("it is used before anybody read it")
		}
		for who, kind := range map[string]fault.Kind{"anna": fault.Conflict} {
			if err := f.notify.PublishText(as(who), "scan_rdp", one); fault.KindOf(err) != kind {
				t.Errorf("%s: %v", who, err)
			}
		}
		two := write("bram", "TWEE")
		if err := f.notify.PublishText(as("anna"), "scan_rdp", one); fault.KindOf(err) != fault.Conflict {
			t.Errorf("one that is not the latest: %v", err)
		}
		if err := f.notify.PublishText(as("cor"), "scan_rdp", two); err != nil {
			t.Fatal(err)
		}
		if title("nl") != "Extern bureaublad TWEE" || title("en") != "Remote desktop TWEE" {
			t.Errorf("%q, %q", title("nl"), title("en"))
		}
		if got := advice.For("scan_rdpeudp", "").Text["nl"].Title; got != "Extern bureaublad TWEE" {
			t.Errorf("a type that has the same text has %q", got)
		}
		f.ingest("scan_rdp", rdp, rdpLine("192.0.2.1", ""))
		f.compose()
		if mails := f.deliver(); len(mails) != 1 || !strings.Contains(mails[0].Subject, "Extern bureaublad TWEE") {
			t.Errorf("mails %v", mails)
		}
		// Another process learns of it, and of its end.
		advice.Publish(nil)
		other := New(d, f.footprint, f.queue, f.catalog, f.clock.Now, kit.Log(t), f.notify.set)
		if err := other.LoadTexts(f.ctx); err != nil || title("nl") != "Extern bureaublad TWEE" {
			t.Errorf("%v, %q", err, title("nl"))
		}
		if err := f.notify.RevertText(as("cor"), "scan_rdp"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("an analyst who is no editor took it back: %v", err)
		}
		if err := f.notify.RevertText(as("anna"), "scan_rdp"); err != nil {
			t.Fatal(err)
		}
		if title("nl") != advice.BuiltIn("scan_rdp", "").Text["nl"].Title {
			t.Errorf("after it was taken back: %q", title("nl"))
		}
	})
}

func TestTextsThatMayNotBe(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		as, staff := f.colleagues("anna")
		for id, c := range staff {
			c.Roles |= actor.Editor
			staff[id] = c
		}
		change := func(fn func(x *advice.Text)) Texts {
			texts := ownText("X")
			x := texts["nl"]
			fn(&x)
			texts["nl"] = x
			return texts
		}
		for want, texts := range map[string]Texts{
			"nl what missing":   change(func(x *advice.Text) { x.What = " \n\u00a0 " }),
			"nl steps missing":  change(func(x *advice.Text) { x.Steps = []string{""} }),
			"nl steps too_many": change(func(x *advice.Text) { x.Steps = strings.Split("a. b. c. d. e. f.", " ") }),
			"nl why html":       change(func(x *advice.Text) { x.Why = "Dat kost <b>geld</b>." }),
			"nl why address":    change(func(x *advice.Text) { x.Why = "Kijk op https://voorbeeld.test." }),
			"nl why long":       change(func(x *advice.Text) { x.Why = strings.Repeat("Woord. ", 300) }),
			"en title missing":  {"nl": ownText("X")["nl"]},
		} {
			_, wrong, err := f.notify.WriteText(as("anna"), "scan_rdp", texts)
			if err != nil || len(wrong) == 0 || wrong[0].Lang+" "+wrong[0].Part+" "+wrong[0].Rule != want {
				t.Errorf("%s: %v, %v", want, wrong, err)
			}
		}
		if _, _, err := f.notify.WriteText(as("anna"), "no_such_type", ownText("X")); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a type that there is not: %v", err)
		}
		if n := f.count("notify_advice_version", ""); n != 0 {
			t.Errorf("%d versions were written", n)
		}
		stale := actor.From(as("anna"))
		stale.Account, stale.Fresh = db.NewID(), f.clock.Now().Add(-time.Hour)
		for name, ctx := range map[string]context.Context{"nobody": f.ctx, "adviser": actor.With(f.ctx, actor.Actor{Account: db.NewID(), Staff: actor.Adviser, Fresh: f.clock.Now()})} {
			_, err1 := f.notify.TextStates(ctx)
			_, err2 := f.notify.TextFile(ctx, "scan_rdp")
			_, _, err3 := f.notify.WriteText(ctx, "scan_rdp", ownText("X"))
			for i, err := range []error{err1, err2, err3, f.notify.PublishText(ctx, "scan_rdp", 1), f.notify.RevertText(ctx, "scan_rdp")} {
				if fault.KindOf(err) != fault.NotFound {
					t.Errorf("%s, %d: %v", name, i, err)
				}
			}
		}
		if err := f.notify.PublishText(actor.With(f.ctx, stale), "scan_rdp", 1); fault.KindOf(err) != fault.Denied {
			t.Errorf("without a factor: %v", err)
		}
	})
}

// Whoever publishes a version sees all in which it differs from the text in use: what was slipped into a
// version before it, which nobody published, too.
func TestNothingIsSlippedPastTheSecondPairOfEyes(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		t.Cleanup(func() { advice.Publish(nil) })
		f := newFixture(t, d)
		as, staff := f.colleagues("anna", "bram")
		for id, c := range staff {
			c.Roles |= actor.Editor
			staff[id] = c
		}
		write := func(x Texts) {
			t.Helper()
			if _, wrong, err := f.notify.WriteText(as("anna"), "scan_rdp", x); err != nil || len(wrong) > 0 {
				t.Fatal(err, wrong)
			}
		}
		write(ownText("EEN"))
		if err := f.notify.PublishText(as("bram"), "scan_rdp", 1); err != nil {
			t.Fatal(err)
		}
		slipped := ownText("EEN")
		nl := slipped["nl"]
		nl.Steps = []string{"Bel een vreemde.", "Kijk wie er binnen was."}
		slipped["nl"] = nl
		write(slipped)
		nl.Effort = "Een half uur."
		slipped["nl"] = nl
		write(slipped)
		file, err := f.notify.TextFile(as("bram"), "scan_rdp")
		if err != nil {
			t.Fatal(err)
		}
		if got := file.before(0)["nl"]; got.Steps[0] != "Doe de deur dicht." || got.Effort != "Een kwartier." {
			t.Errorf("it is held against %+v, not against the text in use", got)
		}
		if got := file.before(1)["nl"]; got.Steps[0] != "Doe de deur dicht." { // of one in between: the one published before
			t.Errorf("the one in between is held against %+v", got)
		}
		var page versionPage
		for _, side := range sides(f.catalog.For("nl"), file.Versions[0].Texts) {
			page.Changes = append(page.Changes, changes(f.catalog.For("nl"), side, file.before(0)[side.Lang])...)
		}
		if len(page.Changes) != 2 {
			t.Errorf("%d changes are shown: %+v", len(page.Changes), page.Changes)
		}
	})
}
