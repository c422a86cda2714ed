// Package audit keeps an append-only record of who saw or did what. The database itself refuses to
// change or delete an entry, and a chain of hashes (Link, Verify) shows when somebody made it do so. It
// owns the tables audit_*.
package audit

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Schema is the record's table.
func Schema() db.Schema {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return db.Schema{Name: "audit", FS: sub}
}

// Action is what was done.
type Action string

// The actions that are recorded.
const (
	Import   Action = "import"   // reports and registers taken in
	Read     Action = "read"     // an organisation's exposures shown to somebody
	Export   Action = "export"   // data taken out
	Send     Action = "send"     // a message accepted by the mail server
	Feedback Action = "feedback" // what a recipient told us
	Delete   Action = "delete"   // data removed at the end of its term, or because somebody asked
	SignIn   Action = "sign-in"  // a session began or ended, or an attempt failed in a way that matters
	Factor   Action = "factor"   // a way to sign in was added, removed or used up
	Grant    Action = "grant"    // a role, place, mandate or token was given or taken
	Change   Action = "change"   // an organisation, contact or asset was changed
	Decide   Action = "decide"   // staff accepted, refused or decided
	Revoke   Action = "revoke"   // links withdrawn by the operator
	Verified Action = "verify"   // the record itself was looked at, whether it is whole
)

type actorKey struct{}

// WithActor says who acts in this context: "operator:NAME".
func WithActor(ctx context.Context, actor string) context.Context {
	return context.WithValue(ctx, actorKey{}, actor)
}

// ActorOf returns who acts in this context: what WithActor said, else the account or token that is
// signed in, by id alone; "polder" when there is nobody.
func ActorOf(ctx context.Context) string {
	if a, ok := ctx.Value(actorKey{}).(string); ok && a != "" {
		return a
	}
	if a := actor.From(ctx).String(); a != "" {
		return a
	}
	return "polder"
}

// Event is one entry.
type Event struct {
	ID           db.ID // made when it is appended
	At           time.Time
	Actor        string // "operator:NAME", "recipient", "supplier", "polder"; that of the context when empty
	Action       Action
	Object       string // what, by kind and id
	Organisation db.ID  // whose data; zero when it is nobody's in particular
	Detail       string // never content: counts, names of files, references
}

// Append records the event in the caller's transaction: what rolls back was not done.
func Append(ctx context.Context, tx *db.Tx, e Event) error {
	if e.Actor == "" {
		e.Actor = ActorOf(ctx)
	}
	_, err := tx.Exec(ctx, `INSERT INTO audit_event (id, at, actor, action, object, organisation_id, detail)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)`, db.NewID(), db.At(e.At), e.Actor, string(e.Action), e.Object, e.Organisation, e.Detail)
	if err != nil {
		return fmt.Errorf("record %s of %s: %w", e.Action, e.Object, err)
	}
	return nil
}

// List returns the events from the moment given, oldest first, at most limit.
func List(ctx context.Context, tx *db.Tx, from time.Time, limit int) (list []Event, err error) {
	err = tx.Each(ctx, func(scan func(...any) error) error {
		e, err := scanEvent(scan)
		list = append(list, e)
		return err
	}, `SELECT `+eventColumns+` FROM audit_event WHERE at >= ?1 ORDER BY at, id LIMIT ?2`, db.At(from), limit)
	return list, err
}
