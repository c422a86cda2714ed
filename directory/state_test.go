package directory

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/kit"
)

func movesInOrder() [][2]State {
	return slices.SortedFunc(maps.Keys(Moves), func(a, b [2]State) int {
		return cmp.Or(cmp.Compare(slices.Index(States, a[0]), slices.Index(States, b[0])), cmp.Compare(slices.Index(States, a[1]), slices.Index(States, b[1])))
	})
}

// TestStatesAreDrawn keeps docs/states.md in step with the table that the code works by. Run it with
// -update after changing it.
func TestStatesAreDrawn(t *testing.T) {
	var b strings.Builder
	b.WriteString("\n## Organisation\n\nMade from the table `Moves` in the package directory; a test keeps it in step.\n\n```mermaid\nstateDiagram-v2\n    [*] --> requested: person\n    [*] --> accepted: operator\n")
	for _, m := range movesInOrder() {
		fmt.Fprintf(&b, "    %s --> %s: %s\n", m[0], m[1], Moves[m])
	}
	b.WriteString("    closed --> [*]\n```\n\n| from | to | by |\n|---|---|---|\n")
	for _, m := range movesInOrder() {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", m[0], m[1], Moves[m])
	}
	kit.GoldenPart(t, "../../docs/states.md", "directory", []byte(b.String()))
}

// Every pair of states is tried by who might: what the table has happens, and nothing else does.
func TestEveryMove(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.person("anna")
		w.person("adviser", actor.Adviser)
		o := w.organisation("anna", "Bakkerij", "12345678")
		put := func(s State) {
			w.write(func(tx *db.Tx) error {
				_, err := tx.Exec(w.ctx, `UPDATE directory_organisation SET state = ?2, erase_at = NULL, name = 'Bakkerij' WHERE id = ?1`, o, string(s))
				if err != nil {
					return err
				}
				_, err = addMember(w.ctx, tx, o, w.accounts["anna"], actor.Owner, w.clock.Now())
				return err
			})
		}
		for _, from := range States {
			for _, to := range States {
				for _, by := range []By{byOwner, byAdviser} {
					put(from)
					var err error
					switch {
					case by == byAdviser && (to == Accepted || to == Asked || to == Refused):
						err = w.dir.Decide(w.as("adviser"), o, to, "x", "")
					case by == byOwner && to == Requested:
						err = w.dir.Reply(w.as("anna"), o, "x")
					case by == byOwner && to == Closed:
						err = w.dir.Close(w.as("anna"), o)
					default:
						continue // there is no verb for it
					}
					who, may := Moves[[2]State{from, to}]
					may = may && who == by
					if may != (err == nil) || may && w.state(o).State != to || !may && w.state(o).State != from {
						t.Errorf("%s to %s by %s: %v, and it is %s", from, to, by, err, w.state(o).State)
					}
					if !may && fault.KindOf(err) != fault.Conflict && fault.KindOf(err) != fault.NotFound {
						t.Errorf("%s to %s by %s: %v", from, to, by, err)
					}
				}
			}
		}
	})
}
