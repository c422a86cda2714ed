package notify

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"polder/internal/kit"
)

// TestStatesAreDrawn keeps docs/states.md in step with the tables that the code works by. Run it
// with -update after changing them.
func TestStatesAreDrawn(t *testing.T) {
	var b strings.Builder
	b.WriteString("\nMade from the tables `moves` and `deliveryMoves` in the package notify; a test keeps it in step.\n\n## Exposure\n\n```mermaid\nstateDiagram-v2\n    [*] --> new: report\n")
	order := func(a, b [2]State) int {
		return cmp.Or(cmp.Compare(slices.Index(states, a[0]), slices.Index(states, b[0])), cmp.Compare(slices.Index(states, a[1]), slices.Index(states, b[1])))
	}
	keys := slices.SortedFunc(maps.Keys(moves), order)
	for _, m := range keys {
		fmt.Fprintf(&b, "    %s --> %s: %s\n", m[0], m[1], strings.Join(causeWords(moves[m]), ", "))
	}
	b.WriteString("```\n\n| from | to | by |\n|---|---|---|\n")
	for _, m := range keys {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", m[0], m[1], strings.Join(causeWords(moves[m]), ", "))
	}
	b.WriteString("\n## Delivery\n\n```mermaid\nstateDiagram-v2\n    [*] --> queued\n")
	for _, s := range deliveries {
		for _, next := range deliveryMoves[s] {
			fmt.Fprintf(&b, "    %s --> %s\n", s, next)
		}
	}
	b.WriteString("```\n\n`held` is set by an analyst or a rule, when the turn of a mail comes; `bounced` by the mails that come back.\n")
	kit.GoldenPart(t, "../../docs/states.md", "notify", []byte(b.String()))
}

func causeWords(causes []Cause) (list []string) {
	for _, c := range causes {
		list = append(list, string(c))
	}
	return list
}
