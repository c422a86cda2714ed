package follow

import (
	"context"
	"testing"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/notify"
)

// What is stopped or held is posted to nobody either, and nothing of it is lost: it comes when it is let go.
func TestWebhooksWaitForWhatIsHeld(t *testing.T) {
	for _, h := range []notify.Hold{{Scope: notify.Everything}, {Scope: notify.OfOne, Subject: "bakker"}, {Scope: notify.OfType, Subject: "scan_rdp"}} {
		t.Run(string(h.Scope), func(t *testing.T) {
			eachWorld(t, func(w *world) {
				t := w.t
				w.found("198.51.100.", 30, 1) // there is something of the type
				w.drain()
				w.fresh()
				_, key := w.add("bakker-owner")
				w.clock.Advance(time.Second)
				analyst := func() context.Context {
					return actor.With(w.t.Context(), actor.Actor{Account: db.NewID(), Staff: actor.Analyst, Fresh: w.clock.Now()})
				}
				h.Reason = "x"
				id, err := w.notify.Hold(analyst(), h)
				if err != nil {
					t.Fatal(err)
				}
				w.found("192.0.2.", 10, 20)
				w.drain()
				w.drain()
				if got := w.to.take(); len(got) != 0 {
					t.Fatalf("%d posts while held", len(got))
				}
				if _, err := w.notify.Release(analyst(), id); err != nil {
					t.Fatal(err)
				}
				w.clock.Advance(time.Hour)
				w.drain()
				w.drain()
				seen := map[string]bool{}
				for _, r := range w.to.take() {
					for _, e := range w.verify(r, key).Data.Events {
						seen[e.Exposure.ID] = true
					}
				}
				if len(seen) != 20 {
					t.Errorf("%d of 20 came after it was let go", len(seen))
				}
			})
		})
	}
}
