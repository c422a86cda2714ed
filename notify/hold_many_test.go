package notify

import (
	"testing"
	"time"

	"polder/internal/db"
	"polder/internal/kit"
)

// However many messages are held one by one since, what was held before them stays held, and the stop of
// everything stops.
func TestManyHoldsHideNone(t *testing.T) {
	for _, h := range []Hold{{Scope: Everything}, {Scope: OfOne, Subject: "bakker"}} {
		t.Run(string(h.Scope), func(t *testing.T) {
			kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
				f := newFixture(t, d)
				as, _ := f.colleagues("anna")
				f.organisations("bakker,Bakkerij De Korst,nl,info@korst.example")
				f.assets("bakker,prefix,192.0.2.0/28,owner")
				f.ingest("scan_rdp", rdp, rdpLine("192.0.2.7", ""))
				f.compose()
				f.hold(as("anna"), h.Scope, h.Subject)
				err := f.db.Write(f.ctx, func(tx *db.Tx) error {
					for i := range mostHolds {
						one := Hold{ID: db.NewID(), Scope: OfMessage, Subject: db.NewID().String(), Reason: "x", HeldAt: f.clock.Now().Add(time.Duration(i+1) * time.Second), HeldBy: "account:x"}
						if _, err := insertHold(f.ctx, tx, &one); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				if mails := f.deliver(); len(mails) != 0 {
					t.Errorf("sent while held: %v", sentTo(mails))
				}
				if h.Scope == Everything {
					if o, err := f.notify.Outgoing(as("anna"), OutSearch{List: Queued}, 10); err != nil || o.Stopped == nil {
						t.Errorf("the page does not say that everything is stopped: %v", err)
					}
				}
			})
		})
	}
}
