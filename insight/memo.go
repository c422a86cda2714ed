package insight

import (
	"slices"
	"sync"
	"time"
)

// memo keeps the figures of a year for a minute, for all who ask within it: they are the same for everybody who may
// see them, a year of days takes long to sum, and a day in a year changes little in a minute.
type memo struct {
	mu   sync.Mutex
	kept map[Filter]remembered
}

type remembered struct {
	at time.Time
	q  Quality
}

const (
	rememberFor  = time.Minute
	mostRemember = 50 // of as many filters
)

// get returns the figures for a filter when they are a minute old at most.
func (m *memo) get(f Filter, now time.Time) (Quality, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.kept[f]
	if age := now.Sub(r.at); !ok || age < 0 || age >= rememberFor {
		return Quality{}, false
	}
	return r.q.clone(), true
}

func (m *memo) put(f Filter, q Quality, now time.Time) {
	if f.Days != Periods[len(Periods)-1] {
		return // shorter periods take little
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if have, ok := m.kept[f]; ok && now.Sub(have.at) < rememberFor && now.Sub(have.at) >= 0 {
		return // what is remembered grows old all the same
	}
	if m.kept == nil || len(m.kept) >= mostRemember {
		m.kept = map[Filter]remembered{}
	}
	m.kept[f] = remembered{now, q.clone()}
}

// forget is for what an analyst changed and wants to see.
func (m *memo) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept = nil
}

// clone keeps those who read from one another's lists.
func (q Quality) clone() Quality {
	q.Sources, q.Types, q.EachType, q.Days = slices.Clone(q.Sources), slices.Clone(q.Types), slices.Clone(q.EachType), slices.Clone(q.Days)
	q.Opened, q.Networks, q.Coverage = slices.Clone(q.Opened), slices.Clone(q.Networks), slices.Clone(q.Coverage)
	return q
}
