// Package footprint knows what an organisation asks us to watch: ranges of addresses, AS numbers,
// domains and products, and answers whom an address or a name concerns.
//
// An asset is proven (its organisation is warned) or withdrawn (from that moment it is not). It is
// proven by the operator's import, or exactly while the organisation's own claim on it is active:
// claim.go holds the states of a claim and who moves it, conflict.go what keeps one from taking
// what is another's. The answers come from an index in memory, made
// at start and changed copy-on-write: at once in the process that makes a change, within a second
// in the others, which follow the register's version. It owns the tables footprint_*, and publishes
// the event Changed in the transaction that changes assets.
package footprint

import (
	"cmp"
	"context"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"polder/internal/db"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Schema is the domain's tables; they refer to the directory's.
func Schema() db.Schema {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return db.Schema{Name: "footprint", FS: sub}
}

// Changed says that assets changed: all those whose Version is this one.
type Changed struct {
	Version int64
	Proven  int64 // how many of them are proven now that were not
}

// Footprint answers for the register of assets.
type Footprint struct {
	db          *db.DB
	now         func() time.Time
	log         *slog.Logger
	index       atomic.Pointer[Index]
	refreshing  sync.Mutex
	loaded      atomic.Bool // somebody here asks the index
	subscribers []func(ctx context.Context, tx *db.Tx, e Changed) error
	proving     *proving // nil in a process that only imports and matches
}

// New makes a Footprint on a migrated database. Its index is empty until Load.
func New(d *db.DB, now func() time.Time, log *slog.Logger) *Footprint {
	f := &Footprint{db: d, now: now, log: log}
	f.index.Store(NewIndex())
	return f
}

// OnChange subscribes to changes. The function runs in the transaction of the change: what it
// queues there happens if and only if the change does. Call it before anything changes.
func (f *Footprint) OnChange(fn func(ctx context.Context, tx *db.Tx, e Changed) error) {
	f.subscribers = append(f.subscribers, fn)
}

func (f *Footprint) publish(ctx context.Context, tx *db.Tx, e Changed) error {
	for _, fn := range f.subscribers {
		if err := fn(ctx, tx, e); err != nil {
			return fmt.Errorf("tell of changed assets: %w", err)
		}
	}
	return nil
}

// Index returns the index as it is now. Keep it for as long as one answer must be consistent.
func (f *Footprint) Index() *Index { return f.index.Load() }

// rebuildAt is the number of changed assets from which building anew is cheaper than copy-on-write.
const rebuildAt = 200_000

// Load makes the index agree with the register, and is cheap when it does already. Call it at start
// and after a change in this process; Follow calls it for changes in others.
func (f *Footprint) Load(ctx context.Context) error {
	f.refreshing.Lock()
	defer f.refreshing.Unlock()
	f.loaded.Store(true)
	have := f.Index()
	next := have
	anew := int64(0) // the version to build anew for
	err := f.db.Read(ctx, func(tx *db.Tx) error {
		version, err := currentVersion(ctx, tx)
		if err != nil || version == have.version {
			return err
		}
		n, err := changedSince(ctx, tx, have.version)
		if err != nil {
			return err
		}
		if have.version == 0 || n > rebuildAt {
			anew = version
			return nil
		}
		changed, err := assetsSince(ctx, tx, have.version)
		next = have.with(changed, version)
		return err
	})
	if err == nil && anew > 0 {
		next, err = build(ctx, f.db, anew)
	}
	if err != nil {
		return fmt.Errorf("load the register of assets: %w", err)
	}
	f.index.Store(next)
	return nil
}

// Follow keeps the index in step with changes made by other processes until ctx ends.
func (f *Footprint) Follow(ctx context.Context) {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := f.Load(ctx); err != nil && ctx.Err() == nil {
				f.log.Error("the register of assets could not be read; matching goes on with the last known", "error", err)
			}
		}
	}
}

func build(ctx context.Context, d *db.DB, version int64) (*Index, error) {
	x := NewIndex()
	x.version = version
	err := eachProven(ctx, d, func(a Asset) { x.put(a, false) })
	return x, err
}

// EachProven calls fn for each asset that findings can match, in no order: for who makes up findings.
func (f *Footprint) EachProven(ctx context.Context, fn func(Asset)) error {
	return eachProven(ctx, f.db, fn)
}

// SortAssets puts assets in the order of their kinds and values.
func SortAssets(list []Asset) {
	slices.SortFunc(list, func(a, b Asset) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), strings.Compare(a.Value, b.Value)) })
}
