package footprint

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"polder/directory"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/kit"
)

func schemas() []db.Schema { return []db.Schema{audit.Schema(), directory.Schema(), Schema()} }

// house is a register with organisations a and b.
func house(t *testing.T, d *db.DB) (*Footprint, *kit.Clock) {
	t.Helper()
	clock := &kit.Clock{}
	dir := directory.New(d, clock.Now)
	if _, err := dir.Import(t.Context(), strings.NewReader("reference,name\na,A\nb,B\n")); err != nil {
		t.Fatal(err)
	}
	f := New(d, clock.Now, kit.Log(t))
	if err := f.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return f, clock
}

const header = "organisation_reference,kind,value,role\n"

func who(f *Footprint, address string) (list []string) {
	for _, h := range f.Index().Address(nil, netip.MustParseAddr(address), 0) {
		list = append(list, h.Role.String()+" "+h.Value())
	}
	slices.Sort(list)
	return list
}

func TestImportAndWithdraw(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f, clock := house(t, d)
		var events []Changed
		f.OnChange(func(_ context.Context, _ *db.Tx, e Changed) error { events = append(events, e); return nil })
		take := func(file string) Imported {
			t.Helper()
			done, err := f.Import(t.Context(), strings.NewReader(header+file))
			if err != nil {
				t.Fatal(err)
			}
			return done
		}
		const file = "a,prefix,192.0.2.0/28,owner\na,domain,Example.NL,\nb,asn,64500,provider\nb,product,Exim 4.96,owner\na,prefix,192.0.2.0/28,owner\n"
		if done := take(file); done != (Imported{Rows: 5, Added: 4}) {
			t.Errorf("first: %+v", done)
		}
		if got := who(f, "192.0.2.7"); !slices.Equal(got, []string{"owner 192.0.2.0/28"}) {
			t.Errorf("at once: %v", got)
		}
		registered := f.Index().Address(nil, netip.MustParseAddr("192.0.2.7"), 0)[0].RegisteredAt()
		version := f.Index().Version()
		clock.Advance(time.Hour)
		if done := take(file); done != (Imported{Rows: 5}) || f.Index().Version() != version || len(events) != 1 {
			t.Errorf("the same again: %+v, version %d, %d events", done, f.Index().Version(), len(events))
		}
		if done := take("a,prefix,192.0.2.0/28,provider\n"); done.Changed != 1 || !slices.Equal(who(f, "192.0.2.7"), []string{"provider 192.0.2.0/28"}) {
			t.Errorf("another role: %+v, %v", done, who(f, "192.0.2.7"))
		}
		if at := f.Index().Address(nil, netip.MustParseAddr("192.0.2.7"), 0)[0].RegisteredAt(); !at.Equal(registered) {
			t.Errorf("the date of registration moved to %s", at)
		}
		done, err := f.Withdraw(t.Context(), strings.NewReader("organisation_reference,kind,value\na,prefix,192.0.2.0/28\nb,prefix,192.0.2.0/28\n"))
		if err != nil || done.Withdrawn != 1 || who(f, "192.0.2.7") != nil {
			t.Errorf("withdrawn: %+v, %v, %v", done, err, who(f, "192.0.2.7"))
		}
		var recorded int
		err = d.Read(t.Context(), func(tx *db.Tx) error {
			return tx.One(t.Context(), `SELECT count(*) FROM audit_event WHERE action = 'import' AND object = 'assets'`, nil, &recorded)
		})
		if err != nil || recorded != 4 {
			t.Errorf("the record has %d of 4 imports, that of nothing new among them, %v", recorded, err)
		}
		take("a,prefix,192.0.2.0/28,owner\n")
		if at := f.Index().Address(nil, netip.MustParseAddr("192.0.2.7"), 0)[0].RegisteredAt(); !at.After(registered) {
			t.Errorf("registered again, but since %s", at)
		}
	})
}

func TestImportRefuses(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f, _ := house(t, d)
		for name, c := range map[string]struct {
			file string
			want []string
		}{
			"every wrong line": {"a,prefix,10.0.0.0/8,owner\na,prefix,192.0.2.0/28,owner\na,domain,co.uk,owner\na,car,x,owner\na,asn,AS1,boss\n,asn,AS1,owner\n",
				[]string{"5 lines are wrong", "line 2: 10.0.0.0/8 is private", "line 4", "public suffix", "line 5: kind \"car\"", "line 6: role \"boss\"", "line 7: organisation_reference is empty"}},
			"unknown organisation": {"a,prefix,192.0.2.0/28,owner\nzz,prefix,192.0.2.16/28,owner\n", []string{"line 3", "\"zz\""}},
			"all in the order of the lines": {"zz,prefix,192.0.2.16/28,owner\na,prefix,192.0.2.0/28,owner\na,prefix,192.0.2.0/28,provider\na,car,x,owner\n",
				[]string{"3 lines are wrong, nothing was imported:\nline 2: there is no organisation with reference \"zz\"; import organisations first\n" +
					"line 4: prefix 192.0.2.0/28 of this organisation is on line 3 already with another role; keep one of the two\nline 5: kind"}},
			"two roles": {"a,prefix,192.0.2.0/28,owner\na,prefix,192.0.2.0/28,provider\n", []string{"line 3", "line 2", "another role"}},
		} {
			_, err := f.Import(t.Context(), strings.NewReader(header+c.file))
			if fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v is not a refusal", name, err)
				continue
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%s: the error does not say %q:\n%s", name, want, err)
				}
			}
		}
		if n, err := f.Count(t.Context()); n != 0 || err != nil || f.Index().Len() != 0 {
			t.Errorf("%d assets were half imported (%d in the index), %v", n, f.Index().Len(), err)
		}
	})
}

// TestOtherNodeFollows: a change in one process reaches another within a second, without rebuild.
func TestOtherNodeFollows(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f, _ := house(t, d)
		other := New(d, time.Now, kit.Log(t))
		if err := other.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { other.Follow(ctx); close(ended) }()
		defer func() { stop(); <-ended }()
		for _, file := range []string{"a,prefix,192.0.2.0/28,owner\n", "b,prefix,192.0.2.4/32,owner\n"} {
			if _, err := f.Import(t.Context(), strings.NewReader(header+file)); err != nil {
				t.Fatal(err)
			}
			wait := kit.Context(t, 10*time.Second)
			for other.Index().Version() != f.Index().Version() {
				if wait.Err() != nil {
					t.Fatal("the other node did not follow")
				}
			}
		}
		if got := who(other, "192.0.2.4"); !slices.Equal(got, []string{"owner 192.0.2.4/32"}) {
			t.Errorf("the other node says %v", got)
		}
	})
}

func TestCorrections(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f, clock := house(t, d)
		if _, err := f.Import(t.Context(), strings.NewReader(header+"a,prefix,192.0.2.0/28,owner\n")); err != nil {
			t.Fatal(err)
		}
		hit := f.Index().Address(nil, netip.MustParseAddr("192.0.2.7"), 0)[0]
		for range 2 { // twice: one task
			err := d.Write(t.Context(), func(tx *db.Tx) error {
				return Correct(t.Context(), tx, hit.Asset, hit.Organisation, "sold last year", clock.Now())
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		list, err := f.Corrections(t.Context(), 10)
		if err != nil || len(list) != 1 || list[0].Value != "192.0.2.0/28" || list[0].Reason != "sold last year" {
			t.Fatalf("%+v, %v", list, err)
		}
		if _, err := f.Withdraw(t.Context(), strings.NewReader(header+"a,prefix,192.0.2.0/28,\n")); err != nil {
			t.Fatal(err)
		}
		if list, _ := f.Corrections(t.Context(), 10); len(list) != 0 {
			t.Errorf("still open after withdrawal: %+v", list)
		}
	})
}
