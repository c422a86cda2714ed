package notify

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"polder/internal/db"
	"polder/internal/kit"
	"polder/internal/mail"
)

var seenPort = regexp.MustCompile(`192\.0\.2\.(\d+):(\d+)`)

// Reports come, mails are written and sent, holds are made and let go, and the process dies in the middle of
// a round, in any order: nothing that is held is sent, and in the end each is told exactly once.
func TestHoldsInAnyOrder(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			kit.Each(t, schemas(), func(t *testing.T, d *db.DB) { anyOrder(t, d, rand.New(rand.NewPCG(seed, 7))) })
		})
	}
}

func anyOrder(t *testing.T, d *db.DB, r *rand.Rand) {
	f := newFixture(t, d)
	as, _ := f.colleagues("anna", "bram")
	const organisations = 6
	var names, assets []string
	for i := range organisations {
		names = append(names, fmt.Sprintf("o%d,O%d,nl,o%d@o.example", i, i, i))
		assets = append(assets, fmt.Sprintf("o%d,prefix,192.0.2.%d/32,owner", i, i))
	}
	f.organisations(names...)
	f.assets(assets...)
	types := []string{"scan_rdp", "scan_ftp"} // ports from 1000 and from 2000
	want := map[string]bool{}
	port := 0
	report := func() {
		kind := r.IntN(2)
		var lines []string
		for range 1 + r.IntN(4) {
			port++
			o := r.IntN(organisations)
			want[fmt.Sprintf("%d:%d", o, 1000*(kind+1)+port)] = true
			lines = append(lines, fmt.Sprintf("NOW,high,192.0.2.%d,tcp,%d,,rdp,64500", o, 1000*(kind+1)+port))
		}
		f.offer(f.clock.Now().Format(time.DateOnly)+"-"+types[kind]+"-example-nl.csv", f.stamped(rdp, lines...), Offer{})
	}
	for _, kind := range types { // so that there is something of each type to hold
		f.offer(f.clock.Now().Format(time.DateOnly)+"-"+kind+"-example-nl.csv", f.stamped(rdp, "NOW,high,203.0.113.1,tcp,1,,rdp,64500"), Offer{})
	}
	checked := 0
	deliver := func(ctx context.Context) {
		held := f.openHolds()
		if _, err := f.notify.Deliver(ctx, f.post); err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, ErrUnreachable) {
			t.Fatal(err)
		}
		mails := f.box.Mails()
		for _, m := range mails[checked:] {
			for _, h := range held {
				for _, x := range seenPort.FindAllStringSubmatch(m.Text, -1) {
					if h.Scope == Everything || h.Scope == OfType && h.Subject == types[x[2][0]-'1'] || h.Scope == OfOne && strings.HasPrefix(m.EnvelopeTo[0], "o"+x[1]+"@") && h.Organisation == f.organisation("o"+x[1]).ID {
						t.Errorf("%s went to %s while %s %s was held", x[0], m.EnvelopeTo[0], h.Scope, h.Subject)
					}
				}
			}
		}
		checked = len(mails)
	}
	for range 60 {
		switch r.IntN(8) {
		case 0, 1:
			report()
		case 2, 3:
			f.compose()
		case 4:
			deliver(f.ctx)
		case 5: // the process dies while it talks to the mail server
			ctx, die := context.WithCancel(f.ctx)
			at, n := 1+r.IntN(3), 0
			f.box.Trouble(func(_, to string) (none mail.Trouble) {
				if to != "" {
					if n++; n == at {
						die()
					}
				}
				return none
			})
			deliver(ctx)
			f.box.Trouble(nil)
			die()
		case 6:
			h := []Hold{{Scope: Everything}, {Scope: OfType, Subject: types[r.IntN(2)]}, {Scope: OfOne, Subject: fmt.Sprintf("o%d", r.IntN(organisations))}, {Scope: OfSource, Subject: "shadowserver"}}[r.IntN(4)]
			h.Reason = "x"
			if _, err := f.notify.Hold(as("anna"), h); err != nil && !errors.Is(err, errHeldAlready) {
				t.Fatal(err)
			}
		case 7:
			if open := f.openHolds(); len(open) > 0 {
				f.release(as("bram"), open[r.IntN(len(open))].ID)
			}
		}
		f.clock.Advance(time.Minute)
	}
	for _, h := range f.openHolds() {
		f.release(as("bram"), h.ID)
	}
	for range 4 {
		f.compose()
		f.clock.Advance(10 * time.Minute)
		deliver(f.ctx)
	}
	told := map[string][]string{}
	for _, m := range f.box.Mails() {
		for _, x := range seenPort.FindAllStringSubmatch(m.Text, -1) {
			if key := x[1] + ":" + x[2]; !slices.Contains(told[key], m.MessageID) { // one that was sent twice is known by its Message-ID
				told[key] = append(told[key], m.MessageID)
			}
		}
	}
	for key := range want {
		if len(told[key]) != 1 {
			t.Errorf("%s was told in %d mails", key, len(told[key]))
		}
	}
}
