package main

import (
	"sync"
	"time"
)

// demoClock runs as fast as any other, but can be put forward.
type demoClock struct {
	mu   sync.Mutex
	at   time.Time // what it said when it was last put
	real time.Time // when that was
}

// now tells the time in the demo.
func (c *demoClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.told()
}

// put moves the clock forward to t; it never goes back.
func (c *demoClock) put(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.After(c.told()) {
		c.at, c.real = t.UTC(), time.Now()
	}
}

func (c *demoClock) told() time.Time { return c.at.Add(time.Since(c.real)) }
