package directory

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/kit"
)

const header = "reference,name,registration_number,sector,province,employees,language,notify_email\n"

func TestImport(t *testing.T) {
	kit.Each(t, []db.Schema{audit.Schema(), Schema()}, func(t *testing.T, d *db.DB) {
		clock := &kit.Clock{}
		dir := New(d, clock.Now)
		take := func(file string) (Imported, error) { return dir.Import(t.Context(), strings.NewReader(file)) }
		first := header + "a,Bakkerij De Korst,12345678,G,Utrecht,10-49,nl,Info@KORST.example\nb,\"Smid, Vonk & Zn\",,,,,en,\n"
		if done, err := take(first); err != nil || done != (Imported{Rows: 2, Added: 2}) {
			t.Fatalf("first: %+v, %v", done, err)
		}
		if done, err := take(first); err != nil || done != (Imported{Rows: 2}) {
			t.Fatalf("the same again: %+v, %v", done, err)
		}
		a, err := dir.ByReference(t.Context(), "a")
		if err != nil || a.Name != "Bakkerij De Korst" || a.Employees != 10 || a.Email != "Info@korst.example" || a.Language != "nl" {
			t.Fatalf("%+v, %v", a, err)
		}
		// Another order of columns, a byte order mark, CRLF; only what differs changes, ids stay.
		if done, err := take("\ufeffname,reference,notify_email\r\nBakkerij De Korst,a,nieuw@korst.example\r\n"); err != nil || done.Added != 0 || done.Changed != 1 {
			t.Fatalf("changed: %+v, %v", done, err)
		}
		again, _ := dir.ByReference(t.Context(), "a")
		if again.ID != a.ID || again.Email != "nieuw@korst.example" {
			t.Errorf("after a change: %+v", again)
		}
		if n, err := dir.Count(t.Context()); n != 2 || err != nil {
			t.Errorf("%d organisations, %v", n, err)
		}
	})
}

// A file that has no column for a field says nothing about it; one that has it, and leaves it empty, does.
func TestImportLeavesAloneWhatItHasNoColumnFor(t *testing.T) {
	kit.Each(t, []db.Schema{audit.Schema(), Schema()}, func(t *testing.T, d *db.DB) {
		dir := New(d, (&kit.Clock{}).Now)
		for _, step := range []struct {
			file                  string
			name, email, language string
		}{
			{header + "a,A,12345678,G,Utrecht,10-49,en,a@a.example\n", "A", "a@a.example", "en"},
			{"reference,name\na,Another name\n", "Another name", "a@a.example", "en"},
			{"reference,name,language\na,A,nl\n", "A", "a@a.example", "nl"},
			{"reference,name,notify_email\na,A,\n", "A", "", "nl"},
		} {
			if done, err := dir.Import(t.Context(), strings.NewReader(step.file)); err != nil || done.Rows != 1 || done.Added+done.Changed != 1 {
				t.Fatalf("%q: %+v, %v", step.file, done, err)
			}
			o, err := dir.ByReference(t.Context(), "a")
			if err != nil || o.Name != step.name || o.Email != step.email || o.Language != step.language {
				t.Errorf("after %q: %+v, %v", step.file, o, err)
			}
			if o.RegistrationNumber != "12345678" || o.Sector != "G" || o.Province != "Utrecht" || o.Employees != 10 {
				t.Errorf("after %q the other fields are gone: %+v", step.file, o)
			}
		}
	})
}

func TestImportIsAllOrNothing(t *testing.T) {
	kit.Each(t, []db.Schema{audit.Schema(), Schema()}, func(t *testing.T, d *db.DB) {
		dir := New(d, (&kit.Clock{}).Now)
		for name, c := range map[string]struct {
			file string
			want []string
		}{
			"every wrong line is named": {
				header + "a,A,,,,,nl,a@a.example\n,No reference,,,,,nl,\nc,,,,,x,fr,not-an-address\na,Twice,,,,,nl,\n" + "d,D,,,,,nl,\"a@a.example, b@b.example\"\n",
				[]string{"4 lines are wrong", "line 3: reference is empty", "line 4: name is empty", "language \"fr\"", "employees \"x\"", "not-an-address", "line 5: reference \"a\" is on line 2", "line 6: notify_email"}},
			"fields":          {header + "a,A\n", []string{"line 2", "number of fields"}},
			"quotes":          {header + "a,\"A\nb,B,,,,,nl,\n", []string{"line 2"}},
			"no header":       {"", []string{"empty"}},
			"unknown column":  {"reference,name,naam\na,A,A\n", []string{"line 1", "\"naam\"", "not known"}},
			"column missing":  {"name\nA\n", []string{"line 1", "\"reference\" is missing"}},
			"column twice":    {"reference,name,name\na,A,B\n", []string{"line 1", "twice"}},
			"line breaks":     {header + "a,\"A\nBcc: x\",,,,,nl,\n", []string{"control character"}},
			"header in mail":  {header + "a,A,,,,,nl,\"x@a.example\nBcc: y@b.example\"\n", []string{"notify_email"}},
			"invalid UTF-8":   {header + "a,A\xff,,,,,nl,\n", []string{"not valid UTF-8"}},
			"too long":        {header + "a," + strings.Repeat("x", 201) + ",,,,,nl,\n", []string{"longer than 200"}},
			"display name":    {header + "a,A,,,,,nl,Jan <jan@a.example>\n", []string{"not one bare mail address"}},
			"local host":      {header + "a,A,,,,,nl,root@localhost\n", []string{"no valid domain"}},
			"many wrong ones": {header + strings.Repeat(",x,,,,,nl,\n", MostErrors+5), []string{fmt.Sprintf("%d lines are wrong", MostErrors+5), "and 5 more lines"}},
		} {
			_, err := dir.Import(t.Context(), strings.NewReader(c.file))
			if fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v is not a refusal", name, err)
				continue
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%s: the error does not say %q:\n%.600s", name, want, err)
				}
			}
		}
		if n, err := dir.Count(t.Context()); n != 0 || err != nil {
			t.Errorf("%d organisations were half imported, %v", n, err)
		}
	})
}

func TestManyByReferenceAndID(t *testing.T) {
	kit.Each(t, []db.Schema{audit.Schema(), Schema()}, func(t *testing.T, d *db.DB) {
		dir := New(d, (&kit.Clock{}).Now)
		var b strings.Builder
		b.WriteString("reference,name\n")
		var refs []string
		for i := range 1700 {
			refs = append(refs, fmt.Sprintf("r%04d", i))
			fmt.Fprintf(&b, "r%04d,Name %d\n", i, i)
		}
		if _, err := dir.Import(t.Context(), strings.NewReader(b.String())); err != nil {
			t.Fatal(err)
		}
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			ids, err := IDs(t.Context(), tx, append(refs, "unknown"))
			if err != nil || len(ids) != 1700 {
				t.Errorf("%d ids, %v", len(ids), err)
			}
			var list []db.ID
			for _, id := range ids {
				list = append(list, id)
			}
			found, err := Get(t.Context(), tx, append(list, db.NewID()))
			if len(found) != 1700 {
				t.Errorf("%d organisations", len(found))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		page, err := dir.List(t.Context(), "r0010", 5)
		if err != nil || len(page) != 5 || page[0].Reference != "r0011" {
			t.Errorf("page %v, %v", page, err)
		}
		if _, err := dir.ByReference(t.Context(), "unknown"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("unknown: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := dir.Import(ctx, strings.NewReader(header)); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	})
}
