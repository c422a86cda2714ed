package follow

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"polder/internal/db"
	"polder/internal/fault"
)

// Guessing at the addresses of feeds, and reading one too often, keeps nobody from writing.
func TestReadingFeedsInVainWritesNothing(t *testing.T) {
	eachWorld(t, func(w *world) {
		t := w.t
		_, address, err := w.follow.AddFeed(w.as("bakker-owner"), w.ids["bakker"], "reader")
		if err != nil {
			t.Fatal(err)
		}
		token := strings.TrimSuffix(address[strings.LastIndexByte(address, '/')+1:], ".atom")
		for range mostReads {
			if _, err := w.follow.ReadFeed(t.Context(), token, "nl"); err != nil {
				t.Fatal(err)
			}
		}
		busy := errors.New("done")
		err = w.db.Write(t.Context(), func(*db.Tx) error { // somebody is writing all the time
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			if _, err := w.follow.ReadFeed(ctx, strings.Repeat("A", 43), "nl"); fault.KindOf(err) != fault.NotFound {
				t.Errorf("one that is none: %v", err)
			}
			if _, err := w.follow.ReadFeed(ctx, token, "nl"); fault.KindOf(err) != fault.TooMany {
				t.Errorf("one that is read too often: %v", err)
			}
			return busy
		})
		if !errors.Is(err, busy) {
			t.Error(err)
		}
	})
}

// Two tabs, or a program that presses the button a dozen times at once, make no more than may be.
func TestLimitsHoldForWhoAsksAtOnce(t *testing.T) {
	eachWorld(t, func(w *world) {
		t := w.t
		var all sync.WaitGroup
		for range 12 {
			all.Go(func() { w.follow.AddWebhook(w.as("bakker-owner"), w.ids["bakker"], hook) })
			all.Go(func() { w.follow.AddFeed(w.as("bakker-owner"), w.ids["bakker"], "reader") })
		}
		all.Wait()
		if s := w.settings(); len(s.Webhooks) != mostWebhooks || len(s.Feeds) != mostFeeds {
			t.Errorf("%d webhooks, %d feeds", len(s.Webhooks), len(s.Feeds))
		}
	})
}

// A webhook that takes its time for each post waits for its next turn, and keeps the others' turns free.
func TestASlowWebhookLeavesRoomForOthers(t *testing.T) {
	eachWorld(t, func(w *world) {
		t := w.t
		w.add("bakker-owner")
		w.clock.Advance(time.Second)
		w.found("192.0.2.", 1, 450)
		w.to.set(func(rw http.ResponseWriter, _ *http.Request) {
			w.clock.Advance(9 * time.Second)
			rw.WriteHeader(204)
		})
		w.clock.Advance(2 * settle)
		if err := w.follow.look(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := w.follow.post(t.Context(), w.settings().Webhooks[0].ID); err != nil {
			t.Fatal(err)
		}
		if n := len(w.to.take()); n != 3 {
			t.Errorf("%d posts in one turn of 27 seconds", n)
		}
		if w.drain(); len(w.to.take()) != 2 {
			t.Error("the rest does not follow")
		}
	})
}
