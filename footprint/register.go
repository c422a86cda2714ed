package footprint

import (
	"context"
	"errors"

	"polder/directory"
	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
)

// Entry is what somebody says that the organisation has; Value is as typed.
type Entry struct {
	Kind  Kind
	Value string
	Role  Role
}

// most is how many assets an organisation may claim by itself; an operator imports more.
const mostClaims = 10_000

// mostAtOnce is how many of them in one list.
const mostAtOnce = 1000

// Register claims one asset for the organisation and returns the claim. It warns nobody until it is
// proven; a product, which concerns nobody else, needs no proof.
func (f *Footprint) Register(ctx context.Context, organisation db.ID, e Entry) (c Claim, err error) {
	err = f.commit(ctx, func(tx *db.Tx) error {
		if _, err := f.may(ctx, tx, organisation, db.ID{}, true); err != nil {
			return err
		}
		c, err = f.register(ctx, tx, organisation, e)
		return err
	})
	return c, err
}

// RegisterAll claims what the lines say, as far as they can be used, and returns how many are new.
func (f *Footprint) RegisterAll(ctx context.Context, organisation db.ID, lines []Line) (n int, err error) {
	err = f.commit(ctx, func(tx *db.Tx) error {
		n = 0
		if _, err := f.may(ctx, tx, organisation, db.ID{}, true); err != nil {
			return err
		}
		for _, l := range lines {
			if l.Verdict == Bad {
				continue
			}
			_, err := f.register(ctx, tx, organisation, l.Entry)
			var already *fault.Error
			if errors.As(err, &already) && already.Kind == fault.Conflict {
				continue
			}
			if err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}

// register is Register in a transaction of somebody who may.
func (f *Footprint) register(ctx context.Context, tx *db.Tx, organisation db.ID, e Entry) (c Claim, err error) {
	value, err := Canonical(e.Kind, e.Value)
	if err != nil {
		return c, fault.Wrap(fault.Invalid, err, refusalKey(e.Kind, e.Value))
	}
	if e.Kind == Product {
		e.Role = Owner
	}
	if e.Role != Owner && e.Role != Provider {
		return c, fault.New(fault.Invalid, "footprint.error.role")
	}
	if err := lockRegister(ctx, tx); err != nil {
		return c, err
	}
	c, found, err := claimFor(ctx, tx, organisation, e.Kind, value)
	if err != nil {
		return c, err
	}
	if found && c.State != Withdrawn && c.State != Expired {
		return c, fault.New(fault.Conflict, "footprint.error.already", "Value", value)
	}
	if !found {
		_, all, err := waitingOf(ctx, tx, organisation)
		if err != nil {
			return c, err
		}
		if all >= mostClaims {
			return c, fault.New(fault.TooMany, "footprint.error.most", "Most", mostClaims)
		}
		c.State = Withdrawn
	}
	now := f.now()
	if err := c.move(Pending, ByKeeper, now); err != nil {
		return c, err
	}
	c.Role, c.RegisteredBy = e.Role, actor.From(ctx).Account
	c.again(now)
	if err := f.keep(ctx, tx, c, "registered"); err != nil {
		return c, err
	}
	if c.Kind != Product {
		return c, nil
	}
	c.Method, c.ProvenAt, c.ExpiresAt = ByWord, now, now.Add(Year)
	return c, f.settleProduct(ctx, tx, &c)
}

// settleProduct takes the organisation's word for a product.
func (f *Footprint) settleProduct(ctx context.Context, tx *db.Tx, c *Claim) error {
	accepted, err := directory.IsAccepted(ctx, tx, c.Organisation)
	if err != nil {
		return err
	}
	if !accepted {
		if err := c.move(Shown, ByKeeper, f.now()); err != nil {
			return err
		}
		return f.keep(ctx, tx, *c, "waits for the organisation to be accepted")
	}
	return f.numbered(ctx, tx, func(version int64) (int64, error) {
		if err := c.move(Active, ByKeeper, f.now()); err != nil {
			return 0, err
		}
		if err := putAsset(ctx, tx, *c, f.now(), version); err != nil {
			return 0, err
		}
		return 0, f.keep(ctx, tx, *c, "active: word")
	})
}

// Drop withdraws an asset of the organisation: from this moment it warns nobody.
func (f *Footprint) Drop(ctx context.Context, organisation, asset db.ID) error {
	return f.changeClaim(ctx, organisation, asset, func(tx *db.Tx, c *Claim) error {
		return f.drop(ctx, tx, c, Withdrawn, ByKeeper, "withdrawn")
	})
}

// Confirm says that the asset is still the organisation's, for another year.
func (f *Footprint) Confirm(ctx context.Context, organisation, asset db.ID) error {
	return f.changeClaim(ctx, organisation, asset, func(tx *db.Tx, c *Claim) error {
		now := f.now()
		switch {
		case c.State == Expired:
			if c.Kind == Product {
				_, err := f.register(ctx, tx, organisation, Entry{c.Kind, c.Value, c.Role})
				return err
			}
			if err := c.move(Pending, ByKeeper, now); err != nil {
				return err
			}
			c.again(now)
			return f.keep(ctx, tx, *c, "to be proven again")
		case !c.holds() || c.Method == ByOperatorsImport:
			return fault.New(fault.Conflict, "footprint.error.moved_on")
		}
		c.ExpiresAt, c.Reminded = now.Add(Year), 0
		return f.keep(ctx, tx, *c, "confirmed for a year")
	})
}

// Ours closes a correction that says that an asset is not the organisation's: it is.
func (f *Footprint) Ours(ctx context.Context, organisation, asset db.ID) error {
	return f.changeClaim(ctx, organisation, asset, func(tx *db.Tx, c *Claim) error {
		n, err := closeCorrection(ctx, tx, c.ID, f.now())
		if err != nil || n == 0 {
			return err
		}
		return f.keep(ctx, tx, *c, "correction closed: it is ours")
	})
}

// Named says whether the other side of a conflict may read the organisation's name.
func (f *Footprint) Named(ctx context.Context, organisation, asset db.ID, named bool) error {
	return f.changeClaim(ctx, organisation, asset, func(tx *db.Tx, c *Claim) error {
		n, err := nameInConflicts(ctx, tx, c.ID, organisation, named)
		if err == nil && n == 0 {
			err = hidden()
		}
		return err
	})
}

// changeClaim runs fn on a claim of the organisation that the actor may change.
func (f *Footprint) changeClaim(ctx context.Context, organisation, asset db.ID, fn func(tx *db.Tx, c *Claim) error) error {
	return f.commit(ctx, func(tx *db.Tx) error {
		if _, err := f.may(ctx, tx, organisation, asset, true); err != nil {
			return err
		}
		c, err := lockClaim(ctx, tx, organisation, asset)
		if errors.Is(err, db.ErrNoRows) {
			return hidden()
		}
		if err != nil {
			return err
		}
		return fn(tx, &c)
	})
}

func refusalKey(kind Kind, value string) string {
	switch kind {
	case Prefix:
		return "footprint.refused.prefix"
	case ASN:
		return "footprint.refused.asn"
	case Domain:
		if name, ok := Normal(value); ok && isPublicSuffix(name) {
			return "footprint.refused.suffix"
		}
		return "footprint.refused.domain"
	}
	return "footprint.error.product"
}
