package footprint

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"polder/directory"
	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
)

// Deciders are the roles of staff that decide on claims.
const Deciders = actor.Analyst | actor.Adviser

// Decision is what staff say of a claim, with why.
type Decision struct {
	Answer   string // "accept", "instead" (accept, and take what stands in the way), "refuse" or "reopen"
	Evidence string // what was seen; needed to accept
	Reason   string
	Seen     string // what Claim.Seen gave when they looked; "" where nobody looked at a page
}

// Seen stands for what staff see of a claim when they decide: its organisation may change that until
// they do.
func (c Claim) Seen() string {
	h := sha256.New()
	fmt.Fprintf(h, "%s %s %d %d:%s", c.State, c.Role, c.RegisteredAt.UnixMicro(), len(c.Plea), c.Plea)
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// Decide moves a claim by the decision of staff. Whoever belongs to one of the organisations
// cannot decide for it.
func (f *Footprint) Decide(ctx context.Context, claim db.ID, d Decision) error {
	who := actor.From(ctx)
	if !who.Staff.Any(Deciders) {
		return hidden()
	}
	reason, ok1 := plain(d.Reason, 2000)
	evidence, ok2 := plain(d.Evidence, 2000)
	if !ok1 || !ok2 || reason == "" {
		return fault.New(fault.Invalid, "footprint.error.reason")
	}
	if (d.Answer == "accept" || d.Answer == "instead") && evidence == "" {
		return fault.New(fault.Invalid, "footprint.error.evidence")
	}
	return f.commit(ctx, func(tx *db.Tx) error {
		c, err := lockClaim(ctx, tx, db.ID{}, claim)
		if errors.Is(err, db.ErrNoRows) {
			return hidden()
		}
		if err != nil {
			return err
		}
		if d.Seen != "" && d.Seen != c.Seen() {
			return fault.New(fault.Conflict, "footprint.error.moved_on")
		}
		against, err := conflictsOf(ctx, tx, c.ID, db.ID{})
		if err != nil {
			return err
		}
		if err := f.disinterested(ctx, tx, c, against); err != nil {
			return err
		}
		now := f.now()
		c.Reason, c.DecidedBy, c.DecidedAt = reason, who.Account, now
		switch d.Answer {
		case "accept", "instead":
			if d.Answer == "instead" {
				for _, x := range against {
					if x.Claim != c.ID {
						continue
					}
					if err := f.takeFrom(ctx, tx, x, reason); err != nil {
						return err
					}
				}
			}
			c.Evidence = evidence
			if c.waiting() {
				c.Method, c.ProvenAt, c.CheckedAt, c.CheckAt = ByDecision, now, now, time.Time{}
			}
			c.Asked, c.Outcome, c.Plea, c.ExpiresAt, c.Reminded = "", "", "", now.Add(Year), 0
			return f.settle(ctx, tx, &c, ByStaff)
		case "refuse":
			c.Plea = ""
			if err := f.drop(ctx, tx, &c, Refused, ByStaff, "refused"); err != nil {
				return err
			}
			return f.tell(ctx, tx, c, "refused")
		case "reopen":
			if err := c.move(Pending, ByStaff, now); err != nil {
				return err
			}
			c.again(now)
			return f.keep(ctx, tx, c, "reopened")
		}
		return fault.New(fault.Invalid, "footprint.error.answer")
	})
}

// takeFrom withdraws an asset that stood in the way, by the decision of staff.
func (f *Footprint) takeFrom(ctx context.Context, tx *db.Tx, x Conflict, reason string) error {
	held, err := claimByID(ctx, tx, x.Asset)
	if errors.Is(err, db.ErrNoRows) || err == nil && held.State != Active {
		return nil // gone by itself
	}
	if err != nil {
		return err
	}
	held.Reason, held.DecidedBy, held.DecidedAt = reason, actor.From(ctx).Account, f.now()
	if err := f.drop(ctx, tx, &held, Refused, ByStaff, "refused for another claim"); err != nil {
		return err
	}
	return f.tell(ctx, tx, held, "refused")
}

// disinterested refuses somebody of staff who belongs to one of the organisations.
func (f *Footprint) disinterested(ctx context.Context, tx *db.Tx, c Claim, against []Conflict) error {
	for _, organisation := range append([]db.ID{c.Organisation}, holders(against)...) {
		_, err := directory.May(ctx, tx, organisation, actor.Anybody, false, f.now())
		if err == nil {
			return fault.New(fault.Denied, "footprint.error.own")
		}
		if fault.KindOf(err) != fault.NotFound {
			return err
		}
	}
	return nil
}

func holders(list []Conflict) (all []db.ID) {
	for _, c := range list {
		all = append(all, c.Claimant, c.Holder)
	}
	return all
}

// CloseCorrection closes a correction: the asset stays, or is withdrawn from its organisation.
func (f *Footprint) CloseCorrection(ctx context.Context, correction db.ID, withdraw bool, reason string) error {
	who := actor.From(ctx)
	if !who.Staff.Any(Deciders) {
		return hidden()
	}
	reason, ok := plain(reason, 2000)
	if !ok || reason == "" {
		return fault.New(fault.Invalid, "footprint.error.reason")
	}
	return f.commit(ctx, func(tx *db.Tx) error {
		if err := lockRegister(ctx, tx); err != nil {
			return err
		}
		k, err := correctionByID(ctx, tx, correction)
		if errors.Is(err, db.ErrNoRows) {
			return hidden()
		}
		if err != nil {
			return err
		}
		c, err := claimOf(ctx, tx, k.Organisation, k.Asset)
		if err != nil && !errors.Is(err, db.ErrNoRows) {
			return err
		}
		if _, err := closeCorrection(ctx, tx, k.Asset, f.now()); err != nil || c.ID.IsZero() || c.State != Active {
			return err
		}
		if err := f.disinterested(ctx, tx, c, nil); err != nil {
			return err
		}
		c.Reason, c.DecidedBy, c.DecidedAt = reason, who.Account, f.now()
		if withdraw {
			if err := f.drop(ctx, tx, &c, Refused, ByStaff, "refused after a correction"); err != nil {
				return err
			}
			return f.tell(ctx, tx, c, "refused")
		}
		c.ChangedAt = f.now()
		return f.keep(ctx, tx, c, "correction closed: it stays")
	})
}
