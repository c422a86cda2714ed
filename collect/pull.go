package collect

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/fetch"
	"polder/internal/mailbox"
	"polder/internal/seal"
	"polder/notify"
)

// Pull asks a source whose time has come, or, when asked is set, whatever its time. Of one source
// there is never more than one run under way in the installation: a second one does nothing. What
// goes wrong at the other side is written in the run; only what goes wrong on ours is an error.
func (c *Collect) Pull(ctx context.Context, id db.ID, asked bool) error {
	err := c.db.TryExclusive(ctx, "collect-"+id.String(), func(ctx context.Context) error { return c.pull(ctx, id, asked) })
	if errors.Is(err, db.ErrBusy) {
		return nil
	}
	return err
}

func (c *Collect) pull(ctx context.Context, id db.ID, asked bool) error {
	run := Run{ID: db.NewID(), Source: id, StartedAt: c.now(), Outcome: Running}
	var s Source
	due := false
	err := c.db.Write(ctx, func(tx *db.Tx) (err error) {
		s, err = sourceByID(ctx, tx, id)
		if fault.KindOf(err) == fault.NotFound {
			return nil
		}
		due = asked || s.On() && !s.NextAt.After(run.StartedAt)
		if err != nil || !due {
			return err
		}
		return beginRun(ctx, tx, run)
	})
	if err != nil || !due {
		return err
	}
	h := &haul{c: c, source: s, run: &run, memory: s.Memory}
	failed := h.fetch(ctx)
	if errors.Is(context.Cause(ctx), db.ErrLost) {
		return context.Cause(ctx) // somebody else may be at it: what this run did is in no row of its own
	}
	h.conclude(ctx, failed)
	to := context.WithoutCancel(ctx)
	err = c.db.Write(to, func(tx *db.Tx) error { return h.settle(to, tx) })
	if err != nil {
		return fmt.Errorf("write down what came of source %s: %w", s.Key, err)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if run.Reason == Ours {
		return fmt.Errorf("ask source %s: %w", s.Key, failed)
	}
	return nil
}

// haul is one run while it is under way.
type haul struct {
	c      *Collect
	source Source
	secret Secret
	run    *Run
	memory Memory
}

func (h *haul) fetch(ctx context.Context) (err error) {
	if h.secret, err = h.c.secretOf(h.source); err != nil {
		return err
	}
	switch h.source.Kind {
	case HTTPS:
		return h.fromWeb(ctx)
	case Shadowserver:
		return h.fromShadowserver(ctx)
	}
	return h.fromMail(ctx)
}

// offer has what comes from input read as a report. ErrUnreadable in its error says that it is none.
func (h *haul) offer(ctx context.Context, name, kind string, input io.Reader, received time.Time) error {
	if received.IsZero() || received.After(h.c.now()) {
		received = h.c.now()
	}
	s := h.source
	in := &inlet{src: input}
	o := notify.Offer{Input: in, Name: name, Source: s.Key, Type: kind, TLP: s.TLP, Licence: s.Licence, Received: received, Actor: "polder"}
	if s.Mapping != "" {
		o.Mapping = []byte(s.Mapping)
	}
	sum, err := h.c.notify.Ingest(ctx, o)
	h.run.Bytes += in.n
	switch {
	case in.err != nil: // it came from the other side, whatever became of it on the way
		return in.err
	case err != nil && fault.KindOf(err) == fault.Invalid:
		return &unreadable{name, err}
	case err != nil:
		return err
	case sum.AlreadySeen:
		h.run.Again++
		return nil
	}
	h.run.Reports++
	h.run.Lines += sum.Rows
	h.run.Rejected += sum.Rejected
	if id, perr := db.ParseID(sum.Report); perr == nil {
		h.run.Report = id
	}
	if sum.Problem != "" {
		return &brokenOff{sum.Problem}
	}
	return nil
}

// unreadable is a file that is no report; brokenOff is one that ended too early.
type (
	unreadable struct {
		name string
		err  error
	}
	brokenOff struct{ problem string }
	answered  struct {
		status int
		said   string
	}
)

func (u *unreadable) Error() string { return u.err.Error() }
func (b *brokenOff) Error() string  { return b.problem }
func (a *answered) Error() string {
	return strings.TrimSpace(fmt.Sprintf("HTTP %d %s", a.status, a.said))
}

// inlet notes the other side's error and how much came.
type inlet struct {
	src io.Reader
	n   int64
	err error
}

func (i *inlet) Read(p []byte) (int, error) {
	n, err := i.src.Read(p)
	i.n += int64(n)
	if err != nil && err != io.EOF {
		i.err = err
	}
	return n, err
}

// reasonOf tells what an error means to an analyst.
func reasonOf(err error) Reason {
	var status *answered
	var bad *unreadable
	var cut *brokenOff
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var verify *tls.CertificateVerificationError
	switch {
	case errors.As(err, &bad):
		return Unreadable
	case errors.As(err, &cut):
		return Broken
	case errors.As(err, &status):
		switch {
		case status.status == 401 || status.status == 403:
			return Refused
		case status.status == 404 || status.status == 410:
			return Gone
		case status.status == 429 || status.status >= 500:
			return Busy
		}
		return Odd
	case errors.Is(err, seal.ErrSealed):
		return Unsealed
	case errors.Is(err, fetch.ErrForbidden), errors.Is(err, fetch.ErrAddress):
		return Forbidden
	case errors.Is(err, fetch.ErrSlow), errors.Is(err, context.DeadlineExceeded):
		return Slow
	case errors.Is(err, fetch.ErrTooLarge):
		return TooLarge
	case errors.Is(err, fetch.ErrUnpacks):
		return Unpacks
	case errors.As(err, &unknown), errors.As(err, &name), errors.As(err, &invalid), errors.As(err, &verify):
		return Certificate
	case errors.Is(err, mailbox.ErrSignIn):
		return Refused
	case errors.Is(err, mailbox.ErrNoFolder):
		return NoFolder
	case errors.Is(err, mailbox.ErrNotOffered):
		return NotIMAP
	case errors.Is(err, fetch.ErrRedirect), errors.Is(err, errOdd):
		return Odd
	case errors.Is(err, fetch.ErrNotThere):
		return Gone
	case errors.Is(err, errOutside):
		return Unreachable
	}
	return Ours
}

// errOutside marks errors of asking others, errOdd their answers that cannot be understood.
var (
	errOutside = errors.New("asking others failed")
	errOdd     = errors.New("the answer is not what was agreed")
)

func outside(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", errOutside, err)
}

// conclude makes of the run what the row says.
func (h *haul) conclude(ctx context.Context, failed error) {
	r := h.run
	r.EndedAt = h.c.now()
	switch {
	case failed == nil && r.Reports > 0:
		r.Outcome = Delivered
	case failed == nil:
		r.Outcome = Nothing
	case ctx.Err() != nil:
		r.Outcome, r.Reason = Failed, Stopped
	default:
		r.Outcome, r.Reason, r.Detail = Failed, reasonOf(failed), h.say(failed)
		if r.Reason == Ours {
			h.c.log.Error("a source could not be asked", "source", h.source.Key, "error", h.say(failed))
			r.Detail = ""
		}
	}
}

// settle writes the run and when the source is asked next. What an analyst changed meanwhile stays.
func (h *haul) settle(ctx context.Context, tx *db.Tx) error {
	if err := endRun(ctx, tx, *h.run); err != nil {
		return err
	}
	s, err := lockSource(ctx, tx, h.source.ID)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	now := h.c.now()
	switch {
	case h.run.Reason == Stopped: // it is tried again at once
		return nil
	case h.run.Outcome == Failed:
		s.Failures++
		if s.On() {
			s.NextAt = s.later(now)
		}
	default:
		s.Failures = 0
		if s.On() {
			s.NextAt = s.next(now, h.c.set.Location)
		}
		if s.Address == h.source.Address {
			s.Memory = h.memory
		}
		s.Memory.Good = now
	}
	return updateSource(ctx, tx, s)
}

// say is an error in one line, without the secrets of the source.
func (h *haul) say(err error) string {
	text := strings.ReplaceAll(err.Error(), errOutside.Error()+": ", "")
	for _, secret := range []string{h.secret.Secret, h.secret.Key} {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) || !unicode.IsPrint(r) }), " ")
	runes := []rune(strings.ToValidUTF8(text, ""))
	return string(runes[:min(len(runes), 300)])
}
