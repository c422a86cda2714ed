package notify

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"polder/internal/db"
	"polder/internal/kit"
	"polder/notify/feeds"
)

// contact adds a contact to an organisation, verified or not.
func (c *company) contact(reference, email string, verified bool) (id db.ID) {
	c.t.Helper()
	id = db.NewID()
	var at any
	if verified {
		at = 1
	}
	c.sql(`INSERT INTO directory_contact (id, organisation_id, purpose, email, main, created_at, verified_at, code_tries) VALUES (?1, ?2, 'warnings', ?3, 0, 2, CAST(?4 AS BIGINT), 0)`,
		id, c.organisation(reference).ID, email, at)
	return id
}

// mandateOf is the mandate that an organisation holds of the bakery.
func (c *company) mandateOf(holder string) (id db.ID) {
	c.t.Helper()
	err := c.db.Read(c.ctx, func(tx *db.Tx) error {
		return tx.One(c.ctx, `SELECT id FROM directory_mandate WHERE holder_id = ?1`, []any{c.organisation(holder).ID}, &id)
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return id
}

// mainOf is the main contact of the bakery.
func (c *company) choose(boxes map[db.ID]string) {
	c.t.Helper()
	if err := c.as("bakker").notify.Wish(c.as("bakker").ctx, c.organisation("bakker").ID, nil, boxes); err != nil {
		c.t.Fatal(err)
	}
}

// delivered are the addresses that mails went to after the first so many.
func (c *company) delivered(before int) (list []string) {
	for _, m := range c.deliver()[before:] {
		list = append(list, m.EnvelopeTo[0])
	}
	slices.Sort(list)
	return list
}

// Who is chosen gets its copy, in its language; whoever has a mandate says for whom it is, gets no secret
// link, and nothing of a message in which there is anything that the mandate does not cover.
func TestCopiesGoToWhomWasChosen(t *testing.T) {
	eachCompany(t, func(t *testing.T, c *company) {
		second := c.contact("bakker", "tweede@korst.example", true)
		before := len(c.deliver())
		c.choose(map[db.ID]string{second: "en", c.mandateOf("it"): "nl", c.mandateOf("it-one"): "nl"})
		c.ingest("scan_rdp", rdp, rdpLine("192.0.2.9", ""))
		c.compose()
		if got := c.delivered(before); !slices.Equal(got, []string{"info@korst.example", "it@it.example", "tweede@korst.example"}) {
			t.Fatalf("sent to %v", got)
		}
		for _, m := range c.deliver()[before:] {
			secret := strings.Contains(m.Text, "/f/"+c.token("bakker"))
			switch m.EnvelopeTo[0] {
			case "it@it.example":
				if secret || m.Header.Get("List-Unsubscribe") != "" || !strings.Contains(m.Subject, "Bakkerij De Korst") || !strings.Contains(m.Text, "namens Bakkerij De Korst") ||
					!strings.Contains(m.Text, "/o/"+c.organisation("bakker").ID.String()+"/exposures") {
					t.Errorf("secret link %v:\n%s", secret, m.Text)
				}
			case "tweede@korst.example":
				if !secret || !strings.Contains(m.Text, "Dear Bakkerij") {
					t.Errorf("secret link %v:\n%s", secret, m.Text)
				}
			default:
				if !secret || !strings.Contains(m.Text, "Beste") {
					t.Errorf("secret link %v:\n%s", secret, m.Text)
				}
			}
		}
		// What is about the one range alone goes to whoever has a mandate for that range too.
		before = len(c.deliver())
		c.ingest("scan_smb", rdp, "NOW,critical,203.0.113.6,tcp,445,,smb,64500")
		c.compose()
		if got := c.delivered(before); !slices.Equal(got, []string{"info@korst.example", "it@it.example", "it@one.example", "tweede@korst.example"}) {
			t.Errorf("sent to %v", got)
		}
		// A list shows each message once, and a message says where it went.
		w, err := c.notify.Warnings(c.as("bakker").ctx, c.organisation("bakker").ID, db.ID{}, 50)
		if err != nil || len(w.List) != 3 {
			t.Fatalf("%d messages, %v", len(w.List), err)
		}
		one, err := c.notify.Warning(c.as("bakker").ctx, c.organisation("bakker").ID, w.List[0].ID)
		if err != nil || len(one.Copies) != 3 {
			t.Errorf("%d copies, %v", len(one.Copies), err)
		}
	})
}

// Between writing and sending all can change: then the copy does not go, and the message itself does.
func TestNoCopyToWhoMayNotHaveItAnyMore(t *testing.T) {
	for name, change := range map[string]func(c *company, second db.ID){
		"the contact is gone": func(c *company, second db.ID) { c.sql(`DELETE FROM directory_contact WHERE id = ?1`, second) },
		"the contact is not verified": func(c *company, second db.ID) {
			c.sql(`UPDATE directory_contact SET verified_at = NULL WHERE id = ?1`, second)
		},
		"the mandate was withdrawn": func(c *company, _ db.ID) {
			c.sql(`UPDATE directory_mandate SET withdrawn_at = 1 WHERE id = ?1`, c.mandateOf("it"))
		},
		"the mandate ended": func(c *company, _ db.ID) {
			c.sql(`UPDATE directory_mandate SET ends_at = 1 WHERE id = ?1`, c.mandateOf("it"))
		},
		"the mandate lets read only": func(c *company, _ db.ID) {
			c.sql(`UPDATE directory_mandate SET acting = 0 WHERE id = ?1`, c.mandateOf("it"))
		},
		"the mandate is for another": func(c *company, _ db.ID) {
			c.sql(`UPDATE directory_mandate SET every_asset = 0 WHERE id = ?1`, c.mandateOf("it"))
		},
		"the holder is closed": func(c *company, _ db.ID) {
			c.sql(`UPDATE directory_organisation SET state = 'closed' WHERE id = ?1`, c.organisation("it").ID)
		},
		"nobody is chosen any more":     func(c *company, _ db.ID) { c.choose(map[db.ID]string{}) },
		"the organisation forgets them": func(c *company, _ db.ID) { c.sql(`DELETE FROM notify_recipient`) },
	} {
		t.Run(name, func(t *testing.T) {
			eachCompany(t, func(t *testing.T, c *company) {
				second := c.contact("bakker", "tweede@korst.example", true)
				c.choose(map[db.ID]string{second: "nl", c.mandateOf("it"): "nl"})
				before := len(c.deliver())
				c.ingest("scan_rdp", rdp, rdpLine("192.0.2.9", ""))
				c.compose()
				change(c, second)
				want := []string{"info@korst.example", "it@it.example", "tweede@korst.example"}
				switch {
				case strings.Contains(name, "contact"):
					want = []string{"info@korst.example", "it@it.example"}
				case strings.Contains(name, "mandate"), strings.Contains(name, "holder"):
					want = []string{"info@korst.example", "tweede@korst.example"}
				default:
					want = want[:1]
				}
				if got := c.delivered(before); !slices.Equal(got, want) {
					t.Errorf("sent to %v, not %v", got, want)
				}
			})
		})
	}
	// An asset that went away takes the message back with its copies; what is left is written anew, once to each.
	eachCompany(t, func(t *testing.T, c *company) {
		second := c.contact("bakker", "tweede@korst.example", true)
		c.choose(map[db.ID]string{second: "nl"})
		before := len(c.deliver())
		c.ingest("scan_rdp", rdp, rdpLine("192.0.2.9", ""), "NOW,high,203.0.113.7,tcp,3389,,rdp,64500")
		c.compose()
		c.withdraw("bakker,prefix,203.0.113.0/28,provider")
		if got := c.delivered(before); len(got) != 0 {
			t.Fatalf("sent to %v", got)
		}
		c.compose()
		if got := c.delivered(before); !slices.Equal(got, []string{"info@korst.example", "tweede@korst.example"}) {
			t.Errorf("sent to %v", got)
		}
		for _, m := range c.deliver()[before:] {
			if strings.Contains(m.Text, "203.0.113.7") {
				t.Errorf("the mail to %s tells of what is gone", m.EnvelopeTo[0])
			}
		}
	})
}

// What may be chosen, by whom, and what not.
func TestWishes(t *testing.T) {
	eachCompany(t, func(t *testing.T, c *company) {
		a := c.organisation("bakker").ID
		unverified, theirs := c.contact("bakker", "nieuw@korst.example", false), c.contact("smid", "ander@vonk.example", true)
		path := "/o/" + a.String() + "/warnings/settings"
		ids := []db.ID{unverified, theirs, db.NewID(), c.mandateOf("it-reads"), c.mandateOf("it-late")}
		for _, id := range ids {
			if err := c.notify.Wish(c.as("bakker").ctx, a, nil, map[db.ID]string{id: "nl"}); err == nil {
				t.Errorf("%s may be chosen", id)
			}
		}
		for s, may := range choices {
			for _, cadence := range []Cadence{AtOnce, Daily, Weekly, Never, "x"} {
				err := c.notify.Wish(c.as("bakker-security-contact").ctx, a, map[feeds.Severity]Cadence{s: cadence}, nil)
				if (err == nil) != slices.Contains(may, cadence) {
					t.Errorf("%s %s: %v", s, cadence, err)
				}
			}
		}
		for _, who := range []string{"", "stranger", "analyst", "smid", "bakker-member", "it", "it-reads", "it-late", "it-one", "it-none"} {
			for method, path := range map[string]string{"GET": path, "POST": path, "POST ": path + "/test"} {
				if w := c.ask(who, strings.TrimSpace(method), path, url.Values{"low": {"never"}}); w.Code != 404 {
					t.Errorf("%q %s %s: %d", who, method, path, w.Code)
				}
			}
		}
		if c.count("notify_recipient", "") != 0 || c.count("notify_notification", "kind = 'test'") != 0 {
			t.Error("something was kept")
		}
		var many = map[db.ID]string{}
		form := url.Values{"high": {"daily"}, "medium": {"weekly"}, "low": {"never"}}
		for _, name := range []string{"a", "b", "c", "d", "e"} {
			id := c.contact("bakker", name+"@korst.example", true)
			many[id] = "nl"
			form.Add("to", id.String())
			form.Set("language-"+id.String(), "en")
		}
		if w := c.ask("bakker", "POST", path, form); w.Code != 422 || !strings.Contains(w.Body.String(), `value="weekly" selected`) || strings.Count(w.Body.String(), " checked") != 6 {
			t.Errorf("too many: %d, and what was typed is lost", w.Code)
		}
		form["to"] = form["to"][:4]
		if w := c.ask("bakker", "POST", path, form); w.Code != 303 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if n := c.count("notify_recipient", "language = 'en'"); n != 4 {
			t.Errorf("%d recipients", n)
		}
		// A test goes by the same queue to all of them, and only so often.
		before := len(c.deliver())
		for i := range 4 {
			if w := c.ask("bakker", "POST", path+"/test", nil); w.Code != []int{303, 303, 303, 422}[i] {
				t.Errorf("test %d: %d", i, w.Code)
			}
		}
		if got := c.delivered(before); len(got) != 15 {
			t.Errorf("sent to %v", got)
		}
		for _, m := range c.deliver()[before:] {
			if strings.Contains(m.Text, "/f/") || !strings.Contains(m.Text, "test") {
				t.Errorf("%s", m.Text)
			}
		}
		if w := c.ask("bakker", "GET", path, nil); w.Code != 200 || strings.Contains(w.Body.String(), path+"/test") || strings.Count(w.Body.String(), " checked") != 5 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		c.clock.Advance(25 * time.Hour)
		if w := c.ask("bakker", "POST", path+"/test", nil); w.Code != 303 {
			t.Errorf("the next day: %d", w.Code)
		}
		// A list of messages has no tests in it.
		if w, err := c.notify.Warnings(c.as("bakker").ctx, a, db.ID{}, 50); err != nil || len(w.List) != 1 {
			t.Errorf("%d messages, %v", len(w.List), err)
		}
	})
}

// warningOf is the newest message to an organisation that is no test.
func (c *company) warningOf(reference string) Sent {
	c.t.Helper()
	list := c.notifications(reference)
	slices.Reverse(list)
	i := slices.IndexFunc(list, func(s Sent) bool { return s.Kind == "warning" })
	return list[i]
}

// A program reads the messages and says how its organisation wants to be warned, with the scopes for that.
func TestProgramReadsMessagesAndWishes(t *testing.T) {
	eachCompany(t, func(t *testing.T, c *company) {
		a := c.people["program-bakker"]
		a.Scopes = []string{"exposures:read", "organisation:read", "organisation:write"}
		c.people["program-all"] = a
		second := c.contact("bakker", "tweede@korst.example", true)
		message := "/api/v1/notifications/" + c.warningOf("bakker").ID.String()
		theirs := "/api/v1/notifications/" + c.warningOf("smid").ID.String()
		chosen := `{"how_soon":{"high":"daily","low":"never"},"recipients":[{"id":"` + second.String() + `","language":"en"},{"id":"` + c.mandateOf("it").String() + `","language":"nl"}]}`
		for _, x := range []struct {
			who, method, path, body string
			status                  int
			has                     string
		}{
			{"program-all", "GET", "/api/v1/notifications?limit=1", "", 200, `"kind":"warning"`}, {"program-all", "GET", message, "", 200, `"deliveries":[{"address":"info@korst.example"`},
			{"program-all", "GET", theirs, "", 404, ""}, {"program-smid", "GET", message, "", 404, ""}, {"program-all", "GET", "/api/v1/notifications/x", "", 404, ""}, {"", "GET", "/api/v1/notifications", "", 401, ""},
			{"program-bakker", "GET", "/api/v1/preferences", "", 403, ""}, {"program-bakker", "PUT", "/api/v1/preferences", chosen, 403, ""},
			{"program-all", "PUT", "/api/v1/preferences", chosen, 200, `"on_behalf_by":"Visser IT"`}, {"program-all", "GET", "/api/v1/preferences", "", 200, `"how_soon":{"critical":"at_once","high":"daily","medium":"daily","low":"never"}`},
			{"program-all", "PUT", "/api/v1/preferences", `{"how_soon":{"high":"weekly"}}`, 422, ""}, {"program-all", "PUT", "/api/v1/preferences", `{"how_soon":{"critical":"daily"}}`, 422, ""},
			{"program-all", "PUT", "/api/v1/preferences", `{"recipients":[{"id":"` + db.NewID().String() + `","language":"nl"}]}`, 422, ""},
			{"program-all", "PUT", "/api/v1/preferences", `{"recipients":[{"id":"` + c.mandateOf("it-late").String() + `","language":"nl"}]}`, 422, ""},
		} {
			w := c.program(x.who, x.method, x.path, x.body)
			if w.Code != x.status || !strings.Contains(w.Body.String(), x.has) {
				t.Errorf("%s %s %s %s: %d, want %d: %s", x.who, x.method, x.path, x.body, w.Code, x.status, w.Body)
			}
			if secret := "/f/"; strings.Contains(w.Body.String(), secret) {
				t.Error("the secret link is in the answer")
			}
		}
		if n := c.count("notify_recipient", ""); n != 2 {
			t.Errorf("%d recipients", n)
		}
	})
}

// Each delivery of a message stands in the list for the command line once, wherever a page of it ends.
func TestListOfDeliveriesBreaksAnywhere(t *testing.T) {
	eachCompany(t, func(t *testing.T, c *company) {
		c.choose(map[db.ID]string{c.contact("bakker", "tweede@korst.example", true): "en", c.mandateOf("it"): "nl"})
		c.ingest("scan_rdp", rdp, rdpLine("192.0.2.9", ""))
		c.ingest("scan_smb", rdp, "NOW,critical,203.0.113.6,tcp,445,,smb,64500")
		c.compose()
		all := c.count("notify_delivery", "")
		for limit := 1; limit <= all+1; limit++ {
			seen := map[string]int{}
			if err := c.notify.notifications(c.ctx, limit, func(page []Sent) error {
				for _, s := range page {
					seen[s.MessageID]++
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			for id, n := range seen {
				if n != 1 {
					t.Errorf("pages of %d: %s %d times", limit, id, n)
				}
			}
			if len(seen) != all || all < 4 {
				t.Errorf("pages of %d: %d of %d deliveries", limit, len(seen), all)
			}
		}
	})
}

// TestGoldenCopies holds the copy that the holder of a mandate gets against kept files.
func TestGoldenCopies(t *testing.T) {
	c := companyAt(newFixture(t, kit.SQLite(t, schemas())), "https://polder.example")
	for i, lang := range []string{"nl", "en"} {
		c.choose(map[db.ID]string{c.mandateOf("it"): lang})
		c.ingest("scan_rdp", rdp, rdpLine([]string{"192.0.2.9", "192.0.2.10"}[i], ""))
		c.compose()
		c.deliver()
		mails := to(c.box.Mails(), "it@it.example")
		m := mails[len(mails)-1]
		clean := func(s string) []byte {
			s = strings.ReplaceAll(s, c.organisation("bakker").ID.String(), "ORGANISATION")
			return changing.ReplaceAll([]byte(s), []byte("PLD-XXXXX-XXXXX"))
		}
		if strings.Contains(m.Text, "/f/") {
			t.Error("a secret link in the copy of somebody else")
		}
		kit.Golden(t, "mail/copy."+lang+".txt", clean("Subject: "+m.Subject+"\n\n"+m.Text))
		kit.Golden(t, "mail/copy."+lang+".html", clean(m.HTML))
	}
}
