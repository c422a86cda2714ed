package collect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path"
	"slices"
	"strings"

	"polder/internal/mailbox"
)

// What we look at in a mail: files of these kinds.
var reportFiles = []string{".csv", ".json", ".jsonl", ".ndjson", ".gz", ".zip"}

const mostInMail = 50 // reports in one mail

// fromMail reads the attachments of the messages that wait.
//
// Whose a message is, its From line says, and anybody can write one. So a mailbox must take mail from
// nobody but the source (docs/operate.md), and what has another sender is set aside unread. From may
// be named once only.
func (h *haul) fromMail(ctx context.Context) error {
	var box mailbox.Box = mailbox.Maildir(h.source.Address)
	if h.source.Kind == Maildir && !h.c.allowedFolder(h.source.Address) { // it may have become a link
		return fmt.Errorf("%w: it lies outside what the operator allows", mailbox.ErrNoFolder)
	}
	if h.source.Kind == IMAP {
		host, port, err := hostPort(h.source.Address)
		if err != nil {
			return outside(err)
		}
		box = mailbox.IMAP{User: h.source.Ways.User, Password: h.secret.Secret, Folder: h.source.Ways.Folder, Dial: func(ctx context.Context) (net.Conn, error) {
			conn, err := h.c.client.Secure(ctx, host, port)
			return conn, outside(err)
		}}
	}
	var ours error // what went wrong on our side
	var odd error  // the last of what is set aside; it fails the run, so that somebody looks
	res, err := box.Each(ctx, mailbox.Bounds{Spool: h.c.db.Dir()}, func(ctx context.Context, m mailbox.Message) error {
		err := h.message(ctx, m)
		if errors.Is(err, mailbox.ErrRefused) {
			odd = err
		} else if err != nil {
			ours = err
		}
		return err
	})
	if ours != nil {
		return ours
	}
	if res.TooLarge > 0 {
		odd = &unreadable{"", errors.New("a message is too large")}
	}
	if err != nil {
		if h.source.Kind == IMAP && reasonOf(err) == Ours {
			return outside(err)
		}
		return err
	}
	if odd != nil {
		return &unreadable{"", fmt.Errorf("%d messages were set aside, the last because: %w", res.Refused+res.TooLarge, odd)}
	}
	return nil
}

// message has the attachments of one message read.
func (h *haul) message(ctx context.Context, m mailbox.Message) error {
	letter, err := mailbox.Open(m.Body, mailbox.Limits{})
	if err != nil {
		return mailbox.Refuse(err)
	}
	if !h.source.Ways.sends(letter.From()) {
		return mailbox.Refuse(errors.New("its sender is not one of those that may send reports"))
	}
	found := 0
	var failed error
	for {
		part, err := letter.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return mailbox.Refuse(errors.Join(failed, err))
		}
		if !part.Attached || !slices.Contains(reportFiles, strings.ToLower(path.Ext(part.Name))) {
			continue
		}
		if found++; found > mostInMail {
			return mailbox.Refuse(errors.Join(failed, errors.New("it has too many attachments")))
		}
		err = h.offer(ctx, nameOr(part.Name), h.source.Type, partBody{part.Name, part.Body}, m.Received)
		var bad *unreadable
		var cut *brokenOff
		switch {
		case errors.As(err, &bad), errors.As(err, &cut):
			failed = errors.Join(failed, fmt.Errorf("%s: %w", part.Name, err))
		case err != nil:
			return err
		}
	}
	if found == 0 {
		failed = errors.New("it has no attachment that can be a report")
	}
	if failed != nil {
		return mailbox.Refuse(failed)
	}
	return nil
}

// partBody is an attachment whose encoding may be broken: that is the sender's doing.
type partBody struct {
	name string
	io.Reader
}

func (p partBody) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	if err != nil && err != io.EOF {
		err = &unreadable{p.name, err}
	}
	return n, err
}
