package notify

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"os"
	"slices"
	"time"

	"polder/footprint"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/notify/feeds"
)

// lookBack is how long ago a report may have come to be read again for a new asset.
const lookBack = 30 * 24 * time.Hour

// mostAssets is how many assets of one change are looked at in one pass over the reports.
const mostAssets = 2_000_000

// Rematch reads the reports of the last 30 days again for the assets of one change of the register,
// and no others: their organisations get the exposures that they would have had. Run twice, it
// changes nothing more. A report that is being read meanwhile looks back itself when it ends.
func (n *Notify) Rematch(ctx context.Context, version int64) (c Counts, err error) {
	return n.rematch(ctx, version, 0)
}

// rematch is Rematch for one report alone, by its number, or for all when it is 0.
func (n *Notify) rematch(ctx context.Context, version, report int64) (c Counts, err error) {
	var any []*Report
	err = n.db.Read(ctx, func(tx *db.Tx) (err error) {
		any, err = since(ctx, tx, db.Micros(n.now().Add(-lookBack)), 0, 1)
		return err
	})
	if err != nil || len(any) == 0 {
		return c, err // nothing to look at: the assets, which may be a million, are not even read
	}
	plan, err := n.calendar(ctx)
	if err != nil {
		return c, err
	}
	var assets []footprint.Asset
	err = n.db.Read(ctx, func(tx *db.Tx) (err error) {
		assets, err = footprint.Proven(ctx, tx, version, mostAssets)
		return err
	})
	if err != nil {
		return c, fmt.Errorf("look up the new assets: %w", err)
	}
	if len(assets) == 0 {
		return c, nil
	}
	if len(assets) == mostAssets {
		n.log.Warn("a change of the register is too large to look back for all of it; import the rest in parts", "assets", mostAssets)
	}
	if err := n.footprint.Load(ctx); err != nil {
		return c, err
	}
	only, wanted := footprint.IndexOf(assets), make(map[db.ID]bool, len(assets))
	for _, a := range assets {
		wanted[a.ID] = true
	}
	if err := n.theirsAgain(ctx, assets, only); err != nil {
		return c, fmt.Errorf("look up what was not theirs before: %w", err)
	}
	touched := map[int64]bool{}
	var failed []error
	err = func() error {
		for after := int64(0); ; {
			var list []*Report
			err := n.db.Read(ctx, func(tx *db.Tx) (err error) {
				list, err = since(ctx, tx, db.Micros(n.now().Add(-lookBack)), after, 50)
				return err
			})
			if err != nil {
				return fmt.Errorf("look up reports to read again: %w", err)
			}
			if len(list) == 0 {
				break
			}
			for _, r := range list {
				if after = r.Seq; report != 0 && r.Seq != report {
					continue
				}
				done, err := n.readAgain(ctx, r, plan, only, wanted)
				if ctx.Err() != nil {
					return ctx.Err()
				}
				if err != nil { // the other reports can be read all the same
					failed = append(failed, fmt.Errorf("read report %s again: %w", r.Name, err))
				}
				c.add(done)
				if done.ExposuresNew > 0 {
					touched[r.Series] = true
				}
			}
		}
		for series := range touched {
			// What the latest reports no longer show is solved before anybody is told of it.
			if _, err := n.Confirm(ctx, series); err != nil {
				return err
			}
		}
		return nil
	}()
	err = errors.Join(append(failed, err)...)
	if c.ExposuresNew > 0 && ctx.Err() == nil {
		err = errors.Join(err, n.db.Write(ctx, func(tx *db.Tx) error { return n.queue.Insert(ctx, tx, composeArgs{}, n.now().Add(n.set.Gather)) }))
	}
	return c, err
}

// theirsAgain takes back what an organisation said was not its own, of an asset that it registered or
// proved after it said so: the next report that shows it opens it again.
func (n *Notify) theirsAgain(ctx context.Context, assets []footprint.Asset, only *footprint.Index) error {
	since := map[db.ID]time.Time{} // organisation -> when the earliest of the assets became its own
	for _, a := range assets {
		if at, ok := since[a.Organisation]; !ok || a.RegisteredAt.Before(at) {
			since[a.Organisation] = a.RegisteredAt
		}
	}
	for batch := range slices.Chunk(slices.Collect(maps.Keys(since)), 500) {
		err := n.change(ctx, func(tx *db.Tx) error {
			var back []Exposure
			err := eachNotOurs(ctx, tx, batch, func(e Exposure) error {
				var hits []footprint.Hit
				if a, err := netip.ParseAddr(e.Address); err == nil {
					hits = only.Address(hits, a, 0)
				}
				hits = only.Name(hits, e.Name)
				for _, h := range hits {
					if h.Organisation == e.Organisation && h.RegisteredAt().After(e.StateAt) {
						back = append(back, e)
						return nil
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
			for _, e := range back {
				if err := expireNotOurs(ctx, tx, e, n.now()); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (n *Notify) readAgain(ctx context.Context, r *Report, plan *calendar, only *footprint.Index, wanted map[db.ID]bool) (c Counts, err error) {
	file, err := os.Open(n.rawPath(r.SHA256))
	if errors.Is(err, fs.ErrNotExist) {
		n.log.Warn("a raw report is missing, so new assets cannot be looked up in it", "report", r.Name)
		return c, nil
	}
	if err != nil {
		return c, err
	}
	defer file.Close()
	feed, err := open(file, r.Size, r.Name, r.typeAsked(), []byte(r.Mapping), n.now())
	if err != nil {
		return c, err
	}
	// Due from now: nobody could have been told before.
	p := &reportReader{footprint: n.footprint, report: r, feed: feed, plan: plan, from: n.now(), only: only, assets: wanted}
	var failed error
	broken := p.run(ctx, func(b *batch) {
		if failed != nil || len(b.rows) == 0 {
			return
		}
		failed = n.change(ctx, func(tx *db.Tx) error {
			done, err := n.see(ctx, tx, r, b)
			c.add(done)
			return err
		})
	})
	if failed == nil && broken != nil && r.State != "broken" {
		failed = broken
	}
	return c, errors.Join(failed, ctx.Err())
}

// typeAsked is the type to open the raw file with again. The class that a mapping gives in place of a
// type is not asked for: the mapping gives it again.
func (r *Report) typeAsked() string {
	if r.Format == feeds.FormatMapped && feeds.Taxonomy(r.Type) != "" {
		return ""
	}
	return r.Type
}

// Resume goes on with reports whose reading was cut short, unless somebody is reading just now, and
// removes copies of files that a killed process left behind more than a day ago.
func (n *Notify) Resume(ctx context.Context) error {
	if err := n.dropLeftBehind(n.now()); err != nil {
		return err
	}
	err := n.db.TryExclusive(ctx, "ingest", func(ctx context.Context) error {
		var list []*Report
		err := n.db.Read(ctx, func(tx *db.Tx) (err error) { list, err = reading(ctx, tx); return err })
		if err != nil {
			return fmt.Errorf("look up reports that were cut short: %w", err)
		}
		var failed []error // one that cannot go on keeps no other waiting
		for _, r := range list {
			if err := n.resume(ctx, r); err != nil {
				failed = append(failed, fmt.Errorf("go on with report %s: %w", r.Name, err))
			}
		}
		return errors.Join(failed...)
	})
	if errors.Is(err, db.ErrBusy) {
		return nil
	}
	return err
}

func (n *Notify) resume(ctx context.Context, r *Report) error {
	file, err := os.Open(n.rawPath(r.SHA256))
	if err != nil {
		return err
	}
	defer file.Close()
	if s, err := file.Stat(); err != nil || s.Size() != r.Size {
		return errors.Join(err, fmt.Errorf("its raw file is not whole; offer the file again with polder ingest"))
	}
	feed, err := open(file, r.Size, r.Name, r.typeAsked(), []byte(r.Mapping), n.now())
	if err != nil {
		return err
	}
	n.log.Info("going on with a report that was cut short", "report", r.Name, "line", r.LastLine)
	return n.read(ctx, r, feed, file.Sync, nil)
}

// dropRaw removes raw files past their term: first the file, then the note that it is gone.
func (n *Notify) dropRaw(ctx context.Context, now time.Time) (count int64, err error) {
	for {
		var list []*Report
		err := n.db.Read(ctx, func(tx *db.Tx) (err error) {
			list, err = rawDue(ctx, tx, db.Micros(now.Add(-n.set.KeepRaw)), 100)
			return err
		})
		if err != nil || len(list) == 0 {
			return count, err
		}
		for _, r := range list {
			if err := os.Remove(n.rawPath(r.SHA256)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return count, fmt.Errorf("remove raw report %s: %w", r.Name, err)
			}
		}
		err = n.db.Write(ctx, func(tx *db.Tx) error {
			for _, r := range list {
				if err := markRawDeleted(ctx, tx, r.ID, db.Micros(now)); err != nil {
					return err
				}
			}
			return audit.Append(ctx, tx, audit.Event{At: now, Actor: "polder", Action: audit.Delete, Object: "raw reports",
				Detail: fmt.Sprintf("%d from before %s", len(list), now.Add(-n.set.KeepRaw).Format(time.DateOnly))})
		})
		if err != nil {
			return count, err
		}
		count += int64(len(list))
	}
}
