package directory

import (
	"context"
	"time"

	"polder/internal/db"
)

// Mailbox is where mail about an organisation may go at a moment: a verified contact of its own, or the
// main contact of an organisation that holds a mandate from it and may act by that.
type Mailbox struct {
	ID       db.ID  // of the contact, or of the mandate
	Email    string // bare
	Language string // of the organisation that it belongs to
	Main     bool   // the organisation's own main contact
	Holder   string // name of the organisation that holds the mandate; "" for a contact
	Every    bool   // it may hear of every asset
	Assets   []db.ID
	Ends     time.Time // of the mandate
}

// mostMailboxes bounds the mandates that an organisation can choose from.
const mostMailboxes = 50

// Mailboxes returns those of an organisation at the moment given, the main one first, in the caller's
// transaction. One that is not accepted, or is closed, has none.
func Mailboxes(ctx context.Context, tx *db.Tx, organisation db.ID, now time.Time) (list []Mailbox, err error) {
	if list, err = ownMailboxes(ctx, tx, organisation); err != nil {
		return nil, err
	}
	held, err := heldMailboxes(ctx, tx, organisation, now, mostMailboxes)
	if err != nil {
		return nil, err
	}
	for i := range held {
		if !held[i].Every {
			if _, held[i].Assets, err = mandateAssets(ctx, tx, held[i].ID); err != nil {
				return nil, err
			}
		}
	}
	return append(list, held...), nil
}
