package notify

import (
	"strings"
	"testing"
	"time"

	"polder/internal/db"
	"polder/internal/fault"
)

// What somebody passed on ends with that person's right to do so: whoever made a link knows its address.
func TestASuppliersLinkEndsWithItsMaker(t *testing.T) {
	for name, change := range map[string]func(c *company){
		"the mandate was withdrawn": func(c *company) {
			c.sql(`UPDATE directory_mandate SET withdrawn_at = 1 WHERE id = ?1`, c.mandateOf("it-one"))
		},
		"the mandate ended": func(c *company) {
			c.sql(`UPDATE directory_mandate SET ends_at = 1 WHERE id = ?1`, c.mandateOf("it-one"))
		},
		"the mandate lets read only": func(c *company) {
			c.sql(`UPDATE directory_mandate SET acting = 0 WHERE id = ?1`, c.mandateOf("it-one"))
		},
		"the mandate covers it no more": func(c *company) {
			c.sql(`UPDATE directory_mandate_asset SET asset_id = ?2 WHERE mandate_id = ?1`, c.mandateOf("it-one"), db.NewID())
		},
		"the holder closed": func(c *company) {
			c.sql(`UPDATE directory_organisation SET state = 'closed' WHERE id = ?1`, c.organisation("it-one").ID)
		},
		"the person left": func(c *company) {
			c.sql(`DELETE FROM directory_member WHERE account_id = ?1`, c.people["it-one"].Account)
		},
		"the person may only read": func(c *company) {
			c.sql(`UPDATE directory_member SET place = 'member' WHERE account_id = ?1`, c.people["it-one"].Account)
		},
		"the account is closed": func(c *company) {
			c.sql(`UPDATE signin_account SET state = 'disabled' WHERE id = ?1`, c.people["it-one"].Account)
		},
		"the person is forgotten": func(c *company) {
			if err := c.db.Write(c.ctx, func(tx *db.Tx) error { return c.notify.ForgetPerson(c.ctx, tx, c.people["it-one"].Account) }); err != nil {
				c.t.Fatal(err)
			}
		},
		"the organisation closed": func(c *company) {
			c.sql(`UPDATE directory_organisation SET state = 'closed' WHERE id = ?1`, c.organisation("bakker").ID)
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachCompany(t, func(t *testing.T, c *company) {
				five := c.one("bakker", "203.0.113.5")
				one := c.as("it-one")
				given, err := one.notify.Respond(one.ctx, c.organisation("bakker").ID, Feedback{Answer: Forwarded, Days: 90, To: "wij", Chosen: []Fingerprint{five.Fingerprint}})
				if err != nil {
					t.Fatal(err)
				}
				token := given.Supplier[strings.LastIndexByte(given.Supplier, '/')+1:]
				if _, err := c.notify.Open(c.ctx, token, 0); err != nil {
					t.Fatal(err)
				}
				change(c)
				if _, err := c.notify.Open(c.ctx, token, 0); fault.KindOf(err) != fault.Gone {
					t.Errorf("opened: %v", err)
				}
				if _, err := c.notify.Answer(c.ctx, token, Feedback{Answer: IsSolved}); fault.KindOf(err) != fault.Gone {
					t.Errorf("answered: %v", err)
				}
				if name != "the organisation closed" {
					me := c.as("bakker")
					if w, err := me.notify.Worked(me.ctx, c.organisation("bakker").ID, five.Fingerprint, db.ID{}); err != nil || len(w.Links) != 1 || w.Links[0].RevokedAt.IsZero() {
						t.Errorf("the organisation is told that it works: %+v, %v", w.Links, err)
					}
				}
				// The organisation's own link goes on, as long as it is there.
				_, err = c.notify.Open(c.ctx, c.token("bakker"), 0)
				if closed := name == "the organisation closed"; closed != (fault.KindOf(err) == fault.Gone && err != nil) {
					t.Errorf("the link of the mail: %v", err)
				}
			})
		})
	}
}

// An exposure is passed on to so many at once, and not to thousands: by the pages and by the link of a mail.
func TestOpenLinksToSuppliersAreBounded(t *testing.T) {
	eachCompany(t, func(t *testing.T, c *company) {
		seven := c.one("bakker", "192.0.2.7")
		me := c.as("bakker")
		pass := func() error {
			_, err := me.notify.Respond(me.ctx, c.organisation("bakker").ID, Feedback{Answer: Forwarded, Days: 7, Chosen: []Fingerprint{seven.Fingerprint}})
			return err
		}
		for i := range mostLinks {
			if err := pass(); err != nil {
				t.Fatalf("%d: %v", i, err)
			}
		}
		if err := pass(); fault.KindOf(err) != fault.TooMany {
			t.Errorf("one more on the pages: %v", err)
		}
		if _, err := c.notify.Answer(c.ctx, c.token("bakker"), Feedback{Answer: Forwarded, Chosen: []Fingerprint{seven.Fingerprint}}); fault.KindOf(err) != fault.TooMany {
			t.Errorf("one more by the mail: %v", err)
		}
		if n := c.count("notify_link", "holder = 'supplier'"); n != mostLinks {
			t.Errorf("%d links", n)
		}
		c.clock.Advance(8 * 24 * time.Hour)
		if err := pass(); err != nil {
			t.Errorf("when those are over: %v", err)
		}
	})
}
