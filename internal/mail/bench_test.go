package mail

import (
	"fmt"
	"testing"
)

func perSecond(b *testing.B) { b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mails/s") }

func BenchmarkRender(b *testing.B) {
	rsaOnly, err := NewSigner("polder.example", Key{"s", pkcs1(rsaKey())})
	if err != nil {
		b.Fatal(err)
	}
	for name, s := range map[string]*Signer{"unsigned": nil, "RSA-2048": rsaOnly, "RSA-2048+Ed25519": testSigner(b)} {
		b.Run(name, func(b *testing.B) {
			m := warning()
			for b.Loop() {
				if _, err := m.Render(s); err != nil {
					b.Fatal(err)
				}
			}
			perSecond(b)
		})
	}
}

// BenchmarkDelivery renders, signs and hands over, one mail after the other on one connection; the box on the other
// end of it reads and keeps the mails on the same machine.
func BenchmarkDelivery(b *testing.B) {
	signer, err := NewSigner("polder.example", Key{"s", pkcs1(rsaKey())})
	if err != nil {
		b.Fatal(err)
	}
	for name, mode := range map[string]BoxTLS{"plain": BoxPlain, "STARTTLS": BoxStartTLS} {
		b.Run(name, func(b *testing.B) {
			box := openBox(b, BoxConfig{TLS: mode})
			u := box.URL()
			if mode != BoxPlain {
				u = trusting(b, box)
			}
			client := newClient(b, u)
			for n := 0; b.Loop(); n++ {
				m := warning()
				m.MessageID = fmt.Sprintf("%d@polder.example", n)
				raw, err := m.Render(signer)
				if err != nil {
					b.Fatal(err)
				}
				if o, reply := client.Send(b.Context(), sender, recipient, raw); o != Sent {
					b.Fatal(o, reply)
				}
			}
			perSecond(b)
			if box.Connections() != 1 {
				b.Errorf("%d connections", box.Connections())
			}
		})
	}
}
