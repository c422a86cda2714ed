package notify

import (
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"polder/footprint"
	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fetch"
	"polder/internal/kit"
	"polder/internal/outbox"
)

// TestAProvenAssetIsWarnedAndAWithdrawnOneIsNot is the way of an organisation that registers a domain
// itself: nothing before the proof, the first warning within minutes of it, about what the reports of
// the last month held as well, and none from the moment that the asset is withdrawn.
func TestAProvenAssetIsWarnedAndAWithdrawnOneIsNot(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		var mu sync.Mutex
		txt := ""
		pc, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		server := &dns.Server{PacketConn: pc, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
			mu.Lock()
			defer mu.Unlock()
			m := new(dns.Msg)
			m.SetReply(q)
			if name := q.Question[0].Name; q.Question[0].Qtype == dns.TypeTXT && name == "_polder-challenge.korst.example." {
				m.Answer = []dns.RR{&dns.TXT{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeTXT, Class: dns.ClassINET}, Txt: []string{txt}}}
			}
			w.WriteMsg(m) //nolint:errcheck
		})}
		go server.ActivateAndServe() //nolint:errcheck
		defer pc.Close()
		client, err := fetch.New(fetch.Options{Resolver: pc.LocalAddr().String(), Timeout: 5 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		key := []byte(strings.Repeat("k", 32))
		out := outbox.New(d, f.queue, f.post, f.clock.Now, kit.Log(t), outbox.Settings{Centre: "Meldpunt Polder", From: "Polder <melding@polder.example>", Key: key})
		if err := f.footprint.Prove(f.queue, out, f.catalog, client, footprint.Settings{BaseURL: "https://polder.example", Centre: "Meldpunt Polder", Key: key}); err != nil {
			t.Fatal(err)
		}
		f.organisations("bakker,Bakkerij De Korst,nl,info@korst.example")
		o := f.organisation("bakker").ID
		owner := actor.Actor{Account: db.NewID()}
		if err := d.Write(f.ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(f.ctx, `INSERT INTO directory_member (organisation_id, account_id, place, since) VALUES (?1, ?2, 'owner', 0)`, o, owner.Account)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		as := actor.With(f.ctx, owner)
		warnings := func() (n int) {
			for _, m := range to(f.box.Mails(), "info@korst.example") {
				if strings.Contains(m.Subject, "Waarschuwing") {
					n++
				}
			}
			return n
		}

		f.ingest("scan_rdp", rdp, rdpLine("198.51.100.7", "kassa.korst.example"))
		c, err := f.footprint.Register(as, o, footprint.Entry{Kind: footprint.Domain, Value: "korst.example", Role: footprint.Owner})
		if err != nil {
			t.Fatal(err)
		}
		f.clock.Advance(time.Hour)
		f.ingest("scan_rdp", rdp, rdpLine("198.51.100.7", "kassa.korst.example"))
		f.clock.Advance(time.Hour)
		f.drain()
		if len(f.exposures("bakker")) != 0 || warnings() != 0 {
			t.Fatal("something was matched or sent before the proof")
		}

		mu.Lock()
		txt = f.footprint.ProofOf(c)
		mu.Unlock()
		proven := f.clock.Now()
		if err := f.footprint.Look(as, o, c.ID); err != nil {
			t.Fatal(err)
		}
		f.drain()
		for warnings() == 0 && f.clock.Now().Sub(proven) < 15*time.Minute {
			f.clock.Advance(time.Minute)
			f.drain()
		}
		if took := f.clock.Now().Sub(proven); warnings() != 1 || took > 10*time.Minute {
			t.Fatalf("%d warnings, %s after the proof", warnings(), took)
		}

		// Something new is seen, and the asset is withdrawn before its mail goes.
		f.clock.Advance(day)
		f.ingest("scan_smb", rdp, "NOW,high,198.51.100.8,tcp,445,nas.korst.example,smb,64500")
		if len(f.exposures("bakker")) != 2 {
			t.Fatalf("%d exposures", len(f.exposures("bakker")))
		}
		if err := f.footprint.Drop(as, o, c.ID); err != nil {
			t.Fatal(err)
		}
		sum := f.ingest("scan_ssh", rdp, "NOW,high,198.51.100.9,tcp,22,bak.korst.example,ssh,64500")
		if sum.Matched != 0 {
			t.Errorf("a report after the withdrawal is matched: %+v", sum)
		}
		for range 3 {
			f.clock.Advance(day)
			f.drain()
		}
		if n := warnings(); n != 1 {
			t.Errorf("%d warnings; none may come from the moment of the withdrawal", n)
		}
	})
}
