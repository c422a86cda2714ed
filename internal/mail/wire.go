package mail

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

const (
	// maxReply bounds what a server may send between two of our commands: enough for a TLS handshake with a long
	// chain of certificates, too little to fill memory with.
	maxReply = 64 << 10
	// settleTime is how long a cancelled Send still waits for the answer to a mail whose data is on its way. Giving up
	// at once would leave the mail's fate unknown, and send it twice.
	settleTime = 10 * time.Second
)

var (
	errReplyTooLong = errors.New("the server's answer is over 64 KiB")
	errInterrupted  = errors.New("sending was cancelled")
)

// wire is a connection on which each write starts a new deadline and a new budget for the answer, and which a
// cancelled context can break. It lies below TLS, so that handshakes are bounded too.
type wire struct {
	net.Conn
	timeout time.Duration

	mu          sync.Mutex
	budget      int
	interrupted bool
	settling    bool
}

func newWire(conn net.Conn, timeout time.Duration) *wire {
	w := &wire{Conn: conn, timeout: timeout, budget: maxReply}
	_ = conn.SetDeadline(time.Now().Add(timeout)) // fails only on a closed connection, which the next read tells
	return w
}

func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	w.budget = maxReply
	if !w.interrupted { // else the deadline of the interruption stands, and this write may fail by it
		_ = w.Conn.SetDeadline(time.Now().Add(w.timeout))
	}
	w.mu.Unlock()
	return w.Conn.Write(p)
}

func (w *wire) Read(p []byte) (int, error) {
	w.mu.Lock()
	room := w.budget
	w.mu.Unlock()
	if room <= 0 {
		return 0, errReplyTooLong
	}
	n, err := w.Conn.Read(p[:min(len(p), room)])
	w.mu.Lock()
	w.budget -= n
	w.mu.Unlock()
	return n, err
}

// watch breaks the connection when ctx ends. The returned function ends the watch and reports whether the connection
// is still whole.
func (w *wire) watch(ctx context.Context) (whole func() bool) {
	stop := context.AfterFunc(ctx, w.interrupt)
	return stop
}

func (w *wire) interrupt() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.interrupted = true
	wait := time.Duration(0)
	if w.settling {
		wait = min(settleTime, w.timeout)
	}
	_ = w.Conn.SetDeadline(time.Now().Add(wait))
}

// settle says that a mail's data is about to go out: from now on its answer is waited for, even when ctx ends. It
// reports false when ctx has ended already.
func (w *wire) settle() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.settling = !w.interrupted
	return w.settling
}

func (w *wire) settled() {
	w.mu.Lock()
	w.settling = false
	w.mu.Unlock()
}
