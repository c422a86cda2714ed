package mail

import (
	"context"
	"strings"
	"sync"
	"testing"
)

func TestBoxKeepsTheNewestMails(t *testing.T) {
	b := openBox(t, BoxConfig{Keep: 3})
	c := newClient(t, b.URL())
	for n := range 5 {
		send(t, c, n)
	}
	mails := b.Mails()
	if len(mails) != 3 || mails[0].Number != 3 || mails[2].Subject != "4" || b.Received() != 5 {
		t.Errorf("%d kept, first is number %d, %d received", len(mails), mails[0].Number, b.Received())
	}
	if _, ok := b.Mail(2); ok {
		t.Error("a mail that was dropped is still found")
	}
	if m, ok := b.Mail(4); !ok || m.Subject != "3" {
		t.Errorf("mail 4 is %v %q", ok, m.Subject)
	}
	b.Clear()
	if len(b.Mails()) != 0 || b.Received() != 5 {
		t.Error("cleared wrongly")
	}
}

func TestBoxWaitsWithoutLooking(t *testing.T) {
	b := openBox(t, BoxConfig{})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if mails, err := b.Wait(t.Context(), 10); err != nil || len(mails) < 10 {
				t.Errorf("%d mails, %v", len(mails), err)
			}
		})
	}
	c := newClient(t, b.URL())
	for n := range 10 {
		send(t, c, n)
	}
	all.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Wait(ctx, 11); err == nil || !strings.Contains(err.Error(), "10 of 11") {
		t.Errorf("%v", err)
	}
}

func TestBoxTellsOnMailBeforeTheSenderKnows(t *testing.T) {
	var told []string
	b := openBox(t, BoxConfig{OnMail: func(m Mail) { told = append(told, m.Subject) }})
	c := newClient(t, b.URL())
	for n, want := range []string{"0", "0 1", "0 1 2"} {
		send(t, c, n)
		if got := strings.Join(told, " "); got != want {
			t.Errorf("told %q, want %q", got, want)
		}
	}
}

func TestBoxRefusesWhatItCannotRead(t *testing.T) {
	b := openBox(t, BoxConfig{})
	o, reply := newClient(t, b.URL()).Send(t.Context(), sender, recipient, []byte("this is no header\r\n\r\n"))
	want(t, o, reply, Failed, "554")
	if b.Received() != 0 {
		t.Error("it was kept")
	}
}

func TestBoxOnAnAddressThatIsTaken(t *testing.T) {
	b := openBox(t, BoxConfig{})
	if other, err := OpenBox(BoxConfig{Addr: b.Addr()}); err == nil {
		other.Close()
		t.Error("two boxes on one address")
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if err := b.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}
