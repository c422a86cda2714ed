package notify

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/kit/browser"
	"polder/internal/mail"
	"polder/notify/advice"
)

// openDesk is a street with an analyst at the desk, something in each list, and a report that waits.
func openDesk(t *testing.T) (c *company, s *street) {
	c, s = openDoor(t)
	staff := colleagues{}
	for _, name := range []string{"anna", "bram"} {
		a := actor.Actor{Account: db.NewID(), Name: name, Staff: actor.Analyst | actor.Editor, Fresh: c.clock.Now(), Session: db.NewID()}
		c.people[name] = a
		staff[a.Account] = Colleague{Name: strings.ToUpper(name[:1]) + name[1:], Roles: a.Staff}
	}
	c.notify.Colleagues(staff.of)
	return c, s
}

func TestOutgoingInBrowser(t *testing.T) {
	b := browser.Open(t)
	c, s := openDesk(t)
	c.notify.set.Breaker = 1
	c.organisations("x,Drukkerij Het Zetsel,nl,x@zetsel.example", "y,Kwekerij De Bol,nl,y@bol.example")
	c.assets("x,prefix,203.0.113.96/28,owner", "y,prefix,203.0.113.112/28,owner")
	c.ingest("scan_http", rdp, "NOW,high,192.0.2.9,tcp,8080,,http,64500") // planned
	c.box.Trouble(func(_, to string) (none mail.Trouble) {
		if to == "x@zetsel.example" {
			return mail.Trouble{Code: 451, Text: "4.7.1 greylisted, try again later"}
		}
		return none
	})
	c.ingest("scan_ftp", rdp, "NOW,high,203.0.113.97,tcp,21,,ftp,64500")
	c.compose()
	c.deliver()
	c.stranger("abuse@net.example")
	c.ingest("scan_telnet", rdp, "NOW,high,203.0.113.97,tcp,23,,telnet,64500", "NOW,high,203.0.113.113,tcp,23,,telnet,64500")
	anna := actor.With(c.ctx, c.people["anna"])
	c.hold(anna, OfType, "scan_ftp")
	c.hold(anna, OfOne, "y")
	var one Sent
	for _, n := range c.notifications("bakker") {
		one = n
	}
	for _, page := range []struct{ name, path string }{
		{"out-planned", "/desk/outgoing"}, {"out-sent", "/desk/outgoing?list=sent"}, {"out-deferred", "/desk/outgoing?list=deferred"}, {"out-queued", "/desk/outgoing?list=queued"},
		{"out-none", "/desk/outgoing?list=failed"}, {"out-nobody", "/desk/outgoing?list=sent&organisation=nobody"}, {"out-found", "/desk/outgoing?list=sent&type=scan_http&source=shadowserver&from=2026-01-01&until=2026-12-31"},
		{"out-message", "/desk/outgoing/" + one.ID.String()},
	} {
		b.Goto(s.server.URL + "/as/anna")
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
	for _, problem := range b.Problems() {
		t.Errorf("the browser complains: %s", problem)
	}
	// With the keyboard alone: the emergency stop without a reason says so; with one, all stands still; and on again.
	b.EmulateDark(false)
	b.Resize(360, 800)
	b.Goto(s.server.URL + "/desk/outgoing?lang=nl")
	tabTo := func(selector string) {
		t.Helper()
		for range 60 {
			if browser.Eval[bool](b, `document.activeElement.matches(`+fmt.Sprintf("%q", selector)+`)`) {
				return
			}
			b.Press(kb.Tab)
		}
		t.Fatalf("the keyboard does not come to %s", selector)
	}
	tabTo("summary")
	b.Press(kb.Enter)
	tabTo("#stop")
	b.Press(kb.Enter)
	b.WaitFor(".error-summary")
	s.look(b, "out-stop-wrong")
	tabTo("#stop_reason")
	b.Press("De bron levert onzin")
	b.Press(kb.Enter)
	b.WaitFor("#stopped")
	s.look(b, "out-stopped-360")
	b.Resize(1280, 800)
	s.look(b, "out-stopped-1280")
	if n := len(c.openHolds()); n != 4 {
		t.Errorf("%d holds", n)
	}
	tabTo("#go-on")
	b.Press(kb.Enter)
	b.WaitFor(".outcome--ok")
	if _, stopped := c.stopped(); stopped {
		t.Error("it is still stopped")
	}
	// The report that waits: the first says so, the second too.
	for i, who := range []string{"anna", "bram"} {
		b.Goto(s.server.URL + "/as/" + who)
		b.Goto(s.server.URL + "/desk/outgoing?lang=nl")
		b.Follow(`section[aria-labelledby="waiting"] button`)
		b.WaitFor(".outcome--ok")
		s.look(b, fmt.Sprintf("out-second-%d", i))
	}
	if n := len(c.openHolds()); n != 2 {
		t.Errorf("%d holds after two let the report go", n)
	}
	b.Goto(s.server.URL + "/desk/outgoing/" + one.ID.String() + "?lang=nl")
	b.Follow("#links")
	b.WaitFor(".outcome--ok")
	if left := c.pages.desk.templates.Unexecuted(); len(left) > 0 {
		t.Logf("never shown: %v", left)
	}
}

// An editor changes a text and is told what is missing; a colleague reads the difference and the mail, and
// publishes; with the keyboard alone.
func TestAdviceInBrowser(t *testing.T) {
	b := browser.Open(t)
	_, s := openDesk(t)
	t.Cleanup(func() { advice.Publish(nil) })
	show := func(name, path string) {
		mark := "?"
		if strings.Contains(path, "?") {
			mark = "&"
		}
		for i, width := range []int{360, 1280} {
			for j, lang := range []string{"nl", "en"} {
				b.EmulateDark(i != j)
				b.Resize(width, 800)
				b.Goto(s.server.URL + path + mark + "lang=" + lang)
				s.look(b, fmt.Sprintf("%s-%d-%s", name, width, lang))
			}
		}
		b.EmulateDark(false)
	}
	b.Goto(s.server.URL + "/as/anna")
	show("advice-edit", "/desk/advice/scan_rdp/edit")
	b.Goto(s.server.URL + "/desk/advice/scan_rdp/edit?lang=nl")
	browser.Eval[bool](b, `(document.querySelector("#nl-why").value = "", true)`)
	b.Follow("#write")
	b.WaitFor(".error-summary")
	s.look(b, "advice-wrong")
	browser.Eval[bool](b, `(document.querySelector("#nl-why").value = "Dat kan u geld kosten!", document.querySelector("#nl-title").value = "Het externe bureaublad staat open", document.querySelector("#write").focus(), true)`)
	b.Press(kb.Enter)
	b.WaitFor(".outcome--ok")
	if text := b.HTML(); !strings.Contains(text, "zegt u; wij zeggen je") || strings.Contains(text, `id="publish"`) {
		t.Error("what reads badly is not told, or the writer may publish")
	}
	show("advice-version", "/desk/advice/scan_rdp/versions/1")
	b.Goto(s.server.URL + "/as/bram")
	show("advice-list", "/desk/advice")
	show("advice-waiting", "/desk/advice?show=waiting")
	show("advice-none", "/desk/advice?find=zzz")
	b.Goto(s.server.URL + "/desk/advice/scan_rdp/versions/1?lang=nl")
	browser.Eval[bool](b, `(document.querySelector("#publish").focus(), true)`)
	b.Press(kb.Enter)
	b.WaitFor(".outcome--ok")
	show("advice-text", "/desk/advice/scan_rdp")
	if got := adviceText("scan_rdp", "", "nl").Title; got != "Het externe bureaublad staat open" {
		t.Errorf("in use is %q", got)
	}
	b.Follow("#revert")
	b.WaitFor(".outcome--ok")
	for _, problem := range b.Problems() {
		if !strings.Contains(problem, "422") {
			t.Errorf("the browser complains: %s", problem)
		}
	}
}
