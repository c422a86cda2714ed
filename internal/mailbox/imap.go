package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// IMAP is a folder on a mail server.
type IMAP struct {
	Dial           func(ctx context.Context) (net.Conn, error) // by TLS
	User, Password string
	Folder         string // INBOX when empty
}

// Bounds of a conversation, so that a server cannot fill our memory or keep us for ever.
const (
	mostTalk = 8 << 20         // bytes of answers that are no message
	patience = 2 * time.Minute // for one answer
)

// Each offers what is not seen yet. What is done gets the flag \Seen, and \Flagged when it was refused.
func (m IMAP) Each(ctx context.Context, o Bounds, take func(ctx context.Context, m Message) error) (res Result, err error) {
	o.fill()
	conn, err := m.Dial(ctx)
	if err != nil {
		return res, err
	}
	b := &bounded{Conn: conn}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	c := imapclient.New(b, nil)
	defer c.Close()
	list, err := m.enter(c, b)
	if err != nil {
		return res, errors.Join(ctx.Err(), err)
	}
	if res.More = len(list) > o.Messages; res.More {
		list = list[:o.Messages]
	}
	var failed error
	for _, uid := range list {
		if ctx.Err() != nil {
			break
		}
		err := m.one(ctx, c, b, uid, o, take, &res)
		var lost *broken
		if errors.As(err, &lost) {
			return res, errors.Join(failed, ctx.Err(), lost.error)
		}
		failed = errors.Join(failed, err)
	}
	b.allow(mostTalk, patience)
	if ctx.Err() == nil {
		c.Logout().Wait() //nolint:errcheck // all is done, whatever it says
	}
	return res, errors.Join(failed, ctx.Err())
}

// broken is an error after which the conversation cannot go on.
type broken struct{ error }

func (b *broken) Unwrap() error { return b.error }

// enter signs in, opens the folder and lists what waits there.
func (m IMAP) enter(c *imapclient.Client, b *bounded) ([]imap.UID, error) {
	b.allow(mostTalk, patience)
	if err := c.WaitGreeting(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotOffered, err)
	}
	if err := c.Login(m.User, m.Password).Wait(); err != nil {
		var no *imap.Error
		if errors.As(err, &no) {
			return nil, ErrSignIn // what the server says may hold what was sent to it
		}
		return nil, fmt.Errorf("%w: %w", ErrNotOffered, err)
	}
	folder := m.Folder
	if folder == "" {
		folder = "INBOX"
	}
	if _, err := c.Select(folder, nil).Wait(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoFolder, err)
	}
	found, err := c.UIDSearch(&imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagSeen, imap.FlagDeleted}}, nil).Wait()
	if err != nil {
		return nil, fmt.Errorf("look for new mail: %w", err)
	}
	list := found.AllUIDs()
	slices.Sort(list)
	return list, nil
}

// one offers one message.
func (m IMAP) one(ctx context.Context, c *imapclient.Client, b *bounded, uid imap.UID, o Bounds, take func(ctx context.Context, m Message) error, res *Result) error {
	msg, file, err := m.spool(c, b, uid, o)
	if file != nil {
		defer file.Close()
	}
	mark := []imap.Flag{imap.FlagSeen}
	switch {
	case errors.Is(err, errLarge):
		res.TooLarge++
		mark = append(mark, imap.FlagFlagged)
	case err != nil:
		return err
	case file == nil: // it is gone
		return nil
	default:
		err := take(ctx, msg)
		res.tally(err)
		if errors.Is(err, ErrRefused) {
			mark = append(mark, imap.FlagFlagged)
		} else if err != nil {
			return err
		}
	}
	b.allow(mostTalk, patience)
	if err := c.Store(imap.UIDSetNum(uid), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: mark}, nil).Close(); err != nil {
		return &broken{fmt.Errorf("mark a message as done: %w", err)}
	}
	return nil
}

var errLarge = errors.New("the message is too large")

// spool copies a message into a file that has no name any more, so that the server need not wait for
// whoever takes it, and nothing is left of it when we are killed.
func (m IMAP) spool(c *imapclient.Client, b *bounded, uid imap.UID, o Bounds) (msg Message, file *os.File, err error) {
	b.allow(mostTalk, patience)
	set := imap.UIDSetNum(uid)
	about, err := c.Fetch(set, &imap.FetchOptions{UID: true, RFC822Size: true, InternalDate: true}).Collect()
	if err != nil {
		return msg, nil, &broken{fmt.Errorf("ask for a message: %w", err)}
	}
	if len(about) == 0 {
		return msg, nil, nil
	}
	if about[0].RFC822Size > o.Size {
		return msg, nil, errLarge
	}
	b.allow(o.Size+mostTalk, time.Hour)
	cmd := c.Fetch(set, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
	defer cmd.Close()
	data := cmd.Next()
	if data == nil {
		return msg, nil, nil
	}
	for item := data.Next(); item != nil; item = data.Next() {
		body, ok := item.(imapclient.FetchItemDataBodySection)
		if !ok || body.Literal == nil || file != nil {
			continue
		}
		if file, err = nameless(o.Spool); err != nil {
			return msg, nil, &broken{err}
		}
		n, err := io.Copy(file, io.LimitReader(body.Literal, o.Size+1))
		switch {
		case err != nil:
			return msg, file, &broken{fmt.Errorf("fetch a message: %w", err)}
		case n > o.Size: // more than the server said; the rest of it is not worth reading
			return msg, file, &broken{errLarge}
		}
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return msg, file, err
		}
		msg = Message{ID: fmt.Sprintf("%d", uid), Received: about[0].InternalDate.UTC(), Size: n, Body: file}
	}
	if err := cmd.Close(); err != nil {
		return msg, file, &broken{fmt.Errorf("fetch a message: %w", err)}
	}
	return msg, file, nil
}

// nameless makes a file that is gone when it is closed.
func nameless(dir string) (*os.File, error) {
	file, err := os.CreateTemp(dir, "mail-*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("make room for a message: %w", err)
	}
	if err := os.Remove(file.Name()); err != nil {
		file.Close()
		return nil, fmt.Errorf("make room for a message: %w", err)
	}
	return file, nil
}

// bounded is a connection on which no more comes than may, and not for ever.
type bounded struct {
	net.Conn
	left  atomic.Int64
	until atomic.Pointer[time.Time]
}

var errTalk = errors.New("the mail server says too much")

// allow gives the server so many bytes and so much time from now on.
func (b *bounded) allow(size int64, d time.Duration) {
	b.left.Store(size)
	at := time.Now().Add(d)
	b.until.Store(&at)
	b.Conn.SetDeadline(at) //nolint:errcheck // a connection that is gone says so when it is used
}

func (b *bounded) Read(p []byte) (int, error) {
	left := b.left.Load()
	if left <= 0 {
		return 0, errTalk
	}
	if int64(len(p)) > left {
		p = p[:left]
	}
	n, err := b.Conn.Read(p)
	b.left.Add(-int64(n))
	return n, err
}

// SetReadDeadline lets the library wait for less, not for more.
func (b *bounded) SetReadDeadline(t time.Time) error {
	if at := b.until.Load(); at != nil && (t.IsZero() || t.After(*at)) {
		t = *at
	}
	return b.Conn.SetReadDeadline(t)
}
