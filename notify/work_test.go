package notify

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"polder/internal/db"
	"polder/internal/fault"
	"polder/notify/advice"
)

// What people arrange about an exposure: each may what the place and the mandate let it, and nobody
// else hears of it.
func TestWork(t *testing.T) {
	eachCompany(t, func(t *testing.T, c *company) {
		bakker := c.organisation("bakker").ID
		x := "/o/" + bakker.String() + "/exposures"
		seven, five := c.one("bakker", "192.0.2.7"), c.one("bakker", "203.0.113.5")
		mine, copied := x+"/"+printText(seven.Fingerprint), x+"/"+printText(five.Fingerprint)
		do := func(who, path string, form url.Values) int { return c.ask(who, "POST", path, form).Code }
		day := c.clock.Now().AddDate(0, 0, 3).Format(time.DateOnly)
		marks := stepMarks(seven.Type, seven.Class)
		forms := map[string]url.Values{
			"/plan":     {"assignee": {c.people["bakker-member"].Account.String()}, "date": {day}},
			"/steps":    {"of": marks, "step": {marks[0], marks[2]}},
			"/comments": {"comment": {"Geheim overleg\n<b>vet</b>"}},
			"/answers":  {"answer": {"forwarded"}, "to": {"Onze leverancier"}, "days": {"7"}},
		}
		// Nobody who may not: as if it did not exist. A mandate for another asset is none.
		for _, who := range []string{"", "stranger", "analyst", "smid", "it-late", "bakker-member", "it-reads", "it-member", "it-none", "it-one"} {
			for path, form := range forms {
				if code := do(who, mine+path, form); code != 404 {
					t.Errorf("%q %s: %d", who, path, code)
				}
			}
		}
		if n := c.count("notify_comment", "") + c.count("notify_step", "") + c.count("notify_link", "notification_id IS NULL") + c.count("notify_exposure", "assignee IS NOT NULL OR deadline IS NOT NULL"); n != 0 {
			t.Fatalf("%d things were written", n)
		}
		for path, form := range forms {
			if code := do("bakker-security-contact", mine+path, form); code != 303 && path != "/answers" {
				t.Errorf("%s: %d", path, code)
			}
		}
		page := c.ask("bakker", "GET", mine, nil).Body.String()
		for _, want := range []string{"De bakker-member", "Geheim overleg<br>&lt;b&gt;vet&lt;/b&gt;", "Afgevinkt door De bakker-security-contact", "2 van ", "Onze leverancier", "Nog geen antwoord"} {
			if !strings.Contains(page, want) {
				t.Errorf("the page has no %q", want)
			}
		}
		// The member reads it, and so does a delegate, without names; nobody is offered what it may not.
		if page := c.ask("bakker-member", "GET", mine, nil).Body.String(); !strings.Contains(page, "Geheim overleg") || strings.Contains(page, `id="say"`) || strings.Contains(page, `name="step"`) || !strings.Contains(page, "jij") {
			t.Error("the member's page")
		}
		if page := c.ask("it", "GET", mine, nil).Body.String(); !strings.Contains(page, "Geheim overleg") || strings.Contains(page, "De bakker") || !strings.Contains(page, "iemand van Bakkerij De Korst") || !strings.Contains(page, "Visser IT") {
			t.Error("the delegate's page")
		}
		// A delegate with a mandate for one asset does as far as that goes, and may be asked.
		if code := do("it-one", copied+"/comments", url.Values{"comment": {"Wij kijken"}}); code != 303 {
			t.Errorf("it-one: %d", code)
		}
		if code := do("bakker", copied+"/plan", url.Values{"assignee": {c.organisation("it-one").ID.String()}}); code != 303 {
			t.Errorf("the holder of a mandate cannot be asked: %d", code)
		}
		if page := c.ask("bakker", "GET", copied, nil).Body.String(); !strings.Contains(page, "iemand van Deel IT") {
			t.Error("who said it is not told")
		}
		if page := c.ask("it-one", "GET", x+"?work=mine", nil).Body.String(); !strings.Contains(page, "203.0.113.5") {
			t.Error("what is its to do is not found")
		}
		// Anybody else cannot be asked; a wrong date keeps what was typed.
		for _, other := range []db.ID{c.people["smid"].Account, c.organisation("smid").ID, c.organisation("it-late").ID, c.organisation("it-reads").ID, db.NewID()} {
			if w := c.ask("bakker", "POST", mine+"/plan", url.Values{"assignee": {other.String()}}); w.Code != 422 {
				t.Errorf("%s can be asked: %d", other, w.Code)
			}
		}
		for path, form := range map[string]url.Values{"/plan": {"date": {"1999-01-01"}}, "/comments": {"comment": {" \n "}}, "/steps": {"of": marks, "step": {"9"}}, "/answers": {"answer": {"forwarded"}, "days": {"91"}, "to": {"typte ik"}}} {
			w := c.ask("bakker", "POST", mine+path, form)
			if w.Code != 422 || path == "/answers" && !strings.Contains(w.Body.String(), "typte ik") {
				t.Errorf("%s: %d", path, w.Code)
			}
		}
		if w := c.ask("bakker", "POST", mine+"/comments", url.Values{"comment": {strings.Repeat("é", mostComment+1)}}); w.Code != 422 || !strings.Contains(w.Body.String(), "ééé") {
			t.Error("a long comment")
		}
		// Lists by day and by who works on it; when the day is past it is late.
		if page := c.ask("bakker-member", "GET", x+"?work=mine&sort=day", nil).Body.String(); !strings.Contains(page, "192.0.2.7") || strings.Contains(page, "192.0.2.8") {
			t.Error("by who works on it")
		}
		c.clock.Advance(5 * 24 * time.Hour)
		if page := c.ask("bakker", "GET", x+"?work=overdue", nil).Body.String(); !strings.Contains(page, "192.0.2.7") || !strings.Contains(page, "Te laat") || strings.Contains(page, "203.0.113.5") {
			t.Error("what is late")
		}
		// Ticks can be taken off again, by whoever may; a comment only by who wrote it.
		if do("it", mine+"/steps", url.Values{"of": marks, "step": {marks[0], marks[1]}}); c.count("notify_step", "step IN (1, 2)") != 2 || c.count("notify_step", "") != 2 {
			t.Error("the ticks")
		}
		var ids []string
		for _, m := range regexp.MustCompile(`/comments/([0-9a-f-]{36})/remove`).FindAllStringSubmatch(c.ask("bakker-security-contact", "GET", mine, nil).Body.String(), -1) {
			ids = append(ids, m[1])
		}
		if len(ids) != 1 {
			t.Fatal(ids)
		}
		if code := do("bakker", mine+"/comments/"+ids[0]+"/remove", nil); code != 404 {
			t.Errorf("somebody else's words: %d", code)
		}
		if code := do("bakker-security-contact", mine+"/comments/"+ids[0]+"/remove", nil); code != 303 || c.count("notify_comment", "") != 1 {
			t.Errorf("one's own words: %d", code)
		}
	})
}

// A supplier's link from the pages opens what was chosen and no more, answers come back, and it ends by
// its day or when it is withdrawn, by whoever sees all that it is about.
func TestSuppliersLinkFromThePages(t *testing.T) {
	eachCompany(t, func(t *testing.T, c *company) {
		bakker := c.organisation("bakker").ID
		seven, eight, five := c.one("bakker", "192.0.2.7"), c.one("bakker", "192.0.2.8"), c.one("bakker", "203.0.113.5")
		me, it := c.as("bakker"), c.as("it")
		pass := func(who *company, chosen ...Fingerprint) Given {
			t.Helper()
			given, err := who.notify.Respond(who.ctx, bakker, Feedback{Answer: Forwarded, Days: 7, To: "Visser", Chosen: chosen})
			if err != nil {
				t.Fatal(err)
			}
			return given
		}
		for _, days := range []int{0, -1, 91} {
			if _, err := me.notify.Respond(me.ctx, bakker, Feedback{Answer: Forwarded, Days: days, Chosen: []Fingerprint{seven.Fingerprint}}); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%d days: %v", days, err)
			}
		}
		given := pass(me, seven.Fingerprint, five.Fingerprint)
		path := strings.TrimPrefix(given.Supplier, "https://polder.example")
		page := c.ask("", "GET", path, nil)
		if text := page.Body.String(); page.Code != 200 || !strings.Contains(text, "192.0.2.7") || !strings.Contains(text, "203.0.113.5") || strings.Contains(text, "192.0.2.8") {
			t.Fatalf("the supplier's page: %d", page.Code)
		}
		if c.one("bakker", "192.0.2.7").State != StateAcknowledged || c.one("bakker", "192.0.2.8").State != StateOpen {
			t.Error(c.states("bakker"))
		}
		if w := c.ask("", "POST", path, url.Values{"answer": {"solved"}, "about": {printText(seven.Fingerprint)}}); w.Code != 303 || c.one("bakker", "192.0.2.7").State != StateSolved {
			t.Errorf("the supplier's answer: %d", w.Code)
		}
		if w := c.ask("", "POST", path, url.Values{"answer": {"solved"}, "about": {printText(eight.Fingerprint)}}); w.Code == 303 || c.one("bakker", "192.0.2.8").State != StateOpen {
			t.Errorf("the supplier answers about what it was not given: %d", w.Code)
		}
		if w := c.ask("", "POST", path, url.Values{"answer": {"not_ours"}}); w.Code == 303 {
			t.Error("the supplier says whose it is")
		}
		see := func(who *company, print Fingerprint) []PassedOn {
			t.Helper()
			w, err := who.notify.Worked(who.ctx, bakker, print, db.ID{})
			if err != nil {
				t.Fatal(err)
			}
			return w.Links
		}
		links := see(me, seven.Fingerprint)
		if len(links) != 1 || links[0].Said == nil || links[0].Said.Answer != IsSolved || links[0].To != "Visser" || len(see(me, eight.Fingerprint)) != 0 || len(see(it, seven.Fingerprint)) != 1 {
			t.Fatalf("%+v", links)
		}
		// A mandate for one asset hears nothing of a link that is about others too, and cannot end it.
		one := c.as("it-one")
		if len(see(one, five.Fingerprint)) != 0 {
			t.Error("a mandate for a part shows a link for more")
		}
		if err := one.notify.Withdraw(one.ctx, bakker, five.Fingerprint, links[0].Hash); fault.KindOf(err) != fault.NotFound {
			t.Errorf("and ends it: %v", err)
		}
		own := pass(one, five.Fingerprint)
		if len(see(one, five.Fingerprint)) != 1 {
			t.Error("its own link is not shown")
		}
		smid := c.as("smid")
		if err := smid.notify.Withdraw(smid.ctx, bakker, seven.Fingerprint, links[0].Hash); fault.KindOf(err) != fault.NotFound {
			t.Errorf("another organisation: %v", err)
		}
		if err := it.notify.Withdraw(it.ctx, bakker, seven.Fingerprint, links[0].Hash); err != nil {
			t.Fatal(err)
		}
		if w := c.ask("", "GET", path, nil); w.Code != 410 {
			t.Errorf("a withdrawn link: %d", w.Code)
		}
		c.clock.Advance(8 * 24 * time.Hour)
		if w := c.ask("", "GET", strings.TrimPrefix(own.Supplier, "https://polder.example"), nil); w.Code != 410 {
			t.Errorf("an old link: %d", w.Code)
		}
		// The link of a mail stands in the same list.
		if _, err := c.notify.Answer(c.ctx, c.token("bakker"), Feedback{Answer: Forwarded}); err != nil {
			t.Fatal(err)
		}
		if list := see(me, eight.Fingerprint); len(list) != 1 || !list[0].FromMail {
			t.Errorf("%+v", list)
		}
		c.clock.Advance(c.notify.set.KeepExposures + 40*24*time.Hour)
		if _, err := c.notify.Retain(c.ctx); err != nil {
			t.Fatal(err)
		}
		if n := c.count("notify_link", "") + c.count("notify_link_item", ""); n != 0 {
			t.Errorf("%d links are left", n)
		}
	})
}

// Saved lists are of one person in one organisation.
func TestViews(t *testing.T) {
	eachCompany(t, func(t *testing.T, c *company) {
		x := "/o/" + c.organisation("bakker").ID.String() + "/exposures"
		for _, who := range []string{"", "stranger", "smid", "it-late", "analyst"} {
			if w := c.ask(who, "POST", x+"/views?severity=critical", url.Values{"view": {"Van mij"}}); w.Code != 404 {
				t.Errorf("%q: %d", who, w.Code)
			}
		}
		for _, who := range []string{"bakker-member", "it-reads"} { // reading along is enough: it is their own
			if w := c.ask(who, "POST", x+"/views?severity=critical&work=mine&evil=%3Cscript%3E", url.Values{"view": {"Lijst van " + who}}); w.Code != 303 {
				t.Errorf("%q: %d", who, w.Code)
			}
		}
		page := c.ask("bakker-member", "GET", x, nil).Body.String()
		if !strings.Contains(page, "Lijst van bakker-member") || strings.Contains(page, "Lijst van it-reads") || !strings.Contains(page, "?severity=critical&amp;work=mine\"") || strings.Contains(page, "evil") {
			t.Error("the lists of a member")
		}
		remove := regexp.MustCompile(`action="([^"]*/views/[^"]*/remove)"`).FindStringSubmatch(page)[1]
		if w := c.ask("bakker", "POST", remove, nil); w.Code != 404 {
			t.Errorf("somebody else's: %d", w.Code)
		}
		if w := c.ask("bakker-member", "POST", remove, nil); w.Code != 303 || c.count("notify_view", "") != 1 {
			t.Errorf("one's own: %d", w.Code)
		}
		me := c.as("bakker")
		for i := range mostViews {
			if err := me.notify.SaveView(me.ctx, c.organisation("bakker").ID, "Lijst "+itoa(i), "state=closed"); err != nil {
				t.Fatal(err)
			}
		}
		if w := c.ask("bakker", "POST", x+"/views", url.Values{"view": {"Nog een"}}); w.Code != 422 || !strings.Contains(w.Body.String(), "Nog een") {
			t.Errorf("one more: %d", w.Code)
		}
		if w := c.ask("bakker", "POST", x+"/views", url.Values{"view": {"Lijst 3"}}); w.Code != 303 {
			t.Errorf("the same name again: %d", w.Code)
		}
		if w := c.ask("bakker", "POST", x+"/views", url.Values{"view": {strings.Repeat("x", mostName+1)}}); w.Code != 422 {
			t.Errorf("a long name: %d", w.Code)
		}
	})
}

// What is forgotten with a person, what goes with an exposure, and what goes along in exports.
func TestWorkIsForgotten(t *testing.T) {
	eachCompany(t, func(t *testing.T, c *company) {
		me, bakker := c.as("bakker"), c.organisation("bakker").ID
		print := c.one("bakker", "192.0.2.7").Fingerprint
		account := c.people["bakker"].Account
		for _, err := range []error{me.notify.Say(me.ctx, bakker, print, "Overleg"), me.notify.Tick(me.ctx, bakker, print, rdpMarks()[1:2], rdpMarks()),
			me.notify.Assign(me.ctx, bakker, print, account, c.clock.Now()), me.notify.SaveView(me.ctx, bakker, "Van mij", "state=closed")} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if _, err := me.notify.Respond(me.ctx, bakker, Feedback{Answer: Forwarded, Days: 9, To: "Visser", Chosen: []Fingerprint{print}}); err != nil {
			t.Fatal(err)
		}
		kinds := func(of string) (list []string) {
			t.Helper()
			err := c.db.Read(c.ctx, func(tx *db.Tx) error {
				write := func(w exportedWork) { list = append(list, strings.TrimSpace(w.Kind+" "+w.Text)) }
				if of == "person" {
					all, err := c.notify.ExportPersonWork(c.ctx, tx, account)
					for _, w := range all.([]exportedWork) {
						write(w)
					}
					return err
				}
				return c.notify.ExportWork(c.ctx, tx, c.organisation(of).ID, func(v any) error { write(v.(exportedWork)); return nil })
			})
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		if got := kinds("person"); !slices.Equal(got, []string{"comment Overleg", "step", "link Visser", "plan", "view Van mij"}) {
			t.Errorf("%q", got)
		}
		if got := kinds("bakker"); !slices.Equal(got, []string{"comment Overleg", "step", "link Visser", "plan"}) {
			t.Errorf("%q", got)
		}
		if got := kinds("smid"); got != nil {
			t.Errorf("%q", got)
		}
		if err := c.db.Write(c.ctx, func(tx *db.Tx) error { return c.notify.ForgetPerson(c.ctx, tx, account) }); err != nil {
			t.Fatal(err)
		}
		if got := kinds("person"); len(got) != 0 {
			t.Errorf("of who is forgotten: %q", got)
		}
		if got := kinds("bakker"); !slices.Equal(got, []string{"comment Overleg", "step", "link Visser", "plan"}) {
			t.Errorf("%q", got)
		}
		if page := c.ask("bakker-member", "GET", "/o/"+bakker.String()+"/exposures/"+printText(print), nil).Body.String(); !strings.Contains(page, "iemand van jullie") || strings.Contains(page, "De bakker<") {
			t.Error("the page names who is forgotten")
		}
		c.clock.Advance(c.notify.set.KeepExposures + 24*time.Hour)
		if _, err := c.notify.Retain(c.ctx); err != nil {
			t.Fatal(err)
		}
		if n := c.count("notify_comment", "") + c.count("notify_step", "") + c.count("notify_exposure", ""); n != 0 {
			t.Errorf("%d are left", n)
		}
	})
}

// rdpMarks are the marks of the steps about a remote desktop that is open.
func rdpMarks() []string { return stepMarks("scan_rdp", "vulnerable-system") }

// A tick is at the words that somebody read: it moves along with them, and is at no other step when the advice
// is edited. Whoever had the old words before them is told so.
func TestTicksBelongToTheWords(t *testing.T) {
	eachCompany(t, func(t *testing.T, c *company) {
		t.Cleanup(func() { advice.Publish(nil) })
		e := c.one("bakker", "192.0.2.7")
		path := "/o/" + c.organisation("bakker").ID.String() + "/exposures/" + printText(e.Fingerprint)
		publish := func(nl, en []string) []string {
			text := ownText("EEN")
			for lang, steps := range map[string][]string{"nl": nl, "en": en} {
				one := text[lang]
				one.Steps = steps
				text[lang] = one
			}
			advice.Publish(map[string]advice.Advice{"scan_rdp": {Type: "scan_rdp", Text: text}})
			return stepMarks(e.Type, e.Class)
		}
		ticked := func(lang string) (list []string) {
			t.Helper()
			page := c.ask("bakker", "GET", path+"?lang="+lang, nil).Body.String()
			for _, m := range regexp.MustCompile(` checked> <span>([^<]+) <`).FindAllStringSubmatch(page, -1) {
				list = append(list, m[1])
			}
			return list
		}
		is := func(when, lang string, want ...string) {
			t.Helper()
			if got := ticked(lang); !slices.Equal(got, want) {
				t.Errorf("%s, %s: %q, not %q", when, lang, got, want)
			}
		}
		old := publish([]string{"Doe de deur dicht.", "Kijk wie er was."}, []string{"Close the door.", "See who was in."})
		if w := c.ask("bakker", "POST", path+"/steps", url.Values{"of": old, "step": old[1:]}); w.Code != 303 {
			t.Fatal(w.Code)
		}
		is("ticked", "nl", "Kijk wie er was.")
		if page := c.ask("bakker", "GET", path, nil).Body.String(); !strings.Contains(page, "Afgevinkt door jou,") {
			t.Error("it does not say by whom")
		}
		is("ticked", "en", "See who was in.")
		three := publish([]string{"Bel je leverancier.", "Doe de deur dicht.", "Kijk wie er was."}, []string{"Call your supplier.", "Close the door.", "See who was in."})
		is("a step before it", "nl", "Kijk wie er was.")
		is("a step before it", "en", "See who was in.")
		w := c.ask("bakker", "POST", path+"/steps", url.Values{"of": old, "step": old[:1]})
		if w.Code != 422 || !strings.Contains(w.Body.String(), "Het advies is net veranderd") {
			t.Errorf("the words of before: %d", w.Code)
		}
		is("refused", "nl", "Kijk wie er was.")
		if w := c.ask("it", "POST", path+"/steps", url.Values{"of": three, "step": {three[1], three[2]}}); w.Code != 303 {
			t.Fatal(w.Code)
		}
		is("another ticked", "nl", "Doe de deur dicht.", "Kijk wie er was.")
		if n := c.count("notify_step", "step = 3 AND account_id = ?1", c.people["bakker"].Account); n != 1 {
			t.Error("who ticked it first is lost")
		}
		publish([]string{"Bel je leverancier.", "Doe het raam dicht.", "Kijk wie er was."}, []string{"Call your supplier.", "Close the window.", "See who was in."})
		is("edited", "nl", "Kijk wie er was.")
		twice := publish([]string{"Kijk.", "Kijk."}, []string{"Look.", "Look."})
		if w := c.ask("bakker", "POST", path+"/steps", url.Values{"of": twice, "step": twice[1:]}); w.Code != 303 || c.count("notify_step", "step = 2") != 1 || c.count("notify_step", "") != 1 {
			t.Error("a step said twice")
		}
	})
}
