package notify

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"polder/internal/db"
	"polder/internal/kit"
	"polder/internal/mail"
)

// during has something happen once, while the mail server takes the first mail.
func (f *fixture) during(fn func(to string)) {
	var once sync.Once
	f.box.Trouble(func(_, to string) (none mail.Trouble) {
		if to != "" {
			once.Do(func() { fn(to) })
		}
		return none
	})
}

// The mails of one round are looked up together, and the last of them may go hours later when the server is
// slow. Each goes to the address of that moment, or not at all.
func TestEachMailGoesToWhomItIsForAtThatMoment(t *testing.T) {
	world := func(t *testing.T, d *db.DB) *fixture {
		f := newFixture(t, d)
		f.organisations("a,A,nl,a@a.example", "b,B,nl,b@b.example")
		f.assets("a,prefix,192.0.2.1/32,owner", "b,prefix,192.0.2.2/32,owner")
		f.ingest("scan_rdp", rdp, rdpLine("192.0.2.1", ""), rdpLine("192.0.2.2", ""))
		f.compose()
		return f
	}
	other := func(to string) string { return map[string]string{"a@a.example": "b", "b@b.example": "a"}[to] }
	t.Run("the address changes", func(t *testing.T) {
		kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
			f := world(t, d)
			want := ""
			f.during(func(to string) {
				o := other(to)
				want = "nieuw@" + o + ".example"
				f.organisations(o + "," + strings.ToUpper(o) + ",nl," + want)
			})
			mails := f.deliver()
			if len(mails) != 2 || mails[1].EnvelopeTo[0] != want {
				t.Errorf("went to %v, want the second to go to %s", sentTo(mails), want)
			}
		})
	})
	t.Run("the asset is withdrawn", func(t *testing.T) {
		kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
			f := world(t, d)
			f.during(func(to string) {
				o := other(to)
				f.withdraw(o + ",prefix,192.0.2." + map[string]string{"a": "1", "b": "2"}[o] + "/32,owner")
			})
			if mails := f.deliver(); len(mails) != 1 {
				t.Errorf("went to %v", sentTo(mails))
			}
		})
	})
	t.Run("a reader of copies is taken away", func(t *testing.T) {
		eachCompany(t, func(t *testing.T, c *company) {
			second := c.contact("bakker", "tweede@korst.example", true)
			third := c.contact("bakker", "derde@korst.example", true)
			c.choose(map[db.ID]string{second: "nl", third: "nl"})
			before := len(c.deliver())
			c.ingest("scan_rdp", rdp, rdpLine("192.0.2.9", ""))
			c.compose()
			kept := ""
			c.during(func(to string) {
				kept = to
				c.choose(map[db.ID]string{})
			})
			for _, to := range c.delivered(before) {
				if to != kept && to != "info@korst.example" {
					t.Errorf("a copy went to %s, who was not chosen any more", to)
				}
			}
		})
	})
}

// With several connections to the mail server a message and its copies are still sent one behind the other:
// what is taken back because of one of them is not under way with another.
func TestNothingIsTakenBackWhileItIsUnderWay(t *testing.T) {
	eachCompany(t, func(t *testing.T, c *company) {
		second := c.contact("bakker", "tweede@korst.example", true)
		c.choose(map[db.ID]string{second: "nl"})
		c.deliver()
		c.ingest("scan_rdp", rdp, rdpLine("192.0.2.9", ""))
		c.ingest("scan_http", rdp, strings.Replace(rdpLine("192.0.2.9", ""), "3389", "80", 1))
		c.compose()
		for range 3 {
			more, err := mail.NewClient(mail.Config{URL: c.box.URL(), Timeout: 20 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { more.Close() })
			c.post.Servers = append(c.post.Servers, more)
		}
		var mu sync.Mutex
		at, most := 0, 0
		c.box.Trouble(func(_, to string) (none mail.Trouble) {
			if to == "" || !strings.HasSuffix(to, "@korst.example") {
				return none
			}
			mu.Lock()
			at++
			most = max(most, at)
			mu.Unlock()
			// Time for the others, if there are any; without them nothing waits for it.
			for deadline := time.Now().Add(300 * time.Millisecond); time.Now().Before(deadline); {
				mu.Lock()
				done := most > 1
				mu.Unlock()
				if done {
					break
				}
			}
			mu.Lock()
			at--
			mu.Unlock()
			return none
		})
		to := sentTo(c.deliver())
		if most != 1 {
			t.Errorf("%d mails of one message were under way at once", most)
		}
		if !slices.Contains(to, "tweede@korst.example") {
			t.Errorf("no copy: %v", to)
		}
	})
}
