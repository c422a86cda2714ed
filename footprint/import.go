package footprint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"polder/directory"
	"polder/internal/audit"
	"polder/internal/db"
)

// Imported counts what an import did.
type Imported struct {
	Rows, Added, Changed, Withdrawn int64
}

var importColumns = []string{"organisation_reference", "kind", "value", "role"}

// Import reads assets as CSV with the columns organisation_reference, kind, value, role (by name,
// in any order) and makes them proven by the operator, at once and for matching too. Assets that
// are not in the file stay. It is all or nothing: when any line is wrong, an Invalid fault lists
// every wrong line and nothing has changed.
func (f *Footprint) Import(ctx context.Context, r io.Reader) (Imported, error) {
	return f.change(ctx, r, importColumns, stagedTwice, func(ctx context.Context, tx *db.Tx, done *Imported, now, version int64) (err error) {
		done.Added, done.Changed, err = unstage(ctx, tx, now, version)
		return err
	})
}

// Withdraw reads assets in the form of Import and withdraws them: from that moment they concern
// nobody. Assets that are not registered, or withdrawn already, are passed over.
func (f *Footprint) Withdraw(ctx context.Context, r io.Reader) (Imported, error) {
	return f.change(ctx, r, importColumns[:3], nil, func(ctx context.Context, tx *db.Tx, done *Imported, now, version int64) (err error) {
		done.Withdrawn, err = withdrawStaged(ctx, tx, now, version)
		return err
	})
}

var errUnchanged = errors.New("nothing changed")

// check looks at the lines of a file together, once they are staged.
type check func(ctx context.Context, tx *db.Tx, wrong *directory.WrongLines) error

func (f *Footprint) change(ctx context.Context, r io.Reader, required []string, also check, apply func(ctx context.Context, tx *db.Tx, done *Imported, now, version int64) error) (done Imported, err error) {
	err = f.db.Write(ctx, func(tx *db.Tx) error {
		version, err := nextVersion(ctx, tx)
		if err != nil {
			return fmt.Errorf("number the change: %w", err)
		}
		if done.Rows, err = stageRows(ctx, tx, r, required, also); err != nil {
			return err
		}
		if err := tx.Analyze(ctx, "footprint_stage"); err != nil {
			return err
		}
		if err := apply(ctx, tx, &done, db.Micros(f.now()), version); err != nil {
			return err
		}
		if done.Added >= db.Many {
			if err := tx.Analyze(ctx, "footprint_asset"); err != nil {
				return err
			}
		}
		if done.Added+done.Changed+done.Withdrawn == 0 {
			return errUnchanged // give the number back: followers have nothing to read
		}
		if err := f.record(ctx, tx, done); err != nil {
			return err
		}
		return f.publish(ctx, tx, Changed{Version: version, Proven: done.Added + done.Changed})
	})
	if errors.Is(err, errUnchanged) {
		return done, f.db.Write(ctx, func(tx *db.Tx) error { return f.record(ctx, tx, done) })
	}
	if err != nil {
		return Imported{}, err
	}
	if !f.loaded.Load() {
		return done, nil // a process that only imports needs no index
	}
	return done, f.Load(ctx)
}

func (f *Footprint) record(ctx context.Context, tx *db.Tx, done Imported) error {
	return audit.Append(ctx, tx, audit.Event{At: f.now(), Action: audit.Import, Object: "assets",
		Detail: fmt.Sprintf("%d rows, %d new, %d changed, %d withdrawn", done.Rows, done.Added, done.Changed, done.Withdrawn)})
}

// stageRows checks the file's lines and puts the good ones in the staging table, in batches: one
// query for the references of each batch. Any wrong line fails the whole as one Invalid fault.
func stageRows(ctx context.Context, tx *db.Tx, r io.Reader, required []string, also check) (rows int64, err error) {
	if err := stage(ctx, tx); err != nil {
		return 0, fmt.Errorf("prepare the import: %w", err)
	}
	type line struct {
		number           int
		reference, value string
		kind             Kind
		role             Role
	}
	var batch []line
	var wrong directory.WrongLines
	known := map[string]db.ID{}
	flush := func() error {
		var ask []string
		for _, l := range batch {
			if _, have := known[l.reference]; !have {
				known[l.reference] = db.ID{}
				ask = append(ask, l.reference)
			}
		}
		ids, err := directory.IDs(ctx, tx, ask)
		if err != nil {
			return err
		}
		for reference, id := range ids {
			known[reference] = id
		}
		values := make([][]any, 0, len(batch))
		for _, l := range batch {
			owner := known[l.reference]
			if owner.IsZero() {
				wrong.Add(l.number, fmt.Sprintf("there is no organisation with reference %q; import organisations first", l.reference))
				continue
			}
			id := db.NewID()
			values = append(values, []any{l.number, id[:], owner[:], l.kind.String(), l.value, l.role.String()})
		}
		batch = batch[:0]
		return tx.Bulk(ctx, "footprint_stage", stageColumns, values)
	}
	err = directory.EachRow(r, importColumns, required, nil, &wrong, func(number int, v []string) (wrong []string, err error) {
		l := line{number: number, reference: strings.TrimSpace(v[0]), role: Owner}
		var ok bool
		if l.kind, ok = ParseKind(strings.ToLower(strings.TrimSpace(v[1]))); !ok {
			wrong = append(wrong, fmt.Sprintf("kind %q is not prefix, asn, domain or product", v[1]))
		} else if l.value, err = Canonical(l.kind, v[2]); err != nil {
			wrong = append(wrong, err.Error())
		}
		if role := strings.ToLower(strings.TrimSpace(v[3])); role != "" {
			if l.role, ok = ParseRole(role); !ok {
				wrong = append(wrong, fmt.Sprintf("role %q is not owner or provider", v[3]))
			}
		}
		if l.reference == "" {
			wrong = append(wrong, "organisation_reference is empty; give one")
		}
		if len(wrong) > 0 {
			return wrong, nil
		}
		rows++
		batch = append(batch, l)
		if len(batch) == 2000 {
			return nil, flush()
		}
		return nil, nil
	})
	if err != nil {
		return 0, err
	}
	if err := flush(); err != nil {
		return 0, fmt.Errorf("stage the import: %w", err)
	}
	if also != nil {
		if err := also(ctx, tx, &wrong); err != nil {
			return 0, fmt.Errorf("check the import: %w", err)
		}
	}
	return rows, wrong.Err()
}
