package actor

import (
	"context"
	"testing"
	"time"

	"polder/internal/db"
)

func TestNobodyMayNothing(t *testing.T) {
	a := From(context.Background())
	if a.Known() || a.Staff.Any(^Roles(0)) || a.In.Place != 0 || a.Recent(time.Now()) || a.String() != "" {
		t.Errorf("%+v", a)
	}
}

func TestRecent(t *testing.T) {
	now := time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		fresh time.Time
		want  bool
	}{
		{time.Time{}, false}, {now, true}, {now.Add(-StepUp + time.Second), true}, {now.Add(-StepUp), false}, {now.Add(time.Hour), false},
	} {
		if got := (Actor{Fresh: c.fresh}).Recent(now); got != c.want {
			t.Errorf("fresh at %v: %v", c.fresh, got)
		}
	}
}

func TestNames(t *testing.T) {
	for _, name := range RoleNames {
		r, ok := ParseRole(name)
		if !ok || r.String() != name {
			t.Errorf("%s: %v, %v", name, r, ok)
		}
	}
	for _, name := range PlaceNames {
		p, ok := ParsePlace(name)
		if !ok || p.String() != name {
			t.Errorf("%s: %v, %v", name, p, ok)
		}
	}
	if _, ok := ParseRole("owner"); ok {
		t.Error("an owner of an organisation is no staff")
	}
	if got := (Analyst | Adviser).String(); got != "analyst,adviser" {
		t.Error(got)
	}
	if got := (Actor{Account: db.ID{1}}).String(); got != "account:01000000-0000-0000-0000-000000000000" {
		t.Error(got)
	}
}
