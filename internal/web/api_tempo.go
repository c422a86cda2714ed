package web

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"polder/internal/db"
)

// tempo limits how often each token asks. It counts in this process: with several, each lets as much
// through.
type tempo struct {
	perSecond float64
	burst     int

	mu     sync.Mutex
	tokens map[db.ID]*pace
	swept  time.Time
}

type pace struct {
	limit *rate.Limiter
	asked time.Time
}

const forgetPace = 10 * time.Minute // by then every burst is whole again

// wait returns how long the token must wait; zero when it may go on.
func (t *tempo) wait(token db.ID, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.tokens == nil {
		t.tokens = map[db.ID]*pace{}
	}
	if now.Sub(t.swept) > forgetPace {
		for id, p := range t.tokens {
			if now.Sub(p.asked) > forgetPace {
				delete(t.tokens, id)
			}
		}
		t.swept = now
	}
	p := t.tokens[token]
	if p == nil {
		p = &pace{limit: rate.NewLimiter(rate.Limit(t.perSecond), t.burst)}
		t.tokens[token] = p
	}
	p.asked = now
	r := p.limit.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now) // who is refused uses nothing up
	}
	return wait
}
