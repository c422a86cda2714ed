package footprint

import (
	"context"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"polder/directory"
	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/fetch"
	"polder/internal/i18n"
	"polder/internal/jobs"
	"polder/internal/outbox"
	"polder/internal/seal"
)

// Settings are what proving needs to know.
type Settings struct {
	BaseURL string // stands in letters
	Centre  string // name of the centre
	Phone   string
	Desk    string // where staff are told; "" tells nobody
	Key     []byte // the centre's key, 32 bytes
	// RDAP is where the list of RDAP servers is; IANA's when empty.
	RDAP string
}

// Recipient is somebody of an organisation who is told about its assets.
type Recipient struct{ Mail, Language string }

// proving is what organisations prove their assets with. A process that only matches has none.
type proving struct {
	queue   *jobs.Queue
	outbox  *outbox.Outbox
	catalog *i18n.Catalog
	fetch   *fetch.Client
	set     Settings
	rdap    *registry
	told    func(ctx context.Context, tx *db.Tx, organisation db.ID) ([]Recipient, error)
}

// Prove lets organisations claim and prove assets: it registers the jobs of that. Without it a
// Footprint imports and matches. Call it once, before the first job.
func (f *Footprint) Prove(queue *jobs.Queue, out *outbox.Outbox, catalog *i18n.Catalog, client *fetch.Client, set Settings) error {
	p := &proving{queue: queue, outbox: out, catalog: catalog, fetch: client, set: set, told: contactOf}
	var err error
	if p.rdap, err = newRegistry(client, set.RDAP); err != nil {
		return err
	}
	f.proving = p
	jobs.Register(queue, jobs.Options{Timeout: 2 * time.Minute, Unique: true, MaxAttempts: 5, AtOnce: 4}, f.look)
	jobs.Register(queue, jobs.Options{Timeout: 10 * time.Minute, Every: time.Hour}, f.recheck)
	jobs.Register(queue, jobs.Options{Timeout: 10 * time.Minute, Every: 6 * time.Hour}, f.end)
	jobs.Register(queue, jobs.Options{Timeout: 10 * time.Minute, Unique: true}, f.activateMore)
	return nil
}

// Told says who of an organisation is told about its assets; its contact for warnings unless set.
func (f *Footprint) Told(fn func(ctx context.Context, tx *db.Tx, organisation db.ID) ([]Recipient, error)) {
	f.proving.told = fn
}

func contactOf(ctx context.Context, tx *db.Tx, organisation db.ID) ([]Recipient, error) {
	found, err := directory.Get(ctx, tx, []db.ID{organisation})
	if o, ok := found[organisation]; err == nil && ok && o.Email != "" {
		return []Recipient{{o.Email, o.Language}}, nil
	}
	return nil, err
}

var words = base32.NewEncoding("abcdefghjkmnpqrstuvwxyz234567890").WithPadding(base32.NoPadding)

// Proof is the text that shows that whoever made the claim has the domain: different for each claim,
// and for each time that it is made.
func (p *proving) proof(c Claim) string {
	when := binary.BigEndian.AppendUint64(nil, uint64(c.RegisteredAt.UnixMicro()))
	return "polder-proof=" + words.EncodeToString(seal.Keyed(p.set.Key, "footprint proofs", c.ID[:], when)[:20])
}

// ProofOf is the text that a domain shows to prove the claim; it stands on the asset's page too.
func (f *Footprint) ProofOf(c Claim) string { return f.proving.proof(c) }

// may tells what the actor is to the organisation now, and whether its mandate covers the asset; the
// zero asset asks for all of them. acting: it must be one who may change assets.
func (f *Footprint) may(ctx context.Context, tx *db.Tx, organisation, asset db.ID, acting bool) (actor.In, error) {
	places := actor.Anybody
	if acting {
		places = actor.Keepers | actor.Delegate
	}
	in, err := directory.May(ctx, tx, organisation, places, acting, f.now())
	if err != nil {
		return in, err
	}
	if in.Place == actor.Delegate {
		ok, err := directory.Covers(ctx, tx, in.Mandate, asset)
		if err != nil {
			return in, err
		}
		if !ok {
			return in, hidden()
		}
	}
	return in, nil
}

func hidden() error { return fault.Hidden() }

// numbered numbers the change of this transaction, once: the lock that it holds keeps others from
// settling a claim until this one is settled.
func (f *Footprint) numbered(ctx context.Context, tx *db.Tx, fn func(version int64) (proven int64, err error)) error {
	version, err := nextVersion(ctx, tx)
	if err != nil {
		return fmt.Errorf("number the change: %w", err)
	}
	proven, err := fn(version)
	if err != nil {
		return err
	}
	return f.publish(ctx, tx, Changed{Version: version, Proven: proven})
}

// commit opens the transaction of a verb that may change what is proven, and brings the index in
// step after it.
func (f *Footprint) commit(ctx context.Context, fn func(tx *db.Tx) error) error {
	if err := f.db.Write(ctx, fn); err != nil || !f.loaded.Load() {
		return err
	}
	return f.Load(ctx)
}

// settle moves a claim whose proof was found: active, or waiting for its organisation to be
// accepted, or contested. Staff decide on what stood in its way when they looked, which is what has
// an open conflict: anything else makes it contested, also for them.
func (f *Footprint) settle(ctx context.Context, tx *db.Tx, c *Claim, by Cause) error {
	now := f.now()
	accepted, err := directory.IsAccepted(ctx, tx, c.Organisation)
	if err != nil {
		return err
	}
	if !accepted {
		if c.State == Shown {
			return nil
		}
		if err := c.move(Shown, by, now); err != nil {
			return err
		}
		return f.keep(ctx, tx, *c, "waits for the organisation to be accepted")
	}
	return f.numbered(ctx, tx, func(version int64) (int64, error) {
		inTheWay, err := against(ctx, tx, *c)
		if err == nil && by == ByStaff {
			inTheWay, err = unseen(ctx, tx, *c, inTheWay)
		}
		if err != nil {
			return 0, err
		}
		if len(inTheWay) > 0 || by != ByStaff && staffMust(*c) {
			return 0, f.contest(ctx, tx, c, by, inTheWay)
		}
		if err := c.move(Active, by, now); err != nil {
			return 0, err
		}
		if err := closeConflicts(ctx, tx, c.ID, now); err != nil {
			return 0, err
		}
		if err := putAsset(ctx, tx, *c, now, version); err != nil {
			return 0, err
		}
		if err := f.keep(ctx, tx, *c, "active: "+string(c.Method)); err != nil {
			return 0, err
		}
		return 1, f.tell(ctx, tx, *c, "active")
	})
}

// unseen returns those of the assets in a claim's way that staff were not shown beside it.
func unseen(ctx context.Context, tx *db.Tx, c Claim, inTheWay []Asset) ([]Asset, error) {
	open, err := openAgainst(ctx, tx, c.ID)
	return slices.DeleteFunc(inTheWay, func(a Asset) bool { return open[a.ID] }), err
}

// contest makes a claim wait for staff, and tells both sides.
func (f *Footprint) contest(ctx context.Context, tx *db.Tx, c *Claim, by Cause, inTheWay []Asset) error {
	now := f.now()
	if c.State == Contested { // by another, and now by these too
		c.ChangedAt = now
	} else if err := c.move(Contested, by, now); err != nil {
		return err
	}
	told := map[db.ID]bool{}
	for _, a := range inTheWay {
		fresh, err := openConflict(ctx, tx, Conflict{ID: db.NewID(), Claim: c.ID, Asset: a.ID, Claimant: c.Organisation, Holder: a.Organisation, OpenedAt: now})
		if err != nil {
			return err
		}
		if !fresh || told[a.Organisation] {
			continue
		}
		told[a.Organisation] = true
		if err := f.tell(ctx, tx, Claim{ID: a.ID, Organisation: a.Organisation, Kind: a.Kind, Value: a.Value, Role: a.Role, State: Active}, "claimed_too"); err != nil {
			return err
		}
	}
	if err := f.keep(ctx, tx, *c, fmt.Sprintf("contested: %d in the way", len(inTheWay))); err != nil {
		return err
	}
	if err := f.tell(ctx, tx, *c, "contested"); err != nil {
		return err
	}
	return f.tellStaff(ctx, tx, *c, "contested")
}

// drop moves a claim to a state in which it warns nobody, from this moment.
func (f *Footprint) drop(ctx context.Context, tx *db.Tx, c *Claim, to State, by Cause, why string) error {
	now := f.now()
	was := c.State
	if err := c.move(to, by, now); err != nil {
		return err
	}
	c.Asked, c.Failures, c.FailingSince, c.CheckAt = "", 0, time.Time{}, time.Time{}
	if to != Unproven {
		c.ExpiresAt = time.Time{}
	} else {
		c.ExpiresAt = now.Add(Unclaimed)
	}
	if err := closeConflicts(ctx, tx, c.ID, now); err != nil {
		return err
	}
	if err := f.keep(ctx, tx, *c, why); err != nil {
		return err
	}
	if was != Active {
		return nil
	}
	if c.Kind == Domain {
		if err := hurryRoutes(ctx, tx, c.Organisation, now); err != nil {
			return err
		}
	}
	return f.numbered(ctx, tx, func(version int64) (int64, error) {
		_, err := takeAsset(ctx, tx, c.ID, now, version)
		return 0, err
	})
}

// keep writes the claim and puts it in the record.
func (f *Footprint) keep(ctx context.Context, tx *db.Tx, c Claim, detail string) error {
	if err := saveClaim(ctx, tx, c); err != nil {
		return fmt.Errorf("keep claim %s: %w", c.ID, err)
	}
	action := audit.Change
	if !c.DecidedAt.IsZero() && c.DecidedAt.Equal(c.ChangedAt) {
		action = audit.Decide
	}
	return audit.Append(ctx, tx, audit.Event{At: f.now(), Action: action, Object: "asset " + c.ID.String(), Organisation: c.Organisation, Detail: detail})
}

// single tells whether a value is one address alone, and which.
func single(c Claim) (netip.Addr, bool) {
	if c.Kind != Prefix {
		return netip.Addr{}, false
	}
	p, err := ParsePrefix(c.Value)
	return p.Addr(), err == nil && p.IsSingleIP()
}

// wide tells whether a range is so wide that staff alone can accept it.
func wide(c Claim) bool {
	if c.Kind != Prefix {
		return false
	}
	p, err := ParsePrefix(c.Value)
	return err == nil && (p.Addr().Is4() && p.Bits() < 16 || p.Addr().Is6() && p.Bits() < 32)
}
