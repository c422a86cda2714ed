package notify

import (
	"context"
	"strings"
	"testing"

	"polder/internal/db"
	"polder/internal/kit"
	"polder/internal/mail"
)

// stranger queues a letter to somebody in no register, and returns its reference.
func (f *fixture) stranger(to string) (notification db.ID, reference string) {
	f.t.Helper()
	l := &mail.Letter{}
	l.Say("Op 203.0.113.9 staat een deur open.")
	err := f.db.Write(f.ctx, func(tx *db.Tx) (err error) {
		notification, reference, err = f.notify.QueueStranger(f.ctx, tx, Stranger{Recipient: to, Language: "nl", Subject: "Waarschuwing", Letter: l,
			Severity: 3, Classes: []string{"vulnerable-system"}, Exposures: 1})
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return notification, reference
}

func TestLetterToAStranger(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		refused := map[string]bool{"gone@out.example": true}
		f.notify.OnStranger(func(_ context.Context, _ *db.Tx, _ db.ID, recipient string) (bool, string, error) {
			return !refused[recipient], "wants no more", nil
		})
		first, ours := f.stranger("abuse@net.example")
		out, never := f.stranger("gone@out.example")
		if _, err := f.notify.Verify(f.ctx, ours); err == nil {
			t.Error("a letter that was not sent is already ours on /verify")
		}
		mails := f.deliver()
		if len(mails) != 1 || mails[0].EnvelopeTo[0] != "abuse@net.example" {
			t.Fatalf("mails %v", mails)
		}
		m := mails[0]
		for _, want := range []string{ours, "https://polder.example/verify", "203.0.113.9"} {
			if !strings.Contains(m.Text, want) || !strings.Contains(m.HTML, want) {
				t.Errorf("the letter does not hold %q:\n%s", want, m.Text)
			}
		}
		if !strings.Contains(m.Subject, ours) || strings.Contains(m.Text, "/f/") || m.Header.Get("List-Unsubscribe") != "<https://polder.example/stranger/"+f.notify.StrangerToken(first)+">" {
			t.Errorf("subject %q, unsubscribe %q, text:\n%s", m.Subject, m.Header.Get("List-Unsubscribe"), m.Text)
		}
		v, err := f.notify.Verify(f.ctx, ours)
		if err != nil || len(v.Classes) != 1 || v.Classes[0] != "vulnerable-system" {
			t.Errorf("/verify says %+v, %v", v, err)
		}
		if _, err := f.notify.Verify(f.ctx, never); err == nil {
			t.Error("a letter that never went is ours on /verify")
		}
		if f.count("notify_delivery", "notification_id = ?1 AND state = 'withdrawn' AND reply = 'wants no more'", out) != 1 {
			t.Error("the letter that was not fit is not withdrawn")
		}
		if n, err := f.notify.Readdress(f.ctx); err != nil || n != 0 {
			t.Errorf("readdressed %d, %v", n, err)
		}
		f.drain()
	})
}
