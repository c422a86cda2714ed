package directory

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"strings"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/seal"
)

// Limits of letters that somebody has us send to an address of a stranger, in a day. The organisation's
// name stands in them, and until staff accept it that may say anything.
const (
	mostUnasked  = 10 // to one address, whoever asks and for whichever organisation
	mostNewcomer = 20 // by one person, for organisations that are not accepted
)

// unasked counts a letter to an address that may be a stranger's, in the caller's transaction, and
// refuses one too many.
func (d *Directory) unasked(ctx context.Context, tx *db.Tx, o Organisation, address string) error {
	if o.State == Refused {
		return fault.New(fault.Conflict, "directory.limit.refused")
	}
	mac := hmac.New(sha256.New, seal.Subkey(d.house.Settings.Key, "directory letters"))
	mac.Write([]byte(strings.ToLower(address)))
	n, err := tally(ctx, tx, db.ID(mac.Sum(nil)[:16]), "letters", d.now())
	if err != nil {
		return err
	}
	if n > mostUnasked {
		return fault.New(fault.TooMany, "directory.limit.address")
	}
	if o.State == Accepted {
		return nil
	}
	n, err = tally(ctx, tx, actor.From(ctx).Account, "letters", d.now())
	if err == nil && n > mostNewcomer {
		err = fault.New(fault.TooMany, "directory.limit.newcomer")
	}
	return err
}
