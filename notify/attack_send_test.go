package notify

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/kit"
	"polder/internal/mail"
)

// during has fn done while the mail server takes the first mail.
func during(f *fixture, fn func()) {
	done := false
	f.box.Trouble(func(_, to string) mail.Trouble {
		if to != "" && !done {
			done = true
			fn()
		}
		return mail.Trouble{}
	})
}

// A slow mail server makes minutes of one round. Each mail is looked at right before it goes, not when
// the round began.
func TestARoundThatTakesLongSendsNothingToWhoMayNotHaveIt(t *testing.T) {
	for name, change := range map[string]func(c *company, second db.ID){
		"the mandate was withdrawn": func(c *company, _ db.ID) {
			c.sql(`UPDATE directory_mandate SET withdrawn_at = 1 WHERE id = ?1`, c.mandateOf("it"))
		},
		"the holder closed": func(c *company, _ db.ID) {
			c.sql(`UPDATE directory_organisation SET state = 'closed' WHERE id = ?1`, c.organisation("it").ID)
		},
		"the organisation closed": func(c *company, _ db.ID) {
			c.sql(`UPDATE directory_organisation SET state = 'closed' WHERE id = ?1`, c.organisation("bakker").ID)
		},
		"the contact is gone":       func(c *company, second db.ID) { c.sql(`DELETE FROM directory_contact WHERE id = ?1`, second) },
		"nobody is chosen any more": func(c *company, _ db.ID) { c.choose(map[db.ID]string{}) },
		"the asset is gone": func(c *company, _ db.ID) {
			c.withdraw("bakker,prefix,192.0.2.0/28,owner")
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachCompany(t, func(t *testing.T, c *company) {
				second := c.contact("bakker", "tweede@korst.example", true)
				c.choose(map[db.ID]string{second: "en", c.mandateOf("it"): "nl"})
				before := len(c.deliver())
				c.ingest("scan_rdp", rdp, rdpLine("192.0.2.9", ""))
				c.compose()
				for i, to := range []string{"tweede@korst.example", "it@it.example"} {
					c.sql(`UPDATE notify_delivery SET next_at = next_at + ?2 WHERE recipient = ?1 AND next_at IS NOT NULL`, to, i+1)
				}
				c.clock.Advance(time.Second)
				during(c.fixture, func() { change(c, second) })
				want := map[string][]string{"the contact is gone": {"info@korst.example", "it@it.example"}, "the mandate was withdrawn": {"info@korst.example", "tweede@korst.example"},
					"the holder closed": {"info@korst.example", "tweede@korst.example"}}[name]
				if want == nil {
					want = []string{"info@korst.example"}
				}
				if got := c.delivered(before); !slices.Equal(got, want) {
					t.Errorf("sent to %v, not %v", got, want)
				}
			})
		})
	}
}

// The same for the message itself: its address and what it is about are those of the moment that it goes.
func TestARoundThatTakesLongSendsToTheAddressOfNow(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,a@a.example", "b,B,nl,b@b.example", "c,C,nl,c@c.example", "d,D,nl,d@d.example")
		f.assets("a,prefix,192.0.2.0/28,owner", "b,prefix,192.0.2.16/28,owner", "c,prefix,198.51.100.0/28,owner", "d,prefix,203.0.113.0/28,owner")
		f.ingest("scan_rdp", rdp, rdpLine("192.0.2.7", ""), rdpLine("192.0.2.17", ""), rdpLine("198.51.100.1", ""), rdpLine("203.0.113.1", ""))
		f.compose()
		err := f.db.Write(f.ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(f.ctx, `UPDATE notify_delivery SET next_at = next_at + 1 WHERE recipient <> 'a@a.example'`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		f.clock.Advance(time.Second)
		during(f, func() {
			f.organisations("b,B,nl,nieuw@b.example")
			f.withdraw("c,prefix,198.51.100.0/28,owner")
			// Somebody at the desk takes one back.
			err := f.db.Write(f.ctx, func(tx *db.Tx) error {
				var id db.ID
				if err := tx.One(f.ctx, `SELECT id FROM notify_delivery WHERE recipient = 'd@d.example'`, nil, &id); err != nil {
					return err
				}
				return withdrawDelivery(f.ctx, tx, id, "by hand")
			})
			if err != nil {
				t.Error(err)
			}
		})
		var got []string
		for _, m := range f.deliver() {
			got = append(got, m.EnvelopeTo[0])
		}
		if slices.Sort(got); !slices.Equal(got, []string{"a@a.example", "nieuw@b.example"}) {
			t.Errorf("sent to %v", got)
		}
	})
}

// A button that is pressed a dozen times at once sends no more test messages than may be, and saves no more
// lists than may be.
func TestLimitsHoldForWhoAsksAtOnce(t *testing.T) {
	eachCompany(t, func(t *testing.T, c *company) {
		me, bakker := c.as("bakker"), c.organisation("bakker").ID
		var all sync.WaitGroup
		for i := range 12 {
			all.Go(func() { me.notify.Try(me.ctx, bakker) })
			all.Go(func() {
				for j := range 3 {
					me.notify.SaveView(me.ctx, bakker, fmt.Sprint("lijst ", i, j), "state=open")
				}
			})
		}
		all.Wait()
		if n := c.count("notify_notification", "kind = 'test'"); n != mostTests {
			t.Errorf("%d test messages", n)
		}
		if n := c.count("notify_view", ""); n != mostViews {
			t.Errorf("%d saved lists", n)
		}
	})
}

// What others wrote is never taken for the place of the secret link, which somebody with a mandate does not get.
func TestNoWordsOfOthersBecomeTheSecretLink(t *testing.T) {
	eachCompany(t, func(t *testing.T, c *company) {
		before := len(c.deliver())
		c.choose(map[db.ID]string{c.mandateOf("it"): "nl"})
		for _, name := range []string{mail.Placeholder, "{" + mail.Placeholder, "{{" + mail.Placeholder, "{{{" + mail.Placeholder + "}}"} {
			c.sql(`UPDATE directory_organisation SET name = ?2 WHERE id = ?1`, c.organisation("bakker").ID, "De "+name)
			c.clock.Advance(24 * time.Hour)
			c.ingest("scan_rdp", rdp, rdpLine("192.0.2.9", ""), rdpLine("192.0.2.1"+fmt.Sprint(len(name)%5), ""))
			c.compose()
			for _, m := range c.deliver()[before:] {
				if m.EnvelopeTo[0] == "it@it.example" {
					before++
					if strings.Contains(m.Text, "/f/") || strings.Contains(m.HTML, "/f/") {
						t.Errorf("%s: the secret link:\n%.600s", name, m.Text)
					}
				}
			}
		}
		if before == 4 {
			t.Error("no copy went")
		}
	})
}

// A mandate for an asset is worth nothing once the asset is gone, also when a wider one still holds the address.
func TestAMandateEndsWithItsAsset(t *testing.T) {
	eachCompany(t, func(t *testing.T, c *company) {
		bakker := c.organisation("bakker").ID
		c.choose(map[db.ID]string{c.mandateOf("it-one"): "nl"})
		c.assets("bakker,prefix,203.0.113.0/24,owner")
		c.withdraw("bakker,prefix,203.0.113.0/28,provider")
		if err := c.footprint.Load(c.ctx); err != nil {
			t.Fatal(err)
		}
		five := c.one("bakker", "203.0.113.5")
		one := c.as("it-one")
		if _, err := one.notify.Look(one.ctx, bakker, five.Fingerprint); fault.KindOf(err) != fault.NotFound || err == nil {
			t.Errorf("looked at before the register was matched anew: %v", err)
		}
		c.drain()
		if _, err := one.notify.Look(one.ctx, bakker, five.Fingerprint); fault.KindOf(err) != fault.NotFound || err == nil {
			t.Errorf("looked at: %v", err)
		}
		before := len(c.deliver())
		c.clock.Advance(8 * 24 * time.Hour)
		c.ingest("scan_smb", rdp, "NOW,critical,203.0.113.5,tcp,445,,smb,64500")
		c.drain()
		c.compose()
		for _, to := range c.delivered(before) {
			if to == "it@one.example" {
				t.Error("a copy went")
			}
		}
		if e := c.one("bakker", "203.0.113.5"); e.State == StateExpired {
			t.Error("it is still the bakery's")
		}
	})
}
