package directory

import (
	"slices"
	"testing"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/kit"
)

// Owners and security contacts who can sign in are told of assets; members are not.
func TestKeepers(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		for _, name := range []string{"anna", "bo", "carl"} {
			w.person(name)
		}
		o := w.organisation("anna", "Bakkerij", "12345678")
		w.member(o, "bo", actor.SecurityContact)
		w.member(o, "carl", actor.Member)
		var names []string
		if err := d.Read(t.Context(), func(tx *db.Tx) error {
			list, err := w.dir.Keepers(t.Context(), tx, o)
			for _, a := range list {
				names = append(names, a.Name)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if len(names) != 2 || slices.ContainsFunc(names, func(n string) bool { return n == "carl" || n == "Carl" }) {
			t.Errorf("%v", names)
		}
	})
}
