package notify

import (
	"testing"
	"time"

	"polder/internal/db"
	"polder/internal/kit"
)

// What somebody said was not theirs comes back when they register it after that, and stays away
// while nothing but time goes by.
func TestWhatWasNotTheirsComesBackWhenTheyRegisterIt(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,en,a@a.example")
		f.assets("a,prefix,192.0.2.0/28,owner", "a,prefix,198.51.100.0/28,owner")
		f.morning("scan_rdp", rdp, rdpLine("192.0.2.7", ""), rdpLine("198.51.100.7", ""))
		if _, err := f.notify.Answer(f.ctx, f.token("a"), Feedback{Answer: IsNotOurs}); err != nil {
			t.Fatal(err)
		}
		is := func(when string, want int) {
			t.Helper()
			if n := f.count("notify_exposure", "state = 'not_ours'"); n != want {
				t.Errorf("%s: %d are not theirs, want %d", when, n, want)
			}
		}
		f.clock.Advance(24 * time.Hour)
		f.morning("scan_rdp", rdp, rdpLine("192.0.2.7", ""), rdpLine("198.51.100.7", ""))
		is("seen again", 2)
		f.withdraw("a,prefix,192.0.2.0/28,owner")
		f.clock.Advance(24 * time.Hour)
		f.assets("a,prefix,192.0.2.0/28,owner")
		f.drain()
		is("registered again", 1)
		f.clock.Advance(24 * time.Hour)
		if sum := f.morning("scan_rdp", rdp, rdpLine("192.0.2.7", ""), rdpLine("198.51.100.7", "")); sum.Reopened != 1 {
			t.Errorf("%d came back, want the one that was registered again", sum.Reopened)
		}
		is("and seen", 1)
	})
}
