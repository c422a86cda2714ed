package main

import (
	"bytes"
	"slices"
	"testing"

	"polder/internal/actor"
	"polder/internal/config"
)

// The demo has a round that waits for the visitor, and what the visitor approves is sent to the demo's
// own mailbox.
func TestDemoHasARoundOfStrangers(t *testing.T) {
	set := &config.Settings{TimeZone: "Europe/Amsterdam", Listen: "localhost:0"}
	var out bytes.Buffer
	w, err := newWorld(t.Context(), set, t.TempDir(), "http://localhost:1", streams{out: &out, err: &out})
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	if err := w.next(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.strangers(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.atTheDesk(t.Context()); err != nil {
		t.Fatal(err)
	}
	visitor := actor.With(t.Context(), actor.Actor{Account: w.people["analyst"], Staff: actor.Analyst, Fresh: w.app.now()})
	rounds, err := w.app.outreach.Sweeps(visitor)
	if err != nil || len(rounds) != 1 || rounds[0].State != "ready" {
		t.Fatalf("%+v, %v", rounds, err)
	}
	v, err := w.app.outreach.Show(visitor, rounds[0].ID, "open", nil, 10)
	if err != nil || len(v.Contacts) != 2 {
		t.Fatalf("%+v, %v", v, err)
	}
	c := v.Contacts[0]
	if err := w.app.outreach.Decide(visitor, rounds[0].ID, c.ID, "approved", "nl", ""); err != nil {
		t.Fatal(err)
	}
	if err := w.app.outreach.Send(visitor, rounds[0].ID); err != nil {
		t.Fatal(err)
	}
	if err := w.tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	sent := 0
	for _, m := range w.box.Mails() {
		if slices.Contains(m.EnvelopeTo, c.Address) {
			sent++
		}
	}
	if sent != 1 {
		t.Errorf("%d letters", sent)
	}
}
