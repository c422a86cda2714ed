package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"polder/directory"
	"polder/footprint"
	"polder/internal/db"
	"polder/internal/mail"
)

const warned = 1000 // organisations that a warning is due to

// warnedRegister registers 1,000 organisations, each with a range of its own.
func warnedRegister(ctx context.Context, d *db.DB) error {
	organisations, assets := new(strings.Builder), new(strings.Builder)
	organisations.WriteString("reference,name,language,notify_email\n")
	assets.WriteString("organisation_reference,kind,value,role\n")
	for n := range warned {
		fmt.Fprintf(organisations, "org%04d,Organisation %d,%s,it@org%04d.example\n", n, n, []string{"nl", "en"}[n%2], n)
		fmt.Fprintf(assets, "org%04d,prefix,2001:db8:%x::/48,owner\n", n, n+1)
	}
	if _, err := directory.New(d, time.Now).Import(ctx, strings.NewReader(organisations.String())); err != nil {
		return err
	}
	_, err := footprint.New(d, time.Now, slog.New(slog.DiscardHandler)).Import(ctx, strings.NewReader(assets.String()))
	return err
}

// ingestWarned reads a report of which each of the 1,000 is due two exposures in one warning, at once.
func (h *house) ingestWarned() {
	h.Helper()
	var b strings.Builder
	b.WriteString(bigHeader)
	for n := range 2 * warned {
		fmt.Fprintf(&b, "2026-11-20 01:02:03,high,2001:db8:%x::%x,tcp,3389,,rdp,64500\n", n/2+1, n)
	}
	h.set("POLDER_GATHER", "0s")
	h.must("ingest", h.file(bigReport, b.String()))
}

func (h *house) openBox(onMail func(mail.Mail)) *mail.Box {
	h.Helper()
	box, err := mail.OpenBox(mail.BoxConfig{Keep: 10_000, OnMail: onMail})
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { box.Close() })
	h.set("POLDER_SMTP", box.URL()+"?tls=none")
	return box
}

// allToldOnce checks that in the end each organisation was told of both its exposures in one
// warning, that the mail server accepted each warning and that each mail went to the one whom it
// concerns. It returns how many mails came more than once; those must be the same mail.
func (h *house) allToldOnce(mails []mail.Mail) (repeats int) {
	h.Helper()
	if n := h.number(`SELECT count(*) FROM notify_exposure WHERE state = 'open' AND told_at IS NOT NULL AND due_at IS NULL`); n != 2*warned {
		h.Errorf("%d exposures were told, not %d", n, 2*warned)
	}
	var want []string
	for n := range warned {
		want = append(want, fmt.Sprintf("org%04d it@org%04d.example warning 2 sent", n, n))
	}
	sameLines(h.T, "notifications", want, h.rows(`SELECT o.reference, d.recipient, n.kind, n.exposures, d.state FROM notify_notification n
		JOIN notify_delivery d ON d.notification_id = n.id JOIN directory_organisation o ON o.id = n.organisation_id ORDER BY 1`, 5))
	last := map[int]int{} // number of the last mail on each connection
	for _, m := range mails {
		last[m.Connection] = m.Number
	}
	first := map[string]mail.Mail{}
	for _, m := range mails {
		one, again := first[m.MessageID]
		if !again {
			first[m.MessageID] = m
			continue
		}
		repeats++
		if last[one.Connection] != one.Number {
			h.Errorf("%s came twice, though it was not in flight when its connection ended", m.MessageID)
		}
		first[m.MessageID] = m
		if !bytes.Equal(one.Raw, m.Raw) || !slices.Equal(one.EnvelopeTo, m.EnvelopeTo) {
			h.Errorf("%s came twice and differs", m.MessageID)
		}
	}
	for _, line := range h.rows(`SELECT d.message_id, d.recipient FROM notify_delivery d ORDER BY 1`, 2) {
		id, recipient, _ := strings.Cut(line, " ")
		m, came := first[id]
		if !came || !slices.Equal(m.EnvelopeTo, []string{recipient}) {
			h.Errorf("the mail %s to %s: it came %v, to %v", id, recipient, came, m.EnvelopeTo)
		}
		delete(first, id)
	}
	for id := range first {
		h.Errorf("the mail %s belongs to no notification", id)
	}
	return repeats
}

// TestDeliveryKilledAnywhereLosesNothing kills `polder work` and `polder work --drain` while they
// write the warnings and while they hand them over: before the server's answer, after it, and at
// random moments. Some mails the server accepts while the connection breaks under its answer.
func TestDeliveryKilledAnywhereLosesNothing(t *testing.T) {
	seed := newSeed(t)
	each(t, func(h *house) {
		r := rand.New(rand.NewPCG(seed, 2))
		h.ingestWarned()
		v := &victim{}
		box := h.openBox(v.onMail)
		commands := [][]string{{"work"}, {"work", "--drain"}}

		// While it writes: the mail server says nothing yet.
		silence := make(chan struct{})
		box.Trouble(func(string, string) mail.Trouble { <-silence; return mail.Trouble{} })
		const written = `SELECT count(*) FROM notify_notification`
		writing := 0
		for ; h.number(written) < warned && writing < 20; writing++ {
			before := h.number(written)
			p := h.start(nil, commands[writing%2]...)
			if writing%2 == 0 {
				p.until(func() bool { return h.number(written) > before })
			} else {
				p.after(time.Duration(r.Int64N(int64(150 * time.Millisecond))))
			}
			p.kill()
			now, told := h.number(written), h.number(`SELECT count(*) FROM notify_exposure WHERE told_at IS NOT NULL`)
			if told != 2*now {
				h.Fatalf("after a kill there are %d notifications about %d exposures", now, told)
			}
		}
		close(silence)
		if box.Received() > 0 {
			h.Fatalf("%d mails came from a silent server", box.Received())
		}

		// While it delivers.
		var mu sync.Mutex
		dropped := map[string]bool{}
		box.Trouble(func(_, to string) mail.Trouble {
			mu.Lock()
			defer mu.Unlock()
			if strings.HasSuffix(to, "77.example") && !dropped[to] {
				dropped[to] = true
				return mail.Trouble{At: mail.DropAccepted}
			}
			return mail.Trouble{}
		})
		var steps []int
		for range 16 {
			steps = append(steps, 1+r.IntN(warned-50))
		}
		slices.Sort(steps)
		for n, step := range steps {
			p := h.start(nil, commands[n%2]...)
			step = max(step, box.Received()+1)
			if n%4 < 2 {
				v.killAt(p, step)
			} else {
				p.until(func() bool { return box.Received() >= step })
				p.after(time.Duration(r.Int64N(int64(3 * time.Millisecond))))
				p.kill()
			}
		}
		if at := box.Received(); at >= warned {
			h.Fatalf("%d mails came before the last kill; this test must kill sooner", at)
		}
		if r := h.run("work", "--drain"); r.code != exitDone {
			h.Fatal(r)
		}
		repeats := h.allToldOnce(box.Mails())
		if repeats > len(steps)+len(dropped) {
			h.Errorf("%d mails came twice, after %d kills and %d broken connections", repeats, len(steps), len(dropped))
		}
		if repeats < v.kills { // the server took these, and told nobody: if none is repeated, this test sees nothing
			h.Errorf("%d mails came twice, though %d kills came before the server's answer", repeats, v.kills)
		}
		h.Logf("%d kills while writing, %d while delivering (%d before the server's answer), %d connections broken after a mail: %d of %d mails came twice",
			writing, len(steps), v.kills, len(dropped), repeats, warned)
	}, warnedRegister)
}

// victim is a process that is killed from within the server's answer to a mail: the mail is taken,
// and the process never hears of it.
type victim struct {
	mu    sync.Mutex
	p     *process
	at    int
	kills int
}

func (v *victim) onMail(m mail.Mail) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.p != nil && m.Number >= v.at {
		v.p.kill()
		v.p, v.kills = nil, v.kills+1
	}
}

// killAt kills the process at the mail of the number given, and waits until it is gone.
func (v *victim) killAt(p *process, number int) {
	v.mu.Lock()
	v.p, v.at = p, number
	v.mu.Unlock()
	p.wait()
	v.mu.Lock()
	v.p = nil
	v.mu.Unlock()
}

// TestTwoDrainAtOnce starts two processes that write and deliver the same warnings: no mail twice.
func TestTwoDrainAtOnce(t *testing.T) {
	each(t, func(h *house) {
		h.ingestWarned()
		box := h.openBox(nil)
		first, second := h.start(nil, "work", "--drain"), h.start(nil, "work", "--drain")
		for _, p := range []*process{first, second} {
			if r := p.wait(); r.code != exitDone {
				h.Fatal(r)
			}
		}
		if repeats := h.allToldOnce(box.Mails()); repeats != 0 || box.Received() != warned {
			h.Errorf("%d mails, %d of them twice", box.Received(), repeats)
		}
	}, warnedRegister)
}

// TestReadAndWarnAtTheSameTime reads a report while warnings are written about the very exposures
// that it shows again: neither gets in the other's way.
func TestReadAndWarnAtTheSameTime(t *testing.T) {
	each(t, func(h *house) {
		h.set("POLDER_GATHER", "0s")
		h.openBox(nil)
		const systems = 12_000
		report := func(day int) string { // the same systems each day, in another order
			var b strings.Builder
			b.WriteString(bigHeader)
			for n := range systems {
				k := n * (2*day + 1) % systems
				fmt.Fprintf(&b, "2026-11-%d 01:02:03,high,2001:db8:%x::%x,tcp,3389,,rdp,64500\n", day, k%warned+1, k)
			}
			return h.file(fmt.Sprintf("2026-11-%d-scan_rdp-example-nl.csv", day), b.String())
		}
		h.must("ingest", report(11)) // 2·day+1 shares no factor with the number of systems on these days
		for _, day := range []int{14, 15} {
			work, read := h.start(nil, "work", "--drain"), h.start(nil, "ingest", report(day))
			for _, p := range []*process{work, read} {
				if r := p.wait(); r.code != exitDone {
					h.Errorf("polder %s: %v", p.args[0], r)
				}
			}
			if n := h.number(`SELECT count(*) FROM notify_exposure`); n != systems {
				h.Fatalf("%d exposures, not %d", n, systems)
			}
			err := h.d.Write(h.Context(), func(tx *db.Tx) error { // all is due again
				_, err := tx.Exec(h.Context(), `UPDATE notify_exposure SET due_at = 1`)
				return err
			})
			if err != nil {
				h.Fatal(err)
			}
		}
		if n := h.number(`SELECT count(*) FROM notify_exposure WHERE count <> 3`); n != 0 {
			h.Errorf("%d exposures were not counted once for each of three reports", n)
		}
	}, warnedRegister)
}
