package insight

import (
	"testing"
	"time"
)

// A year is summed once a minute, at most, for each filter; shorter periods always; and who has a copy changes nobody
// else's.
func TestMemo(t *testing.T) {
	var m memo
	now := time.Date(2026, 11, 25, 3, 0, 0, 0, time.UTC)
	year, month := Filter{Days: 365}, Filter{Days: 30}
	m.put(year, Quality{EachType: []string{"scan_rdp"}}, now)
	m.put(month, Quality{EachType: []string{"scan_rdp"}}, now)
	if _, ok := m.get(month, now); ok {
		t.Error("a month is remembered")
	}
	if _, ok := m.get(Filter{Days: 365, Type: "scan_rdp"}, now); ok {
		t.Error("another filter is remembered")
	}
	q, ok := m.get(year, now.Add(59*time.Second))
	if !ok || q.EachType[0] != "scan_rdp" {
		t.Fatalf("%v %v", q, ok)
	}
	q.EachType[0] = "changed"
	m.put(year, q, now.Add(59*time.Second)) // as whoever was given it does
	if q, ok := m.get(year, now.Add(59*time.Second)); !ok || q.EachType[0] != "scan_rdp" {
		t.Errorf("%v %v", q, ok)
	}
	if _, ok := m.get(year, now.Add(time.Minute)); ok {
		t.Error("it does not grow old")
	}
	if _, ok := m.get(year, now.Add(-time.Second)); ok {
		t.Error("it comes from the future")
	}
	m.put(year, Quality{}, now.Add(time.Minute))
	m.forget()
	if _, ok := m.get(year, now.Add(time.Minute)); ok {
		t.Error("it is not forgotten")
	}
}
