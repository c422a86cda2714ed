package footprint

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"polder/internal/kit"
)

// TestStatesAreDrawn keeps docs/states.md in step with the table that claims move by. Run it with
// -update after changing it.
func TestStatesAreDrawn(t *testing.T) {
	var b strings.Builder
	order := func(a, b [2]State) int {
		return cmp.Or(cmp.Compare(slices.Index(States, a[0]), slices.Index(States, b[0])), cmp.Compare(slices.Index(States, a[1]), slices.Index(States, b[1])))
	}
	keys := slices.SortedFunc(maps.Keys(moves), order)
	b.WriteString("\n## Asset that an organisation claims\n\nMade from the table `moves` in the package footprint; a test keeps it in step. Only `active` warns\nanybody: proven, and the organisation accepted. `organisation` is its owner, security contact or a\ndelegate who may act.\n\n```mermaid\nstateDiagram-v2\n    [*] --> pending: organisation\n    [*] --> active: operator\n")
	words := func(causes []Cause) string {
		list := make([]string, len(causes))
		for i, c := range causes {
			list[i] = string(c)
		}
		return strings.Join(list, ", ")
	}
	for _, m := range keys {
		fmt.Fprintf(&b, "    %s --> %s: %s\n", m[0], m[1], words(moves[m]))
	}
	b.WriteString("```\n\n| from | to | by |\n|---|---|---|\n")
	for _, m := range keys {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", m[0], m[1], words(moves[m]))
	}
	kit.GoldenPart(t, "../../docs/states.md", "footprint", []byte(b.String()))
}
